/*
 * channel: frames over one SOCK_SEQPACKET socket.
 *
 * Facts that shape it (Linux): a message goes whole or not at all; a zero-length one is not told
 * from the end, so there is none; ECONNRESET on reading means that the peer closed with our data
 * unread, which is told once, before what it had still written, and is an end like any other;
 * POLLOUT comes back only when much is drained, so we wait for it and never spin.
 */
#include "ipc/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "ipc/message.h"

#define CHANNEL_MAGIC 0xc4a77e1u
#define SEND_BUFFER_BYTES (1024 * 1024)
#define BUSY_TURNS 16 /* so many turns in a row with a frame in each, until one looks for more */

const char channel_fault_other_build[] = "is of another build";

struct waiting {
	STAILQ_ENTRY(waiting) next;
	struct frame *frame;
	int fd; /* ours, or -1 */
};

struct channel {
	unsigned magic;
	int fd; /* -1 once closed */
	bool sending_failed;
	struct loop_io *io;
	struct channel_limits limits;
	struct channel_events events;
	void *arg;
	STAILQ_HEAD(, waiting) queue;
	size_t queued_frames, queued_bytes;
	unsigned share;	     /* how many frames the next turn reads at most */
	unsigned busy_turns; /* that read their whole share, in a row */
};

/* One thread, and no handler reads another channel while it looks at its frame: one buffer serves all. */
static uint8_t receive_buffer[FRAME_MAX_BYTES];

/* -- frames ---------------------------------------------------------------------------- */

struct frame *
frame_new(const struct header *header, const uint8_t *body, size_t body_len)
{
	ENSURE(body_len <= BODY_MAX_BYTES);
	struct frame *frame = malloc(sizeof *frame + HEADER_BYTES + body_len);
	ENSURE(frame != NULL);
	frame->refs = 1;
	frame->len = (uint32_t)(HEADER_BYTES + body_len);
	frame->header = *header;
	header_encode(header, frame->bytes);
	if (body_len > 0)
		memcpy(frame->bytes + HEADER_BYTES, body, body_len);
	return frame;
}

struct frame *
frame_ref(struct frame *frame)
{
	frame->refs++;
	return frame;
}

void
frame_unref(struct frame *frame)
{
	if (frame == NULL || --frame->refs > 0)
		return;
	/* A frame may have carried a secret. */
	explicit_bzero(frame->bytes, frame->len);
	free(frame);
}

/* -- sending ----------------------------------------------------------------------------- */

/* 0 sent, EAGAIN, or another errno. */
static int
send_bytes(int socket_fd, struct iovec *iov, size_t iov_count, int passed_fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = iov_count };

	if (passed_fd >= 0) {
		memset(&control, 0, sizeof control);
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof control.bytes;
		struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &passed_fd, sizeof passed_fd);
	}
	ssize_t n;
	do
		n = sendmsg(socket_fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	/* ENOBUFS: the kernel has no memory for it just now; the same as a full buffer. */
	return n >= 0 ? 0 : errno == ENOBUFS ? EAGAIN : errno;
}

static void
forget_first(struct channel *channel)
{
	struct waiting *first = STAILQ_FIRST(&channel->queue);

	STAILQ_REMOVE_HEAD(&channel->queue, next);
	channel->queued_frames--;
	channel->queued_bytes -= first->frame->len;
	frame_unref(first->frame);
	if (first->fd >= 0)
		close(first->fd);
	free(first);
}

static void
update_interest(struct channel *channel)
{
	if (channel->io != NULL)
		loop_io_set_interest(channel->io, LOOP_READ | (STAILQ_EMPTY(&channel->queue) ? 0u : LOOP_WRITE));
}

/* A peer that cannot be written to is gone; the reading side will find the end and say so. */
static void
fail_sending(struct channel *channel)
{
	channel->sending_failed = true;
	while (!STAILQ_EMPTY(&channel->queue))
		forget_first(channel);
}

static void
send_queue(struct channel *channel)
{
	while (!STAILQ_EMPTY(&channel->queue)) {
		struct waiting *first = STAILQ_FIRST(&channel->queue);
		struct iovec iov = { first->frame->bytes, first->frame->len };
		int err = send_bytes(channel->fd, &iov, 1, first->fd);
		if (err == EAGAIN)
			break;
		if (err != 0) {
			fail_sending(channel);
			break;
		}
		forget_first(channel);
	}
	update_interest(channel);
}

/* A waiting frame that `header` makes obsolete: the same retained message of the same sender. */
static struct waiting *
find_obsolete(struct channel *channel, const struct header *header)
{
	const struct message_spec *spec = message_spec_peek(header->number);
	struct waiting *entry;

	if (spec == NULL || spec->kind != KIND_RETAINED || header->request_id != 0)
		return NULL;
	STAILQ_FOREACH(entry, &channel->queue, next) {
		const struct header *old = &entry->frame->header;
		if (old->number == header->number && old->from_role == header->from_role &&
		    old->from_slot == header->from_slot && old->retain_key == header->retain_key &&
		    old->to_role == header->to_role && old->to_slot == header->to_slot && old->request_id == 0)
			return entry;
	}
	return NULL;
}

static void
replace_waiting(struct channel *channel, struct waiting *entry, struct frame *frame)
{
	channel->queued_bytes += frame->len;
	channel->queued_bytes -= entry->frame->len;
	frame_unref(entry->frame);
	entry->frame = frame;
}

static void
append_waiting(struct channel *channel, struct frame *frame, int own_fd)
{
	struct waiting *entry = calloc(1, sizeof *entry);

	ENSURE(entry != NULL);
	entry->frame = frame;
	entry->fd = own_fd;
	STAILQ_INSERT_TAIL(&channel->queue, entry, next);
	channel->queued_frames++;
	channel->queued_bytes += frame->len;
	update_interest(channel);
}

static bool
has_room(const struct channel *channel, size_t len, unsigned times)
{
	return channel->queued_frames < channel->limits.queue_frames * times &&
	       channel->queued_bytes + len <= channel->limits.queue_bytes * times;
}

enum channel_result
channel_post(struct channel *channel, const struct header *header, const uint8_t *body, size_t body_len, int fd,
	     bool beyond_limit)
{
	ENSURE_OBJ(channel, CHANNEL_MAGIC);
	ENSURE(body_len <= BODY_MAX_BYTES);
	if (channel->fd < 0 || channel->sending_failed)
		return CHANNEL_GONE;
	if (STAILQ_EMPTY(&channel->queue)) {
		uint8_t head[HEADER_BYTES];
		struct iovec iov[2] = { { head, sizeof head }, { (void *)(uintptr_t)body, body_len } };
		header_encode(header, head);
		int err = send_bytes(channel->fd, iov, body_len > 0 ? 2 : 1, fd);
		if (err == 0)
			return CHANNEL_TAKEN;
		if (err != EAGAIN) {
			fail_sending(channel);
			return CHANNEL_GONE;
		}
	}
	struct waiting *obsolete = find_obsolete(channel, header);
	if (obsolete != NULL) {
		replace_waiting(channel, obsolete, frame_new(header, body, body_len));
		return CHANNEL_TAKEN;
	}
	if (!has_room(channel, HEADER_BYTES + body_len, beyond_limit ? 2 : 1))
		return CHANNEL_FULL;
	int own_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0 && own_fd < 0) /* too many are open: better not at all than without it */
		return CHANNEL_FULL;
	append_waiting(channel, frame_new(header, body, body_len), own_fd);
	return CHANNEL_TAKEN;
}

enum channel_result
channel_post_frame(struct channel *channel, struct frame *frame)
{
	ENSURE_OBJ(channel, CHANNEL_MAGIC);
	if (channel->fd < 0 || channel->sending_failed)
		return CHANNEL_GONE;
	if (STAILQ_EMPTY(&channel->queue)) {
		struct iovec iov = { frame->bytes, frame->len };
		int err = send_bytes(channel->fd, &iov, 1, -1);
		if (err == 0)
			return CHANNEL_TAKEN;
		if (err != EAGAIN) {
			fail_sending(channel);
			return CHANNEL_GONE;
		}
	}
	struct waiting *obsolete = find_obsolete(channel, &frame->header);
	if (obsolete != NULL)
		replace_waiting(channel, obsolete, frame_ref(frame));
	else
		append_waiting(channel, frame_ref(frame), -1);
	return CHANNEL_TAKEN;
}

void
channel_flush(struct channel *channel, int64_t budget_ms)
{
	int64_t until_ms = clock_monotonic_ms() + budget_ms;

	while (channel->fd >= 0 && !STAILQ_EMPTY(&channel->queue)) {
		int64_t left_ms = until_ms - clock_monotonic_ms();
		struct pollfd pfd = { .fd = channel->fd, .events = POLLOUT };
		if (left_ms <= 0 || poll(&pfd, 1, (int)left_ms) <= 0)
			return;
		send_queue(channel);
	}
}

/* -- receiving --------------------------------------------------------------------------- */

/* What one recvmsg gave. */
enum received { RECEIVED_FRAME, RECEIVED_NOTHING, RECEIVED_END, RECEIVED_FAULT };

/* Take the descriptor out of `msg`, closing any beyond the first. */
static int
take_descriptor(struct msghdr *msg, bool *ret_too_many)
{
	int taken = -1;

	*ret_too_many = (msg->msg_flags & MSG_CTRUNC) != 0;
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof fd, sizeof fd);
			if (taken < 0) {
				taken = fd;
			} else {
				close(fd);
				*ret_too_many = true;
			}
		}
	}
	return taken;
}

static enum received
receive_one(struct channel *channel, struct header *ret_header, size_t *ret_len, int *ret_fd, const char **ret_fault)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct iovec iov = { receive_buffer, sizeof receive_buffer };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
	bool too_many;
	ssize_t n;

	do
		n = recvmsg(channel->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return errno == EAGAIN ? RECEIVED_NOTHING : RECEIVED_END;
	*ret_fd = take_descriptor(&msg, &too_many);
	if (n == 0)
		return RECEIVED_END;
	*ret_len = (size_t)n;
	if (too_many)
		*ret_fault = "sent more than one descriptor with a message";
	else if (msg.msg_flags & MSG_TRUNC)
		*ret_fault = "sent a message larger than 128 KiB";
	else
		switch (header_decode(receive_buffer, (size_t)n, ret_header)) {
		case HEADER_FINE:
			return RECEIVED_FRAME;
		case HEADER_OTHER_BUILD:
			*ret_fault = channel_fault_other_build;
			break;
		case HEADER_SHORT:
		case HEADER_NOT_OURS:
			*ret_fault = "sent bytes that are no message of Fuse";
			break;
		}
	return RECEIVED_FAULT;
}

/* Read up to `most` frames, and count them; false when the channel ended (on_closed was called or it was closed). */
static bool
receive_some(struct channel *channel, unsigned most, bool tell_end, unsigned *ret_taken)
{
	for (*ret_taken = 0; *ret_taken < most && channel->fd >= 0; ++*ret_taken) {
		struct header header;
		size_t len = 0;
		int fd = -1;
		const char *fault = NULL;
		enum received what = receive_one(channel, &header, &len, &fd, &fault);

		if (what == RECEIVED_NOTHING)
			return true;
		if (what == RECEIVED_FRAME) {
			channel->events.on_frame(channel->arg, &header, receive_buffer + HEADER_BYTES,
						 len - HEADER_BYTES, fd);
			continue;
		}
		if (fd >= 0)
			close(fd);
		if (channel->io != NULL)
			loop_io_set_interest(channel->io, 0);
		if (tell_end)
			channel->events.on_closed(channel->arg, fault);
		return false;
	}
	return channel->fd >= 0;
}

/* Frames mostly come alone, and to look in vain for another is a system call: so a turn reads one, and more only while
 * each turn finds what it may read. */
static void
receive_share(struct channel *channel)
{
	unsigned taken = 0;

	if (!receive_some(channel, channel->share, true, &taken))
		return;
	if (taken < channel->share) {
		channel->busy_turns = 0;
		channel->share = 1;
	} else if (++channel->busy_turns >= BUSY_TURNS && channel->share * 2 <= channel->limits.frames_per_turn) {
		channel->share *= 2;
	}
}

static void
on_ready(void *arg, int fd, unsigned ready)
{
	struct channel *channel = arg;

	(void)fd;
	ENSURE_OBJ(channel, CHANNEL_MAGIC);
	if (ready & LOOP_WRITE)
		send_queue(channel);
	if (ready & LOOP_READ)
		receive_share(channel);
}

void
channel_drain(struct channel *channel, unsigned most_frames)
{
	unsigned taken;

	receive_some(channel, most_frames, false, &taken);
}

/* -- life -------------------------------------------------------------------------------- */

struct channel *
channel_new(struct loop *loop, int fd, const struct channel_limits *limits, const struct channel_events *events,
	    void *arg)
{
	int type, buffer_bytes = SEND_BUFFER_BYTES;
	socklen_t len = sizeof type;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0)
		return NULL;
	if (type != SOCK_SEQPACKET) {
		errno = EPROTOTYPE;
		return NULL;
	}
	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return NULL;
	/* Best effort: without it the kernel's default holds fewer frames, and the queue the rest. */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
	struct channel *channel = calloc(1, sizeof *channel);
	ENSURE(channel != NULL);
	channel->magic = CHANNEL_MAGIC;
	channel->fd = fd;
	channel->limits = *limits;
	channel->events = *events;
	channel->arg = arg;
	channel->share = 1;
	STAILQ_INIT(&channel->queue);
	channel->io = loop_io_new(loop, fd, LOOP_READ, on_ready, channel);
	return channel;
}

void
channel_close(struct channel *channel)
{
	ENSURE_OBJ(channel, CHANNEL_MAGIC);
	if (channel->fd < 0)
		return;
	while (!STAILQ_EMPTY(&channel->queue))
		forget_first(channel);
	loop_io_free(channel->io);
	channel->io = NULL;
	close(channel->fd);
	channel->fd = -1;
}

void
channel_free(struct channel *channel)
{
	if (channel == NULL)
		return;
	channel_close(channel);
	channel->magic = 0;
	free(channel);
}

bool
channel_is_open(const struct channel *channel)
{
	return channel->fd >= 0 && !channel->sending_failed;
}

size_t
channel_queued_frames(const struct channel *channel)
{
	return channel->queued_frames;
}
