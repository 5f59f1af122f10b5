/*
 * Secrets: taken whole or not at all, compared in full, and gone once wiped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/secret.h"

static void
a_secret_is_a_copy(void **state)
{
	char code[] = "12345678";
	struct secret secret;

	(void)state;
	assert_true(secret_set(&secret, code, 8));
	memset(code, 'x', 8);
	assert_int_equal(secret.len_bytes, 8);
	assert_memory_equal(secret_bytes_peek(&secret), "12345678", 8);
}

static void
a_secret_may_hold_any_bytes_up_to_its_bound(void **state)
{
	uint8_t bytes[SECRET_MAX_BYTES + 1];
	struct secret secret;

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	assert_true(secret_set(&secret, bytes, SECRET_MAX_BYTES));
	assert_int_equal(secret.len_bytes, SECRET_MAX_BYTES);
	assert_memory_equal(secret_bytes_peek(&secret), bytes, SECRET_MAX_BYTES);
	assert_true(secret_set(&secret, NULL, 0));
	assert_int_equal(secret.len_bytes, 0);
}

static void
one_that_is_too_long_leaves_nothing_behind(void **state)
{
	static const struct secret empty;
	uint8_t bytes[SECRET_MAX_BYTES + 1];
	struct secret secret;

	(void)state;
	memset(bytes, 7, sizeof bytes);
	assert_true(secret_set(&secret, "old", 3));
	assert_false(secret_set(&secret, bytes, sizeof bytes));
	assert_memory_equal(&secret, &empty, sizeof secret);
}

static void
a_shorter_one_leaves_nothing_of_a_longer_one(void **state)
{
	struct secret secret;

	(void)state;
	assert_true(secret_set(&secret, "a long access code", 18));
	assert_true(secret_set(&secret, "short", 5));
	for (size_t i = 5; i < SECRET_MAX_BYTES; i++)
		assert_int_equal(secret.bytes[i], 0);
}

static void
wiping_overwrites_every_byte(void **state)
{
	static const struct secret empty;
	struct secret secret;

	(void)state;
	memset(&secret, 0x5a, sizeof secret);
	secret_wipe(&secret);
	assert_memory_equal(&secret, &empty, sizeof secret);
}

static void
equal_means_length_and_every_byte(void **state)
{
	struct secret a, b;

	(void)state;
	secret_set(&a, "12345678", 8);
	secret_set(&b, "12345678", 8);
	assert_true(secret_equal(&a, &b));
	secret_set(&b, "1234567", 7);
	assert_false(secret_equal(&a, &b));
	for (size_t i = 0; i < 8; i++) {
		secret_set(&b, "12345678", 8);
		b.bytes[i] ^= 0x40;
		assert_false(secret_equal(&a, &b));
	}
	secret_set(&a, "", 0);
	secret_set(&b, "", 0);
	assert_true(secret_equal(&a, &b));
	secret_set(&b, "\0", 1);
	assert_false(secret_equal(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_is_a_copy),
		cmocka_unit_test(a_secret_may_hold_any_bytes_up_to_its_bound),
		cmocka_unit_test(one_that_is_too_long_leaves_nothing_behind),
		cmocka_unit_test(a_shorter_one_leaves_nothing_of_a_longer_one),
		cmocka_unit_test(wiping_overwrites_every_byte),
		cmocka_unit_test(equal_means_length_and_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
