/*
 * The start of a print, as stories: decided on disk, sent once, watched, believed only when it is seen. When it is not
 * seen: test_queue_unseen.c; the print that follows: test_queue_print.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queue_rig.h"

/* The file is there; ARMED is asked of the store and not answered. */
static void
arm(void)
{
	begin("X1C");
	world.plate_used = true;
	submit(J1);
	settle();
	put_ends(true);
	world.plate_used = false;
	look();
	give_plates();
	assert_true(step_open);
	assert_int_equal(open_step.to, JOB_ARMED);
}

/* -- once ---------------------------------------------------------------------------------------- */

static void
the_start_is_sent_when_armed_is_on_disk_and_not_before(void **unused)
{
	(void)unused;
	arm();
	assert_int_equal(open_step.before, GCODE_STATE_IDLE);
	pass(60000);
	report(REPORT_FULL);
	assert_int_equal(publishes, 0);
	take_step();
	assert_int_equal(publishes, 1);
	assert_true(step_open);
	assert_int_equal(open_step.to, JOB_SENT);
	assert_int_equal(held_until_ms, world.now_ms + QUEUE_START_MS);
	assert_true(queue_start_is_pending(&queue, world.now_ms));
	assert_false(queue_start_is_pending(&queue, world.now_ms + QUEUE_START_MS));
}

static void
a_start_is_never_sent_twice_whatever_the_store_says(void **unused)
{
	(void)unused;
	arm();
	take_step();
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(open_step.to, JOB_SENT);
		refuse_step(i % 2 == 0 ? REFUSAL_FAILED : REFUSAL_DIED);
		settle(); /* the list says ARMED */
		pass(QUEUE_RETRY_MAX_MS);
	}
	settle();
	assert_int_equal(state_of(J1), JOB_SENT);
	lose_link();
	find_link();
	settle();
	assert_int_equal(publishes, 1);
}

static void
an_armed_job_whose_answer_was_lost_is_sent_once_when_the_list_has_it(void **unused)
{
	(void)unused;
	arm();
	keep_step();
	refuse_step(REFUSAL_DIED);
	settle();
	pass(1000);
	settle();
	assert_int_equal(publishes, 1);
	assert_int_equal(state_of(J1), JOB_SENT);
}

static void
what_was_armed_and_not_handed_over_has_not_begun_whatever_the_store_thinks(void **unused)
{
	(void)unused;
	arm();
	kept_of(J1)->mine.state = JOB_UNKNOWN; /* the store died between its log of starts and its records */
	refuse_step(REFUSAL_DIED);
	settle();
	pass(1000);
	settle();
	assert_int_equal(state_of(J1), JOB_NOT_STARTED);
	assert_int_equal(publishes, 0);
}

static void
a_restarted_worker_sends_no_start_that_it_finds(void **unused)
{
	static const bool was_published[] = { false, true };

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		arm();
		if (was_published[i])
			take_step();
		else
			keep_step(); /* the worker dies before it has the answer */
		restart_worker();
		find_link();
		settle();
		for (unsigned k = 0; k < 400; k++) {
			pass(1000);
			report(REPORT_DELTA);
			settle();
		}
		assert_int_equal(publishes, was_published[i]);
		assert_int_equal(state_of(J1), JOB_UNKNOWN);
	}
}

static void
a_start_that_cannot_be_handed_over_has_certainly_not_begun(void **unused)
{
	(void)unused;
	arm();
	publish_fails = true;
	take_step();
	settle();
	assert_string_equal(trail(J1), "received checked uploading uploaded armed not-started");
	assert_string_equal(fault_of(J1), "not-sent");

	arm();
	lose_link();
	take_step();
	settle();
	assert_string_equal(fault_of(J1), "not-sent");
	assert_int_equal(publishes, 0);
}

static void
what_the_store_has_against_a_start_is_told_and_asked_again(void **unused)
{
	(void)unused;
	arm();
	refuse_step(REFUSAL_CONFLICT);
	for (unsigned i = 0; i < 20; i++) {
		if (list_open)
			give_list();
		if (plates_open)
			give_plates();
		if (step_open && open_step.to == JOB_ARMED)
			refuse_step(REFUSAL_CONFLICT);
		else if (step_open)
			take_step();
		pass(1000);
	}
	assert_int_equal(state_of(J1), JOB_UPLOADED);
	assert_string_equal(kept_of(J1)->sentence, "No.");
	assert_int_equal(publishes, 0);
	pass(QUEUE_RETRY_MAX_MS);
	settle();
	pass(QUEUE_RETRY_MAX_MS);
	settle();
	assert_int_equal(state_of(J1), JOB_SENT);
	assert_int_equal(publishes, 1);
}

static void
a_print_that_begins_meanwhile_or_a_cancel_keeps_the_start_back(void **unused)
{
	(void)unused;
	arm();
	show(GCODE_STATE_PREPARE, NULL);
	take_step();
	settle();
	assert_int_equal(publishes, 0);
	assert_string_equal(fault_of(J1), "printer-taken");
	assert_int_equal(state_of(J1), JOB_NOT_STARTED);

	arm();
	kept_of(J1)->mine.cancel_wanted = true;
	queue_on_changed(&queue, &world);
	give_list();
	take_step();
	settle();
	assert_int_equal(publishes, 0);
	assert_int_equal(state_of(J1), JOB_NOT_STARTED);
	assert_string_equal(fault_of(J1), "cancelled");
}

/* -- what proves a start ------------------------------------------------------------------------------- */

static void
an_echo_of_our_id_is_no_start(void **unused)
{
	(void)unused;
	begin("X1C");
	send_job(J1);
	for (unsigned i = 0; i < 179; i++) {
		show(GCODE_STATE_IDLE, J1); /* Developer Mode is off, or it hangs */
		settle();
		pass(1000);
	}
	assert_int_equal(state_of(J1), JOB_SENT);
	pass(1000);
	settle();
	assert_int_equal(state_of(J1), JOB_UNKNOWN);
	assert_string_equal(fault_of(J1), "not-begun");
	assert_int_equal(publishes, 1);
}

static void
a_slow_parser_has_its_time(void **unused)
{
	(void)unused;
	begin("P1P");
	send_job(J1);
	pass(135000);
	settle();
	assert_int_equal(state_of(J1), JOB_SENT);
	show(GCODE_STATE_PREPARE, J1);
	settle();
	assert_int_equal(state_of(J1), JOB_STARTED);
}

static void
an_old_finish_under_our_id_is_no_end(void **unused)
{
	(void)unused;
	begin("H2D");
	state.gcode_state = GCODE_STATE_FINISH;
	str_copy(state.subtask_id, sizeof state.subtask_id, "77");
	send_job(J1);
	show(GCODE_STATE_FINISH, J1); /* an H2D shows the old state under the new id for 50 s */
	settle();
	pass(50000);
	settle();
	assert_int_equal(state_of(J1), JOB_SENT);
	show(GCODE_STATE_RUNNING, J1);
	settle();
	show(GCODE_STATE_FINISH, J1);
	settle();
	assert_string_equal(trail(J1), "received checked uploading uploaded armed sent started running done");
}

static void
a_print_that_was_over_before_it_was_seen_counts(void **unused)
{
	(void)unused;
	begin("X1C");
	send_job(J1);
	restart_worker();
	state.gcode_state = GCODE_STATE_FINISH; /* it was IDLE when it was armed */
	str_copy(state.subtask_id, sizeof state.subtask_id, "1001");
	find_link();
	settle();
	assert_int_equal(state_of(J1), JOB_DONE);
	assert_int_equal(publishes, 1);
}

static void
the_name_counts_where_no_number_is_told(void **unused)
{
	(void)unused;
	begin("P1S");
	send_job(J1);
	str_copy(state.subtask_id, sizeof state.subtask_id, "0");
	str_copy(state.subtask_name, sizeof state.subtask_name, "bracket-" J1);
	show(GCODE_STATE_RUNNING, NULL);
	settle();
	assert_int_equal(state_of(J1), JOB_RUNNING);

	begin("P1S");
	send_job(J1);
	str_copy(state.subtask_id, sizeof state.subtask_id,
		 "4711"); /* our file, started anew at the screen */
	str_copy(state.subtask_name, sizeof state.subtask_name, "bracket-" J1);
	show(GCODE_STATE_RUNNING, NULL);
	settle();
	assert_int_equal(state_of(J1), JOB_SENT);
}

static void
another_print_is_not_ours(void **unused)
{
	(void)unused;
	begin("X1C");
	send_job(J1);
	str_copy(state.subtask_id, sizeof state.subtask_id, "4711");
	show(GCODE_STATE_RUNNING, NULL);
	pass(QUEUE_START_MS);
	settle();
	assert_int_equal(state_of(J1), JOB_UNKNOWN);
	assert_string_equal(fault_of(J1), "other-print");
	cancel(J1);
	assert_int_equal(state_of(J1), JOB_CANCELLED);
	pass(60000);
	assert_int_equal(stops, 0);   /* that print is not ours to stop */
	assert_int_equal(removes, 0); /* nor is it disturbed */
}

static void
an_unknown_job_that_begins_late_after_all_is_taken_up(void **unused)
{
	(void)unused;
	begin("X1C");
	send_job(J1);
	pass(QUEUE_START_MS);
	settle();
	assert_int_equal(state_of(J1), JOB_UNKNOWN);
	show(GCODE_STATE_RUNNING, J1);
	settle();
	assert_int_equal(state_of(J1), JOB_RUNNING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_start_is_sent_when_armed_is_on_disk_and_not_before),
		cmocka_unit_test(a_start_is_never_sent_twice_whatever_the_store_says),
		cmocka_unit_test(an_armed_job_whose_answer_was_lost_is_sent_once_when_the_list_has_it),
		cmocka_unit_test(what_was_armed_and_not_handed_over_has_not_begun_whatever_the_store_thinks),
		cmocka_unit_test(a_restarted_worker_sends_no_start_that_it_finds),
		cmocka_unit_test(a_start_that_cannot_be_handed_over_has_certainly_not_begun),
		cmocka_unit_test(what_the_store_has_against_a_start_is_told_and_asked_again),
		cmocka_unit_test(a_print_that_begins_meanwhile_or_a_cancel_keeps_the_start_back),
		cmocka_unit_test(an_echo_of_our_id_is_no_start),
		cmocka_unit_test(a_slow_parser_has_its_time),
		cmocka_unit_test(an_old_finish_under_our_id_is_no_end),
		cmocka_unit_test(a_print_that_was_over_before_it_was_seen_counts),
		cmocka_unit_test(the_name_counts_where_no_number_is_told),
		cmocka_unit_test(another_print_is_not_ours),
		cmocka_unit_test(an_unknown_job_that_begins_late_after_all_is_taken_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
