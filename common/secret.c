/*
 * secret: hold, compare and wipe.
 */
#include "common/secret.h"

#include <string.h>

bool
secret_set(struct secret *secret, const void *bytes, size_t len)
{
	secret_wipe(secret);
	if (len > SECRET_MAX_BYTES)
		return false;
	if (len > 0)
		memcpy(secret->bytes, bytes, len);
	secret->len_bytes = (uint32_t)len;
	return true;
}

void
secret_wipe(struct secret *secret)
{
	explicit_bzero(secret, sizeof *secret);
}

bool
secret_equal(const struct secret *a, const struct secret *b)
{
	volatile uint8_t difference = 0;

	if (a->len_bytes != b->len_bytes)
		return false;
	for (uint32_t i = 0; i < a->len_bytes; i++)
		difference |= (uint8_t)(a->bytes[i] ^ b->bytes[i]);
	return difference == 0;
}

const uint8_t *
secret_bytes_peek(const struct secret *secret)
{
	return secret->bytes;
}
