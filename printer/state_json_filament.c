/*
 * state_json_filament: our own fields about what a printer can print with: AMS units, external spools, extruders
 * and nozzles.
 */
#include "printer/spools.h"
#include "printer/state_json_parts.h"

#define EXTERNAL_LEFT 254
#define EXTERNAL_RIGHT 255

static bool
is_active(const struct printer_state *state, int32_t unit, int32_t slot)
{
	return state->active_ams != STATE_UNKNOWN && state->active_ams == unit &&
	       (state->active_slot == slot || unit == EXTERNAL_LEFT || unit == EXTERNAL_RIGHT);
}

static void
write_colors(struct jsonout *out, const struct tray *tray)
{
	jsonout_key(out, "color");
	FIELD_TEXT(out, tray->color);
	jsonout_key(out, "colors");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < tray->color_count; i++)
		FIELD_TEXT(out, tray->colors[i]);
	jsonout_close(out, ']');
}

static void
write_tray(struct jsonout *out, const struct tray *tray, bool active)
{
	jsonout_open(out, '{');
	jsonout_key(out, "id");
	jsonout_known_int(out, tray->id);
	jsonout_key(out, "fill");
	jsonout_word(out, tray->fill == TRAY_UNKNOWN ? NULL : tray_fill_id(tray->fill));
	jsonout_key(out, "material");
	FIELD_TEXT(out, tray->material);
	jsonout_key(out, "brand");
	FIELD_TEXT(out, tray->brand);
	jsonout_key(out, "profile");
	FIELD_TEXT(out, tray->profile);
	write_colors(out, tray);
	jsonout_key(out, "spool");
	FIELD_TEXT(out, tray->spool);
	jsonout_key(out, "tag");
	FIELD_TEXT(out, tray->tag);
	jsonout_key(out, "remainPercent");
	jsonout_known_int(out, tray->remain_percent);
	jsonout_key(out, "nozzleMinCelsius");
	jsonout_known_int(out, tray->nozzle_min_celsius);
	jsonout_key(out, "nozzleMaxCelsius");
	jsonout_known_int(out, tray->nozzle_max_celsius);
	jsonout_key(out, "active");
	jsonout_bool(out, active);
	jsonout_close(out, '}');
}

static void
write_label(struct jsonout *out, int32_t id)
{
	char label[SPOOL_NAME_BYTES];

	spool_unit_name(id, label);
	jsonout_word(out, label);
}

static void
write_drying(struct jsonout *out, const struct ams_unit *unit)
{
	jsonout_key(out, "drying");
	if (unit->dry_remaining_minutes > 0) {
		jsonout_open(out, '{');
		jsonout_key(out, "remainingMinutes");
		jsonout_int(out, unit->dry_remaining_minutes);
		jsonout_close(out, '}');
	} else {
		jsonout_null(out);
	}
}

static void
write_unit(struct jsonout *out, const struct printer_state *state, const struct ams_unit *unit)
{
	jsonout_open(out, '{');
	jsonout_key(out, "id");
	jsonout_known_int(out, unit->id);
	jsonout_key(out, "label");
	write_label(out, unit->id);
	jsonout_key(out, "kind");
	jsonout_word(out, ams_kind_id(unit->kind));
	jsonout_key(out, "kindName");
	jsonout_word(out, ams_kind_name(unit->kind));
	jsonout_key(out, "extruder");
	jsonout_known_int(out, unit->extruder);
	jsonout_key(out, "humidityIndex");
	jsonout_known_int(out, unit->humidity_index);
	jsonout_key(out, "humidityPercent");
	jsonout_known_int(out, unit->humidity_percent);
	jsonout_key(out, "temperatureCelsius");
	jsonout_number(out, unit->temperature_celsius);
	write_drying(out, unit);
	jsonout_key(out, "slots");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < unit->tray_count; i++)
		write_tray(out, &unit->trays[i], is_active(state, unit->id, unit->trays[i].id));
	jsonout_close(out, ']');
	jsonout_close(out, '}');
}

static void
write_slot_ids(struct jsonout *out, int32_t ams, int32_t slot)
{
	if (ams == STATE_UNKNOWN) {
		jsonout_null(out);
		return;
	}
	jsonout_open(out, '{');
	jsonout_key(out, "amsId");
	jsonout_int(out, ams);
	jsonout_key(out, "slotId");
	jsonout_known_int(out, slot);
	jsonout_close(out, '}');
}

static void
write_extruders(struct jsonout *out, const struct printer_state *state)
{
	jsonout_key(out, "extruders");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < state->extruder_count; i++) {
		const struct extruder *extruder = &state->extruders[i];
		jsonout_open(out, '{');
		jsonout_key(out, "id");
		jsonout_known_int(out, extruder->id);
		jsonout_key(out, "side");
		jsonout_word(out, state->extruder_count < 2 ? NULL : extruder->id == 0 ? "right" : "left");
		jsonout_key(out, "active");
		jsonout_bool(out, state->active_extruder == extruder->id);
		jsonout_key(out, "nozzleId");
		jsonout_known_int(out, extruder->nozzle_id);
		jsonout_key(out, "slot");
		write_slot_ids(out, extruder->ams_id, extruder->slot_id);
		jsonout_key(out, "filamentLoaded");
		jsonout_tri(out, extruder->filament_loaded);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
}

static void
write_nozzles(struct jsonout *out, const struct printer_state *state)
{
	jsonout_key(out, "nozzles");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < state->nozzle_count; i++) {
		const struct nozzle *nozzle = &state->nozzles[i];
		jsonout_open(out, '{');
		jsonout_key(out, "id");
		jsonout_known_int(out, nozzle->id);
		jsonout_key(out, "diameterMm");
		jsonout_number(out, nozzle->diameter_mm);
		jsonout_key(out, "type");
		FIELD_TEXT(out, nozzle->type);
		jsonout_key(out, "present");
		jsonout_bool(out, nozzle->present);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
}

void
state_json_filament(struct jsonout *out, const struct printer_state *state)
{
	jsonout_key(out, "ams");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < state->ams_count; i++)
		write_unit(out, state, &state->ams[i]);
	jsonout_close(out, ']');
	jsonout_key(out, "externalSpools");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < state->external_count; i++)
		write_tray(out, &state->external[i], is_active(state, state->external[i].id, 0));
	jsonout_close(out, ']');
	jsonout_key(out, "activeSlot");
	write_slot_ids(out, state->active_ams, state->active_slot);
	write_extruders(out, state);
	write_nozzles(out, state);
	jsonout_key(out, "nozzleDiameter");
	FIELD_TEXT(out, state->nozzle_diameter);
	jsonout_key(out, "nozzleType");
	FIELD_TEXT(out, state->nozzle_type);
}
