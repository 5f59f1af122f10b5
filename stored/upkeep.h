/*
 * upkeep: what the store does unasked: snapshots when something has changed and their time has come,
 * looking whether a full or read-only disk takes changes again, and saying how it is (STORE_STATUS, at
 * most once a second).
 */
#ifndef FUSE_STORED_UPKEEP_H
#define FUSE_STORED_UPKEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/child.h"
#include "stored/outcome.h"
#include "stored/store.h"
#include "stored/values.h"

struct upkeep {
	struct child *child;
	struct store *store;
	const struct values *values;
	const char *dir;
	struct loop_timer *snapshot_timer, *probe_timer, *status_timer;
	bool snapshot_armed, status_armed, published;
	bool has_snapshot;
	int64_t snapshot_mono_ms, snapshot_wall_ms; /* of the newest */
	int64_t published_mono_ms;
	enum store_health health;	       /* GOOD, READ_ONLY or FULL */
	char trouble[240];		       /* the last fault; "" in good health */
	char restored[STORE_META_VALUE_BYTES]; /* what a restore lost; "" once confirmed */
};

/* Look at everything once. DONE, or the fault for which the store cannot serve. */
enum outcome upkeep_begin(struct upkeep *upkeep, struct child *child, struct store *store,
			  const struct values *values, const char *dir, struct fault *ret_fault);

/* How a commit ended: health follows from it, and a snapshot and a status become due. DAMAGED ends
 * the process: the next start checks and restores. */
void upkeep_note_commit(struct upkeep *upkeep, const struct fault *fault);

/* A snapshot setting has changed: plan anew. */
void upkeep_reschedule(struct upkeep *upkeep);

/* A person has confirmed the restored state. */
void upkeep_note_confirmed(struct upkeep *upkeep);

/* Say how the store is, now. */
void upkeep_publish(struct upkeep *upkeep);

#endif
