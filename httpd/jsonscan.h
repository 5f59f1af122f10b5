/*
 * jsonscan: where a JSON value ends, for those who look at a text and need no tree of it. Compact JSON only: a blank
 * between two tokens counts as malformed. Pure.
 */
#ifndef FUSE_HTTPD_JSONSCAN_H
#define FUSE_HTTPD_JSONSCAN_H

#include <stddef.h>

/* The offset just after the value that begins at `at`; 0 when it is malformed (RFC 8259), does not end within `len`,
 * or is nested deeper than `depth_max`. */
size_t jsonscan_value(const char *text, size_t len, size_t at, unsigned depth_max);

/* The same for a text in quotes. */
size_t jsonscan_text(const char *text, size_t len, size_t at);

#endif
