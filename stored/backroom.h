/*
 * backroom: what takes long is done on one thread beside the loop, one job after the other, so that whoever asks for
 * something else meanwhile does not wait.
 *
 * The thread is started with the first job, after lock-in. It touches nothing but the job that it has taken. What is
 * left of a job here is wiped as soon as it was handed on.
 */
#ifndef FUSE_STORED_BACKROOM_H
#define FUSE_STORED_BACKROOM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/loop.h"

/* What is done in one; static. */
struct backroom_trade {
	const char *thread_name; /* at most 15 bytes */
	const char *no_thread;	 /* what the log says when none is to be had */
	size_t job_bytes;
	unsigned jobs_max;
	void (*work)(void *job); /* on the thread */
};

/* In the loop: a job is done. What it holds is wiped afterwards. */
typedef void backroom_done_fn(void *arg, const void *job);

struct backroom;

/* NULL (errno) when the system refuses. There is one a trade, as long as the process lives. */
struct backroom *backroom_new(struct loop *loop, const struct backroom_trade *trade, backroom_done_fn *done,
			      void *arg);

/* Take a copy of `job`, one of the trade's. False: as much waits as may, or no thread is to be had. */
bool backroom_add(struct backroom *room, const void *job);

#endif
