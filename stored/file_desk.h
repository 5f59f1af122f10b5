/*
 * file_desk: the desk's requests about print files: room for new ones (intake.h), what is kept (cache.h, cache_folder.h)
 * and what is in it (examiner.h).
 */
#ifndef FUSE_STORED_FILE_DESK_H
#define FUSE_STORED_FILE_DESK_H

#include "ipc/child.h"
#include "stored/batch.h"
#include "stored/cache.h"

struct desk;

/* -- for the desk of jobs ---------------------------------------------------------------------------------- */

/* The file of this hash, or NULL: its name, size, check and so on. Borrowed until the loop's next turn. */
const struct file_record *file_desk_peek(const struct desk *desk, const char *sha256);

/* So many jobs that have not ended need the file: it is not given up while there is one. Absolute, not a difference; call it
 * for each file with open jobs when the jobs were read (before on_synced), and at each change that is on disk. False
 * when there is no such file. */
bool file_desk_set_open_jobs(struct desk *desk, const char *sha256, uint32_t count);

/* A job is submitted for, or begins to use, the file: it counts as used, and one whose examination came to nothing is
 * looked into again. */
void file_desk_use(struct desk *desk, const char *sha256);

/* `fn` is called when a file's `check` is WAITING no longer, or the file is no more. There is one listener. */
typedef void file_desk_examined_fn(struct desk *desk, const char *sha256);
void file_desk_tell_examined(struct desk *desk, file_desk_examined_fn *fn);

#endif
