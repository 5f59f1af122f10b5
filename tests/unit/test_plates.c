/*
 * What is in a print file, read from the form in which it is kept: all of it, nothing that is not there, and whatever
 * is wrong makes the whole a fault.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "printer/plates.h"

static struct plates plates;
static const char *fault;

/* JSON with ' for ", read from a buffer of exactly its size. */
static bool
reads(const char *json)
{
	size_t len = strlen(json);
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	memset(&plates, 0x55, sizeof plates);
	fault = "not set";
	for (size_t i = 0; i < len; i++)
		copy[i] = json[i] == '\'' ? '"' : json[i];
	bool is_fine = plates_read(copy, len, &plates, &fault);
	free(copy);
	assert_true(is_fine == (fault == NULL));
	return is_fine;
}

static void
is_fault(const char *json, const char *words)
{
	static const struct plates none;

	if (reads(json))
		fail_msg("was read: %s", json);
	if (strstr(fault, words) == NULL)
		fail_msg("not '%s': %s", words, fault);
	assert_memory_equal(&plates, &none, sizeof plates);
}

static void
all_is_read(void **state)
{
	(void)state;
	assert_true(reads("{'kind':'3mf','slicer':'BambuStudio-01.10.02.64','model':'X1C','modelCode':'BL-P001',"
			  "'filaments':[{'index':0,'material':'PLA','color':'FF8000FF','profile':'GFL99'},"
			  "{'index':1,'material':'PETG','color':'','profile':''}],"
			  "'plates':[{'plate':1,'name':'left','gcode':'Metadata/plate_1.gcode','gcodeBytes':812345,"
			  "'seconds':5025,'grams':31.7,'layers':212,'nozzlesMm':[0.4,0.6],"
			  "'rackNozzles':3,'bedType':'Textured PEI Plate','picture':true,'supports':false,"
			  "'filaments':[{'index':1,'grams':31.7,'meters':10.6,'nozzle':1,'highFlow':true}],"
			  "'objects':[{'id':123,'name':'bracket'}]},{'plate':3}],'notes':['x']}"));
	assert_int_equal(plates.kind, FILE_KIND_THREE_MF);
	assert_string_equal(plates.slicer, "BambuStudio-01.10.02.64");
	assert_string_equal(plates.model, "X1C");
	assert_string_equal(plates.model_code, "BL-P001");
	assert_int_equal(plates.filament_count, 2);
	assert_string_equal(plates.filaments[0].material, "PLA");
	assert_string_equal(plates.filaments[0].color, "FF8000FF");
	assert_string_equal(plates.filaments[0].profile, "GFL99");
	assert_string_equal(plates.filaments[1].color, "");
	assert_int_equal(plates.plate_count, 2);
	const struct plate *plate = plates_find(&plates, 1);
	assert_ptr_equal(plate, &plates.plates[0]);
	assert_string_equal(plate->name, "left");
	assert_string_equal(plate->gcode, "Metadata/plate_1.gcode");
	assert_string_equal(plate->bed_type, "Textured PEI Plate");
	assert_int_equal(plate->gcode_bytes, 812345);
	assert_int_equal(plate->seconds, 5025);
	assert_true(plate->grams > 31.6 && plate->grams < 31.8);
	assert_int_equal(plate->layers, 212);
	assert_int_equal(plate->nozzle_count, 2);
	assert_int_equal(plate->rack_nozzles, 3);
	assert_true(plate->nozzles_mm[1] > 0.59 && plate->nozzles_mm[1] < 0.61);
	assert_true(plate->has_picture);
	assert_int_equal(plate->filament_count, 1);
	assert_int_equal(plate->filaments[0].index, 1);
	assert_int_equal(plate->filaments[0].nozzle, 1);
	assert_int_equal(plate->filaments[0].high_flow, 1);
	assert_true(plate->filaments[0].meters > 10.5);
}

static void
what_is_not_told_is_not_known(void **state)
{
	(void)state;
	assert_true(reads("{'kind':'gcode','filaments':[{'index':0}],"
			  "'plates':[{'plate':7,'name':null,'grams':null,'filaments':[{'index':0}]}]}"));
	assert_int_equal(plates.kind, FILE_KIND_GCODE);
	assert_string_equal(plates.model, "");
	assert_null(plates_find(&plates, 1));
	assert_null(plates_find(&plates, 0));
	const struct plate *plate = plates_find(&plates, 7);
	assert_non_null(plate);
	assert_int_equal(plate->seconds, -1);
	assert_int_equal(plate->layers, -1);
	assert_true(isnan(plate->grams) && isnan(plate->filaments[0].grams) && isnan(plate->filaments[0].meters));
	assert_int_equal(plate->filaments[0].nozzle, -1);
	assert_false(plate->has_picture);
	assert_true(reads("{'kind':'other'}"));
	assert_int_equal(plates.plate_count, 0);
}

static void
a_gap_in_the_project_is_a_filament_of_which_nothing_is_known(void **state)
{
	(void)state;
	assert_true(reads("{'kind':'3mf','filaments':[{'index':2,'material':'ABS'},{'index':0,'material':'PLA'}]}"));
	assert_int_equal(plates.filament_count, 3);
	assert_string_equal(plates.filaments[0].material, "PLA");
	assert_string_equal(plates.filaments[1].material, "");
	assert_string_equal(plates.filaments[2].material, "ABS");
}

static void
what_is_only_shown_is_cut_and_what_counts_is_not(void **state)
{
	char json[600], name[201];

	(void)state;
	memset(name, 'n', sizeof name - 1);
	name[200] = '\0';
	str_format(json, sizeof json, "{'kind':'3mf','plates':[{'plate':1,'name':'%s'}]}", name);
	assert_true(reads(json));
	assert_int_equal(strlen(plates.plates[0].name), sizeof plates.plates[0].name - 1);
	str_format(json, sizeof json, "{'kind':'3mf','plates':[{'plate':1,'gcode':'%s'}]}", name);
	is_fault(json, "a plate is not");
	str_format(json, sizeof json, "{'kind':'3mf','model':'%s'}", name);
	is_fault(json, "model");
}

/* They are left out before the rest is read, whatever is in them. */
static void
what_stands_behind_the_objects_is_read(void **state)
{
	(void)state;
	assert_true(reads("{'kind':'3mf','plates':[{'plate':1,'objects':[{'id':1,'name':'a]}[{'},[[]]],'seconds':7},"
			  "{'objects':[],'plate':2,'seconds':8},{'plate':3,'objects':null,'seconds':9}],'model':'X1C'}"));
	assert_int_equal(plates.plate_count, 3);
	assert_int_equal(plates.plates[0].seconds, 7);
	assert_int_equal(plates.plates[1].seconds, 8);
	assert_int_equal(plates.plates[2].seconds, 9);
	assert_string_equal(plates.model, "X1C");
	is_fault("{'kind':'3mf','plates':[{'plate':1,'objects':[{'id':1}", "no JSON object");
	is_fault("{'kind':'3mf','plates':[{'plate':1,'objects':[{'id':1}}]}", "no JSON object");
	is_fault("{'kind':'3mf','plates':[{'plate':1,'objects':", "no JSON object");
}

/* What a file says gets into sentences, and those on screens. */
static void
nothing_in_a_text_steers_a_screen(void **state)
{
	(void)state;
	assert_true(reads("{'kind':'3mf','slicer':'a\\u001b[2Jb','filaments':[{'index':0,'material':'P\\nA'}],"
			  "'plates':[{'plate':1,'name':'\\u202e\xc3\xa4'}]}"));
	assert_string_equal(plates.slicer, "a?[2Jb");
	assert_string_equal(plates.filaments[0].material, "P?A");
	assert_non_null(strstr(plates.plates[0].name, "\xc3\xa4"));
	assert_null(strstr(plates.plates[0].name, "\xe2\x80\xae"));
	is_fault("{'kind':'3mf','plates':[{'plate':1,'gcode':'a\\u001b'}]}", "a plate is not");
}

static void
whatever_is_wrong_is_a_fault(void **state)
{
	(void)state;
	is_fault("", "no JSON object");
	is_fault("[]", "no JSON object");
	is_fault("{'kind':'3mf','kind':'3mf'}", "no JSON object");
	is_fault("{'kind':'3mf','x':[[[[[[[[1]]]]]]]]}", "no JSON object");
	is_fault("{}", "kind of file");
	is_fault("{'kind':'zip'}", "kind of file");
	is_fault("{'kind':3}", "kind of file");
	is_fault("{'kind':'3mf','plates':{}}", "too many plates");
	is_fault("{'kind':'3mf','plates':[1]}", "a plate is not");
	is_fault("{'kind':'3mf','plates':[{}]}", "a plate is not");
	is_fault("{'kind':'3mf','plates':[{'plate':0}]}", "a plate is not");
	is_fault("{'kind':'3mf','plates':[{'plate':1000}]}", "a plate is not");
	is_fault("{'kind':'3mf','plates':[{'plate':1.5}]}", "a plate is not");
	is_fault("{'kind':'3mf','plates':[{'plate':1},{'plate':1}]}", "a plate is not");
	is_fault("{'kind':'3mf','plates':[{'plate':1,'seconds':-2}]}", "a plate is not");
	is_fault("{'kind':'3mf','plates':[{'plate':1,'grams':-1}]}", "a plate is not");
	is_fault("{'kind':'3mf','plates':[{'plate':1,'gcodeBytes':-1}]}", "a plate is not");
	is_fault("{'kind':'3mf','plates':[{'plate':1,'nozzlesMm':[0.4,0.4,0.4]}]}", "nozzles");
	is_fault("{'kind':'3mf','plates':[{'plate':1,'nozzlesMm':[0]}]}", "nozzles");
	is_fault("{'kind':'3mf','plates':[{'plate':1,'nozzlesMm':['0.4']}]}", "nozzles");
	is_fault("{'kind':'3mf','filaments':[{'index':32}]}", "a filament of the project");
	is_fault("{'kind':'3mf','filaments':[{'material':'PLA'}]}", "a filament of the project");
	is_fault("{'kind':'3mf','filaments':[{'index':0},{'index':0}]}", "a filament of the project");
	is_fault("{'kind':'3mf','filaments':[{'index':0,'color':'ff8000ff'}]}", "a filament of the project");
	is_fault("{'kind':'3mf','filaments':[{'index':0,'color':'FF8000'}]}", "a filament of the project");
	/* A plate's filament that the project does not have would shift the mapping. */
	is_fault("{'kind':'3mf','plates':[{'plate':1,'filaments':[{'index':0}]}]}", "a filament of a plate");
	is_fault("{'kind':'3mf','filaments':[{'index':0}],'plates':[{'plate':1,'filaments':[{'index':1}]}]}",
		 "a filament of a plate");
	is_fault("{'kind':'3mf','filaments':[{'index':0}],"
		 "'plates':[{'plate':1,'filaments':[{'index':0},{'index':0}]}]}",
		 "a filament of a plate");
	is_fault("{'kind':'3mf','filaments':[{'index':0}],'plates':[{'plate':1,'filaments':[{'index':0,'nozzle':2}]}]}",
		 "a filament of a plate");
}

/* A list of `count` items, each made by `format` from its number. */
static char *
many(const char *before, int count, const char *format, const char *after)
{
	char *json = malloc(200000);
	size_t used;

	assert_non_null(json);
	used = (size_t)sprintf(json, "%s", before);
	for (int i = 0; i < count; i++) {
		char item[100], *at;
		str_copy(item, sizeof item, format);
		at = strchr(item, '#');
		used += (size_t)sprintf(json + used, "%s%.*s%d%s", i > 0 ? "," : "", (int)(at - item), item, i, at + 1);
	}
	sprintf(json + used, "%s", after);
	return json;
}

static void
bounds_are_kept(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		char *filaments = many("{'kind':'3mf','filaments':[", PLATES_FILAMENTS_MAX + i, "{'index':#}", "]}");
		assert_int_equal(reads(filaments), i == 0);
		free(filaments);
		char *objects = many("{'kind':'3mf','plates':[{'plate':1,'objects':[", i == 0 ? 5000 : 12000,
				     "{'id':#}", "]}]}");
		assert_int_equal(reads(objects), i == 0);
		assert_int_equal(strlen(objects) > PLATES_JSON_MAX_BYTES, i == 1);
		free(objects);
	}
	/* A 1 before each number: 0 is no plate. */
	char *plenty = many("{'kind':'3mf','plates':[", PLATES_MAX, "{'plate':1#}", "]}");
	assert_true(reads(plenty));
	assert_int_equal(plates.plate_count, PLATES_MAX);
	free(plenty);
	plenty = many("{'kind':'3mf','plates':[", PLATES_MAX + 1, "{'plate':1#}", "]}");
	is_fault(plenty, "too many plates");
	free(plenty);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_read),
		cmocka_unit_test(what_is_not_told_is_not_known),
		cmocka_unit_test(a_gap_in_the_project_is_a_filament_of_which_nothing_is_known),
		cmocka_unit_test(what_is_only_shown_is_cut_and_what_counts_is_not),
		cmocka_unit_test(what_stands_behind_the_objects_is_read),
		cmocka_unit_test(nothing_in_a_text_steers_a_screen),
		cmocka_unit_test(whatever_is_wrong_is_a_fault),
		cmocka_unit_test(bounds_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
