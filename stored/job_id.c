/*
 * job_id: base 32, sorted.
 */
#include "stored/job_id.h"

#include <string.h>

#define TIME_DIGITS 10
#define LOW_DIGITS 5
#define DIGIT_BITS 5
#define TIME_MASK ((UINT64_C(1) << (TIME_DIGITS * DIGIT_BITS)) - 1)
#define LOW_MASK ((UINT32_C(1) << (LOW_DIGITS * DIGIT_BITS)) - 1)

_Static_assert(JOB_ID_BYTES == 1 + TIME_DIGITS + LOW_DIGITS + 1, "a letter, the digits and the NUL");

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

static void
write_digits(uint64_t value, int count, char *to)
{
	for (int i = count - 1; i >= 0; i--) {
		to[i] = digits[value & 31];
		value >>= DIGIT_BITS;
	}
}

static bool
read_digits(const char *from, int count, uint64_t *ret_value)
{
	*ret_value = 0;
	for (int i = 0; i < count; i++) {
		const char *digit = from[i] != '\0' ? strchr(digits, from[i]) : NULL;
		if (digit == NULL)
			return false;
		*ret_value = *ret_value << DIGIT_BITS | (uint64_t)(digit - digits);
	}
	return true;
}

void
job_id_next(struct job_id_clock *clock, int64_t wall_ms, uint32_t random, char ret_id[JOB_ID_BYTES])
{
	uint64_t now_ms = wall_ms > 0 ? (uint64_t)wall_ms & TIME_MASK : 0;

	if (now_ms > clock->ms) {
		clock->ms = now_ms;
		clock->low = random & LOW_MASK >> 1; /* with room to count */
	} else if (clock->low == LOW_MASK) {
		clock->ms++;
		clock->low = 0;
	} else {
		clock->low++;
	}
	ret_id[0] = 'j';
	write_digits(clock->ms, TIME_DIGITS, ret_id + 1);
	write_digits(clock->low, LOW_DIGITS, ret_id + 1 + TIME_DIGITS);
	ret_id[JOB_ID_BYTES - 1] = '\0';
}

bool
job_id_note(struct job_id_clock *clock, const char *id)
{
	uint64_t ms, low;

	if (strlen(id) != JOB_ID_BYTES - 1 || id[0] != 'j' || !read_digits(id + 1, TIME_DIGITS, &ms) ||
	    !read_digits(id + 1 + TIME_DIGITS, LOW_DIGITS, &low))
		return false;
	if (clock != NULL && (ms > clock->ms || (ms == clock->ms && low > clock->low)))
		*clock = (struct job_id_clock){ ms, (uint32_t)low };
	return true;
}
