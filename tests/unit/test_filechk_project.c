/*
 * The JSON parts of a 3MF.
 */
#include "filechk_rig.h"
#include "printer/jsonin.h"
#include "stored/filechk/project.h"

static bool
take(const char *text)
{
	return project_parse(text, strlen(text), &contents, &fault);
}

static void
the_project_tells_its_filaments_and_what_counts_for_all_plates(void **state)
{
	(void)state;
	assert_true(
		take("{\"printer_model\":\"Bambu Lab X1 Carbon\",\"curr_bed_type\":\"Textured PEI Plate\","
		     "\"filament_type\":[\"PLA\",\"PA-CF\",\"PETG\"],\"filament_colour\":[\"#FF8000\",\"#"
		     "00000080\"],"
		     "\"filament_ids\":[\"GFL99\",\"\",\"P1234567\"],\"nozzle_diameter\":[\"0.4\"],"
		     "\"physical_extruder_map\":[\"0\"],"
		     "\"machine_start_gcode\":\"G28\\nM400\"}"));
	assert_int_equal(contents.plates.filament_count, 3);
	assert_string_equal(contents.plates.filaments[1].material, "PA-CF");
	assert_string_equal(contents.plates.filaments[1].color, "00000080");
	assert_string_equal(contents.plates.filaments[2].profile, "P1234567");
	assert_string_equal(contents.plates.filaments[2].color, "");
	assert_string_equal(contents.bed_type, "Textured PEI Plate");
	assert_int_equal(contents.nozzle_count, 1);
	assert_int_equal(contents.extruder_count, 0);
	struct contents_more *more;
	contents_plate(&contents, 1, &more);
	contents_settle(&contents);
	assert_string_equal(contents.plates.model, "X1C"); /* by its name: no plate tells a code */
	assert_string_equal(plate_at(0)->bed_type, "Textured PEI Plate");
	assert_true(plate_at(0)->nozzles_mm[0] == 0.4);
}

/* What a plate was sliced with is told before, and stays. */
static void
the_projects_list_tells_what_no_plate_has_told(void **state)
{
	(void)state;
	*contents_filament(&contents, 1) = (struct project_filament){ .material = "PLA-S", .color = "FFFFFFFF" };
	assert_true(take("{\"filament_type\":[\"PETG\",\"PLA\"],\"filament_colour\":[\"#FF8000\",\"#000000\"],"
			 "\"filament_ids\":[\"GFG99\",\"GFS02\"]}"));
	assert_string_equal(contents.plates.filaments[0].material, "PETG");
	assert_string_equal(contents.plates.filaments[1].material, "PLA-S");
	assert_string_equal(contents.plates.filaments[1].color, "FFFFFFFF");
	assert_string_equal(contents.plates.filaments[1].profile, "GFS02");
}

static void
the_name_of_a_printer_of_another_maker_is_no_model(void **state)
{
	(void)state;
	assert_true(take("{\"printer_model\":\"P1S\"}"));
	contents_settle(&contents);
	assert_string_equal(contents.plates.model, "");
}

static void
where_name_and_code_disagree_the_name_counts_and_it_is_noted(void **state)
{
	(void)state;
	assert_true(take("{\"printer_model\":\"Bambu Lab X1 Carbon\"}"));
	str_copy(contents.plates.model_code, sizeof contents.plates.model_code, "C11");
	contents_settle(&contents);
	assert_string_equal(contents.plates.model, "X1C");
	assert_string_equal(contents.notes[0], "It names the X1 Carbon, and has the code of the P1P: the name counts.");
	contents_init(&contents);
	assert_true(take("{\"printer_model\":\"Bambu Lab P9\"}"));
	str_copy(contents.plates.model_code, sizeof contents.plates.model_code, "C11");
	contents_settle(&contents);
	assert_string_equal(contents.plates.model, "P1P");
	assert_int_equal(contents.note_count, 0);
}

static void
the_table_of_extruders_is_taken_whole_or_not_at_all(void **state)
{
	(void)state;
	assert_true(take("{\"physical_extruder_map\":[\"1\",\"0\"]}"));
	assert_int_equal(contents.extruder_count, 2);
	assert_int_equal(contents.extruders[0], 1);
	contents_init(&contents);
	assert_true(take("{\"physical_extruder_map\":[\"1\",\"7\"]}"));
	assert_int_equal(contents.extruder_count, 0);
	assert_true(take("{\"physical_extruder_map\":[1,0]}"));
	assert_int_equal(contents.extruder_count, 0);
}

static void
what_is_not_as_it_should_be_is_left_alone(void **state)
{
	(void)state;
	assert_true(take("{\"filament_type\":\"PLA\",\"filament_colour\":{\"a\":1},\"nozzle_diameter\":[0.4,"
			 "null],\"printer_model\":7}"));
	assert_int_equal(contents.plates.filament_count, 0);
	assert_int_equal(contents.nozzle_count, 0);
	assert_string_equal(contents.printer_name, "");
}

static void
what_is_no_json_or_beyond_the_bounds_is_refused(void **state)
{
	static char many[310000];
	static const char *const tries[] = {
		"", "[]", "{", "{\"a\":1,\"a\":2}", "{\"a\":[[[[[[[[[[[[[1]]]]]]]]]]]]]}", "<xml/>"
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(tries); i++) {
		assert_false(take(tries[i]));
		assert_string_equal(fault, "is no JSON object");
	}
	str_format(many, sizeof many, "{\"a\":[");
	for (size_t used = strlen(many); used + 4 < sizeof many - 4; used += 3)
		strcpy(many + used, "[],");
	strcpy(many + strlen(many) - 1, "]}");
	assert_false(take(many));
	assert_string_equal(fault, "has too many lists");
}

static void
more_filaments_than_there_is_room_for_are_said(void **state)
{
	char text[1000] = "{\"filament_type\":[";

	(void)state;
	for (unsigned i = 0; i <= PLATES_FILAMENTS_MAX; i++)
		strcat(text, i == 0 ? "\"PLA\"" : ",\"PLA\"");
	strcat(text, "]}");
	assert_true(take(text));
	assert_true(contents.has_too_many);
	assert_int_equal(contents.plates.filament_count, PLATES_FILAMENTS_MAX);
}

static void
a_plate_tells_the_surface_that_it_was_sliced_for(void **state)
{
	static const struct { const char *text, *words; } tries[] = {
		{ "{\"bed_type\":\"textured_plate\"}", "Textured PEI Plate" },
		{ "{\"bed_type\":\"hot_plate\"}", "High Temp Plate" },
		{ "{\"bed_type\":\"Engineering Plate\"}", "Engineering Plate" },
		{ "{\"bed_type\":\"new_plate\"}", "new_plate" },
		{ "{\"bed_type\":5}", "" },
		{ "{}", "" },
	};
	struct contents_more more;
	struct plate plate;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(tries); i++) {
		contents_blank_plate(&plate, &more);
		assert_true(platejson_parse(tries[i].text, strlen(tries[i].text), &plate, &fault));
		assert_string_equal(plate.bed_type, tries[i].words);
	}
	assert_false(platejson_parse("[1]", 3, &plate, &fault));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_project_tells_its_filaments_and_what_counts_for_all_plates, begin),
		cmocka_unit_test_setup(the_projects_list_tells_what_no_plate_has_told, begin),
		cmocka_unit_test_setup(the_name_of_a_printer_of_another_maker_is_no_model, begin),
		cmocka_unit_test_setup(where_name_and_code_disagree_the_name_counts_and_it_is_noted, begin),
		cmocka_unit_test_setup(the_table_of_extruders_is_taken_whole_or_not_at_all, begin),
		cmocka_unit_test_setup(what_is_not_as_it_should_be_is_left_alone, begin),
		cmocka_unit_test_setup(what_is_no_json_or_beyond_the_bounds_is_refused, begin),
		cmocka_unit_test_setup(more_filaments_than_there_is_room_for_are_said, begin),
		cmocka_unit_test_setup(a_plate_tells_the_surface_that_it_was_sliced_for, begin),
	};

	jsonin_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
