/*
 * snapshot: copies of the whole database, <dir>/snapshots/<UTC time>-<change count>.mdb. Named last,
 * when whole and synced: what has the name can be trusted to be complete. Ordered by LMDB's change
 * count and not by time, because clocks jump.
 */
#ifndef FUSE_STORED_SNAPSHOT_H
#define FUSE_STORED_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored/outcome.h"
#include "stored/store.h"

#define SNAPSHOT_FOLDER "snapshots"
#define SNAPSHOT_NAME_BYTES 48
#define SNAPSHOTS_MOST 256 /* that are looked at; the setting's greatest number is less */

struct snapshot {
	char name[SNAPSHOT_NAME_BYTES];
	int64_t wall_ms;
	uint64_t txn;
};

struct snapshot_list {
	size_t count;
	struct snapshot newest_first[SNAPSHOTS_MOST];
};

/* "2026-11-22T18-30-00Z-42.mdb" taken apart; false for any other name. Pure. */
bool snapshot_parse_name(const char *name, struct snapshot *ret_snapshot);

/* What is in <dir>/snapshots; none when there is no such folder. */
void snapshot_list(const char *dir, struct snapshot_list *ret_list);

/*
 * Copy the database, unless nothing has changed since the newest snapshot; then remove the oldest
 * beyond `keep`. The database is verified first: DAMAGED = it did not pass, nothing was copied. On a
 * fault there is no partial file.
 */
enum outcome snapshot_take(struct store *store, const char *dir, int64_t wall_ms, size_t keep,
			   bool *ret_taken, struct fault *ret_fault);

#endif
