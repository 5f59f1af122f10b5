/*
 * queue_storage: files of jobs that have ended are deleted from the printer. A 3MF that is left in the root of a card is
 * printed by some models when they are switched on. So a job's record names its file until the printer has confirmed
 * that it is gone: whoever dies, or is switched off, before that, it is deleted later.
 */
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "worker/link/queue_inner.h"

static struct leftover *
find(struct queue *queue, const char *id)
{
	for (unsigned i = 0; i < queue->leftover_count; i++)
		if (strcmp(queue->leftovers[i].id, id) == 0)
			return &queue->leftovers[i];
	return NULL;
}

static void
drop(struct queue *queue, struct leftover *leftover)
{
	size_t at = (size_t)(leftover - queue->leftovers);

	queue->leftover_count--;
	memmove(leftover, leftover + 1, (queue->leftover_count - at) * sizeof *leftover);
}

/* The record keeps what does not find room here: it is listed again. */
void
queue_leave_behind(struct queue *queue, const char *id, enum job_state state, const char *path)
{
	struct leftover *leftover = &queue->leftovers[queue->leftover_count];

	if (find(queue, id) != NULL || path[0] != '/')
		return;
	if (queue->leftover_count == QUEUE_LEFTOVERS_MAX) {
		queue->has_more_leftovers = true;
		return;
	}
	*leftover = (struct leftover){ .state = state };
	str_copy(leftover->id, sizeof leftover->id, id);
	str_copy(leftover->path, sizeof leftover->path, path);
	queue->leftover_count++;
	queue->remove_failures = 0;
	queue->remove_again_ms = 0;
}

const char *
queue_leftover_paths(const struct queue *queue)
{
	static char paths[QUEUE_LEFTOVERS_MAX * REMOTE_PATH_BYTES + 1];
	size_t used = 0;

	paths[0] = '\0';
	for (unsigned i = 0; i < queue->leftover_count; i++) {
		if (queue->leftovers[i].is_gone)
			continue;
		str_format(paths + used, sizeof paths - used, "%s%s", used > 0 ? "\n" : "",
			   queue->leftovers[i].path);
		used += strlen(paths + used);
	}
	return paths;
}

void
queue_forget_leftover(struct queue *queue, const char *id)
{
	struct leftover *leftover = find(queue, id);

	if (leftover != NULL)
		drop(queue, leftover);
	if (queue->leftover_count > 0 || !queue->has_more_leftovers)
		return;
	queue->has_more_leftovers = false;
	queue_want_list(queue);
}

static void
note_failure(struct queue *queue, const struct queue_world *world)
{
	bool is_rare = ++queue->remove_failures >= QUEUE_REMOVES_MAX;

	if (queue->remove_failures == QUEUE_REMOVES_MAX)
		log_warn("files of ended jobs stay on the printer: it does not delete them",
			 log_int("files", queue->leftover_count));
	queue->remove_again_ms = world->now_ms + (is_rare ? QUEUE_REMOVE_RARELY_MS : QUEUE_REMOVE_AGAIN_MS);
}

void
queue_on_removed(struct queue *queue, const struct queue_world *world, bool good)
{
	queue->is_removing = false;
	if (!good)
		note_failure(queue, world);
	for (unsigned i = 0; i < queue->leftover_count; i++) {
		struct leftover *leftover = &queue->leftovers[i];
		leftover->is_gone |= good && leftover->is_asked;
		leftover->is_asked = false;
	}
	queue_look(queue, world);
}

/* The record need not name it any more. True: a step is under way. */
static bool
tell_gone(struct queue *queue)
{
	const struct leftover *leftover = queue->leftovers, *end = leftover + queue->leftover_count;
	struct msg_job_step *step = &queue->step;

	while (leftover < end && !leftover->is_gone)
		leftover++;
	if (leftover == end)
		return false;
	*step = (struct msg_job_step){ .from = leftover->state, .to = leftover->state };
	str_copy(step->id, sizeof step->id, leftover->id);
	queue->is_stepping = true;
	queue->duties.step(queue->duties.arg, step);
	return true;
}

void
queue_clean_up(struct queue *queue, const struct queue_world *world)
{
	const char *paths;

	if (tell_gone(queue) || queue->leftover_count == 0 || queue->is_removing || queue->put != PUT_NONE ||
	    !world->exchange_free || !queue_printer_is_live(queue, world) || !queue_printer_is_idle(world) ||
	    queue_start_is_pending(queue, world->now_ms))
		return;
	if (world->now_ms < queue->remove_again_ms) {
		queue_wake_at(queue, queue->remove_again_ms);
		return;
	}
	paths = queue_leftover_paths(queue);
	for (unsigned i = 0; i < queue->leftover_count; i++)
		queue->leftovers[i].is_asked = true;
	queue->is_removing = true;
	queue->duties.remove(queue->duties.arg, paths);
}
