/*
 * test_print: the print that a person tries a virtual printer with: its file is made here, and goes the way of any other:
 * into the cache, then as a job to this printer.
 *
 *	FILE_NEW → FILE_ROOM → (the file is written) → FILE_COMPLETE → FILE_KEPT → JOB_SUBMIT → JOB_SUBMITTED
 *
 * Whoever asked for it is answered at the end, or when a step was refused, with the words of that refusal.
 */
#ifndef FUSE_WORKER_VIRTUAL_TEST_PRINT_H
#define FUSE_WORKER_VIRTUAL_TEST_PRINT_H

#include "ipc/child.h"
#include "printer/models.h"

struct test_print;

struct test_print *test_print_new(struct child *child, const char *serial, const struct model *model, const char *nozzle);
void test_print_free(struct test_print *print); /* one that is under way comes to nothing */

/* Make one; one at a time. `asker` is answered by this. */
void test_print_begin(struct test_print *print, const struct header *asker);

/* An answer to something that was asked here; false: it was asked elsewhere. Takes `fd` then. */
bool test_print_on_reply(struct test_print *print, const struct header *header, const void *message, int fd);

#endif
