/*
 * store_read: get, walk, verify and copy. Nothing that was not proved by its checksum leaves here.
 */
#include "stored/store_inner.h"

#include <string.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

MDB_txn *
store_begin_read(struct store *store, struct fault *ret_fault)
{
	MDB_txn *txn = NULL;

	ENSURE_OBJ(store, STORE_MAGIC);
	int error = store->env == NULL ? store_env_open(store) : 0;
	if (error == 0)
		error = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
	if (error != 0) {
		fault_from_error(ret_fault, error, "read the database", NULL);
		return NULL;
	}
	store->readers++;
	return txn;
}

void
store_end_read(struct store *store, MDB_txn *txn)
{
	mdb_txn_abort(txn);
	ENSURE(store->readers > 0);
	store->readers--;
}

static enum outcome
say_damaged(struct fault *ret_fault, enum store_table table, const MDB_val *key, const char *how)
{
	char name[64], sentence[200];
	size_t used = 0;

	name[0] = '\0';
	log_append_value(name, sizeof name, &used, key->mv_data, key->mv_size);
	str_format(sentence, sizeof sentence, "The database is damaged: record %s of table %s %s.", name,
		   store_table_names[table], how);
	return fault_say(ret_fault, OUTCOME_DAMAGED, sentence);
}

static enum record_fault
open_record(enum store_table table, const MDB_val *key, const MDB_val *value, const uint8_t **ret_payload,
	    size_t *ret_len)
{
	struct record_place place = { store_table_names[table], key->mv_data, key->mv_size };

	return record_decode(&place, value->mv_data, value->mv_size, ret_payload, ret_len);
}

enum outcome
store_get_in(struct store *store, MDB_txn *txn, enum store_table table, MDB_val *key,
	     const uint8_t **ret_payload, size_t *ret_len, struct fault *ret_fault)
{
	MDB_val value;

	if (store->tables[table] == NO_DBI)
		return fault_say(ret_fault, OUTCOME_ABSENT, "There is no such record.");
	int error = mdb_get(txn, store->tables[table], key, &value);
	if (error != 0)
		return fault_from_error(ret_fault, error, "read a record", NULL);
	enum record_fault fault = open_record(table, key, &value, ret_payload, ret_len);
	if (fault != RECORD_FINE)
		return say_damaged(ret_fault, table, key, record_fault_text(fault));
	return fault_none(ret_fault);
}

MDB_val
store_borrow(const void *bytes, size_t len)
{
	return (MDB_val){ .mv_size = len, .mv_data = (void *)(uintptr_t)bytes };
}

enum outcome
store_get(struct store *store, enum store_table table, const void *key, size_t key_len, void *ret_payload,
	  size_t cap, size_t *ret_len, struct fault *ret_fault)
{
	MDB_val name = store_borrow(key, key_len);
	const uint8_t *payload;

	*ret_len = 0;
	MDB_txn *txn = store_begin_read(store, ret_fault);
	if (txn == NULL)
		return ret_fault->outcome;
	size_t len;
	enum outcome outcome = store_get_in(store, txn, table, &name, &payload, &len, ret_fault);
	if (outcome == OUTCOME_DONE && len > cap)
		outcome = fault_say(ret_fault, OUTCOME_FAILED, "The record is longer than it may be.");
	if (outcome == OUTCOME_DONE && len > 0)
		memcpy(ret_payload, payload, len);
	if (outcome == OUTCOME_DONE)
		*ret_len = len;
	store_end_read(store, txn);
	return outcome;
}

enum outcome
store_get_meta(struct store *store, const char *name, char ret_text[STORE_META_VALUE_BYTES],
	       struct fault *ret_fault)
{
	size_t len;
	enum outcome outcome = store_get(store, TABLE_META, name, strlen(name), ret_text,
					 STORE_META_VALUE_BYTES - 1, &len, ret_fault);

	ret_text[len] = '\0';
	return outcome;
}

/* Walk one table within `txn`; `fn` may be NULL; `tally` gets what was seen. */
static enum outcome
walk_table(struct store *store, MDB_txn *txn, enum store_table table, store_each_fn *fn, void *arg,
	   struct tally *tally, struct fault *ret_fault)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	const uint8_t *payload;
	size_t len;

	if (store->tables[table] == NO_DBI)
		return fault_none(ret_fault);
	int error = mdb_cursor_open(txn, store->tables[table], &cursor);
	if (error != 0)
		return fault_from_error(ret_fault, error, "read the database", NULL);
	fault_none(ret_fault);
	while ((error = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
		enum record_fault fault = open_record(table, &key, &value, &payload, &len);
		if (fault != RECORD_FINE) {
			say_damaged(ret_fault, table, &key, record_fault_text(fault));
			break;
		}
		tally_move(tally, 1, record_hash_peek(value.mv_data));
		if (fn != NULL)
			fn(arg, key.mv_data, key.mv_size, payload, len);
	}
	if (error != 0 && error != MDB_NOTFOUND)
		fault_from_error(ret_fault, error, "read the database", NULL);
	mdb_cursor_close(cursor);
	return ret_fault->outcome;
}

enum outcome
store_each(struct store *store, enum store_table table, store_each_fn *fn, void *arg, struct fault *ret_fault)
{
	struct tally tally = { 0 };
	MDB_txn *txn = store_begin_read(store, ret_fault);

	if (txn == NULL)
		return ret_fault->outcome;
	enum outcome outcome = walk_table(store, txn, table, fn, arg, &tally, ret_fault);
	store_end_read(store, txn);
	return outcome;
}

MDB_val
store_tally_key(enum store_table table, char name[32])
{
	str_format(name, 32, "tally/%s", store_table_names[table]);
	return store_borrow(name, strlen(name));
}

enum outcome
store_tally_read(struct store *store, MDB_txn *txn, enum store_table table, struct tally *ret_tally,
		 struct fault *ret_fault)
{
	char name[32];
	MDB_val key = store_tally_key(table, name);
	const uint8_t *payload;
	size_t len;

	*ret_tally = (struct tally){ .touched = true };
	enum outcome outcome = store_get_in(store, txn, TABLE_META, &key, &payload, &len, ret_fault);
	if (outcome == OUTCOME_ABSENT)
		return fault_none(ret_fault);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (!tally_decode(payload, len, ret_tally))
		return say_damaged(ret_fault, TABLE_META, &key, record_fault_text(RECORD_LENGTH));
	return OUTCOME_DONE;
}

static enum outcome
verify_table(struct store *store, MDB_txn *txn, enum store_table table, struct store_counts *counts,
	     struct fault *ret_fault)
{
	struct tally seen = { 0 }, kept;
	char sentence[160];
	enum outcome outcome = walk_table(store, txn, table, NULL, NULL, &seen, ret_fault);

	counts->records[table] = seen.records;
	if (outcome == OUTCOME_DONE && table != TABLE_META)
		outcome = store_tally_read(store, txn, table, &kept, ret_fault);
	if (outcome != OUTCOME_DONE || table == TABLE_META)
		return outcome;
	if (tally_equal(&seen, &kept))
		return OUTCOME_DONE;
	str_format(sentence, sizeof sentence,
		   "The database is damaged: table %s has %llu records that are whole, and should have %llu.",
		   store_table_names[table], (unsigned long long)seen.records,
		   (unsigned long long)kept.records);
	return fault_say(ret_fault, OUTCOME_DAMAGED, sentence);
}

enum outcome
store_verify(struct store *store, struct store_counts *ret_counts, struct fault *ret_fault)
{
	MDB_txn *txn = store_begin_read(store, ret_fault);

	memset(ret_counts, 0, sizeof *ret_counts);
	if (txn == NULL)
		return ret_fault->outcome;
	enum outcome outcome = OUTCOME_DONE;
	for (size_t i = 0; i < TABLE_COUNT && outcome == OUTCOME_DONE; i++)
		outcome = verify_table(store, txn, (enum store_table)i, ret_counts, ret_fault);
	store_end_read(store, txn);
	return outcome;
}

enum outcome
store_copy(struct store *store, int fd, struct fault *ret_fault)
{
	ENSURE_OBJ(store, STORE_MAGIC);
	int error = store->env == NULL ? store_env_open(store) : 0;
	store->readers++;
	/* Not MDB_CP_COMPACT: it starts a thread, which our confinement forbids. */
	if (error == 0)
		error = mdb_env_copyfd2(store->env, fd, 0);
	store->readers--;
	return error == 0 ? fault_none(ret_fault)
			  : fault_from_error(ret_fault, error, "write a snapshot", store->file);
}

uint64_t
store_count(struct store *store, enum store_table table)
{
	struct fault fault;
	MDB_stat stat = { 0 };
	MDB_txn *txn = store_begin_read(store, &fault);

	if (txn == NULL)
		return 0;
	if (store->tables[table] != NO_DBI && mdb_stat(txn, store->tables[table], &stat) != 0)
		stat.ms_entries = 0;
	store_end_read(store, txn);
	return stat.ms_entries;
}
