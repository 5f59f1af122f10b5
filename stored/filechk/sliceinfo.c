/*
 * sliceinfo: both files are lists of <plate>, each with <metadata key="" value=""/> and, in slice_info.config, its
 * <filament> and <object> elements.
 */
#include "stored/filechk/sliceinfo.h"

#include <string.h>

#include "common/str.h"
#include "stored/filechk/text.h"
#include "stored/filechk/xml.h"

#define SECONDS_MAX (365 * 86400.0)
#define GRAMS_MAX 20000.0 /* 32 filaments of it: the sum is within what plates_read() takes */
#define METERS_MAX 100000.0
#define DIAMETER_MIN_MM 0.01
#define DIAMETER_MAX_MM 5.0

#define GROUPS_MAX PLATES_RACK_MAX /* a bit for each */

/* The plate that is being read: what goes with it stands around its number. */
struct reading {
	struct contents *contents;
	bool in_plate;
	struct plate plate;
	struct contents_more more;
	struct project_filament filaments[PLATES_FILAMENTS_MAX]; /* as this plate tells them */
	uint64_t groups[PLATES_FILAMENTS_MAX]; /* of nozzles, by filament */
	uint64_t nozzles[CONTENTS_EXTRUDERS_MAX]; /* the groups of each extruder */
};

static double
number_of(const char *value, double max, double otherwise)
{
	double number = otherwise;

	text_number(value, strlen(value), max, &number);
	return number;
}

static void
take_nozzles(struct plate *plate, const char *value)
{
	struct text_list list = { .at = value, .end = value + strlen(value), .separator = ',' };
	double diameter;

	plate->nozzle_count = 0;
	while (plate->nozzle_count < PLATES_NOZZLES_MAX && text_list_next(&list))
		if (text_number(list.part, list.part_len, DIAMETER_MAX_MM, &diameter) && diameter >= DIAMETER_MIN_MM)
			plate->nozzles_mm[plate->nozzle_count++] = diameter;
}

/* "2 1": the slicer's extruder of each filament of the project, from 1. As it was planned: slicers at the command line
 * leave it so, whatever their slicing makes of it. */
static void
take_maps(struct contents_more *more, const char *value)
{
	struct text_list list = { .at = value, .end = value + strlen(value), .separator = ' ' };
	uint32_t extruder;

	for (size_t i = 0; i < PLATES_FILAMENTS_MAX && text_list_next(&list); i++)
		if (text_whole(list.part, list.part_len, CONTENTS_EXTRUDERS_MAX, &extruder) && extruder > 0)
			more->plans[i] = (int32_t)extruder - 1;
}

/* "1", "0,3": groups of nozzles. */
static uint64_t
groups_of(const char *value)
{
	struct text_list list = { .at = value, .end = value + strlen(value), .separator = ',' };
	uint64_t groups = 0;
	uint32_t group;

	while (text_list_next(&list))
		if (text_whole(list.part, list.part_len, GROUPS_MAX - 1, &group))
			groups |= UINT64_C(1) << group;
	return groups;
}

/* A nozzle that the plate uses; one extruder may have a rack of them. */
static void
take_nozzle(struct reading *reading, const char *const *attributes)
{
	const char *extruder = xml_attribute(attributes, "extruder_id");
	uint32_t number;

	if (text_whole(extruder, strlen(extruder), CONTENTS_EXTRUDERS_MAX, &number) && number > 0)
		reading->nozzles[number - 1] |= groups_of(xml_attribute(attributes, "id"));
}

static void
take_metadata(struct reading *reading, const char *key, const char *value)
{
	struct plate *plate = &reading->plate;
	struct contents *contents = reading->contents;

	if (strcmp(key, "index") == 0) {
		text_whole(value, strlen(value), CONTENTS_PLATE_NUMBER_MAX, &plate->number);
	} else if (strcmp(key, "printer_model_id") == 0) {
		if (contents->plates.model_code[0] == '\0')
			text_clean(contents->plates.model_code, sizeof contents->plates.model_code, value,
				   strlen(value));
	} else if (strcmp(key, "nozzle_diameters") == 0) {
		take_nozzles(plate, value);
	} else if (strcmp(key, "prediction") == 0) {
		plate->seconds = (int64_t)number_of(value, SECONDS_MAX, -1);
	} else if (strcmp(key, "weight") == 0) {
		plate->grams = number_of(value, GRAMS_MAX, plate->grams);
	} else if (strcmp(key, "outside") == 0) {
		reading->more.is_outside = strcmp(value, "true") == 0;
	} else if (strcmp(key, "support_used") == 0) {
		reading->more.supports_told = strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
		reading->more.has_supports = strcmp(value, "true") == 0;
	} else if (strcmp(key, "filament_maps") == 0) {
		take_maps(&reading->more, value);
	}
}

static void
take_filament(struct reading *reading, const char *const *attributes)
{
	const char *id = xml_attribute(attributes, "id");
	const char *material = xml_attribute(attributes, "type"), *color = xml_attribute(attributes, "color");
	const char *profile = xml_attribute(attributes, "tray_info_idx");
	uint32_t number;

	if (!text_whole(id, strlen(id), PLATES_FILAMENTS_MAX, &number) || number == 0) {
		reading->contents->has_too_many = true;
		return;
	}
	struct plate_filament *filament = contents_use(&reading->plate, number - 1);
	filament->grams = number_of(xml_attribute(attributes, "used_g"), GRAMS_MAX, filament->grams);
	filament->meters = number_of(xml_attribute(attributes, "used_m"), METERS_MAX, filament->meters);
	const char *flow = xml_attribute(attributes, "volume_type");
	filament->high_flow = strcmp(flow, "High Flow") == 0 ? 1 : strcmp(flow, "Standard") == 0 ? 0 : -1;
	reading->groups[number - 1] |= groups_of(xml_attribute(attributes, "group_id"));
	struct project_filament *told = &reading->filaments[number - 1];
	text_clean(told->material, sizeof told->material, material, strlen(material));
	text_color(told->color, color, strlen(color));
	text_word(told->profile, sizeof told->profile, profile, strlen(profile));
}

static void
take_object(struct contents_more *more, const char *const *attributes)
{
	const char *id = xml_attribute(attributes, "identify_id"), *name = xml_attribute(attributes, "name");
	uint32_t number;

	if (strcmp(xml_attribute(attributes, "skipped"), "true") == 0 ||
	    !text_whole(id, strlen(id), INT32_MAX, &number))
		return;
	if (more->object_count < CONTENTS_OBJECTS_MAX) {
		struct contents_object *object = &more->objects[more->object_count];
		object->id = number;
		text_clean(object->name, sizeof object->name, name, strlen(name));
	}
	more->object_count++;
}

static void
on_open(void *arg, unsigned depth, const char *name, const char *const *attributes)
{
	struct reading *reading = arg;

	if (depth == 2 && strcmp(name, "plate") == 0) {
		reading->in_plate = true;
		contents_blank_plate(&reading->plate, &reading->more);
		memset(reading->filaments, 0, sizeof reading->filaments);
		memset(reading->groups, 0, sizeof reading->groups);
		memset(reading->nozzles, 0, sizeof reading->nozzles);
	}
	if (depth != 3 || !reading->in_plate)
		return;
	if (strcmp(name, "metadata") == 0)
		take_metadata(reading, xml_attribute(attributes, "key"), xml_attribute(attributes, "value"));
	else if (strcmp(name, "filament") == 0)
		take_filament(reading, attributes);
	else if (strcmp(name, "nozzle") == 0)
		take_nozzle(reading, attributes);
	else if (strcmp(name, "object") == 0)
		take_object(&reading->more, attributes);
}

/* What the plate was sliced with counts more than the project's own list, which a person may have changed since, and
 * which calls material for supports by another name. */
static void
fill_project(struct reading *reading)
{
	for (uint32_t i = 0; i < reading->plate.filament_count; i++) {
		uint32_t index = reading->plate.filaments[i].index;
		contents_fill_filament(contents_filament(reading->contents, index), &reading->filaments[index]);
	}
}

/* Where no nozzle is told, groups are extruders. */
static int32_t
extruder_of(const struct reading *reading, uint64_t groups)
{
	bool is_told = (reading->nozzles[0] | reading->nozzles[1]) != 0;
	bool in_first = (groups & (is_told ? reading->nozzles[0] : 1)) != 0;
	bool in_second = (groups & (is_told ? reading->nozzles[1] : 2)) != 0;

	_Static_assert(CONTENTS_EXTRUDERS_MAX == 2, "first and second");
	if (in_first && in_second)
		return CONTENTS_GROUP_SEVERAL;
	return in_first ? 0 : in_second ? 1 : CONTENTS_GROUP_NOT_TOLD;
}

/* Those that it lists it uses. */
static uint32_t
rack_nozzles_of(const struct reading *reading)
{
	int most = 0;

	for (size_t i = 0; i < CONTENTS_EXTRUDERS_MAX; i++) {
		int count = __builtin_popcountll(reading->nozzles[i]);
		most = count > most ? count : most;
	}
	return most > 1 ? (uint32_t)most : 0;
}

static void
on_close(void *arg, unsigned depth, const char *name)
{
	struct reading *reading = arg;
	struct contents_more *more;

	if (depth != 2 || !reading->in_plate || strcmp(name, "plate") != 0)
		return;
	reading->in_plate = false;
	if (contents_find(reading->contents, reading->plate.number, &more) != NULL)
		return; /* told twice: the first counts */
	struct plate *plate = contents_plate(reading->contents, reading->plate.number, &more);
	if (plate == NULL)
		return;
	for (size_t i = 0; i < PLATES_FILAMENTS_MAX; i++)
		reading->more.groups[i] = extruder_of(reading, reading->groups[i]);
	reading->plate.rack_nozzles = rack_nozzles_of(reading);
	*plate = reading->plate;
	*more = reading->more;
	fill_project(reading);
}

bool
sliceinfo_parse(const void *bytes, size_t len, struct contents *contents, const char **ret_fault)
{
	static struct reading reading;
	const struct xml_visitor visitor = { .opens = on_open, .closes = on_close, .arg = &reading };

	reading.contents = contents;
	reading.in_plate = false;
	return xml_parse(bytes, len, &visitor, ret_fault);
}

/* -- names ---------------------------------------------------------------------------------------------- */

struct naming {
	struct contents *contents;
	uint32_t number;
	char name[64];
};

static void
on_setting(void *arg, unsigned depth, const char *name, const char *const *attributes)
{
	struct naming *naming = arg;
	const char *key = xml_attribute(attributes, "key"), *value = xml_attribute(attributes, "value");

	if (depth == 2) {
		naming->number = 0;
		naming->name[0] = '\0';
	}
	if (depth != 3 || strcmp(name, "metadata") != 0)
		return;
	if (strcmp(key, "plater_id") == 0)
		text_whole(value, strlen(value), CONTENTS_PLATE_NUMBER_MAX, &naming->number);
	else if (strcmp(key, "plater_name") == 0)
		text_clean(naming->name, sizeof naming->name, value, strlen(value));
}

static void
on_settings_end(void *arg, unsigned depth, const char *name)
{
	struct naming *naming = arg;
	struct contents_more *more;

	if (depth != 2 || strcmp(name, "plate") != 0)
		return;
	struct plate *plate = contents_find(naming->contents, naming->number, &more);
	if (plate != NULL)
		str_copy(plate->name, sizeof plate->name, naming->name);
}

bool
platenames_parse(const void *bytes, size_t len, struct contents *contents, const char **ret_fault)
{
	struct naming naming = { .contents = contents };
	const struct xml_visitor visitor = { .opens = on_setting, .closes = on_settings_end, .arg = &naming };

	return xml_parse(bytes, len, &visitor, ret_fault);
}
