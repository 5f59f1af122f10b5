/*
 * report_feed: which slot or external spool feeds each extruder, and which of them the one that prints
 * (docs/protocol.md, "Reports", AMS).
 */
#include "printer/report_inner.h"

enum { NO_SLOT = 255, SNOW_NONE = 65535 };

static bool
has_unit(const struct printer_state *state, int32_t id)
{
	for (uint32_t i = 0; i < state->ams_count; i++) {
		if (state->ams[i].id == id)
			return true;
	}
	return false;
}

/* High byte the unit, low byte the slot. Slot 255 is none, but for an external spool (254, 255) whose filament is seen
 * in the extruder. */
static void
read_snow(struct extruder *extruder)
{
	int32_t unit = extruder->snow >> 8, slot = extruder->snow & 255;
	bool is_external = unit == EXTERNAL_LEFT || unit == EXTERNAL_RIGHT;
	bool is_none = extruder->snow == STATE_UNKNOWN || extruder->snow == SNOW_NONE ||
		       (slot == NO_SLOT && !(is_external && extruder->filament_loaded == TRI_YES));

	extruder->ams_id = is_none ? STATE_UNKNOWN : unit;
	extruder->slot_id = is_none ? STATE_UNKNOWN : is_external ? 0 : slot;
}

static void
set_active(struct printer_state *state, int32_t ams, int32_t slot)
{
	state->active_ams = ams;
	state->active_slot = slot;
}

static void
set_active_external(struct printer_state *state)
{
	set_active(state, state->external_count == 1 ? state->external[0].id : EXTERNAL_LEFT, 0);
}

/* tray_now of a printer with one nozzle: 255 none, 254 external, an HT's own id, else unit * 4 + slot. An A2L's AMS
 * lite is unit 16 and counts from 0. */
static void
read_tray_now(struct printer_state *state)
{
	int32_t now = state->tray_now;

	set_active(state, STATE_UNKNOWN, STATE_UNKNOWN);
	if (now == EXTERNAL_LEFT)
		set_active_external(state);
	else if (now >= HT_FIRST && now <= HT_LAST)
		set_active(state, now, 0);
	else if (now >= 0 && now <= 3 && !has_unit(state, 0) && has_unit(state, LITE_OF_A2L))
		set_active(state, LITE_OF_A2L, now);
	else if (now >= 0 && now <= 15)
		set_active(state, now / 4, now % 4);
}

/* An H2S names a slot of its AMS while the external spool feeds: a slot without a spool does not feed. */
static bool
feeds_from_outside(const struct printer_state *state, const struct extruder *extruder)
{
	return state->extruder_count == 1 && extruder->filament_loaded == TRI_YES && state->external_count == 1 &&
	       state->external[0].material[0] != '\0' &&
	       report_slot_exists(state, extruder->ams_id, extruder->slot_id) == TRI_NO;
}

void
report_feed_find(struct printer_state *state)
{
	for (uint32_t i = 0; i < state->extruder_count; i++)
		read_snow(&state->extruders[i]);
	const struct extruder *extruder = report_active_extruder(state);
	if (extruder == NULL || extruder->snow == STATE_UNKNOWN) {
		/* With two nozzles tray_now is a slot of some unit: nothing is better than the wrong one. */
		if (state->extruder_count > 1)
			set_active(state, STATE_UNKNOWN, STATE_UNKNOWN);
		else
			read_tray_now(state);
		return;
	}
	set_active(state, extruder->ams_id, extruder->slot_id);
	bool says_external = extruder->ams_id == STATE_UNKNOWN && state->tray_now == EXTERNAL_LEFT;
	if (state->extruder_count == 1 && (says_external || feeds_from_outside(state, extruder)))
		set_active_external(state);
}
