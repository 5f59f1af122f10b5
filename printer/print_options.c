/*
 * print_options: the reader. Strict, as for commands: an option that is misspelt would silently print otherwise than
 * it was meant.
 */
#include "printer/print_options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "printer/hotends.h"
#include "printer/jsonin.h"
#include "printer/preflight.h"

#define DEPTH_MAX 4
#define FLAT_AMS_MAX 15	      /* AMS 0 to 3, four slots each */
#define FLAT_LITE 64	      /* 16 * 4 */
#define LITE 16
#define HT_FIRST 128
#define HT_LAST 135
#define EXTERNAL_LEFT 254
#define EXTERNAL_RIGHT 255

struct reading {
	struct print_options *options;
	char *sentence;
	size_t cap;
	uint32_t seen; /* rows of `members` that were met: two names can mean one option */
};

static bool refuse(struct reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Always false, for `return refuse(…)`. */
static bool
refuse(struct reading *reading, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reading->sentence, reading->cap, format, args);
	va_end(args);
	return false;
}

/* May it stand in a sentence as it is? */
static bool
is_plain(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 32 &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

/* -- switches ---------------------------------------------------------------------------------------- */

static bool
read_choice(struct reading *reading, const char *name, const json_t *value, enum choice *ret_choice)
{
	if (json_is_boolean(value))
		*ret_choice = json_is_true(value) ? CHOICE_ON : CHOICE_OFF;
	else if (json_is_string(value) && strcmp(json_string_value(value), "auto") == 0)
		*ret_choice = CHOICE_AUTO;
	else
		return refuse(reading, "The option %s must be true, false or \"auto\".", name);
	return true;
}

static bool
read_truth(struct reading *reading, const char *name, const json_t *value, bool *ret_truth)
{
	if (!json_is_boolean(value))
		return refuse(reading, "The option %s must be true or false.", name);
	*ret_truth = json_is_true(value);
	return true;
}

static bool
read_bed_leveling(struct reading *reading, const char *name, const json_t *value)
{
	return read_choice(reading, name, value, &reading->options->bed_leveling);
}

static bool
read_flow_calibration(struct reading *reading, const char *name, const json_t *value)
{
	return read_choice(reading, name, value, &reading->options->flow_calibration);
}

static bool
read_nozzle_offset(struct reading *reading, const char *name, const json_t *value)
{
	return read_choice(reading, name, value, &reading->options->nozzle_offset_calibration);
}

static bool
read_use_ams(struct reading *reading, const char *name, const json_t *value)
{
	return read_choice(reading, name, value, &reading->options->use_ams);
}

static bool
read_vibration(struct reading *reading, const char *name, const json_t *value)
{
	return read_truth(reading, name, value, &reading->options->vibration_calibration);
}

static bool
read_layer_inspect(struct reading *reading, const char *name, const json_t *value)
{
	return read_truth(reading, name, value, &reading->options->layer_inspect);
}

static bool
read_timelapse(struct reading *reading, const char *name, const json_t *value)
{
	return read_truth(reading, name, value, &reading->options->timelapse);
}

/* The printer's word, then what the cloud and slicers call it. */
static const struct {
	const char *word, *name;
} bed_types[] = {
	{ "auto", "auto" },
	{ "cool_plate", "Cool Plate" },
	{ "eng_plate", "Engineering Plate" },
	{ "hot_plate", "High Temp Plate" },
	{ "textured_plate", "Textured PEI Plate" },
	{ "supertack_plate", "Supertack Plate" },
	{ "supertack_plate", "Cool Plate (SuperTack)" },
	{ "supertack_plate", "Bambu Cool Plate SuperTack" },
};

static bool
read_bed_type(struct reading *reading, const char *name, const json_t *value)
{
	const char *told = json_is_string(value) ? json_string_value(value) : "";

	for (size_t i = 0; i < STR_ARRAY_LEN(bed_types); i++) {
		if (strcasecmp(told, bed_types[i].word) != 0 && strcasecmp(told, bed_types[i].name) != 0)
			continue;
		return str_copy(reading->options->bed_type, sizeof reading->options->bed_type, bed_types[i].word);
	}
	return refuse(reading,
		      "The option %s must be auto, cool_plate, eng_plate, hot_plate, textured_plate or supertack_plate.",
		      name);
}

/* -- the mapping --------------------------------------------------------------------------------------- */

/* One number for unit and slot, as slicers write it. */
static bool
place_of_flat(int64_t flat, struct spool_place *ret_place)
{
	if (flat == -1)
		*ret_place = (struct spool_place){ -1, -1 };
	else if (flat >= 0 && flat <= FLAT_AMS_MAX)
		*ret_place = (struct spool_place){ (int32_t)flat / 4, (int32_t)flat % 4 };
	else if (flat >= FLAT_LITE && flat < FLAT_LITE + 4)
		*ret_place = (struct spool_place){ LITE, (int32_t)flat - FLAT_LITE };
	else if ((flat >= HT_FIRST && flat <= HT_LAST) || flat == EXTERNAL_LEFT || flat == EXTERNAL_RIGHT)
		*ret_place = (struct spool_place){ (int32_t)flat, 0 };
	else
		return false;
	return true;
}

static bool
place_of_ids(int64_t ams, int64_t slot, struct spool_place *ret_place)
{
	bool has_four = (ams >= 0 && ams <= 3) || ams == LITE;
	bool is_single = (ams >= HT_FIRST && ams <= HT_LAST) || ams == EXTERNAL_LEFT || ams == EXTERNAL_RIGHT;

	/* {255,255} is how the printers themselves write a filament that is not used. */
	if ((ams == -1 && slot == -1) || (ams == 255 && slot == 255))
		*ret_place = (struct spool_place){ -1, -1 };
	else if ((has_four && slot >= 0 && slot <= 3) || (is_single && slot == 0))
		*ret_place = (struct spool_place){ (int32_t)ams, (int32_t)slot };
	else
		return false;
	return true;
}

static bool
place_of(const json_t *value, struct spool_place *ret_place)
{
	const json_t *ams = json_object_get(value, "amsId"), *slot = json_object_get(value, "slotId");

	if (json_is_null(value))
		return place_of_flat(-1, ret_place);
	if (json_is_integer(value))
		return place_of_flat(json_integer_value(value), ret_place);
	return json_object_size(value) == 2 && json_is_integer(ams) && json_is_integer(slot) &&
	       place_of_ids(json_integer_value(ams), json_integer_value(slot), ret_place);
}

static bool
read_mapping(struct reading *reading, const char *name, const json_t *value)
{
	struct print_options *options = reading->options;
	const json_t *place;
	size_t i;

	if (!json_is_array(value))
		return refuse(reading, "The option %s must be a list: a place for each filament of the file.", name);
	if (json_array_size(value) > PLATES_FILAMENTS_MAX)
		return refuse(reading, "The option %s has %zu places; a file has at most %d filaments.", name,
			      json_array_size(value), PLATES_FILAMENTS_MAX);
	json_array_foreach(value, i, place) {
		if (!place_of(place, &options->mapping[i]))
			return refuse(reading,
				      "Place %zu of the option %s is none: give {\"amsId\":0,\"slotId\":1}, its number "
				      "(amsId * 4 + slotId), or null when the filament is not used.",
				      i + 1, name);
	}
	options->mapping_count = (uint32_t)json_array_size(value);
	options->has_mapping = true;
	return true;
}

/* -- hotends ---------------------------------------------------------------------------------------------- */

static bool
hotend_of(const json_t *value, int32_t *ret_place)
{
	json_int_t place = json_is_integer(value) ? json_integer_value(value) : -1;

	*ret_place = (int32_t)place;
	if (json_is_null(value))
		*ret_place = -1;
	return json_is_null(value) || place == HOTEND_LEFT || (place >= HOTEND_FIRST && place <= HOTEND_LAST);
}

static bool
read_nozzle_mapping(struct reading *reading, const char *name, const json_t *value)
{
	struct print_options *options = reading->options;
	const json_t *place;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > PLATES_FILAMENTS_MAX)
		return refuse(reading,
			      "The option %s must be a list: a hotend for each filament of the file, at most %d.",
			      name, PLATES_FILAMENTS_MAX);
	json_array_foreach(value, i, place) {
		if (!hotend_of(place, &options->nozzles[i]))
			return refuse(reading,
				      "Hotend %zu of the option %s is none: give 1 for the left one, 16 to 21 for a "
				      "place of the rack, or null when the filament is not used.",
				      i + 1, name);
	}
	options->nozzle_count = (uint32_t)json_array_size(value);
	options->has_nozzle_mapping = true;
	return true;
}

/* -- what the job accepts -------------------------------------------------------------------------------- */

static bool
read_accepted(struct reading *reading, const char *name, const json_t *value)
{
	const char *word = json_is_string(value) ? json_string_value(value) : "";
	enum preflight_finding finding = preflight_finding_by_name(word);

	if (strcmp(word, "all") == 0)
		reading->options->accepts_all = true;
	else if (finding != FINDING_COUNT)
		reading->options->accepts |= 1u << finding;
	else if (is_plain(word))
		return refuse(reading, "The option %s names \"%s\", which is nothing that is warned of.", name, word);
	else
		return refuse(reading, "The option %s names something that is not warned of.", name);
	return true;
}

static bool
read_accept(struct reading *reading, const char *name, const json_t *value)
{
	const json_t *word;
	size_t i;

	if (!json_is_array(value))
		return refuse(reading, "The option %s must be a list of warnings, such as [\"door-open\"].", name);
	json_array_foreach(value, i, word) {
		if (!read_accepted(reading, name, word))
			return false;
	}
	return true;
}

/* -- the whole ----------------------------------------------------------------------------------------- */

/* Our name, then that of BambuConfig. */
static const struct {
	const char *name, *other;
	bool (*read)(struct reading *reading, const char *name, const json_t *value);
} members[] = {
	{ "bedType", "bed_type", read_bed_type },
	{ "bedLeveling", "do_bed_leveling", read_bed_leveling },
	{ "flowCalibration", "do_flow_cali", read_flow_calibration },
	{ "nozzleOffsetCalibration", NULL, read_nozzle_offset },
	{ "vibrationCalibration", NULL, read_vibration },
	{ "layerInspect", NULL, read_layer_inspect },
	{ "timelapse", NULL, read_timelapse },
	{ "useAms", "use_ams", read_use_ams },
	{ "amsMapping", NULL, read_mapping },
	{ "nozzleMapping", NULL, read_nozzle_mapping },
	{ "accept", NULL, read_accept },
};

static bool
read_member(struct reading *reading, const char *name, const json_t *value)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(members); i++) {
		const char *other = members[i].other;
		if (strcmp(name, members[i].name) != 0 && (other == NULL || strcmp(name, other) != 0))
			continue;
		if ((reading->seen & 1u << i) != 0)
			return refuse(reading, "The option %s is given twice: as %s, too.", members[i].name, other);
		reading->seen |= 1u << i;
		return json_is_null(value) || members[i].read(reading, name, value); /* null: not given */
	}
	if (is_plain(name))
		return refuse(reading, "There is no print option \"%s\".", name);
	return refuse(reading, "There is a print option of a name that does not exist.");
}

static bool
read_all(struct reading *reading, json_t *root)
{
	const char *name;
	json_t *value;

	if (!json_is_object(root))
		return refuse(reading, "The print options are not one JSON object, such as {\"timelapse\":true}.");
	json_object_foreach(root, name, value) {
		if (!read_member(reading, name, value))
			return false;
	}
	return true;
}

void
print_options_init(struct print_options *options)
{
	*options = (struct print_options){
		.bed_type = "auto",
		.bed_leveling = CHOICE_AUTO,
		.flow_calibration = CHOICE_AUTO,
		.nozzle_offset_calibration = CHOICE_AUTO,
		.use_ams = CHOICE_AUTO,
	};
}

bool
print_options_read(const void *json, size_t len, struct print_options *ret_options, char *ret_sentence, size_t cap)
{
	struct reading reading = { .options = ret_options, .sentence = ret_sentence, .cap = cap };
	struct jsonin_error error;

	print_options_init(ret_options);
	str_copy(ret_sentence, cap, "");
	if (len == 0)
		return true;
	if (len > PRINT_OPTIONS_MAX_BYTES)
		return refuse(&reading, "The print options have %zu bytes; %d is the most.", len,
			      PRINT_OPTIONS_MAX_BYTES);
	json_t *root = jsonin_load(json, len, DEPTH_MAX, &error);
	bool is_fine = error.fault == JSONIN_KEY_TWICE ? refuse(&reading, "The print options name an option twice.")
						       : read_all(&reading, root);
	json_decref(root);
	if (!is_fine)
		print_options_init(ret_options);
	return is_fine;
}
