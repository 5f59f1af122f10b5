/*
 * command_motion: homing, moving, extruding and the printer's own calibrations.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "printer/command_parts.h"

#define MOVE_MAX_MM 100
#define EXTRUDE_MIN_CELSIUS 170
#define CALIBRATION_LIDAR 1
#define CALIBRATION_NOZZLE_OFFSET 16
#define CALIBRATION_ALL 127

enum axis { AXIS_X, AXIS_Y, AXIS_Z, AXIS_E, AXIS_COUNT };
static const char *const axis_fields[AXIS_COUNT] = { "axes.x", "axes.y", "axes.z", "axes.e" };
static const char axis_letters[] = "XYZE";

/* -- home --------------------------------------------------------------------------------------- */
bool
command_do_home_axis(struct command_work *work)
{
	bool x = command_truth(work, "axes.x"), y = command_truth(work, "axes.y"), z = command_truth(work, "axes.z");
	char line[16];

	if (!x && !y && !z)
		return command_refuse(work, REFUSAL_INVALID, "Give at least one of axes.x, axes.y and axes.z as true.",
				      "home-axis names no axis.");
	if (!command_needs_rest(work, false))
		return false;
	/* Z is probed with the nozzle over the plate: only a whole homing brings it there. */
	if (z && command_printer_has(work, FUN_HOMING)) {
		command_print_plain(work, "back_to_center");
	} else {
		str_format(line, sizeof line, "G28%s%s\n", x && !z ? " X" : "", y && !z ? " Y" : "");
		command_gcode(work, line);
	}
	command_says(work, "homes %s", z ? "all axes" : x && y ? "the X and the Y axis" : x ? "the X axis" : "the Y axis");
	return true;
}

/* -- move --------------------------------------------------------------------------------------- */
/* A distance in hundredths of a millimetre. */
static bool
read_distance(struct command_work *work, const char *field, int *ret_hundredths)
{
	double mm = command_number(work, field);

	*ret_hundredths = 0;
	if (mm >= -MOVE_MAX_MM && mm <= MOVE_MAX_MM) {
		*ret_hundredths = (int)(mm * 100 + (mm < 0 ? -0.5 : 0.5));
		return true;
	}
	return command_refuse(work, REFUSAL_INVALID, "Give millimetres from -100 to 100.",
			      "%s is %g; it must be from -100 to 100 mm.", field, mm);
}

/* "12.5" of 1250 or -1250: written by hand, since printf takes the decimal point from the locale. */
static const char *
distance_text(int hundredths, char ret_text[16])
{
	unsigned size = (unsigned)abs(hundredths);

	if (size % 100 == 0)
		str_format(ret_text, 16, "%u", size / 100);
	else if (size % 10 == 0)
		str_format(ret_text, 16, "%u.%u", size / 100, size / 10 % 10);
	else
		str_format(ret_text, 16, "%u.%02u", size / 100, size % 100);
	return ret_text;
}

/* "X-12.5" */
static void
append_distance(char *to, size_t cap, char letter, int hundredths)
{
	size_t used = strlen(to);
	char text[16];

	ENSURE(str_format(to + used, cap - used, "%c%s%s", letter, hundredths < 0 ? "-" : "",
			  distance_text(hundredths, text)));
}

static bool
needs_heat(struct command_work *work)
{
	double celsius = work->state->nozzle.actual_celsius;

	if (isnan(celsius) || celsius >= EXTRUDE_MIN_CELSIUS)
		return true;
	return command_refuse(work, REFUSAL_CONFLICT,
			      "Heat the nozzle first: set-temperature with type nozzle, as hot as the filament needs.",
			      "The nozzle has %.1f °C; filament moves from %d °C on.", celsius, EXTRUDE_MIN_CELSIUS);
}

static bool
needs_home(struct command_work *work, const int hundredths[AXIS_COUNT])
{
	const enum tri homed[] = { work->state->homed_x, work->state->homed_y, work->state->homed_z };

	for (size_t i = 0; i < STR_ARRAY_LEN(homed); i++)
		if (hundredths[i] != 0 && homed[i] == TRI_NO)
			return command_refuse(work, REFUSAL_CONFLICT, "Home it first: home-axis.",
					      "The printer does not know where its %c axis stands.", axis_letters[i]);
	return true;
}

static void
send_extrusion(struct command_work *work, int hundredths)
{
	char lines[48] = "M83\nG1 ";

	append_distance(lines, sizeof lines, 'E', hundredths);
	/* 5 mm/s: no hotend is outrun by it. */
	str_format(lines + strlen(lines), sizeof lines - strlen(lines), " F300\n");
	command_gcode(work, lines);
}

/* The newer command knows two distances, 1 and 10 mm, of one axis. */
static bool
send_step(struct command_work *work, const int hundredths[AXIS_COUNT])
{
	struct payload payload;
	int axis = -1;

	for (int i = AXIS_X; i <= AXIS_Z; i++) {
		if (hundredths[i] == 0)
			continue;
		if (axis >= 0 || (abs(hundredths[i]) != 100 && abs(hundredths[i]) != 1000))
			return false;
		axis = i;
	}
	if (axis < 0 || !command_printer_has(work, FUN_AXIS_CONTROL))
		return false;
	command_print_open(work, &payload, "xyz_ctrl");
	payload_text(&payload, "axis", (char[2]){ axis_letters[axis], '\0' });
	payload_int(&payload, "dir", hundredths[axis] > 0 ? 1 : -1);
	payload_int(&payload, "mode", abs(hundredths[axis]) == 1000 ? 1 : 0);
	payload_close(&payload);
	return true;
}

/* Relative moves within the soft limits; the modes that were set before come back after them. */
static void
send_move(struct command_work *work, const int hundredths[AXIS_COUNT])
{
	char lines[160] = "M211 S\nM211 X1 Y1 Z1\nM1002 push_ref_mode\nG91\nG1 ", xy[48] = "", z[32] = "";

	if (hundredths[AXIS_X] != 0)
		append_distance(xy, sizeof xy, 'X', hundredths[AXIS_X]);
	if (hundredths[AXIS_X] != 0 && hundredths[AXIS_Y] != 0)
		str_format(xy + strlen(xy), sizeof xy - strlen(xy), " ");
	if (hundredths[AXIS_Y] != 0)
		append_distance(xy, sizeof xy, 'Y', hundredths[AXIS_Y]);
	if (*xy != '\0')
		str_format(xy + strlen(xy), sizeof xy - strlen(xy), " F3000\n");
	if (hundredths[AXIS_Z] != 0)
		append_distance(z, sizeof z, 'Z', hundredths[AXIS_Z]);
	if (*z != '\0')
		str_format(z + strlen(z), sizeof z - strlen(z), " F900\n");
	/* Away from the plate first, towards it last. */
	bool z_first = hundredths[AXIS_Z] > 0;
	ENSURE(str_format(lines + strlen(lines), sizeof lines - strlen(lines), "%s%s%sM1002 pop_ref_mode\nM211 R\n",
			  z_first ? z : xy, *xy != '\0' && *z != '\0' ? "G1 " : "", z_first ? xy : z));
	command_gcode(work, lines);
}

static void
say_move(struct command_work *work, const int hundredths[AXIS_COUNT])
{
	char what[96] = "moves";

	for (int i = AXIS_X; i < AXIS_COUNT; i++) {
		if (hundredths[i] != 0) {
			str_format(what + strlen(what), sizeof what - strlen(what), " ");
			append_distance(what, sizeof what, axis_letters[i], hundredths[i]);
		}
	}
	command_says(work, "%s mm", what);
}

bool
command_do_move_axis(struct command_work *work)
{
	int hundredths[AXIS_COUNT];
	bool moves = false;

	for (int i = AXIS_X; i < AXIS_COUNT; i++) {
		if (!read_distance(work, axis_fields[i], &hundredths[i]))
			return false;
		moves = moves || (i < AXIS_E && hundredths[i] != 0);
	}
	if (!moves && hundredths[AXIS_E] == 0)
		return command_refuse(work, REFUSAL_INVALID,
				      "Give a distance of at least 0.01 mm in axes.x, axes.y, axes.z or axes.e.",
				      "move-axis moves nothing.");
	if (!command_needs_rest(work, false) || !needs_home(work, hundredths) ||
	    (hundredths[AXIS_E] != 0 && !needs_heat(work)))
		return false;
	if (moves && !send_step(work, hundredths))
		send_move(work, hundredths);
	if (hundredths[AXIS_E] != 0)
		send_extrusion(work, hundredths[AXIS_E]);
	say_move(work, hundredths);
	return true;
}

bool
command_do_extrude_filament(struct command_work *work)
{
	int hundredths;
	char text[16];

	if (!read_distance(work, "amount", &hundredths))
		return false;
	if (hundredths == 0)
		return command_refuse(work, REFUSAL_INVALID, "Give millimetres from -100 to 100, but not 0.",
				      "extrude-filament moves nothing.");
	if (!command_needs_rest(work, true) || !needs_heat(work))
		return false;
	send_extrusion(work, hundredths);
	command_says(work, "%s %s mm of filament", hundredths > 0 ? "extrudes" : "pulls back",
		     distance_text(hundredths, text));
	return true;
}

/* -- calibrate ------------------------------------------------------------------------------------ */
bool
command_do_calibration(struct command_work *work)
{
	struct payload payload;
	int options;

	if (!command_whole(work, "option_value", 1, CALIBRATION_ALL, "", &options))
		return false;
	if ((options & CALIBRATION_LIDAR) != 0 && !command_model_has(work, work->model->has_lidar))
		return command_refuse(work, REFUSAL_FORBIDDEN, "Leave the 1 out of option_value.",
				      "The %s has no lidar to calibrate.", work->model->name);
	if ((options & CALIBRATION_NOZZLE_OFFSET) != 0 && !command_model_has(work, command_extruders(work) > 1))
		return command_refuse(work, REFUSAL_FORBIDDEN, "Leave the 16 out of option_value.",
				      "The %s has one nozzle: there is no offset to calibrate.", work->model->name);
	if (!command_needs_rest(work, false))
		return false;
	command_print_open(work, &payload, "calibration");
	payload_int(&payload, "option", options);
	payload_close(&payload);
	command_says(work, "starts calibration (options %d)", options);
	return true;
}
