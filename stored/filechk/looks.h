/*
 * looks: what a file seems to be, by how it begins, how long it is and what it is called. Pure.
 */
#ifndef FUSE_STORED_FILECHK_LOOKS_H
#define FUSE_STORED_FILECHK_LOOKS_H

#include <stddef.h>
#include <stdint.h>

enum looks {
	LOOKS_EMPTY,
	LOOKS_ZIP,
	LOOKS_BINARY_GCODE, /* .bgcode: no Bambu Lab printer reads it */
	LOOKS_STL,
	LOOKS_STEP,
	LOOKS_OBJ,
	LOOKS_OTHER_MODEL,
	LOOKS_TEXT,   /* it may be G-code */
	LOOKS_OTHER,
};

#define LOOKS_HEAD_BYTES 4096

/* `head`: the first bytes, all of the file or LOOKS_HEAD_BYTES. */
enum looks looks_parse(const uint8_t *head, size_t head_len, uint64_t file_bytes, const char *name);

#endif
