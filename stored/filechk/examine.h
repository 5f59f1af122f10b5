/*
 * examine: what is in the file behind a descriptor, whatever that is. It is found out piece by piece.
 */
#ifndef FUSE_STORED_FILECHK_EXAMINE_H
#define FUSE_STORED_FILECHK_EXAMINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored/filechk/contents.h"
#include "stored/filechk/verdict.h"

/* Before lock-in. */
void examine_init(void);

struct examine;

/* `fd` is borrowed; `name` is a hint. There is one a process. */
struct examine *examine_new(int fd, uint64_t bytes, const char *name);

/* Go on for some ten milliseconds. True at the end. */
bool examine_step(struct examine *examine);

/* At the end. No plate is in the contents of a file that cannot be printed. */
const struct verdict *examine_verdict_peek(const struct examine *examine);
struct contents *examine_contents_peek(struct examine *examine);
void examine_free(struct examine *examine);

/* The picture of a plate, a PNG of at most PICTURE_MAX_BYTES (free() it); NULL when there is none. */
uint8_t *examine_picture(int fd, uint64_t bytes, uint32_t plate, size_t *ret_len);

#endif
