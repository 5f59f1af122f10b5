/*
 * A start that was sent and is not seen, as stories: what proves that there is none, and a person who decides where
 * nothing does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queue_rig.h"

/* -- what proves that there is none ----------------------------------------------------------------------- */

static void
reply(uint32_t sequence_id, enum report_result result, const char *reason, bool unsigned_)
{
	struct report_summary summary = { .kind = REPORT_REPLY,
					  .section = "print",
					  .sequence_id = sequence_id,
					  .result = result,
					  .refused_unsigned = unsigned_ };

	str_copy(summary.command, sizeof summary.command, "project_file");
	str_copy(summary.reason, sizeof summary.reason, reason);
	queue_on_report(&queue, &world, &summary);
	settle();
}

static void
a_refusal_ends_the_job(void **unused)
{
	(void)unused;
	begin("X1C");
	send_job(J1);
	reply(published_sequence, REPORT_RESULT_SUCCESS, "success", false);
	assert_int_equal(state_of(J1), JOB_SENT); /* it says that it was read, no more */
	reply(published_sequence + 1, REPORT_RESULT_FAIL, "other", false);
	assert_int_equal(state_of(J1), JOB_SENT); /* of another command */
	reply(published_sequence, REPORT_RESULT_FAIL, "no way", false);
	assert_int_equal(state_of(J1), JOB_NOT_STARTED);
	assert_string_equal(fault_of(J1), "start-refused");
	assert_non_null(strstr(kept_of(J1)->sentence, "no way"));

	begin("X1C");
	send_job(J1);
	reply(published_sequence, REPORT_RESULT_FAIL, "mqtt message verify failed", true);
	assert_string_equal(fault_of(J1), "developer-mode-off");
}

static void
a_new_error_of_a_start_ends_the_job_and_an_old_one_does_not(void **unused)
{
	(void)unused;
	begin("X1C");
	state.print_error = 0x05004003;
	state.gcode_state = GCODE_STATE_FAILED;
	send_job(J1);
	report(REPORT_FULL);
	settle();
	pass(100000);
	settle();
	assert_int_equal(state_of(J1), JOB_SENT);
	state.print_error = 0x07ff8012;
	report(REPORT_DELTA);
	settle();
	assert_int_equal(state_of(J1), JOB_NOT_STARTED);
	assert_string_equal(fault_of(J1), "start-mapping");

	begin("X1C"); /* and over a restart */
	state.print_error = 0x05004003;
	send_job(J1);
	restart_worker();
	find_link();
	settle();
	assert_int_equal(state_of(J1), JOB_SENT);
	state.print_error = 0x05004006;
	report(REPORT_DELTA);
	settle();
	assert_string_equal(fault_of(J1), "start-no-space");
}

static void
developer_mode_off_explains_a_start_that_never_comes(void **unused)
{
	(void)unused;
	begin("X1C");
	send_job(J1);
	state.hms[0] = (struct hms_entry){ 0x05000500, 0x00010007 };
	state.hms_count = 1;
	show(GCODE_STATE_IDLE, J1);
	pass(QUEUE_START_MS);
	settle();
	assert_int_equal(state_of(J1), JOB_NOT_STARTED);
	assert_string_equal(fault_of(J1), "developer-mode-off");
}

static void
a_printer_that_is_lost_during_the_start_is_unknown(void **unused)
{
	(void)unused;
	begin("X1C");
	send_job(J1);
	lose_link();
	pass(QUEUE_START_MS);
	settle();
	assert_int_equal(state_of(J1), JOB_UNKNOWN);
	assert_string_equal(fault_of(J1), "lost-sight");
	find_link(); /* it comes back idle: nobody knows */
	settle();
	assert_int_equal(state_of(J1), JOB_UNKNOWN);
}

static void
a_restarted_worker_gives_the_printer_its_time_from_when_it_is_heard(void **unused)
{
	(void)unused;
	begin("X1C");
	send_job(J1);
	restart_worker();
	pass(170000); /* the link takes long */
	find_link();
	pass(170000);
	settle();
	assert_int_equal(state_of(J1), JOB_SENT);
	pass(10000);
	settle();
	assert_int_equal(state_of(J1), JOB_UNKNOWN);
}

/* -- a person decides ------------------------------------------------------------------------------------ */

static void
a_persons_word_is_followed(void **unused)
{
	static const struct {
		enum job_resolution resolution;
		enum job_state state;
	} words[] = { { JOB_RESOLUTION_NOT_STARTED, JOB_NOT_STARTED },
		      { JOB_RESOLUTION_STARTED, JOB_STARTED },
		      { JOB_RESOLUTION_DONE, JOB_DONE },
		      { JOB_RESOLUTION_FAILED, JOB_FAILED } };

	(void)unused;
	for (unsigned i = 0; i < STR_ARRAY_LEN(words); i++) {
		begin("X1C");
		send_job(J1);
		pass(QUEUE_START_MS);
		settle();
		resolve(J1, words[i].resolution);
		assert_int_equal(state_of(J1), words[i].state);
		assert_int_equal(publishes, 1);
	}
}

static void
a_persons_word_is_of_one_time_that_nobody_knew(void **unused)
{
	(void)unused;
	begin("X1C");
	send_job(J1);
	pass(QUEUE_START_MS);
	settle();
	resolve(J1, JOB_RESOLUTION_STARTED);
	assert_int_equal(state_of(J1), JOB_STARTED);
	pass(QUEUE_SETTLE_MS); /* it is idle all the same: nobody saw an end */
	pass(QUEUE_SETTLE_MS);
	settle();
	assert_int_equal(state_of(J1), JOB_UNKNOWN);
	restart_worker();
	find_link();
	settle();
	assert_int_equal(state_of(J1), JOB_UNKNOWN);
	resolve(J1, JOB_RESOLUTION_STARTED); /* the same word, of the second time */
	assert_int_equal(state_of(J1), JOB_STARTED);
	assert_int_equal(publishes, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_persons_word_is_of_one_time_that_nobody_knew),
		cmocka_unit_test(a_refusal_ends_the_job),
		cmocka_unit_test(a_new_error_of_a_start_ends_the_job_and_an_old_one_does_not),
		cmocka_unit_test(developer_mode_off_explains_a_start_that_never_comes),
		cmocka_unit_test(a_printer_that_is_lost_during_the_start_is_unknown),
		cmocka_unit_test(a_restarted_worker_gives_the_printer_its_time_from_when_it_is_heard),
		cmocka_unit_test(a_persons_word_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
