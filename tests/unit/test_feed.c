/*
 * httpd/feed: what clients are told of what becomes known, each from where it stands.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/leaves_reader.h"

#include "feed_rig.h"

/* -- what is told to it ------------------------------------------------------------------------------- */

static void
tell_printer(uint32_t place, const char *serial, const char *name)
{
	struct msg_printer printer = { .model = "P1S", .address = "10.0.0.1" };

	str_copy(printer.serial, sizeof printer.serial, serial);
	str_copy(printer.name, sizeof printer.name, name);
	tell(MESSAGE_PRINTER, 0, place, &printer);
}

static void
tell_state(uint16_t slot, const char *serial, const char *json)
{
	struct msg_printer_state state = { .json = { (const uint8_t *)json, strlen(json) } };

	str_copy(state.serial, sizeof state.serial, serial);
	tell(MESSAGE_PRINTER_STATE, slot, 0, &state);
}

static void
tell_link(uint16_t slot, const char *serial, const char *phase)
{
	struct msg_printer_link link = { .online = true, .sentence = "All is well." };

	str_copy(link.serial, sizeof link.serial, serial);
	str_copy(link.phase, sizeof link.phase, phase);
	tell(MESSAGE_PRINTER_LINK, slot, 0, &link);
}

/* A printer that is up, with its state. */
static void
add(uint16_t slot, const char *serial, const char *json)
{
	tell_printer(slot, serial, serial);
	tell_worker(slot, serial, LIFE_UP);
	tell_state(slot, serial, json);
}

/* -- what it tells ----------------------------------------------------------------------------------------- */

typedef struct payload *next_fn(struct feed *feed, uint64_t *seen, bool *ret_overload);

/* The next message, to be freed; NULL when there is none. */
static json_t *
next(next_fn *fn, uint64_t *seen)
{
	bool overload;
	struct payload *payload = fn(feed, seen, &overload);

	assert_false(overload);
	if (payload == NULL)
		return NULL;
	json_t *json = json_loadb(payload->text, payload->len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	payload_release(payload);
	return json;
}

static const char *
type_of(const json_t *message)
{
	return json_string_value(json_object_get(message, "type"));
}

/* The next message is of this type; returns it. */
static json_t *
next_of(next_fn *fn, uint64_t *seen, const char *type)
{
	json_t *message = next(fn, seen);

	assert_non_null(message);
	assert_string_equal(type_of(message), type);
	return message;
}

static void
assert_json(json_t *value, const char *expected)
{
	char *text = value != NULL ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void
assert_nothing(next_fn *fn, uint64_t *seen)
{
	assert_null(next(fn, seen));
}

/* -- stories ------------------------------------------------------------------------------------------------ */

static void
nothing_is_made_while_nobody_listens(void **state)
{
	(void)state;
	add(0, "A", "{\"x\":1}");
	assert_int_equal(feed_settle(feed, now_ms), -1);
	assert_int_equal(feed_revision(feed), 0);
	feed_open(feed, true);
	settle();
	uint64_t revision = feed_revision(feed), seen = 0;
	assert_true(revision > 0);
	feed_close(feed);
	tell_state(0, "A", "{\"x\":2}");
	assert_int_equal(feed_settle(feed, now_ms), -1);
	assert_int_equal(feed_revision(feed), revision);
	/* Whoever comes next gets the whole, with a number that was never used. */
	feed_open(feed, true);
	settle();
	json_t *whole = next_of(feed_next_event, &seen, "snapshot");
	assert_true(json_integer_value(json_object_get(whole, "rev")) > (json_int_t)revision);
	assert_json(json_object_get(json_object_get(json_object_get(whole, "printers"), "A"), "stat"), "{\"x\":2}");
	json_decref(whole);
}

static void
a_client_gets_the_whole_and_then_what_changes(void **state)
{
	uint64_t seen = 0;

	(void)state;
	add(0, "A", "{\"x\":1,\"data\":{\"temps\":{\"bed\":20,\"nozzle\":30}}}");
	feed_open(feed, true);
	settle();
	json_t *whole = next_of(feed_next_event, &seen, "snapshot");
	json_t *printer = json_object_get(json_object_get(whole, "printers"), "A");
	assert_json(json_object_get(printer, "name"), "\"A\"");
	assert_non_null(json_object_get(printer, "link"));
	assert_non_null(json_object_get(json_object_get(whole, "status"), "counts"));
	assert_null(json_object_get(json_object_get(whole, "status"), "uptimeSeconds"));
	json_decref(whole);
	assert_nothing(feed_next_event, &seen);

	tell_state(0, "A", "{\"x\":1,\"data\":{\"temps\":{\"bed\":21,\"nozzle\":30}}}");
	settle();
	json_t *delta = next_of(feed_next_event, &seen, "delta");
	assert_json(json_object_get(delta, "printers"), "{\"A\":{\"stat\":{\"data\":{\"temps\":{\"bed\":21}}}}}");
	assert_null(json_object_get(delta, "status"));
	assert_null(json_object_get(delta, "removed"));
	json_decref(delta);
	/* The same state again is no news. */
	tell_state(0, "A", "{\"x\":1,\"data\":{\"temps\":{\"bed\":21,\"nozzle\":30}}}");
	settle();
	assert_nothing(feed_next_event, &seen);
	tell_printer(0, "A", "Anna");
	settle();
	delta = next_of(feed_next_event, &seen, "delta");
	assert_json(json_object_get(delta, "printers"), "{\"A\":{\"name\":\"Anna\"}}");
	json_decref(delta);
}

static void
a_slow_client_gets_the_newest_of_each_leaf_once(void **state)
{
	uint64_t quick = 0, slow = 0;

	(void)state;
	add(0, "A", "{\"x\":1,\"y\":1}");
	add(1, "B", "{\"x\":1}");
	feed_open(feed, true);
	settle();
	json_decref(next(feed_next_event, &quick));
	json_decref(next(feed_next_event, &slow));
	tell_state(0, "A", "{\"x\":2,\"y\":1}");
	settle();
	json_decref(next_of(feed_next_event, &quick, "delta"));
	tell_state(0, "A", "{\"x\":3,\"y\":2}");
	settle();
	json_t *delta = next_of(feed_next_event, &quick, "delta");
	assert_json(json_object_get(delta, "printers"), "{\"A\":{\"stat\":{\"x\":3,\"y\":2}}}");
	json_decref(delta);
	tell_state(1, "B", "{\"x\":4}");
	settle();
	delta = next_of(feed_next_event, &slow, "delta");
	assert_json(json_object_get(delta, "printers"), "{\"B\":{\"stat\":{\"x\":4}},\"A\":{\"stat\":{\"x\":3,\"y\":2}}}");
	json_decref(delta);
	assert_nothing(feed_next_event, &slow);
}

static void
clients_that_stand_at_the_same_place_share_their_message(void **state)
{
	uint64_t one = 0, other = 0;
	bool overload;

	(void)state;
	add(0, "A", "{\"x\":1}");
	feed_open(feed, true);
	settle();
	struct payload *first = feed_next_event(feed, &one, &overload), *second = feed_next_event(feed, &other, &overload);
	assert_ptr_equal(first, second);
	payload_release(first);
	payload_release(second);
	tell_state(0, "A", "{\"x\":2}");
	settle();
	first = feed_next_event(feed, &one, &overload);
	second = feed_next_event(feed, &other, &overload);
	assert_ptr_equal(first, second);
	payload_release(first);
	payload_release(second);
}

static void
a_printer_that_is_removed_is_told_and_one_that_is_back_is_a_new_one(void **state)
{
	uint64_t seen = 0, slow = 0;

	(void)state;
	add(0, "A", "{\"x\":1,\"old\":1}");
	add(1, "B", "{}");
	feed_open(feed, true);
	settle();
	json_decref(next(feed_next_event, &seen));
	json_decref(next(feed_next_event, &slow));
	tell(MESSAGE_PRINTER, 0, 0, NULL);
	tell(MESSAGE_PRINTER_STATE, 0, 0, NULL);
	tell(MESSAGE_PROC_STATUS, 0, 100, NULL);
	settle();
	json_t *delta = next_of(feed_next_event, &seen, "delta");
	assert_json(json_object_get(delta, "removed"), "[\"A\"]");
	assert_null(json_object_get(json_object_get(delta, "printers"), "A"));
	json_decref(delta);
	add(0, "A", "{\"x\":1}");
	settle();
	delta = next_of(feed_next_event, &seen, "delta");
	assert_null(json_object_get(delta, "removed"));
	assert_json(json_object_get(json_object_get(json_object_get(delta, "printers"), "A"), "stat"), "{\"x\":1}");
	json_decref(delta);
	/* Whoever missed that it was away must not keep what it was. */
	delta = next_of(feed_next_event, &slow, "delta");
	assert_json(json_object_get(delta, "removed"), "[\"A\"]");
	assert_json(json_object_get(json_object_get(json_object_get(delta, "printers"), "A"), "name"), "\"A\"");
	json_decref(delta);
}

static void
more_removals_than_are_remembered_need_the_whole(void **state)
{
	uint64_t seen = 0;
	char serial[8];

	(void)state;
	add(0, "KEEP", "{}");
	feed_open(feed, true);
	settle();
	json_decref(next(feed_next_event, &seen));
	for (unsigned i = 0; i <= FEED_REMOVED_MAX; i++) {
		str_format(serial, sizeof serial, "P%u", i);
		tell_printer(1, serial, serial);
		settle();
		tell(MESSAGE_PRINTER, 0, 1, NULL);
		settle();
	}
	json_t *whole = next_of(feed_next_event, &seen, "snapshot");
	assert_int_equal(json_object_size(json_object_get(whole, "printers")), 1);
	json_decref(whole);
}

/* What a worker said last must not look like news when it is down. */
static void
a_worker_that_is_down_shows(void **state)
{
	uint64_t seen = 0;

	(void)state;
	add(0, "A", "{\"isOnline\":true}");
	tell_link(0, "A", "live");
	feed_open(feed, true);
	settle();
	json_decref(next(feed_next_event, &seen));
	tell_worker(0, "A", LIFE_BACKOFF);
	settle();
	json_t *delta = next_of(feed_next_event, &seen, "delta");
	json_t *printer = json_object_get(json_object_get(delta, "printers"), "A");
	assert_json(json_object_get(printer, "stat"), "{\"isOnline\":false}");
	assert_json(json_object_get(json_object_get(printer, "link"), "fault"), "\"process\"");
	assert_json(json_object_get(json_object_get(printer, "link"), "online"), "false");
	assert_non_null(json_object_get(delta, "status"));
	json_decref(delta);
	tell_worker(0, "A", LIFE_UP);
	settle();
	delta = next_of(feed_next_event, &seen, "delta");
	assert_json(json_object_get(json_object_get(json_object_get(delta, "printers"), "A"), "stat"), "{\"isOnline\":true}");
	json_decref(delta);
}

/* Its slot may serve another printer next; a message that is cleared names none. */
static void
what_a_worker_takes_back_shows(void **state)
{
	uint64_t seen = 0;

	(void)state;
	add(3, "A", "{\"isOnline\":true}");
	tell_link(3, "A", "live");
	feed_open(feed, true);
	settle();
	json_decref(next(feed_next_event, &seen));
	tell(MESSAGE_PRINTER_LINK, 3, 0, NULL);
	tell(MESSAGE_PRINTER_STATE, 3, 0, NULL);
	settle();
	json_t *delta = next_of(feed_next_event, &seen, "delta");
	json_t *printer = json_object_get(json_object_get(delta, "printers"), "A");
	assert_json(json_object_get(json_object_get(printer, "link"), "phase"), "\"setup\"");
	assert_json(json_object_get(json_object_get(printer, "stat"), "isOnline"), "false");
	json_decref(delta);
}

static void
fuse_as_a_whole_is_looked_at_now_and_then(void **state)
{
	uint64_t seen = 0;

	(void)state;
	feed_open(feed, true);
	settle();
	json_decref(next(feed_next_event, &seen));
	tell_worker(0, "A", LIFE_STARTING);
	assert_in_range(feed_settle(feed, now_ms + 50), 1, FEED_STATUS_GAP_MS);
	assert_nothing(feed_next_event, &seen);
	tell_worker(0, "A", LIFE_UP);
	assert_int_equal(feed_settle(feed, now_ms + FEED_STATUS_GAP_MS), -1);
	json_t *delta = next_of(feed_next_event, &seen, "delta");
	json_t *processes = json_object_get(json_object_get(delta, "status"), "processes");
	assert_json(json_object_get(json_array_get(processes, 0), "state"), "\"up\"");
	json_decref(delta);
	assert_nothing(feed_next_event, &seen);
}

/* What a worker writes may be anything, as far as this is concerned. */
static void
a_state_that_cannot_be_read_is_passed_over(void **state)
{
	uint64_t seen = 0;

	(void)state;
	add(0, "A", "{\"x\":1}");
	feed_open(feed, true);
	settle();
	json_decref(next(feed_next_event, &seen));
	tell_state(0, "A", "{\"x\":2");
	settle();
	assert_nothing(feed_next_event, &seen);
	tell_state(0, "A", "{\"x\":3}");
	settle();
	json_t *delta = next_of(feed_next_event, &seen, "delta");
	assert_json(json_object_get(delta, "printers"), "{\"A\":{\"stat\":{\"x\":3}}}");
	json_decref(delta);
}

static void
statistics_are_whole_states_in_the_order_of_their_changes(void **state)
{
	uint64_t seen = 0;

	(void)state;
	add(0, "A", "{\"serial\":\"A\",\"x\":1}");
	add(1, "B", "{\"serial\":\"B\",\"x\":1}");
	feed_open(feed, true);
	settle();
	json_t *message = next_of(feed_next_statistic, &seen, "snapshot");
	assert_json(json_object_get(message, "printers"), "[{\"serial\":\"A\",\"x\":1},{\"serial\":\"B\",\"x\":1}]");
	json_decref(message);
	assert_nothing(feed_next_statistic, &seen);
	tell_state(1, "B", "{\"serial\":\"B\",\"x\":2}");
	settle();
	tell_state(0, "A", "{\"serial\":\"A\",\"x\":2}");
	settle();
	tell_state(0, "A", "{\"serial\":\"A\",\"x\":3}");
	tell_printer(0, "A", "Anna"); /* no matter of a state */
	settle();
	message = next_of(feed_next_statistic, &seen, "stat");
	assert_json(message, "{\"type\":\"stat\",\"serial\":\"B\",\"stat\":{\"serial\":\"B\",\"x\":2}}");
	json_decref(message);
	message = next_of(feed_next_statistic, &seen, "stat");
	assert_json(message, "{\"type\":\"stat\",\"serial\":\"A\",\"stat\":{\"serial\":\"A\",\"x\":3}}");
	json_decref(message);
	assert_nothing(feed_next_statistic, &seen);
	tell(MESSAGE_PRINTER, 0, 1, NULL);
	settle();
	message = next_of(feed_next_statistic, &seen, "removed");
	assert_json(message, "{\"type\":\"removed\",\"serial\":\"B\"}");
	json_decref(message);
	assert_nothing(feed_next_statistic, &seen);
}

/* However quick one printer changes, the others are told of. */
static void
a_busy_printer_does_not_keep_others_back(void **state)
{
	uint64_t seen = 0;
	char text[64];

	(void)state;
	add(0, "A", "{\"x\":0}");
	add(1, "B", "{\"x\":0}");
	feed_open(feed, true);
	settle();
	json_decref(next(feed_next_statistic, &seen));
	tell_state(0, "A", "{\"x\":1}");
	settle();
	tell_state(1, "B", "{\"x\":1}");
	settle();
	for (unsigned i = 2; i < 5; i++) {
		str_format(text, sizeof text, "{\"x\":%u}", i);
		tell_state(0, "A", text);
		settle();
		json_t *message = next_of(feed_next_statistic, &seen, "stat");
		assert_string_equal(json_string_value(json_object_get(message, "serial")), i == 2 ? "B" : "A");
		json_decref(message);
	}
}

static void
what_waits_for_slow_clients_is_bounded(void **state)
{
	struct payload *hoard = payload_new(PAYLOADS_MAX_BYTES + 1);
	uint64_t seen = 0;
	bool overload;

	(void)state;
	add(0, "A", "{\"x\":0}");
	feed_open(feed, true);
	settle();
	assert_null(feed_next_event(feed, &seen, &overload));
	assert_true(overload);
	assert_null(feed_next_statistic(feed, &seen, &overload));
	assert_true(overload);
	payload_release(hoard);
	json_decref(next_of(feed_next_event, &seen, "snapshot"));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(nothing_is_made_while_nobody_listens),
		T(a_client_gets_the_whole_and_then_what_changes),
		T(a_slow_client_gets_the_newest_of_each_leaf_once),
		T(clients_that_stand_at_the_same_place_share_their_message),
		T(a_printer_that_is_removed_is_told_and_one_that_is_back_is_a_new_one),
		T(more_removals_than_are_remembered_need_the_whole),
		T(a_worker_that_is_down_shows),
		T(what_a_worker_takes_back_shows),
		T(fuse_as_a_whole_is_looked_at_now_and_then),
		T(a_state_that_cannot_be_read_is_passed_over),
		T(statistics_are_whole_states_in_the_order_of_their_changes),
		T(a_busy_printer_does_not_keep_others_back),
		T(what_waits_for_slow_clients_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
