/*
 * queue_before: until the start: whose turn it is, whether file and printer fit, and whether the printer still has the
 * file. Sending it: queue_upload.c.
 */
#include <inttypes.h>
#include <string.h>

#include "common/crashpoint.h"
#include "common/str.h"
#include "printer/preflight.h"
#include "worker/link/link.h"
#include "worker/link/queue_inner.h"

#define LIST_AGAIN_MS (30000 / QUEUE_HURRY)

/* -- the printer --------------------------------------------------------------------------- */

bool
queue_printer_is_idle(const struct queue_world *world)
{
	enum gcode_state state = world->state->gcode_state;

	return state == GCODE_STATE_IDLE || state == GCODE_STATE_FINISH || state == GCODE_STATE_FAILED;
}

bool
queue_printer_is_live(const struct queue *queue, const struct queue_world *world)
{
	return world->online && queue->knows_printer;
}

uint64_t
queue_sign(const struct queue_world *world)
{
	const struct printer_state *state = world->state;
	uint64_t sign = 14695981039346656037u;
	uint64_t parts[6] = { (uint64_t)state->storage,		  (uint64_t)world->developer_mode,
			      (uint64_t)state->door_open,	  (uint64_t)state->lid_open,
			      (uint64_t)link_is_upgrading(state), state->hms_count };

	for (unsigned i = 0; i < STR_ARRAY_LEN(parts); i++)
		sign = (sign ^ parts[i]) * 1099511628211u;
	for (unsigned i = 0; i < state->hms_count; i++)
		sign = (sign ^ ((uint64_t)state->hms[i].attr << 32 | state->hms[i].code)) * 1099511628211u;
	return sign | 1;
}

/* -- waiting --------------------------------------------------------------------------------- */

/* With the file there a job stays UPLOADED while it waits. */
static enum job_state
waiting_state(const struct job *job)
{
	return job->state == JOB_UPLOADED ? JOB_UPLOADED : JOB_WAITING;
}

static bool
wait_behind(struct queue *queue, struct job *job, unsigned ahead, const struct queue_world *world)
{
	struct job_words words;

	if (queue->first->state == JOB_UNKNOWN)
		return queue_step_for(queue, job, waiting_state(job), JOB_FAULT_UNDECIDED, world);
	job_words_of(&words, JOB_FAULT_OTHERS_FIRST, world);
	str_format(words.sentence, sizeof words.sentence,
		   ahead == 1 ? "1 job is before it." : "%u jobs are before it.", ahead);
	return queue_step(queue, job, waiting_state(job), &words);
}

static bool
wait_for_update(struct queue *queue, struct job *job)
{
	struct job_words words;

	job_words(&words, preflight_finding_name(FINDING_UPGRADING), "The printer installs a firmware.",
		  "The job goes on by itself afterwards.");
	return queue_step(queue, job, waiting_state(job), &words);
}

/* A link that is made anew, or for the first time, is not worth a step. Who has just ordered wants to know. */
static void
tell_unlinked(struct queue *queue, struct job *job, const struct queue_world *world)
{
	if (job->state == JOB_RECEIVED || world->now_ms >= queue->offline_from_ms + QUEUE_OFFLINE_MS)
		queue_step_for(queue, job, waiting_state(job), JOB_FAULT_NOT_LINKED, world);
	else
		queue_wake_at(queue, queue->offline_from_ms + QUEUE_OFFLINE_MS);
}

/* Something about the printer lets no file and no start through now: the job waits (a step may be under way). */
static bool
waits_for_printer(struct queue *queue, struct job *job, const struct queue_world *world)
{
	enum job_state to = waiting_state(job);

	if (!world->online) {
		tell_unlinked(queue, job, world);
	} else if (!queue->knows_printer || world->state->gcode_state == GCODE_STATE_UNKNOWN) {
		if (job->state != JOB_RECEIVED) /* it was linked this moment: not worth a step */
			queue_step_for(queue, job, to, JOB_FAULT_NOT_TOLD, world);
	} else if (link_is_upgrading(world->state)) {
		wait_for_update(queue, job);
	} else if (!queue_printer_is_idle(world)) {
		queue_step_for(queue, job, to, JOB_FAULT_PRINTER_BUSY, world);
	} else {
		return false;
	}
	return true;
}

/* -- preflight ----------------------------------------------------------------------------------- */

/* What goes away at the printer (jobs.h). */
static bool
finding_waits(enum preflight_finding finding)
{
	return finding == FINDING_NO_STORAGE || finding == FINDING_STORAGE_BAD ||
	       finding == FINDING_DEVELOPER_MODE_OFF || finding == FINDING_DOOR_OPEN ||
	       finding == FINDING_HEALTH || finding == FINDING_UPGRADING;
}

static void
list_findings(const struct preflight *preflight, char *ret_list, size_t cap)
{
	str_copy(ret_list, cap, preflight->count == 0 ? "preflight finds nothing" : "preflight:");
	for (unsigned i = 0; i < preflight->count; i++) {
		size_t used = strlen(ret_list);
		str_format(ret_list + used, cap - used, " %s%s",
			   preflight_finding_name(preflight->entries[i].finding),
			   preflight->entries[i].accepted ? " (accepted)" : "");
	}
}

bool
queue_finds_against(const struct preflight *preflight, struct job_words *words, bool *ret_waits)
{
	const struct preflight_entry *worst = NULL;

	/* What ends the job counts more than what makes it wait. */
	for (unsigned i = 0; i < preflight->count; i++) {
		const struct preflight_entry *entry = &preflight->entries[i];
		if (entry->kind == PREFLIGHT_NOTE || (entry->kind == PREFLIGHT_WARNING && entry->accepted))
			continue;
		if (worst == NULL || (finding_waits(worst->finding) && !finding_waits(entry->finding)))
			worst = entry;
	}
	job_words(words, "", "", "");
	if (worst != NULL)
		job_words(words, preflight_finding_name(worst->finding), worst->sentence, worst->remedy);
	list_findings(preflight, words->evidence, sizeof words->evidence);
	*ret_waits = worst != NULL && finding_waits(worst->finding);
	return worst != NULL;
}

const struct preflight *
queue_preflight(const struct job *job, const struct plates *plates, const struct queue_world *world,
		struct print_options *ret_options, struct job_words *words)
{
	static struct preflight preflight; /* large, and one at a time */
	char fault[200];
	struct preflight_input input = { .plates = plates,
					 .plate = job->plate,
					 .stage_only = job->stage_only,
					 .model = world->model,
					 .state = world->state,
					 .developer_mode = world->developer_mode,
					 .options = ret_options };

	if (!print_options_read(job->options, strlen(job->options), ret_options, fault, sizeof fault)) {
		job_words_of(words, JOB_FAULT_OPTIONS_WRONG, world);
		str_copy(words->sentence, sizeof words->sentence, fault);
		return NULL;
	}
	preflight_look(&input, &preflight);
	return &preflight;
}

void
queue_ask_plates(struct queue *queue, const struct job *job, const struct queue_world *world)
{
	if (queue->plates_for[0] != '\0')
		return; /* it is on its way */
	if (world->now_ms < queue->plates_again_ms) {
		queue_wake_at(queue, queue->plates_again_ms);
		return;
	}
	str_copy(queue->plates_for, sizeof queue->plates_for, job->id);
	queue->duties.want_plates(queue->duties.arg, job->sha256);
}

static void
decide_path(struct job *job, const struct plates *plates, const struct model *model)
{
	char name[REMOTE_NAME_BYTES];

	if (job->path[0] != '\0')
		return; /* a former attempt went there */
	remote_name(job->file_name, job->id, plates->kind, name);
	remote_path(model, job->stage_only, name, job->path);
}

/* The job may be sent: say so, unless that was said when it was received. */
static bool
pass_check(struct queue *queue, struct job *job, const struct job_words *found)
{
	struct job_words words = *found;

	job->is_checked = true;
	job->wait_sign = 0;
	if (job->state != JOB_RECEIVED)
		return false;
	str_copy(words.sentence, sizeof words.sentence, "File and printer fit.");
	return queue_step(queue, job, JOB_CHECKED, &words);
}

static bool
check(struct queue *queue, struct job *job, const struct plates *plates, const struct queue_world *world)
{
	struct print_options options;
	struct job_words words;
	const struct preflight *preflight = queue_preflight(job, plates, world, &options, &words);
	bool waits;

	if (preflight == NULL)
		return queue_step(queue, job, JOB_NOT_STARTED, &words);
	decide_path(job, plates, world->model);
	if (!queue_finds_against(preflight, &words, &waits))
		return pass_check(queue, job, &words);
	if (!waits)
		return queue_step(queue, job, JOB_NOT_STARTED, &words);
	job->wait_sign = queue_sign(world);
	return queue_step(queue, job, JOB_WAITING, &words);
}

static bool
end_unprintable(struct queue *queue, struct job *job, const struct msg_refused *refused)
{
	enum job_fault fault =
		refused->reason == REFUSAL_NOT_FOUND ? JOB_FAULT_FILE_MISSING : JOB_FAULT_FILE_UNPRINTABLE;
	struct job_words words;

	job_words(&words, job_fault_name(fault), refused->sentence, refused->remedy);
	return queue_step(queue, job, JOB_NOT_STARTED, &words);
}

/* The store gives no plates. */
static void
on_no_plates(struct queue *queue, struct job *job, const struct msg_refused *refused,
	     const struct queue_world *world)
{
	switch ((enum refusal)refused->reason) {
	case REFUSAL_CONFLICT: /* JOBS_CHANGED comes when it was looked into */
		queue->plates_again_ms = world->now_ms + QUEUE_EXAMINE_MS;
		break;
	case REFUSAL_NOT_FOUND:
	case REFUSAL_INVALID:
	case REFUSAL_FORBIDDEN:
	case REFUSAL_FAILED:
		end_unprintable(queue, job, refused);
		break;
	case REFUSAL_BUSY:
	case REFUSAL_UNREACHABLE:
	case REFUSAL_DIED:
	case REFUSAL_READ_ONLY:
	case REFUSAL_NO_SPACE:
	case REFUSAL_COUNT:
		queue->plates_again_ms = world->now_ms + QUEUE_RETRY_FIRST_MS;
		break;
	}
}

/* -- to the printer -------------------------------------------------------------------------------- */

static bool
begin_upload(struct queue *queue, struct job *job)
{
	struct job_words words;

	job_words(&words, "", "", "");
	str_format(words.sentence, sizeof words.sentence, "Its file is on its way to the printer.");
	str_format(words.evidence, sizeof words.evidence, "attempt %" PRIu32 ", %" PRIu64 " bytes to %s",
		   job->attempts + 1, job->size_bytes, job->path);
	return queue_step(queue, job, JOB_UPLOADING, &words);
}

bool
queue_move_before(struct queue *queue, struct job *job, unsigned ahead, const struct queue_world *world)
{
	bool steps;

	if (queue_takes_cancel(queue, job, "Cancelled before its file was sent.", &steps))
		return steps;
	if (ahead > 0)
		return wait_behind(queue, job, ahead, world);
	if (job->state == JOB_RECEIVED)
		crash_point("worker-received");
	if (waits_for_printer(queue, job, world))
		return queue->is_stepping;
	if (job->try_ms > world->now_ms) {
		queue_wake_at(queue, job->try_ms);
		return false; /* its words were told when the upload failed */
	}
	if (job->wait_sign != 0 && job->wait_sign == queue_sign(world))
		return false; /* what it waits for has not changed */
	if (!job->is_checked || job->state == JOB_RECEIVED) {
		queue_ask_plates(queue, job, world);
		return false;
	}
	if (!world->exchange_free || queue->put != PUT_NONE)
		return false;
	return begin_upload(queue, job);
}

/* -- the printer has the file ------------------------------------------------------------------------ */

void
queue_on_listed(struct queue *queue, const struct queue_world *world, bool good, int64_t size_bytes)
{
	struct job *job = queue_find(queue, queue->list_for);

	queue->list_for[0] = '\0';
	if (job != NULL && job->state == JOB_UPLOADED) {
		if (good && size_bytes == (int64_t)job->size_bytes)
			job->is_verified = true;
		else if (good)
			queue_step_for(queue, job, JOB_WAITING, JOB_FAULT_FILE_GONE, world);
		else
			job->try_ms = world->now_ms + LIST_AGAIN_MS;
	}
	queue_look(queue, world);
}

static bool
verify_file(struct queue *queue, struct job *job, const struct queue_world *world)
{
	if (job->path[0] == '\0')
		return queue_step_for(queue, job, JOB_WAITING, JOB_FAULT_FILE_GONE, world);
	if (waits_for_printer(queue, job, world))
		return queue->is_stepping;
	if (job->try_ms > world->now_ms)
		queue_wake_at(queue, job->try_ms);
	else if (world->exchange_free && queue->list_for[0] == '\0') {
		str_copy(queue->list_for, sizeof queue->list_for, job->id);
		queue->duties.list(queue->duties.arg, job->path);
	}
	return false;
}

bool
queue_plate_holds(const struct queue *queue, const struct queue_world *world)
{
	return !world->starts_unasked && (world->plate_used || queue->plate_pending || queue->plate_again_ms != 0);
}

/* Besides the printer itself, what keeps a start back. */
static bool
waits_for_start(struct queue *queue, struct job *job, const struct queue_world *world)
{
	if (world->store_holds)
		queue_step_for(queue, job, JOB_UPLOADED, JOB_FAULT_STORE_HOLDS, world);
	else if (queue_plate_holds(queue, world))
		queue_step_for(queue, job, JOB_UPLOADED, JOB_FAULT_PLATE_NOT_CLEAR, world);
	else
		return false;
	return true;
}

/* The store has the last word on a start, and may know what this worker does not yet. It is asked again. */
static bool
tell_objection(struct queue *queue, struct job *job, const struct queue_world *world)
{
	struct job_words words;

	job_words_of(&words, JOB_FAULT_NOT_SENT, world);
	str_copy(words.sentence, sizeof words.sentence, job->objection);
	words.remedy[0] = '\0';
	return queue_step(queue, job, JOB_UPLOADED, &words);
}

bool
queue_move_uploaded(struct queue *queue, struct job *job, unsigned ahead, const struct queue_world *world)
{
	bool steps;

	if (queue_takes_cancel(queue, job, "Cancelled before it was started.", &steps))
		return steps;
	if (ahead > 0)
		return wait_behind(queue, job, ahead, world);
	if (job->stage_only)
		return queue_step_says(queue, job, JOB_STAGED,
				       "The file lies on the printer's storage; nothing is started.");
	if (!job->is_verified)
		return verify_file(queue, job, world);
	if (waits_for_printer(queue, job, world) || waits_for_start(queue, job, world))
		return queue->is_stepping;
	if (job->wait_sign != 0 && job->wait_sign == queue_sign(world))
		return false;
	if (job->objection[0] != '\0' && tell_objection(queue, job, world))
		return true;
	queue_ask_plates(queue, job, world);
	return false;
}

void
queue_on_plates(struct queue *queue, const struct queue_world *world, const struct plates *plates,
		const struct msg_refused *refused)
{
	struct job *job = queue_find(queue, queue->plates_for);
	bool waits_for_it = job != NULL && job == queue->first && !job->cancel_wanted &&
			    !queue->is_stepping && queue->is_known;

	queue->plates_for[0] = '\0';
	queue->plates_again_ms = 0;
	if (waits_for_it && (job->state <= JOB_WAITING || job->state == JOB_UPLOADED)) {
		if (plates == NULL)
			on_no_plates(queue, job, refused, world);
		else if (job->state != JOB_UPLOADED)
			check(queue, job, plates, world);
		else if (!waits_for_printer(queue, job, world) && !waits_for_start(queue, job, world))
			queue_arm(queue, job, plates, world);
	}
	queue_look(queue, world);
}
