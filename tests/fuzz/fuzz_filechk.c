/*
 * Any bytes as a file that a printer is to print: it is looked into to its end, whatever is said of it is a sentence and
 * well-formed JSON, no plate is offered of what cannot be printed, and a picture is a PNG.
 * Covers: zipend_parse, looks_parse, picture_parse, thumbnail_parse, gcode_parse, sliceinfo_parse, platenames_parse,
 *         xml_parse, project_parse, platejson_parse
 *
 * Input: the file.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stored/filechk/examine.h"
#include "stored/filechk/gcode.h"
#include "stored/filechk/looks.h"
#include "stored/filechk/picture.h"
#include "stored/filechk/project.h"
#include "stored/filechk/sliceinfo.h"
#include "stored/filechk/xml.h"
#include "stored/filechk/zipend.h"
#include "tests/fuzz/fuzz_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_contents(struct contents *contents)
{
	static char json[PLATES_JSON_MAX_BYTES + 1];
	static struct plates again;
	const char *fault;
	const struct plates *plates = &contents->plates;

	must(plates->plate_count <= PLATES_MAX && plates->filament_count <= PLATES_FILAMENTS_MAX);
	must_be_text(plates->slicer, sizeof plates->slicer);
	must_be_text(plates->model_code, sizeof plates->model_code);
	for (uint32_t i = 0; i < plates->plate_count; i++) {
		const struct plate *plate = &plates->plates[i];
		must_be_text(plate->name, sizeof plate->name);
		must_be_text(plate->bed_type, sizeof plate->bed_type);
		must(plate->number >= 1 && plate->number <= CONTENTS_PLATE_NUMBER_MAX);
		must(i == 0 || plate->number > plates->plates[i - 1].number);
		must(plate->nozzle_count <= PLATES_NOZZLES_MAX && plate->filament_count <= PLATES_FILAMENTS_MAX);
		for (uint32_t j = 0; j < plate->filament_count; j++)
			must(plate->filaments[j].index < plates->filament_count && plate->filaments[j].nozzle <= 1);
	}
	size_t len = contents_json(contents, json, sizeof json);
	must(len > 0 && len <= PLATES_JSON_MAX_BYTES);
	json_t *read = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
	must(read != NULL && json_array_size(json_object_get(read, "plates")) == plates->plate_count);
	json_decref(read);
	/* Who reads it takes it, with the same plates. */
	must(plates_read(json, len, &again, &fault) && again.plate_count == contents->plates.plate_count);
}

static void
check_file(int fd, size_t size)
{
	struct examine *examine = examine_new(fd, size, "file");

	while (!examine_step(examine))
		;
	const struct verdict *verdict = examine_verdict_peek(examine);
	struct contents *contents = examine_contents_peek(examine);
	must(!verdict->is_unreadable);
	must_be_text(verdict->sentence, sizeof verdict->sentence);
	must_be_text(verdict->remedy, sizeof verdict->remedy);
	must(verdict->sentence[0] != '\0' && verdict->printable == (contents->plates.plate_count > 0));
	check_contents(contents);
	examine_free(examine);
}

static void
check_picture(int fd, size_t size)
{
	size_t len;
	uint8_t *picture = examine_picture(fd, size, 1, &len);

	must(picture == NULL || (len <= PICTURE_MAX_BYTES && picture_parse(picture, len, NULL)));
	free(picture);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0) {
		examine_init();
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	}
	must(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	check_file(fd, size);
	check_picture(fd, size);
	return 0;
}
