/*
 * job_steps: the worker's side. It alone moves its printer's jobs, one step at a time, each from the state that the
 * disk has; a start is decided (ARMED) only where nothing speaks against it, and stands in armed.log first.
 */
#include <string.h>

#include "common/clock.h"
#include "common/crashpoint.h"
#include "common/str.h"
#include "ipc/terms.h"
#include "printer/job.h"
#include "stored/job_desk_inner.h"
#include "stored/printer_desk.h"

#define LEFT_MOST 32 /* ended jobs whose file is still to go from the printer, in one list */

static struct job_record record; /* large; one request at a time */

/* -- telling the worker ---------------------------------------------------------------------------- */

static void
describe_mine(struct msg_job_mine *ret_mine)
{
	const struct job *job = &record.job;

	*ret_mine = (struct msg_job_mine){ .plate = job->plate,
					   .stage_only = job->stage_only,
					   .size_bytes = job->size_bytes,
					   .state = job->state,
					   .number = job->number,
					   .before = job->before,
					   .attempts = job->attempts,
					   .changed_ms = job->changed_ms,
					   .armed_ms = job->armed_ms,
					   .started_ms = job->started_ms,
					   .cancel_wanted = job->cancel_wanted,
					   .resolved = job->resolved };
	str_copy(ret_mine->id, sizeof ret_mine->id, job->id);
	str_copy(ret_mine->serial, sizeof ret_mine->serial, job->serial);
	str_copy(ret_mine->sha256, sizeof ret_mine->sha256, job->sha256);
	str_copy(ret_mine->file_name, sizeof ret_mine->file_name, job->file_name);
	str_copy(ret_mine->remote_path, sizeof ret_mine->remote_path, job->remote_path);
	str_copy(ret_mine->evidence, sizeof ret_mine->evidence, job->evidence);
	ret_mine->options = (struct ipc_bytes){ (const uint8_t *)record.options, strlen(record.options) };
}

void
job_steps_want(struct desk *desk, const struct header *request)
{
	const struct printer_place *own = printer_desk_own(desk, request);
	struct job_place *places[JOBS_OPEN_OF_PRINTER + LEFT_MOST];
	struct msg_job_mine mine;

	if (own == NULL)
		return;
	size_t count = jobs_open_of(&desk->job.jobs, own->kept.serial, places, JOBS_OPEN_OF_PRINTER);
	count += jobs_with_file_left(&desk->job.jobs, own->kept.serial, places + count, LEFT_MOST);
	for (size_t i = 0; i < count; i++) {
		if (!job_desk_read(desk, request, places[i], &record))
			return;
		describe_mine(&mine);
		child_reply(desk->child, request, MESSAGE_JOB_MINE, &mine, -1);
	}
	child_reply_done(desk->child, request, "");
}

/* -- stepping -------------------------------------------------------------------------------------- */

static bool
refuse_step(struct desk *desk, const struct header *request, const struct job *job,
	    const struct msg_job_step *message)
{
	if (job->state != message->from) {
		desk_refuse_with(desk, request, REFUSAL_CONFLICT, "", "The job is %s, and not %s.",
				 job_state_name(job->state), job_state_name(message->from));
		return true;
	}
	bool is_fine = job_may_step(message->from, message->to) &&
		       (message->to != JOB_STAGED || job->stage_only) &&
		       (message->to != JOB_ARMED || !job->stage_only);
	if (!is_fine)
		desk_refuse_with(desk, request, REFUSAL_CONFLICT, "", "A job that is %s cannot become %s.",
				 job_state_name(message->from), job_state_name(message->to));
	return !is_fine;
}

/* Why this job may not be started now; NULL = it may. `ret_remedy` is static, too. */
static const char *
objection(struct desk *desk, const struct job *job, const struct printer_record *printer,
	  const char **ret_remedy)
{
	const struct armed_note *by_job = armed_find_job(&desk->job.armed, job->id);
	const struct armed_note *by_number = armed_find_number(&desk->job.armed, job->number);

	*ret_remedy = "";
	if (desk->upkeep.restored[0] != '\0') {
		*ret_remedy = "Look at each printer's jobs, then confirm the restored records (`fusectl "
			      "store confirm`).";
		return "Fuse's records were restored from an older copy: no print starts until a person has "
		       "confirmed them.";
	}
	if (job->cancel_wanted)
		return "The job is to be cancelled.";
	if (printer->plate_used_ms != 0 && !printer->starts_unasked) {
		*ret_remedy = "Take it off, then say that the plate is clear.";
		return "There may still be a print on the plate.";
	}
	if ((by_job != NULL && !by_job->is_idle) || (by_number != NULL && by_number != by_job))
		return "This job, or another one with its number, was started already.";
	return NULL;
}

/* Note the start in the log, which must have it before the database has. False: the request was refused. */
static bool
arm(struct desk *desk, const struct header *request, const struct job *job,
    const struct printer_record *printer)
{
	struct armed_entry entry;
	struct fault fault;
	const char *remedy, *why = objection(desk, job, printer, &remedy);

	if (why == NULL && armed_trouble_peek(&desk->job.armed) != NULL) {
		child_reply_refused(desk->child, request, REFUSAL_FAILED,
				    armed_trouble_peek(&desk->job.armed),
				    "Look at the disk of the state folder, then restart Fuse.");
		return false;
	}
	if (why != NULL) {
		child_reply_refused(desk->child, request, REFUSAL_CONFLICT, why, remedy);
		return false;
	}
	job_desk_describe_start(job, clock_wall_ms(), &entry);
	crash_point("stored-before-armed-log");
	if (armed_add(&desk->job.armed, &entry, &fault) != OUTCOME_DONE) {
		desk_refuse(desk, request, &fault);
		upkeep_note_commit(&desk->upkeep, &fault);
		return false;
	}
	crash_point("stored-armed-log");
	return true;
}

/* A job that has ended moves no more; but its file may be gone from the printer at last. */
static void
forget_file(struct desk *desk, const struct header *request, struct job_place *place,
	    const struct msg_job_step *message)
{
	if (place->kept->state != message->from || message->to != message->from || message->remote_path[0] != '\0') {
		desk_refuse_with(desk, request, REFUSAL_CONFLICT, "", "The job has ended: it is %s.",
				 job_state_name(place->kept->state));
		return;
	}
	if (!job_desk_read(desk, request, place, &record))
		return;
	record.job.remote_path[0] = '\0';
	job_story_add(&record.story, clock_wall_ms(), record.job.state, "Its file was deleted from the printer.",
		      "");
	job_desk_change(desk, request, place, &record);
}

/* The place of a job of this printer; NULL when it was refused. */
static struct job_place *
find_own(struct desk *desk, const struct header *request, const char *id, const char *serial)
{
	struct job_place *place = job_desk_find(desk, request, id);

	if (place == NULL || strcmp(place->kept->serial, serial) == 0)
		return place;
	child_reply_refused(desk->child, request, REFUSAL_NOT_FOUND, "This printer has no such job.", "");
	return NULL;
}

void
job_steps_step(struct desk *desk, const struct header *request, const struct msg_job_step *message)
{
	const struct printer_place *own = printer_desk_own(desk, request);
	struct job_place *place = own != NULL ? find_own(desk, request, message->id, own->kept.serial) : NULL;
	const struct job_words words = { message->fault, message->sentence, message->remedy,
					 message->evidence };

	if (place == NULL)
		return;
	if (job_state_leaves_file(place->kept->state)) {
		forget_file(desk, request, place, message);
		return;
	}
	if (refuse_step(desk, request, place->kept, message) || !job_desk_read(desk, request, place, &record))
		return;
	bool is_start = message->to == JOB_ARMED && message->from != JOB_ARMED;
	if (is_start && !arm(desk, request, place->kept, &own->kept))
		return;
	job_record_step(&record, message->to, &words, clock_wall_ms());
	str_copy(record.job.remote_path, sizeof record.job.remote_path, message->remote_path);
	record.job.attempts = message->attempts;
	if (is_start)
		record.job.before = message->before;
	job_desk_change(desk, request, place, &record);
}
