/*
 * queue_print: the print: it runs, ends, is stopped, or is lost sight of.
 */
#include <inttypes.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "worker/link/queue_inner.h"

#define CANCEL_ECHO 0x0300400cu /* the print was cancelled */
#define CANCEL_ECHO_2 0x0500400eu

/* -- stopping it ------------------------------------------------------------------------------ */

/* Only while the printer shows this very print as its own. */
static void
send_stop(struct queue *queue, struct job *job, const struct queue_world *world)
{
	static const char command[] = "{\"command\":\"stop\"}";
	static struct command_plan plan; /* large, and one at a time */
	struct command_refusal refusal;

	if (job->stop_ms != 0 && world->now_ms - job->stop_ms < QUEUE_STOP_GAP_MS) {
		queue_wake_at(queue, job->stop_ms + QUEUE_STOP_GAP_MS);
		return;
	}
	if (job->stops == QUEUE_STOPS_MAX ||
	    !command_plan(world->model, world->state, command, strlen(command), world->sequence_id, &plan,
			  &refusal))
		return;
	if (!queue->duties.publish(queue->duties.arg, &plan.payloads[0]))
		return;
	log_info("stops a job's print", log_str("job", job->id));
	job->stops++;
	job->stop_ms = world->now_ms;
	queue_wake_at(queue, world->now_ms + QUEUE_STOP_GAP_MS);
}

void
queue_on_stop(struct queue *queue, int64_t now_ms)
{
	for (struct job *job = queue->first; job != NULL; job = job->next)
		if (job->state == JOB_STARTED || job->state == JOB_RUNNING)
			job->stopped_ms = now_ms;
}

/* The end of this print was wanted, by its job or at Fuse's own button. */
static bool
was_stopped(const struct job *job, const struct queue_world *world)
{
	return job->cancel_wanted ||
	       (job->stopped_ms != 0 && world->now_ms - job->stopped_ms < QUEUE_STOPPED_MS);
}

/* -- it runs ------------------------------------------------------------------------------------- */

/* Where a stop does not help, a person has to know. */
static bool
go_on_cancelled(struct queue *queue, struct job *job, const struct queue_world *world)
{
	bool is_ignored = job->stops > 0 && world->now_ms - job->stop_ms >= QUEUE_STOP_GAP_MS;

	send_stop(queue, job, world);
	if (is_ignored || job->stops > 1)
		return queue_step_for(queue, job, job->state, JOB_FAULT_STOP_IGNORED, world);
	return queue_step_says(queue, job, job->state,
			       job->stops > 0 ? "It is cancelled: the printer was told to stop."
					      : "It is cancelled: the printer is to be told to stop.");
}

static bool
go_on(struct queue *queue, struct job *job, const struct queue_world *world)
{
	enum gcode_state state = world->state->gcode_state;
	bool begun = state == GCODE_STATE_RUNNING || state == GCODE_STATE_PAUSE;

	job->seen_ms = world->now_ms;
	job->seen_minutes = world->state->remaining_minutes;
	job->idle_from_ms = job->other_from_ms = 0;
	if (job->cancel_wanted)
		return go_on_cancelled(queue, job, world);
	if (state == GCODE_STATE_PAUSE)
		return queue_step_for(queue, job, JOB_RUNNING, JOB_FAULT_PAUSED, world);
	if (job->state == JOB_RUNNING || begun)
		return queue_step_says(queue, job, JOB_RUNNING, "It prints.");
	return queue_step_says(queue, job, JOB_STARTED, "The printer has begun.");
}

/* It speaks of another print than this. */
static bool
shows_another(const struct job *job, const struct printer_state *state)
{
	bool is_told = (state->subtask_id[0] != '\0' && strcmp(state->subtask_id, "0") != 0) ||
		       state->subtask_name[0] != '\0';

	return is_told && !job_is_shown(job, state);
}

/* -- it is over ------------------------------------------------------------------------------------ */

static bool
end_done(struct queue *queue, struct job *job, const struct queue_world *world)
{
	struct job_words words;

	job_words(&words, "", "Printed.", "");
	job_words_see(&words, world);
	return queue_step(queue, job, JOB_DONE, &words);
}

static bool
end_cancelled(struct queue *queue, struct job *job, const struct queue_world *world)
{
	struct job_words words;

	job_words(&words, job_fault_name(JOB_FAULT_CANCELLED), "Cancelled: the print was stopped.", "");
	job_words_see(&words, world);
	return queue_step(queue, job, JOB_CANCELLED, &words);
}

static bool
end_failed(struct queue *queue, struct job *job, const struct queue_world *world)
{
	uint32_t error = world->state->print_error;
	enum job_fault fault = JOB_FAULT_PRINT_FAILED;

	if (was_stopped(job, world))
		return end_cancelled(queue, job, world);
	if (error == CANCEL_ECHO || error == CANCEL_ECHO_2)
		fault = JOB_FAULT_STOPPED_AT_PRINTER;
	else if (job_fault_of_print_error(error) != JOB_FAULT_NONE)
		fault = JOB_FAULT_PRINT_ERROR;
	return queue_step_for(queue, job, JOB_FAILED, fault, world);
}

/* The printer is idle, and has not said how the print ended. When the time that it still had to run cannot have passed
 * since it was seen, it was cut off; else nobody knows. */
static bool
end_idle(struct queue *queue, struct job *job, const struct queue_world *world)
{
	int64_t unseen_ms = job->idle_from_ms - job->seen_ms;

	if (was_stopped(job, world))
		return end_cancelled(queue, job, world);
	if (job->seen_ms != 0 && job->seen_minutes > 0 && unseen_ms < job->seen_minutes * INT64_C(60000))
		return queue_step_for(queue, job, JOB_FAILED, JOB_FAULT_SWITCHED_OFF, world);
	return queue_step_for(queue, job, JOB_UNKNOWN, JOB_FAULT_END_NOT_SEEN, world);
}

/* True once it has looked so since `*from_ms` for `wait_ms`. */
static bool
has_lasted(struct queue *queue, int64_t *from_ms, int64_t wait_ms, const struct queue_world *world)
{
	if (*from_ms == 0)
		*from_ms = world->now_ms;
	queue_wake_at(queue, *from_ms + wait_ms);
	return world->now_ms - *from_ms >= wait_ms;
}

/* The link to a printer that prints is lost, or was never made by this incarnation. */
static bool
tell_away(struct queue *queue, struct job *job, const struct queue_world *world)
{
	if (queue->offline_from_ms == 0 || world->online)
		return false;
	if (world->now_ms < queue->offline_from_ms + QUEUE_AWAY_MS) {
		queue_wake_at(queue, queue->offline_from_ms + QUEUE_AWAY_MS);
		return false;
	}
	struct job_words words;
	job_words_of(&words, JOB_FAULT_NOT_LINKED, world);
	str_copy(words.sentence, sizeof words.sentence,
		 "It was printing when the printer was last heard; the printer is not connected now.");
	str_copy(words.remedy, sizeof words.remedy, "What became of it shows when the printer is back.");
	return queue_step(queue, job, job->state, &words);
}

bool
queue_move_print(struct queue *queue, struct job *job, const struct queue_world *world)
{
	const struct printer_state *state = world->state;
	bool is_shown = job_is_shown(job, state), is_idle = queue_printer_is_idle(world);
	/* Some forget the name of what they printed. What followed on our print, before our eyes, is its end. */
	bool is_its_end = is_shown || (job->seen_ms != 0 && !shows_another(job, state));

	if (!queue_printer_is_live(queue, world))
		return tell_away(queue, job, world);
	if (printer_state_is_busy(state) && is_shown)
		return go_on(queue, job, world);
	if (state->gcode_state == GCODE_STATE_FINISH && is_its_end)
		return end_done(queue, job, world);
	if (state->gcode_state == GCODE_STATE_FAILED && is_its_end)
		return end_failed(queue, job, world);
	if (state->gcode_state == GCODE_STATE_IDLE)
		return has_lasted(queue, &job->idle_from_ms, QUEUE_SETTLE_MS, world) &&
		       end_idle(queue, job, world);
	if (is_idle || printer_state_is_busy(state))
		return has_lasted(queue, &job->other_from_ms, QUEUE_OTHER_MS, world) &&
		       queue_step_for(queue, job, JOB_UNKNOWN,
				      is_idle ? JOB_FAULT_END_NOT_SEEN : JOB_FAULT_OTHER_PRINT, world);
	return false;
}
