/*
 * job_id: names of jobs: 'j', ten digits of time and five that count on, in base 32 (Crockford's, in lower case).
 * Sorted as texts they stand in the order of their coming, whatever the clock does meanwhile. Pure.
 */
#ifndef FUSE_STORED_JOB_ID_H
#define FUSE_STORED_JOB_ID_H

#include <stdbool.h>
#include <stdint.h>

#define JOB_ID_BYTES 17 /* with the NUL */

/* The newest id that was given or seen; all zero = none yet. */
struct job_id_clock {
	uint64_t ms;  /* wall clock, 50 bits */
	uint32_t low; /* 25 bits: at random, then one more for each of the same millisecond */
};

/* An id after all that `clock` knows. `random` is any number. */
void job_id_next(struct job_id_clock *clock, int64_t wall_ms, uint32_t random, char ret_id[JOB_ID_BYTES]);

/* Is this an id? If so `clock` is at it, or beyond it. `clock` may be NULL. */
bool job_id_note(struct job_id_clock *clock, const char *id);

#endif
