/*
 * command_rig: what the tests of commands share: a state and a number to start from, a check of what comes out and of
 * what is refused, and the commands themselves. Include it last.
 */
#ifndef FUSE_TESTS_COMMAND_RIG_H
#define FUSE_TESTS_COMMAND_RIG_H

#include <string.h>

#include "common/str.h"
#include "printer/command.h"

/* Not every test uses every helper. */
#define RIG __attribute__((unused)) static

RIG struct printer_state state;
RIG uint32_t sequence;
RIG struct command_plan plan;
RIG struct command_refusal refusal;

/* Nothing is told yet, and the next number is 20001. */
RIG int
setup(void **unused)
{
	(void)unused;
	printer_state_init(&state);
	sequence = 20001;
	memset(&plan, 0x55, sizeof plan);
	memset(&refusal, 0x55, sizeof refusal);
	return 0;
}

RIG bool
try_bytes(const char *key, const void *json, size_t len)
{
	const struct model *model = model_by_key(key);

	assert_string_equal(model->key, key);
	return command_plan(model, &state, json, len, &sequence, &plan, &refusal);
}

/* The command becomes exactly these payloads, and is told so. */
RIG void
becomes(const char *key, const char *json, const char *sentence, const char *const payloads[], size_t count)
{
	uint32_t first = sequence;

	if (!try_bytes(key, json, strlen(json)))
		fail_msg("%s %s refused: %s", key, json, refusal.sentence);
	assert_int_equal(plan.payload_count, count);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(plan.payloads[i].json, payloads[i]);
		assert_int_equal(plan.payloads[i].len, strlen(payloads[i]));
		assert_int_equal(plan.payloads[i].sequence_id, first + i);
	}
	assert_string_equal(plan.sentence, sentence);
	assert_int_equal(sequence, first + count);
}
#define BECOMES(key, json, sentence, ...) \
	becomes(key, json, sentence, (const char *const[]){ __VA_ARGS__ }, \
		STR_ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))
/* The fields of the one print command after its number 20001; what follows starts anew there. */
#define BECOMES_PRINT(key, json, sentence, fields)                                              \
	do {                                                                                    \
		sequence = 20001;                                                               \
		BECOMES(key, json, sentence, "{\"print\":{\"sequence_id\":\"20001\"," fields "}}"); \
		assert_int_equal(plan.payloads[0].qos, 1);                                      \
		assert_true(plan.needs_developer_mode);                                         \
		assert_false(plan.is_pushall);                                                  \
	} while (0)
#define GCODE(lines) "\"command\":\"gcode_line\",\"param\":\"" lines "\""

RIG void
refused(const char *key, const char *json, enum refusal reason, const char *sentence)
{
	uint32_t first = sequence;

	if (try_bytes(key, json, strlen(json)))
		fail_msg("%s %s was not refused", key, json);
	if (strstr(refusal.sentence, sentence) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", refusal.sentence, sentence);
	assert_int_equal(refusal.reason, reason);
	assert_true(strlen(refusal.remedy) > 3);
	assert_int_equal(plan.payload_count, 0);
	assert_int_equal(sequence, first);
}

/* -- the commands, by what differs in them -------------------------------------------------- */
#define HEAT(type, celsius) "{\"command\":\"set-temperature\",\"type\":\"" type "\",\"temperature\":" celsius "}"
#define CTT(number, celsius) \
	"{\"print\":{\"sequence_id\":\"" number "\",\"command\":\"set_ctt\",\"ctt_val\":" celsius ",\"temper_check\":true}}"
#define AIR(number, mode) \
	"{\"print\":{\"sequence_id\":\"" number "\",\"command\":\"set_airduct\",\"modeId\":" mode ",\"submode\":-1}}"
#define FAN(type, percent) "{\"command\":\"set-fan\",\"type\":\"" type "\",\"speed\":" percent "}"
#define HOME(axes) "{\"command\":\"home-axis\",\"axes\":{" axes "}}"
#define MOVE(axes) "{\"command\":\"move-axis\",\"axes\":{" axes "}}"
#define EXTRUDE(amount) "{\"command\":\"extrude-filament\",\"amount\":" amount "}"
#define CALIBRATE(options) "{\"command\":\"calibration\",\"option_value\":" options "}"
#define LOAD(slot) "{\"command\":\"load-filament\",\"targetSlotId\":" slot ",\"targetTemp\":230,\"currentTemp\":200}"
#define UNLOAD "{\"command\":\"unload-filament\"}"
#define INFO(fields)                                                                          \
	"{\"command\":\"set-slot-info\",\"info\":{" fields                                                       \
	",\"nozzleTempMin\":190,\"nozzleTempMax\":240,\"trayType\":\"PLA\"}}"

#define TEST(name) cmocka_unit_test_setup(name, setup)

#endif
