/*
 * How a job shall be printed: every option by its name and by the cloud's, all ways to name a place, and a sentence
 * for whatever is no option.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "printer/preflight.h"
#include "printer/print_options.h"

static struct print_options options;
static char sentence[240];

/* JSON with ' for ", read from a buffer of exactly its size. */
static bool
reads(const char *json)
{
	size_t len = strlen(json);
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	memset(&options, 0x55, sizeof options);
	for (size_t i = 0; i < len; i++)
		copy[i] = json[i] == '\'' ? '"' : json[i];
	bool is_fine = print_options_read(copy, len, &options, sentence, sizeof sentence);
	free(copy);
	assert_true(is_fine == (sentence[0] == '\0'));
	return is_fine;
}

static void
must_read(const char *json)
{
	if (!reads(json))
		fail_msg("%s: %s", json, sentence);
}

static void
is_refused(const char *json, const char *words)
{
	if (reads(json))
		fail_msg("was read: %s", json);
	if (strstr(sentence, words) == NULL)
		fail_msg("%s: not '%s': %s", json, words, sentence);
	assert_int_equal(sentence[strlen(sentence) - 1], '.');
}

static void
are_defaults(void)
{
	assert_string_equal(options.bed_type, "auto");
	assert_int_equal(options.bed_leveling, CHOICE_AUTO);
	assert_int_equal(options.flow_calibration, CHOICE_AUTO);
	assert_int_equal(options.nozzle_offset_calibration, CHOICE_AUTO);
	assert_int_equal(options.use_ams, CHOICE_AUTO);
	assert_false(options.vibration_calibration || options.layer_inspect || options.timelapse);
	assert_false(options.has_mapping || options.accepts_all);
	assert_int_equal(options.mapping_count, 0);
	assert_int_equal(options.accepts, 0);
}

static void
nothing_given_leaves_all_to_the_printer(void **state)
{
	(void)state;
	must_read("");
	are_defaults();
	must_read("{}");
	are_defaults();
	must_read("{'bedType':null,'amsMapping':null,'accept':null,'timelapse':null}");
	are_defaults();
	assert_false(reads("{'timelapse':true,'x':1}"));
	are_defaults();
}

static void
every_option_is_read(void **state)
{
	(void)state;
	must_read("{'bedType':'textured_plate','bedLeveling':true,'flowCalibration':false,"
		  "'vibrationCalibration':true,'layerInspect':true,'timelapse':true,"
		  "'nozzleOffsetCalibration':true,'useAms':false,"
		  "'amsMapping':[{'amsId':0,'slotId':1},null,{'amsId':255,'slotId':0}],"
		  "'accept':['door-open','material-differs']}");
	assert_string_equal(options.bed_type, "textured_plate");
	assert_int_equal(options.bed_leveling, CHOICE_ON);
	assert_int_equal(options.flow_calibration, CHOICE_OFF);
	assert_int_equal(options.nozzle_offset_calibration, CHOICE_ON);
	assert_int_equal(options.use_ams, CHOICE_OFF);
	assert_true(options.vibration_calibration && options.layer_inspect && options.timelapse);
	assert_true(options.has_mapping);
	assert_int_equal(options.mapping_count, 3);
	assert_false(options.accepts_all);
	assert_int_equal(options.accepts, 1u << FINDING_DOOR_OPEN | 1u << FINDING_MATERIAL_DIFFERS);
	must_read("{'bedLeveling':'auto','useAms':true,'accept':['all'],'amsMapping':[]}");
	assert_int_equal(options.bed_leveling, CHOICE_AUTO);
	assert_int_equal(options.use_ams, CHOICE_ON);
	assert_true(options.accepts_all && options.has_mapping);
}

static void
the_clouds_names_mean_the_same(void **state)
{
	static const struct {
		const char *name, *word;
	} plates[] = {
		{ "Cool Plate", "cool_plate" },	       { "Engineering Plate", "eng_plate" },
		{ "High Temp Plate", "hot_plate" },     { "Textured PEI Plate", "textured_plate" },
		{ "Supertack Plate", "supertack_plate" }, { "auto", "auto" },
		{ "supertack_plate", "supertack_plate" },
	};

	(void)state;
	must_read("{'use_ams':true,'do_bed_leveling':false,'do_flow_cali':true}");
	assert_int_equal(options.use_ams, CHOICE_ON);
	assert_int_equal(options.bed_leveling, CHOICE_OFF);
	assert_int_equal(options.flow_calibration, CHOICE_ON);
	for (size_t i = 0; i < STR_ARRAY_LEN(plates); i++) {
		char json[80];
		str_format(json, sizeof json, "{'bed_type':'%s'}", plates[i].name);
		must_read(json);
		assert_string_equal(options.bed_type, plates[i].word);
	}
	is_refused("{'use_ams':true,'useAms':false}", "useAms is given twice");
}

/* -- places ------------------------------------------------------------------------------------------ */
static void
is_place(const char *written, int32_t ams, int32_t slot)
{
	char json[80];

	str_format(json, sizeof json, "{'amsMapping':[%s]}", written);
	must_read(json);
	assert_int_equal(options.mapping_count, 1);
	assert_int_equal(options.mapping[0].ams_id, ams);
	assert_int_equal(options.mapping[0].slot_id, slot);
}

static void
a_place_is_named_by_ids_or_by_one_number(void **state)
{
	char written[60];

	(void)state;
	for (int32_t ams = 0; ams < 4; ams++) {
		for (int32_t slot = 0; slot < 4; slot++) {
			str_format(written, sizeof written, "{'amsId':%d,'slotId':%d}", ams, slot);
			is_place(written, ams, slot);
			str_format(written, sizeof written, "%d", ams * 4 + slot);
			is_place(written, ams, slot);
		}
	}
	is_place("{'amsId':16,'slotId':3}", 16, 3);
	is_place("67", 16, 3);
	is_place("{'amsId':128,'slotId':0}", 128, 0);
	is_place("135", 135, 0);
	is_place("{'amsId':254,'slotId':0}", 254, 0);
	is_place("254", 254, 0);
	is_place("255", 255, 0);
	is_place("null", -1, -1);
	is_place("-1", -1, -1);
	is_place("{'amsId':-1,'slotId':-1}", -1, -1);
	is_place("{'amsId':255,'slotId':255}", -1, -1);
}

static void
what_is_no_place_is_refused(void **state)
{
	static const char *const foreign[] = {
		"16", "63", "68", "127", "136", "253", "256", "-2", "1.0", "'1'", "true", "[]", "{}",
		"{'amsId':0}", "{'amsId':0,'slotId':4}", "{'amsId':0,'slotId':-1}", "{'amsId':4,'slotId':0}",
		"{'amsId':128,'slotId':1}", "{'amsId':136,'slotId':0}", "{'amsId':255,'slotId':1}",
		"{'amsId':0,'slotId':0,'x':1}", "{'amsId':'0','slotId':0}", "{'amsId':4294967296,'slotId':0}",
	};
	char json[80];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(foreign); i++) {
		str_format(json, sizeof json, "{'amsMapping':[0,%s]}", foreign[i]);
		is_refused(json, "Place 2 of the option amsMapping is none");
	}
}

static void
as_many_places_as_a_file_can_have_filaments(void **state)
{
	char json[200] = "{'amsMapping':[1";

	(void)state;
	for (int i = 1; i < PLATES_FILAMENTS_MAX; i++)
		strcat(json, ",1");
	size_t len = strlen(json);
	strcat(json, "]}");
	must_read(json);
	assert_int_equal(options.mapping_count, PLATES_FILAMENTS_MAX);
	strcpy(json + len, ",1]}");
	is_refused(json, "33 places");
}

/* -- what is refused --------------------------------------------------------------------------------- */
static void
what_is_no_option_is_told(void **state)
{
	(void)state;
	is_refused("x", "not one JSON object");
	is_refused("[]", "not one JSON object");
	is_refused("'x'", "not one JSON object");
	is_refused("{'a':{'b':[[[1]]]}}", "not one JSON object");
	is_refused("{'timelapse':true,'timelapse':false}", "name an option twice");
	is_refused("{'timeLapse':true}", "no print option \"timeLapse\"");
	is_refused("{'a\\u001bb':true}", "of a name that does not exist");
	is_refused("{'timelapse':1}", "timelapse must be true or false");
	is_refused("{'timelapse':'auto'}", "timelapse must be true or false");
	is_refused("{'bedLeveling':1}", "bedLeveling must be true, false or \"auto\"");
	is_refused("{'do_flow_cali':'on'}", "do_flow_cali must be true, false or \"auto\"");
	is_refused("{'bedType':'glass'}", "bedType must be auto, cool_plate");
	is_refused("{'bedType':7}", "bedType must be auto, cool_plate");
	is_refused("{'amsMapping':1}", "amsMapping must be a list");
	is_refused("{'accept':'all'}", "accept must be a list");
	is_refused("{'accept':['door']}", "names \"door\"");
	is_refused("{'accept':['\\n']}", "names something");
	is_refused("{'accept':[1]}", "names something");
}

static void
options_that_are_too_long_are_refused(void **state)
{
	char json[PRINT_OPTIONS_MAX_BYTES + 2];

	(void)state;
	memset(json, ' ', sizeof json);
	memcpy(json, "{}", 2);
	json[PRINT_OPTIONS_MAX_BYTES] = '\0';
	must_read(json);
	json[PRINT_OPTIONS_MAX_BYTES] = ' ';
	json[PRINT_OPTIONS_MAX_BYTES + 1] = '\0';
	is_refused(json, "4096 is the most");
}

static void
a_sentence_is_cut_to_its_room(void **state)
{
	char room[20];

	(void)state;
	memset(room, 'x', sizeof room);
	assert_false(print_options_read("{\"nothing\":1}", 13, &options, room, 10));
	assert_int_equal(strlen(room), 9);
	assert_int_equal(room[10], 'x');
}

static void
every_finding_can_be_accepted_by_its_name(void **state)
{
	(void)state;
	for (unsigned finding = 0; finding < FINDING_COUNT; finding++) {
		const char *name = preflight_finding_name((enum preflight_finding)finding);
		char json[80];
		assert_int_equal(preflight_finding_by_name(name), finding);
		str_format(json, sizeof json, "{'accept':['%s']}", name);
		must_read(json);
		assert_int_equal(options.accepts, 1u << finding);
	}
	assert_int_equal(preflight_finding_by_name(""), FINDING_COUNT);
	assert_string_equal(preflight_finding_name(FINDING_COUNT), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_given_leaves_all_to_the_printer),
		cmocka_unit_test(every_option_is_read),
		cmocka_unit_test(the_clouds_names_mean_the_same),
		cmocka_unit_test(a_place_is_named_by_ids_or_by_one_number),
		cmocka_unit_test(what_is_no_place_is_refused),
		cmocka_unit_test(as_many_places_as_a_file_can_have_filaments),
		cmocka_unit_test(what_is_no_option_is_told),
		cmocka_unit_test(options_that_are_too_long_are_refused),
		cmocka_unit_test(a_sentence_is_cut_to_its_room),
		cmocka_unit_test(every_finding_can_be_accepted_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
