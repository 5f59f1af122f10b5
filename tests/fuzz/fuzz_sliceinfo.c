/*
 * Any bytes as one of the parts of a 3MF in which a slicer tells what it has sliced, unpacked: whatever they are, what
 * is kept of them is within its bounds, fit to be shown, and can be written.
 * Covers: sliceinfo_parse, platenames_parse, xml_parse, project_parse, platejson_parse, gcode_parse, thumbnail_parse
 *
 * Input: one byte that says which part it is, then the part.
 */
#include <jansson.h>
#include <math.h>
#include <stdint.h>

#include "printer/jsonin.h"
#include "stored/filechk/contents.h"
#include "stored/filechk/gcode.h"
#include "stored/filechk/picture.h"
#include "stored/filechk/project.h"
#include "stored/filechk/sliceinfo.h"
#include "stored/filechk/verdict.h"
#include "stored/filechk/xml.h"
#include "tests/fuzz/fuzz_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_plate(const struct plate *plate, const struct contents_more *more)
{
	must_be_text(plate->name, sizeof plate->name);
	must_be_text(plate->bed_type, sizeof plate->bed_type);
	must(plate->number >= 1 && plate->number <= CONTENTS_PLATE_NUMBER_MAX);
	must(plate->seconds >= -1 && plate->layers >= -1 && (isnan(plate->grams) || plate->grams >= 0));
	must(plate->nozzle_count <= PLATES_NOZZLES_MAX && plate->filament_count <= PLATES_FILAMENTS_MAX);
	for (uint32_t i = 0; i < plate->filament_count; i++)
		must(plate->filaments[i].index < PLATES_FILAMENTS_MAX && plate->filaments[i].nozzle <= 1);
	for (uint32_t i = 0; i < more->object_count && i < CONTENTS_OBJECTS_MAX; i++)
		must_be_text(more->objects[i].name, sizeof more->objects[i].name);
}

static void
check_contents(struct contents *contents)
{
	static char json[PLATES_JSON_MAX_BYTES + 1];
	static struct plates again;
	const char *fault;
	struct verdict verdict;

	contents_settle(contents);
	verdict_praise(&verdict, contents, 0);
	must_be_text(verdict.sentence, sizeof verdict.sentence);
	for (uint32_t i = 0; i < contents->plates.filament_count; i++) {
		must_be_text(contents->plates.filaments[i].material, sizeof contents->plates.filaments[i].material);
		must_be_text(contents->plates.filaments[i].color, sizeof contents->plates.filaments[i].color);
		must_be_text(contents->plates.filaments[i].profile, sizeof contents->plates.filaments[i].profile);
	}
	for (uint32_t i = 0; i < contents->plates.plate_count; i++)
		check_plate(&contents->plates.plates[i], &contents->more[i]);
	for (uint32_t i = 0; i < contents->note_count; i++)
		must_be_text(contents->notes[i], sizeof contents->notes[i]);
	size_t len = contents_json(contents, json, sizeof json);
	must(len > 0 && len <= PLATES_JSON_MAX_BYTES);
	json_t *read = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
	must(read != NULL);
	json_decref(read);
	/* Who reads it takes it, with the same plates. */
	must(plates_read(json, len, &again, &fault) && again.plate_count == contents->plates.plate_count);
}

/* In two pieces, cut anywhere. */
static void
read_gcode(struct contents *contents, const char *text, size_t len)
{
	static uint8_t picture[4096];
	static struct gcode gcode;
	struct contents_more *more;
	size_t cut = len > 0 ? (unsigned char)text[0] % len : 0;

	gcode_init(&gcode);
	gcode_parse(&gcode, text, cut, true, false);
	gcode_parse(&gcode, text + cut, len - cut, false, true);
	struct plate *plate = contents_plate(contents, 1, &more);
	gcode_apply(&gcode, contents, plate, more);
	size_t picture_len = thumbnail_parse(text, len, picture, sizeof picture);
	must(picture_len <= sizeof picture);
	must(picture_len == 0 || picture_parse(picture, picture_len, NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct contents contents;
	struct contents_more *more;
	const char *fault = NULL;
	bool is_read = true;

	if (size == 0)
		return 0;
	contents_init(&contents);
	const char *text = (const char *)data + 1;
	switch (data[0] % 5) {
	case 0:
		is_read = sliceinfo_parse(text, size - 1, &contents, &fault);
		break;
	case 1:
		contents_plate(&contents, 1, &more);
		is_read = platenames_parse(text, size - 1, &contents, &fault);
		break;
	case 2:
		is_read = project_parse(text, size - 1, &contents, &fault);
		break;
	case 3:
		is_read = platejson_parse(text, size - 1, contents_plate(&contents, 1, &more), &fault);
		break;
	case 4:
		read_gcode(&contents, text, size - 1);
		break;
	}
	must(is_read == (fault == NULL));
	check_contents(&contents);
	return 0;
}
