/*
 * The JSON of a state has a bound, STATE_JSON_MAX_BYTES, that holds whatever a printer and an owner write, and a buffer
 * that is too small is refused.
 */
#include "printer/hms.h"
#include "state_json_rig.h"

#define FILL(array, pattern) fill(array, sizeof(array), pattern)

/* -- a state in which everything is as long as it can be ---------------------------------------------- */

static void
fill(char *to, size_t cap, const char *pattern)
{
	size_t len = strlen(pattern), at_byte = 0;

	for (; at_byte + len < cap; at_byte += len)
		memcpy(to + at_byte, pattern, len);
	to[at_byte] = '\0';
}

static void
fill_tray(struct tray *tray, const char *pattern)
{
	*tray = (struct tray){ .id = INT32_MIN + 1, .fill = TRAY_LOADED, .remain_percent = INT32_MIN + 1,
			       .nozzle_min_celsius = INT32_MIN + 1, .nozzle_max_celsius = INT32_MIN + 1 };
	FILL(tray->material, pattern);
	FILL(tray->brand, pattern);
	FILL(tray->profile, pattern);
	FILL(tray->color, pattern);
	FILL(tray->tag, pattern);
	FILL(tray->spool, pattern);
	tray->color_count = STATE_COLORS_MAX;
	for (unsigned i = 0; i < STATE_COLORS_MAX; i++)
		FILL(tray->colors[i], pattern);
}

static void
fill_filament(struct printer_state *state, const char *pattern)
{
	state->ams_count = STATE_AMS_MAX;
	for (unsigned i = 0; i < STATE_AMS_MAX; i++) {
		state->ams[i] = (struct ams_unit){ .id = INT32_MAX, .kind = AMS_KIND_PRO2, .extruder = INT32_MIN + 1,
						   .humidity_index = INT32_MIN + 1, .humidity_percent = INT32_MIN + 1,
						   .temperature_celsius = -999999999.99999,
						   .dry_remaining_minutes = INT32_MAX, .tray_count = STATE_TRAYS_MAX };
		for (unsigned j = 0; j < STATE_TRAYS_MAX; j++)
			fill_tray(&state->ams[i].trays[j], pattern);
	}
	state->external_count = STATE_EXTERNAL_MAX;
	for (unsigned i = 0; i < STATE_EXTERNAL_MAX; i++)
		fill_tray(&state->external[i], pattern);
	state->tray_exist_bits = state->tray_reading_bits = UINT64_MAX;
	state->active_ams = state->active_slot = INT32_MIN + 1;
}

static void
fill_machine(struct printer_state *state, const char *pattern)
{
	struct temperature temperature = { -999999999.99999, -999999999.99999 };

	state->nozzle = state->bed = state->chamber = temperature;
	state->extruder_count = STATE_EXTRUDERS_MAX;
	for (unsigned i = 0; i < STATE_EXTRUDERS_MAX; i++)
		state->extruders[i] = (struct extruder){ .id = INT32_MIN + 1, .temperature = temperature,
							 .nozzle_id = INT32_MIN + 1, .ams_id = INT32_MIN + 1,
							 .slot_id = INT32_MIN + 1, .filament_loaded = TRI_NO };
	state->nozzle_count = STATE_NOZZLES_MAX;
	for (unsigned i = 0; i < STATE_NOZZLES_MAX; i++) {
		state->nozzles[i] = (struct nozzle){ .id = INT32_MIN + 1, .diameter_mm = -999999999.99999 };
		FILL(state->nozzles[i].type, pattern);
	}
	state->light_count = STATE_LIGHTS_MAX;
	for (unsigned i = 0; i < STATE_LIGHTS_MAX; i++) {
		FILL(state->lights[i].node, pattern);
		FILL(state->lights[i].mode, pattern);
	}
	state->interface_count = STATE_INTERFACES_MAX;
	for (unsigned i = 0; i < STATE_INTERFACES_MAX; i++)
		state->interfaces[i].ip = state->interfaces[i].mask = UINT32_MAX;
	state->module_count = STATE_MODULES_MAX;
	for (unsigned i = 0; i < STATE_MODULES_MAX; i++) {
		FILL(state->modules[i].name, pattern);
		FILL(state->modules[i].product, pattern);
		FILL(state->modules[i].firmware, pattern);
		FILL(state->modules[i].hardware, pattern);
		FILL(state->modules[i].project, pattern);
		FILL(state->modules[i].serial, pattern);
	}
}

static void
fill_job(struct printer_state *state, const char *pattern)
{
	state->gcode_state = GCODE_STATE_OTHER;
	state->queued_stage_count = STATE_STAGES_MAX;
	for (unsigned i = 0; i < STATE_STAGES_MAX; i++)
		state->queued_stages[i] = 17; /* of the long ones */
	state->skipped_count = STATE_SKIPPED_MAX;
	for (unsigned i = 0; i < STATE_SKIPPED_MAX; i++)
		state->skipped[i] = INT32_MIN + 1;
	state->stage = state->plate = state->progress_percent = state->download_percent = INT32_MIN + 1;
	state->layer = state->layers = state->speed_level = state->speed_percent = INT32_MIN + 1;
	state->wifi_dbm = state->upgrade_percent = INT32_MIN + 1;
	for (unsigned i = 0; i < STATE_FAN_KINDS; i++)
		state->fan_percent[i] = INT32_MIN + 1;
	state->print_error = UINT32_MAX;
	FILL(state->gcode_state_text, pattern);
	FILL(state->file, pattern);
	FILL(state->subtask_name, pattern);
	FILL(state->print_type, pattern);
	FILL(state->project_id, pattern);
	FILL(state->task_id, pattern);
	FILL(state->subtask_id, pattern);
	FILL(state->job_id, pattern);
	FILL(state->fail_reason, pattern);
	FILL(state->nozzle_diameter, pattern);
	FILL(state->nozzle_type, pattern);
	FILL(state->rtsp_url, pattern);
	FILL(state->upgrade_status, pattern);
	FILL(state->serial, pattern);
	FILL(state->firmware, pattern);
	FILL(state->product, pattern);
}

static void
fill_state(const char *pattern)
{
	printer_state_init(&full);
	full.first_ms = full.last_ms = full.full_ms = RECEIVED_MS;
	full.reports = UINT64_MAX / 2;
	fill_job(&full, pattern);
	fill_filament(&full, pattern);
	fill_machine(&full, pattern);
	full.hms_total = UINT32_MAX;
	full.hms_count = STATE_HMS_MAX;
	for (unsigned i = 0; i < STATE_HMS_MAX; i++)
		full.hms[i] = (struct hms_entry){ UINT32_MAX - i, UINT32_MAX };
}

static struct link_view
full_link(const char *pattern)
{
	static char word[97], sentence[241], remedy[401];

	FILL(word, pattern);
	FILL(sentence, pattern);
	FILL(remedy, pattern);
	struct link_view link = { .serial = word, .name = word, .address = word, .phase = "subscribe",
				  .connected_ms = RECEIVED_MS, .next_try_ms = RECEIVED_MS, .attempts = UINT32_MAX,
				  .reconnects = UINT32_MAX, .takeovers = UINT32_MAX, .silence_ms = INT32_MAX,
				  .report_gap_ms = INT32_MIN + 1, .previous_firmware = word,
				  .problem_count = LINK_PROBLEMS_MAX };
	for (unsigned i = 0; i < LINK_PROBLEMS_MAX; i++)
		link.problems[i] = (struct link_problem){ "thirty-two-characters-of-a-fault", sentence, remedy, true };
	return link;
}

static const char *const patterns[] = {
	"x", "\"", "\\", "\n", "\x01", "\xe2\x80\xa8", "\xc3\xa9", "\xf0\x9f\x94\x91", "\xff",
};

static void
the_fullest_state_fits(void **state)
{
	struct hms_text text;
	/* How long our own sentences are is hms.c's: each field of each text is taken for full. */
	size_t per_text = 2 * (sizeof text.code + sizeof text.message) + sizeof text.module + sizeof text.remedy +
			  sizeof text.link + 160;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(patterns); i++) {
		struct link_view link = full_link(patterns[i]);
		fill_state(patterns[i]);
		json_decref(written(model_by_key("H2D"), &full, &link));
		full.hms_count = 0;
		size_t len = state_json_write(model_by_key("H2D"), &full, &link, buffer, sizeof buffer);
		assert_true(len > 0 && len + STATE_HMS_MAX * per_text + per_text < STATE_JSON_MAX_BYTES);
	}
}

static void
too_little_room_is_refused(void **state)
{
	struct link_view link = live_link();

	(void)state;
	fill_state("\"");
	full.ams_count = 2;
	full.module_count = 2;
	full.hms_count = 2;
	size_t need = state_json_write(model_other(), &full, &link, buffer, sizeof buffer) + 1;
	assert_true(need > 1000);
	for (size_t cap = 0; cap <= need; cap += cap + 200 < need && cap > 200 ? 37 : 1) {
		char *exact = malloc(cap + 1);
		assert_non_null(exact);
		exact[cap] = '#';
		assert_int_equal(state_json_write(model_other(), &full, &link, exact, cap), cap < need ? 0 : need - 1);
		assert_int_equal(exact[cap], '#');
		free(exact);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fullest_state_fits),
		cmocka_unit_test(too_little_room_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
