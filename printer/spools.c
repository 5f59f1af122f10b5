/*
 * spools: the places in the order of their ids, units first.
 */
#include "printer/spools.h"

#include "common/str.h"

#define LITE 16
#define HT_FIRST 128
#define EXTERNAL_LEFT 254
#define EXTERNAL_RIGHT 255

bool
spool_place_is_same(struct spool_place a, struct spool_place b)
{
	return a.ams_id == b.ams_id && a.slot_id == b.slot_id;
}

bool
spool_place_is_external(struct spool_place place)
{
	return place.ams_id == EXTERNAL_LEFT || place.ams_id == EXTERNAL_RIGHT;
}

bool
spool_place_is_unused(struct spool_place place)
{
	return place.ams_id < 0;
}

unsigned
spools_nozzles(const struct model *model, const struct printer_state *state)
{
	return state->extruder_count > 0 ? state->extruder_count : model->extruders;
}

/* One nozzle: whatever there is feeds it. Two: as the unit tells. */
static int32_t
nozzle_of(const struct ams_unit *unit, unsigned nozzles)
{
	if (nozzles < 2)
		return 0;
	return unit->extruder == 0 || unit->extruder == 1 ? unit->extruder : -1;
}

static const struct tray *
external_of(const struct printer_state *state, int32_t id, unsigned nozzles)
{
	for (uint32_t i = 0; i < state->external_count; i++)
		if (nozzles < 2 || state->external[i].id == id)
			return &state->external[i];
	return NULL;
}

static void
add_external(struct spool *to, const struct printer_state *state, int32_t id, unsigned nozzles)
{
	*to = (struct spool){ .place = { id, 0 },
			      .tray = external_of(state, id, nozzles),
			      .nozzle = id == EXTERNAL_LEFT ? 1 : 0 };
}

uint32_t
spools_list(const struct model *model, const struct printer_state *state, struct spool ret_spools[SPOOLS_MAX])
{
	unsigned nozzles = spools_nozzles(model, state);
	uint32_t count = 0;

	for (uint32_t i = 0; i < state->ams_count && i < STATE_AMS_MAX; i++) {
		const struct ams_unit *unit = &state->ams[i];
		for (uint32_t j = 0; j < unit->tray_count && j < STATE_TRAYS_MAX; j++)
			ret_spools[count++] = (struct spool){ .place = { unit->id, unit->trays[j].id },
							      .tray = &unit->trays[j],
							      .nozzle = nozzle_of(unit, nozzles) };
	}
	if (nozzles > 1)
		add_external(&ret_spools[count++], state, EXTERNAL_LEFT, nozzles);
	add_external(&ret_spools[count++], state, EXTERNAL_RIGHT, nozzles);
	return count;
}

const struct spool *
spools_find(const struct spool *spools, uint32_t count, struct spool_place place)
{
	for (uint32_t i = 0; i < count; i++)
		if (spool_place_is_same(spools[i].place, place))
			return &spools[i];
	return NULL;
}

void
spool_label(struct spool_place place, unsigned nozzles, char ret_label[SPOOL_LABEL_BYTES])
{
	if (spool_place_is_external(place))
		str_copy(ret_label, SPOOL_LABEL_BYTES,
			 nozzles < 2			       ? "Ext"
			 : place.ams_id == EXTERNAL_LEFT ? "Ext L"
							       : "Ext R");
	else if (place.ams_id >= HT_FIRST && place.ams_id < HT_FIRST + 26)
		str_format(ret_label, SPOOL_LABEL_BYTES, "HT %c", 'A' + (place.ams_id - HT_FIRST));
	else if (place.ams_id == LITE)
		str_format(ret_label, SPOOL_LABEL_BYTES, "Lite %d", place.slot_id + 1);
	else if (place.ams_id >= 0 && place.ams_id < LITE)
		str_format(ret_label, SPOOL_LABEL_BYTES, "%c%d", 'A' + place.ams_id, place.slot_id + 1);
	else
		str_copy(ret_label, SPOOL_LABEL_BYTES, "?");
}

void
spool_unit_name(int32_t ams_id, char ret_name[SPOOL_NAME_BYTES])
{
	if (ams_id == STATE_UNKNOWN)
		str_copy(ret_name, SPOOL_NAME_BYTES, "AMS");
	else if (ams_id >= HT_FIRST)
		str_format(ret_name, SPOOL_NAME_BYTES, "AMS HT %d", ams_id - HT_FIRST + 1);
	else if (ams_id == LITE)
		str_copy(ret_name, SPOOL_NAME_BYTES, "AMS lite");
	else
		str_format(ret_name, SPOOL_NAME_BYTES, "AMS %d", ams_id + 1);
}

void
spool_name(struct spool_place place, unsigned nozzles, char ret_name[SPOOL_NAME_BYTES])
{
	char unit[SPOOL_NAME_BYTES];

	if (spool_place_is_external(place)) {
		str_copy(ret_name, SPOOL_NAME_BYTES,
			 nozzles < 2			       ? "the external spool"
			 : place.ams_id == EXTERNAL_LEFT ? "the left external spool"
							       : "the right external spool");
		return;
	}
	spool_unit_name(place.ams_id, unit);
	if (place.ams_id >= HT_FIRST)
		str_copy(ret_name, SPOOL_NAME_BYTES, unit);
	else
		str_format(ret_name, SPOOL_NAME_BYTES, "%.16s slot %d", unit, place.slot_id + 1);
}
