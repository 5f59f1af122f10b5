/*
 * A child's standard error: cut into lines wherever the pipe cuts it, limited in how much it may say, and
 * its last words kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/logbook.h"

static const struct logbook_origin worker = { "worker", "A", 7 };
static struct logbook *book;
static struct logtap tap;

/* The lines that reached the book, without their stamps. */
static char heard[1024][LOGBOOK_LINE_BYTES];
static size_t heard_lines;

static void
hear(void *arg, const char *line, size_t len)
{
	const char *lvl = strstr(line, " lvl=");

	(void)arg;
	assert_int_equal(len, strlen(line));
	assert_non_null(lvl);
	assert_true(heard_lines < 1024);
	strcpy(heard[heard_lines++], lvl + 1);
}

static int
set_up(void **state)
{
	(void)state;
	book = logbook_new("/nowhere", -1);
	logbook_set_listener(book, hear, NULL);
	logtap_init(&tap, book, &worker, 0);
	heard_lines = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	logbook_free(book);
	return 0;
}

static void
feed(const char *text, int64_t now_ms)
{
	logtap_feed(&tap, text, strlen(text), now_ms, now_ms);
}

static void
feed_lines(unsigned count, int64_t now_ms)
{
	for (unsigned i = 0; i < count; i++)
		feed("lvl=info msg=x\n", now_ms);
}

static void
lines_are_whole_however_the_pipe_cuts_them(void **state)
{
	const char *text = "lvl=info msg=one\nlvl=warn msg=\"two\"\n\n\nlib\n";

	(void)state;
	for (const char *at = text; *at != '\0'; at++)
		logtap_feed(&tap, at, 1, 0, 0);
	feed(text, 0);
	assert_int_equal(heard_lines, 6);
	for (size_t i = 0; i < 6; i += 3) {
		assert_string_equal(heard[i], "lvl=info msg=one");
		assert_string_equal(heard[i + 1], "lvl=warn msg=two");
		assert_string_equal(heard[i + 2], "lvl=warn msg=lib");
	}
}

static void
a_forged_line_stays_the_childs_own(void **state)
{
	(void)state;
	feed("lvl=info msg=\"x\nts=2026-11-22T18:30:00.123Z role=supervisor pid=1 lvl=error msg=\"the disk fails\"\n", 0);
	assert_int_equal(heard_lines, 2);
	assert_string_equal(heard[0], "lvl=info msg=x");
	assert_string_equal(heard[1], "lvl=warn msg=\"ts=2026-11-22T18:30:00.123Z role=supervisor pid=1 lvl=error "
				      "msg=\\\"the disk fails\\\"\"");
}

static void
a_line_of_ten_kilobytes_is_one_cut_line(void **state)
{
	char text[10 * 1024];

	(void)state;
	memset(text, 'a', sizeof text);
	for (size_t at = 0; at < sizeof text; at += 100)
		logtap_feed(&tap, text + at, sizeof text - at < 100 ? sizeof text - at : 100, 0, 0);
	feed("\nlvl=info msg=after\n", 0);
	/* The same in one piece. */
	text[sizeof text - 1] = '\n';
	logtap_feed(&tap, text, sizeof text, 0, 0);
	feed("lvl=info msg=after\n", 0);
	assert_int_equal(heard_lines, 4);
	assert_non_null(strstr(heard[0], "aaa cut=yes"));
	assert_string_equal(heard[1], "lvl=info msg=after");
	assert_string_equal(heard[2], heard[0]);
	assert_string_equal(heard[3], "lvl=info msg=after");
}

static void
the_longest_line_that_a_child_may_say_is_not_cut(void **state)
{
	char text[LOG_LINE_BYTES];

	(void)state;
	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = '\n';
	logtap_feed(&tap, text, sizeof text, 0, 0);
	assert_int_equal(heard_lines, 1);
	assert_null(strstr(heard[0], "cut=yes"));
}

static void
a_burst_passes_a_flood_does_not(void **state)
{
	(void)state;
	feed_lines(LOGTAP_BURST_LINES, 0);
	assert_int_equal(heard_lines, LOGTAP_BURST_LINES);
	feed_lines(1000, 0);
	assert_int_equal(heard_lines, LOGTAP_BURST_LINES);
	/* A flood that goes on is told about once a second, and a second's worth of it comes through. */
	for (int64_t ms = 1; ms <= 3000; ms++)
		feed_lines(1, ms);
	size_t reports = 0;
	for (size_t i = 0; i < heard_lines; i++)
		reports += strstr(heard[i], "dropped=") != NULL;
	assert_in_range(reports, 2, 3);
	assert_in_range(heard_lines - LOGTAP_BURST_LINES, 2 * LOGTAP_LINES_PER_S, 3 * LOGTAP_LINES_PER_S);
}

static void
what_was_dropped_is_said_though_the_child_is_silent_now(void **state)
{
	const char *report = "lvl=warn msg=\"said too much: lines were dropped\" dropped=42";

	(void)state;
	feed_lines(LOGTAP_BURST_LINES + 42, 0);
	logtap_tick(&tap, 500, 500);
	assert_int_equal(heard_lines, LOGTAP_BURST_LINES);
	logtap_tick(&tap, 1000, 1000);
	assert_int_equal(heard_lines, LOGTAP_BURST_LINES + 1);
	assert_string_equal(heard[LOGTAP_BURST_LINES], report);
	logtap_tick(&tap, 9000, 9000);
	assert_int_equal(heard_lines, LOGTAP_BURST_LINES + 1);
	/* After a silence it may say a whole burst again, and no more. */
	feed_lines(LOGTAP_BURST_LINES + 1, INT64_MAX);
	assert_int_equal(heard_lines, 2 * LOGTAP_BURST_LINES + 1);
}

static void
a_clock_that_stands_still_gives_nothing_away(void **state)
{
	(void)state;
	feed_lines(LOGTAP_BURST_LINES, 1000);
	feed_lines(10, 1000);
	feed_lines(10, 0);
	assert_int_equal(heard_lines, LOGTAP_BURST_LINES);
}

static void
the_end_says_what_was_dropped_and_the_line_without_a_newline(void **state)
{
	(void)state;
	feed_lines(LOGTAP_BURST_LINES + 3, 0);
	feed("lvl=error msg=\"met a state that cannot be\"", 0);
	logtap_finish(&tap, 0);
	assert_int_equal(heard_lines, LOGTAP_BURST_LINES + 2);
	assert_string_equal(heard[LOGTAP_BURST_LINES], "lvl=warn msg=\"said too much: lines were dropped\" dropped=3");
	assert_string_equal(heard[LOGTAP_BURST_LINES + 1], "lvl=error msg=\"met a state that cannot be\"");
	/* Nothing is said twice. */
	logtap_finish(&tap, 0);
	assert_int_equal(heard_lines, LOGTAP_BURST_LINES + 2);
}

static void
expect_last_words(const char *expected)
{
	char words[LOGTAP_LAST_BYTES];

	logtap_last_words(&tap, words, sizeof words);
	assert_string_equal(words, expected);
}

static void
last_words_are_the_newest_error_else_the_newest_line(void **state)
{
	(void)state;
	expect_last_words("");
	feed("lvl=info msg=\"I begin\"\n", 0);
	expect_last_words("I begin");
	feed("lvl=warn msg=slow\nlvl=info a=b\n", 0);
	expect_last_words("slow");
	feed("lvl=error msg=\"no key\"\nlvl=info msg=bye\n", 0);
	expect_last_words("no key");
	feed("lvl=error msg=\"no door\"\nlvl=debug msg=bye\n", 0);
	expect_last_words("no door");
	/* What lies three lines back was not what it died of. */
	feed("lvl=info msg=1\nlvl=info msg=2\nlvl=info msg=3\n", 0);
	expect_last_words("3");
}

static void
last_words_survive_the_limit_and_the_missing_newline(void **state)
{
	(void)state;
	feed_lines(2 * LOGTAP_BURST_LINES, 0);
	feed("free(): invalid pointer\n", 0);
	expect_last_words("free(): invalid pointer");
	feed("stack smashing \033[2Jdetected", 0);
	logtap_finish(&tap, 0);
	expect_last_words("stack smashing \\x1b[2Jdetected");
}

#define STORY(story) cmocka_unit_test_setup_teardown(story, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(lines_are_whole_however_the_pipe_cuts_them),
		STORY(a_forged_line_stays_the_childs_own),
		STORY(a_line_of_ten_kilobytes_is_one_cut_line),
		STORY(the_longest_line_that_a_child_may_say_is_not_cut),
		STORY(a_burst_passes_a_flood_does_not),
		STORY(what_was_dropped_is_said_though_the_child_is_silent_now),
		STORY(a_clock_that_stands_still_gives_nothing_away),
		STORY(the_end_says_what_was_dropped_and_the_line_without_a_newline),
		STORY(last_words_are_the_newest_error_else_the_newest_line),
		STORY(last_words_survive_the_limit_and_the_missing_newline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
