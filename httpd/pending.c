/*
 * pending: who waits for what.
 */
#include "httpd/pending.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

struct pending {
	TAILQ_ENTRY(pending) next;
	struct pendings *pendings;
	struct ask ask;
	uint32_t request_id;
	bool unsent;
	struct loop_timer *timer;
};

struct pendings {
	struct child *child;
	TAILQ_HEAD(, pending) list;
	size_t count;
};

struct pendings *
pendings_new(struct child *child)
{
	struct pendings *pendings = calloc(1, sizeof *pendings);

	ENSURE(pendings != NULL);
	pendings->child = child;
	TAILQ_INIT(&pendings->list);
	return pendings;
}

static void
end(struct pending *pending)
{
	TAILQ_REMOVE(&pending->pendings->list, pending, next);
	pending->pendings->count--;
	loop_timer_free(pending->timer);
	free(pending);
}

void
pendings_free(struct pendings *pendings)
{
	while (!TAILQ_EMPTY(&pendings->list))
		end(TAILQ_FIRST(&pendings->list));
	free(pendings);
}

/* It is off the list before its owner hears of it: the owner may ask anew, or go. */
static void
conclude(struct pending *pending, const struct reply *reply)
{
	struct ask ask = pending->ask;

	end(pending);
	ask.on_reply(ask.owner, ask.cookie, reply);
}

static void
on_timer(void *arg)
{
	static const struct msg_refused busy = { .reason = REFUSAL_BUSY,
						 .sentence = "Fuse has as much to do as it can take.",
						 .remedy = "Try again in a moment." };
	struct pending *pending = arg;
	struct reply reply = { .kind = REPLY_TIMED_OUT };

	if (pending->unsent)
		reply = (struct reply){ .kind = REPLY_REFUSED, .number = MESSAGE_REFUSED, .message = &busy };
	conclude(pending, &reply);
}

uint32_t
pending_ask(struct pendings *pendings, const struct ask *ask)
{
	struct pending *pending = calloc(1, sizeof *pending);

	ENSURE(pending != NULL);
	pending->pendings = pendings;
	pending->ask = *ask;
	pending->ask.message = NULL; /* borrowed, and may hold a secret */
	pending->timer = loop_timer_new(child_loop_peek(pendings->child), on_timer, pending);
	pending->request_id = child_next_request_id(pendings->child);
	pending->unsent = pendings->count >= PENDINGS_MAX ||
			  child_send(pendings->child, ask->number, ask->to_role, ask->to_slot, pending->request_id, 0,
				     ask->message, ask->fd) != CHANNEL_TAKEN;
	TAILQ_INSERT_TAIL(&pendings->list, pending, next);
	pendings->count++;
	if (pending->unsent)
		loop_timer_set(pending->timer, 0);
	else if (ask->deadline_ms != NO_DEADLINE)
		loop_timer_set(pending->timer, ask->deadline_ms / PENDING_HURRY);
	return pending->request_id;
}

void
pending_forget(struct pendings *pendings, const void *owner)
{
	for (struct pending *pending = TAILQ_FIRST(&pendings->list), *next; pending != NULL; pending = next) {
		next = TAILQ_NEXT(pending, next);
		if (pending->ask.owner == owner)
			end(pending);
	}
}

int
reply_take_fd(const struct reply *reply)
{
	if (reply->fd == NULL)
		return -1;
	int fd = *reply->fd;
	*reply->fd = -1;
	return fd;
}

static void
deliver(struct pending *pending, const struct header *header, const void *message, int *fd)
{
	struct reply reply = { REPLY_GIVEN, header->number, message, fd };

	if (message_spec_peek(header->number)->kind == KIND_PART) {
		reply.kind = REPLY_PART;
		pending->ask.on_reply(pending->ask.owner, pending->ask.cookie, &reply);
		return;
	}
	if (header->number == MESSAGE_REFUSED)
		reply.kind = REPLY_REFUSED;
	conclude(pending, &reply);
}

bool
pending_on_message(struct pendings *pendings, const struct header *header, const void *message, int fd)
{
	struct pending *pending;

	TAILQ_FOREACH(pending, &pendings->list, next)
		if (pending->request_id == header->request_id)
			break;
	if (pending == NULL)
		log_debug("an answer comes too late", log_str("message", message_spec_peek(header->number)->name));
	else
		deliver(pending, header, message, &fd);
	if (fd >= 0)
		close(fd);
	return pending != NULL;
}
