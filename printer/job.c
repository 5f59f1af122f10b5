/*
 * job: the table of steps.
 */
#include "printer/job.h"

#include "common/str.h"

/*
 * Rows are where a job stands, columns where it goes, both in the order of JOB_STATES. '+' = it may.
 *
 * What is not plain:
 *	- WAITING goes to UPLOADED, STAGED and ARMED, too: what was waited for may have been the plate, with the file there.
 *	- UPLOADED goes back to UPLOADING (the file is gone from the printer) and to WAITING, ARMED never goes back: once
 *	  the start is decided it is told as it went, and never tried again.
 *	- CANCELLED from ARMED and SENT does not exist: a start that was not sent is NOT_STARTED, one that was sent has begun
 *	  (and is stopped from STARTED or RUNNING, then it is ours), or nobody knows.
 *	- STARTED goes to DONE and FAILED: a short print may be over before it was seen to run.
 *	- UNKNOWN goes wherever the printer's own reports, or a person, say that the job is; never back before the start.
 */
static const char *const steps[] = {
	/* clang-format off */
	[JOB_RECEIVED]    = "+++.........+.+",
	[JOB_CHECKED]     = ".++++.......+.+",
	[JOB_WAITING]     = ".++++++.....+.+",
	[JOB_UPLOADING]   = "..+++.......+.+",
	[JOB_UPLOADED]    = "..+++++.....+.+",
	[JOB_STAGED]      = "...............",
	[JOB_ARMED]       = "......+++...++.",
	[JOB_SENT]        = ".......++...++.",
	[JOB_STARTED]     = "........++++.++",
	[JOB_RUNNING]     = ".........+++.++",
	[JOB_DONE]        = "...............",
	[JOB_FAILED]      = "...............",
	[JOB_NOT_STARTED] = "...............",
	[JOB_UNKNOWN]     = "........+++++++",
	[JOB_CANCELLED]   = "...............",
	/* clang-format on */
};

_Static_assert(STR_ARRAY_LEN(steps) == JOB_STATE_COUNT, "a row for each state");

bool
job_may_step(unsigned from, unsigned to)
{
	return from < JOB_STATE_COUNT && to < JOB_STATE_COUNT && steps[from][to] == '+';
}

bool
job_state_leaves_file(unsigned state)
{
	return job_state_has_ended(state) && state != JOB_STAGED;
}

bool
job_state_is_before_armed(unsigned state)
{
	return state == JOB_RECEIVED || state == JOB_CHECKED || state == JOB_WAITING || state == JOB_UPLOADING ||
	       state == JOB_UPLOADED;
}
