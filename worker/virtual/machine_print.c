/*
 * machine_print: the life of a run. PREPARE with its percentage; then RUNNING, at first through the stages that come
 * before the first layer, then layer by layer; FINISH or FAILED. How long it takes yet is counted from the same numbers by
 * which it goes on, so what is told comes true.
 */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "worker/virtual/machine_inner.h"

#define PREPARE_MS 10000 /* at factor 1 */
#define PREPARE_LEAST_MS 3000
#define LINGER_MS 50000 /* at factor 1 */
#define LINGER_LEAST_MS 2000
#define ECHO_MS 10000
#define CANCELLED 0x0300400cu
#define POWER_CUT 0x03008007u
#define USUAL_SECONDS 600 /* of a file that tells nothing */
#define USUAL_LAYERS 100

enum { STAGE_PRINT = 0, STAGE_LEVEL = 1, STAGE_BED = 2, STAGE_VIBRATION = 3, STAGE_NOZZLE = 7, STAGE_FLOW = 8,
       STAGE_HOME = 13, STAGE_CLEAN = 14, STAGE_LOAD = 24, STAGE_OFFSET = 39 };

static const struct machine_material materials[] = {
#define MATERIAL(...) { __VA_ARGS__ },
#include "worker/virtual/machine_materials.def"
#undef MATERIAL
};

const struct machine_material *
machine_material(const char *name)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(materials); i++)
		if (strcasecmp(materials[i].name, name) == 0)
			return &materials[i];
	return &materials[0];
}

/* -- what is to be done ------------------------------------------------------------------------------------------- */
static void
add_step(struct machine_run *run, enum step_kind kind, int stage, double seconds)
{
	ENSURE(run->step_count < MACHINE_STEPS_MAX);
	run->steps[run->step_count++] = (struct machine_step){ kind, stage, seconds };
}

static void
plan_print(struct machine_run *run, const struct machine_start *start)
{
	add_step(run, STEP_BED, STAGE_BED, 0);
	add_step(run, STEP_WAIT, STAGE_HOME, 20);
	add_step(run, STEP_WAIT, STAGE_CLEAN, 40);
	if (start->levels)
		add_step(run, STEP_WAIT, STAGE_LEVEL, 90);
	if (start->calibrates_vibration)
		add_step(run, STEP_WAIT, STAGE_VIBRATION, 60);
	if (start->calibrates_offset)
		add_step(run, STEP_WAIT, STAGE_OFFSET, 60);
	add_step(run, STEP_NOZZLE, STAGE_NOZZLE, 0);
	if (start->calibrates_flow)
		add_step(run, STEP_WAIT, STAGE_FLOW, 60);
	add_step(run, STEP_LOAD, STAGE_LOAD, 0);
	add_step(run, STEP_PRINT, STAGE_PRINT, 0);
}

static struct machine_place
place_of_filament(const struct machine *machine, const struct machine_start *start, uint32_t index, int32_t nozzle)
{
	bool is_left = machine->setup.model->extruders > 1 && nozzle == 1;
	struct machine_place outside = { is_left ? EXTERNAL_LEFT : EXTERNAL_RIGHT, 0 };

	if (index >= start->mapping_count || start->mapping[index].ams == NOTHING)
		return outside;
	/* Without the AMS the printer takes what is outside, whatever it is told. */
	return start->uses_ams || machine_place_is_external(start->mapping[index]) ? start->mapping[index] : outside;
}

static void
add_use(struct machine *machine, struct machine_place place, double grams, const char *material)
{
	struct machine_run *run = &machine->life.run;
	struct machine_use *use = &run->uses[run->use_count++];
	const struct machine_tray *tray = machine_tray_of(machine, place);

	use->place = place;
	use->grams = isnan(grams) || grams < 0 ? 0 : grams;
	use->extruder = (int32_t)machine_extruder_of(machine, place);
	str_copy(use->material, sizeof use->material,
		 tray != NULL && tray->material[0] != '\0' ? tray->material : material);
}

/* The filaments that the plate uses, one after the other, each for its share of the whole. */
static void
plan_filament(struct machine *machine, const struct machine_start *start, const struct plates *plates,
	      const struct plate *plate)
{
	struct machine_run *run = &machine->life.run;
	double total = 0;

	for (uint32_t i = 0; i < plate->filament_count && i < PLATES_FILAMENTS_MAX; i++) {
		const struct plate_filament *filament = &plate->filaments[i];
		const char *material = filament->index < plates->filament_count
					       ? plates->filaments[filament->index].material : "";
		add_use(machine, place_of_filament(machine, start, filament->index, filament->nozzle), filament->grams,
			material);
	}
	if (run->use_count == 0)
		add_use(machine, place_of_filament(machine, start, 0, 0), plate->grams, "");
	for (uint32_t i = 0; i < run->use_count; i++)
		total += run->uses[i].grams;
	for (uint32_t i = 0; i < run->use_count; i++)
		run->uses[i].share = total > 0 ? run->uses[i].grams / total : 1.0 / run->use_count;
	run->mapping_count = start->mapping_count;
	memcpy(run->mapping, start->mapping, sizeof run->mapping);
}

static void
take_names(struct machine *machine, const struct machine_start *start, uint32_t plate)
{
	struct machine_run *run = &machine->life.run;

	str_copy(run->path, sizeof run->path, start->path);
	str_copy(run->title, sizeof run->title, start->title);
	str_copy(run->project_id, sizeof run->project_id, start->project_id);
	str_copy(run->profile_id, sizeof run->profile_id, start->profile_id);
	str_copy(run->task_id, sizeof run->task_id, start->task_id);
	str_copy(run->subtask_id, sizeof run->subtask_id, start->subtask_id);
	if (machine_is_rich(machine) && !start->is_gcode)
		str_format(run->gcode_file, sizeof run->gcode_file, "/data/Metadata/plate_%u.gcode", plate);
	else
		str_copy(run->gcode_file, sizeof run->gcode_file, start->file);
}

void
machine_run_name(struct machine *machine, const struct machine_start *start)
{
	enum gcode_state state = machine->life.run.state;

	memset(&machine->life.run, 0, sizeof machine->life.run);
	machine->life.run.state = state;
	take_names(machine, start, start->plate);
}

static void
begin(struct machine *machine, enum gcode_state state)
{
	struct machine_run *run = &machine->life.run;
	uint32_t factor = machine->life.controls.time_factor;

	run->state = state;
	run->prepare_ms = run->prepare_left_ms = fmax((double)PREPARE_MS / factor, PREPARE_LEAST_MS);
	machine->life.print_error = 0;
	machine->echo_until_ms = 0;
	machine->life.settings.speed_level = 2;
	machine_report_soon(machine);
}

void
machine_run_begin_print(struct machine *machine, const struct machine_start *start, const struct plates *plates,
			const struct plate *plate)
{
	struct machine_run *run = &machine->life.run;
	bool lingers = machine->traits->lingers && run->state == GCODE_STATE_FINISH;

	memset(run, 0, sizeof *run);
	take_names(machine, start, plate->number);
	if (lingers)
		run->linger_left_ms = fmax((double)LINGER_MS / machine->life.controls.time_factor, LINGER_LEAST_MS);
	if (start->hotend != 0)
		machine->life.mounted = start->hotend;
	run->plate = plate->number;
	run->plate_count = plates->plate_count;
	run->layers = plate->layers > 0 ? plate->layers : USUAL_LAYERS;
	run->seconds = plate->seconds > 0 ? (double)plate->seconds : USUAL_SECONDS;
	run->inspects_layer = start->inspects_layer && machine->setup.model->has_lidar;
	plan_filament(machine, start, plates, plate);
	plan_print(run, start);
	begin(machine, GCODE_STATE_PREPARE);
}

void
machine_run_begin_calibration(struct machine *machine, unsigned bits)
{
	/* By bit of the option: lidar, level, vibration, motor noise, nozzle offset, hot bed, clumps. */
	static const int stages[] = { 12, 1, 3, 25, 39, 40, 65 };
	struct machine_run *run = &machine->life.run;

	memset(run, 0, sizeof *run);
	run->is_system = true;
	str_copy(run->path, sizeof run->path, CALIBRATION_FILE);
	str_copy(run->gcode_file, sizeof run->gcode_file, CALIBRATION_FILE);
	str_copy(run->title, sizeof run->title, "auto_cali");
	add_step(run, STEP_WAIT, STAGE_HOME, 20);
	for (unsigned i = 0; i < STR_ARRAY_LEN(stages); i++)
		if ((bits >> i & 1) != 0)
			add_step(run, STEP_WAIT, stages[i], 60);
	begin(machine, GCODE_STATE_PREPARE);
}

/* -- how it goes on ----------------------------------------------------------------------------------------------- */
static const struct machine_step *
present_step(const struct machine_run *run)
{
	return run->step < run->step_count ? &run->steps[run->step] : NULL;
}

static bool
is_at_layers(const struct machine_run *run)
{
	const struct machine_step *step = present_step(run);

	return step != NULL && step->kind == STEP_PRINT;
}

static void
heat_for(struct machine *machine, const struct machine_use *use)
{
	const struct machine_material *material = machine_material(use->material);

	machine->life.active_extruder = (uint32_t)use->extruder;
	machine_set_nozzle(machine, (uint32_t)use->extruder, material->nozzle);
}

static void
load(struct machine *machine, const struct machine_use *use)
{
	struct machine_place feed = machine->life.extruders[use->extruder].feed;

	if (!machine_place_is_same(feed, use->place))
		machine_change_begin(machine, (uint32_t)use->extruder, use->place,
				     machine_material(use->material)->nozzle);
}

static void
enter_step(struct machine *machine)
{
	struct machine_run *run = &machine->life.run;
	const struct machine_step *step = present_step(run);

	machine_report_soon(machine);
	if (step == NULL)
		return;
	run->step_left_s = step->seconds;
	if (step->kind == STEP_BED)
		machine_set_bed(machine, machine_material(run->uses[0].material)->bed);
	else if (step->kind == STEP_NOZZLE)
		heat_for(machine, &run->uses[0]);
	else if (step->kind == STEP_LOAD)
		load(machine, &run->uses[0]);
}

static void
finish(struct machine *machine)
{
	struct machine_run *run = &machine->life.run;

	run->state = GCODE_STATE_FINISH;
	run->done_s = run->seconds;
	machine_cool_down(machine);
	machine_report_soon(machine);
}

static void
leave_step(struct machine *machine)
{
	struct machine_run *run = &machine->life.run;

	if (present_step(run)->stage == STAGE_HOME)
		memset(machine->homed, true, sizeof machine->homed);
	if (++run->step == run->step_count)
		finish(machine);
	else
		enter_step(machine);
}

/* Filament that goes from `from_s` to `to_s`, and which of them is at the nozzle then. */
static void
consume(struct machine *machine, double from_s, double to_s)
{
	struct machine_run *run = &machine->life.run;
	double begin_s = 0;

	for (uint32_t i = 0; i < run->use_count; i++) {
		struct machine_use *use = &run->uses[i];
		double end_s = begin_s + use->share * run->seconds;
		double overlap_s = fmin(end_s, to_s) - fmax(begin_s, from_s);
		struct machine_tray *tray = machine_tray_of(machine, use->place);
		if (overlap_s > 0 && end_s > begin_s && tray != NULL)
			tray->used_grams += use->grams * overlap_s / (end_s - begin_s);
		if (to_s >= begin_s && (to_s < end_s || i + 1 == run->use_count) &&
		    !machine_place_is_same(machine->life.extruders[use->extruder].feed, use->place)) {
			machine->life.extruders[use->extruder].feed = use->place;
			heat_for(machine, use);
		} else if (overlap_s > 0) {
			machine->life.active_extruder = (uint32_t)use->extruder;
		}
		begin_s = end_s;
	}
}

static void
blow(struct machine *machine)
{
	const struct machine_run *run = &machine->life.run;
	double percent = machine_layer(machine) > 1 ? machine_material(run->uses[0].material)->fan : 0;

	/* Set once, when the first layer is done: whoever turns it later has his way. */
	if (percent > 0 && run->part_fan == 0) {
		machine_set_fan(machine, FAN_PART, percent);
		machine_set_fan(machine, FAN_AUX, percent / 2);
		machine->life.run.part_fan = percent;
	}
}

static void
print_on(struct machine *machine, double seconds)
{
	struct machine_run *run = &machine->life.run;
	double from_s = run->done_s;

	if (run->reheats) {
		run->reheats = !heater_is_ready(&machine->life.bed) ||
			       !heater_is_ready(&machine->life.extruders[machine->life.active_extruder].heater);
		if (run->reheats)
			return;
	}
	run->done_s = fmin(run->seconds, run->done_s + seconds * machine_speed_percent(machine) / 100.0);
	consume(machine, from_s, run->done_s);
	blow(machine);
	if (run->done_s >= run->seconds)
		leave_step(machine);
}

static bool
is_done(const struct machine *machine)
{
	const struct machine_run *run = &machine->life.run;
	const struct machine_step *step = present_step(run);

	switch (step->kind) {
	case STEP_WAIT: return run->step_left_s <= 0;
	case STEP_BED: return heater_is_ready(&machine->life.bed);
	case STEP_NOZZLE: return heater_is_ready(&machine->life.extruders[machine->life.active_extruder].heater);
	case STEP_LOAD: return machine->change.phase == CHANGE_NONE;
	case STEP_PRINT: return false;
	}
	return false;
}

void
machine_run_pass(struct machine *machine, double seconds, int64_t real_ms)
{
	struct machine_run *run = &machine->life.run;

	if (run->linger_left_ms > 0) {
		run->linger_left_ms = fmax(0, run->linger_left_ms - (double)real_ms);
		if (run->linger_left_ms == 0)
			machine_report_soon(machine);
		return;
	}
	if (run->state == GCODE_STATE_PREPARE) {
		run->prepare_left_ms = fmax(0, run->prepare_left_ms - (double)real_ms);
		if (run->prepare_left_ms > 0)
			return;
		run->state = GCODE_STATE_RUNNING;
		enter_step(machine);
		return;
	}
	if (run->state != GCODE_STATE_RUNNING)
		return;
	if (is_at_layers(run)) {
		print_on(machine, seconds);
		return;
	}
	run->step_left_s = fmax(0, run->step_left_s - seconds);
	while (run->state == GCODE_STATE_RUNNING && !is_at_layers(run) && is_done(machine))
		leave_step(machine);
}

/* -- how it is interrupted ---------------------------------------------------------------------------------------- */
void
machine_run_pause(struct machine *machine, int stage, uint32_t print_error)
{
	struct machine_run *run = &machine->life.run;

	if (run->state != GCODE_STATE_RUNNING)
		return;
	run->state = GCODE_STATE_PAUSE;
	run->pause_stage = stage;
	if (print_error != 0)
		machine->life.print_error = print_error;
	machine->echo_until_ms = 0;
	machine_report_soon(machine);
}

void
machine_run_resume(struct machine *machine)
{
	struct machine_run *run = &machine->life.run;

	if (run->state != GCODE_STATE_PAUSE)
		return;
	run->state = GCODE_STATE_RUNNING;
	machine->life.print_error = 0;
	if (run->reheats && run->use_count > 0) {
		machine_set_bed(machine, machine_material(run->uses[0].material)->bed);
		heat_for(machine, &run->uses[0]);
	}
	machine_report_soon(machine);
}

void
machine_run_fail(struct machine *machine, uint32_t print_error)
{
	machine->life.run.left_at_failure_ms = machine_left_ms(machine);
	machine->life.run.state = GCODE_STATE_FAILED;
	machine->life.run.linger_left_ms = 0;
	machine->life.fail_error = machine->life.print_error = print_error;
	machine->echo_until_ms = 0;
	machine->change.phase = CHANGE_NONE;
	machine_cool_down(machine);
	machine_report_soon(machine);
}

void
machine_run_stop(struct machine *machine)
{
	machine_run_fail(machine, CANCELLED);
	machine->echo_until_ms = machine->now_ms + ECHO_MS;
}

/* What was at its layers can go on, if the owner wants that of his printer. */
void
machine_power_is_back(struct machine *machine)
{
	struct machine_run *run = &machine->life.run;
	bool can_recover = machine->life.settings.options[MACHINE_OPTION_RECOVERY] && is_at_layers(run) && run->done_s > 0;

	machine_cool_down(machine);
	machine->change.phase = CHANGE_NONE;
	if (!machine_is_busy(machine))
		return;
	if (!can_recover) {
		machine_run_fail(machine, POWER_CUT);
		return;
	}
	/* One that was paused already stays so, but has to be warm again. */
	if (run->state == GCODE_STATE_RUNNING) {
		run->state = GCODE_STATE_PAUSE;
		run->pause_stage = 0;
		machine->life.print_error = POWER_CUT;
	}
	run->reheats = true;
	run->part_fan = 0;
}

uint32_t
machine_error_of_place(struct machine_place place, uint32_t low)
{
	uint32_t unit = place.ams < 0 || machine_place_is_external(place) ? 0xff : (uint32_t)place.ams;

	/* An AMS HT has a module of its own. */
	return unit >= HT_FIRST && unit <= HT_LAST ? 0x18000000u | (unit - HT_FIRST) << 16 | low
						    : 0x07000000u | unit << 16 | low;
}
