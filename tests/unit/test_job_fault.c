/*
 * Why a job waits or ended: every fault has a name of its own and words that fit, and a printer's error after a start
 * is told apart from a notice, an echo and an error of another kind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "printer/job_fault.h"
#include "printer/preflight.h"

static void
every_fault_has_a_name_and_a_sentence(void **state)
{
	(void)state;
	for (unsigned i = JOB_FAULT_NONE + 1; i < JOB_FAULT_COUNT; i++) {
		enum job_fault fault = (enum job_fault)i;
		const char *name = job_fault_name(fault), *sentence = job_fault_sentence(fault);
		struct job_fault_words words;
		assert_in_range(strlen(name), 1, 32);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
		assert_int_equal(job_fault_by_name(name), fault);
		assert_int_equal(sentence[strlen(sentence) - 1], '.');
		job_fault_words(fault, model_by_key("X1C"), 0, &words);
		assert_string_equal(words.sentence, sentence);
		assert_null(strchr(words.remedy, '{'));
		if (words.remedy[0] != '\0')
			assert_true(strchr(".)", words.remedy[strlen(words.remedy) - 1]) != NULL);
	}
}

/* A job that preflight stops has the finding's name as its fault: one word means one thing. */
static void
a_name_is_no_findings_unless_it_means_the_same(void **state)
{
	(void)state;
	for (unsigned i = JOB_FAULT_NONE + 1; i < JOB_FAULT_COUNT; i++) {
		if (i != JOB_FAULT_DEVELOPER_MODE_OFF)
			assert_int_equal(preflight_finding_by_name(job_fault_name((enum job_fault)i)), FINDING_COUNT);
	}
	assert_string_equal(job_fault_name(JOB_FAULT_DEVELOPER_MODE_OFF),
			    preflight_finding_name(FINDING_DEVELOPER_MODE_OFF));
}

static void
none_and_what_is_no_fault_say_nothing(void **state)
{
	struct job_fault_words words;

	(void)state;
	assert_string_equal(job_fault_name(JOB_FAULT_NONE), "");
	assert_string_equal(job_fault_name(JOB_FAULT_COUNT), "");
	assert_string_equal(job_fault_sentence(JOB_FAULT_NONE), "");
	assert_int_equal(job_fault_by_name(""), JOB_FAULT_NONE);
	assert_int_equal(job_fault_by_name("start"), JOB_FAULT_NONE);
	job_fault_words(JOB_FAULT_NONE, model_other(), 0x05004003, &words);
	assert_string_equal(words.sentence, "");
	assert_string_equal(words.remedy, "");
}

static void
errors_that_refuse_a_start_are_told_apart(void **state)
{
	static const struct {
		uint32_t print_error;
		enum job_fault fault;
	} met[] = {
		{ 0x05004002, JOB_FAULT_START_BAD_PATH },  { 0x05004003, JOB_FAULT_START_UNREADABLE },
		{ 0x05004004, JOB_FAULT_START_BUSY },	   { 0x05004005, JOB_FAULT_START_UPGRADING },
		{ 0x05004006, JOB_FAULT_START_NO_SPACE },  { 0x05004015, JOB_FAULT_START_NO_SPACE },
		{ 0x0500c010, JOB_FAULT_START_STORAGE },   { 0x05004016, JOB_FAULT_START_STORAGE },
		{ 0x0500400c, JOB_FAULT_START_STORAGE },   { 0x05004008, JOB_FAULT_START_REFUSED },
		{ 0x05024007, JOB_FAULT_DEVELOPER_MODE_OFF },
		/* The slot list: of the first AMS, the third, the external spools, an AMS lite, an AMS HT. */
		{ 0x07008012, JOB_FAULT_START_MAPPING },   { 0x07028012, JOB_FAULT_START_MAPPING },
		{ 0x07ff8012, JOB_FAULT_START_MAPPING },   { 0x07fe8012, JOB_FAULT_START_MAPPING },
		{ 0x12008012, JOB_FAULT_START_MAPPING },   { 0x18008012, JOB_FAULT_START_MAPPING },
		/* Real errors that have nothing to do with the start. */
		{ 0x03008016, JOB_FAULT_PRINT_ERROR },	   { 0x05004001, JOB_FAULT_PRINT_ERROR },
		{ 0x07008011, JOB_FAULT_PRINT_ERROR },	   { 0x0bad4242, JOB_FAULT_PRINT_ERROR },
		/* None at all, echoes of a cancel, notices, and what is no dialog. */
		{ 0, JOB_FAULT_NONE },			   { 0x0300400c, JOB_FAULT_NONE },
		{ 0x0500400e, JOB_FAULT_NONE },		   { 0x05008030, JOB_FAULT_NONE },
		{ 0x03008012, JOB_FAULT_NONE },		   { 0x0500c011, JOB_FAULT_NONE },
		{ 0x07ff8007, JOB_FAULT_NONE },		   { 0x05000001, JOB_FAULT_NONE },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(met); i++) {
		if (job_fault_of_print_error(met[i].print_error) != met[i].fault)
			fail_msg("%08X is %s", (unsigned)met[i].print_error,
				 job_fault_name(job_fault_of_print_error(met[i].print_error)));
	}
}

static void
words_are_the_printers_own(void **state)
{
	struct job_fault_words words;

	(void)state;
	job_fault_words(JOB_FAULT_DEVELOPER_MODE_OFF, model_by_key("P2S"), 0, &words);
	assert_non_null(strstr(words.remedy, "(Settings > LAN Only, then Developer Mode)"));
	job_fault_words(JOB_FAULT_DEVELOPER_MODE_OFF, model_by_key("X1C"), 0, &words);
	assert_non_null(strstr(words.remedy, "(Settings > Network > LAN Only Mode, then Developer Mode)"));
	job_fault_words(JOB_FAULT_PRINT_ERROR, model_by_key("X1C"), 0x07018011, &words);
	assert_non_null(strstr(words.sentence, "AMS 2"));
	assert_non_null(strstr(words.remedy, "new spool"));
	/* Of an error that nobody knows only its number is told; what to do is ours. */
	job_fault_words(JOB_FAULT_PRINT_ERROR, model_by_key("X1C"), 0x0bad4242, &words);
	assert_non_null(strstr(words.sentence, "0BAD-4242"));
	assert_non_null(strstr(words.remedy, "order the print again"));
	job_fault_words(JOB_FAULT_PRINT_ERROR, model_by_key("X1C"), 0, &words);
	assert_string_equal(words.sentence, job_fault_sentence(JOB_FAULT_PRINT_ERROR));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_has_a_name_and_a_sentence),
		cmocka_unit_test(a_name_is_no_findings_unless_it_means_the_same),
		cmocka_unit_test(none_and_what_is_no_fault_say_nothing),
		cmocka_unit_test(errors_that_refuse_a_start_are_told_apart),
		cmocka_unit_test(words_are_the_printers_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
