/*
 * common/loop: what is asked for at the end of a turn comes once, after what was ready, and before the loop waits again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/loop.h"

static struct loop *loop;
static struct loop_turn *turn;
static char told[16];

static void
on_turn(void *arg)
{
	(void)arg;
	strcat(told, "t");
	loop_stop(loop);
}

static void
on_ready(void *arg, int fd, unsigned ready)
{
	char byte;

	(void)ready;
	assert_int_equal(read(fd, &byte, 1), 1);
	strcat(told, arg);
	loop_turn_ask(turn);
	loop_turn_ask(turn);
}

static void
it_comes_once_and_last(void **state)
{
	int one[2], other[2];

	(void)state;
	loop = loop_new();
	turn = loop_turn_new(loop, on_turn, NULL);
	assert_int_equal(pipe(one) + pipe(other), 0);
	struct loop_io *ios[] = { loop_io_new(loop, one[0], LOOP_READ, on_ready, (void *)(uintptr_t)"a"),
				  loop_io_new(loop, other[0], LOOP_READ, on_ready, (void *)(uintptr_t)"a") };
	assert_int_equal(write(one[1], "x", 1) + write(other[1], "x", 1), 2);
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(told, "aat");
	/* Asked for from outside of the loop, it does not wait for anything. */
	loop_turn_ask(turn);
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(told, "aatt");
	/* Freed, it does not come. */
	loop_turn_ask(turn);
	loop_turn_free(turn);
	turn = loop_turn_new(loop, on_turn, NULL);
	assert_int_equal(write(one[1], "x", 1), 1);
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(told, "aattat");
	for (int i = 0; i < 2; i++)
		loop_io_free(ios[i]);
	loop_turn_free(turn);
	loop_free(loop);
	for (int i = 0; i < 2; i++)
		close(one[i]), close(other[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(it_comes_once_and_last) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
