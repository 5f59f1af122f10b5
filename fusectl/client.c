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

static void
say_timed_out(int timeout_ms, struct failure *failure)
{
	failure_say(failure, OUTCOME_TIMED_OUT, "Fuse did not answer within %d s.", timeout_ms / 1000);
	failure_remedy(failure, "It may be busy or stuck: its log says more. --timeout SECONDS waits longer.");
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

static int
timeout_of(const struct client *client, const struct client_question *question)
{
	return question->timeout_ms > 0 ? question->timeout_ms : client->timeout_ms;
}

static void
end_call(struct client_call *call, enum outcome outcome)
{
	call->open = false;
	call->outcome = outcome;
}

/* -- asking ------------------------------------------------------------------------------------------ */

static enum outcome
wait_writable(const struct client *client, int64_t deadline_ms, int timeout_ms, struct failure *failure)
{
	struct pollfd fds = { .fd = client->fd, .events = POLLOUT };

	for (;;) {
		int64_t left_ms = deadline_ms - clock_monotonic_ms();
		int ready = poll(&fds, 1, left_ms > 0 ? (int)left_ms : 0);
		if (ready > 0)
			return OUTCOME_DONE;
		if (ready < 0 && errno != EINTR)
			return failure_say(failure, OUTCOME_FAILED, "Could not wait for Fuse: %s.", strerror(errno));
		if (left_ms <= 0) {
			say_timed_out(timeout_ms, failure);
			return OUTCOME_TIMED_OUT;
		}
	}
}

/* One frame, with the descriptor when its row carries one. */
static ssize_t
send_frame(const struct client *client, size_t len, const struct message_spec *spec, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { .iov_base = client->frame, .iov_len = len };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (spec->carries_fd) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof control.bytes;
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(head), &fd, sizeof fd);
	}
	return sendmsg(client->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static enum outcome
send_message(const struct client *client, const struct header *header, const void *message, int fd, int timeout_ms,
	     struct failure *failure)
{
	const struct message_spec *spec = message_spec_peek(header->number);
	int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;

	header_encode(header, client->frame);
	ssize_t body = message_encode(spec, message, client->frame + HEADER_BYTES, BODY_MAX_BYTES);
	if (body < 0)
		return failure_say(failure, OUTCOME_USAGE, "An argument is too long or is not text in UTF-8.");
	for (;;) {
		enum outcome outcome = wait_writable(client, deadline_ms, timeout_ms, failure);
		if (outcome != OUTCOME_DONE)
			return outcome;
		if (send_frame(client, HEADER_BYTES + (size_t)body, spec, fd) >= 0)
			return OUTCOME_DONE;
		/* A peer that has closed may have left its reason: it is read next. */
		if (errno == EPIPE || errno == ECONNRESET)
			return OUTCOME_DONE;
		if (errno != EAGAIN && errno != EINTR)
			return failure_say(failure, OUTCOME_FAILED, "Could not send to Fuse: %s.", strerror(errno));
	}
}

void
client_begin(struct client *client, const struct client_question *question, struct client_call *call)
{
	memset(call, 0, sizeof *call);
	call->question = question;
	call->request_id = ++client->request_id;
	call->deadline_ms = clock_monotonic_ms() + timeout_of(client, question);
	const struct header header = { .to_role = (uint8_t)question->to, .to_slot = question->to_slot,
				       .number = (uint16_t)question->number, .request_id = call->request_id };
	enum outcome outcome = send_message(client, &header, question->message, question->fd, timeout_of(client, question),
					    &call->failure);
	/* The frame has held a secret, perhaps. */
	explicit_bzero(client->frame, 2048);
	if (question->follow)
		call->deadline_ms = -1;
	call->open = outcome == OUTCOME_DONE;
	call->outcome = outcome;
}

/* -- answers ------------------------------------------------------------------------------------------ */

/* Read one frame into client->frame; its length in `ret_len`. */
static enum outcome
receive_frame(struct client *client, size_t *ret_len, bool *ret_nothing, struct failure *failure)
{
	struct iovec iov = { .iov_base = client->frame, .iov_len = FRAME_MAX_BYTES };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	/* Room for one descriptor: the kernel closes what else a peer would slip in. */
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
				  .msg_controllen = sizeof control.bytes };

	*ret_len = 0;
	*ret_nothing = false;
	client->came_fd = -1;
	ssize_t got = recvmsg(client->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *head = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (head != NULL && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&client->came_fd, CMSG_DATA(head), sizeof(int));
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

/* The call that a frame belongs to. A door that takes nobody in says so before it has read a question: that is
 * request_id 0, and the first call hears it. */
static struct client_call *
find_call(struct client_call *calls, size_t count, const struct header *header)
{
	bool to_all = header->request_id == 0 && header->number == MESSAGE_REFUSED;

	for (size_t i = 0; i < count; i++)
		if (calls[i].open && (to_all || calls[i].request_id == header->request_id))
			return &calls[i];
	return NULL;
}

/* What a frame is to the question that it answers. */
enum piece { PIECE_PART, PIECE_PROGRESS, PIECE_REPLY, PIECE_DONE, PIECE_REFUSED, PIECE_STRANGE };

static enum piece
piece_of(const struct client_question *question, unsigned number)
{
	if (question->part_number != 0 && number == question->part_number)
		return PIECE_PART;
	if (question->progress_number != 0 && number == question->progress_number)
		return PIECE_PROGRESS;
	if (number == MESSAGE_REFUSED)
		return PIECE_REFUSED;
	if (question->reply_number != 0)
		return number == question->reply_number ? PIECE_REPLY : PIECE_STRANGE;
	return number == MESSAGE_DONE ? PIECE_DONE : PIECE_STRANGE;
}

static void
take_piece(struct client *client, struct client_call *call, enum piece piece, const union any_message *message)
{
	const struct client_question *question = call->question;

	if (question->patient && call->deadline_ms >= 0)
		call->deadline_ms = clock_monotonic_ms() + timeout_of(client, question);
	switch (piece) {
	case PIECE_PART:
		question->on_part(question->arg, message);
		return;
	case PIECE_PROGRESS:
		question->on_progress(question->arg, message);
		return;
	case PIECE_REPLY:
		if (question->ret_fd != NULL) {
			*question->ret_fd = client->came_fd;
			client->came_fd = -1;
		}
		question->on_reply(question->arg, message);
		break;
	case PIECE_DONE:
		call->done = message->done;
		break;
	case PIECE_REFUSED:
		end_call(call, failure_refused(&call->failure, &message->refused));
		return;
	case PIECE_STRANGE:
		return;
	}
	end_call(call, OUTCOME_DONE);
}

static enum outcome
take_frame(struct client *client, struct client_call *calls, size_t count, size_t len,
	   struct failure *failure)
{
	static union any_message message;
	struct header header;
	enum outcome outcome = check_header(client, len, &header, failure);

	if (outcome != OUTCOME_DONE)
		return outcome;
	const struct message_spec *spec = message_spec_peek(header.number);
	struct client_call *call = find_call(calls, count, &header);
	if (call == NULL && client->ignores_late && header.request_id != 0 && header.request_id <= client->request_id)
		return OUTCOME_DONE;
	enum piece piece = spec != NULL && call != NULL ? piece_of(call->question, header.number) : PIECE_STRANGE;
	if (piece == PIECE_STRANGE)
		return say_not_fuse(client, "sent an answer to something else", failure);
	if (call->parts++ > CLIENT_PARTS_MAX && !call->question->follow)
		return say_not_fuse(client, "sent an answer without end", failure);
	if (!message_decode(spec, client->frame + HEADER_BYTES, len - HEADER_BYTES, &message, NULL))
		return say_not_fuse(client, "sent a message that is not as agreed", failure);
	take_piece(client, call, piece, &message);
	return OUTCOME_DONE;
}

static void
fail_all(struct client_call *calls, size_t count, enum outcome outcome, const struct failure *failure)
{
	for (size_t i = 0; i < count; i++) {
		if (!calls[i].open)
			continue;
		calls[i].failure = *failure;
		end_call(&calls[i], outcome);
	}
}

/* The nearest deadline of the open calls; -1 none. */
static int64_t
nearest_deadline(const struct client_call *calls, size_t count)
{
	int64_t nearest_ms = -1;

	for (size_t i = 0; i < count; i++)
		if (calls[i].open && calls[i].deadline_ms >= 0 &&
		    (nearest_ms < 0 || calls[i].deadline_ms < nearest_ms))
			nearest_ms = calls[i].deadline_ms;
	return nearest_ms;
}

static void
end_late_calls(struct client *client, struct client_call *calls, size_t count)
{
	int64_t now_ms = clock_monotonic_ms();

	for (size_t i = 0; i < count; i++) {
		struct client_call *call = &calls[i];
		if (!call->open || call->deadline_ms < 0 || call->deadline_ms > now_ms)
			continue;
		say_timed_out(timeout_of(client, call->question), &call->failure);
		client_give_up(client, call);
		call->outcome = OUTCOME_TIMED_OUT;
	}
}

void
client_give_up(struct client *client, struct client_call *call)
{
	client->ignores_late = true;
	end_call(call, OUTCOME_DONE);
}

#define ALSO_MAX 4

void
client_turn(struct client *client, struct client_call *calls, size_t count, struct pollfd *also, size_t also_count)
{
	static struct failure failure;
	struct pollfd fds[1 + ALSO_MAX] = { { .fd = client->fd, .events = POLLIN } };
	int64_t deadline_ms = nearest_deadline(calls, count);
	int64_t left_ms = deadline_ms - clock_monotonic_ms();
	enum outcome outcome = OUTCOME_DONE;
	bool nothing = true;
	size_t len;

	ENSURE(also_count <= ALSO_MAX);
	for (size_t i = 0; i < also_count; i++)
		fds[1 + i] = also[i];
	int ready = poll(fds, (nfds_t)(1 + also_count), deadline_ms < 0 ? -1 : left_ms > 0 ? (int)left_ms : 0);
	for (size_t i = 0; i < also_count; i++)
		also[i].revents = ready > 0 ? fds[1 + i].revents : 0;
	if (ready < 0 && errno != EINTR)
		outcome = failure_say(&failure, OUTCOME_FAILED, "Could not wait for Fuse: %s.", strerror(errno));
	else if (ready > 0 && fds[0].revents != 0)
		outcome = receive_frame(client, &len, &nothing, &failure);
	if (outcome == OUTCOME_DONE && !nothing)
		outcome = take_frame(client, calls, count, len, &failure);
	if (!nothing && client->came_fd >= 0) {
		close(client->came_fd); /* nobody wanted it */
		client->came_fd = -1;
	}
	if (outcome != OUTCOME_DONE)
		fail_all(calls, count, outcome, &failure);
	else if (nothing)
		/* What has come counts even after the deadline: it may be we who were held up, by a pager. */
		end_late_calls(client, calls, count);
}

enum outcome
client_ask(struct client *client, const struct client_question *question, struct msg_done *ret_done,
	   struct failure *failure)
{
	static struct client_call call;
	struct pollfd reader = { .fd = question->watch_fd };

	client_begin(client, question, &call);
	while (call.open) {
		client_turn(client, &call, 1, &reader, question->follow ? 1 : 0);
		if (call.open && reader.revents != 0)
			client_give_up(client, &call);
	}
	if (call.outcome != OUTCOME_DONE)
		*failure = call.failure;
	if (ret_done != NULL)
		*ret_done = call.done;
	return call.outcome;
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
