/*
 * plates: the reader. Strict about what a start depends on (numbers, paths, places of filaments); what is only shown
 * is cut to its room. Members that it does not know are left alone: a newer examiner may tell more.
 */
#include "printer/plates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "printer/jsonin.h"

#define DEPTH_MAX 8
#define NUMBER_MAX 999
#define SECONDS_MAX 100000000
#define LAYERS_MAX 10000000
#define GRAMS_MAX 1000000.0
#define METERS_MAX 1000000.0
#define NOZZLE_MM_MAX 10.0

/* One reading: the first fault counts, later ones change nothing. */
struct reading {
	struct plates *plates;
	const char *fault;
};

static void
wrong(struct reading *reading, const char *fault)
{
	if (reading->fault == NULL)
		reading->fault = fault;
}

/* The member; NULL when it is not told: not there, or null. */
static json_t *
told(const json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	return json_is_null(value) ? NULL : value;
}

/* -- values ------------------------------------------------------------------------------------------ */

/* "" when it is not told. */
static const char *
text_of(struct reading *reading, const json_t *object, const char *name, const char *fault)
{
	const json_t *value = told(object, name);

	if (value != NULL && !json_is_string(value))
		wrong(reading, fault);
	return json_is_string(value) ? json_string_value(value) : "";
}

/* What steers a screen becomes "?": texts of the file get into sentences. True when there was nothing. */
static bool
make_harmless(char *text)
{
	unsigned char *at = (unsigned char *)text;
	size_t left = strlen(text);
	bool was_harmless = true;

	while (left > 0) {
		size_t n = log_harmless_bytes(at, left);
		if (n == 0) {
			*at = '?';
			was_harmless = false;
			n = 1;
		}
		at += n;
		left -= n;
	}
	return was_harmless;
}

/* A text of which every letter counts. */
static void
read_exact(struct reading *reading, const json_t *object, const char *name, const char *fault, char *to, size_t cap)
{
	if (!str_copy(to, cap, text_of(reading, object, name, fault)) || !make_harmless(to))
		wrong(reading, fault);
}

static void
read_shown(struct reading *reading, const json_t *object, const char *name, const char *fault, char *to, size_t cap)
{
	str_copy(to, cap, text_of(reading, object, name, fault));
	make_harmless(to);
}

/* `otherwise` when it is not told. */
static int64_t
int_of(struct reading *reading, const json_t *object, const char *name, int64_t min, int64_t max, int64_t otherwise,
       const char *fault)
{
	const json_t *value = told(object, name);

	if (value == NULL)
		return otherwise;
	int64_t number = json_integer_value(value);
	if (json_is_integer(value) && number >= min && number <= max)
		return number;
	wrong(reading, fault);
	return otherwise;
}

/* 0 or 1; -1 when it is not told. */
static int32_t
truth_of(struct reading *reading, const json_t *object, const char *name, const char *fault)
{
	const json_t *value = told(object, name);

	if (value != NULL && !json_is_boolean(value))
		wrong(reading, fault);
	return json_is_boolean(value) ? json_is_true(value) : -1;
}

/* From 0 to `max`; NAN when it is not told. */
static double
number_of(struct reading *reading, const json_t *object, const char *name, double max, const char *fault)
{
	const json_t *value = told(object, name);

	if (value == NULL)
		return (double)NAN;
	double number = json_number_value(value);
	if (json_is_number(value) && number >= 0 && number <= max)
		return number;
	wrong(reading, fault);
	return (double)NAN;
}

/* A list of at most `max`, or NULL: it is not told, or wrong. */
static const json_t *
list_of(struct reading *reading, const json_t *object, const char *name, size_t max, const char *fault)
{
	const json_t *value = told(object, name);

	if (value == NULL)
		return NULL;
	if (json_is_array(value) && json_array_size(value) <= max)
		return value;
	wrong(reading, fault);
	return NULL;
}

/* RRGGBBAA in upper case, or "". */
static bool
is_color(const char *color)
{
	size_t len = strlen(color);

	return len == 0 || (len == 8 && strspn(color, "0123456789ABCDEF") == 8);
}

/* -- filaments --------------------------------------------------------------------------------------- */

/* Its place among the project's filaments, each of which is told at most once. */
static void
read_project_filament(struct reading *reading, const json_t *value, uint32_t *seen)
{
	static const char *const fault = "a filament of the project is not what it should be";
	struct plates *plates = reading->plates;
	int64_t index = int_of(reading, value, "index", 0, PLATES_FILAMENTS_MAX - 1, -1, fault);

	if (!json_is_object(value) || index < 0 || (*seen & 1u << index) != 0) {
		wrong(reading, fault);
		return;
	}
	*seen |= 1u << index;
	if (plates->filament_count <= index)
		plates->filament_count = (uint32_t)index + 1;
	struct project_filament *filament = &plates->filaments[index];
	read_shown(reading, value, "material", fault, filament->material, sizeof filament->material);
	read_exact(reading, value, "color", fault, filament->color, sizeof filament->color);
	read_shown(reading, value, "profile", fault, filament->profile, sizeof filament->profile);
	if (!is_color(filament->color))
		wrong(reading, fault);
}

static void
read_project_filaments(struct reading *reading, const json_t *json)
{
	const json_t *list = list_of(reading, json, "filaments", PLATES_FILAMENTS_MAX, "it has too many filaments");
	const json_t *value;
	uint32_t seen = 0;
	size_t i;

	_Static_assert(PLATES_FILAMENTS_MAX <= 32, "`seen` has a bit for each");
	json_array_foreach(list, i, value)
		read_project_filament(reading, value, &seen);
}

/* A filament that the plate uses must be one of the project's: the mapping to trays goes by its place there. */
static void
read_plate_filament(struct reading *reading, const json_t *value, struct plate *plate, uint32_t *seen)
{
	static const char *const fault = "a filament of a plate is not what it should be";
	int64_t index = int_of(reading, value, "index", 0, (int64_t)reading->plates->filament_count - 1, -1, fault);

	if (!json_is_object(value) || index < 0 || (*seen & 1u << index) != 0) {
		wrong(reading, fault);
		return;
	}
	*seen |= 1u << index;
	plate->filaments[plate->filament_count++] = (struct plate_filament){
		.index = (uint32_t)index,
		.grams = number_of(reading, value, "grams", GRAMS_MAX, fault),
		.meters = number_of(reading, value, "meters", METERS_MAX, fault),
		.nozzle = (int32_t)int_of(reading, value, "nozzle", -1, PLATES_NOZZLES_MAX - 1, -1, fault),
		.high_flow = truth_of(reading, value, "highFlow", fault),
	};
}

/* -- plates ------------------------------------------------------------------------------------------ */

static void
read_nozzles(struct reading *reading, const json_t *value, struct plate *plate)
{
	static const char *const fault = "a plate's nozzles are not what they should be";
	const json_t *list = list_of(reading, value, "nozzlesMm", PLATES_NOZZLES_MAX, fault);
	const json_t *nozzle;
	size_t i;

	json_array_foreach(list, i, nozzle) {
		double mm = json_number_value(nozzle);
		if (!json_is_number(nozzle) || !(mm > 0 && mm <= NOZZLE_MM_MAX))
			wrong(reading, fault);
		plate->nozzles_mm[plate->nozzle_count++] = mm;
	}
}

static void
read_plate(struct reading *reading, const json_t *value)
{
	static const char *const fault = "a plate is not what it should be";
	struct plates *plates = reading->plates;
	uint32_t number = (uint32_t)int_of(reading, value, "plate", 1, NUMBER_MAX, 0, fault);
	const json_t *filaments = list_of(reading, value, "filaments", PLATES_FILAMENTS_MAX, fault), *filament;
	uint32_t seen = 0;
	size_t i;

	if (!json_is_object(value) || number == 0 || plates_find(plates, number) != NULL) {
		wrong(reading, fault);
		return;
	}
	struct plate *plate = &plates->plates[plates->plate_count++];
	plate->number = number;
	read_shown(reading, value, "name", fault, plate->name, sizeof plate->name);
	read_exact(reading, value, "gcode", fault, plate->gcode, sizeof plate->gcode);
	read_shown(reading, value, "bedType", fault, plate->bed_type, sizeof plate->bed_type);
	plate->gcode_bytes = (uint64_t)int_of(reading, value, "gcodeBytes", 0, INT64_MAX, 0, fault);
	plate->seconds = int_of(reading, value, "seconds", -1, SECONDS_MAX, -1, fault);
	plate->grams = number_of(reading, value, "grams", GRAMS_MAX, fault);
	plate->layers = (int32_t)int_of(reading, value, "layers", -1, LAYERS_MAX, -1, fault);
	plate->has_picture = json_is_true(json_object_get(value, "picture"));
	read_nozzles(reading, value, plate);
	plate->rack_nozzles = (uint32_t)int_of(reading, value, "rackNozzles", 0, PLATES_RACK_MAX, 0, fault);
	json_array_foreach(filaments, i, filament)
		read_plate_filament(reading, filament, plate, &seen);
}

/* -- the whole ----------------------------------------------------------------------------------------- */

static void
read_kind(struct reading *reading, const json_t *json)
{
	static const char *const fault = "it does not say what kind of file it is of";
	const char *name = text_of(reading, json, "kind", fault);
	unsigned kind = 0;

	while (kind < FILE_KIND_COUNT && strcmp(file_kind_name(kind), name) != 0)
		kind++;
	if (kind == FILE_KIND_COUNT)
		wrong(reading, fault);
	else
		reading->plates->kind = (enum file_kind)kind;
}

static void
read_all(struct reading *reading, const json_t *json)
{
	static const char *const fault = "what it says of the slicer or the model is no text";
	struct plates *plates = reading->plates;
	const json_t *list = list_of(reading, json, "plates", PLATES_MAX, "it has too many plates"), *plate;
	size_t i;

	read_kind(reading, json);
	read_shown(reading, json, "slicer", fault, plates->slicer, sizeof plates->slicer);
	read_exact(reading, json, "model", fault, plates->model, sizeof plates->model);
	read_shown(reading, json, "modelCode", fault, plates->model_code, sizeof plates->model_code);
	read_project_filaments(reading, json);
	json_array_foreach(list, i, plate)
		read_plate(reading, plate);
}

/* The objects of a plate are the bulk of it, and nothing here asks for them: left out before the JSON is loaded they
 * cost a worker, which may have little memory, nothing. */
#define DEPTH_OF_PLATE 3 /* {"plates":[{ */

static bool
is_at_objects(const struct jsonin_walk *walk)
{
	static const char key[] = "objects";

	return walk->mark == JSONIN_TEXT && walk->is_key && walk->depth == DEPTH_OF_PLATE &&
	       walk->text_len == sizeof key - 1 && memcmp(walk->text, key, sizeof key - 1) == 0;
}

/* Walk to the bracket that closes the plate's list of objects; false when the value is no list. */
static bool
skip_list(struct jsonin_walk *walk, const char **ret_from, const char **ret_to)
{
	if (!jsonin_walk_next(walk) || walk->mark != JSONIN_OPENS)
		return false;
	*ret_from = walk->at;
	while (jsonin_walk_next(walk))
		if (walk->mark == JSONIN_CLOSES && walk->depth == DEPTH_OF_PLATE)
			break;
	*ret_to = walk->mark == JSONIN_CLOSES ? walk->at - 1 : walk->at;
	return true;
}

/* Returns the length of what is left in `to`, which has room for `len`. */
static size_t
leave_objects_out(const char *json, size_t len, char *to)
{
	const char *copied = json, *from, *behind;
	struct jsonin_walk walk;
	size_t used = 0;

	jsonin_walk_begin(&walk, json, len);
	while (jsonin_walk_next(&walk)) {
		if (!is_at_objects(&walk) || !skip_list(&walk, &from, &behind))
			continue;
		memcpy(to + used, copied, (size_t)(from - copied));
		used += (size_t)(from - copied);
		copied = behind;
	}
	memcpy(to + used, copied, (size_t)(json + len - copied));
	return used + (size_t)(json + len - copied);
}

static json_t *
load(const void *json, size_t len)
{
	struct jsonin_error error;
	char *copy = len > 0 ? malloc(len) : NULL;

	if (copy == NULL)
		return NULL;
	json_t *root = jsonin_load(copy, leave_objects_out(json, len, copy), DEPTH_MAX, &error);
	free(copy);
	return root;
}

bool
plates_read(const void *json, size_t len, struct plates *ret_plates, const char **ret_fault)
{
	struct reading reading = { .plates = ret_plates };

	memset(ret_plates, 0, sizeof *ret_plates);
	if (len > PLATES_JSON_MAX_BYTES) {
		*ret_fault = "it is too long";
		return false;
	}
	json_t *root = load(json, len);
	if (json_is_object(root))
		read_all(&reading, root);
	else
		wrong(&reading, "it is no JSON object");
	json_decref(root);
	if (reading.fault != NULL)
		memset(ret_plates, 0, sizeof *ret_plates);
	*ret_fault = reading.fault;
	return reading.fault == NULL;
}

const struct plate *
plates_find(const struct plates *plates, uint32_t number)
{
	for (uint32_t i = 0; i < plates->plate_count; i++)
		if (plates->plates[i].number == number)
			return &plates->plates[i];
	return NULL;
}
