/*
 * A disk that is full or read only, for real: a small tmpfs in a mount namespace of the test's own. What is
 * kept stays readable, what is new is refused with the reason, nothing is left half done, and it goes on by
 * itself when the disk takes changes again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "stored/batch.h"
#include "stored/restore.h"
#include "stored/snapshot.h"
#include "stored/vault.h"

#include "store_rig.h"

#define NOON INT64_C(1795262400000) /* 2026-11-21T12:00:00Z */

static struct store *store;
static struct fault fault;

static int
set_up(void **state)
{
	rig_set_up(state);
	assert_true(rig_mount_disk(256));
	store = rig_open(rig_path("data.mdb"), STORE_MODE_CREATE);
	assert_int_equal(rig_put(store, TABLE_SETTINGS, "fuseName", "North farm"), OUTCOME_DONE);
	return 0;
}

static int
tear_down(void **state)
{
	store_close(store);
	store = NULL;
	rig_unmount_disk();
	return rig_tear_down(state);
}

/* Records of 3 KB until the disk is full; returns how many were acknowledged. */
static unsigned
put_until_refused(enum outcome *ret_outcome)
{
	static char value[3000];
	char key[16];
	unsigned done = 0;

	memset(value, 'x', sizeof value - 1);
	for (;; done++) {
		str_format(key, sizeof key, "key%u", done);
		*ret_outcome = rig_put(store, TABLE_SECRETS, key, value);
		if (*ret_outcome != OUTCOME_DONE)
			return done;
	}
}

static void
a_full_disk_refuses_and_everything_acknowledged_stays(void **state)
{
	enum outcome outcome;
	struct store_counts counts;

	(void)state;
	unsigned done = put_until_refused(&outcome);
	assert_int_equal(outcome, OUTCOME_NO_SPACE);
	assert_true(done > 10);
	assert_true(rig_has(store, TABLE_SETTINGS, "fuseName", "North farm"));
	assert_int_equal(store_count(store, TABLE_SECRETS), done);
	assert_int_equal(store_verify(store, &counts, &fault), OUTCOME_DONE);
	/* And after a restart on the full disk. */
	store_close(store);
	store = rig_open(rig_path("data.mdb"), STORE_MODE_SERVE);
	assert_int_equal(store_count(store, TABLE_SECRETS), done);
	assert_int_equal(store_verify(store, &counts, &fault), OUTCOME_DONE);
}

static void
it_goes_on_by_itself_when_there_is_space_again(void **state)
{
	(void)state;
	rig_fill_disk();
	assert_int_equal(rig_put(store, TABLE_SETTINGS, "logLevel", "debug"), OUTCOME_NO_SPACE);
	assert_int_equal(rig_put(store, TABLE_SETTINGS, "logLevel", "debug"), OUTCOME_NO_SPACE);
	rig_free_disk();
	assert_int_equal(rig_put(store, TABLE_SETTINGS, "logLevel", "debug"), OUTCOME_DONE);
	assert_true(rig_has(store, TABLE_SETTINGS, "logLevel", "debug"));
}

static void
the_reason_is_a_plain_sentence(void **state)
{
	struct store_op op = { TABLE_SETTINGS, "logLevel", 8, "debug", 5 };

	(void)state;
	rig_fill_disk();
	assert_int_equal(store_commit(store, &op, 1, &fault), OUTCOME_NO_SPACE);
	assert_string_equal(fault.sentence, "Could not write to the disk: the disk is full.");
	assert_non_null(strstr(outcome_remedy(fault.outcome), "Free some space"));
	rig_free_disk();
	store_close(store);
	rig_make_read_only(true);
	store = rig_open(rig_path("data.mdb"), STORE_MODE_SERVE);
	assert_int_equal(store_commit(store, &op, 1, &fault), OUTCOME_READ_ONLY);
	assert_string_equal(fault.sentence, "Could not write to the database: Read-only file system.");
	assert_non_null(strstr(outcome_remedy(fault.outcome), "writable"));
}

static void
a_read_only_disk_gives_what_is_kept_and_takes_nothing(void **state)
{
	(void)state;
	store_close(store); /* or the kernel would not make the disk read only */
	rig_make_read_only(true);
	store = rig_open(rig_path("data.mdb"), STORE_MODE_SERVE);
	assert_true(store_is_read_only(store));
	assert_true(rig_has(store, TABLE_SETTINGS, "fuseName", "North farm"));
	assert_int_equal(rig_put(store, TABLE_SETTINGS, "logLevel", "debug"), OUTCOME_READ_ONLY);
	assert_true(rig_has(store, TABLE_SETTINGS, "fuseName", "North farm"));
	rig_make_read_only(false);
	assert_int_equal(rig_put(store, TABLE_SETTINGS, "logLevel", "debug"), OUTCOME_DONE);
	assert_false(store_is_read_only(store));
	assert_true(rig_has(store, TABLE_SETTINGS, "logLevel", "debug"));
}

static void
a_snapshot_without_room_leaves_nothing_behind(void **state)
{
	bool taken;

	(void)state;
	assert_int_equal(snapshot_take(store, rig_dir, NOON, 2, &taken, &fault), OUTCOME_DONE);
	rig_put(store, TABLE_SETTINGS, "logLevel", "debug");
	rig_fill_disk();
	assert_int_equal(snapshot_take(store, rig_dir, NOON + 1000, 2, &taken, &fault), OUTCOME_NO_SPACE);
	assert_false(taken);
	assert_false(files_exists(rig_path("snapshots/new.tmp")));
	static struct snapshot_list list;
	snapshot_list(rig_dir, &list);
	assert_int_equal(list.count, 1);
	rig_free_disk();
	assert_int_equal(snapshot_take(store, rig_dir, NOON + 2000, 2, &taken, &fault), OUTCOME_DONE);
	assert_true(taken);
}

static void
a_database_that_has_no_room_to_begin_leaves_nothing_behind(void **state)
{
	struct plan plan;

	(void)state;
	rig_fill_disk();
	assert_int_equal(restore_plan(rig_dir, 30000, &plan, &fault), OUTCOME_DONE);
	assert_int_equal(plan.kind, PLAN_FRESH);
	assert_int_equal(restore_carry_out(rig_dir, &plan, NOON, &fault), OUTCOME_NO_SPACE);
	assert_false(files_exists(rig_path("db.new")));
	assert_false(files_exists(rig_path("db")));
	rig_free_disk();
	assert_int_equal(restore_carry_out(rig_dir, &plan, NOON, &fault), OUTCOME_DONE);
}

/* The damaged one is all there is, and there is no room for the new one: it must stay where it is. */
static void
a_restore_without_room_changes_nothing(void **state)
{
	struct plan plan;
	bool taken;

	(void)state;
	assert_int_equal(snapshot_take(store, rig_dir, NOON, 2, &taken, &fault), OUTCOME_DONE);
	assert_int_equal(mkdir(rig_path("db"), 0700), 0);
	store_close(store);
	store = NULL;
	assert_int_equal(rename(rig_path("data.mdb"), rig_path("db/data.mdb")), 0);
	assert_int_equal(truncate(rig_path("db/data.mdb"), 9000), 0);
	rig_fill_disk();
	assert_int_equal(restore_plan(rig_dir, 30000, &plan, &fault), OUTCOME_DONE);
	assert_int_equal(plan.kind, PLAN_RESTORE);
	struct rig_bytes damaged = rig_read(rig_path("db/data.mdb"));
	assert_int_equal(restore_carry_out(rig_dir, &plan, NOON, &fault), OUTCOME_NO_SPACE);
	assert_true(rig_same_bytes(rig_path("db/data.mdb"), damaged));
	free(damaged.bytes);
	assert_false(files_exists(rig_path("db.new")));
	rig_free_disk();
	assert_int_equal(restore_carry_out(rig_dir, &plan, NOON, &fault), OUTCOME_DONE);
	store = rig_open(rig_path("db/data.mdb"), STORE_MODE_SERVE);
	assert_true(rig_has(store, TABLE_SETTINGS, "fuseName", "North farm"));
}

static void
a_key_that_has_no_room_is_not_half_made(void **state)
{
	struct vault *vault = vault_open(rig_dir, store, &fault);

	(void)state;
	rig_fill_disk();
	assert_int_equal(vault_prepare(vault, store, &fault), OUTCOME_NO_SPACE);
	/* The key may be there, whole, or not at all. */
	if (files_exists(rig_path(VAULT_KEY_FILE))) {
		struct rig_bytes key = rig_read(rig_path(VAULT_KEY_FILE));
		assert_int_equal(key.len, VAULT_KEY_BYTES);
		free(key.bytes);
	}
	assert_false(files_exists(rig_path(VAULT_KEY_FILE ".new")));
	rig_free_disk();
	assert_int_equal(vault_prepare(vault, store, &fault), OUTCOME_DONE);
	vault_close(vault);
	vault = vault_open(rig_dir, store, &fault);
	assert_non_null(vault);
	vault_close(vault);
}

static void
the_probe_tells_whether_the_disk_takes_files(void **state)
{
	(void)state;
	assert_int_equal(files_probe(rig_dir), 0);
	rig_fill_disk();
	assert_int_equal(files_probe(rig_dir), ENOSPC);
	assert_false(files_exists(rig_path("probe.tmp")));
	rig_free_disk();
	assert_int_equal(files_probe(rig_dir), 0);
	assert_false(files_exists(rig_path("probe.tmp")));
}

/* -- a batch on a disk that has room for some ------------------------------------------------- */

static unsigned answered_done, answered_no_space;

static void
count_answer(void *arg, const struct batch_item *item, const struct fault *how)
{
	(void)arg;
	assert_true(how->outcome == OUTCOME_DONE || how->outcome == OUTCOME_NO_SPACE);
	if (how->outcome == OUTCOME_DONE) {
		answered_done++;
		assert_true(item->ops[0].removes || store_count(store, TABLE_SETTINGS) > 0);
	} else {
		answered_no_space++;
	}
}

/* One turn brings 40 requests and the disk is too full for all of them together: those that fit alone are
 * kept, and each is told the truth. */
static void
what_is_answered_done_is_there_and_what_is_refused_is_not(void **state)
{
	static struct batch batch;
	static uint8_t payload[500];

	(void)state;
	rig_fill_disk();
	/* Leave some room: less than 40 records of 500 bytes and the pages around them take. */
	assert_int_equal(truncate(rig_path("ballast"), 256 * 1024 / 2), 0);
	put_until_refused(&(enum outcome){ OUTCOME_DONE });
	assert_int_equal(rig_put(store, TABLE_SECRETS, "key0", NULL), OUTCOME_DONE);
	uint64_t before = store_count(store, TABLE_SETTINGS);
	for (unsigned i = 0; i < 40; i++) {
		struct batch_item *item = batch_add(&batch);
		char key[16];
		str_format(key, sizeof key, "batch%u", i);
		batch_add_op(item, TABLE_SETTINGS, key, payload, sizeof payload);
	}
	answered_done = answered_no_space = 0;
	batch_flush(&batch, store, count_answer, NULL);
	assert_int_equal(batch.count, 0);
	assert_int_equal(answered_done + answered_no_space, 40);
	assert_true(answered_done > 0);
	assert_true(answered_no_space > 0);
	assert_int_equal(store_count(store, TABLE_SETTINGS), before + answered_done);
}

static void
skip_all(void **state)
{
	(void)state;
	print_message("not tried: this user may not mount a disk of its own (no root, no user namespaces)\n");
	skip();
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_full_disk_refuses_and_everything_acknowledged_stays),
		STORY(it_goes_on_by_itself_when_there_is_space_again),
		STORY(the_reason_is_a_plain_sentence),
		STORY(a_read_only_disk_gives_what_is_kept_and_takes_nothing),
		STORY(a_snapshot_without_room_leaves_nothing_behind),
		STORY(a_database_that_has_no_room_to_begin_leaves_nothing_behind),
		STORY(a_restore_without_room_changes_nothing),
		STORY(a_key_that_has_no_room_is_not_half_made),
		STORY(the_probe_tells_whether_the_disk_takes_files),
		STORY(what_is_answered_done_is_there_and_what_is_refused_is_not),
	};
	const struct CMUnitTest nothing[] = { cmocka_unit_test(skip_all) };

	if (sodium_init() < 0)
		return 1;
	return rig_may_mount() ? cmocka_run_group_tests(tests, NULL, NULL)
			       : cmocka_run_group_tests(nothing, NULL, NULL);
}
