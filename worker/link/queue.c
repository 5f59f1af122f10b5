/*
 * queue: the steps of jobs, whose turn it is, and what concerns the printer as a whole. The list: queue_list.c.
 */
#include "worker/link/queue.h"

#include <inttypes.h>
#include <string.h>

#include "common/crashpoint.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "printer/job.h"
#include "worker/link/queue_inner.h"

/* -- small things ----------------------------------------------------------------------- */

void
job_words(struct job_words *words, const char *fault, const char *sentence, const char *remedy)
{
	memset(words, 0, sizeof *words);
	str_copy(words->fault, sizeof words->fault, fault);
	str_copy(words->sentence, sizeof words->sentence, sentence);
	str_copy(words->remedy, sizeof words->remedy, remedy);
}

void
job_words_of(struct job_words *words, enum job_fault fault, const struct queue_world *world)
{
	struct job_fault_words of;

	job_fault_words(fault, world->model, world->state->print_error, &of);
	job_words(words, job_fault_name(fault), of.sentence, of.remedy);
}

void
job_words_see(struct job_words *words, const struct queue_world *world)
{
	const struct printer_state *state = world->state;

	str_format(words->evidence, sizeof words->evidence,
		   "the printer is %s, error %08" PRIX32 ", shows %.24s %.100s",
		   world->online ? gcode_state_name(state) : "not connected", state->print_error,
		   state->subtask_id, state->subtask_name);
}

void
queue_wake_at(struct queue *queue, int64_t at_ms)
{
	if (at_ms < queue->wake_ms)
		queue->wake_ms = at_ms;
}

#define HASH_BASIS 14695981039346656037u

/* FNV-1a: names words, nothing more. */
static uint64_t
hash_text(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (uint8_t)*text) * 1099511628211u;
	while (*text++ != '\0');
	return hash;
}

static uint64_t
hash_words(const struct job_words *words)
{
	uint64_t hash = HASH_BASIS;

	hash = hash_text(hash, words->fault);
	hash = hash_text(hash, words->sentence);
	return hash_text(hash, words->remedy);
}

void
queue_init(struct queue *queue, const struct queue_duties *duties)
{
	memset(queue, 0, sizeof *queue);
	queue->duties = *duties;
	queue->wake_ms = INT64_MAX;
	queue->step_wait_ms = QUEUE_RETRY_FIRST_MS;
}

/* -- steps ------------------------------------------------------------------------------- */

static void
fill_step(struct msg_job_step *step, const struct job *job, enum job_state to, const struct job_words *words)
{
	memset(step, 0, sizeof *step);
	str_copy(step->id, sizeof step->id, job->id);
	step->from = job->state;
	step->to = to;
	str_copy(step->fault, sizeof step->fault, words->fault);
	str_copy(step->sentence, sizeof step->sentence, words->sentence);
	str_copy(step->remedy, sizeof step->remedy, words->remedy);
	str_copy(step->evidence, sizeof step->evidence, words->evidence);
	if (job->has_file || to == JOB_UPLOADING)
		str_copy(step->remote_path, sizeof step->remote_path, job->path);
	step->before = job->before;
	step->attempts = job->attempts + (to == JOB_UPLOADING && job->attempts < 255);
}

bool
queue_step(struct queue *queue, struct job *job, enum job_state to, const struct job_words *words)
{
	uint64_t told = hash_words(words);

	if (queue->is_stepping)
		return true;
	if (to == job->state && told == job->told)
		return false;
	ENSURE(job_may_step(job->state, to));
	fill_step(&queue->step, job, to, words);
	queue->is_stepping = true;
	queue->step_told = told;
	queue->duties.step(queue->duties.arg, &queue->step);
	return true;
}

bool
queue_step_says(struct queue *queue, struct job *job, enum job_state to, const char *sentence)
{
	struct job_words words;

	job_words(&words, "", sentence, "");
	return queue_step(queue, job, to, &words);
}

bool
queue_step_for(struct queue *queue, struct job *job, enum job_state to, enum job_fault fault,
	       const struct queue_world *world)
{
	struct job_words words;

	job_words_of(&words, fault, world);
	if (to >= JOB_ARMED)
		job_words_see(&words, world);
	return queue_step(queue, job, to, &words);
}

bool
queue_takes_cancel(struct queue *queue, struct job *job, const char *sentence, bool *ret_steps)
{
	if (!job->cancel_wanted)
		return false;
	*ret_steps = queue_step_says(queue, job, JOB_CANCELLED, sentence);
	return true;
}

static void
log_step(const struct msg_job_step *step)
{
	bool sad = step->to == JOB_FAILED || step->to == JOB_NOT_STARTED || step->to == JOB_UNKNOWN;

	LOG_WRITE(sad ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "a job moves", log_str("job", step->id),
		  log_str("from", job_state_name(step->from)), log_str("to", job_state_name(step->to)),
		  log_str("why", step->sentence), log_str("evidence", step->evidence));
}

static void
hold_for_tests(enum job_state state)
{
	static const char *const points[JOB_STATE_COUNT] = { [JOB_CHECKED] = "worker-checked",
							     [JOB_UPLOADED] = "worker-uploaded",
							     [JOB_SENT] = "worker-sent",
							     [JOB_STARTED] = "worker-started" };

	if (points[state] != NULL)
		crash_point(points[state]);
}

void
queue_on_step_done(struct queue *queue, const struct queue_world *world)
{
	struct job *job = queue_find(queue, queue->step.id);
	enum job_state to = queue->step.to;
	bool moved = to != queue->step.from;

	queue->is_stepping = false;
	queue->step_again_ms = 0;
	queue->step_wait_ms = QUEUE_RETRY_FIRST_MS;
	if (job != NULL) {
		log_step(&queue->step);
		job->state = to;
		job->told = queue->step_told;
		job->attempts = queue->step.attempts;
		if (to == JOB_ARMED)
			job->objection[0] = '\0';
		job->has_file |= to == JOB_UPLOADING;
		job->has_begun |= to == JOB_STARTED || to == JOB_RUNNING;
		if (queue->step.from == JOB_UNKNOWN && moved) /* a person's word was of this once */
			job->resolved = JOB_RESOLUTION_NONE;
		if (queue->step.from == JOB_UPLOADING && moved)
			queue_forget_put(queue, job);
		if (moved)
			hold_for_tests(to);
		if (job_state_has_ended(to)) {
			if (job_state_leaves_file(to) && job->has_file)
				queue_leave_behind(queue, job->id, to, job->path);
			queue_unlink(queue, job);
		}
	} else { /* it has ended, and its file is gone */
		queue_forget_leftover(queue, queue->step.id);
	}
	queue_look(queue, world);
}

void
queue_on_step_refused(struct queue *queue, const struct queue_world *world, const struct msg_refused *refused)
{
	struct job *job = queue_find(queue, queue->step.id);

	queue->is_stepping = false;
	queue->step_again_ms = world->now_ms + queue->step_wait_ms;
	queue->step_wait_ms =
		queue->step_wait_ms * 2 < QUEUE_RETRY_MAX_MS ? queue->step_wait_ms * 2 : QUEUE_RETRY_MAX_MS;
	log_warn("the store does not take a job's step; tries again", log_str("job", queue->step.id),
		 log_str("from", job_state_name(queue->step.from)),
		 log_str("to", job_state_name(queue->step.to)), log_str("why", refused->sentence));
	if (job == NULL && (refused->reason == REFUSAL_NOT_FOUND || refused->reason == REFUSAL_CONFLICT))
		queue_forget_leftover(queue, queue->step.id);
	if (job != NULL && refused->reason != REFUSAL_DIED)
		queue_forget_start(job);
	if (job != NULL && queue->step.to == JOB_ARMED && refused->reason == REFUSAL_CONFLICT)
		str_copy(job->objection, sizeof job->objection, refused->sentence);
	/* Where the job stands is to be learnt: it may be elsewhere, or the step was kept and its answer was lost. */
	queue->is_known = false;
	queue_want_list(queue);
	queue_look(queue, world);
}

/* -- whose turn it is ---------------------------------------------------------------------- */

/* True: a step is under way. */
static bool
move_job(struct queue *queue, struct job *job, unsigned ahead, const struct queue_world *world)
{
	switch (job->state) {
	case JOB_RECEIVED:
	case JOB_CHECKED:
	case JOB_WAITING:
		return queue_move_before(queue, job, ahead, world);
	case JOB_UPLOADING:
		return queue_move_upload(queue, job, world);
	case JOB_UPLOADED:
		return queue_move_uploaded(queue, job, ahead, world);
	case JOB_ARMED:
	case JOB_SENT:
		return queue_move_start(queue, job, world);
	case JOB_STARTED:
	case JOB_RUNNING:
		return queue_move_print(queue, job, world);
	case JOB_UNKNOWN:
		return queue_move_unknown(queue, job, world);
	case JOB_STAGED:
	case JOB_DONE:
	case JOB_FAILED:
	case JOB_NOT_STARTED:
	case JOB_CANCELLED:
	case JOB_STATE_COUNT:
		break;
	}
	return false;
}

static void
move_jobs(struct queue *queue, const struct queue_world *world)
{
	unsigned ahead = 0;

	for (struct job *job = queue->first; job != NULL; job = job->next)
		if (move_job(queue, job, ahead++, world))
			return;
	queue_clean_up(queue, world);
}

static void
note_link(struct queue *queue, const struct queue_world *world)
{
	if (world->online && queue->online_from_ms == 0) {
		queue->online_from_ms = world->now_ms;
		queue->offline_from_ms = 0;
		queue->asked_full = false;
		if (queue->first != NULL)
			queue->first->try_ms = 0; /* it is back: at once */
	} else if (!world->online && queue->offline_from_ms == 0) {
		queue->offline_from_ms = world->now_ms;
		queue->online_from_ms = 0;
	}
	/* Small answers came, the one to the first question was lost: ask again, as the printer bears it. */
	if (world->online && !queue->knows_printer && !queue->asked_full && queue->first != NULL) {
		queue_wake_at(queue, queue->online_from_ms + QUEUE_KNOW_MS);
		if (world->now_ms >= queue->online_from_ms + QUEUE_KNOW_MS) {
			queue->asked_full = true;
			queue->duties.ask_full(queue->duties.arg);
		}
	}
}

/* -- the plate ------------------------------------------------------------------------------- */

#define NAMELESS 1 /* a print of which the printer tells no name */

/* A number for what the printer calls the print that it shows: by the number that it was given, else by its names. */
static uint64_t
number_print(const struct printer_state *state)
{
	if (state->subtask_id[0] != '\0' && strcmp(state->subtask_id, "0") != 0)
		return hash_text(HASH_BASIS, state->subtask_id) | 2;
	if (state->subtask_name[0] == '\0' && state->file[0] == '\0')
		return NAMELESS;
	return hash_text(hash_text(HASH_BASIS, state->subtask_name), state->file) | 2;
}

/* While nobody looked a print may have come and gone, started at the printer's screen. A printer shows the end of its
 * last print until the next one begins: is it the one that is known, whose plate may have been cleared since? */
static bool
shows_unseen_end(struct queue *queue, const struct queue_world *world, uint64_t print)
{
	enum gcode_state state = world->state->gcode_state;
	bool is_first = queue->knows_printer && !queue->saw_end;

	queue->saw_end |= queue->knows_printer;
	return is_first && (state == GCODE_STATE_FINISH || state == GCODE_STATE_FAILED) &&
	       print != world->plate_print && (print != NAMELESS || world->plate_print == 0);
}

/* The beginning of a print puts something on the plate. Its end tells that once more, for a person may have said
 * meanwhile that the plate is clear. */
static void
note_plate(struct queue *queue, const struct queue_world *world)
{
	bool busy = printer_state_is_busy(world->state);
	bool turned = busy != queue->saw_print;
	uint64_t print = number_print(world->state);

	if (!world->online)
		return;
	queue->saw_print = busy;
	if ((shows_unseen_end(queue, world, print) || (turned && (!world->plate_used || print != world->plate_print))) &&
	    queue->plate_again_ms == 0)
		queue->plate_again_ms = world->now_ms;
	if (queue->plate_again_ms == 0 || queue->plate_pending)
		return;
	queue_wake_at(queue, queue->plate_again_ms);
	if (world->now_ms < queue->plate_again_ms)
		return;
	queue->plate_pending = true;
	queue->duties.note_plate(queue->duties.arg, print);
}

void
queue_on_plate_noted(struct queue *queue, const struct queue_world *world, bool good)
{
	queue->plate_pending = false;
	queue->plate_again_ms = good ? 0 : world->now_ms + QUEUE_PLATE_AGAIN_MS;
	queue_look(queue, world);
}

void
queue_look(struct queue *queue, const struct queue_world *world)
{
	queue->wake_ms = INT64_MAX;
	note_link(queue, world);
	note_plate(queue, world);
	if (queue->list_again_ms != 0) {
		queue_wake_at(queue, queue->list_again_ms);
		if (world->now_ms >= queue->list_again_ms)
			queue_want_list(queue);
	}
	if (!queue->is_known || queue->is_stepping)
		return;
	if (world->now_ms < queue->step_again_ms) {
		queue_wake_at(queue, queue->step_again_ms);
		return;
	}
	move_jobs(queue, world);
}

int64_t
queue_deadline_ms(const struct queue *queue)
{
	return queue->wake_ms;
}

bool
queue_start_is_pending(const struct queue *queue, int64_t now_ms)
{
	for (const struct job *job = queue->first; job != NULL; job = job->next)
		if ((job->state == JOB_ARMED || job->state == JOB_SENT) && now_ms < job->watch_until_ms)
			return true;
	return false;
}

/* -- the link ---------------------------------------------------------------------------- */

void
queue_on_report(struct queue *queue, const struct queue_world *world, const struct report_summary *summary)
{
	if (summary->kind == REPORT_FULL)
		queue->knows_printer = true;
	if (summary->kind == REPORT_REPLY)
		queue_note_reply(queue, summary);
	queue_look(queue, world);
}

void
queue_on_lost(struct queue *queue)
{
	queue->knows_printer = queue->saw_end = false;
}
