/*
 * Trays and options as people write them behind `fusectl print`; and which cached file or job a word means.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "fusectl/cache.h"
#include "fusectl/joblist.h"
#include "fusectl/printwords.h"

static struct failure failure;

static void
assert_mapping(const char *text, const char *json)
{
	json_t *mapping = printwords_mapping(text, &failure);

	assert_non_null(mapping);
	char *got = json_dumps(mapping, JSON_COMPACT);
	assert_string_equal(got, json);
	free(got);
	json_decref(mapping);
}

static void
trays_are_written_as_on_the_units(void **state)
{
	(void)state;
	assert_mapping("A1", "[{\"amsId\":0,\"slotId\":0}]");
	assert_mapping("b3,-,D4", "[{\"amsId\":1,\"slotId\":2},null,{\"amsId\":3,\"slotId\":3}]");
	assert_mapping("ht1,ext,EXT2", "[{\"amsId\":128,\"slotId\":0},{\"amsId\":255,\"slotId\":0},{\"amsId\":254,\"slotId\":0}]");
	assert_mapping("5,-1,254", "[5,-1,254]");
}

static void
what_is_no_tray_is_named(void **state)
{
	static const char *const wrong[] = { "", "A0", "A5", "E1", "A", "1,,2", "ht9", "256", "A1;A2",
					     "a-very-long-word-that-cannot-be-a-tray-of-any-printer-that-was-ever-built" };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(wrong); i++) {
		assert_null(printwords_mapping(wrong[i], &failure));
		assert_non_null(strstr(failure.sentence, "is no tray"));
	}
}

static void
options_have_truths_and_words(void **state)
{
	json_t *options = json_object();

	(void)state;
	assert_true(printwords_options("timelapse=on,bedLeveling=auto,flowCalibration=false", options, &failure));
	char *got = json_dumps(options, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(got, "{\"bedLeveling\":\"auto\",\"flowCalibration\":false,\"timelapse\":true}");
	free(got);
	json_object_clear(options);
	assert_true(printwords_options("nozzleMapping=1:17:-,timelapse=off", options, &failure));
	got = json_dumps(options, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(got, "{\"nozzleMapping\":[1,17,null],\"timelapse\":false}");
	free(got);
	assert_false(printwords_options("nozzleMapping=", options, &failure));
	assert_false(printwords_options("nozzleMapping=17:", options, &failure));
	assert_false(printwords_options("nozzleMapping=left", options, &failure));
	assert_false(printwords_options("nozzleMapping=123456789", options, &failure));
	assert_false(printwords_options("timelapse", options, &failure));
	assert_false(printwords_options("=on", options, &failure));
	json_decref(options);
}

static void
a_file_is_meant_by_its_name_or_the_beginning_of_its_hash(void **state)
{
	struct msg_file rows[] = { { .sha256 = "aabbcc00", .name = "one.3mf" }, { .sha256 = "aabbcc11", .name = "two.3mf" },
				   { .sha256 = "ffffff00", .name = "two.3mf" } };
	struct cache_list list = { .rows = rows, .count = 3 };
	const struct msg_file *file;

	(void)state;
	assert_int_equal(cache_find(&list, "one.3mf", &file, &failure), OUTCOME_DONE);
	assert_ptr_equal(file, &rows[0]);
	assert_int_equal(cache_find(&list, "AABBCC1", &file, &failure), OUTCOME_DONE);
	assert_ptr_equal(file, &rows[1]);
	assert_int_equal(cache_find(&list, "aabbcc", &file, &failure), OUTCOME_USAGE);
	assert_int_equal(cache_find(&list, "two.3mf", &file, &failure), OUTCOME_USAGE);
	assert_int_equal(cache_find(&list, "ffff", &file, &failure), OUTCOME_NOT_FOUND); /* too short for a hash */
}

static void
a_job_is_meant_by_its_id_or_the_end_of_it(void **state)
{
	struct msg_job rows[] = { { .id = "j01aaaaaaaaax2ab" }, { .id = "j01aaaaaaaaay2ab" } };
	struct joblist list = { .rows = rows, .count = 2 };
	const struct msg_job *job;

	(void)state;
	assert_int_equal(joblist_find(&list, "j01aaaaaaaaay2ab", &job, &failure), OUTCOME_DONE);
	assert_ptr_equal(job, &rows[1]);
	assert_int_equal(joblist_find(&list, "x2ab", &job, &failure), OUTCOME_DONE);
	assert_ptr_equal(job, &rows[0]);
	assert_int_equal(joblist_find(&list, "2ab", &job, &failure), OUTCOME_NOT_FOUND); /* too short */
	assert_int_equal(joblist_find(&list, "zzzz", &job, &failure), OUTCOME_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trays_are_written_as_on_the_units),
		cmocka_unit_test(what_is_no_tray_is_named),
		cmocka_unit_test(options_have_truths_and_words),
		cmocka_unit_test(a_file_is_meant_by_its_name_or_the_beginning_of_its_hash),
		cmocka_unit_test(a_job_is_meant_by_its_id_or_the_end_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
