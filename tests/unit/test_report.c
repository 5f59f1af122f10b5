/*
 * What a message is: telemetry is merged, a reply never, whatever shape it has; what is no report is refused with a
 * reason and leaves no trace.
 */
#include "tests/unit/report_rig.h"

static void
a_full_report_and_its_deltas_add_up(void **state)
{
	(void)state;
	full("'gcode_state':'RUNNING','mc_percent':12,'bed_temper':59.5,'bed_target_temper':60");
	assert_int_equal(printer.gcode_state, GCODE_STATE_RUNNING);
	now_ms = 3000;
	delta("'mc_percent':13");
	assert_int_equal(printer.progress_percent, 13);
	assert_int_equal(printer.gcode_state, GCODE_STATE_RUNNING);
	assert_float_equal(printer.bed.actual_celsius, 59.5, 0);
	assert_float_equal(printer.bed.target_celsius, 60, 0);
	assert_int_equal(printer.first_ms, 1000);
	assert_int_equal(printer.full_ms, 1000);
	assert_int_equal(printer.last_ms, 3000);
	assert_int_equal(printer.reports, 2);
	assert_int_equal(summary.sequence_id, 7);
	assert_string_equal(summary.section, "print");
	assert_string_equal(summary.command, "push_status");
}

static void
absent_is_not_zero(void **state)
{
	(void)state;
	full("'gcode_state':'IDLE'");
	assert_int_equal(printer.progress_percent, STATE_UNKNOWN);
	assert_true(isnan(printer.bed.actual_celsius) && isnan(printer.nozzle.target_celsius));
	assert_int_equal(printer.layer, STATE_UNKNOWN);
	assert_int_equal(printer.wifi_dbm, STATE_UNKNOWN);
	assert_int_equal(printer.developer_mode, TRI_UNKNOWN);
	assert_int_equal(printer.storage, STORAGE_UNKNOWN);
	assert_int_equal(printer.active_ams, STATE_UNKNOWN);
	/* Told empty is not untold: a job without a name. */
	delta("'subtask_name':'lid','layer_num':3");
	delta("'subtask_name':'','layer_num':0");
	assert_string_equal(printer.subtask_name, "");
	assert_int_equal(printer.layer, 0);
}

static void
the_reply_that_carries_the_requested_nozzle_is_not_merged(void **state)
{
	(void)state;
	full("'nozzle_diameter':'0.4','gcode_state':'IDLE'");
	said("{'print':{'command':'extrusion_cali_get','filament_id':'','nozzle_diameter':'0.8','sequence_id':'20123',"
	     "'filaments':[],'reason':'','result':'success'}}");
	assert_int_equal(summary.kind, REPORT_REPLY);
	assert_int_equal(summary.result, REPORT_RESULT_SUCCESS);
	assert_int_equal(summary.sequence_id, 20123);
	assert_string_equal(summary.command, "extrusion_cali_get");
	assert_string_equal(printer.nozzle_diameter, "0.4");
	/* The same without a command: `result` alone, at the very end, says what it is. */
	said("{'print':{'nozzle_diameter':'0.8','gcode_state':'RUNNING','sequence_id':20124,'result':'SUCCESS'}}");
	assert_int_equal(summary.kind, REPORT_REPLY);
	assert_int_equal(summary.sequence_id, 20124);
	assert_int_equal(printer.gcode_state, GCODE_STATE_IDLE);
	/* And with neither command nor result, as long as it has something of a reply. */
	assert_int_equal(said("{'print':{'nozzle_diameter':'0.8','err_code':0}}"), REPORT_REPLY);
	assert_string_equal(printer.nozzle_diameter, "0.4");
	assert_int_equal(printer.reports, 1);
}

static void
an_echo_of_a_request_is_not_merged(void **state)
{
	(void)state;
	full("'gcode_state':'IDLE','subtask_name':'old','subtask_id':'1'");
	said("{'print':{'sequence_id':'20107','command':'project_file','param':'Metadata/plate_1.gcode',"
	     "'subtask_id':'77',"
	     "'subtask_name':'new','file':'new.gcode.3mf','ams_mapping':[0],'result':'success','reason':'success'}}");
	assert_int_equal(summary.kind, REPORT_REPLY);
	assert_int_equal(said("{'print':{'command':'project_file','subtask_name':'new','subtask_id':'77'}}"),
			 REPORT_OTHER);
	assert_string_equal(printer.subtask_name, "old");
	assert_string_equal(printer.subtask_id, "1");
}

static void
a_result_of_any_shape_makes_a_reply(void **state)
{
	static const struct { const char *value; enum report_result result; } results[] = {
		{ "'success'", REPORT_RESULT_SUCCESS }, { "'SUCCESS'", REPORT_RESULT_SUCCESS }, { "'fail'",
		REPORT_RESULT_FAIL },
		{ "'failed'", REPORT_RESULT_FAIL }, { "'FAIL'", REPORT_RESULT_FAIL }, { "''", REPORT_RESULT_FAIL },
		{ "0", REPORT_RESULT_SUCCESS }, { "-4", REPORT_RESULT_FAIL }, { "true", REPORT_RESULT_SUCCESS },
		{ "null", REPORT_RESULT_NONE }, { "{}", REPORT_RESULT_NONE }, { "['success']", REPORT_RESULT_NONE },
	};
	char json[256];

	(void)state;
	for (unsigned i = 0; i < STR_ARRAY_LEN(results); i++) {
		str_format(json, sizeof json, "{'print':{'bed_temper':99,'command':'push_status','result':%s,'msg':0}}",
			   results[i].value);
		assert_int_equal(said(json), REPORT_REPLY);
		assert_int_equal(summary.result, results[i].result);
	}
	assert_true(isnan(printer.bed.actual_celsius));
}

static void
replies_come_in_every_section(void **state)
{
	(void)state;
	said("{'system':{'command':'ledctrl','sequence_id':'3','led_node':'chamber_light','result':'success'}}");
	assert_int_equal(summary.kind, REPORT_REPLY);
	assert_string_equal(summary.section, "system");
	assert_int_equal(said("{'camera':{'command':'ipcam_timelapse','result':-1,'sequence_id':'9'}}"), REPORT_REPLY);
	assert_int_equal(summary.result, REPORT_RESULT_FAIL);
	said("{'print':{'command':'ams_filament_drying','sequence_id':'8','errno':-2,'result':'fail','reason':'hot',"
	     "'soft_temp':45}}");
	assert_int_equal(summary.err_number, -2);
	assert_string_equal(summary.reason, "hot");
}

static void
a_refused_signature_is_seen(void **state)
{
	static const char *const refusals[] = {
		"'result':'failed','reason':'mqtt message verify failed','err_code':84033543",
		"'result':'failed','err_code':84033548", "'result':'failed','err_code':84033543",
		"'result':'failed','err_code':'84033544'",
		"'result':'fail','reason':'MQTT message Verify Failed'", "'reason':'','err_code':84033545",
	};
	char json[256];

	(void)state;
	for (unsigned i = 0; i < STR_ARRAY_LEN(refusals); i++) {
		str_format(json, sizeof json, "{'print':{'command':'pause','sequence_id':'20001',%s}}", refusals[i]);
		assert_int_equal(said(json), REPORT_REPLY);
		assert_true(summary.refused_unsigned);
	}
	said("{'print':{'command':'pause','result':'failed','reason':'printer is busy','err_code':84033549}}");
	assert_false(summary.refused_unsigned);
	assert_int_equal(summary.err_code, 84033549);
	assert_int_equal(said("{'print':{'command':'pause','result':'failed','err_code':84033542}}"), REPORT_REPLY);
	assert_false(summary.refused_unsigned);
}

/* Some firmwares do not answer at all, but for a health code. */
static void
the_health_code_of_a_refused_signature_stays_in_sight(void **state)
{
	(void)state;
	delta("'hms':[{'attr':83887360,'code':65543}]");
	assert_int_equal(printer.hms_count, 1);
	assert_int_equal(printer.hms[0].attr, 0x05000500);
	assert_int_equal(printer.hms[0].code, 0x00010007);
}

static void
the_module_list_is_taken_with_and_without_a_result(void **state)
{
	(void)state;
	said("{'info':{'command':'get_version','sequence_id':'20000','module':["
	     "{'name':'ota','product_name':'Bambu Lab P1S','sw_ver':'01.08.02.00','hw_ver':'OTA',"
	     "'sn':'01P00A123456789'},"
	     "{'name':'ams/0','sw_ver':'00.00.06.49','hw_ver':'AMS08','project_name':'','sn':'00600A1'}],"
	     "'result':'success','reason':''}}");
	assert_int_equal(summary.kind, REPORT_VERSION);
	assert_string_equal(printer.firmware, "01.08.02.00");
	assert_string_equal(printer.product, "Bambu Lab P1S");
	assert_string_equal(printer.serial, "01P00A123456789");
	assert_int_equal(printer.module_count, 2);
	assert_string_equal(printer.modules[1].name, "ams/0");
	assert_string_equal(printer.modules[1].hardware, "AMS08");
	/* It is no telemetry: a printer that only answers this is silent. */
	assert_int_equal(printer.reports, 0);
	assert_int_equal(printer.last_ms, 0);
	said("{'info':{'command':'get_version','module':[{'name':'ota','sw_ver':'01.09.00.00','sn':'**REDACTED**'}]}}");
	assert_int_equal(summary.kind, REPORT_VERSION);
	assert_string_equal(printer.firmware, "01.09.00.00");
	assert_string_equal(printer.serial, "01P00A123456789");
	assert_int_equal(printer.module_count, 1);
}

static void
a_module_list_of_nothing_or_of_a_failure_is_not_taken(void **state)
{
	(void)state;
	said("{'info':{'command':'get_version','module':[{'name':'ota','sw_ver':'01.08.02.00'}]}}");
	assert_int_equal(said("{'info':{'command':'get_version','module':[]}}"), REPORT_OTHER);
	assert_int_equal(said("{'info':{'command':'get_version','module':[{'name':'ota','sw_ver':'9'}],"
			      "'result':'fail'}}"),
			 REPORT_REPLY);
	assert_int_equal(said("{'info':{'command':'other','module':[{'name':'ota','sw_ver':'9'}]}}"), REPORT_OTHER);
	assert_int_equal(said("{'print':{'command':'get_version','module':[{'name':'ota','sw_ver':'9'}]}}"),
			 REPORT_OTHER);
	assert_string_equal(printer.firmware, "01.08.02.00");
}

static void
without_msg_a_report_is_full_when_it_has_what_only_full_ones_have(void **state)
{
	static const char *const parts[] = { "'gcode_state':'IDLE'", "'nozzle_temper':20", "'home_flag':256",
					     "'vt_tray':{'id':'254'}" };
	char json[512];

	(void)state;
	said("{'print':{'command':'push_status','gcode_state':'IDLE','nozzle_temper':20,'ams':{},'home_flag':0}}");
	assert_int_equal(summary.kind, REPORT_FULL);
	assert_int_equal(printer.full_ms, 1000);
	assert_int_equal(said("{'print':{'gcode_state':'IDLE','nozzle_temper':20,'vt_tray':{},'home_flag':0}}"),
			 REPORT_FULL);
	assert_int_equal(said("{'print':{'gcode_state':'IDLE','nozzle_temper':20,'vir_slot':[],'home_flag':0}}"),
			 REPORT_FULL);
	for (unsigned missing = 0; missing < STR_ARRAY_LEN(parts); missing++) {
		size_t used = 0;
		for (unsigned i = 0; i < STR_ARRAY_LEN(parts); i++)
			if (i != missing)
				used += (size_t)snprintf(json + used, sizeof json - used, "%s,", parts[i]);
		char whole[600];
		str_format(whole, sizeof whole, "{'print':{%s'command':'push_status'}}", json);
		assert_int_equal(said(whole), REPORT_DELTA);
	}
	/* With msg 1 it is a delta, whatever it has. */
	said("{'print':{'command':'push_status','msg':1,'gcode_state':'IDLE','nozzle_temper':20,'ams':{},"
	     "'home_flag':0}}");
	assert_int_equal(summary.kind, REPORT_DELTA);
	assert_int_equal(said("{'print':{'command':'push_status','msg':'0'}}"), REPORT_FULL);
}

static void
a_delta_without_a_command_counts_only_when_it_tells_something(void **state)
{
	(void)state;
	assert_int_equal(said("{'print':{'wifi_signal':'-48dBm'}}"), REPORT_DELTA);
	assert_int_equal(printer.wifi_dbm, -48);
	/* P1S: an almost empty reply. */
	assert_int_equal(said("{'print':{'sequence_id':'20001'}}"), REPORT_OTHER);
	assert_int_equal(summary.sequence_id, 20001);
	assert_int_equal(said("{'print':{}}"), REPORT_OTHER);
	assert_int_equal(said("{'print':{'param':'M105','unknown':{'bed_temper':3}}}"), REPORT_OTHER);
	assert_int_equal(printer.reports, 1);
	/* A command that is no text is not "no command". */
	assert_int_equal(said("{'print':{'command':null,'bed_temper':3}}"), REPORT_OTHER);
	assert_int_equal(said("{'print':{'command':['push_status'],'bed_temper':3}}"), REPORT_OTHER);
}

static void
what_is_of_no_interest_is_other(void **state)
{
	(void)state;
	assert_int_equal(said("{}"), REPORT_OTHER);
	assert_int_equal(said("{'event':{'event':'client.connected'}}"), REPORT_OTHER);
	assert_string_equal(summary.section, "event");
	assert_int_equal(said("{'t_utc':5,'print':null}"), REPORT_OTHER);
	assert_int_equal(said("{'print':[{'bed_temper':3}]}"), REPORT_OTHER);
	assert_int_equal(said("{'PRINT':{'command':'push_status','bed_temper':3}}"), REPORT_OTHER);
	assert_int_equal(said("{'system':{'command':'push_status','bed_temper':3}}"), REPORT_OTHER);
	assert_int_equal(said("{'print':{'command':'gcode_line','param':'M400'}}"), REPORT_OTHER);
	assert_int_equal(summary.sequence_id, -1);
}

/* Two sections in one message: what makes one of them a reply counts for both. */
static void
sections_share_their_fate(void **state)
{
	(void)state;
	assert_int_equal(said("{'print':{'command':'push_status','bed_temper':3},'info':{'result':'success'}}"),
			 REPORT_REPLY);
	assert_int_equal(said("{'print':{'result':'x'},'print':{'command':'push_status','bed_temper':3}}"),
			 REPORT_REPLY);
	assert_int_equal(said("{'t_utc':5,'print':{'command':'push_status','bed_temper':3,'msg':1}}"), REPORT_DELTA);
	assert_string_equal(summary.section, "print");
	said("{'print':{'command':'pause','result':'fail'},'info':{'command':'x','result':'success'},'t_utc':5}");
	assert_int_equal(summary.result, REPORT_RESULT_FAIL);
	assert_string_equal(summary.section, "print");
	assert_string_equal(summary.command, "pause");
}

static void
the_last_of_two_equal_keys_counts(void **state)
{
	(void)state;
	delta("'bed_temper':1,'bed_temper':2,'hms':[{'attr':1,'code':2}],'hms':[],'gcode_state':'IDLE',"
	      "'gcode_state':'PAUSE'");
	assert_float_equal(printer.bed.actual_celsius, 2, 0);
	assert_int_equal(printer.hms_count, 0);
	assert_int_equal(printer.gcode_state, GCODE_STATE_PAUSE);
	delta_ams("'ams':[{'id':'0','tray':[{'id':'0','tray_type':'PLA','id':'1'}],'id':'3'}]");
	assert_int_equal(printer.ams_count, 1);
	assert_string_equal(slot(3, 1)->material, "PLA");
}

static void
kinds_have_names(void **state)
{
	(void)state;
	assert_string_equal(report_kind_name(REPORT_FULL), "full");
	assert_string_equal(report_kind_name(REPORT_BAD), "bad");
	assert_string_equal(report_kind_name((enum report_kind)6), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_full_report_and_its_deltas_add_up),
		STORY(absent_is_not_zero),
		STORY(the_reply_that_carries_the_requested_nozzle_is_not_merged),
		STORY(an_echo_of_a_request_is_not_merged),
		STORY(a_result_of_any_shape_makes_a_reply),
		STORY(replies_come_in_every_section),
		STORY(a_refused_signature_is_seen),
		STORY(the_health_code_of_a_refused_signature_stays_in_sight),
		STORY(the_module_list_is_taken_with_and_without_a_result),
		STORY(a_module_list_of_nothing_or_of_a_failure_is_not_taken),
		STORY(without_msg_a_report_is_full_when_it_has_what_only_full_ones_have),
		STORY(a_delta_without_a_command_counts_only_when_it_tells_something),
		STORY(what_is_of_no_interest_is_other),
		STORY(sections_share_their_fate),
		STORY(the_last_of_two_equal_keys_counts),
		STORY(kinds_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
