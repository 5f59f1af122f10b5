/*
 * httpd/framing: headers that two readers could take differently.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "httpd/framing.h"

struct line {
	const char *name, *value;
};

static struct framing
read_lines(const struct line *lines, size_t count)
{
	struct framing framing = { 0 };

	for (size_t i = 0; i < count && lines[i].name != NULL; i++)
		framing_add(&framing, lines[i].name, lines[i].value);
	return framing;
}

static void
one_way_to_say_it_is_fine(void **state)
{
	static const struct line fine[][3] = {
		{ { "Host", "x" } },
		{ { "Host", "x" }, { "content-LENGTH", "5" } },
		{ { "Transfer-Encoding", "chunked" } },
		{ { "transfer-encoding", "Chunked" }, { "X-A.b_c~1", "" } },
		{ { "X-Empty", NULL } },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(fine); i++) {
		struct framing framing = read_lines(fine[i], 3);
		assert_null(framing_fault(&framing));
	}
	struct framing framing = read_lines(fine[1], 3);
	assert_int_equal(framing.hosts, 1);
	assert_int_equal(framing.lengths, 1);
	assert_int_equal(framing.bytes, 4 + 1 + 4 + 14 + 1 + 4);
}

static void
two_ways_are_not(void **state)
{
	static const struct line wrong[][3] = {
		{ { "Content-Length", "5" }, { "Content-Length", "5" } },
		{ { "Content-Length", "5" }, { "Transfer-Encoding", "chunked" } },
		{ { "Transfer-Encoding", "chunked" }, { "Transfer-Encoding", "chunked" } },
		{ { "Transfer-Encoding", "gzip, chunked" } },
		{ { "Transfer-Encoding", "chunked, chunked" } },
		{ { "Transfer-Encoding", "xchunked" } },
		{ { "Transfer-Encoding", "chunked " } },
		{ { "Transfer-Encoding", "" } },
		{ { "Transfer-Encoding", NULL } },
		{ { "Content-Length ", "5" } },
		{ { "Content-Length\t", "5" } },
		{ { "", "5" } },
		{ { "X(y)", "5" } },
		{ { "X\xc3\xa4", "5" } },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(wrong); i++) {
		struct framing framing = read_lines(wrong[i], 3);
		assert_non_null(framing_fault(&framing));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_way_to_say_it_is_fine),
		cmocka_unit_test(two_ways_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
