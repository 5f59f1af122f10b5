/*
 * text: words and numbers out of a print file, made fit to be shown. Whatever the bytes are, what comes out is
 * well-formed UTF-8 without control characters and within its bounds. Pure.
 */
#ifndef FUSE_STORED_FILECHK_TEXT_H
#define FUSE_STORED_FILECHK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copy `len` bytes into `to` (capacity `cap` with the NUL): control characters and those that turn the direction of
 * writing become blanks, what is no UTF-8 becomes U+FFFD, blanks at the ends and double blanks go; it is cut at a
 * character. */
void text_clean(char *to, size_t cap, const char *from, size_t len);

/* The same for a text that is a word of a few ASCII letters and digits, or nothing: anything else gives "". */
void text_word(char *to, size_t cap, const char *from, size_t len);

/* A decimal number with nothing but blanks around it, within [0, max]. False, and nothing written, otherwise. */
bool text_number(const char *from, size_t len, double max, double *ret_number);

/* A whole number with nothing but blanks around it, within [0, max]. */
bool text_whole(const char *from, size_t len, uint32_t max, uint32_t *ret_number);

/* "1d 2h 3m 45s" with any of its parts, in this order: seconds; -1 when it is none. */
int64_t text_duration(const char *from, size_t len);

/* "#FF8000" and "#FF8000CC", in any case: "FF8000FF" and "FF8000CC". "" when it is none. */
void text_color(char ret_color[9], const char *from, size_t len);

/*
 * The parts of a list ("0.4,0.6"), blanks around them cut: each call gives the next; false at the end. Begin with
 * `at` at its start. An empty list has no part.
 */
struct text_list {
	const char *at, *end;
	char separator;
	const char *part;
	size_t part_len;
};
bool text_list_next(struct text_list *list);

#endif
