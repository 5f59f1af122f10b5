/*
 * shelf: the retained messages of one sender. The latest one per number, key and receiver is kept;
 * how many there may be is bounded, for a sender that invents keys.
 */
#ifndef FUSE_SUPERVISOR_SHELF_H
#define FUSE_SUPERVISOR_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "ipc/channel.h"

struct kept {
	TAILQ_ENTRY(kept) next;
	struct kept *beside; /* in its bucket */
	struct frame *frame;
};

struct shelf {
	TAILQ_HEAD(, kept) list; /* in the order of their first arrival */
	struct kept **buckets;	 /* to find them by; NULL while they are few */
	size_t count, bytes;
	size_t max_count, max_bytes;
};

void shelf_init(struct shelf *shelf, size_t max_count, size_t max_bytes);
void shelf_fini(struct shelf *shelf);

/* `to` is what `from` was; `from` may be forgotten. */
void shelf_move(struct shelf *to, struct shelf *from);

/* Keep `frame` (a reference is taken) in the place of the one with the same number, key and receiver.
 * False when the shelf is full: nothing changed. */
bool shelf_put(struct shelf *shelf, struct frame *frame);

/* Forget the one that `header` names. False when there is none. */
bool shelf_clear(struct shelf *shelf, const struct header *header);

#endif
