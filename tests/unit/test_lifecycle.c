/*
 * The life of a child, told as stories against supervisor/lifecycle.c with a clock of our own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "supervisor/lifecycle.h"

static const struct life_rules worker = { .start_ms = 10000, .stop_ms = 5000, .backoff_max_ms = 60000, .hold_deaths = 5 };
static const struct life_rules httpd = { .start_ms = 10000, .stop_ms = 4000, .backoff_max_ms = 5000, .hold_deaths = 0 };

static struct life life;
static struct life_facts facts;

/* The middle of the jitter, so that waits are the round numbers of the rule. */
static unsigned
happens(const struct life_rules *rules, enum life_event event)
{
	int64_t spread_ms = (life.backoff_ms == 0 ? LIFE_BACKOFF_MIN_MS : life.backoff_ms * 2) * 2 / 5;

	if (life.backoff_ms * 2 > rules->backoff_max_ms)
		spread_ms = rules->backoff_max_ms * 2 / 5;
	facts.chance = (uint32_t)(spread_ms / 2);
	return life_step(&life, rules, event, &facts);
}

static void
begin(const struct life_rules *rules)
{
	life_init(&life);
	facts = (struct life_facts){ .now_ms = 1000000, .policy = EXIT_POLICY_RESTART };
	assert_int_equal(happens(rules, LIFE_EV_WANT), LIFE_DO_SPAWN);
	assert_int_equal(life.state, LIFE_STARTING);
}

static void
lives(const struct life_rules *rules, int64_t ms)
{
	happens(rules, LIFE_EV_READY);
	facts.now_ms += ms;
}

static void
started_is_not_ready(void **state)
{
	(void)state;
	begin(&worker);
	assert_int_equal(life.deadline_ms, facts.now_ms + 10000);
	assert_int_equal(happens(&worker, LIFE_EV_READY), LIFE_DO_NOTHING);
	assert_int_equal(life.state, LIFE_UP);
	assert_int_equal(life.deadline_ms, 0);
}

static void
who_had_lived_ten_seconds_starts_again_at_once(void **state)
{
	(void)state;
	begin(&worker);
	lives(&worker, 10000);
	assert_int_equal(happens(&worker, LIFE_EV_DIED), LIFE_DO_SPAWN);
	assert_int_equal(life.state, LIFE_STARTING);
}

static void
early_deaths_wait_longer_each_time(void **state)
{
	static const int64_t waits_ms[] = { 250, 500, 1000, 2000, 4000, 5000, 5000 };

	(void)state;
	begin(&httpd);
	for (size_t i = 0; i < sizeof waits_ms / sizeof waits_ms[0]; i++) {
		assert_int_equal(happens(&httpd, LIFE_EV_DIED), LIFE_DO_NOTHING);
		assert_int_equal(life.state, LIFE_BACKOFF);
		assert_int_equal(life.deadline_ms - facts.now_ms, waits_ms[i]);
		facts.now_ms = life.deadline_ms;
		assert_int_equal(happens(&httpd, LIFE_EV_DEADLINE), LIFE_DO_SPAWN);
	}
}

static void
jitter_stays_within_a_fifth(void **state)
{
	(void)state;
	for (uint32_t chance = 0; chance < 5000; chance += 7) {
		begin(&worker);
		facts.chance = chance;
		life_step(&life, &worker, LIFE_EV_DIED, &facts);
		assert_in_range(life.deadline_ms - facts.now_ms, 200, 300);
	}
}

static void
a_long_life_forgives_the_early_deaths(void **state)
{
	(void)state;
	begin(&httpd);
	happens(&httpd, LIFE_EV_DIED);
	happens(&httpd, LIFE_EV_DEADLINE);
	lives(&httpd, 20000);
	assert_int_equal(happens(&httpd, LIFE_EV_DIED), LIFE_DO_SPAWN);
	happens(&httpd, LIFE_EV_DIED);
	assert_int_equal(life.deadline_ms - facts.now_ms, 250);
}

static void
die_five_times(void)
{
	begin(&worker);
	for (int i = 0; i < 4; i++) {
		happens(&worker, LIFE_EV_DIED);
		assert_int_equal(life.state, LIFE_BACKOFF);
		facts.now_ms = life.deadline_ms;
		happens(&worker, LIFE_EV_DEADLINE);
	}
	happens(&worker, LIFE_EV_DIED);
}

static void
five_deaths_within_a_minute_hold_a_worker(void **state)
{
	(void)state;
	die_five_times();
	assert_int_equal(life.state, LIFE_HELD);
	assert_int_equal(life.deadline_ms - facts.now_ms, 300000);
}

static void
five_deaths_in_more_than_a_minute_do_not(void **state)
{
	(void)state;
	begin(&worker);
	for (int i = 0; i < 12; i++) {
		lives(&worker, 15001);
		assert_int_equal(happens(&worker, LIFE_EV_DIED), LIFE_DO_SPAWN);
	}
}

static void
one_of_the_houses_own_is_never_held_for_that(void **state)
{
	(void)state;
	begin(&httpd);
	for (int i = 0; i < 50; i++) {
		happens(&httpd, LIFE_EV_DIED);
		assert_int_equal(life.state, LIFE_BACKOFF);
		happens(&httpd, LIFE_EV_DEADLINE);
	}
}

static void
a_held_one_is_probed_and_held_again_or_freed(void **state)
{
	(void)state;
	die_five_times();
	facts.now_ms = life.deadline_ms;
	assert_int_equal(happens(&worker, LIFE_EV_DEADLINE), LIFE_DO_SPAWN);
	facts.now_ms += 9999;
	happens(&worker, LIFE_EV_DIED);
	assert_int_equal(life.state, LIFE_HELD);
	facts.now_ms = life.deadline_ms;
	happens(&worker, LIFE_EV_DEADLINE);
	lives(&worker, 10000);
	assert_int_equal(happens(&worker, LIFE_EV_DIED), LIFE_DO_SPAWN);
	happens(&worker, LIFE_EV_DIED);
	assert_int_equal(life.state, LIFE_BACKOFF);
}

static void
retry_now_starts_a_held_one_with_a_clean_slate(void **state)
{
	(void)state;
	die_five_times();
	assert_int_equal(happens(&worker, LIFE_EV_RETRY), LIFE_DO_SPAWN);
	happens(&worker, LIFE_EV_DIED);
	assert_int_equal(life.state, LIFE_BACKOFF);
	assert_int_equal(life.deadline_ms - facts.now_ms, 250);
}

static void
an_exit_code_that_will_not_heal_holds_at_once(void **state)
{
	(void)state;
	begin(&httpd);
	lives(&httpd, 60000);
	facts.policy = EXIT_POLICY_HOLD;
	happens(&httpd, LIFE_EV_DIED);
	assert_int_equal(life.state, LIFE_HELD);
}

static void
a_hung_child_gets_two_seconds_for_last_words(void **state)
{
	(void)state;
	begin(&worker);
	lives(&worker, 20000);
	assert_int_equal(happens(&worker, LIFE_EV_HUNG), LIFE_DO_ABORT);
	assert_int_equal(life.deadline_ms - facts.now_ms, 2000);
	facts.now_ms = life.deadline_ms;
	assert_int_equal(happens(&worker, LIFE_EV_DEADLINE), LIFE_DO_KILL);
	assert_int_equal(happens(&worker, LIFE_EV_DIED), LIFE_DO_SPAWN);
}

static void
one_that_never_gets_ready_is_ended(void **state)
{
	(void)state;
	begin(&worker);
	facts.now_ms = life.deadline_ms;
	assert_int_equal(happens(&worker, LIFE_EV_DEADLINE), LIFE_DO_ABORT);
}

static void
who_breaks_the_rules_says_nothing_more(void **state)
{
	(void)state;
	begin(&worker);
	lives(&worker, 100);
	assert_int_equal(happens(&worker, LIFE_EV_OFFENCE), LIFE_DO_KILL);
	happens(&worker, LIFE_EV_DIED);
	assert_int_equal(life.state, LIFE_BACKOFF);
}

static void
stopping_asks_then_insists_then_kills(void **state)
{
	(void)state;
	begin(&worker);
	lives(&worker, 20000);
	assert_int_equal(happens(&worker, LIFE_EV_UNWANT), LIFE_DO_ASK_STOP);
	assert_int_equal(life.deadline_ms - facts.now_ms, 2500);
	facts.now_ms = life.deadline_ms;
	assert_int_equal(happens(&worker, LIFE_EV_DEADLINE), LIFE_DO_TERM);
	assert_int_equal(life.deadline_ms - facts.now_ms, 2500);
	facts.now_ms = life.deadline_ms;
	assert_int_equal(happens(&worker, LIFE_EV_DEADLINE), LIFE_DO_KILL);
	assert_int_equal(happens(&worker, LIFE_EV_DIED), LIFE_DO_FORGET);
	assert_int_equal(life.state, LIFE_DOWN);
}

static void
a_restart_is_no_death(void **state)
{
	(void)state;
	begin(&worker);
	for (int i = 0; i < 10; i++) {
		lives(&worker, 100);
		assert_int_equal(happens(&worker, LIFE_EV_RESTART), LIFE_DO_ASK_STOP);
		assert_int_equal(happens(&worker, LIFE_EV_DIED), LIFE_DO_SPAWN);
	}
}

static void
removed_and_added_again_while_it_stops(void **state)
{
	(void)state;
	begin(&worker);
	lives(&worker, 100);
	happens(&worker, LIFE_EV_UNWANT);
	happens(&worker, LIFE_EV_WANT);
	assert_int_equal(happens(&worker, LIFE_EV_DIED), LIFE_DO_SPAWN);
}

static void
a_waiting_one_that_is_unwanted_is_forgotten_at_once(void **state)
{
	(void)state;
	begin(&worker);
	happens(&worker, LIFE_EV_DIED);
	assert_int_equal(happens(&worker, LIFE_EV_UNWANT), LIFE_DO_FORGET);
	die_five_times();
	assert_int_equal(happens(&worker, LIFE_EV_UNWANT), LIFE_DO_FORGET);
}

static void
a_refused_fork_waits_like_a_death(void **state)
{
	(void)state;
	begin(&worker);
	happens(&worker, LIFE_EV_SPAWN_FAILED);
	assert_int_equal(life.state, LIFE_BACKOFF);
}

/* Every cell answers; one that cannot be changes nothing. */
static void
a_helper_is_never_started_again_whatever_its_end_was(void **state)
{
	static const struct life_rules helper = { .start_ms = 10000, .stop_ms = 3000, .once = true };
	static const int64_t ages_ms[] = { 1, 20000 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin(&helper);
		lives(&helper, ages_ms[i]);
		assert_int_equal(happens(&helper, LIFE_EV_DIED), LIFE_DO_FORGET);
		assert_int_equal(life.state, LIFE_DOWN);
		assert_false(life.wanted);
	}
	begin(&helper);
	assert_int_equal(happens(&helper, LIFE_EV_SPAWN_FAILED), LIFE_DO_FORGET);
	begin(&helper);
	lives(&helper, 100);
	happens(&helper, LIFE_EV_HUNG);
	assert_int_equal(happens(&helper, LIFE_EV_DIED), LIFE_DO_FORGET);
}

static void
every_cell_is_filled(void **state)
{
	(void)state;
	for (unsigned s = 0; s < LIFE_STATE_COUNT; s++) {
		for (unsigned e = 0; e < LIFE_EV_COUNT; e++) {
			life_init(&life);
			life.state = (enum life_state)s;
			life.started_ms = 1;
			facts = (struct life_facts){ .now_ms = 100000 };
			unsigned actions = happens(&worker, (enum life_event)e);
			assert_true(life.state < LIFE_STATE_COUNT);
			if (actions & LIFE_DO_SAY_BUG)
				assert_int_equal(life.state, s);
			if (life.state == LIFE_BACKOFF || life.state == LIFE_HELD)
				assert_true(s == life.state || life.deadline_ms > facts.now_ms);
			assert_string_not_equal(life_event_name((enum life_event)e), "?");
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(started_is_not_ready),
		cmocka_unit_test(who_had_lived_ten_seconds_starts_again_at_once),
		cmocka_unit_test(early_deaths_wait_longer_each_time),
		cmocka_unit_test(jitter_stays_within_a_fifth),
		cmocka_unit_test(a_long_life_forgives_the_early_deaths),
		cmocka_unit_test(five_deaths_within_a_minute_hold_a_worker),
		cmocka_unit_test(five_deaths_in_more_than_a_minute_do_not),
		cmocka_unit_test(one_of_the_houses_own_is_never_held_for_that),
		cmocka_unit_test(a_held_one_is_probed_and_held_again_or_freed),
		cmocka_unit_test(retry_now_starts_a_held_one_with_a_clean_slate),
		cmocka_unit_test(an_exit_code_that_will_not_heal_holds_at_once),
		cmocka_unit_test(a_hung_child_gets_two_seconds_for_last_words),
		cmocka_unit_test(one_that_never_gets_ready_is_ended),
		cmocka_unit_test(who_breaks_the_rules_says_nothing_more),
		cmocka_unit_test(stopping_asks_then_insists_then_kills),
		cmocka_unit_test(a_restart_is_no_death),
		cmocka_unit_test(removed_and_added_again_while_it_stops),
		cmocka_unit_test(a_waiting_one_that_is_unwanted_is_forgotten_at_once),
		cmocka_unit_test(a_refused_fork_waits_like_a_death),
		cmocka_unit_test(a_helper_is_never_started_again_whatever_its_end_was),
		cmocka_unit_test(every_cell_is_filled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
