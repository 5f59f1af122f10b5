/*
 * delta: a text as what differs from the text before it. Reports of one printer mostly equal their predecessor but for
 * a few numbers: walking both once takes a tenth of what a compressor does, and no memory.
 */
#ifndef FUSE_WORKER_LINK_DELTA_H
#define FUSE_WORKER_LINK_DELTA_H

#include <stddef.h>
#include <stdint.h>

/* What makes `now` of `old`, into `to`; its length, or 0 when it takes more than `cap` bytes or the two have little in
 * common. Takes time linear in the lengths for any content. */
size_t delta_pack(const uint8_t *old, size_t old_len, const uint8_t *now, size_t now_len, uint8_t *to, size_t cap);

/* The reverse; the length of what was made, or 0 when `delta` does not fit `old` or its result not `cap`. */
size_t delta_unpack(const uint8_t *old, size_t old_len, const uint8_t *delta, size_t delta_len, uint8_t *to, size_t cap);

#endif
