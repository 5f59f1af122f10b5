/*
 * Whether there is a print on the plate, also where nobody looked: Fuse was off or the link was down while somebody
 * printed at the printer's screen; Fuse was started anew again and again; the plate was cleared meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queue_rig.h"

#define J1 "j000000000000001"
#define J2 "j000000000000002"

/* What the printer shows of a print that Fuse did not start. */
static void
shows(enum gcode_state gcode_state, const char *subtask_id, const char *name)
{
	state.gcode_state = gcode_state;
	str_copy(state.subtask_id, sizeof state.subtask_id, subtask_id);
	str_copy(state.subtask_name, sizeof state.subtask_name, name);
	str_copy(state.file, sizeof state.file, "");
}

/* Fuse is off, and is there again. */
static void
restart(void)
{
	restart_worker();
	find_link();
	settle();
}

/* A person takes the print off and says so. */
static void
clear_plate(void)
{
	world.plate_used = false;
	look();
	settle();
}

/* A job is ordered, and its file goes up: it starts, or waits for the plate. */
static void
waits_for_the_plate(const char *id)
{
	submit(id);
	settle();
	put_ends(true);
	assert_int_equal(state_of(id), JOB_UPLOADED);
	assert_string_equal(fault_of(id), "plate-not-clear");
	assert_int_equal(publishes, 0);
}

static void
a_print_that_came_and_went_while_fuse_was_off_is_on_the_plate(void **unused)
{
	static const enum gcode_state ends[] = { GCODE_STATE_FINISH, GCODE_STATE_FAILED };

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		begin("X1C");
		shows(ends[i], "4711", "from the screen");
		restart();
		assert_int_equal(notes, 1);
		waits_for_the_plate(J1);
		clear_plate();
		assert_int_equal(state_of(J1), JOB_SENT);
	}
}

static void
a_print_that_came_and_went_while_the_link_was_down_is_on_the_plate(void **unused)
{
	(void)unused;
	begin("P1S");
	lose_link();
	shows(GCODE_STATE_FINISH, "0", "from the screen");
	find_link();
	settle();
	assert_int_equal(notes, 1);
	waits_for_the_plate(J1);
}

/* A job that waits with its file there is not started in the moment of the first report. */
static void
a_job_that_waits_does_not_start_before_the_plate_is_thought_of(void **unused)
{
	(void)unused;
	begin("X1C");
	submit(J1);
	settle();
	put_ends(false);
	lose_link();
	shows(GCODE_STATE_FINISH, "4711", "from the screen");
	notes_stay_open = true; /* the store is slow */
	find_link();
	settle();
	put_ends(true);
	assert_string_equal(fault_of(J1), "plate-not-clear");
	assert_int_equal(publishes, 0);
}

static void
a_plate_that_was_cleared_stays_clear_however_often_fuse_starts_anew(void **unused)
{
	(void)unused;
	begin("X1C");
	run_job(J1);
	show(GCODE_STATE_FINISH, J1);
	settle();
	assert_int_equal(state_of(J1), JOB_DONE);
	clear_plate();
	for (unsigned i = 0; i < 3; i++)
		restart();
	lose_link();
	find_link();
	settle();
	assert_false(world.plate_used);
	publishes = 0;
	submit(J2);
	settle();
	remove_ends(true);
	put_ends(true);
	assert_int_equal(state_of(J2), JOB_SENT);
	assert_int_equal(publishes, 1);
}

/* … and the next print at the screen is another one. */
static void
of_two_prints_at_the_screen_the_second_counts_anew(void **unused)
{
	(void)unused;
	begin("P1S");
	shows(GCODE_STATE_FINISH, "0", "one");
	restart();
	clear_plate();
	restart();
	assert_false(world.plate_used);
	shows(GCODE_STATE_FINISH, "0", "another");
	restart();
	assert_true(world.plate_used);
	assert_int_equal(notes, 2);
}

/* It was seen to begin, and a second one that nobody saw began after it: what is kept is of the second. */
static void
the_last_print_is_known_also_while_the_plate_was_used_already(void **unused)
{
	(void)unused;
	begin("X1C");
	shows(GCODE_STATE_RUNNING, "4711", "one");
	report(REPORT_DELTA);
	settle();
	assert_true(world.plate_used);
	shows(GCODE_STATE_FINISH, "4711", "one");
	report(REPORT_DELTA);
	settle();
	shows(GCODE_STATE_RUNNING, "4712", "two");
	report(REPORT_DELTA);
	settle();
	shows(GCODE_STATE_FINISH, "4712", "two");
	report(REPORT_DELTA);
	settle();
	clear_plate();
	restart();
	assert_false(world.plate_used);
}

/* Known to Fuse for the first time, at the end of a print of which nothing is known. */
static void
a_printer_that_is_new_here_may_have_a_print_on_its_plate(void **unused)
{
	static const struct {
		enum gcode_state state;
		const char *id, *name;
		bool used;
	} met[] = {
		{ GCODE_STATE_IDLE, "4711", "old", false }, { GCODE_STATE_FINISH, "4711", "old", true },
		{ GCODE_STATE_FAILED, "0", "old", true },   { GCODE_STATE_FINISH, "0", "", true },
		{ GCODE_STATE_FINISH, "", "", true },
	};

	(void)unused;
	for (size_t i = 0; i < STR_ARRAY_LEN(met); i++) {
		begin("A1");
		shows(met[i].state, met[i].id, met[i].name);
		restart();
		assert_int_equal(world.plate_used, met[i].used);
	}
}

/* Some forget what their print was called: that alone is no other print. */
static void
a_print_whose_name_is_forgotten_is_no_other_one(void **unused)
{
	(void)unused;
	begin("A1");
	shows(GCODE_STATE_FINISH, "0", "old");
	restart();
	clear_plate();
	shows(GCODE_STATE_FINISH, "0", "");
	restart();
	assert_false(world.plate_used);
}

static void
a_printer_that_starts_unasked_is_not_kept_back(void **unused)
{
	(void)unused;
	begin("X1C");
	world.starts_unasked = true;
	shows(GCODE_STATE_FINISH, "4711", "from the screen");
	restart();
	send_job(J1);
}

/* In the moment between the decision and the sending somebody prints at the screen, and it fails at once. */
static void
a_print_that_was_over_before_the_start_was_sent_keeps_it_back(void **unused)
{
	(void)unused;
	begin("X1C");
	submit(J1);
	settle();
	put_open = false;
	world.exchange_free = true;
	queue_on_put_end(&queue, &world,
			 &(struct msg_ftp_result){ .good = true, .sent_bytes = SIZE, .remote_bytes = SIZE });
	take_step(); /* uploaded */
	give_plates();
	assert_int_equal(open_step.to, JOB_ARMED);
	notes_stay_open = true;
	shows(GCODE_STATE_PREPARE, "4711", "from the screen");
	report(REPORT_DELTA);
	shows(GCODE_STATE_FAILED, "4711", "from the screen");
	report(REPORT_DELTA);
	take_step();
	settle();
	assert_int_equal(publishes, 0);
	assert_int_equal(state_of(J1), JOB_NOT_STARTED);
	assert_string_equal(fault_of(J1), "printer-taken");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_print_that_came_and_went_while_fuse_was_off_is_on_the_plate),
		cmocka_unit_test(a_print_that_came_and_went_while_the_link_was_down_is_on_the_plate),
		cmocka_unit_test(a_job_that_waits_does_not_start_before_the_plate_is_thought_of),
		cmocka_unit_test(a_plate_that_was_cleared_stays_clear_however_often_fuse_starts_anew),
		cmocka_unit_test(of_two_prints_at_the_screen_the_second_counts_anew),
		cmocka_unit_test(the_last_print_is_known_also_while_the_plate_was_used_already),
		cmocka_unit_test(a_printer_that_is_new_here_may_have_a_print_on_its_plate),
		cmocka_unit_test(a_print_whose_name_is_forgotten_is_no_other_one),
		cmocka_unit_test(a_printer_that_starts_unasked_is_not_kept_back),
		cmocka_unit_test(a_print_that_was_over_before_the_start_was_sent_keeps_it_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
