/*
 * queue_upload: the file on its way to the printer: begun, ended, tried again.
 */
#include <inttypes.h>
#include <string.h>

#include "common/crashpoint.h"
#include "common/str.h"
#include "worker/link/queue_inner.h"

/* After an upload that failed; the last one for all further. */
static const int64_t upload_waits_ms[] = { 5000 / QUEUE_HURRY, 30000 / QUEUE_HURRY, 120000 / QUEUE_HURRY };

static void
start_put(struct queue *queue, struct job *job)
{
	struct job_put put = { job->id, job->sha256, job->path, job->size_bytes,
			       queue_leftover_paths(queue) };

	crash_point("worker-before-upload");
	queue->put = PUT_RUNS;
	queue->put_is_cancelled = false;
	str_copy(queue->put_for, sizeof queue->put_for, job->id);
	queue->duties.put(queue->duties.arg, &put);
}

void
queue_on_put_end(struct queue *queue, const struct queue_world *world, const struct msg_ftp_result *result)
{
	struct job *job = queue_find(queue, queue->put_for);

	queue->put = job != NULL ? PUT_OVER : PUT_NONE;
	queue->put_result = *result;
	if (job != NULL && result->good)
		job->failures = 0;
	else if (job != NULL && world->online && !queue->put_is_cancelled)
		job->failures++;
	queue_look(queue, world);
}

static bool
on_uploaded(struct queue *queue, struct job *job)
{
	const struct msg_ftp_result *result = &queue->put_result;
	struct job_words words;

	job_words(&words, "", "The printer has the file.", "");
	str_format(words.evidence, sizeof words.evidence,
		   "%" PRIu64 " bytes in %" PRIu32 " ms, the printer tells %" PRId64 " (%" PRIu32 " %.120s)",
		   result->sent_bytes, result->took_ms, result->remote_bytes, result->code, result->reply);
	job->is_verified = true;
	return queue_step(queue, job, JOB_UPLOADED, &words);
}

/* It is tried again: soon at first, for somebody has perhaps just plugged the printer in again. */
static bool
on_upload_failed(struct queue *queue, struct job *job, const struct queue_world *world)
{
	const struct msg_ftp_result *result = &queue->put_result;
	struct job_words words;

	job_words(&words, result->fault[0] != '\0' ? result->fault : job_fault_name(JOB_FAULT_UPLOAD_FAILED),
		  result->sentence, result->remedy);
	str_format(words.evidence, sizeof words.evidence,
		   "%" PRIu64 " bytes sent, the printer tells %" PRId64 "; %" PRIu32 " %.120s",
		   result->sent_bytes, result->remote_bytes, result->code, result->reply);
	if (!result->try_again || job->failures >= QUEUE_UPLOADS_MAX)
		return queue_step(queue, job, JOB_NOT_STARTED, &words);
	unsigned wait = job->failures == 0 ? 0 : job->failures - 1;
	if (wait >= STR_ARRAY_LEN(upload_waits_ms))
		wait = STR_ARRAY_LEN(upload_waits_ms) - 1;
	job->try_ms = world->now_ms + upload_waits_ms[wait];
	return queue_step(queue, job, JOB_WAITING, &words);
}

/* Somebody has begun a print at the screen of a model that is too slow for both. */
static bool
disturbs_a_print(const struct queue_world *world)
{
	return world->online && world->model->uploads_disturb && printer_state_is_busy(world->state);
}

bool
queue_move_upload(struct queue *queue, struct job *job, const struct queue_world *world)
{
	bool ours = queue->put != PUT_NONE && strcmp(queue->put_for, job->id) == 0, steps;

	if (ours && queue->put == PUT_RUNS) {
		if ((job->cancel_wanted || disturbs_a_print(world)) && !queue->put_is_cancelled) {
			queue->put_is_cancelled = true;
			queue->duties.cancel_put(queue->duties.arg);
		}
		return false;
	}
	if (queue_takes_cancel(queue, job, "Cancelled while its file was on its way.", &steps))
		return steps;
	if (ours && queue->put_result.good)
		return on_uploaded(queue, job);
	if (ours && queue->put_is_cancelled)
		return queue_step_for(queue, job, JOB_WAITING, JOB_FAULT_UPLOAD_DISTURBS, world);
	if (ours)
		return on_upload_failed(queue, job, world);
	/* The step was answered this moment, and this incarnation made it; else the one before began, and nobody
	 * knows how far it came. */
	if (job->is_checked && queue->put == PUT_NONE) {
		if (world->exchange_free)
			start_put(queue, job);
		return false;
	}
	return queue_step_for(queue, job, JOB_WAITING, JOB_FAULT_BEGAN_ANEW, world);
}
