/*
 * Obituaries: each kind of death in words that a person understands.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "supervisor/obituary.h"

static char text[OBITUARY_BYTES];

static const char *
write_it(struct death death)
{
	if (death.last_words == NULL)
		death.last_words = "";
	obituary_write(&death, text);
	return text;
}

static void
a_signal_is_named(void **state)
{
	(void)state;
	assert_string_equal(write_it((struct death){ .was_ready = true, .by_signal = true, .number = SIGKILL, .lived_ms = 12000 }),
			    "was killed by signal 9 (Killed), 12 s after its start");
}

static void
a_breach_of_confinement_is_named(void **state)
{
	(void)state;
	assert_non_null(strstr(write_it((struct death){ .by_signal = true, .number = SIGSYS }), "confinement forbids"));
}

static void
an_exit_code_becomes_its_meaning(void **state)
{
	(void)state;
	assert_string_equal(write_it((struct death){ .was_ready = false, .number = 74, .lived_ms = 40 }),
			    "could not read or write the disk (exit code 74), 40 ms after its start and before it was ready");
	assert_non_null(strstr(write_it((struct death){ .number = 123 }), "exit code 123, which has no meaning"));
	assert_non_null(strstr(write_it((struct death){ .number = 0 }), "ended by itself without being asked"));
}

static void
our_own_reason_comes_first_and_last_words_last(void **state)
{
	(void)state;
	assert_string_equal(write_it((struct death){ .was_ready = true, .by_signal = true, .number = SIGABRT, .lived_ms = 192000,
						     .sentence_of_ours = "did not answer for 10 s and was ended",
						     .last_words = "met an abort while committing to disk" }),
			    "did not answer for 10 s and was ended, 3 min 12 s after its start; "
			    "last words: met an abort while committing to disk");
}

static void
a_stopped_child_left_no_last_words(void **state)
{
	(void)state;
	assert_non_null(strstr(write_it((struct death){ .was_stopped = true, .by_signal = true, .number = SIGKILL,
							.last_words = "all is well" }),
			       "last words: none, it had been stopped (SIGSTOP)"));
}

static void
long_words_are_cut_between_characters(void **state)
{
	char words[700];

	(void)state;
	for (size_t i = 0; i + 3 < sizeof words; i += 3)
		memcpy(words + i, "\xe2\x82\xac", 4);
	for (int shift = 0; shift < 3; shift++) {
		write_it((struct death){ .number = 74, .lived_ms = shift == 0 ? 1 : shift == 1 ? 10 : 100, .last_words = words });
		assert_true(str_valid_utf8(text, strlen(text)));
		assert_true(strlen(text) > OBITUARY_BYTES - 8);
	}
}

static void
ages_read_well(void **state)
{
	static const struct { int64_t ms; const char *words; } ages[] = {
		{ 0, "0 ms" }, { 999, "999 ms" }, { 1000, "1 s" }, { 59999, "59 s" }, { 60000, "1 min 0 s" },
		{ 3600000, "1 h 0 min" }, { 86399999, "23 h 59 min" }, { 90000000, "1 d 1 h" },
	};
	char age[32];

	(void)state;
	for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++) {
		obituary_write_age(ages[i].ms, age, sizeof age);
		assert_string_equal(age, ages[i].words);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_is_named),
		cmocka_unit_test(a_breach_of_confinement_is_named),
		cmocka_unit_test(an_exit_code_becomes_its_meaning),
		cmocka_unit_test(our_own_reason_comes_first_and_last_words_last),
		cmocka_unit_test(a_stopped_child_left_no_last_words),
		cmocka_unit_test(long_words_are_cut_between_characters),
		cmocka_unit_test(ages_read_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
