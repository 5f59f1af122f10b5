/*
 * The log book: the newest lines stay in memory, and the console never blocks. Its file: test_logbook_file.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "tests/unit/logbook_rig.h"

/* -- memory --------------------------------------------------------------------------------------- */

static void
the_newest_lines_are_there_oldest_first(void **state)
{
	(void)state;
	assert_int_equal(newest(10)->lines, 0);
	say_all(1, 5);
	assert_int_equal(newest(100)->lines, 5);
	assert_int_equal(newest(2)->lines, 2);
	assert_string_equal(newest(2)->first,
			    "ts=1970-01-01T00:00:04.000Z role=worker entry=A pid=7 lvl=info msg=line n=4.");
	assert_string_equal(newest(2)->last,
			    "ts=1970-01-01T00:00:05.000Z role=worker entry=A pid=7 lvl=info msg=line n=5.");
	assert_int_equal(newest(0)->lines, 0);
}

static void
a_full_ring_forgets_the_oldest_and_nothing_else(void **state)
{
	char longest[LOG_LINE_BYTES];

	(void)state;
	say_all(1, 20000);
	size_t kept = newest(SIZE_MAX)->lines;
	assert_in_range(kept * 80, LOGBOOK_RING_BYTES * 9 / 10, LOGBOOK_RING_BYTES);
	char wanted[32];
	str_format(wanted, sizeof wanted, " n=%zu.", 20000 - kept + 1);
	assert_non_null(strstr(newest(SIZE_MAX)->first, wanted));
	assert_non_null(strstr(newest(SIZE_MAX)->last, " n=20000."));
	/* Lines of every length, many times around. */
	memset(longest, 1, sizeof longest);
	for (size_t len = 0; len < 4 * sizeof longest; len++)
		logbook_add(book, 0, &worker, longest, len % sizeof longest);
	assert_true(newest(SIZE_MAX)->lines > LOGBOOK_RING_BYTES / LOGBOOK_LINE_BYTES - 2);
}

static void
answer_by_logging(void *arg, const char *line, size_t len)
{
	unsigned *calls = arg;

	(void)line;
	(void)len;
	(*calls)++;
	say(99);
}

static void
a_listener_that_logs_does_not_hear_itself(void **state)
{
	unsigned calls = 0;

	(void)state;
	logbook_set_listener(book, answer_by_logging, &calls);
	say_all(1, 2);
	assert_int_equal(calls, 2);
	assert_int_equal(newest(10)->lines, 4);
	logbook_set_listener(book, NULL, NULL);
	say(3);
	assert_int_equal(calls, 2);
}

/* -- console -------------------------------------------------------------------------------------- */

static size_t
drain(int fd, char *text, size_t cap)
{
	size_t used = 0;
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (used < cap - 1 && (n = read(fd, text + used, cap - 1 - used)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	return used;
}

static void
a_console_that_takes_nothing_loses_lines_and_is_told_how_many(int ends[2])
{
	static char text[1024 * 1024];

	logbook_free(book);
	book = logbook_new(logs, ends[1]);
	/* It would hang here if the book waited for its reader. */
	say_all(1, 20000);
	drain(ends[0], text, sizeof text);
	unsigned shown = count_lines(text);
	assert_in_range(shown, 20, 19000);
	assert_non_null(strstr(text, " n=1.\n"));
	say(20001);
	drain(ends[0], text, sizeof text);
	char wanted[160];
	str_format(wanted, sizeof wanted, "lvl=warn msg=\"this console took no lines for a while\" lost=%u\n"
		   "ts=1970-01-01T05:33:21.000Z role=worker entry=A pid=7 lvl=info msg=line n=20001.\n", 20000 - shown);
	assert_string_equal(text, wanted);
	say(20002);
	drain(ends[0], text, sizeof text);
	assert_int_equal(count_lines(text), 1);
	/* The descriptor is shared with a shell: it must not have become non-blocking. */
	assert_false(fcntl(ends[1], F_GETFL) & O_NONBLOCK);
	/* A reader that goes away is no reason to die or to stop logging. */
	signal(SIGPIPE, SIG_DFL);
	close(ends[0]);
	say(20003);
	assert_non_null(strstr(newest(1)->first, " n=20003."));
	close(ends[1]);
}

static void
a_full_pipe_does_not_block(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	a_console_that_takes_nothing_loses_lines_and_is_told_how_many(ends);
}

static void
a_full_journal_socket_does_not_block(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	a_console_that_takes_nothing_loses_lines_and_is_told_how_many(ends);
}

static void
a_terminal_that_was_stopped_does_not_block(void **state)
{
	(void)state;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal >= 0);
	logbook_free(book);
	book = logbook_new(logs, terminal);
	say_all(1, 20000);
	assert_non_null(strstr(newest(1)->first, " n=20000."));
	/* What it shows afterwards begins at the start of a line. */
	static char text[1024 * 1024];
	drain(master, text, sizeof text);
	say(20001);
	drain(master, text, sizeof text);
	assert_non_null(strstr(text, "\nlvl=warn msg=\"this console took no lines for a while\" lost="));
	close(terminal);
	close(master);
	say(20002);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(the_newest_lines_are_there_oldest_first),
		STORY(a_full_ring_forgets_the_oldest_and_nothing_else),
		STORY(a_listener_that_logs_does_not_hear_itself),
		STORY(a_full_pipe_does_not_block),
		STORY(a_full_journal_socket_does_not_block),
		STORY(a_terminal_that_was_stopped_does_not_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
