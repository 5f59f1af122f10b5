/*
 * What may come next on a line that is being typed: from the tables, from a running Fuse, and never
 * anything that a shell would take for more than a word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "fusectl/complete.h"

/* What was offered, each with a blank behind it. */
static char offered[4096];
static char asked_socket[256];
static bool asked_only_waiting;

static void
put(void *arg, const char *candidate)
{
	(void)arg;
	size_t used = strlen(offered);
	str_format(offered + used, sizeof offered - used, "%s ", candidate);
}

/* A Fuse whose processes have names that would harm a shell, and two that would not. */
static void
processes(const struct complete_request *request, const char *socket, bool only_waiting)
{
	str_copy(asked_socket, sizeof asked_socket, socket != NULL ? socket : "none");
	asked_only_waiting = only_waiting;
	complete_offer(request, "httpd");
	complete_offer(request, "worker/P1S-7");
	complete_offer(request, "$(reboot)");
	complete_offer(request, "a b");
	complete_offer(request, "x;y");
	complete_offer(request, "\033[31m");
	complete_offer(request, "");
}

/* Printers: one with a name that needs quotes. */
static void
printers(const struct complete_request *request, const char *socket)
{
	str_copy(asked_socket, sizeof asked_socket, socket != NULL ? socket : "none");
	complete_offer(request, "Anna");
	complete_offer(request, "00M00A000000001");
	complete_offer(request, "left of the door");
	complete_offer(request, "01P00A000000002");
	complete_offer(request, "`reboot`");
}

static const char *
complete(size_t count, ...)
{
	struct complete_request request = { .sink = { put, NULL }, .processes = processes, .printers = printers };
	char *words[COMPLETE_WORDS_MAX];
	va_list args;

	va_start(args, count);
	for (size_t i = 0; i < count; i++)
		words[i] = va_arg(args, char *);
	va_end(args);
	offered[0] = '\0';
	complete_words(&request, count, words);
	return offered;
}

static void
commands_come_first(void **state)
{
	(void)state;
	assert_string_equal(complete(1, "s"), "status scan send settings store setup-code ");
	assert_string_equal(complete(2, "--json", "lo"), "logs ");
	assert_string_equal(complete(3, "--timeout", "5", "ps"), "ps ");
	assert_string_equal(complete(2, "help", "rel"), "reload ");
	assert_string_equal(complete(2, "store", ""), "confirm ");
	assert_string_equal(complete(2, "completion", ""), "bash ");
	assert_string_equal(complete(2, "ps", ""), "");
	assert_string_equal(complete(0), "");
}

static void
options_are_those_of_the_command(void **state)
{
	(void)state;
	assert_string_equal(complete(2, "logs", "--f"), "--follow ");
	assert_string_equal(complete(2, "ps", "--f"), "");
	assert_string_equal(complete(1, "--js"), "--json ");
	assert_string_equal(complete(2, "--socket", "--"), "");
	assert_string_equal(complete(3, "restart", "--", "-"), "");
}

static void
a_setting_s_name_comes_with_its_equals_sign(void **state)
{
	(void)state;
	assert_string_equal(complete(2, "settings", "logLev"), "logLevel= ");
	assert_string_equal(complete(3, "settings", "--default", "logLev"), "logLevel ");
}

static void
a_setting_s_value_is_one_of_its_choices(void **state)
{
	(void)state;
	/* bash cuts words at '=', other shells need not. */
	assert_string_equal(complete(4, "settings", "logLevel", "=", "w"), "warn ");
	assert_string_equal(complete(3, "settings", "logLevel", "="), "error warn info debug ");
	assert_string_equal(complete(2, "settings", "logLevel=w"), "logLevel=warn ");
	assert_string_equal(complete(4, "settings", "logToFile", "=", ""), "true false ");
	assert_string_equal(complete(5, "settings", "logToFile", "=", "true", "logLev"), "logLevel= ");
	assert_string_equal(complete(4, "settings", "noSuch", "=", ""), "");
}

static void
processes_are_those_of_the_fuse_that_is_meant(void **state)
{
	(void)state;
	assert_string_equal(complete(2, "restart", "w"), "worker/P1S-7 ");
	assert_string_equal(asked_socket, "none");
	assert_false(asked_only_waiting);
	complete(4, "--socket", "/run/f.sock", "retry", "");
	assert_string_equal(asked_socket, "/run/f.sock");
	assert_true(asked_only_waiting);
	complete(5, "--socket", "=", "/run/g.sock", "restart", "");
	assert_string_equal(asked_socket, "/run/g.sock");
}

static void
commands_of_two_words_come_one_word_after_the_other(void **state)
{
	(void)state;
	assert_string_equal(complete(1, "prin"), "printers printer print ");
	assert_string_equal(complete(2, "printer", "re"), "reconnect remove ");
	assert_string_equal(complete(2, "printer", "--"), "--socket --json --yes --timeout --help --version ");
	assert_string_equal(complete(3, "help", "printer", "a"), "add ");
	assert_string_equal(complete(3, "help", "ps", "a"), "");
	assert_string_equal(complete(3, "printer", "add", "--na"), "--name ");
	assert_string_equal(complete(3, "printer", "remove", "--na"), "");
}

static void
printers_are_those_of_the_fuse_that_is_meant(void **state)
{
	(void)state;
	assert_string_equal(complete(3, "printer", "show", ""), "Anna 00M00A000000001 01P00A000000002 ");
	assert_string_equal(asked_socket, "none");
	assert_string_equal(complete(4, "--socket", "/s", "trust", "A"), "Anna ");
	assert_string_equal(asked_socket, "/s");
	assert_string_equal(complete(4, "doctor", "Anna", "00M00A000000001", "01"), "01P00A000000002 ");
	assert_string_equal(complete(3, "trust", "Anna", ""), "");
	assert_string_equal(complete(4, "printer", "edit", "Anna", ""), "");
}

static void
a_command_of_a_printer_comes_with_its_fields(void **state)
{
	(void)state;
	assert_string_equal(complete(2, "send", "An"), "Anna ");
	assert_string_equal(complete(3, "send", "Anna", "set-f"), "set-fan ");
	assert_string_equal(complete(4, "send", "Anna", "set-fan", ""), "type= speed= ");
	assert_string_equal(complete(5, "send", "Anna", "set-fan", "type=part", "s"), "speed= ");
	assert_string_equal(complete(4, "send", "Anna", "home-axis", "axes.x=t"), "axes.x=true ");
	assert_string_equal(complete(4, "send", "Anna", "nosuch", ""), "");
	assert_string_equal(complete(3, "virtual", "set", "An"), "Anna ");
	assert_string_equal(complete(4, "virtual", "set", "Anna", "s"), "storageFull= storageFull=true storageFull=false "
								      "slowUpload= slowUpload=true slowUpload=false "
								      "slowParse= slowParse=true slowParse=false "
								      "silent= silent=true silent=false ");
	assert_string_equal(complete(5, "virtual", "set", "Anna", "silent=true", "time"), "timeFactor= ");
	assert_string_equal(complete(4, "virtual", "error", "Anna", "nozzle"), "nozzle-temperature nozzle-clog ");
	assert_string_equal(complete(5, "virtual", "error", "Anna", "nozzle-clog", ""), "");
}

static void
nothing_that_a_shell_would_act_on_is_offered(void **state)
{
	(void)state;
	assert_string_equal(complete(2, "restart", ""), "httpd worker/P1S-7 ");
}

static void
an_endless_word_is_no_word(void **state)
{
	static char word[2 * COMPLETE_WORD_BYTES];

	(void)state;
	memset(word, 'x', sizeof word - 1);
	assert_string_equal(complete(2, word, ""), "");
	assert_string_equal(complete(1, word), "");
	assert_string_equal(complete(1, "="), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_come_first),
		cmocka_unit_test(options_are_those_of_the_command),
		cmocka_unit_test(a_setting_s_name_comes_with_its_equals_sign),
		cmocka_unit_test(a_setting_s_value_is_one_of_its_choices),
		cmocka_unit_test(processes_are_those_of_the_fuse_that_is_meant),
		cmocka_unit_test(commands_of_two_words_come_one_word_after_the_other),
		cmocka_unit_test(printers_are_those_of_the_fuse_that_is_meant),
		cmocka_unit_test(a_command_of_a_printer_comes_with_its_fields),
		cmocka_unit_test(nothing_that_a_shell_would_act_on_is_offered),
		cmocka_unit_test(an_endless_word_is_no_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
