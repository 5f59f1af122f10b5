/*
 * command_heat: temperatures and fans.
 */
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "printer/command_parts.h"

#define AIR_COOLING 0
#define AIR_HEATING 1
/* Above it the flaps of a chamber with an air duct must be closed, or the heater heats the room. */
#define AIR_HEATING_ABOVE_CELSIUS 40

/* Whole degrees from 0 to the model's most. */
static bool
read_temperature(struct command_work *work, const char *what, int max_celsius, int *ret_celsius)
{
	double celsius = command_number(work, "temperature");
	char remedy[120];

	*ret_celsius = 0;
	if (celsius >= 0 && celsius <= max_celsius && celsius == (int)celsius) {
		*ret_celsius = (int)celsius;
		return true;
	}
	str_format(remedy, sizeof remedy, "Give whole degrees from 0 to %d.", max_celsius);
	return command_refuse(work, REFUSAL_INVALID, remedy, "The %s of the %s takes 0 to %d °C in whole degrees, not %g.",
			      what, work->model->name, max_celsius, celsius);
}

static void
gcode_temperature(struct command_work *work, const char *code, int celsius)
{
	char line[32];

	ENSURE(str_format(line, sizeof line, "%s S%d\n", code, celsius));
	command_gcode(work, line);
}

static bool
set_nozzle(struct command_work *work)
{
	struct payload payload;
	int celsius;

	if (!read_temperature(work, "nozzle", work->model->nozzle_max_celsius, &celsius))
		return false;
	/* G-code heats whichever nozzle is in use when it is read: with two of them ours is named. */
	if (command_extruders(work) > 1) {
		command_print_open(work, &payload, "set_nozzle_temp");
		payload_int(&payload, "extruder_index", command_active_extruder(work));
		payload_int(&payload, "target_temp", celsius);
		payload_close(&payload);
	} else {
		gcode_temperature(work, "M104", celsius);
	}
	command_says(work, "sets the nozzle to %d °C", celsius);
	return true;
}

static bool
set_bed(struct command_work *work)
{
	struct payload payload;
	int celsius;

	if (!read_temperature(work, "bed", work->model->bed_max_celsius, &celsius))
		return false;
	if (command_printer_has(work, FUN_BED_TEMPERATURE)) {
		command_print_open(work, &payload, "set_bed_temp");
		payload_int(&payload, "temp", celsius);
		payload_close(&payload);
	} else {
		gcode_temperature(work, "M140", celsius);
	}
	command_says(work, "sets the bed to %d °C", celsius);
	return true;
}

/* The flaps follow the chamber's target, when they are not where it needs them. */
static void
set_flaps(struct command_work *work, int celsius)
{
	int mode = celsius > AIR_HEATING_ABOVE_CELSIUS ? AIR_HEATING : AIR_COOLING;
	struct payload payload;

	/* Back to cooling only from heating: a laser's air is not ours to change. */
	if (work->state->air_mode == mode || (mode == AIR_COOLING && work->state->air_mode != AIR_HEATING))
		return;
	command_print_open(work, &payload, "set_airduct");
	payload_int(&payload, "modeId", mode);
	payload_int(&payload, "submode", -1);
	payload_close(&payload);
}

static bool
set_chamber(struct command_work *work)
{
	struct payload payload;
	int celsius;

	if (work->model->chamber_target_max_celsius == 0)
		return command_refuse(work, REFUSAL_FORBIDDEN,
				      "Only models with a chamber heater take this; on others the bed warms the chamber.",
				      "The %s has no chamber heater.", work->model->name);
	if (!read_temperature(work, "chamber", work->model->chamber_target_max_celsius, &celsius))
		return false;
	if (work->model->has_airduct) {
		command_print_open(work, &payload, "set_ctt");
		payload_int(&payload, "ctt_val", celsius);
		payload_bool(&payload, "temper_check", true);
		payload_close(&payload);
		set_flaps(work, celsius);
	} else {
		gcode_temperature(work, "M141", celsius);
	}
	command_says(work, "sets the chamber to %d °C", celsius);
	return true;
}

bool
command_do_set_temperature(struct command_work *work)
{
	const char *type = command_text(work, "type");

	if (strcmp(type, "nozzle") == 0)
		return set_nozzle(work);
	if (strcmp(type, "bed") == 0)
		return set_bed(work);
	if (strcmp(type, "chamber") == 0)
		return set_chamber(work);
	return command_refuse(work, REFUSAL_INVALID, "type: nozzle, bed or chamber.", "There is no heater of this type.");
}

/* -- fans --------------------------------------------------------------------------------------- */
/* Numbers of fans, the same in set_fan and in M106 P. */
enum fan_number { FAN_NUMBER_PART = 1, FAN_NUMBER_AUX = 2, FAN_NUMBER_CHAMBER = 3, FAN_NUMBER_AUX2 = 10 };

static void
send_fan(struct command_work *work, enum fan_number number, int percent)
{
	struct payload payload;
	char line[32];

	if (work->model->has_airduct) {
		command_print_open(work, &payload, "set_fan");
		payload_int(&payload, "fan_index", number);
		payload_int(&payload, "speed", percent);
		payload_close(&payload);
		return;
	}
	ENSURE(str_format(line, sizeof line, "M106 P%d S%d\n", (int)number, (percent * 255 + 50) / 100));
	command_gcode(work, line);
}

bool
command_do_set_fan(struct command_work *work)
{
	const struct model *model = work->model;
	const struct {
		const char *type, *name;
		enum fan_number number;
		bool has;
	} fans[] = {
		{ "part", "part fan", FAN_NUMBER_PART, true },
		{ "aux", "auxiliary fan", FAN_NUMBER_AUX, model->has_aux_fan },
		{ "chamber", "chamber fan", FAN_NUMBER_CHAMBER, model->has_chamber_fan },
	};
	const char *type = command_text(work, "type");
	size_t i = 0;
	int percent;

	while (i < STR_ARRAY_LEN(fans) && strcmp(fans[i].type, type) != 0)
		i++;
	if (i == STR_ARRAY_LEN(fans))
		return command_refuse(work, REFUSAL_INVALID, "type: part, aux or chamber.",
				      "There is no fan of this type.");
	if (!command_model_has(work, fans[i].has))
		return command_refuse(work, REFUSAL_FORBIDDEN, "Its part fan can be set.", "The %s has no %s.",
				      model->name, fans[i].name);
	if (!command_whole(work, "speed", 0, 100, "%", &percent))
		return false;
	send_fan(work, fans[i].number, percent);
	/* The second auxiliary fan is an accessory: only where the printer reports it. */
	if (fans[i].number == FAN_NUMBER_AUX && work->state->fan_percent[FAN_AUX2] != STATE_UNKNOWN)
		send_fan(work, FAN_NUMBER_AUX2, percent);
	command_says(work, "sets the %s to %d %%", fans[i].name, percent);
	return true;
}
