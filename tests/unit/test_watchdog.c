/*
 * The watchdog: what counts as silence, and what does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "supervisor/spawn.h"
#include "supervisor/watchdog.h"

#define WARN_MS 5000
#define HANG_MS 10000

static struct watchdog dog;

static enum watchdog_verdict
tick(int64_t elapsed_ms)
{
	return watchdog_tick(&dog, elapsed_ms, WARN_MS, HANG_MS);
}

static void
who_answers_is_fine_for_ever(void **state)
{
	(void)state;
	watchdog_init(&dog);
	for (int i = 0; i < 100000; i++) {
		assert_int_equal(tick(1000), WATCHDOG_FINE);
		watchdog_pong(&dog, dog.sequence);
	}
}

static void
silence_is_warned_of_once_and_then_ends_it(void **state)
{
	int warnings = 0, ticks = 0;

	(void)state;
	watchdog_init(&dog);
	tick(1000); /* the first ping goes out here */
	for (;;) {
		enum watchdog_verdict verdict = tick(1000);
		ticks++;
		warnings += verdict == WATCHDOG_WARN;
		if (verdict == WATCHDOG_WARN)
			assert_int_equal(ticks, 5);
		if (verdict == WATCHDOG_HUNG)
			break;
	}
	assert_int_equal(ticks, 10);
	assert_int_equal(warnings, 1);
}

static void
a_late_answer_ends_the_silence(void **state)
{
	(void)state;
	watchdog_init(&dog);
	for (int i = 0; i < 8; i++)
		tick(1000);
	assert_true(watchdog_pong(&dog, 3)); /* any ping of ours: it lives */
	assert_int_equal(dog.silent_ms, 0);
	assert_int_equal(tick(1000), WATCHDOG_FINE);
}

static void
sleep_of_the_machine_is_not_silence(void **state)
{
	(void)state;
	watchdog_init(&dog);
	tick(1000);
	for (int i = 0; i < 8; i++)
		assert_int_not_equal(tick(3600000), WATCHDOG_HUNG); /* eight naps of an hour are eight seconds */
	assert_int_equal(dog.silent_ms, 8000);
}

static void
an_answer_to_a_ping_that_was_never_sent_is_none(void **state)
{
	(void)state;
	watchdog_init(&dog);
	tick(1000);
	tick(1000);
	assert_false(watchdog_pong(&dog, 77));
	assert_false(watchdog_pong(&dog, 0));
	assert_int_equal(dog.silent_ms, 1000);
}

static void
counting_survives_the_wrap_of_the_sequence(void **state)
{
	(void)state;
	watchdog_init(&dog);
	dog.sequence = dog.answered = UINT32_MAX - 1;
	for (int i = 0; i < 5; i++) {
		tick(1000);
		watchdog_pong(&dog, dog.sequence);
		assert_int_equal(dog.silent_ms, 0);
	}
	assert_int_equal(dog.sequence, 3);
}

static void
who_speaks_by_itself_is_not_asked_but_must_answer_what_it_was_asked(void **state)
{
	(void)state;
	watchdog_init(&dog);
	for (int i = 0; i < 20; i++) {
		watchdog_heard(&dog);
		assert_int_equal(tick(1000), WATCHDOG_SPEAKS);
	}
	assert_int_equal(dog.sequence, 0);
	/* It falls silent: asked from the next tick on, and warned of after the usual time. */
	assert_int_equal(tick(1000), WATCHDOG_FINE);
	for (int i = 0; i < 4; i++) {
		watchdog_heard(&dog); /* an old message is no answer to a ping */
		assert_int_equal(tick(1000), WATCHDOG_FINE);
	}
	assert_int_equal(tick(1000), WATCHDOG_WARN);
	watchdog_pong(&dog, dog.sequence);
	watchdog_heard(&dog);
	assert_int_equal(tick(1000), WATCHDOG_SPEAKS);
}

/* Of each role of procs.def, from the first ping on. */
static void
each_role_is_warned_of_and_ended_after_its_own_patience(void **state)
{
	size_t count;
	const struct proc_spec *rows = proc_specs(&count);
	int64_t longest_ms = 0;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		int64_t warned_ms = 0, ended_ms = 0;
		watchdog_init(&dog);
		watchdog_tick(&dog, 1000, rows[i].warn_ms, rows[i].hang_ms);
		for (int64_t at_ms = 1000; ended_ms == 0 && at_ms <= 100000; at_ms += 1000) {
			enum watchdog_verdict verdict = watchdog_tick(&dog, 1000, rows[i].warn_ms, rows[i].hang_ms);
			if (verdict == WATCHDOG_WARN)
				warned_ms = at_ms;
			else if (verdict == WATCHDOG_HUNG)
				ended_ms = at_ms;
		}
		assert_int_equal(warned_ms, rows[i].warn_ms);
		assert_int_equal(ended_ms, rows[i].hang_ms);
		longest_ms = ended_ms > longest_ms ? ended_ms : longest_ms;
	}
	assert_int_equal(longest_ms, 60000); /* the store's, for slow SD cards */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_answers_is_fine_for_ever),
		cmocka_unit_test(silence_is_warned_of_once_and_then_ends_it),
		cmocka_unit_test(a_late_answer_ends_the_silence),
		cmocka_unit_test(sleep_of_the_machine_is_not_silence),
		cmocka_unit_test(an_answer_to_a_ping_that_was_never_sent_is_none),
		cmocka_unit_test(counting_survives_the_wrap_of_the_sequence),
		cmocka_unit_test(who_speaks_by_itself_is_not_asked_but_must_answer_what_it_was_asked),
		cmocka_unit_test(each_role_is_warned_of_and_ended_after_its_own_patience),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
