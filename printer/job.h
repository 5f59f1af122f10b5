/*
 * job: which steps a job may take. The worker plans by this and the store keeps nothing else: both ask the same table,
 * so that neither can be talked into a second start. The states are in ipc/terms.h. Pure.
 *
 *	RECEIVED → CHECKED → WAITING → UPLOADING → UPLOADED → STAGED
 *	                                                    → ARMED → SENT → STARTED → RUNNING → DONE | FAILED
 *	                                                              NOT_STARTED | UNKNOWN | CANCELLED
 */
#ifndef FUSE_PRINTER_JOB_H
#define FUSE_PRINTER_JOB_H

#include <stdbool.h>

#include "ipc/terms.h"

/* May a worker step a job from one state to the other (enum job_state)? The same state again: more is told of it. From
 * a state that has ended there is no step at all. False for what is no state. */
bool job_may_step(unsigned from, unsigned to);

/* A job that has ended so may have left its file on the printer, which is to go; a STAGED one's is to stay. */
bool job_state_leaves_file(unsigned state);

/* Nothing was armed yet in this state: the file may be on its way or there, the start is not decided. */
bool job_state_is_before_armed(unsigned state);

#endif
