/*
 * rest_storage: Fuse's own files on a printer's storage. The printer is asked anew each time: it takes some seconds.
 */

#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/known_json.h"
#include "httpd/rest.h"
#include "httpd/routes.h"

#define STORAGE_DEADLINE_MS 60000
#define STORAGE_FILES_MAX 1024

static void
free_list(void *list)
{
	json_decref(list);
}

static json_t *
storage_file_json(const struct msg_printer_file *file)
{
	json_t *json = json_pack("{s:s, s:I, s:o}", "path", file->path, "sizeBytes", (json_int_t)file->size_bytes, "job",
				 known_json_text(file->job));

	ENSURE(json != NULL);
	return json;
}

static void
on_files(void *owner, unsigned cookie, const struct reply *reply)
{
	json_t *list = request_work(owner);

	(void)cookie;
	if (reply->kind == REPLY_PART) {
		if (reply->number == MESSAGE_PRINTER_FILE && json_array_size(list) < STORAGE_FILES_MAX)
			json_array_append_new(list, storage_file_json(reply->message));
		return;
	}
	if (!request_answer_failure(owner, reply))
		answer_json(owner, 200, json_pack("{s:O}", "files", list));
}

void
rest_printer_files(struct request *request)
{
	const struct msg_printer *printer = rest_find_printer(request);
	struct msg_printer_files_want message = { 0 };
	uint16_t slot;

	if (printer == NULL || !rest_worker_slot(request, printer->serial, &slot))
		return;
	str_copy(message.serial, sizeof message.serial, printer->serial);
	request_set_work(request, json_array(), free_list);
	request_ask(request, MESSAGE_PRINTER_FILES_WANT, ROLE_WORKER, slot, &message, STORAGE_DEADLINE_MS, on_files);
}

void
rest_printer_file_remove(struct request *request)
{
	const struct msg_printer *printer = rest_find_printer(request);
	const char *path = request_text(request, "path");
	struct msg_printer_file_remove message = { 0 };
	uint16_t slot;

	if (printer == NULL)
		return;
	if (path == NULL || path[0] != '/' || !str_copy(message.path, sizeof message.path, path)) {
		answer_problem(request, PROBLEM_BAD_PARAMETER,
			       "\"path\" must be where the file is on the printer, as it is listed.", "");
		return;
	}
	if (!rest_worker_slot(request, printer->serial, &slot))
		return;
	str_copy(message.serial, sizeof message.serial, printer->serial);
	request_ask(request, MESSAGE_PRINTER_FILE_REMOVE, ROLE_WORKER, slot, &message, STORAGE_DEADLINE_MS, rest_answer_gone);
}
