/*
 * What the store reads back from its disk, which may hold anything: records and tallies.
 * Covers: record_decode, tally_decode
 *
 * Input: lengths of table and key, table, key, the record's bytes. What is accepted must be written back as
 * the very same bytes, at that place and at no other. The input is also used as a payload: its
 * record must open, and must not after any one bit was flipped.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/miniobj.h"
#include "stored/record.h"
#include "stored/tally.h"

#define INPUT_MOST 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_bytes(const struct record_place *place, const uint8_t *bytes, size_t len)
{
	static uint8_t written[INPUT_MOST + RECORD_OVERHEAD_BYTES];
	const uint8_t *payload;
	size_t payload_len;
	enum record_fault fault = record_decode(place, bytes, len, &payload, &payload_len);

	ENSURE((fault == RECORD_FINE) == (payload != NULL));
	ENSURE(record_fault_text(fault)[0] != '?');
	if (fault != RECORD_FINE)
		return;
	ENSURE(record_encode(place, payload, payload_len, written) == len &&
	       memcmp(written, bytes, len) == 0);
}

static void
check_round_trip(const struct record_place *place, const uint8_t *data, size_t size)
{
	static uint8_t bytes[INPUT_MOST + RECORD_OVERHEAD_BYTES];
	struct record_place elsewhere = { "another table", place->key, place->key_len };
	const uint8_t *payload;
	size_t len = record_encode(place, data, size, bytes), payload_len;

	ENSURE(record_decode(place, bytes, len, &payload, &payload_len) == RECORD_FINE);
	ENSURE(payload_len == size && (size == 0 || memcmp(payload, data, size) == 0));
	ENSURE(record_decode(&elsewhere, bytes, len, &payload, &payload_len) == RECORD_CHECKSUM);
	size_t bit = (data[0] | (size_t)data[1] << 8) % (len * 8);
	bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	ENSURE(record_decode(place, bytes, len, &payload, &payload_len) != RECORD_FINE);
}

static void
check_tally(const uint8_t *data, size_t size)
{
	struct tally tally = { 0 };
	uint8_t written[TALLY_BYTES];

	if (!tally_decode(data, size, &tally))
		return;
	tally_encode(&tally, written);
	ENSURE(memcmp(written, data, sizeof written) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char table[32];
	uint8_t key[RECORD_KEY_MAX_BYTES];

	if (size < 2 || size > INPUT_MOST || sodium_init() < 0)
		return 0;
	check_tally(data, size);
	size_t table_len = data[0] % 16, key_len = data[1];
	if (size - 2 < table_len + key_len)
		return 0;
	memcpy(table, data + 2, table_len);
	table[table_len] = '\0';
	memcpy(key, data + 2 + table_len, key_len);
	struct record_place place = { table, key, key_len };
	check_bytes(&place, data + 2 + table_len + key_len, size - 2 - table_len - key_len);
	check_round_trip(&place, data, size);
	return 0;
}
