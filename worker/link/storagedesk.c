/*
 * storagedesk: two folders can hold files of ours: the root, and the one for files that are not started.
 */
#include "worker/link/storagedesk.h"

#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "printer/project_file.h"
#include "worker/link/worker.h"

#define ROOT "/"

static bool
is_refused(struct worker *worker, const struct header *request)
{
	if (!link_is_online(&worker->link)) {
		child_reply_refused(worker->child, request, REFUSAL_UNREACHABLE,
				    "The printer is not connected.", "`fusectl doctor` shows why.");
		return true;
	}
	if (!transfer_is_free(&worker->transfer) || worker->queue.put != PUT_NONE) {
		child_reply_refused(worker->child, request, REFUSAL_BUSY,
				    "A file is on its way to this printer, or its storage is being read.",
				    "Try again when that is over.");
		return true;
	}
	return false;
}

static void
refuse_by_result(struct worker *worker, const struct msg_ftp_result *result)
{
	char remedy[241];

	str_copy(remedy, sizeof remedy, result->remedy);
	child_reply_refused(worker->child, &worker->storagedesk.request, REFUSAL_FAILED, result->sentence,
			    remedy);
}

/* -- listing --------------------------------------------------------------------------------------- */

static void
on_entry(struct worker *worker, const struct msg_ftp_entry *entry)
{
	struct msg_printer_file file = { .size_bytes = entry->size_bytes };
	const char *folder = worker->storagedesk.folder;
	char id[17];

	if (!remote_name_is_ours(entry->name, id) ||
	    !str_format(file.path, sizeof file.path, "%s/%s", strcmp(folder, ROOT) == 0 ? "" : folder,
			entry->name))
		return;
	if (queue_by_path(&worker->queue, file.path) != NULL)
		str_copy(file.job, sizeof file.job, id);
	child_reply(worker->child, &worker->storagedesk.request, MESSAGE_PRINTER_FILE, &file, -1);
}

static void
on_listed(struct worker *worker, const struct msg_ftp_result *result)
{
	struct storagedesk *desk = &worker->storagedesk;
	bool is_root = strcmp(desk->folder, ROOT) == 0;

	/* The other folder need not be there: the root could be read. */
	if (is_root && !result->good) {
		refuse_by_result(worker, result);
	} else if (is_root && worker->link.model->staging_folder[0] != '\0') {
		desk->folder = worker->link.model->staging_folder;
		transfer_list(worker, desk->folder, on_entry, on_listed);
		return;
	} else {
		child_reply_done(worker->child, &desk->request, "");
	}
	desk->request.request_id = 0;
	jobdesk_look(worker);
}

void
storagedesk_list(struct worker *worker, const struct header *request)
{
	if (is_refused(worker, request))
		return;
	worker->storagedesk.request = *request;
	worker->storagedesk.folder = ROOT;
	transfer_list(worker, ROOT, on_entry, on_listed);
}

/* -- deleting ---------------------------------------------------------------------------------------- */

static bool
is_ours(const struct worker *worker, const char *path)
{
	const char *name = strrchr(path, '/'), *folder = worker->link.model->staging_folder;
	size_t len = name != NULL ? (size_t)(name - path) : 0;
	char id[17];

	if (name == NULL || strchr(path, '\n') != NULL || !remote_name_is_ours(name + 1, id))
		return false;
	return len == 0 || (len == strlen(folder) && strncmp(path, folder, len) == 0);
}

static void
on_removed(struct worker *worker, const struct msg_ftp_result *result)
{
	struct storagedesk *desk = &worker->storagedesk;

	if (result->good)
		child_reply_done(worker->child, &desk->request, "The file is deleted from the printer.");
	else
		refuse_by_result(worker, result);
	desk->request.request_id = 0;
	jobdesk_look(worker);
}

void
storagedesk_remove(struct worker *worker, const struct header *request,
		   const struct msg_printer_file_remove *message)
{
	if (!is_ours(worker, message->path)) {
		child_reply_refused(worker->child, request, REFUSAL_FORBIDDEN,
				    "That is no file that Fuse has put there.",
				    "Delete other files at the printer's own screen.");
		return;
	}
	if (queue_by_path(&worker->queue, message->path) != NULL) {
		child_reply_refused(worker->child, request, REFUSAL_CONFLICT,
				    "A job that has not ended needs this file.", "Cancel that job first.");
		return;
	}
	if (is_refused(worker, request))
		return;
	worker->storagedesk.request = *request;
	transfer_remove(worker, message->path, on_removed);
}
