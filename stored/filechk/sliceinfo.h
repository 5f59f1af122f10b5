/*
 * sliceinfo: Metadata/slice_info.config of a 3MF, in which the slicer tells of each plate that it has sliced; and
 * Metadata/model_settings.config, of which only the names of plates are wanted. Pure.
 */
#ifndef FUSE_STORED_FILECHK_SLICEINFO_H
#define FUSE_STORED_FILECHK_SLICEINFO_H

#include <stdbool.h>
#include <stddef.h>

#include "stored/filechk/contents.h"

/* Make a plate of each that it tells of. False with the reason (static storage) when it cannot be read to its end;
 * the plates before that place stay. */
bool sliceinfo_parse(const void *bytes, size_t len, struct contents *contents, const char **ret_fault);

/* Name the plates that are there. */
bool platenames_parse(const void *bytes, size_t len, struct contents *contents, const char **ret_fault);

#endif
