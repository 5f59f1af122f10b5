/*
 * A child's words in the log: it may say what it likes, but not who it is, and it reaches no terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "supervisor/logline.h"

#define HALF_PAST_SIX_MS INT64_C(1795372200123) /* 2026-11-22T18:30:00.123Z */
#define STAMP "ts=2026-11-22T18:30:00.123Z role=worker entry=01S00C pid=4711 "

static const struct logbook_origin worker = { "worker", "01S00C", 4711 };
static char line[LOGBOOK_LINE_BYTES];

static const char *
said_bytes(const void *bytes, size_t len)
{
	size_t n = logline_format(HALF_PAST_SIX_MS, &worker, bytes, len, line);

	assert_int_equal(n, strlen(line));
	return line;
}

static const char *
said(const char *text)
{
	return said_bytes(text, strlen(text));
}

static void
a_line_gets_time_role_entry_and_process(void **state)
{
	(void)state;
	assert_string_equal(said("lvl=info msg=\"the printer answers\" after_ms=12"),
			    STAMP "lvl=info msg=\"the printer answers\" after_ms=12");
	struct logbook_origin stored = { "stored", "", 12 };
	logline_format(0, &stored, "lvl=warn msg=slow", 17, line);
	assert_string_equal(line, "ts=1970-01-01T00:00:00.000Z role=stored pid=12 lvl=warn msg=slow");
}

static void
a_library_that_talks_is_a_warning_with_its_words_escaped(void **state)
{
	(void)state;
	assert_string_equal(said("a.c:12: f: Assertion `x > \"0\"' failed."),
			    STAMP "lvl=warn msg=\"a.c:12: f: Assertion `x > \\\"0\\\"' failed.\"");
	assert_string_equal(said("lvl=loud msg=x"), STAMP "lvl=warn msg=\"lvl=loud msg=x\"");
	assert_string_equal(said("lvl="), STAMP "lvl=warn msg=\"lvl=\"");
	assert_string_equal(said("lvl=infomercial"), STAMP "lvl=warn msg=\"lvl=infomercial\"");
}

static void
a_child_cannot_speak_as_another(void **state)
{
	(void)state;
	assert_string_equal(said("lvl=info ts=2000-01-01T00:00:00Z role=supervisor entry=X pid=1 lvl=error msg=hello"),
			    STAMP "lvl=info about_ts=2000-01-01T00:00:00Z about_role=supervisor about_entry=X about_pid=1"
				  " about_lvl=error msg=hello");
	/* Nor by an open quote that would swallow or give birth to fields. */
	assert_string_equal(said("lvl=info msg=\"x role=supervisor"), STAMP "lvl=info msg=\"x role=supervisor\"");
	assert_string_equal(said("lvl=info msg=\"x\"role=supervisor"), STAMP "lvl=info msg=x about_role=supervisor");
	assert_string_equal(said("lvl=info msg=a\"b role=supervisor"),
			    STAMP "lvl=info msg=\"a\\\"b\" about_role=supervisor");
	assert_string_equal(said("lvl=info msg=\"x\\\" role=supervisor"), STAMP "lvl=info msg=\"x\\\" role=supervisor\"");
	/* Nor by a newline, which a line that came through the tap cannot have. */
	assert_string_equal(said("lvl=info msg=x\nts=2000-01-01T00:00:00Z role=supervisor"),
			    STAMP "lvl=info msg=\"x\\nts=2000-01-01T00:00:00Z\" about_role=supervisor");
}

static void
no_byte_moves_a_terminal_or_turns_text(void **state)
{
	(void)state;
	assert_string_equal(said("\033[2J\033]0;owned\007"),
			    STAMP "lvl=warn msg=\"\\x1b[2J\\x1b]0;owned\\x07\"");
	assert_string_equal(said("lvl=info msg=\"\033[31mred\" \033k=v"), STAMP "lvl=info msg=\"\\x1b[31mred\" _k=v");
	/* U+202E turns what follows; U+009B is an escape of one character; 0xff is no text at all. */
	assert_string_equal(said("lvl=info a=x\xe2\x80\xaey b=\xc2\x9b" "0m c=\xff"),
			    STAMP "lvl=info a=\"x\\xe2\\x80\\xaey\" b=\"\\xc2\\x9b0m\" c=\"\\xff\"");
	assert_string_equal(said_bytes("lvl=info msg=a\0b", 16), STAMP "lvl=info msg=\"a\\x00b\"");
	assert_string_equal(said_bytes("\0\0", 2), STAMP "lvl=warn msg=\"\\x00\\x00\"");
}

static void
escapes_are_neither_doubled_nor_lost(void **state)
{
	(void)state;
	const char *canonical = "lvl=error msg=\"a \\\"b\\\" \\\\ \\n\\r\\t \\x1b é 水\" n=\"\" t=-";
	char expected[200];

	str_format(expected, sizeof expected, STAMP "%s", canonical);
	assert_string_equal(said(canonical), expected);
	assert_string_equal(said("lvl=info p=\"C:\\dir\\x1\\\""), STAMP "lvl=info p=\"C:\\\\dir\\\\x1\\\"\"");
}

static void
odd_fields_stay_one_line_of_fields(void **state)
{
	(void)state;
	assert_string_equal(said("lvl=info"), STAMP "lvl=info");
	assert_string_equal(said("lvl=info   msg=x  "), STAMP "lvl=info msg=x");
	assert_string_equal(said("lvl=info =x alone k="), STAMP "lvl=info word=x word=alone k=\"\"");
	assert_string_equal(said("lvl=info a_name_of_more_than_thirty_one_letters=1"),
			    STAMP "lvl=info a_name_of_more_than_thirty_one_=1");
}

static void
a_line_beyond_the_bound_is_cut_and_says_so(void **state)
{
	char text[10 * 1024];

	(void)state;
	memset(text, 'a', sizeof text);
	said_bytes(text, sizeof text);
	assert_int_equal(strlen(line), strlen(STAMP "lvl=warn msg=") + LOG_LINE_BYTES - 1 + strlen(" cut=yes"));
	assert_string_equal(line + strlen(line) - 9, "a cut=yes");
	/* The longest line that a child may say is not cut. */
	said_bytes(text, LOG_LINE_BYTES - 1);
	assert_null(strstr(line, "cut=yes"));
	/* Bytes that grow fourfold when escaped are cut where the line is full. */
	memset(text, 0x01, sizeof text);
	said_bytes(text, LOG_LINE_BYTES - 1);
	assert_true(strlen(line) < LOGBOOK_LINE_BYTES && strlen(line) > LOGBOOK_LINE_BYTES - 10);
	assert_string_equal(line + strlen(line) - 13, "\\x01\" cut=yes");
}

static void
the_message_is_found_for_the_obituary(void **state)
{
	enum log_level level;
	char text[40];

	(void)state;
	const char *ours = "lvl=error code=5 msg=\"no \\\"key\\\" \\x1b[2J\" a=b";
	assert_true(logline_message(ours, strlen(ours), &level, text, sizeof text));
	assert_int_equal(level, LOG_LEVEL_ERROR);
	assert_string_equal(text, "no \"key\" \\x1b[2J");
	const char *library = "==7== ERROR: \"heap\"";
	assert_true(logline_message(library, strlen(library), &level, text, sizeof text));
	assert_int_equal(level, LOG_LEVEL_WARN);
	assert_string_equal(text, library);
	assert_false(logline_message("lvl=info a=b", 12, &level, text, sizeof text));
	assert_string_equal(text, "");
	/* Cut between characters. */
	assert_true(logline_message("aaé", 4, &level, text, 4));
	assert_string_equal(text, "aa");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_gets_time_role_entry_and_process),
		cmocka_unit_test(a_library_that_talks_is_a_warning_with_its_words_escaped),
		cmocka_unit_test(a_child_cannot_speak_as_another),
		cmocka_unit_test(no_byte_moves_a_terminal_or_turns_text),
		cmocka_unit_test(escapes_are_neither_doubled_nor_lost),
		cmocka_unit_test(odd_fields_stay_one_line_of_fields),
		cmocka_unit_test(a_line_beyond_the_bound_is_cut_and_says_so),
		cmocka_unit_test(the_message_is_found_for_the_obituary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
