/*
 * What a virtual printer remembers over a power cut, and what becomes of a print that was running; and that nothing but
 * what it wrote itself is ever remembered.
 */
#include "machine_rig.h"

#define SLOT_1 ((struct spool_place){ 0, 1 })

static char kept[MACHINE_KEPT_MAX_BYTES], again[MACHINE_KEPT_MAX_BYTES];

/* Another machine of the same kind, as after a crash of its process; false: it does not take what was kept. */
static bool
comes_back(const char *key, const enum ams_kind *kinds, uint32_t count, const char *json, size_t len)
{
	switch_on_with(key, kinds, count);
	bool is_taken = machine_remember(machine, json, len, clock_ms);
	ask_all();
	return is_taken;
}

static void
print_to_layer(int32_t layer)
{
	start_print(SLOT_1, true, 4711);
	while (seen.layer < layer || seen.layer == STATE_UNKNOWN)
		pass_ms(5000);
}

static void
all_is_remembered(void **state)
{
	static const struct { const char *key; enum ams_kind kinds[3]; uint32_t count; } machines[] = {
		{ "X1C", { AMS_KIND_AMS, AMS_KIND_PRO2, AMS_KIND_HT }, 3 }, { "P1S", { AMS_KIND_AMS }, 1 },
		{ "A2L", { AMS_KIND_LITE }, 1 }, { "H2D", { AMS_KIND_PRO2, AMS_KIND_HT }, 2 }, { "H2S", { AMS_KIND_UNKNOWN }, 0 },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(machines); i++) {
		switch_on_with(machines[i].key, machines[i].kinds, machines[i].count);
		turn("{'timeFactor':7,'faults':{'slowUpload':true,'cutUploadPercent':40}}");
		turn("{'do':'trigger-error','error':'first-layer-failed','message':'it looks \\u00fcgly \\u201c!'}");
		order("'command':'ams_filament_setting','ams_id':255,'slot_id':0,'tray_id':254,'tray_info_idx':'GFB99',"
		      "'tray_color':'112233FF','nozzle_temp_min':240,'nozzle_temp_max':270,'tray_type':'ABS'");
		order("'command':'print_option','auto_switch_filament':false");
		start_print((struct spool_place){ 255, 0 }, false, 4711);
		pass_ms(120000);
		order("'command':'skip_objects','obj_list':[3]");
		order("'command':'stop'");
		pass_ms(60000);
		size_t len = machine_keep(machine, kept);
		assert_true(len > 500 && len < 40000 && kept[len] == '\0');
		if (!comes_back(machines[i].key, machines[i].kinds, machines[i].count, kept, len))
			fail_msg("%s does not take what it kept: %s", machines[i].key, kept);
		/* Heat and air do not wait: what was warm is the only thing that may differ. */
		assert_int_equal(machine_keep(machine, again), len);
		assert_string_equal(kept, again);
		assert_int_equal(machine_controls(machine)->time_factor, 7);
		assert_int_equal(machine_controls(machine)->cut_upload_percent, 40);
		assert_string_equal(machine_controls(machine)->errors[0].message, "it looks \xc3\xbcgly \xe2\x80\x9c!");
		assert_string_equal(seen.external[seen.external_count - 1].material, "ABS");
		assert_int_equal(seen.gcode_state, GCODE_STATE_FAILED);
		assert_string_equal(seen.subtask_id, "4711");
		assert_int_equal(seen.skipped[0], 3);
	}
}

static void
a_print_goes_on_after_a_crash(void **state)
{
	static const enum ams_kind kinds[] = { AMS_KIND_AMS };

	(void)state;
	SWITCH_ON("P1S", AMS_KIND_AMS);
	print_to_layer(40);
	int32_t remain = seen.ams[0].trays[1].remain_percent;
	assert_true(comes_back("P1S", kinds, 1, kept, machine_keep(machine, kept)));
	assert_int_equal(seen.gcode_state, GCODE_STATE_PAUSE);
	assert_int_equal(seen.print_error, 0x03008007);
	assert_in_range(seen.layer, 40, 42);
	assert_string_equal(seen.subtask_id, "4711");
	assert_int_equal(seen.ams[0].trays[1].remain_percent, remain);
	assert_int_equal(seen.active_slot, 1);
	assert_true(seen.bed.target_celsius == 0);
	/* A person resumes; it heats, and then goes on where it was. */
	order("'command':'resume','param':''");
	assert_int_equal(seen.gcode_state, GCODE_STATE_RUNNING);
	assert_int_equal(seen.print_error, 0);
	assert_true(seen.bed.target_celsius == 60);
	assert_in_range(wait_for(GCODE_STATE_FINISH, 3600000), 700000, 1300000);
}

/* While nothing is on the plate there is nothing to go on with. */
static void
a_print_that_had_not_begun_has_failed(void **state)
{
	static const enum ams_kind kinds[] = { AMS_KIND_AMS };

	(void)state;
	SWITCH_ON("P1S", AMS_KIND_AMS);
	start_print(SLOT_1, true, 4711);
	pass_ms(60000);
	assert_true(comes_back("P1S", kinds, 1, kept, machine_keep(machine, kept)));
	assert_int_equal(seen.gcode_state, GCODE_STATE_FAILED);
}

static void
a_reboot_is_a_power_cut(void **state)
{
	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	print_to_layer(40);
	turn("{'do':'reboot'}");
	assert_false(machine_is_online(machine));
	report_count = 0;
	pass_ms(19000);
	assert_int_equal(report_count, 0);
	assert_int_equal(say("{'pushing':{'command':'pushall','sequence_id':'1'}}"), 0);
	pass_ms(3000);
	assert_true(machine_is_online(machine));
	ask_all();
	assert_int_equal(seen.gcode_state, GCODE_STATE_PAUSE);
	assert_int_equal(seen.print_error, 0x03008007);
	assert_int_equal(seen.homed_x, TRI_NO);
	/* Sixty times as fast it is back in two seconds; with no wish to recover, the print is lost. */
	order("'command':'resume','param':''");
	order("'command':'print_option','auto_recovery':false");
	turn("{'timeFactor':60,'do':'reboot'}");
	pass_ms(1000);
	assert_false(machine_is_online(machine));
	pass_ms(1500);
	assert_true(machine_is_online(machine));
	ask_all();
	assert_int_equal(seen.gcode_state, GCODE_STATE_FAILED);
}

static void
reset_makes_it_new(void **state)
{
	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS);
	turn("{'timeFactor':60,'faults':{'noStorage':false,'slowUpload':true}}");
	order("'command':'ams_filament_setting','ams_id':0,'slot_id':0,'tray_id':0,'tray_type':'ABS'");
	print_to_layer(3);
	turn("{'do':'reset'}");
	assert_string_equal(forgotten, "/");
	pass_ms(3000);
	ask_all();
	assert_int_equal(seen.gcode_state, GCODE_STATE_IDLE);
	assert_string_equal(seen.ams[0].trays[0].material, "PLA");
	assert_string_equal(seen.subtask_name, "");
	assert_false(machine_controls(machine)->faults[CONTROL_FAULT_SLOW_UPLOAD]);
	assert_int_equal(machine_controls(machine)->time_factor, 60);
}

/* Cut at any place, or with one member another than it may be: nothing of it counts. */
static void
what_it_did_not_write_is_refused(void **state)
{
	static const struct { const char *from, *to; } changes[] = {
		{ "\"state\":\"RUNNING\"", "\"state\":3" }, { "\"state\":\"RUNNING\"", "\"state\":\"SLICING\"" },
		{ "\"done\":", "\"done\":1e9,\"d\":" },  { "\"step\":", "\"step\":17,\"s\":" },
		{ "\"layers\":90", "\"layers\":0" },    { "\"seconds\":1800", "\"seconds\":-1" },
		{ "\"extruder\":0", "\"extruder\":1" }, { "\"speed\":2", "\"speed\":5" },
		{ "\"timeFactor\":1", "\"timeFactor\":0" }, { "\"online\":true", "\"online\":1" },
		{ "\"units\":[", "\"units\":[{}," },    { "\"usedGrams\":", "\"usedGrams\":\"x\",\"u\":" },
		{ "\"spool\":0", "\"spool\":8" },       { "\"color\":\"000000FF\"", "\"color\":\"000000FFF\"" },
		{ "\"kind\":0", "\"kind\":5" },         { "\"id\":0", "\"id\":1" },
		{ "\"skipped\":[]", "\"skipped\":[-1]" }, { "\"activeExtruder\":0", "\"activeExtruder\":2" },
	};
	static const enum ams_kind kinds[] = { AMS_KIND_AMS };
	char changed[MACHINE_KEPT_MAX_BYTES];

	(void)state;
	SWITCH_ON("P1S", AMS_KIND_AMS);
	print_to_layer(40);
	size_t len = machine_keep(machine, kept);
	switch_on_with("P1S", kinds, 1);
	size_t before = machine_keep(machine, again);
	for (size_t i = 0; i < STR_ARRAY_LEN(changes); i++) {
		const char *at = strstr(kept, changes[i].from);
		if (at == NULL)
			fail_msg("%s is not in it: %s", changes[i].from, kept);
		assert_true(str_format(changed, sizeof changed, "%.*s%s%s", (int)(at - kept), kept, changes[i].to,
				       at + strlen(changes[i].from)));
		if (machine_remember(machine, changed, strlen(changed), clock_ms))
			fail_msg("%s was taken", changes[i].to);
	}
	for (size_t cut = 0; cut < len; cut += 7)
		assert_false(machine_remember(machine, kept, cut, clock_ms));
	assert_int_equal(machine_keep(machine, changed), before);
	assert_string_equal(changed, again);
	/* And the whole is what it says. */
	assert_true(machine_remember(machine, kept, len, clock_ms));
	/* Of another printer's units it takes nothing. */
	SWITCH_ON("P1S", AMS_KIND_AMS, AMS_KIND_AMS);
	assert_false(machine_remember(machine, kept, len, clock_ms));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_remembered),
		cmocka_unit_test(a_print_goes_on_after_a_crash),
		cmocka_unit_test(a_print_that_had_not_begun_has_failed),
		cmocka_unit_test(a_reboot_is_a_power_cut),
		cmocka_unit_test(reset_makes_it_new),
		cmocka_unit_test(what_it_did_not_write_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
