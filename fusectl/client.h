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
	const char *path;    /* borrowed */
	uint8_t *frame;      /* FRAME_MAX_BYTES */
};

/* One part of an answer: the decoded struct of the message that was awaited. */
typedef void client_part_fn(void *arg, const void *message);

struct client_question {
	enum role to;
	enum message number;
	const void *message;   /* the struct of `number` */
	unsigned part_number;  /* of the parts that may come before the end; 0 = none */
	client_part_fn *on_part;
	void *arg;
	bool follow;           /* goes on until the reader of `watch_fd` is gone; no deadline after the question */
	int watch_fd;          /* with `follow` */
};

/* Connect to the socket at `path`, however long it is. `timeout_ms` is for this and for each question. */
enum outcome client_open(struct client *client, const char *path, int timeout_ms, struct failure *failure);
void client_close(struct client *client);

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
