/*
 * queue_storage: files of jobs that have ended are deleted from the printer. A 3MF that is left in the root of a card is
 * printed by some models when they are switched on.
 */
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "worker/link/queue_inner.h"

void
queue_leave_behind(struct queue *queue, const struct job *job)
{
	if (!job->has_file || job->path[0] == '\0')
		return;
	if (queue->leftover_count == QUEUE_LEFTOVERS_MAX) {
		log_warn("a file stays on the printer: too many wait to be deleted",
			 log_str("path", queue->leftovers[0].path));
		memmove(&queue->leftovers[0], &queue->leftovers[1],
			sizeof queue->leftovers - sizeof queue->leftovers[0]);
		queue->leftover_count--;
		queue->removing_count -= queue->removing_count > 0;
	}
	str_copy(queue->leftovers[queue->leftover_count++].path, REMOTE_PATH_BYTES, job->path);
	queue->remove_failures = 0;
	queue->remove_again_ms = 0;
}

const char *
queue_leftover_paths(struct queue *queue)
{
	static char paths[QUEUE_LEFTOVERS_MAX * REMOTE_PATH_BYTES + 1];
	size_t used = 0;

	paths[0] = '\0';
	for (unsigned i = 0; i < queue->leftover_count; i++) {
		str_format(paths + used, sizeof paths - used, "%s%s", i > 0 ? "\n" : "",
			   queue->leftovers[i].path);
		used += strlen(paths + used);
	}
	queue->removing_count = queue->leftover_count;
	return paths;
}

void
queue_forget_leftovers(struct queue *queue)
{
	queue->leftover_count -= queue->removing_count;
	memmove(&queue->leftovers[0], &queue->leftovers[queue->removing_count],
		queue->leftover_count * sizeof queue->leftovers[0]);
	queue->removing_count = 0;
}

void
queue_on_removed(struct queue *queue, const struct queue_world *world, bool good)
{
	queue->is_removing = false;
	if (good) {
		queue_forget_leftovers(queue);
	} else if (++queue->remove_failures >= QUEUE_REMOVES_MAX) {
		log_warn("files of ended jobs stay on the printer: it does not delete them",
			 log_int("files", queue->removing_count));
		queue_forget_leftovers(queue);
		queue->remove_failures = 0;
	} else {
		queue->remove_again_ms = world->now_ms + QUEUE_REMOVE_AGAIN_MS;
	}
	queue_look(queue, world);
}

void
queue_clean_up(struct queue *queue, const struct queue_world *world)
{
	if (queue->leftover_count == 0 || queue->is_removing || queue->put != PUT_NONE ||
	    !world->exchange_free || !queue_printer_is_live(queue, world) || !queue_printer_is_idle(world) ||
	    queue_start_is_pending(queue, world->now_ms))
		return;
	if (world->now_ms < queue->remove_again_ms) {
		queue_wake_at(queue, queue->remove_again_ms);
		return;
	}
	queue->is_removing = true;
	queue->duties.remove(queue->duties.arg, queue_leftover_paths(queue));
}
