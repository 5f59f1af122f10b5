/*
 * machine_progress: how far a run is and how long it takes yet, as it is told.
 */
#include <math.h>

#include "worker/virtual/machine_inner.h"

#define CHANGE_S 45 /* of print time, in which the next filament is brought */
#define INSPECT_S 60
#define UNLOAD_AND_LOAD_S 60

enum { STAGE_PRINT = 0, STAGE_CHANGE = 4, STAGE_NOZZLE = 7, STAGE_INSPECT = 10 };

static const struct machine_step *
step_of(const struct machine_run *run)
{
	return run->step < run->step_count ? &run->steps[run->step] : NULL;
}

static int
stage_at_layers(const struct machine_run *run)
{
	double begin_s = run->uses[0].share * run->seconds, layer_s = run->seconds / run->layers;

	if (run->reheats)
		return STAGE_NOZZLE;
	for (uint32_t i = 1; i < run->use_count; i++) {
		if (run->done_s >= begin_s && run->done_s < begin_s + CHANGE_S)
			return STAGE_CHANGE;
		begin_s += run->uses[i].share * run->seconds;
	}
	if (run->inspects_layer && run->done_s >= layer_s && run->done_s < layer_s + INSPECT_S)
		return STAGE_INSPECT;
	return STAGE_PRINT;
}

int
machine_stage(const struct machine *machine)
{
	const struct machine_run *run = &machine->life.run;
	const struct machine_step *step = step_of(run);
	int change = machine_change_stage(machine);

	if (change >= 0)
		return change;
	if (run->state == GCODE_STATE_PAUSE && run->pause_stage != 0)
		return run->pause_stage;
	if (run->state != GCODE_STATE_RUNNING || step == NULL)
		return machine->traits->idle_stage;
	return step->kind == STEP_PRINT ? stage_at_layers(run) : step->stage;
}

enum gcode_state
machine_shown_state(const struct machine *machine)
{
	return machine->life.run.linger_left_ms > 0 ? GCODE_STATE_FINISH : machine->life.run.state;
}

int32_t
machine_percent(const struct machine *machine)
{
	const struct machine_run *run = &machine->life.run;

	if (machine_shown_state(machine) == GCODE_STATE_FINISH)
		return 100;
	if (run->is_system)
		return (int32_t)(run->step_count > 0 ? 100 * run->step / run->step_count : 0);
	return run->seconds > 0 ? (int32_t)(100 * run->done_s / run->seconds) : 0;
}

int32_t
machine_prepare_percent(const struct machine *machine)
{
	const struct machine_run *run = &machine->life.run;

	if (run->prepare_ms <= 0)
		return 0;
	return (int32_t)(100 * (1 - fmax(0, run->prepare_left_ms) / run->prepare_ms));
}

int32_t
machine_layers(const struct machine *machine)
{
	return machine->traits->forgets_layers && !machine_is_busy(machine) ? 0 : machine->life.run.layers;
}

int32_t
machine_layer(const struct machine *machine)
{
	const struct machine_run *run = &machine->life.run;
	const struct machine_step *step = step_of(run);

	if (machine_layers(machine) == 0)
		return 0;
	if (run->state == GCODE_STATE_FINISH)
		return run->layers;
	if (step == NULL || step->kind != STEP_PRINT || run->seconds <= 0)
		return 0;
	int32_t layer = 1 + (int32_t)(run->done_s / run->seconds * run->layers);
	return layer < run->layers ? layer : run->layers;
}

int
machine_speed_percent(const struct machine *machine)
{
	static const int percents[] = { 100, 50, 100, 124, 166 }; /* levels count from 1 */

	return percents[machine->life.settings.speed_level];
}

/* -- what is left ------------------------------------------------------------------------------------------------- */
static double
heating_s(const struct heater *heater, double celsius)
{
	return fmax(0, celsius - heater->actual) / heater->rate;
}

/* In the machine's own time. */
static double
step_left_s(const struct machine *machine, uint32_t number)
{
	const struct machine_run *run = &machine->life.run;
	const struct machine_step *step = &run->steps[number];
	const struct machine_use *use = &run->uses[0];
	const struct machine_extruder *extruder = &machine->life.extruders[use->extruder];

	switch (step->kind) {
	case STEP_WAIT: return number == run->step && run->state != GCODE_STATE_PREPARE ? run->step_left_s : step->seconds;
	case STEP_BED: return heating_s(&machine->life.bed, machine_material(use->material)->bed);
	case STEP_NOZZLE: return heating_s(&extruder->heater, machine_material(use->material)->nozzle);
	case STEP_LOAD: return machine_place_is_same(extruder->feed, use->place) ? 0 : UNLOAD_AND_LOAD_S;
	case STEP_PRINT: return (run->seconds - run->done_s) * 100 / machine_speed_percent(machine);
	}
	return 0;
}

int64_t
machine_left_ms(const struct machine *machine)
{
	const struct machine_run *run = &machine->life.run;
	double seconds = 0;

	if (!machine_is_busy(machine))
		return 0;
	for (uint32_t i = run->step; i < run->step_count; i++)
		seconds += step_left_s(machine, i);
	double left_ms = seconds * 1000 / machine->life.controls.time_factor;
	return (int64_t)(left_ms + run->linger_left_ms +
			 (run->state == GCODE_STATE_PREPARE ? fmax(0, run->prepare_left_ms) : 0));
}
