/*
 * Where fusectl looks for Fuse's socket: what is named wins, then what the environment says, then where fused
 * itself would put it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fusectl/place.h"

static char path[PLACE_BYTES];

static void
each_hint_wins_over_the_next(void **state)
{
	struct place_hints hints = {
		.option = "/a.sock", .fuse_socket = "/b.sock", .fuse_state = "/c", .state_directory = "/d:/e",
		.xdg_state_home = "/f", .home = "/home/u", .uid = 1000,
	};

	(void)state;
	assert_true(place_find(&hints, path));
	assert_string_equal(path, "/a.sock");
	hints.option = NULL;
	assert_true(place_find(&hints, path));
	assert_string_equal(path, "/b.sock");
	hints.fuse_socket = "";
	assert_true(place_find(&hints, path));
	assert_string_equal(path, "/c/fused.sock");
	hints.fuse_state = NULL;
	assert_true(place_find(&hints, path));
	assert_string_equal(path, "/d/fused.sock");
	assert_false(place_is_own_default(&hints));
	hints.state_directory = NULL;
	assert_true(place_find(&hints, path));
	assert_string_equal(path, "/f/fuse/fused.sock");
	assert_true(place_is_own_default(&hints));
	hints.xdg_state_home = "relative";
	assert_true(place_find(&hints, path));
	assert_string_equal(path, "/home/u/.local/state/fuse/fused.sock");
	hints.uid = 0;
	assert_true(place_find(&hints, path));
	assert_string_equal(path, "/var/lib/fuse/fused.sock");
	assert_false(place_is_own_default(&hints));
}

static void
without_any_hint_it_says_so(void **state)
{
	(void)state;
	assert_false(place_find(&(struct place_hints){ .uid = 1000 }, path));
}

static void
a_path_beyond_the_system_s_bound_is_not_cut(void **state)
{
	static char folder[2 * PLACE_BYTES];

	(void)state;
	memset(folder, 'x', sizeof folder - 1);
	assert_false(place_find(&(struct place_hints){ .fuse_state = folder }, path));
	assert_false(place_find(&(struct place_hints){ .option = folder }, path));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_hint_wins_over_the_next),
		cmocka_unit_test(without_any_hint_it_says_so),
		cmocka_unit_test(a_path_beyond_the_system_s_bound_is_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
