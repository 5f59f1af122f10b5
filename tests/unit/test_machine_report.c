/*
 * What a virtual printer of each model says of itself: our own reader understands all of it, and takes it for what it is;
 * and it looks like what real printers have said: every key of its full report stands in the sample of that model, with a
 * value of the same type.
 */
#include "machine_rig.h"

/* -- our own reader is the second opinion ------------------------------------------------------------------------- */

static void
is_what_it_is(const struct model *model)
{
	ask_all();
	assert_int_equal(seen.gcode_state, GCODE_STATE_IDLE);
	assert_ptr_equal(model_by_modules(&seen), model);
	assert_string_equal(seen.serial, "01P00A000000001");
	assert_string_equal(seen.firmware, machine_firmware(machine));
	assert_true(fabs(seen.nozzle.actual_celsius - 25) < 1.1 && fabs(seen.bed.actual_celsius - 25) < 1.1);
	assert_true(seen.nozzle.target_celsius == 0 && seen.bed.target_celsius == 0);
	if (model->has_chamber_sensor && model != model_other())
		assert_true(fabs(seen.chamber.actual_celsius - 25) < 1.1);
	assert_string_equal(seen.nozzle_diameter, "0.4");
	assert_int_equal(seen.storage, STORAGE_NORMAL);
	assert_int_equal(seen.hms_total, 0);
	assert_int_equal(seen.print_error, 0);
	assert_int_equal(seen.speed_level, 2);
	assert_int_equal(seen.speed_percent, 100);
	assert_int_equal(seen.interfaces[0].ip, 0x0300407f);
	assert_int_not_equal(seen.wifi_dbm, STATE_UNKNOWN);
	assert_int_equal(seen.light_count, 1 + (unsigned)model->has_work_light + (unsigned)model->has_two_chamber_lights);
	assert_int_equal(seen.active_ams, STATE_UNKNOWN);
	assert_int_equal(model_door_open(model, &seen), model->door == DOOR_NONE && model != model_other() ? TRI_UNKNOWN : TRI_NO);
	assert_int_not_equal(seen.developer_mode, TRI_NO);
	assert_string_equal(seen.upgrade_status, "IDLE");
	if (model->sends_rich_deltas) {
		assert_int_equal(seen.extruder_count, model->extruders);
		assert_true(seen.fun_told);
	}
	if (model->camera == CAMERA_RTSPS)
		assert_string_equal(seen.rtsp_url, "rtsps://127.64.0.3:322/streaming/live/1");
}

static void
has_its_units(const struct model *model, const enum ams_kind *kinds, uint32_t count)
{
	assert_int_equal(seen.ams_count, count);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(seen.ams[i].kind, kinds[i]);
		assert_true(seen.ams[i].kind_told);
		assert_int_equal(seen.ams[i].tray_count, kinds[i] == AMS_KIND_HT ? 1 : 4);
		for (uint32_t j = 0; j < seen.ams[i].tray_count; j++)
			assert_int_equal(seen.ams[i].trays[j].fill, TRAY_LOADED);
	}
	assert_int_equal(seen.external_count, model->extruders);
	assert_string_equal(seen.external[model->extruders - 1].material, "PLA");
}

static void
each_model_is_read_as_what_it_is(void **state)
{
	static const enum ams_kind tried[][3] = {
		{ EVERY_KIND }, { AMS_KIND_LITE, AMS_KIND_HT }, { AMS_KIND_UNKNOWN },
	};
	size_t count;
	const struct model *models = models_all(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < STR_ARRAY_LEN(tried); j++) {
			uint32_t units = 0;
			while (units < 3 && tried[j][units] != AMS_KIND_UNKNOWN)
				units++;
			switch_on_with(models[i].key, tried[j], units);
			is_what_it_is(&models[i]);
			has_its_units(&models[i], tried[j], units);
			/* Deltas after it change nothing of this. */
			pass_ms(60000);
			is_what_it_is(&models[i]);
			has_its_units(&models[i], tried[j], units);
		}
	}
}

/* A spool with the maker's tag tells what is left on it, where the model measures that; one without tells nothing. */
static void
spools_tell_what_they_are(void **state)
{
	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS, AMS_KIND_AMS);
	assert_string_equal(seen.ams[0].trays[0].brand, "PLA Basic");
	assert_string_equal(seen.ams[0].trays[0].color, "000000FF");
	assert_string_equal(seen.ams[0].trays[0].profile, "GFA00");
	assert_int_equal(strlen(seen.ams[0].trays[0].tag), 16);
	assert_int_equal(strlen(seen.ams[0].trays[0].spool), 32);
	assert_string_not_equal(seen.ams[0].trays[0].spool, seen.ams[0].trays[1].spool);
	assert_in_range(seen.ams[0].trays[0].remain_percent, 40, 100);
	assert_int_equal(seen.ams[0].trays[0].weight_g, 1000);
	assert_string_equal(seen.ams[1].trays[2].material, "PLA");
	assert_string_equal(seen.ams[1].trays[2].tag, "");
	assert_int_equal(seen.ams[1].trays[2].remain_percent, STATE_UNKNOWN);
}

static void
an_a2l_calls_its_lite_sixteen(void **state)
{
	(void)state;
	SWITCH_ON("A2L", AMS_KIND_LITE);
	assert_int_equal(seen.ams[0].id, 16);
	assert_int_equal(seen.ams[0].trays[3].fill, TRAY_LOADED);
	SWITCH_ON("A1", AMS_KIND_LITE);
	assert_int_equal(seen.ams[0].id, 0);
}

static void
units_feed_two_extruders_in_turn(void **state)
{
	(void)state;
	SWITCH_ON("H2D", AMS_KIND_PRO2, AMS_KIND_HT, AMS_KIND_PRO2);
	assert_int_equal(seen.ams[0].extruder, 0);
	assert_int_equal(seen.ams[1].extruder, 0);
	assert_int_equal(seen.ams[2].extruder, 1);
}

/* -- deltas ------------------------------------------------------------------------------------------------------- */

/* X1, P2, H2: nearly all, every second or two. P1 and A1: what has changed, now and then; an A1 never its trays. */
static void
deltas_are_in_the_models_style(void **state)
{
	size_t count;
	const struct model *models = models_all(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct model *model = &models[i];
		switch_on_with(model->key, (const enum ams_kind[]){ AMS_KIND_AMS }, 1);
		report_count = 0;
		report_bytes = 0;
		pass_ms(60000);
		assert_int_equal(summary.kind, REPORT_DELTA);
		assert_non_null(strstr(said, "\"msg\":1"));
		if (model->sends_rich_deltas) {
			assert_in_range(report_count, 29, 62);
			assert_true(report_bytes / report_count > 3000);
			assert_non_null(strstr(said, "\"tray_type\""));
		} else {
			assert_in_range(report_count, 2, 14);
			assert_true(report_bytes / report_count < 400);
			assert_null(strstr(said, "\"tray_type\""));
		}
	}
}

static void
sparse_deltas_carry_units_where_the_model_does(void **state)
{
	static const struct { const char *key; bool carries; } models[] = { { "P1S", true }, { "A1-mini", false } };
	static const char setting[] = "'command':'ams_filament_setting','ams_id':0,'slot_id':2,'tray_id':2,"
				      "'tray_info_idx':'GFB99','tray_color':'112233FF','nozzle_temp_min':240,"
				      "'nozzle_temp_max':270,'tray_type':'ABS'";

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(models); i++) {
		SWITCH_ON(models[i].key, AMS_KIND_LITE);
		order(setting);
		assert_int_equal(answered.result, REPORT_RESULT_SUCCESS);
		assert_string_equal(seen.ams[0].trays[2].material, models[i].carries ? "ABS" : "PLA");
		ask_all();
		assert_string_equal(seen.ams[0].trays[2].material, "ABS");
		assert_string_equal(seen.ams[0].trays[2].color, "112233FF");
		assert_string_equal(seen.ams[0].trays[1].material, "PLA");
	}
}

/* -- the samples -------------------------------------------------------------------------------------------------- */

/* With the sample of a relative for what a model's own cannot show: its firmware was older than the one that the machine
 * plays, or its slots were empty. */
static const struct { const char *key, *sample, *report, *relative, *relative_report; } samples[] = {
	{ "A1", "a1-1", "pushall", "a1mini-1", "message" },
	{ "A1-mini", "a1mini-1", "message", NULL, NULL },
	{ "P1P", "p1p-1", "push_all", "a1mini-1", "message" },
	{ "X1C", "x1c-1", "pushall", NULL, NULL },
	{ "P2S", "p2s-1", "pushall", NULL, NULL },
	{ "H2S", "h2s-1", "pushall", NULL, NULL },
	{ "H2D", "h2d-1", "push_all", NULL, NULL },
	{ "H2C", "h2c-1", "pushall", "h2s-1", "pushall" }, /* all slots of the sample are empty */
};

/* What a sample has at its top and we leave out: nothing that the machine simulates, or what nobody has explained. */
static const char *const left_out[] = { "2D", "care", "fire_ext", "job", "maintain", "stg_cd", "t_utc" };

static json_t *
print_of(const char *sample, const char *report)
{
	char path[64];
	json_error_t error;

	assert_true(str_format(path, sizeof path, "tests/samples/%s.json", sample));
	json_t *file = json_load_file(path, 0, &error);
	if (file == NULL)
		fail_msg("%s: %s", path, error.text);
	json_t *body = json_object_get(file, report);
	json_t *print = json_object_get(body, "print") != NULL ? json_object_get(body, "print") : body;
	json_incref(print);
	json_decref(file);
	assert_true(json_is_object(print));
	return print;
}

/* Numbers are one type to who reads them: samples write 70 and 70.0. */
static int
type_of(const json_t *value)
{
	return json_is_number(value) ? JSON_REAL : json_is_boolean(value) ? JSON_TRUE : (int)json_typeof(value);
}

/* The elements of a list stand for each other: some are shorter (an empty slot), so all of them are looked through. */
static const json_t *
member_of_any(const json_t *list, const char *key)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *value = json_object_get(json_array_get(list, i), key);
		if (value != NULL)
			return value;
	}
	return NULL;
}

static bool is_like(const json_t *ours, const json_t *theirs, char *path, size_t cap);

static bool
members_are_like(json_t *ours, const json_t *theirs, bool theirs_is_list, char *path, size_t cap)
{
	size_t len = strlen(path);
	const char *key;
	json_t *value;

	json_object_foreach(ours, key, value) {
		const json_t *other = theirs_is_list ? member_of_any(theirs, key) : json_object_get(theirs, key);
		str_format(path + len, cap - len, ".%s", key);
		if (other == NULL || !is_like(value, other, path, cap))
			return false;
	}
	path[len] = '\0';
	return true;
}

static bool
is_like(const json_t *ours, const json_t *theirs, char *path, size_t cap)
{
	if (type_of(ours) != type_of(theirs))
		return false;
	if (json_is_object(ours))
		return members_are_like((json_t *)(uintptr_t)ours, theirs, false, path, cap);
	for (size_t i = 0; i < json_array_size(ours); i++) {
		json_t *element = json_array_get(ours, i);
		if (json_is_object(element) && json_array_size(theirs) > 0 &&
		    !members_are_like(element, theirs, true, path, cap))
			return false;
		if (!json_is_object(element) && json_array_size(theirs) > 0 &&
		    type_of(element) != type_of(json_array_get(theirs, 0)))
			return false;
	}
	return true;
}

static bool
is_listed(const char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

static void
each_key_stands_in_the_sample(void **state)
{
	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(samples); i++) {
		json_t *theirs = print_of(samples[i].sample, samples[i].report);
		json_t *relative = samples[i].relative != NULL
					   ? print_of(samples[i].relative, samples[i].relative_report) : NULL;
		switch_on_with(samples[i].key, (const enum ams_kind[]){ AMS_KIND_LITE, AMS_KIND_HT }, 2);
		say("{'pushing':{'command':'pushall','sequence_id':'1'}}");
		json_t *whole = json_loads(said, 0, NULL), *value;
		json_t *ours = json_object_get(whole, "print");
		const char *key;
		json_object_foreach(ours, key, value) {
			char path[256], other[256];
			str_copy(path, sizeof path, key);
			str_copy(other, sizeof other, key);
			bool is_there = json_object_get(theirs, key) != NULL &&
					is_like(value, json_object_get(theirs, key), path, sizeof path);
			if (!is_there && relative != NULL)
				is_there = json_object_get(relative, key) != NULL &&
					   is_like(value, json_object_get(relative, key), other, sizeof other);
			if (!is_there)
				fail_msg("%s: %s is not in the sample, or is of another type there", samples[i].key, path);
		}
		json_object_foreach(theirs, key, value) {
			if (json_object_get(ours, key) == NULL && !is_listed(left_out, STR_ARRAY_LEN(left_out), key))
				fail_msg("%s: the sample has %s, the machine has not", samples[i].key, key);
		}
		json_decref(whole);
		json_decref(theirs);
		json_decref(relative);
	}
}

/* Modules are named by the same members, and those of the main board and the units as there. */
static void
modules_are_named_as_by_real_printers(void **state)
{
	(void)state;
	SWITCH_ON("X1C", AMS_KIND_AMS, AMS_KIND_PRO2, AMS_KIND_HT);
	static const char *const names[] = { "ota", "ams/0", "n3f/1", "n3s/128", "ahb", "mc", "mc-sub", "th", "ap" };
	assert_int_equal(seen.module_count, STR_ARRAY_LEN(names));
	for (size_t i = 0; i < STR_ARRAY_LEN(names); i++)
		assert_string_equal(seen.modules[i].name, names[i]);
	assert_string_equal(seen.product, "Bambu Lab X1-Carbon");
	SWITCH_ON("A1", AMS_KIND_LITE);
	assert_string_equal(seen.modules[1].name, "ams_f1/0");
	assert_string_equal(seen.modules[1].product, "AMS Lite");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_model_is_read_as_what_it_is),
		cmocka_unit_test(spools_tell_what_they_are),
		cmocka_unit_test(an_a2l_calls_its_lite_sixteen),
		cmocka_unit_test(units_feed_two_extruders_in_turn),
		cmocka_unit_test(deltas_are_in_the_models_style),
		cmocka_unit_test(sparse_deltas_carry_units_where_the_model_does),
		cmocka_unit_test(each_key_stands_in_the_sample),
		cmocka_unit_test(modules_are_named_as_by_real_printers),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
