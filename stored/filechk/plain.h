/*
 * plain: a G-code file by itself: one plate, number 1. Its head and its end are read.
 */
#ifndef FUSE_STORED_FILECHK_PLAIN_H
#define FUSE_STORED_FILECHK_PLAIN_H

#include <stddef.h>
#include <stdint.h>

#include "stored/filechk/contents.h"
#include "stored/filechk/verdict.h"

/* `fd` has `bytes`, which are text as far as is known. */
void plain_examine(int fd, uint64_t bytes, struct contents *contents, struct verdict *ret_verdict);

/* The picture in its head (free() it); NULL when there is none. */
uint8_t *plain_picture(int fd, uint64_t bytes, size_t *ret_len);

#endif
