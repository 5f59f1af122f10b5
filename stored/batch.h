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
#include "stored/printer_record.h"
#include "stored/store.h"
#include "stored/vault.h"

#define BATCH_MOST 64
#define BATCH_OPS_MOST 3	 /* of one request */
#define BATCH_KEY_BYTES 97	 /* the longest name of a secret, with NUL */
#define BATCH_PAYLOAD_MAX_BYTES VAULT_SEALED_MAX_BYTES

_Static_assert(PRINTER_RECORD_MAX_BYTES <= BATCH_PAYLOAD_MAX_BYTES, "a printer fits");

struct batch_op {
	enum store_table table;
	char key[BATCH_KEY_BYTES];
	bool removes; /* else puts the payload */
	size_t len;
	uint8_t payload[BATCH_PAYLOAD_MAX_BYTES];
};

struct batch_item {
	struct header request; /* to answer it */
	size_t op_count;
	struct batch_op ops[BATCH_OPS_MOST]; /* the first says what the request is about */
	char sentence[240];		     /* the answer when it is done */
};

struct batch {
	size_t count;
	struct batch_item items[BATCH_MOST];
};

/* The next free item, zeroed; NULL when the batch is full (flush first). */
struct batch_item *batch_add(struct batch *batch);

/* One more change of an item: put `len` bytes, or with `bytes` NULL remove. More than fits is a bug and aborts. */
void batch_add_op(struct batch_item *item, enum store_table table, const char *key, const void *bytes, size_t len);

/*
 * Commit all and empty the batch. If that fails each is tried alone. `answer` is called for each item,
 * in order, with what became of it; it must not add to the batch.
 */
typedef void batch_answer_fn(void *arg, const struct batch_item *item, const struct fault *fault);
void batch_flush(struct batch *batch, struct store *store, batch_answer_fn *answer, void *arg);

#endif
