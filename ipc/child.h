/*
 * child: what every child of the supervisor has in common: it locks itself in, says HELLO,
 * learns who it is (WELCOME), takes the retained messages (until SYNCED), says READY, answers
 * pings, follows LOG_LEVEL, and ends in good order on STOP, SIGTERM or the supervisor's death.
 *
 *	struct child *child;
 *	int main(void)
 *	{
 *		child = child_new(ROLE_HTTPD, SANDBOX_HTTPD, &(struct child_duties){ .on_synced = …, .on_message = … });
 *		return child_run(child);
 *	}
 */
#ifndef FUSE_IPC_CHILD_H
#define FUSE_IPC_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/loop.h"
#include "common/sandbox.h"
#include "ipc/channel.h"
#include "ipc/message.h"
#include "ipc/terms.h"

/* Fixed descriptors that the supervisor gives (supervisor/spawn.c). */
#define CHILD_FD_CHANNEL 3
#define CHILD_FD_LOCK 4 /* the state folder's lock: held by all, so that no second Fuse starts too soon */

struct child;

struct child_duties {
	/* All retained messages are in. Say child_ready() here, or later when it is true. */
	void (*on_synced)(void *arg);
	/* A message of this role's own; `message` is the decoded struct (borrowed fields point into the
	 * frame), `fd` (or -1) belongs to the callee. A frame with HEADER_FLAG_CLEAR has a zeroed struct. */
	void (*on_message)(void *arg, const struct header *header, const void *message, int fd);
	/* STOP or SIGTERM: finish. Then call child_exit(); NULL = exits at once. */
	void (*on_stop)(void *arg, uint32_t deadline_ms);
	void *arg;
};

/* Before child_new(): nothing of this may be needed after it. Locks in, with `paths` left reachable. */
struct child *child_new(enum role role, enum sandbox_profile profile, const struct sandbox_path *paths,
			size_t path_count, const struct child_duties *duties);

/* Run until the end; returns the exit code (exits.def). */
int child_run(struct child *child);

struct loop *child_loop_peek(struct child *child);
uint32_t child_slot(const struct child *child);
/* The entry that this child serves; "" before WELCOME or for roles that are one. */
const char *child_entry_peek(const struct child *child);

void child_ready(struct child *child, const char *sentence);

/* End with `code`: queued messages are flushed first (at most 1 s). */
void child_exit(struct child *child, int code);

/* What the program is busy with, for its obituary: a static string, or NULL. */
void child_doing(const char *what);

/*
 * Send the struct of message `number`. For REPLYs and PARTs use child_reply(). to_role ROLE_NONE = all
 * who may receive it. Returns what the channel says; a struct out of its row's bounds is a bug and aborts.
 */
enum channel_result child_send(struct child *child, enum message number, enum role to_role, uint16_t to_slot,
			       uint32_t request_id, uint32_t retain_key, const void *message, int fd);
/* A retained message of ours is true no longer: forget it everywhere. */
enum channel_result child_clear(struct child *child, enum message number, uint32_t retain_key);
enum channel_result child_reply(struct child *child, const struct header *request, enum message number,
				const void *message, int fd);
enum channel_result child_reply_done(struct child *child, const struct header *request, const char *sentence);
enum channel_result child_reply_refused(struct child *child, const struct header *request, enum refusal reason,
					const char *sentence, const char *remedy);

/* A fresh request_id. */
uint32_t child_next_request_id(struct child *child);

/* A message that breaks what we agreed on came from the supervisor: log and exit EXIT_PROTOCOL. */
_Noreturn void child_protocol_fault(const char *what);

#endif
