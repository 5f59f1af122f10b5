/*
 * Which printer a word means, and a printer's state in words: also of a state that is not as it should be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <locale.h>

#include "common/str.h"
#include "fusectl/farm.h"
#include "fusectl/stat_words.h"
#include "ipc/terms.h"

static struct farm_printer printers[] = {
	{ .record = { .serial = "00M00A111111111", .name = "Anna" } },
	{ .record = { .serial = "00M00A222222222", .name = "anna" } },
	{ .record = { .serial = "01P00A333333333", .name = "\xc3\x84nne" } },
	{ .record = { .serial = "03900A444444444", .name = "00M" } },
	{ .record = { .serial = "03900A555555555", .name = "twin" } },
	{ .record = { .serial = "03900A666666666", .name = "twin" } },
};
static const struct farm farm = { .rows = printers, .count = STR_ARRAY_LEN(printers) };
static struct failure failure;

static const char *
find(const char *word)
{
	struct farm_printer *printer;

	return farm_find(&farm, word, &printer, &failure) == OUTCOME_DONE ? printer->record.serial : failure.sentence;
}

static void
a_printer_is_named_by_serial_beginning_or_name(void **state)
{
	(void)state;
	setlocale(LC_CTYPE, "C.UTF-8");
	assert_string_equal(find("00M00A111111111"), "00M00A111111111");
	assert_string_equal(find("00m00a111111111"), "00M00A111111111");
	assert_string_equal(find("00M00A2"), "00M00A222222222");
	assert_string_equal(find("01p"), "01P00A333333333");
	assert_string_equal(find("Anna"), "00M00A111111111");
	assert_string_equal(find("anna"), "00M00A222222222");
	assert_string_equal(find("\xc3\xa4NNE"), "01P00A333333333");
	/* A name goes before the beginning of a serial number. */
	assert_string_equal(find("00M"), "03900A444444444");
}

static void
several_that_are_meant_are_all_named(void **state)
{
	struct farm_printer *printer;

	(void)state;
	assert_int_equal(farm_find(&farm, "00M00A", &printer, &failure), OUTCOME_USAGE);
	assert_null(printer);
	assert_string_equal(failure.sentence,
			    "'00M00A' means several printers: 00M00A111111111 (Anna), 00M00A222222222 (anna).");
	assert_int_equal(farm_find(&farm, "ANNA", &printer, &failure), OUTCOME_USAGE);
	assert_int_equal(farm_find(&farm, "twin", &printer, &failure), OUTCOME_USAGE);
	assert_non_null(strstr(failure.sentence, "03900A555555555"));
	assert_non_null(strstr(failure.sentence, "03900A666666666"));
}

static void
one_that_is_not_there_is_told_with_what_was_meant(void **state)
{
	struct farm_printer *printer;
	struct farm none = { 0 };

	(void)state;
	assert_int_equal(farm_find(&farm, "twun", &printer, &failure), OUTCOME_NOT_FOUND);
	assert_non_null(strstr(failure.remedy, "twin"));
	assert_int_equal(farm_find(&farm, "nowhere near", &printer, &failure), OUTCOME_NOT_FOUND);
	assert_non_null(strstr(failure.remedy, "fusectl printers"));
	assert_int_equal(farm_find(&farm, "", &printer, &failure), OUTCOME_NOT_FOUND);
	assert_int_equal(farm_find(&none, "x", &printer, &failure), OUTCOME_NOT_FOUND);
	assert_non_null(strstr(failure.remedy, "printer add"));
}

/* -- words --------------------------------------------------------------------------------------------- */

static char words[STAT_WORDS_BYTES];

static const char *
say(void (*what)(const json_t *, char *), const char *json)
{
	json_t *stat = json_loads(json, JSON_DECODE_ANY, NULL);

	what(stat, words);
	json_decref(stat);
	return words;
}

static void
brief(const json_t *stat, char *text)
{
	stat_words_progress(stat, true, text);
}

static void
whole(const json_t *stat, char *text)
{
	stat_words_progress(stat, false, text);
}

static void
heat(const json_t *stat, char *text)
{
	stat_words_heat(stat, " C", text);
}

static void
a_state_is_told_in_words(void **state)
{
	(void)state;
	assert_string_equal(say(stat_words_state, "{\"state\":\"RUNNING\",\"isOnline\":true}"), "printing");
	assert_string_equal(say(stat_words_state, "{\"state\":\"RUNNING\",\"isOnline\":true,\"preparing\":true}"),
			    "preparing");
	assert_string_equal(say(stat_words_state, "{\"state\":\"IDLE\",\"isOnline\":false}"), "(idle)");
	assert_string_equal(say(stat_words_state, "{\"state\":\"WEDGED\",\"isOnline\":true}"), "WEDGED");
	assert_string_equal(say(brief, "{\"state\":\"RUNNING\",\"progressPercent\":42,"
				       "\"layers\":{\"current\":12,\"total\":200}}"),
			    "42 % 12/200");
	assert_string_equal(say(whole, "{\"state\":\"PAUSE\",\"progressPercent\":42,"
				       "\"layers\":{\"current\":12,\"total\":200}}"),
			    "42 %, layer 12 of 200");
	assert_string_equal(say(brief, "{\"state\":\"PREPARE\",\"progressPercent\":null,"
				       "\"layers\":{\"current\":0,\"total\":9}}"),
			    "0/9");
	assert_string_equal(say(brief, "{\"state\":\"FINISH\",\"progressPercent\":100}"), "-");
	assert_string_equal(say(stat_words_temperatures, "{\"temperatures\":{\"nozzle\":{\"actualCelsius\":219.6},"
							 "\"bed\":{\"actualCelsius\":60},\"chamber\":null}}"),
			    "220/60/-");
	assert_string_equal(say(heat, "{\"actualCelsius\":219.62,\"targetCelsius\":220}"), "219.6 of 220 C");
	assert_string_equal(say(heat, "{\"actualCelsius\":21,\"targetCelsius\":0}"), "21.0 C, heater off");
}

static void
a_state_of_another_shape_harms_nothing(void **state)
{
	static const char *const shapes[] = {
		"null", "[]", "17", "{}", "{\"state\":17,\"temperatures\":[],\"layers\":\"x\",\"progressPercent\":\"9\"}",
		"{\"temperatures\":{\"nozzle\":17}}",
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(shapes); i++) {
		assert_string_equal(say(stat_words_state, shapes[i]), "-");
		assert_string_equal(say(brief, shapes[i]), "-");
		assert_string_equal(say(stat_words_temperatures, shapes[i]), "-");
		assert_string_equal(say(heat, shapes[i]), "-");
	}
}

static void
problems_come_worst_first(void **state)
{
	char sentence[STAT_PROBLEM_BYTES], remedy[STAT_PROBLEM_BYTES];
	struct farm_printer printer = {
		.record = { .serial = "S" },
		.has_link = true,
		.link = { .phase = "login", .fault = "code-refused", .sentence = "It refuses.", .remedy = "Read it." },
		.has_worker = true,
		.worker = { .state = LIFE_HELD, .obituary = "ended with exit code 1" },
		.stat = json_loads("{\"link\":{\"problems\":[{\"sentence\":\"It refuses.\"},{\"sentence\":\"No card.\"}]},"
				   "\"printError\":{\"message\":\"Stuck.\",\"code\":\"0500-4003\"},"
				   "\"hms\":[{\"severity\":\"info\",\"message\":\"Hello.\"},"
				   "{\"severity\":\"fatal\",\"message\":\"Fire.\",\"code\":\"1\"}]}", 0, NULL),
	};
	static const char *const expected[] = { "Its process is held: it ended with exit code 1.", "It refuses.",
						"No card.", "Stuck. (0500-4003)", "Fire. (1)" };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(expected); i++) {
		assert_true(stat_words_problem(&printer, i, sentence, remedy));
		assert_string_equal(sentence, expected[i]);
	}
	assert_false(stat_words_problem(&printer, STR_ARRAY_LEN(expected), sentence, remedy));
	json_decref(printer.stat);
	/* The worst is known even when no state is. */
	printer.stat = NULL;
	assert_true(stat_words_problem(&printer, 1, sentence, remedy));
	assert_string_equal(remedy, "Read it.");
	assert_false(stat_words_problem(&printer, 2, sentence, remedy));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_printer_is_named_by_serial_beginning_or_name),
		cmocka_unit_test(several_that_are_meant_are_all_named),
		cmocka_unit_test(one_that_is_not_there_is_told_with_what_was_meant),
		cmocka_unit_test(a_state_is_told_in_words),
		cmocka_unit_test(a_state_of_another_shape_harms_nothing),
		cmocka_unit_test(problems_come_worst_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
