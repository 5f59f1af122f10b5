/*
 * Which hotend of its rack an H2C takes: a person says it, or accepts that the printer chooses; other models are never
 * asked for it.
 */
#include "tests/unit/preflight_rig.h"

/* Two filaments of the plate's, each with the printer's number of its nozzle; -1: the file does not tell it. */
static void
looked_at(const char *model, int first, int second, const char *wishes)
{
	char members[1024], first_nozzle[20] = "", second_nozzle[20] = "";

	if (first >= 0)
		str_format(first_nozzle, sizeof first_nozzle, ",'nozzle':%d", first);
	if (second >= 0)
		str_format(second_nozzle, sizeof second_nozzle, ",'nozzle':%d", second);
	str_format(members, sizeof members,
		   "'kind':'3mf','model':'%s','filaments':[{'index':0,'material':'PLA'},{'index':1,'material'"
		   ":'PLA'}],"
		   "'plates':[{'plate':1,'nozzlesMm':[0.4,0.4],'filaments':[{'index':0,'grams':10%s},"
		   "{'index':1,'grams':10%s}]}]",
		   model, first_nozzle, second_nozzle);
	a_file(members);
	with_options(wishes);
	a_printer(model, "h2c-1", "pushall");
	look();
}

static void
a_plate_of_the_rack_needs_its_hotends_named(void **state)
{
	static const int nozzles[][2] = { { 0, 0 }, { 1, 0 }, { 0, 1 }, { -1, 1 }, { -1, -1 } };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(nozzles); i++) {
		looked_at("H2C", nozzles[i][0], nozzles[i][1], "{}");
		is_found(FINDING_RACK_HOTEND, PREFLIGHT_WARNING, "the H2C's rack", "nozzleMapping");
		assert_false(found.names_nozzles || found.ready);
	}
	looked_at("H2C", 0, 0, "{'accept':['rack-hotend']}");
	assert_true(entry_of(FINDING_RACK_HOTEND)->accepted);
	assert_false(found.names_nozzles);
}

static void
a_plate_that_changes_between_hotends_says_how_many(void **state)
{
	(void)state;
	looked_at("H2C", 0, 0, "{}");
	plates.plates[0].rack_nozzles = 3;
	look();
	is_found(FINDING_RACK_HOTEND, PREFLIGHT_WARNING, "with 3 hotends of the H2C's rack", "watch its first layer");
}

/* As the slicer: then nothing is said of the rack. */
static void
a_plate_of_the_fixed_hotend_needs_nothing(void **state)
{
	(void)state;
	looked_at("H2C", 1, 1, "{}");
	assert_null(entry_of(FINDING_RACK_HOTEND));
	assert_false(found.names_nozzles);
}

static bool
is_written(const char *text)
{
	static char room[PREFLIGHT_JSON_MAX_BYTES];

	preflight_json(&input, &found, room, sizeof room);
	return strstr(room, text) != NULL;
}

/* The sample's: 0.2 in place 1, 0.6 in 3, 0.4 in all others; the fifth is mounted. */
static void
the_hotends_are_told_and_which_of_them_fit(void **state)
{
	(void)state;
	looked_at("H2C", 1, 0, "{'nozzleMapping':[null,17]}");
	assert_true(is_written("\"hotends\":[{\"place\":16,\"number\":1,\"diameterMm\":0.2,\"highFlow\":false,\"mounted\":false},"));
	assert_true(is_written("{\"place\":20,\"number\":5,\"diameterMm\":0.4,\"highFlow\":false,\"mounted\":true}"));
	assert_true(is_written("\"hotend\":1,\"hotends\":[],"));
	assert_true(is_written("\"hotend\":17,\"hotends\":[17,19,20,21],"));
	plates.plates[0].nozzles_mm[1] = 0.6; /* the right one's */
	plates.plates[0].filaments[1].high_flow = 0;
	look();
	assert_true(is_written("\"hotend\":17,\"hotends\":[18],"));
	plates.plates[0].filaments[1].high_flow = 1;
	look();
	assert_true(is_written("\"hotend\":17,\"hotends\":[],"));
	printer.nozzle_source = STATE_UNKNOWN; /* where the mounted one came from is not known */
	look();
	assert_false(is_written("\"place\":20"));
	looked_at("H2D", 1, 0, "{}");
	assert_false(is_written("hotend"));
}

static void
a_hotend_that_is_not_there_or_another_is_warned_of(void **state)
{
	(void)state;
	looked_at("H2C", 0, 0, "{'nozzleMapping':[16,17]}");
	is_found(FINDING_NOZZLE_DIFFERS, PREFLIGHT_WARNING, "of 0.4 mm; hotend 1 of the rack has 0.2 mm", "another hotend");
	looked_at("H2C", 0, 0, "{'nozzleMapping':[19,20]}");
	assert_null(entry_of(FINDING_NOZZLE_DIFFERS));
	printer.nozzle_source = STATE_UNKNOWN;
	look();
	is_found(FINDING_NOZZLE_DIFFERS, PREFLIGHT_WARNING, "no hotend at place 5", "that is there");
	printer.nozzle_count = 0; /* it has told of none at all */
	look();
	assert_null(entry_of(FINDING_NOZZLE_DIFFERS));
}

static void
what_is_named_is_told(void **state)
{
	(void)state;
	looked_at("H2C", 1, 0, "{'nozzleMapping':[null,17]}");
	assert_null(entry_of(FINDING_RACK_HOTEND));
	assert_null(entry_of(FINDING_OTHER_NOZZLE));
	assert_true(found.names_nozzles);
	assert_int_equal(found.nozzles[0], 1); /* there is only one on the left */
	assert_int_equal(found.nozzles[1], 17);
	for (size_t i = 2; i < PLATES_FILAMENTS_MAX; i++)
		assert_int_equal(found.nozzles[i], -1);
	looked_at("H2C", 0, 0, "{'nozzleMapping':[16]}"); /* one is missing */
	is_found(FINDING_RACK_HOTEND, PREFLIGHT_WARNING, "rack", "");
	assert_false(found.names_nozzles);
}

static void
a_hotend_of_the_other_side_is_warned_of(void **state)
{
	(void)state;
	looked_at("H2C", 1, 0, "{'nozzleMapping':[18,17]}");
	is_found(FINDING_OTHER_NOZZLE, PREFLIGHT_WARNING, "filament 1 in the left hotend", "other side");
	looked_at("H2C", 1, 0, "{'nozzleMapping':[1,1]}");
	is_found(FINDING_OTHER_NOZZLE, PREFLIGHT_WARNING, "filament 2 in the right hotend", "other side");
}

static void
no_other_model_is_asked(void **state)
{
	size_t count;
	const struct model *models = models_all(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		bool is_h2c = strcmp(models[i].key, "H2C") == 0;
		assert_int_equal(models[i].has_hotend_rack, is_h2c);
		if (is_h2c)
			continue;
		looked_at(models[i].key, 0, 0, "{'nozzleMapping':[16,17]}");
		assert_null(entry_of(FINDING_RACK_HOTEND));
		assert_false(found.names_nozzles);
	}
}

static void
the_option_is_read_strictly(void **state)
{
	static const struct {
		const char *json, *words;
	} wrong[] = {
		{ "{\"nozzleMapping\":17}", "must be a list" },
		{ "{\"nozzleMapping\":[0]}", "Hotend 1" },
		{ "{\"nozzleMapping\":[1,2]}", "Hotend 2" },
		{ "{\"nozzleMapping\":[15]}", "Hotend 1" },
		{ "{\"nozzleMapping\":[22]}", "Hotend 1" },
		{ "{\"nozzleMapping\":[\"17\"]}", "Hotend 1" },
		{ "{\"nozzleMapping\":[4294967312]}", "Hotend 1" },
		{ "{\"nozzleMapping\":[true]}", "Hotend 1" },
		{ "{\"nozzleMapping\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}",
		  "at most 32" },
	};
	char sentence[240];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(wrong); i++) {
		assert_false(print_options_read(wrong[i].json, strlen(wrong[i].json), &options, sentence,
						sizeof sentence));
		if (strstr(sentence, wrong[i].words) == NULL)
			fail_msg("%s: %s", wrong[i].json, sentence);
		assert_false(options.has_nozzle_mapping);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_plate_of_the_rack_needs_its_hotends_named),
		STORY(a_plate_that_changes_between_hotends_says_how_many),
		STORY(a_plate_of_the_fixed_hotend_needs_nothing),
		STORY(the_hotends_are_told_and_which_of_them_fit),
		STORY(a_hotend_that_is_not_there_or_another_is_warned_of),
		STORY(what_is_named_is_told),
		STORY(a_hotend_of_the_other_side_is_warned_of),
		STORY(no_other_model_is_asked),
		STORY(the_option_is_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
