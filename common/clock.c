/*
 * clock: read the kernel's clocks and write UTC.
 */
#include "common/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t
read_clock_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_monotonic_ms(void)
{
	return read_clock_us(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_monotonic_us(void)
{
	return read_clock_us(CLOCK_MONOTONIC);
}

int64_t
clock_wall_ms(void)
{
	return read_clock_us(CLOCK_REALTIME) / 1000;
}

void
clock_format_utc(int64_t wall_ms, char ret_text[CLOCK_UTC_BYTES])
{
	struct tm tm;
	time_t seconds = (time_t)(wall_ms / 1000);

	/* 253402300799999 is the last millisecond of the year 9999. */
	if (wall_ms < 0 || wall_ms > INT64_C(253402300799999) || gmtime_r(&seconds, &tm) == NULL) {
		strcpy(ret_text, "-");
		return;
	}
	char date[32];
	strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret_text, CLOCK_UTC_BYTES, "%.19s.%03dZ", date, (int)(wall_ms % 1000));
}
