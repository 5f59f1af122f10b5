/*
 * httpd/websocket: one message at a time, and the patience that a client can count on. (What it may say: the fuzz target,
 * and tests/integration/test_live.py with a client that is not ours.)
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "httpd/websocket.h"

static struct loop *loop;
static struct loop_timer *enough;
static struct websocket *websocket;
static int client; /* the other end */
static const char *ended;
static unsigned ready_count;
static char heard[WEBSOCKET_MESSAGE_MAX_BYTES + 1];

static void
on_text(void *arg, const char *text, size_t len)
{
	(void)arg;
	memcpy(heard, text, len);
	heard[len] = '\0';
}

static void
on_ready(void *arg)
{
	(void)arg;
	ready_count++;
}

static void
on_end(void *arg, const char *why)
{
	(void)arg;
	ended = why;
	websocket_free(websocket);
	websocket = NULL;
}

static void
on_enough(void *arg)
{
	loop_stop(arg);
}

/* What is there to be done is done. */
static void
run(void)
{
	for (int i = 0; i < 5; i++) {
		loop_timer_set(enough, 1);
		assert_int_equal(loop_run(loop), 0);
	}
}

static int fds[2];

static int
set_up(void **state)
{
	static const struct websocket_events events = { on_text, on_ready, on_end };
	int small = 4096;

	(void)state;
	ended = NULL;
	ready_count = 0;
	heard[0] = '\0';
	loop = loop_new();
	enough = loop_timer_new(loop, on_enough, loop);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	client = fds[1];
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	websocket = websocket_new(loop, fds[0], NULL, 0, &events, NULL);
	run();
	assert_true(ready_count > 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (websocket != NULL)
		websocket_free(websocket);
	close(fds[0]);
	close(fds[1]);
	loop_timer_free(enough);
	loop_free(loop);
	assert_int_equal(payloads_bytes(), 0);
	return 0;
}

static void
send_text(size_t len)
{
	struct payload *payload = payload_new(len);

	memset(payload->text, 'x', len);
	payload->len = len;
	websocket_send(websocket, payload);
}

/* Everything that has come at the client's end; returns how many bytes. */
static size_t
read_all(uint8_t *bytes, size_t cap)
{
	size_t used = 0;
	ssize_t n;

	while (used < cap && (n = read(client, bytes + used, cap - used)) > 0)
		used += (size_t)n;
	return used;
}

/* An unfragmented frame of the client's, with a mask of zeros. */
static void
client_sends(uint8_t opcode, const char *text)
{
	uint8_t bytes[128] = { (uint8_t)(0x80 | opcode), (uint8_t)(0x80 | strlen(text)) };

	memcpy(bytes + 6, text, strlen(text));
	assert_int_equal(write(client, bytes, 6 + strlen(text)), 6 + (ssize_t)strlen(text));
	run();
}

static void
a_message_goes_out_in_one_piece(void **state)
{
	uint8_t bytes[64];

	(void)state;
	send_text(5);
	assert_int_equal(recv(client, bytes, sizeof bytes, 0), 7);
	assert_memory_equal(bytes, "\x81\x05xxxxx", 7);
	assert_true(websocket_is_ready(websocket));
}

static void
the_next_message_waits_until_the_last_is_out(void **state)
{
	static uint8_t bytes[400000];
	size_t got = 0;

	(void)state;
	send_text(200000);
	assert_false(websocket_is_ready(websocket));
	ready_count = 0;
	run();
	assert_int_equal(ready_count, 0);
	while (!websocket_is_ready(websocket)) {
		got += read_all(bytes + got, sizeof bytes - got);
		run();
	}
	got += read_all(bytes + got, sizeof bytes - got);
	assert_true(got > 200000 && got < 201000);
	assert_true(ready_count > 0);
	assert_null(ended);
}

static void
a_client_that_takes_nothing_is_dropped(void **state)
{
	uint8_t bytes[1000];

	(void)state;
	int64_t now_ms = clock_monotonic_ms();
	assert_null(websocket_look(websocket, now_ms + WEBSOCKET_STALL_MS + 1000));
	read_all(bytes, sizeof bytes); /* the ping */
	send_text(200000);
	assert_null(websocket_look(websocket, now_ms + WEBSOCKET_STALL_MS - 1000));
	assert_string_equal(websocket_look(websocket, now_ms + WEBSOCKET_STALL_MS + 5000), "it takes nothing");
}

static void
a_client_that_takes_little_is_not_dropped(void **state)
{
	static uint8_t bytes[20000];

	(void)state;
	send_text(200000);
	int64_t now_ms = clock_monotonic_ms();
	read_all(bytes, sizeof bytes);
	run();
	assert_null(websocket_look(websocket, now_ms + WEBSOCKET_STALL_MS));
}

static void
a_client_that_answers_no_ping_is_dropped(void **state)
{
	uint8_t bytes[16];

	(void)state;
	int64_t now_ms = clock_monotonic_ms();
	assert_null(websocket_look(websocket, now_ms + WEBSOCKET_PING_MS - 1000));
	assert_int_equal(read_all(bytes, sizeof bytes), 0);
	assert_null(websocket_look(websocket, now_ms + WEBSOCKET_PING_MS + 1000));
	assert_int_equal(read_all(bytes, sizeof bytes), 2);
	assert_memory_equal(bytes, "\x89\0", 2);
	assert_null(websocket_look(websocket, now_ms + 2 * WEBSOCKET_PING_MS));
	assert_int_equal(read_all(bytes, sizeof bytes), 0);
	assert_null(websocket_look(websocket, now_ms + WEBSOCKET_SILENCE_MS - 1000));
	assert_string_equal(websocket_look(websocket, now_ms + WEBSOCKET_SILENCE_MS + 1000), "it answers nothing");
}

static void
any_word_of_a_client_is_a_sign_of_life(void **state)
{
	(void)state;
	int64_t now_ms = clock_monotonic_ms();
	assert_null(websocket_look(websocket, now_ms + WEBSOCKET_SILENCE_MS - 1000));
	while (clock_monotonic_ms() < now_ms + 3)
		run();
	client_sends(0xa, "");
	assert_null(websocket_look(websocket, now_ms + WEBSOCKET_SILENCE_MS + 2));
	client_sends(1, "hi");
	assert_string_equal(heard, "hi");
}

static void
a_goodbye_is_waited_for_and_not_for_ever(void **state)
{
	uint8_t bytes[64];

	(void)state;
	websocket_close(websocket, WEBSOCKET_GOING_AWAY, "bye");
	assert_false(websocket_is_ready(websocket));
	assert_int_equal(read_all(bytes, sizeof bytes), 7);
	assert_memory_equal(bytes, "\x88\x05\x03\xe9" "bye", 7);
	run();
	assert_null(ended);
	int64_t now_ms = clock_monotonic_ms();
	assert_null(websocket_look(websocket, now_ms + WEBSOCKET_CLOSING_MS - 1000));
	assert_non_null(websocket_look(websocket, now_ms + WEBSOCKET_CLOSING_MS + 1000));
	client_sends(8, "\x03\xe9");
	assert_string_equal(ended, "it closed in good order");
}

static void
a_goodbye_comes_through_although_a_message_is_on_its_way(void **state)
{
	static uint8_t bytes[400000];
	size_t got = 0;

	(void)state;
	send_text(200000);
	websocket_close(websocket, WEBSOCKET_GOING_AWAY, "bye");
	for (int i = 0; i < 100 && (got < 7 || memcmp(bytes + got - 3, "bye", 3) != 0); i++) {
		got += read_all(bytes + got, sizeof bytes - got);
		run();
	}
	assert_memory_equal(bytes + got - 7, "\x88\x05\x03\xe9" "bye", 7);
}

static void
a_client_that_is_gone_ends_it(void **state)
{
	(void)state;
	shutdown(client, SHUT_RDWR);
	run();
	assert_string_equal(ended, "it went away");
}

/* The last word is read by a client that was writing all the time. */
static void
what_a_faulty_client_goes_on_to_send_is_read(void **state)
{
	uint8_t bytes[64];

	(void)state;
	assert_int_equal(write(client, "\x83\x80\0\0\0\0", 6), 6);
	run();
	assert_null(ended);
	assert_int_equal(write(client, "more and more", 13), 13);
	run();
	assert_int_equal(read_all(bytes, sizeof bytes) >= 4, 1);
	assert_memory_equal(bytes, "\x88\x02\x03\xea", 4);
	assert_null(ended);
	shutdown(client, SHUT_WR);
	run();
	assert_string_equal(ended, "it was closed");
}

/* -- with an outlet: as over TLS, what it has taken goes out when its own socket takes it ---------------------- */

static int wire[2];
static uint8_t taken[100000];
static size_t taken_len;

static bool
put(void *arg, const void *bytes, size_t len)
{
	(void)arg;
	assert_true(taken_len + len <= sizeof taken);
	memcpy(taken + taken_len, bytes, len);
	taken_len += len;
	return true;
}

static int
flush(void *arg)
{
	ssize_t n = taken_len == 0 ? 0 : send(wire[0], taken, taken_len, MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)arg;
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	memmove(taken, taken + n, taken_len - (size_t)n);
	taken_len -= (size_t)n;
	return taken_len == 0;
}

static int
set_up_outlet(void **state)
{
	int small = 4096;

	assert_int_equal(set_up(state), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, wire), 0);
	setsockopt(wire[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	taken_len = 0;
	websocket_set_outlet(websocket, loop, &(struct websocket_outlet){ .fd = wire[0], .put = put, .flush = flush });
	return 0;
}

static int
tear_down_outlet(void **state)
{
	int failed = tear_down(state);

	close(wire[0]);
	close(wire[1]);
	return failed;
}

static void
an_outlet_gets_everything_in_order_and_is_waited_for(void **state)
{
	static uint8_t bytes[400000];
	size_t got = 0;
	ssize_t n;

	(void)state;
	send_text(200000);
	ready_count = 0;
	run();
	assert_false(websocket_is_ready(websocket));
	assert_int_equal(ready_count, 0);
	while (!websocket_is_ready(websocket)) {
		while ((n = read(wire[1], bytes + got, sizeof bytes - got)) > 0)
			got += (size_t)n;
		run();
	}
	while ((n = read(wire[1], bytes + got, sizeof bytes - got)) > 0)
		got += (size_t)n;
	assert_true(got > 200000 && got < 201000);
	assert_int_equal(memchr(bytes, 'x', 16) != NULL, 1);
	assert_int_equal(read_all(bytes, sizeof bytes), 0); /* nothing of it went the other way */
	assert_null(ended);
}

/* The last word is out before it is over. */
static void
a_close_waits_for_the_outlet(void **state)
{
	static uint8_t bytes[400000];

	(void)state;
	send_text(200000);
	run();
	client_sends(8, "\x03\xe8");
	assert_null(ended);
	for (int i = 0; i < 1000 && ended == NULL; i++) {
		while (read(wire[1], bytes, sizeof bytes) > 0)
			;
		run();
	}
	assert_string_equal(ended, "it closed in good order");
	assert_int_equal(taken_len, 0);
}

static void
an_outlet_that_breaks_ends_it(void **state)
{
	(void)state;
	close(wire[1]);
	wire[1] = -1;
	send_text(5);
	run();
	assert_string_equal(ended, "it went away");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_message_goes_out_in_one_piece),
		T(the_next_message_waits_until_the_last_is_out),
		T(a_client_that_takes_nothing_is_dropped),
		T(a_client_that_takes_little_is_not_dropped),
		T(a_client_that_answers_no_ping_is_dropped),
		T(any_word_of_a_client_is_a_sign_of_life),
		T(a_goodbye_is_waited_for_and_not_for_ever),
		T(a_goodbye_comes_through_although_a_message_is_on_its_way),
		T(a_client_that_is_gone_ends_it),
		T(what_a_faulty_client_goes_on_to_send_is_read),
#undef T
#define T(name) cmocka_unit_test_setup_teardown(name, set_up_outlet, tear_down_outlet)
		T(an_outlet_gets_everything_in_order_and_is_waited_for),
		T(a_close_waits_for_the_outlet),
		T(an_outlet_that_breaks_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
