/*
 * Any bytes as print options: options whose places can exist, or a sentence that may stand on a screen and the options
 * of a job without any.
 * Covers: print_options_read, preflight_finding_by_name
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/miniobj.h"
#include "printer/preflight.h"
#include "printer/print_options.h"
#include "tests/fuzz/fuzz_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_sentence(const char *sentence)
{
	size_t len = strlen(sentence);

	must_be_harmless(sentence, 240);
	ENSURE(len > 0 && sentence[len - 1] == '.');
}

static void
check_place(struct spool_place place)
{
	bool is_four = (place.ams_id >= 0 && place.ams_id <= 3) || place.ams_id == 16;
	bool is_one = (place.ams_id >= 128 && place.ams_id <= 135) || place.ams_id == 254 || place.ams_id == 255;

	ENSURE((place.ams_id == -1 && place.slot_id == -1) || (is_four && place.slot_id >= 0 && place.slot_id <= 3) ||
	       (is_one && place.slot_id == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct print_options options, none;
	char sentence[240], cut[8];

	print_options_init(&none);
	if (!print_options_read(data, size, &options, sentence, sizeof sentence)) {
		check_sentence(sentence);
		ENSURE(memcmp(&options, &none, sizeof none) == 0);
		ENSURE(!print_options_read(data, size, &options, cut, sizeof cut) && strlen(cut) == sizeof cut - 1);
		return 0;
	}
	ENSURE(sentence[0] == '\0' && options.mapping_count <= PLATES_FILAMENTS_MAX);
	ENSURE(strnlen(options.bed_type, sizeof options.bed_type) >= 4);
	ENSURE(options.bed_leveling <= CHOICE_AUTO && options.flow_calibration <= CHOICE_AUTO);
	ENSURE(options.nozzle_offset_calibration <= CHOICE_AUTO && options.use_ams <= CHOICE_AUTO);
	ENSURE(options.has_mapping || options.mapping_count == 0);
	ENSURE(options.accepts >> FINDING_COUNT == 0);
	for (uint32_t i = 0; i < options.mapping_count; i++)
		check_place(options.mapping[i]);
	return 0;
}
