/*
 * Is it the same filament? Materials by whatever name, colours as the eye sees them; and what places are called.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "printer/filament_fit.h"
#include "printer/spools.h"

static void
materials_are_the_same_under_several_names(void **state)
{
	static const struct {
		const char *a, *b;
		bool is_same;
	} met[] = {
		{ "PLA", "PLA", true },	       { "PLA", "pla", true },	     { "PLA Silk", "PLA", true },
		{ "PA-GF", "PA6-GF", true },   { "PAHT-CF", "PA-CF", true }, { "TPU 95A", "TPU", true },
		{ "PLA", "PETG", false },      { "PLA", "PLA-CF", false },   { "PLA", "PLA-S", false },
		{ "PLA-S", "PLA-S", true },    { "pla-s", "PLA", false },    { "PA-S", "PA", false },
		{ "", "", false },	       { "PLA", "", false },	     { "Unobtainium", "unobtainium", true },
		{ "Unobtainium", "Adamant", false },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(met); i++) {
		assert_int_equal(filament_is_same_material(met[i].a, met[i].b), met[i].is_same);
		assert_int_equal(filament_is_same_material(met[i].b, met[i].a), met[i].is_same);
	}
}

static bool
is_about(double value, double expected)
{
	return fabs(value - expected) < 0.05;
}

/* Worked out by hand from the published formulas. */
static void
colours_are_as_far_apart_as_the_eye_sees_them(void **state)
{
	(void)state;
	assert_true(is_about(filament_color_distance("FF8000FF", "FF8000"), 0));
	assert_true(is_about(filament_color_distance("000000FF", "FFFFFFFF"), 100));
	assert_true(is_about(filament_color_distance("FF0000FF", "D32941FF"), 13.73));
	assert_true(is_about(filament_color_distance("D32941FF", "FF0000FF"), 13.73));
	assert_true(is_about(filament_color_distance("0000FFFF", "000000FF"), 137.65));
	assert_true(is_about(filament_color_distance("00AE42FF", "00FF00FF"), 27.45));
	assert_true(is_about(filament_color_distance("FF8000FF", "FFA000FF"), 9.99));
	/* Blacks that makers call black pass for one; orange and amber do not. */
	assert_true(filament_color_distance("000000FF", "161616FF") < COLOR_SAME_MAX);
	assert_true(filament_color_distance("FF0000FF", "F72323FF") < COLOR_SAME_MAX);
	assert_true(filament_color_distance("FF8000FF", "FFA000FF") > COLOR_SAME_MAX);
	/* How clear it is does not count. */
	assert_true(is_about(filament_color_distance("D6ABFF80", "D6ABFFFF"), 0));
}

static void
what_is_no_colour_has_no_distance(void **state)
{
	static const char *const foreign[] = { "", "00000000", "FF80", "FF8000F", "ff8000ff", "GG8000FF", "#F80" };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(foreign); i++) {
		assert_true(isnan(filament_color_distance(foreign[i], "FF8000FF")));
		assert_true(isnan(filament_color_distance("FF8000FF", foreign[i])));
	}
}

static void
a_tray_fits_or_it_does_not(void **state)
{
	struct project_filament wanted = { .material = "PLA", .color = "FF8000FF" };
	struct tray tray = { .material = "PLA", .color = "FF8000FF" };

	(void)state;
	assert_int_equal(filament_fit(&wanted, &tray), FIT_SAME);
	strcpy(tray.color, "0000FFFF");
	assert_int_equal(filament_fit(&wanted, &tray), FIT_COLOR_DIFFERS);
	tray.color[0] = '\0';
	assert_int_equal(filament_fit(&wanted, &tray), FIT_SAME);
	strcpy(tray.material, "PETG");
	assert_int_equal(filament_fit(&wanted, &tray), FIT_MATERIAL_DIFFERS);
	wanted.material[0] = '\0';
	assert_int_equal(filament_fit(&wanted, &tray), FIT_SAME);
	tray.material[0] = '\0';
	assert_int_equal(filament_fit(&wanted, &tray), FIT_UNKNOWN);
	assert_int_equal(filament_fit(&wanted, NULL), FIT_UNKNOWN);
	assert_string_equal(filament_fit_name(FIT_MATERIAL_DIFFERS), "material-differs");
	assert_string_equal(filament_fit_name(FIT_COUNT), "?");
}

/* -- places --------------------------------------------------------------------------------------------- */
static void
places_are_called_as_on_the_screens(void **state)
{
	static const struct {
		struct spool_place place;
		unsigned nozzles;
		const char *label, *name;
	} met[] = {
		{ { 0, 0 }, 1, "A1", "AMS 1 slot 1" },
		{ { 3, 3 }, 2, "D4", "AMS 4 slot 4" },
		{ { 16, 1 }, 1, "Lite 2", "AMS lite slot 2" },
		{ { 128, 0 }, 2, "HT A", "AMS HT 1" },
		{ { 135, 0 }, 1, "HT H", "AMS HT 8" },
		{ { 255, 0 }, 1, "Ext", "the external spool" },
		{ { 255, 0 }, 2, "Ext R", "the right external spool" },
		{ { 254, 0 }, 2, "Ext L", "the left external spool" },
		{ { 253, 255 }, 1, "?", "AMS HT 126" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(met); i++) {
		char label[SPOOL_LABEL_BYTES], name[SPOOL_NAME_BYTES];
		spool_label(met[i].place, met[i].nozzles, label);
		spool_name(met[i].place, met[i].nozzles, name);
		assert_string_equal(label, met[i].label);
		assert_string_equal(name, met[i].name);
	}
}

static void
there_is_a_spool_outside_for_each_nozzle(void **state)
{
	struct spool spools[SPOOLS_MAX];
	struct printer_state printer;

	(void)state;
	printer_state_init(&printer);
	assert_int_equal(spools_list(model_by_key("P1S"), &printer, spools), 1);
	assert_int_equal(spools[0].place.ams_id, 255);
	assert_int_equal(spools[0].nozzle, 0);
	assert_null(spools[0].tray);
	assert_int_equal(spools_list(model_by_key("H2D"), &printer, spools), 2);
	assert_int_equal(spools[0].place.ams_id, 254);
	assert_int_equal(spools[0].nozzle, 1);
	/* What the printer tells outweighs its model: of one that nobody knows, too. */
	printer.extruder_count = 2;
	printer.external_count = 1;
	printer.external[0].id = 255;
	assert_int_equal(spools_list(model_other(), &printer, spools), 2);
	assert_null(spools[0].tray);
	assert_ptr_equal(spools[1].tray, &printer.external[0]);
	assert_ptr_equal(spools_find(spools, 2, (struct spool_place){ 255, 0 }), &spools[1]);
	assert_null(spools_find(spools, 2, (struct spool_place){ 0, 0 }));
}

static void
a_full_house_fits(void **state)
{
	struct spool spools[SPOOLS_MAX];
	struct printer_state printer;

	(void)state;
	printer_state_init(&printer);
	printer.ams_count = STATE_AMS_MAX;
	for (uint32_t i = 0; i < STATE_AMS_MAX; i++) {
		printer.ams[i].tray_count = STATE_TRAYS_MAX;
		printer.ams[i].extruder = i % 2 == 0 ? 0 : STATE_UNKNOWN;
	}
	assert_int_equal(spools_list(model_by_key("H2D"), &printer, spools), SPOOLS_MAX);
	assert_int_equal(spools[0].nozzle, 0);
	assert_int_equal(spools[4].nozzle, -1);
	assert_int_equal(spools_list(model_by_key("X1C"), &printer, spools), SPOOLS_MAX - 1);
	assert_int_equal(spools[4].nozzle, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(materials_are_the_same_under_several_names),
		cmocka_unit_test(colours_are_as_far_apart_as_the_eye_sees_them),
		cmocka_unit_test(what_is_no_colour_has_no_distance),
		cmocka_unit_test(a_tray_fits_or_it_does_not),
		cmocka_unit_test(places_are_called_as_on_the_screens),
		cmocka_unit_test(there_is_a_spool_outside_for_each_nozzle),
		cmocka_unit_test(a_full_house_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
