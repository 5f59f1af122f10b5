/*
 * contents: keeping what is found.
 */
#include "stored/filechk/contents.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "printer/models.h"
#include "stored/filechk/text.h"

void
contents_init(struct contents *contents)
{
	memset(contents, 0, offsetof(struct contents, more)); /* the rest is large */
}

void
contents_blank_plate(struct plate *ret_plate, struct contents_more *ret_more)
{
	memset(ret_more, 0, offsetof(struct contents_more, objects));
	memset(ret_plate, 0, sizeof *ret_plate);
	ret_plate->seconds = -1;
	ret_plate->grams = NAN;
	ret_plate->layers = -1;
	for (size_t i = 0; i < PLATES_FILAMENTS_MAX; i++)
		ret_more->groups[i] = ret_more->plans[i] = CONTENTS_GROUP_NOT_TOLD;
}

struct plate *
contents_find(struct contents *contents, uint32_t number, struct contents_more **ret_more)
{
	for (uint32_t i = 0; i < contents->plates.plate_count; i++)
		if (contents->plates.plates[i].number == number) {
			*ret_more = &contents->more[i];
			return &contents->plates.plates[i];
		}
	return NULL;
}

struct plate *
contents_plate(struct contents *contents, uint32_t number, struct contents_more **ret_more)
{
	struct plate *plate = contents_find(contents, number, ret_more);

	if (plate != NULL || number == 0)
		return plate;
	if (contents->plates.plate_count == PLATES_MAX || number > CONTENTS_PLATE_NUMBER_MAX) {
		contents->has_too_many = true;
		return NULL;
	}
	plate = &contents->plates.plates[contents->plates.plate_count];
	*ret_more = &contents->more[contents->plates.plate_count++];
	contents_blank_plate(plate, *ret_more);
	plate->number = number;
	return plate;
}

void
contents_drop(struct contents *contents, uint32_t number)
{
	struct contents_more *more;
	struct plate *plate = contents_find(contents, number, &more);

	if (plate == NULL)
		return;
	size_t at = (size_t)(plate - contents->plates.plates), after = contents->plates.plate_count - at - 1;
	memmove(plate, plate + 1, after * sizeof *plate);
	memmove(more, more + 1, after * sizeof *more);
	contents->plates.plate_count--;
}

struct project_filament *
contents_filament(struct contents *contents, uint32_t index)
{
	if (index >= PLATES_FILAMENTS_MAX) {
		contents->has_too_many = true;
		return NULL;
	}
	if (contents->plates.filament_count <= index)
		contents->plates.filament_count = index + 1;
	return &contents->plates.filaments[index];
}

void
contents_fill_filament(struct project_filament *kept, const struct project_filament *told)
{
	if (kept->material[0] == '\0')
		str_copy(kept->material, sizeof kept->material, told->material);
	if (kept->color[0] == '\0')
		str_copy(kept->color, sizeof kept->color, told->color);
	if (kept->profile[0] == '\0')
		str_copy(kept->profile, sizeof kept->profile, told->profile);
}

struct plate_filament *
contents_use(struct plate *plate, uint32_t index)
{
	for (uint32_t i = 0; i < plate->filament_count; i++)
		if (plate->filaments[i].index == index)
			return &plate->filaments[i];
	if (plate->filament_count == PLATES_FILAMENTS_MAX)
		return NULL;
	struct plate_filament *filament = &plate->filaments[plate->filament_count++];
	*filament = (struct plate_filament){ .index = index, .grams = NAN, .meters = NAN, .nozzle = -1, .high_flow = -1 };
	return filament;
}

void
contents_note(struct contents *contents, const char *format, ...)
{
	char text[2 * CONTENTS_NOTE_BYTES];
	va_list arguments;

	if (contents->note_count == CONTENTS_NOTES_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	text_clean(contents->notes[contents->note_count++], CONTENTS_NOTE_BYTES, text, strlen(text));
}

void
contents_bed_type(char ret_words[32], const char *from, size_t len)
{
	static const struct {
		const char *code, *words;
	} types[] = {
		{ "cool_plate", "Cool Plate" },
		{ "eng_plate", "Engineering Plate" },
		{ "hot_plate", "High Temp Plate" },
		{ "textured_plate", "Textured PEI Plate" },
		{ "supertack_plate", "Cool Plate SuperTack" },
		{ "Supertack Plate", "Cool Plate SuperTack" },
	};

	text_clean(ret_words, 32, from, len);
	for (size_t i = 0; i < STR_ARRAY_LEN(types); i++)
		if (strcasecmp(ret_words, types[i].code) == 0)
			str_copy(ret_words, 32, types[i].words);
}

/* -- at the end --------------------------------------------------------------------------------------- */

/* "Bambu Lab X1 Carbon"; other makers' names are none. */
static const struct model *
model_by_printer_name(const char *name)
{
	static const char maker[] = "Bambu Lab ";

	return strncasecmp(name, maker, sizeof maker - 1) == 0 ? model_by_key(name + sizeof maker - 1) : model_other();
}

/* The name cannot be misunderstood. Codes may: some take C11 and C12 in files for other models than printers do. */
static const struct model *
model_of(const struct contents *contents)
{
	const struct model *model = model_by_printer_name(contents->printer_name);

	return model != model_other() ? model : model_by_code(contents->plates.model_code);
}

static void
settle_model(struct contents *contents)
{
	const struct model *model = model_of(contents), *coded = model_by_code(contents->plates.model_code);

	if (model == model_other())
		return;
	str_copy(contents->plates.model, sizeof contents->plates.model, model->key);
	if (coded != model_other() && coded != model)
		contents_note(contents, "It names the %s, and has the code of the %s: the name counts.",
			      model->name, coded->name);
}

/* The printer's number of the slicer's extruder that this filament goes to, of as many as the plate has nozzles. */
static int32_t
nozzle_of(const struct contents *contents, const struct plate *plate, const struct contents_more *more, uint32_t index)
{
	const struct model *model = model_of(contents);
	int32_t group = more->groups[index] != CONTENTS_GROUP_NOT_TOLD ? more->groups[index] : more->plans[index];
	bool is_dual = plate->nozzle_count == 2 || (model != model_other() && model->extruders == 2);

	if (!is_dual)
		return 0;
	if (group < 0 || group > 1)
		return -1;
	return contents->extruder_count == 2 ? contents->extruders[group] : 1 - group;
}

static void
settle_plate(struct contents *contents, struct plate *plate, const struct contents_more *more)
{
	double sum = 0;

	if (plate->nozzle_count == 0) {
		plate->nozzle_count = contents->nozzle_count;
		memcpy(plate->nozzles_mm, contents->nozzles_mm, sizeof plate->nozzles_mm);
	}
	if (plate->bed_type[0] == '\0')
		str_copy(plate->bed_type, sizeof plate->bed_type, contents->bed_type);
	for (uint32_t i = 0; i < plate->filament_count; i++) {
		struct plate_filament *filament = &plate->filaments[i];
		contents_filament(contents, filament->index);
		filament->nozzle = nozzle_of(contents, plate, more, filament->index);
		sum += filament->grams;
	}
	if (isnan(plate->grams) && plate->filament_count > 0)
		plate->grams = sum;
	if (more->object_count > CONTENTS_OBJECTS_MAX)
		contents_note(contents, "Plate %u has %u objects; the first %d are listed.", (unsigned)plate->number,
			      (unsigned)more->object_count, CONTENTS_OBJECTS_MAX);
	if (more->is_outside)
		contents_note(
			contents,
			"The slicer says of plate %u that something lies outside of the printable area.",
			(unsigned)plate->number);
}

/* By their numbers. There are few, and they mostly are in order. */
static void
sort_plates(struct contents *contents)
{
	static struct contents_more more;
	struct plate *plates = contents->plates.plates;

	for (uint32_t i = 1; i < contents->plates.plate_count; i++)
		for (uint32_t j = i; j > 0 && plates[j].number < plates[j - 1].number; j--) {
			struct plate plate = plates[j];
			plates[j] = plates[j - 1];
			plates[j - 1] = plate;
			more = contents->more[j];
			contents->more[j] = contents->more[j - 1];
			contents->more[j - 1] = more;
		}
}

void
contents_settle(struct contents *contents)
{
	settle_model(contents);
	sort_plates(contents);
	for (uint32_t i = 0; i < contents->plates.plate_count; i++)
		settle_plate(contents, &contents->plates.plates[i], &contents->more[i]);
}
