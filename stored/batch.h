/*
 * batch: requests that came in one turn of the loop, committed with one sync. Nobody is answered
 * before the disk has it; one request that cannot be kept does not spoil the others. What a request changes is
 * kept as a whole or not at all.
 */
#ifndef FUSE_STORED_BATCH_H
#define FUSE_STORED_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/header.h"
#include "stored/outcome.h"
#include "stored/store.h"

#define BATCH_MOST 64
#define BATCH_OPS_MOST 72 /* of one request: a printer that is removed takes its open jobs along */
#define BATCH_OPS (3 * BATCH_MOST + BATCH_OPS_MOST)
#define BATCH_KEY_BYTES 97 /* the longest name of a secret, with NUL */
#define BATCH_ITEM_MAX_BYTES ((size_t)2 << 20) /* payloads of one request */
#define BATCH_BYTES (2 * BATCH_ITEM_MAX_BYTES) /* of all; touched only as far as it is used */

struct batch_op {
	enum store_table table;
	char key[BATCH_KEY_BYTES];
	bool removes; /* else puts the payload */
	size_t len;
	const uint8_t *payload; /* in the batch */
};

struct batch_item {
	struct batch *batch;
	struct header request; /* to answer it */
	size_t op_count;
	struct batch_op *ops; /* in the batch; the first says what the request is about */
	char sentence[240];   /* the answer when it is done */
};

struct batch {
	size_t count, op_count, used_bytes;
	struct batch_item items[BATCH_MOST];
	struct batch_op ops[BATCH_OPS];
	uint8_t bytes[BATCH_BYTES];
};

/* The next free item, with room for the largest request, zeroed; NULL when there is none (flush first). */
struct batch_item *batch_add(struct batch *batch);

/* One more change of the newest item: put `len` bytes, at most RECORD_PAYLOAD_MAX_BYTES, or with `bytes` NULL remove.
 * More than fits is a bug and aborts. */
void batch_add_op(struct batch_item *item, enum store_table table, const char *key, const void *bytes, size_t len);

/*
 * Commit all and empty the batch. If that fails each is tried alone. `answer` is called for each item,
 * in order, with what became of it; it must not add to the batch.
 */
typedef void batch_answer_fn(void *arg, const struct batch_item *item, const struct fault *fault);
void batch_flush(struct batch *batch, struct store *store, batch_answer_fn *answer, void *arg);

#endif
