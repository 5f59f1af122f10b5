/*
 * Clocks: the monotonic one never goes back, and a wall time is written as RFC 3339 says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/clock.h"

static void
writes(int64_t wall_ms, const char *expected)
{
	char text[CLOCK_UTC_BYTES];

	memset(text, '#', sizeof text);
	clock_format_utc(wall_ms, text);
	assert_string_equal(text, expected);
}

static void
wall_times_are_written_in_utc(void **state)
{
	(void)state;
	writes(0, "1970-01-01T00:00:00.000Z");
	writes(1, "1970-01-01T00:00:00.001Z");
	writes(951782399999, "2000-02-28T23:59:59.999Z");
	writes(951782400000, "2000-02-29T00:00:00.000Z");
	writes(1795372200123, "2026-11-22T18:30:00.123Z");
	writes(253402300799999, "9999-12-31T23:59:59.999Z");
}

static void
a_time_that_has_no_such_form_is_a_dash(void **state)
{
	(void)state;
	writes(-1, "-");
	writes(INT64_MIN, "-");
	writes(253402300800000, "-");
	writes(INT64_MAX, "-");
}

static void
the_time_zone_of_the_machine_does_not_matter(void **state)
{
	(void)state;
	setenv("TZ", "Asia/Kathmandu", 1);
	tzset();
	writes(1795372200123, "2026-11-22T18:30:00.123Z");
	unsetenv("TZ");
	tzset();
}

static void
the_monotonic_clock_never_goes_back(void **state)
{
	int64_t before_us = clock_monotonic_us();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		int64_t now_us = clock_monotonic_us();
		assert_true(now_us >= before_us);
		before_us = now_us;
	}
	int64_t now_ms = clock_monotonic_ms();
	assert_true(now_ms >= before_us / 1000);
	assert_true(now_ms - before_us / 1000 < 10000);
}

static void
the_wall_clock_is_the_systems(void **state)
{
	int64_t off_ms = clock_wall_ms() - (int64_t)time(NULL) * 1000;

	(void)state;
	assert_true(off_ms > -2000 && off_ms < 2000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wall_times_are_written_in_utc),
		cmocka_unit_test(a_time_that_has_no_such_form_is_a_dash),
		cmocka_unit_test(the_time_zone_of_the_machine_does_not_matter),
		cmocka_unit_test(the_monotonic_clock_never_goes_back),
		cmocka_unit_test(the_wall_clock_is_the_systems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
