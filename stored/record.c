/*
 * record: put on and take off the envelope.
 */
#include "stored/record.h"

#include <string.h>

#include <sodium.h>

#include "common/miniobj.h"
#include "common/str.h"

#define VERSION 1
#define HASHED_HEAD_BYTES 8

const char *
record_fault_text(enum record_fault fault)
{
	static const char *const texts[] = {
		"is fine",
		"is cut off",
		"is no record",
		"is of a newer kind",
		"has a wrong length",
		"is not what was written",
	};

	return (size_t)fault < STR_ARRAY_LEN(texts) ? texts[fault] : "?";
}

static void
put_u32(uint8_t *to, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t
get_u32(const uint8_t *from)
{
	return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

/* Lengths go in before names, so that no two places have the same bytes to hash. */
static void
hash_record(const struct record_place *place, const uint8_t *head, const void *payload, size_t len,
	    uint8_t ret_hash[RECORD_HASH_BYTES])
{
	crypto_generichash_state state;
	uint8_t lengths[2] = { (uint8_t)strlen(place->table), (uint8_t)place->key_len };

	crypto_generichash_init(&state, NULL, 0, RECORD_HASH_BYTES);
	crypto_generichash_update(&state, head, HASHED_HEAD_BYTES);
	crypto_generichash_update(&state, lengths, sizeof lengths);
	crypto_generichash_update(&state, (const uint8_t *)place->table, strlen(place->table));
	crypto_generichash_update(&state, place->key, place->key_len);
	crypto_generichash_update(&state, payload, len);
	crypto_generichash_final(&state, ret_hash, RECORD_HASH_BYTES);
}

size_t
record_encode(const struct record_place *place, const void *payload, size_t len, uint8_t *to)
{
	ENSURE(place->key_len <= RECORD_KEY_MAX_BYTES && len <= RECORD_PAYLOAD_MAX_BYTES);
	to[0] = 'F';
	to[1] = 'R';
	to[2] = VERSION;
	to[3] = 0;
	put_u32(to + 4, (uint32_t)len);
	hash_record(place, to, payload, len, to + HASHED_HEAD_BYTES);
	if (len > 0)
		memcpy(to + RECORD_OVERHEAD_BYTES, payload, len);
	return len + RECORD_OVERHEAD_BYTES;
}

enum record_fault
record_decode(const struct record_place *place, const uint8_t *bytes, size_t len, const uint8_t **ret_payload,
	      size_t *ret_len)
{
	uint8_t hash[RECORD_HASH_BYTES];

	*ret_payload = NULL;
	*ret_len = 0;
	if (len < RECORD_OVERHEAD_BYTES)
		return RECORD_SHORT;
	if (bytes[0] != 'F' || bytes[1] != 'R')
		return RECORD_NOT_OURS;
	if (bytes[2] > VERSION)
		return RECORD_NEWER;
	if (bytes[2] != VERSION || bytes[3] != 0)
		return RECORD_NOT_OURS;
	size_t payload_len = get_u32(bytes + 4);
	if (payload_len > RECORD_PAYLOAD_MAX_BYTES || payload_len != len - RECORD_OVERHEAD_BYTES ||
	    place->key_len > RECORD_KEY_MAX_BYTES)
		return RECORD_LENGTH;
	hash_record(place, bytes, bytes + RECORD_OVERHEAD_BYTES, payload_len, hash);
	if (memcmp(hash, record_hash_peek(bytes), sizeof hash) != 0)
		return RECORD_CHECKSUM;
	*ret_payload = bytes + RECORD_OVERHEAD_BYTES;
	*ret_len = payload_len;
	return RECORD_FINE;
}

const uint8_t *
record_hash_peek(const uint8_t *bytes)
{
	return bytes + HASHED_HEAD_BYTES;
}
