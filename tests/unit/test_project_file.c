/*
 * The message that starts a print, per model family, held against whole documents: every field, each of its type. And
 * the names of our files on printers: whatever a file is called, the name is safe, ours, and leads back to its job.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/str.h"
#include "printer/project_file.h"

#define UNUSED { -1, -1 }
#define JOB "j0123456789abcde"

static struct plates plates;
static struct print_options options;
static struct spool_place mapping[PLATES_FILAMENTS_MAX];
static struct project_file start;
static struct command_payload payload;

static int
fresh(void **state)
{
	(void)state;
	memset(&plates, 0, sizeof plates);
	plates.kind = FILE_KIND_THREE_MF;
	plates.filament_count = 1;
	plates.plate_count = 1;
	plates.plates[0].number = 1;
	str_copy(plates.plates[0].gcode, sizeof plates.plates[0].gcode, "Metadata/plate_1.gcode");
	print_options_init(&options);
	mapping[0] = (struct spool_place){ 0, 1 };
	start = (struct project_file){ .model = model_by_key("X1C"), .plates = &plates, .plate = &plates.plates[0],
				       .options = &options, .mapping = mapping, .use_ams = true,
				       .number = 1204417733, .remote_path = "/bracket_v2.gcode.3mf" };
	return 0;
}

static void
map(const struct spool_place *places, uint32_t count)
{
	plates.filament_count = count;
	memcpy(mapping, places, count * sizeof *places);
}

static json_t *
written(void)
{
	uint32_t sequence_id = 20107;
	json_error_t error;

	memset(&payload, 0x55, sizeof payload);
	assert_true(project_file_payload(&start, &sequence_id, &payload));
	assert_int_equal(sequence_id, 20108);
	assert_int_equal(payload.sequence_id, 20107);
	assert_int_equal(payload.qos, 1);
	assert_int_equal(strlen(payload.json), payload.len);
	json_t *json = json_loadb(payload.json, payload.len, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL)
		fail_msg("%s: %s", error.text, payload.json);
	return json;
}

/* Exactly this document, with ' for ". */
static void
is_document(const char *expected)
{
	json_t *json = written();
	json_error_t error;
	char *copy = strdup(expected);

	assert_non_null(copy);
	for (char *c = copy; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	json_t *other = json_loads(copy, 0, &error);
	free(copy);
	if (other == NULL)
		fail_msg("the test's own document: %s", error.text);
	if (!json_equal(json, other))
		fail_msg("%s", payload.json);
	json_decref(json);
	json_decref(other);
}

static void
field_is(const char *name, const char *expected)
{
	json_t *json = written();
	char *value = json_dumps(json_object_get(json_object_get(json, "print"), name), JSON_ENCODE_ANY | JSON_COMPACT);

	assert_non_null(value);
	for (char *c = value; *c != '\0'; c++)
		*c = *c == '"' ? '\'' : *c;
	if (strcmp(value, expected) != 0)
		fail_msg("%s is %s, not %s", name, value, expected);
	free(value);
	json_decref(json);
}

/* -- whole documents --------------------------------------------------------------------------------- */

/* docs/protocol.md, "Starting a print", has this one. */
static void
an_x1_prints_from_its_ams(void **state)
{
	(void)state;
	options.bed_leveling = CHOICE_ON;
	is_document("{'print':{'command':'project_file','sequence_id':'20107',"
		    "'param':'Metadata/plate_1.gcode',"
		    "'project_id':'1204417733','profile_id':'0','task_id':'1204417733','subtask_id':'1204417733',"
		    "'subtask_name':'bracket_v2','file':'bracket_v2.gcode.3mf',"
		    "'url':'ftp:///bracket_v2.gcode.3mf','md5':'',"
		    "'bed_type':'auto','bed_leveling':true,'flow_cali':false,'vibration_cali':false,"
		    "'layer_inspect':false,'timelapse':false,"
		    "'use_ams':true,'ams_mapping':[1],'ams_mapping2':[{'ams_id':0,'slot_id':1}],"
		    "'auto_bed_leveling':1,'extrude_cali_flag':0,'nozzle_offset_cali':0,'cfg':'0'}}");
}

/* No AMS: nothing may be mapped to a slot, and use_ams must be false, or the start is refused with 07FF-8012. */
static void
a_p1s_without_an_ams_prints_from_its_spool(void **state)
{
	static const struct spool_place places[] = { { 254, 0 }, UNUSED };

	(void)state;
	start.model = model_by_key("P1S");
	start.use_ams = false;
	map(places, 2);
	plates.plates[0].number = 2;
	plates.plates[0].gcode[0] = '\0';
	options.timelapse = true;
	options.vibration_calibration = true;
	str_copy(options.bed_type, sizeof options.bed_type, "textured_plate");
	is_document("{'print':{'command':'project_file','sequence_id':'20107',"
		    "'param':'Metadata/plate_2.gcode',"
		    "'project_id':'1204417733','profile_id':'0','task_id':'1204417733','subtask_id':'1204417733',"
		    "'subtask_name':'bracket_v2','file':'bracket_v2.gcode.3mf',"
		    "'url':'ftp:///bracket_v2.gcode.3mf','md5':'',"
		    "'bed_type':'textured_plate','bed_leveling':true,'flow_cali':false,'vibration_cali':true,"
		    "'layer_inspect':false,'timelapse':true,"
		    "'use_ams':false,'ams_mapping':[-1,-1],"
		    "'ams_mapping2':[{'ams_id':255,'slot_id':0},{'ams_id':255,'slot_id':255}],"
		    "'auto_bed_leveling':1,'extrude_cali_flag':0,'nozzle_offset_cali':0,'cfg':'0'}}");
}

/* An AMS lite of an A1 is unit 0; filament 1 of the project is not on this plate. */
static void
an_a1_prints_from_its_ams_lite(void **state)
{
	static const struct spool_place places[] = { { 0, 3 }, UNUSED, { 0, 0 } };

	(void)state;
	start.model = model_by_key("A1-mini");
	map(places, 3);
	options.flow_calibration = CHOICE_ON;
	options.bed_leveling = CHOICE_OFF;
	is_document("{'print':{'command':'project_file','sequence_id':'20107',"
		    "'param':'Metadata/plate_1.gcode',"
		    "'project_id':'1204417733','profile_id':'0','task_id':'1204417733','subtask_id':'1204417733',"
		    "'subtask_name':'bracket_v2','file':'bracket_v2.gcode.3mf',"
		    "'url':'ftp:///bracket_v2.gcode.3mf','md5':'',"
		    "'bed_type':'auto','bed_leveling':false,'flow_cali':true,'vibration_cali':false,"
		    "'layer_inspect':false,'timelapse':false,"
		    "'use_ams':true,'ams_mapping':[3,-1,0],"
		    "'ams_mapping2':[{'ams_id':0,'slot_id':3},{'ams_id':255,'slot_id':255},{'ams_id':0,'slot_id':0}],"
		    "'auto_bed_leveling':0,'extrude_cali_flag':1,'nozzle_offset_cali':0,'cfg':'0'}}");
}

/* It decides by itself what needs calibration, and vibration is never calibrated by a start. */
static void
a_p2s_decides_what_it_calibrates(void **state)
{
	(void)state;
	start.model = model_by_key("P2S");
	options.vibration_calibration = true;
	options.nozzle_offset_calibration = CHOICE_ON;
	is_document("{'print':{'command':'project_file','sequence_id':'20107',"
		    "'param':'Metadata/plate_1.gcode',"
		    "'project_id':'1204417733','profile_id':'0','task_id':'1204417733','subtask_id':'1204417733',"
		    "'subtask_name':'bracket_v2','file':'bracket_v2.gcode.3mf',"
		    "'url':'ftp:///bracket_v2.gcode.3mf','md5':'',"
		    "'bed_type':'auto','bed_leveling':false,'flow_cali':false,'vibration_cali':false,"
		    "'layer_inspect':false,'timelapse':false,"
		    "'use_ams':true,'ams_mapping':[1],'ams_mapping2':[{'ams_id':0,'slot_id':1}],"
		    "'auto_bed_leveling':2,'extrude_cali_flag':2,'nozzle_offset_cali':0,'cfg':'0'}}");
}

/* Two nozzles: an AMS on the one, an AMS HT and the left external spool on the other. */
static void
an_h2d_has_two_nozzles_and_two_external_spools(void **state)
{
	static const struct spool_place places[] = { { 1, 2 }, { 128, 0 }, UNUSED, { 254, 0 }, { 255, 0 } };

	(void)state;
	start.model = model_by_key("H2D");
	map(places, 5);
	is_document("{'print':{'command':'project_file','sequence_id':'20107',"
		    "'param':'Metadata/plate_1.gcode',"
		    "'project_id':'1204417733','profile_id':'0','task_id':'1204417733','subtask_id':'1204417733',"
		    "'subtask_name':'bracket_v2','file':'bracket_v2.gcode.3mf',"
		    "'url':'ftp:///bracket_v2.gcode.3mf','md5':'',"
		    "'bed_type':'auto','bed_leveling':false,'flow_cali':false,'vibration_cali':false,"
		    "'layer_inspect':false,'timelapse':false,"
		    "'use_ams':true,'ams_mapping':[6,128,-1,-1,-1],"
		    "'ams_mapping2':[{'ams_id':1,'slot_id':2},{'ams_id':128,'slot_id':0},"
		    "{'ams_id':255,'slot_id':255},{'ams_id':254,'slot_id':0},{'ams_id':255,'slot_id':0}],"
		    "'auto_bed_leveling':2,'extrude_cali_flag':2,'nozzle_offset_cali':2,'cfg':'0'}}");
}

/* The A2L's AMS lite is unit 16, and its slots are numbered by themselves. */
static void
an_a2l_counts_the_slots_of_its_ams_lite_by_themselves(void **state)
{
	static const struct spool_place places[] = { { 16, 2 }, { 0, 2 }, { 135, 0 } };

	(void)state;
	start.model = model_by_key("A2L");
	map(places, 3);
	field_is("ams_mapping", "[2,2,135]");
	field_is("ams_mapping2", "[{'ams_id':16,'slot_id':2},{'ams_id':0,'slot_id':2},{'ams_id':135,'slot_id':0}]");
	field_is("auto_bed_leveling", "2");
}

/* -- field by field ----------------------------------------------------------------------------------- */
static void
calibrations_are_a_truth_and_a_number(void **state)
{
	static const struct {
		const char *model;
		enum choice choice;
		const char *truth, *number, *flow, *flow_number, *offset;
	} met[] = {
		{ "H2D", CHOICE_OFF, "false", "0", "false", "0", "0" },
		{ "H2D", CHOICE_ON, "true", "1", "true", "1", "1" },
		{ "H2D", CHOICE_AUTO, "false", "2", "false", "2", "2" },
		{ "H2S", CHOICE_AUTO, "false", "2", "false", "2", "0" },
		{ "X1C", CHOICE_OFF, "false", "0", "false", "0", "0" },
		{ "X1C", CHOICE_ON, "true", "1", "true", "1", "0" },
		{ "X1C", CHOICE_AUTO, "true", "1", "false", "0", "0" },
		{ "Other", CHOICE_AUTO, "true", "1", "false", "0", "0" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(met); i++) {
		start.model = model_by_key(met[i].model);
		options.bed_leveling = options.flow_calibration = options.nozzle_offset_calibration = met[i].choice;
		field_is("bed_leveling", met[i].truth);
		field_is("auto_bed_leveling", met[i].number);
		field_is("flow_cali", met[i].flow);
		field_is("extrude_cali_flag", met[i].flow_number);
		field_is("nozzle_offset_cali", met[i].offset);
	}
}

/* One nozzle: the external spool is 255 whatever it is called; two, or nobody knows how many: as it is. */
static void
an_external_spool_has_the_number_of_its_side(void **state)
{
	size_t count;
	const struct model *models = models_all(&count);

	(void)state;
	mapping[0] = (struct spool_place){ 254, 0 };
	for (size_t i = 0; i < count; i++) {
		start.model = &models[i];
		bool is_kept = models[i].extruders == 2 || &models[i] == model_other();
		field_is("ams_mapping", "[-1]");
		field_is("ams_mapping2",
			 is_kept ? "[{'ams_id':254,'slot_id':0}]" : "[{'ams_id':255,'slot_id':0}]");
	}
}

static void
a_plate_is_named_by_its_path_in_the_file(void **state)
{
	(void)state;
	plates.plates[0].number = 12;
	field_is("param", "'Metadata/plate_1.gcode'");
	plates.plates[0].gcode[0] = '\0';
	field_is("param", "'Metadata/plate_12.gcode'");
	str_copy(plates.plates[0].gcode, sizeof plates.plates[0].gcode, "a\"b\\c\n");
	field_is("param", "'a\\'b\\\\c\\n'");
}

static void
a_file_without_filaments_has_empty_mappings(void **state)
{
	(void)state;
	plates.filament_count = 0;
	field_is("ams_mapping", "[]");
	field_is("ams_mapping2", "[]");
}

static void
the_largest_start_fits(void **state)
{
	char path[REMOTE_PATH_BYTES], name[REMOTE_NAME_BYTES], long_name[300];

	(void)state;
	memset(long_name, 'n', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	remote_name(long_name, JOB, FILE_KIND_THREE_MF, name);
	assert_int_equal(strlen(name), REMOTE_NAME_BYTES - 1);
	remote_path(start.model, true, name, path);
	start.remote_path = path;
	start.number = INT32_MAX;
	memset(plates.plates[0].gcode, 1, sizeof plates.plates[0].gcode - 1); /* each byte becomes six */
	memset(options.bed_type, 1, sizeof options.bed_type - 1);
	plates.filament_count = PLATES_FILAMENTS_MAX;
	for (size_t i = 0; i < PLATES_FILAMENTS_MAX; i++)
		mapping[i] = (struct spool_place){ 135, 0 };
	json_t *json = written();
	assert_int_equal(json_array_size(json_object_get(json_object_get(json, "print"), "ams_mapping2")),
			 PLATES_FILAMENTS_MAX);
	json_decref(json);
}

static void
plain_gcode_is_named_by_its_path_on_the_storage(void **state)
{
	(void)state;
	plates.kind = FILE_KIND_GCODE;
	start.remote_path = "/cube.gcode";
	is_document("{'print':{'command':'gcode_file','sequence_id':'20107','param':'/mnt/sdcard/cube.gcode'}}");
	start.model = model_by_key("A1");
	field_is("param", "'/sdcard/cube.gcode'");
	start.model = model_by_key("H2S");
	field_is("param", "'/media/usb0/cube.gcode'");
}

static void
what_may_not_be_sent_is_not_written(void **state)
{
	static const char *const paths[] = { "",	       "name",	       "/",		  "/a/",
					     "/a b.gcode.3mf", "/a\".gcode.3mf", "/\xc3\xa4.gcode.3mf", "/a\n" };
	uint32_t sequence_id = 7;
	char endless[400];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(paths); i++) {
		start.remote_path = paths[i];
		assert_false(project_file_payload(&start, &sequence_id, &payload));
	}
	memset(endless, 'a', sizeof endless);
	endless[0] = '/';
	endless[REMOTE_NAME_BYTES + 1] = '\0';
	start.remote_path = endless;
	assert_false(project_file_payload(&start, &sequence_id, &payload));
	start.remote_path = "/a.gcode.3mf";
	start.number = 0;
	assert_false(project_file_payload(&start, &sequence_id, &payload));
	start.number = (uint32_t)INT32_MAX + 1;
	assert_false(project_file_payload(&start, &sequence_id, &payload));
	assert_int_equal(sequence_id, 7);
}

/* -- names on the printer ---------------------------------------------------------------------------- */
static void
is_named(const char *file_name, enum file_kind kind, const char *expected)
{
	char name[REMOTE_NAME_BYTES];

	remote_name(file_name, JOB, kind, name);
	assert_string_equal(name, expected);
}

static void
what_can_be_read_of_a_name_is_kept(void **state)
{
	(void)state;
	is_named("bracket_v2.gcode.3mf", FILE_KIND_THREE_MF, "bracket_v2-" JOB ".gcode.3mf");
	is_named("bracket_v2.3mf", FILE_KIND_THREE_MF, "bracket_v2-" JOB ".gcode.3mf");
	is_named("BRACKET.GCODE.3MF", FILE_KIND_THREE_MF, "BRACKET-" JOB ".gcode.3mf");
	is_named("cube.gcode", FILE_KIND_GCODE, "cube-" JOB ".gcode");
	is_named("cube", FILE_KIND_GCODE, "cube-" JOB ".gcode");
	is_named("a.gcode.gcode.3mf", FILE_KIND_THREE_MF, "a.gcode-" JOB ".gcode.3mf");
	is_named("Schl\xc3\xbcssel (2).3mf", FILE_KIND_THREE_MF, "Schl_ssel_2_-" JOB ".gcode.3mf");
	is_named("a__b--c..d.3mf", FILE_KIND_THREE_MF, "a__b--c..d-" JOB ".gcode.3mf");
	is_named("\xe6\x97\xa5\xe6\x9c\xac.3mf", FILE_KIND_THREE_MF, "_-" JOB ".gcode.3mf");
	is_named("../../etc/passwd", FILE_KIND_THREE_MF, "passwd-" JOB ".gcode.3mf");
	is_named("C:\\models\\part.3mf", FILE_KIND_THREE_MF, "part-" JOB ".gcode.3mf");
	is_named(".hidden.3mf", FILE_KIND_THREE_MF, "_hidden-" JOB ".gcode.3mf");
	is_named("-rf.3mf", FILE_KIND_THREE_MF, "_rf-" JOB ".gcode.3mf");
	is_named("", FILE_KIND_THREE_MF, "print-" JOB ".gcode.3mf");
	is_named(".3mf", FILE_KIND_THREE_MF, "print-" JOB ".gcode.3mf");
	is_named("x/", FILE_KIND_OTHER, "print-" JOB ".gcode.3mf");
}

static void
only_names_that_were_made_here_are_ours(void **state)
{
	static const char *const foreign[] = {
		"",
		"bracket.gcode.3mf",
		"my-part.gcode.3mf",
		"my-j.gcode.3mf",
		"my-" JOB,
		"my-" JOB ".3mf",
		"my-" JOB ".GCODE.3MF",
		"my-" JOB ".gcode.3mf.gcode",
		"my-" JOB ".gcode.3mf~",
		"-" JOB ".gcode.3mf",
		JOB ".gcode.3mf",
		".my-" JOB ".gcode.3mf",
		"-my-" JOB ".gcode.3mf",
		"m y-" JOB ".gcode.3mf",
		"m/y-" JOB ".gcode.3mf",
		"my_" JOB ".gcode.3mf",
		"my-" JOB "e.gcode.3mf",	       /* a digit too many */
		"my-j0123456789abcd.gcode.3mf",	       /* one too few */
		"my-j0123456789abcdi.gcode.3mf",       /* Crockford has no i */
		"my-J0123456789ABCDE.gcode.3mf",
		"my-k0123456789abcde.gcode.3mf",
	};
	char id[17], endless[200];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(foreign); i++) {
		memset(id, 'x', sizeof id);
		if (remote_name_is_ours(foreign[i], id))
			fail_msg("%s is none of ours", foreign[i]);
		assert_string_equal(id, "");
	}
	memset(endless, 'a', sizeof endless);
	strcpy(endless + 70, "-" JOB ".gcode.3mf"); /* remote_name() would have cut it */
	assert_false(remote_name_is_ours(endless, id));
	strcpy(endless + 69, "-" JOB ".gcode.3mf");
	assert_true(remote_name_is_ours(endless, id));
	assert_string_equal(id, JOB);
}

static bool
is_safe(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
	size_t len = strlen(name);

	return len >= 1 && len <= 96 && strchr(letters, name[0]) != NULL &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == len;
}

/* Ten thousand names of random bytes: each becomes one that is safe, ours, leads back to its job, and stays the same
 * when it is named once more. */
static void
any_name_becomes_a_safe_one_that_leads_back_to_its_job(void **state)
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz", usual[] = "aZ09._- /\\\xc3\xa4\x01";
	uint32_t random = 20261127;

	(void)state;
	for (int round = 0; round < 10000; round++) {
		char file[201], id[17] = "j", back[17], name[REMOTE_NAME_BYTES], again[REMOTE_NAME_BYTES];
		enum file_kind kind = round % 3 == 0 ? FILE_KIND_GCODE : FILE_KIND_THREE_MF;
		size_t len = 0;
		random = random * 1664525 + 1013904223;
		for (size_t want = random >> 8; len < want % 200; len++) {
			random = random * 1664525 + 1013904223;
			unsigned pick = random >> 16;
			file[len] = (char)(pick % 4 == 0 ? 1 + pick % 255 : (unsigned char)usual[pick % 13]);
		}
		file[len] = '\0';
		for (int i = 1; i < 16; i++) {
			random = random * 1664525 + 1013904223;
			id[i] = digits[random >> 27];
		}
		remote_name(file, id, kind, name);
		assert_true(is_safe(name));
		assert_true(remote_name_is_ours(name, back));
		assert_string_equal(back, id);
		/* What stands before the tag is a name that stays as it is. */
		char base[REMOTE_NAME_BYTES + 12];
		const char *ending = kind == FILE_KIND_GCODE ? ".gcode" : ".gcode.3mf";
		str_format(base, sizeof base, "%.*s%s", (int)(strlen(name) - strlen(ending) - 17), name, ending);
		remote_name(base, id, kind, again);
		assert_string_equal(name, again);
		remote_title(name, again);
		assert_int_equal(strlen(again) + strlen(ending), strlen(name));
		assert_memory_equal(again, name, strlen(again));
	}
}

/* What is no id of stored's cannot make a name that does harm; it is only not ours. */
static void
a_strange_id_makes_a_safe_name(void **state)
{
	static const char *const ids[] = { "", "../x", "job-1", "\xff\xff", "jjjjjjjjjjjjjjjjjjjjjjjjjjjjj" };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(ids); i++) {
		char name[REMOTE_NAME_BYTES];
		remote_name("file.3mf", ids[i], FILE_KIND_THREE_MF, name);
		assert_true(is_safe(name));
		assert_null(strstr(name, ".."));
	}
}

static void
a_staged_file_never_lies_in_the_root(void **state)
{
	size_t count;
	const struct model *models = models_all(&count);
	char path[REMOTE_PATH_BYTES];

	(void)state;
	for (size_t i = 0; i < count; i++) {
		remote_path(&models[i], false, "x.gcode.3mf", path);
		assert_string_equal(path, "/x.gcode.3mf");
		remote_path(&models[i], true, "x.gcode.3mf", path);
		assert_non_null(strchr(path + 1, '/'));
		assert_string_equal(strrchr(path, '/'), "/x.gcode.3mf");
	}
	remote_path(model_by_key("A1"), true, "x.gcode.3mf", path);
	assert_string_equal(path, "/model/x.gcode.3mf");
	remote_path(model_by_key("P2S"), true, "x.gcode.3mf", path);
	assert_string_equal(path, "/cache/x.gcode.3mf");
}

static void
a_title_is_the_name_without_its_ending(void **state)
{
	char title[REMOTE_NAME_BYTES];

	(void)state;
	remote_title("a-" JOB ".gcode.3mf", title);
	assert_string_equal(title, "a-" JOB);
	remote_title("a.b.gcode", title);
	assert_string_equal(title, "a.b");
	remote_title("a", title);
	assert_string_equal(title, "a");
}

#define STORY(name) cmocka_unit_test_setup(name, fresh)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(an_x1_prints_from_its_ams),
		STORY(a_p1s_without_an_ams_prints_from_its_spool),
		STORY(an_a1_prints_from_its_ams_lite),
		STORY(a_p2s_decides_what_it_calibrates),
		STORY(an_h2d_has_two_nozzles_and_two_external_spools),
		STORY(an_a2l_counts_the_slots_of_its_ams_lite_by_themselves),
		STORY(calibrations_are_a_truth_and_a_number),
		STORY(an_external_spool_has_the_number_of_its_side),
		STORY(a_plate_is_named_by_its_path_in_the_file),
		STORY(a_file_without_filaments_has_empty_mappings),
		STORY(the_largest_start_fits),
		STORY(plain_gcode_is_named_by_its_path_on_the_storage),
		STORY(what_may_not_be_sent_is_not_written),
		STORY(what_can_be_read_of_a_name_is_kept),
		STORY(only_names_that_were_made_here_are_ours),
		STORY(any_name_becomes_a_safe_one_that_leads_back_to_its_job),
		STORY(a_strange_id_makes_a_safe_name),
		STORY(a_staged_file_never_lies_in_the_root),
		STORY(a_title_is_the_name_without_its_ending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
