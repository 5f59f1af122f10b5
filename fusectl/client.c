/*
 * client: blocking in shape, never for longer than the deadline.
 */
#include "fusectl/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/miniobj.h"

/* Room for the struct of any message that fusectl may get. */
union any_message {
#define MSG(NAME, name, ...) struct msg_##name name;
#include "ipc/messages.def"
#undef MSG
};

static enum outcome
say_timed_out(const struct client *client, struct failure *failure)
{
	failure_say(failure, OUTCOME_TIMED_OUT, "Fuse did not answer within %d s.", client->timeout_ms / 1000);
	failure_remedy(failure, "It may be busy or stuck: its log says more. --timeout SECONDS waits longer.");
	return OUTCOME_TIMED_OUT;
}

static enum outcome
say_closed(struct failure *failure)
{
	failure_say(failure, OUTCOME_FAILED, "Fuse closed the connection before it had answered.");
	failure_remedy(failure, "It may be stopping or starting anew: try again in a moment.");
	return OUTCOME_FAILED;
}

/* The peer does not speak as it should; `what` continues "it ". */
static enum outcome
say_not_fuse(const struct client *client, const char *what, struct failure *failure)
{
	failure_say(failure, OUTCOME_FAILED, "What answers at %s does not speak as Fuse does: it %s.", client->path,
		    what);
	failure_remedy(failure, "Check that this is Fuse's socket (--socket names another).");
	return OUTCOME_FAILED;
}

/* Wait until the socket is ready for `events`. A negative deadline is none; then the reader of `watch_fd`
 * is watched too, and `ret_reader_gone` says that it went. */
static enum outcome
wait_for(const struct client *client, short events, int64_t deadline_ms, int watch_fd, bool *ret_reader_gone,
	 struct failure *failure)
{
	struct pollfd fds[] = { { .fd = client->fd, .events = events }, { .fd = watch_fd, .events = 0 } };

	*ret_reader_gone = false;
	for (;;) {
		int64_t left_ms = deadline_ms - clock_monotonic_ms();
		int wait_ms = deadline_ms < 0 ? -1 : left_ms > 0 ? (int)left_ms : 0;
		int ready = poll(fds, deadline_ms < 0 ? 2 : 1, wait_ms);
		if (ready < 0 && errno != EINTR)
			return failure_say(failure, OUTCOME_FAILED, "Could not wait for Fuse: %s.", strerror(errno));
		/* What has come counts even after the deadline: it may be we who were held up, by a pager. */
		if (ready <= 0 && wait_ms == 0)
			return say_timed_out(client, failure);
		if (ready <= 0)
			continue;
		*ret_reader_gone = fds[0].revents == 0;
		return OUTCOME_DONE;
	}
}

static enum outcome
send_question(const struct client *client, const struct client_question *question, int64_t deadline_ms,
	      struct failure *failure)
{
	const struct message_spec *spec = message_spec_peek(question->number);
	struct header header = { .to_role = (uint8_t)question->to, .number = (uint16_t)question->number,
				 .request_id = client->request_id };
	bool reader_gone;

	header_encode(&header, client->frame);
	ssize_t body = message_encode(spec, question->message, client->frame + HEADER_BYTES, BODY_MAX_BYTES);
	if (body < 0)
		return failure_say(failure, OUTCOME_USAGE, "An argument is too long or is not text in UTF-8.");
	for (;;) {
		enum outcome outcome = wait_for(client, POLLOUT, deadline_ms, -1, &reader_gone, failure);
		if (outcome != OUTCOME_DONE)
			return outcome;
		if (send(client->fd, client->frame, HEADER_BYTES + (size_t)body, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return OUTCOME_DONE;
		/* A peer that has closed may have left its reason: it is read next. */
		if (errno == EPIPE || errno == ECONNRESET)
			return OUTCOME_DONE;
		if (errno != EAGAIN && errno != EINTR)
			return failure_say(failure, OUTCOME_FAILED, "Could not send to Fuse: %s.", strerror(errno));
	}
}

/* Read one frame into client->frame; its length in `ret_len`. */
static enum outcome
receive_frame(const struct client *client, size_t *ret_len, bool *ret_nothing, struct failure *failure)
{
	struct iovec iov = { .iov_base = client->frame, .iov_len = FRAME_MAX_BYTES };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	*ret_len = 0;
	*ret_nothing = false;
	/* No room for descriptors: the kernel closes what a peer would slip in. */
	ssize_t got = recvmsg(client->fd, &message, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		*ret_nothing = true;
		return OUTCOME_DONE;
	}
	if (got == 0 || (got < 0 && errno == ECONNRESET))
		return say_closed(failure);
	if (got < 0)
		return failure_say(failure, OUTCOME_FAILED, "Could not read from Fuse: %s.", strerror(errno));
	if (message.msg_flags & MSG_TRUNC)
		return say_not_fuse(client, "sent more than a message may hold", failure);
	*ret_len = (size_t)got;
	return OUTCOME_DONE;
}

static enum outcome
check_header(const struct client *client, size_t len, struct header *ret_header, struct failure *failure)
{
	switch (header_decode(client->frame, len, ret_header)) {
	case HEADER_FINE:
		return OUTCOME_DONE;
	case HEADER_OTHER_BUILD:
		failure_say(failure, OUTCOME_REFUSED, "fusectl and the fused at %s are of different builds.",
			    client->path);
		failure_remedy(failure, "Install both from the same build, and restart Fuse.");
		return OUTCOME_REFUSED;
	case HEADER_SHORT:
	case HEADER_NOT_OURS:
		break;
	}
	return say_not_fuse(client, "sent something that is no message of Fuse", failure);
}

/* What one frame means for the question. */
struct turn {
	bool ended;
	union any_message message;
};

static enum outcome
take_frame(const struct client *client, const struct client_question *question, size_t len, struct turn *turn,
	   struct msg_done *ret_done, struct failure *failure)
{
	struct header header;
	enum outcome outcome = check_header(client, len, &header, failure);

	turn->ended = false;
	if (outcome != OUTCOME_DONE)
		return outcome;
	const struct message_spec *spec = message_spec_peek(header.number);
	bool part = question->part_number != 0 && header.number == question->part_number;
	bool end = header.number == MESSAGE_DONE || header.number == MESSAGE_REFUSED;
	/* A door that takes nobody in says so before it has read a question: request_id 0. */
	bool ours = header.request_id == client->request_id ||
		    (header.request_id == 0 && header.number == MESSAGE_REFUSED);
	if (spec == NULL || !ours || !(part || end))
		return say_not_fuse(client, "sent an answer to something else", failure);
	if (!message_decode(spec, client->frame + HEADER_BYTES, len - HEADER_BYTES, &turn->message, NULL))
		return say_not_fuse(client, "sent a message that is not as agreed", failure);
	if (part) {
		question->on_part(question->arg, &turn->message);
		return OUTCOME_DONE;
	}
	turn->ended = true;
	if (header.number == MESSAGE_REFUSED)
		return failure_refused(failure, &turn->message.refused);
	if (ret_done != NULL)
		*ret_done = turn->message.done;
	return OUTCOME_DONE;
}

enum outcome
client_ask(struct client *client, const struct client_question *question, struct msg_done *ret_done,
	   struct failure *failure)
{
	int64_t deadline_ms = clock_monotonic_ms() + client->timeout_ms;
	struct turn turn = { .ended = false };
	unsigned parts = 0;
	size_t len;
	bool reader_gone, nothing;

	client->request_id++;
	enum outcome outcome = send_question(client, question, deadline_ms, failure);
	if (question->follow)
		deadline_ms = -1;
	while (outcome == OUTCOME_DONE && !turn.ended) {
		outcome = wait_for(client, POLLIN, deadline_ms, question->watch_fd, &reader_gone, failure);
		if (outcome != OUTCOME_DONE || reader_gone)
			break;
		outcome = receive_frame(client, &len, &nothing, failure);
		if (outcome != OUTCOME_DONE || nothing)
			continue;
		if (parts++ > CLIENT_PARTS_MAX && !question->follow)
			return say_not_fuse(client, "sent an answer without end", failure);
		outcome = take_frame(client, question, len, &turn, ret_done, failure);
	}
	return outcome;
}

enum outcome
client_recall(struct client *client, enum message number, client_part_fn *on_part, void *arg,
	      struct failure *failure)
{
	struct msg_recall recall = { .number = (uint32_t)number };
	struct client_question question = {
		.to = ROLE_SUPERVISOR,
		.number = MESSAGE_RECALL,
		.message = &recall,
		.part_number = (unsigned)number,
		.on_part = on_part,
		.arg = arg,
		.watch_fd = -1,
	};

	return client_ask(client, &question, NULL, failure);
}
