/*
 * httpd/known and httpd/known_json: the newest of what the others tell, and how it looks as JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "httpd/known.h"
#include "httpd/known_json.h"
#include "ipc/role.h"
#include "ipc/terms.h"

static struct known *known;

static int
set_up(void **state)
{
	(void)state;
	known = known_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	known_free(known);
	return 0;
}

static void
tell(unsigned number, uint16_t slot, uint32_t key, const void *message)
{
	struct header header = { .number = (uint16_t)number, .from_slot = slot, .retain_key = key,
				 .flags = message == NULL ? HEADER_FLAG_CLEAR : 0 };
	static const union {
		struct msg_printer_link link;
		struct msg_printer_state state;
		struct msg_proc_status process;
	} nothing;

	assert_true(known_on_message(known, &header, message != NULL ? message : &nothing));
}

static void
tell_printer(uint32_t place, const char *serial, const char *name)
{
	struct msg_printer printer = { .model = "P1S", .address = "10.0.0.1", .ftps_port = 990 };

	str_copy(printer.serial, sizeof printer.serial, serial);
	str_copy(printer.name, sizeof printer.name, name);
	tell(MESSAGE_PRINTER, 0, place, &printer);
}

static void
tell_worker(uint32_t key, uint16_t slot, const char *serial, enum life_state life)
{
	struct msg_proc_status status = { .role = ROLE_WORKER, .slot = slot, .state = life };

	str_copy(status.entry, sizeof status.entry, serial);
	str_copy(status.obituary, sizeof status.obituary, life == LIFE_UP ? "" : "died of a bad memory access");
	tell(MESSAGE_PROC_STATUS, 0, key, &status);
}

static void
tell_link(uint16_t slot, const char *serial, bool online)
{
	struct msg_printer_link link = { .phase = "live", .online = online, .sentence = "All is well.", .vouch = 1,
					 .seen_sha256 = "ab", .developer_mode = 2, .since_ms = 1700000000000 };

	str_copy(link.serial, sizeof link.serial, serial);
	tell(MESSAGE_PRINTER_LINK, slot, 0, &link);
}

static void
tell_state(uint16_t slot, const char *serial, const char *json)
{
	struct msg_printer_state state = { .json = { (const uint8_t *)json, strlen(json) } };

	str_copy(state.serial, sizeof state.serial, serial);
	tell(MESSAGE_PRINTER_STATE, slot, 0, &state);
}

static void
printers_are_told_by_name(void **state)
{
	const struct msg_printer *printers[KNOWN_PRINTERS_MAX];

	(void)state;
	tell_printer(3, "C", "beta");
	tell_printer(0, "A", "Gamma");
	tell_printer(255, "B", "Alpha");
	tell_printer(256, "D", "of no place"); /* beyond the table: not kept, not a crash */
	assert_int_equal(known_printers(known, printers), 3);
	assert_string_equal(printers[0]->serial, "B");
	assert_string_equal(printers[1]->serial, "C");
	assert_string_equal(printers[2]->serial, "A");
	assert_null(known_printer_peek(known, "D"));
	tell(MESSAGE_PRINTER, 0, 3, NULL);
	assert_null(known_printer_peek(known, "C"));
	assert_int_equal(known_printers(known, printers), 2);
}

/* A slot that served one printer serves another later; and a printer's worker can get another slot. */
static void
what_a_worker_told_is_found_by_its_printer(void **state)
{
	size_t len;

	(void)state;
	tell_worker(100, 0, "A", LIFE_UP);
	tell_worker(101, 1, "B", LIFE_UP);
	tell_link(0, "A", true);
	tell_state(0, "A", "{\"of\":\"A\"}");
	tell_link(1, "B", false);
	assert_true(known_link_peek(known, "A")->online);
	assert_false(known_link_peek(known, "B")->online);
	tell_link(0, "C", false);
	assert_null(known_link_peek(known, "A"));
	assert_null(known_link_peek(known, "C")); /* the supervisor has not said so yet */
	assert_string_equal(known_state_peek(known, "A", &len), "{\"of\":\"A\"}");
	tell_worker(100, 0, "C", LIFE_UP);
	assert_non_null(known_link_peek(known, "C"));
	assert_null(known_state_peek(known, "C", &len));
	tell_state(0, "C", "{}");
	assert_string_equal(known_state_peek(known, "C", &len), "{}");
	assert_null(known_state_peek(known, "A", &len));
	assert_int_equal(len, 0);
	tell(MESSAGE_PRINTER_LINK, 0, 0, NULL);
	tell(MESSAGE_PRINTER_STATE, 0, 0, NULL);
	assert_null(known_link_peek(known, "C"));
	assert_null(known_state_peek(known, "C", &len));
	tell_link(60000, "Z", true);
	assert_null(known_link_peek(known, "Z"));
}

/* A worker that claims another's printer is not heard, whichever of them speaks first or last. */
static void
no_worker_speaks_for_anothers_printer(void **state)
{
	size_t len;

	(void)state;
	tell_worker(100, 0, "A", LIFE_UP);
	tell_worker(101, 1, "B", LIFE_UP);
	tell_link(0, "B", true);
	tell_state(0, "B", "{\"forged\":true}");
	assert_null(known_link_peek(known, "B"));
	assert_null(known_state_peek(known, "B", &len));
	tell_link(1, "B", false);
	tell_state(1, "B", "{}");
	tell_link(0, "B", true);
	tell_state(0, "B", "{\"forged\":true}");
	assert_false(known_link_peek(known, "B")->online);
	assert_string_equal(known_state_peek(known, "B", &len), "{}");
	assert_null(known_link_peek(known, "A"));
}

/* A printer that was removed and came back at once: its new worker counts while the old one still stops. */
static void
the_newest_worker_of_a_printer_counts(void **state)
{
	(void)state;
	tell_worker(100, 0, "A", LIFE_UP);
	tell_link(0, "A", false);
	tell_worker(101, 1, "A", LIFE_STARTING);
	tell_worker(100, 0, "A", LIFE_STOPPING);
	tell_link(1, "A", true);
	assert_int_equal(known_worker_peek(known, "A")->slot, 1);
	assert_true(known_link_peek(known, "A")->online);
	tell(MESSAGE_PROC_STATUS, 0, 100, NULL);
	assert_int_equal(known_worker_peek(known, "A")->slot, 1);
	tell(MESSAGE_PROC_STATUS, 0, 101, NULL);
	assert_null(known_worker_peek(known, "A"));
}

/* As many printers as there may be, each found by itself: after they came, changed places and went. */
static void
each_of_256_printers_is_found(void **state)
{
	char serial[33];
	size_t len;

	(void)state;
	for (uint32_t i = 0; i < KNOWN_PRINTERS_MAX; i++) {
		str_format(serial, sizeof serial, "01S00A%09u", i);
		tell_printer((i * 7) % KNOWN_PRINTERS_MAX, serial, "x");
		tell_worker(i, (uint16_t)(KNOWN_WORKERS_MAX - 1 - i), serial, LIFE_UP);
		tell_link((uint16_t)(KNOWN_WORKERS_MAX - 1 - i), serial, i % 2 == 0);
		tell_state((uint16_t)(KNOWN_WORKERS_MAX - 1 - i), serial, serial);
	}
	for (uint32_t i = 0; i < KNOWN_PRINTERS_MAX; i++) {
		str_format(serial, sizeof serial, "01S00A%09u", i);
		assert_string_equal(known_printer_peek(known, serial)->serial, serial);
		assert_int_equal(known_link_peek(known, serial)->online, i % 2 == 0);
		assert_string_equal(known_state_peek(known, serial, &len), serial);
		if (i % 3 == 0)
			tell(MESSAGE_PRINTER, 0, (i * 7) % KNOWN_PRINTERS_MAX, NULL);
	}
	for (uint32_t i = 0; i < KNOWN_PRINTERS_MAX; i++) {
		str_format(serial, sizeof serial, "01S00A%09u", i);
		assert_int_equal(known_printer_peek(known, serial) == NULL, i % 3 == 0);
	}
	/* Another printer at a place that is taken: the one before is not there any more. */
	tell_printer(7, "NEW", "x");
	assert_non_null(known_printer_peek(known, "NEW"));
	assert_null(known_printer_peek(known, "01S00A000000001"));
}

static void
processes_come_and_go_by_their_keys(void **state)
{
	static const struct msg_proc_status *processes[KNOWN_PROCESSES_MAX];

	(void)state;
	for (uint32_t key = 0; key < KNOWN_PROCESSES_MAX + 10; key++)
		tell_worker(1000 + key, (uint16_t)key, "X", LIFE_UP);
	assert_int_equal(known_processes(known, processes), KNOWN_PROCESSES_MAX);
	for (uint32_t key = 0; key < KNOWN_PROCESSES_MAX; key++)
		tell(MESSAGE_PROC_STATUS, 0, 1000 + key, NULL);
	assert_int_equal(known_processes(known, processes), 0);
	tell_worker(7, 5, "A", LIFE_UP);
	tell_worker(7, 5, "A", LIFE_HELD);
	assert_int_equal(known_processes(known, processes), 1);
	assert_int_equal(known_worker_peek(known, "A")->state, LIFE_HELD);
	assert_int_equal(known_worker_peek(known, "A")->slot, 5);
	assert_null(known_worker_peek(known, "B"));
}

static void
other_messages_are_none_of_its_business(void **state)
{
	struct header header = { .number = MESSAGE_DONE };
	struct msg_done done = { 0 };

	(void)state;
	assert_false(known_on_message(known, &header, &done));
}

/* -- as JSON ------------------------------------------------------------------------------------------ */

static json_t *
link_of(const char *serial)
{
	json_t *printer = known_json_printer(known, known_printer_peek(known, serial));
	json_t *link = json_incref(json_object_get(printer, "link"));

	json_decref(printer);
	return link;
}

static void
a_printer_whose_process_is_dead_is_not_online_whatever_it_said_last(void **state)
{
	(void)state;
	tell_printer(0, "A", "Left");
	tell_link(4, "A", true);
	tell_worker(1, 4, "A", LIFE_UP);
	json_t *link = link_of("A");
	assert_true(json_is_true(json_object_get(link, "online")));
	assert_true(json_is_null(json_object_get(link, "fault")));
	assert_string_equal(json_string_value(json_object_get(link, "since")), "2023-11-14T22:13:20.000Z");
	json_decref(link);
	tell_worker(1, 4, "A", LIFE_HELD);
	link = link_of("A");
	assert_true(json_is_false(json_object_get(link, "online")));
	assert_string_equal(json_string_value(json_object_get(link, "fault")), "process");
	assert_non_null(strstr(json_string_value(json_object_get(link, "sentence")), "a bad memory access"));
	json_decref(link);
}

static void
a_standard_port_is_null(void **state)
{
	(void)state;
	tell_printer(0, "A", "Left");
	json_t *printer = known_json_printer(known, known_printer_peek(known, "A"));
	json_t *ports = json_object_get(printer, "ports");
	assert_true(json_is_null(json_object_get(ports, "mqtt")));
	assert_int_equal(json_integer_value(json_object_get(ports, "ftps")), 990);
	json_decref(printer);
}

static json_t *
state_of(const char *serial)
{
	size_t len;
	char *text = known_json_state(known, known_printer_peek(known, serial), &len);
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(json);
	free(text);
	return json;
}

static void
there_is_always_a_state(void **state)
{
	(void)state;
	tell_printer(0, "A", "Left");
	json_t *json = state_of("A");
	assert_string_equal(json_string_value(json_object_get(json, "serial")), "A");
	assert_true(json_is_false(json_object_get(json, "isOnline")));
	assert_true(json_is_null(json_object_get(json, "receivedAt")));
	assert_true(json_is_object(json_object_get(json, "data")));
	json_decref(json);

	/* What the worker wrote passes as it is while it lives … */
	tell_worker(1, 2, "A", LIFE_UP);
	tell_state(2, "A", "{\"isOnline\":true,  \"x\":1}");
	size_t len;
	char *text = known_json_state(known, known_printer_peek(known, "A"), &len);
	assert_string_equal(text, "{\"isOnline\":true,  \"x\":1}");
	free(text);

	/* … and loses its claim when it is dead; what is no object is left alone. */
	tell_worker(1, 2, "A", LIFE_BACKOFF);
	json = state_of("A");
	assert_true(json_is_false(json_object_get(json, "isOnline")));
	assert_int_equal(json_integer_value(json_object_get(json, "x")), 1);
	json_decref(json);
	tell_state(2, "A", "[true]");
	json_decref(state_of("A"));
}

static void
counts_are_of_what_lives(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < 4; i++) {
		char serial[2] = { (char)('A' + i), '\0' };
		tell_printer(i, serial, serial);
		tell_link(i, serial, i < 3);
		tell_worker(i, i, serial, i == 0 ? LIFE_HELD : LIFE_UP);
	}
	json_t *status = known_json_status(known, 0), *counts = json_object_get(status, "counts");
	assert_int_equal(json_integer_value(json_object_get(counts, "printers")), 4);
	assert_int_equal(json_integer_value(json_object_get(counts, "online")), 2);
	assert_int_equal(json_integer_value(json_object_get(counts, "held")), 1);
	assert_int_equal(json_integer_value(json_object_get(counts, "withFault")), 1);
	assert_true(json_is_null(json_object_get(status, "store")));
	json_decref(status);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(printers_are_told_by_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_worker_told_is_found_by_its_printer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_worker_speaks_for_anothers_printer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_newest_worker_of_a_printer_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_of_256_printers_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(processes_come_and_go_by_their_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_messages_are_none_of_its_business, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_printer_whose_process_is_dead_is_not_online_whatever_it_said_last, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_standard_port_is_null, set_up, tear_down),
		cmocka_unit_test_setup_teardown(there_is_always_a_state, set_up, tear_down),
		cmocka_unit_test_setup_teardown(counts_are_of_what_lives, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
