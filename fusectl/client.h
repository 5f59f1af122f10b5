/*
 * client: fusectl's side of the socket: connect, ask, read what comes, each with a deadline.
 *
 * What answers is not trusted: an oversized frame, bytes that are no frame, a message that was not asked
 * for, an answer without end and an early goodbye are each one failure in words, and nothing worse.
 */
#ifndef FUSE_FUSECTL_CLIENT_H
#define FUSE_FUSECTL_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "fusectl/outcome.h"
#include "ipc/header.h"
#include "ipc/message.h"

/* An answer has at most so many parts, unless it is followed. */
#define CLIENT_PARTS_MAX 8192

struct client {
	int fd;
	int timeout_ms;
	uint32_t request_id; /* of the newest request */
	bool ignores_late;   /* a question was given up: its answer may still come */
	const char *path;    /* borrowed */
	uint8_t *frame;      /* FRAME_MAX_BYTES */
	int came_fd;         /* with the frame that is being taken; -1 = none */
};

/* One part of an answer, or its end when that is more than DONE: the decoded struct of the message that was
 * awaited. What it borrows is good until the function returns. */
typedef void client_part_fn(void *arg, const void *message);

struct client_question {
	enum role to;
	uint16_t to_slot;      /* of the worker that is meant */
	enum message number;
	const void *message;   /* the struct of `number` */
	int fd;                /* goes along when the message's row says that it carries one; stays the caller's */
	unsigned part_number;  /* of the parts that may come before the end; 0 = none */
	client_part_fn *on_part;
	unsigned progress_number; /* of parts of another kind, that say how far it is; 0 = none */
	client_part_fn *on_progress;
	unsigned reply_number; /* of the reply that ends it in place of DONE; 0 = DONE */
	client_part_fn *on_reply;
	void *arg;
	int timeout_ms;        /* in place of the client's; 0 = the client's */
	bool patient;          /* each part gives it as much time again */
	int *ret_fd;           /* takes the descriptor that the reply brings; NULL = none is wanted */
	bool follow;           /* goes on until the reader of `watch_fd` is gone; no deadline after the question */
	int watch_fd;          /* with `follow` */
};

/* A question that was put and its answer, as far as it has come. The question is borrowed until the end. */
struct client_call {
	const struct client_question *question;
	uint32_t request_id;
	int64_t deadline_ms; /* monotonic; -1 = none */
	unsigned parts;
	bool open;
	enum outcome outcome; /* once it is not open */
	struct msg_done done;
	struct failure failure;
};

/* Connect to the socket at `path`, however long it is. `timeout_ms` is for this and for each question. */
enum outcome client_open(struct client *client, const char *path, int timeout_ms, struct failure *failure);
void client_close(struct client *client);

/* Put a question. Afterwards the call is open, or has failed already. */
void client_begin(struct client *client, const struct client_question *question, struct client_call *call);

/*
 * Wait until something happens to one of the open calls, or one of the descriptors of `also` is ready
 * (poll(2); may be NULL). Several calls may be open; a fault of the connection is the end of all of them.
 */
struct pollfd;
void client_turn(struct client *client, struct client_call *calls, size_t count, struct pollfd *also,
		 size_t also_count);

/* Nobody waits for the answer any more. */
void client_give_up(struct client *client, struct client_call *call);

/*
 * Ask, give each part to `on_part`, and return how it ended. OUTCOME_DONE with DONE's sentence in
 * `ret_done` (may be NULL), or the failure.
 */
enum outcome client_ask(struct client *client, const struct client_question *question,
			struct msg_done *ret_done, struct failure *failure);

/* RECALL: the retained messages of one number. */
enum outcome client_recall(struct client *client, enum message number, client_part_fn *on_part, void *arg,
			   struct failure *failure);

#endif
