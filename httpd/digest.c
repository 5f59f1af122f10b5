/*
 * digest: by GnuTLS.
 */
#include "httpd/digest.h"

#include <string.h>
#include <sys/random.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "common/miniobj.h"

void
digest_of(const void *bytes, size_t len, uint8_t ret_digest[DIGEST_BYTES])
{
	ENSURE(gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, len, ret_digest) == 0);
}

bool
digest_equal(const uint8_t a[DIGEST_BYTES], const uint8_t b[DIGEST_BYTES])
{
	return gnutls_memcmp(a, b, DIGEST_BYTES) == 0;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
digest_from_hex(const char *hex, uint8_t ret_digest[DIGEST_BYTES])
{
	if (strlen(hex) != 2 * DIGEST_BYTES)
		return false;
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		ret_digest[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void
digest_random_text(char ret_text[DIGEST_RANDOM_TEXT_BYTES])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t random[DIGEST_RANDOM_TEXT_BYTES - 1];

	/* 6 bits of each of 43 bytes: 258. */
	ENSURE(getrandom(random, sizeof random, 0) == (ssize_t)sizeof random);
	for (size_t i = 0; i < sizeof random; i++)
		ret_text[i] = alphabet[random[i] & 63];
	ret_text[sizeof random] = '\0';
	explicit_bzero(random, sizeof random);
}
