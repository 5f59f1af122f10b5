/*
 * machine_start: a start that comes in: what it says, what is checked before it is taken, and what becomes of it when the
 * file has to be read first. What a printer refuses, and by which print_error: docs/protocol.md, "Starting a print".
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "worker/virtual/machine_inner.h"

#define ERROR_PATH 0x05004002u
#define ERROR_UNREADABLE 0x05004003u
#define ERROR_BUSY 0x05004004u
#define ERROR_STORAGE 0x0500c010u
#define MAPPING_LOW 0x8012u
#define ID_MAX_TEXT "2147483647"
#define CALIBRATION_BITS 6 /* bed level and vibration */

/* What becomes of a start. */
enum outcome { TAKEN, REFUSED };

/* -- what it says ------------------------------------------------------------------------------------------------- */
/* A name is also a text on screens and in reports: no control characters. */
static bool
is_path(const char *path)
{
	for (const char *p = path; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return path[0] == '/' && path[1] != '\0' && strstr(path, "/../") == NULL;
}

/* The path within the storage of one as the printer itself sees it. */
static bool
path_below_mount(const struct model *model, const char *path, char *ret_path, size_t cap)
{
	size_t len = strlen(model->storage_mount);

	return strncmp(path, model->storage_mount, len) == 0 && path[len] == '/' && str_copy(ret_path, cap, path + len) &&
	       is_path(ret_path);
}

/* ftp:// and file:///mount/; anything else is no file of the storage. Two slashes or three. */
static bool
path_of_url(const struct model *model, const char *url, char *ret_path, size_t cap)
{
	if (strncmp(url, "file://", 7) == 0)
		return path_below_mount(model, url + 7, ret_path, cap);
	if (strncmp(url, "ftp://", 6) != 0)
		return false;
	return str_format(ret_path, cap, "/%s", url + 6 + strspn(url + 6, "/")) && is_path(ret_path);
}

/* Some firmware cuts what is more than 31 bits, so that all such ids look alike. */
static void
read_id(const struct machine *machine, const json_t *body, const char *key, char ret_id[24])
{
	const json_t *value = json_object_get(body, key);
	int64_t number;

	str_copy(ret_id, 24, json_is_string(value) ? json_string_value(value) : "0");
	if (json_is_integer(value))
		str_format(ret_id, 24, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (machine->traits->clamps_ids && str_parse_int(ret_id, 0, INT64_MAX, &number) && number > INT32_MAX)
		str_copy(ret_id, 24, ID_MAX_TEXT);
}

/* "Metadata/plate_3.gcode" */
static uint32_t
plate_of(const char *param)
{
	const char *at = strstr(param, "plate_");
	long number = at != NULL ? strtol(at + strlen("plate_"), NULL, 10) : 1;

	return number > 0 && number <= 999 ? (uint32_t)number : 0;
}

/* true, or 1 or 2 in the number that stands beside it on newer firmware; NULL where there is no such member. */
static bool
is_wanted(const json_t *body, const char *truth, const char *number)
{
	return json_is_true(json_object_get(body, truth)) || json_integer_value(json_object_get(body, number)) > 0;
}

static struct machine_place
place_of_pair(const json_t *pair)
{
	json_int_t ams = json_integer_value(json_object_get(pair, "ams_id"));
	json_int_t slot = json_integer_value(json_object_get(pair, "slot_id"));
	bool is_none = !json_is_object(pair) || ams < 0 || ams > EXTERNAL_RIGHT || slot < 0 || slot > EXTERNAL_RIGHT ||
		       (ams == EXTERNAL_RIGHT && slot == EXTERNAL_RIGHT);

	if (is_none)
		return (struct machine_place){ NOTHING, NOTHING };
	return (struct machine_place){ (int32_t)ams, ams >= EXTERNAL_LEFT ? 0 : (int32_t)slot };
}

/* By index of the project's filaments: the pairs where they say something, else the numbers. */
static void
read_mapping(const struct machine *machine, const json_t *body, struct machine_start *start)
{
	const json_t *flats = json_object_get(body, "ams_mapping"), *pairs = json_object_get(body, "ams_mapping2");
	size_t count = json_array_size(flats) > json_array_size(pairs) ? json_array_size(flats) : json_array_size(pairs);

	start->mapping_count = count < PLATES_FILAMENTS_MAX ? (uint32_t)count : PLATES_FILAMENTS_MAX;
	for (uint32_t i = 0; i < start->mapping_count; i++) {
		const json_t *flat = json_array_get(flats, i);
		json_int_t number = json_is_integer(flat) ? json_integer_value(flat) : NOTHING;
		struct machine_place place = place_of_pair(json_array_get(pairs, i));
		start->flat_is_wrong = start->flat_is_wrong || number >= EXTERNAL_LEFT;
		place = place.ams != NOTHING ? place : machine_place_of_flat(machine, number);
		start->mapping[i] = machine_place_settle(machine, place);
	}
}

/* With which hotend of the rack: the first place that is named. */
static int32_t
hotend_of(const struct machine *machine, const json_t *body)
{
	const json_t *places = json_object_get(body, "nozzle_mapping"), *place;
	size_t i;

	json_array_foreach(places, i, place) {
		json_int_t number = json_integer_value(place);
		if (machine->traits->has_rack && number >= MACHINE_RACK_FIRST && number <= MACHINE_RACK_LAST)
			return (int32_t)number;
	}
	return 0;
}

static void
name_by_path(struct machine_start *start)
{
	const char *name = strrchr(start->path, '/');
	char *end;

	name = name != NULL ? name + 1 : start->path;
	str_copy(start->file, sizeof start->file, name);
	str_copy(start->title, sizeof start->title, name);
	end = strstr(start->title, ".gcode");
	if (end != NULL)
		*end = '\0';
}

static void
read_project(const struct machine *machine, const json_t *body, struct machine_start *start)
{
	const char *title = text_of(body, "subtask_name"), *file = text_of(body, "file");

	if (!path_of_url(machine->setup.model, text_of(body, "url"), start->path, sizeof start->path))
		start->path[0] = '\0';
	name_by_path(start);
	if (*file != '\0')
		str_copy(start->file, sizeof start->file, file);
	if (*title != '\0')
		str_copy(start->title, sizeof start->title, title);
	start->plate = plate_of(text_of(body, "param"));
	read_id(machine, body, "project_id", start->project_id);
	read_id(machine, body, "profile_id", start->profile_id);
	read_id(machine, body, "task_id", start->task_id);
	read_id(machine, body, "subtask_id", start->subtask_id);
	start->levels = is_wanted(body, "bed_leveling", "auto_bed_leveling");
	start->calibrates_flow = is_wanted(body, "flow_cali", "extrude_cali_flag");
	start->calibrates_vibration = is_wanted(body, "vibration_cali", NULL);
	start->calibrates_offset = machine->setup.model->extruders > 1 && is_wanted(body, NULL, "nozzle_offset_cali");
	start->inspects_layer = is_wanted(body, "layer_inspect", NULL);
	start->records = is_wanted(body, "timelapse", NULL);
	start->uses_ams = is_wanted(body, "use_ams", NULL);
	start->hotend = hotend_of(machine, body);
	read_mapping(machine, body, start);
}

static void
read_gcode_file(const struct machine *machine, const json_t *body, struct machine_start *start)
{
	const char *param = text_of(body, "param");

	start->is_gcode = true;
	start->plate = 1;
	/* Some take the bare name, too. */
	if (!path_below_mount(machine->setup.model, param, start->path, sizeof start->path) &&
	    (!str_format(start->path, sizeof start->path, "%s%s", *param == '/' ? "" : "/", param) ||
	     !is_path(start->path)))
		start->path[0] = '\0';
	name_by_path(start);
	str_copy(start->project_id, sizeof start->project_id, "0");
	str_copy(start->profile_id, sizeof start->profile_id, "0");
	str_copy(start->task_id, sizeof start->task_id, "0");
	str_copy(start->subtask_id, sizeof start->subtask_id, "0");
}

/* -- what is checked ---------------------------------------------------------------------------------------------- */
static enum outcome
refuse(struct machine *machine, uint32_t print_error)
{
	const struct machine_start *start = &machine->start;

	if (machine_is_busy(machine)) {
		machine->life.print_error = print_error;
	} else {
		machine_run_name(machine, start);
		machine_run_fail(machine, print_error);
	}
	machine_report_soon(machine);
	machine_start_forget(machine);
	return REFUSED;
}

/* Taken and shown, and nothing comes of it. */
static enum outcome
lose(struct machine *machine)
{
	machine_run_name(machine, &machine->start);
	machine_report_soon(machine);
	machine_start_forget(machine);
	return TAKEN;
}

/* 0: every filament of the plate has a place that is there. */
static uint32_t
mapping_error(struct machine *machine, const struct plate *plate)
{
	const struct machine_start *start = &machine->start;
	const uint32_t no_table = 0x07ff0000u | MAPPING_LOW;

	if (start->flat_is_wrong)
		return 0x07000000u | MAPPING_LOW;
	if (!start->uses_ams)
		return 0;
	if (machine->life.unit_count == 0)
		return no_table;
	for (uint32_t i = 0; i < plate->filament_count; i++) {
		uint32_t index = plate->filaments[i].index;
		if (index >= start->mapping_count)
			return no_table;
		struct machine_place place = start->mapping[index];
		const struct machine_tray *tray = machine_tray_of(machine, place);
		if (place.ams != NOTHING && (tray == NULL || !tray->is_filled))
			return machine_error_of_place(place, MAPPING_LOW);
	}
	return 0;
}

static enum outcome
begin(struct machine *machine, const struct plates *plates)
{
	struct machine_start *start = &machine->start;
	const struct plate *plate = plates_find(plates, start->plate);
	uint32_t print_error = plate == NULL ? ERROR_UNREADABLE : mapping_error(machine, plate);

	if (print_error != 0)
		return refuse(machine, print_error);
	machine_run_begin_print(machine, start, plates, plate);
	if (start->records)
		machine->life.settings.timelapse = true;
	machine_start_forget(machine);
	return TAKEN;
}

/* All that takes no time. */
static enum outcome
look(struct machine *machine)
{
	struct machine_start *start = &machine->start;
	const struct plates *plates = NULL;
	enum storage_state storage = machine_storage(machine);

	if (storage == STORAGE_NONE || storage == STORAGE_ABNORMAL)
		return refuse(machine, ERROR_STORAGE);
	if (start->path[0] == '\0')
		return refuse(machine, ERROR_PATH);
	switch (machine->duties.look(machine->duties.arg, start->path, &plates)) {
	case MACHINE_FILE_MISSING: return refuse(machine, ERROR_PATH);
	case MACHINE_FILE_UNREADABLE: return refuse(machine, ERROR_UNREADABLE);
	case MACHINE_FILE_READING: start->phase = START_READING; return TAKEN;
	case MACHINE_FILE_READY: return plates != NULL ? begin(machine, plates) : refuse(machine, ERROR_UNREADABLE);
	}
	return TAKEN;
}

/* With ids that it cuts, the start after a failed one looks like that one again, and it does not move. */
static bool
looks_like_the_failed_one(const struct machine *machine)
{
	return machine->traits->clamps_ids && machine->life.run.state == GCODE_STATE_FAILED &&
	       strcmp(machine->start.subtask_id, ID_MAX_TEXT) == 0 &&
	       strcmp(machine->life.run.subtask_id, ID_MAX_TEXT) == 0;
}

static void
take(struct machine *machine, struct machine_order *order)
{
	static const char *const refused = "start refused";

	if (machine_has(machine, CONTROL_FAULT_LOST_START) || looks_like_the_failed_one(machine)) {
		lose(machine);
	} else if (machine_has(machine, CONTROL_FAULT_SLOW_PARSE)) {
		machine->start.phase = START_PARSING;
		machine->start.until_ms = machine->now_ms + machine->setup.slow_parse_ms;
		machine->start.echo = json_deep_copy(order->body);
		order->is_silent = true;
	} else if (look(machine) == REFUSED) {
		order->failure = refused;
	}
}

/* Is there something that a start must not disturb? Then it is refused. */
static bool
is_disturbed(struct machine *machine, struct machine_order *order)
{
	if (machine->start.phase != START_NONE) {
		/* The first one goes on. */
		machine->life.print_error = ERROR_UNREADABLE;
		order->failure = "another start is being read";
		return true;
	}
	if (!machine_is_busy(machine))
		return false;
	order->failure = "printer is busy";
	if (machine->traits->start_cancels)
		machine_run_stop(machine);
	else
		machine->life.print_error = ERROR_BUSY;
	machine_report_soon(machine);
	return true;
}

/* -- the requests ------------------------------------------------------------------------------------------------- */
void
machine_order_project_file(struct machine *machine, struct machine_order *order)
{
	if (is_disturbed(machine, order))
		return;
	memset(&machine->start, 0, sizeof machine->start);
	read_project(machine, order->body, &machine->start);
	take(machine, order);
}

void
machine_order_gcode_file(struct machine *machine, struct machine_order *order)
{
	if (is_disturbed(machine, order))
		return;
	if (strcmp(text_of(order->body, "param"), CALIBRATION_FILE) == 0) {
		machine_run_begin_calibration(machine, CALIBRATION_BITS);
		return;
	}
	memset(&machine->start, 0, sizeof machine->start);
	read_gcode_file(machine, order->body, &machine->start);
	take(machine, order);
}

/* Without Developer Mode: nothing happens, but whose start it was shows. */
void
machine_start_refused_unsigned(struct machine *machine, const json_t *body)
{
	if (machine_is_busy(machine) || machine->start.phase != START_NONE)
		return;
	memset(&machine->start, 0, sizeof machine->start);
	read_project(machine, body, &machine->start);
	lose(machine);
}

/* -- what takes time ---------------------------------------------------------------------------------------------- */
void
machine_start_forget(struct machine *machine)
{
	json_decref(machine->start.echo);
	memset(&machine->start, 0, sizeof machine->start);
}

void
machine_start_pass(struct machine *machine)
{
	struct machine_start *start = &machine->start;

	if (start->phase != START_PARSING || machine->now_ms < start->until_ms)
		return;
	json_t *echo = start->echo;
	start->echo = NULL;
	bool is_refused = look(machine) == REFUSED;
	free(machine->late);
	machine->late = machine_reply("print", echo, NULL, is_refused ? "start refused" : NULL);
	json_decref(echo);
	machine_report_soon(machine);
}

void
machine_start_file_read(struct machine *machine, const char *path, const struct plates *plates)
{
	if (machine->start.phase != START_READING || strcmp(machine->start.path, path) != 0)
		return;
	if (plates == NULL)
		refuse(machine, ERROR_UNREADABLE);
	else
		begin(machine, plates);
}
