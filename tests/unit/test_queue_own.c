/*
 * Whose print it is, and who stopped it: what a person does at the printer's screen or with Fuse's own buttons is told as
 * such; and what a start says that only some models understand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queue_rig.h"

#define J1 "j000000000000001"

static void
a_start_names_the_hotends_that_the_job_names(void **unused)
{
	(void)unused;
	begin("H2C");
	plates.plates[0].filaments[0].nozzle = 0;
	submit(J1);
	str_copy(kept_of(J1)->options, sizeof kept_of(J1)->options, "{\"nozzleMapping\":[17]}");
	settle();
	put_ends(true);
	assert_int_equal(publishes, 1);
	assert_non_null(strstr(published, "\"nozzle_mapping\":[17,-1,"));
}

static void
a_start_that_leaves_the_hotend_open_is_not_sent_unasked(void **unused)
{
	(void)unused;
	begin("H2C");
	plates.plates[0].filaments[0].nozzle = 0;
	submit(J1);
	settle();
	assert_int_equal(state_of(J1), JOB_NOT_STARTED);
	assert_string_equal(fault_of(J1), "rack-hotend");
	assert_int_equal(uploads, 0);

	begin("H2C");
	plates.plates[0].filaments[0].nozzle = 0;
	submit(J1);
	str_copy(kept_of(J1)->options, sizeof kept_of(J1)->options, "{\"accept\":[\"rack-hotend\"]}");
	settle();
	put_ends(true);
	assert_int_equal(publishes, 1);
	assert_null(strstr(published, "nozzle_mapping"));
}

/* -- who stopped it -------------------------------------------------------------------------------------- */

/* It was stopped: the printer shows that, as most do. */
static void
is_stopped(void)
{
	state.print_error = 0x0300400c;
	show(GCODE_STATE_FAILED, J1);
	settle();
}

static void
a_stop_at_fuses_own_button_cancels_the_job(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1);
	queue_on_stop(&queue, world.now_ms);
	pass(3000);
	is_stopped();
	assert_int_equal(state_of(J1), JOB_CANCELLED);
	assert_string_equal(fault_of(J1), "cancelled");
	assert_int_equal(stops, 0); /* the command was the person's */

	/* Some are idle afterwards, and say no more. */
	begin("P1S");
	run_job(J1);
	queue_on_stop(&queue, world.now_ms);
	show(GCODE_STATE_IDLE, J1);
	pass(QUEUE_SETTLE_MS);
	settle();
	assert_int_equal(state_of(J1), JOB_CANCELLED);
}

static void
a_stop_at_the_printer_is_told_as_such(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1);
	is_stopped();
	assert_int_equal(state_of(J1), JOB_FAILED);
	assert_string_equal(fault_of(J1), "stopped-at-printer");
	assert_non_null(strstr(kept_of(J1)->sentence, "at the printer"));
	assert_string_not_equal(kept_of(J1)->remedy, "");
}

/* A stop that did nothing is no reason for what goes wrong much later. */
static void
a_stop_of_long_ago_explains_no_end(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1);
	queue_on_stop(&queue, world.now_ms);
	pass(QUEUE_STOPPED_MS);
	is_stopped();
	assert_int_equal(state_of(J1), JOB_FAILED);
}

static void
a_stop_before_the_print_is_none_of_it(void **unused)
{
	(void)unused;
	begin("X1C");
	send_job(J1);
	queue_on_stop(&queue, world.now_ms); /* of whatever is there */
	show(GCODE_STATE_RUNNING, J1);
	settle();
	is_stopped();
	assert_int_equal(state_of(J1), JOB_FAILED);
}

static void
a_printer_that_does_not_stop_is_told_of(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1);
	cancel(J1);
	assert_int_equal(stops, 1);
	assert_non_null(strstr(kept_of(J1)->sentence, "was told to stop"));
	pass(QUEUE_STOP_GAP_MS);
	settle();
	assert_int_equal(stops, 2);
	assert_string_equal(fault_of(J1), "stop-ignored");
	assert_non_null(strstr(kept_of(J1)->remedy, "at the printer's screen"));
	assert_non_null(strstr(kept_of(J1)->remedy, "Developer Mode")); /* in the words of its menu */
	for (unsigned i = 0; i < QUEUE_STOPS_MAX; i++) {
		pass(QUEUE_STOP_GAP_MS);
		settle();
	}
	assert_int_equal(stops, QUEUE_STOPS_MAX);
	assert_string_equal(fault_of(J1), "stop-ignored");
	is_stopped();
	assert_int_equal(state_of(J1), JOB_CANCELLED);
}

static void
what_was_not_sent_is_not_said_to_be(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1);
	publish_fails = true;
	cancel(J1);
	assert_non_null(strstr(kept_of(J1)->sentence, "is to be told"));
	publish_fails = false;
	look();
	settle();
	assert_int_equal(stops, 1);
	assert_non_null(strstr(kept_of(J1)->sentence, "was told to stop"));
}

/* -- who has paused it ----------------------------------------------------------------------------------- */

/* By whom does not matter: it is told, and nothing is done about it. */
static void
a_paused_print_is_told_so_and_goes_on(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1);
	unsigned before = commits;
	show(GCODE_STATE_PAUSE, J1);
	settle();
	assert_int_equal(state_of(J1), JOB_RUNNING);
	assert_string_equal(fault_of(J1), "paused");
	assert_non_null(strstr(kept_of(J1)->remedy, "resume it"));
	for (unsigned i = 0; i < 100; i++) {
		pass(1000);
		report(REPORT_DELTA);
		settle();
	}
	assert_int_equal(commits, before + 1); /* told once */
	show(GCODE_STATE_RUNNING, J1);
	settle();
	assert_string_equal(fault_of(J1), "");
	assert_string_equal(kept_of(J1)->sentence, "It prints.");
	show(GCODE_STATE_PAUSE, J1);
	settle();
	is_stopped(); /* at the screen */
	assert_string_equal(fault_of(J1), "stopped-at-printer");
	assert_int_equal(stops + publishes, 1);
}

/* -- whose print it is ----------------------------------------------------------------------------------- */

static void
shows_name_only(enum gcode_state gcode_state)
{
	state.gcode_state = gcode_state;
	str_copy(state.subtask_id, sizeof state.subtask_id, "0");
	str_copy(state.subtask_name, sizeof state.subtask_name, "bracket-" J1);
	report(REPORT_DELTA);
	settle();
}

/* It ran, and was lost sight of; then somebody finds its file at the printer's screen and prints it. */
static void
our_file_that_is_printed_again_at_the_screen_is_not_our_print(void **unused)
{
	(void)unused;
	for (unsigned restarts = 0; restarts < 2; restarts++) {
		begin("P1S");
		run_job(J1);
		state.remaining_minutes = 1;
		report(REPORT_DELTA);
		settle();
		lose_link();
		pass(600000);
		shows_name_only(GCODE_STATE_IDLE);
		find_link();
		pass(QUEUE_SETTLE_MS);
		settle();
		assert_int_equal(state_of(J1), JOB_UNKNOWN);
		if (restarts > 0) {
			restart_worker();
			find_link();
			settle();
		}
		shows_name_only(GCODE_STATE_RUNNING);
		pass(60000);
		settle();
		assert_int_equal(state_of(J1), JOB_UNKNOWN);
		cancel(J1);
		pass(60000);
		assert_int_equal(state_of(J1), JOB_CANCELLED);
		assert_int_equal(stops, 0);
		assert_int_equal(removes, 0);
	}
}

/* With our number it is: a printer that goes on after the power was cut. */
static void
our_print_that_goes_on_after_all_is_ours(void **unused)
{
	(void)unused;
	begin("P1S");
	run_job(J1);
	state.remaining_minutes = 1;
	report(REPORT_DELTA);
	lose_link();
	pass(600000); /* it may have ended */
	settle();
	state.gcode_state = GCODE_STATE_IDLE;
	find_link();
	pass(QUEUE_SETTLE_MS);
	settle();
	assert_int_equal(state_of(J1), JOB_UNKNOWN);
	show(GCODE_STATE_RUNNING, J1);
	settle();
	assert_int_equal(state_of(J1), JOB_RUNNING);
}

/* An older record of it, restored: it does not know where the file went, and the printer prints it. */
static void
a_print_is_ours_by_its_number_whatever_the_record_knows_of_its_file(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1);
	kept_of(J1)->mine.state = JOB_UNKNOWN;
	kept_of(J1)->mine.remote_path[0] = '\0';
	kept_of(J1)->mine.started_ms = 0;
	restart_worker();
	find_link();
	settle();
	assert_int_equal(state_of(J1), JOB_RUNNING);
	show(GCODE_STATE_FINISH, J1);
	settle();
	assert_int_equal(state_of(J1), JOB_DONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_names_the_hotends_that_the_job_names),
		cmocka_unit_test(a_start_that_leaves_the_hotend_open_is_not_sent_unasked),
		cmocka_unit_test(a_stop_at_fuses_own_button_cancels_the_job),
		cmocka_unit_test(a_stop_at_the_printer_is_told_as_such),
		cmocka_unit_test(a_stop_of_long_ago_explains_no_end),
		cmocka_unit_test(a_stop_before_the_print_is_none_of_it),
		cmocka_unit_test(a_printer_that_does_not_stop_is_told_of),
		cmocka_unit_test(what_was_not_sent_is_not_said_to_be),
		cmocka_unit_test(a_paused_print_is_told_so_and_goes_on),
		cmocka_unit_test(our_file_that_is_printed_again_at_the_screen_is_not_our_print),
		cmocka_unit_test(our_print_that_goes_on_after_all_is_ours),
		cmocka_unit_test(a_print_is_ours_by_its_number_whatever_the_record_knows_of_its_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
