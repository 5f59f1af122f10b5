/*
 * project: the JSON parts of a 3MF: Metadata/project_settings.config, the slicer's settings, and
 * Metadata/plate_<n>.json, what it says of a plate that it has sliced. Pure.
 */
#ifndef FUSE_STORED_FILECHK_PROJECT_H
#define FUSE_STORED_FILECHK_PROJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "stored/filechk/contents.h"

/* The project's filaments, as far as no plate has told them, and what counts for all plates. False with the reason (static
 * storage) when it is no JSON object within bounds. */
bool project_parse(const void *bytes, size_t len, struct contents *contents, const char **ret_fault);

/* The plate that it was sliced for. */
bool platejson_parse(const void *bytes, size_t len, struct plate *plate, const char **ret_fault);

#endif
