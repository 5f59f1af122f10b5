/*
 * helpers: the one-shot processes that others ask for (procs.def, HELPER): started on request, told apart by whom they
 * work for, and ended with it. A helper does one piece of work and exits; it is never restarted.
 */
#ifndef FUSE_SUPERVISOR_HELPERS_H
#define FUSE_SUPERVISOR_HELPERS_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/message.h"
#include "supervisor/switchboard.h"

struct house;
struct proc;

#define HELPER_WANTS_MAX 320 /* that wait for a helper to be ready: each worker may, and stored for its few */

/* A HELPER_WANT that is not answered yet. */
struct helper_want {
	bool waits;
	struct header request;
	enum role role; /* of the helper */
	uint16_t slot;
};

struct helpers {
	struct helper_want wants[HELPER_WANTS_MAX];
};

/* HELPER_WANT of `peer`: answered at once with a refusal, else when the helper is ready or could not be. When as many
 * as may be are at work, the next one starts as soon as one of them is gone; BUSY when one waits for that already. */
void helpers_want(struct house *house, struct peer *peer, const struct header *request, const struct msg_helper_want *want);

/* HELPER_END of `peer`: stops a helper of its own. */
void helpers_end(struct house *house, const struct peer *peer, const struct msg_helper_end *end);

/* A process changed its state: a helper that is ready is told to who waits for it, and whoever is gone takes its helpers
 * along. Called before the record of a process that is gone may be freed. */
void helpers_on_proc_changed(struct house *house, struct proc *proc);

/* Records of helpers that are gone have been freed: start those that waited for it. */
void helpers_go_on(struct house *house);

#endif
