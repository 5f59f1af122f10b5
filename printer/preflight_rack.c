/*
 * preflight_rack: which hotend of its rack the H2C is to take. The file does not say it (it knows sides and groups, the
 * rack has places), and a start that leaves it open makes the printer choose: printers were seen to level with one hotend
 * and to print with another, in the air. So a person says it, or accepts that the printer chooses.
 */
#include <inttypes.h>

#include "common/str.h"
#include "printer/hotends.h"
#include "printer/preflight_parts.h"

/* What the options say of this filament, or what can only be meant; -1: nothing. */
static int32_t
place_of(const struct print_options *options, const struct plate_filament *use)
{
	int32_t told = options->has_nozzle_mapping && use->index < options->nozzle_count
			       ? options->nozzles[use->index]
			       : -1;

	return told < 0 && use->nozzle == HOTEND_LEFT ? HOTEND_LEFT : told;
}

static void
judge_side(struct preflight_work *work, const struct plate_filament *use, int32_t place)
{
	if (place < 0 || use->nozzle < 0 || (place == HOTEND_LEFT) == (use->nozzle == HOTEND_LEFT))
		return;
	preflight_add(work, FINDING_OTHER_NOZZLE,
		      "Choose a hotend of the other side, or slice the plate for this one.",
		      "The plate was sliced with filament %u in the %s hotend; nozzleMapping names another.",
		      use->index + 1, use->nozzle == HOTEND_LEFT ? "left" : "right");
}

/* Is what was named there, and of the diameter that the plate was sliced for? */
static void
judge_hotend(struct preflight_work *work, int32_t place)
{
	struct hotend hotends[HOTENDS_MAX];
	uint32_t count = hotends_list(work->input->model, work->input->state, hotends);
	const struct hotend *hotend = hotends_find(hotends, count, place);
	int number = place - HOTEND_FIRST + 1;

	if (place < HOTEND_FIRST || count == 0)
		return;
	if (hotend == NULL)
		preflight_add(work, FINDING_NOZZLE_DIFFERS, "Choose a hotend that is there.",
			      "The printer tells of no hotend at place %d of its rack.", number);
	else if (!hotend_has_diameter(hotend, work->plate))
		preflight_add(work, FINDING_NOZZLE_DIFFERS, "Choose another hotend, or slice the plate for this one.",
			      "The plate was sliced for a nozzle of %.1f mm; hotend %d of the rack has %.1f mm.",
			      work->plate->nozzles_mm[work->plate->nozzle_count - 1], number, hotend->nozzle->diameter_mm);
}

static void
ask_for_places(struct preflight_work *work)
{
	char count[24] = "";

	if (work->plate->rack_nozzles > 1)
		str_format(count, sizeof count, "%" PRIu32 " ", work->plate->rack_nozzles);
	preflight_add(work, FINDING_RACK_HOTEND,
		      "Choose its hotends (option nozzleMapping), slice the plate for the left hotend alone, or print it from "
		      "Bambu Studio. Accept this to let the printer choose, and watch its first layer then.",
		      "The plate prints with %shotends of the %s's rack, and which of them is not said.", count,
		      work->input->model->name);
}

void
preflight_rack(struct preflight_work *work)
{
	const struct plate *plate = work->plate;
	struct preflight *result = work->result;
	bool uses_rack = false, all_told = true;

	for (uint32_t i = 0; i < PLATES_FILAMENTS_MAX; i++)
		result->nozzles[i] = -1;
	for (uint32_t i = 0; i < plate->filament_count && work->input->model->has_hotend_rack; i++) {
		const struct plate_filament *use = &plate->filaments[i];
		int32_t place = place_of(work->input->options, use);
		uses_rack |= use->nozzle != HOTEND_LEFT || (place >= 0 && place != HOTEND_LEFT);
		all_told &= place >= 0;
		result->nozzles[use->index] = place;
		judge_side(work, use, place);
		judge_hotend(work, place);
	}
	result->names_nozzles = uses_rack && all_told;
	if (uses_rack && !all_told)
		ask_for_places(work);
}
