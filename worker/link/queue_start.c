/*
 * queue_start: the start: decided, on disk, handed to MQTT once, and then watched for. What proves a start, and what
 * proves that there is none: docs/protocol.md, "Starting a print".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crashpoint.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "printer/hms.h"
#include "printer/preflight.h"
#include "worker/link/queue_inner.h"

#define EVIDENCE_FORMAT "was %s, error %08" PRIX32

/* -- is it ours? ---------------------------------------------------------------------------- */

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static bool
is_plain_gcode(const char *path)
{
	size_t len = strlen(path);

	return len >= 4 && strcmp(path + len - 4, ".3mf") != 0;
}

/* By its number. */
static bool
is_shown_surely(const struct job *job, const struct printer_state *state)
{
	char number[12];

	str_format(number, sizeof number, "%" PRIu32, job->number);
	return job->number != 0 && !is_plain_gcode(job->path) && strcmp(state->subtask_id, number) == 0;
}

/* The number counts: a file of ours may have been started again at the printer's screen. Names where it is not told,
 * and for plain G-code, whose start carries none. */
bool
job_is_shown(const struct job *job, const struct printer_state *state)
{
	char title[REMOTE_NAME_BYTES];

	if (state->subtask_id[0] != '\0' && strcmp(state->subtask_id, "0") != 0 && !is_plain_gcode(job->path))
		return is_shown_surely(job, state);
	if (job->path[0] == '\0')
		return false;
	remote_title(base_name(job->path), title);
	return strcmp(state->subtask_name, title) == 0 ||
	       strcmp(base_name(state->file), base_name(job->path)) == 0;
}

/* -- ARMED ------------------------------------------------------------------------------------- */

static void
fill_evidence(const struct job *job, const struct printer_state *state, char *ret_evidence, size_t cap)
{
	str_format(ret_evidence, cap, EVIDENCE_FORMAT, gcode_state_name(state), job->error_before);
}

uint32_t
job_error_of_evidence(const char *evidence)
{
	const char *at = strstr(evidence, ", error ");
	uint32_t error;

	return at != NULL && sscanf(at, ", error %8" SCNx32, &error) == 1 ? error : 0;
}

/* False: `words` say why there is no payload. */
static bool
make_payload(struct job *job, const struct plates *plates, const struct print_options *options,
	     const struct preflight *preflight, const struct queue_world *world, struct job_words *words)
{
	struct project_file start = { .model = world->model,
				      .plates = plates,
				      .plate = plates_find(plates, job->plate),
				      .options = options,
				      .mapping = preflight->mapping,
				      .use_ams = preflight->use_ams,
				      .nozzles = preflight->names_nozzles ? preflight->nozzles : NULL,
				      .number = job->number,
				      .remote_path = job->path };

	free(job->start);
	job->start = malloc(sizeof *job->start);
	ENSURE(job->start != NULL);
	if (start.plate != NULL && job->number != 0 &&
	    project_file_payload(&start, world->sequence_id, job->start))
		return true;
	free(job->start);
	job->start = NULL;
	job_words_of(words, JOB_FAULT_START_TOO_LONG, world);
	return false;
}

bool
queue_arm(struct queue *queue, struct job *job, const struct plates *plates, const struct queue_world *world)
{
	struct print_options options;
	struct job_words words;
	const struct preflight *preflight = queue_preflight(job, plates, world, &options, &words);
	bool waits;

	if (preflight == NULL)
		return queue_step(queue, job, JOB_NOT_STARTED, &words);
	if (queue_finds_against(preflight, &words, &waits)) {
		job->wait_sign = waits ? queue_sign(world) : 0;
		return queue_step(queue, job, waits ? JOB_UPLOADED : JOB_NOT_STARTED, &words);
	}
	job->wait_sign = 0;
	if (!make_payload(job, plates, &options, preflight, world, &words))
		return queue_step(queue, job, JOB_NOT_STARTED, &words);
	job->before = world->state->gcode_state;
	job->error_before = world->state->print_error;
	job_words(&words, "", "The start is about to be sent.", "");
	fill_evidence(job, world->state, words.evidence, sizeof words.evidence);
	crash_point("worker-before-armed");
	return queue_step(queue, job, JOB_ARMED, &words);
}

/* ARMED is on disk. Why it is better not sent now: NONE = it may. */
static enum job_fault
why_not_sent(const struct queue *queue, const struct job *job, const struct queue_world *world)
{
	if (job->cancel_wanted)
		return JOB_FAULT_CANCELLED;
	if (!queue_printer_is_live(queue, world))
		return JOB_FAULT_NOT_SENT;
	/* One that has begun, or was even over again, since the start was decided. */
	if (!queue_printer_is_idle(world) || queue_plate_holds(queue, world))
		return JOB_FAULT_PRINTER_TAKEN;
	if (world->store_holds)
		return JOB_FAULT_STORE_HOLDS;
	return JOB_FAULT_NONE;
}

static bool
tell_sent(struct queue *queue, struct job *job, const struct queue_world *world)
{
	struct job_words words;

	job_words(&words, "", "The start was sent; the printer has not begun yet.", "");
	str_format(words.evidence, sizeof words.evidence, "sequence %" PRIu32 "; " EVIDENCE_FORMAT,
		   job->start_sequence, gcode_state_name(world->state), job->error_before);
	return queue_step(queue, job, JOB_SENT, &words);
}

/* The one place where a print starts. What was armed here and is on disk is handed over once, or never. */
static bool
send_start(struct queue *queue, struct job *job, const struct queue_world *world)
{
	struct command_payload *start = job->start;
	enum job_fault why_not = why_not_sent(queue, job, world);
	uint32_t sequence = start->sequence_id;

	crash_point("worker-armed");
	job->start = NULL;
	if (why_not == JOB_FAULT_NONE && !queue->duties.publish(queue->duties.arg, start))
		why_not = JOB_FAULT_NOT_SENT;
	free(start);
	if (why_not != JOB_FAULT_NONE)
		return queue_step_for(queue, job, JOB_NOT_STARTED, why_not, world);
	crash_point("worker-published");
	job->start_sequence = sequence;
	job->watch_until_ms = world->now_ms + QUEUE_START_MS;
	job->watch_was_live = true;
	queue->duties.hold_link(queue->duties.arg, job->watch_until_ms);
	return tell_sent(queue, job, world);
}

/* -- SENT: what comes of it ---------------------------------------------------------------------- */

void
queue_note_reply(struct queue *queue, const struct report_summary *summary)
{
	struct job *job = queue->first;
	bool says_no = summary->result == REPORT_RESULT_FAIL || summary->refused_unsigned ||
		       (summary->result == REPORT_RESULT_NONE &&
			(summary->err_code != 0 || summary->err_number < 0));

	if (job == NULL || job->start_sequence == 0 || summary->sequence_id != job->start_sequence ||
	    !says_no || strcmp(summary->section, "print") != 0)
		return;
	job->is_refused = true;
	job->is_unsigned = summary->refused_unsigned;
	str_copy(job->refusal, sizeof job->refusal, summary->reason);
}

static bool
developer_mode_is_off(const struct queue_world *world)
{
	for (unsigned i = 0; i < world->state->hms_count; i++)
		if (hms_means_unsigned(world->state->hms[i].attr, world->state->hms[i].code))
			return true;
	return world->developer_mode == TRI_NO;
}

static bool
end_refused(struct queue *queue, struct job *job, const struct queue_world *world)
{
	struct job_words words;

	if (job->is_unsigned)
		return queue_step_for(queue, job, JOB_NOT_STARTED, JOB_FAULT_DEVELOPER_MODE_OFF, world);
	job_words_of(&words, JOB_FAULT_START_REFUSED, world);
	job_words_see(&words, world);
	if (job->refusal[0] != '\0')
		str_format(words.sentence, sizeof words.sentence,
			   "The printer refused to start the print: \"%s\".", job->refusal);
	return queue_step(queue, job, JOB_NOT_STARTED, &words);
}

/* An error that came after the start was armed, and that refuses a start; NONE: there is none. */
static enum job_fault
error_of_start(const struct job *job, const struct printer_state *state)
{
	enum job_fault fault = job_fault_of_print_error(state->print_error);

	return state->print_error != job->error_before && fault != JOB_FAULT_PRINT_ERROR ? fault
											 : JOB_FAULT_NONE;
}

static bool
begin(struct queue *queue, struct job *job, const struct queue_world *world)
{
	struct job_words words;

	job_words(&words, "", "The printer has begun.", "");
	str_format(words.evidence, sizeof words.evidence, "the printer is %s and shows %.40s %.100s",
		   gcode_state_name(world->state), world->state->subtask_id, world->state->subtask_name);
	job->seen_ms = world->now_ms;
	job->seen_minutes = world->state->remaining_minutes;
	return queue_step(queue, job, JOB_STARTED, &words);
}

/* Over so soon, or while nobody looked. As it was before proves nothing: an id is echoed without a start, and a new
 * start leaves the old FINISH for a while. */
static bool
is_over_already(const struct job *job, const struct printer_state *state)
{
	return (state->gcode_state == GCODE_STATE_FINISH || state->gcode_state == GCODE_STATE_FAILED) &&
	       state->gcode_state != job->before && job_is_shown(job, state);
}

/* What the reports show; false: nothing yet. */
static bool
conclude(struct queue *queue, struct job *job, const struct queue_world *world, bool *ret_steps)
{
	const struct printer_state *state = world->state;

	if (printer_state_is_busy(state) && job_is_shown(job, state))
		*ret_steps = begin(queue, job, world);
	else if (job->is_refused)
		*ret_steps = end_refused(queue, job, world);
	else if (error_of_start(job, state) != JOB_FAULT_NONE)
		*ret_steps = queue_step_for(queue, job, JOB_NOT_STARTED, error_of_start(job, state), world);
	else if (is_over_already(job, state))
		*ret_steps = begin(queue, job, world);
	else
		return false;
	return true;
}

static bool
give_up(struct queue *queue, struct job *job, const struct queue_world *world)
{
	const struct printer_state *state = world->state;
	struct job_words words;

	if (queue_printer_is_live(queue, world) && !printer_state_is_busy(state) &&
	    developer_mode_is_off(world))
		return queue_step_for(queue, job, JOB_NOT_STARTED, JOB_FAULT_DEVELOPER_MODE_OFF, world);
	if (!world->online)
		return queue_step_for(queue, job, JOB_UNKNOWN, JOB_FAULT_LOST_SIGHT, world);
	job_words_of(&words, printer_state_is_busy(state) ? JOB_FAULT_OTHER_PRINT : JOB_FAULT_NOT_BEGUN,
		     world);
	job_words_see(&words, world);
	if (!printer_state_is_busy(state) && !job_is_shown(job, state))
		str_copy(words.sentence, sizeof words.sentence,
			 "The start was sent, and for 3 minutes the printer has shown nothing of it.");
	else if (printer_state_is_busy(state))
		str_copy(words.sentence, sizeof words.sentence,
			 "The start was sent, but the printer prints something else.");
	return queue_step(queue, job, JOB_UNKNOWN, &words);
}

/* A start of an earlier incarnation: time is given from when the printer is heard again. */
static void
begin_watch(struct queue *queue, struct job *job, const struct queue_world *world)
{
	bool live = queue_printer_is_live(queue, world);

	if (job->watch_until_ms != 0 && (job->watch_was_live || !live))
		return;
	job->watch_until_ms = world->now_ms + QUEUE_START_MS;
	job->watch_was_live = live;
	if (live)
		queue->duties.hold_link(queue->duties.arg, job->watch_until_ms);
}

bool
queue_move_start(struct queue *queue, struct job *job, const struct queue_world *world)
{
	bool steps;

	if (job->start != NULL)
		return send_start(queue, job, world);
	if (job->state == JOB_ARMED && job->start_sequence != 0)
		return tell_sent(queue, job, world); /* the store did not take it the first time */
	begin_watch(queue, job, world);
	if (queue_printer_is_live(queue, world) && conclude(queue, job, world, &steps))
		return steps;
	if (world->now_ms >= job->watch_until_ms)
		return give_up(queue, job, world);
	queue_wake_at(queue, job->watch_until_ms);
	return false;
}

/* -- UNKNOWN ---------------------------------------------------------------------------------------- */

static bool
follow_person(struct queue *queue, struct job *job)
{
	static const struct {
		enum job_state state;
		const char *sentence;
	} says[] = {
		[JOB_RESOLUTION_NOT_STARTED] = { JOB_NOT_STARTED, "A person says that it was not printed." },
		[JOB_RESOLUTION_STARTED] = { JOB_STARTED, "A person says that the printer has begun." },
		[JOB_RESOLUTION_DONE] = { JOB_DONE, "A person says that it was printed." },
		[JOB_RESOLUTION_FAILED] = { JOB_FAILED, "A person says that the print failed." },
	};
	struct job_words words;

	job_words(&words, job_fault_name(JOB_FAULT_RESOLVED), says[job->resolved].sentence, "");
	return queue_step(queue, job, says[job->resolved].state, &words);
}

/* The store died over ARMED and cannot know; whoever armed it and handed nothing over does. */
static bool
end_unsent(struct queue *queue, struct job *job, const struct queue_world *world)
{
	struct job_words words;

	job_words_of(&words, JOB_FAULT_NOT_SENT, world);
	str_copy(words.sentence, sizeof words.sentence,
		 "The start was not sent: Fuse's store failed just then.");
	return queue_step(queue, job, JOB_NOT_STARTED, &words);
}

bool
queue_move_unknown(struct queue *queue, struct job *job, const struct queue_world *world)
{
	const struct printer_state *state = world->state;

	if (job->cancel_wanted)
		return queue_step_says(queue, job, JOB_CANCELLED,
				       "Cancelled. Whether it was printed is not known.");
	if (job->resolved != JOB_RESOLUTION_NONE && job->resolved < JOB_RESOLUTION_COUNT)
		return follow_person(queue, job);
	if (job->start != NULL)
		return end_unsent(queue, job, world);
	/* Late, but plain. What had begun before, and was lost sight of, and has our file's name now without its number, was
	 * started once more at the screen. */
	if (queue_printer_is_live(queue, world) && printer_state_is_busy(state) &&
	    (job->has_begun ? is_shown_surely(job, state) : job_is_shown(job, state)))
		return begin(queue, job, world);
	return false;
}
