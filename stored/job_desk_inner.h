/*
 * job_desk_inner: what job_desk.c, job_order.c, job_steps.c and job_wish.c share; nobody else includes it.
 */
#ifndef FUSE_STORED_JOB_DESK_INNER_H
#define FUSE_STORED_JOB_DESK_INNER_H

#include "stored/desk_inner.h"
#include "stored/job_desk.h"

/* The place of a job, with no change of it on its way; NULL when there is none, and the request was refused. */
struct job_place *job_desk_find(struct desk *desk, const struct header *request, const char *id);

/* Read the whole record of a job that is kept. False: the request was refused. */
bool job_desk_read(struct desk *desk, const struct header *request, const struct job_place *place,
		   struct job_record *ret_record);

/* Put a changed record into the batch, as the plan of its place. The caller adds the sentence of the answer. */
struct batch_item *job_desk_change(struct desk *desk, const struct header *request, struct job_place *place,
				   const struct job_record *record);

/* Tell the cache how many jobs need a file: those that are kept and those that are planned. */
void job_desk_hold_file(struct desk *desk, const char *sha256);

/* The line of the log of decided starts for a job. */
void job_desk_describe_start(const struct job *job, int64_t wall_ms, struct armed_entry *ret_entry);

/* End a job whose printer is gone: what a person has said, else CANCELLED. */
void job_desk_end_without_printer(struct job_record *record, enum job_resolution resolved, int64_t now_ms);

/* -- the requests ---------------------------------------------------------------------------------- */

void job_order_submit(struct desk *desk, const struct header *request, const struct msg_job_submit *message);
void job_order_again(struct desk *desk, const struct header *request, const struct msg_job_again *message);

void job_wish_cancel(struct desk *desk, const struct header *request, const struct msg_job_cancel *message);
void job_wish_resolve(struct desk *desk, const struct header *request, const struct msg_job_resolve *message);
void job_wish_story(struct desk *desk, const struct header *request,
		    const struct msg_job_story_want *message);

void job_steps_want(struct desk *desk, const struct header *request);
void job_steps_step(struct desk *desk, const struct header *request, const struct msg_job_step *message);

#endif
