/*
 * digest: SHA-256, random bytes and comparing without telling by the time. GnuTLS does it, which libmicrohttpd brings.
 */
#ifndef FUSE_HTTPD_DIGEST_H
#define FUSE_HTTPD_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32

void digest_of(const void *bytes, size_t len, uint8_t ret_digest[DIGEST_BYTES]);

/* Are they the same? The time does not tell where they differ. */
bool digest_equal(const uint8_t a[DIGEST_BYTES], const uint8_t b[DIGEST_BYTES]);

/* 64 hex digits. False for anything else. */
bool digest_from_hex(const char *hex, uint8_t ret_digest[DIGEST_BYTES]);

/* Text of 256 random bits, fit for a cookie: 43 letters, digits, '-' and '_'. */
#define DIGEST_RANDOM_TEXT_BYTES 44
void digest_random_text(char ret_text[DIGEST_RANDOM_TEXT_BYTES]);

#endif
