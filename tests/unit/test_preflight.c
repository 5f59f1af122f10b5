/*
 * What stands in the way of a print, on printers as they really report: file, model, nozzle, storage, Developer Mode,
 * door, health. What is not known is never in the way.
 */
#include "tests/unit/preflight_rig.h"

static void
a_print_that_fits_may_start(void **state)
{
	(void)state;
	look();
	nothing_is_found();
	assert_true(found.possible && found.use_ams);
	is_mapped(0, 0, 0);
	assert_true(found.proposed[0]);
}

/* -- the file ------------------------------------------------------------------------------------------- */
static void
a_file_without_the_plate_cannot_be_printed(void **state)
{
	(void)state;
	input.plate = 2;
	look();
	only_is_found(FINDING_NO_SUCH_PLATE, PREFLIGHT_IMPOSSIBLE, "no plate 2", "Choose a plate");
	assert_false(found.possible);
	a_file("'kind':'3mf','plates':[]");
	look();
	only_is_found(FINDING_NOT_PRINTABLE, PREFLIGHT_IMPOSSIBLE, "no sliced plate", ".gcode.3mf");
	a_file("'kind':'other','plates':[{'plate':1}]");
	look();
	only_is_found(FINDING_NOT_PRINTABLE, PREFLIGHT_IMPOSSIBLE, "no sliced plate", "Slice");
}

static void
plain_gcode_is_started_as_it_is(void **state)
{
	(void)state;
	a_file("'kind':'gcode','model':'X1C','filaments':[{'index':0,'material':'PEEK'}],"
	       "'plates':[{'plate':1,'filaments':[{'index':0}]}]");
	look();
	only_is_found(FINDING_PLAIN_GCODE, PREFLIGHT_NOTE, "Plain G-code", ".gcode.3mf");
	assert_true(found.ready);
	is_mapped(0, -1, -1);
}

static void
gcode_of_another_model_is_refused(void **state)
{
	(void)state;
	A_FILE_OF("A1-mini", "'material':'PLA','color':'000000FF'");
	look();
	only_is_found(FINDING_OTHER_MODEL, PREFLIGHT_IMPOSSIBLE,
		      "sliced for the A1 mini; its G-code does not run on the X1 Carbon", "Slice it for the X1 Carbon");
	A_FILE_OF("P1S", "'material':'PLA','color':'000000FF'");
	look();
	only_is_found(FINDING_SIMILAR_MODEL, PREFLIGHT_WARNING, "the P1S; the X1 Carbon has the same build volume",
		      "Accept");
	assert_true(found.possible && !found.ready);
	with_options("{'accept':['similar-model']}");
	look();
	assert_true(found.ready && found.entries[0].accepted);
}

/* Each pair: the same, one family, or another. Of a printer that nobody knows nothing is refused. */
static void
every_pair_of_models_is_judged(void **state)
{
	size_t count;
	const struct model *models = models_all(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			input.model = &models[i];
			str_copy(plates.model, sizeof plates.model, models[j].key);
			bool is_known = i < count - 1 && j < count - 1;
			bool is_kin = models[i].gcode_family != NULL && models[j].gcode_family != NULL &&
				      strcmp(models[i].gcode_family, models[j].gcode_family) == 0;
			look();
			assert_int_equal(entry_of(FINDING_OTHER_MODEL) != NULL, is_known && i != j && !is_kin);
			assert_int_equal(entry_of(FINDING_SIMILAR_MODEL) != NULL,
					 j < count - 1 && i != j && (is_kin || i == count - 1));
			assert_int_equal(entry_of(FINDING_MODEL_NOT_TOLD) != NULL, j == count - 1);
			if (i == count - 1)
				assert_true(found.possible);
		}
	}
}

static void
a_model_that_is_not_told_must_be_accepted(void **state)
{
	(void)state;
	str_copy(plates.model, sizeof plates.model, "");
	look();
	only_is_found(FINDING_MODEL_NOT_TOLD, PREFLIGHT_WARNING, "does not say for which model", "Accept");
	str_copy(plates.model, sizeof plates.model, "H9Z");
	look();
	only_is_found(FINDING_MODEL_NOT_TOLD, PREFLIGHT_WARNING, "does not know: H9Z", "Accept");
	input.model = model_other();
	look();
	assert_true(found.possible);
}

static void
a_nozzle_of_another_size_is_warned_of(void **state)
{
	(void)state;
	plates.plates[0].nozzles_mm[0] = 0.6;
	look();
	only_is_found(FINDING_NOZZLE_DIFFERS, PREFLIGHT_WARNING, "a nozzle of 0.6 mm; the printer has one of 0.4 mm",
		      "Mount that nozzle");
	/* An A1 tells its nozzle as a text only. */
	a_printer("A1", "a1-1", "pushall");
	str_copy(plates.model, sizeof plates.model, "A1");
	look();
	is_found(FINDING_NOZZLE_DIFFERS, PREFLIGHT_WARNING, "0.6 mm", "");
	/* What is not told is no difference. */
	printer.nozzle_diameter[0] = '\0';
	look();
	assert_null(entry_of(FINDING_NOZZLE_DIFFERS));
	plates.plates[0].nozzle_count = 0;
	a_printer("A1", "a1-1", "pushall");
	look();
	assert_null(entry_of(FINDING_NOZZLE_DIFFERS));
}

static void
a_nozzle_of_another_flow_is_warned_of(void **state)
{
	(void)state;
	a_printer("H2D", "h2d-1", "push_all");
	A_FILE_OF("H2D", "'material':'PLA','color':'000000FF'");
	struct plate_filament *use = &plates.plates[0].filaments[0];
	use->nozzle = 1;
	use->high_flow = 1;
	str_copy(printer.nozzles[1].type, sizeof printer.nozzles[1].type, "HS01");
	look();
	is_found(FINDING_FLOW_DIFFERS, PREFLIGHT_WARNING, "of high flow; the printer has one of standard flow",
		 "Mount that");
	use->high_flow = 0;
	look();
	assert_null(entry_of(FINDING_FLOW_DIFFERS));
	str_copy(printer.nozzles[1].type, sizeof printer.nozzles[1].type, "HH01");
	look();
	is_found(FINDING_FLOW_DIFFERS, PREFLIGHT_WARNING, "of standard flow; the printer has one of high flow", "");
	/* What is not told, or not understood, is no difference. */
	static const char *const others[] = { "hardened_steel", "HQ01", "HH", "" };
	for (size_t i = 0; i < STR_ARRAY_LEN(others); i++) {
		str_copy(printer.nozzles[1].type, sizeof printer.nozzles[1].type, others[i]);
		look();
		assert_null(entry_of(FINDING_FLOW_DIFFERS));
	}
	str_copy(printer.nozzles[1].type, sizeof printer.nozzles[1].type, "HH01");
	use->high_flow = -1;
	look();
	assert_null(entry_of(FINDING_FLOW_DIFFERS));
	use->high_flow = 0;
	use->nozzle = -1;
	look();
	assert_null(entry_of(FINDING_FLOW_DIFFERS));
}

static void
either_of_two_nozzles_will_do(void **state)
{
	(void)state;
	a_printer("H2D", "h2d-1", "push_all");
	A_FILE_OF("H2D", "'material':'PLA','color':'000000FF'");
	plates.plates[0].nozzles_mm[0] = 0.6;
	look();
	is_found(FINDING_NOZZLE_DIFFERS, PREFLIGHT_WARNING, "0.6 mm", "");
	printer.nozzles[1].diameter_mm = 0.6;
	look();
	assert_null(entry_of(FINDING_NOZZLE_DIFFERS));
	printer.nozzles[1].present = false;
	look();
	is_found(FINDING_NOZZLE_DIFFERS, PREFLIGHT_WARNING, "0.6 mm", "");
}

/* -- the machine ---------------------------------------------------------------------------------------- */

/* The H2C of the sample has no stick in it: its internal memory is out of reach. */
static void
a_printer_without_its_stick_takes_no_file(void **state)
{
	(void)state;
	a_printer("H2C", "h2c-1", "pushall");
	A_FILE_OF("H2C", "'material':'PLA','color':'000000FF'");
	look();
	is_found(FINDING_NO_STORAGE, PREFLIGHT_IMPOSSIBLE, "no USB stick in the printer, and its internal memory",
		 "Plug a USB stick into the printer");
	/* To put a file there the storage is all that counts. */
	input.stage_only = true;
	look();
	only_is_found(FINDING_NO_STORAGE, PREFLIGHT_IMPOSSIBLE, "no USB stick", "");
}

static void
storage_is_named_as_the_model_has_it(void **state)
{
	(void)state;
	printer.storage = STORAGE_NONE;
	look();
	only_is_found(FINDING_NO_STORAGE, PREFLIGHT_IMPOSSIBLE, "no microSD card in the printer", "Put a microSD card");
	printer.storage = STORAGE_READ_ONLY;
	look();
	only_is_found(FINDING_STORAGE_BAD, PREFLIGHT_IMPOSSIBLE, "microSD card can only be read", "Unlock");
	printer.storage = STORAGE_ABNORMAL;
	look();
	only_is_found(FINDING_STORAGE_BAD, PREFLIGHT_IMPOSSIBLE, "something is wrong with its microSD card", "format");
	printer.storage = STORAGE_UNKNOWN;
	look();
	nothing_is_found();
	/* Nobody knows where a printer of an unknown model keeps files. */
	input.model = model_other();
	printer.storage = STORAGE_NONE;
	look();
	is_found(FINDING_NO_STORAGE, PREFLIGHT_WARNING, "no microSD card or USB stick", "");
}

static void
developer_mode_off_is_said_with_the_printers_own_menu(void **state)
{
	(void)state;
	input.developer_mode = TRI_NO;
	look();
	only_is_found(FINDING_DEVELOPER_MODE_OFF, PREFLIGHT_IMPOSSIBLE, "Developer Mode is off",
		      "Settings > Network > LAN Only Mode, then Developer Mode");
	with_options("{'accept':['all']}");
	look();
	assert_false(found.possible || found.ready);
	input.developer_mode = TRI_UNKNOWN;
	look();
	nothing_is_found();
}

static void
a_door_counts_where_the_model_tells_it(void **state)
{
	(void)state;
	/* Bit 23 of home_flag; the X1C's bits 23 and 24 of `stat` are always set. */
	assert_int_equal(printer.door_by_stat, TRI_YES);
	look();
	nothing_is_found();
	printer.door_by_home_flag = TRI_YES;
	look();
	only_is_found(FINDING_DOOR_OPEN, PREFLIGHT_WARNING, "door is open", "Close it");
	with_options("{'accept':['door-open']}");
	look();
	assert_true(found.ready);
	/* A model without such a sensor, and one that nobody knows. */
	input.model = model_by_key("P1S");
	look();
	assert_null(entry_of(FINDING_DOOR_OPEN));
	input.model = model_other();
	printer.door_open = TRI_YES;
	look();
	assert_null(entry_of(FINDING_DOOR_OPEN));
}

static void
doors_and_lids_of_an_h2d(void **state)
{
	(void)state;
	a_printer("H2D", "h2d-1", "push_all");
	A_FILE_OF("H2D", "'material':'PLA','color':'000000FF'");
	said_sample("h2d-1", "push_door_opened");
	look();
	is_found(FINDING_DOOR_OPEN, PREFLIGHT_WARNING, "door is open", "");
	said_sample("h2d-1", "push_door_closed");
	look();
	assert_null(entry_of(FINDING_DOOR_OPEN));
	printer.lid_open = TRI_YES;
	look();
	is_found(FINDING_DOOR_OPEN, PREFLIGHT_WARNING, "lid is open", "");
}

static void
serious_faults_are_warned_of_in_words(void **state)
{
	(void)state;
	delta("'hms':[{'attr':50332928,'code':65537},{'attr':83886592,'code':196612},{'attr':117506048,'code':131073}]");
	look();
	const struct preflight_entry *entry = entry_of(FINDING_HEALTH);
	assert_non_null(entry);
	assert_int_equal(entry->kind, PREFLIGHT_WARNING);
	uint32_t health = 0;
	for (uint32_t i = 0; i < found.count; i++)
		health += found.entries[i].finding == FINDING_HEALTH;
	assert_int_equal(health, 2); /* the middle one is "common": the storage is full of videos */
	delta("'hms':[]");
	look();
	nothing_is_found();
}

/* 0500-0500-0001-0007 says what Developer Mode says, and may be left over from before it was switched on. */
static void
unsigned_commands_are_not_said_twice(void **state)
{
	(void)state;
	delta("'hms':[{'attr':83887360,'code':65543}]");
	look();
	nothing_is_found();
	input.developer_mode = TRI_UNKNOWN;
	look();
	only_is_found(FINDING_HEALTH, PREFLIGHT_WARNING, "Developer Mode is off", "");
}

static void
no_more_faults_than_a_person_reads(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < STATE_HMS_MAX; i++)
		printer.hms[i] = (struct hms_entry){ 0x03000100 + (i << 8), 0x00010001 };
	printer.hms_count = printer.hms_total = STATE_HMS_MAX;
	look();
	assert_int_equal(found.count, 4);
}

static void
nothing_starts_while_firmware_is_installed(void **state)
{
	static const char *const rest[] = { "", "IDLE", "UPGRADE_SUCCESS", "UPGRADE_FAIL" };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rest); i++) {
		str_copy(printer.upgrade_status, sizeof printer.upgrade_status, rest[i]);
		look();
		nothing_is_found();
	}
	delta("'upgrade_state':{'status':'FLASHING'}");
	look();
	only_is_found(FINDING_UPGRADING, PREFLIGHT_IMPOSSIBLE, "installs a firmware", "Wait");
}

/* What a job waits for is said, and stops none. */
static void
a_printer_that_is_busy_or_has_a_print_on_its_plate_is_said_so(void **state)
{
	static const struct {
		enum gcode_state state;
		const char *name, *words;
	} met[] = { { GCODE_STATE_RUNNING, "vase", "at a print: vase." },
		    { GCODE_STATE_PAUSE, "vase", "at a print: vase." },
		    { GCODE_STATE_PREPARE, "", "at a print." } };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(met); i++) {
		printer.gcode_state = met[i].state;
		str_copy(printer.subtask_name, sizeof printer.subtask_name, met[i].name);
		input.plate_used = true;
		look();
		only_is_found(FINDING_BUSY, PREFLIGHT_NOTE, met[i].words, "waits until it has ended");
		assert_true(found.ready);
	}
	printer.gcode_state = GCODE_STATE_FINISH;
	look();
	only_is_found(FINDING_PLATE_USED, PREFLIGHT_NOTE, "still be a print on the plate", "say that the plate is clear");
	assert_true(found.ready);
	input.plate_used = false;
	look();
	nothing_is_found();
}

static void
to_put_a_file_there_only_the_storage_counts(void **state)
{
	(void)state;
	A_FILE_OF("A1-mini", "'material':'PEEK','color':'000000FF'");
	input.plate = 9;
	input.developer_mode = TRI_NO;
	printer.door_by_home_flag = TRI_YES;
	look();
	assert_true(found.count > 2);
	input.stage_only = true;
	look();
	nothing_is_found();
}

/* -- order and number ----------------------------------------------------------------------------------- */
static void
the_worst_stands_first_and_everything_can_be_accepted_but_that(void **state)
{
	(void)state;
	A_FILE_OF("P1S", "'material':'PLA','color':'00FF00FF'", "'material':'PEEK','color':''");
	printer.door_by_home_flag = TRI_YES;
	with_options("{'accept':['all']}");
	look();
	assert_int_equal(found.entries[0].finding, FINDING_NO_TRAY_FITS);
	is_found(FINDING_SIMILAR_MODEL, PREFLIGHT_WARNING, "", "");
	is_found(FINDING_DOOR_OPEN, PREFLIGHT_WARNING, "", "");
	is_found(FINDING_COLOR_DIFFERS, PREFLIGHT_NOTE, "", "");
	assert_int_equal(found.entries[found.count - 1].kind, PREFLIGHT_NOTE);
	assert_true(!found.possible && !found.ready);
	assert_true(entry_of(FINDING_DOOR_OPEN)->accepted && !entry_of(FINDING_NO_TRAY_FITS)->accepted);
}

/* 32 filaments that differ in colour only, then in all: there is room for 24, and the worst are among them. */
static void
when_there_is_too_much_the_mildest_gives_way(void **state)
{
	(void)state;
	a_file("'kind':'3mf','model':'X1C'");
	plates.filament_count = PLATES_FILAMENTS_MAX;
	plates.plate_count = 1;
	plates.plates[0] = (struct plate){ .number = 1, .filament_count = PLATES_FILAMENTS_MAX };
	for (uint32_t i = 0; i < PLATES_FILAMENTS_MAX; i++) {
		plates.plates[0].filaments[i] = (struct plate_filament){ .index = i, .nozzle = -1 };
		str_copy(plates.filaments[i].material, sizeof plates.filaments[i].material, "PLA");
		str_copy(plates.filaments[i].color, sizeof plates.filaments[i].color, "00FF00FF");
	}
	options.has_mapping = true;
	options.mapping_count = PLATES_FILAMENTS_MAX;
	memset(options.mapping, 0, sizeof options.mapping); /* all from the first slot */
	look();
	assert_int_equal(found.count, PREFLIGHT_FINDINGS_MAX);
	assert_true(found.ready);
	printer.storage = STORAGE_NONE;
	printer.door_by_home_flag = TRI_YES;
	options.mapping[31] = (struct spool_place){ 3, 3 };
	look();
	assert_int_equal(found.count, PREFLIGHT_FINDINGS_MAX);
	is_found(FINDING_NO_STORAGE, PREFLIGHT_IMPOSSIBLE, "", "");
	is_found(FINDING_TRAY_MISSING, PREFLIGHT_IMPOSSIBLE, "no AMS 4 slot 4", "");
	is_found(FINDING_DOOR_OPEN, PREFLIGHT_WARNING, "", "");
}

/* -- the JSON form -------------------------------------------------------------------------------------- */
static json_t *
written(void)
{
	static char room[PREFLIGHT_JSON_MAX_BYTES];
	json_error_t error;

	size_t len = preflight_json(&input, &found, room, sizeof room);
	assert_int_equal(strlen(room), len);
	json_t *json = json_loadb(room, len, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL)
		fail_msg("%s", error.text);
	return json;
}

static void
is_json(const json_t *json, const char *expected)
{
	char *text = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);

	assert_non_null(text);
	for (char *c = text; *c != '\0'; c++)
		*c = *c == '"' ? '\'' : *c;
	if (strcmp(text, expected) != 0)
		fail_msg("%s", text);
	free(text);
}

static void
the_json_form_is_what_the_header_says(void **state)
{
	(void)state;
	a_file("'kind':'3mf','model':'X1C','filaments':[{'index':0,'material':'PLA','color':'000000FF'},{'index':1}],"
	       "'plates':[{'plate':1,'nozzlesMm':[0.4],'filaments':[{'index':0,'grams':31.5,'nozzle':0}]}]");
	printer.door_by_home_flag = TRI_YES;
	with_options("{'accept':['door-open']}");
	look();
	json_t *json = written();
	assert_int_equal(json_object_size(json), 5);
	is_json(json_object_get(json, "plate"), "1");
	is_json(json_object_get(json, "ready"), "true");
	is_json(json_object_get(json, "findings"),
		"[{'finding':'door-open','kind':'warning','accepted':true,'sentence':'The printer's door is open.',"
		"'remedy':'Close it, or accept that it is open.'}]");
	json_t *mapping = json_object_get(json, "mapping");
	assert_int_equal(json_array_size(mapping), 2);
	is_json(json_array_get(mapping, 0),
		"{'index':0,'material':'PLA','color':'000000FF','grams':31.5,'used':true,'nozzle':0,'amsId':0,"
		"'slotId':0,'proposed':true,'trayMaterial':'PLA','trayColor':'000000FF','fit':'same'}");
	is_json(json_array_get(mapping, 1),
		"{'index':1,'material':null,'color':null,'grams':null,'used':false,'nozzle':null,'amsId':null,"
		"'slotId':null,'proposed':false,'trayMaterial':null,'trayColor':null,'fit':'none'}");
	json_t *trays = json_object_get(json, "trays");
	assert_int_equal(json_array_size(trays), 14);
	is_json(json_array_get(trays, 1),
		"{'amsId':0,'slotId':1,'material':'PLA','color':'7D6556FF','remainPercent':100,'label':'A2','nozzle':0}");
	is_json(json_array_get(trays, 12),
		"{'amsId':128,'slotId':0,'material':'PA-CF','color':'000000FF','remainPercent':100,'label':'HT A',"
		"'nozzle':0}");
	is_json(json_object_get(json_array_get(trays, 13), "label"), "'Ext'");
	is_json(json_object_get(json_array_get(trays, 13), "amsId"), "255");
	json_decref(json);
}

static void
the_json_form_is_written_of_everything(void **state)
{
	static const struct {
		const char *model, *sample, *key;
	} all[] = { { "A1", "a1-1", "pushall" },	{ "A1-mini", "a1mini-1", "message" },
		    { "H2C", "h2c-1", "pushall" },	{ "H2D", "h2d-1", "push_all" },
		    { "H2S", "h2s-1", "pushall" },	{ "P1P", "p1p-1", "push_all" },
		    { "P2S", "p2s-1", "pushall" },	{ "X1C", "x1c-1", "pushall" } };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(all); i++) {
		for (uint32_t plate = 1; plate <= 2; plate++) {
			a_printer(all[i].model, all[i].sample, all[i].key);
			A_FILE_OF(all[i].model, "'material':'PLA','color':'000000FF'");
			input.plate = plate;
			look();
			json_t *json = written();
			assert_int_equal(json_array_size(json_object_get(json, "findings")), found.count);
			json_decref(json);
		}
	}
}

/* The longest texts, each byte of them escaped, in every place: it still fits. */
static void
the_largest_json_form_fits(void **state)
{
	(void)state;
	when_there_is_too_much_the_mildest_gives_way(state);
	for (uint32_t i = 0; i < PLATES_FILAMENTS_MAX; i++)
		memset(plates.filaments[i].material, '"', sizeof plates.filaments[i].material - 1);
	for (uint32_t i = 0; i < STATE_AMS_MAX; i++) {
		printer.ams[i] = (struct ams_unit){ .id = (int32_t)(i < 4 ? i : 124 + i), .tray_count = 4 };
		for (int32_t j = 0; j < 4; j++) {
			printer.ams[i].trays[j] = (struct tray){ .id = j, .fill = TRAY_LOADED, .remain_percent = 100 };
			memset(printer.ams[i].trays[j].material, '"', sizeof printer.ams[i].trays[j].material - 1);
		}
	}
	printer.ams_count = STATE_AMS_MAX;
	look();
	found.count = PREFLIGHT_FINDINGS_MAX;
	for (uint32_t i = 0; i < found.count; i++) {
		memset(found.entries[i].sentence, '"', sizeof found.entries[i].sentence - 1);
		memset(found.entries[i].remedy, '"', sizeof found.entries[i].remedy - 1);
	}
	json_t *json = written();
	assert_int_equal(json_array_size(json_object_get(json, "trays")), 65);
	json_decref(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_print_that_fits_may_start),
		STORY(a_file_without_the_plate_cannot_be_printed),
		STORY(plain_gcode_is_started_as_it_is),
		STORY(gcode_of_another_model_is_refused),
		STORY(every_pair_of_models_is_judged),
		STORY(a_model_that_is_not_told_must_be_accepted),
		STORY(a_nozzle_of_another_size_is_warned_of),
		STORY(a_nozzle_of_another_flow_is_warned_of),
		STORY(either_of_two_nozzles_will_do),
		STORY(a_printer_without_its_stick_takes_no_file),
		STORY(storage_is_named_as_the_model_has_it),
		STORY(developer_mode_off_is_said_with_the_printers_own_menu),
		STORY(a_door_counts_where_the_model_tells_it),
		STORY(doors_and_lids_of_an_h2d),
		STORY(serious_faults_are_warned_of_in_words),
		STORY(unsigned_commands_are_not_said_twice),
		STORY(no_more_faults_than_a_person_reads),
		STORY(nothing_starts_while_firmware_is_installed),
		STORY(a_printer_that_is_busy_or_has_a_print_on_its_plate_is_said_so),
		STORY(to_put_a_file_there_only_the_storage_counts),
		STORY(the_worst_stands_first_and_everything_can_be_accepted_but_that),
		STORY(when_there_is_too_much_the_mildest_gives_way),
		STORY(the_json_form_is_what_the_header_says),
		STORY(the_json_form_is_written_of_everything),
		STORY(the_largest_json_form_fits),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
