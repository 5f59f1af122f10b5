/*
 * A bounded JSON writer: whatever the texts and numbers are, what comes out is JSON and UTF-8, and what does not fit
 * fails as a whole.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/str.h"
#include "printer/jsonout.h"

static char buffer[4096];

/* One value written alone. */
#define WRITTEN(call)                                             \
	({                                                        \
		struct jsonout out;                               \
		jsonout_init(&out, buffer, sizeof buffer);        \
		call;                                             \
		assert_true(jsonout_finish(&out) == strlen(buffer)); \
		buffer;                                           \
	})

static void
write_sample(struct jsonout *out)
{
	jsonout_open(out, '{');
	jsonout_key(out, "none");
	jsonout_open(out, '[');
	jsonout_close(out, ']');
	jsonout_key(out, "list");
	jsonout_open(out, '[');
	jsonout_int(out, 1);
	jsonout_text(out, "a\"b", 99);
	jsonout_open(out, '{');
	jsonout_close(out, '}');
	jsonout_null(out);
	jsonout_json(out, "[{},2]");
	jsonout_close(out, ']');
	jsonout_key(out, "yes");
	jsonout_bool(out, true);
	jsonout_key(out, "word");
	jsonout_word(out, "on");
	jsonout_key(out, "number");
	jsonout_number(out, 27.8125);
	jsonout_close(out, '}');
}

static void
commas_come_by_themselves(void **state)
{
	(void)state;
	assert_string_equal(WRITTEN(write_sample(&out)), "{\"none\":[],\"list\":[1,\"a\\\"b\",{},null,[{},2]],\"yes\":true,"
							 "\"word\":\"on\",\"number\":27.8125}");
}

static void
what_does_not_fit_fails_as_a_whole(void **state)
{
	struct jsonout writer;
	size_t need = strlen(WRITTEN(write_sample(&out))) + 1;

	(void)state;
	for (size_t cap = 0; cap <= need + 1; cap++) {
		char *exact = malloc(cap + 1); /* a guard byte; a sanitizer sees one more */
		assert_non_null(exact);
		exact[cap] = '#';
		jsonout_init(&writer, exact, cap);
		write_sample(&writer);
		assert_int_equal(jsonout_finish(&writer), cap < need ? 0 : need - 1);
		assert_int_equal(exact[cap], '#');
		free(exact);
	}
}

static void
a_writer_that_was_refused_stays_refused(void **state)
{
	struct jsonout out;

	(void)state;
	jsonout_init(&out, buffer, 8);
	jsonout_open(&out, '[');
	jsonout_word(&out, "longer than eight");
	jsonout_int(&out, 1);
	jsonout_close(&out, ']');
	assert_int_equal(jsonout_finish(&out), 0);
}

static void
texts_are_escaped(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{ "", "\"\"" },
		{ "PLA Matte", "\"PLA Matte\"" },
		{ "\"\\/", "\"\\\"\\\\/\"" },
		{ "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
		{ "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"" },
		{ "</script>&", "\"</script>&\"" },
		{ "Gr\xc3\xb6\xc3\x9f" "e \xe2\x82\xac \xf0\x9f\x94\x91",
		  "\"Gr\xc3\xb6\xc3\x9f" "e \xe2\x82\xac \xf0\x9f\x94\x91\"" },
		{ "\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\"" },
		/* What is not UTF-8: a stray byte, a cut one, overlong, a surrogate, beyond U+10FFFF. */
		{ "a\xff" "b", "\"a\xef\xbf\xbd" "b\"" },
		{ "\xc3", "\"\xef\xbf\xbd\"" },
		{ "\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++)
		assert_string_equal(WRITTEN(jsonout_text(&out, cases[i].text, 200)), cases[i].json);
	assert_string_equal(WRITTEN(jsonout_known_text(&out, "", 9)), "null");
	assert_string_equal(WRITTEN(jsonout_known_text(&out, NULL, 9)), "null");
	assert_string_equal(WRITTEN(jsonout_word(&out, NULL)), "null");
}

/* Any two bytes after a lead byte: what comes out is UTF-8 in every case. */
static void
every_sequence_comes_out_as_utf8(void **state)
{
	static const uint8_t leads[] = { 0x80, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff };

	(void)state;
	for (size_t i = 0; i < sizeof leads; i++)
		for (unsigned pair = 0; pair < 65536; pair++) {
			char text[] = { (char)leads[i], (char)(pair >> 8), (char)pair, (char)0x80, 'x', '\0' };
			const char *json = WRITTEN(jsonout_text(&out, text, 60));
			assert_true(str_valid_utf8(json, strlen(json)));
		}
}

static void
a_long_text_is_cut_at_a_character(void **state)
{
	(void)state;
	assert_string_equal(WRITTEN(jsonout_text(&out, "abcdef", 4)), "\"abcd\"");
	assert_string_equal(WRITTEN(jsonout_text(&out, "abc\"", 4)), "\"abc\"");
	assert_string_equal(WRITTEN(jsonout_text(&out, "abc\"", 5)), "\"abc\\\"\"");
	assert_string_equal(WRITTEN(jsonout_text(&out, "abc\xc3\xa9", 4)), "\"abc\"");
	assert_string_equal(WRITTEN(jsonout_text(&out, "\x01\x01", 11)), "\"\\u0001\"");
	assert_string_equal(WRITTEN(jsonout_text(&out, "abc", 0)), "\"\"");
}

static void
numbers_are_numbers(void **state)
{
	static const struct {
		double value;
		const char *json;
	} cases[] = {
		{ 0, "0" }, { -0.0, "0" }, { 0.4000000059604645, "0.4" }, { 26.53125, "26.53125" }, { 27.8125, "27.8125" },
		{ -12.05, "-12.05" }, { 0.00001, "0.00001" }, { 0.000001, "0" }, { -0.000001, "0" }, { 99.999999, "100" },
		{ 1e9, "1000000000" }, { -999999999.5, "-999999999.5" }, { 1000000001.0, "null" }, { 1e300, "null" },
		{ NAN, "null" }, { INFINITY, "null" }, { -INFINITY, "null" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		assert_string_equal(WRITTEN(jsonout_number(&out, cases[i].value)), cases[i].json);
		assert_int_equal(jsonout_is_number(cases[i].value), strcmp(cases[i].json, "null") != 0);
	}
	assert_string_equal(WRITTEN(jsonout_int(&out, INT64_MIN)), "-9223372036854775808");
	assert_string_equal(WRITTEN(jsonout_int(&out, INT64_MAX)), "9223372036854775807");
	assert_string_equal(WRITTEN(jsonout_known_int(&out, 0)), "0");
	assert_string_equal(WRITTEN(jsonout_known_int(&out, STATE_UNKNOWN)), "null");
	assert_string_equal(WRITTEN(jsonout_tri(&out, TRI_UNKNOWN)), "null");
	assert_string_equal(WRITTEN(jsonout_tri(&out, TRI_NO)), "false");
	assert_string_equal(WRITTEN(jsonout_tri(&out, TRI_YES)), "true");
}

static void
times_are_those_of_the_c_library(void **state)
{
	char expected[40];
	struct tm tm;

	(void)state;
	for (int64_t s = 86399; s < INT64_C(253402300800); s += INT64_C(86400) * 29 + 3601) {
		time_t at = (time_t)s;
		assert_non_null(gmtime_r(&at, &tm));
		assert_true(strftime(expected, sizeof expected, "\"%Y-%m-%dT%H:%M:%S.007Z\"", &tm) > 0);
		assert_string_equal(WRITTEN(jsonout_time(&out, s * 1000 + 7)), expected);
	}
	assert_string_equal(WRITTEN(jsonout_time(&out, INT64_C(951827696789))), "\"2000-02-29T12:34:56.789Z\"");
	assert_string_equal(WRITTEN(jsonout_time(&out, INT64_C(253402300799999))), "\"9999-12-31T23:59:59.999Z\"");
	assert_string_equal(WRITTEN(jsonout_time(&out, INT64_C(253402300800000))), "null");
	assert_string_equal(WRITTEN(jsonout_time(&out, INT64_MAX)), "null");
	assert_string_equal(WRITTEN(jsonout_time(&out, 0)), "null");
	assert_string_equal(WRITTEN(jsonout_time(&out, -1)), "null");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_come_by_themselves),
		cmocka_unit_test(what_does_not_fit_fails_as_a_whole),
		cmocka_unit_test(a_writer_that_was_refused_stays_refused),
		cmocka_unit_test(texts_are_escaped),
		cmocka_unit_test(every_sequence_comes_out_as_utf8),
		cmocka_unit_test(a_long_text_is_cut_at_a_character),
		cmocka_unit_test(numbers_are_numbers),
		cmocka_unit_test(times_are_those_of_the_c_library),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
