/*
 * pending: requests to other processes that wait for their answer. Each ends exactly once: with a reply, with a
 * refusal (BUSY when we could not even send it), or at its deadline. Answers to those that were given up are dropped.
 */
#ifndef FUSE_HTTPD_PENDING_H
#define FUSE_HTTPD_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/child.h"

#define PENDINGS_MAX 1024
#define ASK_DEADLINE_MS 10000
#define COMMAND_DEADLINE_MS 20000
#define NO_DEADLINE 0
/* All deadlines are divided by it, and what a client may pause: 1, but in the httpd that a test watches giving up
 * (Makefile, HURRY). */
#ifndef PENDING_HURRY
#define PENDING_HURRY 1
#endif

enum reply_kind {
	REPLY_PART,	 /* more comes */
	REPLY_GIVEN,	 /* the one that ends it */
	REPLY_REFUSED,	 /* `message` is a struct msg_refused */
	REPLY_TIMED_OUT, /* no message */
};

struct reply {
	enum reply_kind kind;
	unsigned number;     /* enum message */
	const void *message; /* borrowed */
	int *fd;	     /* that came along; see reply_take_fd() */
};

/* The descriptor that came with a reply is the caller's now; -1: there is none, or it was taken already. What nobody
 * takes is closed. */
int reply_take_fd(const struct reply *reply);

typedef void reply_fn(void *owner, unsigned cookie, const struct reply *reply);

struct ask {
	enum message number;
	enum role to_role;
	uint16_t to_slot;
	const void *message;
	int fd;		     /* to go along (stays the caller's), or -1 */
	int64_t deadline_ms; /* from now; NO_DEADLINE */
	reply_fn *on_reply;  /* never called from within pending_ask() */
	void *owner;
	unsigned cookie;     /* given back to on_reply */
};

struct pendings;

struct pendings *pendings_new(struct child *child);
void pendings_free(struct pendings *pendings);

/* Returns the number of the request (its request_id). */
uint32_t pending_ask(struct pendings *pendings, const struct ask *ask);

/* Nothing of `owner`'s is waited for any more. */
void pending_forget(struct pendings *pendings, const void *owner);

/* A REPLY or PART has come, with the descriptor `fd` (taken over) or -1. False: nobody waits for it any more. */
bool pending_on_message(struct pendings *pendings, const struct header *header, const void *message, int fd);

#endif
