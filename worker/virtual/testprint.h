/*
 * testprint: the test print, from the wish to the job: its file is made (testfile.h) in a room of the cache's, kept there,
 * and submitted for this very printer, like any other.
 *
 *	FILE_NEW → FILE_ROOM → FILE_COMPLETE → FILE_KEPT → JOB_SUBMIT → JOB_SUBMITTED
 */
#ifndef FUSE_WORKER_VIRTUAL_TESTPRINT_H
#define FUSE_WORKER_VIRTUAL_TESTPRINT_H

#include "ipc/child.h"
#include "worker/virtual/testfile.h"

#define TESTPRINT_STEP_MS INT64_C(120000) /* for each answer */

struct testprint;

struct testprint_setup {
	const char *serial, *nozzle; /* copied */
	const struct model *model;
	/* It is a job now, or (`refused` not NULL) why it is none. */
	void (*on_end)(void *arg, const struct msg_refused *refused, const char *sentence);
	void *arg;
};

struct testprint *testprint_new(struct child *child, const struct testprint_setup *setup);
void testprint_free(struct testprint *testprint);

/* False: one is being made. Else `on_end` tells, not from within. */
bool testprint_begin(struct testprint *testprint);

/* An answer to something that was asked here: takes `fd`. False: it was asked elsewhere. */
bool testprint_on_reply(struct testprint *testprint, const struct header *header, const void *message, int fd);

#endif
