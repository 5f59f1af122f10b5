/*
 * What the commands about print, lights, heat, fans and motion become on representative models, written by hand from
 * docs/protocol.md, and what each model refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command_rig.h"

/* -- stop, pause, resume, resync ------------------------------------------------------------ */
static void
the_print_is_controlled_in_the_plain_form(void **unused)
{
	(void)unused;
	state.gcode_state = GCODE_STATE_RUNNING;
	BECOMES_PRINT("X1C", "{\"command\":\"stop\"}", "stops the print for good", "\"command\":\"stop\",\"param\":\"\"");
	BECOMES_PRINT("H2D", "{\"command\":\"pause\"}", "pauses the print", "\"command\":\"pause\",\"param\":\"\"");
	state.gcode_state = GCODE_STATE_PAUSE;
	BECOMES_PRINT("A1-mini", "{\"command\":\"resume\"}", "goes on with the paused print",
		      "\"command\":\"resume\",\"param\":\"\"");
}

/* By state: S stop, P pause, R resume are let through. */
static void
each_state_lets_through_what_makes_sense(void **unused)
{
	static const struct {
		enum gcode_state state;
		const char *allowed;
	} table[] = {
		{ GCODE_STATE_UNKNOWN, "SPR" }, { GCODE_STATE_OTHER, "SPR" }, { GCODE_STATE_IDLE, "" },
		{ GCODE_STATE_PREPARE, "S" },	{ GCODE_STATE_RUNNING, "SP" }, { GCODE_STATE_PAUSE, "SR" },
		{ GCODE_STATE_FINISH, "" },	{ GCODE_STATE_FAILED, "" },   { GCODE_STATE_SLICING, "S" },
		{ GCODE_STATE_INIT, "" },	{ GCODE_STATE_OFFLINE, "" },
	};
	static const struct {
		char letter;
		const char *json;
	} commands[] = { { 'S', "{\"command\":\"stop\"}" },
			 { 'P', "{\"command\":\"pause\"}" },
			 { 'R', "{\"command\":\"resume\"}" } };

	(void)unused;
	for (size_t i = 0; i < STR_ARRAY_LEN(table); i++) {
		state.gcode_state = table[i].state;
		str_copy(state.gcode_state_text, sizeof state.gcode_state_text, "ODD");
		for (size_t j = 0; j < STR_ARRAY_LEN(commands); j++) {
			if (strchr(table[i].allowed, commands[j].letter) != NULL)
				assert_true(try_bytes("P1S", commands[j].json, strlen(commands[j].json)));
			else
				refused("P1S", commands[j].json, REFUSAL_CONFLICT, gcode_state_name(&state));
		}
	}
}

static void
resync_asks_for_everything(void **unused)
{
	(void)unused;
	BECOMES("P1S", "{\"command\":\"resync-data\"}", "asks the printer to tell everything about itself again",
		"{\"pushing\":{\"sequence_id\":\"20001\",\"command\":\"pushall\",\"version\":1,\"push_target\":1}}");
	assert_int_equal(plan.payloads[0].qos, 0);
	assert_true(plan.is_pushall);
	assert_false(plan.needs_developer_mode);
}

/* -- lights --------------------------------------------------------------------------------- */
#define LED(number, node, mode)                                                                              \
	"{\"system\":{\"sequence_id\":\"" number "\",\"command\":\"ledctrl\",\"led_node\":\"" node          \
	"\",\"led_mode\":\"" mode "\",\"led_on_time\":500,\"led_off_time\":500,\"loop_times\":1,\"interval_time\":1000}}"

static void
lights_are_switched(void **unused)
{
	static const char chamber[] = "{\"command\":\"led-control\",\"light\":\"chamber_light\",\"state\":\"on\"}";
	static const char work[] = "{\"command\":\"led-control\",\"light\":\"working_light\",\"state\":\"off\"}";

	(void)unused;
	BECOMES("A1", chamber, "switches the chamber light on", LED("20001", "chamber_light", "on"));
	assert_int_equal(plan.payloads[0].qos, 1);
	assert_false(plan.needs_developer_mode);
	BECOMES("H2D", chamber, "switches the chamber light on", LED("20002", "chamber_light", "on"),
		LED("20003", "chamber_light2", "on"));
	BECOMES("X2D", chamber, "switches the chamber light on", LED("20004", "chamber_light", "on"),
		LED("20005", "chamber_light2", "on"));
	BECOMES("X1C", work, "switches the working light off", LED("20006", "work_light", "off"));
	BECOMES("Other", work, "switches the working light off", LED("20007", "work_light", "off"));
	refused("A1", work, REFUSAL_FORBIDDEN, "The A1 has no working light.");
	refused("X2D", work, REFUSAL_FORBIDDEN, "The X2D has no working light.");
	refused("X1C", "{\"command\":\"led-control\",\"light\":\"disco\",\"state\":\"on\"}", REFUSAL_INVALID, "no light");
	refused("X1C", "{\"command\":\"led-control\",\"light\":\"chamber_light\",\"state\":\"flashing\"}",
		REFUSAL_INVALID, "on or off");
}

/* -- heat ----------------------------------------------------------------------------------- */

static void
nozzle_and_bed_are_heated(void **unused)
{
	(void)unused;
	BECOMES_PRINT("P1S", HEAT("nozzle", "220"), "sets the nozzle to 220 °C", GCODE("M104 S220\\n"));
	BECOMES_PRINT("P1S", HEAT("bed", "60.0"), "sets the bed to 60 °C", GCODE("M140 S60\\n"));
	BECOMES_PRINT("H2S", HEAT("nozzle", "350"), "sets the nozzle to 350 °C", GCODE("M104 S350\\n"));
	/* Two nozzles: the one in use is named. */
	BECOMES_PRINT("H2D", HEAT("nozzle", "0"), "sets the nozzle to 0 °C",
		      "\"command\":\"set_nozzle_temp\",\"extruder_index\":0,\"target_temp\":0");
	state.active_extruder = 1;
	BECOMES_PRINT("X2D", HEAT("nozzle", "250"), "sets the nozzle to 250 °C",
		      "\"command\":\"set_nozzle_temp\",\"extruder_index\":1,\"target_temp\":250");
	state.active_extruder = 15; /* as told while it switches */
	BECOMES_PRINT("X2D", HEAT("nozzle", "250"), "sets the nozzle to 250 °C",
		      "\"command\":\"set_nozzle_temp\",\"extruder_index\":0,\"target_temp\":250");
	/* What the printer tells goes before the model. */
	state.extruder_count = 2;
	BECOMES_PRINT("Other", HEAT("nozzle", "250"), "sets the nozzle to 250 °C",
		      "\"command\":\"set_nozzle_temp\",\"extruder_index\":0,\"target_temp\":250");
}

static void
the_bed_has_a_newer_command_where_it_is_told(void **unused)
{
	(void)unused;
	state.fun = 1ull << 39;
	BECOMES_PRINT("P2S", HEAT("bed", "65"), "sets the bed to 65 °C", GCODE("M140 S65\\n"));
	state.fun_told = true;
	BECOMES_PRINT("P2S", HEAT("bed", "65"), "sets the bed to 65 °C", "\"command\":\"set_bed_temp\",\"temp\":65");
	state.fun = ~(1ull << 39);
	BECOMES_PRINT("P2S", HEAT("bed", "65"), "sets the bed to 65 °C", GCODE("M140 S65\\n"));
}


static void
only_chambers_with_a_heater_are_heated(void **unused)
{
	static const char *const without[] = { "X1", "X1C", "P1P", "P1S", "P2S", "A1", "A1-mini", "A2L" };

	(void)unused;
	for (size_t i = 0; i < STR_ARRAY_LEN(without); i++)
		refused(without[i], HEAT("chamber", "40"), REFUSAL_FORBIDDEN, "has no chamber heater");
	BECOMES_PRINT("X1E", HEAT("chamber", "60"), "sets the chamber to 60 °C", GCODE("M141 S60\\n"));
	BECOMES_PRINT("Other", HEAT("chamber", "65"), "sets the chamber to 65 °C", GCODE("M141 S65\\n"));
	refused("X1E", HEAT("chamber", "61"), REFUSAL_INVALID, "takes 0 to 60 °C");
	refused("H2C", HEAT("chamber", "66"), REFUSAL_INVALID, "takes 0 to 65 °C");
}

static void
the_flaps_follow_the_chamber(void **unused)
{
	(void)unused;
	BECOMES("H2D", HEAT("chamber", "50"), "sets the chamber to 50 °C", CTT("20001", "50"), AIR("20002", "1"));
	state.air_mode = 1;
	BECOMES("H2D", HEAT("chamber", "50"), "sets the chamber to 50 °C", CTT("20003", "50"));
	BECOMES("H2D", HEAT("chamber", "40"), "sets the chamber to 40 °C", CTT("20004", "40"), AIR("20005", "0"));
	state.air_mode = 0;
	BECOMES("H2D", HEAT("chamber", "0"), "sets the chamber to 0 °C", CTT("20006", "0"));
	BECOMES("H2D", HEAT("chamber", "41"), "sets the chamber to 41 °C", CTT("20007", "41"), AIR("20008", "1"));
	state.air_mode = 2; /* a laser's air is left alone */
	BECOMES("H2D", HEAT("chamber", "0"), "sets the chamber to 0 °C", CTT("20009", "0"));
	state.air_mode = STATE_UNKNOWN;
	BECOMES("H2D", HEAT("chamber", "0"), "sets the chamber to 0 °C", CTT("20010", "0"));
	assert_true(plan.needs_developer_mode);
}

static void
temperatures_beyond_the_model_are_refused(void **unused)
{
	(void)unused;
	refused("A1-mini", HEAT("bed", "81"), REFUSAL_INVALID, "The bed of the A1 mini takes 0 to 80 °C");
	refused("P1S", HEAT("bed", "101"), REFUSAL_INVALID, "takes 0 to 100 °C");
	refused("X1C", HEAT("nozzle", "301"), REFUSAL_INVALID, "takes 0 to 300 °C");
	refused("X1C", HEAT("nozzle", "-1"), REFUSAL_INVALID, "not -1");
	refused("X1C", HEAT("nozzle", "219.5"), REFUSAL_INVALID, "whole degrees, not 219.5");
	refused("X1C", HEAT("nozzle", "1e300"), REFUSAL_INVALID, "not 1e+300");
	refused("X1C", HEAT("nozzle", "9223372036854775807"), REFUSAL_INVALID, "takes 0 to 300 °C");
	refused("X1C", HEAT("nozzle", "4294967516"), REFUSAL_INVALID, "takes 0 to 300 °C");
	refused("X1C", HEAT("oven", "100"), REFUSAL_INVALID, "no heater of this type");
	BECOMES_PRINT("X1E", HEAT("nozzle", "320"), "sets the nozzle to 320 °C", GCODE("M104 S320\\n"));
}

/* -- fans ----------------------------------------------------------------------------------- */
#define SET_FAN(number, index, percent) \
	"{\"print\":{\"sequence_id\":\"" number "\",\"command\":\"set_fan\",\"fan_index\":" index ",\"speed\":" percent "}}"

static void
fans_are_set(void **unused)
{
	(void)unused;
	BECOMES_PRINT("X1C", FAN("part", "0"), "sets the part fan to 0 %", GCODE("M106 P1 S0\\n"));
	BECOMES_PRINT("X1C", FAN("aux", "50"), "sets the auxiliary fan to 50 %", GCODE("M106 P2 S128\\n"));
	BECOMES_PRINT("P1S", FAN("chamber", "100"), "sets the chamber fan to 100 %", GCODE("M106 P3 S255\\n"));
	BECOMES_PRINT("A1-mini", FAN("part", "1"), "sets the part fan to 1 %", GCODE("M106 P1 S3\\n"));
	sequence = 20001;
	BECOMES("P2S", FAN("part", "70"), "sets the part fan to 70 %", SET_FAN("20001", "1", "70"));
	BECOMES("P2S", FAN("aux", "70"), "sets the auxiliary fan to 70 %", SET_FAN("20002", "2", "70"));
	BECOMES("H2S", FAN("chamber", "30"), "sets the chamber fan to 30 %", SET_FAN("20003", "3", "30"));
	/* The second auxiliary fan goes along where it is fitted. */
	state.fan_percent[FAN_AUX2] = 0;
	BECOMES("P2S", FAN("aux", "70"), "sets the auxiliary fan to 70 %", SET_FAN("20004", "2", "70"),
		SET_FAN("20005", "10", "70"));
	BECOMES("P2S", FAN("part", "70"), "sets the part fan to 70 %", SET_FAN("20006", "1", "70"));
	BECOMES("Other", FAN("aux", "100"), "sets the auxiliary fan to 100 %",
		"{\"print\":{\"sequence_id\":\"20007\"," GCODE("M106 P2 S255\\n") "}}",
		"{\"print\":{\"sequence_id\":\"20008\"," GCODE("M106 P10 S255\\n") "}}");
	refused("A1", FAN("aux", "50"), REFUSAL_FORBIDDEN, "The A1 has no auxiliary fan.");
	refused("A1-mini", FAN("chamber", "50"), REFUSAL_FORBIDDEN, "The A1 mini has no chamber fan.");
	refused("X1C", FAN("part", "101"), REFUSAL_INVALID, "speed is 101; it must be a whole number from 0 to 100 %.");
	refused("X1C", FAN("part", "-1"), REFUSAL_INVALID, "speed is -1");
	refused("X1C", FAN("part", "50.5"), REFUSAL_INVALID, "speed is 50.5");
	refused("X1C", FAN("ceiling", "50"), REFUSAL_INVALID, "no fan of this type");
}

/* -- motion --------------------------------------------------------------------------------- */
#define MOVES(moves) \
	GCODE("M211 S\\nM211 X1 Y1 Z1\\nM1002 push_ref_mode\\nG91\\n" moves "M1002 pop_ref_mode\\nM211 R\\n")

static void
axes_are_homed(void **unused)
{
	(void)unused;
	BECOMES_PRINT("P1S", HOME("\"x\":true"), "homes the X axis", GCODE("G28 X\\n"));
	BECOMES_PRINT("P1S", HOME("\"x\":false,\"y\":true"), "homes the Y axis", GCODE("G28 Y\\n"));
	BECOMES_PRINT("P1S", HOME("\"x\":true,\"y\":true,\"z\":false"), "homes the X and the Y axis", GCODE("G28 X Y\\n"));
	BECOMES_PRINT("P1S", HOME("\"z\":true"), "homes all axes", GCODE("G28\\n"));
	BECOMES_PRINT("P1S", HOME("\"x\":true,\"y\":true,\"z\":true"), "homes all axes", GCODE("G28\\n"));
	state.fun_told = true;
	state.fun = 1ull << 32;
	BECOMES_PRINT("H2D", HOME("\"x\":true,\"y\":true,\"z\":true"), "homes all axes", "\"command\":\"back_to_center\"");
	BECOMES_PRINT("H2D", HOME("\"x\":true"), "homes the X axis", GCODE("G28 X\\n"));
	refused("P1S", HOME(""), REFUSAL_INVALID, "home-axis names no axis.");
	refused("P1S", HOME("\"x\":false"), REFUSAL_INVALID, "home-axis names no axis.");
	refused("P1S", "{\"command\":\"home-axis\"}", REFUSAL_INVALID, "home-axis names no axis.");
}

static void
axes_are_moved(void **unused)
{
	(void)unused;
	BECOMES_PRINT("A1", MOVE("\"x\":10"), "moves X10 mm", MOVES("G1 X10 F3000\\n"));
	BECOMES_PRINT("A1", MOVE("\"x\":-12.5,\"y\":0.25"), "moves X-12.5 Y0.25 mm", MOVES("G1 X-12.5 Y0.25 F3000\\n"));
	/* Away from the plate first, towards it last. */
	BECOMES_PRINT("A1", MOVE("\"x\":1,\"z\":5"), "moves X1 Z5 mm", MOVES("G1 Z5 F900\\nG1 X1 F3000\\n"));
	BECOMES_PRINT("A1", MOVE("\"y\":-1,\"z\":-5"), "moves Y-1 Z-5 mm", MOVES("G1 Y-1 F3000\\nG1 Z-5 F900\\n"));
	BECOMES_PRINT("A1", MOVE("\"z\":100"), "moves Z100 mm", MOVES("G1 Z100 F900\\n"));
	BECOMES_PRINT("A1", MOVE("\"x\":0,\"e\":-2"), "moves E-2 mm", GCODE("M83\\nG1 E-2 F300\\n"));
	sequence = 20001;
	BECOMES("A1", MOVE("\"x\":1,\"e\":0.04"), "moves X1 E0.04 mm",
		"{\"print\":{\"sequence_id\":\"20001\"," MOVES("G1 X1 F3000\\n") "}}",
		"{\"print\":{\"sequence_id\":\"20002\"," GCODE("M83\\nG1 E0.04 F300\\n") "}}");
	refused("A1", MOVE(""), REFUSAL_INVALID, "move-axis moves nothing.");
	refused("A1", MOVE("\"x\":0,\"z\":0.001"), REFUSAL_INVALID, "move-axis moves nothing.");
	refused("A1", MOVE("\"x\":100.01"), REFUSAL_INVALID, "axes.x is 100.01; it must be from -100 to 100 mm.");
	refused("A1", MOVE("\"z\":-101"), REFUSAL_INVALID, "axes.z is -101");
	refused("A1", MOVE("\"e\":1e99"), REFUSAL_INVALID, "axes.e is 1e+99");
}

static void
short_steps_have_a_newer_command_where_it_is_told(void **unused)
{
	(void)unused;
	state.fun_told = true;
	state.fun = 1ull << 38;
	BECOMES_PRINT("H2D", MOVE("\"x\":10"), "moves X10 mm",
		      "\"command\":\"xyz_ctrl\",\"axis\":\"X\",\"dir\":1,\"mode\":1");
	BECOMES_PRINT("H2D", MOVE("\"z\":-1,\"x\":0"), "moves Z-1 mm",
		      "\"command\":\"xyz_ctrl\",\"axis\":\"Z\",\"dir\":-1,\"mode\":0");
	BECOMES_PRINT("H2D", MOVE("\"y\":5"), "moves Y5 mm", MOVES("G1 Y5 F3000\\n"));
	BECOMES_PRINT("H2D", MOVE("\"y\":1,\"x\":1"), "moves X1 Y1 mm", MOVES("G1 X1 Y1 F3000\\n"));
}

/* The bits of `fun` as real printers send them. */
static void
real_printers_get_what_they_say_they_know(void **unused)
{
	static const struct {
		const char *key;
		uint64_t fun;
		bool homing, step, bed;
	} told[] = {
		{ "P2S", 0x60029fd1a3ff9cb7, true, true, true },
		{ "H2D", 0x41afff9cff, true, true, false },
		{ "X1C", 0x11a30f9cfb, true, false, false },
		{ "A1", 0, false, false, false },
	};

	(void)unused;
	state.fun_told = true;
	for (size_t i = 0; i < STR_ARRAY_LEN(told); i++) {
		state.fun = told[i].fun;
		if (told[i].homing)
			BECOMES_PRINT(told[i].key, HOME("\"z\":true"), "homes all axes", "\"command\":\"back_to_center\"");
		else
			BECOMES_PRINT(told[i].key, HOME("\"z\":true"), "homes all axes", GCODE("G28\\n"));
		if (told[i].step)
			BECOMES_PRINT(told[i].key, MOVE("\"x\":1"), "moves X1 mm",
				      "\"command\":\"xyz_ctrl\",\"axis\":\"X\",\"dir\":1,\"mode\":0");
		else
			BECOMES_PRINT(told[i].key, MOVE("\"x\":1"), "moves X1 mm", MOVES("G1 X1 F3000\\n"));
		if (told[i].bed)
			BECOMES_PRINT(told[i].key, HEAT("bed", "55"), "sets the bed to 55 °C",
				      "\"command\":\"set_bed_temp\",\"temp\":55");
		else
			BECOMES_PRINT(told[i].key, HEAT("bed", "55"), "sets the bed to 55 °C", GCODE("M140 S55\\n"));
	}
}

static void
an_axis_that_is_lost_is_homed_first(void **unused)
{
	(void)unused;
	state.homed_z = TRI_NO;
	state.homed_x = TRI_YES;
	refused("X1C", MOVE("\"z\":1"), REFUSAL_CONFLICT, "does not know where its Z axis stands");
	BECOMES_PRINT("X1C", MOVE("\"x\":1"), "moves X1 mm", MOVES("G1 X1 F3000\\n"));
	BECOMES_PRINT("X1C", MOVE("\"y\":1"), "moves Y1 mm", MOVES("G1 Y1 F3000\\n"));
}


static void
filament_moves_only_through_a_hot_nozzle(void **unused)
{
	(void)unused;
	BECOMES_PRINT("P1S", EXTRUDE("10"), "extrudes 10 mm of filament", GCODE("M83\\nG1 E10 F300\\n"));
	BECOMES_PRINT("P1S", EXTRUDE("-5.25"), "pulls back 5.25 mm of filament", GCODE("M83\\nG1 E-5.25 F300\\n"));
	state.nozzle.actual_celsius = 169.9;
	refused("P1S", EXTRUDE("10"), REFUSAL_CONFLICT, "The nozzle has 169.9 °C; filament moves from 170 °C on.");
	state.nozzle.actual_celsius = 25;
	refused("P1S", EXTRUDE("10"), REFUSAL_CONFLICT, "The nozzle has 25.0 °C");
	refused("P1S", MOVE("\"e\":1"), REFUSAL_CONFLICT, "The nozzle has 25.0 °C");
	BECOMES_PRINT("P1S", MOVE("\"x\":1"), "moves X1 mm", MOVES("G1 X1 F3000\\n"));
	state.nozzle.actual_celsius = 170;
	BECOMES_PRINT("P1S", EXTRUDE("1"), "extrudes 1 mm of filament", GCODE("M83\\nG1 E1 F300\\n"));
	refused("P1S", EXTRUDE("0"), REFUSAL_INVALID, "extrude-filament moves nothing.");
	refused("P1S", EXTRUDE("101"), REFUSAL_INVALID, "amount is 101; it must be from -100 to 100 mm.");
}


static void
calibrations_are_those_of_the_model(void **unused)
{
	(void)unused;
	BECOMES_PRINT("X1C", CALIBRATE("7"), "starts calibration (options 7)", "\"command\":\"calibration\",\"option\":7");
	BECOMES_PRINT("P1S", CALIBRATE("14"), "starts calibration (options 14)", "\"command\":\"calibration\",\"option\":14");
	BECOMES_PRINT("H2D", CALIBRATE("126"), "starts calibration (options 126)",
		      "\"command\":\"calibration\",\"option\":126");
	BECOMES_PRINT("Other", CALIBRATE("127"), "starts calibration (options 127)",
		      "\"command\":\"calibration\",\"option\":127");
	refused("P1S", CALIBRATE("3"), REFUSAL_FORBIDDEN, "The P1S has no lidar to calibrate.");
	refused("X1C", CALIBRATE("18"), REFUSAL_FORBIDDEN, "The X1 Carbon has one nozzle");
	refused("X1C", CALIBRATE("0"), REFUSAL_INVALID, "option_value is 0; it must be a whole number from 1 to 127.");
	refused("X1C", CALIBRATE("128"), REFUSAL_INVALID, "option_value is 128");
	refused("X1C", CALIBRATE("2.5"), REFUSAL_INVALID, "option_value is 2.5");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_print_is_controlled_in_the_plain_form),
		TEST(each_state_lets_through_what_makes_sense),
		TEST(resync_asks_for_everything),
		TEST(lights_are_switched),
		TEST(nozzle_and_bed_are_heated),
		TEST(the_bed_has_a_newer_command_where_it_is_told),
		TEST(only_chambers_with_a_heater_are_heated),
		TEST(the_flaps_follow_the_chamber),
		TEST(temperatures_beyond_the_model_are_refused),
		TEST(fans_are_set),
		TEST(axes_are_homed),
		TEST(axes_are_moved),
		TEST(short_steps_have_a_newer_command_where_it_is_told),
		TEST(real_printers_get_what_they_say_they_know),
		TEST(an_axis_that_is_lost_is_homed_first),
		TEST(filament_moves_only_through_a_hot_nozzle),
		TEST(calibrations_are_those_of_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
