/*
 * What people see: nothing foreign reaches the terminal raw, columns stand in line, sentences end before
 * the edge, and colour never comes alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>

#include "common/str.h"
#include "fusectl/show.h"

static char *text;
static size_t text_bytes;
static struct show show;

static void
begin(unsigned width)
{
	free(text);
	show = (struct show){ .out = open_memstream(&text, &text_bytes), .width = width };
	assert_non_null(show.out);
}

static const char *
end(void)
{
	fclose(show.out);
	return text;
}

static void
expect_safe(const char *from, const char *to)
{
	char *safe = show_safe(&show, from, strlen(from));

	assert_string_equal(safe, to);
	free(safe);
}

static void
nothing_that_moves_or_turns_reaches_the_terminal(void **state)
{
	(void)state;
	show = (struct show){ .out = NULL };
	expect_safe("plain, \xc3\xbc, \xe2\x82\xac \\n", "plain, \xc3\xbc, \xe2\x82\xac \\n");
	expect_safe("\033[31m\a\r\n\t\x7f", "\\x1b[31m\\x07\\x0d\\x0a\\x09\\x7f");
	expect_safe("\xc2\x9b" "2J", "\\xc2\\x9b2J");                 /* CSI as one character */
	expect_safe("a\xe2\x80\xae" "b", "a\\xe2\\x80\\xae" "b");     /* right-to-left override */
	expect_safe("\xe2\x81\xa6\xd8\x9c", "\\xe2\\x81\\xa6\\xd8\\x9c");
	expect_safe("\xff\xc3", "\\xff\\xc3");
	show.ascii = true;
	expect_safe("\xc3\xbc", "\\xc3\\xbc");
}

static void
colour_stands_beside_words_or_not_at_all(void **state)
{
	(void)state;
	begin(80);
	show_text(&show, TONE_BAD, "held");
	assert_string_equal(end(), "held");
	begin(80);
	show.colour = true;
	show_text(&show, TONE_BAD, "held\033");
	show_text(&show, TONE_PLAIN, "!");
	assert_string_equal(end(), "\033[31mheld\\x1b\033[0m!");
}

static void
a_long_sentence_ends_before_the_edge(void **state)
{
	(void)state;
	begin(20);
	show_wrapped(&show, 2, 0, "one two three four five six");
	assert_string_equal(end(), "  one two three four\n  five six\n");
	begin(20);
	show_wrapped(&show, 4, 10, "1234567890 next");
	assert_string_equal(end(), "1234567890\n    next\n");
	/* A word without end is not cut; without a terminal nothing is. */
	begin(20);
	show_wrapped(&show, 2, 0, "a 1234567890123456789012345 b");
	assert_string_equal(end(), "  a\n  1234567890123456789012345\n  b\n");
	begin(0);
	show_wrapped(&show, 2, 0, "one two three four five six seven eight");
	assert_string_equal(end(), "  one two three four five six seven eight\n");
	begin(0);
	show_wrapped(&show, 0, 0, "");
	assert_string_equal(end(), "\n");
}

static void
columns_stand_in_line_whatever_is_in_them(void **state)
{
	static const char *const heads[] = { "NAME", "N", "WHAT" };

	(void)state;
	begin(0);
	struct show_table *table = show_table_new(&show, heads, STR_ARRAY_LEN(heads));
	show_table_cell(table, TONE_PLAIN, "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc");
	show_table_number(table, 12345);
	show_table_cell(table, TONE_PLAIN, "first");
	show_table_note(table, "a note");
	show_table_cell(table, TONE_PLAIN, "b\n");
	show_table_number(table, -1);
	show_table_cell(table, TONE_PLAIN, "");
	show_table_print(table);
	show_table_free(table);
	assert_string_equal(end(), "NAME   N      WHAT\n"
				   "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc  12345  first\n"
				   "    a note\n"
				   "b\\x0a  -1\n");
}

static void
the_last_column_is_wrapped_on_a_terminal(void **state)
{
	static const char *const heads[] = { "NAME", "WHAT" };

	(void)state;
	begin(40);
	struct show_table *table = show_table_new(&show, heads, STR_ARRAY_LEN(heads));
	show_table_cell(table, TONE_PLAIN, "name");
	show_table_cell(table, TONE_PLAIN, "a description that does not fit into one line");
	show_table_print(table);
	show_table_free(table);
	assert_string_equal(end(), "NAME  WHAT\n"
				   "name  a description that does not fit\n"
				   "      into one line\n");
	/* Where nearly nothing is left for it, it goes below. */
	begin(40);
	table = show_table_new(&show, heads, STR_ARRAY_LEN(heads));
	show_table_cell(table, TONE_PLAIN, "a name of twenty and more");
	show_table_cell(table, TONE_PLAIN, "a description that does not fit");
	show_table_print(table);
	show_table_free(table);
	assert_string_equal(end(), "NAME                       WHAT\n"
				   "a name of twenty and more\n"
				   "    a description that does not fit\n");
}

static void
expect_duration(int64_t ms, const char *words)
{
	char got[SHOW_WORDS_BYTES];

	show_duration(ms, got);
	assert_string_equal(got, words);
}

static void
times_are_words(void **state)
{
	(void)state;
	expect_duration(0, "0 s");
	expect_duration(-5, "0 s");
	expect_duration(INT64_MIN, "0 s");
	expect_duration(59999, "59 s");
	expect_duration(60000, "1 min");
	expect_duration(192000, "3 min 12 s");
	expect_duration(3600000, "1 h");
	expect_duration(7500000, "2 h 5 min");
	expect_duration(356400000, "4 d 3 h");
}

static void
expect_size(uint64_t bytes, const char *words)
{
	char got[SHOW_WORDS_BYTES];

	show_size(bytes, got);
	assert_string_equal(got, words);
}

static void
sizes_are_words(void **state)
{
	(void)state;
	expect_size(0, "0 bytes");
	expect_size(1023, "1023 bytes");
	expect_size(1024, "1.0 KiB");
	expect_size(1048575, "1.0 MiB");
	expect_size(UINT64_C(13002342), "12.4 MiB");
	expect_size(UINT64_MAX, "16777216.0 TiB");
}

static const char *
spare_table(unsigned width)
{
	static const char *const heads[] = { "NAME", "ADDRESS", "SERIAL", "STATE" };
	static const size_t spare[] = { 1, 2 };

	begin(width);
	struct show_table *table = show_table_new(&show, heads, 4);
	show_table_spare(table, spare, 2);
	show_table_cell(table, TONE_PLAIN, "Anna");
	show_table_cell(table, TONE_PLAIN, "192.0.2.1");
	show_table_cell(table, TONE_PLAIN, "00M00A000000001");
	show_table_cell(table, TONE_PLAIN, "printing");
	show_table_print(table);
	show_table_free(table);
	return end();
}

static void
a_narrow_terminal_is_spared_some_columns(void **state)
{
	(void)state;
	assert_string_equal(spare_table(0), "NAME  ADDRESS    SERIAL           STATE\n"
					    "Anna  192.0.2.1  00M00A000000001  printing\n");
	assert_string_equal(spare_table(42), "NAME  ADDRESS    SERIAL           STATE\n"
					     "Anna  192.0.2.1  00M00A000000001  printing\n");
	assert_string_equal(spare_table(41), "NAME  SERIAL           STATE\nAnna  00M00A000000001  printing\n");
	assert_string_equal(spare_table(20), "NAME  STATE\nAnna  printing\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_moves_or_turns_reaches_the_terminal),
		cmocka_unit_test(colour_stands_beside_words_or_not_at_all),
		cmocka_unit_test(a_long_sentence_ends_before_the_edge),
		cmocka_unit_test(columns_stand_in_line_whatever_is_in_them),
		cmocka_unit_test(the_last_column_is_wrapped_on_a_terminal),
		cmocka_unit_test(times_are_words),
		cmocka_unit_test(sizes_are_words),
		cmocka_unit_test(a_narrow_terminal_is_spared_some_columns),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(text);
	return failed;
}
