/*
 * preflight_map: which tray feeds which filament of the plate.
 *
 * What the options leave open is proposed: of all trays with the material the nearest in colour, the nozzle it was
 * sliced for first, external spools last, no tray for two filaments unless those are the same. A filament without a
 * tray stays without: the printer would take it for "external" and print with whatever is there.
 */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "printer/filament_color.h"
#include "printer/preflight_parts.h"

#define EXTERNAL_LEFT 254
#define EXTERNAL_RIGHT 255
#define NO_CANDIDATE UINT64_MAX
#define COLOR_UNKNOWN_DISTANCE 40.0 /* behind all that look alike, before the quite different */
#define DISTANCE_MAX 300.0
#define SPOOL_WEIGHT_G 1000.0 /* where it is not told */

static const struct spool_place unused = { -1, -1 };

const struct plate_filament *
preflight_use_of(const struct plate *plate, uint32_t index)
{
	for (uint32_t i = 0; i < plate->filament_count; i++)
		if (plate->filaments[i].index == index)
			return &plate->filaments[i];
	return NULL;
}

static const struct project_filament *
wanted_of(const struct preflight_work *work, uint32_t index)
{
	return &work->input->plates->filaments[index];
}

/* Of one spool, as far as the file tells. */
static bool
is_same_filament(const struct project_filament *a, const struct project_filament *b)
{
	return strcmp(a->material, b->material) == 0 && strcmp(a->color, b->color) == 0;
}

/* -- what the options say --------------------------------------------------------------------------------- */

/* One nozzle has one external spool, whatever number it is given. */
static struct spool_place
settle_place(const struct preflight_work *work, struct spool_place place)
{
	if (spool_place_is_external(place))
		return (struct spool_place){ work->nozzles < 2 ? EXTERNAL_RIGHT : place.ams_id, 0 };
	return place;
}

static void
take_options(struct preflight_work *work)
{
	const struct print_options *options = work->input->options;
	struct preflight *result = work->result;

	for (uint32_t i = 0; i < result->mapping_count; i++) {
		bool is_given = options->has_mapping && i < options->mapping_count;
		bool is_used = preflight_use_of(work->plate, i) != NULL;
		result->mapping[i] = is_given && is_used ? settle_place(work, options->mapping[i]) : unused;
	}
}

/* -- candidates ------------------------------------------------------------------------------------------- */

/* Different filaments that the plate uses. */
static uint32_t
count_kinds(const struct preflight_work *work)
{
	const struct plate *plate = work->plate;
	uint32_t kinds = 0;

	for (uint32_t i = 0; i < plate->filament_count; i++) {
		bool is_new = true;
		for (uint32_t j = 0; j < i && is_new; j++)
			is_new = !is_same_filament(wanted_of(work, plate->filaments[i].index),
						   wanted_of(work, plate->filaments[j].index));
		kinds += is_new;
	}
	return kinds;
}

static bool
has_ams(const struct preflight_work *work)
{
	return work->spool_count > 0 && !spool_place_is_external(work->spools[0].place);
}

/* Only external spools come into question. */
static bool
is_external_only(const struct preflight_work *work)
{
	return !has_ams(work) || work->input->options->use_ams == CHOICE_OFF;
}

static bool
may_be_external(const struct preflight_work *work)
{
	if (is_external_only(work))
		return true;
	return work->input->options->use_ams == CHOICE_AUTO &&
	       (work->input->model->mixes_external || count_kinds(work) == 1);
}

/* With nothing but external spools, and one for each filament, there is no choice: whoever put the spool there knows
 * what it is, and the printer often does not. */
static bool
has_no_choice(const struct preflight_work *work)
{
	return is_external_only(work) && count_kinds(work) <= work->nozzles;
}

static bool
is_candidate(const struct preflight_work *work, uint32_t index, const struct spool *spool)
{
	const char *wanted = wanted_of(work, index)->material;

	if (spool_place_is_external(spool->place)) {
		if (!may_be_external(work))
			return false;
		if (has_no_choice(work))
			return true;
	} else if (is_external_only(work)) {
		return false;
	}
	return spool->tray != NULL && spool->tray->fill == TRAY_LOADED &&
	       filament_is_same_material(wanted, spool->tray->material);
}

/* Does another filament of the plate have it, one that is not the same? */
static bool
is_taken(const struct preflight_work *work, uint32_t index, const struct spool *spool)
{
	for (uint32_t i = 0; i < work->result->mapping_count; i++)
		if (i != index && spool_place_is_same(work->result->mapping[i], spool->place) &&
		    !is_same_filament(wanted_of(work, i), wanted_of(work, index)))
			return true;
	return false;
}

/* -- which one is best ------------------------------------------------------------------------------------ */

/* What is left, in g; NAN when it is not known. The printer tells whole percents, rounded down. */
static double
left_of(const struct preflight_work *work, const struct tray *tray)
{
	if (!work->input->model->measures_remain || tray == NULL || tray->remain_percent == STATE_UNKNOWN)
		return (double)NAN;
	double weight = tray->weight_g > 0 ? (double)tray->weight_g : SPOOL_WEIGHT_G;
	return weight * (tray->remain_percent + 1) / 100;
}

static bool
is_other_nozzle(const struct preflight_work *work, const struct plate_filament *use, const struct spool *spool)
{
	return work->nozzles > 1 && use->nozzle >= 0 && spool->nozzle >= 0 && use->nozzle != spool->nozzle;
}

/* The smaller the better; each line counts for more than all that follow. */
static uint64_t
cost_of(const struct preflight_work *work, uint32_t index, const struct spool *spool)
{
	const struct project_filament *wanted = wanted_of(work, index);
	const struct plate_filament *use = preflight_use_of(work->plate, index);
	static const struct tray nothing;
	const struct tray *tray = spool->tray != NULL ? spool->tray : &nothing;
	double distance = filament_color_distance(wanted->color, tray->color);
	uint64_t cost = is_other_nozzle(work, use, spool);

	distance = isnan(distance) ? COLOR_UNKNOWN_DISTANCE : fmin(distance, DISTANCE_MAX);
	cost = cost << 1 | (uint64_t)spool_place_is_external(spool->place);
	cost = cost << 1 | (uint64_t)!filament_is_same_material(wanted->material, tray->material);
	cost = cost << 1 | (uint64_t)(strcasecmp(wanted->material, tray->material) != 0);
	cost = cost << 8 | (uint64_t)(distance / COLOR_SAME_MAX);
	cost = cost << 1 | (uint64_t)(use->grams > left_of(work, tray));
	cost = cost << 1 | (uint64_t)(wanted->profile[0] == '\0' || strcmp(wanted->profile, tray->profile) != 0);
	return cost << 16 | (uint64_t)(distance * 100);
}

/* The best of all pairs that are still open goes first, so that no filament takes the tray that fits another better. */
static bool
propose_one(struct preflight_work *work)
{
	struct preflight *result = work->result;
	uint64_t best = NO_CANDIDATE;
	uint32_t best_index = 0, best_spool = 0;

	for (uint32_t i = 0; i < result->mapping_count; i++) {
		if (preflight_use_of(work->plate, i) == NULL || !spool_place_is_unused(result->mapping[i]))
			continue;
		for (uint32_t j = 0; j < work->spool_count; j++) {
			const struct spool *spool = &work->spools[j];
			if (!is_candidate(work, i, spool) || is_taken(work, i, spool))
				continue;
			uint64_t cost = cost_of(work, i, spool);
			if (cost < best) {
				best = cost;
				best_index = i;
				best_spool = j;
			}
		}
	}
	if (best == NO_CANDIDATE)
		return false;
	result->mapping[best_index] = work->spools[best_spool].place;
	result->proposed[best_index] = true;
	return true;
}

void
preflight_map(struct preflight_work *work)
{
	struct preflight *result = work->result;

	take_options(work);
	while (propose_one(work))
		continue;
	for (uint32_t i = 0; i < result->mapping_count; i++)
		if (!spool_place_is_unused(result->mapping[i]) && !spool_place_is_external(result->mapping[i]))
			result->use_ams = true;
}

/* -- what is wrong with it -------------------------------------------------------------------------------- */

/* "PETG (blue)", "PETG", "filament 3": what the file tells of it. */
static void
name_filament(const struct project_filament *filament, uint32_t index, char *to, size_t cap)
{
	const char *material = filament->material, *color = filament_color_name(filament->color);

	if (material[0] == '\0')
		str_format(to, cap, "filament %u", index + 1);
	else if (color[0] == '\0')
		str_copy(to, cap, material);
	else
		str_format(to, cap, "%s (%s)", material, color);
}

static bool
some_tray_has(const struct preflight_work *work, const char *material)
{
	for (uint32_t i = 0; i < work->spool_count; i++)
		if (work->spools[i].tray != NULL && work->spools[i].tray->fill == TRAY_LOADED &&
		    filament_is_same_material(material, work->spools[i].tray->material))
			return true;
	return false;
}

static void
judge_nothing(struct preflight_work *work, uint32_t index)
{
	const struct project_filament *wanted = wanted_of(work, index);
	char name[48];

	name_filament(wanted, index, name, sizeof name);
	if (wanted->material[0] == '\0')
		preflight_add(work, FINDING_NO_TRAY_FITS, "Choose a tray for it.",
			      "The file does not say what its %s is made of.", name);
	else if (is_external_only(work) && count_kinds(work) > work->nozzles)
		preflight_add(work, FINDING_NO_TRAY_FITS,
			      has_ams(work) ? "Let the print use the AMS, or slice the plate for fewer filaments."
					    : "Connect an AMS, or slice the plate for fewer filaments.",
			      "The plate needs %s beside other filament, and only the external spool can be used.", name);
	else if (some_tray_has(work, wanted->material))
		preflight_add(work, FINDING_NO_TRAY_FITS, "Load one more, or choose the same tray for both.",
			      "The plate needs %s and no tray that has it is left.", name);
	else
		preflight_add(work, FINDING_NO_TRAY_FITS, "Load it, or choose another tray.",
			      "The plate needs %s and no tray has it.", name);
}

/* Is this the first filament that the tray feeds? What a tray must hold is said once. */
static bool
is_first_at(const struct preflight_work *work, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (spool_place_is_same(work->result->mapping[i], work->result->mapping[index]))
			return false;
	return true;
}

static double
need_at(const struct preflight_work *work, struct spool_place place)
{
	double grams = 0;

	for (uint32_t i = 0; i < work->plate->filament_count; i++) {
		const struct plate_filament *use = &work->plate->filaments[i];
		if (spool_place_is_same(work->result->mapping[use->index], place) && !isnan(use->grams))
			grams += use->grams;
	}
	return grams;
}

static void
judge_amount(struct preflight_work *work, uint32_t index, const struct spool *spool, const char *where)
{
	double need = need_at(work, spool->place), left = left_of(work, spool->tray);

	if (is_first_at(work, index) && need > left)
		preflight_add(work, FINDING_FILAMENT_SHORT, "Put a fuller spool in, or choose another tray.",
			      "The plate needs %.0f g from %s, which has about %.0f g left.", ceil(need), where, left);
}

/* Two that have one name, and yet are not the same, are told apart. */
static void
judge_color(struct preflight_work *work, const struct project_filament *wanted, const char *name, const struct tray *tray,
	    const char *where)
{
	const char *color = filament_color_name(tray->color);
	bool is_namesake = strcmp(color, filament_color_name(wanted->color)) == 0;

	preflight_add(work, FINDING_COLOR_DIFFERS, "", "The plate was sliced for %s; in %s is %s (%s%s).", name, where,
		      tray->material, is_namesake ? "another " : "", color);
}

static void
judge_fit(struct preflight_work *work, uint32_t index, const struct spool *spool, const char *where)
{
	const struct project_filament *wanted = wanted_of(work, index);
	char name[48];

	name_filament(wanted, index, name, sizeof name);
	switch (filament_fit(wanted, spool->tray)) {
	case FIT_MATERIAL_DIFFERS:
		preflight_add(work, FINDING_MATERIAL_DIFFERS, "Load what the plate needs, or choose another tray.",
			      "The plate needs %s; in %s is %s.", name, where, spool->tray->material);
		break;
	case FIT_COLOR_DIFFERS:
		judge_color(work, wanted, name, spool->tray, where);
		break;
	case FIT_UNKNOWN:
		preflight_add(work, FINDING_MATERIAL_UNKNOWN, "Look whether it is what the plate needs.",
			      "The printer does not tell what is in %s; the plate needs %s.", where, name);
		break;
	case FIT_SAME:
	case FIT_NONE:
	case FIT_COUNT:
		break;
	}
}

static void
judge_nozzle(struct preflight_work *work, uint32_t index, const struct spool *spool, const char *where)
{
	const struct plate_filament *use = preflight_use_of(work->plate, index);
	static const char *const sides[] = { "right", "left" };
	char name[48];

	if (!is_other_nozzle(work, use, spool))
		return;
	name_filament(wanted_of(work, index), index, name, sizeof name);
	preflight_add(work, FINDING_OTHER_NOZZLE, "Choose a tray of the other side, or slice the plate for this nozzle.",
		      "The plate was sliced with %s in the %s nozzle; %s feeds the %s one.", name, sides[use->nozzle],
		      where, sides[spool->nozzle]);
}

static void
judge_tray(struct preflight_work *work, uint32_t index)
{
	struct spool_place place = work->result->mapping[index];
	const struct spool *spool = spools_find(work->spools, work->spool_count, place);
	char where[SPOOL_NAME_BYTES];

	spool_name(place, work->nozzles, where);
	if (spool == NULL) {
		if (is_first_at(work, index))
			preflight_add(work, FINDING_TRAY_MISSING, "Choose another tray, or connect the AMS.",
				      "The printer has no %s.", where);
		return;
	}
	judge_nozzle(work, index, spool, where);
	if (spool->tray != NULL && (spool->tray->fill == TRAY_EMPTY || spool->tray->fill == TRAY_REMEMBERED)) {
		if (is_first_at(work, index))
			preflight_add(work, FINDING_TRAY_EMPTY, "Put the spool in, or choose another tray.",
				      "There is nothing in %s.", where);
		return;
	}
	judge_fit(work, index, spool, where);
	judge_amount(work, index, spool, where);
}

/* AMS and external spool in one print; an AMS that is not wanted. */
static void
judge_whole(struct preflight_work *work)
{
	const struct preflight *result = work->result;
	bool is_external = false;

	for (uint32_t i = 0; i < result->mapping_count; i++)
		is_external |= spool_place_is_external(result->mapping[i]);
	if (is_external && result->use_ams && !work->input->model->mixes_external)
		preflight_add(work, FINDING_MIXED_SPOOLS, "Choose trays of the AMS for all filaments.",
			      "The %s does not use its AMS and its external spool in one print.",
			      work->input->model->name);
	if (result->use_ams && work->input->options->use_ams == CHOICE_OFF)
		preflight_add(work, FINDING_AMS_UNWANTED, "Choose the external spool, or let the print use the AMS.",
			      "The print shall not use the AMS, and yet a tray of it is chosen.");
}

void
preflight_judge_mapping(struct preflight_work *work)
{
	for (uint32_t i = 0; i < work->result->mapping_count; i++) {
		if (preflight_use_of(work->plate, i) == NULL)
			continue;
		if (spool_place_is_unused(work->result->mapping[i]))
			judge_nothing(work, i);
		else
			judge_tray(work, i);
	}
	judge_whole(work);
}
