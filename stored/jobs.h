/*
 * jobs: all jobs in memory, each at its place, without their options and stories, which stay on disk. The database has
 * the same, a moment later or earlier: a job whose change is in the batch has a plan beside what is kept, and the plan
 * counts for whoever comes next (a key that is to be kept is taken, a job that is to end still holds its file).
 */
#ifndef FUSE_STORED_JOBS_H
#define FUSE_STORED_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/message.h"
#include "stored/job_record.h"
#include "stored/outcome.h"
#include "stored/store.h"

#define JOBS_OPEN_MAX 512	/* that have not ended */
#define JOBS_OPEN_OF_PRINTER 64 /* of them for one printer */

struct job_place {
	struct job *kept; /* on the disk; NULL = none */
	struct job *
		planned; /* NULL = no change is in the batch; another id than that of `kept`: that one goes */
};

struct jobs {
	struct job_place places[JOBS_MAX];
	struct job_id_clock ids;
};

/* Read them all. A record that cannot be read is logged and left alone. */
enum outcome jobs_load(struct jobs *ret_jobs, struct store *store, struct fault *ret_fault);
void jobs_free(struct jobs *jobs);

size_t jobs_count(const struct jobs *jobs);

/* The place of a job that is kept or planned; NULL when there is none. */
struct job_place *jobs_find(struct jobs *jobs, const char *id);
/* The same by the key that came with it from this role. */
struct job_place *jobs_find_key(struct jobs *jobs, uint32_t origin, const char *key);
bool jobs_has_number(const struct jobs *jobs, uint32_t number);

/* Jobs that have not ended, or whose end is only planned; `serial` or `sha256` NULL = of any printer, with any file. */
size_t jobs_count_open(const struct jobs *jobs, const char *serial, const char *sha256);

/* Jobs of a printer that are kept and have not ended, oldest first. Returns how many, at most `most`. */
size_t jobs_open_of(struct jobs *jobs, const char *serial, struct job_place *ret_places[], size_t most);

/* Jobs of a printer that have ended and may have left their file on it, oldest first. Returns how many, at most `most`. */
size_t jobs_with_file_left(struct jobs *jobs, const char *serial, struct job_place *ret_places[], size_t most);

/*
 * A place for one more, with a plan in which only id and place are set. When all are taken that of the job that ended
 * longest ago, whose record (`kept`) goes in the same change. NULL when no job has ended.
 */
struct job_place *jobs_plan_new(struct jobs *jobs, int64_t wall_ms);

/* Change what is kept: a plan as that is. One change at a time. */
struct job *jobs_plan_change(struct job_place *place);

/* The plan has become true, or (`done` false) never will. */
void jobs_settle(struct job_place *place, bool done);

/* The message that tells everybody. */
void jobs_describe(const struct job *job, struct msg_job *ret_message);

#endif
