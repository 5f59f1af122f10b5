/*
 * str: the few string operations that every program needs, all bounded.
 */
#ifndef FUSE_COMMON_STR_H
#define FUSE_COMMON_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STR_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Copy `from` into `to` (capacity `cap` with the NUL). Cuts at a UTF-8 character when it
 * does not fit; false says that it was cut. */
bool str_copy(char *to, size_t cap, const char *from);

/* printf into `to`, always terminated; false when it was cut. */
bool str_format(char *to, size_t cap, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Copy `pattern` into `to` with each {word} replaced by what `value_of` says of it (it may write that into `scratch`);
 * words have at most 31 bytes. Always terminated and cut at a UTF-8 character; false when it was cut. */
#define STR_FILL_SCRATCH_BYTES 128
typedef const char *str_value_fn(const void *arg, const char *word, char scratch[STR_FILL_SCRATCH_BYTES]);
bool str_fill(char *to, size_t cap, const char *pattern, str_value_fn *value_of, const void *arg);

/* Well-formed UTF-8 (RFC 3629: shortest form, no surrogates, up to U+10FFFF) without NUL. */
bool str_valid_utf8(const void *bytes, size_t len);

/* Lower-case hex of `len` bytes; `ret_hex` holds 2 * len + 1. */
void str_hex(const void *bytes, size_t len, char *ret_hex);

/* A decimal whole number, nothing before or after it, within [min, max]. */
bool str_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret_value);

/* Edits between two words (Levenshtein, at most 63 bytes each; longer: SIZE_MAX), for "did you mean". */
size_t str_distance(const char *a, const char *b);

#endif
