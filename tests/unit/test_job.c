/*
 * Which steps a job may take: every pair of states.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/str.h"
#include "printer/job.h"

/* What the table of printer/job.c must allow, as sentences; all else it must refuse. */
static const struct {
	enum job_state from;
	enum job_state to[9]; /* ends with RECEIVED, where nothing goes but RECEIVED itself */
} allowed[] = {
	{ JOB_RECEIVED, { JOB_CHECKED, JOB_WAITING, JOB_NOT_STARTED, JOB_CANCELLED } },
	{ JOB_CHECKED,
	  { JOB_CHECKED, JOB_WAITING, JOB_UPLOADING, JOB_UPLOADED, JOB_NOT_STARTED, JOB_CANCELLED } },
	{ JOB_WAITING,
	  { JOB_CHECKED, JOB_WAITING, JOB_UPLOADING, JOB_UPLOADED, JOB_STAGED, JOB_ARMED, JOB_NOT_STARTED,
	    JOB_CANCELLED } },
	{ JOB_UPLOADING, { JOB_WAITING, JOB_UPLOADING, JOB_UPLOADED, JOB_NOT_STARTED, JOB_CANCELLED } },
	{ JOB_UPLOADED,
	  { JOB_WAITING, JOB_UPLOADING, JOB_UPLOADED, JOB_STAGED, JOB_ARMED, JOB_NOT_STARTED,
	    JOB_CANCELLED } },
	{ JOB_ARMED, { JOB_ARMED, JOB_SENT, JOB_STARTED, JOB_NOT_STARTED, JOB_UNKNOWN } },
	{ JOB_SENT, { JOB_SENT, JOB_STARTED, JOB_NOT_STARTED, JOB_UNKNOWN } },
	{ JOB_STARTED, { JOB_STARTED, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_UNKNOWN, JOB_CANCELLED } },
	{ JOB_RUNNING, { JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_UNKNOWN, JOB_CANCELLED } },
	{ JOB_UNKNOWN,
	  { JOB_STARTED, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_NOT_STARTED, JOB_UNKNOWN, JOB_CANCELLED } },
};

static bool
is_allowed(enum job_state from, enum job_state to)
{
	if (from == JOB_RECEIVED && to == JOB_RECEIVED)
		return true;
	for (size_t i = 0; i < STR_ARRAY_LEN(allowed); i++)
		for (size_t j = 0; allowed[i].from == from && allowed[i].to[j] != JOB_RECEIVED; j++)
			if (allowed[i].to[j] == to)
				return true;
	return false;
}

static void
every_pair_of_states_is_as_it_should_be(void **state)
{
	(void)state;
	for (unsigned from = 0; from < JOB_STATE_COUNT; from++)
		for (unsigned to = 0; to < JOB_STATE_COUNT; to++)
			if (job_may_step(from, to) != is_allowed(from, to))
				fail_msg("%s to %s", job_state_name(from), job_state_name(to));
}

static void
what_has_ended_stays_as_it_is_and_the_rest_can_end(void **state)
{
	(void)state;
	for (unsigned from = 0; from < JOB_STATE_COUNT; from++) {
		bool moves = false, ends = false;
		for (unsigned to = 0; to < JOB_STATE_COUNT; to++) {
			moves |= job_may_step(from, to);
			ends |= job_may_step(from, to) && job_state_has_ended(to);
		}
		assert_int_equal(moves, !job_state_has_ended(from));
		assert_int_equal(ends, !job_state_has_ended(from));
	}
}

/* Exactly once: no way leads from a decided start to another one. */
static void
no_way_leads_from_a_decided_start_back_before_it(void **state)
{
	bool reached[JOB_STATE_COUNT] = { [JOB_ARMED] = true };

	(void)state;
	for (unsigned rounds = 0; rounds < JOB_STATE_COUNT; rounds++)
		for (unsigned from = 0; from < JOB_STATE_COUNT; from++)
			for (unsigned to = 0; to < JOB_STATE_COUNT && reached[from]; to++)
				reached[to] |= job_may_step(from, to);
	for (unsigned at = 0; at < JOB_STATE_COUNT; at++)
		assert_false(reached[at] && job_state_is_before_armed(at));
	assert_true(reached[JOB_DONE] && reached[JOB_UNKNOWN]);
	assert_false(job_may_step(JOB_SENT, JOB_ARMED) || job_may_step(JOB_UNKNOWN, JOB_ARMED) ||
		     job_may_step(JOB_UNKNOWN, JOB_SENT));
}

static void
what_is_no_state_goes_nowhere(void **state)
{
	(void)state;
	assert_false(job_may_step(JOB_STATE_COUNT, JOB_STATE_COUNT));
	assert_false(job_may_step(JOB_RECEIVED, UINT32_MAX));
	assert_false(job_may_step(UINT32_MAX, JOB_CHECKED));
	assert_false(job_state_is_before_armed(JOB_STATE_COUNT));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_of_states_is_as_it_should_be),
		cmocka_unit_test(what_has_ended_stays_as_it_is_and_the_rest_can_end),
		cmocka_unit_test(no_way_leads_from_a_decided_start_back_before_it),
		cmocka_unit_test(what_is_no_state_goes_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
