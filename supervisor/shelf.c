/*
 * shelf: keep the latest of each retained message.
 */
#include "supervisor/shelf.h"

#include <stdlib.h>

#include "common/miniobj.h"

#define FEW 32 /* are found by looking at each */
#define BUCKETS 1024

void
shelf_init(struct shelf *shelf, size_t max_count, size_t max_bytes)
{
	*shelf = (struct shelf){ .max_count = max_count, .max_bytes = max_bytes };
	TAILQ_INIT(&shelf->list);
}

void
shelf_move(struct shelf *to, struct shelf *from)
{
	*to = *from;
	/* A tail queue's head points into itself. */
	TAILQ_INIT(&to->list);
	TAILQ_CONCAT(&to->list, &from->list, next);
	from->buckets = NULL;
}

static size_t
bucket_of(const struct header *header)
{
	uint32_t mixed = header->retain_key * 2654435761u ^ (uint32_t)header->number << 8 ^
			 (uint32_t)header->to_role << 4 ^ header->to_slot;

	return (mixed ^ mixed >> 16) % BUCKETS;
}

static void
put_into_bucket(struct shelf *shelf, struct kept *kept)
{
	struct kept **head = &shelf->buckets[bucket_of(&kept->frame->header)];

	kept->beside = *head;
	*head = kept;
}

/* There are more than a few: from now on they have buckets. */
static void
sort_into_buckets(struct shelf *shelf)
{
	struct kept *kept;

	shelf->buckets = calloc(BUCKETS, sizeof(struct kept *));
	ENSURE(shelf->buckets != NULL);
	TAILQ_FOREACH(kept, &shelf->list, next)
		put_into_bucket(shelf, kept);
}

static void
forget(struct shelf *shelf, struct kept *kept)
{
	if (shelf->buckets != NULL) {
		struct kept **at = &shelf->buckets[bucket_of(&kept->frame->header)];
		while (*at != kept)
			at = &(*at)->beside;
		*at = kept->beside;
	}
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
	free(shelf->buckets);
	shelf->buckets = NULL;
}

static bool
is_place_of(const struct kept *kept, const struct header *header)
{
	const struct header *have = &kept->frame->header;

	return have->number == header->number && have->retain_key == header->retain_key &&
	       have->to_role == header->to_role && have->to_slot == header->to_slot;
}

static struct kept *
find(struct shelf *shelf, const struct header *header)
{
	struct kept *kept;

	if (shelf->buckets != NULL) {
		for (kept = shelf->buckets[bucket_of(header)]; kept != NULL; kept = kept->beside)
			if (is_place_of(kept, header))
				return kept;
		return NULL;
	}
	TAILQ_FOREACH(kept, &shelf->list, next)
		if (is_place_of(kept, header))
			return kept;
	return NULL;
}

bool
shelf_put(struct shelf *shelf, struct frame *frame)
{
	struct kept *kept = find(shelf, &frame->header);
	size_t old_bytes = kept != NULL ? kept->frame->len : 0;

	if (shelf->bytes - old_bytes + frame->len > shelf->max_bytes || (kept == NULL && shelf->count == shelf->max_count))
		return false;
	shelf->bytes += frame->len - old_bytes;
	frame_ref(frame);
	if (kept != NULL) {
		frame_unref(kept->frame);
		kept->frame = frame;
		return true;
	}
	kept = calloc(1, sizeof *kept);
	ENSURE(kept != NULL);
	kept->frame = frame;
	TAILQ_INSERT_TAIL(&shelf->list, kept, next);
	shelf->count++;
	if (shelf->buckets != NULL)
		put_into_bucket(shelf, kept);
	else if (shelf->count > FEW)
		sort_into_buckets(shelf);
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
