/*
 * httpd/file_headers: names of files in and out, parts of them, and keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "httpd/file_headers.h"

static char name[FILE_NAME_BYTES];
static const char *fault;

static void
a_name_is_percent_encoded_in_a_header_and_plain_in_a_query(void **state)
{
	(void)state;
	assert_true(file_name_read("Br%C3%bccke%201%25.3mf", true, name, &fault));
	assert_string_equal(name, "Brücke 1%.3mf");
	assert_null(fault);
	assert_true(file_name_read("100%25.3mf", false, name, &fault));
	assert_string_equal(name, "100%25.3mf");
	assert_true(file_name_read("Brücke.3mf", true, name, &fault)); /* raw UTF-8 does no harm */
}

static void
folders_before_a_name_are_dropped(void **state)
{
	(void)state;
	assert_true(file_name_read("C:\\Users\\me\\bracket.3mf", false, name, &fault));
	assert_string_equal(name, "bracket.3mf");
	assert_true(file_name_read("..%2F..%2Fetc%2fpasswd", true, name, &fault));
	assert_string_equal(name, "passwd");
}

static void
what_is_no_name_is_refused_with_a_reason(void **state)
{
	static const char *const wrong[] = { "", "a/", ".", "..", " . ", "%", "%4", "%4x", "%x4", "%00", "a%00b", "%C3", "%0a", "a%7f.3mf",
					     "\xff" };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(wrong); i++) {
		assert_false(file_name_read(wrong[i], true, name, &fault));
		assert_non_null(fault);
		assert_string_equal(name, "");
	}
}

static void
a_name_has_a_bound(void **state)
{
	char text[3000];

	(void)state;
	memset(text, 'a', sizeof text);
	text[200] = '\0';
	assert_true(file_name_read(text, true, name, &fault));
	assert_int_equal(strlen(name), 200);
	text[200] = 'a';
	text[201] = '\0';
	assert_false(file_name_read(text, true, name, &fault));
	assert_non_null(strstr(fault, "200"));
	text[201] = 'a';
	text[2999] = '\0';
	assert_false(file_name_read(text, true, name, &fault));
}

static void
a_name_goes_out_for_new_and_old_browsers(void **state)
{
	char text[FILE_DISPOSITION_BYTES], worst[FILE_NAME_BYTES];

	(void)state;
	file_disposition("a \"b\"\\ü%.3mf", text);
	assert_string_equal(text, "attachment; filename=\"a _b_____.3mf\"; filename*=UTF-8''a%20%22b%22%5C%C3%BC%25.3mf");
	memset(worst, '\xbc', sizeof worst - 1);
	worst[sizeof worst - 1] = '\0';
	file_disposition(worst, text);
	assert_int_equal(strlen(text), strlen("attachment; filename=\"\"; filename*=UTF-8''") + 4 * 200);
}

static void
check(const char *range, enum file_range wanted, uint64_t wanted_from, uint64_t wanted_len)
{
	uint64_t from, len;

	assert_int_equal(file_range_read(range, 1000, &from, &len), wanted);
	if (wanted == FILE_RANGE_NONE)
		return;
	assert_int_equal(from, wanted_from);
	assert_int_equal(len, wanted_len);
}

static void
a_part_is_from_to_or_from_on_or_the_last(void **state)
{
	uint64_t from, len;

	(void)state;
	check("bytes=0-0", FILE_RANGE_PART, 0, 1);
	check("bytes=10-19", FILE_RANGE_PART, 10, 10);
	check("bytes=990-", FILE_RANGE_PART, 990, 10);
	check("bytes=990-99999", FILE_RANGE_PART, 990, 10);
	check("bytes=-10", FILE_RANGE_PART, 990, 10);
	check("bytes=-5000", FILE_RANGE_PART, 0, 1000);
	check("bytes=0-", FILE_RANGE_PART, 0, 1000);
	check("bytes=1000-", FILE_RANGE_NONE, 0, 0);
	check("bytes=5000-6000", FILE_RANGE_NONE, 0, 0);
	check("bytes=-0", FILE_RANGE_NONE, 0, 0);
	assert_int_equal(file_range_read("bytes=-1", 0, &from, &len), FILE_RANGE_NONE);
}

static void
a_range_that_says_nothing_gives_the_whole(void **state)
{
	static const char *const odd[] = { "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=1-2,4-5", "lines=1-2", "bytes=1",
					   "bytes=1-2 ", "bytes=18446744073709551616-", "bytes=--1", "bytes= 1-2" };

	(void)state;
	check(NULL, FILE_RANGE_WHOLE, 0, 1000);
	for (size_t i = 0; i < STR_ARRAY_LEN(odd); i++)
		check(odd[i], FILE_RANGE_WHOLE, 0, 1000);
}

static void
a_key_is_short_and_printable(void **state)
{
	char text[100];

	(void)state;
	memset(text, 'k', sizeof text);
	text[96] = '\0';
	assert_true(file_key_is_fine(text));
	text[96] = 'k';
	text[97] = '\0';
	assert_false(file_key_is_fine(text));
	assert_true(file_key_is_fine("\"a b\""));
	assert_false(file_key_is_fine(""));
	assert_false(file_key_is_fine("a\tb"));
	assert_false(file_key_is_fine("ü"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_percent_encoded_in_a_header_and_plain_in_a_query),
		cmocka_unit_test(folders_before_a_name_are_dropped),
		cmocka_unit_test(what_is_no_name_is_refused_with_a_reason),
		cmocka_unit_test(a_name_has_a_bound),
		cmocka_unit_test(a_name_goes_out_for_new_and_old_browsers),
		cmocka_unit_test(a_part_is_from_to_or_from_on_or_the_last),
		cmocka_unit_test(a_range_that_says_nothing_gives_the_whole),
		cmocka_unit_test(a_key_is_short_and_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
