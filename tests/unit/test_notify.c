/*
 * systemd's readiness and watchdog protocol, heard by a real datagram socket in systemd's place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/str.h"
#include "supervisor/notify.h"

static int systemd = -1;
static char name[64];
static struct notify notify;

/* Listen as systemd does, under a path or (with '@') an abstract name. */
static void
listen_as_systemd(bool abstract)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	str_format(name, sizeof name, "%stmp/test_notify.%d", abstract ? "@" : "/", (int)getpid());
	memcpy(address.sun_path, name, strlen(name));
	if (abstract)
		address.sun_path[0] = '\0';
	systemd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	assert_int_equal(bind(systemd, (struct sockaddr *)&address, len), 0);
	setenv("NOTIFY_SOCKET", name, 1);
}

static int
tear_down(void **state)
{
	(void)state;
	notify_fini(&notify);
	close(systemd);
	unlink(name);
	return 0;
}

/* The next message; "" when there is none. */
static const char *
heard(void)
{
	static char text[1024];
	ssize_t n = recv(systemd, text, sizeof text - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
a_life_is_told_from_ready_to_stopping(void **state)
{
	(void)state;
	listen_as_systemd(false);
	notify_init(&notify);
	assert_string_equal(heard(), "");
	notify_ready(&notify, "7 processes are up");
	assert_string_equal(heard(), "READY=1\nSTATUS=7 processes are up");
	notify_status(&notify, "6 are up, 1 is held");
	assert_string_equal(heard(), "STATUS=6 are up, 1 is held");
	notify_reloading(&notify, 123456789012345);
	assert_string_equal(heard(), "RELOADING=1\nMONOTONIC_USEC=123456789012345");
	notify_stopping(&notify, "asked to");
	assert_string_equal(heard(), "STOPPING=1\nSTATUS=asked to");
}

static void
an_abstract_socket_is_spoken_to(void **state)
{
	(void)state;
	listen_as_systemd(true);
	notify_init(&notify);
	notify_status(&notify, "hello");
	assert_string_equal(heard(), "STATUS=hello");
}

static void
a_status_cannot_set_another_variable(void **state)
{
	char longest[2000];

	(void)state;
	listen_as_systemd(true);
	notify_init(&notify);
	notify_status(&notify, "held\nREADY=1\nMAINPID=1");
	assert_string_equal(heard(), "STATUS=held READY=1 MAINPID=1");
	memset(longest, 'a', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	notify_stopping(&notify, longest);
	assert_in_range(strlen(heard()), 400, 640);
}

static void
the_watchdog_is_petted_twice_as_often_as_it_wants(void **state)
{
	(void)state;
	listen_as_systemd(true);
	setenv("WATCHDOG_USEC", "30000000", 1);
	notify_init(&notify);
	assert_int_equal(notify.watchdog_ms, 15000);
	notify_pet(&notify, 1000);
	assert_string_equal(heard(), "WATCHDOG=1");
	notify_pet(&notify, 15999);
	assert_string_equal(heard(), "");
	notify_pet(&notify, 16000);
	assert_string_equal(heard(), "WATCHDOG=1");
	/* After a long sleep once, not once for each that was missed. */
	notify_pet(&notify, 1000000);
	notify_pet(&notify, 1000001);
	assert_string_equal(heard(), "WATCHDOG=1");
	assert_string_equal(heard(), "");
}

static void
a_watchdog_for_another_process_or_without_sense_is_none(void **state)
{
	static const char *const senseless[] = { "", "0", "-1", "30s", "99999999999999999999" };
	char own[16], other[16];

	(void)state;
	listen_as_systemd(true);
	for (size_t i = 0; i < STR_ARRAY_LEN(senseless); i++) {
		setenv("WATCHDOG_USEC", senseless[i], 1);
		setenv("NOTIFY_SOCKET", name, 1);
		notify_init(&notify);
		assert_int_equal(notify.watchdog_ms, 0);
		notify_pet(&notify, 1000);
		assert_string_equal(heard(), "");
		notify_fini(&notify);
	}
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "1000000", 1);
	str_format(other, sizeof other, "%d", (int)getpid() + 1);
	setenv("WATCHDOG_PID", other, 1);
	notify_init(&notify);
	assert_int_equal(notify.watchdog_ms, 0);
	notify_fini(&notify);
	str_format(own, sizeof own, "%d", (int)getpid());
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "1000000", 1);
	setenv("WATCHDOG_PID", own, 1);
	notify_init(&notify);
	assert_int_equal(notify.watchdog_ms, 500);
}

static void
no_child_inherits_the_way_to_systemd(void **state)
{
	(void)state;
	listen_as_systemd(true);
	setenv("WATCHDOG_USEC", "1", 1);
	setenv("WATCHDOG_PID", "1", 1);
	notify_init(&notify);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
}

static void
without_systemd_nothing_happens(void **state)
{
	static const char *const names[] = { NULL, "", "@", "relative/path", "vsock:2:1234",
					     "/a/path/that/does/not/fit/into/the/address/of/a/socket/because/it/has/more/than/"
					     "one/hundred/and/seven/bytes/in/all" };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(names); i++) {
		unsetenv("NOTIFY_SOCKET");
		if (names[i] != NULL)
			setenv("NOTIFY_SOCKET", names[i], 1);
		setenv("WATCHDOG_USEC", "1000000", 1);
		notify_init(&notify);
		assert_int_equal(notify.fd, -1);
		notify_ready(&notify, "x");
		notify_pet(&notify, 1);
		notify_fini(&notify);
	}
}

static void
a_systemd_that_is_gone_or_does_not_listen_holds_nothing_up(void **state)
{
	(void)state;
	listen_as_systemd(true);
	notify_init(&notify);
	/* Its queue is full after some; it would hang here if sending waited. */
	for (int i = 0; i < 10000; i++)
		notify_status(&notify, "hello");
	close(systemd);
	systemd = -1;
	notify_status(&notify, "hello");
}

#define STORY(story) cmocka_unit_test_teardown(story, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_life_is_told_from_ready_to_stopping),
		STORY(an_abstract_socket_is_spoken_to),
		STORY(a_status_cannot_set_another_variable),
		STORY(the_watchdog_is_petted_twice_as_often_as_it_wants),
		STORY(a_watchdog_for_another_process_or_without_sense_is_none),
		STORY(no_child_inherits_the_way_to_systemd),
		STORY(without_systemd_nothing_happens),
		STORY(a_systemd_that_is_gone_or_does_not_listen_holds_nothing_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
