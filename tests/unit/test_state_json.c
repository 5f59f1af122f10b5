/*
 * A printer's state as JSON: it says what is known, and nothing that is not. What samples say is
 * tests/integration/test_state_json.py's.
 */
#include <math.h>

#include "printer/hms.h"
#include "state_json_rig.h"

/* -- nothing known -------------------------------------------------------------------------------------- */

static void
nothing_known_is_nothing_claimed(void **state)
{
	static const char *const nulls[] = {
		"printerId", "storeId", "state", "receivedAt", "expiresAt", "stage.number", "stage.words", "preparing",
		"printError", "activeSlot", "file", "job.id", "job.name", "job.plate", "layers.current", "layers.total",
		"times.remainingMinutes", "progressPercent", "downloadPercent", "speed.level", "speed.words", "fans.part",
		"fans.heater", "temperatures.nozzle", "temperatures.bed", "temperatures.chamber", "wifiDbm", "storage",
		"developerMode", "firmware", "previousFirmware", "door", "lid", "homed.x", "upgrade", "airMode",
		"link.connectedAt", "link.nextTryAt", "link.reportGapMs", "nozzleDiameter", "reports.firstAt",
	};
	static const char *const empties[] = { "hms", "ams", "externalSpools", "extruders", "nozzles", "modules", "addresses",
					       "lights", "stage.queued", "link.problems", "temperatures.nozzles" };
	struct link_view link = live_link();
	size_t count;
	const struct model *models = models_all(&count);

	(void)state;
	printer_state_init(&full);
	for (size_t m = 0; m < count; m++) {
		json_t *json = written(&models[m], &full, &link);
		for (size_t i = 0; i < STR_ARRAY_LEN(nulls); i++)
			if (!json_is_null(at(json, nulls[i])))
				fail_msg("%s is not null", nulls[i]);
		for (size_t i = 0; i < STR_ARRAY_LEN(empties); i++)
			assert_true(json_is_array(at(json, empties[i])) && json_array_size(at(json, empties[i])) == 0);
		assert_true(json_is_false(at(json, "isAvailable")));
		assert_null(at(json, "data.health"));
		assert_null(at(json, "data.printer"));
		assert_int_equal(json_object_size(at(json, "data.print")), 0);
		assert_int_equal(json_object_size(at(json, "data.temps")), 0);
		assert_int_equal(json_object_size(at(json, "data.filament")), 0);
		json_decref(json);
	}
}

/* A nameless link, as a worker has it before it knows its printer. */
static void
a_link_without_words_is_written(void **state)
{
	struct link_view link = { .serial = "", .silence_ms = STATE_UNKNOWN, .report_gap_ms = STATE_UNKNOWN };

	(void)state;
	printer_state_init(&full);
	json_t *json = written(model_other(), &full, &link);
	assert_string_equal(json_string_value(at(json, "serial")), "");
	assert_true(json_is_null(at(json, "name")) && json_is_null(at(json, "link.phase")));
	json_decref(json);
}

/* -- the envelope ---------------------------------------------------------------------------------------- */

static void
idle_state(void)
{
	printer_state_init(&full);
	full.reports = 1;
	full.first_ms = full.last_ms = RECEIVED_MS;
	full.gcode_state = GCODE_STATE_IDLE;
}

static bool
is_available(const struct link_view *link)
{
	json_t *json = written(model_by_key("P1S"), &full, link);
	bool available = json_is_true(at(json, "isAvailable"));

	json_decref(json);
	return available;
}

static void
available_is_who_could_print_now(void **state)
{
	static const struct {
		enum gcode_state gcode_state;
		bool available;
	} cases[] = {
		{ GCODE_STATE_IDLE, true }, { GCODE_STATE_FINISH, true }, { GCODE_STATE_FAILED, true },
		{ GCODE_STATE_RUNNING, false }, { GCODE_STATE_PAUSE, false }, { GCODE_STATE_PREPARE, false },
		{ GCODE_STATE_SLICING, false }, { GCODE_STATE_INIT, false }, { GCODE_STATE_OFFLINE, false },
		{ GCODE_STATE_UNKNOWN, false }, { GCODE_STATE_OTHER, false },
	};
	struct link_view link = live_link();

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		idle_state();
		full.gcode_state = cases[i].gcode_state;
		assert_int_equal(is_available(&link), cases[i].available);
	}
	idle_state();
	link.is_online = false;
	assert_false(is_available(&link));
	link = live_link();
	link.problem_count = 1;
	link.problems[0] = (struct link_problem){ "storage-missing", "No card.", "Put one in.", true };
	assert_false(is_available(&link));
	link.problems[0] = (struct link_problem){ "firmware-changed", "It is new.", "Look.", false };
	assert_true(is_available(&link));
	link = live_link();
	full.print_error = 0x05004003;
	assert_false(is_available(&link));
	full.print_error = 0x0300400c; /* the echo of a cancel */
	assert_true(is_available(&link));
	strcpy(full.upgrade_status, "FLASHING");
	assert_false(is_available(&link));
	strcpy(full.upgrade_status, "UPGRADE_SUCCESS");
	full.hms_count = 1;
	for (uint32_t severity = HMS_FATAL; severity <= HMS_INFO; severity++) {
		full.hms[0] = (struct hms_entry){ 0x03000100, severity << 16 | 1 };
		assert_int_equal(is_available(&link), severity >= HMS_COMMON);
	}
}

static void
developer_mode_is_what_was_proved_else_what_is_told(void **state)
{
	static const struct {
		enum tri link, told;
		const char *word;
	} cases[] = {
		{ TRI_UNKNOWN, TRI_UNKNOWN, NULL }, { TRI_UNKNOWN, TRI_YES, "on" }, { TRI_UNKNOWN, TRI_NO, "off" },
		{ TRI_NO, TRI_YES, "off" }, { TRI_YES, TRI_NO, "on" }, { TRI_YES, TRI_UNKNOWN, "on" },
	};
	struct link_view link = live_link();

	(void)state;
	idle_state();
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		link.developer_mode = cases[i].link;
		full.developer_mode = cases[i].told;
		json_t *json = written(model_by_key("X1C"), &full, &link);
		const char *word = json_string_value(at(json, "developerMode"));
		assert_true(cases[i].word == NULL ? word == NULL : word != NULL && strcmp(word, cases[i].word) == 0);
		json_decref(json);
	}
}

static void
preparing_is_before_the_first_layer(void **state)
{
	static const struct {
		enum gcode_state gcode_state;
		int32_t layer;
		enum tri preparing;
	} cases[] = {
		{ GCODE_STATE_PREPARE, STATE_UNKNOWN, TRI_YES }, { GCODE_STATE_PREPARE, 40, TRI_YES },
		{ GCODE_STATE_RUNNING, 0, TRI_YES },		 { GCODE_STATE_RUNNING, 1, TRI_NO },
		{ GCODE_STATE_RUNNING, STATE_UNKNOWN, TRI_UNKNOWN }, { GCODE_STATE_PAUSE, 0, TRI_NO },
		{ GCODE_STATE_IDLE, 0, TRI_NO },		 { GCODE_STATE_UNKNOWN, 0, TRI_UNKNOWN },
	};
	struct link_view link = live_link();

	(void)state;
	idle_state();
	full.progress_percent = 7;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		full.gcode_state = cases[i].gcode_state;
		full.layer = cases[i].layer;
		json_t *json = written(model_by_key("P1S"), &full, &link), *preparing = at(json, "preparing");
		assert_true(cases[i].preparing == TRI_UNKNOWN ? json_is_null(preparing) : json_is_boolean(preparing));
		assert_int_equal(json_is_true(preparing), cases[i].preparing == TRI_YES);
		/* A percentage only where it means something, in both places. */
		assert_int_equal(json_is_null(at(json, "progressPercent")), cases[i].preparing == TRI_YES);
		assert_int_equal(at(json, "data.print.percent") == NULL, cases[i].preparing == TRI_YES);
		json_decref(json);
	}
}

static void
left_over_times_are_not_told(void **state)
{
	struct link_view link = live_link();

	(void)state;
	idle_state();
	full.remaining_minutes = 759;
	for (unsigned i = GCODE_STATE_UNKNOWN; i <= GCODE_STATE_OTHER; i++) {
		full.gcode_state = (enum gcode_state)i;
		json_t *json = written(model_by_key("P1S"), &full, &link);
		assert_int_equal(json_is_integer(at(json, "times.remainingMinutes")), printer_state_is_busy(&full));
		assert_int_equal(at(json, "data.print.timeRemaining") != NULL, printer_state_is_busy(&full));
		json_decref(json);
	}
}

/* -- texts ------------------------------------------------------------------------------------------------- */

static void
hostile_texts_stay_texts(void **state)
{
	static const char hostile[] = "\"},{\"a\":1}\\\n\x01\x7f\xe2\x80\xa8</script>\xf0\x9f\x94\x91";
	struct link_view link = live_link();

	(void)state;
	idle_state();
	strcpy(full.subtask_name, hostile);
	strcpy(full.file, hostile);
	link.name = hostile;
	json_t *json = written(model_by_key("P1S"), &full, &link);
	assert_string_equal(json_string_value(at(json, "job.name")), hostile);
	assert_string_equal(json_string_value(at(json, "file")), hostile);
	assert_string_equal(json_string_value(at(json, "name")), hostile);
	assert_string_equal(json_string_value(at(json, "data.print.taskName")), hostile);
	assert_null(at(json, "a"));
	json_decref(json);
}

static void
not_a_number_is_not_told(void **state)
{
	static const double values[] = { NAN, INFINITY, -INFINITY, 1e300 };
	struct link_view link = live_link();

	(void)state;
	idle_state();
	full.ams_count = full.nozzle_count = full.extruder_count = 1;
	for (size_t i = 0; i < STR_ARRAY_LEN(values); i++) {
		full.nozzle.actual_celsius = full.bed.target_celsius = full.chamber.actual_celsius = values[i];
		full.ams[0].temperature_celsius = full.nozzles[0].diameter_mm = values[i];
		full.extruders[0].temperature.actual_celsius = values[i];
		json_t *json = written(model_by_key("X1C"), &full, &link);
		assert_int_equal(json_object_size(at(json, "data.temps")), 0);
		assert_true(json_is_null(at(json, "temperatures.bed")));
		assert_true(json_is_null(at(json, "temperatures.nozzles.0.actualCelsius")));
		assert_true(json_is_null(at(json, "ams.0.temperatureCelsius")));
		assert_true(json_is_null(at(json, "nozzles.0.diameterMm")));
		json_decref(json);
	}
}

/* -- slots --------------------------------------------------------------------------------------------------- */

static void
a_slot_without_a_spool_is_its_id_alone(void **state)
{
	static const struct {
		enum tray_fill fill;
		const char *material;
		bool bare;
	} cases[] = {
		{ TRAY_EMPTY, "PLA", true }, { TRAY_REMEMBERED, "PLA", true }, { TRAY_UNKNOWN, "", true },
		{ TRAY_UNKNOWN, "PLA", false }, { TRAY_UNREAD, "", false }, { TRAY_READING, "", false },
		{ TRAY_LOADED, "PLA", false },
	};
	struct link_view link = live_link();

	(void)state;
	idle_state();
	full.ams_count = full.ams[0].tray_count = 1;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		struct tray *tray = &full.ams[0].trays[0];
		tray->fill = cases[i].fill;
		tray->remain_percent = STATE_UNKNOWN;
		strcpy(tray->material, cases[i].material);
		json_t *json = written(model_by_key("P1S"), &full, &link);
		json_t *slot = at(json, "data.filament.ams.ams.0.slots.0");
		assert_string_equal(json_string_value(json_object_get(slot, "id")), "0");
		assert_int_equal(json_object_size(slot) == 1, cases[i].bare);
		if (!cases[i].bare) {
			assert_string_equal(json_string_value(json_object_get(slot, "color")), "00000000");
			assert_int_equal(json_integer_value(json_object_get(slot, "remaining")), -1);
			assert_string_equal(json_string_value(json_object_get(slot, "type")), cases[i].material);
		}
		json_decref(json);
	}
}

static void
the_spool_is_the_one_that_feeds(void **state)
{
	struct link_view link = live_link();

	(void)state;
	idle_state();
	full.external_count = 2;
	for (int i = 0; i < 2; i++) {
		full.external[i] = (struct tray){ .id = 254 + i, .fill = TRAY_LOADED, .material = "PLA" };
	}
	json_t *json = written(model_by_key("H2D"), &full, &link);
	assert_string_equal(json_string_value(at(json, "data.filament.spool.id")), "254");
	assert_true(json_is_false(at(json, "externalSpools.0.active")));
	json_decref(json);
	full.active_ams = 255;
	full.active_slot = 0;
	json = written(model_by_key("H2D"), &full, &link);
	assert_string_equal(json_string_value(at(json, "data.filament.spool.id")), "255");
	assert_null(at(json, "data.filament.spool.v"));
	assert_true(json_is_true(at(json, "externalSpools.1.active")));
	json_decref(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_known_is_nothing_claimed),
		cmocka_unit_test(a_link_without_words_is_written),
		cmocka_unit_test(available_is_who_could_print_now),
		cmocka_unit_test(developer_mode_is_what_was_proved_else_what_is_told),
		cmocka_unit_test(preparing_is_before_the_first_layer),
		cmocka_unit_test(left_over_times_are_not_told),
		cmocka_unit_test(hostile_texts_stay_texts),
		cmocka_unit_test(not_a_number_is_not_told),
		cmocka_unit_test(a_slot_without_a_spool_is_its_id_alone),
		cmocka_unit_test(the_spool_is_the_one_that_feeds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
