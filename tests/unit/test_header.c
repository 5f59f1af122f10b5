/*
 * The header of a frame: what is written is read back, and what is not ours is told apart from what
 * is ours but of another build.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/header.h"
#include "ipc/message.h"

static const struct header sample = {
	.flags = HEADER_FLAG_CLEAR,
	.from_role = 3,
	.to_role = 7,
	.from_slot = 0x0102,
	.to_slot = SLOT_ALL,
	.number = 0x0304,
	.generation = 0x05060708,
	.to_generation = 0x090a0b0c,
	.request_id = 0x0d0e0f10,
	.retain_key = 0x11121314,
};

static void
what_is_written_is_read_back(void **state)
{
	uint8_t frame[HEADER_BYTES];
	struct header got;

	(void)state;
	header_encode(&sample, frame);
	assert_int_equal(header_decode(frame, sizeof frame, &got), HEADER_FINE);
	assert_int_equal(got.flags, sample.flags);
	assert_int_equal(got.from_role, sample.from_role);
	assert_int_equal(got.to_role, sample.to_role);
	assert_int_equal(got.from_slot, sample.from_slot);
	assert_int_equal(got.to_slot, sample.to_slot);
	assert_int_equal(got.number, sample.number);
	assert_int_equal(got.generation, sample.generation);
	assert_int_equal(got.to_generation, sample.to_generation);
	assert_int_equal(got.request_id, sample.request_id);
	assert_int_equal(got.retain_key, sample.retain_key);
	assert_true(got.schema == message_schema_hash());
}

static void
the_layout_is_the_documented_one(void **state)
{
	static const uint8_t expected[32] = {
		0x5e, 0xf0, 1,    1,	3,    7,    0x04, 0x03, 0x02, 0x01, 0xff, 0xff, 0x08, 0x07, 0x06, 0x05,
		0x0c, 0x0b, 0x0a, 0x09, 0x10, 0x0f, 0x0e, 0x0d, 0x14, 0x13, 0x12, 0x11, 0,    0,    0,	  0,
	};
	uint8_t frame[HEADER_BYTES];
	uint64_t schema = 0;

	(void)state;
	header_encode(&sample, frame);
	assert_memory_equal(frame, expected, sizeof expected);
	for (unsigned i = 0; i < 8; i++)
		schema |= (uint64_t)frame[32 + i] << (8 * i);
	assert_true(schema == message_schema_hash());
}

static void
a_frame_that_is_too_short_is_never_read_beyond(void **state)
{
	uint8_t frame[HEADER_BYTES];
	struct header got;

	(void)state;
	header_encode(&sample, frame);
	for (size_t len = 0; len < HEADER_BYTES; len++)
		assert_int_equal(header_decode(frame, len, &got), HEADER_SHORT);
}

static void
each_bit_that_makes_it_ours_counts(void **state)
{
	static const size_t ours[] = { 0, 1, 2, 28, 29, 30, 31 };
	uint8_t frame[HEADER_BYTES];
	struct header got;

	(void)state;
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			header_encode(&sample, frame);
			frame[ours[i]] ^= (uint8_t)(1u << bit);
			assert_int_equal(header_decode(frame, sizeof frame, &got), HEADER_NOT_OURS);
		}
	}
}

static void
another_build_is_told_apart_but_its_header_is_still_readable(void **state)
{
	uint8_t frame[HEADER_BYTES];
	struct header got;

	(void)state;
	for (size_t at = 32; at < HEADER_BYTES; at++) {
		header_encode(&sample, frame);
		frame[at] ^= 0x10;
		assert_int_equal(header_decode(frame, sizeof frame, &got), HEADER_OTHER_BUILD);
		assert_int_equal(got.number, sample.number);
		assert_int_equal(got.request_id, sample.request_id);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(the_layout_is_the_documented_one),
		cmocka_unit_test(a_frame_that_is_too_short_is_never_read_beyond),
		cmocka_unit_test(each_bit_that_makes_it_ours_counts),
		cmocka_unit_test(another_build_is_told_apart_but_its_header_is_still_readable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
