/*
 * Log lines: one event is one line of logfmt, whatever bytes it is about. Nobody can forge a second
 * line, a field or a move of the cursor; a long line is cut and stays a line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "common/str.h"

static char heard[LOG_LINE_BYTES + 1];
static size_t heard_bytes;
static unsigned heard_lines;

static void
hear(void *arg, enum log_level level, const char *line, size_t len)
{
	(void)arg;
	(void)level;
	assert_true(len < sizeof heard);
	memcpy(heard, line, len);
	heard[len] = '\0';
	heard_bytes = len;
	heard_lines++;
}

static int
listen_anew(void **state)
{
	(void)state;
	heard_lines = 0;
	heard[0] = '\0';
	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(hear, NULL);
	return 0;
}

static void
a_line_has_level_message_and_fields(void **state)
{
	(void)state;
	log_warn("could not bind", log_str("address", "127.0.0.1:8888"), log_int("errno", -98), log_bool("fatal", true),
		 log_bool("again", false), log_str("nothing", ""), log_str("missing", NULL));
	assert_string_equal(heard, "lvl=warn msg=\"could not bind\" address=127.0.0.1:8888 errno=-98 fatal=yes again=no"
				   " nothing=\"\" missing=-");
}

static void
a_foreign_text_cannot_forge_a_line_or_a_field(void **state)
{
	(void)state;
	log_info("heard", log_str("name", "x\nlvl=error msg=\"all is lost\""));
	assert_string_equal(heard, "lvl=info msg=heard name=\"x\\nlvl=error msg=\\\"all is lost\\\"\"");
	log_info("heard", log_str("name", "x role=supervisor"));
	assert_string_equal(heard, "lvl=info msg=heard name=\"x role=supervisor\"");
	log_info("heard", log_str("name", "a=b"));
	assert_string_equal(heard, "lvl=info msg=heard name=\"a=b\"");
	log_info("heard", log_str("name", "c:\\dir"));
	assert_string_equal(heard, "lvl=info msg=heard name=\"c:\\\\dir\"");
}

static void
no_byte_reaches_a_terminal_raw(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		unsigned char text[3] = { 'a', (unsigned char)byte, 'b' };
		log_info("heard", log_bytes("bytes", text, sizeof text));
		for (size_t i = 0; i < heard_bytes; i++)
			if ((unsigned char)heard[i] < 0x20 || (unsigned char)heard[i] >= 0x7f)
				fail_msg("byte 0x%02x went through", byte);
	}
	log_info("heard", log_bytes("bytes", "\x1b[2J\0\xff", 6));
	assert_string_equal(heard, "lvl=info msg=heard bytes=\"\\x1b[2J\\x00\\xff\"");
	/* U+009B is an escape in one character; U+202E turns the line around. */
	log_info("heard", log_str("text", "\xc2\x9b" "31m \xe2\x80\xae" "drow \xd8\x9c"));
	assert_string_equal(heard, "lvl=info msg=heard text=\"\\xc2\\x9b31m \\xe2\\x80\\xaedrow \\xd8\\x9c\"");
}

static void
letters_of_every_language_stay_readable(void **state)
{
	(void)state;
	log_info("heard", log_str("printer", "Dr\xc3\xbc" "cker \xe2\x82\xac \xf0\x9f\x94\x91"));
	assert_string_equal(heard, "lvl=info msg=heard printer=\"Dr\xc3\xbc" "cker \xe2\x82\xac \xf0\x9f\x94\x91\"");
}

static void
a_long_line_is_cut_and_stays_a_line(void **state)
{
	static char text[5000];

	(void)state;
	for (int filler = 0; filler < 3; filler++) {
		memset(text, "a\n\""[filler], sizeof text - 1);
		for (size_t skip = 0; skip < 12; skip++) {
			log_info("heard", log_str("long", text + skip), log_str("more", "x"));
			assert_true(heard_bytes < LOG_LINE_BYTES);
			assert_true(heard_bytes > LOG_LINE_BYTES - 12);
			assert_null(strchr(heard, '\n'));
		}
	}
	memset(text, 'm', sizeof text - 1);
	log_info(text);
	assert_true(heard_bytes < LOG_LINE_BYTES && heard_bytes > LOG_LINE_BYTES - 12);
	assert_int_equal(heard[heard_bytes - 1], '"');
}

static void
a_value_that_is_cut_says_so_and_closes_its_quote(void **state)
{
	char out[16];
	size_t used;

	(void)state;
	for (size_t cap = 1; cap <= sizeof out; cap++) {
		memset(out, '#', sizeof out);
		out[0] = '\0';
		used = 0;
		assert_false(log_append_value(out, cap, &used, "a b c d e f g h i j k", 21));
		assert_true(used < cap);
		assert_int_equal(out[used], '\0');
		if (used > 0)
			assert_true(out[0] == '"' && out[used - 1] == '"' && used >= 2);
		for (size_t i = cap; i < sizeof out; i++)
			assert_int_equal(out[i], '#');
	}
	used = 0;
	assert_true(log_append_value(out, sizeof out, &used, "short", 5));
	assert_string_equal(out, "short");
}

static void
lines_above_the_level_are_not_said(void **state)
{
	(void)state;
	log_debug("not now");
	assert_int_equal(heard_lines, 0);
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("now");
	assert_int_equal(heard_lines, 1);
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("no more");
	log_info("no more");
	assert_int_equal(heard_lines, 1);
	log_error("always");
	assert_int_equal(heard_lines, 2);
	assert_int_equal(log_level(), LOG_LEVEL_ERROR);
}

static void
levels_are_read_by_their_names(void **state)
{
	enum log_level level;

	(void)state;
	for (unsigned i = 0; i < LOG_LEVEL_COUNT; i++) {
		assert_true(log_level_parse(log_level_name((enum log_level)i), &level));
		assert_int_equal(level, i);
	}
	assert_false(log_level_parse("loud", &level));
	assert_false(log_level_parse("", &level));
	assert_false(log_level_parse("WARN", &level));
	assert_string_equal(log_level_name((enum log_level)99), "?");
}

static void
without_a_sink_a_line_is_one_write_to_standard_error(void **state)
{
	int ends[2], kept = dup(STDERR_FILENO);
	char got[200];

	(void)state;
	assert_true(kept >= 0);
	/* A packet pipe keeps writes apart: two would be two reads. */
	assert_int_equal(pipe2(ends, O_DIRECT | O_NONBLOCK | O_CLOEXEC), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	log_set_sink(NULL, NULL);
	log_info("hello", log_int("n", 1));
	dup2(kept, STDERR_FILENO);
	ssize_t n = read(ends[0], got, sizeof got);
	assert_int_equal(n, 23);
	assert_memory_equal(got, "lvl=info msg=hello n=1\n", 23);
	assert_int_equal(read(ends[0], got, sizeof got), -1);
	close(ends[0]);
	close(ends[1]);
	close(kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_line_has_level_message_and_fields, listen_anew),
		cmocka_unit_test_setup(a_foreign_text_cannot_forge_a_line_or_a_field, listen_anew),
		cmocka_unit_test_setup(no_byte_reaches_a_terminal_raw, listen_anew),
		cmocka_unit_test_setup(letters_of_every_language_stay_readable, listen_anew),
		cmocka_unit_test_setup(a_long_line_is_cut_and_stays_a_line, listen_anew),
		cmocka_unit_test_setup(a_value_that_is_cut_says_so_and_closes_its_quote, listen_anew),
		cmocka_unit_test_setup(lines_above_the_level_are_not_said, listen_anew),
		cmocka_unit_test_setup(levels_are_read_by_their_names, listen_anew),
		cmocka_unit_test_setup(without_a_sink_a_line_is_one_write_to_standard_error, listen_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
