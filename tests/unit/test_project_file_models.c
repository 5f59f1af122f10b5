/*
 * What each model is told to start a print, as one table: a row for every model, the whole message of three prints held
 * against it: from an AMS with all left to the printer, from outside the AMS with everything switched on, and one plain
 * G-code. A model without a row here fails.
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

/*
 * auto_leveling, auto_flow, auto_offset: the numbers of "auto"; 1 is "on", and goes with true.
 * on_offset: of "on": nothing to calibrate with one nozzle. vibration: when it is asked for.
 * external: `ams_id` of the left external spool (254). mount: of plain G-code.
 */
static const struct {
	const char *key;
	int auto_leveling, auto_flow, auto_offset, on_offset;
	bool vibration;
	int external;
	const char *mount;
} rows[] = {
	{ "X1", 1, 0, 0, 0, true, 255, "/mnt/sdcard" },	 { "X1C", 1, 0, 0, 0, true, 255, "/mnt/sdcard" },
	{ "X1E", 1, 0, 0, 0, true, 255, "/mnt/sdcard" }, { "P1P", 1, 0, 0, 0, true, 255, "/sdcard" },
	{ "P1S", 1, 0, 0, 0, true, 255, "/sdcard" },	 { "P2S", 2, 2, 0, 0, false, 255, "/media/usb0" },
	{ "A1", 1, 0, 0, 0, true, 255, "/sdcard" },	 { "A1-mini", 1, 0, 0, 0, true, 255, "/sdcard" },
	{ "A2L", 2, 2, 0, 0, true, 255, "/sdcard" },	 { "X2D", 2, 2, 2, 1, true, 254, "/media/usb0" },
	{ "H2D", 2, 2, 2, 1, true, 254, "/media/usb0" }, { "H2D-Pro", 2, 2, 2, 1, true, 254, "/media/usb0" },
	{ "H2S", 2, 2, 0, 0, true, 255, "/media/usb0" }, { "H2C", 2, 2, 2, 1, true, 254, "/media/usb0" },
	{ "Other", 1, 0, 0, 0, true, 254, "/sdcard" },
};

static struct plates plates;
static struct print_options options;
static struct command_payload payload;
static struct spool_place mapping[PLATES_FILAMENTS_MAX];

static struct project_file
start_of(const char *key)
{
	memset(&plates, 0, sizeof plates);
	plates.kind = FILE_KIND_THREE_MF;
	plates.filament_count = 3;
	plates.plate_count = 1;
	plates.plates[0].number = 4;
	str_copy(plates.plates[0].gcode, sizeof plates.plates[0].gcode, "Metadata/plate_4.gcode");
	print_options_init(&options);
	return (struct project_file){ .model = model_by_key(key),
				      .plates = &plates,
				      .plate = &plates.plates[0],
				      .options = &options,
				      .mapping = mapping,
				      .number = 2147483647,
				      .remote_path = "/part-j0123456789abcde.gcode.3mf" };
}

/* Exactly this document, with ' for ", and the same types. */
static void
is_told(const struct project_file *start, const char *expected)
{
	char room[2048];
	uint32_t sequence_id = 20107;
	json_error_t error;

	assert_true(project_file_payload(start, &sequence_id, &payload));
	assert_true(str_copy(room, sizeof room, expected));
	for (char *c = room; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	json_t *other = json_loads(room, 0, &error), *json = json_loadb(payload.json, payload.len, 0, &error);
	if (other == NULL || json == NULL)
		fail_msg("%s: %s", start->model->key, error.text);
	if (!json_equal(json, other))
		fail_msg("%s is told\n%s\nand not\n%s", start->model->key, payload.json, room);
	json_decref(json);
	json_decref(other);
}

static const char *
truth(bool is_true)
{
	return is_true ? "true" : "false";
}

#define HEAD                                                                                           \
	"{'print':{'command':'project_file','sequence_id':'20107','param':'Metadata/plate_4.gcode',"   \
	"'project_id':'2147483647','profile_id':'0','task_id':'2147483647','subtask_id':'2147483647'," \
	"'subtask_name':'part-j0123456789abcde','file':'part-j0123456789abcde.gcode.3mf',"             \
	"'url':'ftp:///part-j0123456789abcde.gcode.3mf','md5':'','cfg':'0',"

/* Filaments 0 and 2 of the project from two slots, 1 is not on the plate; nothing was chosen. */
static void
each_model_is_told_so_with_an_ams(void **state)
{
	char expected[2048];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		struct project_file start = start_of(rows[i].key);
		mapping[0] = (struct spool_place){ 1, 2 };
		mapping[1] = (struct spool_place){ -1, -1 };
		mapping[2] = (struct spool_place){ 129, 0 };
		start.use_ams = true;
		assert_string_equal(start.model->key, rows[i].key);
		assert_true(str_format(
			expected, sizeof expected,
			HEAD
			"'bed_type':'auto','bed_leveling':%s,'flow_cali':false,'vibration_cali':false,"
			"'layer_inspect':false,'timelapse':false,'use_ams':true,'ams_mapping':[6,-1,129],"
			"'ams_mapping2':[{'ams_id':1,'slot_id':2},{'ams_id':255,'slot_id':255},"
			"{'ams_id':129,'slot_id':0}],'auto_bed_leveling':%d,'extrude_cali_flag':%d,"
			"'nozzle_offset_cali':%d}}",
			truth(rows[i].auto_leveling == 1), rows[i].auto_leveling, rows[i].auto_flow,
			rows[i].auto_offset));
		is_told(&start, expected);
	}
}

/* Only the (left) external spool; everything that can be switched on is on. */
static void
each_model_is_told_so_with_the_spool_outside(void **state)
{
	char expected[2048];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		struct project_file start = start_of(rows[i].key);
		mapping[0] = (struct spool_place){ 254, 0 };
		mapping[1] = mapping[2] = (struct spool_place){ -1, -1 };
		options.bed_leveling = options.flow_calibration = options.nozzle_offset_calibration =
			CHOICE_ON;
		options.vibration_calibration = options.layer_inspect = options.timelapse = true;
		str_copy(options.bed_type, sizeof options.bed_type, "hot_plate");
		assert_true(str_format(
			expected, sizeof expected,
			HEAD
			"'bed_type':'hot_plate','bed_leveling':true,'flow_cali':true,'vibration_cali':%s,"
			"'layer_inspect':true,'timelapse':true,'use_ams':false,'ams_mapping':[-1,-1,-1],"
			"'ams_mapping2':[{'ams_id':%d,'slot_id':0},{'ams_id':255,'slot_id':255},"
			"{'ams_id':255,'slot_id':255}],'auto_bed_leveling':1,'extrude_cali_flag':1,"
			"'nozzle_offset_cali':%d}}",
			truth(rows[i].vibration), rows[i].external, rows[i].on_offset));
		is_told(&start, expected);
	}
}

static void
each_model_is_told_so_of_plain_gcode(void **state)
{
	char expected[200];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		struct project_file start = start_of(rows[i].key);
		plates.kind = FILE_KIND_GCODE;
		start.remote_path = "/cube-j0123456789abcde.gcode";
		str_format(expected, sizeof expected,
			   "{'print':{'command':'gcode_file','sequence_id':'20107',"
			   "'param':'%s/cube-j0123456789abcde.gcode'}}",
			   rows[i].mount);
		is_told(&start, expected);
	}
}

static void
every_model_has_a_row(void **state)
{
	size_t count;
	const struct model *models = models_all(&count);

	(void)state;
	assert_int_equal(count, STR_ARRAY_LEN(rows));
	for (size_t i = 0; i < count; i++)
		assert_string_equal(models[i].key, rows[i].key);
}

/* As Bambu Studio was seen to send it: for 32 filaments, the fixed hotend 1 and one of the rack. */
static void
hotends_of_a_rack_are_named_for_all_filaments(void **state)
{
	int32_t nozzles[PLATES_FILAMENTS_MAX];
	struct project_file start = start_of("H2C");
	uint32_t sequence_id = 1;
	json_error_t error;

	(void)state;
	for (size_t i = 0; i < PLATES_FILAMENTS_MAX; i++)
		nozzles[i] = -1;
	nozzles[0] = 1;
	nozzles[1] = 17;
	start.nozzles = nozzles;
	start.use_ams = true;
	assert_true(project_file_payload(&start, &sequence_id, &payload));
	json_t *json = json_loadb(payload.json, payload.len, 0, &error);
	json_t *list = json_object_get(json_object_get(json, "print"), "nozzle_mapping");
	char *text = json_dumps(list, JSON_COMPACT);
	assert_string_equal(
		text, "[1,17,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,"
		      "-1,-1,-1,-1]");
	free(text);
	json_decref(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_model_is_told_so_with_an_ams),
		cmocka_unit_test(each_model_is_told_so_with_the_spool_outside),
		cmocka_unit_test(each_model_is_told_so_of_plain_gcode),
		cmocka_unit_test(every_model_has_a_row),
		cmocka_unit_test(hotends_of_a_rack_are_named_for_all_filaments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
