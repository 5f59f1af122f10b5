/*
 * machine_orders: what requests about the print, heat, air, lights and options do. An answer of success means that the
 * request was understood, as on real printers: whether anything came of it shows in the reports.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "worker/virtual/machine_inner.h"

static const char *const out_of_place = "not in this state", *const no_sense = "invalid parameter";

/* A number, or a text that is one; NAN else. */
static double
number_of(const struct machine_order *order, const char *key)
{
	const json_t *value = json_object_get(order->body, key);
	const char *text = json_string_value(value);
	char *end;

	if (json_is_number(value))
		return json_number_value(value);
	double number = text != NULL ? strtod(text, &end) : NAN;
	return text != NULL && *text != '\0' && *end == '\0' ? number : NAN;
}

/* -- the print ---------------------------------------------------------------------------------------------------- */
void
machine_order_pause(struct machine *machine, struct machine_order *order)
{
	(void)order;
	machine_run_pause(machine, 16, 0);
}

void
machine_order_resume(struct machine *machine, struct machine_order *order)
{
	(void)order;
	machine_run_resume(machine);
}

void
machine_order_stop(struct machine *machine, struct machine_order *order)
{
	(void)order;
	machine_start_forget(machine);
	if (machine_is_busy(machine))
		machine_run_stop(machine);
}

void
machine_order_print_speed(struct machine *machine, struct machine_order *order)
{
	double level = number_of(order, "param");

	if (level == 1 || level == 2 || level == 3 || level == 4)
		machine->life.settings.speed_level = (int32_t)level;
	else
		order->failure = no_sense;
	machine_report_soon(machine);
}

static void
skip(struct machine_run *run, const json_t *value)
{
	json_int_t object = json_integer_value(value);

	for (uint32_t i = 0; i < run->skipped_count; i++)
		if (run->skipped[i] == object)
			return;
	if (json_is_integer(value) && object >= 0 && object <= INT32_MAX && run->skipped_count < STATE_SKIPPED_MAX)
		run->skipped[run->skipped_count++] = (int32_t)object;
}

void
machine_order_skip_objects(struct machine *machine, struct machine_order *order)
{
	const json_t *list = json_object_get(order->body, "obj_list");

	if (!machine_is_busy(machine)) {
		order->failure = out_of_place;
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		skip(&machine->life.run, json_array_get(list, i));
	machine_report_soon(machine);
}

void
machine_order_calibration(struct machine *machine, struct machine_order *order)
{
	double bits = number_of(order, "option");

	if (machine_is_busy(machine))
		order->failure = out_of_place;
	else if (bits >= 1 && bits <= 127)
		machine_run_begin_calibration(machine, (unsigned)bits);
	else
		order->failure = no_sense;
}

void
machine_order_close_dialog(struct machine *machine, struct machine_order *order)
{
	(void)order;
	machine->life.print_error = 0;
	machine_report_soon(machine);
}

/* -- heat and air ------------------------------------------------------------------------------------------------- */
void
machine_order_set_bed_temp(struct machine *machine, struct machine_order *order)
{
	machine_set_bed(machine, number_of(order, "temp"));
}

void
machine_order_set_nozzle_temp(struct machine *machine, struct machine_order *order)
{
	double extruder = number_of(order, "extruder_index");

	machine_set_nozzle(machine, extruder == 1 ? 1 : 0, number_of(order, "target_temp"));
}

void
machine_order_set_ctt(struct machine *machine, struct machine_order *order)
{
	machine_set_chamber(machine, number_of(order, "ctt_val"));
}

/* The numbers of set_fan and of M106 P. */
static bool
set_fan(struct machine *machine, double number, double percent)
{
	static const struct { int number; enum fan fan; } fans[] = { { 1, FAN_PART }, { 2, FAN_AUX }, { 3, FAN_CHAMBER },
								       { 10, FAN_AUX2 } };

	for (size_t i = 0; i < STR_ARRAY_LEN(fans); i++) {
		if (number == fans[i].number) {
			machine_set_fan(machine, fans[i].fan, percent);
			return true;
		}
	}
	return false;
}

void
machine_order_set_fan(struct machine *machine, struct machine_order *order)
{
	if (!set_fan(machine, number_of(order, "fan_index"), number_of(order, "speed")))
		order->failure = no_sense;
}

void
machine_order_set_airduct(struct machine *machine, struct machine_order *order)
{
	double mode = number_of(order, "modeId");

	if (!machine->setup.model->has_airduct || !(mode == 0 || mode == 1 || mode == 2))
		order->failure = no_sense;
	else
		machine->air_mode = (int)mode;
	machine_report_soon(machine);
}

void
machine_order_select_extruder(struct machine *machine, struct machine_order *order)
{
	double extruder = number_of(order, "extruder_index");

	if (machine->life.run.state == GCODE_STATE_RUNNING)
		order->failure = out_of_place;
	else if (extruder >= 0 && extruder < machine->setup.model->extruders)
		machine->life.active_extruder = (uint32_t)extruder;
	else
		order->failure = no_sense;
	machine_report_soon(machine);
}

/* -- G-code ------------------------------------------------------------------------------------------------------- */
/* The number after a letter of the line; `instead` when it is not there. */
static double
word_of(const char *line, char letter, double instead)
{
	for (const char *p = strchr(line, ' '); p != NULL; p = strchr(p, ' ')) {
		p += strspn(p, " ");
		if (*p == letter)
			return strtod(p + 1, NULL);
	}
	return instead;
}

static bool
names_axis(const char *line, char axis)
{
	return strchr(line + strcspn(line, " "), axis) != NULL;
}

/* Without axes all of them. */
static void
home(struct machine *machine, const char *line)
{
	static const char axes[] = "XYZ";
	bool names_any = names_axis(line, 'X') || names_axis(line, 'Y') || names_axis(line, 'Z');

	for (unsigned i = 0; i < STR_ARRAY_LEN(machine->homed); i++)
		machine->homed[i] = machine->homed[i] || !names_any || names_axis(line, axes[i]);
}

/* What shows in a report; the rest (moves, modes, limits) is taken as done. */
static void
obey_line(struct machine *machine, const char *line)
{
	long code = line[0] == 'M' || line[0] == 'G' ? strtol(line + 1, NULL, 10) : -1;
	double extruder = word_of(line, 'T', machine->life.active_extruder);

	if (line[0] == 'G' && code == 28)
		home(machine, line);
	if (line[0] != 'M')
		return;
	if (code == 104 || code == 109)
		machine_set_nozzle(machine, extruder == 1 ? 1 : 0, word_of(line, 'S', 0));
	else if (code == 140 || code == 190)
		machine_set_bed(machine, word_of(line, 'S', 0));
	else if (code == 141 || code == 191)
		machine_set_chamber(machine, word_of(line, 'S', 0));
	else if (code == 106)
		set_fan(machine, word_of(line, 'P', 1), word_of(line, 'S', 255) / 255 * 100);
	else if (code == 107)
		set_fan(machine, word_of(line, 'P', 1), 0);
}

void
machine_order_gcode_line(struct machine *machine, struct machine_order *order)
{
	const char *lines = text_of(order->body, "param");
	char line[96];

	while (*lines != '\0') {
		size_t len = strcspn(lines, "\n;");
		str_format(line, sizeof line, "%.*s", len < sizeof line ? (int)len : (int)sizeof line - 1, lines);
		obey_line(machine, line);
		lines += strcspn(lines, "\n");
		lines += *lines == '\n';
	}
	machine_report_soon(machine);
}

void
machine_order_back_to_center(struct machine *machine, struct machine_order *order)
{
	(void)order;
	memset(machine->homed, true, sizeof machine->homed);
	machine_report_soon(machine);
}

/* -- options ------------------------------------------------------------------------------------------------------ */
static bool
is_on(const json_t *value)
{
	return json_is_true(value) || json_integer_value(value) > 0;
}

/* Whichever of them it names. */
void
machine_order_print_option(struct machine *machine, struct machine_order *order)
{
	static const char *const names[MACHINE_OPTION_COUNT] = {
#define X(NAME, name, bit, is_on) [MACHINE_OPTION_##NAME] = name,
		MACHINE_OPTIONS(X)
#undef X
	};

	for (unsigned i = 0; i < MACHINE_OPTION_COUNT; i++) {
		const json_t *value = json_object_get(order->body, names[i]);
		if (value != NULL)
			machine->life.settings.options[i] = is_on(value);
	}
	machine_report_soon(machine);
}

void
machine_order_xcam_control_set(struct machine *machine, struct machine_order *order)
{
	static const char *const names[MACHINE_WATCH_COUNT] = {
#define X(NAME, name) [MACHINE_WATCH_##NAME] = name,
		MACHINE_WATCHES(X)
#undef X
	};

	for (unsigned i = 0; i < MACHINE_WATCH_COUNT; i++)
		if (strcmp(text_of(order->body, "module_name"), names[i]) == 0)
			machine->life.settings.watches[i] = is_on(json_object_get(order->body, "control"));
	machine_report_soon(machine);
}

/* The H2 family has one; no report tells it, only the reply to who turns it. */
static bool
has_bed_light(const struct model *model)
{
	return model->has_two_chamber_lights && model->has_work_light;
}

/* All of its fields must be there, also those of a flashing light. */
void
machine_order_ledctrl(struct machine *machine, struct machine_order *order)
{
	static const char *const nodes[MACHINE_LIGHT_COUNT] = {
#define X(NAME, node) [MACHINE_LIGHT_##NAME] = node,
		MACHINE_LIGHTS(X)
#undef X
	};
	static const char *const needed[] = { "led_on_time", "led_off_time", "loop_times", "interval_time" };
	const char *mode = text_of(order->body, "led_mode");
	const char *node = text_of(order->body, "led_node");
	unsigned light = 0;

	for (unsigned i = 0; i < STR_ARRAY_LEN(needed); i++)
		if (json_object_get(order->body, needed[i]) == NULL)
			order->failure = no_sense;
	if (strcmp(mode, "on") != 0 && strcmp(mode, "off") != 0 && strcmp(mode, "flashing") != 0)
		order->failure = no_sense;
	while (light < MACHINE_LIGHT_COUNT && strcmp(node, nodes[light]) != 0)
		light++;
	if (light == MACHINE_LIGHT_COUNT && !(has_bed_light(machine->setup.model) && strcmp(node, "heatbed_light") == 0))
		order->failure = no_sense;
	if (order->failure != NULL || light == MACHINE_LIGHT_COUNT)
		return;
	machine->life.settings.lights[light] = strcmp(mode, "off") != 0;
	if (light == MACHINE_LIGHT_WORK)
		machine->life.settings.work_is_steady = strcmp(mode, "on") == 0;
	machine_report_soon(machine);
}

void
machine_order_ipcam_record(struct machine *machine, struct machine_order *order)
{
	machine->life.settings.records = strcmp(text_of(order->body, "control"), "enable") == 0;
	machine_report_soon(machine);
}

void
machine_order_ipcam_timelapse(struct machine *machine, struct machine_order *order)
{
	machine->life.settings.timelapse = strcmp(text_of(order->body, "control"), "enable") == 0;
	machine_report_soon(machine);
}

void
machine_order_ipcam_resolution(struct machine *machine, struct machine_order *order)
{
	machine->life.settings.is_1080p = strcmp(text_of(order->body, "resolution"), "720p") != 0;
	machine_report_soon(machine);
}

/* -- questions ---------------------------------------------------------------------------------------------------- */
void
machine_order_get_accessories(struct machine *machine, struct machine_order *order)
{
	json_object_set_new(order->more, "accessory_type", json_string("nozzle"));
	json_object_set_new(order->more, "nozzle_diameter", json_real(strtod(machine->setup.nozzle, NULL)));
	json_object_set_new(order->more, "nozzle_type", json_string(machine->traits->nozzle_type));
}

/* No profile is kept: what a filament needs is that of every such filament. */
void
machine_order_extrusion_cali_get(struct machine *machine, struct machine_order *order)
{
	(void)machine;
	json_object_set_new(order->more, "filaments", json_array());
}
