/*
 * The database: what was committed is there after a restart, it grows, and whatever the disk did to
 * it is noticed before anybody is given wrong data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <lmdb.h>
#include <signal.h>
#include <sodium.h>
#include <sys/wait.h>

#include "stored/store_inner.h"

#include "store_rig.h"

#define TEXT_OF(number) #number
#define DIGITS_OF(number) TEXT_OF(number)
#define THIS_SCHEMA DIGITS_OF(STORE_SCHEMA)

static struct store *store;
static struct fault fault;

static int
set_up(void **state)
{
	rig_set_up(state);
	store = rig_open(rig_path("data.mdb"), STORE_MODE_CREATE);
	return 0;
}

static int
tear_down(void **state)
{
	store_close(store);
	store = NULL;
	return rig_tear_down(state);
}

static void
reopen_store(void)
{
	store_close(store);
	store = rig_open(rig_path("data.mdb"), STORE_MODE_SERVE);
}

static enum outcome
verify(void)
{
	struct store_counts counts;

	return store_verify(store, &counts, &fault);
}

static void
what_was_committed_is_there_after_a_restart(void **state)
{
	(void)state;
	assert_int_equal(rig_put(store, TABLE_SETTINGS, "fuseName", "North farm"), OUTCOME_DONE);
	assert_int_equal(rig_put(store, TABLE_SETTINGS, "logLevel", "debug"), OUTCOME_DONE);
	assert_int_equal(rig_put(store, TABLE_SETTINGS, "logLevel", "warn"), OUTCOME_DONE);
	reopen_store();
	assert_true(rig_has(store, TABLE_SETTINGS, "fuseName", "North farm"));
	assert_true(rig_has(store, TABLE_SETTINGS, "logLevel", "warn"));
	assert_int_equal(store_count(store, TABLE_SETTINGS), 2);
	assert_int_equal(rig_put(store, TABLE_SETTINGS, "logLevel", NULL), OUTCOME_DONE);
	assert_int_equal(rig_put(store, TABLE_SETTINGS, "never was there", NULL), OUTCOME_DONE);
	reopen_store();
	assert_false(rig_has(store, TABLE_SETTINGS, "logLevel", "warn"));
	assert_int_equal(store_count(store, TABLE_SETTINGS), 1);
	assert_int_equal(verify(), OUTCOME_DONE);
}

static void
the_same_key_in_two_tables_is_two_records(void **state)
{
	(void)state;
	rig_put(store, TABLE_SETTINGS, "same", "one");
	rig_put(store, TABLE_SECRETS, "same", "two");
	assert_true(rig_has(store, TABLE_SETTINGS, "same", "one"));
	assert_true(rig_has(store, TABLE_SECRETS, "same", "two"));
}

static void
a_batch_is_one_change(void **state)
{
	struct store_op ops[] = { { TABLE_SETTINGS, "a", 1, "1", 1 },
				  { TABLE_SETTINGS, "b", 1, "2", 1 },
				  { TABLE_SETTINGS, "a", 1, NULL, 0 } };
	uint64_t before = store_txn(store);

	(void)state;
	assert_int_equal(store_commit(store, ops, 3, &fault), OUTCOME_DONE);
	assert_int_equal(store_txn(store), before + 1);
	assert_int_equal(store_count(store, TABLE_SETTINGS), 1);
	assert_true(rig_has(store, TABLE_SETTINGS, "b", "2"));
	assert_true(store_slowest_commit_us(store) > 0);
}

static void
a_record_longer_than_the_reader_takes_is_refused(void **state)
{
	char small[4];
	size_t len;

	(void)state;
	rig_put(store, TABLE_SETTINGS, "fuseName", "North farm");
	assert_int_equal(store_get(store, TABLE_SETTINGS, "fuseName", 8, small, sizeof small, &len, &fault),
			 OUTCOME_FAILED);
	assert_int_equal(len, 0);
}

static void
the_database_grows_past_its_first_size(void **state)
{
	static char value[4000];
	char key[16];
	const unsigned many = 3000;

	(void)state;
	memset(value, 'x', sizeof value - 1);
	for (unsigned i = 0; i < many; i++) {
		str_format(key, sizeof key, "key%u", i);
		str_format(value, 16, "value%u", i);
		value[strlen(value)] = 'x';
		struct store_op op = { TABLE_SETTINGS, key, strlen(key), value, sizeof value - 1 };
		assert_int_equal(store_commit(store, &op, 1, &fault), OUTCOME_DONE);
	}
	assert_true(store_size_bytes(store) > STORE_FIRST_MAP_BYTES * 2);
	reopen_store();
	assert_int_equal(store_count(store, TABLE_SETTINGS), many);
	assert_int_equal(verify(), OUTCOME_DONE);
	assert_int_equal(rig_put(store, TABLE_SETTINGS, "and one", "more"), OUTCOME_DONE);
}

static void
commit_in_callback(void *arg, const void *key, size_t key_len, const uint8_t *payload, size_t len)
{
	(void)arg;
	(void)key;
	(void)key_len;
	(void)payload;
	(void)len;
	rig_put(store, TABLE_SETTINGS, "other", "value");
}

/* The map could move under the reader, and LMDB would not say so. */
static void
a_commit_under_an_own_reader_is_a_bug_and_aborts(void **state)
{
	int status;

	(void)state;
	rig_put(store, TABLE_SETTINGS, "key", "value");
	pid_t child = fork();
	if (child == 0) {
		close(STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		store_each(store, TABLE_SETTINGS, commit_in_callback, NULL, &fault);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	/* A sanitizer may turn the signal into an exit code of its own. */
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
}

static void
a_flipped_bit_is_noticed_in_each_table(void **state)
{
	static const enum store_table tables[] = { TABLE_META, TABLE_SETTINGS, TABLE_SECRETS };
	char got[100];
	size_t len;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(tables); i++) {
		assert_int_equal(rig_put(store, tables[i], "victim", "these bytes matter"), OUTCOME_DONE);
		store_close(store);
		store = NULL;
		struct rig_bytes whole = rig_read(rig_path("data.mdb"));
		rig_flip(rig_path("data.mdb"), "these bytes matter", 6);
		reopen_store();
		assert_int_equal(verify(), OUTCOME_DAMAGED);
		assert_non_null(strstr(fault.sentence, "record victim of table"));
		assert_int_equal(store_get(store, tables[i], "victim", 6, got, sizeof got, &len, &fault),
				 OUTCOME_DAMAGED);
		assert_int_equal(len, 0);
		store_close(store);
		store = NULL;
		rig_write(rig_path("data.mdb"), whole);
		free(whole.bytes);
		reopen_store();
		assert_int_equal(verify(), OUTCOME_DONE);
		assert_int_equal(rig_put(store, tables[i], "victim", NULL), OUTCOME_DONE);
	}
}

/* Two records of one size that changed places: each is whole, and neither is where it belongs. */
static void
a_record_under_the_wrong_key_is_noticed(void **state)
{
	(void)state;
	rig_put(store, TABLE_SETTINGS, "printerA", "value of printer A");
	rig_put(store, TABLE_SETTINGS, "printerB", "value of printer B");
	store_close(store);
	store = NULL;
	struct rig_bytes all = rig_read(rig_path("data.mdb"));
	/* Older pages hold copies of A: exchange in every page that has both. */
	unsigned exchanged = 0;
	for (size_t page = 0; page + 4096 <= all.len; page += 4096) {
		uint8_t *a = memmem(all.bytes + page, 4096, "value of printer A", 18);
		uint8_t *b = memmem(all.bytes + page, 4096, "value of printer B", 18);
		if (a == NULL || b == NULL)
			continue;
		uint8_t kept[RECORD_OVERHEAD_BYTES + 18];
		memcpy(kept, a - RECORD_OVERHEAD_BYTES, sizeof kept);
		memcpy(a - RECORD_OVERHEAD_BYTES, b - RECORD_OVERHEAD_BYTES, sizeof kept);
		memcpy(b - RECORD_OVERHEAD_BYTES, kept, sizeof kept);
		exchanged++;
	}
	assert_true(exchanged > 0);
	rig_write(rig_path("data.mdb"), all);
	free(all.bytes);
	reopen_store();
	assert_int_equal(verify(), OUTCOME_DAMAGED);
	assert_non_null(strstr(fault.sentence, "is not what was written"));
}

/* Take a record out behind the store's back: every record that is left is whole. */
static void
a_record_that_is_missing_is_noticed(void **state)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	char name[] = "printerA";
	MDB_val key = { 8, name };

	(void)state;
	rig_put(store, TABLE_SETTINGS, "printerA", "value of printer A");
	rig_put(store, TABLE_SETTINGS, "printerB", "value of printer B");
	store_close(store);
	store = NULL;
	assert_int_equal(mdb_env_create(&env), 0);
	mdb_env_set_maxdbs(env, 8);
	assert_int_equal(mdb_env_open(env, rig_path("data.mdb"), MDB_NOSUBDIR | MDB_NOLOCK, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "settings", 0, &dbi), 0);
	assert_int_equal(mdb_del(txn, dbi, &key, NULL), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	reopen_store();
	assert_int_equal(verify(), OUTCOME_DAMAGED);
	assert_string_equal(fault.sentence,
			    "The database is damaged: table settings has 1 records that are whole, "
			    "and should have 2.");
}

static void
a_damaged_record_is_not_overwritten_as_if_nothing_were(void **state)
{
	(void)state;
	rig_put(store, TABLE_SETTINGS, "victim", "these bytes matter");
	store_close(store);
	store = NULL;
	rig_flip(rig_path("data.mdb"), "these bytes matter", 0);
	reopen_store();
	assert_int_equal(rig_put(store, TABLE_SETTINGS, "victim", "new"), OUTCOME_DAMAGED);
}

/* LMDB makes an empty database out of a missing or empty file. What was lost must not look empty. */
static void
a_missing_or_empty_file_is_not_made_into_a_database(void **state)
{
	(void)state;
	store_close(store);
	store = NULL;
	assert_int_equal(truncate(rig_path("data.mdb"), 0), 0);
	assert_null(store_open(rig_path("data.mdb"), STORE_MODE_SERVE, &fault));
	assert_int_equal(fault.outcome, OUTCOME_DAMAGED);
	assert_null(store_open(rig_path("data.mdb"), STORE_MODE_READ, &fault));
	assert_int_equal(fault.outcome, OUTCOME_DAMAGED);
	assert_int_equal(unlink(rig_path("data.mdb")), 0);
	assert_null(store_open(rig_path("data.mdb"), STORE_MODE_SERVE, &fault));
	assert_int_equal(fault.outcome, OUTCOME_ABSENT);
	assert_false(files_exists(rig_path("data.mdb")));
}

static void
a_file_that_is_no_database_is_refused(void **state)
{
	struct rig_bytes junk = { calloc(1, 40960), 40960 };

	(void)state;
	memset(junk.bytes, 'x', junk.len);
	rig_write(rig_path("junk.mdb"), junk);
	assert_null(store_open(rig_path("junk.mdb"), STORE_MODE_READ, &fault));
	assert_int_equal(fault.outcome, OUTCOME_DAMAGED);
	free(junk.bytes);
}

static void
a_new_database_is_never_made_over_an_old_one(void **state)
{
	(void)state;
	assert_null(store_open(rig_path("data.mdb"), STORE_MODE_CREATE, &fault));
	assert_int_equal(fault.outcome, OUTCOME_FAILED);
}

static void
a_database_says_who_wrote_it(void **state)
{
	char text[STORE_META_VALUE_BYTES];

	(void)state;
	assert_int_equal(store_get_meta(store, STORE_META_WRITTEN_BY, text, &fault), OUTCOME_DONE);
	assert_string_equal(text, FUSE_VERSION);
	assert_int_equal(store_get_meta(store, STORE_META_SCHEMA, text, &fault), OUTCOME_DONE);
	assert_string_equal(text, THIS_SCHEMA);
}

static void
a_database_of_a_newer_fuse_is_left_as_it_is(void **state)
{
	struct store_op ops[] = { { TABLE_META, STORE_META_SCHEMA, strlen(STORE_META_SCHEMA), "9", 1 },
				  { TABLE_META, STORE_META_WRITTEN_BY, strlen(STORE_META_WRITTEN_BY), "9.9.9",
				    5 } };

	(void)state;
	assert_int_equal(store_commit(store, ops, 2, &fault), OUTCOME_DONE);
	store_close(store);
	store = NULL;
	struct rig_bytes before = rig_read(rig_path("data.mdb"));
	assert_null(store_open(rig_path("data.mdb"), STORE_MODE_READ, &fault));
	assert_int_equal(fault.outcome, OUTCOME_TOO_NEW);
	assert_non_null(strstr(fault.sentence, "written by Fuse 9.9.9"));
	assert_null(store_open(rig_path("data.mdb"), STORE_MODE_SERVE, &fault));
	assert_int_equal(fault.outcome, OUTCOME_TOO_NEW);
	assert_true(rig_same_bytes(rig_path("data.mdb"), before));
	free(before.bytes);
}

/* As version 1 of the layout was: without the tables of printers, jobs and files. */
static void
make_older(void)
{
	MDB_txn *txn;

	assert_int_equal(rig_put(store, TABLE_SETTINGS, "fuseName", "North farm"), OUTCOME_DONE);
	assert_int_equal(rig_put(store, TABLE_META, STORE_META_SCHEMA, "1"), OUTCOME_DONE);
	assert_int_equal(mdb_txn_begin(store->env, NULL, 0, &txn), 0);
	for (int table = TABLE_PRINTERS; table < TABLE_COUNT; table++)
		assert_int_equal(mdb_drop(txn, store->tables[table], 1), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	reopen_store();
	for (int table = TABLE_PRINTERS; table < TABLE_COUNT; table++)
		assert_int_equal(store->tables[table], NO_DBI);
}

static void
a_database_of_an_older_fuse_is_served_and_upgraded_by_the_first_change(void **state)
{
	(void)state;
	make_older();
	assert_true(rig_has(store, TABLE_SETTINGS, "fuseName", "North farm"));
	assert_false(rig_has(store, TABLE_PRINTERS, "01P00A000000001", "record"));
	assert_int_equal(store_count(store, TABLE_PRINTERS), 0);
	assert_int_equal(verify(), OUTCOME_DONE);
	assert_true(rig_has(store, TABLE_META, STORE_META_SCHEMA, "1"));
	assert_int_equal(rig_put(store, TABLE_PRINTERS, "01P00A000000001", "record"), OUTCOME_DONE);
	assert_true(rig_has(store, TABLE_META, STORE_META_SCHEMA, THIS_SCHEMA));
	assert_int_equal(rig_put(store, TABLE_JOBS, "j1", "record"), OUTCOME_DONE);
	assert_int_equal(rig_put(store, TABLE_FILES, "abc", "record"), OUTCOME_DONE);
	reopen_store();
	assert_true(rig_has(store, TABLE_JOBS, "j1", "record") && rig_has(store, TABLE_FILES, "abc", "record"));
	assert_true(rig_has(store, TABLE_PRINTERS, "01P00A000000001", "record"));
	assert_true(rig_has(store, TABLE_SETTINGS, "fuseName", "North farm"));
	assert_int_equal(verify(), OUTCOME_DONE);
}

static void
an_upgrade_that_fails_leaves_the_older_database(void **state)
{
	struct store_op ops[] = { { TABLE_PRINTERS, "A", 1, "record", 6 }, { TABLE_PRINTERS, "", 0, "record", 6 } };

	(void)state;
	make_older();
	assert_int_not_equal(store_commit(store, ops, 2, &fault), OUTCOME_DONE);
	assert_int_equal(store->tables[TABLE_PRINTERS], NO_DBI);
	assert_true(rig_has(store, TABLE_META, STORE_META_SCHEMA, "1"));
	assert_int_equal(verify(), OUTCOME_DONE);
	assert_int_equal(store_commit(store, ops, 1, &fault), OUTCOME_DONE);
	assert_true(rig_has(store, TABLE_PRINTERS, "A", "record"));
	assert_int_equal(verify(), OUTCOME_DONE);
}

/* DONE means on the disk: neither of the shortcuts that LMDB offers. And a full disk must not be SIGBUS. */
static void
commits_are_synced_and_nothing_is_written_through_the_map(void **state)
{
	unsigned flags;

	(void)state;
	assert_int_equal(mdb_env_get_flags(store->env, &flags), 0);
	assert_int_equal(flags & (MDB_NOSYNC | MDB_NOMETASYNC | MDB_MAPASYNC | MDB_WRITEMAP), 0);
}

static void
a_second_process_does_not_get_the_folder(void **state)
{
	int first = files_lock(rig_dir);

	(void)state;
	assert_true(first >= 0);
	assert_int_equal(files_lock(rig_dir), -1);
	close(first);
	int second = files_lock(rig_dir);
	assert_true(second >= 0);
	close(second);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(what_was_committed_is_there_after_a_restart),
		STORY(the_same_key_in_two_tables_is_two_records),
		STORY(a_batch_is_one_change),
		STORY(a_record_longer_than_the_reader_takes_is_refused),
		STORY(the_database_grows_past_its_first_size),
		STORY(a_commit_under_an_own_reader_is_a_bug_and_aborts),
		STORY(a_flipped_bit_is_noticed_in_each_table),
		STORY(a_record_under_the_wrong_key_is_noticed),
		STORY(a_record_that_is_missing_is_noticed),
		STORY(a_damaged_record_is_not_overwritten_as_if_nothing_were),
		STORY(a_missing_or_empty_file_is_not_made_into_a_database),
		STORY(a_file_that_is_no_database_is_refused),
		STORY(a_new_database_is_never_made_over_an_old_one),
		STORY(a_database_says_who_wrote_it),
		STORY(a_database_of_a_newer_fuse_is_left_as_it_is),
		STORY(a_database_of_an_older_fuse_is_served_and_upgraded_by_the_first_change),
		STORY(an_upgrade_that_fails_leaves_the_older_database),
		STORY(commits_are_synced_and_nothing_is_written_through_the_map),
		STORY(a_second_process_does_not_get_the_folder),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
