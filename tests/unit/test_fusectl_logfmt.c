/*
 * What a log line of Fuse says, taken apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fusectl/logfmt.h"

static struct logfmt_field field;

static void
expect(const char **at, const char *name, const char *value)
{
	assert_true(logfmt_next(at, &field));
	assert_string_equal(field.name, name);
	assert_string_equal(field.value, value);
}

static void
a_line_of_fuse_comes_apart_into_its_fields(void **state)
{
	const char *at = "ts=2026-11-22T18:30:00.123Z role=worker pid=7 lvl=info msg=\"all is well\" n=-3";

	(void)state;
	expect(&at, "ts", "2026-11-22T18:30:00.123Z");
	expect(&at, "role", "worker");
	expect(&at, "pid", "7");
	expect(&at, "lvl", "info");
	expect(&at, "msg", "all is well");
	expect(&at, "n", "-3");
	assert_false(logfmt_next(&at, &field));
	assert_false(logfmt_next(&at, &field));
}

static void
escapes_are_undone_but_for_what_should_not_be_seen_raw(void **state)
{
	const char *at = "a=\"say \\\"hi\\\"\\n\\ttab \\\\ \\x1b[31m\" b=\"lvl=error\"";

	(void)state;
	expect(&at, "a", "say \"hi\"\n\ttab \\ \\x1b[31m");
	expect(&at, "b", "lvl=error");
}

static void
what_is_no_logfmt_comes_out_as_words(void **state)
{
	const char *at = "  hello =x y= z=\"open";

	(void)state;
	expect(&at, "hello", "");
	expect(&at, "", "x");
	expect(&at, "y", "");
	expect(&at, "z", "open");
	assert_false(logfmt_next(&at, &field));
	at = "a=\"b\\";
	expect(&at, "a", "b\\");
	at = "";
	assert_false(logfmt_next(&at, &field));
}

static void
a_field_beyond_the_bound_is_cut_and_the_next_one_found(void **state)
{
	static char line[3 * LOGFMT_TEXT_BYTES];

	(void)state;
	memset(line, 'x', 2 * LOGFMT_TEXT_BYTES);
	strcpy(line + 2 * LOGFMT_TEXT_BYTES, "=1 next=2");
	const char *at = line;
	assert_true(logfmt_next(&at, &field));
	assert_int_equal(strlen(field.name), LOGFMT_TEXT_BYTES - 1);
	expect(&at, "next", "2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_fuse_comes_apart_into_its_fields),
		cmocka_unit_test(escapes_are_undone_but_for_what_should_not_be_seen_raw),
		cmocka_unit_test(what_is_no_logfmt_comes_out_as_words),
		cmocka_unit_test(a_field_beyond_the_bound_is_cut_and_the_next_one_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
