/*
 * httpd/target and httpd/routes: paths, queries, Host, Origin, and which handler they lead to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "httpd/routes.h"
#include "httpd/target.h"

static struct target target;

static void
assert_segments(const char *raw, size_t count, const char *const *segments)
{
	assert_int_equal(target_parse(raw, &target), TARGET_FINE);
	assert_int_equal(target.segment_count, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(target.segments[i], segments[i]);
}

static void
a_path_is_cut_at_its_slashes(void **state)
{
	(void)state;
	assert_segments("/", 1, (const char *const[]){ "" });
	assert_segments("/livez", 1, (const char *const[]){ "livez" });
	assert_segments("/api/v1/status/", 4, (const char *const[]){ "api", "v1", "status", "" });
	assert_segments("//a", 2, (const char *const[]){ "", "a" });
	assert_segments("/a?b/c=d/e", 1, (const char *const[]){ "a" });
}

static void
an_encoded_slash_parts_nothing(void **state)
{
	(void)state;
	assert_segments("/a%2Fb/%41+b%20c", 2, (const char *const[]){ "a/b", "A+b c" });
	assert_segments("/%2e%2E/x", 2, (const char *const[]){ "..", "x" });
}

static void
more_segments_than_any_path_has_are_no_path(void **state)
{
	(void)state;
	assert_segments("/1/2/3/4/5/6/7/8", 8, (const char *const[]){ "1", "2", "3", "4", "5", "6", "7", "8" });
	assert_segments("/1/2/3/4/5/6/7/8/9", 0, NULL);
}

static void
a_query_is_names_and_values(void **state)
{
	(void)state;
	assert_int_equal(target_parse("/x?lines=5&follow=&flag&a%26b=c%3Dd+e&", &target), TARGET_FINE);
	assert_int_equal(target.param_count, 4);
	assert_string_equal(target_param_peek(&target, "lines"), "5");
	assert_string_equal(target_param_peek(&target, "follow"), "");
	assert_string_equal(target_param_peek(&target, "flag"), "");
	assert_string_equal(target_param_peek(&target, "a&b"), "c=d e");
	assert_null(target_param_peek(&target, "nothing"));
	assert_string_equal(target.path, "/x");
}

static void
what_is_not_well_formed_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "x", "http:///x", "*", "/%", "/%4", "/%4g", "/%00", "/%ff", "/\xff", "/x?a=%", "/x?a=%00", "/x?=b",
		"/x?a=1&a=2", "/x?a=1&%61=2", "/x?1&2&3&4&5&6&7&8&9", "/%c0%af", "/x?&",
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(wrong); i++)
		assert_int_equal(target_parse(wrong[i], &target), TARGET_MALFORMED);
}

static void
an_absolute_target_names_its_host(void **state)
{
	static const char *const wrong[] = { "http://", "http:///livez", "https://?x", "ftp://localhost/livez", "http:/livez",
					     "http:livez", "localhost:8888", "*", "http" };
	char long_host[TARGET_AUTHORITY_BYTES + 20];

	(void)state;
	assert_int_equal(target_parse("/livez", &target), TARGET_FINE);
	assert_string_equal(target.authority, "");
	assert_int_equal(target_parse("HTTP://localhost:8888/livez?a=http://b/", &target), TARGET_FINE);
	assert_string_equal(target.authority, "localhost:8888");
	assert_string_equal(target.path, "/livez");
	assert_string_equal(target_param_peek(&target, "a"), "http://b/");
	assert_int_equal(target_parse("https://[::1]", &target), TARGET_FINE);
	assert_string_equal(target.authority, "[::1]");
	assert_string_equal(target.path, "/");
	for (size_t i = 0; i < STR_ARRAY_LEN(wrong); i++)
		assert_int_equal(target_parse(wrong[i], &target), TARGET_MALFORMED);
	str_format(long_host, sizeof long_host, "http://%0*d/", TARGET_AUTHORITY_BYTES, 1);
	assert_int_equal(target_parse(long_host, &target), TARGET_MALFORMED);
}

static void
length_has_a_bound(void **state)
{
	static char raw[TARGET_MAX_BYTES + 2];

	(void)state;
	memset(raw, '/', TARGET_MAX_BYTES);
	assert_int_equal(target_parse(raw, &target), TARGET_FINE);
	raw[TARGET_MAX_BYTES] = 'a';
	assert_int_equal(target_parse(raw, &target), TARGET_TOO_LONG);
}

static void
a_host_is_ours_by_its_name_whatever_the_port(void **state)
{
	static const char *const ours[] = { "localhost", "LOCALHOST:1", "127.0.0.1:8888", "[::1]", "[::1]:65535",
					    "127.9.9.9", "127.9.9.9:80" };
	static const char *const foreign[] = { "", ":80", "localhost.", "localhost.attacker.example", "attacker.example",
					       "127.0.0.1.attacker.example", "127.0.0.10", "127.0.0.", "[::1", "[::1]x",
					       "[::1]:", "localhost:", "localhost:http", "localhost:1:2", "localhost:123456",
					       "user@localhost", "localhost@attacker.example", "[", "]", "[]" };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(ours); i++)
		assert_true(target_host_is_ours(ours[i], "127.9.9.9:8888"));
	for (size_t i = 0; i < STR_ARRAY_LEN(foreign); i++)
		assert_false(target_host_is_ours(foreign[i], "127.9.9.9:8888"));
	assert_true(target_host_is_ours("[fe80::1]:80", "[fe80::1]:8888"));
	assert_false(target_host_is_ours("127.9.9.9", "127.0.0.1:8888"));
}

static void
an_origin_is_ours_by_host_and_port(void **state)
{
	(void)state;
	assert_true(target_origin_is_host("http://localhost:8888", "localhost:8888", false));
	assert_true(target_origin_is_host("HTTPS://LocalHost:8888", "localhost:8888", true));
	assert_false(target_origin_is_host("https://localhost:8888", "localhost:8888", false));
	assert_false(target_origin_is_host("http://localhost:8888", "localhost:8888", true));
	assert_false(target_origin_is_host("http://localhost", "localhost:8888", false));
	assert_false(target_origin_is_host("http://localhost:88888", "localhost:8888", false));
	assert_false(target_origin_is_host("http://localhost:8888/", "localhost:8888", false));
	assert_false(target_origin_is_host("null", "null", false));
	assert_false(target_origin_is_host("ftp://localhost:8888", "localhost:8888", false));
	assert_false(target_origin_is_host("http://", "", false));
	assert_false(target_origin_is_host("", "", false));
}

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* -- routes ------------------------------------------------------------------------------------------- */

static enum route_outcome
find(const char *method, const char *raw, const char **ret_pattern, struct route_names *names, char *allow)
{
	const struct route *route;

	assert_int_equal(target_parse(raw, &target), TARGET_FINE);
	enum route_outcome outcome = routes_find(method, &target, &route, names, allow);
	*ret_pattern = route != NULL ? route->pattern : NULL;
	return outcome;
}

static void
a_route_is_found_by_method_and_path(void **state)
{
	char allow[ROUTES_ALLOW_BYTES];
	struct route_names names;
	const char *pattern;

	(void)state;
	assert_int_equal(find("HEAD", "/api/v1/printers/01S-X_9/stat?x=1", &pattern, &names, allow), ROUTE_FOUND);
	assert_string_equal(pattern, "/api/v1/printers/{id}/stat");
	assert_string_equal(names.id, "01S-X_9");
	assert_int_equal(find("GET", "/api/v1/printers", &pattern, &names, allow), ROUTE_FOUND);
	assert_string_equal(names.id, "");
	assert_string_equal(allow, "GET, HEAD, POST, PATCH");
	assert_int_equal(find("DELETE", "/api/v1/printers", &pattern, &names, allow), ROUTE_NO_METHOD);
	assert_null(pattern);
	assert_string_equal(allow, "GET, HEAD, POST, PATCH");
	assert_int_equal(find("get", "/livez", &pattern, &names, allow), ROUTE_NO_METHOD);
}

static void
what_could_be_no_printer_is_no_path(void **state)
{
	static const char *const wrong[] = { "//", "/livez/", "/livez/x", "/api/v1/printers/", "/api/v1/printers/x",
					     "/api/v1/printers/..", "/api/v1/printers/A%2FB", "/api/v1/printers/{id}",
					     "/api/v1/printers/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "/api/v1/printersX",
					     "/api/v1/printers/A/stat/" };
	char allow[ROUTES_ALLOW_BYTES];
	struct route_names names;
	const char *pattern;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(wrong); i++) {
		assert_int_equal(find("GET", wrong[i], &pattern, &names, allow), ROUTE_NO_PATH);
		assert_string_equal(allow, "");
	}
}

/* A path of this pattern. */
static void
write_path(const char *pattern, char *to, size_t cap)
{
	static const struct { const char *brace, *name; } names[] = { { "{id}", "A1" }, { "{job}", "b2" }, { "{sha256}", HASH },
								      { "{n}", "3" } };
	size_t len = 0;

	while (*pattern != '\0') {
		const char *piece = NULL;
		for (size_t i = 0; i < STR_ARRAY_LEN(names) && piece == NULL; i++)
			if (strncmp(pattern, names[i].brace, strlen(names[i].brace)) == 0) {
				piece = names[i].name;
				pattern += strlen(names[i].brace);
			}
		str_format(to + len, cap - len, piece != NULL ? "%s" : "%.1s", piece != NULL ? piece : pattern++);
		len += strlen(to + len);
	}
}

static void
files_jobs_and_plates_are_named_by_what_they_can_be(void **state)
{
	static const char *const wrong[] = { "/api/v1/files/" HASH "0", "/api/v1/files/0123", "/api/v1/files/" HASH "/plates/0.png",
					     "/api/v1/files/" HASH "/plates/01.png", "/api/v1/files/" HASH "/plates/1000.png",
					     "/api/v1/files/" HASH "/plates/.png", "/api/v1/files/" HASH "/plates/1.jpg",
					     "/api/v1/files/" HASH "/plates/1", "/api/v1/files/" HASH "/plates/-1.png",
					     "/api/v1/jobs/a-b", "/api/v1/jobs/abcdefghijklmnopq", "/api/v1/jobs/%C3%A4",
					     "/api/v1/files/g" "123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" };
	char allow[ROUTES_ALLOW_BYTES];
	struct route_names names;
	const char *pattern;

	(void)state;
	assert_int_equal(find("GET", "/api/v1/files/" HASH "/plates/12.png", &pattern, &names, allow), ROUTE_FOUND);
	assert_string_equal(names.sha256, HASH);
	assert_int_equal(names.number, 12);
	assert_int_equal(find("GET", "/api/v1/files/ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0123456789", &pattern, &names,
			      allow), ROUTE_FOUND);
	assert_string_equal(names.sha256, "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789");
	assert_int_equal(find("POST", "/api/v1/jobs/0Abcdefghijklmno/again", &pattern, &names, allow), ROUTE_FOUND);
	assert_string_equal(names.job, "0Abcdefghijklmno");
	assert_string_equal(names.id, "");
	for (size_t i = 0; i < STR_ARRAY_LEN(wrong); i++)
		assert_int_equal(find("GET", wrong[i], &pattern, &names, allow), ROUTE_NO_PATH);
}

/* Two rows for one method and path: the second could never be reached. */
static void
each_row_is_found_by_itself(void **state)
{
	static const char *const methods[] = { "GET", "POST", "PATCH", "DELETE" };
	char allow[ROUTES_ALLOW_BYTES], path[160];
	struct route_names names;
	const struct route *found;
	size_t count;
	const struct route *routes = routes_all(&count);

	(void)state;
	assert_true(count > 20);
	for (size_t i = 0; i < count; i++) {
		write_path(routes[i].pattern, path, sizeof path);
		assert_int_equal(target_parse(path, &target), TARGET_FINE);
		assert_int_equal(routes_find(methods[routes[i].method], &target, &found, &names, allow), ROUTE_FOUND);
		assert_ptr_equal(found, &routes[i]);
		assert_true(strlen(allow) < sizeof allow - 1);
	}
}

static void
a_row_knows_its_parameters(void **state)
{
	const struct route route = { .parameters = "lines,follow" }, none = { .parameters = "" }, any = { .parameters = NULL };

	(void)state;
	assert_true(route_has_parameter(&route, "lines"));
	assert_true(route_has_parameter(&route, "follow"));
	assert_false(route_has_parameter(&route, "line"));
	assert_false(route_has_parameter(&route, "linesx"));
	assert_false(route_has_parameter(&route, ""));
	assert_false(route_has_parameter(&none, "lines"));
	assert_true(route_has_parameter(&any, "lines"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_cut_at_its_slashes),
		cmocka_unit_test(an_encoded_slash_parts_nothing),
		cmocka_unit_test(more_segments_than_any_path_has_are_no_path),
		cmocka_unit_test(a_query_is_names_and_values),
		cmocka_unit_test(what_is_not_well_formed_is_refused),
		cmocka_unit_test(an_absolute_target_names_its_host),
		cmocka_unit_test(length_has_a_bound),
		cmocka_unit_test(a_host_is_ours_by_its_name_whatever_the_port),
		cmocka_unit_test(an_origin_is_ours_by_host_and_port),
		cmocka_unit_test(a_route_is_found_by_method_and_path),
		cmocka_unit_test(what_could_be_no_printer_is_no_path),
		cmocka_unit_test(files_jobs_and_plates_are_named_by_what_they_can_be),
		cmocka_unit_test(each_row_is_found_by_itself),
		cmocka_unit_test(a_row_knows_its_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
