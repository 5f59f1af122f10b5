/*
 * What real printers of some models do that no sensible machine would, and what programs that others wrote rely on: each
 * was seen on printers or found by running such a program against a virtual one (docs/protocol.md).
 */
#include "machine_rig.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_section_of_a_message_is_answered),
		cmocka_unit_test(older_programs_name_a_slot_by_its_tray),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
