/*
 * Channels over real socket pairs: what fits, what waits, what replaces what, and what a broken peer gives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/channel.h"
#include "ipc/message.h"

struct side {
	struct channel *channel;
	unsigned frames, ended;
	const char *fault;
	struct header last;
	uint8_t last_body[256];
	size_t last_len;
	int last_fd;
	bool close_at_first;
};

static struct loop *loop;
static struct loop_timer *pause_timer;
static struct side near_side, far_side;
static int raw_fd; /* the far end when a test plays the peer by hand */

#define QUIET_MS 50

static const struct channel_limits limits = { .queue_frames = 64, .queue_bytes = 1 << 20, .frames_per_turn = 16 };

static void
on_frame(void *arg, const struct header *header, const uint8_t *body, size_t body_len, int fd)
{
	struct side *side = arg;

	loop_timer_set(pause_timer, QUIET_MS);
	side->frames++;
	side->last = *header;
	side->last_len = body_len;
	memcpy(side->last_body, body, body_len < sizeof side->last_body ? body_len : sizeof side->last_body);
	if (side->last_fd >= 0)
		close(side->last_fd);
	side->last_fd = fd;
	if (side->close_at_first)
		channel_close(side->channel);
}

static void
on_closed(void *arg, const char *fault)
{
	struct side *side = arg;

	side->ended++;
	side->fault = fault;
}

static const struct channel_events events = { on_frame, on_closed };

static void
on_pause(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

/* Let the loop work until no frame has come for a while. */
static void
settle(void)
{
	loop_timer_set(pause_timer, QUIET_MS);
	assert_int_equal(loop_run(loop), 0);
}

static int
open_pair(void **state)
{
	int fds[2];

	(void)state;
	loop = loop_new();
	pause_timer = loop_timer_new(loop, on_pause, NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	memset(&near_side, 0, sizeof near_side);
	memset(&far_side, 0, sizeof far_side);
	near_side.last_fd = far_side.last_fd = -1;
	near_side.channel = channel_new(loop, fds[0], &limits, &events, &near_side);
	raw_fd = fds[1];
	return 0;
}

static void
open_far_side(void)
{
	far_side.channel = channel_new(loop, raw_fd, &limits, &events, &far_side);
	raw_fd = -1;
}

static int
close_pair(void **state)
{
	(void)state;
	channel_free(near_side.channel);
	channel_free(far_side.channel);
	if (raw_fd >= 0)
		close(raw_fd);
	if (near_side.last_fd >= 0)
		close(near_side.last_fd);
	if (far_side.last_fd >= 0)
		close(far_side.last_fd);
	loop_timer_free(pause_timer);
	loop_free(loop);
	return 0;
}

static enum channel_result
post(enum message number, uint32_t key, const char *body, bool beyond)
{
	struct header header = { .number = (uint16_t)number, .retain_key = key };

	return channel_post(near_side.channel, &header, (const uint8_t *)body, strlen(body), -1, beyond);
}

static void
a_frame_arrives_as_it_was_sent(void **state)
{
	struct header header = { .number = MESSAGE_PING, .to_role = ROLE_WORKER, .to_slot = 7, .generation = 9,
				 .to_generation = 3, .request_id = 0xdeadbeef, .retain_key = 42 };

	(void)state;
	open_far_side();
	assert_int_equal(channel_post(near_side.channel, &header, (const uint8_t *)"hello", 5, -1, false), CHANNEL_TAKEN);
	settle();
	assert_int_equal(far_side.frames, 1);
	assert_memory_equal(far_side.last_body, "hello", 5);
	assert_int_equal(far_side.last.to_slot, 7);
	assert_int_equal(far_side.last.request_id, 0xdeadbeef);
	assert_int_equal(far_side.last.retain_key, 42);
	assert_int_equal(far_side.last.to_generation, 3);
}

static void
the_largest_frame_passes(void **state)
{
	static uint8_t body[BODY_MAX_BYTES];
	struct header header = { .number = MESSAGE_LOG_LINE, .request_id = 1 };

	(void)state;
	open_far_side();
	assert_int_equal(channel_post(near_side.channel, &header, body, sizeof body, -1, false), CHANNEL_TAKEN);
	settle();
	assert_int_equal(far_side.last_len, BODY_MAX_BYTES);
}

static void
a_descriptor_goes_along_even_when_it_must_wait(void **state)
{
	struct header header = { .number = MESSAGE_LISTENER };
	int fds[2];
	char c = 0;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	while (channel_queued_frames(near_side.channel) == 0)
		post(MESSAGE_PING, 0, "fill the socket until frames must wait in the queue", true);
	assert_int_equal(channel_post(near_side.channel, &header, (const uint8_t *)"x", 1, fds[1], false), CHANNEL_TAKEN);
	close(fds[1]); /* the channel keeps a duplicate of its own */
	open_far_side();
	settle();
	assert_int_equal(far_side.last.number, MESSAGE_LISTENER);
	assert_true(far_side.last_fd >= 0);
	assert_int_equal(write(far_side.last_fd, "y", 1), 1);
	assert_int_equal(read(fds[0], &c, 1), 1);
	assert_int_equal(c, 'y');
	close(fds[0]);
}

static void
a_message_whose_descriptor_cannot_be_kept_is_not_taken(void **state)
{
	struct header header = { .number = MESSAGE_LISTENER };
	struct rlimit before, none = { 0 };

	(void)state;
	while (channel_queued_frames(near_side.channel) == 0)
		post(MESSAGE_PING, 0, "fill the socket until frames must wait in the queue", true);
	size_t waiting = channel_queued_frames(near_side.channel);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	enum channel_result result = channel_post(near_side.channel, &header, (const uint8_t *)"x", 1, 0, false);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(result, CHANNEL_FULL);
	assert_int_equal(channel_queued_frames(near_side.channel), waiting);
}

static void
a_reader_that_never_reads_fills_a_bounded_queue(void **state)
{
	unsigned taken = 0;

	(void)state;
	while (post(MESSAGE_PING, 0, "nobody reads this", false) == CHANNEL_TAKEN)
		assert_true(++taken < 1000000);
	assert_int_equal(channel_queued_frames(near_side.channel), limits.queue_frames);
	/* answers may go a little further, and then no further either */
	for (size_t i = 0; i < limits.queue_frames; i++)
		assert_int_equal(post(MESSAGE_DONE, 0, "an answer", true), CHANNEL_TAKEN);
	assert_int_equal(post(MESSAGE_DONE, 0, "an answer", true), CHANNEL_FULL);
	/* what was taken is delivered whole, in order, once it reads */
	open_far_side();
	settle();
	assert_int_equal(far_side.frames, taken + limits.queue_frames);
}

static void
of_a_retained_message_only_the_latest_waits(void **state)
{
	char body[32];

	(void)state;
	while (channel_queued_frames(near_side.channel) == 0)
		post(MESSAGE_PING, 0, "fill the socket until frames must wait in the queue", true);
	size_t before = channel_queued_frames(near_side.channel);
	for (int i = 0; i < 10000; i++) {
		snprintf(body, sizeof body, "state %d", i);
		assert_int_equal(post(MESSAGE_SETTING, 5, body, false), CHANNEL_TAKEN);
		assert_int_equal(post(MESSAGE_SETTING, 6, body, false), CHANNEL_TAKEN);
	}
	assert_int_equal(channel_queued_frames(near_side.channel), before + 2);
	open_far_side();
	settle();
	assert_int_equal(far_side.last.retain_key, 6);
	assert_memory_equal(far_side.last_body, "state 9999", 10);
}

static void
a_shared_frame_waits_in_two_queues(void **state)
{
	struct header header = { .number = MESSAGE_STORE_STATUS };
	struct frame *frame = frame_new(&header, (const uint8_t *)"both", 4);

	(void)state;
	while (channel_queued_frames(near_side.channel) == 0)
		post(MESSAGE_PING, 0, "fill the socket until frames must wait in the queue", true);
	assert_int_equal(channel_post_frame(near_side.channel, frame), CHANNEL_TAKEN);
	assert_int_equal(frame->refs, 2);
	frame_unref(frame);
	open_far_side();
	settle();
	assert_memory_equal(far_side.last_body, "both", 4);
}

static void
the_end_of_a_peer_is_told_once_and_what_it_left_is_read(void **state)
{
	uint8_t bytes[HEADER_BYTES + 4] = { 0 };
	struct header header = { .number = MESSAGE_PONG };

	(void)state;
	header_encode(&header, bytes);
	assert_int_equal(send(raw_fd, bytes, sizeof bytes, 0), sizeof bytes);
	close(raw_fd);
	raw_fd = -1;
	settle();
	assert_int_equal(near_side.frames, 1);
	assert_int_equal(near_side.ended, 1);
	assert_null(near_side.fault);
	assert_int_equal(post(MESSAGE_PING, 0, "too late", false), CHANNEL_GONE);
}

static void
our_unread_frames_at_its_end_are_an_end_too_and_its_last_words_are_read(void **state)
{
	uint8_t bytes[HEADER_BYTES + 4] = { 0 };
	struct header header = { .number = MESSAGE_PONG };

	(void)state;
	header_encode(&header, bytes);
	assert_int_equal(send(raw_fd, bytes, sizeof bytes, 0), sizeof bytes);
	post(MESSAGE_PING, 0, "you will not read this", false);
	close(raw_fd);
	raw_fd = -1;
	settle();
	assert_int_equal(near_side.frames, 1);
	assert_int_equal(near_side.ended, 1);
	assert_null(near_side.fault);
}

static void
expect_fault(const void *bytes, size_t len, const char *words)
{
	assert_int_equal(send(raw_fd, bytes, len, 0), (ssize_t)len);
	settle();
	assert_int_equal(near_side.frames, 0);
	assert_int_equal(near_side.ended, 1);
	assert_non_null(near_side.fault);
	assert_non_null(strstr(near_side.fault, words));
}

static void
a_short_frame_is_a_fault(void **state)
{
	(void)state;
	expect_fault("GET / HTTP/1.0\r\n\r\n", 18, "no message of Fuse");
}

static void
garbage_of_a_frames_size_is_a_fault(void **state)
{
	uint8_t bytes[200];

	(void)state;
	memset(bytes, 0xa5, sizeof bytes);
	expect_fault(bytes, sizeof bytes, "no message of Fuse");
}

static void
an_oversized_frame_is_a_fault(void **state)
{
	static uint8_t bytes[FRAME_MAX_BYTES + 1];
	struct header header = { .number = MESSAGE_PONG };
	int size = 1 << 20;

	(void)state;
	header_encode(&header, bytes);
	setsockopt(raw_fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	expect_fault(bytes, sizeof bytes, "larger than 128 KiB");
}

static void
another_builds_frame_is_told_apart(void **state)
{
	uint8_t bytes[HEADER_BYTES];
	struct header header = { .number = MESSAGE_PONG };

	(void)state;
	header_encode(&header, bytes);
	bytes[32] ^= 1;
	assert_int_equal(send(raw_fd, bytes, sizeof bytes, 0), sizeof bytes);
	settle();
	assert_ptr_equal(near_side.fault, channel_fault_other_build);
}

static void
two_descriptors_are_a_fault_and_do_not_leak(void **state)
{
	uint8_t bytes[HEADER_BYTES];
	struct header header = { .number = MESSAGE_PONG };
	int fds[2] = { 0, 1 };
	char control[CMSG_SPACE(sizeof fds)] = { 0 };
	struct iovec iov = { bytes, sizeof bytes };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	(void)state;
	int probe = dup(0);
	close(probe);
	header_encode(&header, bytes);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof fds);
	memcpy(CMSG_DATA(cmsg), fds, sizeof fds);
	assert_int_equal(sendmsg(raw_fd, &msg, 0), sizeof bytes);
	settle();
	assert_non_null(near_side.fault);
	assert_non_null(strstr(near_side.fault, "more than one descriptor"));
	int again = dup(0);
	close(again);
	assert_int_equal(again, probe);
}

static void
the_owner_may_close_within_its_callback(void **state)
{
	uint8_t bytes[HEADER_BYTES];
	struct header header = { .number = MESSAGE_PONG };

	(void)state;
	near_side.close_at_first = true;
	header_encode(&header, bytes);
	for (int i = 0; i < 5; i++)
		assert_int_equal(send(raw_fd, bytes, sizeof bytes, 0), sizeof bytes);
	settle();
	assert_int_equal(near_side.frames, 1);
	assert_int_equal(near_side.ended, 0);
	assert_false(channel_is_open(near_side.channel));
}

static void
only_a_seqpacket_socket_is_a_channel(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_null(channel_new(loop, fds[0], &limits, &events, NULL));
	assert_int_equal(errno, EPROTOTYPE);
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)
	const struct CMUnitTest tests[] = {
		STORY(a_frame_arrives_as_it_was_sent),
		STORY(the_largest_frame_passes),
		STORY(a_descriptor_goes_along_even_when_it_must_wait),
		STORY(a_message_whose_descriptor_cannot_be_kept_is_not_taken),
		STORY(a_reader_that_never_reads_fills_a_bounded_queue),
		STORY(of_a_retained_message_only_the_latest_waits),
		STORY(a_shared_frame_waits_in_two_queues),
		STORY(the_end_of_a_peer_is_told_once_and_what_it_left_is_read),
		STORY(our_unread_frames_at_its_end_are_an_end_too_and_its_last_words_are_read),
		STORY(a_short_frame_is_a_fault),
		STORY(garbage_of_a_frames_size_is_a_fault),
		STORY(an_oversized_frame_is_a_fault),
		STORY(another_builds_frame_is_told_apart),
		STORY(two_descriptors_are_a_fault_and_do_not_leak),
		STORY(the_owner_may_close_within_its_callback),
		STORY(only_a_seqpacket_socket_is_a_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
