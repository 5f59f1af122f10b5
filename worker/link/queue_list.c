/*
 * queue_list: the jobs as the store has them, oldest first.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "printer/job.h"
#include "worker/link/queue_inner.h"

struct job *
queue_find(const struct queue *queue, const char *id)
{
	struct job *job = queue->first;

	while (job != NULL && strcmp(job->id, id) != 0)
		job = job->next;
	return job;
}

const struct job *
queue_by_path(const struct queue *queue, const char *path)
{
	const struct job *job = queue->first;

	while (job != NULL && strcmp(job->path, path) != 0)
		job = job->next;
	return job;
}

void
queue_forget_start(struct job *job)
{
	free(job->start);
	job->start = NULL;
}

static void
free_job(struct job *job)
{
	queue_forget_start(job);
	free(job->file_name);
	free(job->options);
	free(job);
}

/* What came of its upload was told. */
void
queue_forget_put(struct queue *queue, const struct job *job)
{
	if (queue->put == PUT_OVER && strcmp(queue->put_for, job->id) == 0)
		queue->put = PUT_NONE;
}

void
queue_unlink(struct queue *queue, struct job *job)
{
	struct job **at = &queue->first;

	queue_forget_put(queue, job);
	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	queue->count--;
	free_job(job);
}

void
queue_fini(struct queue *queue)
{
	while (queue->first != NULL)
		queue_unlink(queue, queue->first);
}

/* -- the list --------------------------------------------------------------------------- */

void
queue_want_list(struct queue *queue)
{
	if (queue->is_listing) {
		queue->list_is_stale = true;
		return;
	}
	queue->is_listing = true;
	queue->list_is_stale = false;
	queue->list_again_ms = 0;
	for (struct job *job = queue->first; job != NULL; job = job->next)
		job->is_listed = false;
	queue->duties.want_jobs(queue->duties.arg);
}

void
queue_on_changed(struct queue *queue, const struct queue_world *world)
{
	/* What made a file's examination wait may be over. */
	queue->plates_again_ms = 0;
	queue_want_list(queue);
	queue_look(queue, world);
}

static char *
copy_text(const void *bytes, size_t len)
{
	char *copy = malloc(len + 1);

	ENSURE(copy != NULL);
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

static struct job *
add_job(struct queue *queue, const struct msg_job_mine *mine)
{
	struct job *job = calloc(1, sizeof *job), **end = &queue->first;

	ENSURE(job != NULL);
	str_copy(job->id, sizeof job->id, mine->id);
	str_copy(job->sha256, sizeof job->sha256, mine->sha256);
	if (mine->remote_path[0] == '/')
		str_copy(job->path, sizeof job->path, mine->remote_path);
	job->file_name = copy_text(mine->file_name, strlen(mine->file_name));
	job->options = copy_text(mine->options.bytes, mine->options.len);
	job->size_bytes = mine->size_bytes;
	job->plate = mine->plate;
	job->number = mine->number;
	job->attempts = mine->attempts;
	job->stage_only = mine->stage_only;
	job->before = mine->before;
	job->has_file = job->path[0] != '\0';
	job->has_begun = mine->started_ms != 0;
	job->seen_minutes = STATE_UNKNOWN;
	job->error_before = job_error_of_evidence(mine->evidence);
	job->state = mine->state;
	while (*end != NULL)
		end = &(*end)->next;
	*end = job;
	queue->count++;
	if (job->state != JOB_RECEIVED)
		log_info("takes up a job", log_str("job", job->id),
			 log_str("state", job_state_name(job->state)));
	return job;
}

void
queue_on_mine(struct queue *queue, const struct msg_job_mine *mine)
{
	struct job *job = queue_find(queue, mine->id);

	if (mine->state >= JOB_STATE_COUNT)
		return;
	if (job_state_has_ended(mine->state)) { /* if we have it, it goes with the end of the list */
		if (job_state_leaves_file(mine->state))
			queue_leave_behind(queue, mine->id, mine->state, mine->remote_path);
		return;
	}
	if (job == NULL) {
		if (queue->count == QUEUE_JOBS_MAX)
			return;
		job = add_job(queue, mine);
	}
	job->is_listed = true;
	job->has_file |= mine->remote_path[0] == '/'; /* a step whose answer was lost may have said so */
	job->cancel_wanted |= mine->cancel_wanted;
	job->resolved = mine->resolved;
	job->number = mine->number;
	/* What is under way is answered after this. */
	if (!(queue->is_stepping && strcmp(queue->step.id, job->id) == 0))
		job->state = mine->state;
}

/* Ended without this worker: a person has removed it, or a step whose answer was lost was kept. */
static void
drop_unlisted(struct queue *queue)
{
	struct job *job = queue->first, *next;

	for (; job != NULL; job = next) {
		next = job->next;
		if (job->is_listed || (queue->is_stepping && strcmp(queue->step.id, job->id) == 0))
			continue;
		log_info("a job has ended elsewhere", log_str("job", job->id));
		if (queue->put == PUT_RUNS && strcmp(queue->put_for, job->id) == 0)
			queue->duties.cancel_put(queue->duties.arg);
		queue_unlink(queue, job);
	}
}

void
queue_on_list_end(struct queue *queue, const struct queue_world *world, bool good)
{
	queue->is_listing = false;
	if (good) {
		queue->is_known = true;
		drop_unlisted(queue);
	}
	if (queue->list_is_stale)
		queue_want_list(queue);
	else if (!good)
		queue->list_again_ms = world->now_ms + QUEUE_RETRY_FIRST_MS;
	queue_look(queue, world);
}
