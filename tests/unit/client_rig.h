/*
 * client_rig: what the tests of fusectl's asking share: a client, and a peer in the place of Fuse at the other end of
 * its socket. Include it last.
 *
 * The peer's answers are put into the socket before the question is asked: its first request_id is 1.
 */
#ifndef FUSE_TESTS_CLIENT_RIG_H
#define FUSE_TESTS_CLIENT_RIG_H

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/str.h"
#include "fusectl/client.h"

#define RIG __attribute__((unused)) static

static struct client client;
static struct failure failure;
static int peer;
static uint8_t frame[FRAME_MAX_BYTES + 1];
static unsigned parts;
static char last_part[64];

RIG int
meet(void **state)
{
	int ends[2], more = 1 << 20;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUFFORCE, &more, sizeof more);
	peer = ends[1];
	client = (struct client){ .fd = ends[0], .timeout_ms = 1000, .path = "/run/f.sock" };
	client.frame = malloc(FRAME_MAX_BYTES);
	parts = 0;
	memset(&failure, 0, sizeof failure);
	return 0;
}

RIG int
part(void **state)
{
	(void)state;
	client_close(&client);
	if (peer >= 0)
		close(peer);
	return 0;
}

RIG void
peer_leaves(void)
{
	close(peer);
	peer = -1;
}

/* The peer says the struct of `number` under `request_id`. */
RIG size_t
lay_frame(enum message number, uint32_t request_id, const void *message)
{
	struct header header = { .from_role = ROLE_SUPERVISOR, .to_role = ROLE_CTL, .number = (uint16_t)number,
				 .request_id = request_id };

	header_encode(&header, frame);
	ssize_t body = message_encode(message_spec_peek(number), message, frame + HEADER_BYTES, BODY_MAX_BYTES);
	assert_true(body > 0);
	return HEADER_BYTES + (size_t)body;
}

RIG void
peer_says(enum message number, uint32_t request_id, const void *message)
{
	size_t len = lay_frame(number, request_id, message);

	assert_int_equal(send(peer, frame, len, MSG_DONTWAIT), len);
}

RIG void
peer_says_setting(uint32_t request_id, const char *name)
{
	struct msg_setting setting = { .value = "v" };

	str_copy(setting.name, sizeof setting.name, name);
	peer_says(MESSAGE_SETTING, request_id, &setting);
}

RIG void
on_part(void *arg, const void *message)
{
	(void)arg;
	parts++;
	str_copy(last_part, sizeof last_part, ((const struct msg_setting *)message)->name);
}

RIG enum outcome
recall(void)
{
	return client_recall(&client, MESSAGE_SETTING, on_part, NULL, &failure);
}

RIG void
expect_failure(enum outcome outcome, enum outcome awaited, const char *words)
{
	assert_int_equal(outcome, awaited);
	if (strstr(failure.sentence, words) == NULL)
		fail_msg("'%s' is not in: %s", words, failure.sentence);
}

/* A row of a test that has a peer. */
#define WITH_PEER(test) cmocka_unit_test_setup_teardown(test, meet, part)

#endif
