/*
 * project: settings are texts, or lists of texts with one for each filament or extruder.
 */
#include "stored/filechk/project.h"

#include <string.h>

#include "printer/jsonin.h"
#include "stored/filechk/text.h"

#define DEPTH_MAX 12
#define BRACKETS_MAX 100000 /* each costs memory */
#define DIAMETER_MIN_MM 0.01
#define DIAMETER_MAX_MM 5.0

static json_t *
load(const void *bytes, size_t len, const char **ret_fault)
{
	struct jsonin_walk walk;
	struct jsonin_error error;
	unsigned brackets = 0;

	*ret_fault = NULL;
	for (jsonin_walk_begin(&walk, bytes, len); jsonin_walk_next(&walk);)
		brackets += walk.mark == JSONIN_OPENS;
	json_t *json = brackets <= BRACKETS_MAX ? jsonin_load(bytes, len, DEPTH_MAX, &error) : NULL;
	if (!json_is_object(json)) {
		*ret_fault = json == NULL && brackets > BRACKETS_MAX ? "has too many lists" : "is no JSON object";
		json_decref(json);
		return NULL;
	}
	return json;
}

static const char *
text_of(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text != NULL ? text : "";
}

/* Of the list's texts; "" for what is none. */
static const char *
item_of(const json_t *list, size_t i)
{
	const char *text = json_string_value(json_array_get(list, i));

	return text != NULL ? text : "";
}

static void
take_filaments(struct contents *contents, const json_t *json)
{
	const json_t *types = json_object_get(json, "filament_type"),
		     *colors = json_object_get(json, "filament_colour");
	const json_t *profiles = json_object_get(json, "filament_ids");
	size_t count = json_array_size(types) > json_array_size(colors) ? json_array_size(types)
									: json_array_size(colors);

	for (uint32_t i = 0; i < count; i++) {
		struct project_filament *filament = contents_filament(contents, i), told;
		if (filament == NULL)
			return;
		const char *type = item_of(types, i), *color = item_of(colors, i), *profile = item_of(profiles, i);
		text_clean(told.material, sizeof told.material, type, strlen(type));
		text_color(told.color, color, strlen(color));
		text_word(told.profile, sizeof told.profile, profile, strlen(profile));
		contents_fill_filament(filament, &told);
	}
}

static void
take_nozzles(struct contents *contents, const json_t *list)
{
	double diameter;

	for (size_t i = 0; i < json_array_size(list) && contents->nozzle_count < PLATES_NOZZLES_MAX; i++) {
		const char *text = item_of(list, i);
		if (text_number(text, strlen(text), DIAMETER_MAX_MM, &diameter) && diameter >= DIAMETER_MIN_MM)
			contents->nozzles_mm[contents->nozzle_count++] = diameter;
	}
}

static void
take_extruders(struct contents *contents, const json_t *list)
{
	uint32_t number;

	if (json_array_size(list) != CONTENTS_EXTRUDERS_MAX)
		return;
	for (uint32_t i = 0; i < CONTENTS_EXTRUDERS_MAX; i++) {
		if (!text_whole(item_of(list, i), strlen(item_of(list, i)), CONTENTS_EXTRUDERS_MAX - 1, &number))
			return;
		contents->extruders[i] = (int32_t)number;
	}
	contents->extruder_count = CONTENTS_EXTRUDERS_MAX;
}

bool
project_parse(const void *bytes, size_t len, struct contents *contents, const char **ret_fault)
{
	json_t *json = load(bytes, len, ret_fault);

	if (json == NULL)
		return false;
	const char *name = text_of(json, "printer_model"), *bed = text_of(json, "curr_bed_type");
	text_clean(contents->printer_name, sizeof contents->printer_name, name, strlen(name));
	contents_bed_type(contents->bed_type, bed, strlen(bed));
	take_filaments(contents, json);
	take_nozzles(contents, json_object_get(json, "nozzle_diameter"));
	take_extruders(contents, json_object_get(json, "physical_extruder_map"));
	json_decref(json);
	return true;
}

bool
platejson_parse(const void *bytes, size_t len, struct plate *plate, const char **ret_fault)
{
	json_t *json = load(bytes, len, ret_fault);

	if (json == NULL)
		return false;
	const char *bed = text_of(json, "bed_type");
	if (plate->bed_type[0] == '\0')
		contents_bed_type(plate->bed_type, bed, strlen(bed));
	json_decref(json);
	return true;
}
