/*
 * The models table: every row is sound and within what is known of the models, each is found by every name that it
 * goes by, and whatever nobody knows is "Other", which refuses nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "printer/models.h"

static const struct model *rows;
static size_t count;

static int
setup(void **state)
{
	(void)state;
	rows = models_all(&count);
	return 0;
}

static const struct model *
row(const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].key, key) == 0)
			return &rows[i];
	fail_msg("no row %s", key);
	return NULL;
}

static void
is_model(const struct model *model, const char *key)
{
	assert_non_null(model);
	assert_string_equal(model->key, key);
}

static void
the_rows_are_these_and_in_this_order(void **state)
{
	static const char *const keys[] = { "X1",  "X1C", "X1E", "P1P", "P1S",	   "P2S", "A1",	  "A1-mini",
					    "A2L", "X2D", "H2D", "H2D-Pro", "H2S", "H2C", "Other" };

	(void)state;
	assert_int_equal(count, STR_ARRAY_LEN(keys));
	for (size_t i = 0; i < count; i++)
		assert_string_equal(rows[i].key, keys[i]);
	assert_ptr_equal(model_other(), &rows[count - 1]);
}

static void
every_row_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct model *m = &rows[i];
		assert_true(strlen(m->key) < MODEL_KEY_BYTES);
		assert_true(m->name != NULL && m->codes != NULL && m->products != NULL && m->serial_prefix != NULL);
		assert_true(m->first_signed_firmware != NULL && m->wiki != NULL && m->wiki[0] != '\0');
		assert_int_equal(strncmp(m->access_code_menu, "Settings > ", 11), 0);
		assert_int_equal(strncmp(m->developer_mode_menu, "Settings > ", 11), 0);
		/* Developer Mode shows only once LAN Only is on: the path must name both, in this order. */
		const char *lan = strstr(m->developer_mode_menu, "LAN Only");
		assert_non_null(lan);
		assert_non_null(strstr(lan, "Developer Mode"));
		assert_true(m->silence_ms == 30000 || m->silence_ms == 75000);
		assert_true(m->pushall_gap_ms >= 3000);
		assert_true(m->extruders == 1 || m->extruders == 2);
		assert_int_equal(m->tray_now_is_local, m->extruders == 2);
		assert_in_range(m->nozzle_max_celsius, 300, 350);
		assert_in_range(m->bed_max_celsius, 80, 120);
		assert_in_range(m->chamber_target_max_celsius, 0, 65);
		assert_true(m->chamber_target_max_celsius == 0 || m->has_chamber_sensor);
		assert_true(m->ams_kinds != 0 && (m->ams_kinds & 1u << AMS_KIND_UNKNOWN) == 0);
		assert_int_equal(m->camera == CAMERA_RTSPS, m->camera_port == 322);
		assert_int_equal(m->camera == CAMERA_JPEG, m->camera_port == 6000);
		/* A file that shall not start never lies in the root, from where some models start what they find. */
		assert_true(m->staging_folder[0] == '/' && strlen(m->staging_folder) > 1);
		assert_true(m->storage_mount[0] == '/' && m->storage_mount[strlen(m->storage_mount) - 1] != '/');
		if (m != model_other())
			assert_true(m->camera != CAMERA_UNKNOWN && m->storage != STORAGE_KIND_UNKNOWN);
	}
}

/* What a person reads off the public tables, model by model (docs/protocol.md, "Models"). */
static void
models_differ_as_they_do_in_the_field(void **state)
{
	static const struct {
		const char *key;
		int port;
		enum storage_kind storage;
		unsigned extruders;
		int nozzle, bed, chamber;
		enum door_source door;
		int silence_ms, gap_ms;
	} known[] = {
		{ "X1", 322, STORAGE_KIND_MICROSD, 1, 300, 120, 0, DOOR_HOME_FLAG, 30000, 60000 },
		{ "X1C", 322, STORAGE_KIND_MICROSD, 1, 300, 120, 0, DOOR_HOME_FLAG, 30000, 60000 },
		{ "X1E", 322, STORAGE_KIND_MICROSD, 1, 320, 110, 60, DOOR_HOME_FLAG, 30000, 60000 },
		{ "P1P", 6000, STORAGE_KIND_MICROSD, 1, 300, 100, 0, DOOR_NONE, 75000, 300000 },
		{ "P1S", 6000, STORAGE_KIND_MICROSD, 1, 300, 100, 0, DOOR_NONE, 75000, 300000 },
		{ "P2S", 322, STORAGE_KIND_USB, 1, 300, 110, 0, DOOR_STAT, 30000, 60000 },
		{ "A1", 6000, STORAGE_KIND_MICROSD, 1, 300, 100, 0, DOOR_NONE, 75000, 300000 },
		{ "A1-mini", 6000, STORAGE_KIND_MICROSD, 1, 300, 80, 0, DOOR_NONE, 75000, 300000 },
		{ "A2L", 6000, STORAGE_KIND_MICROSD, 1, 300, 80, 0, DOOR_NONE, 75000, 300000 },
		{ "X2D", 322, STORAGE_KIND_USB, 2, 300, 120, 65, DOOR_STAT, 30000, 60000 },
		{ "H2D", 322, STORAGE_KIND_USB, 2, 350, 120, 65, DOOR_STAT, 30000, 60000 },
		{ "H2D-Pro", 322, STORAGE_KIND_USB, 2, 350, 120, 65, DOOR_STAT, 30000, 60000 },
		{ "H2S", 322, STORAGE_KIND_USB, 1, 350, 120, 65, DOOR_STAT, 30000, 60000 },
		{ "H2C", 322, STORAGE_KIND_USB, 2, 350, 120, 65, DOOR_STAT, 30000, 60000 },
		{ "Other", 0, STORAGE_KIND_UNKNOWN, 1, 350, 120, 65, DOOR_NONE, 75000, 60000 },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(known); i++) {
		const struct model *m = row(known[i].key);
		assert_int_equal(m->camera_port, known[i].port);
		assert_int_equal(m->storage, known[i].storage);
		assert_int_equal(m->extruders, known[i].extruders);
		assert_int_equal(m->nozzle_max_celsius, known[i].nozzle);
		assert_int_equal(m->bed_max_celsius, known[i].bed);
		assert_int_equal(m->chamber_target_max_celsius, known[i].chamber);
		assert_int_equal(m->door, known[i].door);
		assert_int_equal(m->silence_ms, known[i].silence_ms);
		assert_int_equal(m->pushall_gap_ms, known[i].gap_ms);
	}
}

static void
chambers_lights_fans_and_reports_are_told_apart(void **state)
{
	(void)state;
	assert_true(row("X1C")->has_lidar && !row("P1S")->has_lidar && !row("H2D")->has_lidar);
	assert_true(row("H2D")->has_two_chamber_lights && row("X2D")->has_two_chamber_lights);
	assert_false(row("P2S")->has_two_chamber_lights);
	assert_true(row("X1C")->has_work_light && !row("X1")->has_work_light && !row("X2D")->has_work_light);
	assert_true(row("P2S")->has_aux2_fan && row("X2D")->has_aux2_fan && !row("H2D")->has_aux2_fan);
	assert_true(row("P2S")->has_airduct && row("H2C")->has_airduct && !row("X1E")->has_airduct);
	assert_false(row("A1")->has_aux_fan || row("A1-mini")->has_chamber_fan || row("A1")->has_chamber_sensor);
	assert_false(row("P1S")->has_chamber_sensor);
	assert_true(row("X1E")->has_ethernet && !row("X1C")->has_ethernet);
	assert_true(row("P2S")->sends_rich_deltas && row("X1")->sends_rich_deltas && !row("P1S")->sends_rich_deltas);
	assert_true(row("P1S")->deltas_carry_trays && !row("A1-mini")->deltas_carry_trays);
	assert_int_equal(row("A1")->ams_kinds, 1u << AMS_KIND_LITE | 1u << AMS_KIND_PRO2 | 1u << AMS_KIND_HT);
	assert_int_equal(row("X1C")->ams_kinds, 1u << AMS_KIND_AMS | 1u << AMS_KIND_PRO2 | 1u << AMS_KIND_HT);
	assert_int_equal(row("A2L")->ams_kinds, 1u << AMS_KIND_AMS | 1u << AMS_KIND_LITE | 1u << AMS_KIND_HT);
	assert_string_equal(row("X1C")->first_signed_firmware, "01.08.50.32");
	assert_string_equal(row("X1E")->first_signed_firmware, "");
	assert_string_equal(row("P2S")->first_signed_firmware, "0");
}

static void
prints_start_as_each_model_wants_them(void **state)
{
	(void)state;
	assert_string_equal(row("P1S")->staging_folder, "/model");
	assert_string_equal(row("A2L")->staging_folder, "/model");
	assert_string_equal(row("X1C")->staging_folder, "/cache");
	assert_string_equal(row("H2C")->staging_folder, "/cache");
	assert_true(row("P1P")->uploads_disturb && row("A1-mini")->uploads_disturb && row("A2L")->uploads_disturb);
	assert_false(row("X1C")->uploads_disturb || row("P2S")->uploads_disturb || row("H2D")->uploads_disturb);
	assert_true(row("P2S")->decides_calibration && row("H2C")->decides_calibration);
	assert_true(row("A2L")->decides_calibration && row("X2D")->decides_calibration);
	assert_false(row("X1C")->decides_calibration || row("P1S")->decides_calibration ||
		     row("A1")->decides_calibration);
	assert_true(row("P2S")->never_vibration && !row("X1C")->never_vibration);
	assert_true(row("X1C")->mixes_external && row("H2S")->mixes_external && row("A2L")->mixes_external);
	assert_false(row("P1S")->mixes_external || row("A1")->mixes_external || row("A1-mini")->mixes_external);
}

/* Who runs whose G-code: the X1 and P1 models, and the two H2D; all others only their own. */
static void
families_of_gcode(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct model *m = &rows[i];
		bool is_core = strncmp(m->key, "X1", 2) == 0 || strncmp(m->key, "P1", 2) == 0;
		bool is_h2d = strncmp(m->key, "H2D", 3) == 0;
		if (is_core || is_h2d)
			assert_string_equal(m->gcode_family, is_core ? "X1 and P1" : "H2D");
		else
			assert_null(m->gcode_family);
	}
}

/* -- finding a row -------------------------------------------------------------------------- */
static void
a_row_is_found_by_each_of_its_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(model_by_key(rows[i].key), &rows[i]);
		assert_ptr_equal(model_by_key(rows[i].name), &rows[i]);
		if (rows[i].serial_prefix[0] != '\0')
			assert_ptr_equal(model_by_serial(rows[i].serial_prefix), &rows[i]);
		char codes[80];
		str_copy(codes, sizeof codes, rows[i].codes);
		for (char *rest = codes, *code; (code = strsep(&rest, ",")) != NULL && *code != '\0';)
			assert_ptr_equal(model_by_code(code), &rows[i]);
	}
	is_model(model_by_key("a1 MINI"), "A1-mini");
	is_model(model_by_key("A1mini"), "A1-mini");
	is_model(model_by_key("x1-carbon"), "X1C");
	is_model(model_by_key("h2dpro"), "H2D-Pro");
	is_model(model_by_key("H2 D"), "H2D");
}

static void
codes_name_models_not_slicer_profiles(void **state)
{
	(void)state;
	/* C11 and C12 are the P1 series here; N1 and N2S are easily swapped. */
	is_model(model_by_code("C11"), "P1P");
	is_model(model_by_code("C12"), "P1S");
	is_model(model_by_code("C13"), "X1E");
	is_model(model_by_code("N1"), "A1-mini");
	is_model(model_by_code("N2S"), "A1");
	is_model(model_by_code("N7-V2"), "P2S");
	is_model(model_by_code("O1D-V2"), "H2D");
	is_model(model_by_code("O1C2-V2"), "H2C");
	is_model(model_by_code("O1E"), "H2D-Pro");
	is_model(model_by_code("O2D"), "H2D-Pro");
	is_model(model_by_code("3DPrinter-X1-Carbon"), "X1C");
	is_model(model_by_code("3DPrinter-X1"), "X1");
	is_model(model_by_code("BL-A001"), "Other"); /* an AMS */
	is_model(model_by_code("N8"), "Other");
	is_model(model_by_code("O1D-Vx"), "Other");
	is_model(model_by_code("O1D-V"), "Other");
	is_model(model_by_code("N"), "Other");
}

static void
serials_name_models(void **state)
{
	(void)state;
	is_model(model_by_serial("00M00A2B0012345"), "X1C");
	is_model(model_by_serial("01p00a2b0012345"), "P1S");
	is_model(model_by_serial("0309DA123456789"), "A1-mini");
	is_model(model_by_serial("0399DA123456789"), "A1");
	is_model(model_by_serial("09400A123456789"), "H2D");
	is_model(model_by_serial("09300A123456789"), "H2S");
	is_model(model_by_serial("22E00A123456789"), "P2S");
	is_model(model_by_serial("31B00A123456789"), "H2C");
	is_model(model_by_serial("ZZZ"), "Other");
	is_model(model_by_serial("00"), "Other");
}

static void
what_nobody_knows_is_other(void **state)
{
	static const char *const foreign[] = { "", " ", "-", ",", "X", "X1,X1C", "Bambu", "H3D", "\xff\xfe", "x1c\n" };
	char endless[4000];

	(void)state;
	memset(endless, 'A', sizeof endless);
	endless[sizeof endless - 1] = '\0';
	for (size_t i = 0; i < STR_ARRAY_LEN(foreign); i++) {
		assert_ptr_equal(model_by_key(foreign[i]), model_other());
		assert_ptr_equal(model_by_code(foreign[i]), model_other());
		assert_ptr_equal(model_by_serial(foreign[i]), model_other());
	}
	assert_ptr_equal(model_by_key(endless), model_other());
	assert_ptr_equal(model_by_code(endless), model_other());
	assert_ptr_equal(model_by_serial(endless), model_other());
}

static void
other_refuses_nothing_that_some_model_can_do(void **state)
{
	const struct model *other = model_other();

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_true(other->nozzle_max_celsius >= rows[i].nozzle_max_celsius);
		assert_true(other->bed_max_celsius >= rows[i].bed_max_celsius);
		assert_true(other->chamber_target_max_celsius >= rows[i].chamber_target_max_celsius);
		assert_int_equal(other->ams_kinds & rows[i].ams_kinds, rows[i].ams_kinds);
		assert_true(other->silence_ms >= rows[i].silence_ms);
	}
	assert_true(other->mixes_external && !other->never_vibration);
	assert_true(other->has_work_light && other->has_aux_fan && other->has_chamber_fan);
	assert_string_equal(other->first_signed_firmware, "");
}

/* -- by what get_version tells -------------------------------------------------------------- */
static void
add(struct printer_state *state, const char *name, const char *product, const char *project, const char *hardware)
{
	struct module *module = &state->modules[state->module_count++];

	str_copy(module->name, sizeof module->name, name);
	str_copy(module->product, sizeof module->product, product);
	str_copy(module->project, sizeof module->project, project);
	str_copy(module->hardware, sizeof module->hardware, hardware);
}

static void
new_firmware_names_its_product(void **state)
{
	static const struct {
		const char *product, *key;
	} told[] = {
		{ "Bambu Lab X1-Carbon", "X1C" }, { "Bambu Lab X1 Carbon", "X1C" }, { "Bambu Lab P2S", "P2S" },
		{ "Bambu Lab A1 mini", "A1-mini" }, { "Bambu Lab H2C", "H2C" },	    { "Bambu Lab H2D", "H2D" },
		{ "Bambu Lab H2D Pro", "H2D-Pro" }, { "Bambu Lab X9", "Other" },    { "AMS (1)", "Other" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(told); i++) {
		struct printer_state printer;
		printer_state_init(&printer);
		add(&printer, "ota", told[i].product, "", "N/A");
		add(&printer, "ams/0", "AMS (1)", "", "AMS08");
		is_model(model_by_modules(&printer), told[i].key);
	}
}

static void
old_firmware_is_known_by_project_and_board(void **state)
{
	static const struct {
		const char *name, *project, *board, *key;
	} told[] = {
		{ "esp32", "C11", "AP04", "P1P" }, { "esp32", "C12", "AP04", "P1S" },	 { "esp32", "N2S", "AP05", "A1" },
		{ "esp32", "N1", "AP07", "A1-mini" }, { "ap", "", "AP05", "X1C" },	 { "ap", "", "AP02", "X1E" },
		{ "ap", "", "AP04", "Other" },	   { "esp32", "", "AP05", "Other" },	 { "mc", "P1", "MC07", "Other" },
		{ "ap", "P9", "AP05", "Other" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(told); i++) {
		struct printer_state printer;
		printer_state_init(&printer);
		add(&printer, told[i].name, "", told[i].project, told[i].board);
		is_model(model_by_modules(&printer), told[i].key);
	}
}

static void
a_product_is_trusted_before_a_board(void **state)
{
	struct printer_state printer;

	(void)state;
	printer_state_init(&printer);
	/* As an H2C tells it: the board is that of an X1C. */
	add(&printer, "ap", "", "", "AP05");
	add(&printer, "esp32", "", "C11", "");
	add(&printer, "ota", "Bambu Lab H2C", "", "N/A");
	is_model(model_by_modules(&printer), "H2C");
	printer_state_init(&printer);
	is_model(model_by_modules(&printer), "Other");
	/* A count beyond the table is not read. */
	printer.module_count = 1000000;
	is_model(model_by_modules(&printer), "Other");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rows_are_these_and_in_this_order),
		cmocka_unit_test(every_row_is_sound),
		cmocka_unit_test(models_differ_as_they_do_in_the_field),
		cmocka_unit_test(chambers_lights_fans_and_reports_are_told_apart),
		cmocka_unit_test(prints_start_as_each_model_wants_them),
		cmocka_unit_test(families_of_gcode),
		cmocka_unit_test(a_row_is_found_by_each_of_its_names),
		cmocka_unit_test(codes_name_models_not_slicer_profiles),
		cmocka_unit_test(serials_name_models),
		cmocka_unit_test(what_nobody_knows_is_other),
		cmocka_unit_test(other_refuses_nothing_that_some_model_can_do),
		cmocka_unit_test(new_firmware_names_its_product),
		cmocka_unit_test(old_firmware_is_known_by_project_and_board),
		cmocka_unit_test(a_product_is_trusted_before_a_board),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
