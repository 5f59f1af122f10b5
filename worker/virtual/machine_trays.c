/*
 * machine_trays: spools in the slots of AMS units and outside, what feeds the toolhead, changes of filament, the reading
 * of tags, drying.
 */
#include <math.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "worker/virtual/machine_inner.h"

#define SPOOL_GRAMS 1000.0
#define READING_S 12.0
#define UNLOAD_S 25.0
#define LOAD_S 35.0
#define USUAL_CELSIUS 220
#define DRYING_RATE 0.05 /* °C a second, of a unit's air */
#define UNIT_COOLING_S 1800.0
#define HT_BIT 16   /* of the first AMS HT in tray_exist_bits */
#define LITE_BIT 24 /* of the A2L's AMS lite */
#define LITE_OF_A2L 16

static const struct {
	const char *material, *brand, *profile, *color_name, *color;
	int nozzle_min, nozzle_max, dry_celsius, dry_hours;
} spools[] = {
#define SPOOL(...) { __VA_ARGS__ },
#include "worker/virtual/machine_spools.def"
#undef SPOOL
};

int
machine_spool_rows(void)
{
	return (int)STR_ARRAY_LEN(spools);
}

/* -- as made ------------------------------------------------------------------------------------------------------ */
static void
write_hex_number(struct machine *machine, uint64_t salt, char *to, size_t digits)
{
	for (size_t i = 0; i < digits; i++)
		to[i] = "0123456789ABCDEF"[(unsigned)(machine_chance(machine, salt * 64 + i) * 16)];
	to[0] = 'A'; /* never all zeros, which is no tag */
	to[digits] = '\0';
}

static void
take_spool(struct machine_tray *tray, int32_t row)
{
	tray->spool = row;
	str_copy(tray->material, sizeof tray->material, spools[row].material);
	str_copy(tray->brand, sizeof tray->brand, spools[row].brand);
	str_copy(tray->profile, sizeof tray->profile, spools[row].profile);
	str_copy(tray->color_name, sizeof tray->color_name, spools[row].color_name);
	str_copy(tray->color, sizeof tray->color, spools[row].color);
	tray->nozzle_min = spools[row].nozzle_min;
	tray->nozzle_max = spools[row].nozzle_max;
	tray->dry_celsius = spools[row].dry_celsius;
	tray->dry_hours = spools[row].dry_hours;
}

static void
fill_tray(struct machine *machine, struct machine_tray *tray, uint32_t number)
{
	memset(tray, 0, sizeof *tray);
	tray->is_filled = true;
	tray->cali_idx = -1;
	take_spool(tray, (int32_t)(number % STR_ARRAY_LEN(spools)));
	if (tray->brand[0] == '\0')
		return;
	write_hex_number(machine, 2 * number + 100, tray->tag, 16);
	write_hex_number(machine, 2 * number + 101, tray->uuid, 32);
	tray->used_grams = floor(machine_chance(machine, number + 10) * 60) * 10;
}

/* Units are counted from 0, AMS HT from 128; with two extruders they feed them in turn, the right one first. */
static void
add_unit(struct machine *machine, enum ams_kind kind, uint32_t *units, uint32_t *dryers)
{
	struct machine_unit *unit = &machine->life.units[machine->life.unit_count];
	bool is_ht = kind == AMS_KIND_HT;

	if (machine->life.unit_count == MACHINE_UNITS_MAX || (is_ht ? *dryers > HT_LAST - HT_FIRST : *units > 3))
		return;
	memset(unit, 0, sizeof *unit);
	unit->kind = kind;
	unit->id = is_ht ? HT_FIRST + (int32_t)(*dryers)++ : (int32_t)(*units)++;
	if (kind == AMS_KIND_LITE && machine->traits->lite_unit != 0)
		unit->id = machine->traits->lite_unit;
	unit->extruder = machine->setup.model->extruders > 1 ? (int32_t)machine->life.unit_count % 2 : 0;
	unit->celsius = AMBIENT_CELSIUS;
	unit->tray_count = is_ht ? 1 : STATE_TRAYS_MAX;
	for (uint32_t i = 0; i < unit->tray_count; i++)
		fill_tray(machine, &unit->trays[i], machine->life.unit_count * STATE_TRAYS_MAX + i);
	machine->life.unit_count++;
}

void
machine_trays_fill(struct machine *machine)
{
	struct machine_life *life = &machine->life;
	uint32_t units = 0, dryers = 0;

	life->unit_count = 0;
	for (uint32_t i = 0; i < machine->setup.ams_count && i < STATE_AMS_MAX; i++)
		add_unit(machine, machine->setup.ams[i], &units, &dryers);
	for (unsigned i = 0; i < STATE_EXTRUDERS_MAX; i++) {
		fill_tray(machine, &life->external[i], STR_ARRAY_LEN(spools) - 2 + i); /* without tags */
		life->extruders[i].feed = (struct machine_place){ NOTHING, NOTHING };
	}
	life->active_extruder = 0;
}

/* -- places ------------------------------------------------------------------------------------------------------- */
bool
machine_place_is_external(struct machine_place place)
{
	return place.ams == EXTERNAL_LEFT || place.ams == EXTERNAL_RIGHT;
}

struct machine_place
machine_place_settle(const struct machine *machine, struct machine_place place)
{
	if (!machine_place_is_external(place))
		return place;
	return (struct machine_place){ machine->setup.model->extruders > 1 ? place.ams : EXTERNAL_RIGHT, 0 };
}

bool
machine_place_is_same(struct machine_place a, struct machine_place b)
{
	return a.ams == b.ams && a.slot == b.slot;
}

struct machine_unit *
machine_unit_of(struct machine *machine, int32_t id)
{
	for (uint32_t i = 0; i < machine->life.unit_count; i++)
		if (machine->life.units[i].id == id)
			return &machine->life.units[i];
	return NULL;
}

struct machine_tray *
machine_tray_of(struct machine *machine, struct machine_place place)
{
	if (machine_place_is_external(place))
		return &machine->life.external[machine_extruder_of(machine, place)];
	struct machine_unit *unit = machine_unit_of(machine, place.ams);
	return unit != NULL && place.slot >= 0 && place.slot < (int32_t)unit->tray_count ? &unit->trays[place.slot]
											  : NULL;
}

uint32_t
machine_extruder_of(struct machine *machine, struct machine_place place)
{
	if (machine->setup.model->extruders < 2)
		return 0;
	if (machine_place_is_external(place))
		return place.ams == EXTERNAL_LEFT ? 1 : 0;
	struct machine_unit *unit = machine_unit_of(machine, place.ams);
	return unit != NULL ? (uint32_t)unit->extruder : 0;
}

struct machine_place
machine_place_of_flat(const struct machine *machine, int64_t flat)
{
	const struct machine_life *life = &machine->life;
	int lite = machine->traits->lite_unit;

	if (flat == EXTERNAL_LEFT || flat == EXTERNAL_RIGHT)
		return (struct machine_place){ (int32_t)flat, 0 };
	if (flat < 0 || flat > EXTERNAL_RIGHT)
		return (struct machine_place){ NOTHING, NOTHING };
	if (flat >= HT_FIRST)
		return (struct machine_place){ (int32_t)flat, 0 };
	/* The slots of an A2L's AMS lite are counted by themselves. */
	for (uint32_t i = 0; lite != 0 && flat < STATE_TRAYS_MAX && i < life->unit_count; i++)
		if (life->units[i].id == lite)
			return (struct machine_place){ lite, (int32_t)flat };
	return (struct machine_place){ (int32_t)flat / STATE_TRAYS_MAX, (int32_t)flat % STATE_TRAYS_MAX };
}

int
machine_flat_of(const struct machine *machine, struct machine_place place)
{
	if (place.ams == NOTHING)
		return EXTERNAL_RIGHT;
	if (machine_place_is_external(place))
		return EXTERNAL_LEFT;
	bool is_local = machine->setup.model->tray_now_is_local || place.ams == machine->traits->lite_unit ||
			(machine->traits->counts_locally && machine->life.unit_count > 1);
	if (is_local)
		return place.slot;
	return place.ams >= HT_FIRST ? place.ams : place.ams * STATE_TRAYS_MAX + place.slot;
}

int
machine_slot_bit(const struct machine_unit *unit, uint32_t slot)
{
	if (unit->id >= HT_FIRST)
		return HT_BIT + (unit->id - HT_FIRST);
	return unit->id == LITE_OF_A2L ? LITE_BIT + (int)slot : unit->id * STATE_TRAYS_MAX + (int)slot;
}

int32_t
machine_remain(const struct machine_tray *tray)
{
	if (tray->tag[0] == '\0')
		return -1;
	return (int32_t)lround(fmax(0, 100 - tray->used_grams / SPOOL_GRAMS * 100));
}

/* -- tags --------------------------------------------------------------------------------------------------------- */
void
machine_tray_read_tag(struct machine *machine, struct machine_tray *tray)
{
	tray->reading_s = READING_S;
	machine_report_soon(machine);
}

static void
pass_reading(struct machine *machine, struct machine_tray *tray, double seconds)
{
	if (tray->reading_s <= 0)
		return;
	tray->reading_s -= seconds;
	if (tray->reading_s > 0)
		return;
	tray->reading_s = 0;
	/* The tag says it better than whoever has set it meanwhile. */
	if (tray->tag[0] != '\0' && tray->spool != NOTHING)
		take_spool(tray, tray->spool);
	machine_report_soon(machine);
}

static void
pass_unit(struct machine *machine, struct machine_unit *unit, double seconds)
{
	for (uint32_t i = 0; i < unit->tray_count; i++)
		pass_reading(machine, &unit->trays[i], seconds);
	if (unit->dry_s > 0) {
		unit->dry_s = fmax(0, unit->dry_s - seconds);
		unit->celsius = fmin(unit->dry_celsius, unit->celsius + DRYING_RATE * seconds);
	} else {
		unit->celsius = AMBIENT_CELSIUS + (unit->celsius - AMBIENT_CELSIUS) * exp(-seconds / UNIT_COOLING_S);
	}
}

/* -- changes ------------------------------------------------------------------------------------------------------ */
void
machine_change_begin(struct machine *machine, uint32_t extruder, struct machine_place to, double celsius)
{
	struct machine_change *change = &machine->change;
	struct heater *heater;

	ENSURE(extruder < STATE_EXTRUDERS_MAX);
	heater = &machine->life.extruders[extruder].heater;
	*change = (struct machine_change){ .phase = CHANGE_HEATING, .extruder = extruder, .to = to,
					   .celsius = celsius > 0 ? celsius : USUAL_CELSIUS,
					   .former_target = heater->target };
	machine_set_nozzle(machine, extruder, fmax(change->celsius, heater->target));
}

/* Heating is part of it: printers say which of the two they are about. */
int
machine_change_stage(const struct machine *machine)
{
	const struct machine_change *change = &machine->change;

	switch (change->phase) {
	case CHANGE_NONE: return -1;
	case CHANGE_HEATING: return 7;
	case CHANGE_UNLOADING: return 22;
	case CHANGE_LOADING: return 24;
	}
	return -1;
}

static void
end_change(struct machine *machine)
{
	struct machine_change *change = &machine->change;
	bool is_printing = machine->life.run.state == GCODE_STATE_RUNNING;

	change->phase = CHANGE_NONE;
	if (!is_printing)
		machine_set_nozzle(machine, change->extruder, change->former_target);
	machine_report_soon(machine);
}

static void
next_phase(struct machine *machine)
{
	struct machine_change *change = &machine->change;
	struct machine_place *feed = &machine->life.extruders[change->extruder].feed;

	if (change->phase == CHANGE_HEATING && feed->ams != NOTHING) {
		change->phase = CHANGE_UNLOADING;
		change->left_s = UNLOAD_S;
	} else if (change->phase != CHANGE_LOADING && change->to.ams != NOTHING) {
		*feed = (struct machine_place){ NOTHING, NOTHING };
		change->phase = CHANGE_LOADING;
		change->left_s = LOAD_S;
	} else {
		*feed = change->to;
		end_change(machine);
		return;
	}
	machine_report_soon(machine);
}

static void
pass_change(struct machine *machine, double seconds)
{
	struct machine_change *change = &machine->change;

	if (change->phase == CHANGE_NONE)
		return;
	if (change->phase == CHANGE_HEATING) {
		if (heater_is_ready(&machine->life.extruders[change->extruder].heater))
			next_phase(machine);
		return;
	}
	change->left_s -= seconds;
	if (change->left_s <= 0)
		next_phase(machine);
}

void
machine_trays_pass(struct machine *machine, double seconds)
{
	for (uint32_t i = 0; i < machine->life.unit_count; i++)
		pass_unit(machine, &machine->life.units[i], seconds);
	pass_change(machine, seconds);
}
