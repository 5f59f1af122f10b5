/*
 * The print jobs of one printer, as stories: from the order to the printed thing, in their order, through deaths of the
 * store and the worker, and cancelled. No network, no disk, no clock. What they wait for: test_queue_waits.c; how the
 * file comes to the printer and goes again: test_queue_files.c; what follows a start: test_queue_start.c,
 * test_queue_print.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queue_rig.h"

/* -- the whole way --------------------------------------------------------------------------- */

static void
a_job_goes_to_the_printer_starts_once_and_is_cleaned_up(void **unused)
{
	(void)unused;
	begin("X1C");
	submit(J1);
	settle();
	assert_string_equal(trail(J1), "received checked uploading");
	assert_int_equal(uploads, 1);
	assert_string_equal(put_path, "/bracket-" J1 ".gcode.3mf");
	assert_string_equal(kept_of(J1)->mine.remote_path, put_path);
	put_ends(true);
	assert_string_equal(trail(J1), "received checked uploading uploaded armed sent");
	assert_int_equal(publishes, 1);
	assert_non_null(strstr(published, "\"subtask_id\":\"1001\""));
	assert_non_null(strstr(published, put_path));
	show(GCODE_STATE_PREPARE, J1);
	settle();
	assert_int_equal(state_of(J1), JOB_STARTED);
	show(GCODE_STATE_RUNNING, J1);
	settle();
	assert_int_equal(state_of(J1), JOB_RUNNING);
	assert_int_equal(removes, 0); /* the file stays while it prints */
	show(GCODE_STATE_FINISH, J1);
	settle();
	assert_string_equal(trail(J1), "received checked uploading uploaded armed sent started running done");
	assert_string_equal(removed, put_path);
	assert_string_equal(kept_of(J1)->mine.remote_path, put_path); /* until it is gone */
	remove_ends(true);
	assert_string_equal(kept_of(J1)->mine.remote_path, "");
	assert_int_equal(publishes, 1);
}

static void
a_staged_file_lies_there_and_nothing_starts(void **unused)
{
	(void)unused;
	begin("X1C");
	submit(J1);
	kept_of(J1)->mine.stage_only = true;
	settle();
	assert_string_equal(put_path, "/cache/bracket-" J1 ".gcode.3mf");
	put_ends(true);
	assert_string_equal(trail(J1), "received checked uploading uploaded staged");
	pass(3600000);
	settle();
	assert_int_equal(publishes, 0);
	assert_int_equal(removes, 0);
	assert_string_equal(kept_of(J1)->mine.remote_path, put_path);
}

/* -- nothing before it is on disk ---------------------------------------------------------------- */

static void
nothing_is_sent_before_the_store_has_answered(void **unused)
{
	(void)unused;
	begin("X1C");
	submit(J1);
	give_list();
	give_plates();
	take_step(); /* checked */
	assert_int_equal(open_step.to, JOB_UPLOADING);
	pass(10000);
	report(REPORT_FULL);
	assert_int_equal(uploads, 0);
	take_step();
	assert_int_equal(uploads, 1);
}

static void
a_step_that_the_store_does_not_take_is_tried_again_ever_more_slowly(void **unused)
{
	unsigned asked = 0;

	(void)unused;
	begin("X1C");
	submit(J1);
	give_list();
	give_plates();
	for (int64_t ms = 0; ms < 60000; ms += 100) {
		if (step_open) {
			asked++;
			refuse_step(REFUSAL_READ_ONLY);
		}
		if (list_open)
			give_list();
		if (plates_open)
			give_plates();
		pass(100);
	}
	assert_in_range(asked, 5, 9); /* 0.5, 1, 2, 4, 8, 16, 30 s */
	assert_string_equal(trail(J1), "received");
	pass(30000);
	settle();
	assert_int_equal(uploads, 1);
}

static void
an_answer_that_is_lost_is_made_up_for_by_the_list(void **unused)
{
	(void)unused;
	begin("X1C");
	submit(J1);
	give_list();
	give_plates();
	keep_step(); /* checked, and the store dies before it says so */
	refuse_step(REFUSAL_DIED);
	settle();
	pass(1000);
	settle();
	assert_string_equal(trail(J1), "received checked uploading");
	assert_int_equal(uploads, 1);
}

static void
a_job_that_stands_elsewhere_is_learnt_anew(void **unused)
{
	(void)unused;
	begin("X1C");
	submit(J1);
	give_list();
	give_plates();
	kept_of(J1)->mine.state = JOB_NOT_STARTED; /* the printer was removed, say */
	refuse_step(REFUSAL_CONFLICT);
	settle();
	pass(60000);
	settle();
	assert_int_equal(uploads, 0);
	assert_null(queue.first);
}

/* -- whose turn it is ------------------------------------------------------------------------------ */

static void
jobs_go_in_the_order_of_their_coming(void **unused)
{
	(void)unused;
	begin("X1C");
	submit(J1);
	submit(J2);
	submit(J3);
	settle();
	assert_int_equal(state_of(J1), JOB_UPLOADING);
	assert_string_equal(kept_of(J2)->sentence, "1 job is before it.");
	assert_string_equal(kept_of(J3)->sentence, "2 jobs are before it.");
	assert_string_equal(fault_of(J3), "others-first");
	put_ends(true);
	show(GCODE_STATE_RUNNING, J1);
	settle();
	show(GCODE_STATE_FINISH, J1);
	settle();
	remove_ends(true);
	assert_int_equal(state_of(J1), JOB_DONE);
	assert_int_equal(state_of(J2), JOB_UPLOADING);
	assert_string_equal(kept_of(J3)->sentence, "1 job is before it.");
	assert_int_equal(uploads, 2);
}

static void
a_job_that_waits_is_told_once(void **unused)
{
	unsigned before;

	(void)unused;
	begin("X1C");
	submit(J1);
	submit(J2);
	settle();
	before = commits;
	for (int i = 0; i < 100; i++) {
		report(REPORT_DELTA);
		settle();
		pass(1000);
	}
	assert_int_equal(commits, before);
}

static void
a_job_whose_fate_is_unknown_keeps_the_others_waiting(void **unused)
{
	(void)unused;
	begin("X1C");
	send_job(J1);
	submit(J2);
	settle();
	pass(QUEUE_START_MS);
	settle();
	assert_int_equal(state_of(J1), JOB_UNKNOWN);
	assert_string_equal(fault_of(J2), "undecided");
	assert_int_equal(uploads, 1);
	resolve(J1, JOB_RESOLUTION_NOT_STARTED);
	remove_ends(true);
	assert_int_equal(state_of(J1), JOB_NOT_STARTED);
	assert_int_equal(state_of(J2), JOB_UPLOADING);
}

/* -- cancelling -------------------------------------------------------------------------------------------------- */

static void
a_job_is_cancelled_wherever_it_stands_before_its_start(void **unused)
{
	(void)unused;
	begin("X1C");
	lose_link();
	submit(J1);
	settle();
	cancel(J1);
	assert_string_equal(trail(J1), "received waiting cancelled");
	assert_int_equal(removes, 0);

	begin("X1C");
	submit(J1);
	settle();
	cancel(J1);
	assert_int_equal(put_cancels, 1);
	assert_int_equal(state_of(J1), JOB_UPLOADING); /* until the helper has let go */
	put_ends(false);
	assert_int_equal(state_of(J1), JOB_CANCELLED);
	assert_string_equal(removed, "/bracket-" J1 ".gcode.3mf");
	remove_ends(true);

	begin("X1C");
	world.plate_used = true;
	submit(J1);
	settle();
	put_ends(true);
	cancel(J1);
	assert_string_equal(trail(J1), "received checked uploading uploaded cancelled");
	assert_string_equal(removed, "/bracket-" J1 ".gcode.3mf");
	assert_int_equal(publishes, 0);
}

/* -- a new incarnation ------------------------------------------------------------------------------ */

static void
a_job_that_was_on_its_way_begins_again_from_zero(void **unused)
{
	(void)unused;
	begin("X1C");
	submit(J1);
	settle();
	restart_worker();
	assert_string_equal(trail(J1), "received checked uploading waiting");
	find_link();
	settle();
	assert_int_equal(uploads, 2);
	assert_string_equal(put_path, "/bracket-" J1 ".gcode.3mf");
	put_ends(true);
	assert_int_equal(publishes, 1);
}

static void
a_file_that_is_there_is_looked_at_and_sent_again_only_if_it_must_be(void **unused)
{
	(void)unused;
	begin("X1C");
	world.plate_used = true;
	submit(J1);
	settle();
	put_ends(true);
	world.plate_used = false;
	restart_worker();
	find_link();
	settle();
	assert_int_equal(lists, 1);
	list_file_ends(true, SIZE);
	assert_int_equal(uploads, 1);
	assert_int_equal(publishes, 1);

	for (int64_t size = -1; size <= 100; size += 101) {
		begin("X1C");
		world.plate_used = true;
		submit(J1);
		settle();
		put_ends(true);
		world.plate_used = false;
		restart_worker();
		find_link();
		settle();
		list_file_ends(true, size);
		assert_int_equal(publishes, 0);
		assert_int_equal(uploads, 2);
		put_ends(true);
		assert_int_equal(publishes, 1);
	}
}

static void
a_job_that_waits_goes_on_after_a_restart(void **unused)
{
	(void)unused;
	begin("X1C");
	lose_link();
	submit(J1);
	settle();
	restart_worker();
	find_link();
	settle();
	assert_string_equal(trail(J1), "received waiting uploading");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_goes_to_the_printer_starts_once_and_is_cleaned_up),
		cmocka_unit_test(a_staged_file_lies_there_and_nothing_starts),
		cmocka_unit_test(nothing_is_sent_before_the_store_has_answered),
		cmocka_unit_test(a_step_that_the_store_does_not_take_is_tried_again_ever_more_slowly),
		cmocka_unit_test(an_answer_that_is_lost_is_made_up_for_by_the_list),
		cmocka_unit_test(a_job_that_stands_elsewhere_is_learnt_anew),
		cmocka_unit_test(jobs_go_in_the_order_of_their_coming),
		cmocka_unit_test(a_job_that_waits_is_told_once),
		cmocka_unit_test(a_job_whose_fate_is_unknown_keeps_the_others_waiting),
		cmocka_unit_test(a_job_is_cancelled_wherever_it_stands_before_its_start),
		cmocka_unit_test(a_job_that_was_on_its_way_begins_again_from_zero),
		cmocka_unit_test(a_file_that_is_there_is_looked_at_and_sent_again_only_if_it_must_be),
		cmocka_unit_test(a_job_that_waits_goes_on_after_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
