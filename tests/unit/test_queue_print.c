/*
 * A print that has started, as stories: its course, its end, its being stopped or lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queue_rig.h"

/* -- the print and its end --------------------------------------------------------------------------------- */

static void
a_failure_is_told_in_its_own_words(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1);
	state.print_error = 0x0300400c; /* the echo of a cancel at the screen */
	show(GCODE_STATE_FAILED, J1);
	settle();
	assert_int_equal(state_of(J1), JOB_FAILED);
	assert_string_equal(fault_of(J1), "stopped-at-printer");

	begin("X1C");
	run_job(J1);
	state.print_error = 0x0300800b;
	show(GCODE_STATE_FAILED, J1);
	settle();
	assert_string_equal(fault_of(J1), "print-error");

	begin("X1C");
	run_job(J1);
	show(GCODE_STATE_FAILED, J1);
	settle();
	assert_string_equal(fault_of(J1), "print-failed");
}

static void
a_print_of_ours_is_stopped_when_it_is_cancelled(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1);
	cancel(J1);
	assert_int_equal(stops, 1);
	assert_int_equal(state_of(J1), JOB_RUNNING); /* until the printer has stopped */
	report(REPORT_DELTA);
	settle();
	assert_int_equal(stops, 1);
	pass(QUEUE_STOP_GAP_MS);
	settle();
	assert_int_equal(stops, 2); /* the first was not heard */
	state.print_error = 0x0300400c;
	show(GCODE_STATE_FAILED, J1);
	settle();
	assert_int_equal(state_of(J1), JOB_CANCELLED);
	assert_int_equal(removes, 1);
}

static void
a_cancel_during_the_start_stops_what_begins(void **unused)
{
	(void)unused;
	begin("X1C");
	send_job(J1);
	cancel(J1);
	assert_int_equal(state_of(J1), JOB_SENT);
	assert_int_equal(stops, 0);
	show(GCODE_STATE_PREPARE, J1);
	settle();
	assert_int_equal(stops, 1);
	show(GCODE_STATE_FAILED, J1);
	settle();
	assert_int_equal(state_of(J1), JOB_CANCELLED);
}

static void
a_printer_that_was_switched_off_is_told_from_one_that_may_have_finished(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1); /* 80 minutes left */
	lose_link();
	pass(QUEUE_AWAY_MS);
	settle();
	assert_int_equal(state_of(J1), JOB_RUNNING);
	assert_non_null(strstr(kept_of(J1)->sentence, "not connected"));
	pass(600000);
	state.gcode_state = GCODE_STATE_IDLE;
	str_copy(state.subtask_id, sizeof state.subtask_id, "0");
	state.subtask_name[0] = '\0';
	find_link();
	settle();
	assert_int_equal(state_of(J1), JOB_RUNNING); /* it may only be waking up */
	pass(QUEUE_SETTLE_MS);
	settle();
	assert_int_equal(state_of(J1), JOB_FAILED);
	assert_string_equal(fault_of(J1), "switched-off");

	begin("X1C");
	run_job(J1);
	lose_link();
	pass(6000000); /* it had time enough */
	settle();
	state.gcode_state = GCODE_STATE_IDLE;
	state.subtask_id[0] = '\0';
	find_link();
	pass(QUEUE_SETTLE_MS);
	settle();
	assert_int_equal(state_of(J1), JOB_UNKNOWN);
	assert_string_equal(fault_of(J1), "end-not-seen");
}

static void
a_long_absence_ends_with_what_the_printer_shows(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1);
	lose_link();
	pass(QUEUE_AWAY_MS);
	settle();
	state.gcode_state = GCODE_STATE_RUNNING;
	find_link();
	settle();
	assert_string_equal(kept_of(J1)->sentence, "It prints.");
	lose_link();
	state.gcode_state = GCODE_STATE_FINISH;
	find_link();
	settle();
	assert_int_equal(state_of(J1), JOB_DONE);

	begin("X1C");
	run_job(J1);
	lose_link();
	state.gcode_state = GCODE_STATE_RUNNING;
	str_copy(state.subtask_id, sizeof state.subtask_id, "4711");
	find_link();
	settle();
	assert_int_equal(state_of(J1), JOB_RUNNING);
	pass(QUEUE_OTHER_MS);
	settle();
	assert_int_equal(state_of(J1), JOB_UNKNOWN);
	assert_string_equal(fault_of(J1), "other-print");
}

static void
a_print_goes_on_over_a_restart_of_the_worker(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1);
	restart_worker();
	find_link();
	settle();
	assert_int_equal(state_of(J1), JOB_RUNNING);
	show(GCODE_STATE_FINISH, J1);
	settle();
	assert_int_equal(state_of(J1), JOB_DONE);
	assert_int_equal(publishes, 1);
}

static void
a_print_that_is_not_ours_is_left_alone(void **unused)
{
	(void)unused;
	begin("X1C");
	str_copy(state.subtask_id, sizeof state.subtask_id, "4711");
	show(GCODE_STATE_RUNNING, NULL);
	submit(J1);
	settle();
	cancel(J1);
	assert_int_equal(state_of(J1), JOB_CANCELLED);
	show(GCODE_STATE_FINISH, NULL);
	settle();
	pass(3600000);
	assert_int_equal(stops + removes + publishes, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_is_told_in_its_own_words),
		cmocka_unit_test(a_print_of_ours_is_stopped_when_it_is_cancelled),
		cmocka_unit_test(a_cancel_during_the_start_stops_what_begins),
		cmocka_unit_test(a_printer_that_was_switched_off_is_told_from_one_that_may_have_finished),
		cmocka_unit_test(a_long_absence_ends_with_what_the_printer_shows),
		cmocka_unit_test(a_print_goes_on_over_a_restart_of_the_worker),
		cmocka_unit_test(a_print_that_is_not_ours_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
