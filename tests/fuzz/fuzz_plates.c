/*
 * Any bytes as what is in a print file: a fault, or plates within their bounds, whose texts may stand on a screen and
 * whose filaments are those of the project.
 * Covers: plates_read, plates_find
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/miniobj.h"
#include "printer/plates.h"
#include "tests/fuzz/fuzz_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct plates plates;

#define CHECK_TEXT(text) must_be_harmless(text, sizeof(text))

static void
check_plate(const struct plate *plate)
{
	CHECK_TEXT(plate->name);
	CHECK_TEXT(plate->gcode);
	CHECK_TEXT(plate->bed_type);
	ENSURE(plate->number >= 1 && plate->number <= 999 && plates_find(&plates, plate->number) == plate);
	ENSURE(plate->seconds >= -1 && plate->layers >= -1 && !(plate->grams < 0));
	ENSURE(plate->nozzle_count <= PLATES_NOZZLES_MAX && plate->filament_count <= plates.filament_count);
	for (uint32_t i = 0; i < plate->nozzle_count; i++)
		ENSURE(plate->nozzles_mm[i] > 0 && plate->nozzles_mm[i] <= 10);
	for (uint32_t i = 0; i < plate->filament_count; i++) {
		const struct plate_filament *filament = &plate->filaments[i];
		ENSURE(filament->index < plates.filament_count);
		ENSURE(filament->nozzle >= -1 && filament->nozzle < PLATES_NOZZLES_MAX);
		ENSURE(!(filament->grams < 0) && !(filament->meters < 0));
		for (uint32_t j = 0; j < i; j++)
			ENSURE(filament->index != plate->filaments[j].index);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *fault = NULL;

	if (!plates_read(data, size, &plates, &fault)) {
		ENSURE(fault != NULL && fault[0] != '\0' && plates.plate_count == 0 && plates.filament_count == 0);
		return 0;
	}
	ENSURE(fault == NULL && plates.kind < FILE_KIND_COUNT && plates_find(&plates, 0) == NULL);
	ENSURE(plates.plate_count <= PLATES_MAX && plates.filament_count <= PLATES_FILAMENTS_MAX);
	CHECK_TEXT(plates.slicer);
	CHECK_TEXT(plates.model);
	CHECK_TEXT(plates.model_code);
	for (uint32_t i = 0; i < plates.filament_count; i++) {
		CHECK_TEXT(plates.filaments[i].material);
		CHECK_TEXT(plates.filaments[i].profile);
		ENSURE(plates.filaments[i].color[0] == '\0' || strlen(plates.filaments[i].color) == 8);
	}
	for (uint32_t i = 0; i < plates.plate_count; i++)
		check_plate(&plates.plates[i]);
	return 0;
}
