/*
 * store: LMDB, opened, read and committed.
 */
#include "stored/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "stored/store_inner.h"

const char *const store_table_names[TABLE_COUNT] = {
#define X(NAME, name) name,
	STORE_TABLES(X)
#undef X
};

static void
close_env(struct store *store)
{
	if (store->env != NULL)
		mdb_env_close(store->env);
	store->env = NULL;
}

/* Learn the tables' handles; those that are missing are made when `create`. */
static int
open_tables(struct store *store, bool create)
{
	MDB_txn *txn;
	int error = mdb_txn_begin(store->env, NULL, create ? 0 : MDB_RDONLY, &txn);

	if (error != 0)
		return error;
	for (size_t i = 0; i < TABLE_COUNT && error == 0; i++) {
		error = mdb_dbi_open(txn, store_table_names[i], create ? MDB_CREATE : 0, &store->tables[i]);
		if (error == MDB_NOTFOUND && !create) {
			store->tables[i] = NO_DBI;
			error = 0;
		}
	}
	if (error == 0 && store->tables[TABLE_META] == NO_DBI)
		error = MDB_INVALID;
	if (error == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return error;
}

/* Room for twice what is there, at least the first size. */
static size_t
map_bytes_for(const char *file)
{
	struct stat st;
	size_t bytes = STORE_FIRST_MAP_BYTES;

	if (stat(file, &st) == 0)
		while (bytes < (size_t)st.st_size && bytes < STORE_MOST_MAP_BYTES)
			bytes *= 2;
	return bytes;
}

/* LMDB makes a database out of a missing or empty file, unasked: what was lost must not look empty. */
static int
has_content(const char *file)
{
	struct stat st;

	if (stat(file, &st) != 0)
		return errno;
	return st.st_size > 0 ? 0 : MDB_INVALID;
}

static int
open_env(struct store *store, bool read_only, bool create)
{
	/* MDB_NOLOCK: see store.h. */
	unsigned flags = MDB_NOSUBDIR | MDB_NOLOCK | (read_only ? MDB_RDONLY : 0);
	int error = create ? 0 : has_content(store->file);

	store->env = NULL;
	store->read_only = read_only;
	if (error != 0)
		return error;
	error = mdb_env_create(&store->env);
	if (error != 0) {
		store->env = NULL;
		return error;
	}
	store->map_bytes = map_bytes_for(store->file);
	error = mdb_env_set_maxdbs(store->env, TABLE_COUNT);
	if (error == 0)
		error = mdb_env_set_mapsize(store->env, store->map_bytes);
	if (error == 0)
		error = mdb_env_open(store->env, store->file, flags, 0600);
	if (error == 0)
		error = open_tables(store, create);
	if (error != 0)
		close_env(store);
	return error;
}

int
store_env_open(struct store *store)
{
	int error = open_env(store, false, false);

	if (error == EROFS || error == EACCES || error == EPERM)
		error = open_env(store, true, false);
	return error;
}

void
store_env_reopen(struct store *store)
{
	close_env(store);
	int error = store_env_open(store);
	if (error != 0)
		log_error("cannot open the database again", log_str("error", mdb_strerror(error)));
}

static enum outcome
write_first_meta(struct store *store, struct fault *ret_fault)
{
	char schema[12];

	str_format(schema, sizeof schema, "%d", STORE_SCHEMA);
	struct store_op op = { TABLE_META, STORE_META_SCHEMA, strlen(STORE_META_SCHEMA), schema,
			       strlen(schema) };
	return store_commit(store, &op, 1, ret_fault);
}

/* An older layout is brought up to date by the first change (store_write.c); a newer one, or none, is not ours to
 * serve. */
static enum outcome
check_schema(struct store *store, struct fault *ret_fault)
{
	char schema[STORE_META_VALUE_BYTES], sentence[200], written_by[STORE_META_VALUE_BYTES];
	int64_t number;
	enum outcome outcome = store_get_meta(store, STORE_META_SCHEMA, schema, ret_fault);

	if (outcome != OUTCOME_DONE && outcome != OUTCOME_ABSENT)
		return outcome;
	if (!str_parse_int(schema, 1, 65535, &number))
		return fault_say(ret_fault, OUTCOME_DAMAGED,
				 "The database does not say which layout it has.");
	if (number <= STORE_SCHEMA)
		return fault_none(ret_fault);
	outcome = store_get_meta(store, STORE_META_WRITTEN_BY, written_by, ret_fault);
	str_format(sentence, sizeof sentence,
		   "The database was written by Fuse %.64s; this is Fuse %s, which is too old for it.",
		   outcome == OUTCOME_DONE ? written_by : "(version unknown)", FUSE_VERSION);
	return fault_say(ret_fault, OUTCOME_TOO_NEW, sentence);
}

static enum outcome
open_in_mode(struct store *store, enum store_mode mode, struct fault *ret_fault)
{
	int error;

	if (mode == STORE_MODE_CREATE)
		error = files_exists(store->file) ? EEXIST : open_env(store, false, true);
	else
		error = mode == STORE_MODE_SERVE ? store_env_open(store) : open_env(store, true, false);
	if (error != 0)
		return fault_from_error(ret_fault, error,
					mode == STORE_MODE_CREATE ? "make the database" : "open the database",
					store->file);
	return mode == STORE_MODE_CREATE ? write_first_meta(store, ret_fault)
					 : check_schema(store, ret_fault);
}

struct store *
store_open(const char *file, enum store_mode mode, struct fault *ret_fault)
{
	struct store *store = calloc(1, sizeof *store);

	ENSURE(store != NULL);
	store->magic = STORE_MAGIC;
	ENSURE(str_copy(store->file, sizeof store->file, file));
	if (open_in_mode(store, mode, ret_fault) == OUTCOME_DONE)
		return store;
	store_close(store);
	return NULL;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	ENSURE_OBJ(store, STORE_MAGIC);
	ENSURE(store->readers == 0);
	close_env(store);
	store->magic = 0;
	free(store);
}

bool
store_is_read_only(const struct store *store)
{
	return store->read_only || store->env == NULL;
}

enum outcome
store_try_writable(struct store *store, struct fault *ret_fault)
{
	ENSURE_OBJ(store, STORE_MAGIC);
	ENSURE(store->readers == 0);
	if (!store_is_read_only(store))
		return fault_none(ret_fault);
	close_env(store);
	int error = open_env(store, false, false);
	if (error == 0)
		return fault_none(ret_fault);
	fault_from_error(ret_fault, error, "write to the database", store->file);
	store_env_reopen(store);
	return ret_fault->outcome;
}

uint64_t
store_txn(struct store *store)
{
	MDB_envinfo info = { 0 };

	if (store->env != NULL)
		mdb_env_info(store->env, &info);
	return info.me_last_txnid;
}

uint64_t
store_size_bytes(const struct store *store)
{
	struct stat st;

	return stat(store->file, &st) == 0 ? (uint64_t)st.st_size : 0;
}

uint32_t
store_slowest_commit_us(const struct store *store)
{
	uint32_t slowest = 0;

	for (size_t i = 0; i < COMMITS_TIMED; i++)
		if (store->commit_us[i] > slowest)
			slowest = store->commit_us[i];
	return slowest;
}
