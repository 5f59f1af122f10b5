/*
 * file_desk: the desk's requests about print files: room for new ones (intake.h), what is kept (cache.h, cache_folder.h)
 * and what is in it (examiner.h).
 *
 * A file that gives way is unlinked first and its record deleted then: dying between the two leaves a record without a
 * file, which the next start removes, and never a file that comes back. A new file has its name first and its record
 * then: dying between the two leaves a file that nobody was told of, which the next start removes, too.
 */
#ifndef FUSE_STORED_FILE_DESK_H
#define FUSE_STORED_FILE_DESK_H

#include "ipc/child.h"
#include "stored/batch.h"
#include "stored/cache.h"
#include "stored/cache_folder.h"
#include "stored/examiner.h"
#include "stored/intake.h"

struct desk;

/* `fn` is called when a file's `check` is WAITING no longer, or the file is no more. */
typedef void file_desk_examined_fn(struct desk *desk, const char *sha256);

struct file_desk {
	struct cache cache;
	struct cache_folder folder;
	struct intake intake;
	struct examiner examiner;
	struct loop_timer *work_timer;	 /* evict, examine, tell */
	struct loop_timer *status_timer; /* CACHE_STATUS */
	bool is_open;			 /* synced: evicting and telling may begin */
	bool status_armed;
	int64_t status_mono_ms; /* of the last CACHE_STATUS */
	file_desk_examined_fn *on_examined;
};

/* -- for the desk --------------------------------------------------------------------------------------------- */

/* DONE, or the fault for which the store cannot serve. */
enum outcome file_desk_begin(struct desk *desk, const char *dir, struct fault *ret_fault);

/* At start, when the jobs are known: compare with the disk, tell what there is, examine what was not. */
void file_desk_open(struct desk *desk);

/* A message that is about files, or the answer to something that was asked here; it takes `fd` then. False: it is
 * another. */
bool file_desk_on_message(struct desk *desk, const struct header *header, const void *message, int fd);

/* The supervisor says something of a process. */
void file_desk_note_process(struct desk *desk, const struct header *header, const struct msg_proc_status *status);

/* A setting has another value. */
void file_desk_follow_setting(struct desk *desk);

/* A change of TABLE_FILES is on the disk, or (`fault`) cannot be; answers its request. */
void file_desk_answer(struct desk *desk, const struct batch_item *item, const struct fault *fault);

/* -- for the desk of jobs ------------------------------------------------------------------------------------- */

/* The file of this hash, or NULL: its name, size, check and so on. Borrowed until the loop's next turn. */
const struct file_record *file_desk_peek(const struct desk *desk, const char *sha256);

/* So many jobs that have not ended need the file: it is not given up while there is one. Absolute, not a difference;
 * call it for each file with open jobs when the jobs were read (before file_desk_open()), and at each change that is on
 * disk. False when there is no such file. */
bool file_desk_set_open_jobs(struct desk *desk, const char *sha256, uint32_t count);

/* A job is submitted for, or begins to use, the file: it counts as used, and one whose examination came to nothing is
 * looked into again. */
void file_desk_use(struct desk *desk, const char *sha256);

/* Who is told of examinations; there is one. */
void file_desk_tell_examined(struct desk *desk, file_desk_examined_fn *fn);

#endif
