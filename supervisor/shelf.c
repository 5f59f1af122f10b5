/*
 * shelf: keep the latest of each retained message.
 */
#include "supervisor/shelf.h"

#include <stdlib.h>

#include "common/miniobj.h"

void
shelf_init(struct shelf *shelf, size_t max_count, size_t max_bytes)
{
	*shelf = (struct shelf){ .max_count = max_count, .max_bytes = max_bytes };
	TAILQ_INIT(&shelf->list);
}

static void
forget(struct shelf *shelf, struct kept *kept)
{
	TAILQ_REMOVE(&shelf->list, kept, next);
	shelf->count--;
	shelf->bytes -= kept->frame->len;
	frame_unref(kept->frame);
	free(kept);
}

void
shelf_fini(struct shelf *shelf)
{
	while (!TAILQ_EMPTY(&shelf->list))
		forget(shelf, TAILQ_FIRST(&shelf->list));
}

static struct kept *
find(struct shelf *shelf, const struct header *header)
{
	struct kept *kept;

	TAILQ_FOREACH(kept, &shelf->list, next) {
		const struct header *have = &kept->frame->header;
		if (have->number == header->number && have->retain_key == header->retain_key &&
		    have->to_role == header->to_role && have->to_slot == header->to_slot)
			return kept;
	}
	return NULL;
}

bool
shelf_put(struct shelf *shelf, struct frame *frame)
{
	struct kept *kept = find(shelf, &frame->header);
	size_t old_bytes = kept != NULL ? kept->frame->len : 0;

	if (shelf->bytes - old_bytes + frame->len > shelf->max_bytes)
		return false;
	if (kept == NULL) {
		if (shelf->count == shelf->max_count)
			return false;
		kept = calloc(1, sizeof *kept);
		ENSURE(kept != NULL);
		TAILQ_INSERT_TAIL(&shelf->list, kept, next);
		shelf->count++;
	}
	shelf->bytes += frame->len - old_bytes;
	frame_ref(frame);
	frame_unref(kept->frame);
	kept->frame = frame;
	return true;
}

bool
shelf_clear(struct shelf *shelf, const struct header *header)
{
	struct kept *kept = find(shelf, header);

	if (kept == NULL)
		return false;
	forget(shelf, kept);
	return true;
}
