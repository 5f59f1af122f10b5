/*
 * source: bytes out of the file behind a descriptor.
 */
#ifndef FUSE_STORED_FILECHK_SOURCE_H
#define FUSE_STORED_FILECHK_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exactly `len` bytes from `at` on; false when the disk fails, or the file has become shorter. */
bool source_read(int fd, uint64_t at, void *to, size_t len);

#endif
