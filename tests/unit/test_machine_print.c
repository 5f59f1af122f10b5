/*
 * The life of a print on virtual printers, through the reports that our own reader takes: started by our own start, with
 * time as an argument. At the usual pace and sixty times as fast, on a model of each family.
 */
#include "machine_rig.h"

#define SLOT_1 ((struct spool_place){ 0, 1 })
#define OUTSIDE ((struct spool_place){ 255, 0 })
#define HOUR_MS INT64_C(3600000)

static const char *const families[] = { "X1C", "P1S", "A1", "A1-mini", "A2L", "P2S", "H2S", "H2D", "H2C", "X2D", "X1E",
					"P1P" };

/* -- a whole print ------------------------------------------------------------------------------------------------ */

/* What was seen on the way. */
struct course {
	uint32_t stages;	/* bits of those below 32 while RUNNING */
	int32_t least_layer, most_layer, last_percent;
	bool saw_download;
	double bed_target, nozzle_target, most_nozzle;
	int64_t promised_ms[3]; /* when it would end, as told at 10, 50 and 90 % */
};

static void
look(struct course *course)
{
	static const int32_t marks[] = { 10, 50, 90 };

	if (seen.gcode_state == GCODE_STATE_PREPARE && seen.download_percent > 0 && seen.download_percent < 100)
		course->saw_download = true;
	if (seen.gcode_state != GCODE_STATE_RUNNING)
		return;
	if (seen.stage >= 0 && seen.stage < 32)
		course->stages |= 1u << seen.stage;
	assert_true(seen.layer >= course->most_layer && seen.progress_percent >= course->last_percent);
	course->most_layer = seen.layer;
	course->last_percent = seen.progress_percent;
	if (seen.bed.target_celsius > 0)
		course->bed_target = seen.bed.target_celsius;
	course->nozzle_target = fmax(course->nozzle_target, seen.nozzle.target_celsius);
	course->most_nozzle = fmax(course->most_nozzle, seen.nozzle.actual_celsius);
	for (unsigned i = 0; i < STR_ARRAY_LEN(marks); i++)
		if (seen.progress_percent >= marks[i] && course->promised_ms[i] == 0)
			course->promised_ms[i] = clock_ms + seen.remaining_minutes * INT64_C(60000);
}

static int64_t
follow(struct course *course, enum gcode_state end, int64_t most_ms)
{
	int64_t from_ms = clock_ms;

	memset(course, 0, sizeof *course);
	while (seen.gcode_state != end) {
		if (clock_ms - from_ms > most_ms)
			fail_msg("%s after %lld ms at stage %d, layer %d", gcode_state_name(&seen),
				 (long long)(clock_ms - from_ms), seen.stage, seen.layer);
		pass_ms(500);
		look(course);
	}
	return clock_ms - from_ms;
}

static bool
has_stage(const struct course *course, unsigned stage)
{
	return (course->stages >> stage & 1) != 0;
}

static void
prints_through(const char *key, const char *factor)
{
	int64_t factor_number = strtol(factor, NULL, 10), took_ms, promised_ms;
	char json[40];
	struct course course;

	SWITCH_ON(key, AMS_KIND_AMS);
	assert_true(str_format(json, sizeof json, "{'timeFactor':%s}", factor));
	turn(json);
	int32_t remain = seen.ams[0].trays[1].remain_percent;
	assert_int_equal(start_print(SLOT_1, true, 1204417733), 1);
	assert_int_equal(answered.result, REPORT_RESULT_SUCCESS);
	assert_string_equal(answered.command, "project_file");
	assert_int_equal(answered.sequence_id, 20001);
	assert_string_equal(looked_at, FILE_PATH);
	hear();
	pass_ms(400);
	assert_int_equal(seen.gcode_state, GCODE_STATE_PREPARE);
	promised_ms = clock_ms + seen.remaining_minutes * INT64_C(60000);
	took_ms = follow(&course, GCODE_STATE_FINISH, HOUR_MS / factor_number + 30000);
	/* Half an hour of layers, some minutes before them. */
	assert_in_range(took_ms, 1800000 / factor_number, 2400000 / factor_number + 15000);
	assert_true(course.saw_download);
	if (factor_number == 1) {
		assert_true(has_stage(&course, 2) && has_stage(&course, 13) && has_stage(&course, 14));
		assert_true(has_stage(&course, 7) && has_stage(&course, 24) && has_stage(&course, 0));
		assert_int_equal(course.last_percent, 99);
	}
	/* It is told in whole minutes of real time, however fast the machine's own passes. */
	for (unsigned i = 0; i < STR_ARRAY_LEN(course.promised_ms); i++)
		assert_true(course.promised_ms[i] == 0 || llabs(course.promised_ms[i] - clock_ms) <= 61000);
	assert_true(course.promised_ms[1] != 0 && llabs(promised_ms - clock_ms) <= (factor_number == 1 ? 120000 : 61000));
	assert_true(course.most_layer >= 80);
	assert_true(course.bed_target == 60 && course.nozzle_target == 220);
	assert_true(fabs(course.most_nozzle - 220) < 2);
	/* How it stands at the end. */
	ask_all();
	assert_int_equal(seen.progress_percent, 100);
	assert_int_equal(seen.remaining_minutes, 0);
	assert_int_equal(seen.layer, strcmp(key, "P1S") == 0 ? 0 : 90);
	assert_int_equal(seen.layers, strcmp(key, "P1S") == 0 ? 0 : 90);
	assert_string_equal(seen.subtask_name, "cube-j0123456789abcde");
	assert_string_equal(seen.subtask_id, "1204417733");
	assert_true(strstr(seen.file, "plate_1.gcode") != NULL || strcmp(seen.file, FILE_PATH + 1) == 0);
	assert_int_equal(seen.active_ams, 0);
	assert_int_equal(seen.active_slot, 1);
	assert_int_equal(seen.print_error, 0);
	assert_true(seen.nozzle.target_celsius == 0 && seen.bed.target_celsius == 0);
	if (model_by_key(key)->measures_remain)
		assert_int_equal(seen.ams[0].trays[1].remain_percent, remain - 10);
	pass_ms(2 * HOUR_MS / factor_number);
	assert_true(fabs(seen.nozzle.actual_celsius - 25) < 2 && seen.bed.actual_celsius < 30);
}

static void
each_family_prints(void **state)
{
	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(families); i++) {
		prints_through(families[i], "1");
		prints_through(families[i], "60");
	}
}

static void
at_the_fastest_it_is_over_in_seconds(void **state)
{
	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	turn("{'timeFactor':600}");
	start_print(SLOT_1, true, 7);
	assert_in_range(wait_for(GCODE_STATE_FINISH, 15000), 3000, 9000);
}

/* The plate's filaments follow each other, each from its own slot. */
static void
two_filaments_are_changed_on_the_way(void **state)
{
	struct plate *plate = &plates.plates[0];
	struct course course;

	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	plate->filament_count = 2;
	plate->filaments[0].grams = 50;
	plate->filaments[1] = (struct plate_filament){ .index = 1, .grams = 50, .meters = 16, .nozzle = -1 };
	say("{'print':{'command':'project_file','sequence_id':'1','param':'Metadata/plate_1.gcode','project_id':'5',"
	    "'profile_id':'0','task_id':'5','subtask_id':'5','subtask_name':'two','url':'ftp://" FILE_PATH "','md5':'',"
	    "'use_ams':true,'ams_mapping':[0,2]}}");
	follow(&course, GCODE_STATE_FINISH, HOUR_MS);
	assert_true(has_stage(&course, 4));
	assert_int_equal(seen.active_slot, 2);
	assert_string_equal(seen.subtask_name, "two");
}

static void
calibrations_are_done_when_asked(void **state)
{
	struct course course;

	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	say("{'print':{'command':'project_file','sequence_id':'1','param':'Metadata/plate_1.gcode','subtask_id':'5',"
	    "'url':'ftp://" FILE_PATH "','bed_leveling':true,'flow_cali':true,'vibration_cali':true,'layer_inspect':true,"
	    "'use_ams':true,'ams_mapping':[0]}}");
	follow(&course, GCODE_STATE_FINISH, HOUR_MS);
	assert_true(has_stage(&course, 1) && has_stage(&course, 8) && has_stage(&course, 3) && has_stage(&course, 10));
	/* Whole numbers are no truths. */
	say("{'print':{'command':'project_file','sequence_id':'1','param':'Metadata/plate_1.gcode','subtask_id':'6',"
	    "'url':'ftp://" FILE_PATH "','bed_leveling':1,'flow_cali':1,'vibration_cali':1,'use_ams':true,'ams_mapping':[0]}}");
	wait_for(GCODE_STATE_PREPARE, 2000);
	follow(&course, GCODE_STATE_FINISH, HOUR_MS);
	assert_false(has_stage(&course, 1) || has_stage(&course, 8) || has_stage(&course, 3));
}

static void
the_left_extruder_prints_what_feeds_it(void **state)
{
	(void)state;
	SWITCH_ON("H2D", AMS_KIND_PRO2, AMS_KIND_PRO2);
	turn("{'timeFactor':60}");
	start_print((struct spool_place){ 1, 0 }, true, 7);
	wait_for(GCODE_STATE_FINISH, 120000);
	assert_int_equal(seen.active_extruder, 1);
	assert_int_equal(seen.active_ams, 1);
	assert_int_equal(seen.active_slot, 0);
	assert_int_equal(seen.extruders[0].ams_id, STATE_UNKNOWN);
	start_print((struct spool_place){ 254, 0 }, false, 8);
	wait_for(GCODE_STATE_RUNNING, 120000);
	wait_for(GCODE_STATE_FINISH, 120000);
	assert_int_equal(seen.active_ams, 254);
}

static void
plain_gcode_and_external_spools_print(void **state)
{
	(void)state;
	switch_on_with("P1S", NULL, 0);
	turn("{'timeFactor':60}");
	file_is_plain = true;
	start_print(OUTSIDE, false, 9);
	assert_int_equal(answered.result, REPORT_RESULT_SUCCESS);
	assert_string_equal(looked_at, "/cube.gcode");
	wait_for(GCODE_STATE_FINISH, 120000);
	assert_string_equal(seen.subtask_name, "cube");
	assert_string_equal(seen.file, "cube.gcode");
	assert_int_equal(seen.active_ams, 254);
}

/* -- interrupted -------------------------------------------------------------------------------------------------- */

static void
it_pauses_goes_on_and_stops(void **state)
{
	(void)state;
	SWITCH_ON("P1S", AMS_KIND_AMS);
	start_print(SLOT_1, true, 10);
	while (seen.layer < 10 || seen.layer == STATE_UNKNOWN)
		pass_ms(5000);
	order("'command':'pause','param':''");
	assert_int_equal(seen.gcode_state, GCODE_STATE_PAUSE);
	assert_int_equal(seen.stage, 16);
	int32_t layer = seen.layer, minutes = seen.remaining_minutes;
	pass_ms(HOUR_MS);
	assert_int_equal(seen.gcode_state, GCODE_STATE_PAUSE);
	assert_int_equal(seen.layer, layer);
	assert_int_equal(seen.remaining_minutes, minutes);
	order("'command':'resume','param':''");
	assert_int_equal(seen.gcode_state, GCODE_STATE_RUNNING);
	pass_ms(60000);
	assert_true(seen.layer > layer);
	order("'command':'stop','param':''");
	assert_int_equal(seen.gcode_state, GCODE_STATE_FAILED);
	assert_int_equal(seen.print_error, 0x0300400c);
	/* The echo is no error, and passes. */
	pass_ms(20000);
	assert_int_equal(seen.print_error, 0);
	assert_true(seen.nozzle.target_celsius == 0);
	/* After a stop the next one starts as ever. */
	start_print(SLOT_1, true, 11);
	pass_ms(2000);
	assert_int_equal(seen.gcode_state, GCODE_STATE_PREPARE);
	assert_int_equal(seen.layer, 0);
}

static void
speed_changes_what_is_left(void **state)
{
	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	start_print(SLOT_1, true, 12);
	while (seen.layer < 2 || seen.layer == STATE_UNKNOWN)
		pass_ms(5000);
	int32_t usual = seen.remaining_minutes;
	order("'command':'print_speed','param':'1'");
	assert_int_equal(seen.speed_level, 1);
	assert_int_equal(seen.speed_percent, 50);
	assert_in_range(seen.remaining_minutes, 2 * usual - 2, 2 * usual + 1);
	order("'command':'print_speed','param':'4'");
	assert_int_equal(seen.speed_percent, 166);
	assert_in_range(wait_for(GCODE_STATE_FINISH, HOUR_MS), 900000, 1100000);
}

static void
skipped_objects_are_told(void **state)
{
	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	order("'command':'skip_objects','obj_list':[44]");
	assert_int_equal(seen.skipped_count, 0);
	start_print(SLOT_1, true, 12);
	pass_ms(30000);
	order("'command':'skip_objects','obj_list':[44,45,44]");
	assert_int_equal(seen.skipped_count, 2);
	assert_int_equal(seen.skipped[1], 45);
}

static void
errors_pause_or_only_show(void **state)
{
	static const struct { const char *error; int32_t stage; uint32_t print_error; bool pauses; } errors[] = {
		{ "nozzle-temperature", 20, 0x03008008, true }, { "bed-temperature", 21, 0x03008009, true },
		{ "heatbreak-fan", 27, 0x03008010, true },	{ "filament-runout", 6, 0x07008011, true },
		{ "ams-connection-lost", 26, 0x03008000, true }, { "nozzle-clog", 35, 0x03008016, true },
		{ "filament-tangle", -1, 0x07008010, true },	{ "first-layer-failed", 0, 0, false },
	};
	char json[80];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(errors); i++) {
		SWITCH_ON("X1C", AMS_KIND_AMS);
		start_print(SLOT_1, true, 13);
		while (seen.layer < 2 || seen.layer == STATE_UNKNOWN)
			pass_ms(5000);
		assert_true(str_format(json, sizeof json, "{'do':'trigger-error','error':'%s'}", errors[i].error));
		turn(json);
		pass_ms(3000);
		assert_int_equal(seen.hms_total, 1);
		assert_int_equal(seen.gcode_state, errors[i].pauses ? GCODE_STATE_PAUSE : GCODE_STATE_RUNNING);
		assert_int_equal(seen.stage, errors[i].stage);
		assert_int_equal(seen.print_error, errors[i].print_error);
		/* As long as it stands, the print does not get far. */
		if (errors[i].pauses) {
			order("'command':'resume','param':''");
			pass_ms(3000);
			assert_int_equal(seen.gcode_state, GCODE_STATE_PAUSE);
		}
		turn("{'do':'clear-errors'}");
		pass_ms(3000);
		assert_int_equal(seen.hms_total, 0);
		assert_int_equal(seen.print_error, 0);
		order("'command':'resume','param':''");
		pass_ms(3000);
		assert_int_equal(seen.gcode_state, GCODE_STATE_RUNNING);
	}
}

/* -- what starts nothing ------------------------------------------------------------------------------------------ */

static void
is_refused(uint32_t print_error)
{
	assert_int_equal(answered.result, REPORT_RESULT_FAIL);
	pass_ms(2000);
	assert_int_equal(seen.gcode_state, GCODE_STATE_FAILED);
	assert_int_equal(seen.print_error, print_error);
	pass_ms(60000);
	assert_int_equal(seen.gcode_state, GCODE_STATE_FAILED);
}

static void
each_refusal_has_its_error(void **state)
{
	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	file_state = MACHINE_FILE_MISSING;
	start_print(SLOT_1, true, 1);
	is_refused(0x05004002);
	file_state = MACHINE_FILE_UNREADABLE;
	start_print(SLOT_1, true, 2);
	is_refused(0x05004003);
	file_state = MACHINE_FILE_READY;
	machine_set_storage(machine, STORAGE_NONE);
	start_print(SLOT_1, true, 3);
	is_refused(0x0500c010);
	machine_set_storage(machine, STORAGE_NORMAL);
	turn("{'faults':{'noStorage':true}}");
	start_print(SLOT_1, true, 4);
	is_refused(0x0500c010);
	assert_int_equal(seen.storage, STORAGE_NONE);
	turn("{'faults':{'noStorage':false}}");
	start_print((struct spool_place){ 2, 0 }, true, 5);
	is_refused(0x07028012);
	plates.plates[0].number = 4; /* the start says 4, the file has no such plate then */
	say("{'print':{'command':'project_file','sequence_id':'1','param':'Metadata/plate_1.gcode',"
	    "'url':'ftp://" FILE_PATH "','use_ams':false}}");
	is_refused(0x05004003);
	plates.plates[0].number = 1;
	say("{'print':{'command':'project_file','sequence_id':'1','param':'Metadata/plate_1.gcode',"
	    "'url':'https://example.com/x.3mf','use_ams':false}}");
	is_refused(0x05004002);
	/* It was none of them that made it incapable. */
	start_print(SLOT_1, true, 6);
	wait_for(GCODE_STATE_RUNNING, 60000);
}

static void
wrong_mappings_are_refused(void **state)
{
	(void)state;
	SWITCH_ON("H2D", AMS_KIND_PRO2);
	say("{'print':{'command':'project_file','sequence_id':'1','param':'Metadata/plate_1.gcode',"
	    "'url':'ftp://" FILE_PATH "','use_ams':true,'ams_mapping':[254]}}");
	is_refused(0x07008012);
	say("{'print':{'command':'project_file','sequence_id':'1','param':'Metadata/plate_1.gcode',"
	    "'url':'ftp://" FILE_PATH "','use_ams':true}}");
	is_refused(0x07ff8012);
	switch_on_with("P1S", NULL, 0);
	start_print(SLOT_1, true, 1);
	is_refused(0x07ff8012);
	/* Without the AMS what is outside is taken, whatever the mapping says. */
	start_print(SLOT_1, false, 2);
	wait_for(GCODE_STATE_RUNNING, 60000);
}

static void
a_busy_printer_goes_on(void **state)
{
	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	start_print(SLOT_1, true, 1);
	pass_ms(60000);
	start_print(SLOT_1, true, 2);
	assert_int_equal(answered.result, REPORT_RESULT_FAIL);
	pass_ms(2000);
	assert_int_equal(seen.gcode_state, GCODE_STATE_RUNNING);
	assert_int_equal(seen.print_error, 0x05004004);
	assert_string_equal(seen.subtask_id, "1");
	order("'command':'clean_print_error','subtask_id':'1','print_error':83902468");
	assert_int_equal(seen.print_error, 0);
	SWITCH_ON("A1-mini", AMS_KIND_LITE);
	start_print(SLOT_1, true, 1);
	pass_ms(60000);
	start_print(SLOT_1, true, 2);
	pass_ms(2000);
	assert_int_equal(seen.gcode_state, GCODE_STATE_FAILED);
	assert_string_equal(seen.subtask_id, "1");
}

static void
a_p2s_takes_no_file_urls_of_others(void **state)
{
	(void)state;
	SWITCH_ON("P2S", AMS_KIND_PRO2);
	say("{'print':{'command':'project_file','sequence_id':'1','param':'Metadata/plate_1.gcode',"
	    "'url':'file:///sdcard" FILE_PATH "','use_ams':false}}");
	is_refused(0x05004002);
	SWITCH_ON("P1S", AMS_KIND_AMS);
	say("{'print':{'command':'project_file','sequence_id':'1','param':'Metadata/plate_1.gcode',"
	    "'url':'file:///sdcard" FILE_PATH "','use_ams':false}}");
	wait_for(GCODE_STATE_RUNNING, 60000);
}

/* -- what takes its time ------------------------------------------------------------------------------------------ */

static void
a_file_may_have_to_be_read_first(void **state)
{
	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	file_state = MACHINE_FILE_READING;
	start_print(SLOT_1, true, 1);
	assert_int_equal(answered.result, REPORT_RESULT_SUCCESS);
	pass_ms(20000);
	assert_int_equal(seen.gcode_state, GCODE_STATE_IDLE);
	machine_file_read(machine, "/another.3mf", &plates, clock_ms);
	pass_ms(2000);
	assert_int_equal(seen.gcode_state, GCODE_STATE_IDLE);
	machine_file_read(machine, FILE_PATH, &plates, clock_ms);
	pass_ms(2000);
	assert_int_equal(seen.gcode_state, GCODE_STATE_PREPARE);
	order("'command':'stop','param':''");
	start_print(SLOT_1, true, 2);
	machine_file_read(machine, FILE_PATH, NULL, clock_ms);
	pass_ms(2000);
	assert_int_equal(seen.gcode_state, GCODE_STATE_FAILED);
	assert_int_equal(seen.print_error, 0x05004003);
}

/* 135 s of real time, however fast the machine's own passes; a second copy meanwhile is refused, the first one goes on. */
static void
a_slow_parse_answers_late(void **state)
{
	(void)state;
	SWITCH_ON("P1P", AMS_KIND_AMS);
	turn("{'timeFactor':60,'faults':{'slowParse':true}}");
	assert_int_equal(start_print(SLOT_1, true, 1), 0);
	pass_ms(130000);
	assert_int_equal(answered.result, REPORT_RESULT_NONE);
	assert_int_equal(seen.gcode_state, GCODE_STATE_IDLE);
	assert_int_equal(start_print(SLOT_1, true, 2), 1);
	assert_int_equal(answered.result, REPORT_RESULT_FAIL);
	memset(&answered, 0, sizeof answered);
	pass_ms(6000);
	assert_int_equal(answered.result, REPORT_RESULT_SUCCESS);
	assert_int_equal(answered.sequence_id, 20001);
	wait_for(GCODE_STATE_RUNNING, 60000);
	assert_string_equal(seen.subtask_id, "1");
}

static void
a_lost_start_is_echoed_and_idle(void **state)
{
	(void)state;
	SWITCH_ON("P1S", AMS_KIND_AMS);
	turn("{'faults':{'lostStart':true}}");
	start_print(SLOT_1, true, 77);
	assert_int_equal(answered.result, REPORT_RESULT_SUCCESS);
	pass_ms(120000);
	assert_int_equal(seen.gcode_state, GCODE_STATE_IDLE);
	assert_string_equal(seen.subtask_id, "77");
	assert_int_equal(seen.print_error, 0);
}

/* A P1S cuts ids at 31 bits: after a failed print the next one looks the same, and nothing moves. */
static void
ids_beyond_31_bits_look_alike(void **state)
{
	static const char start[] = "{'print':{'command':'project_file','sequence_id':'1','param':'Metadata/plate_1.gcode',"
				    "'project_id':'9000000001','task_id':'9000000001','subtask_id':'%s','url':'ftp://" FILE_PATH
				    "','use_ams':false}}";
	char json[400];

	(void)state;
	SWITCH_ON("P1S", AMS_KIND_AMS);
	str_format(json, sizeof json, start, "9000000001");
	say(json);
	wait_for(GCODE_STATE_RUNNING, 60000);
	assert_string_equal(seen.subtask_id, "2147483647");
	order("'command':'stop','param':''");
	str_format(json, sizeof json, start, "9000000002");
	say(json);
	pass_ms(60000);
	assert_int_equal(seen.gcode_state, GCODE_STATE_FAILED);
	str_format(json, sizeof json, start, "12");
	say(json);
	wait_for(GCODE_STATE_RUNNING, 60000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_family_prints),
		cmocka_unit_test(at_the_fastest_it_is_over_in_seconds),
		cmocka_unit_test(two_filaments_are_changed_on_the_way),
		cmocka_unit_test(calibrations_are_done_when_asked),
		cmocka_unit_test(the_left_extruder_prints_what_feeds_it),
		cmocka_unit_test(plain_gcode_and_external_spools_print),
		cmocka_unit_test(it_pauses_goes_on_and_stops),
		cmocka_unit_test(speed_changes_what_is_left),
		cmocka_unit_test(skipped_objects_are_told),
		cmocka_unit_test(errors_pause_or_only_show),
		cmocka_unit_test(each_refusal_has_its_error),
		cmocka_unit_test(wrong_mappings_are_refused),
		cmocka_unit_test(a_busy_printer_goes_on),
		cmocka_unit_test(a_p2s_takes_no_file_urls_of_others),
		cmocka_unit_test(a_file_may_have_to_be_read_first),
		cmocka_unit_test(a_slow_parse_answers_late),
		cmocka_unit_test(a_lost_start_is_echoed_and_idle),
		cmocka_unit_test(ids_beyond_31_bits_look_alike),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
