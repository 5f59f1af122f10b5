/*
 * The link of one printer, as stories of what its reports tell: Developer Mode, firmware, model, storage; and when that
 * is announced.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link_rig.h"

static void
developer_mode_is_asked_of_older_firmware_once_and_the_answer_counts(void **unused)
{
	struct report_summary reply = { .kind = REPORT_REPLY, .result = REPORT_RESULT_SUCCESS };

	(void)unused;
	begin("P1S");
	come_up();
	state.gcode_state = GCODE_STATE_IDLE;
	state.speed_level = 2;
	report(REPORT_FULL);
	report(REPORT_FULL);
	assert_int_equal(others, 1);
	assert_int_equal(link_.developer_mode, TRI_UNKNOWN);
	reply.sequence_id = last_sequence;
	link_on_report(&link_, &reply, &state, now_ms, wall_ms);
	assert_int_equal(link_.developer_mode, TRI_YES);
	/* It is switched off; a later command is refused. */
	reply.result = REPORT_RESULT_FAIL;
	reply.refused_unsigned = true;
	link_on_report(&link_, &reply, &state, now_ms, wall_ms);
	assert_int_equal(link_.developer_mode, TRI_NO);
	assert_string_equal(sentence(),
			    "Developer Mode is off: the printer shows its state, but refuses commands and prints from Fuse.");
}

static void
answer_to_the_probe(enum report_result result)
{
	struct report_summary reply = { .kind = REPORT_REPLY, .result = result, .sequence_id = last_sequence,
					.refused_unsigned = result == REPORT_RESULT_FAIL };

	link_on_report(&link_, &reply, &state, now_ms, wall_ms);
}

/* As the remedy says: switch it on, restart the printer, enter the new code. */
static void
developer_mode_that_was_off_is_asked_for_again_by_the_next_session(void **unused)
{
	struct link_settings settings;

	(void)unused;
	begin("P1S");
	come_up();
	state.gcode_state = GCODE_STATE_IDLE;
	state.speed_level = 2;
	report(REPORT_FULL);
	answer_to_the_probe(REPORT_RESULT_FAIL);
	assert_int_equal(link_.developer_mode, TRI_NO);
	event(MQTT_ENDED, 0, "closed");
	while (!link_.attempting)
		to_deadline();
	come_up();
	report(REPORT_FULL);
	assert_int_equal(link_.developer_mode, TRI_NO); /* until the contrary is known */
	assert_int_equal(others, 1);
	pass(LINK_DEVELOPER_GAP_MS); /* Wi-Fi that flaps is no reason to ask each time */
	report(REPORT_DELTA);
	assert_int_equal(others, 2);
	answer_to_the_probe(REPORT_RESULT_SUCCESS);
	assert_int_equal(link_.developer_mode, TRI_YES);
	assert_string_equal(sentence(), "");
	answer_to_the_probe(REPORT_RESULT_FAIL);
	assert_int_equal(link_.developer_mode, TRI_NO);
	/* Another code: the mode was switched, to which side is not known. */
	settings = settings_of("P1S");
	secret_set(&settings.access_code, "87654321", 8);
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_int_equal(link_.developer_mode, TRI_UNKNOWN);
}

static void
firmware_that_changed_overnight_is_told_for_a_day(void **unused)
{
	struct link_settings settings;

	(void)unused;
	begin("P1S");
	settings = settings_of("P1S");
	str_copy(settings.firmware, sizeof settings.firmware, "01.08.01.00");
	link_configure(&link_, &settings, now_ms, wall_ms);
	come_up();
	report(REPORT_FULL);
	str_copy(state.firmware, sizeof state.firmware, "01.09.00.00");
	state.last_ms = wall_ms;
	report(REPORT_VERSION);
	assert_int_equal(firmware_news, 1);
	assert_string_equal(sentence(), "The printer's firmware has changed from 01.08.01.00 to 01.09.00.00.");
	report(REPORT_VERSION);
	assert_int_equal(firmware_news, 1);
	wall_ms += LINK_FIRMWARE_NEWS_MS;
	assert_string_equal(sentence(), "");
}

/* The store writes each down: not as often as a printer likes. */
static void
firmware_that_changes_all_the_time_is_told_seldom_and_in_the_end_rightly(void **unused)
{
	(void)unused;
	begin("P1S");
	come_up();
	report(REPORT_FULL);
	for (int i = 0; i < 1000; i++) {
		str_format(state.firmware, sizeof state.firmware, "01.00.00.%02d", i % 100);
		report(REPORT_VERSION);
		pass(20);
	}
	assert_in_range(firmware_news, 2, 3);
	for (int i = 0; i < 3; i++)
		to_deadline();
	assert_string_equal(link_.settings.firmware, "01.00.00.99");
}

static void
what_only_a_report_changes_is_announced_at_once_but_not_without_end(void **unused)
{
	(void)unused;
	begin("P1S");
	come_up();
	report(REPORT_FULL);
	pass(5000);
	changes = 0;
	report(REPORT_DELTA);
	assert_int_equal(changes, 0);
	state.storage = STORAGE_NONE;
	report(REPORT_DELTA);
	assert_int_equal(changes, 1);
	pass(LINK_NEWS_GAP_MS);
	for (int i = 0; i < 1000; i++) {
		state.storage = i % 2 == 0 ? STORAGE_NORMAL : STORAGE_NONE;
		report(REPORT_DELTA);
		pass(1);
	}
	assert_in_range(changes, 2, 6);
	/* What could not be said then is said soon. */
	if (link_.news_wait)
		to_deadline();
	assert_true((link_.told.problems & 1u << LINK_FAULT_STORAGE_MISSING) != 0);
}

static void
an_unreadable_report_is_spoken_of_for_a_minute(void **unused)
{
	struct report_summary bad = { .kind = REPORT_BAD, .fault = "is not JSON" };

	(void)unused;
	begin("P1S");
	come_up();
	report(REPORT_FULL);
	pass(5000);
	changes = 0;
	link_on_report(&link_, &bad, &state, now_ms, wall_ms);
	assert_int_equal(changes, 1);
	assert_string_equal(sentence(), "The printer sends reports that cannot be read: is not JSON.");
	pass(30000);
	report(REPORT_DELTA);
	assert_int_equal(changes, 1);
	to_deadline(); /* nothing comes: it is unsaid all the same */
	assert_int_equal(changes, 2);
	assert_string_equal(sentence(), "");
	assert_true(link_is_online(&link_));
	assert_true(link_deadline_ms(&link_) > now_ms);
}

static void
the_printer_knows_best_which_model_it_is(void **unused)
{
	struct link_settings settings;

	(void)unused;
	begin("X1C");
	come_up();
	state.module_count = 1;
	str_copy(state.modules[0].name, sizeof state.modules[0].name, "ota");
	str_copy(state.modules[0].product, sizeof state.modules[0].product, "Bambu Lab A1 mini");
	report(REPORT_VERSION);
	assert_string_equal(link_.model->key, "A1-mini");
	settings = settings_of("X1C");
	str_copy(settings.name, sizeof settings.name, "Shelf 3");
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_string_equal(link_.model->key, "A1-mini");
	settings = settings_of("P1S");
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_string_equal(link_.model->key, "P1S");
}

static void
missing_storage_is_named_as_the_model_calls_it(void **unused)
{
	(void)unused;
	begin("P2S");
	come_up();
	state.storage = STORAGE_NONE;
	report(REPORT_FULL);
	assert_string_equal(sentence(), "The printer has no storage: no USB stick is in it.");
	begin("P1S");
	come_up();
	state.storage = STORAGE_NONE;
	report(REPORT_FULL);
	assert_string_equal(sentence(), "The printer has no storage: no microSD card is in it.");
}

static void
a_slot_change_on_a_model_that_does_not_tell_it_is_asked_for(void **unused)
{
	(void)unused;
	begin("A1-mini");
	come_up();
	report(REPORT_FULL);
	state.tray_exist_bits = 3;
	report(REPORT_DELTA);
	assert_true(link_.pushall_wanted);
	begin("X1C");
	come_up();
	report(REPORT_FULL);
	state.tray_exist_bits = 3;
	report(REPORT_DELTA);
	assert_false(link_.pushall_wanted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(developer_mode_is_asked_of_older_firmware_once_and_the_answer_counts),
		cmocka_unit_test(developer_mode_that_was_off_is_asked_for_again_by_the_next_session),
		cmocka_unit_test(firmware_that_changed_overnight_is_told_for_a_day),
		cmocka_unit_test(firmware_that_changes_all_the_time_is_told_seldom_and_in_the_end_rightly),
		cmocka_unit_test(what_only_a_report_changes_is_announced_at_once_but_not_without_end),
		cmocka_unit_test(an_unreadable_report_is_spoken_of_for_a_minute),
		cmocka_unit_test(the_printer_knows_best_which_model_it_is),
		cmocka_unit_test(missing_storage_is_named_as_the_model_calls_it),
		cmocka_unit_test(a_slot_change_on_a_model_that_does_not_tell_it_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
