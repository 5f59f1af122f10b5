/*
 * hotends: the printer lists the mounted one as its nozzle 0, and says beside it from which place that is.
 */
#include "printer/hotends.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define RIGHT 0 /* the extruder that changes them */
#define DIAMETER_SAME_MM 0.05

static int32_t
place_of(const struct printer_state *state, const struct nozzle *nozzle)
{
	return nozzle->id == RIGHT ? state->nozzle_source : nozzle->id;
}

static const struct nozzle *
nozzle_at(const struct printer_state *state, int32_t place)
{
	for (uint32_t i = 0; i < state->nozzle_count && i < STATE_NOZZLES_MAX; i++)
		if (state->nozzles[i].present && place_of(state, &state->nozzles[i]) == place)
			return &state->nozzles[i];
	return NULL;
}

uint32_t
hotends_list(const struct model *model, const struct printer_state *state,
	     struct hotend ret_hotends[HOTENDS_MAX])
{
	uint32_t count = 0;

	for (int32_t place = HOTEND_FIRST; place <= HOTEND_LAST && model->has_hotend_rack; place++) {
		const struct nozzle *nozzle = nozzle_at(state, place);
		if (nozzle != NULL)
			ret_hotends[count++] = (struct hotend){ .place = place,
								.nozzle = nozzle,
								.mounted = nozzle->id == RIGHT };
	}
	return count;
}

const struct hotend *
hotends_find(const struct hotend *hotends, uint32_t count, int32_t place)
{
	for (uint32_t i = 0; i < count; i++)
		if (hotends[i].place == place)
			return &hotends[i];
	return NULL;
}

int32_t
nozzle_flow(const struct nozzle *nozzle)
{
	const char *type = nozzle->type;

	if (type[0] != 'H' || strlen(type) != 4 || strspn(type + 2, "0123456789") != 2)
		return -1;
	return type[1] == 'H' ? 1 : strchr("SAX", type[1]) != NULL ? 0 : -1;
}

/* The slicer's first is the left one. */
bool
hotend_has_diameter(const struct hotend *hotend, const struct plate *plate)
{
	if (plate->nozzle_count == 0 || !(hotend->nozzle->diameter_mm > 0))
		return true;
	return fabs(plate->nozzles_mm[plate->nozzle_count - 1] - hotend->nozzle->diameter_mm) <
	       DIAMETER_SAME_MM;
}

bool
hotend_fits(const struct hotend *hotend, const struct plate *plate, const struct plate_filament *use)
{
	int32_t flow = nozzle_flow(hotend->nozzle);

	return hotend_has_diameter(hotend, plate) &&
	       (flow < 0 || use->high_flow < 0 || flow == use->high_flow);
}
