/*
 * switchboard_inner: what switchboard.c (who may say what to whom) and retained.c (what is kept for who comes
 * later) share; nobody else includes it.
 */
#ifndef FUSE_SUPERVISOR_SWITCHBOARD_INNER_H
#define FUSE_SUPERVISOR_SWITCHBOARD_INNER_H

#include "supervisor/switchboard.h"

/* A (role, slot): who sits there now, and what was said from there. */
struct place {
	bool exists;
	struct peer *peer;
	struct shelf shelf;
};

struct places {
	struct place *at; /* by slot */
	size_t count;
};

struct switchboard {
	struct switchboard_events events;
	void *arg;
	struct places places[ROLE_LIMIT];
	struct shelf own;
};

/* The place of (role, slot), or NULL. */
struct place *switchboard_place(struct switchboard *board, unsigned role, uint16_t slot);

/* Does `header` mean this peer (by slot and generation), and may it be spoken to? */
bool switchboard_addresses(const struct header *header, const struct peer *receiver);

/* To every child that the header means and the table permits; `frame` (may be NULL) is the same as header and body. */
void switchboard_forward_to_all(struct switchboard *board, const struct message_spec *spec, struct frame *frame,
				const struct header *header, const uint8_t *body, size_t body_len, int fd);

/* A retained message of a peer: keep it (or forget it, HEADER_FLAG_CLEAR) and pass it on. */
void switchboard_forward_retained(struct switchboard *board, struct peer *peer, const struct message_spec *spec,
				  const struct header *header, const uint8_t *body, size_t body_len);

/* Encode a message of our own; aborts when it is out of its row's bounds. Returns its bytes. */
size_t switchboard_encode(enum message number, const void *message, uint8_t *body, size_t cap);

#endif
