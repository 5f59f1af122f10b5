/*
 * Opening at start: what is whole is served, what is damaged is set aside and replaced by the newest
 * snapshot that is whole, what a newer Fuse wrote is not touched. Nothing is ever deleted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "stored/check.h"
#include "stored/restore.h"
#include "stored/snapshot.h"

#include "store_rig.h"

#define NOON INT64_C(1795262400000) /* 2026-11-21T12:00:00Z */
#define HOUR INT64_C(3600000)
#define DATABASE rig_path(RESTORE_DATABASE_FILE)

static struct fault fault;
static struct plan plan;

static void
carry_out_plan(int64_t wall_ms)
{
	if (restore_carry_out(rig_dir, &plan, wall_ms, &fault) != OUTCOME_DONE)
		fail_msg("%s", fault.sentence);
}

static void
expect_plan(enum plan_kind kind)
{
	if (restore_plan(rig_dir, CHECK_TIMEOUT_MS, &plan, &fault) != OUTCOME_DONE)
		fail_msg("%s", fault.sentence);
	assert_int_equal(plan.kind, kind);
}

/* A database with snapshots of "one" (noon) and "two" (one o'clock), and "three" since. */
static int
set_up(void **state)
{
	static const char *const values[] = { "one", "two", "three" };
	bool taken;

	rig_set_up(state);
	expect_plan(PLAN_FRESH);
	carry_out_plan(NOON);
	struct store *store = rig_open(DATABASE, STORE_MODE_SERVE);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rig_put(store, TABLE_SETTINGS, "value", values[i]), OUTCOME_DONE);
		if (i < 2)
			snapshot_take(store, rig_dir, NOON + i * HOUR, 9, &taken, &fault);
	}
	store_close(store);
	return 0;
}

static bool
database_has(const char *value)
{
	struct store *store = rig_open(DATABASE, STORE_MODE_SERVE);
	bool has = rig_has(store, TABLE_SETTINGS, "value", value);

	store_close(store);
	return has;
}

/* What stands in meta for a person to confirm. */
static const char *
mark(void)
{
	static char text[STORE_META_VALUE_BYTES];
	struct store *store = rig_open(DATABASE, STORE_MODE_SERVE);

	store_get_meta(store, STORE_META_RESTORED, text, &fault);
	store_close(store);
	return text;
}

static void
damage_database(void)
{
	assert_int_equal(truncate(DATABASE, 9000), 0);
}

static void
damage_snapshot(const char *stamp)
{
	static struct snapshot_list list;
	char name[FILES_PATH_BYTES];

	snapshot_list(rig_dir, &list);
	for (size_t i = 0; i < list.count; i++) {
		str_format(name, sizeof name, SNAPSHOT_FOLDER "/%s", list.newest_first[i].name);
		if (strstr(name, stamp) != NULL)
			assert_int_equal(truncate(rig_path(name), 9000), 0);
	}
}

static void
a_whole_database_is_served_as_it_is(void **state)
{
	struct rig_bytes before = rig_read(DATABASE);

	(void)state;
	expect_plan(PLAN_SERVE);
	carry_out_plan(NOON + 5 * HOUR);
	assert_true(rig_same_bytes(DATABASE, before));
	assert_string_equal(mark(), "");
	free(before.bytes);
}

static void
a_damaged_database_goes_aside_and_the_newest_snapshot_comes_back(void **state)
{
	(void)state;
	damage_database();
	struct rig_bytes damaged = rig_read(DATABASE);
	expect_plan(PLAN_RESTORE);
	carry_out_plan(NOON + 5 * HOUR);
	assert_true(database_has("two"));
	assert_string_equal(
		mark(),
		"The database was damaged, it is kept in damaged-2026-11-21T17-00-00Z. It is again as "
		"it was at 2026-11-21T13:00:00Z; what was changed after that is lost.");
	assert_true(rig_same_bytes(rig_path("damaged-2026-11-21T17-00-00Z/db/data.mdb"), damaged));
	free(damaged.bytes);
	expect_plan(PLAN_SERVE); /* and the next start finds it whole */
}

static void
the_mark_of_a_restore_stays_until_it_is_taken_away(void **state)
{
	(void)state;
	damage_database();
	expect_plan(PLAN_RESTORE);
	carry_out_plan(NOON + 5 * HOUR);
	expect_plan(PLAN_SERVE);
	carry_out_plan(NOON + 6 * HOUR);
	assert_non_null(strstr(mark(), "is lost"));
	struct store *store = rig_open(DATABASE, STORE_MODE_SERVE);
	assert_int_equal(rig_put(store, TABLE_META, STORE_META_RESTORED, NULL), OUTCOME_DONE);
	store_close(store);
	assert_string_equal(mark(), "");
}

static void
damaged_snapshots_are_passed_over_and_set_aside(void **state)
{
	static struct snapshot_list list;

	(void)state;
	damage_database();
	damage_snapshot("T13-00-00Z");
	expect_plan(PLAN_RESTORE);
	assert_int_equal(plan.snapshot.wall_ms, NOON);
	carry_out_plan(NOON + 5 * HOUR);
	assert_true(database_has("one"));
	snapshot_list(rig_dir, &list);
	assert_int_equal(list.count, 1);
}

static void
without_a_good_snapshot_it_begins_empty_and_says_so(void **state)
{
	(void)state;
	damage_database();
	damage_snapshot("Z");
	expect_plan(PLAN_EMPTY);
	carry_out_plan(NOON + 5 * HOUR);
	assert_false(database_has("one"));
	assert_string_equal(
		mark(),
		"The database was damaged, it is kept in damaged-2026-11-21T17-00-00Z. No snapshot was "
		"good: settings and secrets are lost and must be set again.");
	expect_plan(PLAN_SERVE);
}

static void
a_database_that_is_gone_is_not_taken_for_a_first_start(void **state)
{
	(void)state;
	assert_int_equal(unlink(DATABASE), 0);
	expect_plan(PLAN_RESTORE);
	carry_out_plan(NOON + 5 * HOUR);
	assert_true(database_has("two"));
	assert_non_null(
		strstr(mark(), "The database was gone. It is again as it was at 2026-11-21T13:00:00Z"));
}

/* Two damages within a second: the second must not overwrite what the first set aside. */
static void
two_damaged_databases_are_both_kept(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		damage_database();
		expect_plan(PLAN_RESTORE);
		carry_out_plan(NOON + 5 * HOUR);
	}
	assert_true(files_exists(rig_path("damaged-2026-11-21T17-00-00Z/db/data.mdb")));
	assert_true(files_exists(rig_path("damaged-2026-11-21T17-00-00Z-1/db/data.mdb")));
}

/* Power failed after the old one went aside and before the new one took its place. */
static void
an_interrupted_restore_is_done_again(void **state)
{
	(void)state;
	damage_database();
	expect_plan(PLAN_RESTORE);
	assert_int_equal(mkdir(rig_path("damaged-x"), 0700), 0);
	assert_int_equal(mkdir(rig_path("db.new"), 0700), 0);
	assert_int_equal(rename(rig_path("db"), rig_path("damaged-x/db")), 0);
	rig_write(rig_path("db.new/data.mdb"), (struct rig_bytes){ NULL, 0 });
	expect_plan(PLAN_RESTORE);
	carry_out_plan(NOON + 5 * HOUR);
	assert_true(database_has("two"));
	assert_non_null(strstr(mark(), "is lost"));
	assert_false(files_exists(rig_path("db.new")));
}

/* The same where there was nothing to restore from: an empty database must not pass for a first start. */
static void
an_interrupted_beginning_after_damage_still_says_what_is_lost(void **state)
{
	(void)state;
	assert_int_equal(mkdir(rig_path("damaged-x"), 0700), 0);
	assert_int_equal(rename(rig_path("db"), rig_path("damaged-x/db")), 0);
	assert_int_equal(rename(rig_path("snapshots"), rig_path("damaged-x/snapshots")), 0);
	expect_plan(PLAN_EMPTY);
	carry_out_plan(NOON);
	assert_non_null(strstr(mark(), "settings and secrets are lost"));
}

/* A list of started prints without a database: there was one. */
static void
the_list_of_started_prints_is_a_trace_of_a_database(void **state)
{
	(void)state;
	assert_int_equal(files_remove_folder(rig_path("db")), 0);
	assert_int_equal(files_remove_folder(rig_path("snapshots")), 0);
	expect_plan(PLAN_FRESH);
	assert_int_equal(files_write_new(rig_path("armed.log"), "", 0), 0);
	expect_plan(PLAN_EMPTY);
}

static void
make_too_new(const char *file)
{
	struct store *store = rig_open(file, STORE_MODE_SERVE);
	struct store_op ops[] = { { TABLE_META, STORE_META_SCHEMA, strlen(STORE_META_SCHEMA), "7", 1 },
				  { TABLE_META, STORE_META_WRITTEN_BY, strlen(STORE_META_WRITTEN_BY), "3.1.4",
				    5 } };

	assert_int_equal(rig_put(store, TABLE_SETTINGS, "value", "of the future"), OUTCOME_DONE);
	assert_int_equal(store_commit(store, ops, 2, &fault), OUTCOME_DONE);
	store_close(store);
}

static void
a_database_of_a_newer_fuse_is_not_touched(void **state)
{
	(void)state;
	make_too_new(DATABASE);
	struct rig_bytes before = rig_read(DATABASE);
	assert_int_equal(restore_plan(rig_dir, CHECK_TIMEOUT_MS, &plan, &fault), OUTCOME_TOO_NEW);
	assert_non_null(strstr(fault.sentence, "Fuse 3.1.4"));
	assert_true(rig_same_bytes(DATABASE, before));
	free(before.bytes);
}

static void
a_snapshot_of_a_newer_fuse_is_not_restored_by_an_older_one(void **state)
{
	static struct snapshot_list list;
	char name[FILES_PATH_BYTES];

	(void)state;
	snapshot_list(rig_dir, &list);
	str_format(name, sizeof name, SNAPSHOT_FOLDER "/%s", list.newest_first[0].name);
	make_too_new(rig_path(name));
	damage_database();
	assert_int_equal(restore_plan(rig_dir, CHECK_TIMEOUT_MS, &plan, &fault), OUTCOME_TOO_NEW);
}

/* -- the checker -------------------------------------------------------------------------------- */

static void
the_checker_survives_what_crashes_its_child(void **state)
{
	(void)state;
	/* Pages that meta points at are beyond the end of the file: reading them is SIGBUS. */
	damage_database();
	assert_int_equal(check_database(DATABASE, CHECK_TIMEOUT_MS, &fault), OUTCOME_DAMAGED);
	assert_non_null(strstr(fault.sentence, "The database is damaged"));
}

static void
a_check_that_takes_too_long_is_ended(void **state)
{
	(void)state;
	assert_int_equal(check_database(DATABASE, 0, &fault), OUTCOME_DAMAGED);
	assert_string_equal(fault.sentence, "The database could not be checked within 0 seconds.");
	assert_int_equal(check_database(DATABASE, CHECK_TIMEOUT_MS, &fault), OUTCOME_DONE);
}

/* Whatever is flipped: the check says so, or the database still gives what was written. */
static void
no_flipped_bit_anywhere_gives_wrong_data(void **state)
{
	struct rig_bytes whole = rig_read(DATABASE), bent = { malloc(whole.len), whole.len };
	unsigned noticed = 0;

	(void)state;
	for (size_t at = 3; at < whole.len; at += 211) {
		memcpy(bent.bytes, whole.bytes, whole.len);
		bent.bytes[at] ^= (uint8_t)(1 << at % 8);
		rig_write(DATABASE, bent);
		enum outcome outcome = check_database(DATABASE, CHECK_TIMEOUT_MS, &fault);
		if (outcome == OUTCOME_DONE)
			assert_true(database_has("three"));
		else
			noticed++;
	}
	assert_true(noticed > 0);
	free(whole.bytes);
	free(bent.bytes);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, rig_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_whole_database_is_served_as_it_is),
		STORY(a_damaged_database_goes_aside_and_the_newest_snapshot_comes_back),
		STORY(the_mark_of_a_restore_stays_until_it_is_taken_away),
		STORY(damaged_snapshots_are_passed_over_and_set_aside),
		STORY(without_a_good_snapshot_it_begins_empty_and_says_so),
		STORY(a_database_that_is_gone_is_not_taken_for_a_first_start),
		STORY(two_damaged_databases_are_both_kept),
		STORY(an_interrupted_restore_is_done_again),
		STORY(an_interrupted_beginning_after_damage_still_says_what_is_lost),
		STORY(the_list_of_started_prints_is_a_trace_of_a_database),
		STORY(a_database_of_a_newer_fuse_is_not_touched),
		STORY(a_snapshot_of_a_newer_fuse_is_not_restored_by_an_older_one),
		STORY(the_checker_survives_what_crashes_its_child),
		STORY(a_check_that_takes_too_long_is_ended),
		STORY(no_flipped_bit_anywhere_gives_wrong_data),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
