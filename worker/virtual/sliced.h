/*
 * sliced: what is in the files of the card, found out by fuse-filechk: a process of its own for each file, one at a time.
 *
 *	HELPER_WANT → HELPER{slot} → EXAMINE with a descriptor that reads the file → EXAMINED
 *
 * What was found is remembered for the files looked at last, as long as they are the same (size and time). A file at which
 * fuse-filechk dies, or is not done in time, is tried once more; then it cannot be read.
 */
#ifndef FUSE_WORKER_VIRTUAL_SLICED_H
#define FUSE_WORKER_VIRTUAL_SLICED_H

#include "ipc/child.h"
#include "worker/virtual/card.h"
#include "worker/virtual/machine.h"

#define SLICED_REMEMBERED 2 /* files: a struct plates each */
#define SLICED_WAITING_MAX 4
#define SLICED_TRIES 2
#define SLICED_HELPER_MS INT64_C(60000)
#define SLICED_FILE_MS (5 * INT64_C(60000))
#define SLICED_PAUSE_MS INT64_C(1000) /* after a process that was not to be had */

/* What is in `path` is known; NULL: it cannot be read. `plates` is borrowed until this returns. */
typedef void sliced_known_fn(void *arg, const char *path, const struct plates *plates);

struct sliced;

struct sliced *sliced_new(struct child *child, struct card *card, sliced_known_fn *fn, void *arg);
void sliced_free(struct sliced *sliced);

/* As struct machine_duties' `look`: READING is followed by the call of `fn`, never from within. `path` may hold anything. */
enum machine_file sliced_look(struct sliced *sliced, const char *path, const struct plates **ret_plates);

/* An answer to something that was asked here; false: it was asked elsewhere. */
bool sliced_on_reply(struct sliced *sliced, const struct header *header, const void *message);

#endif
