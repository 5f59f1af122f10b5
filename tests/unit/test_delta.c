/* What delta makes of two texts makes the second of the first again, and nothing else is taken for it. */
#include "worker/link/delta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT_BYTES 4096

static uint32_t seed = 1;

static uint32_t
random_below(uint32_t limit)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % limit;
}

static size_t
packed(const char *old, const char *now, uint8_t *to, size_t cap)
{
	return delta_pack((const uint8_t *)old, strlen(old), (const uint8_t *)now, strlen(now), to, cap);
}

static void
assert_same(const uint8_t *old, size_t old_len, const uint8_t *now, size_t now_len, const uint8_t *delta, size_t delta_len)
{
	uint8_t *made = malloc(now_len + 1); /* of the very size: a sanitizer sees a byte too much */

	assert_non_null(made);
	assert_int_equal(delta_unpack(old, old_len, delta, delta_len, made, now_len), now_len);
	assert_memory_equal(made, now, now_len);
	free(made);
}

static void
a_changed_number_takes_a_few_bytes(void **state)
{
	static const char old[] = "{\"bed_temper\":59.9,\"layer_num\":99,\"lights\":[{\"node\":\"chamber_light\"}],\"end\":1}";
	static const char now[] = "{\"bed_temper\":60.1,\"layer_num\":100,\"lights\":[{\"node\":\"chamber_light\"}],\"end\":2}";
	uint8_t delta[64];

	(void)state;
	size_t len = packed(old, now, delta, sizeof delta);
	assert_in_range(len, 1, 24);
	assert_same((const uint8_t *)old, sizeof old - 1, (const uint8_t *)now, sizeof now - 1, delta, len);
}

static void
nothing_in_common_is_refused(void **state)
{
	char old[300], now[300];
	uint8_t delta[400];

	(void)state;
	memset(old, 'a', sizeof old);
	memset(now, 'b', sizeof now);
	old[299] = now[299] = '\0';
	assert_int_equal(packed(old, now, delta, sizeof delta), 0);
	assert_int_equal(packed("abc", "", delta, sizeof delta), 0);
}

static void
more_than_the_room_is_refused(void **state)
{
	uint8_t delta[200];

	(void)state;
	assert_true(packed("0123456789abcdef", "0123456789abcdeg", delta, sizeof delta) > 0);
	for (size_t cap = 0; cap < 30; cap++)
		assert_int_equal(packed("0123456789abcdef", "0123456789abcdeg", delta, cap), 0);
}

/* Change, put in and take out bytes at random places. */
static size_t
mutate(const uint8_t *from, size_t len, uint8_t *to)
{
	size_t made = 0;

	for (size_t i = 0; i < len; i++) {
		uint32_t luck = random_below(400);
		if (luck == 0)
			continue;
		to[made++] = luck == 1 ? (uint8_t)random_below(256) : from[i];
		for (uint32_t n = luck == 2 ? random_below(40) : 0; n > 0; n--)
			to[made++] = (uint8_t)random_below(256);
	}
	return made;
}

static void
whatever_is_packed_comes_back(void **state)
{
	static uint8_t old[TEXT_BYTES], now[TEXT_BYTES * 41], delta[TEXT_BYTES];
	unsigned done = 0;

	(void)state;
	for (int turn = 0; turn < 3000; turn++) {
		size_t len = random_below(TEXT_BYTES);
		uint32_t letters = 1 + random_below(40);
		for (size_t i = 0; i < len; i++)
			old[i] = (uint8_t)random_below(letters);
		size_t now_len = mutate(old, len, now);
		size_t delta_len = delta_pack(old, len, now, now_len, delta, sizeof delta);
		if (delta_len == 0)
			continue;
		assert_same(old, len, now, now_len, delta, delta_len);
		done++;
	}
	assert_true(done > 1000);
}

static void
a_damaged_delta_does_no_harm(void **state)
{
	static const char old[] = "the quick brown fox jumps over the lazy dog";
	uint8_t delta[48], made[64];

	(void)state;
	for (int turn = 0; turn < 100000; turn++) {
		size_t len = 1 + random_below(sizeof delta);
		for (size_t i = 0; i < len; i++)
			delta[i] = (uint8_t)(random_below(4) == 0 ? random_below(256) : random_below(8));
		assert_true(delta_unpack((const uint8_t *)old, sizeof old - 1, delta, len, made, sizeof made) <= sizeof made);
	}
	memset(delta, 0xff, sizeof delta);
	assert_int_equal(delta_unpack((const uint8_t *)old, sizeof old - 1, delta, sizeof delta, made, sizeof made), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_changed_number_takes_a_few_bytes),
		cmocka_unit_test(nothing_in_common_is_refused),
		cmocka_unit_test(more_than_the_room_is_refused),
		cmocka_unit_test(whatever_is_packed_comes_back),
		cmocka_unit_test(a_damaged_delta_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
