/*
 * kept: small files in a virtual printer's own folder, each written as a whole or not at all.
 */
#ifndef FUSE_WORKER_VIRTUAL_KEPT_H
#define FUSE_WORKER_VIRTUAL_KEPT_H

#include <stdbool.h>
#include <stddef.h>

/* Write `name` in `dir` (0600) beside the one that is there, and put it in its place. `synced`: it is on the disk then.
 * False with errno. */
bool kept_write(const char *dir, const char *name, const void *bytes, size_t len, bool synced);

/* Read it as a whole. False with errno: ENOENT none is there, EFBIG it is longer than `cap`. */
bool kept_read(const char *dir, const char *name, void *to, size_t cap, size_t *ret_len);

/* One that makes no sense goes to "<name>.damaged", over one that lay there. */
void kept_set_aside(const char *dir, const char *name);

#endif
