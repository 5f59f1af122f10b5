/*
 * Fields that are told in several places, packed, or as bits: which of them counts, and what they mean.
 */
#include "tests/unit/report_rig.h"

#define HEAT(of, actual, target)                                     \
	do {                                                         \
		assert_float_equal((of).actual_celsius, actual, 0);  \
		assert_float_equal((of).target_celsius, target, 0);  \
	} while (0)

/* -- heat -------------------------------------------------------------------------------------- */

static void
packed_temperatures_are_two_numbers(void **state)
{
	(void)state;
	delta("'device':{'bed':{'info':{'temp':4587590}},'ctc':{'info':{'temp':'3932208'}},"
	      "'extruder':{'info':[{'id':0,'temp':14745864}],'state':1}}");
	HEAT(printer.bed, 70, 70);
	HEAT(printer.chamber, 48, 60);
	HEAT(printer.nozzle, 264, 225);
	delta("'device':{'bed':{'info':{'temp':53}}}");
	HEAT(printer.bed, 53, 0);
	/* 0xFFFF is no temperature. */
	delta("'device':{'bed':{'info':{'temp':4294967295}}}");
	HEAT(printer.bed, 53, 0);
	delta("'device':{'bed':{'info':{'temp':3932159999999}}}");
	HEAT(printer.bed, 53, 0);
}

static void
device_outweighs_the_flat_fields_of_the_same_message(void **state)
{
	(void)state;
	full("'bed_temper':40,'bed_target_temper':41,'chamber_temper':5,'ctt':6,'info':{'temp':7},"
	     "'device':{'bed':{'info':{'temp':4587590}},'bed_temp':1,'ctc':{'info':{'temp':47}}}");
	HEAT(printer.bed, 70, 70);
	HEAT(printer.chamber, 47, 0);
	full("'device':{'bed_temp':23},'info':{'temp':25},'chamber_temper':5,'bed_temper':40");
	HEAT(printer.bed, 23, 0);
	HEAT(printer.chamber, 25, 0);
	/* A delta that has only the flat ones is not stale because of that. */
	delta("'bed_temper':61.5,'chamber_temper':30.25");
	HEAT(printer.bed, 61.5, 0);
	HEAT(printer.chamber, 30.25, 0);
}

static void
with_two_nozzles_the_flat_temperature_counts_for_nothing(void **state)
{
	(void)state;
	full("'nozzle_temper':40,'nozzle_target_temper':0,'device':{'extruder':{'info':[{'id':0,'temp':14745864},"
	     "{'id':1,'temp':40}],"
	     "'state':2}}");
	HEAT(printer.nozzle, 264, 225);
	assert_int_equal(printer.extruder_count, 2);
	delta("'nozzle_temper':77,'nozzle_target_temper':78");
	HEAT(printer.nozzle, 264, 225);
	delta("'device':{'extruder':{'state':274}}");
	HEAT(printer.nozzle, 40, 0);
	delta("'device':{'extruder':{'info':[{'id':1,'temp':13107400}]}}");
	HEAT(printer.nozzle, 200, 200);
	HEAT(printer.extruders[0].temperature, 264, 225);
}

static void
with_one_nozzle_the_flat_temperature_counts_when_device_is_silent(void **state)
{
	(void)state;
	full("'nozzle_temper':20,'device':{'extruder':{'info':[{'id':0,'temp':16711934}],'state':1}}");
	HEAT(printer.nozzle, 254, 255);
	delta("'nozzle_temper':251.5");
	HEAT(printer.nozzle, 251.5, 255);
	HEAT(printer.extruders[0].temperature, 251.5, 255);
}

static void
a_chamber_of_five_degrees_is_kept_as_told(void **state)
{
	(void)state;
	full("'chamber_temper':5"); /* whether there is a sensor at all is the model's affair */
	assert_float_equal(printer.chamber.actual_celsius, 5, 0);
	assert_true(isnan(printer.chamber.target_celsius));
}

static void
extruders_beyond_two_are_not_kept(void **state)
{
	(void)state;
	delta("'device':{'extruder':{'info':[{'id':5,'hnow':9},{'id':1,'hnow':1},{'id':0,'hnow':0},{'id':2},"
	      "{'id':-1},{'hnow':3},'x',"
	      "null]}}");
	assert_int_equal(printer.extruder_count, 2);
	assert_int_equal(printer.extruders[0].id, 0);
	assert_int_equal(printer.extruders[0].nozzle_id, 0);
	assert_int_equal(printer.extruders[1].nozzle_id, 1);
	assert_int_equal(printer.extruders[1].filament_loaded, TRI_UNKNOWN);
	/* Two, and none of them active: no temperature is better than the wrong one. */
	delta("'nozzle_temper':20");
	assert_true(isnan(printer.nozzle.actual_celsius));
}

static void
nozzles_are_merged_by_id_and_present_by_bit(void **state)
{
	(void)state;
	full("'nozzle_diameter':'0.6','nozzle_type':'stainless_steel'");
	assert_string_equal(printer.nozzle_diameter, "0.6");
	full("'nozzle_diameter':'0.6','nozzle_type':'stainless_steel','device':{'extruder':{'info':[{'id':0,"
	     "'hnow':0},{'id':1,'hnow':1}],"
	     "'state':2},'nozzle':{'exist':131075,'info':[{'id':17,'diameter':0.6,'type':'HS00'},{'id':0,"
	     "'diameter':0.4,'type':'HS01'},"
	     "{'id':1,'diameter':0.2,'type':'HH01'},{'id':18,'diameter':0.8},{'diameter':0.7,'type':'none'}]}}");
	assert_int_equal(printer.nozzle_count, 4);
	assert_int_equal(printer.nozzles[2].id, 17);
	assert_true(printer.nozzles[2].present);
	assert_false(printer.nozzles[3].present);
	assert_float_equal(printer.nozzles[3].diameter_mm, 0.8, 0);
	assert_string_equal(printer.nozzle_diameter, "0.4");
	assert_string_equal(printer.nozzle_type, "HS01");
	delta("'nozzle_diameter':'0.8','device':{'extruder':{'state':18}}");
	assert_string_equal(printer.nozzle_diameter, "0.2");
	assert_string_equal(printer.nozzle_type, "HH01");
	delta("'device':{'nozzle':{'info':[{'id':1,'diameter':0.25}],'exist':1}}");
	assert_string_equal(printer.nozzle_diameter, "0.25");
	assert_false(printer.nozzles[1].present);
	assert_string_equal(printer.nozzles[1].type, "HH01");
}

static void
a_diameter_is_a_short_number(void **state)
{
	static const struct { const char *value, *text; } diameters[] = {
		{ "'0.4'", "0.4" }, { "0.4", "0.4" }, { "0.4000000059604645", "0.4" }, { "'0.40'", "0.4" }, { "0.25",
		"0.25" },
		{ "1", "1.0" }, { "0.8", "0.8" }, { "0", "" }, { "9.999", "" },
	};
	char fields[128];

	for (unsigned i = 0; i < STR_ARRAY_LEN(diameters); i++) {
		fresh(state);
		str_format(fields, sizeof fields, "'nozzle_diameter':%s", diameters[i].value);
		delta(fields);
		assert_string_equal(printer.nozzle_diameter, diameters[i].text);
	}
}

/* -- fans -------------------------------------------------------------------------------------- */

static void
expect_fans(int32_t part, int32_t aux, int32_t chamber)
{
	assert_int_equal(printer.fan_percent[FAN_PART], part);
	assert_int_equal(printer.fan_percent[FAN_AUX], aux);
	assert_int_equal(printer.fan_percent[FAN_CHAMBER], chamber);
}

static void
fan_speeds_are_fifteenths_in_steps_of_ten(void **state)
{
	(void)state;
	delta("'cooling_fan_speed':'15','big_fan1_speed':'2','big_fan2_speed':0,'heatbreak_fan_speed':'10'");
	expect_fans(100, 10, 0);
	assert_int_equal(printer.fan_percent[FAN_HEATBREAK], 60);
	assert_int_equal(printer.fan_percent[FAN_AUX2], STATE_UNKNOWN);
	delta("'cooling_fan_speed':'1'");
	expect_fans(0, 10, 0);
	delta("'cooling_fan_speed':'16','big_fan1_speed':-1,'big_fan2_speed':'fast'");
	expect_fans(0, 10, 0);
}

static void
the_fan_gear_outweighs_the_speeds_of_its_message(void **state)
{
	(void)state;
	full("'fan_gear':142,'cooling_fan_speed':'10','big_fan1_speed':'15','heatbreak_fan_speed':'15'");
	expect_fans(56, 0, 0);
	assert_int_equal(printer.fan_percent[FAN_HEATBREAK], 100);
	delta("'fan_gear':16744194"); /* 0xFF7F02 */
	expect_fans(1, 50, 100);
	delta("'cooling_fan_speed':'15'");
	expect_fans(100, 50, 100);
}

static void
the_list_of_fans_outweighs_both_and_names_all_there_are(void **state)
{
	(void)state;
	delta("'big_fan2_speed':'15','heatbreak_fan_speed':'15'");
	full("'fan_gear':142,'cooling_fan_speed':'10','big_fan2_speed':'15','device':{'airduct':{'modeCur':0,'parts':["
	     "{'id':16,'state':90},{'id':32,'state':0}]}}");
	expect_fans(90, 0, STATE_UNKNOWN);
	assert_int_equal(printer.fan_percent[FAN_HEATBREAK], 100);
	assert_int_equal(printer.air_mode, 0);
	delta("'cooling_fan_speed':'15','fan_gear':16777215,'big_fan2_speed':'15'");
	expect_fans(90, 0, STATE_UNKNOWN);
	delta("'device':{'airduct':{'parts':[{'id':32,'state':40},{'id':160,'state':'30'},{'id':96,'state':356}]}}");
	expect_fans(90, 40, STATE_UNKNOWN);
	assert_int_equal(printer.fan_percent[FAN_AUX2], 30);
	assert_int_equal(printer.fan_percent[FAN_HEATER], 100);
	delta("'device':{'airduct':{'parts':[{'id':16,'state':101},{'id':9999,'state':3},{'state':5},{'id':16}]}}");
	expect_fans(90, 40, STATE_UNKNOWN);
}

/* -- bits -------------------------------------------------------------------------------------- */

static void
the_door_is_told_in_two_places(void **state)
{
	(void)state;
	delta("'home_flag':-1058546177");
	assert_int_equal(printer.door_by_home_flag, TRI_YES);
	assert_int_equal(printer.door_by_stat, TRI_UNKNOWN);
	assert_int_equal(printer.door_open, TRI_YES);
	delta("'home_flag':-1066934785,'stat':'46A58008'");
	assert_int_equal(printer.door_by_home_flag, TRI_NO);
	assert_int_equal(printer.door_by_stat, TRI_YES);
	assert_int_equal(printer.lid_open, TRI_NO);
	assert_int_equal(printer.door_open, TRI_UNKNOWN);
	delta("'stat':'46258008'");
	assert_int_equal(printer.door_by_stat, TRI_NO);
	assert_int_equal(printer.door_open, TRI_NO);
	/* More than 32 bits. */
	delta("'stat':'10001800000'");
	assert_int_equal(printer.door_by_stat, TRI_YES);
	assert_int_equal(printer.lid_open, TRI_YES);
}

static void
home_flag_is_signed_or_not(void **state)
{
	(void)state;
	delta("'home_flag':-1066934785");
	assert_int_equal(printer.home_flag, 0xc067ddff);
	assert_true(printer.home_flag_told);
	assert_int_equal(printer.homed_x, TRI_YES);
	assert_int_equal(printer.homed_y, TRI_YES);
	assert_int_equal(printer.homed_z, TRI_YES);
	delta("'home_flag':3228032510");
	assert_int_equal(printer.home_flag, 0xc067ddfe);
	assert_int_equal(printer.homed_x, TRI_NO);
	delta("'home_flag':'3228032511'");
	assert_int_equal(printer.homed_x, TRI_YES);
	delta("'home_flag':4294967296");
	assert_int_equal(printer.home_flag, 0xc067ddff);
}

static void
a_complaint_of_unsigned_commands_is_developer_mode_off_where_no_bit_tells(void **state)
{
	(void)state;
	full("'hms':[{'attr':83887360,'code':65543}]"); /* 0500-0500-0001-0007 */
	assert_int_equal(printer.developer_mode, TRI_NO);
	delta("'bed_temper':20");
	assert_int_equal(printer.developer_mode, TRI_NO);
	delta("'hms':[{'attr':83887360,'code':65544}]");
	assert_int_equal(printer.developer_mode, TRI_UNKNOWN);
	delta("'fun':'0'");
	delta("'hms':[{'attr':83887360,'code':65543}]");
	assert_int_equal(printer.developer_mode, TRI_YES);
}

static void
the_bit_of_the_signature_is_developer_mode_off(void **state)
{
	static const struct { const char *fun; enum tri mode; } bits[] = {
		{ "'3EC1AFFF9CFF'", TRI_NO }, { "'3EC18FFF9CFF'", TRI_YES }, { "'60029FD1A3FF9CB7'", TRI_NO },
		{ "'20000000'", TRI_NO }, { "'0'", TRI_YES }, { "536870912", TRI_NO },
	};
	char fields[64];

	(void)state;
	for (unsigned i = 0; i < STR_ARRAY_LEN(bits); i++) {
		str_format(fields, sizeof fields, "'fun':%s", bits[i].fun);
		delta(fields);
		assert_true(printer.fun_told);
		assert_int_equal(printer.developer_mode, bits[i].mode);
	}
	assert_int_equal(printer.fun, 0x20000000);
	delta("'fun':'0x41','fun':'41AFFF9CFF0000000','fun':'','fun':'1000000000000000000'");
	assert_int_equal(printer.fun, 0x20000000);
}

/* home_flag with storage bits 8-9: 0 none, 1 normal, 2 abnormal, 3 read-only. */
static void
storage_is_told_by_sdcard_and_detailed_by_bits(void **state)
{
	(void)state;
	full("'home_flag':256");
	assert_int_equal(printer.storage, STORAGE_NORMAL);
	/* A heartbeat that clears the bits. */
	delta("'home_flag':0");
	assert_int_equal(printer.storage, STORAGE_NORMAL);
	full("'home_flag':0");
	assert_int_equal(printer.storage, STORAGE_NONE);
	full("'home_flag':0,'sdcard':true");
	assert_int_equal(printer.storage, STORAGE_NORMAL);
	full("'home_flag':0");
	assert_int_equal(printer.storage, STORAGE_NORMAL);
	delta("'home_flag':768");
	assert_int_equal(printer.storage, STORAGE_READ_ONLY);
	delta("'sdcard':true");
	assert_int_equal(printer.storage, STORAGE_READ_ONLY);
	delta("'home_flag':512,'aux':'1000'");
	assert_int_equal(printer.storage, STORAGE_NORMAL);
	delta("'sdcard':false,'home_flag':256");
	assert_int_equal(printer.storage, STORAGE_NONE);
	delta("'home_flag':256");
	assert_int_equal(printer.storage, STORAGE_NONE);
	delta("'sdcard':true");
	assert_int_equal(printer.storage, STORAGE_NORMAL);
}

static void
storage_may_be_a_word(void **state)
{
	static const struct { const char *sdcard; enum storage_state storage; } words[] = {
		{ "'HAS_SDCARD_NORMAL'", STORAGE_NORMAL }, { "'HAS_SDCARD_ABNORMAL'", STORAGE_ABNORMAL },
		{ "'HAS_SDCARD_READONLY'", STORAGE_READ_ONLY }, { "'NO_SDCARD'", STORAGE_NONE }, { "'true'",
		STORAGE_NORMAL },
		{ "0", STORAGE_NONE }, { "1", STORAGE_NORMAL }, { "'perhaps'", STORAGE_NORMAL }, { "7",
		STORAGE_NORMAL },
	};
	char fields[64];

	(void)state;
	for (unsigned i = 0; i < STR_ARRAY_LEN(words); i++) {
		str_format(fields, sizeof fields, "'sdcard':%s,'home_flag':256", words[i].sdcard);
		delta(fields);
		assert_int_equal(printer.storage, words[i].storage);
	}
	fresh(state);
	full("'aux':'2D01004'");
	assert_int_equal(printer.storage, STORAGE_NORMAL);
	full("'aux':'2000004'");
	assert_int_equal(printer.storage, STORAGE_NONE);
}

/* -- job --------------------------------------------------------------------------------------- */

static void
the_first_name_of_a_field_outweighs_the_second(void **state)
{
	(void)state;
	delta("'percent':9,'mc_percent':10,'remain_time':5,'mc_remaining_time':6,'prepare_per':70,"
	      "'gcode_file_prepare_percent':'80'");
	assert_int_equal(printer.progress_percent, 10);
	assert_int_equal(printer.remaining_minutes, 6);
	assert_int_equal(printer.download_percent, 80);
	delta("'mc_percent':11,'percent':9");
	assert_int_equal(printer.progress_percent, 11);
	delta("'percent':12,'remain_time':4,'prepare_per':90");
	assert_int_equal(printer.progress_percent, 12);
	assert_int_equal(printer.remaining_minutes, 4);
	assert_int_equal(printer.download_percent, 90);
	delta("'mc_percent':101,'mc_remaining_time':-1,'gcode_file_prepare_percent':''");
	assert_int_equal(printer.progress_percent, 12);
	assert_int_equal(printer.remaining_minutes, 4);
}

static void
the_plate_is_told_or_read_off_the_file(void **state)
{
	(void)state;
	delta("'gcode_file':'/data/Metadata/plate_12.gcode'");
	assert_int_equal(printer.plate, 12);
	delta("'gcode_file':'bracket.gcode.3mf'");
	assert_string_equal(printer.file, "bracket.gcode.3mf");
	assert_int_equal(printer.plate, STATE_UNKNOWN);
	delta("'plate_id':2,'plate_idx':'3'");
	assert_int_equal(printer.plate, 3);
	delta("'gcode_file':'bracket.gcode.3mf'"); /* the same again tells nothing new */
	assert_int_equal(printer.plate, 3);
	delta("'gcode_file':'','file':'other.gcode'");
	assert_string_equal(printer.file, "other.gcode");
	assert_int_equal(printer.plate, STATE_UNKNOWN);
	delta("'gcode_file':'plate_999999999.gcode'");
	assert_int_equal(printer.plate, STATE_UNKNOWN);
	delta("'file':'a.gcode','gcode_file':'b.gcode'");
	assert_string_equal(printer.file, "b.gcode");
	delta("'gcode_file':''");
	assert_string_equal(printer.file, "");
}

static void
a_word_that_is_no_state_we_know_is_kept(void **state)
{
	static const char *const words[] = { "IDLE", "PREPARE", "RUNNING", "PAUSE", "FINISH", "FAILED", "SLICING",
					    "INIT", "OFFLINE" };
	char fields[64];

	(void)state;
	for (unsigned i = 0; i < STR_ARRAY_LEN(words); i++) {
		str_format(fields, sizeof fields, "'gcode_state':'%s'", words[i]);
		delta(fields);
		assert_int_equal(printer.gcode_state, GCODE_STATE_IDLE + i);
		assert_string_equal(gcode_state_name(&printer), words[i]);
	}
	delta("'gcode_state':'Meditating'");
	assert_int_equal(printer.gcode_state, GCODE_STATE_OTHER);
	assert_string_equal(gcode_state_name(&printer), "Meditating");
	delta("'gcode_state':''");
	delta("'gcode_state':7");
	assert_string_equal(gcode_state_name(&printer), "Meditating");
	delta("'gcode_state':'running'");
	assert_int_equal(printer.gcode_state, GCODE_STATE_RUNNING);
}

static void
ids_are_texts_whatever_their_type(void **state)
{
	(void)state;
	delta("'job_id':196846263,'task_id':'0','project_id':'171492018','subtask_id':2147483648,'subtask_name':12.50");
	assert_string_equal(printer.job_id, "196846263");
	assert_string_equal(printer.task_id, "0");
	assert_string_equal(printer.subtask_id, "2147483648");
	assert_string_equal(printer.subtask_name, "12.50");
	delta("'job_id':true,'task_id':null,'project_id':[1],'subtask_id':{}");
	assert_string_equal(printer.job_id, "196846263");
	assert_string_equal(printer.project_id, "171492018");
}

static void
other_lists_are_replaced(void **state)
{
	(void)state;
	full("'stg':[13,'4',8,-1,[5],null,'x'],'s_obj':[41,42],'hms':[{'attr':50331904,'code':65537},{'code':'2',"
	     "'attr':'1'}],"
	     "'lights_report':[{'node':'chamber_light','mode':'on'},{'mode':'flashing','node':'work_light'},"
	     "{'mode':'on'}],"
	     "'net':{'info':[{'ip':2063728832,'mask':16580607},{'ip':0,'mask':0}]}");
	assert_int_equal(printer.queued_stage_count, 4);
	assert_int_equal(printer.queued_stages[1], 4);
	assert_int_equal(printer.queued_stages[3], -1);
	assert_int_equal(printer.skipped_count, 2);
	assert_int_equal(printer.hms_count, 2);
	assert_int_equal(printer.hms[0].attr, 0x03000100);
	assert_int_equal(printer.hms[1].code, 2);
	assert_int_equal(printer.light_count, 2);
	assert_string_equal(printer.lights[1].mode, "flashing");
	assert_int_equal(printer.interface_count, 1);
	assert_int_equal(printer.interfaces[0].ip, 2063728832);
	delta("'stg':[],'s_obj':[43],'hms':[{'attr':7,'code':8}],'lights_report':[{'node':'work_light','mode':'off'}]");
	assert_int_equal(printer.queued_stage_count, 0);
	assert_int_equal(printer.skipped_count, 1);
	assert_int_equal(printer.skipped[0], 43);
	assert_int_equal(printer.hms_count, 1);
	assert_int_equal(printer.light_count, 1);
	assert_string_equal(printer.lights[0].node, "work_light");
	delta("'hms':[]");
	assert_int_equal(printer.hms_count, 0);
	assert_int_equal(printer.hms_total, 0);
}

static void
a_health_code_needs_both_halves(void **state)
{
	(void)state;
	delta("'hms':[{'attr':1},{'code':2},{'attr':0,'code':0},{'attr':3,'code':4},{},7,{'attr':'x','code':5}]");
	assert_int_equal(printer.hms_count, 1);
	assert_int_equal(printer.hms_total, 1);
	assert_int_equal(printer.hms[0].attr, 3);
}

/* -- the machine ---------------------------------------------------------------------------------- */

static void
wifi_is_a_number_in_a_text(void **state)
{
	(void)state;
	delta("'wifi_signal':'-48dBm'");
	assert_int_equal(printer.wifi_dbm, -48);
	delta("'wifi_signal':-66");
	assert_int_equal(printer.wifi_dbm, -66);
	delta("'wifi_signal':'-70 '");
	delta("'wifi_signal':'dBm'");
	delta("'wifi_signal':true");
	delta("'wifi_signal':'-999dBm'");
	assert_int_equal(printer.wifi_dbm, -66);
}

static void
upgrade_and_serial_are_kept(void **state)
{
	(void)state;
	delta("'upgrade_state':{'status':'DOWNLOADING','progress':'42','sn':'09400A033624650'}");
	assert_string_equal(printer.upgrade_status, "DOWNLOADING");
	assert_int_equal(printer.upgrade_percent, 42);
	assert_string_equal(printer.serial, "09400A033624650");
	delta("'upgrade_state':{'progress':'','sn':'N/A'}");
	delta("'upgrade_state':{'sn':'**REDACTED**'}");
	delta("'upgrade_state':{'sn':''}");
	assert_int_equal(printer.upgrade_percent, 42);
	assert_string_equal(printer.serial, "09400A033624650");
}

static void
no_access_code_stays_in_an_address(void **state)
{
	(void)state;
	delta("'ipcam':{'rtsp_url':'rtsps://192.0.2.123:322/streaming/live/1'}");
	assert_string_equal(printer.rtsp_url, "rtsps://192.0.2.123:322/streaming/live/1");
	delta("'ipcam':{'rtsp_url':'rtsps://bblp:12345678@192.0.2.123:322/streaming/live/1'}");
	assert_string_equal(printer.rtsp_url, "rtsps://192.0.2.123:322/streaming/live/1");
	delta("'ipcam':{'rtsp_url':'rtsps://bblp:p@ss/word@192.0.2.123/x'}");
	assert_string_equal(printer.rtsp_url, "rtsps://192.0.2.123/x");
	delta("'ipcam':{'rtsp_url':'disable'}");
	assert_string_equal(printer.rtsp_url, "disable");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(packed_temperatures_are_two_numbers),
		STORY(device_outweighs_the_flat_fields_of_the_same_message),
		STORY(with_two_nozzles_the_flat_temperature_counts_for_nothing),
		STORY(with_one_nozzle_the_flat_temperature_counts_when_device_is_silent),
		STORY(a_chamber_of_five_degrees_is_kept_as_told),
		STORY(extruders_beyond_two_are_not_kept),
		STORY(nozzles_are_merged_by_id_and_present_by_bit),
		STORY(a_diameter_is_a_short_number),
		STORY(fan_speeds_are_fifteenths_in_steps_of_ten),
		STORY(the_fan_gear_outweighs_the_speeds_of_its_message),
		STORY(the_list_of_fans_outweighs_both_and_names_all_there_are),
		STORY(the_door_is_told_in_two_places),
		STORY(home_flag_is_signed_or_not),
		STORY(the_bit_of_the_signature_is_developer_mode_off),
		STORY(a_complaint_of_unsigned_commands_is_developer_mode_off_where_no_bit_tells),
		STORY(storage_is_told_by_sdcard_and_detailed_by_bits),
		STORY(storage_may_be_a_word),
		STORY(the_first_name_of_a_field_outweighs_the_second),
		STORY(the_plate_is_told_or_read_off_the_file),
		STORY(a_word_that_is_no_state_we_know_is_kept),
		STORY(ids_are_texts_whatever_their_type),
		STORY(other_lists_are_replaced),
		STORY(a_health_code_needs_both_halves),
		STORY(wifi_is_a_number_in_a_text),
		STORY(upgrade_and_serial_are_kept),
		STORY(no_access_code_stays_in_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
