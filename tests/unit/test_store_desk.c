/*
 * The parts of the desk that need no supervisor: who may have which secret, what each setting is, and
 * one commit for many requests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "stored/batch.h"
#include "stored/peers.h"
#include "stored/values.h"

#include "store_rig.h"

static struct store *store;
static struct fault fault;
static struct peers peers;
static struct values values;
static struct batch batch;

static int
set_up(void **state)
{
	rig_set_up(state);
	store = rig_open(rig_path("data.mdb"), STORE_MODE_CREATE);
	peers.count = 0;
	batch.count = batch.op_count = batch.used_bytes = 0;
	return 0;
}

static int
tear_down(void **state)
{
	store_close(store);
	return rig_tear_down(state);
}

/* -- who may have what -------------------------------------------------------------------------- */

static void
supervisor_says(uint32_t slot, uint32_t generation, const char *entry)
{
	struct header header = { .retain_key = ROLE_WORKER << 16 | slot };
	struct msg_proc_status status = { .role = ROLE_WORKER, .slot = slot, .generation = generation };

	str_copy(status.entry, sizeof status.entry, entry);
	peers_note(&peers, &header, &status);
}

static bool
worker_may_read(uint16_t slot, uint32_t generation, const char *name)
{
	struct header header = { .from_role = ROLE_WORKER, .from_slot = slot, .generation = generation };

	return peers_may_read(&peers, &header, name);
}

static void
a_worker_gets_the_secret_of_its_own_printer_only(void **state)
{
	(void)state;
	supervisor_says(0, 7, "A");
	supervisor_says(1, 8, "B");
	assert_true(worker_may_read(0, 7, "printer/A"));
	assert_true(worker_may_read(1, 8, "printer/B"));
	assert_false(worker_may_read(0, 7, "printer/B"));
	assert_false(worker_may_read(0, 7, "printer/"));
	assert_false(worker_may_read(0, 7, "printer/AB"));
	assert_false(worker_may_read(0, 7, "A"));
	assert_false(worker_may_read(0, 7, "gateway/token"));
	assert_false(worker_may_read(0, 7, ""));
}

static void
an_incarnation_that_is_over_gets_nothing(void **state)
{
	(void)state;
	supervisor_says(0, 7, "A");
	supervisor_says(0, 9, "A");
	assert_false(worker_may_read(0, 7, "printer/A"));
	assert_true(worker_may_read(0, 9, "printer/A"));
}

static void
a_slot_that_serves_another_printer_now_gets_that_ones_secret(void **state)
{
	struct header gone = { .flags = HEADER_FLAG_CLEAR, .retain_key = ROLE_WORKER << 16 | 0 };
	struct msg_proc_status zeroed = { 0 };

	(void)state;
	supervisor_says(0, 7, "A");
	supervisor_says(1, 8, "B");
	peers_note(&peers, &gone, &zeroed);
	assert_false(worker_may_read(0, 7, "printer/A"));
	assert_true(worker_may_read(1, 8, "printer/B"));
	supervisor_says(0, 9, "C");
	assert_false(worker_may_read(0, 9, "printer/A"));
	assert_true(worker_may_read(0, 9, "printer/C"));
}

static void
a_worker_without_an_entry_gets_nothing(void **state)
{
	(void)state;
	supervisor_says(0, 7, "");
	assert_false(worker_may_read(0, 7, "printer/"));
	assert_false(worker_may_read(3, 0, "printer/A"));
}

static void
gatewayd_keeps_to_its_own(void **state)
{
	struct header gatewayd = { .from_role = ROLE_GATEWAYD }, httpd = { .from_role = ROLE_HTTPD };
	struct header ctl = { .from_role = ROLE_CTL }, worker = { .from_role = ROLE_WORKER };

	(void)state;
	supervisor_says(0, 7, "A");
	assert_true(peers_may_read(&peers, &gatewayd, "gateway/token"));
	assert_false(peers_may_read(&peers, &gatewayd, "printer/A"));
	assert_false(peers_may_read(&peers, &httpd, "printer/A"));
	assert_false(peers_may_read(&peers, &ctl, "gateway/token"));
	assert_true(peers_may_write(&gatewayd, "gateway/token"));
	assert_false(peers_may_write(&gatewayd, "printer/A"));
	assert_true(peers_may_write(&httpd, "printer/A"));
	assert_true(peers_may_write(&ctl, "printer/A"));
	assert_false(peers_may_write(&worker, "printer/A"));
}

static void
the_table_of_workers_is_bounded(void **state)
{
	(void)state;
	for (uint32_t slot = 0; slot < PEERS_MOST + 10; slot++)
		supervisor_says(slot, 1, "A");
	assert_int_equal(peers.count, PEERS_MOST);
	assert_true(worker_may_read(PEERS_MOST - 1, 1, "printer/A"));
	assert_false(worker_may_read(PEERS_MOST, 1, "printer/A"));
}

/* -- settings ----------------------------------------------------------------------------------- */

static void
what_was_set_counts_and_the_rest_is_default(void **state)
{
	struct msg_setting message;

	(void)state;
	rig_put(store, TABLE_SETTINGS, "snapshotKeep", "30");
	assert_int_equal(values_load(&values, store, &fault), OUTCOME_DONE);
	assert_int_equal(values_number(&values, "snapshotKeep"), 30);
	values_describe(&values, setting_peek("snapshotKeep"), &message);
	assert_string_equal(message.value, "30");
	assert_false(message.is_default);
	values_describe(&values, setting_peek("logLevel"), &message);
	assert_string_equal(message.name, "logLevel");
	assert_string_equal(message.value, "info");
	assert_true(message.is_default);
	values_note(&values, setting_peek("snapshotKeep"), NULL);
	assert_int_equal(values_number(&values, "snapshotKeep"), 24);
}

/* A later version may know more settings or other ranges: going back to this one must work. */
static void
kept_values_that_this_version_does_not_know_do_no_harm(void **state)
{
	(void)state;
	rig_put(store, TABLE_SETTINGS, "colourOfTheFuture", "blue");
	rig_put(store, TABLE_SETTINGS, "snapshotKeep", "100000");
	assert_int_equal(values_load(&values, store, &fault), OUTCOME_DONE);
	assert_int_equal(values_number(&values, "snapshotKeep"), 24);
	assert_true(rig_has(store, TABLE_SETTINGS, "colourOfTheFuture", "blue"));
}

/* -- batches ------------------------------------------------------------------------------------ */

static unsigned answers;

static void
expect_done(void *arg, const struct batch_item *item, const struct fault *how)
{
	(void)arg;
	assert_int_equal(how->outcome, OUTCOME_DONE);
	assert_int_equal(item->request.request_id, ++answers);	   /* in their order */
	assert_true(rig_has(store, TABLE_SETTINGS, "last", "64")); /* all on disk before the first answer */
}

static void
a_turn_full_of_requests_is_one_commit(void **state)
{
	uint64_t before = store_txn(store);

	(void)state;
	for (uint32_t i = 1; i <= BATCH_MOST; i++) {
		struct batch_item *item = batch_add(&batch);
		char value[8];
		item->request.request_id = i;
		str_format(value, sizeof value, "%u", i);
		batch_add_op(item, TABLE_SETTINGS, "last", value, strlen(value));
	}
	assert_null(batch_add(&batch));
	answers = 0;
	batch_flush(&batch, store, expect_done, NULL);
	assert_int_equal(answers, BATCH_MOST);
	assert_int_equal(store_txn(store), before + 1);
	batch_flush(&batch, store, expect_done, NULL);
	assert_int_equal(store_txn(store), before + 1);
	assert_non_null(batch_add(&batch));
}

static void
expect_refused(void *arg, const struct batch_item *item, const struct fault *how)
{
	bool too_big = item->request.request_id == 2;

	(void)arg;
	assert_int_equal(how->outcome, too_big ? OUTCOME_FAILED : OUTCOME_DONE);
	answers++;
}

/* A key that LMDB refuses: the whole commit fails, and each request is tried alone. */
static void
what_a_request_changes_is_kept_as_a_whole_or_not_at_all(void **state)
{
	char long_key[BATCH_KEY_BYTES];

	(void)state;
	answers = 0;
	memset(long_key, 0, sizeof long_key); /* an empty one */
	for (uint32_t i = 1; i <= 3; i++) {
		struct batch_item *item = batch_add(&batch);
		char key[16];
		str_format(key, sizeof key, "%u", i);
		item->request.request_id = i;
		batch_add_op(item, TABLE_PRINTERS, key, "record", 6);
		batch_add_op(item, TABLE_SECRETS, i == 2 ? long_key : key, "code", 4);
	}
	batch_flush(&batch, store, expect_refused, NULL);
	assert_int_equal(answers, 3);
	assert_true(rig_has(store, TABLE_PRINTERS, "1", "record") && rig_has(store, TABLE_SECRETS, "1", "code"));
	assert_false(rig_has(store, TABLE_PRINTERS, "2", "record"));
	assert_true(rig_has(store, TABLE_PRINTERS, "3", "record") && rig_has(store, TABLE_SECRETS, "3", "code"));
}

static unsigned records_kept;

static void
count_kept(void *arg, const struct batch_item *item, const struct fault *how)
{
	(void)arg;
	assert_int_equal(how->outcome, OUTCOME_DONE);
	records_kept += (unsigned)item->op_count;
}

/* A printer that goes with all its jobs: there is always room for one such request, and never for half of it. */
static void
the_largest_request_fits_or_waits_for_the_next_commit(void **state)
{
	static uint8_t record[BATCH_ITEM_MAX_BYTES / BATCH_OPS_MOST];
	struct batch_item *item;
	unsigned items = 0;
	char key[16];

	(void)state;
	records_kept = 0;
	while ((item = batch_add(&batch)) != NULL) {
		for (unsigned i = 0; i < BATCH_OPS_MOST; i++) {
			str_format(key, sizeof key, "%u/%u", items, i);
			batch_add_op(item, TABLE_JOBS, key, record, sizeof record);
		}
		items++;
	}
	assert_int_equal(items, 2);
	batch_flush(&batch, store, count_kept, NULL);
	assert_int_equal(records_kept, 2 * BATCH_OPS_MOST);
	assert_int_equal(store_count(store, TABLE_JOBS), 2 * BATCH_OPS_MOST);
	assert_non_null(batch_add(&batch));
}

static void
the_worker_of_a_printer_is_known(void **state)
{
	struct header worker = { .from_role = ROLE_WORKER, .from_slot = 4, .generation = 9 };
	struct header httpd = { .from_role = ROLE_HTTPD, .from_slot = 4, .generation = 9 };
	uint16_t slot;

	(void)state;
	supervisor_says(4, 9, "A");
	supervisor_says(5, 10, "");
	assert_string_equal(peers_entry_peek(&peers, &worker), "A");
	assert_null(peers_entry_peek(&peers, &httpd));
	worker.generation = 8;
	assert_null(peers_entry_peek(&peers, &worker));
	assert_true(peers_find_worker(&peers, "A", &slot));
	assert_int_equal(slot, 4);
	assert_false(peers_find_worker(&peers, "B", &slot));
	assert_false(peers_find_worker(&peers, "", &slot));
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_worker_gets_the_secret_of_its_own_printer_only),
		STORY(an_incarnation_that_is_over_gets_nothing),
		STORY(a_slot_that_serves_another_printer_now_gets_that_ones_secret),
		STORY(a_worker_without_an_entry_gets_nothing),
		STORY(gatewayd_keeps_to_its_own),
		STORY(the_table_of_workers_is_bounded),
		STORY(what_was_set_counts_and_the_rest_is_default),
		STORY(kept_values_that_this_version_does_not_know_do_no_harm),
		STORY(a_turn_full_of_requests_is_one_commit),
		STORY(what_a_request_changes_is_kept_as_a_whole_or_not_at_all),
		STORY(the_largest_request_fits_or_waits_for_the_next_commit),
		STORY(the_worker_of_a_printer_is_known),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
