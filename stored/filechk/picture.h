/*
 * picture: the pictures of plates: PNG files of a size that can be shown, and the ones that slicers put into the head
 * of a plain G-code file as Base64 in comments. Pure.
 */
#ifndef FUSE_STORED_FILECHK_PICTURE_H
#define FUSE_STORED_FILECHK_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PICTURE_MAX_BYTES 4194304 /* PICTURE_MADE */
#define PICTURE_MAX_PIXELS 4096	  /* a side */
#define PICTURE_HEAD_BYTES 33	  /* what picture_parse() needs at least */

/* Does it begin as a PNG of at most 4096 pixels a side? `ret_pixels`: how many it has; may be NULL. */
bool picture_parse(const uint8_t *bytes, size_t len, uint64_t *ret_pixels);

/* The largest picture in the head of a G-code file, into `to`; its length, 0 = none that is a PNG and fits. */
size_t thumbnail_parse(const char *head, size_t len, uint8_t *to, size_t cap);

#endif
