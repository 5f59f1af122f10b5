/*
 * Roles: every row of procs.def has a name, a number of its own and a place in the masks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "ipc/role.h"

static const struct {
	const char *name, *binary;
	unsigned number;
} rows[] = {
#define PROC(ROLE, role, number, binary, ...) { #role, binary, number },
#include "ipc/procs.def"
#undef PROC
};

static void
every_row_is_found_by_name_and_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		assert_int_equal(role_by_name(rows[i].name), rows[i].number);
		assert_string_equal(role_name((enum role)rows[i].number), rows[i].name);
		assert_true(role_is_known(rows[i].number));
	}
}

static void
no_two_rows_share_a_number_or_a_program(void **state)
{
	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		for (size_t j = 0; j < i; j++) {
			assert_int_not_equal(rows[i].number, rows[j].number);
			assert_string_not_equal(rows[i].binary, rows[j].binary);
		}
	}
}

static void
the_supervisor_and_fusectl_are_nobodys_child(void **state)
{
	(void)state;
	assert_true(role_is_known(ROLE_SUPERVISOR) && role_is_known(ROLE_CTL));
	assert_string_equal(role_name(ROLE_SUPERVISOR), "supervisor");
	assert_string_equal(role_name(ROLE_CTL), "fusectl");
	/* Nobody may ask by name for a child that is none. */
	assert_int_equal(role_by_name("supervisor"), ROLE_NONE);
	assert_int_equal(role_by_name("fusectl"), ROLE_NONE);
	assert_int_equal(ROLE_CHILDREN_MASK & (ROLE_BIT(ROLE_SUPERVISOR) | ROLE_BIT(ROLE_CTL) | ROLE_BIT(ROLE_NONE)), 0);
}

static void
the_mask_of_children_is_the_table(void **state)
{
	role_mask mask = 0;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++)
		mask |= ROLE_BIT(rows[i].number);
	assert_int_equal(mask, ROLE_CHILDREN_MASK);
}

static void
other_names_and_numbers_are_nobody(void **state)
{
	(void)state;
	assert_int_equal(role_by_name(""), ROLE_NONE);
	assert_int_equal(role_by_name("Worker"), ROLE_NONE);
	assert_int_equal(role_by_name("worke"), ROLE_NONE);
	assert_false(role_is_known(ROLE_NONE));
	assert_false(role_is_known(ROLE_LIMIT));
	assert_false(role_is_known(0xffffffff));
	assert_string_equal(role_name(ROLE_NONE), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_found_by_name_and_number),
		cmocka_unit_test(no_two_rows_share_a_number_or_a_program),
		cmocka_unit_test(the_supervisor_and_fusectl_are_nobodys_child),
		cmocka_unit_test(the_mask_of_children_is_the_table),
		cmocka_unit_test(other_names_and_numbers_are_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
