/*
 * zipend: the end of a ZIP archive, which says how many parts it has and where their list is: looked at before the
 * library takes memory for as many. Pure.
 */
#ifndef FUSE_STORED_FILECHK_ZIPEND_H
#define FUSE_STORED_FILECHK_ZIPEND_H

#include <stddef.h>
#include <stdint.h>

/* So much of a file's end holds the end record with the longest comment, and what ZIP64 puts before it. */
#define ZIPEND_TAIL_BYTES (65535 + 22 + 20 + 56)

struct zipend {
	uint64_t parts, list_at, list_bytes;
};

enum zipend_result {
	ZIPEND_FINE,
	ZIPEND_NONE,   /* there is no end record: it is no archive, or one that is cut off */
	ZIPEND_BROKEN, /* it contradicts itself, or is one volume of several */
};

/* `tail`: the last bytes of a file of `file_bytes`, all of it or ZIPEND_TAIL_BYTES. */
enum zipend_result zipend_parse(const uint8_t *tail, size_t tail_len, uint64_t file_bytes, struct zipend *ret_end);

#endif
