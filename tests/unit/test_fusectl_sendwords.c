/*
 * KEY=VALUE words become the command object that printers' workers take; a slip is named before anything is sent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "fusectl/sendwords.h"

static struct failure failure;

/* The object as compact JSON with its keys in order, or the failure's sentence. */
static const char *
build(const char *line)
{
	static char copy[1024], shown[1024];
	const char *words[32];
	size_t count = 0;

	str_copy(copy, sizeof copy, line);
	for (char *at = strtok(copy, " "); at != NULL; at = strtok(NULL, " "))
		words[count++] = at;
	json_t *object = sendwords_build(words, count, &failure);
	if (object == NULL) {
		assert_string_equal(failure.reason, "usage");
		return failure.sentence;
	}
	char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	str_copy(shown, sizeof shown, text);
	free(text);
	json_decref(object);
	return shown;
}

static void
values_are_of_the_type_that_the_field_has(void **state)
{
	(void)state;
	assert_string_equal(build("pause"), "{\"command\":\"pause\"}");
	assert_string_equal(build("set-temperature type=bed temperature=60"),
			    "{\"command\":\"set-temperature\",\"temperature\":60,\"type\":\"bed\"}");
	assert_string_equal(build("home-axis axes.x=true axes.z=false"),
			    "{\"axes\":{\"x\":true,\"z\":false},\"command\":\"home-axis\"}");
	assert_string_equal(build("move-axis axes.z=-0.5"), "{\"axes\":{\"z\":-0.5},\"command\":\"move-axis\"}");
	/* A text stays one, whatever it looks like. */
	assert_string_equal(build("set-slot-info info.slotId=2 info.trayType=PLA info.nozzleTempMin=190 "
				  "info.nozzleTempMax=230 info.color=000000"),
			    "{\"command\":\"set-slot-info\",\"info\":{\"color\":\"000000\",\"nozzleTempMax\":230,"
			    "\"nozzleTempMin\":190,\"slotId\":2,\"trayType\":\"PLA\"}}");
	assert_string_equal(build("set-slot-info info.slotId=2 info.trayType=a=b info.nozzleTempMin=1e2 info.nozzleTempMax=1"),
			    "{\"command\":\"set-slot-info\",\"info\":{\"nozzleTempMax\":1,\"nozzleTempMin\":100.0,"
			    "\"slotId\":2,\"trayType\":\"a=b\"}}");
}

static void
a_slip_is_named(void **state)
{
	static const struct { const char *line, *sentence, *remedy; } slips[] = {
		{ "", "What is the printer to do?", "--list" },
		{ "puase", "Printers know no command 'puase'.", "Did you mean 'pause'?" },
		{ "dance", "Printers know no command 'dance'.", "--list" },
		{ "pause now", "'now' is no KEY=VALUE.", "pause takes no fields." },
		{ "set-fan type=part", "set-fan needs speed: percent, 0 to 100.", "type=TEXT speed=NUMBER" },
		{ "set-fan type=part speed=fast", "speed takes a number, not 'fast'.", "percent" },
		{ "set-fan type=part speed=", "speed takes a number, not ''.", "percent" },
		{ "set-fan type=part speed=inf", "speed takes a number, not 'inf'.", "percent" },
		{ "set-fan type=part speed=0x10", "speed takes a number, not '0x10'.", "percent" },
		{ "set-fan type=part speed=1e999", "speed takes a number, not '1e999'.", "percent" },
		{ "set-fan type=part speed=5 speed=6", "speed stands there twice.", "" },
		{ "set-fan type=part speed=5 sped=6", "sped is no field of it.", "speed=NUMBER" },
		{ "home-axis axes.x=yes", "axes.x takes true or false, not 'yes'.", "X axis" },
		{ "home-axis axes=true", "axes is no field of it.", "[axes.x=true|false]" },
		{ "led-control light=\xff state=on", "light takes text in UTF-8, not '\xff'.", "" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(slips); i++) {
		assert_string_equal(build(slips[i].line), slips[i].sentence);
		if (strstr(failure.remedy, slips[i].remedy) == NULL)
			fail_msg("'%s' is not in: %s", slips[i].remedy, failure.remedy);
	}
}

static void
only_what_ends_a_print_is_asked_first(void **state)
{
	size_t count, destructive = 0;
	const struct command_spec *specs = command_specs(&count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		destructive += sendwords_is_destructive(specs[i].name);
	assert_int_equal(destructive, 1);
	assert_true(sendwords_is_destructive("stop"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_of_the_type_that_the_field_has),
		cmocka_unit_test(a_slip_is_named),
		cmocka_unit_test(only_what_ends_a_print_is_asked_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
