/*
 * secret: a value that must not be seen (an access code, a token).
 *
 * It is a type of its own so that the compiler keeps it out of logs and answers: there
 * is no log field, no string conversion and no JSON form for it. Whoever must hand the
 * bytes to a library names them through secret_bytes_peek(), which is easy to grep.
 */
#ifndef FUSE_COMMON_SECRET_H
#define FUSE_COMMON_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRET_MAX_BYTES 512

struct secret {
	uint32_t len_bytes;
	uint8_t bytes[SECRET_MAX_BYTES];
};

/* Take a copy of `len` bytes. False (and an empty secret) when longer than SECRET_MAX_BYTES. */
bool secret_set(struct secret *secret, const void *bytes, size_t len);

/* Overwrite and empty. Call it on every secret that goes out of use. */
void secret_wipe(struct secret *secret);

/* Equal in length and content, in constant time for equal lengths. */
bool secret_equal(const struct secret *a, const struct secret *b);

/* The bytes, for the library that needs them; not NUL-terminated, `len_bytes` long. Borrowed. */
const uint8_t *secret_bytes_peek(const struct secret *secret);

#endif
