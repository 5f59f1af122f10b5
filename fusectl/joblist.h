/*
 * joblist: the jobs that Fuse keeps, as fusectl sees them, with how far their files are.
 */
#ifndef FUSE_FUSECTL_JOBLIST_H
#define FUSE_FUSECTL_JOBLIST_H

#include "fusectl/ctl.h"

struct joblist {
	struct msg_job *rows; /* the newest first */
	size_t count, cap;
	struct msg_job_progress *progress; /* one for each printer that is sent a file */
	size_t progress_count, progress_cap;
};

/* Connect and fetch. On failure nothing is to be freed. */
enum outcome joblist_fetch(struct ctl *ctl, struct joblist *ret_list);
void joblist_free(struct joblist *list);

/* How far its file is; NULL while none is on its way. */
const struct msg_job_progress *joblist_progress(const struct joblist *list, const struct msg_job *job);

/* The job that `word` means: its id, or an end of that of at least 4 letters which only one has. Pure. */
enum outcome joblist_find(const struct joblist *list, const char *word, const struct msg_job **ret_job,
			  struct failure *failure);

/* As docs/jobs.md has it. `progress` may be NULL. */
json_t *joblist_json(const struct msg_job *job, const struct msg_job_progress *progress);

/* "uploading 45 %, 1.2 MiB/s" */
void joblist_words(const struct msg_job *job, const struct msg_job_progress *progress, char ret_text[120]);

/* Submit, cancel and the like are answered by JOB_SUBMITTED. */
enum outcome joblist_submit(struct ctl *ctl, enum message number, const void *message, struct msg_job_submitted *ret_submitted);

/* Show a job until it has ended, or needs a person; on a terminal with a bar. DONE when it is printed (or staged). */
enum outcome joblist_follow(struct ctl *ctl, const char *id);

#endif
