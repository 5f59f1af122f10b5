/*
 * The words about a file, and its JSON.
 */
#include "filechk_rig.h"
#include "stored/filechk/verdict.h"

static struct verdict verdict;

static struct plate *
add_plate(uint32_t number, int64_t seconds, double grams)
{
	struct contents_more *more;
	struct plate *plate = contents_plate(&contents, number, &more);

	plate->seconds = seconds;
	contents_use(plate, 0)->grams = grams;
	plate->grams = grams;
	return plate;
}

static void
add_filament(uint32_t index, const char *material)
{
	str_copy(contents_filament(&contents, index)->material, 24, material);
}

static const char *
praise(uint32_t left_out)
{
	contents_settle(&contents);
	verdict_praise(&verdict, &contents, left_out);
	assert_true(verdict.printable);
	return verdict.sentence;
}

static void
a_plate_is_told_in_a_sentence(void **state)
{
	(void)state;
	contents.plates.kind = FILE_KIND_THREE_MF;
	str_copy(contents.plates.model_code, sizeof contents.plates.model_code, "BL-P001");
	add_filament(0, "PLA");
	add_filament(1, "ABS"); /* which no plate uses */
	add_plate(1, 5025, 31.7);
	assert_string_equal(praise(0), "One plate for the X1 Carbon: 1 h 24 min, 32 g PLA.");
	assert_string_equal(contents.plates.model, "X1C");
	assert_int_equal(contents.note_count, 0);
}

static void
plates_are_told_together(void **state)
{
	(void)state;
	str_copy(contents.plates.model_code, sizeof contents.plates.model_code, "C12");
	add_filament(0, "PLA");
	add_filament(1, "PETG");
	add_filament(2, "PLA");
	add_plate(2, 100, 1.5);
	contents_use(add_plate(1, 100, 2), 1)->grams = 1;
	assert_string_equal(
		praise(2),
		"2 plates for the P1S: 4 min, 3.5 g PLA and PETG. 2 more are damaged and left out.");
	add_filament(3, "ABS");
	add_filament(4, "TPU");
	contents_use(plate_at(0), 3);
	contents_use(plate_at(0), 4);
	assert_string_equal(praise(0), "2 plates for the P1S: 4 min, 3.5 g PLA, PETG, ABS and more.");
}

static void
what_is_not_told_is_not_made_up(void **state)
{
	struct contents_more *more;

	(void)state;
	contents.plates.kind = FILE_KIND_GCODE;
	contents_plate(&contents, 1, &more);
	assert_string_equal(praise(0), "G-code for a printer that it does not name.");
	assert_string_equal(contents.notes[0], "It does not say which model it was sliced for.");
	contents_init(&contents);
	str_copy(contents.plates.model_code, sizeof contents.plates.model_code, "Snapmaker U1");
	add_plate(1, -1, 4);
	assert_string_equal(praise(1), "One plate for a printer that Fuse does not know (Snapmaker U1): 4.0 "
				       "g. 1 more is damaged and left out.");
	assert_string_equal(contents.plates.model, "");
	assert_string_equal(contents.notes[0],
			    "It was sliced for Snapmaker U1, which is none of the models that Fuse knows.");
}

static void
the_longest_name_of_a_printer_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < 15; i++)
		memcpy(contents.printer_name + 3 * i, "\xe2\x82\xac", 4);
	add_plate(1, 60, 4);
	const char *sentence = praise(0);
	assert_true(str_valid_utf8(sentence, strlen(sentence)));
	assert_non_null(strstr(sentence, "\xe2\x82\xac): 1 min"));
}

static void
every_refusal_has_its_words(void **state)
{
	(void)state;
	for (int why = 0; why < UNPRINTABLE_COUNT; why++) {
		verdict_refuse(&verdict, (enum unprintable)why);
		assert_false(verdict.printable || verdict.is_unreadable);
		assert_non_null(strchr(verdict.sentence, '.'));
		assert_non_null(strchr(verdict.remedy, '.'));
	}
	for (int archive = ARCHIVE_CUT_OFF; archive < ARCHIVE_UNREADABLE; archive++) {
		verdict_refuse_archive(&verdict, (enum archive_fault)archive);
		assert_true(verdict.sentence[0] != '\0');
	}
	verdict_refuse_archive(&verdict, ARCHIVE_BOMB);
	assert_non_null(strstr(verdict.sentence, "would unpack to"));
	/* The disk's fault is none of the file's. */
	verdict_refuse_archive(&verdict, ARCHIVE_UNREADABLE);
	assert_true(verdict.is_unreadable && verdict.sentence[0] == '\0');
}

static void
the_json_leaves_out_what_is_not_told(void **state)
{
	struct contents_more *more;

	(void)state;
	contents.plates.kind = FILE_KIND_THREE_MF;
	contents_plate(&contents, 7, &more);
	json_t *json = written();
	const json_t *plate = json_array_get(json_object_get(json, "plates"), 0);
	assert_string_equal(json_string_value(json_object_get(json, "kind")), "3mf");
	assert_int_equal(json_integer_value(json_object_get(plate, "plate")), 7);
	static const char *const left_out[] = { "seconds", "grams", "layers", "bedType", "supports" };
	for (size_t i = 0; i < STR_ARRAY_LEN(left_out); i++)
		assert_null(json_object_get(plate, left_out[i]));
	assert_true(json_is_false(json_object_get(plate, "picture")));
	json_decref(json);
}

/* As much as there is room for, each text as long as it can be and of what must be escaped. */
static void
fill(uint32_t plates, uint32_t filaments, uint32_t objects)
{
	struct contents_more *more;
	char long_name[64];

	memset(long_name, '"', 63);
	long_name[63] = '\0';
	for (uint32_t i = 1; i <= plates; i++) {
		struct plate *plate = contents_plate(&contents, i, &more);
		str_copy(plate->name, sizeof plate->name, long_name);
		str_copy(plate->gcode, sizeof plate->gcode, long_name);
		for (uint32_t j = 0; j < filaments; j++) {
			str_copy(contents_filament(&contents, j)->material, 24, long_name);
			*contents_use(plate, j) = (struct plate_filament){ .index = j,
									   .grams = 99999.12345,
									   .meters = 99999.12345 };
		}
		more->object_count = objects;
		for (uint32_t j = 0; j < objects; j++) {
			more->objects[j].id = INT32_MAX;
			str_copy(more->objects[j].name, sizeof more->objects[j].name, long_name);
		}
	}
}

static void
objects_give_way_first_and_then_the_last_plates(void **state)
{
	(void)state;
	fill(4, 4, CONTENTS_OBJECTS_MAX);
	json_t *json = written();
	assert_int_equal(json_array_size(json_object_get(json, "plates")), 4);
	assert_null(json_object_get(json_array_get(json_object_get(json, "plates"), 0), "objects"));
	assert_string_equal(json_string_value(json_array_get(json_object_get(json, "notes"), 0)),
			    "It has too many objects to list them.");
	json_decref(json);
	contents_init(&contents);
	fill(PLATES_MAX, PLATES_FILAMENTS_MAX, 1);
	json = written();
	size_t left = json_array_size(json_object_get(json, "plates"));
	assert_true(left > 20 && left < PLATES_MAX);
	assert_int_equal(contents.plates.plate_count, left);
	assert_non_null(strstr(json_string_value(json_array_get(json_object_get(json, "notes"), 0)), "more plates"));
	json_decref(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_plate_is_told_in_a_sentence, begin),
		cmocka_unit_test_setup(plates_are_told_together, begin),
		cmocka_unit_test_setup(what_is_not_told_is_not_made_up, begin),
		cmocka_unit_test_setup(the_longest_name_of_a_printer_fits, begin),
		cmocka_unit_test_setup(every_refusal_has_its_words, begin),
		cmocka_unit_test_setup(the_json_leaves_out_what_is_not_told, begin),
		cmocka_unit_test_setup(objects_give_way_first_and_then_the_last_plates, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
