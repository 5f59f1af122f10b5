/*
 * The login at a virtual printer's camera, and the form of its pictures (tests/integration/test_virtual.py has them read
 * by another program).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "worker/virtual/camera_picture.h"
#include "worker/virtual/camera_server.h"

static uint8_t login[CAMERA_LOGIN_BYTES];

static void
write_login(void)
{
	memset(login, 0, sizeof login);
	login[0] = 64;
	login[5] = 0x30;
	memcpy(login + 16, "bblp", 4);
	memcpy(login + 48, "12345678", 8);
}

static void
the_code_of_a_login_is_found(void **state)
{
	const char *code;

	(void)state;
	write_login();
	assert_int_equal(camera_login_code(login, &code), 8);
	assert_memory_equal(code, "12345678", 8);
	memset(login + 48, '7', 32); /* no NUL: the field ends it */
	assert_int_equal(camera_login_code(login, &code), 32);
}

static void
whatever_else_is_no_login(void **state)
{
	static const size_t spoiled[] = { 0, 3, 4, 5, 16, 20 };
	const char *code;

	(void)state;
	for (size_t i = 0; i < sizeof spoiled / sizeof spoiled[0]; i++) {
		write_login();
		login[spoiled[i]] ^= 0x41;
		assert_int_equal(camera_login_code(login, &code), -1);
	}
}

static size_t
picture(int64_t at_ms, bool prints, unsigned percent, uint8_t *to)
{
	const struct camera_scene scene = { .at_ms = at_ms, .prints = prints, .percent = percent };

	return camera_picture(&scene, to);
}

static void
each_picture_fits_and_differs_while_it_prints(void **state)
{
	static uint8_t one[CAMERA_PICTURE_MAX_BYTES], other[CAMERA_PICTURE_MAX_BYTES];

	(void)state;
	for (int64_t at_ms = 0; at_ms < 400000; at_ms += 1000) {
		size_t len = picture(at_ms, true, (unsigned)(at_ms / 3000), one);
		assert_in_range(len, 4000, 20000);
		assert_true(one[0] == 0xff && one[1] == 0xd8 && one[len - 2] == 0xff && one[len - 1] == 0xd9);
		size_t next = picture(at_ms + 1000, true, (unsigned)(at_ms / 3000), other);
		assert_true(next != len || memcmp(one, other, len) != 0);
	}
	size_t idle = picture(1000, false, 0, one);
	assert_int_equal(picture(2000, false, 50, other), idle);
	assert_memory_equal(one, other, idle);
}

static unsigned
bright(const uint8_t *greys, unsigned columns, unsigned from_row, unsigned to_row, uint8_t grey)
{
	unsigned count = 0;

	for (unsigned i = from_row * columns; i < to_row * columns; i++)
		count += greys[i] == grey;
	return count;
}

static void
what_stands_on_the_bed_grows_with_the_print(void **state)
{
	static uint8_t greys[240 * 136];
	unsigned before = 0;

	(void)state;
	for (unsigned percent = 0; percent <= 100; percent += 10) {
		const struct camera_scene scene = { .prints = true, .percent = percent };
		camera_scene_draw(&scene, 240, 136, greys);
		unsigned part = bright(greys, 240, 0, 136, 120);
		assert_true(percent == 0 ? part == 0 : part > before);
		before = part;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_code_of_a_login_is_found),
		cmocka_unit_test(whatever_else_is_no_login),
		cmocka_unit_test(each_picture_fits_and_differs_while_it_prints),
		cmocka_unit_test(what_stands_on_the_bed_grows_with_the_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
