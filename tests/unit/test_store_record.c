/*
 * A record's envelope: what comes out is what went in, at the place where it went in, or a fault.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "common/str.h"
#include "stored/record.h"
#include "stored/tally.h"

static const struct record_place place = { "settings", "logLevel", 8 };
static uint8_t bytes[RECORD_OVERHEAD_BYTES + 5];
static const uint8_t *payload;
static size_t len;

static int
set_up(void **state)
{
	(void)state;
	return record_encode(&place, "debug", 5, bytes) == sizeof bytes ? 0 : 1;
}

static void
a_record_gives_back_its_payload(void **state)
{
	(void)state;
	assert_int_equal(record_decode(&place, bytes, sizeof bytes, &payload, &len), RECORD_FINE);
	assert_int_equal(len, 5);
	assert_memory_equal(payload, "debug", 5);
}

static void
an_empty_payload_is_a_payload(void **state)
{
	uint8_t empty[RECORD_OVERHEAD_BYTES];

	(void)state;
	assert_int_equal(record_encode(&place, "", 0, empty), sizeof empty);
	assert_int_equal(record_decode(&place, empty, sizeof empty, &payload, &len), RECORD_FINE);
	assert_int_equal(len, 0);
}

static void
any_flipped_bit_is_noticed(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < sizeof bytes * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(record_decode(&place, bytes, sizeof bytes, &payload, &len), RECORD_FINE);
		assert_null(payload);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(record_decode(&place, bytes, sizeof bytes, &payload, &len), RECORD_FINE);
}

static void
a_torn_record_is_noticed_wherever_it_is_torn(void **state)
{
	uint8_t longer[sizeof bytes + 1] = { 0 };

	(void)state;
	for (size_t cut = 0; cut < sizeof bytes; cut++)
		assert_int_not_equal(record_decode(&place, bytes, cut, &payload, &len), RECORD_FINE);
	memcpy(longer, bytes, sizeof bytes);
	assert_int_equal(record_decode(&place, longer, sizeof longer, &payload, &len), RECORD_LENGTH);
}

static void
a_record_under_another_key_or_in_another_table_is_noticed(void **state)
{
	static const struct record_place elsewhere[] = {
		{ "settings", "logLevem", 8 },
		{ "settings", "logLeve", 7 },
		{ "secrets", "logLevel", 8 },
		{ "sessions", "logLevel", 8 },
		/* the same letters, divided in another way */
		{ "settingsl", "ogLevel", 7 },
		{ "setting", "slogLevel", 9 },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(elsewhere); i++)
		assert_int_equal(record_decode(&elsewhere[i], bytes, sizeof bytes, &payload, &len),
				 RECORD_CHECKSUM);
}

static void
a_newer_envelope_is_told_from_a_broken_one(void **state)
{
	(void)state;
	bytes[2] = 2;
	assert_int_equal(record_decode(&place, bytes, sizeof bytes, &payload, &len), RECORD_NEWER);
	bytes[2] = 0;
	assert_int_equal(record_decode(&place, bytes, sizeof bytes, &payload, &len), RECORD_NOT_OURS);
	assert_string_equal(record_fault_text(RECORD_NEWER), "is of a newer kind");
}

static void
a_length_that_lies_is_not_followed(void **state)
{
	(void)state;
	memset(bytes + 4, 0xff, 4);
	assert_int_equal(record_decode(&place, bytes, sizeof bytes, &payload, &len), RECORD_LENGTH);
}

static void
a_tally_does_not_depend_on_the_order_of_changes(void **state)
{
	uint8_t a[RECORD_HASH_BYTES] = { 1, 2, 3 }, b[RECORD_HASH_BYTES] = { 9, 8, 7 };
	uint8_t kept[TALLY_BYTES];
	struct tally left = { 0 }, right = { 0 }, read = { 0 };

	(void)state;
	tally_move(&left, 1, a);
	tally_move(&left, 1, b);
	tally_move(&right, 1, b);
	assert_false(tally_equal(&left, &right));
	tally_move(&right, 1, a);
	assert_true(tally_equal(&left, &right));
	tally_encode(&left, kept);
	assert_true(tally_decode(kept, sizeof kept, &read));
	assert_true(tally_equal(&left, &read));
	assert_false(tally_decode(kept, sizeof kept - 1, &read));
	tally_move(&left, -1, a);
	tally_move(&left, -1, b);
	assert_true(tally_equal(&left, &(struct tally){ 0 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_record_gives_back_its_payload, set_up),
		cmocka_unit_test_setup(an_empty_payload_is_a_payload, set_up),
		cmocka_unit_test_setup(any_flipped_bit_is_noticed, set_up),
		cmocka_unit_test_setup(a_torn_record_is_noticed_wherever_it_is_torn, set_up),
		cmocka_unit_test_setup(a_record_under_another_key_or_in_another_table_is_noticed, set_up),
		cmocka_unit_test_setup(a_newer_envelope_is_told_from_a_broken_one, set_up),
		cmocka_unit_test_setup(a_length_that_lies_is_not_followed, set_up),
		cmocka_unit_test(a_tally_does_not_depend_on_the_order_of_changes),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
