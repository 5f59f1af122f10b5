/*
 * MessagePack: the writer takes the shortest form of each value, the reader takes every form and nothing
 * else, and the first fault sticks. (That another implementation agrees: tests/integration/.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "ipc/mpack.h"

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static uint8_t out[70000];

static struct mpack_writer
fresh(size_t cap)
{
	struct mpack_writer writer;

	memset(out, 0xee, sizeof out);
	mpack_writer_init(&writer, out, cap);
	return writer;
}

static void
wrote(const struct mpack_writer *writer, const uint8_t *expected, size_t len)
{
	assert_false(writer->failed);
	assert_int_equal(writer->at - out, len);
	assert_memory_equal(out, expected, len);
}

static void
numbers_take_the_shortest_form(void **state)
{
	static const struct { uint64_t value; const char *bytes; size_t len; } cases[] = {
		{ 0, "\x00", 1 },
		{ 127, "\x7f", 1 },
		{ 128, "\xcc\x80", 2 },
		{ 255, "\xcc\xff", 2 },
		{ 256, "\xcd\x01\x00", 3 },
		{ 65535, "\xcd\xff\xff", 3 },
		{ 65536, "\xce\x00\x01\x00\x00", 5 },
		{ UINT32_MAX, "\xce\xff\xff\xff\xff", 5 },
		{ UINT64_C(4294967296), "\xcf\x00\x00\x00\x01\x00\x00\x00\x00", 9 },
		{ UINT64_MAX, "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9 },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		struct mpack_writer writer = fresh(9);
		mpack_put_u64(&writer, cases[i].value);
		wrote(&writer, (const uint8_t *)cases[i].bytes, cases[i].len);
	}
}

static void
numbers_below_zero_take_the_shortest_form(void **state)
{
	static const struct { int64_t value; const char *bytes; size_t len; } cases[] = {
		{ -1, "\xff", 1 },
		{ -32, "\xe0", 1 },
		{ -33, "\xd0\xdf", 2 },
		{ -128, "\xd0\x80", 2 },
		{ -129, "\xd1\xff\x7f", 3 },
		{ -32768, "\xd1\x80\x00", 3 },
		{ -32769, "\xd2\xff\xff\x7f\xff", 5 },
		{ INT32_MIN, "\xd2\x80\x00\x00\x00", 5 },
		{ (int64_t)INT32_MIN - 1, "\xd3\xff\xff\xff\xff\x7f\xff\xff\xff", 9 },
		{ INT64_MIN, "\xd3\x80\x00\x00\x00\x00\x00\x00\x00", 9 },
		{ 5, "\x05", 1 },
		{ INT64_MAX, "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", 9 },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		struct mpack_writer writer = fresh(9);
		mpack_put_i64(&writer, cases[i].value);
		wrote(&writer, (const uint8_t *)cases[i].bytes, cases[i].len);
		struct mpack_reader reader;
		mpack_reader_init(&reader, out, cases[i].len);
		assert_true(mpack_get_i64(&reader) == cases[i].value);
		assert_true(mpack_reader_finish(&reader));
	}
}

/* Lengths at which the form of a text, of bytes and of an array changes, and the head that each then has. */
static void
lengths_take_the_shortest_head(void **state)
{
	static const struct { uint32_t len; uint8_t str_head, bin_head; uint32_t str_head_bytes, bin_head_bytes; } cases[] = {
		{ 0, 0xa0, 0xc4, 1, 2 },    { 31, 0xbf, 0xc4, 1, 2 },	{ 32, 0xd9, 0xc4, 2, 2 },
		{ 255, 0xd9, 0xc4, 2, 2 },  { 256, 0xda, 0xc5, 3, 3 }, { 65535, 0xda, 0xc5, 3, 3 },
		{ 65536, 0xdb, 0xc6, 5, 5 },
	};
	static uint8_t text[65536];
	struct mpack_reader reader;
	uint32_t len;

	(void)state;
	memset(text, 'x', sizeof text);
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		struct mpack_writer writer = fresh(sizeof out);
		mpack_put_str(&writer, text, cases[i].len);
		assert_int_equal(out[0], cases[i].str_head);
		assert_int_equal(writer.at - out, cases[i].str_head_bytes + cases[i].len);
		mpack_reader_init(&reader, out, (size_t)(writer.at - out));
		assert_memory_equal(mpack_get_str(&reader, 65536, &len), text, cases[i].len);
		assert_int_equal(len, cases[i].len);
		assert_true(mpack_reader_finish(&reader));

		writer = fresh(sizeof out);
		mpack_put_bin(&writer, text, cases[i].len);
		assert_int_equal(out[0], cases[i].bin_head);
		assert_int_equal(writer.at - out, cases[i].bin_head_bytes + cases[i].len);
		mpack_reader_init(&reader, out, (size_t)(writer.at - out));
		assert_memory_equal(mpack_get_bin(&reader, 65536, &len), text, cases[i].len);
		assert_int_equal(len, cases[i].len);
		assert_true(mpack_reader_finish(&reader));
	}
}

static void
arrays_and_truth(void **state)
{
	struct mpack_writer writer = fresh(6);
	struct mpack_reader reader;

	(void)state;
	mpack_put_array(&writer, 15);
	mpack_put_array(&writer, 16);
	mpack_put_bool(&writer, true);
	mpack_put_bool(&writer, false);
	wrote(&writer, BYTES("\x9f\xdc\x00\x10\xc3\xc2"));
	mpack_reader_init(&reader, out, 6);
	assert_int_equal(mpack_get_array(&reader), 15);
	assert_int_equal(mpack_get_array(&reader), 16);
	assert_true(mpack_get_bool(&reader));
	assert_false(mpack_get_bool(&reader));
	assert_true(mpack_reader_finish(&reader));
	writer = fresh(6);
	mpack_put_array(&writer, 65536);
	assert_true(writer.failed);
}

static void
a_writer_that_is_full_writes_nothing_more(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < 11; cap++) {
		struct mpack_writer writer = fresh(cap);
		mpack_put_u64(&writer, 70000);     /* 5 bytes */
		mpack_put_str(&writer, "hello", 5); /* 6 bytes */
		assert_true(writer.failed);
		assert_int_equal(out[cap], 0xee);
		uint8_t *at = writer.at;
		mpack_put_bool(&writer, true);
		assert_ptr_equal(writer.at, at);
	}
	struct mpack_writer writer = fresh(11);
	mpack_put_u64(&writer, 70000);
	mpack_put_str(&writer, "hello", 5);
	assert_false(writer.failed);
}

static void
wide_forms_of_small_numbers_are_read(void **state)
{
	static const struct { const char *bytes; size_t len; int64_t value; } cases[] = {
		{ "\xcc\x05", 2, 5 },
		{ "\xcd\x00\x05", 3, 5 },
		{ "\xce\x00\x00\x00\x05", 5, 5 },
		{ "\xcf\x00\x00\x00\x00\x00\x00\x00\x05", 9, 5 },
		{ "\xd0\x05", 2, 5 },
		{ "\xd1\x00\x05", 3, 5 },
		{ "\xd2\x00\x00\x00\x05", 5, 5 },
		{ "\xd3\x00\x00\x00\x00\x00\x00\x00\x05", 9, 5 },
		{ "\xd1\xff\xfb", 3, -5 },
		{ "\xd2\xff\xff\xff\xfb", 5, -5 },
		{ "\xd3\xff\xff\xff\xff\xff\xff\xff\xfb", 9, -5 },
	};
	struct mpack_reader reader;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		mpack_reader_init(&reader, (const uint8_t *)cases[i].bytes, cases[i].len);
		assert_true(mpack_get_i64(&reader) == cases[i].value);
		assert_true(mpack_reader_finish(&reader));
		mpack_reader_init(&reader, (const uint8_t *)cases[i].bytes, cases[i].len);
		if (cases[i].value >= 0) {
			assert_int_equal(mpack_get_u64(&reader, 5), cases[i].value);
			assert_true(mpack_reader_finish(&reader));
		} else {
			assert_int_equal(mpack_get_u64(&reader, UINT64_MAX), 0);
			assert_false(mpack_reader_finish(&reader));
		}
	}
}

static void
numbers_out_of_range_are_faults(void **state)
{
	struct mpack_reader reader;

	(void)state;
	mpack_reader_init(&reader, BYTES("\x06"));
	assert_int_equal(mpack_get_u64(&reader, 5), 0);
	assert_string_equal(reader.fault, "has a number out of its range");
	mpack_reader_init(&reader, BYTES("\xcf\x80\x00\x00\x00\x00\x00\x00\x00"));
	assert_int_equal(mpack_get_i64(&reader), 0);
	assert_non_null(reader.fault);
}

static void
the_input_may_end_anywhere(void **state)
{
	static const struct { const char *bytes; size_t len; } whole[] = {
		{ "\x05", 1 },	{ "\xcd\x01\x00", 3 }, { "\xcf\x01\x02\x03\x04\x05\x06\x07\x08", 9 }, { "\xa3" "abc", 4 },
		{ "\xd9\x03" "abc", 5 }, { "\xdb\0\0\0\x03" "abc", 8 }, { "\xc4\x03" "abc", 5 }, { "\xdc\x00\x05", 3 },
	};
	struct mpack_reader reader;
	uint32_t len;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(whole); i++) {
		for (size_t cut = 0; cut < whole[i].len; cut++) {
			mpack_reader_init(&reader, (const uint8_t *)whole[i].bytes, cut);
			uint8_t tag = (uint8_t)whole[i].bytes[0];
			if (tag == 0xdc)
				mpack_get_array(&reader);
			else if (tag == 0xc4)
				mpack_get_bin(&reader, 100, &len);
			else if (tag == 0xa3 || tag == 0xd9 || tag == 0xdb)
				mpack_get_str(&reader, 100, &len);
			else
				mpack_get_u64(&reader, UINT64_MAX);
			assert_string_equal(reader.fault, "ends too early");
			assert_false(mpack_reader_finish(&reader));
		}
	}
}

static void
a_length_that_lies_is_refused_before_anything_is_read(void **state)
{
	struct mpack_reader reader;
	uint32_t len = 1;

	(void)state;
	mpack_reader_init(&reader, BYTES("\xdb\xff\xff\xff\xff" "abc"));
	mpack_get_str(&reader, UINT32_MAX, &len);
	assert_string_equal(reader.fault, "ends too early");
	assert_int_equal(len, 0);
	mpack_reader_init(&reader, BYTES("\xa4" "abcd"));
	mpack_get_str(&reader, 3, &len);
	assert_string_equal(reader.fault, "has a text or bytes longer than their bound");
	assert_int_equal(len, 0);
}

static void
each_question_takes_only_its_own_type(void **state)
{
	/* nil, unused, true, float32, float64, ext, map, str, bin, array, number */
	static const uint8_t tags[] = { 0xc0, 0xc1, 0xc3, 0xca, 0xcb, 0xd4, 0xc7, 0x81, 0xde, 0xdd, 0xa0, 0xc4, 0x90, 0x05 };
	uint8_t input[16] = { 0 };
	struct mpack_reader reader;
	uint32_t len;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(tags); i++) {
		input[0] = tags[i];
		mpack_reader_init(&reader, input, sizeof input);
		mpack_get_bool(&reader);
		assert_int_equal(reader.fault == NULL, tags[i] == 0xc3);
		mpack_reader_init(&reader, input, sizeof input);
		mpack_get_i64(&reader);
		assert_int_equal(reader.fault == NULL, tags[i] == 0x05);
		mpack_reader_init(&reader, input, sizeof input);
		mpack_get_array(&reader);
		assert_int_equal(reader.fault == NULL, tags[i] == 0x90);
		mpack_reader_init(&reader, input, sizeof input);
		mpack_get_str(&reader, 100, &len);
		assert_int_equal(reader.fault == NULL, tags[i] == 0xa0);
		mpack_reader_init(&reader, input, sizeof input);
		mpack_get_bin(&reader, 100, &len);
		assert_int_equal(reader.fault == NULL, tags[i] == 0xc4);
	}
}

static void
a_text_must_be_utf8_bytes_need_not(void **state)
{
	struct mpack_reader reader;
	uint32_t len;

	(void)state;
	mpack_reader_init(&reader, BYTES("\xa2\xc3\x28"));
	mpack_get_str(&reader, 100, &len);
	assert_string_equal(reader.fault, "has a text that is not UTF-8");
	assert_int_equal(len, 0);
	mpack_reader_init(&reader, BYTES("\xa3" "a\0b"));
	mpack_get_str(&reader, 100, &len);
	assert_non_null(reader.fault);
	mpack_reader_init(&reader, BYTES("\xc4\x02\xc3\x28"));
	assert_memory_equal(mpack_get_bin(&reader, 100, &len), "\xc3\x28", 2);
	assert_true(mpack_reader_finish(&reader));
}

static void
a_text_is_a_string_within_its_bound(void **state)
{
	struct mpack_writer writer = fresh(10);
	struct mpack_reader reader;
	char text[4];

	(void)state;
	mpack_put_text(&writer, "abc");
	wrote(&writer, BYTES("\xa3" "abc"));
	mpack_reader_init(&reader, BYTES("\xa3" "abc" "\xa4" "abcd"));
	mpack_get_text(&reader, text, sizeof text);
	assert_string_equal(text, "abc");
	mpack_get_text(&reader, text, sizeof text);
	assert_string_equal(text, "");
	assert_non_null(reader.fault);
}

static void
the_first_fault_sticks(void **state)
{
	struct mpack_reader reader;
	uint32_t len = 9;

	(void)state;
	mpack_reader_init(&reader, BYTES("\xc3\x05\xa1x\x91\xc4\x01y"));
	assert_int_equal(mpack_get_u64(&reader, 9), 0);
	const char *first = reader.fault;
	assert_string_equal(first, "has something else where a number belongs");
	/* From here on all answers are nothing, though the bytes would fit. */
	assert_int_equal(mpack_get_u64(&reader, 9), 0);
	assert_int_equal(mpack_get_i64(&reader), 0);
	assert_false(mpack_get_bool(&reader));
	assert_int_equal(mpack_get_array(&reader), 0);
	mpack_get_str(&reader, 9, &len);
	assert_int_equal(len, 0);
	mpack_get_bin(&reader, 9, &len);
	mpack_fault(&reader, "another");
	assert_false(mpack_reader_finish(&reader));
	assert_ptr_equal(reader.fault, first);
}

static void
nothing_may_be_left_over(void **state)
{
	struct mpack_reader reader;

	(void)state;
	mpack_reader_init(&reader, BYTES("\x05\x06"));
	assert_int_equal(mpack_get_u64(&reader, 9), 5);
	assert_false(mpack_reader_finish(&reader));
	assert_string_equal(reader.fault, "has bytes left over");
	mpack_reader_init(&reader, (const uint8_t *)"", 0);
	assert_true(mpack_reader_finish(&reader));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_take_the_shortest_form),
		cmocka_unit_test(numbers_below_zero_take_the_shortest_form),
		cmocka_unit_test(lengths_take_the_shortest_head),
		cmocka_unit_test(arrays_and_truth),
		cmocka_unit_test(a_writer_that_is_full_writes_nothing_more),
		cmocka_unit_test(wide_forms_of_small_numbers_are_read),
		cmocka_unit_test(numbers_out_of_range_are_faults),
		cmocka_unit_test(the_input_may_end_anywhere),
		cmocka_unit_test(a_length_that_lies_is_refused_before_anything_is_read),
		cmocka_unit_test(each_question_takes_only_its_own_type),
		cmocka_unit_test(a_text_must_be_utf8_bytes_need_not),
		cmocka_unit_test(a_text_is_a_string_within_its_bound),
		cmocka_unit_test(the_first_fault_sticks),
		cmocka_unit_test(nothing_may_be_left_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
