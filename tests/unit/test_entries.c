/*
 * Which printers there are, as the supervisor knows it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "supervisor/entries.h"

static struct entries entries;

static int
set_up(void **state)
{
	(void)state;
	memset(&entries, 0, sizeof entries);
	return 0;
}

static void
what_was_noted_is_there_until_it_is_taken_out(void **state)
{
	(void)state;
	assert_true(entries_note(&entries, 0, "01P00A000000001"));
	assert_true(entries_note(&entries, ENTRIES_MAX - 1, "01P00A000000002"));
	assert_true(entries_has(&entries, "01P00A000000001"));
	assert_true(entries_has(&entries, "01P00A000000002"));
	assert_false(entries_has(&entries, "01P00A00000000"));
	assert_false(entries_has(&entries, ""));
	assert_int_equal(entries_count(&entries), 2);
	assert_true(entries_note(&entries, 0, ""));
	assert_true(entries_note(&entries, 1, ""));
	assert_false(entries_has(&entries, "01P00A000000001"));
	assert_int_equal(entries_count(&entries), 1);
}

static void
a_place_takes_the_newest(void **state)
{
	(void)state;
	assert_true(entries_note(&entries, 7, "A"));
	assert_true(entries_note(&entries, 8, "A"));
	assert_true(entries_note(&entries, 7, "B"));
	assert_true(entries_has(&entries, "A") && entries_has(&entries, "B"));
	assert_true(entries_note(&entries, 8, ""));
	assert_false(entries_has(&entries, "A"));
}

static void
what_no_worker_can_be_called_changes_nothing(void **state)
{
	static const char *const bad[] = { "a b", "a/b", "\xc3\xa9", "a=b", "a'b", "A\n" };
	char name[ENTRY_BYTES + 1];

	(void)state;
	assert_true(entries_note(&entries, 3, "A"));
	for (size_t i = 0; i < STR_ARRAY_LEN(bad); i++)
		assert_false(entries_note(&entries, 3, bad[i]));
	memset(name, 'a', sizeof name);
	name[ENTRY_BYTES] = '\0';
	assert_false(entries_note(&entries, 3, name));
	assert_false(entries_note(&entries, ENTRIES_MAX, "B"));
	assert_false(entries_note(&entries, UINT32_MAX, "B"));
	assert_int_equal(entries_count(&entries), 1);
	assert_true(entries_has(&entries, "A"));
	assert_true(entries_note(&entries, 3, name + 1));
	assert_int_equal(strlen(entries.at[3]), 64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_was_noted_is_there_until_it_is_taken_out, set_up),
		cmocka_unit_test_setup(a_place_takes_the_newest, set_up),
		cmocka_unit_test_setup(what_no_worker_can_be_called_changes_nothing, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
