/*
 * store_write: a batch of changes, the tallies that go with it, and the one commit that syncs it all.
 */
#include "stored/store_inner.h"

#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

static enum outcome
put_record(struct store *store, MDB_txn *txn, enum store_table table, MDB_val *key, const void *payload,
	   size_t len, struct tally *tally, struct fault *ret_fault)
{
	static uint8_t bytes[RECORD_MAX_BYTES];
	struct record_place place = { store_table_names[table], key->mv_data, key->mv_size };
	MDB_val value = store_borrow(bytes, record_encode(&place, payload, len, bytes));

	int error = mdb_put(txn, store->tables[table], key, &value, 0);
	if (error != 0)
		return fault_from_error(ret_fault, error, "write a record", store->file);
	if (tally != NULL)
		tally_move(tally, 1, record_hash_peek(bytes));
	return OUTCOME_DONE;
}

static enum outcome
apply_op(struct store *store, MDB_txn *txn, const struct store_op *op, struct tally *tally,
	 struct fault *ret_fault)
{
	MDB_val key = store_borrow(op->key, op->key_len);
	const uint8_t *old;
	size_t old_len;
	enum outcome outcome = store_get_in(store, txn, op->table, &key, &old, &old_len, ret_fault);

	if (outcome != OUTCOME_DONE && outcome != OUTCOME_ABSENT)
		return outcome;
	if (outcome == OUTCOME_DONE)
		tally_move(tally, -1, record_hash_peek(old - RECORD_OVERHEAD_BYTES));
	if (op->payload != NULL)
		return put_record(store, txn, op->table, &key, op->payload, op->len, tally, ret_fault);
	int error = outcome == OUTCOME_ABSENT ? 0 : mdb_del(txn, store->tables[op->table], &key, NULL);
	return error == 0 ? OUTCOME_DONE : fault_from_error(ret_fault, error, "delete a record", store->file);
}

/* Tables that an older Fuse did not have. Their handles are good only if this transaction is committed. */
static enum outcome
make_missing_tables(struct store *store, MDB_txn *txn, struct fault *ret_fault)
{
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		int error = store->tables[i] != NO_DBI ? 0
						       : mdb_dbi_open(txn, store_table_names[i], MDB_CREATE,
								      &store->tables[i]);
		if (error != 0)
			return fault_from_error(ret_fault, error, "bring the database up to date", store->file);
	}
	return fault_none(ret_fault);
}

static enum outcome
put_meta(struct store *store, MDB_txn *txn, const char *name, const char *text, struct fault *ret_fault)
{
	MDB_val key = store_borrow(name, strlen(name));

	return put_record(store, txn, TABLE_META, &key, text, strlen(text), NULL, ret_fault);
}

/* Whoever changes a database leaves its version and its layout in it. */
static enum outcome
stamp(struct store *store, MDB_txn *txn, struct fault *ret_fault)
{
	char schema[12];

	str_format(schema, sizeof schema, "%d", STORE_SCHEMA);
	if (make_missing_tables(store, txn, ret_fault) == OUTCOME_DONE &&
	    put_meta(store, txn, STORE_META_SCHEMA, schema, ret_fault) == OUTCOME_DONE)
		put_meta(store, txn, STORE_META_WRITTEN_BY, FUSE_VERSION, ret_fault);
	return ret_fault->outcome;
}

static enum outcome
apply_all(struct store *store, MDB_txn *txn, const struct store_op *ops, size_t count,
	  struct fault *ret_fault)
{
	struct tally tallies[TABLE_COUNT] = { 0 };
	enum outcome outcome = store->stamped ? OUTCOME_DONE : stamp(store, txn, ret_fault);

	for (size_t i = 0; i < count && outcome == OUTCOME_DONE; i++) {
		struct tally *tally = &tallies[ops[i].table];
		if (!tally->touched)
			outcome = store_tally_read(store, txn, ops[i].table, tally, ret_fault);
		if (outcome == OUTCOME_DONE)
			outcome = apply_op(store, txn, &ops[i], tally, ret_fault);
	}
	for (size_t i = 0; i < TABLE_COUNT && outcome == OUTCOME_DONE; i++) {
		char name[32];
		uint8_t bytes[TALLY_BYTES];
		MDB_val key = store_tally_key((enum store_table)i, name);
		if (i == TABLE_META || !tallies[i].touched)
			continue;
		tally_encode(&tallies[i], bytes);
		outcome = put_record(store, txn, TABLE_META, &key, bytes, sizeof bytes, NULL, ret_fault);
	}
	return outcome;
}

static void
time_commit(struct store *store, int64_t began_us)
{
	int64_t took_us = clock_monotonic_us() - began_us;

	store->commit_us[store->commits++ % COMMITS_TIMED] =
		took_us > UINT32_MAX ? UINT32_MAX : (uint32_t)took_us;
}

static enum outcome
commit_once(struct store *store, const struct store_op *ops, size_t count, struct fault *ret_fault)
{
	MDB_dbi before[TABLE_COUNT];
	MDB_txn *txn;
	int error = mdb_txn_begin(store->env, NULL, 0, &txn);

	if (error != 0)
		return fault_from_error(ret_fault, error, "change the database", store->file);
	memcpy(before, store->tables, sizeof before);
	enum outcome outcome = apply_all(store, txn, ops, count, ret_fault);
	int64_t began_us = clock_monotonic_us();
	if (outcome != OUTCOME_DONE) {
		mdb_txn_abort(txn);
	} else {
		error = mdb_txn_commit(txn);
		if (error != 0)
			outcome = fault_from_error(ret_fault, error, "write to the disk", store->file);
	}
	if (outcome != OUTCOME_DONE) {
		memcpy(store->tables, before, sizeof before);
		return outcome;
	}
	time_commit(store, began_us);
	store->stamped = true;
	return fault_none(ret_fault);
}

/* Twice the room. False at the greatest size, or when the map could not be made (then the
 * environment is opened anew by the caller). */
static bool
grow_map(struct store *store)
{
	size_t bytes = store->map_bytes * 2;

	ENSURE(store->readers == 0);
	if (bytes > STORE_MOST_MAP_BYTES || mdb_env_set_mapsize(store->env, bytes) != 0)
		return false;
	store->map_bytes = bytes;
	log_info("the database has more room now", log_int("map_bytes", (int64_t)bytes));
	return true;
}

enum outcome
store_commit(struct store *store, const struct store_op *ops, size_t count, struct fault *ret_fault)
{
	ENSURE_OBJ(store, STORE_MAGIC);
	ENSURE(store->readers == 0);
	if (store_try_writable(store, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	enum outcome outcome;
	do
		outcome = commit_once(store, ops, count, ret_fault);
	while (outcome == OUTCOME_TOO_BIG && grow_map(store));
	/* After a failed write LMDB may refuse everything (MDB_PANIC): begin with what is on the disk. */
	if (outcome != OUTCOME_DONE)
		store_env_reopen(store);
	return outcome;
}
