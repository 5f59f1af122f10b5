/*
 * The controls of a virtual printer, read from what a person or a program says: what is right changes what it names and
 * nothing else; what is wrong changes nothing and is told in a sentence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "printer/hms.h"
#include "worker/virtual/controls.h"

static struct controls now;
static struct control_change change;
static char sentence[200];

static int
fresh(void **state)
{
	(void)state;
	controls_init(&now);
	return 0;
}

/* JSON with ' for ", from a buffer of exactly its size. */
static bool
reads(const char *json)
{
	size_t len = strlen(json);
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	for (size_t i = 0; i < len; i++)
		copy[i] = json[i] == '\'' ? '"' : json[i];
	memset(&change, 0x55, sizeof change);
	memset(sentence, 0x55, sizeof sentence);
	bool is_read = controls_read(&now, copy, len, &change, sentence, sizeof sentence);
	free(copy);
	return is_read;
}

static void
turn(const char *json)
{
	if (!reads(json))
		fail_msg("%s: %s", json, sentence);
	assert_string_equal(sentence, "");
	now = change.after;
}

static void
is_wrong(const char *json, const char *words)
{
	struct controls before = now;

	if (reads(json))
		fail_msg("%s was read", json);
	if (strstr(sentence, words) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", json, sentence, words);
	assert_memory_equal(&change.after, &before, sizeof before);
	assert_int_equal(change.action, CONTROL_DO_NOTHING);
}

static void
only_what_is_named_changes(void **state)
{
	(void)state;
	turn("{'timeFactor':60}");
	assert_true(now.online && now.time_factor == 60);
	turn("{'faults':{'noStorage':true,'cutUploadPercent':30}}");
	assert_true(now.time_factor == 60 && now.faults[CONTROL_FAULT_NO_STORAGE] && now.cut_upload_percent == 30);
	turn("{'online':false,'faults':{'noStorage':false}}");
	assert_true(!now.online && !now.faults[CONTROL_FAULT_NO_STORAGE] && now.cut_upload_percent == 30);
	turn("{}");
	assert_int_equal(change.action, CONTROL_DO_NOTHING);
	for (unsigned i = 0; i < CONTROL_FAULT_COUNT; i++) {
		char json[64];
		assert_true(str_format(json, sizeof json, "{'faults':{'%s':true}}", control_fault_name((enum control_fault)i)));
		turn(json);
		assert_true(now.faults[i]);
	}
}

static void
errors_come_once_each_and_go(void **state)
{
	uint32_t attr, code;
	char json[96];

	(void)state;
	for (unsigned i = 0; i < CONTROL_ERROR_COUNT; i++) {
		assert_true(str_format(json, sizeof json, "{'do':'trigger-error','error':'%s'}",
				       control_error_name((enum control_error)i)));
		turn(json);
		assert_int_equal(change.action, CONTROL_DO_TRIGGER);
		assert_int_equal(now.error_count, i + 1);
		assert_int_equal(now.errors[i].error, i);
		assert_true(strlen(now.errors[i].message) > 10);
	}
	turn("{'do':'trigger-error','error':'nozzle-clog','message':'again'}");
	assert_int_equal(now.error_count, CONTROL_ERROR_COUNT);
	assert_string_equal(now.errors[CONTROL_ERROR_NOZZLE_CLOG].message, "again");
	control_error_code(CONTROL_ERROR_NOZZLE_CLOG, &attr, &code);
	assert_true(attr == 0x03001a00 && code == 0x00020002);
	turn("{'do':'clear-errors'}");
	assert_int_equal(now.error_count, 0);
	assert_int_equal(change.action, CONTROL_DO_CLEAR);
}

/* What is triggered is shown in words, by the same table as that of a real printer. */
static void
each_error_has_words(void **state)
{
	struct hms_text text;
	uint32_t attr, code;

	(void)state;
	for (unsigned i = 0; i < CONTROL_ERROR_COUNT; i++) {
		control_error_code((enum control_error)i, &attr, &code);
		hms_describe(model_by_key("X1C"), attr, code, &text);
		if (!text.is_known)
			fail_msg("%s: %s", control_error_name((enum control_error)i), text.message);
	}
}

static void
deeds_are_told(void **state)
{
	(void)state;
	turn("{'do':'test-print'}");
	assert_int_equal(change.action, CONTROL_DO_TEST_PRINT);
	turn("{'do':'reboot','timeFactor':5}");
	assert_int_equal(change.action, CONTROL_DO_REBOOT);
	turn("{'faults':{'silent':true}}");
	turn("{'do':'trigger-error','error':'nozzle-clog'}");
	turn("{'do':'reset'}");
	assert_int_equal(change.action, CONTROL_DO_RESET);
	assert_true(now.time_factor == 5 && !now.faults[CONTROL_FAULT_SILENT] && now.error_count == 0 && now.online);
}

static void
what_is_wrong_is_told(void **state)
{
	char long_message[400];

	(void)state;
	turn("{'timeFactor':60}");
	is_wrong("", "one short JSON object");
	is_wrong("[]", "one JSON object");
	is_wrong("{'online':true", "JSON object");
	is_wrong("{'online':true,'online':false}", "once");
	is_wrong("{'online':1}", "online must be true or false");
	is_wrong("{'timeFactor':0}", "1 to 600");
	is_wrong("{'timeFactor':601}", "1 to 600");
	is_wrong("{'timeFactor':1.5}", "1 to 600");
	is_wrong("{'timeFactor':'60'}", "1 to 600");
	is_wrong("{'faults':true}", "must be an object");
	is_wrong("{'faults':{'cutUploadPercent':100}}", "0 to 99");
	is_wrong("{'faults':{'noStorage':'yes'}}", "noStorage must be true or false");
	is_wrong("{'faults':{'fire':true}}", "no fault of this name");
	is_wrong("{'fire':true}", "A control is one of");
	is_wrong("{'do':'fly'}", "do must be");
	is_wrong("{'do':''}", "do must be");
	is_wrong("{'do':7}", "do must be");
	is_wrong("{'do':'trigger-error'}", "needs an error");
	is_wrong("{'do':'trigger-error','error':'fire'}", "needs an error");
	is_wrong("{'do':'trigger-error','error':'nozzle-clog','message':7}", "at most 120 bytes");
	is_wrong("{'do':'trigger-error','error':'nozzle-clog','message':'a\\u0007b'}", "one line");
	is_wrong("{'do':'reboot','error':'nozzle-clog'}", "go with");
	is_wrong("{'message':'x'}", "go with");
	assert_true(str_format(long_message, sizeof long_message,
			       "{'do':'trigger-error','error':'nozzle-clog','message':'%0121d'}", 0));
	is_wrong(long_message, "120 bytes");
	/* What was right before what was wrong does not count either. */
	is_wrong("{'timeFactor':2,'online':'no'}", "true or false");
}

static void
they_are_written_as_they_are_read(void **state)
{
	char text[4096];
	struct jsonout out;

	(void)state;
	turn("{'timeFactor':600,'faults':{'silent':true}}");
	turn("{'do':'trigger-error','error':'filament-runout','message':'it is \\\"empty\\\"'}");
	jsonout_init(&out, text, sizeof text);
	jsonout_open(&out, '{');
	controls_write(&out, &now);
	jsonout_close(&out, '}');
	assert_true(jsonout_finish(&out) > 0);
	assert_string_equal(text, "{\"online\":true,\"timeFactor\":600,\"faults\":{\"wrongCode\":false,\"developerModeOff\":false,"
				  "\"noStorage\":false,\"storageFull\":false,\"slowUpload\":false,\"emptyUpload\":false,"
				  "\"slowParse\":false,\"lostStart\":false,\"silent\":true,\"changedCertificate\":false,"
				  "\"changedAddress\":false,\"liveViewOff\":false,\"cutUploadPercent\":0},\"errors\":[{\"error\":\"filament-runout\","
				  "\"code\":\"0700-2000-0002-0001\",\"message\":\"it is \\\"empty\\\"\"}]}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(only_what_is_named_changes, fresh),
		cmocka_unit_test_setup(errors_come_once_each_and_go, fresh),
		cmocka_unit_test_setup(each_error_has_words, fresh),
		cmocka_unit_test_setup(deeds_are_told, fresh),
		cmocka_unit_test_setup(what_is_wrong_is_told, fresh),
		cmocka_unit_test_setup(they_are_written_as_they_are_read, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
