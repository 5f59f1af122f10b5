/*
 * Commands as a whole: strict about what comes in, careful of a running print, and for every command on every model
 * what goes out is JSON with numbers that move on by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "command_rig.h"

/* -- a print must not be spoilt ------------------------------------------------------------- */
static const char *const disturbing[] = { HOME("\"x\":true"), MOVE("\"x\":1"), EXTRUDE("1"), CALIBRATE("2"), UNLOAD,
					  LOAD("1"), "{\"command\":\"refresh-slot\",\"amsId\":0,\"slotId\":0}" };
static const char *const fine_at_any_time[] = { HEAT("nozzle", "200"), HEAT("bed", "60"), FAN("part", "50"),
						INFO("\"slotId\":1"), "{\"command\":\"resync-data\"}",
						"{\"command\":\"led-control\",\"light\":\"chamber_light\",\"state\":\"on\"}" };

static void
a_running_print_is_not_disturbed(void **unused)
{
	static const enum gcode_state busy[] = { GCODE_STATE_PREPARE, GCODE_STATE_RUNNING, GCODE_STATE_SLICING };

	(void)unused;
	for (size_t i = 0; i < STR_ARRAY_LEN(busy); i++) {
		state.gcode_state = busy[i];
		for (size_t j = 0; j < STR_ARRAY_LEN(disturbing); j++)
			refused("X1C", disturbing[j], REFUSAL_CONFLICT, "The printer is at a print");
		for (size_t j = 0; j < STR_ARRAY_LEN(fine_at_any_time); j++)
			assert_true(try_bytes("X1C", fine_at_any_time[j], strlen(fine_at_any_time[j])));
	}
}

/* During a pause people change filament; the toolhead must stay where it is. */
static void
a_paused_print_lets_filament_be_changed(void **unused)
{
	static const bool let_through[] = { false, false, true, false, true, true, true };

	(void)unused;
	_Static_assert(STR_ARRAY_LEN(let_through) == STR_ARRAY_LEN(disturbing), "one for each");
	state.gcode_state = GCODE_STATE_PAUSE;
	for (size_t i = 0; i < STR_ARRAY_LEN(disturbing); i++) {
		if (let_through[i])
			assert_true(try_bytes("X1C", disturbing[i], strlen(disturbing[i])));
		else
			refused("X1C", disturbing[i], REFUSAL_CONFLICT, "The printer is at a print (PAUSE)");
	}
}

static void
a_printer_at_rest_or_unknown_does_it_all(void **unused)
{
	static const enum gcode_state rest[] = { GCODE_STATE_UNKNOWN, GCODE_STATE_IDLE, GCODE_STATE_FINISH,
						 GCODE_STATE_FAILED, GCODE_STATE_OTHER };

	(void)unused;
	for (size_t i = 0; i < STR_ARRAY_LEN(rest); i++) {
		state.gcode_state = rest[i];
		for (size_t j = 0; j < STR_ARRAY_LEN(disturbing); j++)
			assert_true(try_bytes("X1C", disturbing[j], strlen(disturbing[j])));
	}
}

/* -- strict --------------------------------------------------------------------------------- */
static void
what_is_no_command_is_refused(void **unused)
{
	static const struct {
		const char *json, *sentence;
	} table[] = {
		{ "", "not well-formed JSON" },
		{ "{", "not well-formed JSON" },
		{ "nonsense", "not well-formed JSON" },
		{ "{\"command\":\"stop\"} x", "not well-formed JSON" },
		{ "{\"command\":\"stop\",}", "not well-formed JSON" },
		{ "{\"command\":\"set-fan\",\"type\":\"part\",\"speed\":NaN}", "not well-formed JSON" },
		{ "{\"command\":\"set-fan\",\"type\":\"part\",\"speed\":1e999}", "not well-formed JSON" },
		{ "{\"command\":\"\\ud800\"}", "not well-formed JSON" },
		{ "{\"command\":\"st\\u0000op\"}", "not well-formed JSON" },
		{ "{\"command\":\"\xff\"}", "not well-formed JSON" },
		{ "[]", "not an object" },
		{ "[{\"command\":\"stop\"}]", "not an object" },
		{ "{}", "has no text \"command\"" },
		{ "{\"command\":7}", "has no text \"command\"" },
		{ "{\"command\":\"\"}", "has no text \"command\"" },
		{ "{\"command\":null}", "has no text \"command\"" },
		{ "{\"command\":\"explode\"}", "There is no command \"explode\"." },
		{ "{\"command\":\"Stop\"}", "There is no command \"Stop\"." },
		{ "{\"command\":\"stop \"}", "There is no command \"stop \"." },
		{ "{\"command\":\"a\\u001b[31m\\u202ee\"}", "There is no command \"a?[31m???e\"." },
		{ "{\"command\":\"0123456789012345678901234567890123456789\"}",
		  "There is no command \"01234567890123456789012345678901…\"." },
		{ "{\"command\":\"stop\",\"command\":\"stop\"}", "names a field twice" },
		{ "{\"command\":\"home-axis\",\"axes\":{\"x\":true,\"x\":true}}", "names a field twice" },
		{ "{\"command\":\"stop\",\"param\":\"\"}", "stop has no field \"param\"." },
		{ "{\"command\":\"stop\",\"\":1}", "stop has no field \"\"." },
		{ "{\"command\":\"set-fan\",\"type\":\"part\",\"sped\":5}", "set-fan has no field \"sped\"." },
		{ "{\"command\":\"set-fan\",\"type\":\"part\"}", "set-fan needs speed." },
		{ "{\"command\":\"set-fan\",\"speed\":5}", "set-fan needs type." },
		{ "{\"command\":\"set-fan\",\"type\":\"part\",\"speed\":\"5\"}", "speed must be a number." },
		{ "{\"command\":\"set-fan\",\"type\":\"part\",\"speed\":true}", "speed must be a number." },
		{ "{\"command\":\"set-fan\",\"type\":\"part\",\"speed\":null}", "speed must be a number." },
		{ "{\"command\":\"set-fan\",\"type\":\"part\",\"speed\":[5]}", "speed must be a number." },
		{ "{\"command\":\"set-fan\",\"type\":1,\"speed\":5}", "type must be a text." },
		{ HOME("\"x\":1"), "axes.x must be true or false." },
		{ HOME("\"x\":\"true\""), "axes.x must be true or false." },
		{ HOME("\"q\":true"), "home-axis has no field \"axes.q\"." },
		{ HOME("\"e\":true"), "home-axis has no field \"axes.e\"." },
		{ "{\"command\":\"home-axis\",\"axes\":[true]}", "axes must be an object." },
		{ "{\"command\":\"home-axis\",\"axes\":true}", "axes must be an object." },
		{ "{\"command\":\"home-axis\",\"axes.x\":true}", "home-axis has no field \"axes.x\"." },
		{ "{\"command\":\"home-axis\",\"axes\":{\"axes.x\":true}}", "home-axis has no field \"axes.axes.x\"." },
		{ MOVE("\"x\":\"1\""), "axes.x must be a number." },
		{ "{\"command\":\"set-slot-info\",\"info\":[]}", "info must be an object." },
		{ "{\"command\":\"set-slot-info\"}", "set-slot-info needs info.slotId." },
	};

	(void)unused;
	for (size_t i = 0; i < STR_ARRAY_LEN(table); i++)
		refused("X1C", table[i].json, REFUSAL_INVALID, table[i].sentence);
}

static void
a_slip_of_the_pen_is_helped(void **unused)
{
	(void)unused;
	refused("X1C", "{\"command\":\"set-fna\"}", REFUSAL_INVALID, "There is no command");
	assert_string_equal(refusal.remedy, "Did you mean set-fan?");
	refused("X1C", "{\"command\":\"explode\"}", REFUSAL_INVALID, "There is no command");
	assert_non_null(strstr(refusal.remedy, "There are: stop, pause, "));
	refused("X1C", "{\"command\":\"set-fan\",\"type\":\"part\"}", REFUSAL_INVALID, "set-fan needs speed.");
	assert_string_equal(refusal.remedy, "speed: percent, 0 to 100.");
	refused("X1C", "{\"command\":\"set-fan\",\"x\":1}", REFUSAL_INVALID, "no field \"x\"");
	assert_string_equal(refusal.remedy, "Its fields: type, speed.");
}

static void
what_is_too_long_or_deep_is_refused(void **unused)
{
	static char json[COMMAND_JSON_MAX_BYTES + 2];

	(void)unused;
	memset(json, ' ', sizeof json);
	memcpy(json, "{\"command\":\"stop\"}", 18);
	assert_true(try_bytes("X1C", json, COMMAND_JSON_MAX_BYTES));
	assert_false(try_bytes("X1C", json, COMMAND_JSON_MAX_BYTES + 1));
	assert_string_equal(refusal.sentence, "A command has at most 4096 bytes; this one has 4097.");
	memset(json, '[', sizeof json);
	assert_false(try_bytes("X1C", json, COMMAND_JSON_MAX_BYTES));
	/* A NUL ends nothing: what is behind it counts. */
	assert_false(try_bytes("X1C", "{\"command\":\"stop\"}\0x", 20));
}

static void
a_repeated_number_goes_out_once_written(void **unused)
{
	(void)unused;
	/* A refusal uses no number and leaves no half of a plan behind. */
	refused("X1C", HEAT("bed", "999"), REFUSAL_INVALID, "takes");
	assert_null(plan.name);
	assert_string_equal(plan.sentence, "");
	BECOMES_PRINT("X1C", HEAT("bed", "99"), "sets the bed to 99 °C", GCODE("M140 S99\\n"));
	assert_string_equal(plan.name, "set-temperature");
	assert_string_equal(refusal.sentence, "");
}

/* -- every command on every model ----------------------------------------------------------- */
static const struct {
	const char *name, *json;
} one_of_each[] = {
	{ "stop", "{\"command\":\"stop\"}" },
	{ "pause", "{\"command\":\"pause\"}" },
	{ "resume", "{\"command\":\"resume\"}" },
	{ "resync-data", "{\"command\":\"resync-data\"}" },
	{ "unload-filament", UNLOAD },
	{ "load-filament", LOAD("3") },
	{ "led-control", "{\"command\":\"led-control\",\"light\":\"chamber_light\",\"state\":\"on\"}" },
	{ "set-temperature", HEAT("bed", "60") },
	{ "home-axis", HOME("\"x\":true,\"y\":true,\"z\":true") },
	{ "move-axis", MOVE("\"x\":1.5,\"y\":-2,\"z\":0.1,\"e\":1") },
	{ "set-fan", FAN("part", "33") },
	{ "extrude-filament", EXTRUDE("3") },
	{ "calibration", CALIBRATE("6") },
	{ "refresh-slot", "{\"command\":\"refresh-slot\",\"amsId\":0,\"slotId\":3}" },
	{ "set-slot-info", INFO("\"slotId\":3,\"color\":\"abcdef\"") },
};

/* What goes out is one section with a command and the number, in the right quality of service. */
static void
check_payload(const struct command_payload *payload, uint32_t number)
{
	json_error_t error;
	json_t *root = json_loadb(payload->json, payload->len, JSON_REJECT_DUPLICATES, &error);
	char text[16];

	assert_non_null(root);
	assert_int_equal(json_object_size(root), 1);
	const char *section = json_object_iter_key(json_object_iter(root));
	json_t *body = json_object_get(root, section);
	str_format(text, sizeof text, "%u", number);
	assert_string_equal(json_string_value(json_object_get(body, "sequence_id")), text);
	assert_true(json_string_length(json_object_get(body, "command")) > 0);
	assert_int_equal(payload->sequence_id, number);
	assert_true(payload->sequence_id <= SEQUENCE_MAX);
	bool is_order = strcmp(section, "print") == 0 || strcmp(section, "system") == 0;
	assert_true(is_order || strcmp(section, "pushing") == 0 || strcmp(section, "info") == 0);
	assert_int_equal(payload->qos, is_order);
	const char *lines = json_string_value(json_object_get(body, "param"));
	if (strcmp(json_string_value(json_object_get(body, "command")), "gcode_line") == 0) {
		assert_int_equal(lines[strlen(lines) - 1], '\n');
		assert_null(strstr(lines, "M109"));
		assert_null(strstr(lines, "M190"));
	}
	json_decref(root);
}

static void
every_command_goes_out_whole_on_every_model(void **unused)
{
	size_t models, commands;
	const struct model *model = models_all(&models);
	const struct command_spec *spec = command_specs(&commands);

	(void)unused;
	assert_int_equal(commands, 15);
	assert_int_equal(STR_ARRAY_LEN(one_of_each), commands);
	for (size_t c = 0; c < commands; c++)
		assert_string_equal(one_of_each[c].name, spec[c].name);
	for (size_t m = 0; m < models; m++) {
		for (size_t c = 0; c < commands; c++) {
			for (unsigned with_fun = 0; with_fun < 2; with_fun++) {
				state.fun_told = with_fun != 0;
				state.fun = UINT64_MAX;
				uint32_t first = sequence;
				if (!try_bytes(model[m].key, one_of_each[c].json, strlen(one_of_each[c].json)))
					fail_msg("%s %s: %s", model[m].key, one_of_each[c].name, refusal.sentence);
				assert_string_equal(plan.name, one_of_each[c].name);
				assert_in_range(plan.payload_count, 1, COMMAND_PAYLOADS_MAX);
				for (unsigned p = 0; p < plan.payload_count; p++)
					check_payload(&plan.payloads[p], first + p);
				assert_int_equal(sequence, first + plan.payload_count);
				assert_true(strlen(plan.sentence) > 3);
				assert_int_equal(plan.is_pushall, strcmp(plan.name, "resync-data") == 0);
				assert_int_equal(plan.needs_developer_mode,
						 strncmp(plan.payloads[0].json, "{\"print\"", 8) == 0);
			}
		}
	}
}

static void
every_row_is_explained(void **unused)
{
	size_t count;
	const struct command_spec *spec = command_specs(&count);

	(void)unused;
	for (size_t i = 0; i < count; i++) {
		assert_true(spec[i].doc[strlen(spec[i].doc) - 1] == '.');
		for (const struct command_field *field = spec[i].fields; field->name != NULL; field++)
			assert_true(strlen(field->name) < 32 && strlen(field->doc) > 1 && field->type <= COMMAND_TRUTH);
	}
}

/* -- sequence numbers ----------------------------------------------------------------------- */
static void
numbers_start_between_20000_and_29999(void **unused)
{
	(void)unused;
	assert_int_equal(command_first_sequence(0), 20000);
	assert_int_equal(command_first_sequence(9999), 29999);
	assert_int_equal(command_first_sequence(10000), 20000);
	assert_in_range(command_first_sequence(UINT32_MAX), 20000, 29999);
}

static void
numbers_never_pass_what_an_ams_bears(void **unused)
{
	(void)unused;
	sequence = SEQUENCE_MAX - 1;
	assert_int_equal(command_next_sequence(&sequence), SEQUENCE_MAX - 1);
	assert_int_equal(command_next_sequence(&sequence), SEQUENCE_MAX);
	assert_int_equal(sequence, 20000);
	assert_int_equal(command_next_sequence(&sequence), 20000);
	assert_int_equal(sequence, 20001);
	sequence = SEQUENCE_MAX + 1;
	assert_int_equal(command_next_sequence(&sequence), 20000);
	sequence = UINT32_MAX;
	assert_int_equal(command_next_sequence(&sequence), 20000);
	/* Two payloads across the end. */
	sequence = SEQUENCE_MAX;
	assert_true(try_bytes("H2D", HEAT("chamber", "60"), strlen(HEAT("chamber", "60"))));
	assert_string_equal(plan.payloads[0].json, CTT("2147483647", "60"));
	assert_string_equal(plan.payloads[1].json, AIR("20000", "1"));
	assert_int_equal(sequence, 20001);
}

/* -- what the link says by itself ----------------------------------------------------------- */
static void
the_link_asks_for_version_and_state(void **unused)
{
	struct command_payload payload;

	(void)unused;
	command_get_version(&sequence, &payload);
	assert_string_equal(payload.json, "{\"info\":{\"sequence_id\":\"20001\",\"command\":\"get_version\"}}");
	assert_int_equal(payload.qos, 0);
	assert_int_equal(payload.len, strlen(payload.json));
	command_pushall(&sequence, &payload);
	assert_string_equal(payload.json,
			    "{\"pushing\":{\"sequence_id\":\"20002\",\"command\":\"pushall\",\"version\":1,\"push_target\":1}}");
	assert_int_equal(payload.qos, 0);
	assert_int_equal(sequence, 20003);
}

static void
developer_mode_is_asked_for_without_effect(void **unused)
{
	struct command_payload payload;

	(void)unused;
	state.gcode_state = GCODE_STATE_IDLE;
	assert_false(command_developer_probe(&state, &sequence, &payload)); /* the speed is not known */
	state.speed_level = 2;
	assert_true(command_developer_probe(&state, &sequence, &payload));
	assert_string_equal(payload.json,
			    "{\"print\":{\"sequence_id\":\"20001\",\"command\":\"print_speed\",\"param\":\"2\"}}");
	assert_int_equal(payload.qos, 1);
	assert_int_equal(sequence, 20002);
	static const enum gcode_state not_now[] = { GCODE_STATE_UNKNOWN, GCODE_STATE_PREPARE, GCODE_STATE_RUNNING,
						    GCODE_STATE_PAUSE,	 GCODE_STATE_SLICING, GCODE_STATE_OTHER,
						    GCODE_STATE_INIT,	 GCODE_STATE_OFFLINE };
	for (size_t i = 0; i < STR_ARRAY_LEN(not_now); i++) {
		state.gcode_state = not_now[i];
		assert_false(command_developer_probe(&state, &sequence, &payload));
	}
	state.gcode_state = GCODE_STATE_FINISH;
	static const int32_t odd[] = { 0, 5, -1, STATE_UNKNOWN };
	for (size_t i = 0; i < STR_ARRAY_LEN(odd); i++) {
		state.speed_level = odd[i];
		assert_false(command_developer_probe(&state, &sequence, &payload));
	}
	assert_int_equal(sequence, 20002);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_running_print_is_not_disturbed),
		TEST(a_paused_print_lets_filament_be_changed),
		TEST(a_printer_at_rest_or_unknown_does_it_all),
		TEST(what_is_no_command_is_refused),
		TEST(a_slip_of_the_pen_is_helped),
		TEST(what_is_too_long_or_deep_is_refused),
		TEST(a_repeated_number_goes_out_once_written),
		TEST(every_command_goes_out_whole_on_every_model),
		TEST(every_row_is_explained),
		TEST(numbers_start_between_20000_and_29999),
		TEST(numbers_never_pass_what_an_ams_bears),
		TEST(the_link_asks_for_version_and_state),
		TEST(developer_mode_is_asked_for_without_effect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
