/*
 * The settings table: every row is sound, good values come out in one form, everything else is
 * refused with the range that is allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/log.h"
#include "common/str.h"
#include "ipc/message.h"
#include "ipc/settings.h"

static const struct setting_spec *
row(const char *name)
{
	const struct setting_spec *spec = setting_peek(name);

	assert_non_null(spec);
	return spec;
}

static void
takes(const char *name, const char *text, const char *canonical)
{
	char value[SETTING_VALUE_BYTES], fault[240];

	assert_true(setting_parse(row(name), text, value, fault, sizeof fault));
	assert_string_equal(value, canonical);
	assert_string_equal(fault, "");
}

static void
refuses(const char *name, const char *text, const char *sentence)
{
	char value[SETTING_VALUE_BYTES] = "untouched", fault[240];

	assert_false(setting_parse(row(name), text, value, fault, sizeof fault));
	assert_string_equal(value, "");
	assert_string_equal(fault, sentence);
}

static void
every_row_is_sound(void **state)
{
	size_t count;
	const struct setting_spec *specs = settings_all(&count);

	(void)state;
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		char range[200];
		takes(specs[i].name, specs[i].default_value, specs[i].default_value);
		assert_ptr_equal(setting_peek(specs[i].name), &specs[i]);
		assert_int_equal(setting_index(&specs[i]), i);
		assert_true(specs[i].doc[strlen(specs[i].doc) - 1] == '.');
		assert_true(specs[i].type != SETTING_TYPE_INT || specs[i].min < specs[i].max);
		setting_describe_range(&specs[i], range, sizeof range);
		assert_true(strlen(range) > 0);
	}
	assert_null(setting_peek("noSuchSetting"));
}

static void
a_setting_fits_its_message(void **state)
{
	struct msg_setting message;

	(void)state;
	assert_int_equal(sizeof message.name, SETTING_NAME_BYTES);
	assert_int_equal(sizeof message.value, SETTING_VALUE_BYTES);
}

static void
booleans_have_one_form(void **state)
{
	(void)state;
	takes("logToFile", "true", "true");
	takes("logToFile", "On", "true");
	takes("logToFile", "1", "true");
	takes("logToFile", "no", "false");
	takes("logToFile", "OFF", "false");
	refuses("logToFile", "maybe", "logToFile must be true or false.");
	refuses("logToFile", "", "logToFile must be true or false.");
	refuses("logToFile", "true ", "logToFile must be true or false.");
	assert_true(setting_truth("true"));
	assert_false(setting_truth("false"));
}

static void
numbers_keep_to_their_range(void **state)
{
	static const char sentence[] = "snapshotEveryMinutes must be 5 to 1440 minutes.";
	static const char *const wrong[] = {
		"4", "1441", "007", "+7", "-7", "7.5", " 7", "7 ", "", "0x10", "99999999999999999999", "sixty"
	};

	(void)state;
	takes("snapshotEveryMinutes", "5", "5");
	takes("snapshotEveryMinutes", "1440", "1440");
	for (size_t i = 0; i < STR_ARRAY_LEN(wrong); i++)
		refuses("snapshotEveryMinutes", wrong[i], sentence);
	assert_int_equal(setting_number("1440"), 1440);
}

static void
choices_are_those_of_the_row(void **state)
{
	(void)state;
	takes("logLevel", "debug", "debug");
	takes("logLevel", "WARN", "warn");
	refuses("logLevel", "loud", "logLevel must be one of error, warn, info, debug.");
	refuses("logLevel", "error|warn", "logLevel must be one of error, warn, info, debug.");
	refuses("logLevel", "", "logLevel must be one of error, warn, info, debug.");
}

/* The row's choices and the levels of common/log.h are two lists: this holds them together. */
static void
the_choices_of_logLevel_are_the_levels_of_the_log(void **state)
{
	char value[SETTING_VALUE_BYTES], fault[240];
	size_t bars = 0;

	(void)state;
	for (int level = 0; level < LOG_LEVEL_COUNT; level++)
		assert_true(setting_parse(row("logLevel"), log_level_name((enum log_level)level), value,
					  fault, sizeof fault));
	for (const char *p = row("logLevel")->choices; *p != '\0'; p++)
		bars += *p == '|';
	assert_int_equal(bars + 1, LOG_LEVEL_COUNT);
}

static void
texts_are_bounded_and_printable(void **state)
{
	static const char sentence[] = "fuseName must be text of 1 to 60 bytes without control characters.";
	static const char *const wrong[] = { "",
					     "   ",
					     "two\nlines",
					     "bell\a",
					     "\xc2\x9b"
					     "31m",
					     "\xff\xfe",
					     "\x7f",
					     "\xe2\x80\xae"
					     "mrow htroN" };
	char longest[62];

	(void)state;
	takes("fuseName", "Farm 2, north", "Farm 2, north");
	takes("fuseName", "Werkstatt für Drucke", "Werkstatt für Drucke");
	for (size_t i = 0; i < STR_ARRAY_LEN(wrong); i++)
		refuses("fuseName", wrong[i], sentence);
	memset(longest, 'x', sizeof longest);
	longest[61] = '\0';
	refuses("fuseName", longest, sentence);
	longest[60] = '\0';
	takes("fuseName", longest, longest);
}

static void
a_slip_of_the_pen_finds_its_setting(void **state)
{
	(void)state;
	assert_ptr_equal(setting_nearest("loglevel"), row("logLevel"));
	assert_ptr_equal(setting_nearest("logLevle"), row("logLevel"));
	assert_ptr_equal(setting_nearest("snapshotEveryMinute"), row("snapshotEveryMinutes"));
	assert_null(setting_nearest("colourOfTheBox"));
	assert_null(setting_nearest(""));
}

static void
a_fault_is_cut_to_its_buffer(void **state)
{
	char value[SETTING_VALUE_BYTES], fault[10];

	(void)state;
	assert_false(setting_parse(row("logLevel"), "loud", value, fault, sizeof fault));
	assert_string_equal(fault, "logLevel ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_sound),
		cmocka_unit_test(a_setting_fits_its_message),
		cmocka_unit_test(booleans_have_one_form),
		cmocka_unit_test(numbers_keep_to_their_range),
		cmocka_unit_test(choices_are_those_of_the_row),
		cmocka_unit_test(the_choices_of_logLevel_are_the_levels_of_the_log),
		cmocka_unit_test(texts_are_bounded_and_printable),
		cmocka_unit_test(a_slip_of_the_pen_finds_its_setting),
		cmocka_unit_test(a_fault_is_cut_to_its_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
