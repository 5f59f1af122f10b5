/*
 * file_contents: what is in the files: how an examination ended, and the requests for it.
 */
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "printer/plates.h"
#include "stored/file_desk_inner.h"

/* -- found out -------------------------------------------------------------------------------------------------- */

/* Its check is over, one way or the other. */
static void
conclude(struct desk *desk, struct cache_file *file)
{
	file->record.examined_by = FILE_EXAMINATION;
	file->is_untold = true;
	file_desk_note(desk, file);
	file_desk_work_soon(desk);
	file_desk_tell_listener(desk, file->record.sha256);
}

void
file_desk_note_unexamined(struct desk *desk, struct cache_file *file, const char *sentence)
{
	struct file_record *record = &file->record;

	record->check = FILE_CHECK_FAILED;
	str_copy(record->sentence, sizeof record->sentence, sentence);
	str_copy(record->remedy, sizeof record->remedy,
		 "It is tried again when the file is used. If that fails, too: slice it anew.");
	conclude(desk, file);
}

static void
copy_text(char *to, size_t cap, const char *from)
{
	log_copy_harmless(to, cap, from, strlen(from));
}

/* fuse-filechk has read foreign bytes: what it says is foreign, too. */
void
file_desk_note_examined(struct desk *desk, struct cache_file *file, const struct msg_examined *found)
{
	static struct plates plates;
	struct file_record *record = &file->record;
	const char *fault = NULL;
	int error = 0;

	if (found->json.len > 0 && !plates_read(found->json.bytes, found->json.len, &plates, &fault)) {
		log_error("fuse-filechk says something that cannot be", log_str("name", record->name),
			  log_str("fault", fault));
		file_desk_note_unexamined(desk, file, "What was found out about the file cannot be understood.");
		return;
	}
	if (found->json.len > 0)
		error = cache_folder_put_plates(&desk->files.folder, record->sha256, found->json.bytes,
						found->json.len);
	if (error != 0) {
		file_desk_note_unexamined(desk, file,
					  "What was found out about the file could not be written to the disk.");
		return;
	}
	record->check = found->printable && found->json.len > 0 ? FILE_CHECK_PRINTABLE : FILE_CHECK_UNPRINTABLE;
	record->kind = (enum file_kind)found->kind;
	record->plates = found->plates;
	copy_text(record->model, sizeof record->model, found->model);
	copy_text(record->sentence, sizeof record->sentence, found->sentence);
	copy_text(record->remedy, sizeof record->remedy, found->remedy);
	log_info("a file was looked into", log_str("name", record->name),
		 log_str("check", file_check_name(record->check)), log_str("what", record->sentence));
	file->tries = 0;
	conclude(desk, file);
}

/* -- asked for -------------------------------------------------------------------------------------------------- */

/* It waits to be examined, or is about to again. */
static void
refuse_waiting(struct desk *desk, const struct header *request)
{
	desk_refuse_with(desk, request, REFUSAL_CONFLICT, "Ask again in a moment.",
			 "The file is still being looked into.");
}

/* False, refused, when it is not known what is in the file. */
static bool
is_known_or_refuse(struct desk *desk, const struct header *request, struct cache_file *file)
{
	examiner_try_again(desk, file);
	if (file->record.check == FILE_CHECK_WAITING)
		refuse_waiting(desk, request);
	else if (file->record.check == FILE_CHECK_FAILED)
		desk_refuse_with(desk, request, REFUSAL_FAILED, file->record.remedy, "%s", file->record.sentence);
	else
		return true;
	return false;
}

void
file_desk_give_plates(struct desk *desk, const struct header *request, const struct msg_file_plates_want *message)
{
	static uint8_t json[PLATES_JSON_MAX_BYTES];
	struct cache_file *file = file_desk_find_or_refuse(desk, request, message->sha256);
	size_t len = 0;

	if (file == NULL || !is_known_or_refuse(desk, request, file))
		return;
	int error = cache_folder_get_plates(&desk->files.folder, file->record.sha256, json, sizeof json, &len);
	if (error == 0) {
		const struct msg_file_plates reply = { .json = { json, len } };
		child_reply(desk->child, request, MESSAGE_FILE_PLATES, &reply, -1);
	} else if (file->record.check == FILE_CHECK_UNPRINTABLE) {
		desk_refuse_with(desk, request, REFUSAL_NOT_FOUND, file->record.remedy, "%s", file->record.sentence);
	} else { /* somebody has deleted it: find out anew */
		file->record.check = FILE_CHECK_WAITING;
		file->is_untold = true;
		file_desk_work_soon(desk);
		refuse_waiting(desk, request);
	}
}

void
file_desk_give_picture(struct desk *desk, const struct header *request, const struct msg_file_picture_want *message)
{
	struct cache_file *file = file_desk_find_or_refuse(desk, request, message->sha256);

	if (file == NULL || !is_known_or_refuse(desk, request, file))
		return;
	if (file->record.kind != FILE_KIND_THREE_MF)
		desk_refuse_with(desk, request, REFUSAL_NOT_FOUND, "", "There is no picture in this file.");
	else
		examiner_want_picture(desk, request, message->sha256, message->plate);
}
