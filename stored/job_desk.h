/*
 * job_desk: the desk's requests about jobs. People and programs submit, cancel and resolve them (job_order.c,
 * job_wish.c), the printer's worker moves them (job_steps.c), and here is what both need, and what is told of them.
 */
#ifndef FUSE_STORED_JOB_DESK_H
#define FUSE_STORED_JOB_DESK_H

#include <stdbool.h>

#include "ipc/child.h"
#include "stored/armed.h"
#include "stored/batch.h"
#include "stored/jobs.h"

struct desk;

struct job_desk {
	struct jobs jobs;
	struct armed armed;
};

/* Read jobs and the log of decided starts, and bring them together; the files are read before, upkeep begins after.
 * DONE, or the fault for which the store cannot serve. */
enum outcome job_desk_begin(struct desk *desk, const char *dir, struct fault *ret_fault);
void job_desk_end(struct desk *desk);

/* At start: tell all jobs, and that there are none at the other places. */
void job_desk_publish_all(struct desk *desk);

/* A message that is about jobs; false when it is not. */
bool job_desk_on_message(struct desk *desk, const struct header *header, const void *message);

/* Does this item move a job? */
bool job_desk_is_step(const struct batch_item *item);

/* What follows from an item that is on the disk now, for all jobs in it; and for one that could not be kept. */
void job_desk_follow_up(struct desk *desk, const struct batch_item *item);
void job_desk_give_up(struct desk *desk, const struct batch_item *item);

/* The answer to an item that has another one than DONE; false when it has not. */
bool job_desk_answer(struct desk *desk, const struct batch_item *item);

/* -- a printer goes -------------------------------------------------------------------------------- */

/* Before its item is begun: what is on its way for jobs of this printer is committed. */
void job_desk_flush_planned(struct desk *desk, const char *serial);
/* In its item: all its jobs end. */
void job_desk_end_all(struct desk *desk, struct batch_item *item, const char *serial);

#endif
