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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_names_the_hotends_that_the_job_names),
		cmocka_unit_test(a_start_that_leaves_the_hotend_open_is_not_sent_unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
