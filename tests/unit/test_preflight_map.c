/*
 * Which tray feeds what: proposed as a person would choose, taken as the options say, and never "external" because
 * nothing else was found.
 */
#include "tests/unit/preflight_rig.h"

#define WHITE "'material':'PLA','color':'FFFFFFFF'"
#define BLACK "'material':'PLA','color':'000000FF'"

/* A loaded tray. */
static struct tray
spool_of(int32_t id, const char *material, const char *color)
{
	struct tray tray = { .id = id, .fill = TRAY_LOADED, .remain_percent = STATE_UNKNOWN, .weight_g = STATE_UNKNOWN };

	str_copy(tray.material, sizeof tray.material, material);
	str_copy(tray.color, sizeof tray.color, color);
	return tray;
}

/* -- with an AMS ---------------------------------------------------------------------------------------- */
static void
the_nearest_colour_of_the_material_is_chosen(void **state)
{
	static const struct {
		const char *filament;
		int32_t ams, slot;
	} met[] = {
		{ BLACK, 0, 0 },
		{ "'material':'PLA','color':'7A6055FF'", 0, 1 }, /* a brown that is nearly that of slot 2 */
		{ "'material':'PLA','color':'B08860FF'", 0, 3 },
		{ "'material':'PLA','color':'161616FF'", 0, 0 },
		{ "'material':'ABS','color':'000000FF'", 2, 3 }, /* ABS and black, not the nearer PLA */
		{ "'material':'ABS','color':'C82030FF'", 1, 0 },
		{ "'material':'PA-CF','color':'000000FF'", 128, 0 },
		{ "'material':'PAHT-CF','color':'000000FF'", 128, 0 }, /* the printer's word for it is shorter */
		{ "'material':'PLA Silk','color':'000000FF'", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(met); i++) {
		A_FILE_OF("X1C", met[i].filament);
		look();
		is_mapped(0, met[i].ams, met[i].slot);
		assert_true(found.proposed[0] && found.use_ams && found.ready);
	}
}

static void
a_colour_that_nobody_has_is_said_and_does_not_stop(void **state)
{
	(void)state;
	A_FILE_OF("X1C", "'material':'PLA','color':'00FF00FF'");
	look();
	only_is_found(FINDING_COLOR_DIFFERS, PREFLIGHT_NOTE, "was sliced for PLA (green); in AMS 1 slot", "");
	assert_true(found.ready);
	/* What colour it shall be, or is, may be unknown: that is no difference. */
	A_FILE_OF("X1C", "'material':'PLA'");
	look();
	nothing_is_found();
}

/* Never silently "external": the print would fail at the first layer. */
static void
a_material_that_nobody_has_is_in_the_way(void **state)
{
	(void)state;
	A_FILE_OF("X1C", BLACK, "'material':'PETG','color':'0000FFFF'");
	look();
	only_is_found(FINDING_NO_TRAY_FITS, PREFLIGHT_IMPOSSIBLE, "The plate needs PETG (blue) and no tray has it.",
		      "Load it, or choose another tray.");
	is_mapped(0, 0, 0);
	is_mapped(1, -1, -1);
	assert_false(found.proposed[1] || found.possible);
	/* A support material is not the material that it supports. */
	A_FILE_OF("X1C", "'material':'PLA-S','color':'000000FF'");
	look();
	only_is_found(FINDING_NO_TRAY_FITS, PREFLIGHT_IMPOSSIBLE, "PLA-S (black)", "");
	A_FILE_OF("X1C", "'color':'000000FF'");
	look();
	only_is_found(FINDING_NO_TRAY_FITS, PREFLIGHT_IMPOSSIBLE, "does not say what its filament 1 is made of",
		      "Choose a tray");
}

static void
no_tray_feeds_two_different_filaments(void **state)
{
	(void)state;
	/* The second fits the black tray better: it gets it, whatever the order. */
	A_FILE_OF("X1C", "'material':'PLA','color':'303030FF'", BLACK);
	look();
	is_mapped(1, 0, 0);
	assert_true(found.mapping[0].ams_id == 0 && found.mapping[0].slot_id != 0);
	/* The same wanted twice comes from one. */
	A_FILE_OF("X1C", BLACK, "'material':'ABS','color':'FFFFFFFF'", BLACK);
	look();
	is_mapped(0, 0, 0);
	is_mapped(1, 1, 2);
	is_mapped(2, 0, 0);
	nothing_is_found();
	/* Five of four. */
	A_FILE_OF("X1C", "'material':'PLA','color':'100000FF'", "'material':'PLA','color':'200000FF'",
		  "'material':'PLA','color':'300000FF'", "'material':'PLA','color':'400000FF'",
		  "'material':'PLA','color':'500000FF'");
	look();
	is_found(FINDING_NO_TRAY_FITS, PREFLIGHT_IMPOSSIBLE, "no tray that has it is left", "Load one more");
	uint32_t open = 0;
	for (uint32_t i = 0; i < 5; i++)
		open += found.mapping[i].ams_id < 0;
	assert_int_equal(open, 1);
}

static void
what_the_plate_does_not_use_has_no_tray(void **state)
{
	(void)state;
	a_file("'kind':'3mf','model':'X1C','filaments':[{'index':0,'material':'PEEK'},{'index':1," BLACK "},"
	       "{'index':2," WHITE "}],'plates':[{'plate':1,'filaments':[{'index':1,'grams':5}]}]");
	with_options("{'amsMapping':[3,0,2]}");
	look();
	is_mapped(0, -1, -1);
	is_mapped(1, 0, 0);
	is_mapped(2, -1, -1);
	nothing_is_found();
}

static void
of_trays_alike_the_profile_and_the_rest_decide(void **state)
{
	(void)state;
	A_FILE_OF("X1C", "'material':'PLA','color':'000000FF','profile':'GFL99'");
	printer.ams[0].trays[2] = spool_of(2, "PLA", "000000FF");
	str_copy(printer.ams[0].trays[2].profile, sizeof printer.ams[0].trays[2].profile, "GFL99");
	look();
	is_mapped(0, 0, 2);
	/* It has too little left; the other, of another profile, has enough. */
	printer.ams[0].trays[2].remain_percent = 0;
	printer.ams[0].trays[2].weight_g = 250;
	look();
	is_mapped(0, 0, 0);
	nothing_is_found();
}

static void
only_trays_whose_filament_is_known_are_proposed(void **state)
{
	static const enum tray_fill not_loaded[] = { TRAY_UNKNOWN, TRAY_EMPTY, TRAY_REMEMBERED, TRAY_UNREAD,
						     TRAY_READING };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(not_loaded); i++) {
		printer.ams[0].trays[0].fill = not_loaded[i];
		look();
		assert_true(found.mapping[0].ams_id == 0 && found.mapping[0].slot_id != 0);
	}
}

static void
a_spool_with_too_little_is_warned_of(void **state)
{
	(void)state;
	/* 93 % of 1000 g, which may be nearly 940. Both filaments come from it. */
	A_FILE_OF("X1C", BLACK, BLACK);
	plates.plates[0].filaments[0].grams = 500;
	plates.plates[0].filaments[1].grams = 439;
	look();
	nothing_is_found();
	plates.plates[0].filaments[1].grams = 445;
	with_options("{'amsMapping':[0,0]}");
	look();
	only_is_found(FINDING_FILAMENT_SHORT, PREFLIGHT_WARNING, "needs 945 g from AMS 1 slot 1, which has about 940 g",
		      "fuller spool");
	/* What is left on a spool without a tag, and on all of an A1, is not known. */
	printer.ams[0].trays[0].remain_percent = STATE_UNKNOWN;
	look();
	nothing_is_found();
	print_options_init(&options);
	a_printer("A1-mini", "a1mini-1", "message");
	A_FILE_OF("A1-mini", BLACK);
	plates.plates[0].filaments[0].grams = 500;
	look();
	nothing_is_found();
	assert_int_equal(printer.ams[0].trays[3].remain_percent, 0);
	is_mapped(0, 0, 3);
}

/* -- external spools ------------------------------------------------------------------------------------ */
static void
without_an_ams_it_comes_from_the_spool_outside(void **state)
{
	(void)state;
	a_printer("P1P", "p1p-1", "push_all");
	printer.ams_count = 0;
	A_FILE_OF("P1P", "'material':'PLA','color':'161616FF'");
	look();
	nothing_is_found();
	is_mapped(0, 255, 0);
	assert_true(found.proposed[0] && !found.use_ams);
	/* Also where the options of a whole farm say that an AMS is to be used. */
	with_options("{'use_ams':true}");
	look();
	nothing_is_found();
	assert_false(found.use_ams);
	/* Nobody has told the printer what it is: whoever put it there knows. */
	printer.external[0].material[0] = '\0';
	printer.external[0].fill = TRAY_UNKNOWN;
	look();
	only_is_found(FINDING_MATERIAL_UNKNOWN, PREFLIGHT_NOTE, "does not tell what is in the external spool", "Look");
	is_mapped(0, 255, 0);
	printer.external_count = 0;
	look();
	assert_true(found.ready);
	is_mapped(0, 255, 0);
}

static void
another_material_outside_is_warned_of(void **state)
{
	(void)state;
	a_printer("P1P", "p1p-1", "push_all");
	printer.ams_count = 0;
	A_FILE_OF("P1P", "'material':'PETG','color':'161616FF'");
	look();
	only_is_found(FINDING_MATERIAL_DIFFERS, PREFLIGHT_WARNING, "needs PETG (black); in the external spool is PLA",
		      "Load what");
	A_FILE_OF("P1P", "'material':'PLA','color':'161616FF'", "'material':'PETG','color':'161616FF'");
	look();
	is_found(FINDING_NO_TRAY_FITS, PREFLIGHT_IMPOSSIBLE, "needs PETG (black) beside other filament", "Connect an AMS");
	is_mapped(1, -1, -1);
	/* Two that are the same are one spool. */
	A_FILE_OF("P1P", "'material':'PLA','color':'161616FF'", "'material':'PLA','color':'161616FF'");
	look();
	nothing_is_found();
	is_mapped(1, 255, 0);
}

static void
the_spool_outside_is_the_last_resort(void **state)
{
	(void)state;
	/* The AMS has PLA of other colours; the spool outside is exactly what is wanted, and yet outside. */
	a_printer("A1", "a1-1", "pushall");
	A_FILE_OF("A1", WHITE);
	look();
	assert_true(found.use_ams && found.mapping[0].ams_id == 0);
	/* Only it has the material. */
	printer.external[0] = spool_of(254, "TPU", "FFFFFFFF");
	A_FILE_OF("A1", "'material':'TPU','color':'FFFFFFFF'");
	look();
	nothing_is_found();
	is_mapped(0, 255, 0);
	assert_false(found.use_ams);
	/* What it is not known to be it is not taken for while there is an AMS. */
	printer.external[0].material[0] = '\0';
	printer.external[0].fill = TRAY_UNKNOWN;
	look();
	only_is_found(FINDING_NO_TRAY_FITS, PREFLIGHT_IMPOSSIBLE, "needs TPU (white) and no tray has it", "");
}

static void
whether_ams_and_spool_can_be_mixed_depends_on_the_model(void **state)
{
	(void)state;
	a_printer("A1", "a1-1", "pushall");
	printer.external[0] = spool_of(254, "TPU", "FFFFFFFF");
	A_FILE_OF("A1", "'material':'PLA','color':'76D9F4FF'", "'material':'TPU','color':'FFFFFFFF'");
	look();
	only_is_found(FINDING_NO_TRAY_FITS, PREFLIGHT_IMPOSSIBLE, "TPU", "");
	with_options("{'amsMapping':[0,255]}");
	look();
	only_is_found(FINDING_MIXED_SPOOLS, PREFLIGHT_WARNING, "The A1 does not use its AMS and its external spool", "");
	print_options_init(&options);
	a_printer("X1C", "x1c-1", "pushall");
	printer.external[0] = spool_of(255, "TPU", "FFFFFFFF");
	A_FILE_OF("X1C", BLACK, "'material':'TPU','color':'FFFFFFFF'");
	look();
	nothing_is_found();
	is_mapped(0, 0, 0);
	is_mapped(1, 255, 0);
	assert_true(found.use_ams);
}

static void
the_ams_can_be_left_out_or_insisted_on(void **state)
{
	(void)state;
	with_options("{'useAms':false}");
	look();
	is_mapped(0, 255, 0);
	assert_false(found.use_ams);
	only_is_found(FINDING_MATERIAL_UNKNOWN, PREFLIGHT_NOTE, "external spool", "");
	with_options("{'useAms':false,'amsMapping':[0]}");
	look();
	only_is_found(FINDING_AMS_UNWANTED, PREFLIGHT_IMPOSSIBLE, "shall not use the AMS", "");
	/* Insisted on: the spool outside is no resort at all. */
	printer.external[0] = spool_of(255, "TPU", "FFFFFFFF");
	A_FILE_OF("X1C", "'material':'TPU','color':'FFFFFFFF'");
	with_options("{'useAms':true}");
	look();
	only_is_found(FINDING_NO_TRAY_FITS, PREFLIGHT_IMPOSSIBLE, "TPU", "");
	with_options("{'useAms':false}");
	A_FILE_OF("X1C", BLACK, WHITE);
	look();
	is_found(FINDING_NO_TRAY_FITS, PREFLIGHT_IMPOSSIBLE, "only the external spool", "Let the print use the AMS");
}

/* -- what the options choose ---------------------------------------------------------------------------- */
static void
what_was_chosen_is_taken_and_judged(void **state)
{
	(void)state;
	with_options("{'amsMapping':[{'amsId':1,'slotId':0}]}");
	look();
	is_mapped(0, 1, 0);
	assert_false(found.proposed[0]);
	only_is_found(FINDING_MATERIAL_DIFFERS, PREFLIGHT_WARNING, "needs PLA (black); in AMS 2 slot 1 is ABS", "");
	with_options("{'amsMapping':[9]}"); /* AMS 3 slot 2, nothing chosen for more */
	A_FILE_OF("X1C", "'material':'ABS','color':'FF6A13FF'", BLACK);
	look();
	nothing_is_found();
	is_mapped(0, 2, 1);
	is_mapped(1, 0, 0);
	assert_true(!found.proposed[0] && found.proposed[1]);
	/* Nothing is proposed that was chosen for another. */
	with_options("{'amsMapping':[null,0]}");
	A_FILE_OF("X1C", BLACK, "'material':'PLA','color':'7D6556FF'");
	look();
	is_mapped(1, 0, 0);
	assert_true(found.mapping[0].ams_id == 0 && found.mapping[0].slot_id != 0);
}

static void
a_tray_that_is_not_there_cannot_be_chosen(void **state)
{
	(void)state;
	with_options("{'amsMapping':[{'amsId':3,'slotId':2}]}");
	look();
	only_is_found(FINDING_TRAY_MISSING, PREFLIGHT_IMPOSSIBLE, "The printer has no AMS 4 slot 3.", "connect the AMS");
	with_options("{'amsMapping':[131]}");
	look();
	only_is_found(FINDING_TRAY_MISSING, PREFLIGHT_IMPOSSIBLE, "no AMS HT 4.", "");
	with_options("{'amsMapping':[64]}");
	look();
	only_is_found(FINDING_TRAY_MISSING, PREFLIGHT_IMPOSSIBLE, "no AMS lite slot 1.", "");
	/* AMS 3 slot 1 is empty. */
	with_options("{'amsMapping':[8]}");
	look();
	only_is_found(FINDING_TRAY_EMPTY, PREFLIGHT_WARNING, "There is nothing in AMS 3 slot 1.", "Put the spool in");
}

static void
one_nozzle_has_one_spool_outside_whatever_its_number(void **state)
{
	(void)state;
	a_printer("A1", "a1-1", "pushall");
	A_FILE_OF("A1", WHITE);
	for (int32_t id = 254; id <= 255; id++) {
		char json[40];
		str_format(json, sizeof json, "{'amsMapping':[%d]}", id);
		with_options(json);
		look();
		nothing_is_found();
		is_mapped(0, 255, 0);
	}
}

/* -- two nozzles ---------------------------------------------------------------------------------------- */

/* Its AMS feeds the left nozzle, its AMS HT the right one. */
static void
with_two_nozzles_the_side_counts_first(void **state)
{
	(void)state;
	a_printer("H2D", "h2d-1", "push_all");
	printer.gcode_state = GCODE_STATE_IDLE;
	assert_int_equal(printer.ams[0].extruder, 1);
	assert_int_equal(printer.ams[1].extruder, 0);
	printer.ams[1].trays[0] = spool_of(0, "PLA", "00FF00FF");
	a_file("'kind':'3mf','model':'H2D','filaments':[{'index':0," BLACK "}],"
	       "'plates':[{'plate':1,'filaments':[{'index':0,'grams':5,'nozzle':0}]}]");
	look();
	is_mapped(0, 128, 0);
	only_is_found(FINDING_COLOR_DIFFERS, PREFLIGHT_NOTE, "for PLA (black); in AMS HT 1 is PLA (green)", "");
	/* Two that have one name. */
	a_file("'kind':'3mf','model':'H2D','filaments':[{'index':0,'material':'PLA','color':'3F8E43FF'}],"
	       "'plates':[{'plate':1,'filaments':[{'index':0,'grams':5,'nozzle':0}]}]");
	look();
	only_is_found(FINDING_COLOR_DIFFERS, PREFLIGHT_NOTE, "for PLA (green); in AMS HT 1 is PLA (another green)", "");
	a_file("'kind':'3mf','model':'H2D','filaments':[{'index':0," BLACK "}],"
	       "'plates':[{'plate':1,'filaments':[{'index':0,'grams':5,'nozzle':0}]}]");
	plates.plates[0].filaments[0].nozzle = 1;
	look();
	is_mapped(0, 0, 1);
	nothing_is_found();
	/* Only the other side has it. */
	plates.plates[0].filaments[0].nozzle = 0;
	printer.ams[1].trays[0] = spool_of(0, "PETG", "000000FF");
	look();
	is_mapped(0, 0, 1);
	only_is_found(FINDING_OTHER_NOZZLE, PREFLIGHT_WARNING,
		      "sliced with PLA (black) in the right nozzle; AMS 1 slot 2 feeds the left one", "other side");
	/* Which side it feeds, or was sliced for, may be unknown. */
	printer.ams[0].extruder = STATE_UNKNOWN;
	look();
	nothing_is_found();
}

static void
each_nozzle_has_a_spool_outside(void **state)
{
	(void)state;
	a_printer("H2D", "h2d-1", "push_all");
	printer.ams_count = 0;
	a_file("'kind':'3mf','model':'H2D','filaments':[{'index':0," BLACK "},{'index':1," WHITE "}],"
	       "'plates':[{'plate':1,'filaments':[{'index':0,'nozzle':1},{'index':1,'nozzle':0}]}]");
	look();
	is_mapped(0, 254, 0);
	is_mapped(1, 255, 0);
	assert_true(found.ready && !found.use_ams);
	is_found(FINDING_MATERIAL_UNKNOWN, PREFLIGHT_NOTE, "the left external spool", "");
	with_options("{'amsMapping':[255,254]}");
	look();
	is_found(FINDING_OTHER_NOZZLE, PREFLIGHT_WARNING, "the right external spool feeds the right one", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(the_nearest_colour_of_the_material_is_chosen),
		STORY(a_colour_that_nobody_has_is_said_and_does_not_stop),
		STORY(a_material_that_nobody_has_is_in_the_way),
		STORY(no_tray_feeds_two_different_filaments),
		STORY(what_the_plate_does_not_use_has_no_tray),
		STORY(of_trays_alike_the_profile_and_the_rest_decide),
		STORY(only_trays_whose_filament_is_known_are_proposed),
		STORY(a_spool_with_too_little_is_warned_of),
		STORY(without_an_ams_it_comes_from_the_spool_outside),
		STORY(another_material_outside_is_warned_of),
		STORY(the_spool_outside_is_the_last_resort),
		STORY(whether_ams_and_spool_can_be_mixed_depends_on_the_model),
		STORY(the_ams_can_be_left_out_or_insisted_on),
		STORY(what_was_chosen_is_taken_and_judged),
		STORY(a_tray_that_is_not_there_cannot_be_chosen),
		STORY(one_nozzle_has_one_spool_outside_whatever_its_number),
		STORY(with_two_nozzles_the_side_counts_first),
		STORY(each_nozzle_has_a_spool_outside),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
