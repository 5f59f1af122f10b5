/*
 * A CSV file as spreadsheets and people write it: what RFC 4180 allows, what they do beyond it, and what cannot be
 * read, each row with the line where it begins.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "printer/csv.h"

static struct csv csv;
static const char *fault;
static char shown[8192];

/* Rows as "line[field|field] ", those that cannot be read as "line!fault ". */
static const char *
parse_bytes(const void *bytes, size_t len)
{
	shown[0] = '\0';
	if (!csv_parse(bytes, len, &csv, &fault))
		return fault;
	for (size_t i = 0; i < csv.count; i++) {
		const struct csv_row *row = &csv.rows[i];
		size_t used = strlen(shown);
		used += (size_t)snprintf(shown + used, sizeof shown - used, row->fault ? "%u!%s" : "%u[", row->line,
					 row->fault);
		for (size_t j = 0; row->fault == NULL && j < row->count; j++)
			used += (size_t)snprintf(shown + used, sizeof shown - used, "%s%s", j ? "|" : "", row->fields[j]);
		snprintf(shown + used, sizeof shown - used, row->fault ? " " : "] ");
	}
	csv_free(&csv);
	return shown;
}

static const char *
parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void
rows_are_lines_and_fields_stand_between_commas(void **state)
{
	(void)state;
	assert_string_equal(parse("a,b\nc,d\n"), "1[a|b] 2[c|d] ");
	assert_string_equal(parse("a,b"), "1[a|b] ");
	assert_string_equal(parse("a,,\n,"), "1[a||] 2[|] ");
	assert_string_equal(parse(""), "");
	assert_string_equal(parse("Stra\xc3\x9f" "e 1,x"), "1[Stra\xc3\x9f" "e 1|x] ");
}

static void
every_line_end_counts_and_blank_lines_do_not(void **state)
{
	(void)state;
	assert_string_equal(parse("a\r\nb\rc\nd"), "1[a] 2[b] 3[c] 4[d] ");
	assert_string_equal(parse("\n\r\n  \t\na,b\n\n\nc\n \n"), "4[a|b] 7[c] ");
	assert_string_equal(parse("\r\r"), "");
}

static void
quotes_hold_what_would_end_a_field(void **state)
{
	(void)state;
	assert_string_equal(parse("\"a,b\",\"say \"\"x\"\"\"\n\"\",z"), "1[a,b|say \"x\"] 2[|z] ");
	assert_string_equal(parse("\"two\nlines\",b\nc"), "1[two\nlines|b] 3[c] ");
	assert_string_equal(parse("\"two\r\nlines\",b\r\nc"), "1[two\r\nlines|b] 3[c] ");
	assert_string_equal(parse("  \" kept \"  ,b"), "1[ kept |b] ");
	assert_string_equal(parse("\"a\""), "1[a] ");
}

static void
blanks_around_a_field_and_a_byte_order_mark_go(void **state)
{
	(void)state;
	assert_string_equal(parse("\xef\xbb\xbf name , x\ty \n"), "1[name|x\ty] ");
	assert_string_equal(parse("\xef\xbb\xbf"), "");
}

static void
spreadsheets_of_other_countries_use_semicolons_or_tabs(void **state)
{
	(void)state;
	assert_string_equal(parse("a;b,c\nd;e"), "1[a|b,c] 2[d|e] ");
	assert_string_equal(parse("a\tb\n\tc"), "1[a|b] 2[|c] ");
	assert_string_equal(parse("\"a;b\",c\nd;e,f"), "1[a;b|c] 2[d;e|f] ");
	assert_string_equal(parse("\n\nalone\na,b"), "3[alone] 4[a|b] ");
}

static void
a_row_that_cannot_be_read_leaves_the_others(void **state)
{
	static char long_field[700];

	(void)state;
	assert_string_equal(parse("a\"b,c\nd"), "1!has a quote amid a field; double it and put the field in quotes 2[d] ");
	assert_string_equal(parse("\"a\"b,c\nd"), "1!goes on behind a closing quote 2[d] ");
	assert_string_equal(parse("x\n\"a\nb"), "1[x] 2!has a quote that never ends ");
	assert_string_equal(parse("\xff,a\nb"), "1!is not text in UTF-8 2[b] ");
	assert_string_equal(parse_bytes("a\0b,c\nd", 7), "1!is not text in UTF-8 2[d] ");
	assert_string_equal(parse(",,,,,,,,,,,,,,,,\nb"), "1!has more than 16 fields 2[b] ");
	memset(long_field, 'x', sizeof long_field - 1);
	assert_string_equal(parse(long_field), "1!has a field of more than 512 bytes ");
	long_field[CSV_FIELD_MAX_BYTES] = '\0';
	assert_int_equal(strlen(parse(long_field)), CSV_FIELD_MAX_BYTES + strlen("1[] "));
}

static void
the_whole_is_bounded(void **state)
{
	static char many[2 * (CSV_ROWS_MAX + 2) + 1];
	char *large = calloc(1, CSV_MAX_BYTES + 1);

	(void)state;
	for (size_t i = 0; i < CSV_ROWS_MAX + 2; i++)
		memcpy(many + 2 * i, "a\n", 2);
	assert_string_equal(parse(many), "has more than 512 rows");
	assert_null(csv.rows);
	many[2 * (CSV_ROWS_MAX + 1)] = '\0';
	assert_string_equal(parse(many + 2) == shown ? "read" : "not read", "read");
	memset(large, '\n', CSV_MAX_BYTES + 1);
	assert_string_equal(parse_bytes(large, CSV_MAX_BYTES + 1), "is larger than 1 MiB");
	assert_string_equal(parse_bytes(large, CSV_MAX_BYTES), "");
	free(large);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_lines_and_fields_stand_between_commas),
		cmocka_unit_test(every_line_end_counts_and_blank_lines_do_not),
		cmocka_unit_test(quotes_hold_what_would_end_a_field),
		cmocka_unit_test(blanks_around_a_field_and_a_byte_order_mark_go),
		cmocka_unit_test(spreadsheets_of_other_countries_use_semicolons_or_tabs),
		cmocka_unit_test(a_row_that_cannot_be_read_leaves_the_others),
		cmocka_unit_test(the_whole_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
