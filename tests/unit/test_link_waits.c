/*
 * The link of one printer, as stories of time: when it tries again, how long it bears silence, whom it asks and how
 * often.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link_rig.h"

/* -- waits ------------------------------------------------------------------------------------------ */

static void
an_hour_off_is_tried_again_ever_more_seldom_and_then_found(void **unused)
{
	int64_t longest_ms = 0, end_ms;
	unsigned tries = 0;

	(void)unused;
	begin("P1S");
	end_ms = now_ms + 3600 * 1000;
	while (now_ms < end_ms) {
		event(MQTT_TCP_FAILED, EHOSTUNREACH, "");
		event(MQTT_ENDED, 0, "");
		int64_t wait_ms = link_deadline_ms(&link_) - now_ms;
		if (tries == 0)
			assert_in_range(wait_ms, 800, 1200);
		if (wait_ms > longest_ms)
			longest_ms = wait_ms;
		tries++;
		to_deadline();
	}
	assert_in_range(longest_ms, 60000, 72000);
	assert_in_range(tries, 50, 90);
	come_up();
	report(REPORT_FULL);
	assert_true(link_is_online(&link_));
	/* After a link that lived, the waits begin anew. */
	for (int i = 0; i < 20; i++) {
		pass(2000);
		report(REPORT_DELTA);
	}
	event(MQTT_ENDED, 0, "reset");
	assert_in_range(link_deadline_ms(&link_) - now_ms, 800, 1200);
}

static void
a_refused_code_is_tried_after_a_minute_then_ever_more_seldom_and_at_once_when_edited(void **unused)
{
	static const int64_t least_ms[] = { 48000, 96000, 192000, 384000, 720000, 720000 };
	struct link_settings settings;

	(void)unused;
	begin("P1S");
	for (size_t i = 0; i < STR_ARRAY_LEN(least_ms); i++) {
		event(MQTT_TCP_OPEN, 0, "");
		identity(TLS_TRUSTED_CHAIN, SERIAL);
		event(MQTT_REFUSED, 5, "");
		event(MQTT_ENDED, 0, "");
		assert_in_range(link_deadline_ms(&link_) - now_ms, least_ms[i], least_ms[i] * 3 / 2);
		to_deadline();
	}
	event(MQTT_TCP_OPEN, 0, "");
	identity(TLS_TRUSTED_CHAIN, SERIAL);
	event(MQTT_REFUSED, 5, "");
	event(MQTT_ENDED, 0, "");
	settings = settings_of("P1S");
	secret_set(&settings.access_code, "87654321", 8);
	connects = 0;
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_int_equal(connects, 1);
	assert_memory_equal(last_target.access_code.bytes, "87654321", 8);
}

static void
a_new_name_does_not_touch_the_link(void **unused)
{
	struct link_settings settings;

	(void)unused;
	begin("P1S");
	come_up();
	report(REPORT_FULL);
	settings = settings_of("P1S");
	str_copy(settings.name, sizeof settings.name, "Shelf 3");
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_int_equal(connects, 1);
	assert_int_equal(drops, 0);
	assert_true(link_is_online(&link_));
	/* A new address does. */
	str_copy(settings.address, sizeof settings.address, "192.0.2.8");
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_int_equal(connects, 2);
	assert_int_equal(drops, 1);
	assert_string_equal(last_target.address, "192.0.2.8");
}

static void
a_link_that_flaps_for_long_is_back_soon_after_it_is_steady(void **unused)
{
	int64_t longest_ms = 0, cut_ms;

	(void)unused;
	begin("P1S");
	for (int i = 0; i < 50; i++) {
		come_up();
		report(REPORT_FULL);
		pass(3000);
		cut_ms = now_ms;
		event(MQTT_ENDED, 0, "reset");
		to_deadline();
		assert_in_range(now_ms - cut_ms, 800, 1200);
		event(MQTT_TCP_FAILED, EHOSTUNREACH, "");
		event(MQTT_ENDED, 0, "");
		if (link_deadline_ms(&link_) - now_ms > longest_ms)
			longest_ms = link_deadline_ms(&link_) - now_ms;
		to_deadline();
	}
	assert_in_range(longest_ms, 1600, 2400);
}

/* -- silence ------------------------------------------------------------------------------------------ */

static void
a_silent_printer_is_asked_and_then_linked_anew(void **unused)
{
	(void)unused;
	begin("X1C");
	come_up();
	report(REPORT_FULL);
	pushalls = 0;
	pass(61000); /* the model's limit for asking has passed as well */
	link_.heard_ms = now_ms - 29000;
	link_on_time(&link_, &state, now_ms, wall_ms);
	assert_true(link_is_online(&link_));
	pass(1000);
	link_on_time(&link_, &state, now_ms, wall_ms);
	assert_false(link_is_online(&link_));
	assert_int_equal(pushalls, 1);
	assert_string_equal(sentence(), "The printer takes the connection, but has said nothing for 30 s.");
	pass(29999);
	link_on_time(&link_, &state, now_ms, wall_ms);
	assert_int_equal(drops, 0);
	pass(1);
	link_on_time(&link_, &state, now_ms, wall_ms);
	assert_int_equal(drops, 1);
	assert_int_equal(connects, 2);
	/* The words stay until it speaks. */
	come_up();
	assert_int_equal(link_.fault, LINK_FAULT_SILENT);
	report(REPORT_DELTA);
	assert_int_equal(link_.fault, LINK_FAULT_NONE);
	assert_true(link_is_online(&link_));
}

static void
a_printer_that_starts_a_print_is_not_left_for_its_silence(void **unused)
{
	(void)unused;
	begin("P1P");
	come_up();
	report(REPORT_FULL);
	link_hold_reconnect_until(&link_, now_ms + 180000); /* it parses a big file and says nothing for 135 s */
	for (unsigned i = 0; i < 179; i++) {
		pass(1000);
		link_on_time(&link_, &state, now_ms, wall_ms);
	}
	assert_int_equal(drops, 0);
	assert_true(link_deadline_ms(&link_) <= now_ms + 1000);
	pass(1000);
	link_on_time(&link_, &state, now_ms, wall_ms);
	assert_int_equal(drops, 1);
}

static void
a_silent_printer_whose_connection_ends_too_is_still_told_as_silent(void **unused)
{
	(void)unused;
	begin("X1C");
	come_up();
	to_deadline();
	assert_int_equal(link_.fault, LINK_FAULT_SILENT);
	event(MQTT_ENDED, 0, "it no longer answers");
	assert_int_equal(link_.fault, LINK_FAULT_SILENT);
	assert_int_equal(link_shown_phase(&link_), LINK_PHASE_REPORTS);
	pass(10000);
	assert_string_equal(sentence(), "The printer takes the connection, but has said nothing for 40 s.");
	/* A session that ends before the limit tells nothing about silence. */
	to_deadline();
	come_up();
	pass(20000);
	event(MQTT_ENDED, 0, "it no longer answers");
	assert_int_equal(link_.fault, LINK_FAULT_LOST);
}

static void
a_printer_that_was_seen_elsewhere_is_tried_there_and_moves_only_when_it_proves_itself(void **unused)
{
	(void)unused;
	begin("X1C");
	event(MQTT_TCP_FAILED, EHOSTUNREACH, "");
	event(MQTT_ENDED, 0, "");
	link_try_at(&link_, "192.0.2.99", now_ms, wall_ms);
	assert_string_equal(last_target.address, "192.0.2.99");
	assert_string_equal(last_target.expectation.serial, SERIAL);
	event(MQTT_TCP_OPEN, 0, "");
	identity(TLS_OTHER_SERIAL, "00M00A000000009");
	event(MQTT_ENDED, 0, "");
	assert_string_equal(moved_to, "");
	to_deadline();
	assert_string_equal(last_target.address, "192.0.2.7"); /* as before */
	link_try_at(&link_, "192.0.2.99", now_ms, wall_ms);
	event(MQTT_TCP_OPEN, 0, "");
	assert_string_equal(moved_to, "");
	identity(TLS_TRUSTED_PIN, SERIAL);
	assert_string_equal(moved_to, "192.0.2.99");
	event(MQTT_CONNECTED, 0, "");
	event(MQTT_SUBSCRIBED, 0, "");
	report(REPORT_FULL);
	assert_true(link_is_online(&link_));
	/* One that is linked is left where it is. */
	link_try_at(&link_, "192.0.2.50", now_ms, wall_ms);
	assert_string_equal(last_target.address, "192.0.2.99");
	/* What the store keeps now is what it has already. */
	struct link_settings settings = settings_of("X1C");
	str_copy(settings.address, sizeof settings.address, "192.0.2.99");
	unsigned before = connects;
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_int_equal(connects, before);
}

static void
a_slow_model_has_more_time_and_is_not_asked_more_than_once_in_five_minutes(void **unused)
{
	(void)unused;
	begin("P1S");
	come_up();
	report(REPORT_FULL);
	pass(74999);
	link_on_time(&link_, &state, now_ms, wall_ms);
	assert_true(link_is_online(&link_));
	pass(1);
	link_on_time(&link_, &state, now_ms, wall_ms);
	assert_false(link_is_online(&link_));
	assert_int_equal(pushalls, 1); /* only the one at the start */
	report(REPORT_DELTA);
	/* A person asks as well: later. */
	assert_in_range(link_ask_full(&link_, now_ms), 220000, 230000);
	for (int i = 0; i < 24; i++) {
		pass(10000);
		report(REPORT_DELTA);
		link_on_time(&link_, &state, now_ms, wall_ms);
	}
	assert_int_equal(pushalls, 2);
}

static void
a_printer_that_never_speaks_is_not_reconnected_more_often_than_every_half_minute(void **unused)
{
	unsigned first;
	int64_t began_ms;

	(void)unused;
	begin("X1C");
	come_up();
	began_ms = now_ms;
	first = connects;
	while (now_ms - began_ms < 600 * 1000) {
		unsigned before = connects;
		to_deadline();
		if (connects != before)
			come_up();
	}
	assert_in_range(connects - first, 5, 10);
	assert_int_equal(link_.fault, LINK_FAULT_SILENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_hour_off_is_tried_again_ever_more_seldom_and_then_found),
		cmocka_unit_test(a_refused_code_is_tried_after_a_minute_then_ever_more_seldom_and_at_once_when_edited),
		cmocka_unit_test(a_new_name_does_not_touch_the_link),
		cmocka_unit_test(a_printer_that_was_seen_elsewhere_is_tried_there_and_moves_only_when_it_proves_itself),
		cmocka_unit_test(a_silent_printer_is_asked_and_then_linked_anew),
		cmocka_unit_test(a_printer_that_starts_a_print_is_not_left_for_its_silence),
		cmocka_unit_test(a_silent_printer_whose_connection_ends_too_is_still_told_as_silent),
		cmocka_unit_test(a_slow_model_has_more_time_and_is_not_asked_more_than_once_in_five_minutes),
		cmocka_unit_test(a_printer_that_never_speaks_is_not_reconnected_more_often_than_every_half_minute),
		cmocka_unit_test(a_link_that_flaps_for_long_is_back_soon_after_it_is_steady),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
