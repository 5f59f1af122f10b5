/*
 * intake_kept: what was hashed becomes a file of the cache, or one that is there already.
 */
#include "stored/intake_inner.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/crashpoint.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "stored/cache_folder.h"
#include "stored/file_desk_inner.h"

/* The ticket under which the content lies now. */
static uint32_t
content_ticket(const struct room *room)
{
	return room->copy_ticket != 0 ? room->copy_ticket : room->ticket;
}

static void
say_kept(struct desk *desk, const struct header *request, const char *sha256, bool was_there)
{
	struct msg_file_kept reply = { .was_there = was_there };

	str_copy(reply.sha256, sizeof reply.sha256, sha256);
	child_reply(desk->child, request, MESSAGE_FILE_KEPT, &reply, -1);
}

/* We have this content. Who has just sent it looks for it under the name that he gave it; and one that was found
 * damaged is whole again. */
static void
take_again(struct desk *desk, struct room *room, struct cache_file *file)
{
	const struct cache_folder *folder = &desk->files.folder;
	struct header request = room->request;
	struct fault fault;
	int error = 0;

	if (cache_folder_has_lost(folder, file->record.sha256, file->record.size_bytes))
		error = cache_folder_keep(folder, content_ticket(room), file->record.sha256);
	bool renamed = strcmp(file->record.name, room->name) != 0;
	str_copy(file->record.name, sizeof file->record.name, room->name);
	intake_clear_room(desk, room);
	if (error != 0) {
		fault_from_error(&fault, error, "keep a file", folder->path);
		desk_refuse(desk, &request, &fault);
		return;
	}
	if (renamed && file->record.check != FILE_CHECK_PRINTABLE)
		file->record.check = FILE_CHECK_WAITING; /* the ending of a name tells what to look for */
	if (cache_touch(&desk->files.cache, file, clock_wall_ms(), false) || renamed) {
		file->is_untold = true;
		file_desk_note(desk, file);
	}
	file_desk_tell_before_answer(desk);
	say_kept(desk, &request, file->record.sha256, true);
	file_desk_work_soon(desk);
}

/* A new one: its name on the disk, its record in the batch; FILE_KEPT when that is on the disk, too. */
static void
take_new(struct desk *desk, struct room *room, const char *sha256)
{
	struct header request = room->request;
	uint8_t bytes[FILE_RECORD_MAX_BYTES];
	struct fault fault;

	if (!file_desk_make_place(desk, &request, room->size_bytes)) {
		intake_clear_room(desk, room);
		return;
	}
	struct cache_file *file = cache_plan(&desk->files.cache, sha256, room->size_bytes);
	ENSURE(file != NULL);
	str_copy(file->record.name, sizeof file->record.name, room->name);
	file->record.created_ms = file->record.used_ms = clock_wall_ms();
	crash_point("stored-file-hashed");
	int error = cache_folder_keep(&desk->files.folder, content_ticket(room), sha256);
	intake_clear_room(desk, room);
	if (error != 0) {
		cache_forget(&desk->files.cache, file);
		fault_from_error(&fault, error, "keep a file", desk->files.folder.path);
		desk_refuse(desk, &request, &fault);
		return;
	}
	crash_point("stored-file-named");
	struct batch_item *item = desk_new_item(desk, &request);
	batch_add_op(item, TABLE_FILES, sha256, bytes, file_record_encode(&file->record, bytes));
}

void
intake_answer(struct desk *desk, const struct batch_item *item, const struct fault *fault)
{
	const char *sha256 = item->ops[0].key;
	struct cache_file *file = cache_look_up(&desk->files.cache, sha256);

	ENSURE(file != NULL);
	if (fault->outcome == OUTCOME_DONE)
		log_info("a file was taken into the cache", log_str("name", file->record.name),
			 log_int("bytes", (int64_t)file->record.size_bytes), log_str("sha256", sha256));
	else
		cache_folder_remove(&desk->files.folder, sha256);
	cache_settle(&desk->files.cache, file, fault->outcome == OUTCOME_DONE);
	file_desk_tell_before_answer(desk);
	if (fault->outcome == OUTCOME_DONE)
		say_kept(desk, &item->request, sha256, false);
	else
		desk_refuse(desk, &item->request, fault);
	file_desk_work_soon(desk);
}

static void
refuse_hashed(struct desk *desk, struct room *room, int error)
{
	struct header request = room->request;
	struct fault fault;

	if (error == EILSEQ) {
		intake_refuse_room(desk, room, REFUSAL_CONFLICT, "The file was changed while it was looked at.",
				   "Send the file again.");
		return;
	}
	intake_clear_room(desk, room);
	fault_from_error(&fault, error, "write a file to the disk", desk->files.folder.path);
	desk_refuse(desk, &request, &fault);
}

void
intake_on_hashed(void *arg, const void *done)
{
	const struct file_hasher_job *job = done;
	struct desk *desk = arg;
	struct room *room = NULL;

	for (size_t i = 0; i < INTAKE_ROOMS_MAX; i++)
		if (desk->files.intake.rooms[i].state == ROOM_HASHING &&
		    desk->files.intake.rooms[i].ticket == job->ticket)
			room = &desk->files.intake.rooms[i];
	ENSURE(room != NULL);
	if (room->is_given_up) {
		intake_clear_room(desk, room);
		return;
	}
	if (job->error != 0) {
		refuse_hashed(desk, room, job->error);
		return;
	}
	if (room->expected[0] != '\0' && strcmp(room->expected, job->sha256) != 0) {
		intake_refuse_room(desk, room, REFUSAL_INVALID,
				   "The file is not what it should be: its SHA-256 is another one.",
				   "It was damaged on its way: send it again.");
		return;
	}
	struct cache_file *file = cache_look_up(&desk->files.cache, job->sha256);
	if (file != NULL && file->state == CACHE_PLANNED) {
		desk_flush(desk); /* the same came twice in one turn */
		file = cache_look_up(&desk->files.cache, job->sha256);
	}
	if (file != NULL)
		take_again(desk, room, file);
	else
		take_new(desk, room, job->sha256);
}
