/*
 * doctor: walks the link phase by phase for a person who asks (DIAGNOSE): what passed, where it breaks, what to do. A
 * link that is down is tried at once, and the steps are told as they happen.
 */
#ifndef FUSE_WORKER_LINK_DOCTOR_H
#define FUSE_WORKER_LINK_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/header.h"
#include "worker/link/faults.h"

#define EXAMS_MAX 8
#define EXAM_MAX_MS 45000

struct exam {
	struct header request; /* request_id 0 = this place is free */
	enum link_phase next;  /* not told yet */
	uint64_t attempt;      /* the attempt that it watches */
	int64_t since_ms;
};

struct doctor {
	struct exam exams[EXAMS_MAX];
};

struct worker;

void doctor_begin(struct worker *worker, const struct header *request, int64_t now_ms, int64_t wall_ms);

/* The link has moved, or time has passed. */
void doctor_look(struct worker *worker, int64_t now_ms, int64_t wall_ms);
int64_t doctor_deadline_ms(const struct doctor *doctor);

#endif
