/*
 * job_order: new jobs. The same key with the same order gives the same job, for as long as the job is kept, and is
 * refused for as long as the log of decided starts remembers it.
 */
#include <string.h>

#include <sodium.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "ipc/terms.h"
#include "printer/print_options.h"
#include "stored/file_desk.h"
#include "stored/job_desk_inner.h"
#include "stored/printer_desk.h"

/* What is ordered, however it came. */
struct order {
	char serial[PRINTER_SERIAL_BYTES];
	const char *sha256, *key;
	uint32_t plate;
	bool stage_only;
	struct ipc_bytes options; /* JSON; empty = none */
};

/* -- keys ------------------------------------------------------------------------------------------ */

static bool
is_same_order(const struct job_record *record, const struct order *order)
{
	return strcmp(record->job.serial, order->serial) == 0 &&
	       strcmp(record->job.sha256, order->sha256) == 0 && record->job.plate == order->plate &&
	       record->job.stage_only == order->stage_only && strlen(record->options) == order->options.len &&
	       memcmp(record->options, order->options.bytes, order->options.len) == 0;
}

/* The job that this key has made is kept: say that, or that the order is another one. */
static void
answer_known(struct desk *desk, const struct header *request, const struct job_place *place,
	     const struct order *order)
{
	static struct job_record record; /* large */
	struct msg_job_submitted submitted = { .was_there = true };

	if (!job_desk_read(desk, request, place, &record))
		return;
	if (is_same_order(&record, order)) {
		str_copy(submitted.id, sizeof submitted.id, record.job.id);
		child_reply(desk->child, request, MESSAGE_JOB_SUBMITTED, &submitted, -1);
	} else {
		desk_refuse_with(desk, request, REFUSAL_CONFLICT, "Give each new job a key of its own.",
				 "The key was used for another order: job %s.", record.job.id);
	}
}

/* A job that this key has made was started and is not kept: it must not be started again. True: refused. */
static bool
refuse_started(struct desk *desk, const struct header *request, const struct order *order)
{
	const struct armed *armed = &desk->job.armed;
	uint8_t hash[ARMED_KEY_HASH_BYTES];
	char when[CLOCK_UTC_BYTES];

	if (armed_trouble_peek(armed) != NULL) {
		child_reply_refused(desk->child, request, REFUSAL_FAILED, armed_trouble_peek(armed),
				    "Look at the disk of the state folder, then restart Fuse.");
		return true;
	}
	armed_line_hash_key(role_name((enum role)request->from_role), order->key, hash);
	const struct armed_note *note = armed_find_key(armed, hash);
	if (note == NULL)
		return false;
	clock_format_utc(note->entry.wall_ms, when);
	desk_refuse_with(
		desk, request, REFUSAL_CONFLICT,
		"Look at the printer. If it is to be printed once more, order it with a new key.",
		"A job with this key was started already, at %.19sZ on the printer %s; it is no longer kept.",
		when, note->entry.serial);
	return true;
}

/* True: the key was met before, and the request is answered. */
static bool
answer_by_key(struct desk *desk, const struct header *request, const struct order *order)
{
	struct jobs *jobs = &desk->job.jobs;
	struct job_place *place = jobs_find_key(jobs, request->from_role, order->key);

	if (order->key[0] == '\0')
		return false;
	if (place != NULL && place->planned != NULL) { /* what is in the batch is not yet true */
		desk_flush(desk);
		place = jobs_find_key(jobs, request->from_role, order->key);
	}
	if (place == NULL)
		return refuse_started(desk, request, order);
	answer_known(desk, request, place, order);
	return true;
}

/* -- whether it can be ----------------------------------------------------------------------------- */

static bool
refuse_bad_form(struct desk *desk, const struct header *request, const struct order *order)
{
	struct print_options options;
	char sentence[240];

	if (!file_record_is_sha256(order->sha256)) {
		child_reply_refused(desk->child, request, REFUSAL_INVALID,
				    "A file is named by 64 lower-case hex digits.",
				    "`fusectl files` lists them.");
		return true;
	}
	if (order->plate == 0) {
		child_reply_refused(desk->child, request, REFUSAL_INVALID, "Plates are counted from 1.", "");
		return true;
	}
	if (print_options_read(order->options.bytes, order->options.len, &options, sentence, sizeof sentence))
		return false;
	child_reply_refused(desk->child, request, REFUSAL_INVALID, sentence, "");
	return true;
}

static const struct file_record *
find_file(struct desk *desk, const struct header *request, const struct order *order)
{
	const struct file_record *file = file_desk_peek(desk, order->sha256);

	if (file == NULL) {
		child_reply_refused(desk->child, request, REFUSAL_NOT_FOUND,
				    "There is no such file in Fuse's cache.", "Give Fuse the file first.");
		return NULL;
	}
	if (file->check != FILE_CHECK_UNPRINTABLE)
		return file;
	child_reply_refused(desk->child, request, REFUSAL_CONFLICT, file->sentence, file->remedy);
	return NULL;
}

static bool
refuse_too_many(struct desk *desk, const struct header *request, const char *serial)
{
	const struct jobs *jobs = &desk->job.jobs;
	static const char remedy[] = "Wait until some have ended, or cancel those that are no longer wanted.";

	if (jobs_count_open(jobs, serial, NULL) >= JOBS_OPEN_OF_PRINTER) {
		desk_refuse_with(desk, request, REFUSAL_CONFLICT, remedy,
				 "%d jobs wait for this printer already.", JOBS_OPEN_OF_PRINTER);
		return true;
	}
	if (jobs_count_open(jobs, NULL, NULL) < JOBS_OPEN_MAX)
		return false;
	desk_refuse_with(desk, request, REFUSAL_CONFLICT, remedy,
			 "%d jobs wait already, as many as one Fuse keeps.", JOBS_OPEN_MAX);
	return true;
}

/* -- making it ------------------------------------------------------------------------------------- */

/* The printer knows the job by it, so it must be another one than any job has, or had when it was started. */
static uint32_t
new_number(const struct job_desk *own)
{
	uint32_t number;

	do
		number = randombytes_uniform(JOB_NUMBER_MAX) + 1;
	while (jobs_has_number(&own->jobs, number) || armed_find_number(&own->armed, number) != NULL);
	return number;
}

static void
fill(struct job_record *record, const struct job *planned, const struct header *request,
     const struct order *order, uint32_t number)
{
	static const struct job_words words = { "", "The job is kept; the printer's own process takes it up.",
						"", "" };
	struct job *job = &record->job;

	memset(record, 0, sizeof *record);
	*job = *planned;
	str_copy(job->serial, sizeof job->serial, order->serial);
	str_copy(job->sha256, sizeof job->sha256, order->sha256);
	str_copy(job->key, sizeof job->key, order->key);
	job->plate = order->plate;
	job->stage_only = order->stage_only;
	job->origin = request->from_role;
	job->number = number;
	job->created_ms = clock_wall_ms();
	if (order->options.len > 0)
		memcpy(record->options, order->options.bytes, order->options.len);
	job_record_step(record, JOB_RECEIVED, &words, job->created_ms);
}

/* A plan for one more; NULL when it was refused. */
static struct job_place *
plan(struct desk *desk, const struct header *request)
{
	struct job_place *place = jobs_plan_new(&desk->job.jobs, clock_wall_ms());

	if (place == NULL) { /* what ends just now makes room */
		desk_flush(desk);
		place = jobs_plan_new(&desk->job.jobs, clock_wall_ms());
	}
	if (place == NULL)
		desk_refuse_with(desk, request, REFUSAL_BUSY, "Try again in a moment.",
				 "There is no place for one more job.");
	return place;
}

static void
keep(struct desk *desk, const struct header *request, const struct order *order,
     const struct printer_record *printer, const struct file_record *file)
{
	static struct job_record record; /* large */
	static uint8_t bytes[JOB_RECORD_MAX_BYTES];
	struct job_place *place = plan(desk, request);

	if (place == NULL)
		return;
	fill(&record, place->planned, request, order, new_number(&desk->job));
	str_copy(record.job.printer_name, sizeof record.job.printer_name, printer->name);
	str_copy(record.job.file_name, sizeof record.job.file_name, file->name);
	record.job.size_bytes = file->size_bytes;
	*place->planned = record.job;
	job_desk_hold_file(desk, order->sha256);
	struct batch_item *item = desk_new_item(desk, request);
	batch_add_op(item, TABLE_JOBS, record.job.id, bytes, job_record_encode(&record, bytes));
	if (place->kept != NULL) /* the one that ended longest ago makes room */
		batch_add_op(item, TABLE_JOBS, place->kept->id, NULL, 0);
	log_info("a job is ordered", log_str("job", record.job.id), log_str("printer", record.job.serial),
		 log_str("from", role_name((enum role)request->from_role)));
}

static void
take(struct desk *desk, const struct header *request, const struct order *order)
{
	if (refuse_bad_form(desk, request, order) || answer_by_key(desk, request, order))
		return;
	const struct printer_place *printer = printer_desk_find(desk, request, order->serial);
	if (printer == NULL || find_file(desk, request, order) == NULL ||
	    refuse_too_many(desk, request, printer->kept.serial))
		return;
	file_desk_use(desk, order->sha256);
	const struct file_record *file =
		find_file(desk, request, order); /* looked up anew: the desk may have committed */
	if (file != NULL)
		keep(desk, request, order, &printer->kept, file);
}

static bool
take_serial(struct desk *desk, const struct header *request, const char *text, struct order *order)
{
	struct complaint complaint;

	if (printer_rules_serial(text, order->serial, &complaint))
		return true;
	child_reply_refused(desk->child, request, REFUSAL_INVALID, complaint.sentence, complaint.remedy);
	return false;
}

void
job_order_submit(struct desk *desk, const struct header *request, const struct msg_job_submit *message)
{
	struct order order = { .sha256 = message->sha256,
			       .key = message->key,
			       .plate = message->plate,
			       .stage_only = message->stage_only,
			       .options = message->options };

	if (take_serial(desk, request, message->serial, &order))
		take(desk, request, &order);
}

void
job_order_again(struct desk *desk, const struct header *request, const struct msg_job_again *message)
{
	static struct job_record record; /* large, and not the one that keys are compared with */
	struct job_place *place = job_desk_find(desk, request, message->id);

	if (place == NULL || !job_desk_read(desk, request, place, &record))
		return;
	if (!job_state_has_ended(record.job.state)) {
		desk_refuse_with(desk, request, REFUSAL_CONFLICT,
				 "Wait for its end, or submit a job of its own.",
				 "The job has not ended: it is %s.", job_state_name(record.job.state));
		return;
	}
	struct order order = { .sha256 = record.job.sha256,
			       .key = message->key,
			       .plate = record.job.plate,
			       .stage_only = record.job.stage_only,
			       .options = { (const uint8_t *)record.options, strlen(record.options) } };
	str_copy(order.serial, sizeof order.serial, record.job.serial);
	take(desk, request, &order);
}
