/*
 * jobdesk: between the queue and the star.
 */
#include "worker/link/jobdesk.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "printer/plates.h"
#include "worker/link/worker.h"

/* A block as large as this is given back to the system when it is freed, smaller ones may stay in the heap. */
#define PLATES_ROOM_BYTES (128 * 1024)
_Static_assert(sizeof(struct plates) <= PLATES_ROOM_BYTES, "a larger room");

static struct queue_world
world_of(struct worker *worker)
{
	return (struct queue_world){ .model = worker->link.model,
				     .state = &worker->state,
				     .online = link_is_online(&worker->link),
				     .developer_mode = worker->link.developer_mode,
				     .store_holds = worker->jobdesk.store_holds,
				     .plate_used = worker->jobdesk.plate_used,
				     .plate_print = worker->jobdesk.plate_print,
				     .starts_unasked = worker->jobdesk.starts_unasked,
				     .exchange_free = transfer_is_free(&worker->transfer),
				     .sequence_id = &worker->link.sequence_id,
				     .now_ms = clock_monotonic_ms() };
}

void
jobdesk_look(struct worker *worker)
{
	struct queue_world world = world_of(worker);

	queue_look(&worker->queue, &world);
}

void
jobdesk_on_report(struct worker *worker, const struct report_summary *summary)
{
	struct queue_world world = world_of(worker);

	queue_on_report(&worker->queue, &world, summary);
}

/* -- duties that go to the store --------------------------------------------------------------- */

static uint32_t
ask_store(struct worker *worker, enum message number, const void *message)
{
	uint32_t request = child_next_request_id(worker->child);

	child_send(worker->child, number, ROLE_STORED, 0, request, 0, message, -1);
	return request;
}

static void
do_want_jobs(void *arg)
{
	struct worker *worker = arg;

	worker->jobdesk.list_request = ask_store(worker, MESSAGE_JOBS_WANT, &(struct msg_jobs_want){});
}

static void
do_step(void *arg, const struct msg_job_step *step)
{
	struct worker *worker = arg;

	worker->jobdesk.step_request = ask_store(worker, MESSAGE_JOB_STEP, step);
}

static void
do_want_plates(void *arg, const char *sha256)
{
	struct worker *worker = arg;
	struct msg_file_plates_want want = { 0 };

	str_copy(want.sha256, sizeof want.sha256, sha256);
	worker->jobdesk.plates_request = ask_store(worker, MESSAGE_FILE_PLATES_WANT, &want);
}

static void
do_note_plate(void *arg, uint64_t print)
{
	struct worker *worker = arg;
	struct msg_plate_used used = { .print = print };

	worker->jobdesk.plate_noted = print;
	worker->jobdesk.plate_request = ask_store(worker, MESSAGE_PLATE_USED, &used);
}

/* -- duties that go to the printer ------------------------------------------------------------------ */

static void
on_put_end(struct worker *worker, const struct msg_ftp_result *result)
{
	struct queue_world world = world_of(worker);

	queue_on_put_end(&worker->queue, &world, result);
}

static void
on_removed(struct worker *worker, const struct msg_ftp_result *result)
{
	struct queue_world world = world_of(worker);

	queue_on_removed(&worker->queue, &world, result->good);
}

static void
do_put(void *arg, const struct job_put *put)
{
	transfer_put(arg, put, on_put_end);
}

static void
do_cancel_put(void *arg)
{
	transfer_cancel(arg);
}

static void
do_remove(void *arg, const char *paths)
{
	transfer_remove(arg, paths, on_removed);
}

static void
on_entry(struct worker *worker, const struct msg_ftp_entry *entry)
{
	if (strcmp(worker->jobdesk.listed_name, entry->name) == 0)
		worker->jobdesk.listed_bytes =
			entry->size_bytes < INT64_MAX ? (int64_t)entry->size_bytes : INT64_MAX;
}

static void
on_listed(struct worker *worker, const struct msg_ftp_result *result)
{
	struct queue_world world = world_of(worker);

	queue_on_listed(&worker->queue, &world, result->good, worker->jobdesk.listed_bytes);
}

static void
do_list(void *arg, const char *path)
{
	struct worker *worker = arg;
	char folder[33] = "/";
	size_t len = (size_t)(strrchr(path, '/') - path);

	if (len > 0 && len < sizeof folder) {
		memcpy(folder, path, len);
		folder[len] = '\0';
	}
	str_copy(worker->jobdesk.listed_name, sizeof worker->jobdesk.listed_name, path + len + 1);
	worker->jobdesk.listed_bytes = -1;
	transfer_list(worker, folder, on_entry, on_listed);
}

static bool
do_publish(void *arg, const struct command_payload *payload)
{
	return worker_publish(arg, payload);
}

static void
do_hold_link(void *arg, int64_t until_ms)
{
	struct worker *worker = arg;

	link_hold_reconnect_until(&worker->link, until_ms);
}

static void
do_ask_full(void *arg)
{
	struct worker *worker = arg;

	link_ask_full(&worker->link, clock_monotonic_ms());
}

void
jobdesk_init(struct worker *worker)
{
	struct queue_duties duties = { do_want_jobs,  do_step,	    do_want_plates, do_put,
				       do_cancel_put, do_list,	    do_remove,	    do_note_plate,
				       do_publish,    do_hold_link, do_ask_full,    worker };

	queue_init(&worker->queue, &duties);
	worker->jobdesk.store_holds = true; /* until the store has said that it does not */
}

/* -- what comes ----------------------------------------------------------------------------------------- */

void
jobdesk_on_printer(struct worker *worker, const struct msg_printer_mine *mine)
{
	struct jobdesk *desk = &worker->jobdesk;

	desk->plate_used = mine->plate_used_ms != 0;
	desk->plate_print = mine->plate_print;
	desk->starts_unasked = mine->starts_unasked;
	if (desk->has_begun) {
		jobdesk_look(worker);
		return;
	}
	desk->has_begun = true;
	struct queue_world world = world_of(worker);
	queue_on_changed(&worker->queue, &world);
}

static void
on_mine(struct worker *worker, const struct msg_job_mine *mine)
{
	/* Its sender has died with a file on its way: what that has said of it stands no more. */
	if (mine->state == JOB_UPLOADING && worker->queue.put == PUT_NONE &&
	    transfer_is_free(&worker->transfer))
		transfer_say_nothing(worker);
	queue_on_mine(&worker->queue, mine);
}

struct plates *
jobdesk_read_plates(const struct msg_file_plates *message)
{
	struct plates *plates = malloc(PLATES_ROOM_BYTES);
	const char *fault;

	ENSURE(plates != NULL);
	if (plates_read(message->json.bytes, message->json.len, plates, &fault))
		return plates;
	log_warn("cannot read what is in a file", log_str("why", fault));
	free(plates);
	return NULL;
}

static void
on_plates(struct worker *worker, const struct msg_file_plates *message)
{
	static const struct msg_refused unreadable = { .reason = REFUSAL_FAILED,
						       .sentence =
							       "What was found in the file cannot be read.",
						       .remedy = "Give Fuse the file again." };
	struct queue_world world = world_of(worker);
	struct plates *plates = jobdesk_read_plates(message);

	worker->jobdesk.plates_request = 0;
	queue_on_plates(&worker->queue, &world, plates, plates == NULL ? &unreadable : NULL);
	free(plates);
}

/* True: the answer was to a request of ours that was open, which it is no more. */
static bool
is_answer(uint32_t *open_request, uint32_t request_id)
{
	if (request_id == 0 || *open_request != request_id)
		return false;
	*open_request = 0;
	return true;
}

static bool
on_done(struct worker *worker, uint32_t request_id)
{
	struct jobdesk *desk = &worker->jobdesk;
	struct queue_world world = world_of(worker);

	if (is_answer(&desk->step_request, request_id)) {
		queue_on_step_done(&worker->queue, &world);
	} else if (is_answer(&desk->list_request, request_id)) {
		queue_on_list_end(&worker->queue, &world, true);
	} else if (is_answer(&desk->plate_request, request_id)) {
		desk->plate_used = world.plate_used = true;
		desk->plate_print = world.plate_print = desk->plate_noted;
		queue_on_plate_noted(&worker->queue, &world, true);
	} else {
		return false;
	}
	return true;
}

static bool
on_refused(struct worker *worker, uint32_t request_id, const struct msg_refused *refused)
{
	struct jobdesk *desk = &worker->jobdesk;
	struct queue_world world = world_of(worker);

	if (is_answer(&desk->step_request, request_id))
		queue_on_step_refused(&worker->queue, &world, refused);
	else if (is_answer(&desk->list_request, request_id))
		queue_on_list_end(&worker->queue, &world, false);
	else if (is_answer(&desk->plates_request, request_id))
		queue_on_plates(&worker->queue, &world, NULL, refused);
	else if (is_answer(&desk->plate_request, request_id))
		queue_on_plate_noted(&worker->queue, &world, false);
	else
		return false;
	return true;
}

static void
on_jobs_changed(struct worker *worker)
{
	struct queue_world world = world_of(worker);

	if (worker->jobdesk.has_begun)
		queue_on_changed(&worker->queue, &world);
}

static void
on_store_status(struct worker *worker, uint32_t generation, const struct msg_store_status *status)
{
	struct jobdesk *desk = &worker->jobdesk;
	bool is_another = desk->store_generation != 0 && desk->store_generation != generation;

	desk->store_generation = generation;
	desk->store_holds = status->holds_prints;
	if (is_another) /* its records may be older than what this worker knows: what they say counts */
		on_jobs_changed(worker);
	else
		jobdesk_look(worker);
}

bool
jobdesk_on_message(struct worker *worker, const struct header *header, const void *message, int fd)
{
	if (transfer_on_message(worker, header, message, fd))
		return true;
	switch (header->number) {
	case MESSAGE_DONE:
		return on_done(worker, header->request_id);
	case MESSAGE_REFUSED:
		return on_refused(worker, header->request_id, message);
	case MESSAGE_JOB_MINE:
		if (header->request_id == worker->jobdesk.list_request)
			on_mine(worker, message);
		return true;
	case MESSAGE_JOBS_CHANGED:
		on_jobs_changed(worker);
		return true;
	case MESSAGE_FILE_PLATES:
		if (header->request_id != worker->jobdesk.plates_request)
			return false;
		on_plates(worker, message);
		return true;
	case MESSAGE_STORE_STATUS:
		on_store_status(worker, header->generation, message);
		return true;
	default:
		return false;
	}
}
