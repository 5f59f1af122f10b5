/*
 * machine_orders_ams: what requests about filament do: changes, what is in a slot, tags, drying.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "worker/virtual/machine_inner.h"

#define UNLOAD 255
#define DRY_MIN_CELSIUS 40
#define DRY_MAX_HOURS 24

static const char *const no_slot = "no such slot", *const no_sense = "invalid parameter";
static const char *const is_printing = "printer is busy";

static int32_t
whole(const struct machine_order *order, const char *key, int32_t instead)
{
	const json_t *value = json_object_get(order->body, key);
	json_int_t number = json_integer_value(value);

	return json_is_integer(value) && number >= INT16_MIN && number <= INT16_MAX ? (int32_t)number : instead;
}

/* By unit and slot; older programs give the flat number alone, or the unit and a number: of the slot in it, or flat. */
static struct machine_place
place_of(struct machine *machine, const struct machine_order *order, int32_t number)
{
	int32_t ams = whole(order, "ams_id", NOTHING), slot = whole(order, "slot_id", NOTHING);
	struct machine_place place = { ams, slot };

	if (ams == NOTHING)
		place = machine_place_of_flat(machine, number);
	else if (slot == NOTHING && number >= 0)
		place.slot = ams >= HT_FIRST ? 0 : number % STATE_TRAYS_MAX;
	return machine_place_settle(machine, place);
}

/* -- changes ------------------------------------------------------------------------------------------------------ */
/* Whose filament goes: the one that is named, else that of the unit. */
static uint32_t
extruder_of(struct machine *machine, const struct machine_order *order, struct machine_place place)
{
	int32_t extruder = whole(order, "extruder_id", NOTHING);
	struct machine_place feed = machine->life.extruders[1].feed;

	if (extruder >= 0 && extruder < (int32_t)machine->setup.model->extruders)
		return (uint32_t)extruder;
	if (machine->setup.model->extruders > 1 && feed.ams == place.ams)
		return 1;
	return machine_extruder_of(machine, place);
}

static bool
may_change(const struct machine *machine)
{
	enum gcode_state state = machine->life.run.state;

	return state != GCODE_STATE_RUNNING && state != GCODE_STATE_PREPARE && machine->change.phase == CHANGE_NONE;
}

void
machine_order_ams_change_filament(struct machine *machine, struct machine_order *order)
{
	int32_t target = whole(order, "target", UNLOAD), celsius = whole(order, "tar_temp", 0);
	struct machine_place place = place_of(machine, order, target), none = { NOTHING, NOTHING };
	bool unloads = whole(order, "slot_id", target) == UNLOAD;
	const struct machine_tray *tray = machine_tray_of(machine, place);

	if (!may_change(machine))
		order->failure = is_printing;
	else if (unloads)
		machine_change_begin(machine, extruder_of(machine, order, place), none, celsius);
	else if (tray == NULL || !tray->is_filled)
		order->failure = no_slot;
	else
		machine_change_begin(machine, machine_extruder_of(machine, place), place, celsius);
}

void
machine_order_unload_filament(struct machine *machine, struct machine_order *order)
{
	struct machine_place none = { NOTHING, NOTHING };

	if (may_change(machine))
		machine_change_begin(machine, machine->life.active_extruder, none, 0);
	else
		order->failure = is_printing;
}

/* What is under way is ended by two of them, and a paused print goes on by the third. */
void
machine_order_ams_control(struct machine *machine, struct machine_order *order)
{
	const char *param = json_string_value(json_object_get(order->body, "param"));

	if (param == NULL)
		order->failure = no_sense;
	else if (strcmp(param, "abort") == 0 || strcmp(param, "reset") == 0)
		machine->change.phase = CHANGE_NONE;
	else if (strcmp(param, "resume") == 0)
		machine_run_resume(machine);
	machine_report_soon(machine);
}

/* -- what is in a slot -------------------------------------------------------------------------------------------- */
static void
take_text(const struct machine_order *order, const char *key, char *to, size_t cap)
{
	const char *text = json_string_value(json_object_get(order->body, key));

	if (text != NULL)
		str_copy(to, cap, text);
}

static void
take_color(const struct machine_order *order, char to[9])
{
	const char *color = json_string_value(json_object_get(order->body, "tray_color"));

	if (color != NULL && strlen(color) == 8 && strspn(color, "0123456789abcdefABCDEF") == 8)
		str_copy(to, 9, color);
	for (char *p = to; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'f')
			*p = (char)(*p - 'a' + 'A');
}

static bool
is_nameable(const struct machine_order *order)
{
	const char *material = json_string_value(json_object_get(order->body, "tray_type"));

	return material == NULL || strlen(material) < sizeof((struct machine_tray *)NULL)->material;
}

void
machine_order_ams_filament_setting(struct machine *machine, struct machine_order *order)
{
	struct machine_tray *tray = machine_tray_of(machine, place_of(machine, order, whole(order, "tray_id", NOTHING)));

	if (tray == NULL || !is_nameable(order)) {
		order->failure = tray == NULL ? no_slot : no_sense;
		return;
	}
	tray->is_filled = true;
	tray->brand[0] = tray->color_name[0] = '\0';
	take_text(order, "tray_type", tray->material, sizeof tray->material);
	take_text(order, "tray_info_idx", tray->profile, sizeof tray->profile);
	take_color(order, tray->color);
	tray->nozzle_min = whole(order, "nozzle_temp_min", tray->nozzle_min);
	tray->nozzle_max = whole(order, "nozzle_temp_max", tray->nozzle_max);
	machine_report_soon(machine);
}

void
machine_order_ams_get_rfid(struct machine *machine, struct machine_order *order)
{
	struct machine_place place = place_of(machine, order, NOTHING);
	struct machine_tray *tray = machine_place_is_external(place) ? NULL : machine_tray_of(machine, place);

	if (tray == NULL || !tray->is_filled)
		order->failure = no_slot;
	else
		machine_tray_read_tag(machine, tray);
}

void
machine_order_extrusion_cali_sel(struct machine *machine, struct machine_order *order)
{
	struct machine_tray *tray = machine_tray_of(machine, place_of(machine, order, whole(order, "tray_id", NOTHING)));

	if (tray == NULL)
		order->failure = no_slot;
	else
		tray->cali_idx = whole(order, "cali_idx", -1);
	machine_report_soon(machine);
}

/* -- drying ------------------------------------------------------------------------------------------------------- */
void
machine_order_ams_filament_drying(struct machine *machine, struct machine_order *order)
{
	struct machine_unit *unit = machine_unit_of(machine, whole(order, "ams_id", NOTHING));
	int32_t hours = whole(order, "duration", 0), celsius = whole(order, "temp", DRY_MIN_CELSIUS);
	bool starts = whole(order, "mode", 0) == 1;

	if (unit == NULL || (unit->kind != AMS_KIND_PRO2 && unit->kind != AMS_KIND_HT)) {
		order->failure = no_slot;
		return;
	}
	if (starts && (hours < 1 || hours > DRY_MAX_HOURS)) {
		order->failure = no_sense;
		return;
	}
	int32_t most = unit->kind == AMS_KIND_HT ? 85 : 65;
	unit->dry_s = starts ? hours * 3600.0 : 0;
	unit->dry_celsius = celsius < DRY_MIN_CELSIUS ? DRY_MIN_CELSIUS : celsius > most ? most : celsius;
	machine_report_soon(machine);
}

void
machine_order_auto_stop_ams_dry(struct machine *machine, struct machine_order *order)
{
	(void)order;
	for (uint32_t i = 0; i < machine->life.unit_count; i++)
		machine->life.units[i].dry_s = 0;
	machine_report_soon(machine);
}
