/*
 * tally: count and XOR.
 */
#include "stored/tally.h"

#include <string.h>

void
tally_move(struct tally *tally, int by, const uint8_t hash[RECORD_HASH_BYTES])
{
	tally->records += (uint64_t)(int64_t)by;
	for (size_t i = 0; i < RECORD_HASH_BYTES; i++)
		tally->hash_xor[i] ^= hash[i];
}

bool
tally_equal(const struct tally *a, const struct tally *b)
{
	return a->records == b->records && memcmp(a->hash_xor, b->hash_xor, RECORD_HASH_BYTES) == 0;
}

void
tally_encode(const struct tally *tally, uint8_t ret_bytes[TALLY_BYTES])
{
	for (unsigned i = 0; i < 8; i++)
		ret_bytes[i] = (uint8_t)(tally->records >> (8 * i));
	memcpy(ret_bytes + 8, tally->hash_xor, RECORD_HASH_BYTES);
}

bool
tally_decode(const uint8_t *bytes, size_t len, struct tally *ret_tally)
{
	if (len != TALLY_BYTES)
		return false;
	ret_tally->records = 0;
	for (unsigned i = 0; i < 8; i++)
		ret_tally->records |= (uint64_t)bytes[i] << (8 * i);
	memcpy(ret_tally->hash_xor, bytes + 8, RECORD_HASH_BYTES);
	return true;
}
