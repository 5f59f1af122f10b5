/*
 * What virtual printers do when they are told: our own commands, planned for the state that they report, sent to them, and
 * seen in what they report next. For each row of printer/commands.def on each model that takes it. Then what others send.
 */
#include "machine_rig.h"

/* -- our own commands --------------------------------------------------------------------------------------------- */

static struct command_plan plan;
static struct command_refusal refusal;

/* JSON with ' for ". False: our own command.c refuses it for this model or state. */
static bool
command(const char *json)
{
	char *copy = strdup(json);
	const struct model *model = model_by_modules(&seen);

	assert_non_null(copy);
	for (char *c = copy; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	bool is_planned = command_plan(model, &seen, copy, strlen(copy), &sequence, &plan, &refusal);
	free(copy);
	for (unsigned i = 0; is_planned && i < plan.payload_count; i++) {
		memset(&answered, 0, sizeof answered);
		assert_int_equal(say_bytes(plan.payloads[i].json, plan.payloads[i].len), 1);
		if (plan.is_pushall)
			continue;
		if (answered.result != REPORT_RESULT_SUCCESS)
			fail_msg("%s: %s answered %s", model->key, plan.payloads[i].json, said);
		assert_int_equal(answered.sequence_id, plan.payloads[i].sequence_id);
	}
	if (is_planned)
		pass_ms(3000);
	return is_planned;
}

static void
is_done(const char *json)
{
	if (!command(json))
		fail_msg("%s refused: %s", json, refusal.sentence);
}

/* For each model, with an AMS. */
static void
on_each_model(void (*story)(const struct model *model))
{
	size_t count;
	const struct model *models = models_all(&count);

	for (size_t i = 0; i + 1 < count; i++) { /* "Other" is no model that can be told from its modules */
		switch_on_with(models[i].key, (const enum ams_kind[]){ AMS_KIND_AMS, AMS_KIND_PRO2 }, 2);
		story(&models[i]);
	}
}
#define EACH_MODEL(name)                                     \
	static void name##_on_each_model(void **state)       \
	{                                                    \
		(void)state;                                 \
		on_each_model(name);                         \
	}

static void
resync_tells_all(const struct model *model)
{
	(void)model;
	is_done("{'command':'resync-data'}");
}
EACH_MODEL(resync_tells_all)

static void
heat(const struct model *model)
{
	is_done("{'command':'set-temperature','type':'nozzle','temperature':150}");
	assert_true(seen.nozzle.target_celsius == 150);
	is_done("{'command':'set-temperature','type':'bed','temperature':55}");
	assert_true(seen.bed.target_celsius == 55);
	if (model->chamber_target_max_celsius > 0) {
		is_done("{'command':'set-temperature','type':'chamber','temperature':50}");
		/* An X1E has the heater and no report of its target but the packed one. */
		assert_true(seen.chamber.target_celsius == 50);
		assert_int_equal(seen.air_mode, model->has_airduct ? 1 : seen.air_mode);
	}
	double nozzle = seen.nozzle.actual_celsius, bed = seen.bed.actual_celsius;
	pass_ms(20000);
	/* About three degrees a second, about half a degree. */
	assert_true(fabs(seen.nozzle.actual_celsius - nozzle - 20 * 3) < 5);
	assert_true(fabs(seen.bed.actual_celsius - bed - 20 * 0.45) < 2);
	pass_ms(70000);
	assert_true(fabs(seen.nozzle.actual_celsius - 150) < 1.5 && fabs(seen.bed.actual_celsius - 55) < 1.5);
	is_done("{'command':'set-temperature','type':'nozzle','temperature':0}");
	assert_true(seen.nozzle.target_celsius == 0);
	pass_ms(90000);
	assert_true(seen.nozzle.actual_celsius < 80);
}
EACH_MODEL(heat)

static void
blow(const struct model *model)
{
	static const struct { const char *type; enum fan fan; } fans[] = { { "part", FAN_PART }, { "aux", FAN_AUX },
									    { "chamber", FAN_CHAMBER } };
	char json[80];

	for (size_t i = 0; i < STR_ARRAY_LEN(fans); i++) {
		assert_true(str_format(json, sizeof json, "{'command':'set-fan','type':'%s','speed':70}", fans[i].type));
		if (!command(json))
			continue;
		/* A P2S lists no chamber fan among its parts. */
		if (seen.fan_percent[fans[i].fan] != STATE_UNKNOWN)
			assert_int_equal(seen.fan_percent[fans[i].fan], 70);
		else
			assert_true(fans[i].fan == FAN_CHAMBER && model->chamber_target_max_celsius == 0);
		assert_true(str_format(json, sizeof json, "{'command':'set-fan','type':'%s','speed':0}", fans[i].type));
		is_done(json);
		assert_true(seen.fan_percent[fans[i].fan] <= 0);
	}
	if (model->has_aux2_fan) {
		is_done("{'command':'set-fan','type':'aux','speed':40}");
		assert_int_equal(seen.fan_percent[FAN_AUX2], 40);
	}
}
EACH_MODEL(blow)

static void
home_and_move(const struct model *model)
{
	(void)model;
	assert_int_equal(seen.homed_x, TRI_NO);
	is_done("{'command':'home-axis','axes':{'x':true}}");
	assert_int_equal(seen.homed_x, TRI_YES);
	assert_int_equal(seen.homed_z, TRI_NO);
	is_done("{'command':'home-axis','axes':{'z':true}}");
	assert_true(seen.homed_x == TRI_YES && seen.homed_y == TRI_YES && seen.homed_z == TRI_YES);
	is_done("{'command':'move-axis','axes':{'x':10}}");
	is_done("{'command':'move-axis','axes':{'x':12.5,'y':-3,'z':5}}");
	assert_false(command("{'command':'extrude-filament','amount':10}")); /* it is cold */
	is_done("{'command':'set-temperature','type':'nozzle','temperature':220}");
	pass_ms(90000);
	is_done("{'command':'extrude-filament','amount':10}");
}
EACH_MODEL(home_and_move)

static void
switch_lights(const struct model *model)
{
	is_done("{'command':'led-control','light':'chamber_light','state':'on'}");
	assert_string_equal(seen.lights[0].node, "chamber_light");
	assert_string_equal(seen.lights[0].mode, "on");
	if (model->has_two_chamber_lights)
		assert_string_equal(seen.lights[seen.light_count - 1].mode, "on");
	is_done("{'command':'led-control','light':'chamber_light','state':'off'}");
	assert_string_equal(seen.lights[0].mode, "off");
	if (model->has_work_light) {
		is_done("{'command':'led-control','light':'working_light','state':'on'}");
		assert_string_equal(seen.lights[1].mode, "on");
	}
}
EACH_MODEL(switch_lights)

static void
calibrate(const struct model *model)
{
	(void)model;
	is_done("{'command':'calibration','option_value':6}");
	assert_true(seen.gcode_state == GCODE_STATE_PREPARE || seen.gcode_state == GCODE_STATE_RUNNING);
	assert_string_equal(seen.print_type, "system");
	wait_for(GCODE_STATE_RUNNING, 30000);
	while (seen.stage != 1)
		pass_ms(1000);
	while (seen.stage != 3)
		pass_ms(1000);
	wait_for(GCODE_STATE_FINISH, 120000);
	assert_true(command("{'command':'calibration','option_value':1}") == model->has_lidar);
}
EACH_MODEL(calibrate)

/* What is active now, at the place that was loaded; an external spool goes by either number. */
static bool
feeds(int ams, int slot)
{
	if (ams >= 254)
		return seen.active_ams == 254 || seen.active_ams == 255;
	return seen.active_ams == ams && seen.active_slot == slot;
}

static void
load_and_unload(const struct model *model)
{
	static const struct { int number, ams, slot; } places[] = { { 2, 0, 2 }, { 254, 254, 0 }, { 1, 0, 1 } };
	char json[120];

	for (size_t i = 0; i < STR_ARRAY_LEN(places); i++) {
		int number = places[i].number == 254 && model->extruders > 1 ? 255 : places[i].number;
		assert_true(str_format(json, sizeof json, "{'command':'load-filament','targetSlotId':%d,"
							  "'targetTemp':230,'currentTemp':220}", number));
		is_done(json);
		assert_true(seen.stage == 7 && (seen.ams_status >> 8) == 1);
		assert_true(seen.nozzle.target_celsius == 230);
		pass_ms(180000);
		ask_all();
		if (!feeds(places[i].ams, places[i].slot))
			fail_msg("%s: slot %d feeds, not %d", model->key, seen.active_slot, places[i].number);
		assert_int_equal(seen.ams_status, 0);
		assert_true(seen.nozzle.target_celsius == 0);
		is_done("{'command':'unload-filament'}");
		pass_ms(180000);
		assert_int_equal(seen.active_ams, STATE_UNKNOWN);
	}
}
EACH_MODEL(load_and_unload)

static void
read_and_set_slots(const struct model *model)
{
	(void)model;
	is_done("{'command':'set-slot-info','info':{'amsId':1,'slotId':0,'trayType':'TPU','nozzleTempMin':200,"
		"'nozzleTempMax':250,'color':'00ff00'}}");
	ask_all();
	assert_string_equal(seen.ams[1].trays[0].material, "TPU");
	assert_string_equal(seen.ams[1].trays[0].color, "00FF00FF");
	assert_string_equal(seen.ams[1].trays[0].profile, "GFU99");
	assert_int_equal(seen.ams[1].trays[0].nozzle_max_celsius, 250);
	is_done("{'command':'refresh-slot','amsId':1,'slotId':0}");
	assert_int_equal(seen.tray_reading_bits, 1u << 4);
	pass_ms(20000);
	ask_all();
	/* Its tag knows better. */
	assert_int_equal(seen.tray_reading_bits, 0);
	assert_string_equal(seen.ams[1].trays[0].material, "ABS");
	is_done("{'command':'set-slot-info','info':{'amsId':255,'slotId':0,'trayType':'PETG','nozzleTempMin':220,"
		"'nozzleTempMax':260}}");
	ask_all();
	assert_string_equal(seen.external[seen.external_count - 1].material, "PETG");
}
EACH_MODEL(read_and_set_slots)

static void
pause_resume_stop(const struct model *model)
{
	start_print((struct spool_place){ 0, 1 }, true, 3);
	assert_int_equal(answered.result, REPORT_RESULT_SUCCESS);
	wait_for(GCODE_STATE_RUNNING, 60000);
	is_done("{'command':'pause'}");
	assert_int_equal(seen.gcode_state, GCODE_STATE_PAUSE);
	is_done("{'command':'resume'}");
	assert_int_equal(seen.gcode_state, GCODE_STATE_RUNNING);
	is_done("{'command':'stop'}");
	assert_int_equal(seen.gcode_state, GCODE_STATE_FAILED);
	assert_ptr_equal(model_by_modules(&seen), model);
}
EACH_MODEL(pause_resume_stop)

/* -- Developer Mode ----------------------------------------------------------------------------------------------- */

static void
unsigned_commands_are_refused(const struct model *model)
{
	struct command_payload probe;

	turn("{'faults':{'developerModeOff':true}}");
	pass_ms(6000);
	/* Those that tell it do so at once; the others when they are asked. */
	assert_int_equal(seen.developer_mode == TRI_NO, model->sends_rich_deltas || strcmp(model->key, "A2L") == 0);
	assert_true(command_developer_probe(&seen, &sequence, &probe));
	assert_int_equal(say_bytes(probe.json, probe.len), 1);
	assert_true(answered.refused_unsigned);
	assert_int_equal(answered.err_code, 84033543);
	assert_string_equal(answered.reason, "mqtt message verify failed");
	pass_ms(6000);
	assert_int_equal(seen.developer_mode, TRI_NO);
	assert_int_equal(seen.hms_total, 1);
	assert_true(seen.hms[0].attr == 0x05000500 && seen.hms[0].code == 0x00010007);
	/* A start shows whose it is, and nothing moves. */
	start_print((struct spool_place){ 0, 1 }, true, 99);
	assert_true(answered.refused_unsigned);
	pass_ms(30000);
	assert_int_equal(seen.gcode_state, GCODE_STATE_IDLE);
	assert_string_equal(seen.subtask_id, "99");
	/* Questions and lights are free. */
	is_done("{'command':'led-control','light':'chamber_light','state':'on'}");
	assert_string_equal(seen.lights[0].mode, "on");
	order("'command':'extrusion_cali_get','filament_id':'','nozzle_diameter':'0.8'");
	assert_int_equal(answered.result, REPORT_RESULT_SUCCESS);
	assert_string_equal(seen.nozzle_diameter, "0.4");
	turn("{'faults':{'developerModeOff':false}}");
	pass_ms(6000);
	assert_int_equal(seen.hms_total, 0);
	is_done("{'command':'set-temperature','type':'bed','temperature':40}");
}
EACH_MODEL(unsigned_commands_are_refused)

/* -- what others send --------------------------------------------------------------------------------------------- */

static void
replies_echo_what_was_asked(void **state)
{
	(void)state;
	SWITCH_ON("P1S", AMS_KIND_AMS);
	assert_int_equal(order("'command':'gcode_line','param':'M106 P1 S255\\nM140 S61 ; warm\\nM104 S200\\nG28\\n'"), 1);
	assert_int_equal(seen.fan_percent[FAN_PART], 100);
	assert_true(seen.bed.target_celsius == 61 && seen.nozzle.target_celsius == 200);
	assert_int_equal(seen.homed_y, TRI_YES);
	assert_int_equal(say("{'system':{'command':'ledctrl','sequence_id':7,'led_node':'chamber_light','led_mode':'on',"
			     "'led_on_time':500,'led_off_time':500,'loop_times':1,'interval_time':1000}}"), 1);
	assert_string_equal(said, "{\"system\":{\"command\":\"ledctrl\",\"sequence_id\":7,\"led_node\":\"chamber_light\","
				  "\"led_mode\":\"on\",\"led_on_time\":500,\"led_off_time\":500,\"loop_times\":1,"
				  "\"interval_time\":1000,\"result\":\"success\",\"reason\":\"\"}}");
	assert_int_equal(say("{'system':{'command':'ledctrl','sequence_id':'8','led_node':'chamber_light','led_mode':'on'}}"), 1);
	assert_int_equal(answered.result, REPORT_RESULT_FAIL);
	assert_int_equal(say("{'system':{'command':'get_accessories','sequence_id':'9','accessory_type':'none'}}"), 1);
	assert_non_null(strstr(said, "\"nozzle_diameter\":0.4"));
	assert_int_equal(say("{'camera':{'command':'ipcam_timelapse','sequence_id':'9','control':'enable'}}"), 1);
	assert_non_null(strstr(said, "\"result\":0"));
}

/* Whatever it is asked, no code of it is ever told. */
static void
the_access_code_is_not_told(void **state)
{
	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	assert_int_equal(say("{'system':{'command':'get_access_code','sequence_id':'1'}}"), 1);
	assert_int_equal(answered.result, REPORT_RESULT_FAIL);
	assert_null(strstr(said, "access_code\":"));
}

static void
what_is_no_request_gets_no_answer(void **state)
{
	static const char *const silent[] = {
		"", "x", "[]", "{}", "{'print':{}}", "{'print':[]}", "{'print':{'command':5}}", "{'print':{'command':'fly'}}",
		"{'info':{'command':'pushall'}}",
		"{'print':{'command':'pause','command':'stop'}}", "{'pushing':{'command':'stop','sequence_id':'1'}}",
	};
	char deep[64];

	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	for (size_t i = 0; i < STR_ARRAY_LEN(silent); i++)
		assert_int_equal(say(silent[i]), 0);
	memset(deep, '[', sizeof deep);
	assert_int_equal(say_bytes(deep, sizeof deep), 0);
	char *large = calloc(1, 20000);
	assert_non_null(large);
	memset(large, ' ', 20000);
	memcpy(large, "{\"info\":{\"command\":\"get_version\"}}", 34);
	assert_int_equal(say_bytes(large, 20000), 0);
	free(large);
	ask_all();
	assert_int_equal(seen.gcode_state, GCODE_STATE_IDLE);
}

static void
dryers_dry(void **state)
{
	(void)state;
	SWITCH_ON("X1C", AMS_KIND_PRO2, AMS_KIND_AMS, AMS_KIND_HT);
	order("'command':'ams_filament_drying','ams_id':0,'mode':1,'filament':'PLA','temp':55,'duration':8,'humidity':0");
	assert_int_equal(answered.result, REPORT_RESULT_SUCCESS);
	assert_int_equal(seen.ams[0].dry_remaining_minutes, 480);
	assert_int_equal(seen.ams[0].dry_state, 2);
	assert_int_equal(seen.ams[0].kind, AMS_KIND_PRO2);
	pass_ms(3600000);
	assert_int_equal(seen.ams[0].dry_remaining_minutes, 420);
	assert_true(fabs(seen.ams[0].temperature_celsius - 55) < 1);
	order("'command':'ams_filament_drying','ams_id':0,'mode':0");
	assert_int_equal(seen.ams[0].dry_remaining_minutes, 0);
	order("'command':'ams_filament_drying','ams_id':1,'mode':1,'temp':55,'duration':8");
	assert_int_equal(answered.result, REPORT_RESULT_FAIL);
}

/* What feeds is told as the model counts: flat, or, where there may be two nozzles or several units, by the slot alone. */
static void
tray_now_counts_as_the_model_does(void **state)
{
	static const struct { const char *key; uint32_t units; int32_t tray_now; } models[] = {
		{ "X1C", 2, 6 }, { "P1S", 2, 6 }, { "P2S", 2, 2 }, { "H2S", 2, 6 }, { "H2D", 2, 2 },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(models); i++) {
		switch_on_with(models[i].key, (const enum ams_kind[]){ AMS_KIND_AMS, AMS_KIND_PRO2 }, models[i].units);
		if (model_by_key(models[i].key)->extruders > 1)
			order("'command':'select_extruder','extruder_index':1");
		order("'command':'ams_change_filament','ams_id':1,'slot_id':2,'target':6,'curr_temp':220,'tar_temp':220");
		pass_ms(200000);
		assert_int_equal(seen.tray_now, models[i].tray_now);
		assert_true(seen.active_ams == 1 && seen.active_slot == 2);
	}
}

static void
options_show_in_their_bits(void **state)
{
	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	assert_true((seen.home_flag >> 4 & 1) == 1 && (seen.home_flag >> 10 & 1) == 1);
	order("'command':'print_option','auto_recovery':false");
	order("'command':'print_option','auto_switch_filament':false");
	assert_true((seen.home_flag >> 4 & 1) == 0 && (seen.home_flag >> 10 & 1) == 0);
	say("{'xcam':{'command':'xcam_control_set','sequence_id':'4','module_name':'spaghetti_detector','control':false,"
	    "'enable':false,'print_halt':true}}");
	pass_ms(3000);
	assert_int_equal(answered.result, REPORT_RESULT_SUCCESS);
	say("{'pushing':{'command':'pushall','sequence_id':'1'}}");
	assert_non_null(strstr(said, "\"spaghetti_detector\":false"));
}

static void
it_tells_where_it_has_moved_to(void **state)
{
	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	machine_set_address(machine, 0x0900407f, 40322);
	pass_ms(3000);
	assert_int_equal(seen.interfaces[0].ip, 0x0900407f);
	assert_string_equal(seen.rtsp_url, "rtsps://127.64.0.9:40322/streaming/live/1");
}

static void
a_silent_one_says_nothing(void **state)
{
	(void)state;
	SWITCH_ON("P1S", AMS_KIND_AMS);
	turn("{'faults':{'silent':true}}");
	assert_true(machine_is_silent(machine) && machine_is_online(machine));
	report_count = 0;
	pass_ms(60000);
	assert_int_equal(say("{'pushing':{'command':'pushall','sequence_id':'1'}}"), 0);
	assert_int_equal(report_count, 0);
	turn("{'faults':{'silent':false}}");
	ask_all();
	turn("{'online':false}");
	assert_false(machine_is_online(machine));
	assert_int_equal(say("{'pushing':{'command':'pushall','sequence_id':'1'}}"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resync_tells_all_on_each_model),
		cmocka_unit_test(heat_on_each_model),
		cmocka_unit_test(blow_on_each_model),
		cmocka_unit_test(home_and_move_on_each_model),
		cmocka_unit_test(switch_lights_on_each_model),
		cmocka_unit_test(calibrate_on_each_model),
		cmocka_unit_test(load_and_unload_on_each_model),
		cmocka_unit_test(read_and_set_slots_on_each_model),
		cmocka_unit_test(pause_resume_stop_on_each_model),
		cmocka_unit_test(unsigned_commands_are_refused_on_each_model),
		cmocka_unit_test(replies_echo_what_was_asked),
		cmocka_unit_test(the_access_code_is_not_told),
		cmocka_unit_test(what_is_no_request_gets_no_answer),
		cmocka_unit_test(dryers_dry),
		cmocka_unit_test(tray_now_counts_as_the_model_does),
		cmocka_unit_test(options_show_in_their_bits),
		cmocka_unit_test(it_tells_where_it_has_moved_to),
		cmocka_unit_test(a_silent_one_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
