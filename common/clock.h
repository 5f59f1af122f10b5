/*
 * clock: the two clocks of Fuse. Logic takes the time as an argument; only main
 * loops read these.
 */
#ifndef FUSE_COMMON_CLOCK_H
#define FUSE_COMMON_CLOCK_H

#include <stdint.h>

#define CLOCK_UTC_BYTES 25 /* "2026-11-22T18:30:00.123Z" and its NUL */

/* Milliseconds since some start, never backwards; stands still while the machine sleeps. */
int64_t clock_monotonic_ms(void);

/* Microseconds of the same clock (systemd's notify protocol wants them). */
int64_t clock_monotonic_us(void);

/* Milliseconds since 1970-01-01T00:00:00Z; may jump. */
int64_t clock_wall_ms(void);

/* Write `wall_ms` as RFC 3339 UTC with milliseconds; out of range (year > 9999 or < 0) gives "-". */
void clock_format_utc(int64_t wall_ms, char ret_text[CLOCK_UTC_BYTES]);

#endif
