/*
 * Bounded strings: what fits is kept whole, what does not is cut where a character ends, and text
 * from outside is UTF-8 or refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"

static void
what_fits_is_copied_whole(void **state)
{
	char to[6];

	(void)state;
	assert_true(str_copy(to, sizeof to, "12345"));
	assert_string_equal(to, "12345");
	assert_true(str_copy(to, 1, ""));
	assert_string_equal(to, "");
}

static void
a_cut_never_splits_a_character(void **state)
{
	char to[6];

	(void)state;
	assert_false(str_copy(to, sizeof to, "123456"));
	assert_string_equal(to, "12345");
	/* é is two bytes, € three, the key emoji four: each would end beyond the fifth byte. */
	assert_false(str_copy(to, sizeof to, "1234\xc3\xa9"));
	assert_string_equal(to, "1234");
	assert_false(str_copy(to, sizeof to, "123\xe2\x82\xac"));
	assert_string_equal(to, "123");
	assert_false(str_copy(to, sizeof to, "12\xf0\x9f\x94\x91"));
	assert_string_equal(to, "12");
	assert_false(str_copy(to, 1, "x"));
	assert_string_equal(to, "");
}

static void
a_cut_never_writes_beyond_the_end(void **state)
{
	char to[8] = "#######";

	(void)state;
	assert_false(str_copy(to, 4, "abcdef"));
	assert_memory_equal(to, "abc\0###", 8);
	assert_false(str_format(to, 4, "%d", 123456));
	assert_memory_equal(to, "123\0###", 8);
}

static void
format_says_whether_it_was_cut(void **state)
{
	char to[6];

	(void)state;
	assert_true(str_format(to, sizeof to, "%s-%d", "ab", 12));
	assert_string_equal(to, "ab-12");
	assert_false(str_format(to, sizeof to, "%s-%d", "ab", 123));
	assert_string_equal(to, "ab-12");
}

static void
well_formed_text_is_accepted(void **state)
{
	static const char *const good[] = {
		"", "plain", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
		"\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xc3\x96l: 5 \xe2\x82\xac \xf0\x9f\x94\x91",
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(good); i++)
		if (!str_valid_utf8(good[i], strlen(good[i])))
			fail_msg("refused a good text, number %zu", i);
}

static void
every_other_text_is_refused(void **state)
{
	static const struct { const char *what, *bytes; } bad[] = {
		{ "a continuation alone", "\x80" },
		{ "a lead byte alone", "\xc3" },
		{ "a lead byte and a letter", "\xc3(" },
		{ "three bytes cut to two", "\xe2\x82" },
		{ "four bytes cut to three", "\xf0\x9f\x94" },
		{ "two bytes for a letter", "\xc1\x81" },
		{ "a slash in two bytes", "\xc0\xaf" },
		{ "three bytes for what fits two", "\xe0\x9f\xbf" },
		{ "four bytes for what fits three", "\xf0\x8f\xbf\xbf" },
		{ "the first surrogate", "\xed\xa0\x80" },
		{ "the last surrogate", "\xed\xbf\xbf" },
		{ "beyond U+10FFFF", "\xf4\x90\x80\x80" },
		{ "five bytes", "\xf8\x88\x80\x80\x80" },
		{ "0xff", "\xff" },
		{ "good, then bad", "good\xff" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(bad); i++)
		if (str_valid_utf8(bad[i].bytes, strlen(bad[i].bytes)))
			fail_msg("accepted %s", bad[i].what);
	assert_false(str_valid_utf8("a\0b", 3));
	assert_false(str_valid_utf8("\xc0\x80", 2)); /* NUL in two bytes */
}

static void
hex_is_lower_case_and_terminated(void **state)
{
	char hex[9] = "########";

	(void)state;
	str_hex("\x00\x9f\xff\x1a", 4, hex);
	assert_string_equal(hex, "009fff1a");
	str_hex("", 0, hex);
	assert_string_equal(hex, "");
}

static void
whole_numbers_within_bounds_are_read(void **state)
{
	int64_t value;

	(void)state;
	assert_true(str_parse_int("0", 0, 9, &value) && value == 0);
	assert_true(str_parse_int("-5", -5, 5, &value) && value == -5);
	assert_true(str_parse_int("5", -5, 5, &value) && value == 5);
	assert_true(str_parse_int("9223372036854775807", INT64_MIN, INT64_MAX, &value) && value == INT64_MAX);
	assert_true(str_parse_int("-9223372036854775808", INT64_MIN, INT64_MAX, &value) && value == INT64_MIN);
}

static void
all_else_is_no_number(void **state)
{
	static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "1x", "0x1", "1.0", "1e3", "--1", "6", "-6", "\n",
					   "9223372036854775808", "-9223372036854775809", "99999999999999999999999999" };
	int64_t value;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(bad); i++) {
		value = 77;
		if (str_parse_int(bad[i], -5, 5, &value) || value != 0)
			fail_msg("took '%s' for a number", bad[i]);
	}
	assert_false(str_parse_int("9223372036854775808", INT64_MIN, INT64_MAX, &value));
}

static void
distance_counts_edits(void **state)
{
	(void)state;
	assert_int_equal(str_distance("", ""), 0);
	assert_int_equal(str_distance("worker", "worker"), 0);
	assert_int_equal(str_distance("wroker", "worker"), 2);
	assert_int_equal(str_distance("worke", "worker"), 1);
	assert_int_equal(str_distance("workers", "worker"), 1);
	assert_int_equal(str_distance("borker", "worker"), 1);
	assert_int_equal(str_distance("", "abc"), 3);
	assert_int_equal(str_distance("kitten", "sitting"), str_distance("sitting", "kitten"));
	assert_int_equal(str_distance("kitten", "sitting"), 3);
}

static void
distance_of_long_words_is_not_reckoned(void **state)
{
	char word[65];

	(void)state;
	memset(word, 'a', 64);
	word[64] = '\0';
	assert_true(str_distance(word, "a") == SIZE_MAX);
	assert_true(str_distance("a", word) == SIZE_MAX);
	word[63] = '\0';
	assert_int_equal(str_distance(word, "a"), 62);
	assert_int_equal(str_distance("a", word), 62);
}

static const char *
animal_of(const void *arg, const char *word, char scratch[STR_FILL_SCRATCH_BYTES])
{
	if (strcmp(word, "count") == 0) {
		str_format(scratch, STR_FILL_SCRATCH_BYTES, "%d", *(const int *)arg);
		return scratch;
	}
	return strcmp(word, "an animal") == 0 ? "\xc3\xa4lk {count}" : "";
}

static void
words_in_braces_are_filled_in_once(void **state)
{
	static const struct { const char *pattern, *filled; } cases[] = {
		{ "", "" }, { "none", "none" }, { "{count} {an animal}!", "7 \xc3\xa4lk {count}!" }, { "{unknown}x", "x" },
		{ "open {count", "open 7" }, { "}{}", "}" },
	};
	const int seven = 7;
	char text[64];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		assert_true(str_fill(text, sizeof text, cases[i].pattern, animal_of, &seven));
		assert_string_equal(text, cases[i].filled);
	}
	/* cut within the pattern, and never within a character of a value */
	assert_false(str_fill(text, 4, "abcdef", animal_of, &seven));
	assert_string_equal(text, "abc");
	assert_false(str_fill(text, 3, "a{an animal}", animal_of, &seven));
	assert_string_equal(text, "a");
	assert_true(str_fill(text, 4, "a{count}b", animal_of, &seven));
	assert_string_equal(text, "a7b");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_copied_whole),
		cmocka_unit_test(a_cut_never_splits_a_character),
		cmocka_unit_test(a_cut_never_writes_beyond_the_end),
		cmocka_unit_test(format_says_whether_it_was_cut),
		cmocka_unit_test(words_in_braces_are_filled_in_once),
		cmocka_unit_test(well_formed_text_is_accepted),
		cmocka_unit_test(every_other_text_is_refused),
		cmocka_unit_test(hex_is_lower_case_and_terminated),
		cmocka_unit_test(whole_numbers_within_bounds_are_read),
		cmocka_unit_test(all_else_is_no_number),
		cmocka_unit_test(distance_counts_edits),
		cmocka_unit_test(distance_of_long_words_is_not_reckoned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
