/*
 * httpd/feed, its shelves: what clients of the events are told of files, jobs and the cache.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "httpd/print_json.h"

#include "feed_rig.h"

/* -- what is told to it ------------------------------------------------------------------------------- */

static void
tell_file(uint32_t place, const char *sha256, const char *name, unsigned open_jobs)
{
	struct msg_file file = { .size_bytes = 5, .created_ms = 1000, .open_jobs = open_jobs, .check = FILE_CHECK_PRINTABLE };

	str_copy(file.sha256, sizeof file.sha256, sha256);
	str_copy(file.name, sizeof file.name, name);
	tell(MESSAGE_FILE, 0, place, &file);
}

static void
tell_job(uint32_t place, const char *id, const char *serial, const char *sha256, enum job_state job_state)
{
	struct msg_job job = { .plate = 1, .state = job_state, .created_ms = 1000, .origin = ROLE_HTTPD };

	str_copy(job.id, sizeof job.id, id);
	str_copy(job.serial, sizeof job.serial, serial);
	str_copy(job.sha256, sizeof job.sha256, sha256);
	tell(MESSAGE_JOB, 0, place, &job);
}

static void
tell_progress(uint16_t slot, const char *serial, const char *id, uint64_t sent)
{
	struct msg_job_progress progress = { .phase = "send", .sent_bytes = sent, .total_bytes = 100 };

	str_copy(progress.serial, sizeof progress.serial, serial);
	str_copy(progress.id, sizeof progress.id, id);
	tell(MESSAGE_JOB_PROGRESS, slot, 0, &progress);
}

/* The next message for an events client, to be freed; NULL: there is none. */
static json_t *
next(uint64_t *seen)
{
	bool overload;

	settle();
	struct payload *payload = feed_next_event(feed, seen, &overload);
	assert_false(overload);
	if (payload == NULL)
		return NULL;
	json_t *json = json_loadb(payload->text, payload->len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	payload_release(payload);
	return json;
}

/* Of the next message, one member must be this (NULL: not be there); the others do not matter. */
static void
assert_next(uint64_t *seen, const char *member, const char *expected)
{
	json_t *message = next(seen);
	const json_t *value = json_object_get(message, member);

	assert_non_null(message);
	if (expected == NULL) {
		assert_null(value);
	} else {
		char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
		assert_non_null(text);
		assert_string_equal(text, expected);
		free(text);
	}
	json_decref(message);
}

static uint64_t
open_for_events(void)
{
	uint64_t seen = 0;

	feed_open(feed, true);
	json_decref(next(&seen));
	return seen;
}

/* -- stories ------------------------------------------------------------------------------------------------ */

static void
the_whole_has_all_files_and_jobs_and_the_cache(void **state)
{
	const struct msg_cache_status cache = { .files = 1, .used_bytes = 5, .limit_bytes = 10, .sentence = "It is small." };
	uint64_t seen = 0;

	(void)state;
	tell_file(7, "aa", "a.3mf", 1);
	tell_job(3, "J1", "P", "aa", JOB_WAITING);
	tell_job(4, "J2", "P", "aa", JOB_DONE);
	tell(MESSAGE_CACHE_STATUS, 0, 0, &cache);
	feed_open(feed, true);
	json_t *whole = next(&seen);
	const json_t *files = json_object_get(whole, "files"), *jobs = json_object_get(whole, "jobs");
	json_t *file = print_json_file(known, known_file_peek(known, "aa")), *job = print_json_job(known, known_job_peek(known, "J1"));
	assert_true(json_equal(json_object_get(files, "aa"), file));
	assert_true(json_equal(json_object_get(jobs, "J1"), job));
	assert_int_equal(json_object_size(jobs), 2);
	/* The one that has ended needs it no more. */
	assert_int_equal(json_array_size(json_object_get(file, "openJobs")), 1);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(whole, "cache"), "limitBytes")), 10);
	json_decref(file);
	json_decref(job);
	json_decref(whole);
	assert_null(next(&seen));
}

static void
without_any_the_whole_says_so(void **state)
{
	uint64_t seen = 0;

	(void)state;
	feed_open(feed, true);
	json_t *whole = next(&seen);
	assert_true(json_is_object(json_object_get(whole, "files")) && json_is_object(json_object_get(whole, "jobs")));
	assert_null(json_object_get(whole, "removedFiles"));
	json_decref(whole);
}

static void
only_what_changes_is_told(void **state)
{
	(void)state;
	tell_file(0, "aa", "a.3mf", 0);
	tell_file(1, "bb", "b.3mf", 0);
	tell_job(0, "J1", "P", "aa", JOB_WAITING);
	uint64_t seen = open_for_events();
	tell_file(1, "bb", "c.3mf", 0);
	json_t *delta = next(&seen);
	assert_null(json_object_get(delta, "jobs"));
	json_decref(delta);
	tell_job(0, "J1", "P", "aa", JOB_UPLOADING);
	assert_next(&seen, "jobs", "{\"J1\":{\"state\":\"uploading\"}}");
	/* The same again is no news. */
	tell_job(0, "J1", "P", "aa", JOB_UPLOADING);
	tell_file(1, "bb", "c.3mf", 0);
	assert_null(next(&seen));
}

static void
a_file_tells_of_the_jobs_that_need_it(void **state)
{
	(void)state;
	tell_file(0, "aa", "a.3mf", 1);
	tell_job(0, "J1", "P", "aa", JOB_RUNNING);
	uint64_t seen = open_for_events();
	tell_job(0, "J1", "P", "aa", JOB_DONE);
	assert_next(&seen, "files", "{\"aa\":{\"openJobs\":[]}}");
	tell_job(1, "J2", "P", "aa", JOB_RECEIVED);
	assert_next(&seen, "files", "{\"aa\":{\"openJobs\":[\"J2\"]}}");
}

static void
what_goes_is_told_by_name(void **state)
{
	(void)state;
	tell_file(0, "aa", "a.3mf", 0);
	tell_job(5, "J1", "P", "aa", JOB_DONE);
	uint64_t seen = open_for_events();
	tell(MESSAGE_FILE, 0, 0, NULL);
	assert_next(&seen, "removedFiles", "[\"aa\"]");
	/* Another one stands at its place. */
	tell_job(5, "J2", "P", "aa", JOB_RECEIVED);
	json_t *delta = next(&seen);
	assert_string_equal(json_string_value(json_array_get(json_object_get(delta, "removedJobs"), 0)), "J1");
	assert_string_equal(json_string_value(json_object_get(json_object_get(json_object_get(delta, "jobs"), "J2"), "state")), "received");
	json_decref(delta);
	tell_file(0, "aa", "a.3mf", 0);
	delta = next(&seen);
	assert_non_null(json_object_get(json_object_get(json_object_get(delta, "files"), "aa"), "name"));
	assert_null(json_object_get(delta, "removedFiles"));
	json_decref(delta);
}

/* It may be told at its new place before the old one is cleared, or after. */
static void
what_moves_to_another_place_stays(void **state)
{
	(void)state;
	tell_file(0, "aa", "a.3mf", 0);
	uint64_t seen = open_for_events();
	tell_file(9, "aa", "a.3mf", 0);
	json_decref(next(&seen));
	tell(MESSAGE_FILE, 0, 0, NULL);
	json_t *delta = next(&seen);
	/* Whoever forgets it by the name that is removed gets it whole. */
	assert_non_null(json_object_get(delta, "removedFiles"));
	assert_string_equal(json_string_value(json_object_get(json_object_get(json_object_get(delta, "files"), "aa"), "name")), "a.3mf");
	json_decref(delta);
}

static void
progress_belongs_to_a_job_and_goes_with_its_worker(void **state)
{
	(void)state;
	tell_worker(2, "P", LIFE_UP);
	tell_job(0, "J1", "P", "aa", JOB_UPLOADING);
	tell_job(1, "J2", "P", "aa", JOB_WAITING);
	tell_progress(2, "P", "J1", 10);
	uint64_t seen = open_for_events();
	tell_progress(2, "P", "J1", 20);
	assert_next(&seen, "jobs", "{\"J1\":{\"progress\":{\"sentBytes\":20}}}");
	tell_progress(2, "P", "J2", 1);
	json_t *delta = next(&seen);
	assert_true(json_is_null(json_object_get(json_object_get(json_object_get(delta, "jobs"), "J1"), "progress")));
	assert_non_null(json_object_get(json_object_get(delta, "jobs"), "J2"));
	json_decref(delta);
	tell_worker(2, "P", LIFE_BACKOFF);
	assert_next(&seen, "jobs", "{\"J2\":{\"progress\":null}}");
	tell_worker(2, "P", LIFE_UP);
	json_decref(next(&seen));
	tell_progress(2, "P", "", 0);
	assert_next(&seen, "jobs", "{\"J2\":{\"progress\":null}}");
}

static void
progress_that_was_told_before_anybody_listened_goes_with_its_worker_too(void **state)
{
	(void)state;
	tell_worker(2, "P", LIFE_UP);
	tell_progress(2, "P", "J1", 10);
	tell_job(0, "J1", "P", "aa", JOB_UPLOADING);
	uint64_t seen = open_for_events();
	tell_worker(2, "P", LIFE_BACKOFF);
	assert_next(&seen, "jobs", "{\"J1\":{\"progress\":null}}");
	/* The job itself may come last. */
	tell_worker(2, "P", LIFE_UP);
	tell_progress(2, "P", "J2", 10);
	json_decref(next(&seen));
	tell_job(1, "J2", "P", "aa", JOB_UPLOADING);
	json_decref(next(&seen));
	tell_worker(2, "P", LIFE_BACKOFF);
	assert_next(&seen, "jobs", "{\"J2\":{\"progress\":null}}");
}

/* A worker speaks for its own printer only. */
static void
progress_of_anothers_job_is_not_heard(void **state)
{
	(void)state;
	tell_worker(2, "P", LIFE_UP);
	tell_worker(3, "Q", LIFE_UP);
	tell_job(0, "J1", "P", "aa", JOB_UPLOADING);
	uint64_t seen = open_for_events();
	tell_progress(3, "P", "J1", 10);
	tell_progress(3, "Q", "J1", 10);
	assert_null(next(&seen));
	assert_null(known_progress_peek(known, known_job_peek(known, "J1")));
}

static void
statistics_alone_make_none_of_it(void **state)
{
	uint64_t seen = 0;
	bool overload;

	(void)state;
	tell_file(0, "aa", "a.3mf", 0);
	feed_open(feed, false);
	settle();
	uint64_t revision = feed_revision(feed);
	payload_release(feed_next_statistic(feed, &seen, &overload));
	tell_file(1, "bb", "b.3mf", 0);
	tell_job(0, "J1", "P", "aa", JOB_WAITING);
	settle();
	assert_int_equal(feed_revision(feed), revision);
	assert_null(feed_next_statistic(feed, &seen, &overload));
	/* Whoever comes then gets all of it; and when that has gone, it is over again. */
	uint64_t event_seen = 0;
	feed_open(feed, true);
	json_t *whole = next(&event_seen);
	assert_int_equal(json_object_size(json_object_get(whole, "files")), 2);
	json_decref(whole);
	assert_null(feed_next_statistic(feed, &seen, &overload));
	feed_close_events(feed);
	revision = feed_revision(feed);
	tell_file(2, "cc", "c.3mf", 0);
	settle();
	assert_int_equal(feed_revision(feed), revision);
}

static void
more_that_went_than_is_remembered_needs_the_whole(void **state)
{
	char sha256[16];

	(void)state;
	for (unsigned i = 0; i <= FEED_REMOVED_MAX; i++) {
		str_format(sha256, sizeof sha256, "aa%u", i);
		tell_file(i, sha256, "a.3mf", 0);
	}
	uint64_t seen = open_for_events();
	for (unsigned i = 0; i <= FEED_REMOVED_MAX; i++)
		tell(MESSAGE_FILE, 0, i, NULL);
	json_t *whole = next(&seen);
	assert_string_equal(json_string_value(json_object_get(whole, "type")), "snapshot");
	assert_int_equal(json_object_size(json_object_get(whole, "files")), 0);
	json_decref(whole);
}

/* They go into messages as they are. */
static void
a_name_that_is_none_is_not_told(void **state)
{
	(void)state;
	uint64_t seen = open_for_events();
	tell_file(0, "a\"b", "a.3mf", 0);
	tell_job(0, "J-1", "P", "aa", JOB_WAITING);
	assert_null(next(&seen));
}

/* All places full, with the longest texts that there may be. */
static void
the_largest_whole_is_far_below_what_may_wait(void **state)
{
	static struct msg_file file;
	static struct msg_job job;
	uint64_t seen = 0;
	bool overload;

	(void)state;
	memset(file.name, '"', sizeof file.name - 1);
	memset(file.sentence, '"', sizeof file.sentence - 1);
	memset(file.remedy, '"', sizeof file.remedy - 1);
	memset(job.file_name, '"', sizeof job.file_name - 1);
	memset(job.printer_name, '"', sizeof job.printer_name - 1);
	memset(job.sentence, '"', sizeof job.sentence - 1);
	memset(job.remedy, '"', sizeof job.remedy - 1);
	for (unsigned i = 0; i < KNOWN_FILES_MAX; i++) {
		str_format(file.sha256, sizeof file.sha256, "%064u", i);
		tell(MESSAGE_FILE, 0, i, &file);
	}
	for (unsigned i = 0; i < KNOWN_JOBS_MAX; i++) {
		str_format(job.id, sizeof job.id, "J%u", i);
		str_format(job.sha256, sizeof job.sha256, "%064u", i);
		tell(MESSAGE_JOB, 0, i, &job);
	}
	feed_open(feed, true);
	settle();
	struct payload *payload = feed_next_event(feed, &seen, &overload);
	assert_true(payload->len > 1024 * 1024 && payload->cap <= PAYLOADS_MAX_BYTES / 8);
	json_t *whole = json_loadb(payload->text, payload->len, 0, NULL);
	assert_int_equal(json_object_size(json_object_get(whole, "files")), KNOWN_FILES_MAX);
	assert_int_equal(json_object_size(json_object_get(whole, "jobs")), KNOWN_JOBS_MAX);
	json_decref(whole);
	payload_release(payload);
}

/* -- lists -------------------------------------------------------------------------------------------------- */

static size_t
listed(const struct job_filter *filter, const char *first)
{
	json_t *json = print_json_jobs(known, filter), *list = json_object_get(json, "jobs");
	size_t count = json_array_size(list);

	if (first != NULL)
		assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "id")), first);
	json_decref(json);
	return count;
}

static void
jobs_are_listed_as_they_are_wanted_newest_first(void **state)
{
	struct job_filter filter = { .state = JOB_STATE_COUNT, .most = 10 };

	(void)state;
	tell_job(9, "J1", "P", "aa", JOB_DONE);
	tell_job(2, "J2", "Q", "aa", JOB_RUNNING);
	tell_job(5, "J3", "P", "aa", JOB_UNKNOWN);
	assert_int_equal(listed(&filter, "J3"), 3);
	filter.most = 1;
	assert_int_equal(listed(&filter, "J3"), 1);
	filter.most = 10;
	filter.serial = "P";
	assert_int_equal(listed(&filter, "J3"), 2);
	assert_true(job_filter_read_state(&filter, "ended"));
	assert_int_equal(listed(&filter, "J1"), 1);
	filter.serial = NULL;
	assert_true(job_filter_read_state(&filter, "open"));
	assert_int_equal(listed(&filter, "J3"), 2);
	assert_true(job_filter_read_state(&filter, "running"));
	assert_int_equal(listed(&filter, "J2"), 1);
	assert_true(job_filter_read_state(&filter, "failed"));
	assert_int_equal(listed(&filter, NULL), 0);
	assert_false(job_filter_read_state(&filter, "Running"));
	assert_false(job_filter_read_state(&filter, ""));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_whole_has_all_files_and_jobs_and_the_cache),
		TEST(without_any_the_whole_says_so),
		TEST(only_what_changes_is_told),
		TEST(a_file_tells_of_the_jobs_that_need_it),
		TEST(what_goes_is_told_by_name),
		TEST(what_moves_to_another_place_stays),
		TEST(progress_belongs_to_a_job_and_goes_with_its_worker),
		TEST(progress_that_was_told_before_anybody_listened_goes_with_its_worker_too),
		TEST(progress_of_anothers_job_is_not_heard),
		TEST(statistics_alone_make_none_of_it),
		TEST(more_that_went_than_is_remembered_needs_the_whole),
		TEST(a_name_that_is_none_is_not_told),
		TEST(the_largest_whole_is_far_below_what_may_wait),
		TEST(jobs_are_listed_as_they_are_wanted_newest_first),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
