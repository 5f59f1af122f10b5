/*
 * print_amount: the rules.
 */
#include "printer/print_amount.h"

#include <inttypes.h>
#include <math.h>

#include "common/str.h"

#define HOUR 60
#define DAY (24 * HOUR)
#define TENTHS_BELOW 9.95 /* from here on it would be told as 10.0 */

/* "1 h 24 min", "2 h" */
static void
put_two(char *to, int64_t whole, const char *unit, int64_t rest, const char *smaller)
{
	if (rest != 0)
		str_format(to, PRINT_AMOUNT_BYTES, "%" PRId64 " %s %" PRId64 " %s", whole, unit, rest,
			   smaller);
	else
		str_format(to, PRINT_AMOUNT_BYTES, "%" PRId64 " %s", whole, unit);
}

void
print_amount_time(int64_t seconds, char ret_words[PRINT_AMOUNT_BYTES])
{
	int64_t minutes = seconds / 60 + (seconds % 60 > 0);

	if (seconds < 0)
		ret_words[0] = '\0';
	else if (minutes >= DAY)
		put_two(ret_words, minutes / DAY, "d", minutes % DAY / HOUR, "h");
	else if (minutes >= HOUR)
		put_two(ret_words, minutes / HOUR, "h", minutes % HOUR, "min");
	else
		put_two(ret_words, minutes, "min", 0, "");
}

void
print_amount_weight(double grams, char ret_words[PRINT_AMOUNT_BYTES])
{
	if (!(grams >= 0))
		ret_words[0] = '\0';
	else if (grams < TENTHS_BELOW)
		str_format(ret_words, PRINT_AMOUNT_BYTES, "%.1f g", floor(grams * 10 + 0.5) / 10);
	else
		str_format(ret_words, PRINT_AMOUNT_BYTES, "%.0f g", floor(grams + 0.5));
}
