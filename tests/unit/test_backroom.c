/*
 * stored/backroom: jobs are done beside the loop in the order of their coming, as many as may wait, and nothing of them is
 * left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <pthread.h>

#include <cmocka.h>

#include "stored/backroom.h"

#define JOBS_MAX 3

struct job {
	unsigned number;
	pthread_t done_by;
};

static struct loop *loop;
static struct backroom *room;
static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER; /* who works waits for it */
static unsigned done[10], done_count, awaited;
static const struct job *last;

static void
work(void *arg)
{
	struct job *job = arg;

	pthread_mutex_lock(&door);
	pthread_mutex_unlock(&door);
	job->done_by = pthread_self();
}

static void
on_done(void *arg, const void *message)
{
	const struct job *job = message;

	assert_ptr_equal(arg, &loop);
	assert_false(pthread_equal(job->done_by, pthread_self()));
	done[done_count++] = job->number;
	last = job;
	if (done_count == awaited)
		loop_stop(loop);
}

static const struct backroom_trade trade = { "test", "no thread for tests is to be had", sizeof(struct job), JOBS_MAX, work };

static bool
add(unsigned number)
{
	return backroom_add(room, &(struct job){ .number = number });
}

static void
run_until(unsigned count)
{
	awaited = count;
	loop_run(loop);
	assert_int_equal(done_count, count);
}

/* The room is of the process: so are these stories of it. */
static void
jobs_are_done_in_order_beside_the_loop(void **state)
{
	(void)state;
	loop = loop_new();
	room = backroom_new(loop, &trade, on_done, &loop);
	assert_non_null(room);
	for (unsigned n = 1; n <= 5; n++) {
		assert_true(add(n));
		run_until(n);
		assert_int_equal(done[n - 1], n);
	}
}

static void
no_more_wait_than_may(void **state)
{
	(void)state;
	pthread_mutex_lock(&door);
	done_count = 0;
	assert_true(add(6) && add(7) && add(8));
	assert_false(add(9));
	pthread_mutex_unlock(&door);
	run_until(3);
	assert_int_equal(done[0], 6);
	assert_int_equal(done[2], 8);
	assert_true(add(10));
	run_until(4);
}

static void
nothing_is_left_of_a_job_that_was_handed_on(void **state)
{
	static const struct job nothing;

	(void)state;
	assert_memory_equal(last, &nothing, sizeof nothing);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_are_done_in_order_beside_the_loop),
		cmocka_unit_test(no_more_wait_than_may),
		cmocka_unit_test(nothing_is_left_of_a_job_that_was_handed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
