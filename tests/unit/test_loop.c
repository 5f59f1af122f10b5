/*
 * Timers fire in the order of their deadlines, never before them, and leave descriptors their turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/loop.h"

static struct loop *loop;
static char told[64];

/* What a timer is to do besides telling its name. */
struct part {
	char name;
	int64_t due_ms;
	struct loop_timer *timer, *other;
	void (*act)(struct part *part);
};

static void
on_time(void *arg)
{
	struct part *part = arg;

	assert_true(clock_monotonic_ms() >= part->due_ms);
	strncat(told, &part->name, 1);
	if (part->act != NULL)
		part->act(part);
}

static struct part
new_part(char name)
{
	return (struct part){ .name = name };
}

static void
set(struct part *part, int64_t after_ms)
{
	if (part->timer == NULL)
		part->timer = loop_timer_new(loop, on_time, part);
	part->due_ms = clock_monotonic_ms() + after_ms;
	loop_timer_set(part->timer, after_ms);
}

static void
stop(struct part *part)
{
	(void)part;
	loop_stop(loop);
}

static int
set_up(void **state)
{
	(void)state;
	loop = loop_new();
	told[0] = '\0';
	return loop == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

static void
test_they_fire_by_their_deadlines(void **state)
{
	struct part a = new_part('a'), b = new_part('b'), c = new_part('c'), d = new_part('d');

	(void)state;
	d.act = stop;
	set(&d, 9);
	set(&b, 3);
	set(&a, 0);
	set(&c, 6);
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(told, "abcd");
	loop_timer_free(a.timer);
	loop_timer_free(b.timer);
	loop_timer_free(c.timer);
	loop_timer_free(d.timer);
}

static void
test_one_that_is_set_again_moves(void **state)
{
	struct part moved = new_part('m'), sooner = new_part('s'), last = new_part('l');

	(void)state;
	last.act = stop;
	set(&moved, 1);
	set(&sooner, 60000);
	set(&moved, 8); /* what the clock was set to for it passes unseen */
	set(&sooner, 4);
	set(&last, 12);
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(told, "sml");
	loop_timer_free(moved.timer);
	loop_timer_free(sooner.timer);
	loop_timer_free(last.timer);
}

static void
cancel_other(struct part *part)
{
	loop_timer_cancel(part->other);
}

static void
free_other(struct part *part)
{
	loop_timer_free(part->other);
}

static void
test_one_may_cancel_or_free_another_that_is_due(void **state)
{
	struct part first = new_part('1'), second = new_part('2'), third = new_part('3'), fourth = new_part('4'),
		    last = new_part('l');

	(void)state;
	first.act = cancel_other;
	third.act = free_other;
	last.act = stop;
	set(&first, 0);
	set(&second, 0);
	set(&third, 0);
	set(&fourth, 0);
	first.other = second.timer;
	third.other = fourth.timer;
	set(&last, 2);
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(told, "13l");
	loop_timer_free(first.timer);
	loop_timer_free(second.timer);
	loop_timer_free(third.timer);
	loop_timer_free(last.timer);
}

static void
test_none_fires_once_the_loop_is_stopped(void **state)
{
	struct part first = new_part('1'), second = new_part('2');

	(void)state;
	first.act = second.act = stop;
	set(&first, 0);
	set(&second, 0);
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(told, "1");
	assert_int_equal(loop_run(loop), 0); /* it was not forgotten */
	assert_string_equal(told, "12");
	loop_timer_free(first.timer);
	loop_timer_free(second.timer);
}

static void
set_again(struct part *part)
{
	loop_timer_set(part->timer, 0);
}

static void
on_readable(void *arg, int fd, unsigned ready)
{
	char byte;

	(void)arg;
	assert_int_equal(ready, LOOP_READ);
	assert_int_equal(read(fd, &byte, 1), 1);
	loop_stop(loop);
}

static void
test_one_that_is_always_due_starves_no_descriptor(void **state)
{
	struct part restless = new_part('r');
	int ends[2];

	(void)state;
	restless.act = set_again;
	assert_int_equal(pipe(ends), 0);
	struct loop_io *io = loop_io_new(loop, ends[0], LOOP_READ, on_readable, NULL);
	set(&restless, 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(loop_run(loop), 0);
	loop_io_free(io);
	loop_timer_free(restless.timer);
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_they_fire_by_their_deadlines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_that_is_set_again_moves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_may_cancel_or_free_another_that_is_due, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_none_fires_once_the_loop_is_stopped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_that_is_always_due_starves_no_descriptor, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
