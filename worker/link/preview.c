/*
 * preview: a question, the file, an answer.
 */
#include "worker/link/preview.h"

#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "printer/preflight.h"
#include "worker/link/worker.h"

/* Blocks as large as this are given back to the system when they are freed. */
#define ROOM_BYTES (128 * 1024)
_Static_assert(PREFLIGHT_JSON_MAX_BYTES + sizeof(struct preflight) <= ROOM_BYTES, "a larger room");

struct room {
	struct preflight preflight;
	char json[PREFLIGHT_JSON_MAX_BYTES];
};

static void
end(struct preview *preview)
{
	free(preview->options);
	memset(preview, 0, sizeof *preview);
}

static struct preview *
free_place(struct worker *worker)
{
	for (unsigned i = 0; i < PREVIEWS_MAX; i++)
		if (worker->previews.open[i].request.request_id == 0)
			return &worker->previews.open[i];
	return NULL;
}

static struct preview *
find_open(struct worker *worker, uint32_t plates_request)
{
	for (unsigned i = 0; i < PREVIEWS_MAX; i++) {
		struct preview *preview = &worker->previews.open[i];
		if (preview->request.request_id != 0 && preview->plates_request == plates_request)
			return preview;
	}
	return NULL;
}

void
preview_begin(struct worker *worker, const struct header *request, const struct msg_preflight *message)
{
	struct preview *preview = free_place(worker);
	struct msg_file_plates_want want = { 0 };

	if (worker->state.full_ms == 0) {
		child_reply_refused(worker->child, request, REFUSAL_UNREACHABLE,
				    "The printer has not reported yet.", "`fusectl doctor` shows why.");
		return;
	}
	if (preview == NULL) {
		child_reply_refused(worker->child, request, REFUSAL_BUSY,
				    "Too many ask about this printer at once.", "Try again in a moment.");
		return;
	}
	preview->request = *request;
	preview->plate = message->plate;
	preview->stage_only = message->stage_only;
	preview->options = strndup((const char *)message->options.bytes, message->options.len);
	ENSURE(preview->options != NULL);
	preview->plates_request = child_next_request_id(worker->child);
	str_copy(want.sha256, sizeof want.sha256, message->sha256);
	child_send(worker->child, MESSAGE_FILE_PLATES_WANT, ROLE_STORED, 0, preview->plates_request, 0, &want,
		   -1);
}

static void
answer(struct worker *worker, struct preview *preview, const struct plates *plates)
{
	char fault[200];
	struct print_options options;
	struct preflight_input input = { .plates = plates,
					 .plate = preview->plate,
					 .stage_only = preview->stage_only,
					 .model = worker->link.model,
					 .state = &worker->state,
					 .developer_mode = worker->link.developer_mode,
					 .plate_used = worker->jobdesk.plate_used && !worker->jobdesk.starts_unasked,
					 .options = &options };
	struct msg_preflight_result result = { 0 };

	if (!print_options_read(preview->options, strlen(preview->options), &options, fault, sizeof fault)) {
		child_reply_refused(worker->child, &preview->request, REFUSAL_INVALID, fault, "");
		return;
	}
	struct room *room = malloc(ROOM_BYTES);
	ENSURE(room != NULL);
	preflight_look(&input, &room->preflight);
	size_t len = preflight_json(&input, &room->preflight, room->json, sizeof room->json);
	result.json = (struct ipc_bytes){ (const uint8_t *)room->json, len };
	child_reply(worker->child, &preview->request, MESSAGE_PREFLIGHT_RESULT, &result, -1);
	free(room);
}

bool
preview_on_message(struct worker *worker, const struct header *header, const void *message)
{
	bool is_refused = header->number == MESSAGE_REFUSED;
	struct preview *preview;

	if ((!is_refused && header->number != MESSAGE_FILE_PLATES) || header->request_id == 0)
		return false;
	preview = find_open(worker, header->request_id);
	if (preview == NULL)
		return false;
	if (is_refused) {
		const struct msg_refused *refused = message;
		child_reply_refused(worker->child, &preview->request, refused->reason, refused->sentence,
				    refused->remedy);
	} else {
		struct plates *plates = jobdesk_read_plates(message);
		if (plates != NULL)
			answer(worker, preview, plates);
		else
			child_reply_refused(worker->child, &preview->request, REFUSAL_FAILED,
					    "What was found in the file cannot be read.",
					    "Give Fuse the file again.");
		free(plates);
	}
	end(preview);
	return true;
}
