/*
 * batch: collect, commit once, answer all.
 */
#include "stored/batch.h"

#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"

struct batch_item *
batch_add(struct batch *batch)
{
	if (batch->count == BATCH_MOST || batch->op_count + BATCH_OPS_MOST > BATCH_OPS ||
	    batch->used_bytes + BATCH_ITEM_MAX_BYTES > BATCH_BYTES)
		return NULL;
	struct batch_item *item = &batch->items[batch->count++];
	memset(item, 0, sizeof *item);
	item->batch = batch;
	item->ops = batch->ops + batch->op_count;
	return item;
}

void
batch_add_op(struct batch_item *item, enum store_table table, const char *key, const void *bytes, size_t len)
{
	struct batch *batch = item->batch;

	ENSURE(item == &batch->items[batch->count - 1] && item->op_count < BATCH_OPS_MOST);
	ENSURE(len <= RECORD_PAYLOAD_MAX_BYTES && batch->used_bytes + len <= BATCH_BYTES);
	struct batch_op *op = &item->ops[item->op_count++];
	batch->op_count++;
	op->table = table;
	op->removes = bytes == NULL;
	op->len = len;
	op->payload = batch->bytes + batch->used_bytes;
	ENSURE(str_copy(op->key, sizeof op->key, key));
	if (len > 0)
		memcpy(batch->bytes + batch->used_bytes, bytes, len);
	batch->used_bytes += len;
}

/* Returns how many there are. */
static size_t
ops_of(const struct batch_item *item, struct store_op *ret_ops)
{
	for (size_t i = 0; i < item->op_count; i++) {
		const struct batch_op *op = &item->ops[i];
		ret_ops[i] = (struct store_op){ op->table, op->key, strlen(op->key),
						op->removes ? NULL : op->payload, op->len };
	}
	return item->op_count;
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
	struct store_op ops[BATCH_OPS];
	struct fault fault;
	size_t count = batch->count, op_count = 0;

	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		op_count += ops_of(&batch->items[i], ops + op_count);
	enum outcome outcome = store_commit(store, ops, op_count, &fault);
	bool alone = count > 1 && worth_trying_alone(outcome);
	for (size_t i = 0; i < count; i++) {
		if (alone)
			store_commit(store, ops, ops_of(&batch->items[i], ops), &fault);
		answer(arg, &batch->items[i], &fault);
	}
	batch->count = batch->op_count = batch->used_bytes = 0;
}
