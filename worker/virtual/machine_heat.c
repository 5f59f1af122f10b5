/*
 * machine_heat: heaters, and fans. A heater climbs at a steady rate, as printers' do within their range, and cools
 * towards the room as anything warm does.
 */
#include <math.h>
#include <string.h>

#include "worker/virtual/machine_inner.h"

#define NOZZLE_RATE 3.0	     /* °C a second */
#define NOZZLE_COOLING_S 90.0
#define BED_RATE 0.45
#define BED_COOLING_S 900.0
#define CHAMBER_RATE 0.06
#define CHAMBER_COOLING_S 1200.0
#define CHAMBER_SHARE 0.2    /* of the bed's warmth that a closed chamber takes on */
#define READY_CELSIUS 1.0    /* so near is there */
#define HOTEND_WARM 50.0     /* from here on the heatbreak is cooled */
#define WAVER_CELSIUS 0.25
#define WAVER_S 7.0	     /* a sensor's little error changes so often */

void
machine_heat_init(struct machine *machine)
{
	struct machine_life *life = &machine->life;

	for (unsigned i = 0; i < STATE_EXTRUDERS_MAX; i++)
		life->extruders[i].heater = (struct heater){ AMBIENT_CELSIUS, 0, NOZZLE_RATE, NOZZLE_COOLING_S };
	life->bed = (struct heater){ AMBIENT_CELSIUS, 0, BED_RATE, BED_COOLING_S };
	life->chamber = (struct heater){ AMBIENT_CELSIUS, 0, CHAMBER_RATE, CHAMBER_COOLING_S };
	memset(machine->fans, 0, sizeof machine->fans);
	machine->air_mode = 0;
}

/* `room`: what it cools to when nothing heats it. */
static void
heater_pass(struct heater *heater, double room, double seconds)
{
	double floor = heater->target > room ? heater->target : room;

	if (heater->actual < heater->target) {
		heater->actual = fmin(heater->target, heater->actual + heater->rate * seconds);
		return;
	}
	heater->actual = floor + (heater->actual - floor) * exp(-seconds / heater->cooling_s);
}

void
machine_heat_pass(struct machine *machine, double seconds)
{
	struct machine_life *life = &machine->life;
	bool is_on = machine->off_until_ms == 0;
	double room = AMBIENT_CELSIUS + CHAMBER_SHARE * fmax(0, life->bed.actual - AMBIENT_CELSIUS);

	for (unsigned i = 0; i < machine->setup.model->extruders; i++) {
		struct heater unpowered = life->extruders[i].heater;
		unpowered.target = is_on ? unpowered.target : 0;
		heater_pass(&unpowered, AMBIENT_CELSIUS, seconds);
		life->extruders[i].heater.actual = unpowered.actual;
	}
	if (!is_on)
		life->bed.target = life->chamber.target = 0;
	heater_pass(&life->bed, AMBIENT_CELSIUS, seconds);
	heater_pass(&life->chamber, machine->setup.model->has_chamber_sensor ? room : AMBIENT_CELSIUS, seconds);
	machine->fans[FAN_HEATBREAK] = life->extruders[life->active_extruder].heater.actual > HOTEND_WARM ? 100 : 0;
	machine->fans[FAN_HEATER] = is_on && life->chamber.target > 0 ? 100 : 0;
}

bool
heater_is_ready(const struct heater *heater)
{
	return heater->actual >= heater->target - READY_CELSIUS;
}

double
heater_wait_s(const struct heater *heater)
{
	return heater_is_ready(heater) ? 0 : (heater->target - READY_CELSIUS - heater->actual) / heater->rate;
}

static double
bounded(double value, double max)
{
	return value >= 0 ? fmin(value, max) : 0; /* NaN is 0, too */
}

void
machine_set_bed(struct machine *machine, double celsius)
{
	machine->life.bed.target = bounded(celsius, machine->setup.model->bed_max_celsius);
	machine_report_soon(machine);
}

void
machine_set_nozzle(struct machine *machine, uint32_t extruder, double celsius)
{
	if (extruder < machine->setup.model->extruders)
		machine->life.extruders[extruder].heater.target =
			bounded(celsius, machine->setup.model->nozzle_max_celsius);
	machine_report_soon(machine);
}

void
machine_set_chamber(struct machine *machine, double celsius)
{
	machine->life.chamber.target = bounded(celsius, machine->setup.model->chamber_target_max_celsius);
	machine_report_soon(machine);
}

void
machine_set_fan(struct machine *machine, enum fan fan, double percent)
{
	const struct model *model = machine->setup.model;
	const bool has[STATE_FAN_KINDS] = { [FAN_PART] = true, [FAN_AUX] = model->has_aux_fan,
					    [FAN_CHAMBER] = model->has_chamber_fan, [FAN_AUX2] = model->has_aux2_fan };

	if (!has[fan])
		return;
	machine->fans[fan] = bounded(percent, 100);
	machine_report_soon(machine);
}

void
machine_cool_down(struct machine *machine)
{
	for (unsigned i = 0; i < machine->setup.model->extruders; i++)
		machine_set_nozzle(machine, i, 0);
	machine_set_bed(machine, 0);
	machine_set_chamber(machine, 0);
	memset(machine->fans, 0, sizeof machine->fans);
}

double
machine_sensed(const struct machine *machine, const struct heater *heater, unsigned salt)
{
	uint64_t moment = (uint64_t)(machine->clock_s / WAVER_S);

	return heater->actual + (machine_chance(machine, moment * 16 + salt) - 0.5) * 2 * WAVER_CELSIUS;
}
