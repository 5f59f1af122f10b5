/*
 * The log of decided starts: what was added is there after any accident, and what cannot be read is owned up to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "stored/armed.h"

#include "store_rig.h"

#define DAY_MS INT64_C(86400000)
#define NOW_MS (20000 * DAY_MS)

static struct armed armed;
static struct fault fault;
static struct job_id_clock ids;
static bool has_own_disk;

static int
set_up(void **state)
{
	ids = (struct job_id_clock){ 0 };
	rig_set_up(state);
	armed_open(&armed, rig_dir);
	return 0;
}

static int
tear_down(void **state)
{
	armed_close(&armed);
	return rig_tear_down(state);
}

static void
reopen(void)
{
	armed_close(&armed);
	armed_open(&armed, rig_dir);
}

static struct armed_entry
entry_of(const char *id, uint32_t number, int64_t wall_ms, const char *key)
{
	struct armed_entry entry = {
		.wall_ms = wall_ms, .number = number, .serial = "01P00A000000001", .has_key = key != NULL
	};

	str_copy(entry.id, sizeof entry.id, id);
	if (key != NULL)
		armed_line_hash_key("httpd", key, entry.key_hash);
	return entry;
}

static enum outcome
add(const char *id, uint32_t number, int64_t wall_ms, const char *key)
{
	struct armed_entry entry = entry_of(id, number, wall_ms, key);

	return armed_add(&armed, &entry, &fault);
}

static bool
has_key(const char *origin, const char *key)
{
	uint8_t hash[ARMED_KEY_HASH_BYTES];

	armed_line_hash_key(origin, key, hash);
	return armed_find_key(&armed, hash) != NULL;
}

#define ONE "j000000000000001"
#define TWO "j000000000000002"
#define THREE "j000000000000003"

static void
add_three(void)
{
	assert_int_equal(add(ONE, 11, NOW_MS, "first"), OUTCOME_DONE);
	assert_int_equal(add(TWO, 22, NOW_MS, NULL), OUTCOME_DONE);
	assert_int_equal(add(THREE, 33, NOW_MS, "third"), OUTCOME_DONE);
}

static struct rig_bytes
log_bytes_now(void)
{
	return rig_read(rig_path(ARMED_FILE));
}

/* The file with its last `cut` bytes gone and `more` behind that. */
static void
maim_end(size_t cut, const char *more)
{
	struct rig_bytes all = log_bytes_now();
	size_t len = all.len - cut;

	all.bytes = realloc(all.bytes, all.len + strlen(more) + 1);
	memcpy(all.bytes + len, more, strlen(more));
	rig_write(rig_path(ARMED_FILE), (struct rig_bytes){ all.bytes, len + strlen(more) });
	free(all.bytes);
}

/* -- what was added ----------------------------------------------------------------------------------- */

static void
what_was_added_is_there_after_a_restart(void **state)
{
	(void)state;
	assert_null(armed_find_job(&armed, ONE));
	add_three();
	for (int restarts = 0; restarts < 2; restarts++) {
		assert_null(armed_trouble_peek(&armed));
		assert_int_equal(armed.count, 3);
		assert_int_equal(armed_find_job(&armed, TWO)->entry.number, 22);
		assert_string_equal(armed_find_number(&armed, 33)->entry.id, THREE);
		assert_int_equal(armed_find_number(&armed, 33)->entry.wall_ms, NOW_MS);
		assert_string_equal(armed_find_number(&armed, 33)->entry.serial, "01P00A000000001");
		assert_true(has_key("httpd", "first") && has_key("httpd", "third"));
		assert_false(has_key("fusectl", "first") || has_key("httpd", "firs") || has_key("httpd", ""));
		assert_null(armed_find_number(&armed, 44));
		reopen();
	}
}

static void
a_line_is_as_it_is_documented(void **state)
{
	struct rig_bytes all;

	(void)state;
	assert_int_equal(add(TWO, 22, 1795305600123, NULL), OUTCOME_DONE);
	all = log_bytes_now();
	all.bytes[all.len] = '\0';
	const char *line = (const char *)all.bytes;
	assert_true(strncmp(line, "v1 1795305600123 j000000000000002 22 01P00A000000001 - ", 55) == 0);
	assert_int_equal(strspn(line + 55, "0123456789abcdef"), 16);
	assert_string_equal(line + 55 + 16, "\n");
	free(all.bytes);
}

/* -- accidents ---------------------------------------------------------------------------------------- */

static void
a_torn_end_is_dropped_wherever_it_is_torn(void **state)
{
	(void)state;
	add_three();
	struct rig_bytes whole = log_bytes_now();
	for (size_t cut = 1; cut < 60; cut++) { /* 1: the newline alone */
		rig_write(rig_path(ARMED_FILE), whole);
		maim_end(cut, "");
		reopen();
		assert_null(armed_trouble_peek(&armed));
		assert_int_equal(armed.count, 2);
		assert_int_equal(armed.damaged, 0);
		/* The next one stands on its own. */
		assert_int_equal(add(THREE, 33, NOW_MS, "third"), OUTCOME_DONE);
		assert_true(rig_same_bytes(rig_path(ARMED_FILE), whole));
	}
	free(whole.bytes);
}

static void
an_end_that_is_rubbish_is_a_torn_one(void **state)
{
	(void)state;
	add_three();
	maim_end(0, "v1 5 j000");
	reopen();
	assert_int_equal(armed.count, 3);
	assert_null(armed_trouble_peek(&armed));
	maim_end(0, "12 x\n"); /* a line's end came to the disk, its beginning did not */
	reopen();
	assert_int_equal(armed.count, 3);
	assert_null(armed_trouble_peek(&armed));
	assert_int_equal(add("j000000000000004", 44, NOW_MS, NULL), OUTCOME_DONE);
	reopen();
	assert_int_equal(armed.count, 4);
	assert_int_equal(armed.damaged, 0);
}

static void
damage_within_is_noticed_and_nothing_is_started_until_it_is_set_aside(void **state)
{
	static const char *const victims[] = { "j000000000000002", " 22 ", "v1 ", "01P00A" };
	char aside[80];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(victims); i++) {
		add_three();
		rig_flip(rig_path(ARMED_FILE), victims[i], 1);
		struct rig_bytes damaged = log_bytes_now();
		reopen();
		assert_true(armed.damaged > 0);
		assert_non_null(armed_trouble_peek(&armed));
		assert_int_equal(add("j000000000000004", 44, NOW_MS, NULL), OUTCOME_FAILED);
		assert_non_null(strstr(fault.sentence, "armed.log"));
		assert_true(rig_same_bytes(rig_path(ARMED_FILE), damaged));
		assert_int_equal(armed_set_damage_aside(&armed, (int64_t)i * 1000, &fault), OUTCOME_DONE);
		assert_null(armed_trouble_peek(&armed));
		str_format(aside, sizeof aside, ARMED_DAMAGED_PREFIX "1970-01-01T00-00-0%zuZ", i);
		assert_true(rig_same_bytes(rig_path(aside), damaged));
		size_t left = armed.count;
		assert_int_equal(add("j000000000000004", 44, NOW_MS, NULL), OUTCOME_DONE);
		reopen();
		assert_null(armed_trouble_peek(&armed));
		assert_int_equal(armed.count, left + 1);
		free(damaged.bytes);
		assert_int_equal(unlink(rig_path(ARMED_FILE)), 0);
		reopen();
	}
}

static void
what_cannot_be_read_starts_nothing_and_says_why(void **state)
{
	(void)state;
	assert_int_equal(mkdir(rig_path(ARMED_FILE), 0700), 0);
	reopen();
	assert_non_null(strstr(armed_trouble_peek(&armed), "cannot be read"));
	assert_int_equal(add(ONE, 11, NOW_MS, NULL), OUTCOME_FAILED);
	assert_string_equal(fault.sentence, armed_trouble_peek(&armed));
	assert_int_equal(rmdir(rig_path(ARMED_FILE)), 0);
	reopen();
	assert_int_equal(add(ONE, 11, NOW_MS, NULL), OUTCOME_DONE);
	assert_int_equal(truncate(rig_path(ARMED_FILE), ARMED_MAX_BYTES + 1), 0);
	reopen();
	assert_non_null(armed_trouble_peek(&armed));
}

/* -- idle entries ------------------------------------------------------------------------------------- */

static void
a_start_that_did_not_come_about_can_be_decided_again_without_a_second_line(void **state)
{
	(void)state;
	add_three();
	struct rig_bytes before = log_bytes_now();
	armed_set_idle(&armed, TWO);
	assert_true(armed_find_job(&armed, TWO)->is_idle);
	assert_int_equal(add(TWO, 22, NOW_MS, NULL), OUTCOME_DONE);
	assert_false(armed_find_job(&armed, TWO)->is_idle);
	assert_true(rig_same_bytes(rig_path(ARMED_FILE), before));
	free(before.bytes);
	/* After a restart nobody knows that it was idle. */
	armed_set_idle(&armed, TWO);
	reopen();
	assert_false(armed_find_job(&armed, TWO)->is_idle);
}

/* -- writing it anew ---------------------------------------------------------------------------------- */

static bool
keeps_first(void *arg, const char *id)
{
	return strcmp(arg, id) == 0;
}

/* One of more than 64 KiB in the form that armed_add() writes. Ages from 100 days to now. */
static void
make_large(size_t count, char ret_first[JOB_ID_BYTES])
{
	char line[ARMED_LINE_MAX_BYTES], id[JOB_ID_BYTES];
	FILE *file = fopen(rig_path(ARMED_FILE), "w");

	assert_non_null(file);
	for (size_t i = 0; i < count; i++) {
		job_id_next(&ids, 1000 + (int64_t)i, 0, id);
		if (i == 0)
			str_copy(ret_first, JOB_ID_BYTES, id);
		struct armed_entry entry =
			entry_of(id, (uint32_t)i + 1,
				 NOW_MS - 100 * DAY_MS + (int64_t)i * 100 * DAY_MS / (int64_t)count, "key");
		fwrite(line, armed_line_write(&entry, line), 1, file);
	}
	assert_int_equal(fclose(file), 0);
	reopen();
}

static void
what_is_old_goes_when_the_log_is_long_but_never_a_job_that_is_kept(void **state)
{
	char first[JOB_ID_BYTES];

	(void)state;
	make_large(100, first);
	assert_true(armed.size_bytes < ARMED_SMALL_BYTES);
	armed_trim(&armed, NOW_MS, keeps_first, first);
	assert_int_equal(armed.count, 100); /* a short one is left alone */
	ids = (struct job_id_clock){ 0 };
	make_large(1000, first);
	armed_trim(&armed, NOW_MS, keeps_first, first);
	assert_int_equal(armed.count, 901);
	assert_int_equal(armed_find_job(&armed, first)->entry.number, 1);
	assert_null(armed_find_number(&armed, 2));
	assert_null(armed_find_number(&armed, 100));
	assert_non_null(armed_find_number(&armed, 101));
	assert_int_equal(add(ONE, 5000, NOW_MS, NULL), OUTCOME_DONE);
	reopen();
	assert_int_equal(armed.count, 902);
	assert_int_equal(armed.damaged, 0);
	assert_false(armed.has_bad_end);
	assert_false(files_exists(rig_path("armed.log.new")));
	/* It is not written anew for each start. */
	struct stat one, other;
	armed_trim(&armed, NOW_MS, keeps_first, first);
	assert_int_equal(stat(rig_path(ARMED_FILE), &one), 0);
	armed_trim(&armed, NOW_MS + 50 * DAY_MS, keeps_first, first);
	assert_int_equal(stat(rig_path(ARMED_FILE), &other), 0);
	assert_int_equal(one.st_ino, other.st_ino);
}

/* A box without a clock of its own stands in 1970 until the network tells it the time. */
static void
what_was_noted_before_the_clock_was_set_is_as_old_as_what_came_after_it(void **state)
{
	char first[JOB_ID_BYTES];

	(void)state;
	make_large(1000, first);
	assert_int_equal(add(ONE, 100001, 1000, NULL), OUTCOME_DONE);
	assert_int_equal(add(TWO, 100002, 2000, NULL), OUTCOME_DONE);
	armed_trim(&armed, NOW_MS, keeps_first, first);
	assert_int_equal(armed.count, 903);
	assert_non_null(armed_find_number(&armed, 100001));
	assert_non_null(armed_find_number(&armed, 100002));
	assert_int_equal(add(THREE, 100003, NOW_MS, NULL), OUTCOME_DONE);
	armed.trim_at_bytes = 0;
	armed_trim(&armed, 3000, keeps_first, first); /* it was switched on again: 1970 once more */
	assert_int_equal(armed.count, 904);
	armed.trim_at_bytes = 0;
	armed_trim(&armed, NOW_MS + 89 * DAY_MS, keeps_first, first);
	assert_non_null(armed_find_number(&armed, 100001));
	armed.trim_at_bytes = 0;
	armed_trim(&armed, NOW_MS + 91 * DAY_MS, keeps_first, first);
	assert_null(armed_find_number(&armed, 100001));
	assert_null(armed_find_number(&armed, 100002));
	assert_int_equal(armed.count, 1); /* that of a job that is kept */
}

static void
a_log_of_too_many_loses_its_oldest_before_their_time(void **state)
{
	char first[JOB_ID_BYTES];

	(void)state;
	make_large(ARMED_MOST + 50, first);
	armed_trim(&armed, NOW_MS - 10 * DAY_MS, keeps_first, first);
	assert_int_equal(armed.count, ARMED_MOST + 1);
	assert_non_null(armed_find_number(&armed, 1));
	assert_null(armed_find_number(&armed, 50));
	assert_non_null(armed_find_number(&armed, 51));
}

/* -- the disk ------------------------------------------------------------------------------------------ */

static void
skip_without_own_disk(void)
{
	if (!has_own_disk) {
		print_message("not tried: this user may not mount a disk of its own (no root, no user "
			      "namespaces)\n");
		skip();
	}
}

static void
a_full_disk_refuses_and_the_log_stays_whole(void **state)
{
	unsigned added = 0;
	char id[JOB_ID_BYTES];

	(void)state;
	skip_without_own_disk();
	assert_true(rig_mount_disk(64));
	reopen();
	rig_fill_disk();
	assert_int_equal(truncate(rig_path("ballast"), 64 * 1024 - 3 * 4096), 0);
	for (;; added++) {
		job_id_next(&ids, 1000, 0, id);
		if (add(id, added + 1, NOW_MS, "key") != OUTCOME_DONE)
			break;
	}
	assert_int_equal(fault.outcome, OUTCOME_NO_SPACE);
	assert_true(added > 10);
	assert_null(armed_trouble_peek(&armed));
	assert_null(armed_find_job(&armed, id)); /* what was refused is not in it */
	reopen();
	assert_int_equal(armed.count, added);
	assert_false(armed.has_bad_end); /* nor half of it */
	rig_free_disk();
	assert_int_equal(add(id, added + 1, NOW_MS, "key"), OUTCOME_DONE);
	reopen();
	assert_int_equal(armed.count, added + 1);
	armed_close(&armed);
	rig_unmount_disk();
}

static void
a_read_only_disk_refuses_and_what_was_started_is_known(void **state)
{
	(void)state;
	skip_without_own_disk();
	assert_true(rig_mount_disk(64));
	reopen();
	assert_int_equal(add(ONE, 11, NOW_MS, NULL), OUTCOME_DONE);
	armed_close(&armed);
	rig_make_read_only(true);
	armed_open(&armed, rig_dir);
	assert_null(armed_trouble_peek(&armed));
	assert_non_null(armed_find_job(&armed, ONE));
	assert_int_equal(add(TWO, 22, NOW_MS, NULL), OUTCOME_READ_ONLY);
	rig_make_read_only(false);
	assert_int_equal(add(TWO, 22, NOW_MS, NULL), OUTCOME_DONE);
	armed_close(&armed);
	rig_unmount_disk();
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(what_was_added_is_there_after_a_restart),
		STORY(a_line_is_as_it_is_documented),
		STORY(a_torn_end_is_dropped_wherever_it_is_torn),
		STORY(an_end_that_is_rubbish_is_a_torn_one),
		STORY(damage_within_is_noticed_and_nothing_is_started_until_it_is_set_aside),
		STORY(what_cannot_be_read_starts_nothing_and_says_why),
		STORY(a_start_that_did_not_come_about_can_be_decided_again_without_a_second_line),
		STORY(what_is_old_goes_when_the_log_is_long_but_never_a_job_that_is_kept),
		STORY(what_was_noted_before_the_clock_was_set_is_as_old_as_what_came_after_it),
		STORY(a_log_of_too_many_loses_its_oldest_before_their_time),
		STORY(a_full_disk_refuses_and_the_log_stays_whole),
		STORY(a_read_only_disk_refuses_and_what_was_started_is_known),
	};

	has_own_disk = rig_may_mount();
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
