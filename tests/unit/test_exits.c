/*
 * Exit codes are messages: every row of exits.def can be told to a person.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/exits.h"
#include "common/str.h"

static const int codes[] = {
#define EXIT(name, number, ...) (number),
#include "common/exits.def"
#undef EXIT
};

static void
no_two_rows_share_a_code(void **state)
{
	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(codes); i++)
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(codes[i], codes[j]);
}

static void
codes_stay_clear_of_what_others_mean_by_theirs(void **state)
{
	(void)state;
	/* 1 and 2 are anybody's, 126 and up a shell's, 100 to 111 some libraries'; 64 to 78 follow sysexits.h. */
	for (size_t i = 0; i < STR_ARRAY_LEN(codes); i++)
		assert_true(codes[i] == 0 || (codes[i] >= 64 && codes[i] < 100));
	assert_int_equal(EXIT_USAGE, 64);
	assert_int_equal(EXIT_TEMP_FAIL, 75); /* what the second Fuse of a state folder exits with */
	assert_int_equal(EXIT_CONFIG, 78);
}

static void
every_row_is_a_sentence_for_a_person(void **state)
{
	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(codes); i++) {
		const struct exit_meaning *meaning = exit_meaning_peek(codes[i]);
		assert_non_null(meaning);
		assert_int_equal(meaning->code, codes[i]);
		/* "fuse-worker <sentence>": small letter, no full stop. */
		assert_true(islower((unsigned char)meaning->sentence[0]));
		assert_int_not_equal(meaning->sentence[strlen(meaning->sentence) - 1], '.');
		/* The advice is a sentence of its own. */
		if (meaning->advice[0] != '\0') {
			assert_true(isupper((unsigned char)meaning->advice[0]));
			assert_non_null(strchr(".?", meaning->advice[strlen(meaning->advice) - 1]));
		}
	}
}

static void
what_does_not_go_away_by_itself_says_what_to_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(codes); i++) {
		const struct exit_meaning *meaning = exit_meaning_peek(codes[i]);
		if (meaning->policy != EXIT_POLICY_RESTART && meaning->advice[0] == '\0')
			fail_msg("%s holds or stops Fuse, and gives no advice", meaning->name);
	}
}

static void
a_database_of_a_newer_fuse_stops_everything(void **state)
{
	(void)state;
	assert_int_equal(exit_meaning_peek(EXIT_STORE_TOO_NEW)->policy, EXIT_POLICY_FATAL);
	assert_int_equal(exit_meaning_peek(EXIT_STORE_NO_KEY)->policy, EXIT_POLICY_FATAL);
	assert_int_equal(exit_meaning_peek(EXIT_NO_CONFINEMENT)->policy, EXIT_POLICY_HOLD);
	assert_int_equal(exit_meaning_peek(EXIT_PROTOCOL)->policy, EXIT_POLICY_HOLD);
}

static void
unknown_codes_mean_nothing(void **state)
{
	(void)state;
	assert_null(exit_meaning_peek(1));
	assert_null(exit_meaning_peek(-1));
	assert_null(exit_meaning_peek(255));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_two_rows_share_a_code),
		cmocka_unit_test(codes_stay_clear_of_what_others_mean_by_theirs),
		cmocka_unit_test(every_row_is_a_sentence_for_a_person),
		cmocka_unit_test(what_does_not_go_away_by_itself_says_what_to_do),
		cmocka_unit_test(a_database_of_a_newer_fuse_stops_everything),
		cmocka_unit_test(unknown_codes_mean_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
