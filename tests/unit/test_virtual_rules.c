/*
 * What a virtual printer may be made of: model, nozzle, AMS units.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "printer/virtual_rules.h"

static struct complaint complaint;

static const struct model *
model_of(const char *text)
{
	const struct model *model = NULL;

	return virtual_rules_model(text, &model, &complaint) ? model : NULL;
}

static void
every_row_of_models_can_be_played(void **state)
{
	size_t count;
	const struct model *models = models_all(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(model_of(models[i].key), &models[i]);
		assert_ptr_equal(model_of(models[i].name), &models[i]);
	}
	assert_string_equal(model_of("")->key, "X1C");
	assert_string_equal(model_of(" \n")->key, "X1C");
	assert_string_equal(model_of(" a1-mini ")->key, "A1-mini");
	assert_null(model_of("Voron\x1b[2J"));
	assert_string_equal(complaint.sentence, "There is no model 'Voron?[2J'.");
	assert_true(complaint.remedy[0] != '\0');
	assert_null(model_of("X1CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"));
}

static void
nozzles_are_those_that_there_are(void **state)
{
	char nozzle[VIRTUAL_NOZZLE_BYTES];

	(void)state;
	assert_true(virtual_rules_nozzle("", nozzle, &complaint));
	assert_string_equal(nozzle, "0.4");
	assert_true(virtual_rules_nozzle(" 0.8\t", nozzle, &complaint));
	assert_string_equal(nozzle, "0.8");
	assert_false(virtual_rules_nozzle("0.5", nozzle, &complaint));
	assert_string_equal(complaint.sentence, "There is no nozzle of '0.5'.");
	assert_false(virtual_rules_nozzle("0.4 0.4", nozzle, &complaint));
}

/* The kept form; or the sentence. */
static const char *
ams_of(const char *text, const char *model)
{
	static char kept[VIRTUAL_AMS_BYTES];
	struct virtual_ams ams;

	if (!virtual_rules_ams(text, model_by_key(model), &ams, &complaint))
		return complaint.sentence;
	virtual_rules_write_ams(&ams, kept);
	return kept;
}

static void
units_are_those_that_the_model_takes(void **state)
{
	(void)state;
	assert_string_equal(ams_of("", "X1C"), "");
	assert_string_equal(ams_of(" \t", "X1C"), "");
	assert_string_equal(ams_of(" AMS , ams-ht,ams-2-pro ", "X1C"), "ams,ams-ht,ams-2-pro");
	assert_string_equal(ams_of("ams-lite", "A1"), "ams-lite");
	assert_string_equal(ams_of("ams", "A1"), "The model A1 takes no AMS.");
	assert_string_equal(complaint.remedy, "Possible: ams-lite, ams-2-pro, ams-ht");
	assert_string_equal(ams_of("ams-lite", "X1C"), "The model X1 Carbon takes no AMS lite.");
	assert_string_equal(ams_of("ams,,ams", "X1C"), "'' is no AMS.");
	assert_string_equal(ams_of("unknown", "Other"), "'unknown' is no AMS.");
	assert_string_equal(ams_of("ams-lite,ams-2-pro", "Other"), "ams-lite,ams-2-pro");
}

static void
there_is_room_for_so_many(void **state)
{
	(void)state;
	assert_string_equal(ams_of("ams,ams,ams,ams-2-pro", "X1C"), "ams,ams,ams,ams-2-pro");
	assert_string_equal(ams_of("ams,ams,ams,ams-2-pro,ams", "X1C"),
			    "That are too many units for the model X1 Carbon: of AMS it takes 4.");
	assert_string_equal(ams_of("ams-ht,ams-ht,ams-ht,ams-ht,ams-ht,ams-ht,ams-ht,ams-ht", "X1C"),
			    "ams-ht,ams-ht,ams-ht,ams-ht,ams-ht,ams-ht,ams-ht,ams-ht");
	assert_string_equal(ams_of("ams-ht,ams-ht,ams-ht,ams-ht,ams-ht,ams-ht,ams-ht,ams-ht,ams-ht", "X1C"),
			    "That are too many units for the model X1 Carbon: of AMS HT it takes 8.");
	assert_string_equal(ams_of("ams-lite,ams-lite", "A1"), "That are too many units for the model A1: of AMS lite it takes 1.");
	assert_non_null(strstr(ams_of("ams,ams,ams,ams,ams,ams,ams,ams,ams,ams,ams,ams,ams,ams,ams,ams,ams", "X1C"), "more than 16"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_models_can_be_played),
		cmocka_unit_test(nozzles_are_those_that_there_are),
		cmocka_unit_test(units_are_those_that_the_model_takes),
		cmocka_unit_test(there_is_room_for_so_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
