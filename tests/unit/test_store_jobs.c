/*
 * Jobs as the store keeps them: the bytes of a record, the story, the names, and the places in memory with their plans.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "ipc/mpack.h"
#include "ipc/role.h"
#include "ipc/terms.h"
#include "stored/jobs.h"

#include "store_rig.h"

#define ID "j01h455vb4pex5vs"
#define SHA "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER_SHA "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct store *store;
static struct fault fault;
static struct jobs jobs;
static struct job_record full, longest, back;

static void
make_full(void)
{
	full = (struct job_record){ .job = { .id = ID,
					     .place = 1023,
					     .serial = "01P00A000000001",
					     .sha256 = SHA,
					     .plate = 999,
					     .stage_only = true,
					     .key = "order-17",
					     .printer_name = "Anna",
					     .file_name = "bracket.gcode.3mf",
					     .size_bytes = UINT64_MAX,
					     .origin = ROLE_HTTPD,
					     .number = JOB_NUMBER_MAX,
					     .created_ms = 1700000000000,
					     .state = JOB_UNKNOWN,
					     .fault = "armed-before",
					     .sentence = "Nobody knows.",
					     .remedy = "Look.",
					     .evidence = "bytes 17",
					     .remote_path = "/bracket.gcode.3mf",
					     .before = 15,
					     .attempts = 255,
					     .cancel_wanted = true,
					     .resolved = JOB_RESOLUTION_FAILED,
					     .changed_ms = 1,
					     .armed_ms = 2,
					     .started_ms = 3,
					     .ended_ms = INT64_MIN },
				    .options = "{\"timelapse\":true}" };
	job_story_add(&full.story, 5, JOB_RECEIVED, "It is kept.", "");
	job_story_add(&full.story, 6, JOB_UNKNOWN, "Nobody knows.", "bytes 17");
}

static int
set_up(void **state)
{
	rig_set_up(state);
	store = rig_open(rig_path("data.mdb"), STORE_MODE_CREATE);
	memset(&jobs, 0, sizeof jobs);
	make_full();
	return 0;
}

static int
tear_down(void **state)
{
	jobs_free(&jobs);
	store_close(store);
	return rig_tear_down(state);
}

/* -- the record's bytes ------------------------------------------------------------------------------ */

static const char *
decode(const uint8_t *bytes, size_t len, struct job_record *ret_record)
{
	const char *why = NULL;
	bool fine = job_record_decode(ID, strlen(ID), bytes, len, ret_record, &why);

	assert_int_equal(fine, why == NULL);
	return why;
}

static void
a_record_comes_back_as_it_was(void **state)
{
	static uint8_t bytes[JOB_RECORD_MAX_BYTES];

	(void)state;
	assert_null(decode(bytes, job_record_encode(&full, bytes), &back));
	assert_memory_equal(&back, &full, sizeof full);
}

#define FILL(text) memset(text, 'x', sizeof(text) - 1)

static void
the_longest_record_fits(void **state)
{
	static uint8_t bytes[JOB_RECORD_MAX_BYTES];

	(void)state;
	longest = full;
	FILL(longest.job.key);
	FILL(longest.job.printer_name);
	FILL(longest.job.file_name);
	FILL(longest.job.fault);
	FILL(longest.job.sentence);
	FILL(longest.job.remedy);
	FILL(longest.job.evidence);
	FILL(longest.job.remote_path);
	FILL(longest.options);
	longest.job.created_ms = longest.job.changed_ms = longest.job.armed_ms = longest.job.started_ms =
		INT64_MIN;
	while (longest.story.count < JOB_STORY_MOST)
		job_story_add(&longest.story, INT64_MIN, JOB_CANCELLED, longest.job.sentence,
			      longest.job.evidence);
	assert_null(decode(bytes, job_record_encode(&longest, bytes), &back));
	assert_memory_equal(&back, &longest, sizeof longest);
}

/* What a later Fuse may append: bytes 1 and 2 are the array's count. */
static void
fields_of_a_later_fuse_are_passed_over(void **state)
{
	static const uint8_t later[] = { 0xa3, 'n', 'e', 'w', 0xc4, 0x01, 0xff };
	static uint8_t bytes[JOB_RECORD_MAX_BYTES];
	size_t len = job_record_encode(&full, bytes);

	(void)state;
	assert_memory_equal(bytes, ((const uint8_t[]){ 0xdc, 0, 29, 1 }), 4);
	bytes[2] += 2;
	memcpy(bytes + len, later, sizeof later);
	assert_null(decode(bytes, len + sizeof later, &back));
	assert_memory_equal(&back, &full, sizeof full);
}

static void
what_is_no_such_record_is_not_read(void **state)
{
	static uint8_t bytes[JOB_RECORD_MAX_BYTES];
	const char *why;
	size_t len = job_record_encode(&full, bytes);

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_non_null(decode(bytes, cut, &back));
	bytes[3] = 2;
	assert_string_equal(decode(bytes, len, &back), "is of another version");
	bytes[3] = 1;
	bytes[2]--;
	assert_string_equal(decode(bytes, len, &back), "has too few fields");
	bytes[2]++;
	assert_false(job_record_decode("j01h455vb4pex5v", 15, bytes, len, &back, &why));
	assert_string_equal(why, "does not stand under a job's id");
	assert_false(
		job_record_decode("j01h455vb4pex5vu", 16, bytes, len, &back, &why)); /* no 'u' in base 32 */
	assert_false(job_record_decode("", 0, bytes, len, &back, &why));
	full.job.number = 0;
	assert_string_equal(decode(bytes, job_record_encode(&full, bytes), &back), "has no number");
	full.job.number = 1;
	full.job.sha256[3] = 'g';
	assert_string_equal(decode(bytes, job_record_encode(&full, bytes), &back),
			    "names no printer, no file or no plate");
	full.job.sha256[3] = '0';
	full.job.state = JOB_STATE_COUNT;
	assert_string_equal(decode(bytes, job_record_encode(&full, bytes), &back),
			    "has a number out of its range");
}

/* -- steps ------------------------------------------------------------------------------------------- */

static void
step(struct job_record *record, uint32_t to, const char *sentence, int64_t now_ms)
{
	struct job_words words = { "fault", sentence, "remedy", "seen\x1b[2J\n" };

	job_record_step(record, to, &words, now_ms);
}

static void
a_step_is_told_and_timed(void **state)
{
	struct job_record record = { .job = { .state = JOB_RECEIVED } };

	(void)state;
	step(&record, JOB_WAITING, "Not its turn.", 100);
	assert_string_equal(record.job.evidence, "seen [2J ");
	assert_int_equal(record.job.state, JOB_WAITING);
	assert_int_equal(record.job.changed_ms, 100);
	step(&record, JOB_WAITING, "Not its turn.", 200); /* the same again: no news */
	assert_int_equal(record.story.count, 1);
	assert_int_equal(record.job.changed_ms, 200);
	step(&record, JOB_WAITING, "The printer is away.", 300);
	assert_int_equal(record.story.count, 2);
	step(&record, JOB_ARMED, "The printer is away.",
	     400); /* another state is news even in the same words */
	assert_int_equal(record.story.count, 3);
	step(&record, JOB_ARMED, "Still.", 450);
	step(&record, JOB_STARTED, "It begins.", 500);
	step(&record, JOB_RUNNING, "It prints.", 600);
	step(&record, JOB_DONE, "Printed.", 700);
	assert_int_equal(record.job.armed_ms, 400);
	assert_int_equal(record.job.started_ms, 500);
	assert_int_equal(record.job.ended_ms, 700);
	assert_int_equal(record.story.entries[2].at_ms, 400);
	assert_int_equal(record.story.entries[2].state, JOB_ARMED);
}

static void
a_long_story_keeps_its_beginning_and_its_end(void **state)
{
	static struct job_story story;
	char sentence[16];

	(void)state;
	memset(&story, 0, sizeof story);
	for (unsigned i = 0; i < 100; i++) {
		str_format(sentence, sizeof sentence, "step %u", i);
		job_story_add(&story, i, JOB_WAITING, sentence, "");
	}
	assert_int_equal(story.count, JOB_STORY_MOST);
	for (unsigned i = 0; i < JOB_STORY_MOST; i++)
		assert_int_equal(story.entries[i].at_ms, i < JOB_STORY_FIRST ? i : 100 - JOB_STORY_MOST + i);
	assert_string_equal(story.entries[JOB_STORY_MOST - 1].sentence, "step 99");
}

static void
a_story_is_told_as_json(void **state)
{
	static char text[JOB_STORY_JSON_MAX_BYTES + 1];

	(void)state;
	full.story.entries[0].at_ms = 1795305600123;
	size_t len = job_story_json(&full.story, text);
	json_t *json = json_loadb(text, len, 0, NULL);
	assert_int_equal(json_array_size(json), 2);
	json_t *first = json_array_get(json, 0), *second = json_array_get(json, 1);
	assert_string_equal(json_string_value(json_object_get(first, "at")), "2026-11-22T00:00:00.123Z");
	assert_string_equal(json_string_value(json_object_get(first, "state")), "received");
	assert_string_equal(json_string_value(json_object_get(first, "sentence")), "It is kept.");
	assert_string_equal(json_string_value(json_object_get(second, "evidence")), "bytes 17");
	json_decref(json);
}

/* Control characters do not come into a story by a step; but what stands on a disk may be anything. */
static void
the_most_wicked_story_fits(void **state)
{
	static char text[JOB_STORY_JSON_MAX_BYTES + 1];
	static struct job_story story;
	char wicked[JOB_STORY_TEXT_BYTES];

	(void)state;
	memset(&story, 0, sizeof story);
	memset(wicked, '\x01', sizeof wicked - 1);
	wicked[sizeof wicked - 1] = '\0';
	for (unsigned i = 0; i < JOB_STORY_MOST; i++)
		job_story_add(&story, INT64_MAX, JOB_NOT_STARTED, wicked, wicked);
	json_t *json = json_loadb(text, job_story_json(&story, text), 0, NULL);
	assert_int_equal(json_array_size(json), JOB_STORY_MOST);
	json_decref(json);
}

/* -- names ------------------------------------------------------------------------------------------- */

static void
ids_sort_by_their_coming_whatever_the_clock_does(void **state)
{
	static const int64_t clock[] = {
		1795305600000, 1795305600000, 1795305600001, 1795305000000, 1795305600002, -5, 0
	};
	struct job_id_clock ids = { 0 }, noted = { 0 };
	char before[JOB_ID_BYTES] = "", id[JOB_ID_BYTES];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(clock); i++) {
		job_id_next(&ids, clock[i], UINT32_MAX, id);
		assert_true(strcmp(before, id) < 0);
		assert_true(job_id_note(&noted, id));
		assert_memory_equal(&noted, &ids, sizeof ids);
		str_copy(before, sizeof before, id);
	}
	/* After a restart the ids that are kept count, not the clock. */
	ids = (struct job_id_clock){ 0 };
	assert_true(job_id_note(&ids, before) && job_id_note(&ids, "j000000000000000"));
	job_id_next(&ids, 1, 0, id);
	assert_true(strcmp(before, id) < 0);
	ids.low = (1 << 25) - 1;
	job_id_next(&ids, 1, 0, before);
	assert_true(strcmp(id, before) < 0);
	assert_false(job_id_note(NULL, "") || job_id_note(NULL, "j") ||
		     job_id_note(NULL, "J000000000000000") || job_id_note(NULL, "j0000000000000000") ||
		     job_id_note(NULL, "j00000000000000i"));
}

/* -- places ------------------------------------------------------------------------------------------ */

static void
put(uint32_t place, const char *id, uint32_t state, int64_t ended_ms)
{
	static uint8_t bytes[JOB_RECORD_MAX_BYTES];
	struct store_op op = { TABLE_JOBS, id, strlen(id), bytes, 0 };

	full.job.place = place;
	full.job.state = state;
	full.job.ended_ms = ended_ms;
	full.job.number = place + 1;
	op.len = job_record_encode(&full, bytes);
	assert_int_equal(store_commit(store, &op, 1, &fault), OUTCOME_DONE);
}

/* Many in one commit. */
static void
put_all_ended(unsigned count)
{
	static uint8_t bytes[JOBS_MAX][1024];
	static char ids[JOBS_MAX][JOB_ID_BYTES];
	static struct store_op ops[JOBS_MAX];
	static uint8_t whole[JOB_RECORD_MAX_BYTES];
	struct job_id_clock clock = { 0 };

	for (unsigned i = 0; i < count; i++) {
		job_id_next(&clock, 1000 + i, 0, ids[i]);
		full.job.place = i;
		full.job.state = JOB_DONE;
		full.job.ended_ms = i == 700 ? 5 : 5000 - i; /* the oldest end is not that of the first */
		size_t len = job_record_encode(&full, whole);
		assert_true(len <= sizeof bytes[i]);
		memcpy(bytes[i], whole, len);
		ops[i] = (struct store_op){ TABLE_JOBS, ids[i], JOB_ID_BYTES - 1, bytes[i], len };
	}
	assert_int_equal(store_commit(store, ops, count, &fault), OUTCOME_DONE);
}

static void
what_is_kept_is_read_each_at_its_place(void **state)
{
	(void)state;
	put(7, "j000000000000001", JOB_WAITING, 0);
	put(7, "j000000000000002", JOB_DONE, 9); /* no Fuse writes that */
	assert_int_equal(rig_put(store, TABLE_JOBS, "j000000000000003", "rubbish"), OUTCOME_DONE);
	assert_int_equal(jobs_load(&jobs, store, &fault), OUTCOME_DONE);
	assert_int_equal(jobs_count(&jobs), 2);
	assert_string_equal(jobs.places[7].kept->id, "j000000000000001");
	assert_string_equal(jobs.places[0].kept->id, "j000000000000002");
	assert_int_equal(jobs.places[0].kept->place, 0);
	assert_null(jobs_find(&jobs, "j000000000000003"));
	assert_int_equal(jobs_count_open(&jobs, NULL, NULL), 1);
	assert_int_equal(jobs_count_open(&jobs, "01P00A000000001", SHA), 1);
	assert_int_equal(jobs_count_open(&jobs, "ANOTHER", NULL), 0);
	assert_int_equal(jobs_count_open(&jobs, NULL, OTHER_SHA), 0);
}

static struct job_place *
plan(const char *key, const char *serial)
{
	struct job_place *place = jobs_plan_new(&jobs, 1795305600000);

	assert_non_null(place);
	str_copy(place->planned->key, sizeof place->planned->key, key);
	str_copy(place->planned->serial, sizeof place->planned->serial, serial);
	str_copy(place->planned->sha256, sizeof place->planned->sha256, SHA);
	place->planned->origin = ROLE_HTTPD;
	place->planned->number = 77;
	return place;
}

static void
a_plan_counts_until_it_is_settled(void **state)
{
	struct job_place *place = plan("key", "A");
	char id[JOB_ID_BYTES];

	(void)state;
	str_copy(id, sizeof id, place->planned->id);
	assert_ptr_equal(jobs_find(&jobs, id), place);
	assert_ptr_equal(jobs_find_key(&jobs, ROLE_HTTPD, "key"), place);
	assert_null(jobs_find_key(&jobs, ROLE_CTL, "key")); /* another's keys are other keys */
	assert_null(jobs_find_key(&jobs, ROLE_HTTPD, ""));
	assert_true(jobs_has_number(&jobs, 77));
	assert_int_equal(jobs_count(&jobs), 0);
	assert_int_equal(jobs_count_open(&jobs, "A", SHA), 1);
	jobs_settle(place, false);
	assert_null(jobs_find(&jobs, id));
	assert_false(jobs_has_number(&jobs, 77));
	assert_int_equal(jobs_count_open(&jobs, NULL, NULL), 0);

	place = plan("key", "A");
	jobs_settle(place, true);
	assert_int_equal(jobs_count(&jobs), 1);
	/* Its end is planned, and may not come: it is open until then. */
	jobs_plan_change(place)->state = JOB_CANCELLED;
	assert_int_equal(jobs_count_open(&jobs, "A", SHA), 1);
	assert_int_equal(place->kept->state, JOB_RECEIVED);
	jobs_settle(place, true);
	assert_int_equal(jobs_count_open(&jobs, "A", SHA), 0);
}

static void
a_printers_open_jobs_come_in_the_order_of_their_coming(void **state)
{
	struct job_place *places[4];

	(void)state;
	put(3, "j000000000000009", JOB_WAITING, 0);
	put(5, "j000000000000002", JOB_RUNNING, 0);
	put(4, "j000000000000005", JOB_UNKNOWN, 0);
	put(2, "j000000000000001", JOB_DONE, 5);
	assert_int_equal(jobs_load(&jobs, store, &fault), OUTCOME_DONE);
	assert_int_equal(jobs_open_of(&jobs, "01P00A000000001", places, 4), 3);
	assert_string_equal(places[0]->kept->id, "j000000000000002");
	assert_string_equal(places[1]->kept->id, "j000000000000005");
	assert_string_equal(places[2]->kept->id, "j000000000000009");
	assert_int_equal(jobs_open_of(&jobs, "01P00A000000001", places, 2), 2);
	assert_int_equal(jobs_open_of(&jobs, "ANOTHER", places, 4), 0);
}

static void
when_all_places_are_taken_the_job_that_ended_longest_ago_goes(void **state)
{
	char oldest[JOB_ID_BYTES];

	(void)state;
	put_all_ended(JOBS_MAX);
	assert_int_equal(jobs_load(&jobs, store, &fault), OUTCOME_DONE);
	str_copy(oldest, sizeof oldest, jobs.places[700].kept->id);
	struct job_place *place = plan("", "A"), *next = plan("", "A");
	assert_ptr_equal(place, &jobs.places[700]);
	assert_ptr_not_equal(place, next);
	jobs_settle(place, false); /* it could not be: the old one is still there */
	assert_ptr_equal(jobs_find(&jobs, oldest), place);
	place = plan("", "A");
	assert_string_equal(place->kept->id, oldest);
	jobs_settle(place, true);
	jobs_settle(next, true);
	assert_null(jobs_find(&jobs, oldest));
	assert_int_equal(jobs_count(&jobs), JOBS_MAX);
	/* One that may have left its file on the printer outlives the others; a staged one's is to stay there. */
	place = plan("", "A");
	jobs_settle(place, false);
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (&jobs.places[i] != place)
			jobs.places[i].kept->remote_path[0] = '\0';
	next = plan("", "A");
	assert_ptr_not_equal(next, place);
	jobs_settle(next, false);
	place->kept->state = JOB_STAGED;
	next = plan("", "A");
	assert_ptr_equal(next, place);
	jobs_settle(next, false);
	/* None that has not ended ever goes. */
	for (size_t i = 0; i < JOBS_MAX; i++)
		jobs.places[i].kept->state = JOB_UNKNOWN;
	assert_null(jobs_plan_new(&jobs, 0));
}

static void
the_number_is_told_once_it_is_armed(void **state)
{
	struct msg_job message;

	(void)state;
	full.job.armed_ms = 0;
	jobs_describe(&full.job, &message);
	assert_int_equal(message.number, 0);
	assert_string_equal(message.id, ID);
	assert_string_equal(message.fault, "armed-before");
	full.job.armed_ms = 1;
	jobs_describe(&full.job, &message);
	assert_int_equal(message.number, JOB_NUMBER_MAX);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_record_comes_back_as_it_was),
		STORY(the_longest_record_fits),
		STORY(fields_of_a_later_fuse_are_passed_over),
		STORY(what_is_no_such_record_is_not_read),
		STORY(a_step_is_told_and_timed),
		STORY(a_long_story_keeps_its_beginning_and_its_end),
		STORY(a_story_is_told_as_json),
		STORY(the_most_wicked_story_fits),
		STORY(ids_sort_by_their_coming_whatever_the_clock_does),
		STORY(what_is_kept_is_read_each_at_its_place),
		STORY(a_plan_counts_until_it_is_settled),
		STORY(a_printers_open_jobs_come_in_the_order_of_their_coming),
		STORY(when_all_places_are_taken_the_job_that_ended_longest_ago_goes),
		STORY(the_number_is_told_once_it_is_armed),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
