/*
 * Values of every type in every field: what fits is taken, what does not is as if it had not been told, and its
 * neighbours are merged all the same. Texts become well-formed.
 */
#include "tests/unit/report_rig.h"

/* Every key that is read, as a report in which %s is its value. Kept here by hand: a key that is dropped from the
 * parser by mistake is then missed by the test below that feeds true values. */
static const char *const keys[] = {
	"'print':{'gcode_state':%s,", "'print':{'mc_percent':%s,", "'print':{'percent':%s,",
	"'print':{'mc_remaining_time':%s,", "'print':{'remain_time':%s,", "'print':{'layer_num':%s,",
	"'print':{'total_layer_num':%s,", "'print':{'gcode_file_prepare_percent':%s,", "'print':{'prepare_per':%s,",
	"'print':{'gcode_file':%s,", "'print':{'file':%s,", "'print':{'subtask_name':%s,", "'print':{'print_type':%s,",
	"'print':{'project_id':%s,", "'print':{'task_id':%s,", "'print':{'subtask_id':%s,", "'print':{'job_id':%s,",
	"'print':{'plate_idx':%s,", "'print':{'plate_id':%s,", "'print':{'stg_cur':%s,", "'print':{'stg':%s,",
	"'print':{'stg':[%s],", "'print':{'print_error':%s,", "'print':{'fail_reason':%s,", "'print':{'spd_lvl':%s,",
	"'print':{'spd_mag':%s,", "'print':{'s_obj':%s,", "'print':{'s_obj':[%s],", "'print':{'nozzle_temper':%s,",
	"'print':{'nozzle_target_temper':%s,", "'print':{'bed_temper':%s,", "'print':{'bed_target_temper':%s,",
	"'print':{'chamber_temper':%s,", "'print':{'ctt':%s,", "'print':{'nozzle_diameter':%s,",
	"'print':{'nozzle_type':%s,",
	"'print':{'cooling_fan_speed':%s,", "'print':{'big_fan1_speed':%s,", "'print':{'big_fan2_speed':%s,",
	"'print':{'heatbreak_fan_speed':%s,", "'print':{'fan_gear':%s,", "'print':{'info':%s,",
	"'print':{'info':{'temp':%s},",
	"'print':{'ams':%s,", "'print':{'ams_status':%s,", "'print':{'vt_tray':%s,", "'print':{'vir_slot':%s,",
	"'print':{'vir_slot':[%s],", "'print':{'vir_slot':[{'id':%s}],", "'print':{'hms':%s,", "'print':{'hms':[%s],",
	"'print':{'hms':[{'attr':%s,'code':%s}],", "'print':{'home_flag':%s,", "'print':{'fun':%s,",
	"'print':{'stat':%s,",
	"'print':{'aux':%s,", "'print':{'sdcard':%s,", "'print':{'wifi_signal':%s,", "'print':{'lights_report':%s,",
	"'print':{'lights_report':[%s],", "'print':{'lights_report':[{'node':%s,'mode':%s}],", "'print':{'net':%s,",
	"'print':{'net':{'info':%s},", "'print':{'net':{'info':[{'ip':%s,'mask':%s}]},", "'print':{'ipcam':%s,",
	"'print':{'ipcam':{'rtsp_url':%s},", "'print':{'upgrade_state':%s,", "'print':{'upgrade_state':{'status':%s,"
	"'sn':%s},",
	"'print':{'upgrade_state':{'progress':%s},", "'print':{'ams':{'ams':%s},", "'print':{'ams':{'ams':[%s]},",
	"'print':{'ams':{'ams':[{'id':%s}]},", "'print':{'ams':{'ams':[{'id':'1','info':%s}]},",
	"'print':{'ams':{'ams':[{'id':'1','humidity':%s,'humidity_raw':%s}]},",
	"'print':{'ams':{'ams':[{'id':'1','temp':%s,'dry_time':%s}]},", "'print':{'ams':{'ams':[{'id':'1',"
	"'tray':%s}]},",
	"'print':{'ams':{'ams':[{'id':'1','tray':[%s]}]},", "'print':{'ams':{'ams':[{'id':'1','tray':[{'id':%s}]}]},",
	"'print':{'ams':{'ams':[{'id':'1','tray':[{'id':'2','state':%s,'remain':%s}]}]},",
	"'print':{'ams':{'ams':[{'id':'1','tray':[{'id':'2','tray_type':%s,'tray_sub_brands':%s,"
	"'tray_info_idx':%s}]}]},",
	"'print':{'ams':{'ams':[{'id':'1','tray':[{'id':'2','tray_color':%s,'cols':%s}]}]},",
	"'print':{'ams':{'ams':[{'id':'1','tray':[{'id':'2','cols':[%s],'tag_uid':%s,'tray_uuid':%s}]}]},",
	"'print':{'ams':{'ams':[{'id':'1','tray':[{'id':'2','nozzle_temp_min':%s,'nozzle_temp_max':%s}]}]},",
	"'print':{'ams':{'ams':[{'id':'1','tray':[{'id':'2','drying_temp':%s,'drying_time':%s,'tray_weight':%s}]}]},",
	"'print':{'ams':{'ams':[{'id':'1','tray':[{'id':'2','tray_temp':%s,'tray_time':%s}]}]},",
	"'print':{'ams':{'ams_exist_bits':%s},", "'print':{'ams':{'tray_exist_bits':%s},",
	"'print':{'ams':{'tray_reading_bits':%s,'tray_read_done_bits':%s},", "'print':{'ams':{'power_on_flag':%s},",
	"'print':{'ams':{'tray_now':%s,'tray_tar':%s},", "'print':{'device':%s,", "'print':{'device':{'bed_temp':%s},",
	"'print':{'device':{'bed':%s},", "'print':{'device':{'bed':{'info':%s}},",
	"'print':{'device':{'bed':{'info':{'temp':%s}}},",
	"'print':{'device':{'ctc':%s},", "'print':{'device':{'ctc':{'info':%s}},",
	"'print':{'device':{'ctc':{'info':{'temp':%s}}},",
	"'print':{'device':{'extruder':%s},", "'print':{'device':{'extruder':{'state':%s}},",
	"'print':{'device':{'extruder':{'info':%s}},", "'print':{'device':{'extruder':{'info':[%s]}},",
	"'print':{'device':{'extruder':{'info':[{'id':%s}]}},",
	"'print':{'device':{'extruder':{'info':[{'id':0,'temp':%s,'hnow':%s,'snow':%s,'info':%s}]}},",
	"'print':{'device':{'nozzle':%s},", "'print':{'device':{'nozzle':{'exist':%s}},",
	"'print':{'device':{'nozzle':{'info':%s}},",
	"'print':{'device':{'nozzle':{'info':[%s]}},", "'print':{'device':{'nozzle':{'info':[{'id':%s}]}},",
	"'print':{'device':{'nozzle':{'info':[{'id':0,'diameter':%s,'type':%s}]}},",
	"'print':{'device':{'airduct':%s},",
	"'print':{'device':{'airduct':{'modeCur':%s}},", "'print':{'device':{'airduct':{'parts':%s}},",
	"'print':{'device':{'airduct':{'parts':[%s]}},", "'print':{'device':{'airduct':{'parts':[{'id':%s,"
	"'state':%s}]}},",
	"'print':{'msg':%s,", "'print':{'sequence_id':%s,", "'print':{'unheard_of':%s,", "'unheard_of':%s,'print':{",
	"'info':%s,'print':{", "'print':%s,'print':{",
};

static const char *const values[] = {
	"null", "true", "false", "'x'", "''", "[]", "{}", "1e999", "-1e999", "1e-999", "-1", "0", "4294967296", "1.5",
	"123456789012345678901234567890",
	"99999999999999999999999999999999999999999999999999999999999999999999999999999",
	"0.000000000000000000000000000000000000000000000000000000000000000000000000000000001", "'1e999'", "'nan'",
	"'inf'",
	"'0x10'", "' 1'", "'1 '", "'-'", "'--1'", "'1e'", "'+1'", "[[]]", "[{}]", "{'a':{'b':[1]}}",
	"[null,true,'x',1e999,[],{}]",
	"'\\u0000'", "'\\ud800'", "'\\udc00\\ud800'", "-0", "1E400", "9223372036854775807", "-9223372036854775808",
	"18446744073709551616", "{'id':'0'}", "[{'id':null}]",
};

/* `pattern` with each %s replaced. */
static void
fill_in(char *to, size_t cap, const char *pattern, const char *value)
{
	size_t used = 0;

	while (*pattern != '\0') {
		bool is_gap = strncmp(pattern, "%s", 2) == 0;
		used += (size_t)snprintf(to + used, cap - used, "%.*s", is_gap ? (int)strlen(value) : 1,
					 is_gap ? value : pattern);
		assert_true(used < cap);
		pattern += is_gap ? 2 : 1;
	}
}

static void
any_value_in_any_field_leaves_its_neighbours_alone(void **state)
{
	char head[2048], json[4096];

	for (unsigned i = 0; i < STR_ARRAY_LEN(keys); i++) {
		for (unsigned j = 0; j < STR_ARRAY_LEN(values); j++) {
			fresh(state);
			full("'gcode_state':'IDLE','subtask_name':'before','layer_num':1");
			fill_in(head, sizeof head, keys[i], values[j]);
			str_format(json, sizeof json, "{%s'subtask_name':'after','layer_num':77,"
						      "'command':'push_status'}}", head);
			enum report_kind kind = said(json);
			if ((kind != REPORT_DELTA && kind != REPORT_FULL) || strcmp(printer.subtask_name,
			"after") != 0 ||
			    printer.layer != 77)
				fail_msg("%s was read as %s: %s", json, report_kind_name(kind), summary.fault);
		}
	}
}

/* The value of each key that changes the state. */
static void
every_key_is_read(void **state)
{
	static const char *const telling[] = { "1", "'1'", "'1A'", "true", "[1]", "'AABBCCDD11'", "['AABBCCDD']",
					      "{'id':'254'}",
					       "{'id':1}", "[{'id':'255'}]", "[{'id':1}]", "[{'id':3}]", "{'id':3}",
					"'RUNNING'", "'3A'", "'-50dBm'", "16", "[]",
					       "{}" };
	char head[2048], json[4096];

	for (unsigned i = 0; i < STR_ARRAY_LEN(keys); i++) {
		bool is_read = strstr(keys[i], "unheard_of") != NULL || strstr(keys[i], "'msg'") != NULL ||
			       strstr(keys[i], "sequence_id") != NULL || strstr(keys[i], ":%s,'print':{") != NULL ||
			       /* containers whose members are other rows */
			       strstr(keys[i], ":{'info':%s}") != NULL || strstr(keys[i], "'tray':%s") != NULL;
		static const char *const containers[] = { "'info':%s,", "'ams':%s,", "'net':%s,", "'ipcam':%s,",
							  "'device':%s,",
							  "'upgrade_state':%s,", "'bed':%s}", "'ctc':%s}",
							"'extruder':%s}",
							"'nozzle':%s}", "'airduct':%s}", "'parts':%s}",
							"'parts':[%s]",
							"'lights_report':%s,", "'lights_report':[%s]", "'hms':%s,",
							"'hms':[%s]" };
		for (unsigned k = 0; k < STR_ARRAY_LEN(containers); k++)
			is_read = is_read || strstr(keys[i], containers[k]) != NULL;
		for (unsigned j = 0; j < STR_ARRAY_LEN(telling) && !is_read; j++) {
			fresh(state);
			full("'home_flag':0,'ams':{'ams':[{'id':'1','tray':[{'id':'2'}]}]},'stg':[9,9],'s_obj':[9],"
			     "'device':{'nozzle':{'info':[{'id':0}]},'extruder':{'info':[{'id':0}],'state':1}}");
			struct printer_state before = printer;
			fill_in(head, sizeof head, keys[i], telling[j]);
			str_format(json, sizeof json, "{%s'command':'push_status'}}", head);
			assert_int_equal(said(json), REPORT_DELTA);
			before.reports++;
			is_read = memcmp(&before, &printer, sizeof before) != 0;
		}
		if (!is_read)
			fail_msg("%s tells nothing", keys[i]);
	}
}

static void
a_number_may_be_a_text_and_a_text_a_number(void **state)
{
	(void)state;
	delta("'layer_num':'12','bed_temper':'59.5','mc_percent':12.4,'spd_lvl':true,'total_layer_num':1.2e1,"
	      "'print_error':'83902467'");
	assert_int_equal(printer.layer, 12);
	assert_float_equal(printer.bed.actual_celsius, 59.5, 0);
	assert_int_equal(printer.progress_percent, 12);
	assert_int_equal(printer.speed_level, 1);
	assert_int_equal(printer.layers, 12);
	assert_int_equal(printer.print_error, 0x05004003);
	delta("'layer_num':'12a','bed_temper':'','mc_percent':'1e1','spd_lvl':5,'total_layer_num':'0x10',"
	      "'print_error':-1");
	assert_int_equal(printer.layer, 12);
	assert_int_equal(printer.progress_percent, 10);
	assert_int_equal(printer.speed_level, 1);
	assert_int_equal(printer.layers, 12);
	assert_int_equal(printer.print_error, 0xffffffff);
	/* 2^64 + 3 is not 3. */
	delta("'layer_num':18446744073709551619,'home_flag':18446744073709551619");
	assert_int_equal(printer.layer, 12);
	assert_false(printer.home_flag_told);
}

/* -- texts -------------------------------------------------------------------------------------- */

/* What becomes of these bytes as a name. */
static void
expect_name(const char *bytes, const char *name)
{
	char json[512];
	int len = snprintf(json, sizeof json, "{\"print\":{\"command\":\"push_status\",\"subtask_name\":\"%s\"}}",
			   bytes);

	assert_int_equal(said_bytes(json, (size_t)len), REPORT_DELTA);
	assert_string_equal(printer.subtask_name, name);
}

#define BAD "\xef\xbf\xbd"

static void
invalid_utf8_in_a_name_is_replaced_not_refused(void **state)
{
	(void)state;
	expect_name("Gr\xfc\xdf" "e", "Gr" BAD BAD "e");
	expect_name("\xff", BAD);
	expect_name("\xc3", BAD);
	expect_name("\xe2\x82" "x", BAD "x");
	expect_name("\xf0\x9f\x98", BAD);
	expect_name("\xc0\xaf", BAD BAD);
	expect_name("\xe0\x80\xaf", BAD BAD BAD);
	expect_name("\xed\xa0\x80", BAD BAD BAD);
	expect_name("\xf4\x90\x80\x80", BAD BAD BAD BAD);
	expect_name("\xf5\x80", BAD BAD);
	expect_name("\xf0\x8f\xbf\xbf", BAD BAD BAD BAD);
	expect_name("\x80\xbf", BAD BAD);
	expect_name("\\ud800 \\udc00 \\ud83d\\ude00", "? " BAD BAD BAD " \xf0\x9f\x98\x80");
	expect_name("Gr\xc3\xbc\xc3\x9f" "e \xe2\x82\xac \xf0\x9f\x98\x80",
		    "Gr\xc3\xbc\xc3\x9f" "e \xe2\x82\xac \xf0\x9f\x98\x80");
}

static void
control_characters_in_a_name_are_dropped(void **state)
{
	(void)state;
	expect_name("a\\u0000b\\nc\\t\\u001b[31md\\u007f", "abc[31md");
	expect_name("x\\u0085y\\u009bz\\u00a0", "xyz\xc2\xa0");
	expect_name("\xc2\x9b" "31m", "31m");
}

static void
a_long_text_is_cut_at_a_character(void **state)
{
	char name[400] = "", fields[600];

	(void)state;
	for (int i = 0; i < 63; i++)
		strcat(name, "\xc3\xbc");
	strcat(name, "\xe2\x82\xac\xe2\x82\xac");
	str_format(fields, sizeof fields, "'subtask_name':'%s','fail_reason':'%s'", name, name);
	delta(fields);
	assert_int_equal(strlen(printer.subtask_name), 126);
	assert_int_equal(strlen(printer.fail_reason), 14);
	assert_true(strncmp(printer.subtask_name, name, 126) == 0);
	/* A replacement that no longer fits is left out, and all after it. */
	memset(name, 'x', 126);
	strcpy(name + 126, "\\u00fcyz");
	str_format(fields, sizeof fields, "'subtask_name':'%s'", name);
	delta(fields);
	assert_int_equal(strlen(printer.subtask_name), 126);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(any_value_in_any_field_leaves_its_neighbours_alone),
		STORY(every_key_is_read),
		STORY(a_number_may_be_a_text_and_a_text_a_number),
		STORY(invalid_utf8_in_a_name_is_replaced_not_refused),
		STORY(control_characters_in_a_name_are_dropped),
		STORY(a_long_text_is_cut_at_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
