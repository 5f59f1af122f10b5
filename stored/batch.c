/*
 * batch: collect, commit once, answer all.
 */
#include "stored/batch.h"

#include <string.h>

#include "common/miniobj.h"

struct batch_item *
batch_add(struct batch *batch)
{
	if (batch->count == BATCH_MOST)
		return NULL;
	struct batch_item *item = &batch->items[batch->count++];
	memset(item, 0, sizeof *item);
	return item;
}

void
batch_set_payload(struct batch_item *item, const void *bytes, size_t len)
{
	ENSURE(len <= sizeof item->payload);
	if (len > 0)
		memcpy(item->payload, bytes, len);
	item->len = len;
}

static struct store_op
op_of(const struct batch_item *item)
{
	return (struct store_op){ item->table, item->key, strlen(item->key),
				  item->removes ? NULL : item->payload, item->len };
}

/* Would others of the batch fare better alone? Not when the disk or the database as such is at fault. */
static bool
worth_trying_alone(enum outcome outcome)
{
	return outcome == OUTCOME_NO_SPACE || outcome == OUTCOME_TOO_BIG || outcome == OUTCOME_FAILED;
}

void
batch_flush(struct batch *batch, struct store *store, batch_answer_fn *answer, void *arg)
{
	struct store_op ops[BATCH_MOST];
	struct fault fault;
	size_t count = batch->count;

	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		ops[i] = op_of(&batch->items[i]);
	enum outcome outcome = store_commit(store, ops, count, &fault);
	bool alone = count > 1 && worth_trying_alone(outcome);
	for (size_t i = 0; i < count; i++) {
		if (alone)
			store_commit(store, &ops[i], 1, &fault);
		answer(arg, &batch->items[i], &fault);
	}
	batch->count = 0;
}
