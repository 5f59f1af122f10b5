/*
 * What real printers of some models do that no sensible machine would, and what programs that others wrote rely on: each
 * was seen on printers or found by running such a program against a virtual one (docs/protocol.md).
 */
#include "machine_rig.h"

#define SLOT_1 ((struct spool_place){ 0, 1 })
#define OUTSIDE ((struct spool_place){ 255, 0 })

/* The newest full report's `print`; the caller frees the whole. */
static json_t *
full_report(json_t **ret_whole)
{
	assert_int_equal(say("{'pushing':{'command':'pushall','sequence_id':'1'}}"), 1);
	*ret_whole = json_loads(said, 0, NULL);
	assert_non_null(*ret_whole);
	return json_object_get(*ret_whole, "print");
}

static json_int_t
number_in(const json_t *from, const char *key)
{
	const json_t *value = json_object_get(from, key);

	if (!json_is_integer(value))
		fail_msg("%s is no number", key);
	return json_integer_value(value);
}

static const char *
text_in(const json_t *from, const char *key)
{
	const json_t *value = json_object_get(from, key);

	if (!json_is_string(value))
		fail_msg("%s is no text", key);
	return json_string_value(value);
}

/* -- as programs ask ---------------------------------------------------------------------------------------------- */

/* Some begin with all of their questions in one message. */
static void
each_section_of_a_message_is_answered(void **state)
{
	(void)state;
	SWITCH_ON("P1S", AMS_KIND_AMS);
	memset(&seen.product, 0, sizeof seen.product);
	assert_int_equal(say("{'pushing':{'command':'pushall'},'info':{'command':'get_version'},"
			     "'upgrade':{'command':'get_history'}}"), 2);
	assert_int_equal(summary.kind, REPORT_VERSION);
	assert_string_equal(seen.product, "Bambu Lab P1S");
	/* However many there are, only so much is said. */
	assert_in_range(say("{'pushing':{'command':'pushall'},'info':{'command':'get_version'},'system':{'command':"
			    "'get_accessories'},'print':{'command':'extrusion_cali_get'},'camera':{'command':"
			    "'ipcam_timelapse','control':'enable'}}"), 2, MACHINE_REPLIES_MAX);
}

/* Without slot_id, tray_id is the slot in the unit. */
static void
older_programs_name_a_slot_by_its_tray(void **state)
{
	static const char setting[] = "'command':'ams_filament_setting','ams_id':%d,'tray_id':%d,'tray_info_idx':'GFG99',"
				      "'tray_color':'112233FF','nozzle_temp_min':220,'nozzle_temp_max':260,'tray_type':'PETG'";
	char fields[256];

	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS, AMS_KIND_AMS, AMS_KIND_HT);
	str_format(fields, sizeof fields, setting, 1, 2);
	order(fields);
	assert_int_equal(answered.result, REPORT_RESULT_SUCCESS);
	ask_all();
	assert_string_equal(seen.ams[1].trays[2].material, "PETG");
	assert_string_equal(seen.ams[1].trays[2].color, "112233FF");
	assert_string_not_equal(seen.ams[0].trays[2].color, "112233FF");
	str_format(fields, sizeof fields, setting, 128, 0);
	order(fields);
	ask_all();
	assert_string_equal(seen.ams[2].trays[0].color, "112233FF");
	order("'command':'ams_change_filament','ams_id':1,'target':6,'curr_temp':220,'tar_temp':220");
	pass_ms(200000);
	assert_true(seen.active_ams == 1 && seen.active_slot == 2);
}

/* What a slot held is taken back by setting it to nothing: there is a spool, and nothing is known of it. */
static void
a_slot_that_is_set_to_nothing_has_an_unknown_spool(void **state)
{
	json_t *whole;

	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	order("'command':'ams_filament_setting','ams_id':0,'slot_id':1,'tray_id':1,'tray_info_idx':'','tray_color':'00000000',"
	      "'nozzle_temp_min':0,'nozzle_temp_max':0,'tray_type':''");
	assert_int_equal(answered.result, REPORT_RESULT_SUCCESS);
	json_t *ams = json_object_get(json_object_get(full_report(&whole), "ams"), "ams");
	json_t *trays = json_object_get(json_array_get(ams, 0), "tray");
	assert_int_equal(number_in(json_array_get(trays, 1), "state"), 9);
	assert_int_equal(number_in(json_array_get(trays, 0), "state"), 11);
	json_decref(whole);
	assert_int_not_equal(seen.ams[0].trays[1].fill, TRAY_EMPTY);
	assert_string_equal(seen.ams[0].trays[1].material, "");
}

/* -- lights ------------------------------------------------------------------------------------------------------- */

static const char *
mode_of(const char *node)
{
	for (uint32_t i = 0; i < seen.light_count; i++)
		if (strcmp(seen.lights[i].node, node) == 0)
			return seen.lights[i].mode;
	return "";
}

static size_t
turn_light(const char *node, const char *mode)
{
	char json[256];

	str_format(json, sizeof json, "{'system':{'command':'ledctrl','sequence_id':'5','led_node':'%s','led_mode':'%s',"
		   "'led_on_time':500,'led_off_time':500,'loop_times':1,'interval_time':1000}}", node, mode);
	size_t count = say(json);
	pass_ms(3000);
	return count;
}

static void
the_work_light_flashes_until_it_is_turned(void **state)
{
	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	assert_string_equal(mode_of("work_light"), "flashing");
	turn_light("work_light", "on");
	assert_string_equal(mode_of("work_light"), "on");
	turn_light("work_light", "off");
	assert_string_equal(mode_of("work_light"), "off");
	turn_light("work_light", "flashing");
	assert_string_equal(mode_of("work_light"), "flashing");
}

/* Whoever turns it has only the reply to know it by. */
static void
the_light_of_an_h2s_bed_is_turned_and_not_told(void **state)
{
	(void)state;
	SWITCH_ON("H2D", AMS_KIND_AMS);
	assert_int_equal(turn_light("heatbed_light", "on"), 1);
	assert_int_equal(answered.result, REPORT_RESULT_SUCCESS);
	assert_string_equal(mode_of("heatbed_light"), "");
	SWITCH_ON("X1C", AMS_KIND_AMS);
	assert_int_equal(turn_light("heatbed_light", "on"), 1);
	assert_int_equal(answered.result, REPORT_RESULT_FAIL);
}

/* -- states that are not what they seem --------------------------------------------------------------------------- */

/* Most of a minute after a start an H2D still says that the former print has finished; the names are the new one's. */
static void
an_h2d_lingers_at_finish(void **state)
{
	(void)state;
	SWITCH_ON("H2D", AMS_KIND_AMS);
	start_print(SLOT_1, true, 11);
	wait_for(GCODE_STATE_PREPARE, 2000); /* there is no former print */
	wait_for(GCODE_STATE_FINISH, INT64_C(3600000));
	start_print(SLOT_1, true, 12);
	assert_int_equal(answered.result, REPORT_RESULT_SUCCESS);
	pass_ms(40000);
	assert_int_equal(seen.gcode_state, GCODE_STATE_FINISH);
	assert_int_equal(seen.progress_percent, 100);
	assert_string_equal(seen.subtask_id, "12");
	/* Another start now finds it busy, whatever it says. */
	start_print(SLOT_1, true, 13);
	pass_ms(2000);
	assert_int_equal(seen.print_error, 0x05004004);
	assert_string_equal(seen.subtask_id, "12");
	wait_for(GCODE_STATE_PREPARE, 15000);
	wait_for(GCODE_STATE_RUNNING, 15000);
	order("'command':'stop'");
	assert_int_equal(seen.gcode_state, GCODE_STATE_FAILED);
	start_print(SLOT_1, true, 14);
	wait_for(GCODE_STATE_PREPARE, 2000); /* what has failed is no finished print */
	SWITCH_ON("H2S", AMS_KIND_AMS);
	turn("{'timeFactor':60}");
	start_print(SLOT_1, true, 11);
	wait_for(GCODE_STATE_FINISH, 120000);
	start_print(SLOT_1, true, 12);
	wait_for(GCODE_STATE_PREPARE, 1000);
}

/* The external spool feeds, and tray_now is the slot at which the AMS rests. */
static void
an_h2s_hides_its_external_spool(void **state)
{
	static const struct { const char *key; json_int_t tray_now; } models[] = { { "H2S", 0 }, { "X1C", 254 }, { "P2S", 254 } };
	json_t *whole;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(models); i++) {
		SWITCH_ON(models[i].key, AMS_KIND_PRO2);
		turn("{'timeFactor':60}");
		start_print(OUTSIDE, false, 7);
		wait_for(GCODE_STATE_FINISH, 120000);
		json_t *ams = json_object_get(full_report(&whole), "ams");
		assert_int_equal(strtol(text_in(ams, "tray_now"), NULL, 10), models[i].tray_now);
		json_decref(whole);
		assert_int_equal(seen.active_ams, 255);
	}
	/* Without an AMS there is no slot that it could mean. */
	switch_on_with("H2S", NULL, 0);
	turn("{'timeFactor':60}");
	start_print(OUTSIDE, false, 7);
	wait_for(GCODE_STATE_FINISH, 120000);
	json_t *ams = json_object_get(full_report(&whole), "ams");
	assert_string_equal(text_in(ams, "tray_now"), "254");
	json_decref(whole);
}

static void
a_p1s_forgets_its_layers_at_the_end(void **state)
{
	json_t *whole;

	(void)state;
	SWITCH_ON("P1S", AMS_KIND_AMS);
	turn("{'timeFactor':60}");
	start_print(SLOT_1, true, 7);
	wait_for(GCODE_STATE_RUNNING, 20000);
	while (seen.layer < 3)
		pass_ms(500);
	assert_int_equal(seen.layers, 90);
	wait_for(GCODE_STATE_FINISH, 120000);
	json_t *print = full_report(&whole);
	assert_true(number_in(print, "layer_num") == 0 && number_in(print, "total_layer_num") == 0);
	assert_int_equal(number_in(print, "mc_percent"), 100);
	json_decref(whole);
	SWITCH_ON("P1P", AMS_KIND_AMS);
	turn("{'timeFactor':60}");
	start_print(SLOT_1, true, 7);
	wait_for(GCODE_STATE_FINISH, 120000);
	print = full_report(&whole);
	assert_true(number_in(print, "layer_num") == 90 && number_in(print, "total_layer_num") == 90);
	json_decref(whole);
}

static void
a_p1_leaves_the_time_of_a_failed_print_standing(void **state)
{
	static const struct { const char *key; bool stands; } models[] = { { "P1P", true }, { "P1S", true }, { "A1", false } };
	json_t *whole;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(models); i++) {
		SWITCH_ON(models[i].key, AMS_KIND_AMS);
		start_print(SLOT_1, true, 7);
		wait_for(GCODE_STATE_RUNNING, 20000);
		pass_ms(600000);
		int32_t minutes = seen.remaining_minutes;
		assert_in_range(minutes, 10, 40);
		order("'command':'stop'");
		pass_ms(60000);
		assert_int_equal(seen.gcode_state, GCODE_STATE_FAILED);
		assert_int_equal(number_in(full_report(&whole), "mc_remaining_time"), models[i].stands ? minutes : 0);
		json_decref(whole);
	}
}

/* The fields that are made for one nozzle: of the one at work, but on an H2D of the other. */
static void
flat_temperatures_are_of_either_nozzle(void **state)
{
	json_t *whole;

	(void)state;
	SWITCH_ON("H2D", AMS_KIND_AMS);
	order("'command':'set_nozzle_temp','extruder_index':0,'target_temp':220");
	pass_ms(200000);
	json_t *print = full_report(&whole);
	assert_true(json_number_value(json_object_get(print, "nozzle_temper")) < 30);
	assert_true(json_number_value(json_object_get(print, "nozzle_target_temper")) == 0);
	json_decref(whole);
	assert_true(fabs(seen.nozzle.actual_celsius - 220) < 2);
	SWITCH_ON("X2D", AMS_KIND_AMS);
	order("'command':'set_nozzle_temp','extruder_index':1,'target_temp':220");
	order("'command':'select_extruder','extruder_index':1");
	pass_ms(200000);
	print = full_report(&whole);
	assert_true(json_number_value(json_object_get(print, "nozzle_temper")) > 215);
	json_decref(whole);
}

/* -- what they are made of ---------------------------------------------------------------------------------------- */

/* Six places; that of the hotend that is mounted is empty, and a start may choose another. */
static void
an_h2c_has_a_rack_of_hotends(void **state)
{
	char kept[MACHINE_KEPT_MAX_BYTES];
	json_t *whole;

	(void)state;
	SWITCH_ON("H2C", AMS_KIND_PRO2);
	json_t *device = json_object_get(full_report(&whole), "device"), *nozzle = json_object_get(device, "nozzle");
	assert_int_equal(number_in(nozzle, "exist"), 0x2f0003);
	assert_true(number_in(nozzle, "src_id") == 20 && number_in(nozzle, "tar_id") == 20);
	assert_int_equal(json_array_size(json_object_get(nozzle, "info")), 7);
	assert_non_null(json_object_get(device, "holder"));
	assert_string_equal(text_in(json_object_get(whole, "print"), "nozzle_type"), "HS01-0.4");
	json_decref(whole);
	assert_int_equal(say("{'print':{'command':'project_file','sequence_id':'1','param':'Metadata/plate_1.gcode','url':"
			     "'ftp://" FILE_PATH "','use_ams':true,'ams_mapping':[0],'nozzle_mapping':[18]}}"), 1);
	wait_for(GCODE_STATE_PREPARE, 2000);
	for (unsigned i = 0; i < 2; i++) {
		nozzle = json_object_get(json_object_get(full_report(&whole), "device"), "nozzle");
		assert_int_equal(number_in(nozzle, "exist"), 0x3b0003);
		assert_int_equal(number_in(nozzle, "tar_id"), 18);
		assert_true(json_number_value(json_object_get(json_array_get(json_object_get(nozzle, "info"), 0), "diameter")) == 0.6);
		json_decref(whole);
		/* And so it is after a loss of power. */
		size_t len = machine_keep(machine, kept);
		SWITCH_ON("H2C", AMS_KIND_PRO2);
		assert_true(machine_remember(machine, kept, len, clock_ms));
	}
	SWITCH_ON("H2D", AMS_KIND_PRO2);
	nozzle = json_object_get(json_object_get(full_report(&whole), "device"), "nozzle");
	assert_int_equal(number_in(nozzle, "exist"), 3);
	assert_null(json_object_get(nozzle, "src_id"));
	json_decref(whole);
}

/* By which older programs tell them. */
static void
boards_tell_models_apart(void **state)
{
	static const struct { const char *key, *module, *board; } models[] = {
		{ "X1E", "ap", "AP02" }, { "X1C", "ap", "AP05" }, { "P1S", "esp32", "AP04" }, { "A1", "esp32", "AP05" },
		{ "A2L", "ap", "AP03" }, { "X2D", "ap2", "AP04" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(models); i++) {
		const char *board = "";
		SWITCH_ON(models[i].key, AMS_KIND_AMS);
		for (uint32_t j = 0; j < seen.module_count; j++)
			if (strcmp(seen.modules[j].name, models[i].module) == 0)
				board = seen.modules[j].hardware;
		assert_string_equal(board, models[i].board);
	}
}

/* Programs keep what they know of a unit by its serial number, which begins as those of its kind. */
static void
units_have_serial_numbers_of_their_own(void **state)
{
	static const char *const beginnings[] = { "006", "19C", "19F", "006" };
	char serials[4][16];
	uint32_t count = 0;

	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS, AMS_KIND_PRO2, AMS_KIND_HT, AMS_KIND_AMS);
	for (uint32_t i = 0; i < seen.module_count; i++)
		if (strchr(seen.modules[i].name, '/') != NULL && count < STR_ARRAY_LEN(serials))
			assert_true(str_copy(serials[count++], sizeof serials[0], seen.modules[i].serial));
	assert_int_equal(count, STR_ARRAY_LEN(serials));
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(strlen(serials[i]), 15);
		assert_memory_equal(serials[i], beginnings[i], 3);
		assert_non_null(strstr(serials[i], "A000000001")); /* of this printer's */
		for (uint32_t j = 0; j < i; j++)
			assert_string_not_equal(serials[i], serials[j]);
	}
}

/* Old words, and the hardware in the new ones; its AMS lite is a unit of its own. */
static void
an_a2l_tells_its_hardware_too(void **state)
{
	json_t *whole;

	(void)state;
	SWITCH_ON("A2L", AMS_KIND_LITE);
	json_t *print = full_report(&whole), *device = json_object_get(print, "device");
	assert_string_equal(text_in(json_object_get(print, "ams"), "ams_exist_bits"), "1000");
	assert_string_equal(text_in(json_object_get(print, "ams"), "tray_exist_bits"), "f000000");
	assert_int_equal(number_in(json_object_get(device, "nozzle"), "exist"), 1);
	assert_null(json_object_get(print, "vt_tray"));
	assert_string_equal(text_in(json_array_get(json_object_get(print, "vir_slot"), 0), "id"), "255");
	assert_string_equal(text_in(print, "print_type"), "idle");
	json_decref(whole);
	order("'command':'ams_change_filament','ams_id':16,'slot_id':2,'target':2,'curr_temp':220,'tar_temp':220");
	pass_ms(200000);
	print = full_report(&whole);
	json_t *extruder = json_object_get(json_object_get(print, "device"), "extruder");
	assert_int_equal(number_in(json_array_get(json_object_get(extruder, "info"), 0), "snow"), 16 << 8 | 2);
	json_decref(whole);
	assert_true(seen.active_ams == 16 && seen.active_slot == 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_section_of_a_message_is_answered),
		cmocka_unit_test(older_programs_name_a_slot_by_its_tray),
		cmocka_unit_test(a_slot_that_is_set_to_nothing_has_an_unknown_spool),
		cmocka_unit_test(the_work_light_flashes_until_it_is_turned),
		cmocka_unit_test(the_light_of_an_h2s_bed_is_turned_and_not_told),
		cmocka_unit_test(an_h2d_lingers_at_finish),
		cmocka_unit_test(an_h2s_hides_its_external_spool),
		cmocka_unit_test(a_p1s_forgets_its_layers_at_the_end),
		cmocka_unit_test(a_p1_leaves_the_time_of_a_failed_print_standing),
		cmocka_unit_test(flat_temperatures_are_of_either_nozzle),
		cmocka_unit_test(an_h2c_has_a_rack_of_hotends),
		cmocka_unit_test(boards_tell_models_apart),
		cmocka_unit_test(units_have_serial_numbers_of_their_own),
		cmocka_unit_test(an_a2l_tells_its_hardware_too),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
