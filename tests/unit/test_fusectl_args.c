/*
 * The command line of fusectl: options stand anywhere, mistakes are named with what was meant, and --json is
 * heard even beside a mistake.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "fusectl/args.h"

static struct args args;
static struct failure failure;

static enum outcome
parse(const char *line)
{
	static char copy[4096];
	char *argv[128] = { NULL };
	int argc = 0;

	str_copy(copy, sizeof copy, line);
	for (char *at = strtok(copy, " "); at != NULL; at = strtok(NULL, " "))
		argv[argc++] = at;
	return args_parse(argc, argv, &args, &failure);
}

static void
options_stand_before_or_after_the_command(void **state)
{
	static const char *const lines[] = {
		"fusectl --json --socket /s logs --lines 7",
		"fusectl logs --lines=7 --json --socket=/s",
		"fusectl -n 7 logs --socket /s --json",
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(lines); i++) {
		assert_int_equal(parse(lines[i]), OUTCOME_DONE);
		assert_string_equal(args.command->name, "logs");
		assert_true(args.given[OPTION_JSON]);
		assert_string_equal(args.values[OPTION_SOCKET], "/s");
		assert_int_equal(args.lines, 7);
		assert_int_equal(args.timeout_s, 10);
	}
}

static void
a_thing_that_is_named_without_a_command_is_shown(void **state)
{
	(void)state;
	assert_int_equal(parse("fusectl job j01h8zq3k5v9x2ab --follow"), OUTCOME_DONE);
	assert_string_equal(args.command->name, "job show");
	assert_int_equal(args.word_count, 1);
	assert_string_equal(args.words[0], "j01h8zq3k5v9x2ab");
	assert_true(args.given[OPTION_FOLLOW]);
	assert_int_equal(parse("fusectl job cancle"), OUTCOME_USAGE); /* a slip, and no job */
	assert_int_equal(parse("fusectl token t1"), OUTCOME_USAGE);   /* there is no `token show` */
	assert_int_equal(parse("fusectl virtual"), OUTCOME_DONE);
	assert_string_equal(args.command->name, "virtual list");
	assert_int_equal(parse("fusectl job"), OUTCOME_USAGE);
	assert_int_equal(parse("fusectl virtual --help"), OUTCOME_DONE);
	assert_null(args.command); /* the help of all of them */
	assert_int_equal(parse("fusectl job j01h8zq3k5v9x2ab more"), OUTCOME_USAGE);
}

static void
two_dashes_end_the_options(void **state)
{
	(void)state;
	assert_int_equal(parse("fusectl retry -- --json"), OUTCOME_DONE);
	assert_int_equal(args.word_count, 1);
	assert_string_equal(args.words[0], "--json");
	assert_false(args.given[OPTION_JSON]);
}

static void
a_slip_is_answered_with_what_was_meant(void **state)
{
	(void)state;
	assert_int_equal(parse("fusectl setings"), OUTCOME_USAGE);
	assert_non_null(strstr(failure.remedy, "fusectl settings"));
	assert_int_equal(parse("fusectl ps --jsno"), OUTCOME_USAGE);
	assert_non_null(strstr(failure.remedy, "--json"));
	assert_int_equal(parse("fusectl zzzzzzzzzz"), OUTCOME_USAGE);
	assert_non_null(strstr(failure.remedy, "fusectl help"));
}

static void
what_does_not_fit_is_refused(void **state)
{
	static const char *const lines[] = {
		"fusectl ps --follow",       "fusectl ps more",          "fusectl retry",
		"fusectl retry a b",         "fusectl --json=yes ps",    "fusectl ps --socket",
		"fusectl --timeout 0 ps",    "fusectl --timeout -1 ps",  "fusectl --timeout 1.5 ps",
		"fusectl --timeout 86401 ps", "fusectl logs --lines x",  "fusectl logs --lines -1",
		"fusectl logs --lines 5001", "fusectl --nosuch",         "fusectl -x",
		"fusectl --default ps",
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(lines); i++) {
		failure.sentence[0] = '\0';
		assert_int_equal(parse(lines[i]), OUTCOME_USAGE);
		assert_true(strlen(failure.sentence) > 10);
		assert_string_equal(failure.reason, "usage");
	}
}

static void
json_is_heard_beside_a_mistake(void **state)
{
	(void)state;
	assert_int_equal(parse("fusectl --nosuch --json"), OUTCOME_USAGE);
	assert_true(args.given[OPTION_JSON]);
	assert_int_equal(parse("fusectl nosuch -- --json"), OUTCOME_USAGE);
	assert_false(args.given[OPTION_JSON]);
}

static void
more_words_than_anybody_types_are_refused(void **state)
{
	static char line[4096] = "fusectl settings";

	(void)state;
	for (int i = 0; i <= ARGS_WORDS_MAX; i++)
		strcat(line, " logLevel");
	assert_int_equal(parse(line), OUTCOME_USAGE);
}

static void
a_command_of_two_words_is_one_command(void **state)
{
	(void)state;
	assert_int_equal(parse("fusectl --json printer --name Anna add --address 192.0.2.1"), OUTCOME_DONE);
	assert_string_equal(args.command->name, "printer add");
	assert_string_equal(args.values[OPTION_NAME], "Anna");
	assert_int_equal(args.word_count, 0);
	assert_int_equal(parse("fusectl printer"), OUTCOME_USAGE);
	assert_non_null(strstr(failure.sentence, "second word"));
	assert_int_equal(parse("fusectl printer --help"), OUTCOME_DONE);
	assert_null(args.command);
	assert_string_equal(args.group, "printer");
	assert_int_equal(parse("fusectl printer ad"), OUTCOME_USAGE);
	assert_non_null(strstr(failure.remedy, "fusectl printer add"));
	assert_int_equal(parse("fusectl printer trust x"), OUTCOME_USAGE);
	assert_int_equal(parse("fusectl add"), OUTCOME_USAGE);
	/* One name is not the beginning of another. */
	assert_int_equal(parse("fusectl printers"), OUTCOME_DONE);
	assert_string_equal(args.command->name, "printers");
}

static void
an_option_of_several_commands_names_them(void **state)
{
	(void)state;
	assert_int_equal(parse("fusectl messages Anna --lines 6000"), OUTCOME_DONE);
	assert_int_equal(args.lines, 6000);
	assert_int_equal(parse("fusectl logs --lines 6000"), OUTCOME_USAGE);
	assert_int_equal(parse("fusectl ps --mqtt-port 1"), OUTCOME_USAGE);
	assert_string_equal(failure.sentence,
			    "--mqtt-port goes with `fusectl printer add`, `fusectl printer edit` and `fusectl probe` only.");
	assert_int_equal(parse("fusectl ps --list"), OUTCOME_USAGE);
	assert_string_equal(failure.sentence, "--list goes with `fusectl send` only.");
}

static void
an_access_code_is_never_an_argument(void **state)
{
	static const char *const lines[] = {
		"fusectl printer add --code 12345678",	    "fusectl printer add --access-code=12345678",
		"fusectl printer add --accessCode 12345678", "fusectl printer add 12345678",
		"fusectl printer edit Anna 1a2b3c4d",	     "fusectl printer add --password=12345678",
		"fusectl --passcode 12345678",
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(lines); i++) {
		assert_int_equal(parse(lines[i]), OUTCOME_USAGE);
		assert_non_null(strstr(failure.sentence, "never given as an argument"));
		assert_non_null(strstr(failure.remedy, "--code-file"));
		assert_null(strstr(failure.sentence, "12345678"));
		assert_null(strstr(failure.remedy, "12345678"));
	}
	/* A slip is a slip. */
	assert_int_equal(parse("fusectl printer add --code-fle x"), OUTCOME_USAGE);
	assert_non_null(strstr(failure.remedy, "--code-file"));
	assert_null(strstr(failure.sentence, "access code"));
}

static void
no_command_is_for_the_caller_to_judge(void **state)
{
	(void)state;
	assert_int_equal(parse("fusectl --version"), OUTCOME_DONE);
	assert_null(args.command);
	assert_true(args.given[OPTION_VERSION]);
}

static void
every_command_explains_itself(void **state)
{
	size_t count;
	const struct command_row *rows = command_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(command_peek(rows[i].name), &rows[i]);
		assert_true(strlen(rows[i].summary) > 10 && strlen(rows[i].explanation) > 20);
		/* Each example is a line that parses. */
		if (strncmp(rows[i].example, "fusectl ", 8) == 0)
			assert_int_equal(parse(rows[i].example), OUTCOME_DONE);
		assert_non_null(strstr(rows[i].example, rows[i].name));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_before_or_after_the_command),
		cmocka_unit_test(a_thing_that_is_named_without_a_command_is_shown),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(a_slip_is_answered_with_what_was_meant),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(json_is_heard_beside_a_mistake),
		cmocka_unit_test(more_words_than_anybody_types_are_refused),
		cmocka_unit_test(a_command_of_two_words_is_one_command),
		cmocka_unit_test(an_option_of_several_commands_names_them),
		cmocka_unit_test(an_access_code_is_never_an_argument),
		cmocka_unit_test(no_command_is_for_the_caller_to_judge),
		cmocka_unit_test(every_command_explains_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
