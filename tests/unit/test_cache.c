/*
 * The cache in memory: who goes first, who may not go, who is looked into next, and what is written how often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "stored/cache.h"
#include "stored/intake.h"

#include "store_rig.h"

#define NOON INT64_C(1795305600000)

static struct cache cache;
static struct store *store;
static struct fault fault;

static int
set_up(void **state)
{
	(void)state;
	memset(&cache, 0, sizeof cache);
	return 0;
}

static const char *
hash_of(unsigned number)
{
	static char texts[8][FILE_SHA256_BYTES];
	static unsigned turn;
	char *text = texts[turn++ % 8];

	str_format(text, FILE_SHA256_BYTES, "%064x", number);
	return text;
}

static struct cache_file *
keep(unsigned number, uint64_t size_bytes)
{
	struct cache_file *file = cache_plan(&cache, hash_of(number), size_bytes);

	assert_non_null(file);
	file->record.used_ms = NOON;
	cache_settle(&cache, file, true);
	return file;
}

/* The order in which files go when nothing may stay: "3 1 2". */
static const char *
order_of_going(void)
{
	static char order[200];
	struct cache_file *victim;
	size_t used = 0;

	order[0] = '\0';
	while ((victim = cache_victim(&cache, 0, 0)) != NULL) {
		str_format(order + used, sizeof order - used, "%s%lu", used > 0 ? " " : "",
			   strtoul(victim->record.sha256 + 48, NULL, 16));
		used = strlen(order);
		cache_forget(&cache, victim);
	}
	return order;
}

/* -- who goes ------------------------------------------------------------------------------------------------- */

static void
the_one_not_used_for_longest_goes_first(void **state)
{
	(void)state;
	struct cache_file *one = keep(1, 10);
	keep(2, 10);
	keep(3, 10);
	cache_touch(&cache, one, NOON + 1, false);
	assert_string_equal(order_of_going(), "2 3 1");
}

static void
a_clock_that_is_set_back_changes_no_order(void **state)
{
	(void)state;
	struct cache_file *one = keep(1, 10);
	struct cache_file *two = keep(2, 10);
	cache_touch(&cache, two, NOON, false);
	cache_touch(&cache, one, NOON - 86400000, false);
	assert_string_equal(order_of_going(), "2 1");
}

static void
one_that_a_job_needs_never_goes(void **state)
{
	(void)state;
	keep(1, 10);
	keep(2, 20);
	keep(3, 30);
	assert_true(cache_set_open_jobs(&cache, hash_of(1), 2));
	assert_true(cache_set_open_jobs(&cache, hash_of(2), 1));
	assert_false(cache_set_open_jobs(&cache, hash_of(4), 1));
	assert_int_equal(cache_held_bytes(&cache), 30);
	assert_string_equal(order_of_going(), "3");
	assert_true(cache_set_open_jobs(&cache, hash_of(2), 0));
	assert_string_equal(order_of_going(), "2");
	assert_int_equal(cache.used_bytes, 10);
}

static void
one_that_is_not_yet_on_the_disk_does_not_go(void **state)
{
	(void)state;
	struct cache_file *planned = cache_plan(&cache, hash_of(1), 10);
	assert_int_equal(cache.used_bytes, 10);
	assert_null(cache_peek(&cache, hash_of(1)));
	assert_ptr_equal(cache_look_up(&cache, hash_of(1)), planned);
	assert_null(cache_victim(&cache, 0, 0));
	cache_settle(&cache, planned, false);
	assert_null(cache_look_up(&cache, hash_of(1)));
	assert_int_equal(cache.used_bytes, 0);
	assert_int_equal(cache.count, 0);
}

static void
nobody_goes_while_all_is_within_the_limit(void **state)
{
	(void)state;
	keep(1, 60);
	keep(2, 40);
	assert_null(cache_victim(&cache, 100, 1));
	assert_non_null(cache_victim(&cache, 99, 1));
}

static void
a_full_cache_of_small_files_makes_places(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FILES_MAX; i++)
		keep(i, 1);
	assert_null(cache_plan(&cache, hash_of(FILES_MAX), 1));
	assert_null(cache_victim(&cache, FILES_MAX, 0));
	struct cache_file *victim = cache_victim(&cache, FILES_MAX, 1);
	assert_string_equal(victim->record.sha256, hash_of(0));
	cache_forget(&cache, victim);
	assert_null(cache_victim(&cache, FILES_MAX, 1));
	assert_non_null(cache_plan(&cache, hash_of(FILES_MAX), 1));
}

/* -- who is told and noted ------------------------------------------------------------------------------------ */

static void
use_is_written_once_an_hour_unless_a_job_uses_it(void **state)
{
	(void)state;
	struct cache_file *file = keep(1, 10);
	assert_false(cache_touch(&cache, file, NOON + 1000, false));
	assert_int_equal(file->record.used_ms, NOON + 1000);
	assert_false(cache_touch(&cache, file, NOON + CACHE_USED_EVERY_MS - 1, false));
	assert_true(cache_touch(&cache, file, NOON + CACHE_USED_EVERY_MS, false));
	assert_false(cache_touch(&cache, file, NOON + CACHE_USED_EVERY_MS + 1, false));
	assert_true(cache_touch(&cache, file, NOON + CACHE_USED_EVERY_MS + 2, true));
	assert_true(cache_touch(&cache, file, NOON - 5000, false)); /* the clock was set back */
}

static void
a_place_that_was_given_up_is_to_be_told(void **state)
{
	(void)state;
	struct cache_file *file = keep(1, 10);
	assert_true(file->is_untold);
	file->is_untold = false;
	cache_set_open_jobs(&cache, hash_of(1), 0);
	assert_false(file->is_untold); /* nothing new */
	cache_set_open_jobs(&cache, hash_of(1), 3);
	assert_true(file->is_untold);
	file->is_untold = false;
	cache_forget(&cache, file);
	assert_true(file->is_untold);
}

static void
files_that_jobs_need_are_looked_into_first(void **state)
{
	(void)state;
	keep(1, 10);
	keep(2, 10);
	keep(3, 10);
	cache_set_open_jobs(&cache, hash_of(1), 1);
	struct cache_file *next = cache_next_to_examine(&cache);
	assert_string_equal(next->record.sha256, hash_of(1));
	next->is_examined_now = true;
	next = cache_next_to_examine(&cache);
	assert_string_equal(next->record.sha256, hash_of(3)); /* then what came last */
	next->record.check = FILE_CHECK_UNPRINTABLE;
	next = cache_next_to_examine(&cache);
	assert_string_equal(next->record.sha256, hash_of(2));
	next->record.check = FILE_CHECK_FAILED;
	assert_null(cache_next_to_examine(&cache));
}

static void
what_everybody_is_told_is_what_is_kept(void **state)
{
	struct msg_file message;

	(void)state;
	struct cache_file *file = keep(7, 12);
	str_copy(file->record.name, sizeof file->record.name, "a.3mf");
	file->open_jobs = 70000;
	cache_describe(file, &message);
	assert_string_equal(message.sha256, hash_of(7));
	assert_string_equal(message.name, "a.3mf");
	assert_int_equal(message.size_bytes, 12);
	assert_int_equal(message.open_jobs, 65535);
	assert_int_equal(message.check, FILE_CHECK_WAITING);
}

/* -- rooms ------------------------------------------------------------------------------------------------------- */

static void
a_room_that_nobody_writes_or_that_grows_too_large_ends(void **state)
{
	struct room room = { .state = ROOM_OPEN, .announced_bytes = 50, .grown_to = 50, .grown_ms = 1000 };
	enum refusal reason;

	(void)state;
	assert_null(intake_fault(&room, 100, 50, 1000, &reason));
	assert_non_null(intake_fault(&room, 100, 51, 1000, &reason)); /* jobs need the rest by now */
	assert_int_equal(reason, REFUSAL_NO_SPACE);
	assert_non_null(intake_fault(&room, 100, 101, 1000, &reason));
	room.grown_to = 51;
	assert_non_null(intake_fault(&room, 100, 0, 1000, &reason));
	assert_int_equal(reason, REFUSAL_INVALID);
	room.announced_bytes = 0;
	assert_null(intake_fault(&room, 100, 0, 1000 + INTAKE_IDLE_MS - 1, &reason));
	assert_non_null(intake_fault(&room, 100, 0, 1000 + INTAKE_IDLE_MS, &reason));
	assert_int_equal(reason, REFUSAL_NOT_FOUND);
	room.closed_ms = 2000;
	assert_null(intake_fault(&room, 100, 0, 2000 + INTAKE_CLOSED_MS - 1, &reason));
	assert_non_null(intake_fault(&room, 100, 0, 2000 + INTAKE_CLOSED_MS, &reason));
}

/* -- the database ----------------------------------------------------------------------------------------------- */

static int
set_up_store(void **state)
{
	set_up(state);
	rig_set_up(state);
	store = rig_open(rig_path("data.mdb"), STORE_MODE_CREATE);
	return 0;
}

static int
tear_down_store(void **state)
{
	store_close(store);
	return rig_tear_down(state);
}

static void
put(unsigned number, uint32_t place, int64_t used_ms, uint32_t examined_by)
{
	struct file_record record = { .place = place,
				      .name = "a",
				      .size_bytes = number,
				      .used_ms = used_ms,
				      .check = FILE_CHECK_PRINTABLE,
				      .examined_by = examined_by };
	uint8_t bytes[FILE_RECORD_MAX_BYTES];
	struct store_op op = { TABLE_FILES, hash_of(number), FILE_SHA256_BYTES - 1, bytes,
			       file_record_encode(&record, bytes) };

	assert_int_equal(store_commit(store, &op, 1, &fault), OUTCOME_DONE);
}

static void
all_are_read_and_the_clock_tells_who_was_used_last(void **state)
{
	(void)state;
	put(1, 0, NOON + 2, FILE_EXAMINATION);
	put(2, 5, NOON + 1, FILE_EXAMINATION);
	put(3, 5, NOON + 3, FILE_EXAMINATION); /* the place of another */
	assert_int_equal(rig_put(store, TABLE_FILES, "no hash", "no record"), OUTCOME_DONE);
	assert_int_equal(cache_load(&cache, store, &fault), OUTCOME_DONE);
	assert_int_equal(cache.count, 3);
	assert_int_equal(cache.used_bytes, 6);
	assert_string_equal(cache.files[5].record.sha256, hash_of(2));
	assert_string_equal(cache.files[1].record.sha256, hash_of(3));
	assert_int_equal(cache.files[1].record.place, 1);
	assert_string_equal(order_of_going(), "2 1 3");
}

static void
a_file_that_a_lesser_examiner_looked_into_waits_again(void **state)
{
	(void)state;
	put(1, 0, NOON, FILE_EXAMINATION);
	put(2, 1, NOON, FILE_EXAMINATION + 1);
	assert_int_equal(cache_load(&cache, store, &fault), OUTCOME_DONE);
	assert_int_equal(cache_peek(&cache, hash_of(1))->record.check, FILE_CHECK_PRINTABLE);
	assert_int_equal(cache_peek(&cache, hash_of(2))->record.check, FILE_CHECK_WAITING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_one_not_used_for_longest_goes_first, set_up),
		cmocka_unit_test_setup(a_clock_that_is_set_back_changes_no_order, set_up),
		cmocka_unit_test_setup(one_that_a_job_needs_never_goes, set_up),
		cmocka_unit_test_setup(one_that_is_not_yet_on_the_disk_does_not_go, set_up),
		cmocka_unit_test_setup(nobody_goes_while_all_is_within_the_limit, set_up),
		cmocka_unit_test_setup(a_full_cache_of_small_files_makes_places, set_up),
		cmocka_unit_test_setup(use_is_written_once_an_hour_unless_a_job_uses_it, set_up),
		cmocka_unit_test_setup(a_place_that_was_given_up_is_to_be_told, set_up),
		cmocka_unit_test_setup(files_that_jobs_need_are_looked_into_first, set_up),
		cmocka_unit_test_setup(what_everybody_is_told_is_what_is_kept, set_up),
		cmocka_unit_test(a_room_that_nobody_writes_or_that_grows_too_large_ends),
		cmocka_unit_test_setup_teardown(all_are_read_and_the_clock_tells_who_was_used_last, set_up_store,
						tear_down_store),
		cmocka_unit_test_setup_teardown(a_file_that_a_lesser_examiner_looked_into_waits_again, set_up_store,
						tear_down_store),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
