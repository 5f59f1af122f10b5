/*
 * What `fusectl virtual` makes of KEY=VALUE words and of the names of errors; a slip is named before anything is sent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "fusectl/virtualwords.h"

static struct failure failure;

/* The object as compact JSON with its keys in order, or the failure's sentence. */
static const char *
shown(json_t *object)
{
	static char text[1024];

	if (object == NULL) {
		assert_string_equal(failure.reason, "usage");
		return failure.sentence;
	}
	char *dumped = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	str_copy(text, sizeof text, dumped);
	free(dumped);
	json_decref(object);
	return text;
}

static const char *
set(const char *line)
{
	static char copy[1024];
	const char *words[32];
	size_t count = 0;

	str_copy(copy, sizeof copy, line);
	for (char *at = strtok(copy, " "); at != NULL; at = strtok(NULL, " "))
		words[count++] = at;
	return shown(virtualwords_set(words, count, &failure));
}

static void
controls_and_faults_go_where_they_belong(void **state)
{
	(void)state;
	assert_string_equal(set("online=false"), "{\"online\":false}");
	assert_string_equal(set("timeFactor=600 wrongCode=true cutUploadPercent=50 silent=false"),
			    "{\"faults\":{\"cutUploadPercent\":50,\"silent\":false,\"wrongCode\":true},\"timeFactor\":600}");
	assert_string_equal(set("wrongCode=true wrongCode=false"), "{\"faults\":{\"wrongCode\":false}}");
}

static void
every_fault_can_be_set(void **state)
{
	char word[64], wanted[96];
	size_t count;
	const struct virtual_key *keys = virtualwords_keys(&count);

	(void)state;
	assert_true(count > 10);
	for (size_t i = 0; i < count; i++) {
		str_format(word, sizeof word, "%s=%s", keys[i].name, keys[i].value == VIRTUAL_TRUTH ? "true" : "7");
		str_format(wanted, sizeof wanted, "\"%s\":%s", keys[i].name, keys[i].value == VIRTUAL_TRUTH ? "true" : "7");
		assert_non_null(strstr(set(word), wanted));
	}
}

static void
a_slip_is_named(void **state)
{
	static const struct { const char *line, *sentence, *remedy; } slips[] = {
		{ "online", "'online' is no KEY=VALUE.", "online=false" },
		{ "=true", "'=true' is no KEY=VALUE.", "online=false" },
		{ "wrongcode=true", "Virtual printers have no control 'wrongcode'.", "Did you mean 'wrongCode'?" },
		{ "explode=true", "Virtual printers have no control 'explode'.", "changedAddress and liveViewOff" },
		{ "online=maybe", "online is true or false, not 'maybe'.", "switched on" },
		{ "timeFactor=601", "timeFactor is a number from 1 to 600, not '601'.", "faster" },
		{ "timeFactor=0", "timeFactor is a number from 1 to 600, not '0'.", "faster" },
		{ "cutUploadPercent=100", "cutUploadPercent is a number from 0 to 99, not '100'.", "ends there" },
		{ "silent=true timeFactor=x", "timeFactor is a number from 1 to 600, not 'x'.", "faster" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(slips); i++) {
		assert_string_equal(set(slips[i].line), slips[i].sentence);
		assert_non_null(strstr(failure.remedy, slips[i].remedy));
	}
}

static void
errors_are_triggered_by_name(void **state)
{
	char long_message[130];
	size_t count;
	const struct virtual_error *errors = virtualwords_errors(&count);

	(void)state;
	assert_int_equal(count, 8);
	for (size_t i = 0; i < count; i++)
		assert_non_null(strstr(shown(virtualwords_trigger(errors[i].name, NULL, &failure)), errors[i].name));
	assert_string_equal(shown(virtualwords_trigger("nozzle-clog", "It is \"clogged\".", &failure)),
			    "{\"do\":\"trigger-error\",\"error\":\"nozzle-clog\",\"message\":\"It is \\\"clogged\\\".\"}");
	assert_string_equal(shown(virtualwords_trigger("fire", NULL, &failure)), "Virtual printers have no error 'fire'.");
	assert_non_null(strstr(failure.remedy, "nozzle-temperature, "));
	memset(long_message, 'x', sizeof long_message);
	long_message[121] = '\0';
	assert_string_equal(shown(virtualwords_trigger("nozzle-clog", long_message, &failure)), "--message is at most 120 bytes.");
	assert_string_equal(shown(virtualwords_trigger("nozzle-clog", "\xff", &failure)), "--message is no UTF-8 text.");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(controls_and_faults_go_where_they_belong),
		cmocka_unit_test(every_fault_can_be_set),
		cmocka_unit_test(a_slip_is_named),
		cmocka_unit_test(errors_are_triggered_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
