/*
 * virtual: what fuse-virtual is made of: the machine (machine.h) between its doors (doors.h), its folder and the store.
 *
 *	main.c			the child: its messages
 *	virtual.c		the machine's time: reports, requests, power; what it remembers
 *	virtual_begin.c		how all of it is made, and the machine's card and file service joined to it
 *	virtual_controls.c	what people turn (VIRTUAL_CONTROL), what follows from it; VIRTUAL_STATE
 *
 * What it remembers is in state.json of its folder, written as a whole: within a second of what somebody did, else
 * every few seconds while something goes on, and at the end. One that makes no sense is set aside, and the printer
 * starts as new.
 */
#ifndef FUSE_WORKER_VIRTUAL_VIRTUAL_H
#define FUSE_WORKER_VIRTUAL_VIRTUAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/secret.h"
#include "ipc/child.h"
#include "worker/virtual/card.h"
#include "worker/virtual/doors.h"
#include "worker/virtual/identity.h"
#include "worker/virtual/machine.h"
#include "worker/virtual/sliced.h"
#include "worker/virtual/testprint.h"

#define VIRTUAL_STATE_BYTES 8192 /* of VIRTUAL_STATE's json */

struct virtual {
	struct child *child;
	struct loop *loop;
	const char *dir;
	struct doors *doors;
	/* From here on since virtual_begin(): */
	struct secret code;
	char exposed[65];
	struct nameplate nameplate;
	struct identity own, other;
	bool shows_other, refuses_code; /* faults as played */
	struct card *card;
	struct sliced *sliced;
	struct testprint *testprint;
	struct machine *machine;	/* NULL before */
	struct loop_timer *time;
	int64_t keep_at_ms; /* not written again before */
	uint64_t kept_hash;
	/* VIRTUAL_STATE as told last, and when. */
	char told[VIRTUAL_STATE_BYTES];
	int64_t told_ms;
	struct header testprint_asker;
	/* A control that waits for another address. */
	uint32_t move_request; /* 0 = none */
	struct header move_asker;
	char move_json[CONTROLS_JSON_MAX_BYTES + 1];
};

/* -- virtual_begin.c ------------------------------------------------------------------------------------------ */

/* The store says who it plays. False: it cannot; logged. */
bool virtual_begin(struct virtual *virtual, struct msg_virtual_mine *mine);
void virtual_end(struct virtual *virtual);
/* It is called otherwise from now on. */
void virtual_on_named(struct virtual *virtual, const char *name);

/* -- virtual.c ------------------------------------------------------------------------------------------------ */

/* After anything that may have changed the machine: tell, open or shut, remember; `soon`: somebody did it. */
void virtual_settle(struct virtual *virtual, bool soon);
void virtual_on_time(void *arg);
/* As broker_request_fn. */
void virtual_on_request(void *arg, const void *json, size_t len);
void virtual_remember(struct virtual *virtual);
void virtual_keep(struct virtual *virtual, bool synced);

/* -- virtual_controls.c ---------------------------------------------------------------------------------------- */

void virtual_on_control(struct virtual *virtual, const struct header *header,
			const struct msg_virtual_control *control);
/* As on_end of struct testprint_setup. */
void virtual_on_testprint_end(void *arg, const struct msg_refused *refused, const char *sentence);
/* Where it is, as the machine tells it: first octet in the low byte; 0 for IPv6. */
uint32_t virtual_address(const struct virtual *virtual);
/* An answer to VIRTUAL_MOVE; `sentence` NULL: DONE. False: it is to no such request. */
bool virtual_on_moved(struct virtual *virtual, uint32_t request_id, const char *sentence);
/* Play the faults that the machine's controls have now. */
void virtual_follow_controls(struct virtual *virtual);
/* The address of an earlier life is not one to have gone from. */
void virtual_forget_move(struct virtual *virtual);
/* Say VIRTUAL_STATE if it has changed; at once, or when the last is a second old. */
void virtual_tell_state(struct virtual *virtual, bool at_once);

#endif
