/*
 * job_desk: read, bring together, tell.
 */
#include "stored/job_desk.h"

#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "printer/job.h"
#include "printer/job_fault.h"
#include "printer/project_file.h"
#include "stored/file_desk.h"
#include "stored/job_desk_inner.h"

/* -- telling --------------------------------------------------------------------------------------- */

static void
publish(struct desk *desk, uint32_t number)
{
	const struct job *job = desk->job.jobs.places[number].kept;
	struct msg_job message;

	if (job == NULL) {
		child_clear(desk->child, MESSAGE_JOB, number);
		return;
	}
	jobs_describe(job, &message);
	child_send(desk->child, MESSAGE_JOB, ROLE_NONE, SLOT_ALL, 0, number, &message, -1);
}

void
job_desk_publish_all(struct desk *desk)
{
	for (uint32_t i = 0; i < JOBS_MAX; i++)
		publish(desk, i);
}

static void
tell_worker(struct desk *desk, const char *serial)
{
	struct msg_jobs_changed changed;
	uint16_t slot;

	memset(&changed, 0, sizeof changed);
	if (peers_find_worker(&desk->peers, serial, &slot))
		child_send(desk->child, MESSAGE_JOBS_CHANGED, ROLE_WORKER, slot, 0, 0, &changed, -1);
}

void
job_desk_hold_file(struct desk *desk, const char *sha256)
{
	file_desk_set_open_jobs(desk, sha256, (uint32_t)jobs_count_open(&desk->job.jobs, NULL, sha256));
}

/* A file was looked into, or is no more: those who have jobs with it can go on. */
static void
on_examined(struct desk *desk, const char *sha256)
{
	const struct jobs *jobs = &desk->job.jobs;

	for (size_t i = 0; i < JOBS_MAX; i++) {
		const struct job *job = jobs->places[i].kept;
		if (job != NULL && !job_state_has_ended(job->state) && strcmp(job->sha256, sha256) == 0)
			tell_worker(desk, job->serial);
	}
}

/* -- what all requests need ------------------------------------------------------------------------ */

struct job_place *
job_desk_find(struct desk *desk, const struct header *request, const char *id)
{
	struct job_place *place = jobs_find(&desk->job.jobs, id);

	if (place != NULL && place->planned != NULL) {
		desk_flush(desk);
		place = jobs_find(&desk->job.jobs, id);
	}
	if (place == NULL)
		desk_refuse_with(desk, request, REFUSAL_NOT_FOUND, "`fusectl jobs` lists them.",
				 "There is no job '%s'.", id);
	return place;
}

/* What memory knows of it counts; the disk adds options and story. */
static enum outcome
read_record(struct desk *desk, const struct job *job, struct job_record *ret_record, struct fault *ret_fault)
{
	static uint8_t bytes[JOB_RECORD_MAX_BYTES];
	const char *why;
	size_t len;

	if (store_get(desk->store, TABLE_JOBS, job->id, strlen(job->id), bytes, sizeof bytes, &len,
		      ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	if (!job_record_decode(job->id, strlen(job->id), bytes, len, ret_record, &why))
		return fault_say(ret_fault, OUTCOME_FAILED, "The record of this job cannot be read.");
	ret_record->job = *job;
	return OUTCOME_DONE;
}

bool
job_desk_read(struct desk *desk, const struct header *request, const struct job_place *place,
	      struct job_record *ret_record)
{
	struct fault fault;

	if (read_record(desk, place->kept, ret_record, &fault) == OUTCOME_DONE)
		return true;
	desk_refuse(desk, request, &fault);
	upkeep_note_commit(&desk->upkeep, &fault);
	return false;
}

static void
add_record(struct batch_item *item, struct job_place *place, const struct job_record *record)
{
	static uint8_t bytes[JOB_RECORD_MAX_BYTES];

	*jobs_plan_change(place) = record->job;
	batch_add_op(item, TABLE_JOBS, record->job.id, bytes, job_record_encode(record, bytes));
}

struct batch_item *
job_desk_change(struct desk *desk, const struct header *request, struct job_place *place,
		const struct job_record *record)
{
	struct batch_item *item = desk_new_item(desk, request);

	add_record(item, place, record);
	return item;
}

void
job_desk_describe_start(const struct job *job, int64_t wall_ms, struct armed_entry *ret_entry)
{
	*ret_entry = (struct armed_entry){ .wall_ms = wall_ms,
					   .number = job->number,
					   .has_key = job->key[0] != '\0' };
	str_copy(ret_entry->id, sizeof ret_entry->id, job->id);
	str_copy(ret_entry->serial, sizeof ret_entry->serial, job->serial);
	if (ret_entry->has_key)
		armed_line_hash_key(role_name((enum role)job->origin), job->key, ret_entry->key_hash);
}

/* -- what follows ---------------------------------------------------------------------------------- */

bool
job_desk_is_step(const struct batch_item *item)
{
	return item->request.number == MESSAGE_JOB_STEP;
}

static bool
is_kept(void *arg, const char *id)
{
	return jobs_find(arg, id) != NULL;
}

static void
follow_up_job(struct desk *desk, const struct batch_item *item, struct job_place *place)
{
	uint32_t number = (uint32_t)(place - desk->job.jobs.places);
	bool is_other = place->kept != NULL && strcmp(place->kept->id, place->planned->id) != 0;

	jobs_settle(place, true);
	if (is_other) /* another job's place: that one is gone */
		child_clear(desk->child, MESSAGE_JOB, number);
	publish(desk, number);
	job_desk_hold_file(desk, place->kept->sha256);
	if (!job_desk_is_step(item)) /* a step is the worker's own word */
		tell_worker(desk, place->kept->serial);
	else if (place->kept->state == JOB_ARMED)
		armed_trim(&desk->job.armed, clock_wall_ms(), is_kept, &desk->job.jobs);
}

static void
give_up_job(struct desk *desk, struct job_place *place)
{
	char id[JOB_ID_BYTES], sha256[JOB_SHA256_BYTES];

	str_copy(id, sizeof id, place->planned->id);
	str_copy(sha256, sizeof sha256, place->planned->sha256);
	if (place->planned->state == JOB_ARMED && place->kept->state != JOB_ARMED)
		armed_set_idle(&desk->job.armed, id);
	jobs_settle(place, false);
	job_desk_hold_file(desk, sha256);
}

/* The places of an item's jobs; a record that goes makes room for another of the same item. */
static struct job_place *
place_of(struct desk *desk, const struct batch_op *op)
{
	return op->table == TABLE_JOBS && !op->removes ? jobs_find(&desk->job.jobs, op->key) : NULL;
}

void
job_desk_follow_up(struct desk *desk, const struct batch_item *item)
{
	for (size_t i = 0; i < item->op_count; i++) {
		struct job_place *place = place_of(desk, &item->ops[i]);
		if (place != NULL)
			follow_up_job(desk, item, place);
	}
}

void
job_desk_give_up(struct desk *desk, const struct batch_item *item)
{
	for (size_t i = 0; i < item->op_count; i++) {
		struct job_place *place = place_of(desk, &item->ops[i]);
		if (place != NULL)
			give_up_job(desk, place);
	}
}

bool
job_desk_answer(struct desk *desk, const struct batch_item *item)
{
	struct msg_job_submitted submitted = { .was_there = false };

	if (item->request.number != MESSAGE_JOB_SUBMIT && item->request.number != MESSAGE_JOB_AGAIN)
		return false;
	str_copy(submitted.id, sizeof submitted.id, item->ops[0].key);
	child_reply(desk->child, &item->request, MESSAGE_JOB_SUBMITTED, &submitted, -1);
	return true;
}

/* -- a printer goes -------------------------------------------------------------------------------- */

void
job_desk_end_without_printer(struct job_record *record, enum job_resolution resolved, int64_t now_ms)
{
	static const enum job_state ends[JOB_RESOLUTION_COUNT] = {
		[JOB_RESOLUTION_NONE] = JOB_CANCELLED,	  [JOB_RESOLUTION_NOT_STARTED] = JOB_NOT_STARTED,
		[JOB_RESOLUTION_STARTED] = JOB_CANCELLED, [JOB_RESOLUTION_DONE] = JOB_DONE,
		[JOB_RESOLUTION_FAILED] = JOB_FAILED,
	};
	struct job_words words = { .fault = job_fault_name(JOB_FAULT_PRINTER_REMOVED),
				   .remedy = "",
				   .evidence = "" };
	bool may_run = record->job.armed_ms != 0;

	words.sentence = may_run ? "The printer was removed from Fuse. The print was started and may run on "
				   "at the printer."
				 : "The printer was removed from Fuse before this job was started.";
	if (may_run)
		words.remedy = "Look at the printer, and stop the print there if it is not wanted.";
	if (resolved != JOB_RESOLUTION_NONE && resolved != JOB_RESOLUTION_STARTED) {
		words.fault = job_fault_name(JOB_FAULT_RESOLVED);
		words.sentence = job_fault_sentence(JOB_FAULT_RESOLVED);
		words.remedy = "";
	}
	job_record_step(record, ends[resolved], &words, now_ms);
}

_Static_assert(JOBS_OPEN_OF_PRINTER + 2 <= BATCH_OPS_MOST, "a printer goes with all its jobs in one change");
_Static_assert((JOBS_OPEN_OF_PRINTER + 1) * JOB_RECORD_MAX_BYTES <= BATCH_ITEM_MAX_BYTES,
	       "and their records fit");

void
job_desk_flush_planned(struct desk *desk, const char *serial)
{
	for (size_t i = 0; i < JOBS_MAX; i++) {
		const struct job *planned = desk->job.jobs.places[i].planned;
		if (planned != NULL && strcmp(planned->serial, serial) == 0) {
			desk_flush(desk);
			return;
		}
	}
}

void
job_desk_end_all(struct desk *desk, struct batch_item *item, const char *serial)
{
	static struct job_record record; /* large */
	struct job_place *places[JOBS_OPEN_OF_PRINTER];
	size_t count = jobs_open_of(&desk->job.jobs, serial, places, JOBS_OPEN_OF_PRINTER);
	struct fault fault;

	for (size_t i = 0; i < count; i++) {
		/* One whose record cannot be read ends all the same. */
		if (read_record(desk, places[i]->kept, &record, &fault) != OUTCOME_DONE) {
			log_error("the story of a job is lost", log_str("id", places[i]->kept->id),
				  log_str("why", fault.sentence));
			memset(&record, 0, sizeof record);
			record.job = *places[i]->kept;
		}
		job_desk_end_without_printer(&record, JOB_RESOLUTION_NONE, clock_wall_ms());
		add_record(item, places[i], &record);
	}
}

/* -- at start -------------------------------------------------------------------------------------- */

/* Lines that cannot be read may have named jobs that a restored snapshot holds for new ones: a person has to look, as
 * after a restore. First the mark, then the damage goes: a power failure in between costs nothing. */
static enum outcome
own_up_to_damage(struct desk *desk, struct fault *ret_fault)
{
	struct armed *armed = &desk->job.armed;
	char sentence[STORE_META_VALUE_BYTES];
	enum outcome outcome = store_get_meta(desk->store, STORE_META_RESTORED, sentence, ret_fault);
	struct store_op op = { TABLE_META, STORE_META_RESTORED, strlen(STORE_META_RESTORED), sentence, 0 };

	if (outcome == OUTCOME_ABSENT) {
		str_format(sentence, sizeof sentence,
			   "Of the list of started prints (armed.log), %zu line%s damaged: which jobs they "
			   "named is not known. The damaged list is kept beside it.",
			   armed->damaged, armed->damaged == 1 ? " is" : "s are");
		op.len = strlen(sentence);
		log_error(sentence);
		outcome = store_commit(desk->store, &op, 1, ret_fault);
	}
	return outcome == OUTCOME_DONE ? armed_set_damage_aside(armed, clock_wall_ms(), ret_fault) : outcome;
}

/* What the log has and the record has not: the record is an older one, or Fuse ended just between the two. Then
 * nothing was sent; but an older record that was put back by hand, or by a disk that had not written what it said,
 * looks just the same, and there it was. So it is not known either way. */
static void
make_unknown(struct desk *desk, struct job_place *place, const struct armed_entry *entry)
{
	static struct job_record record; /* large */
	static uint8_t bytes[JOB_RECORD_MAX_BYTES];
	char restored[STORE_META_VALUE_BYTES], evidence[120], when[CLOCK_UTC_BYTES];
	struct fault fault;
	struct job_words words = { .fault = job_fault_name(JOB_FAULT_ARMED_BEFORE),
				   .evidence = evidence,
				   .remedy = "Look at the printer, then say what became of this job." };

	bool was_restored =
		store_get_meta(desk->store, STORE_META_RESTORED, restored, &fault) == OUTCOME_DONE;
	words.sentence = was_restored ? "This job was started before the database was restored to an earlier "
					"state: whether it printed is not known. Look at the printer."
				      : "Fuse was ended when it was about to start this job: whether it "
					"started is not known. Look at the printer.";
	clock_format_utc(entry->wall_ms, when);
	str_format(evidence, sizeof evidence, "armed.log has it since %s as number %u", when, entry->number);
	if (read_record(desk, place->kept, &record, &fault) != OUTCOME_DONE) {
		memset(&record, 0, sizeof record);
		record.job = *place->kept;
	}
	record.job.armed_ms = entry->wall_ms;
	record.job.number = entry->number;
	job_record_step(&record, JOB_UNKNOWN, &words, clock_wall_ms());
	*place->kept = record.job; /* also when the disk does not take it: the next start says the same */
	struct store_op op = { TABLE_JOBS, record.job.id, strlen(record.job.id), bytes,
			       job_record_encode(&record, bytes) };
	if (store_commit(desk->store, &op, 1, &fault) != OUTCOME_DONE)
		log_error("what is not known of a job could not be kept", log_str("why", fault.sentence));
	log_warn(words.sentence, log_str("job", record.job.id), log_str("printer", record.job.serial));
}

/* An older record may not know that the job's file has gone to the printer since, where some models print what they
 * find: it is named as the worker names it, so that it is deleted in the end. One that is not there is deleted
 * already. */
static void
name_file(struct desk *desk, struct job_place *place)
{
	static struct job_record record; /* large */
	static uint8_t bytes[JOB_RECORD_MAX_BYTES];
	struct job *job = place->kept;
	const char *ending = strrchr(job->file_name, '.');
	bool is_gcode = ending != NULL && strcasecmp(ending, ".gcode") == 0;
	char name[REMOTE_NAME_BYTES];
	struct fault fault;

	if (job_state_has_ended(job->state) || job->stage_only || job->remote_path[0] != '\0')
		return;
	remote_name(job->file_name, job->id, is_gcode ? FILE_KIND_GCODE : FILE_KIND_THREE_MF, name);
	str_format(job->remote_path, sizeof job->remote_path, "/%s", name);
	if (read_record(desk, job, &record, &fault) != OUTCOME_DONE)
		return; /* the worker is told of it all the same */
	struct store_op op = { TABLE_JOBS, job->id, strlen(job->id), bytes, job_record_encode(&record, bytes) };
	if (store_commit(desk->store, &op, 1, &fault) != OUTCOME_DONE)
		log_warn("the name of a job's file could not be kept", log_str("why", fault.sentence));
}

/* The log was lost or begun anew: what the database knows of decided starts goes into it. */
static void
add_to_log(struct desk *desk, const struct job *job)
{
	struct armed_entry entry;
	struct fault fault;

	job_desk_describe_start(job, job->armed_ms, &entry);
	if (armed_add(&desk->job.armed, &entry, &fault) != OUTCOME_DONE)
		log_warn("armed.log lacks a job that was started", log_str("job", job->id),
			 log_str("why", fault.sentence));
}

static void
bring_together(struct desk *desk)
{
	struct job_desk *own = &desk->job;
	char restored[STORE_META_VALUE_BYTES];
	struct fault fault;
	bool was_restored =
		store_get_meta(desk->store, STORE_META_RESTORED, restored, &fault) == OUTCOME_DONE;

	for (size_t i = 0; i < own->armed.count; i++)
		job_id_note(&own->jobs.ids, own->armed.notes[i].entry.id);
	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job_place *place = &own->jobs.places[i];
		const struct armed_note *note =
			place->kept != NULL ? armed_find_job(&own->armed, place->kept->id) : NULL;
		if (was_restored && place->kept != NULL)
			name_file(desk, place);
		if (note != NULL && job_state_is_before_armed(place->kept->state))
			make_unknown(desk, place, &note->entry);
		else if (note == NULL && place->kept != NULL && place->kept->armed_ms != 0 &&
			 armed_trouble_peek(&own->armed) == NULL)
			add_to_log(desk, place->kept);
	}
}

enum outcome
job_desk_begin(struct desk *desk, const char *dir, struct fault *ret_fault)
{
	struct job_desk *own = &desk->job;
	struct fault fault;

	if (jobs_load(&own->jobs, desk->store, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	armed_open(&own->armed, dir);
	if (own->armed.damaged > 0 && own_up_to_damage(desk, &fault) != OUTCOME_DONE)
		log_error("the damaged armed.log could not be set aside", log_str("why", fault.sentence));
	bring_together(desk);
	armed_trim(&own->armed, clock_wall_ms(), is_kept, &own->jobs);
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (own->jobs.places[i].kept != NULL && !job_state_has_ended(own->jobs.places[i].kept->state))
			job_desk_hold_file(desk, own->jobs.places[i].kept->sha256);
	file_desk_tell_examined(desk, on_examined);
	return fault_none(ret_fault);
}

void
job_desk_end(struct desk *desk)
{
	jobs_free(&desk->job.jobs);
	armed_close(&desk->job.armed);
}

bool
job_desk_on_message(struct desk *desk, const struct header *header, const void *message)
{
	switch (header->number) {
	case MESSAGE_JOB_SUBMIT:
		job_order_submit(desk, header, message);
		return true;
	case MESSAGE_JOB_AGAIN:
		job_order_again(desk, header, message);
		return true;
	case MESSAGE_JOB_CANCEL:
		job_wish_cancel(desk, header, message);
		return true;
	case MESSAGE_JOB_RESOLVE:
		job_wish_resolve(desk, header, message);
		return true;
	case MESSAGE_JOB_STORY_WANT:
		job_wish_story(desk, header, message);
		return true;
	case MESSAGE_JOBS_WANT:
		job_steps_want(desk, header);
		return true;
	case MESSAGE_JOB_STEP:
		job_steps_step(desk, header, message);
		return true;
	default:
		return false;
	}
}
