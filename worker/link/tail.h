/*
 * tail: message logs going out through descriptors that were passed to us: one JSON object a line,
 *	{"number":17,"at":"2026-11-22T18:30:00.123Z","direction":"received","kind":"delta","name":"print.push_status",
 *	 "bytes":512,"payload":{…}}
 * `payload` is the message itself when it is JSON, else `text` holds it escaped. At the end of what is kept a
 * reader that follows gets the messages to come; one that is slower than the ring gets {"missed":n}.
 */
#ifndef FUSE_WORKER_LINK_TAIL_H
#define FUSE_WORKER_LINK_TAIL_H

#include <stdbool.h>

#include "common/loop.h"
#include "worker/link/ring.h"

#define TAILS_MAX 8 /* readers at once */

struct tails;

/* `on_end` is called with the `cookie` of a reader that has everything, or went away. */
struct tails *tails_new(struct loop *loop, struct ring *ring, void (*on_end)(void *arg, void *cookie, bool complete),
			void *arg);
void tails_free(struct tails *tails);

/* Serve `fd` (taken over; made non-blocking) from the newest `most` messages on (0 = all). False when TAILS_MAX are
 * served: then `fd` is closed and on_end is not called. */
bool tails_add(struct tails *tails, int fd, bool follow, unsigned most, void *cookie);

/* A plain text to a descriptor, in the same non-blocking way (the merged report). `text` is taken over (free()). */
bool tails_add_text(struct tails *tails, int fd, char *text, size_t len, void *cookie);

/* Messages were added to the ring. */
void tails_wake(struct tails *tails);

/* Any reader follows. */
bool tails_followed(const struct tails *tails);

#endif
