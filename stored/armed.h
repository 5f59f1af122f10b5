/*
 * armed: the log of decided starts, <dir>/armed.log: a line for each job that was armed, synced before the job's record
 * says so. It is no part of the database: a snapshot that is restored does not know what was started after it, this
 * log does, so that neither such a job nor a submission with its key is started a second time by a machine.
 *
 * It only grows, and is now and then written anew without what is older than 90 days (but never without a job that is
 * kept). A line that the power cut off is dropped: its job was not answered yet. While it cannot be read or written no
 * job is armed, and armed_trouble_peek() says why.
 */
#ifndef FUSE_STORED_ARMED_H
#define FUSE_STORED_ARMED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored/armed_line.h"
#include "stored/files.h"
#include "stored/outcome.h"

#define ARMED_FILE "armed.log"
#define ARMED_DAMAGED_PREFIX "armed.log.damaged-"
#define ARMED_KEEP_MS (90 * INT64_C(86400000))
#define ARMED_CLOCK_SET_MS 1600000000000 /* an earlier time (of 2020) is of a clock that nobody had set yet */
#define ARMED_SMALL_BYTES (64 * 1024) /* below this it is never written anew */
#define ARMED_MAX_BYTES (16 << 20)    /* a longer one is not read */
#define ARMED_MOST 65536	      /* entries: beyond this the oldest go before their time */

struct armed_note {
	struct armed_entry entry;
	bool is_idle; /* the job's record could not be written then: it was not started */
};

struct armed {
	char dir[FILES_PATH_BYTES];
	int fd; /* to append; -1 = it cannot be used */
	size_t count, room;
	struct armed_note *notes; /* oldest first */
	size_t damaged;		  /* lines that could not be read */
	uint64_t size_bytes;	  /* of the whole lines */
	uint64_t trim_at_bytes;	  /* look whether something can go when it is so long */
	bool has_bad_end;	  /* half a line stands behind them */
	char trouble[240];	  /* why it cannot be read; "" = it could */
};

/* Read it, or make it. Afterwards it is known what it holds, or why nothing may be armed. `dir` is the store's. */
void armed_open(struct armed *ret_armed, const char *dir);
void armed_close(struct armed *armed);

/* Why no job may be armed, for a person; NULL = they may. */
const char *armed_trouble_peek(const struct armed *armed);

/* The newest entry of a job, a number, a key; NULL = none. Borrowed until something is added. */
const struct armed_note *armed_find_job(const struct armed *armed, const char *id);
const struct armed_note *armed_find_number(const struct armed *armed, uint32_t number);
const struct armed_note *armed_find_key(const struct armed *armed,
					const uint8_t key_hash[ARMED_KEY_HASH_BYTES]);

/* Append and sync. DONE: it is on the disk; else it is not in the log. An idle entry of this job is taken up again. */
enum outcome armed_add(struct armed *armed, const struct armed_entry *entry, struct fault *ret_fault);

/* What was added for this job did not come about: its record could not be written, and nobody was answered. */
void armed_set_idle(struct armed *armed, const char *id);

/* Write it anew without what is too old, when it has grown enough for that. `is_kept` says which jobs stay; a failure
 * is logged and tried again later. */
typedef bool armed_is_kept_fn(void *arg, const char *id);
void armed_trim(struct armed *armed, int64_t wall_ms, armed_is_kept_fn *is_kept, void *arg);

/* After damage that a person was told of: keep the damaged file under another name, and go on with what can be read. */
enum outcome armed_set_damage_aside(struct armed *armed, int64_t wall_ms, struct fault *ret_fault);

#endif
