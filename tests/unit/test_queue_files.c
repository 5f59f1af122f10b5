/*
 * The file of a print job, as stories: what is in it, its way to the printer, and how what is left of it there is
 * cleaned up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queue_rig.h"

/* -- the file ----------------------------------------------------------------------------------------------- */

static void
a_file_that_is_being_examined_is_asked_for_again(void **unused)
{
	(void)unused;
	begin("X1C");
	plates_refused = true;
	plates_refusal = REFUSAL_CONFLICT;
	submit(J1);
	settle();
	assert_string_equal(trail(J1), "received");
	plates_refused = false;
	report(REPORT_FULL);
	assert_false(plates_open); /* not at each report */
	queue_on_changed(&queue, &world);
	settle();
	assert_int_equal(uploads, 1);

	begin("X1C");
	plates_refused = true;
	submit(J1);
	settle();
	plates_refused = false;
	pass(QUEUE_EXAMINE_MS); /* the word that it is done was lost */
	settle();
	assert_int_equal(uploads, 1);
}

static void
a_file_that_cannot_be_printed_ends_the_job_in_its_own_words(void **unused)
{
	(void)unused;
	begin("X1C");
	plates_refused = true;
	plates_refusal = REFUSAL_INVALID;
	submit(J1);
	settle();
	assert_string_equal(trail(J1), "received not-started");
	assert_string_equal(fault_of(J1), "file-unprintable");
	assert_string_equal(kept_of(J1)->sentence, "The file says no.");
	assert_string_equal(kept_of(J1)->remedy, "Slice it.");
}

/* -- sending the file --------------------------------------------------------------------------------------- */

static void
a_lost_upload_is_tried_again_after_5_30_and_120_seconds(void **unused)
{
	static const int64_t waits[] = { 5000, 30000, 120000, 120000 };

	(void)unused;
	begin("X1C");
	submit(J1);
	settle();
	for (unsigned i = 0; i < STR_ARRAY_LEN(waits); i++) {
		put_ends(false);
		assert_int_equal(state_of(J1), JOB_WAITING);
		assert_string_equal(fault_of(J1), "lost");
		assert_int_equal(queue_deadline_ms(&queue), world.now_ms + waits[i]);
		pass(waits[i] - 1);
		settle();
		assert_int_equal(uploads, i + 1);
		pass(1);
		settle();
		assert_int_equal(uploads, i + 2);
	}
	assert_int_equal(kept_of(J1)->mine.attempts, 5);
	put_ends(true);
	assert_int_equal(state_of(J1), JOB_SENT);
}

static void
a_printer_that_comes_back_gets_the_file_at_once(void **unused)
{
	(void)unused;
	begin("X1C");
	submit(J1);
	settle();
	put_ends(false);
	lose_link();
	settle();
	pass(600000);
	settle();
	assert_int_equal(uploads, 1); /* away: nothing is tried, nothing counts */
	find_link();
	settle();
	assert_int_equal(uploads, 2);
}

static void
an_upload_that_fails_ten_times_ends_the_job(void **unused)
{
	(void)unused;
	begin("X1C");
	submit(J1);
	settle();
	for (unsigned i = 0; i < QUEUE_UPLOADS_MAX; i++) {
		assert_int_equal(state_of(J1), JOB_UPLOADING);
		put_ends(false);
		pass(120000);
		settle();
	}
	assert_int_equal(state_of(J1), JOB_NOT_STARTED);
	assert_int_equal(uploads, QUEUE_UPLOADS_MAX);
}

static void
an_upload_that_a_person_must_mend_is_not_tried_again(void **unused)
{
	struct msg_ftp_result result = { .fault = "no-space",
					 .sentence = "It is full.",
					 .remedy = "Delete something.",
					 .remote_bytes = -1,
					 .code = 552,
					 .reply = "no space" };

	(void)unused;
	begin("X1C");
	submit(J1);
	settle();
	put_ends_with(&result);
	assert_int_equal(state_of(J1), JOB_NOT_STARTED);
	assert_string_equal(fault_of(J1), "no-space");
	assert_string_equal(kept_of(J1)->remedy, "Delete something.");
	assert_non_null(strstr(kept_of(J1)->evidence, "552"));
	assert_int_equal(removes, 1); /* what arrived of it */
}

static void
an_upload_gives_way_to_a_print_where_it_disturbs(void **unused)
{
	struct msg_ftp_result taken_back = { .fault = "cancelled",
					     .sentence = "Cancelled.",
					     .remote_bytes = -1 };

	(void)unused;
	begin("P1S");
	submit(J1);
	settle();
	show(GCODE_STATE_PREPARE, NULL); /* at the screen */
	settle();
	assert_int_equal(put_cancels, 1);
	put_ends_with(&taken_back);
	assert_int_equal(state_of(J1), JOB_WAITING);
	world.plate_used = false;
	show(GCODE_STATE_FINISH, NULL);
	settle();
	assert_int_equal(uploads, 2);

	begin("X1C"); /* it can do both */
	submit(J1);
	settle();
	show(GCODE_STATE_PREPARE, NULL);
	settle();
	assert_int_equal(put_cancels, 0);
}

/* -- what is left on the printer -------------------------------------------------------------------- */

static void
a_leftover_is_deleted_while_the_printer_is_idle_and_seldom_tried_in_the_end(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1);
	show(GCODE_STATE_FAILED, J1);
	settle();
	assert_int_equal(removes, 1);
	remove_ends(false);
	assert_int_equal(removes, 1);
	show(GCODE_STATE_RUNNING, NULL);
	pass(QUEUE_REMOVE_AGAIN_MS);
	assert_int_equal(removes, 1); /* it prints */
	show(GCODE_STATE_IDLE, NULL);
	for (unsigned i = 2; i <= QUEUE_REMOVES_MAX; i++) {
		assert_int_equal(removes, i);
		remove_ends(false);
		pass(QUEUE_REMOVE_AGAIN_MS);
	}
	assert_int_equal(removes, QUEUE_REMOVES_MAX);
	assert_false(remove_open);
	assert_string_not_equal(kept_of(J1)->mine.remote_path, "");
	pass(QUEUE_REMOVE_RARELY_MS);
	remove_ends(true);
	assert_string_equal(kept_of(J1)->mine.remote_path, "");
	assert_int_equal(queue.leftover_count, 0);
}

static void
a_leftover_of_an_earlier_incarnation_is_deleted_by_the_next(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1);
	lose_link();
	kept_of(J1)->mine.state = JOB_DONE; /* the worker died when this was on disk */
	restart_worker();
	settle();
	assert_int_equal(removes, 0);
	state.gcode_state = GCODE_STATE_RUNNING;
	find_link();
	settle();
	assert_int_equal(removes, 0);
	show(GCODE_STATE_IDLE, NULL);
	assert_string_equal(removed, "/bracket-" J1 ".gcode.3mf");
	remove_ends(true);
	assert_string_equal(kept_of(J1)->mine.remote_path, "");
	kept_of(J1)->mine.state = JOB_STAGED; /* one that is to stay there */
	str_copy(kept_of(J1)->mine.remote_path, sizeof kept_of(J1)->mine.remote_path, "/cache/x.gcode.3mf");
	restart_worker();
	find_link();
	settle();
	assert_int_equal(removes, 1);
}

static void
more_leftovers_than_there_is_room_for_go_by_and_by(void **unused)
{
	struct msg_job_mine mine = { .state = JOB_FAILED };

	(void)unused;
	begin("X1C");
	settle();
	for (unsigned i = 0; i < QUEUE_LEFTOVERS_MAX + 1; i++) {
		str_format(mine.id, sizeof mine.id, "j%015u", i);
		str_format(mine.remote_path, sizeof mine.remote_path, "/a-%s.gcode.3mf", mine.id);
		queue_on_mine(&queue, &mine);
	}
	assert_int_equal(queue.leftover_count, QUEUE_LEFTOVERS_MAX);
	look();
	remove_open = false;
	world.exchange_free = true;
	queue_on_removed(&queue, &world, true);
	for (unsigned i = 0; i < QUEUE_LEFTOVERS_MAX; i++) {
		assert_false(list_open);
		assert_true(step_open);
		step_open = false;
		queue_on_step_done(&queue, &world);
	}
	assert_false(step_open);
	assert_true(list_open);
}

/* The store died when it had kept that the upload begins. */
static void
a_file_whose_beginning_was_not_answered_is_cleaned_up_all_the_same(void **unused)
{
	(void)unused;
	begin("X1C");
	submit(J1);
	while (!step_open || open_step.to != JOB_UPLOADING) {
		if (step_open)
			take_step();
		else if (list_open)
			give_list();
		else
			give_plates();
	}
	keep_step();
	refuse_step(REFUSAL_DIED);
	give_list();
	pass(QUEUE_RETRY_FIRST_MS);
	settle();
	put_ends(true);
	assert_string_equal(kept_of(J1)->mine.remote_path, "/bracket-" J1 ".gcode.3mf");
	show(GCODE_STATE_RUNNING, J1);
	show(GCODE_STATE_FINISH, J1);
	settle();
	assert_int_equal(state_of(J1), JOB_DONE);
	assert_string_equal(removed, "/bracket-" J1 ".gcode.3mf");
}

/* Its record has given way to others' meanwhile. */
static void
a_leftover_that_the_store_does_not_know_is_forgotten(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1);
	show(GCODE_STATE_FAILED, J1);
	settle();
	remove_open = false;
	world.exchange_free = true;
	queue_on_removed(&queue, &world, true);
	refuse_step(REFUSAL_NOT_FOUND);
	assert_int_equal(queue.leftover_count, 0);
}

static void
a_leftover_goes_along_with_the_next_upload(void **unused)
{
	(void)unused;
	begin("X1C");
	world.starts_unasked = true;
	run_job(J1);
	show(GCODE_STATE_FINISH, J1);
	settle();
	remove_ends(false);
	submit(J2);
	settle();
	assert_string_equal(put_remove, "/bracket-" J1 ".gcode.3mf");
	put_ends(true);
	assert_int_equal(state_of(J2), JOB_SENT);
	/* A transfer is good whether or not these went: the printer is asked once more. */
	show(GCODE_STATE_RUNNING, J2);
	show(GCODE_STATE_FINISH, J2);
	settle();
	assert_string_equal(removed, "/bracket-" J1 ".gcode.3mf\n/bracket-" J2 ".gcode.3mf");
	remove_ends(true);
	assert_int_equal(queue.leftover_count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_is_being_examined_is_asked_for_again),
		cmocka_unit_test(a_file_that_cannot_be_printed_ends_the_job_in_its_own_words),
		cmocka_unit_test(a_lost_upload_is_tried_again_after_5_30_and_120_seconds),
		cmocka_unit_test(a_printer_that_comes_back_gets_the_file_at_once),
		cmocka_unit_test(an_upload_that_fails_ten_times_ends_the_job),
		cmocka_unit_test(an_upload_that_a_person_must_mend_is_not_tried_again),
		cmocka_unit_test(an_upload_gives_way_to_a_print_where_it_disturbs),
		cmocka_unit_test(a_leftover_is_deleted_while_the_printer_is_idle_and_seldom_tried_in_the_end),
		cmocka_unit_test(a_leftover_of_an_earlier_incarnation_is_deleted_by_the_next),
		cmocka_unit_test(more_leftovers_than_there_is_room_for_go_by_and_by),
		cmocka_unit_test(a_file_whose_beginning_was_not_answered_is_cleaned_up_all_the_same),
		cmocka_unit_test(a_leftover_that_the_store_does_not_know_is_forgotten),
		cmocka_unit_test(a_leftover_goes_along_with_the_next_upload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
