/*
 * intake_inner: what intake.c and intake_kept.c share; nobody else includes it.
 */
#ifndef FUSE_STORED_INTAKE_INNER_H
#define FUSE_STORED_INTAKE_INNER_H

#include "stored/desk_inner.h"

/* What was written goes; the room is free. */
void intake_clear_room(struct desk *desk, struct room *room);

/* The last answer about a room. */
void intake_refuse_room(struct desk *desk, struct room *room, enum refusal reason, const char *sentence,
			const char *remedy);

/* The content of a room is hashed, or (its `error`) cannot be: a struct file_hasher_job. `arg` is the desk. */
void intake_on_hashed(void *arg, const void *done);

#endif
