/*
 * The print jobs of one printer, as stories: from the order to the printed thing, and everything that can come between.
 * No network, no disk, no clock. What follows a start: test_queue_start.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queue_rig.h"

#define J1 "j000000000000001"
#define J2 "j000000000000002"
#define J3 "j000000000000003"

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

/* -- waiting for the printer --------------------------------------------------------------------------- */

static void
a_printer_that_is_away_or_busy_is_waited_for(void **unused)
{
	(void)unused;
	begin("P1S");
	lose_link();
	submit(J1);
	settle();
	assert_int_equal(state_of(J1), JOB_WAITING);
	assert_string_equal(fault_of(J1), "not-linked");
	state.gcode_state = GCODE_STATE_RUNNING; /* somebody's own print */
	find_link();
	settle();
	assert_string_equal(fault_of(J1), "printer-busy");
	pass(3600000);
	report(REPORT_DELTA);
	settle();
	assert_int_equal(uploads, 0);
	show(GCODE_STATE_FAILED, NULL);
	settle();
	assert_int_equal(state_of(J1), JOB_UPLOADING);
	assert_int_equal(stops + removes, 0);
}

static void
an_old_state_of_the_printer_is_not_believed(void **unused)
{
	(void)unused;
	begin("P1S");
	lose_link();
	submit(J1);
	settle();
	world.online = true; /* a small report came, and says nothing of what the printer does */
	report(REPORT_DELTA);
	settle();
	assert_string_equal(fault_of(J1), "not-told");
	assert_int_equal(uploads, 0);
	pass(QUEUE_KNOW_MS);
	settle();
	assert_int_equal(fulls, 1);
	report(REPORT_FULL);
	settle();
	assert_int_equal(uploads, 1);
}

static void
an_update_is_waited_for(void **unused)
{
	(void)unused;
	begin("X1C");
	str_copy(state.upgrade_status, sizeof state.upgrade_status, "FLASHING");
	submit(J1);
	settle();
	assert_string_equal(fault_of(J1), "upgrading");
	str_copy(state.upgrade_status, sizeof state.upgrade_status, "IDLE");
	report(REPORT_FULL);
	settle();
	assert_int_equal(uploads, 1);
}

static void
what_goes_away_at_the_printer_is_waited_for_and_what_does_not_ends_the_job(void **unused)
{
	(void)unused;
	begin("X1C");
	state.storage = state.sdcard = STORAGE_NONE;
	submit(J1);
	settle();
	assert_int_equal(state_of(J1), JOB_WAITING);
	assert_string_equal(fault_of(J1), "no-storage");
	assert_true(kept_of(J1)->remedy[0] != '\0');
	pass(60000);
	report(REPORT_DELTA);
	settle();
	assert_int_equal(uploads, 0);
	state.storage = state.sdcard = STORAGE_NORMAL;
	report(REPORT_DELTA);
	settle();
	assert_int_equal(state_of(J1), JOB_UPLOADING);
	put_ends(true);
	assert_int_equal(publishes, 1);

	begin("X1C");
	str_copy(plates.model, sizeof plates.model, "A1-mini");
	submit(J1);
	settle();
	assert_int_equal(state_of(J1), JOB_NOT_STARTED);
	assert_string_equal(fault_of(J1), "other-model");
	assert_non_null(strstr(kept_of(J1)->evidence, "other-model"));
	assert_int_equal(uploads, 0);
}

static void
developer_mode_that_is_off_holds_the_queue_and_burns_no_job(void **unused)
{
	(void)unused;
	begin("X1C");
	world.developer_mode = TRI_NO;
	submit(J1);
	submit(J2);
	settle();
	assert_string_equal(fault_of(J1), "developer-mode-off");
	assert_int_equal(state_of(J1), JOB_WAITING);
	assert_int_equal(state_of(J2), JOB_WAITING);
	world.developer_mode = TRI_YES;
	report(REPORT_FULL);
	settle();
	assert_int_equal(state_of(J1), JOB_UPLOADING);
}

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

/* -- the plate, and other things that hold a start back ---------------------------------------------------------- */

static void
a_plate_that_is_not_clear_holds_the_start_and_not_the_upload(void **unused)
{
	(void)unused;
	begin("X1C");
	world.plate_used = true;
	submit(J1);
	settle();
	put_ends(true);
	assert_int_equal(state_of(J1), JOB_UPLOADED);
	assert_string_equal(fault_of(J1), "plate-not-clear");
	pass(7200000);
	report(REPORT_FULL);
	settle();
	assert_int_equal(publishes, 0);
	world.plate_used = false;
	look();
	settle();
	assert_int_equal(publishes, 1);

	begin("X1C");
	world.plate_used = true;
	world.starts_unasked = true;
	send_job(J1);
	assert_int_equal(publishes, 1);
}

static void
a_print_is_noted_on_the_plate_when_it_begins_and_when_it_ends(void **unused)
{
	(void)unused;
	begin("X1C");
	show(GCODE_STATE_PREPARE, NULL); /* at the printer's own screen */
	assert_int_equal(notes, 1);
	settle();
	show(GCODE_STATE_RUNNING, NULL);
	show(GCODE_STATE_PAUSE, NULL);
	assert_int_equal(notes, 1);
	show(GCODE_STATE_FINISH, NULL);
	assert_int_equal(notes, 1); /* it is known */

	begin("X1C");
	show(GCODE_STATE_RUNNING, NULL);
	settle();
	world.plate_used = false; /* "it is clear", says somebody, and it prints on */
	show(GCODE_STATE_RUNNING, NULL);
	assert_int_equal(notes, 1);
	show(GCODE_STATE_FINISH, NULL);
	assert_int_equal(notes, 2);
	notes_stay_open = true; /* not on disk yet: the plate counts as used all the same */
	submit(J1);
	settle();
	put_ends(true);
	assert_string_equal(fault_of(J1), "plate-not-clear");
	assert_int_equal(publishes, 0);
}

static void
a_restored_store_holds_the_start(void **unused)
{
	(void)unused;
	begin("X1C");
	world.store_holds = true;
	submit(J1);
	settle();
	put_ends(true);
	assert_string_equal(fault_of(J1), "store-holds");
	assert_int_equal(publishes, 0);
	world.store_holds = false;
	look();
	settle();
	assert_int_equal(publishes, 1);
}

static void
what_changed_at_the_printer_meanwhile_is_seen_before_the_start(void **unused)
{
	(void)unused;
	begin("X1C");
	submit(J1);
	settle();
	state.storage = state.sdcard = STORAGE_READ_ONLY;
	put_ends(true);
	assert_int_equal(state_of(J1), JOB_UPLOADED);
	assert_string_equal(fault_of(J1), "storage-bad");
	assert_int_equal(publishes, 0);
	state.storage = state.sdcard = STORAGE_NORMAL;
	report(REPORT_DELTA);
	settle();
	assert_int_equal(publishes, 1);
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
		cmocka_unit_test(a_printer_that_is_away_or_busy_is_waited_for),
		cmocka_unit_test(an_old_state_of_the_printer_is_not_believed),
		cmocka_unit_test(an_update_is_waited_for),
		cmocka_unit_test(what_goes_away_at_the_printer_is_waited_for_and_what_does_not_ends_the_job),
		cmocka_unit_test(developer_mode_that_is_off_holds_the_queue_and_burns_no_job),
		cmocka_unit_test(a_file_that_is_being_examined_is_asked_for_again),
		cmocka_unit_test(a_file_that_cannot_be_printed_ends_the_job_in_its_own_words),
		cmocka_unit_test(a_lost_upload_is_tried_again_after_5_30_and_120_seconds),
		cmocka_unit_test(a_printer_that_comes_back_gets_the_file_at_once),
		cmocka_unit_test(an_upload_that_fails_ten_times_ends_the_job),
		cmocka_unit_test(an_upload_that_a_person_must_mend_is_not_tried_again),
		cmocka_unit_test(an_upload_gives_way_to_a_print_where_it_disturbs),
		cmocka_unit_test(a_plate_that_is_not_clear_holds_the_start_and_not_the_upload),
		cmocka_unit_test(a_print_is_noted_on_the_plate_when_it_begins_and_when_it_ends),
		cmocka_unit_test(a_restored_store_holds_the_start),
		cmocka_unit_test(what_changed_at_the_printer_meanwhile_is_seen_before_the_start),
		cmocka_unit_test(a_job_is_cancelled_wherever_it_stands_before_its_start),
		cmocka_unit_test(a_leftover_is_deleted_while_the_printer_is_idle_and_seldom_tried_in_the_end),
		cmocka_unit_test(a_leftover_of_an_earlier_incarnation_is_deleted_by_the_next),
		cmocka_unit_test(more_leftovers_than_there_is_room_for_go_by_and_by),
		cmocka_unit_test(a_file_whose_beginning_was_not_answered_is_cleaned_up_all_the_same),
		cmocka_unit_test(a_leftover_that_the_store_does_not_know_is_forgotten),
		cmocka_unit_test(a_leftover_goes_along_with_the_next_upload),
		cmocka_unit_test(a_job_that_was_on_its_way_begins_again_from_zero),
		cmocka_unit_test(a_file_that_is_there_is_looked_at_and_sent_again_only_if_it_must_be),
		cmocka_unit_test(a_job_that_waits_goes_on_after_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
