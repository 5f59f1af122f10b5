/*
 * state: names, and what is plain to see from a state.
 */
#include "printer/state.h"

#include <math.h>
#include <string.h>

#include "common/str.h"

#define NAME_OF(table, index) ((unsigned)(index) < STR_ARRAY_LEN(table) ? (table)[index] : "?")

#define X(NAME, text, ...) text,
static const char *const gcode_states[] = { GCODE_STATES(X) };
static const char *const ams_kind_ids[] = { AMS_KINDS(X) };
static const char *const tray_fills[] = { TRAY_FILLS(X) };
static const char *const storage_states[] = { STORAGE_STATES(X) };
#undef X
#define X(NAME, id, name) name,
static const char *const ams_kind_names[] = { AMS_KINDS(X) };
#undef X

const char *
gcode_state_name(const struct printer_state *state)
{
	return state->gcode_state == GCODE_STATE_OTHER ? state->gcode_state_text
						       : NAME_OF(gcode_states, state->gcode_state);
}

const char *
ams_kind_id(enum ams_kind kind)
{
	return NAME_OF(ams_kind_ids, kind);
}

const char *
ams_kind_name(enum ams_kind kind)
{
	return NAME_OF(ams_kind_names, kind);
}

const char *
tray_fill_id(enum tray_fill fill)
{
	return NAME_OF(tray_fills, fill);
}

const char *
storage_state_id(enum storage_state storage)
{
	return NAME_OF(storage_states, storage);
}

bool
printer_state_is_busy(const struct printer_state *state)
{
	return state->gcode_state == GCODE_STATE_PREPARE || state->gcode_state == GCODE_STATE_RUNNING ||
	       state->gcode_state == GCODE_STATE_PAUSE || state->gcode_state == GCODE_STATE_SLICING;
}

bool
printer_state_is_upgrading(const struct printer_state *state)
{
	return state->upgrade_status[0] != '\0' && strcmp(state->upgrade_status, "IDLE") != 0 &&
	       strstr(state->upgrade_status, "SUCCESS") == NULL && strstr(state->upgrade_status, "FAIL") == NULL;
}

bool
printer_state_is_preparing(const struct printer_state *state)
{
	return state->gcode_state == GCODE_STATE_PREPARE ||
	       (state->gcode_state == GCODE_STATE_RUNNING && state->layer != STATE_UNKNOWN && state->layer <= 0);
}

static const struct temperature untold = { NAN, NAN };

void
printer_state_init(struct printer_state *state)
{
	memset(state, 0, sizeof *state);
	state->progress_percent = state->download_percent = state->remaining_minutes = STATE_UNKNOWN;
	state->layer = state->layers = state->stage = state->plate = STATE_UNKNOWN;
	state->speed_level = state->speed_percent = STATE_UNKNOWN;
	state->nozzle = state->bed = state->chamber = untold;
	for (unsigned i = 0; i < STATE_FAN_KINDS; i++)
		state->fan_percent[i] = STATE_UNKNOWN;
	state->air_mode = state->active_extruder = STATE_UNKNOWN;
	state->active_ams = state->active_slot = STATE_UNKNOWN;
	state->nozzle_source = state->ams_status = state->tray_now = state->tray_target = STATE_UNKNOWN;
	state->wifi_dbm = state->upgrade_percent = STATE_UNKNOWN;
}
