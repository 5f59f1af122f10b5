/*
 * What slice_info.config tells of plates, as Bambu Studio and OrcaSlicer write it, and what nobody should write.
 */
#include "filechk_rig.h"
#include "stored/filechk/sliceinfo.h"

static bool
take(const char *text)
{
	return sliceinfo_parse(text, strlen(text), &contents, &fault);
}

static const char dual[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<config>\n"
	"  <header>\n    <header_item key=\"X-BBL-Client-Type\" value=\"slicer\"/>\n  </header>\n"
	"  <plate>\n"
	"    <metadata key=\"index\" value=\"2\"/>\n    <metadata key=\"printer_model_id\" value=\"O1D\"/>\n"
	"    <metadata key=\"nozzle_diameters\" value=\"0.4,0.6\"/>\n    <metadata key=\"prediction\" "
	"value=\"5450\"/>\n"
	"    <metadata key=\"weight\" value=\"26.91\"/>\n    <metadata key=\"outside\" value=\"false\"/>\n"
	"    <metadata key=\"support_used\" value=\"true\"/>\n    <metadata key=\"filament_maps\" value=\"2 "
	"1 2\"/>\n"
	"    <object identify_id=\"930\" name=\"Gear &amp; &quot;axle&quot;\" skipped=\"false\" />\n"
	"    <object identify_id=\"931\" name=\"gone\" skipped=\"true\" />\n"
	"    <filament id=\"1\" tray_info_idx=\"GFA00\" type=\"PLA\" color=\"#ff8000\" used_m=\"6.18\" "
	"used_g=\"18.46\" group_id=\"1\"/>\n"
	"    <filament id=\"3\" tray_info_idx=\"GFG00\" type=\"PETG\" color=\"#0086D680\" used_m=\"1.02\" "
	"used_g=\"3.11\"/>\n"
	"    <warning msg=\"bed\" level=\"1\" error_code =\"1000C001\"  />\n  </plate>\n"
	"  <plate>\n    <metadata key=\"index\" value=\"1\"/>\n    <metadata key=\"nozzle_diameters\" "
	"value=\"0.4,0.4\"/>\n"
	"    <filament id=\"2\" type=\"ABS\" color=\"#000000\" used_m=\"1\" used_g=\"2\" group_id=\"0\"/>\n  "
	"</plate>\n</config>\n";

static void
each_plate_is_told(void **state)
{
	(void)state;
	assert_true(take(dual));
	assert_int_equal(contents.plates.plate_count, 2);
	assert_string_equal(contents.plates.model_code, "O1D");
	const struct plate *plate = plate_at(0);
	assert_int_equal(plate->number, 2);
	assert_int_equal(plate->seconds, 5450);
	assert_true(plate->grams == 26.91);
	assert_int_equal(plate->nozzle_count, 2);
	assert_true(plate->nozzles_mm[0] == 0.4 && plate->nozzles_mm[1] == 0.6);
	assert_true(contents.more[0].supports_told && contents.more[0].has_supports && !contents.more[0].is_outside);
	assert_int_equal(plate->filament_count, 2);
	assert_int_equal(plate->filaments[1].index, 2);
	assert_true(plate->filaments[1].grams == 3.11 && plate->filaments[1].meters == 1.02);
	assert_int_equal(contents.more[0].object_count, 1);
	assert_int_equal(contents.more[0].objects[0].id, 930);
	assert_string_equal(contents.more[0].objects[0].name, "Gear & \"axle\"");
	/* What is not told: */
	assert_int_equal(plate_at(1)->seconds, -1);
	assert_true(isnan(plate_at(1)->grams));
	assert_false(contents.more[1].supports_told);
}

static void
the_projects_filaments_are_those_of_all_plates(void **state)
{
	(void)state;
	assert_true(take(dual));
	assert_int_equal(contents.plates.filament_count, 3);
	assert_string_equal(contents.plates.filaments[0].material, "PLA");
	assert_string_equal(contents.plates.filaments[0].color, "FF8000FF");
	assert_string_equal(contents.plates.filaments[0].profile, "GFA00");
	assert_string_equal(contents.plates.filaments[1].material, "ABS");
	assert_string_equal(contents.plates.filaments[2].color, "0086D680");
}

/* With these parts of a plate for an H2D; then what settles about it. */
static const struct plate *
take_dual(const char *parts)
{
	char text[1200];

	contents_init(&contents);
	assert_true(str_format(text, sizeof text,
			       "<config><plate><metadata key=\"index\" value=\"1\"/>"
			       "<metadata key=\"nozzle_diameters\" value=\"0.4,0.4\"/>%s</plate></config>", parts));
	assert_true(take(text));
	contents_settle(&contents);
	return plate_at(0);
}

#define MAPS(maps) "<metadata key=\"filament_maps\" value=\"" maps "\"/>"
#define USE(number, groups) "<filament id=\"" #number "\" used_g=\"1\" group_id=\"" groups "\" volume_type=\"High Flow\"/>"
#define NOZZLE(number, extruder) "<nozzle id=\"" #number "\" extruder_id=\"" #extruder "\" nozzle_diameter=\"0.4\"/>"

/* At the command line, `filament_maps` stays as it was before the slicer decided. */
static void
what_slicing_decided_about_nozzles_counts_more_than_what_was_planned(void **state)
{
	(void)state;
	assert_int_equal(take_dual(MAPS("1 2 1") USE(1, "1") NOZZLE(1, 2))->filaments[0].nozzle, 0);
	assert_int_equal(take_dual(MAPS("1 2 1") USE(1, "1"))->filaments[0].nozzle, 0);
	assert_int_equal(take_dual(MAPS("2 2") USE(2, "0") NOZZLE(0, 1))->filaments[0].nozzle, 1);
	assert_int_equal(take_dual(MAPS("1 1") USE(2, ""))->filaments[0].nozzle, 1);
}

static void
the_nozzles_of_a_rack_belong_to_one_extruder(void **state)
{
	static const char parts[] = MAPS("1 1 1 1") USE(1, "0") USE(2, "4") USE(3, "1,6") USE(4, "0,2") NOZZLE(0, 1)
		NOZZLE(1, 2) NOZZLE(2, 2) NOZZLE(4, 2) NOZZLE(6, 2);
	const struct plate *plate = take_dual(parts);

	(void)state;
	assert_int_equal(plate->filaments[0].nozzle, 1);
	assert_int_equal(plate->filaments[1].nozzle, 0);
	assert_int_equal(plate->filaments[2].nozzle, 0);
	assert_int_equal(plate->filaments[3].nozzle, -1); /* of both */
	assert_int_equal(plate->filaments[0].high_flow, 1);
	assert_int_equal(plate->rack_nozzles, 4);
	assert_int_equal(take_dual(USE(1, "0") USE(2, "1") NOZZLE(0, 1) NOZZLE(1, 2))->rack_nozzles, 0);
	/* A group that is not listed tells nothing, so the plan counts. */
	assert_int_equal(take_dual(MAPS("1") USE(1, "5") NOZZLE(1, 2))->filaments[0].nozzle, 1);
	assert_int_equal(take_dual(MAPS("2") USE(1, "64,-1,x") NOZZLE(99, 2) NOZZLE(1, 3))->filaments[0].nozzle, 0);
}

/* The slicer counts its extruders from the left, the printer from the right. */
static void
a_filament_goes_to_the_printers_number_of_a_nozzle(void **state)
{
	(void)state;
	assert_true(take(dual));
	contents_settle(&contents);
	assert_string_equal(contents.plates.model, "H2D");
	const struct plate *first = plate_at(0), *second = plate_at(1);
	assert_int_equal(first->number, 1); /* in their order now */
	assert_int_equal(first->filaments[0].nozzle, 1);
	assert_int_equal(second->filaments[0].nozzle, 0);
	assert_int_equal(second->filaments[1].nozzle, 0);
	assert_true(first->grams == 2); /* the sum */
}

static void
the_projects_own_table_of_extruders_counts_more(void **state)
{
	(void)state;
	assert_true(take(dual));
	contents.extruder_count = 2;
	contents.extruders[0] = 0;
	contents.extruders[1] = 1;
	contents_settle(&contents);
	assert_int_equal(plate_at(0)->filaments[0].nozzle, 0);
	assert_int_equal(plate_at(1)->filaments[0].nozzle, 1);
}

static void
with_one_nozzle_all_goes_to_it(void **state)
{
	(void)state;
	assert_true(take("<config><plate><metadata key=\"index\" value=\"1\"/><metadata "
			 "key=\"printer_model_id\" value=\"N2S\"/>"
			 "<metadata key=\"nozzle_diameters\" value=\"0.4\"/><filament id=\"2\" used_g=\"1\" "
			 "group_id=\"1\"/>"
			 "</plate></config>"));
	contents_settle(&contents);
	assert_string_equal(contents.plates.model, "A1");
	assert_int_equal(plate_at(0)->filaments[0].nozzle, 0);
}

static void
figures_that_are_none_are_not_told(void **state)
{
	(void)state;
	assert_true(take("<config><plate><metadata key=\"index\" value=\"1\"/><metadata key=\"prediction\" "
			 "value=\"-5\"/>"
			 "<metadata key=\"weight\" value=\"nan\"/><metadata key=\"nozzle_diameters\" "
			 "value=\"0.4,x,1e300\"/>"
			 "<metadata key=\"filament_maps\" value=\"9 a -1 2\"/><metadata key=\"support_used\" "
			 "value=\"perhaps\"/>"
			 "<filament id=\"1\" used_g=\"inf\" used_m=\"0x10\" color=\"orange\" "
			 "tray_info_idx=\"a/b\"/></plate></config>"));
	const struct plate *plate = plate_at(0);
	assert_int_equal(plate->seconds, -1);
	assert_true(isnan(plate->grams) && isnan(plate->filaments[0].grams) && isnan(plate->filaments[0].meters));
	assert_int_equal(plate->nozzle_count, 1);
	assert_int_equal(contents.more[0].plans[0], -1);
	assert_int_equal(contents.more[0].plans[3], 1);
	assert_false(contents.more[0].supports_told);
	assert_string_equal(contents.plates.filaments[0].color, "");
	assert_string_equal(contents.plates.filaments[0].profile, "");
}

static void
a_plate_told_twice_is_as_it_was_told_first(void **state)
{
	(void)state;
	assert_true(take("<config><plate><metadata key=\"index\" value=\"1\"/><metadata key=\"prediction\" "
			 "value=\"60\"/></plate>"
			 "<plate><metadata key=\"index\" value=\"1\"/><metadata key=\"prediction\" "
			 "value=\"99\"/></plate>"
			 "<plate><metadata key=\"prediction\" value=\"77\"/></plate></config>"));
	assert_int_equal(contents.plates.plate_count, 1);
	assert_int_equal(plate_at(0)->seconds, 60);
}

static void
more_than_there_is_room_for_is_said(void **state)
{
	static char many[400 * 100];
	size_t used = 0;

	(void)state;
	assert_true(take("<config><plate><metadata key=\"index\" value=\"1\"/><filament id=\"33\"/></plate></config>"));
	assert_true(contents.has_too_many);
	contents_init(&contents);
	used += (size_t)sprintf(many, "<config>");
	for (unsigned i = 1; i <= PLATES_MAX + 1; i++)
		used += (size_t)sprintf(many + used, "<plate><metadata key=\"index\" value=\"%u\"/></plate>", i);
	sprintf(many + used, "</config>");
	assert_true(take(many));
	assert_true(contents.has_too_many);
	assert_int_equal(contents.plates.plate_count, PLATES_MAX);
	contents_init(&contents);
	used = (size_t)sprintf(many, "<config><plate><metadata key=\"index\" value=\"1\"/>");
	for (unsigned i = 1; i <= CONTENTS_OBJECTS_MAX + 2; i++)
		used += (size_t)sprintf(many + used, "<object identify_id=\"%u\" name=\"o\"/>", i);
	sprintf(many + used, "</plate></config>");
	assert_true(take(many));
	contents_settle(&contents);
	assert_string_equal(contents.notes[0], "Plate 1 has 258 objects; the first 256 are listed.");
	json_decref(written());
}

/* A person shall not be shown what a file makes of the screen. */
static void
names_are_fit_to_be_shown(void **state)
{
	(void)state;
	assert_true(take("<config><plate><metadata key=\"index\" value=\"1\"/>"
			 "<object identify_id=\"1\" name=\"  a&#9;b&#10;&#10;c&#x202e;d &#x7f;\"/>"
			 "<object identify_id=\"2\" name=\"\xe2\x82\xac uro "
			 "0123456789012345678901234567890123456789012345678901234\xc3\xa4\"/>"
			 "<filament id=\"1\" type=\"&#x9b;PLA\"/></plate></config>"));
	assert_string_equal(contents.more[0].objects[0].name, "a b c d");
	assert_true(str_valid_utf8(contents.more[0].objects[1].name, strlen(contents.more[0].objects[1].name)));
	assert_string_equal(contents.plates.filaments[0].material, "PLA");
}

static void
what_is_no_xml_or_has_tricks_is_refused(void **state)
{
	static const struct { const char *text, *why; } tries[] = {
		{ "", "is no well-formed XML" },
		{ "{}", "is no well-formed XML" },
		{ "<config><plate></config>", "is no well-formed XML" },
		{ "<config a=\"1\" a=\"2\"/>", "is no well-formed XML" },
		{ "<!DOCTYPE a [<!ENTITY b \"bb\">]><config>&b;</config>", "has a document type of its own" },
		{ "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><config/>", "has a document type of its own" },
		{ "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>", "is nested too deeply" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(tries); i++) {
		assert_false(take(tries[i].text));
		assert_string_equal(fault, tries[i].why);
	}
}

static void
what_was_told_before_a_break_stays(void **state)
{
	(void)state;
	assert_false(take("<config><plate><metadata key=\"index\" value=\"1\"/></plate><plate><metadata "
			  "key=\"index\" value=\"2\"/>"));
	assert_int_equal(contents.plates.plate_count, 1);
}

static void
plates_get_their_names(void **state)
{
	static const char names[] = "<config><object id=\"1\"><metadata key=\"name\" value=\"x\"/></object>"
				    "<plate><metadata key=\"plater_id\" value=\"2\"/><metadata "
				    "key=\"plater_name\" value=\"lid &lt;1&gt;\"/></plate>"
				    "<plate><metadata key=\"plater_id\" value=\"9\"/><metadata "
				    "key=\"plater_name\" value=\"no such\"/></plate></config>";

	(void)state;
	assert_true(take(dual));
	assert_true(platenames_parse(names, sizeof names - 1, &contents, &fault));
	assert_string_equal(plate_at(0)->name, "lid <1>");
	assert_string_equal(plate_at(1)->name, "");
	assert_int_equal(contents.plates.plate_count, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_plate_is_told, begin),
		cmocka_unit_test_setup(the_projects_filaments_are_those_of_all_plates, begin),
		cmocka_unit_test_setup(a_filament_goes_to_the_printers_number_of_a_nozzle, begin),
		cmocka_unit_test_setup(what_slicing_decided_about_nozzles_counts_more_than_what_was_planned, begin),
		cmocka_unit_test_setup(the_nozzles_of_a_rack_belong_to_one_extruder, begin),
		cmocka_unit_test_setup(the_projects_own_table_of_extruders_counts_more, begin),
		cmocka_unit_test_setup(with_one_nozzle_all_goes_to_it, begin),
		cmocka_unit_test_setup(figures_that_are_none_are_not_told, begin),
		cmocka_unit_test_setup(a_plate_told_twice_is_as_it_was_told_first, begin),
		cmocka_unit_test_setup(more_than_there_is_room_for_is_said, begin),
		cmocka_unit_test_setup(names_are_fit_to_be_shown, begin),
		cmocka_unit_test_setup(what_is_no_xml_or_has_tricks_is_refused, begin),
		cmocka_unit_test_setup(what_was_told_before_a_break_stays, begin),
		cmocka_unit_test_setup(plates_get_their_names, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
