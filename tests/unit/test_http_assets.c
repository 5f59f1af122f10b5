/*
 * httpd/assets: which file is served at which path, and what a browser's headers say about it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "httpd/assets.h"
#include "httpd/routes.h"

static struct target target;

static const struct asset *
find(const char *path)
{
	assert_int_equal(target_parse(path, &target), TARGET_FINE);
	return assets_find(&target);
}

static void
each_file_is_found_at_its_path_and_nowhere_else(void **state)
{
	char longer[200];
	size_t count;
	const struct asset *all = assets_all(&count);

	(void)state;
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(find(all[i].path), &all[i]);
		assert_true(all[i].plain.end > all[i].plain.begin && all[i].packed.end > all[i].packed.begin);
		assert_int_equal(strlen(all[i].hash), 64);
		str_format(longer, sizeof longer, "%s/", all[i].path);
		assert_null(find(longer));
		str_format(longer, sizeof longer, "/%s", all[i].path);
		assert_null(find(longer));
		str_format(longer, sizeof longer, "/x/..%s", all[i].path);
		assert_null(find(longer));
		str_format(longer, sizeof longer, "%sx", all[i].path);
		assert_null(find(longer));
	}
}

static void
each_page_is_the_index(void **state)
{
	static const char *const pages[] = { "/", "/status", "/printers", "/printers/01S00A000000001", "/?kiosk=1" };
	static const char *const none[] = { "//", "/status/", "/Status", "/printers/", "/printers/a", "/printers/A/stat", "/nothing",
					    "/api", "/api/v1", "/index", "/www/index.html" };
	const struct asset *index = find("/index.html");

	(void)state;
	assert_non_null(index);
	for (size_t i = 0; i < STR_ARRAY_LEN(pages); i++) {
		assert_ptr_equal(find(pages[i]), index);
		assert_true(assets_is_page(&target));
	}
	for (size_t i = 0; i < STR_ARRAY_LEN(none); i++) {
		assert_null(find(none[i]));
		assert_false(assets_is_page(&target));
	}
	find("/index.html");
	assert_false(assets_is_page(&target)); /* a file, like others */
}

/* The table of routes comes first: a file or page of the same path would never be seen. */
static void
nothing_hides_behind_a_route(void **state)
{
	size_t count, files;
	const struct route *routes = routes_all(&count);
	const struct asset *all = assets_all(&files);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		if (strstr(routes[i].pattern, "{id}") == NULL)
			assert_null(find(routes[i].pattern));
		for (size_t k = 0; k < files; k++)
			assert_string_not_equal(routes[i].pattern, all[k].path);
	}
}

static void
a_type_comes_of_the_ending(void **state)
{
	(void)state;
	assert_string_equal(assets_type("/index.html"), "text/html; charset=utf-8");
	assert_string_equal(assets_type("/js/a.b.js"), "text/javascript; charset=utf-8");
	assert_string_equal(assets_type("/css/tokens.css"), "text/css; charset=utf-8");
	assert_string_equal(assets_type("/icon.svg"), "image/svg+xml");
	assert_string_equal(assets_type("/x.unknown"), "application/octet-stream");
	assert_string_equal(assets_type("/x"), "application/octet-stream");
}

static void
gzip_goes_to_who_takes_it(void **state)
{
	static const char *const yes[] = { "gzip", "GZip", "gzip, deflate, br", "br , gzip", "gzip;q=0.001", "*", "*;q=0.5",
					   "gzip ; q=1.0", ",,gzip", "identity;q=0, gzip", "*;q=0, gzip" };
	static const char *const no[] = { "", "br", "gzip;q=0", "gzip;q=0.000", "gzip; Q=0", "xgzip", "gzipx", "gzi", "identity",
					  "*;q=0", "gzip;q=0, *", ",", ";", "x-gzip" };

	(void)state;
	assert_false(assets_take_gzip(NULL));
	for (size_t i = 0; i < STR_ARRAY_LEN(yes); i++)
		assert_true(assets_take_gzip(yes[i]));
	for (size_t i = 0; i < STR_ARRAY_LEN(no); i++)
		assert_false(assets_take_gzip(no[i]));
}

static void
a_tag_is_found_among_others(void **state)
{
	static const char *const yes[] = { "\"ab\"", "W/\"ab\"", "*", "\"x\", \"ab\"", "\"x\",W/\"ab\" , \"y\"", " \"ab\" " };
	static const char *const no[] = { "", "ab", "\"a\"", "\"abc\"", "\"AB\"", "\"ab", "W/", "\"ab-gzip\"", "**", ",", "w/\"ab\"" };

	(void)state;
	assert_false(assets_match(NULL, "\"ab\""));
	for (size_t i = 0; i < STR_ARRAY_LEN(yes); i++)
		assert_true(assets_match(yes[i], "\"ab\""));
	for (size_t i = 0; i < STR_ARRAY_LEN(no); i++)
		assert_false(assets_match(no[i], "\"ab\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_is_found_at_its_path_and_nowhere_else),
		cmocka_unit_test(each_page_is_the_index),
		cmocka_unit_test(nothing_hides_behind_a_route),
		cmocka_unit_test(a_type_comes_of_the_ending),
		cmocka_unit_test(gzip_goes_to_who_takes_it),
		cmocka_unit_test(a_tag_is_found_among_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
