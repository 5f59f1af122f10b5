/*
 * restore: what to open at start. First, before the program locks itself in, plan: check the
 * database and, when it is damaged or gone, the snapshots, newest first. Then, locked in, carry the
 * plan out: put the new database together under another name, set the old one aside as
 * <dir>/damaged-<UTC>/, and rename. A power failure at any moment leaves a state from which the same
 * plan is made again; nothing is ever deleted.
 */
#ifndef FUSE_STORED_RESTORE_H
#define FUSE_STORED_RESTORE_H

#include <stdbool.h>
#include <stdint.h>

#include "stored/outcome.h"
#include "stored/snapshot.h"

#define RESTORE_DATABASE_FOLDER "db"
#define RESTORE_DATABASE_FILE "db/data.mdb"

enum plan_kind {
	PLAN_SERVE,   /* the database is whole */
	PLAN_FRESH,   /* there never was one: begin with an empty one */
	PLAN_RESTORE, /* damaged or gone: go back to `snapshot` */
	PLAN_EMPTY,   /* damaged or gone, and no snapshot is good: begin with an empty one */
};

struct plan {
	enum plan_kind kind;
	bool damaged;		  /* a database is there and must be set aside */
	struct snapshot snapshot; /* of PLAN_RESTORE */
	char reason[240];	  /* what is wrong with the database, a sentence */
};

/*
 * Look at everything, change nothing. DONE with the plan; else the fault says why Fuse must not start:
 * TOO_NEW, READ_ONLY (may not be read) or STARVED. Forks checkers: not allowed once confined.
 */
enum outcome restore_plan(const char *dir, int64_t check_timeout_ms, struct plan *ret_plan,
			  struct fault *ret_fault);

/*
 * Make it so. After DONE the database can be opened with STORE_MODE_SERVE. After PLAN_RESTORE and
 * PLAN_EMPTY its meta says what was lost (STORE_META_RESTORED), for a person to confirm.
 */
enum outcome restore_carry_out(const char *dir, const struct plan *plan, int64_t wall_ms,
			       struct fault *ret_fault);

#endif
