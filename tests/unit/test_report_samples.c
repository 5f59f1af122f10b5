/*
 * What real printers said, through full reports and the deltas that came with them. What their JSON must say is
 * written by hand in tests/samples and checked by tests/integration/test_state_json.py; here is what the
 * parser makes of them.
 */
#include "tests/unit/report_rig.h"

/* The reports of the samples, and the modules of their get_version. */
static const struct { const char *sample, *report, *version; } samples[] = {
	{ "a1-1", "pushall", "get_version" },
	{ "a1mini-1", "message", NULL },
	{ "a1mini-2", NULL, "message" },
	{ "h2c-1", "pushall", "get_version" },
	{ "h2d-1", "push_all", "get_version" },
	{ "h2s-1", "pushall", "get_version" },
	{ "p1p-1", "push_all", "get_version" },
	{ "p2s-1", "pushall", "get_version" },
	{ "x1c-1", "pushall", "get_version" },
};

static void
every_sample_is_a_full_report_and_a_module_list(void **state)
{
	for (unsigned i = 0; i < STR_ARRAY_LEN(samples); i++) {
		fresh(state);
		if (samples[i].report != NULL) {
			assert_int_equal(said_sample(samples[i].sample, samples[i].report), REPORT_FULL);
			assert_int_not_equal(printer.gcode_state, GCODE_STATE_UNKNOWN);
			assert_false(isnan(printer.bed.actual_celsius) || isnan(printer.nozzle.actual_celsius));
			assert_true(printer.home_flag_told);
			assert_int_not_equal(printer.storage, STORAGE_UNKNOWN);
			assert_true(printer.ams_count > 0 && printer.ams[0].tray_count > 0);
			assert_string_equal(printer.nozzle_diameter, "0.4");
		}
		if (samples[i].version != NULL) {
			assert_int_equal(said_sample(samples[i].sample, samples[i].version), REPORT_VERSION);
			assert_true(printer.module_count >= 5);
			assert_int_equal(strlen(printer.firmware), 11);
		}
	}
}

/* A full report told twice changes nothing but the count and the clock. */
static void
every_sample_twice_is_the_same(void **state)
{
	for (unsigned i = 0; i < STR_ARRAY_LEN(samples); i++) {
		if (samples[i].report == NULL)
			continue;
		fresh(state);
		said_sample(samples[i].sample, samples[i].report);
		struct printer_state once = printer;
		said_sample(samples[i].sample, samples[i].report);
		once.reports++;
		assert_memory_equal(&once, &printer, sizeof printer);
	}
}

/* The same with its keys the other way round: no meaning may hang on their order. */
static json_t *
turned_round(const json_t *json)
{
	if (json_is_array(json)) {
		json_t *copy = json_array();
		for (size_t i = 0; i < json_array_size(json); i++)
			json_array_append_new(copy, turned_round(json_array_get(json, i)));
		return copy;
	}
	if (!json_is_object(json))
		return json_deep_copy(json);
	const char *keys[256];
	json_t *values[256], *member, *copy = json_object();
	const char *key;
	size_t count = 0;
	json_object_foreach((json_t *)(uintptr_t)json, key, member) {
		assert_true(count < STR_ARRAY_LEN(keys));
		keys[count] = key;
		values[count++] = member;
	}
	while (count-- > 0)
		json_object_set_new(copy, keys[count], turned_round(values[count]));
	return copy;
}

static void
the_order_of_keys_means_nothing(void **state)
{
	for (unsigned i = 0; i < STR_ARRAY_LEN(samples); i++) {
		if (samples[i].report == NULL)
			continue;
		fresh(state);
		char *text = wire(samples[i].sample, samples[i].report);
		said_bytes(text, strlen(text));
		struct printer_state straight = printer;
		json_t *json = json_loads(text, 0, NULL), *round = turned_round(json);
		char *turned = json_dumps(round, JSON_COMPACT);
		assert_string_not_equal(text, turned);
		fresh(state);
		said_bytes(turned, strlen(turned));
		if (memcmp(&straight, &printer, sizeof printer) != 0)
			fail_msg("%s is read otherwise when its keys are turned round", samples[i].sample);
		json_decref(json);
		json_decref(round);
		free(text);
		free(turned);
	}
}

static void
doors_and_nozzles_of_the_h2d_come_by_deltas(void **state)
{
	(void)state;
	said_sample("h2d-1", "push_all");
	assert_float_equal(printer.nozzle.actual_celsius, 264, 0);
	assert_float_equal(printer.nozzle.target_celsius, 225, 0);
	assert_int_equal(printer.active_ams, 128);
	assert_int_equal(printer.tray_now, 0); /* a local slot: it alone would have been unit 0 */
	assert_int_equal(said_sample("h2d-1", "push_old_door_opened"), REPORT_DELTA);
	assert_int_equal(printer.door_by_home_flag, TRI_YES);
	said_sample("h2d-1", "push_old_door_closed");
	assert_int_equal(printer.door_by_home_flag, TRI_NO);
	said_sample("h2d-1", "push_door_opened");
	assert_int_equal(printer.door_by_stat, TRI_YES);
	said_sample("h2d-1", "push_door_closed");
	assert_int_equal(printer.door_by_stat, TRI_NO);
	said_sample("h2d-1", "push_alt_nozzle_info");
	assert_string_equal(printer.nozzle_diameter, "0.2");
	assert_string_equal(printer.nozzle_type, "HS00");
	said_sample("h2d-1", "push_left_extruder");
	assert_int_equal(printer.active_extruder, 1);
	assert_string_equal(printer.nozzle_diameter, "0.6");
	assert_string_equal(printer.nozzle_type, "HX05");
	assert_float_equal(printer.nozzle.actual_celsius, 40, 0);
	assert_int_equal(printer.active_ams, STATE_UNKNOWN);
	/* Six deltas later everything else stands as the full report left it. */
	assert_int_equal(printer.ams_count, 2);
	assert_string_equal(slot(128, 0)->brand, "PA6-GF");
	assert_string_equal(printer.subtask_name, "sample_part");
	assert_int_equal(printer.reports, 7);
	assert_int_equal(printer.external_count, 2);
	assert_int_equal(printer.light_count, 3);
}

static void
the_x1c_with_four_units_is_read_whole(void **state)
{
	(void)state;
	said_sample("x1c-1", "pushall");
	assert_int_equal(printer.ams_count, 4);
	assert_int_equal(unit(2)->kind, AMS_KIND_PRO2);
	assert_int_equal(unit(2)->dry_state, 2);
	assert_int_equal(unit(2)->dry_remaining_minutes, 583);
	assert_float_equal(unit(2)->temperature_celsius, 65, 0);
	assert_int_equal(slot(2, 0)->fill, TRAY_EMPTY);
	assert_int_equal(slot(2, 1)->fill, TRAY_LOADED);
	assert_int_equal(unit(128)->tray_count, 1);
	assert_int_equal(slot(128, 0)->remain_percent, 100);
	/* Its stat bit 23 is set whatever the door does; home_flag knows. */
	assert_int_equal(printer.door_by_stat, TRI_YES);
	assert_int_equal(printer.door_by_home_flag, TRI_NO);
	assert_float_equal(printer.chamber.actual_celsius, 25, 0);
	assert_int_equal(printer.developer_mode, TRI_NO);
	/* An update of the unit that dries: the others stay. */
	delta_ams("'ams':[{'id':'2','dry_time':582,'tray':[{'id':'0'},{'id':'1'},{'id':'2'},{'id':'3'}]}]");
	assert_int_equal(unit(2)->dry_remaining_minutes, 582);
	assert_string_equal(slot(2, 1)->material, "ABS");
	assert_string_equal(slot(1, 3)->material, "ABS");
}

static void
the_p2s_names_two_fans_and_has_two(void **state)
{
	(void)state;
	said_sample("p2s-1", "pushall");
	assert_int_equal(printer.fan_percent[FAN_PART], 90);
	assert_int_equal(printer.fan_percent[FAN_AUX], 0);
	assert_int_equal(printer.fan_percent[FAN_CHAMBER], STATE_UNKNOWN);
	assert_int_equal(printer.fan_percent[FAN_AUX2], STATE_UNKNOWN);
	assert_int_equal(printer.active_ams, 0);
	assert_int_equal(printer.active_slot, 3);
}

static void
the_a1_has_no_sensors_in_its_ams(void **state)
{
	(void)state;
	said_sample("a1mini-1", "message");
	assert_int_equal(unit(0)->kind, AMS_KIND_LITE);
	assert_int_equal(unit(0)->humidity_percent, STATE_UNKNOWN);
	assert_true(isnan(unit(0)->temperature_celsius));
	assert_int_equal(slot(0, 0)->raw_state, 3);
	assert_int_equal(slot(0, 0)->fill, TRAY_LOADED);
	fresh(state);
	said_sample("a1-1", "pushall");
	assert_int_equal(unit(0)->kind, AMS_KIND_AMS);
	assert_int_equal(slot(0, 0)->remain_percent, STATE_UNKNOWN); /* told 100, without a tag */
	said_sample("a1-1", "get_version");
	assert_int_equal(unit(0)->kind, AMS_KIND_LITE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(every_sample_is_a_full_report_and_a_module_list),
		STORY(every_sample_twice_is_the_same),
		STORY(the_order_of_keys_means_nothing),
		STORY(doors_and_nozzles_of_the_h2d_come_by_deltas),
		STORY(the_x1c_with_four_units_is_read_whole),
		STORY(the_p2s_names_two_fans_and_has_two),
		STORY(the_a1_has_no_sensors_in_its_ams),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
