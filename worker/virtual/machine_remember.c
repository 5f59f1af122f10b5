/*
 * machine_remember: what machine_keep.c wrote, read again. It comes from a disk, so it is believed no more than anything
 * from outside: all of it is read into a copy, which counts only when everything was there and in its bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "printer/jsonin.h"
#include "worker/virtual/machine_inner.h"

#define DEPTH_MAX 8
#define SECONDS_MAX 1e8
#define CELSIUS_MAX 500
#define GRAMS_MAX 1e6

/* Sticky: once something was wrong it stays so. */
struct recall {
	const struct machine *machine;
	bool is_wrong;
};

static int64_t
recall_int(struct recall *recall, const json_t *from, const char *key, int64_t min, int64_t max)
{
	const json_t *value = json_object_get(from, key);
	json_int_t number = json_integer_value(value);

	if (json_is_integer(value) && number >= min && number <= max)
		return number;
	recall->is_wrong = true;
	return min;
}

static double
recall_number(struct recall *recall, const json_t *from, const char *key, double max)
{
	const json_t *value = json_object_get(from, key);
	double number = json_number_value(value);

	if (json_is_number(value) && number >= 0 && number <= max)
		return number;
	recall->is_wrong = true;
	return 0;
}

static bool
recall_truth(struct recall *recall, const json_t *from, const char *key)
{
	const json_t *value = json_object_get(from, key);

	recall->is_wrong = recall->is_wrong || !json_is_boolean(value);
	return json_is_true(value);
}

static void
recall_text(struct recall *recall, const json_t *from, const char *key, char *to, size_t cap)
{
	const char *text = json_string_value(json_object_get(from, key));

	if (text == NULL || strlen(text) >= cap)
		recall->is_wrong = true;
	else
		str_copy(to, cap, text);
}

#define RECALL_TEXT(recall, from, key, to) recall_text(recall, from, key, to, sizeof(to))

static struct machine_place
recall_place(struct recall *recall, const json_t *from)
{
	return (struct machine_place){ (int32_t)recall_int(recall, from, "ams", NOTHING, EXTERNAL_RIGHT),
				       (int32_t)recall_int(recall, from, "slot", NOTHING, EXTERNAL_RIGHT) };
}

/* A list of at most `most`, or of exactly `exactly` when that is not 0. */
static const json_t *
recall_list(struct recall *recall, const json_t *from, const char *key, size_t most, size_t exactly, uint32_t *ret_count)
{
	const json_t *list = json_object_get(from, key);
	size_t count = json_array_size(list);

	recall->is_wrong = recall->is_wrong || !json_is_array(list) || count > most || (exactly != 0 && count != exactly);
	*ret_count = recall->is_wrong ? 0 : (uint32_t)count;
	return list;
}

/* -- controls and settings ---------------------------------------------------------------------------------------- */
static void
change_controls(struct recall *recall, struct controls *controls, json_t *json)
{
	struct control_change change;
	char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL, sentence[200];

	if (text != NULL && controls_read(controls, text, strlen(text), &change, sentence, sizeof sentence))
		*controls = change.after;
	else
		recall->is_wrong = true;
	free(text);
	json_decref(json);
}

/* In the form in which a person turns them: they have one reader. */
static void
recall_controls(struct recall *recall, const json_t *from, struct controls *controls)
{
	const json_t *kept = json_object_get(from, "controls");
	uint32_t count;
	const json_t *errors = recall_list(recall, kept, "errors", CONTROLS_ERRORS_MAX, 0, &count);

	controls_init(controls);
	change_controls(recall, controls,
			json_pack("{sO?sO?sO?}", "online", json_object_get(kept, "online"), "timeFactor",
				  json_object_get(kept, "timeFactor"), "faults", json_object_get(kept, "faults")));
	for (uint32_t i = 0; i < count; i++) {
		const json_t *error = json_array_get(errors, i);
		change_controls(recall, controls,
				json_pack("{sssO?sO?}", "do", "trigger-error", "error", json_object_get(error, "error"),
					  "message", json_object_get(error, "message")));
	}
}

static void
recall_bits(struct recall *recall, const json_t *from, const char *key, bool *to, unsigned count)
{
	int64_t bits = recall_int(recall, from, key, 0, (INT64_C(1) << count) - 1);

	for (unsigned i = 0; i < count; i++)
		to[i] = (bits >> i & 1) != 0;
}

static void
recall_settings(struct recall *recall, const json_t *root, struct machine_settings *to)
{
	const json_t *from = json_object_get(root, "settings");

	to->speed_level = (int32_t)recall_int(recall, from, "speed", 1, 4);
	recall_bits(recall, from, "lights", to->lights, MACHINE_LIGHT_COUNT);
	recall_bits(recall, from, "options", to->options, MACHINE_OPTION_COUNT);
	recall_bits(recall, from, "watches", to->watches, MACHINE_WATCH_COUNT);
	to->records = recall_truth(recall, from, "records");
	to->timelapse = recall_truth(recall, from, "timelapse");
	to->is_1080p = recall_truth(recall, from, "is1080p");
}

/* -- filament ----------------------------------------------------------------------------------------------------- */
/* Only a row that the table has. */
static int32_t
recall_spool(struct recall *recall, const json_t *from)
{
	return (int32_t)recall_int(recall, from, "spool", NOTHING, machine_spool_rows() - 1);
}

static void
recall_tray(struct recall *recall, const json_t *from, struct machine_tray *to)
{
	memset(to, 0, sizeof *to);
	to->is_filled = recall_truth(recall, from, "filled");
	to->spool = recall_spool(recall, from);
	RECALL_TEXT(recall, from, "material", to->material);
	RECALL_TEXT(recall, from, "brand", to->brand);
	RECALL_TEXT(recall, from, "profile", to->profile);
	RECALL_TEXT(recall, from, "colorName", to->color_name);
	RECALL_TEXT(recall, from, "color", to->color);
	RECALL_TEXT(recall, from, "tag", to->tag);
	RECALL_TEXT(recall, from, "uuid", to->uuid);
	to->nozzle_min = (int32_t)recall_int(recall, from, "nozzleMin", INT16_MIN, INT16_MAX);
	to->nozzle_max = (int32_t)recall_int(recall, from, "nozzleMax", INT16_MIN, INT16_MAX);
	to->dry_celsius = (int32_t)recall_int(recall, from, "dryCelsius", 0, CELSIUS_MAX);
	to->dry_hours = (int32_t)recall_int(recall, from, "dryHours", 0, 1000);
	to->cali_idx = (int32_t)recall_int(recall, from, "calibration", INT16_MIN, INT16_MAX);
	to->used_grams = recall_number(recall, from, "usedGrams", GRAMS_MAX);
}

/* The units are those that the printer was made with; only what is in them is remembered. */
static void
recall_unit(struct recall *recall, const json_t *from, struct machine_unit *to)
{
	uint32_t count;

	recall->is_wrong = recall->is_wrong || recall_int(recall, from, "id", 0, HT_LAST) != to->id;
	to->dry_s = recall_number(recall, from, "drySeconds", SECONDS_MAX);
	to->dry_celsius = (int32_t)recall_int(recall, from, "dryCelsius", 0, CELSIUS_MAX);
	to->celsius = recall_number(recall, from, "celsius", CELSIUS_MAX);
	const json_t *trays = recall_list(recall, from, "trays", STATE_TRAYS_MAX, to->tray_count, &count);
	for (uint32_t i = 0; i < count; i++)
		recall_tray(recall, json_array_get(trays, i), &to->trays[i]);
}

static void
recall_filament(struct recall *recall, const json_t *root, struct machine_life *life)
{
	uint32_t count;
	const json_t *units = recall_list(recall, root, "units", life->unit_count, life->unit_count, &count);

	for (uint32_t i = 0; i < count; i++)
		recall_unit(recall, json_array_get(units, i), &life->units[i]);
	const json_t *external = recall_list(recall, root, "external", STATE_EXTRUDERS_MAX, STATE_EXTRUDERS_MAX, &count);
	for (uint32_t i = 0; i < count; i++)
		recall_tray(recall, json_array_get(external, i), &life->external[i]);
	const json_t *extruders = recall_list(recall, root, "extruders", STATE_EXTRUDERS_MAX, STATE_EXTRUDERS_MAX,
					      &count);
	for (uint32_t i = 0; i < count; i++) {
		const json_t *from = json_array_get(extruders, i);
		life->extruders[i].heater.actual = recall_number(recall, from, "celsius", CELSIUS_MAX);
		life->extruders[i].feed = recall_place(recall, from);
	}
	life->active_extruder = (uint32_t)recall_int(recall, root, "activeExtruder", 0,
						     recall->machine->setup.model->extruders - 1);
	life->bed.actual = recall_number(recall, root, "bed", CELSIUS_MAX);
	life->chamber.actual = recall_number(recall, root, "chamber", CELSIUS_MAX);
}

/* -- the run ------------------------------------------------------------------------------------------------------ */
static enum gcode_state
recall_state(struct recall *recall, const json_t *from)
{
	static const enum gcode_state states[] = { GCODE_STATE_IDLE,  GCODE_STATE_PREPARE, GCODE_STATE_RUNNING,
						   GCODE_STATE_PAUSE, GCODE_STATE_FINISH,  GCODE_STATE_FAILED };
	const char *word = json_string_value(json_object_get(from, "state"));

	for (size_t i = 0; word != NULL && i < STR_ARRAY_LEN(states); i++)
		if (strcmp(word, machine_state_word(states[i])) == 0)
			return states[i];
	recall->is_wrong = true;
	return GCODE_STATE_IDLE;
}

static void
recall_names(struct recall *recall, const json_t *from, struct machine_run *run)
{
	RECALL_TEXT(recall, from, "path", run->path);
	RECALL_TEXT(recall, from, "gcodeFile", run->gcode_file);
	RECALL_TEXT(recall, from, "title", run->title);
	RECALL_TEXT(recall, from, "project", run->project_id);
	RECALL_TEXT(recall, from, "profile", run->profile_id);
	RECALL_TEXT(recall, from, "task", run->task_id);
	RECALL_TEXT(recall, from, "subtask", run->subtask_id);
}

static void
recall_steps(struct recall *recall, const json_t *from, struct machine_run *run)
{
	const json_t *steps = recall_list(recall, from, "steps", MACHINE_STEPS_MAX, 0, &run->step_count);

	for (uint32_t i = 0; i < run->step_count; i++) {
		const json_t *step = json_array_get(steps, i);
		run->steps[i].kind = (enum step_kind)recall_int(recall, step, "kind", STEP_WAIT, STEP_PRINT);
		run->steps[i].stage = (int)recall_int(recall, step, "stage", 0, 255);
		run->steps[i].seconds = recall_number(recall, step, "seconds", SECONDS_MAX);
	}
}

static void
recall_uses(struct recall *recall, const json_t *from, struct machine_run *run)
{
	int64_t extruders = recall->machine->setup.model->extruders;
	const json_t *uses = recall_list(recall, from, "uses", PLATES_FILAMENTS_MAX, 0, &run->use_count);

	for (uint32_t i = 0; i < run->use_count; i++) {
		const json_t *use = json_array_get(uses, i);
		run->uses[i].place = recall_place(recall, use);
		run->uses[i].grams = recall_number(recall, use, "grams", GRAMS_MAX);
		run->uses[i].share = recall_number(recall, use, "share", 1);
		run->uses[i].extruder = (int32_t)recall_int(recall, use, "extruder", 0, extruders - 1);
		RECALL_TEXT(recall, use, "material", run->uses[i].material);
	}
	const json_t *mapping = recall_list(recall, from, "mapping", PLATES_FILAMENTS_MAX, 0, &run->mapping_count);
	for (uint32_t i = 0; i < run->mapping_count; i++)
		run->mapping[i] = recall_place(recall, json_array_get(mapping, i));
}

static void
recall_skipped(struct recall *recall, const json_t *from, struct machine_run *run)
{
	const json_t *skipped = recall_list(recall, from, "skipped", STATE_SKIPPED_MAX, 0, &run->skipped_count);

	for (uint32_t i = 0; i < run->skipped_count; i++) {
		const json_t *value = json_array_get(skipped, i);
		json_int_t object = json_integer_value(value);
		recall->is_wrong = recall->is_wrong || !json_is_integer(value) || object < 0 || object > INT32_MAX;
		run->skipped[i] = recall->is_wrong ? 0 : (int32_t)object;
	}
}

/* What the run's own code takes for granted. */
static bool
is_sound(const struct machine_run *run)
{
	bool is_busy = run->state == GCODE_STATE_PREPARE || run->state == GCODE_STATE_RUNNING ||
		       run->state == GCODE_STATE_PAUSE;
	bool is_whole = run->is_system ? run->step_count > 0
				       : run->use_count > 0 && run->layers > 0 && run->seconds >= 1;

	for (uint32_t i = 0; i < run->step_count; i++)
		if (run->is_system && run->steps[i].kind != STEP_WAIT)
			return false;
	return run->done_s <= run->seconds && run->step <= run->step_count &&
	       (!is_busy || (is_whole && run->step < run->step_count));
}

static void
recall_run(struct recall *recall, const json_t *root, struct machine_run *run)
{
	const json_t *from = json_object_get(root, "run");

	memset(run, 0, sizeof *run);
	run->state = recall_state(recall, from);
	run->is_system = recall_truth(recall, from, "system");
	recall_names(recall, from, run);
	run->plate = (uint32_t)recall_int(recall, from, "plate", 0, 999);
	run->plate_count = (uint32_t)recall_int(recall, from, "plates", 0, PLATES_MAX);
	run->layers = (int32_t)recall_int(recall, from, "layers", 0, INT32_MAX);
	run->seconds = recall_number(recall, from, "seconds", SECONDS_MAX);
	run->done_s = recall_number(recall, from, "done", SECONDS_MAX);
	run->part_fan = recall_number(recall, from, "partFan", 100);
	run->inspects_layer = recall_truth(recall, from, "inspects");
	run->reheats = recall_truth(recall, from, "reheats");
	run->step = (uint32_t)recall_int(recall, from, "step", 0, MACHINE_STEPS_MAX);
	run->step_left_s = recall_number(recall, from, "stepLeft", SECONDS_MAX);
	run->prepare_ms = recall_number(recall, from, "prepare", SECONDS_MAX);
	run->prepare_left_ms = recall_number(recall, from, "prepareLeft", SECONDS_MAX);
	run->pause_stage = (int)recall_int(recall, from, "pauseStage", 0, 255);
	recall_steps(recall, from, run);
	recall_uses(recall, from, run);
	recall_skipped(recall, from, run);
	recall->is_wrong = recall->is_wrong || !is_sound(run);
}

bool
machine_remember(struct machine *machine, const void *json, size_t len, int64_t now_ms)
{
	ENSURE_OBJ(machine, MACHINE_MAGIC);
	struct recall recall = { .machine = machine };
	struct jsonin_error error;
	json_t *root = len < MACHINE_KEPT_MAX_BYTES ? jsonin_load(json, len, DEPTH_MAX, &error) : NULL;
	struct machine_life *life = root != NULL ? malloc(sizeof *life) : NULL;

	if (life == NULL) {
		json_decref(root);
		return false;
	}
	*life = machine->life;
	recall_controls(&recall, root, &life->controls);
	recall_settings(&recall, root, &life->settings);
	recall_filament(&recall, root, life);
	life->print_error = (uint32_t)recall_int(&recall, root, "printError", 0, UINT32_MAX);
	life->fail_error = (uint32_t)recall_int(&recall, root, "failError", 0, UINT32_MAX);
	if (json_object_get(root, "mounted") != NULL)
		life->mounted = (int32_t)recall_int(&recall, root, "mounted", MACHINE_RACK_FIRST, MACHINE_RACK_LAST);
	recall_run(&recall, root, &life->run);
	if (!recall.is_wrong) {
		machine_advance(machine, now_ms);
		machine->life = *life;
		machine_start_forget(machine);
		machine_power_is_back(machine);
	}
	json_decref(root);
	free(life);
	return !recall.is_wrong;
}
