/*
 * A state before anything is known, the names of its tables, and what is plain to see from it.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "printer/state.h"

static void
at_first_nothing_is_known(void **unused)
{
	struct printer_state state;

	(void)unused;
	printer_state_init(&state);
	const int32_t unknown[] = {
		state.progress_percent, state.download_percent, state.remaining_minutes, state.layer, state.layers,
		state.stage,
		state.plate, state.speed_level, state.speed_percent, state.air_mode, state.active_extruder,
		state.active_ams,
		state.active_slot, state.nozzle_source, state.ams_status, state.tray_now, state.tray_target, state.wifi_dbm,
		state.upgrade_percent,
		state.fan_percent[FAN_PART], state.fan_percent[FAN_HEATER],
	};
	for (unsigned i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		assert_int_equal(unknown[i], STATE_UNKNOWN);
	assert_true(isnan(state.nozzle.actual_celsius) && isnan(state.nozzle.target_celsius));
	assert_true(isnan(state.bed.actual_celsius) && isnan(state.chamber.target_celsius));
	assert_int_equal(state.gcode_state, GCODE_STATE_UNKNOWN);
	assert_int_equal(state.developer_mode, TRI_UNKNOWN);
	assert_int_equal(state.door_by_stat, TRI_UNKNOWN);
	assert_int_equal(state.storage, STORAGE_UNKNOWN);
	assert_int_equal(state.ams_count + state.external_count + state.hms_total + state.module_count, 0);
	assert_string_equal(state.firmware, "");
	assert_int_equal(state.first_ms + state.last_ms + state.full_ms, 0);
}

static void
names_are_those_of_the_tables(void **unused)
{
	struct printer_state state;

	(void)unused;
	printer_state_init(&state);
	assert_string_equal(gcode_state_name(&state), "UNKNOWN");
	state.gcode_state = GCODE_STATE_SLICING;
	assert_string_equal(gcode_state_name(&state), "SLICING");
	state.gcode_state = GCODE_STATE_OTHER;
	state.gcode_state_text[0] = 'Z';
	assert_string_equal(gcode_state_name(&state), "Z");
	assert_string_equal(ams_kind_id(AMS_KIND_PRO2), "ams-2-pro");
	assert_string_equal(ams_kind_name(AMS_KIND_HT), "AMS HT");
	assert_string_equal(tray_fill_id(TRAY_REMEMBERED), "remembered");
	assert_string_equal(storage_state_id(STORAGE_READ_ONLY), "read-only");
	/* Out of range. */
	assert_string_equal(ams_kind_id((enum ams_kind)99), "?");
	assert_string_equal(ams_kind_name((enum ams_kind)-1), "?");
	assert_string_equal(tray_fill_id((enum tray_fill)6), "?");
	assert_string_equal(storage_state_id((enum storage_state)5), "?");
	state.gcode_state = (enum gcode_state)11;
	assert_string_equal(gcode_state_name(&state), "?");
}

static void
busy_is_while_a_job_is_under_way(void **unused)
{
	struct printer_state state;

	(void)unused;
	printer_state_init(&state);
	for (unsigned i = GCODE_STATE_UNKNOWN; i <= GCODE_STATE_OTHER; i++) {
		state.gcode_state = (enum gcode_state)i;
		bool busy = i == GCODE_STATE_PREPARE || i == GCODE_STATE_RUNNING || i == GCODE_STATE_PAUSE ||
			    i == GCODE_STATE_SLICING;
		assert_int_equal(printer_state_is_busy(&state), busy);
	}
}

static void
running_without_a_layer_is_preparing(void **unused)
{
	struct printer_state state;

	(void)unused;
	printer_state_init(&state);
	assert_false(printer_state_is_preparing(&state));
	state.gcode_state = GCODE_STATE_RUNNING;
	assert_false(printer_state_is_preparing(&state)); /* no layer told: who knows */
	state.layer = 0;
	assert_true(printer_state_is_preparing(&state));
	state.layer = 1;
	assert_false(printer_state_is_preparing(&state));
	state.gcode_state = GCODE_STATE_PREPARE; /* the layer is the last job's */
	assert_true(printer_state_is_preparing(&state));
	state.layer = 0;
	state.gcode_state = GCODE_STATE_PAUSE;
	assert_false(printer_state_is_preparing(&state));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_first_nothing_is_known),
		cmocka_unit_test(names_are_those_of_the_tables),
		cmocka_unit_test(busy_is_while_a_job_is_under_way),
		cmocka_unit_test(running_without_a_layer_is_preparing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
