/*
 * file_desk: what is kept, what gives way, and what everybody is told of it.
 */
#include "stored/file_desk.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "stored/file_desk_inner.h"

/* -- refusing ------------------------------------------------------------------------------------------------- */

struct cache_file *
file_desk_find_or_refuse(struct desk *desk, const struct header *request, const char *sha256)
{
	struct cache_file *file = cache_look_up(&desk->files.cache, sha256);

	if (file != NULL && file->state == CACHE_KEPT)
		return file;
	desk_refuse_with(desk, request, REFUSAL_NOT_FOUND, "`fusectl files` lists those that are there.",
			 "There is no such file in the cache.");
	return NULL;
}

void
file_desk_tell_listener(struct desk *desk, const char *sha256)
{
	char copy[FILE_SHA256_BYTES];

	str_copy(copy, sizeof copy, sha256);
	if (desk->files.on_examined != NULL)
		desk->files.on_examined(desk, copy);
}

/* -- records -------------------------------------------------------------------------------------------------- */

void
file_desk_note(struct desk *desk, const struct cache_file *file)
{
	static const struct header nobody;
	uint8_t bytes[FILE_RECORD_MAX_BYTES];
	struct batch_item *item = desk_new_item(desk, &nobody);

	batch_add_op(item, TABLE_FILES, file->record.sha256, bytes, file_record_encode(&file->record, bytes));
}

struct batch_item *
file_desk_forget(struct desk *desk, struct cache_file *file, const struct header *request)
{
	char sha256[FILE_SHA256_BYTES];

	str_copy(sha256, sizeof sha256, file->record.sha256);
	cache_forget(&desk->files.cache, file);
	struct batch_item *item = desk_new_item(desk, request);
	batch_add_op(item, TABLE_FILES, sha256, NULL, 0);
	file_desk_work_soon(desk);
	return item;
}

void
file_desk_lose(struct desk *desk, struct cache_file *file, const char *why)
{
	static const struct header nobody;
	char sha256[FILE_SHA256_BYTES];

	str_copy(sha256, sizeof sha256, file->record.sha256);
	log_error("a cached file is lost", log_str("name", file->record.name), log_str("sha256", sha256),
		  log_str("why", why));
	cache_folder_remove(&desk->files.folder, sha256);
	file_desk_forget(desk, file, &nobody);
	file_desk_tell_listener(desk, sha256);
}

int
file_desk_open_or_refuse(struct desk *desk, const struct header *request, struct cache_file *file)
{
	struct fault fault;
	int fd;
	int error = cache_folder_open(&desk->files.folder, file->record.sha256, file->record.size_bytes, &fd);

	if (error == 0)
		return fd;
	if (error == ENOENT || error == EILSEQ || error == ELOOP) {
		file_desk_lose(desk, file, error == ENOENT ? "it is gone from the disk" : "it was changed on the disk");
		desk_refuse_with(desk, request, REFUSAL_NOT_FOUND, "Send it again.",
				 "The file was %s, and is no longer kept.",
				 error == ENOENT ? "gone from the cache's folder" : "damaged in the cache's folder");
	} else {
		fault_from_error(&fault, error, "open a cached file", desk->files.folder.path);
		desk_refuse(desk, request, &fault);
	}
	return -1;
}

/* -- at the end of a turn --------------------------------------------------------------------------------------- */

static void
on_work_timer(void *arg)
{
	struct desk *desk = arg;

	if (!desk->files.is_open)
		return;
	file_desk_evict_beyond(desk, file_desk_limit_bytes(desk), 0);
	examiner_go(desk);
	file_desk_tell_all(desk);
}

void
file_desk_work_soon(struct desk *desk)
{
	loop_timer_set(desk->files.work_timer, 0);
}

/* -- requests --------------------------------------------------------------------------------------------------- */

static void
use(struct desk *desk, struct cache_file *file, bool for_job)
{
	if (!cache_touch(&desk->files.cache, file, clock_wall_ms(), for_job))
		return;
	file_desk_note(desk, file);
	file_desk_work_soon(desk);
}

static void
give(struct desk *desk, const struct header *request, const struct msg_file_want *message)
{
	struct cache_file *file = file_desk_find_or_refuse(desk, request, message->sha256);
	int fd = file != NULL ? file_desk_open_or_refuse(desk, request, file) : -1;
	struct msg_file_given reply;

	if (fd < 0)
		return;
	memset(&reply, 0, sizeof reply);
	str_copy(reply.name, sizeof reply.name, file->record.name);
	reply.size_bytes = file->record.size_bytes;
	use(desk, file, request->from_role == ROLE_WORKER);
	child_reply(desk->child, request, MESSAGE_FILE_GIVEN, &reply, fd);
	close(fd);
}

/* The file is gone, and its record is about to be. */
static struct batch_item *
remove_file(struct desk *desk, const struct header *request, struct cache_file *file)
{
	char sha256[FILE_SHA256_BYTES];

	str_copy(sha256, sizeof sha256, file->record.sha256);
	struct batch_item *item = file_desk_forget(desk, file, request);
	file_desk_tell_listener(desk, sha256);
	return item;
}

static void
remove_one(struct desk *desk, const struct header *request, const struct msg_file_remove *message)
{
	struct fault fault;
	char name[FILE_NAME_BYTES];

	desk_flush(desk); /* a job that is about to be kept holds its file then */
	struct cache_file *file = file_desk_find_or_refuse(desk, request, message->sha256);
	if (file == NULL)
		return;
	if (file->open_jobs > 0) {
		desk_refuse_with(desk, request, REFUSAL_CONFLICT, "Cancel them first, or wait until they are done.",
				 "%u job%s the file.", file->open_jobs,
				 file->open_jobs == 1 ? " still needs" : "s still need");
		return;
	}
	int error = cache_folder_remove(&desk->files.folder, file->record.sha256);
	if (error == 0)
		error = cache_folder_sync(&desk->files.folder);
	if (error != 0) {
		fault_from_error(&fault, error, "delete a file", desk->files.folder.path);
		desk_refuse(desk, request, &fault);
		return;
	}
	str_copy(name, sizeof name, file->record.name);
	struct batch_item *item = remove_file(desk, request, file);
	str_format(item->sentence, sizeof item->sentence, "%s is deleted.", name);
}

/* The next file that no job needs, from `from` on; FILES_MAX = none. */
static size_t
next_unneeded(const struct cache *cache, size_t from)
{
	for (size_t i = from; i < FILES_MAX; i++)
		if (cache->files[i].state == CACHE_KEPT && cache->files[i].open_jobs == 0)
			return i;
	return FILES_MAX;
}

/* All unlinked, then one sync, then the records; the last of those brings the answer. */
static void
clear(struct desk *desk, const struct header *request)
{
	static const struct header nobody;
	struct cache *cache = &desk->files.cache;
	struct fault fault;
	unsigned count = 0;
	int error = 0;

	desk_flush(desk); /* so that no file and no job comes in between */
	for (size_t i = 0; error == 0 && (i = next_unneeded(cache, i)) < FILES_MAX; i++)
		error = cache_folder_remove(&desk->files.folder, cache->files[i].record.sha256);
	if (error == 0)
		error = cache_folder_sync(&desk->files.folder);
	if (error != 0) { /* those that are gone already are found out when they are wanted */
		fault_from_error(&fault, error, "delete a file", desk->files.folder.path);
		desk_refuse(desk, request, &fault);
		return;
	}
	struct batch_item *item = NULL;
	for (size_t i = next_unneeded(cache, 0), next; i < FILES_MAX; i = next, count++) {
		next = next_unneeded(cache, i + 1);
		item = remove_file(desk, next < FILES_MAX ? &nobody : request, &cache->files[i]);
	}
	if (item == NULL)
		child_reply_done(desk->child, request, "There is no file that could be deleted.");
	else
		str_format(item->sentence, sizeof item->sentence, "%u file%s deleted.", count,
			   count == 1 ? " is" : "s are");
}

bool
file_desk_on_message(struct desk *desk, const struct header *header, const void *message, int fd)
{
	switch (header->number) {
	case MESSAGE_FILE_NEW:
		intake_new(desk, header, message);
		return true;
	case MESSAGE_FILE_COMPLETE:
		intake_complete(desk, header, message);
		return true;
	case MESSAGE_FILE_ABANDON:
		intake_abandon(desk, header, message);
		return true;
	case MESSAGE_FILE_WANT:
		give(desk, header, message);
		return true;
	case MESSAGE_FILE_REMOVE:
		remove_one(desk, header, message);
		return true;
	case MESSAGE_FILES_CLEAR:
		clear(desk, header);
		return true;
	case MESSAGE_FILE_PLATES_WANT:
		file_desk_give_plates(desk, header, message);
		return true;
	case MESSAGE_FILE_PICTURE_WANT:
		file_desk_give_picture(desk, header, message);
		return true;
	case MESSAGE_HELPER:
	case MESSAGE_EXAMINED:
	case MESSAGE_PICTURE_MADE:
	case MESSAGE_REFUSED:
		return examiner_on_reply(desk, header, message, fd);
	default:
		return false;
	}
}

void
file_desk_note_process(struct desk *desk, const struct header *header, const struct msg_proc_status *status)
{
	if ((header->flags & HEADER_FLAG_CLEAR) == 0)
		intake_note_process(desk, status);
}

void
file_desk_follow_setting(struct desk *desk)
{
	file_desk_publish_status_soon(desk);
	file_desk_work_soon(desk);
}

void
file_desk_answer(struct desk *desk, const struct batch_item *item, const struct fault *fault)
{
	if (item->request.number == MESSAGE_FILE_COMPLETE) {
		intake_answer(desk, item, fault);
		return;
	}
	if (item->request.number == 0)
		return; /* nobody asked */
	file_desk_tell_before_answer(desk);
	if (fault->outcome == OUTCOME_DONE)
		child_reply_done(desk->child, &item->request, item->sentence);
	else
		desk_refuse(desk, &item->request, fault);
}

/* -- for the desk of jobs --------------------------------------------------------------------------------------- */

const struct file_record *
file_desk_peek(const struct desk *desk, const char *sha256)
{
	const struct cache_file *file = cache_peek(&desk->files.cache, sha256);

	return file != NULL ? &file->record : NULL;
}

bool
file_desk_set_open_jobs(struct desk *desk, const char *sha256, uint32_t count)
{
	if (!cache_set_open_jobs(&desk->files.cache, sha256, count))
		return false;
	file_desk_work_soon(desk);
	return true;
}

void
file_desk_use(struct desk *desk, const char *sha256)
{
	struct cache_file *file = cache_look_up(&desk->files.cache, sha256);

	if (file == NULL || file->state != CACHE_KEPT)
		return;
	use(desk, file, true);
	examiner_try_again(desk, file);
}

void
file_desk_tell_examined(struct desk *desk, file_desk_examined_fn *fn)
{
	desk->files.on_examined = fn;
}

/* -- life ------------------------------------------------------------------------------------------------------- */

static bool
is_known(void *arg, const char *sha256, uint64_t size_bytes)
{
	const struct cache_file *file = cache_peek(arg, sha256);

	return file != NULL && file->record.size_bytes == size_bytes;
}

/* Records and files may part: by a crash, by hand, or by a restored database. What has only one of the two goes. */
static void
compare_with_disk(struct desk *desk)
{
	struct file_desk *own = &desk->files;
	unsigned removed = 0;

	child_doing("looking through the cache of files");
	int error = cache_folder_scrub(&own->folder, is_known, &own->cache, &removed);
	if (error != 0)
		log_error("the cache of files cannot be looked through", log_str("folder", own->folder.path),
			  log_str("error", strerror(error)));
	else if (removed > 0)
		log_warn("removed files of the cache that nobody knows of", log_int("files", removed));
	for (size_t i = 0; i < FILES_MAX && error == 0; i++) {
		struct cache_file *file = &own->cache.files[i];
		if (file->state == CACHE_KEPT &&
		    cache_folder_has_lost(&own->folder, file->record.sha256, file->record.size_bytes))
			file_desk_lose(desk, file, "it is not on the disk as it was kept");
	}
	child_doing(NULL);
}

void
file_desk_open(struct desk *desk)
{
	struct file_desk *own = &desk->files;

	own->is_open = true;
	compare_with_disk(desk);
	for (size_t i = 0; i < FILES_MAX; i++)
		own->cache.files[i].is_untold = true;
	file_desk_publish_status(desk);
	file_desk_tell_all(desk);
	file_desk_work_soon(desk);
}

enum outcome
file_desk_begin(struct desk *desk, const char *dir, struct fault *ret_fault)
{
	struct file_desk *own = &desk->files;
	struct loop *loop = child_loop_peek(desk->child);

	signal(SIGIO, SIG_IGN); /* of a lease (cache_folder.h): nobody can break one, but for a person with a shell */
	own->work_timer = loop_timer_new(loop, on_work_timer, desk);
	own->status_timer = loop_timer_new(loop, file_desk_on_status_timer, desk);
	int error = cache_folder_begin(&own->folder, dir);
	if (error != 0)
		log_error("the cache's folder cannot be made", log_str("folder", own->folder.path),
			  log_str("error", strerror(error)));
	examiner_begin(desk);
	if (cache_load(&own->cache, desk->store, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	return intake_begin(desk, ret_fault);
}
