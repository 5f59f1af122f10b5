/*
 * Snapshots: whole, only when something changed, the newest ones kept, in the order of changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "stored/snapshot.h"

#include "store_rig.h"

#define NOON INT64_C(1795262400000) /* 2026-11-21T12:00:00Z */
#define HOUR INT64_C(3600000)

static struct store *store;
static struct fault fault;
static struct snapshot_list list;

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
	return rig_tear_down(state);
}

static bool
take(int64_t wall_ms, size_t keep)
{
	bool taken;

	assert_int_equal(snapshot_take(store, rig_dir, wall_ms, keep, &taken, &fault), OUTCOME_DONE);
	snapshot_list(rig_dir, &list);
	return taken;
}

static void
a_snapshot_is_a_whole_database(void **state)
{
	char name[FILES_PATH_BYTES];

	(void)state;
	rig_put(store, TABLE_SETTINGS, "fuseName", "North farm");
	assert_true(take(NOON, 5));
	assert_int_equal(list.count, 1);
	assert_int_equal(list.newest_first[0].wall_ms, NOON);
	assert_int_equal(list.newest_first[0].txn, store_txn(store));
	rig_put(store, TABLE_SETTINGS, "fuseName", "South farm");
	str_format(name, sizeof name, SNAPSHOT_FOLDER "/%s", list.newest_first[0].name);
	struct store *copy = rig_open(rig_path(name), STORE_MODE_READ);
	assert_true(rig_has(copy, TABLE_SETTINGS, "fuseName", "North farm"));
	assert_int_equal(store_txn(copy), list.newest_first[0].txn);
	store_close(copy);
}

static void
nothing_changed_means_no_new_snapshot(void **state)
{
	(void)state;
	assert_true(take(NOON, 5));
	assert_false(take(NOON + HOUR, 5));
	assert_int_equal(list.count, 1);
	rig_put(store, TABLE_SETTINGS, "fuseName", "North farm");
	assert_true(take(NOON + 2 * HOUR, 5));
	assert_int_equal(list.count, 2);
	assert_int_equal(list.newest_first[0].wall_ms, NOON + 2 * HOUR);
}

static void
only_the_newest_are_kept(void **state)
{
	char value[16];

	(void)state;
	for (int i = 0; i < 6; i++) {
		str_format(value, sizeof value, "%d", i);
		rig_put(store, TABLE_SETTINGS, "count", value);
		assert_true(take(NOON + i * HOUR, 3));
	}
	assert_int_equal(list.count, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(list.newest_first[i].wall_ms, NOON + (5 - i) * HOUR);
}

/* A box without a battery for its clock starts in the past: newest is what was changed last. */
static void
a_clock_that_jumps_back_does_not_change_the_order(void **state)
{
	(void)state;
	take(NOON, 2);
	rig_put(store, TABLE_SETTINGS, "fuseName", "later");
	take(NOON - 1000 * HOUR, 2);
	assert_int_equal(list.newest_first[0].wall_ms, NOON - 1000 * HOUR);
	rig_put(store, TABLE_SETTINGS, "fuseName", "latest");
	take(NOON - 999 * HOUR, 2);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.newest_first[0].wall_ms, NOON - 999 * HOUR);
	assert_int_equal(list.newest_first[1].wall_ms, NOON - 1000 * HOUR);
}

static void
a_damaged_database_is_not_copied_over_good_snapshots(void **state)
{
	bool taken;

	(void)state;
	rig_put(store, TABLE_SETTINGS, "victim", "these bytes matter");
	take(NOON, 2);
	rig_put(store, TABLE_SETTINGS, "other", "value");
	store_close(store);
	rig_flip(rig_path("data.mdb"), "these bytes matter", 3);
	store = rig_open(rig_path("data.mdb"), STORE_MODE_SERVE);
	assert_int_equal(snapshot_take(store, rig_dir, NOON + HOUR, 2, &taken, &fault), OUTCOME_DAMAGED);
	assert_false(taken);
	snapshot_list(rig_dir, &list);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.newest_first[0].wall_ms, NOON);
}

static void
foreign_files_in_the_folder_are_not_snapshots(void **state)
{
	static const char *const foreign[] = { "readme.txt", "new.tmp", "2026-11-22T18-30-00Z.mdb", ".mdb" };

	(void)state;
	take(NOON, 2);
	for (size_t i = 0; i < STR_ARRAY_LEN(foreign); i++) {
		char name[80];
		str_format(name, sizeof name, SNAPSHOT_FOLDER "/%s", foreign[i]);
		rig_write(rig_path(name), (struct rig_bytes){ NULL, 0 });
	}
	rig_put(store, TABLE_SETTINGS, "fuseName", "later");
	take(NOON + HOUR, 1);
	assert_int_equal(list.count, 1);
	assert_true(files_exists(rig_path(SNAPSHOT_FOLDER "/readme.txt")));
	/* Left of one that was cut off: replaced by the next. */
	assert_false(files_exists(rig_path(SNAPSHOT_FOLDER "/new.tmp")));
}

static void
names_tell_time_and_change_and_nothing_else_is_a_name(void **state)
{
	static const char *const wrong[] = {
		"",
		"2026-11-22T18-30-00Z-42",
		"2026-11-22T18-30-00Z-.mdb",
		"2026-11-22T18-30-00Z-x.mdb",
		"2026-11-22T18-30-00Z--4.mdb",
		"2026-11-22T18-30-00Z-99999999999999999999.mdb",
		"2026-11-32T18-30-00Z-42.mdb",
		"2026-02-30T18-30-00Z-42.mdb",
		"2026-11-22T18:30:00Z-42.mdb",
		" 026-11-22T18-30-00Z-42.mdb",
		"2026-11-22T18-30-00Z-42.mdb.tmp",
		"../2026-11-22T18-30-00Z-42.mdb",
	};
	struct snapshot snapshot;

	(void)state;
	assert_true(snapshot_parse_name("2026-11-21T12-00-00Z-42.mdb", &snapshot));
	assert_int_equal(snapshot.wall_ms, NOON);
	assert_int_equal(snapshot.txn, 42);
	for (size_t i = 0; i < STR_ARRAY_LEN(wrong); i++)
		assert_false(snapshot_parse_name(wrong[i], &snapshot));
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_snapshot_is_a_whole_database),
		STORY(nothing_changed_means_no_new_snapshot),
		STORY(only_the_newest_are_kept),
		STORY(a_clock_that_jumps_back_does_not_change_the_order),
		STORY(a_damaged_database_is_not_copied_over_good_snapshots),
		STORY(foreign_files_in_the_folder_are_not_snapshots),
		cmocka_unit_test(names_tell_time_and_change_and_nothing_else_is_a_name),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
