/*
 * What a print job waits for, as stories: its printer's being there, idle and fit before the file is sent; the plate
 * and whatever else holds a start back after that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queue_rig.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_printer_that_is_away_or_busy_is_waited_for),
		cmocka_unit_test(an_old_state_of_the_printer_is_not_believed),
		cmocka_unit_test(an_update_is_waited_for),
		cmocka_unit_test(what_goes_away_at_the_printer_is_waited_for_and_what_does_not_ends_the_job),
		cmocka_unit_test(developer_mode_that_is_off_holds_the_queue_and_burns_no_job),
		cmocka_unit_test(a_plate_that_is_not_clear_holds_the_start_and_not_the_upload),
		cmocka_unit_test(a_print_is_noted_on_the_plate_when_it_begins_and_when_it_ends),
		cmocka_unit_test(a_restored_store_holds_the_start),
		cmocka_unit_test(what_changed_at_the_printer_meanwhile_is_seen_before_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
