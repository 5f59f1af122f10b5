/*
 * rogue_frames: frames as no honest child sends them. A part of rogue.c, and of nothing else.
 */
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

static struct header
header_to(enum role to_role, unsigned number)
{
	return (struct header){ .number = (uint16_t)number, .to_role = (uint8_t)to_role, .generation = generation };
}

/* Send bytes past all of our own checks, waiting for room. */
static void
send_bytes(const void *bytes, size_t len, const int *fds, size_t fd_count)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)bytes, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd_count > 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, fd_count * sizeof(int));
	}
	while (sendmsg(CHILD_FD_CHANNEL, &msg, MSG_NOSIGNAL) < 0 && errno == EAGAIN) {
		struct pollfd room = { .fd = CHILD_FD_CHANNEL, .events = POLLOUT };
		poll(&room, 1, 1000);
	}
}

static void
send_frame(const struct header *header, const void *body, size_t body_len, const int *fds, size_t fd_count)
{
	static uint8_t frame[FRAME_MAX_BYTES + 64];

	ENSURE(HEADER_BYTES + body_len <= sizeof frame);
	header_encode(header, frame);
	if (body_len > 0)
		memcpy(frame + HEADER_BYTES, body, body_len);
	send_bytes(frame, HEADER_BYTES + body_len, fds, fd_count);
}

/* A PONG as it should be, but for `header` and the descriptors. */
static void
send_pong(const struct header *header, const int *fds, size_t fd_count)
{
	static const uint8_t body[] = { 0x91, 0x00 };

	send_frame(header, body, sizeof body, fds, fd_count);
}

BEHAVIOUR(flood)
{
	struct header pong = header_to(ROLE_SUPERVISOR, MESSAGE_PONG);

	while (true)
		send_pong(&pong, NULL, 0);
}

BEHAVIOUR(send_malformed)
{
	static const uint8_t two_fields_and_rubbish[] = { 0x92, 0xc0, 0xc1, 0xff };
	struct header pong = header_to(ROLE_SUPERVISOR, MESSAGE_PONG);

	send_frame(&pong, two_fields_and_rubbish, sizeof two_fields_and_rubbish, NULL, 0);
}

/* To a sibling: the supervisor does not look into it, the sibling does. */
BEHAVIOUR(send_malformed_to_stored)
{
	static const uint8_t name_is_a_number[] = { 0x91, 0x2a };
	struct header want = header_to(ROLE_STORED, MESSAGE_SECRET_WANT);

	want.request_id = 1;
	send_frame(&want, name_is_a_number, sizeof name_is_a_number, NULL, 0);
}

BEHAVIOUR(send_oversized_frame)
{
	static uint8_t body[FRAME_MAX_BYTES - HEADER_BYTES + 1];
	struct header pong = header_to(ROLE_SUPERVISOR, MESSAGE_PONG);

	send_frame(&pong, body, sizeof body, NULL, 0);
}

BEHAVIOUR(send_oversized_body)
{
	static uint8_t body[4000];
	struct header pong = header_to(ROLE_SUPERVISOR, MESSAGE_PONG);

	send_frame(&pong, body, sizeof body, NULL, 0);
}

BEHAVIOUR(send_unknown_number)
{
	struct header unknown = header_to(ROLE_SUPERVISOR, 60000);

	send_pong(&unknown, NULL, 0);
}

/* Only the supervisor says WELCOME. */
BEHAVIOUR(send_forbidden)
{
	struct header welcome = header_to(ROLE_SUPERVISOR, MESSAGE_WELCOME);

	send_pong(&welcome, NULL, 0);
}

/* A PONG is for the supervisor; a sibling may not be given one. */
BEHAVIOUR(send_to_forbidden_receiver)
{
	struct header pong = header_to(ROLE_WORKER, MESSAGE_PONG);

	pong.to_slot = SLOT_ALL;
	send_pong(&pong, NULL, 0);
}

BEHAVIOUR(send_stale)
{
	struct header pong = header_to(ROLE_SUPERVISOR, MESSAGE_PONG);

	pong.generation = generation - 1;
	send_pong(&pong, NULL, 0);
}

BEHAVIOUR(send_as_supervisor)
{
	struct header pong = header_to(ROLE_SUPERVISOR, MESSAGE_PONG);

	pong.from_role = ROLE_SUPERVISOR;
	send_pong(&pong, NULL, 0);
}

BEHAVIOUR(send_as_another_slot)
{
	struct header pong = header_to(ROLE_SUPERVISOR, MESSAGE_PONG);

	pong.from_role = (uint8_t)role;
	pong.from_slot = 77;
	send_pong(&pong, NULL, 0);
}

BEHAVIOUR(send_nothing)
{
	send_bytes("", 0, NULL, 0);
}

BEHAVIOUR(send_a_descriptor)
{
	static const int fd = 0;
	struct header pong = header_to(ROLE_SUPERVISOR, MESSAGE_PONG);

	send_pong(&pong, &fd, 1);
}

BEHAVIOUR(send_many_descriptors)
{
	static const int fds[] = { 0, 0, 1, 1, 2, 2, 0, 1 };
	struct header pong = header_to(ROLE_SUPERVISOR, MESSAGE_PONG);

	send_pong(&pong, fds, STR_ARRAY_LEN(fds));
}

BEHAVIOUR(send_garbage)
{
	static const char garbage[] = "GET / HTTP/1.1\r\nHost: somewhere-else.example\r\n\r\n";

	send_bytes(garbage, sizeof garbage, NULL, 0);
}

BEHAVIOUR(send_a_short_frame)
{
	send_bytes("\x5e\xf0\x01", 3, NULL, 0);
}

BEHAVIOUR(send_a_second_hello)
{
	struct msg_hello hello = { .version = "again" };

	child_send(child, MESSAGE_HELLO, ROLE_SUPERVISOR, 0, 0, 0, &hello, -1);
}

BEHAVIOUR(answer_nobody)
{
	struct header nobody = { .from_role = ROLE_CTL, .from_slot = 3, .generation = 4, .request_id = 5 };

	child_reply_done(child, &nobody, "nobody asked");
}

/* Its first words are those of another build; then it does as a child does that meets one. */
BEHAVIOUR(be_of_another_build)
{
	struct header hello = { .number = MESSAGE_HELLO, .to_role = ROLE_SUPERVISOR };
	uint8_t frame[HEADER_BYTES + 3] = { 0 };
	struct pollfd answer = { .fd = CHILD_FD_CHANNEL, .events = POLLIN };

	header_encode(&hello, frame);
	memcpy(frame + HEADER_BYTES, "\x92\xa0\xa0", 3);
	frame[32] ^= 1; /* the schema */
	send_bytes(frame, sizeof frame, NULL, 0);
	poll(&answer, 1, 5000);
	log_error("is of another build than fused");
	_exit(EXIT_PROTOCOL);
}
