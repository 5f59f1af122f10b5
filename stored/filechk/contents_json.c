/*
 * contents_json: contents as the JSON of printer/plates.h.
 */
#include <math.h>

#include "ipc/terms.h"
#include "printer/jsonout.h"
#include "stored/filechk/contents.h"

#define TEXT_MAX_BYTES 384 /* of a name of 63 bytes, however much of it is escaped */

static void
put_text(struct jsonout *out, const char *key, const char *text)
{
	jsonout_key(out, key);
	jsonout_text(out, text, TEXT_MAX_BYTES);
}

static void
put_whole(struct jsonout *out, const char *key, int64_t number)
{
	jsonout_key(out, key);
	jsonout_int(out, number);
}

/* What is not told is left out. */
static void
put_known(struct jsonout *out, const char *key, double number)
{
	if (!jsonout_is_number(number))
		return;
	jsonout_key(out, key);
	jsonout_number(out, number);
}

static void
put_project(struct jsonout *out, const struct plates *plates)
{
	static const char *const kinds[] = {
#define X(name, id) [FILE_KIND_##name] = id,
		FILE_KINDS(X)
#undef X
	};

	put_text(out, "kind", kinds[plates->kind]);
	put_text(out, "slicer", plates->slicer);
	put_text(out, "model", plates->model);
	put_text(out, "modelCode", plates->model_code);
	jsonout_key(out, "filaments");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < plates->filament_count; i++) {
		jsonout_open(out, '{');
		put_whole(out, "index", i);
		put_text(out, "material", plates->filaments[i].material);
		put_text(out, "color", plates->filaments[i].color);
		put_text(out, "profile", plates->filaments[i].profile);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
}

static void
put_filament(struct jsonout *out, const struct plate_filament *filament)
{
	jsonout_open(out, '{');
	put_whole(out, "index", filament->index);
	put_known(out, "grams", filament->grams);
	put_known(out, "meters", filament->meters);
	if (filament->nozzle >= 0)
		put_whole(out, "nozzle", filament->nozzle);
	if (filament->high_flow >= 0) {
		jsonout_key(out, "highFlow");
		jsonout_bool(out, filament->high_flow > 0);
	}
	jsonout_close(out, '}');
}

static void
put_objects(struct jsonout *out, const struct contents_more *more)
{
	jsonout_key(out, "objects");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < more->object_count && i < CONTENTS_OBJECTS_MAX; i++) {
		jsonout_open(out, '{');
		put_whole(out, "id", more->objects[i].id);
		put_text(out, "name", more->objects[i].name);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
}

static void
put_plate(struct jsonout *out, const struct plate *plate, const struct contents_more *more)
{
	put_whole(out, "plate", plate->number);
	put_text(out, "name", plate->name);
	put_text(out, "gcode", plate->gcode);
	put_whole(out, "gcodeBytes", (int64_t)plate->gcode_bytes);
	if (plate->seconds >= 0)
		put_whole(out, "seconds", plate->seconds);
	put_known(out, "grams", plate->grams);
	if (plate->layers >= 0)
		put_whole(out, "layers", plate->layers);
	jsonout_key(out, "nozzlesMm");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < plate->nozzle_count; i++)
		jsonout_number(out, plate->nozzles_mm[i]);
	jsonout_close(out, ']');
	if (plate->rack_nozzles > 0)
		put_whole(out, "rackNozzles", plate->rack_nozzles);
	if (plate->bed_type[0] != '\0')
		put_text(out, "bedType", plate->bed_type);
	jsonout_key(out, "picture");
	jsonout_bool(out, plate->has_picture);
	if (more->supports_told) {
		jsonout_key(out, "supports");
		jsonout_bool(out, more->has_supports);
	}
	jsonout_key(out, "filaments");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < plate->filament_count; i++)
		put_filament(out, &plate->filaments[i]);
	jsonout_close(out, ']');
}

static void
put_notes(struct jsonout *out, const struct contents *contents, const char *more)
{
	jsonout_key(out, "notes");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < contents->note_count; i++)
		jsonout_text(out, contents->notes[i], 2 * CONTENTS_NOTE_BYTES);
	if (more != NULL)
		jsonout_text(out, more, 2 * CONTENTS_NOTE_BYTES);
	jsonout_close(out, ']');
}

/* `left_out` is said in the notes; NULL: nothing is. */
static size_t
write_json(const struct contents *contents, char *to, size_t cap, const char *left_out)
{
	struct jsonout out;

	jsonout_init(&out, to, cap);
	jsonout_open(&out, '{');
	put_project(&out, &contents->plates);
	jsonout_key(&out, "plates");
	jsonout_open(&out, '[');
	for (uint32_t i = 0; i < contents->plates.plate_count; i++) {
		jsonout_open(&out, '{');
		put_plate(&out, &contents->plates.plates[i], &contents->more[i]);
		if (left_out == NULL)
			put_objects(&out, &contents->more[i]);
		jsonout_close(&out, '}');
	}
	jsonout_close(&out, ']');
	put_notes(&out, contents, left_out);
	jsonout_close(&out, '}');
	return jsonout_finish(&out);
}

size_t
contents_json(struct contents *contents, char *to, size_t cap)
{
	const char *left_out = "It has too many objects to list them.";
	size_t len = write_json(contents, to, cap, NULL);

	while (len == 0 && (len = write_json(contents, to, cap, left_out)) == 0 && contents->plates.plate_count > 0) {
		contents->plates.plate_count--;
		left_out = "It has more plates than can be listed, and too many objects.";
	}
	return len;
}
