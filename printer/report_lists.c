/*
 * report_lists: the elements of a report's lists. Lists whose elements have ids are merged by id, the others are
 * replaced; what is more than we keep is counted where the count matters (hms) and dropped.
 */
#include <math.h>
#include <string.h>

#include "common/str.h"
#include "printer/report_inner.h"

#define CELSIUS_MAX 1000

/* A packed temperature: low 16 bits the actual one, high 16 the target. */
struct temperature
report_unpack(uint32_t packed, struct temperature former)
{
	uint32_t actual = packed & 0xffff, target = packed >> 16;

	if (actual <= CELSIUS_MAX)
		former.actual_celsius = actual;
	if (target <= CELSIUS_MAX)
		former.target_celsius = target;
	return former;
}

/* -- lists that are replaced ------------------------------------------------------------------ */

void
report_list_begin(struct report *report, enum place list)
{
	struct printer_state *state = &report->state;

	switch ((unsigned)list) {
	case PLACE_STAGES: state->queued_stage_count = 0; break;
	case PLACE_SKIPPED: state->skipped_count = 0; break;
	case PLACE_COLORS:
		report->tray.color_count = 0;
		memset(report->tray.colors, 0, sizeof report->tray.colors);
		break;
	case PLACE_HMS: state->hms_count = state->hms_total = 0; break;
	case PLACE_LIGHTS: state->light_count = 0; break;
	case PLACE_INTERFACES: state->interface_count = 0; break;
	case PLACE_UNITS: report->unit_count = 0; break;
	case PLACE_TRAYS: report->unit_tray_count = 0; break;
	case PLACE_VIR_SLOTS: report->external_count = 0; break;
	case PLACE_MODULES: report->module_count = 0; break;
	default: break;
	}
}

static void
append_int(int32_t *list, uint32_t *count, uint32_t cap, const struct value *value)
{
	int64_t number;

	if (*count < cap && value_int(value, INT32_MIN + 1, INT32_MAX, &number))
		list[(*count)++] = (int32_t)number;
}

void
report_list_value(struct report *report, enum place list, const struct value *value)
{
	struct printer_state *state = &report->state;
	struct tray *tray = &report->tray;

	if (list == PLACE_STAGES)
		append_int(state->queued_stages, &state->queued_stage_count, STATE_STAGES_MAX, value);
	else if (list == PLACE_SKIPPED)
		append_int(state->skipped, &state->skipped_count, STATE_SKIPPED_MAX, value);
	else if (list == PLACE_COLORS && tray->color_count < STATE_COLORS_MAX &&
		 value_color(value, tray->colors[tray->color_count]) && tray->colors[tray->color_count][0] != '\0')
		tray->color_count++;
}

static void
end_hms_entry(struct report *report)
{
	struct printer_state *state = &report->state;

	if (!report->told[FIELD_HMS_ENTRY_attr] || !report->told[FIELD_HMS_ENTRY_code] ||
	    (report->hms.attr | report->hms.code) == 0)
		return;
	if (state->hms_count < STATE_HMS_MAX)
		state->hms[state->hms_count++] = report->hms;
	state->hms_total++;
}

static void
end_light(struct report *report)
{
	struct printer_state *state = &report->state;

	if (report->light.node[0] == '\0' || state->light_count >= STATE_LIGHTS_MAX)
		return;
	memcpy(&state->lights[state->light_count++], &report->light, sizeof report->light);
}

static void
end_interface(struct report *report)
{
	struct printer_state *state = &report->state;

	if (report->interface.ip == 0 || state->interface_count >= STATE_INTERFACES_MAX)
		return;
	memcpy(&state->interfaces[state->interface_count++], &report->interface, sizeof report->interface);
}

static void
end_module(struct report *report)
{
	if (report->module.name[0] != '\0' && report->module_count < STATE_MODULES_MAX)
		report->modules[report->module_count++] = report->module;
}

/* -- lists that are merged by id -------------------------------------------------------------- */

static struct extruder *
extruder_of(struct printer_state *state, int32_t id)
{
	uint32_t at = 0;

	while (at < state->extruder_count && state->extruders[at].id < id)
		at++;
	if (at < state->extruder_count && state->extruders[at].id == id)
		return &state->extruders[at];
	if (state->extruder_count == STATE_EXTRUDERS_MAX)
		return NULL;
	struct extruder *extruder = &state->extruders[at];
	memmove(extruder + 1, extruder, (state->extruder_count++ - at) * sizeof *extruder);
	memset(extruder, 0, sizeof *extruder);
	extruder->id = id;
	extruder->temperature = (struct temperature){ NAN, NAN };
	extruder->nozzle_id = extruder->snow = extruder->ams_id = extruder->slot_id = STATE_UNKNOWN;
	return extruder;
}

static void
end_extruder(struct report *report)
{
	if (!report->told[FIELD_EXTRUDER_ENTRY_id])
		return;
	struct extruder *extruder = extruder_of(&report->state, report->extruder.id);
	if (extruder == NULL)
		return;
	if (report->told[FIELD_EXTRUDER_ENTRY_temp]) {
		extruder->temperature = report_unpack(report->now.extruder_temp, extruder->temperature);
		report->now.extruders_heat_told |= 1u << extruder->id;
	}
	if (report->told[FIELD_EXTRUDER_ENTRY_hnow])
		extruder->nozzle_id = report->extruder.nozzle_id;
	if (report->told[FIELD_EXTRUDER_ENTRY_snow])
		extruder->snow = report->extruder.snow;
	if (report->told[FIELD_EXTRUDER_ENTRY_info])
		extruder->filament_loaded = (report->now.extruder_info & 1u << 1) != 0 ? TRI_YES : TRI_NO;
}

static struct nozzle *
nozzle_of(struct printer_state *state, int32_t id)
{
	uint32_t at = 0;

	while (at < state->nozzle_count && state->nozzles[at].id < id)
		at++;
	if (at < state->nozzle_count && state->nozzles[at].id == id)
		return &state->nozzles[at];
	if (state->nozzle_count == STATE_NOZZLES_MAX)
		return NULL;
	struct nozzle *nozzle = &state->nozzles[at];
	memmove(nozzle + 1, nozzle, (state->nozzle_count++ - at) * sizeof *nozzle);
	memset(nozzle, 0, sizeof *nozzle);
	nozzle->id = id;
	nozzle->diameter_mm = NAN;
	nozzle->present = true;
	return nozzle;
}

static void
end_nozzle(struct report *report)
{
	if (!report->told[FIELD_NOZZLE_ENTRY_id])
		return;
	struct nozzle *nozzle = nozzle_of(&report->state, report->nozzle.id);
	if (nozzle == NULL)
		return;
	if (report->told[FIELD_NOZZLE_ENTRY_diameter])
		nozzle->diameter_mm = report->nozzle.diameter_mm;
	if (report->told[FIELD_NOZZLE_ENTRY_type])
		memcpy(nozzle->type, report->nozzle.type, sizeof nozzle->type);
}

/* Fan number = id >> 4; the low byte of the state is its percentage. */
static void
end_part(struct report *report)
{
	static const struct { uint32_t number; enum fan fan; } fans[] = {
		{ 1, FAN_PART }, { 2, FAN_AUX }, { 3, FAN_CHAMBER }, { 6, FAN_HEATER }, { 10, FAN_AUX2 },
	};
	uint32_t percent = report->now.part_state & 0xff;

	if (!report->told[FIELD_PART_id] || !report->told[FIELD_PART_state] || percent > 100)
		return;
	for (unsigned i = 0; i < STR_ARRAY_LEN(fans); i++) {
		if (fans[i].number == report->now.part_id >> 4) {
			report->state.fan_percent[fans[i].fan] = (int32_t)percent;
			report->now.fans_told |= 1u << fans[i].fan;
		}
	}
}

/* -- units and trays: staged ------------------------------------------------------------------ */

static uint32_t
told_mask(const struct report *report, enum field first, enum field last)
{
	uint32_t mask = 0;

	for (unsigned i = first; i <= last; i++)
		mask |= (uint32_t)report->told[i] << (i - first);
	return mask;
}

static void
end_tray(struct report *report, enum place outer)
{
	struct staged_tray staged = { report->tray, told_mask(report, FIELD_TRAY_id, FIELD_TRAY_cols) };

	if (outer == PLACE_PRINT) {
		report->vt_tray = staged;
		if (!report->told[FIELD_TRAY_id]) /* it is the only one */
			report->vt_tray.tray.id = STATE_UNKNOWN;
		return;
	}
	if (!report->told[FIELD_TRAY_id])
		return;
	if (outer == PLACE_VIR_SLOTS && report->external_count < STATE_EXTERNAL_MAX)
		report->external[report->external_count++] = staged;
	else if (outer == PLACE_TRAYS && report->unit_tray_count < STATE_TRAYS_MAX)
		report->unit_trays[report->unit_tray_count++] = staged;
}

static void
end_unit(struct report *report)
{
	if (!report->told[FIELD_UNIT_id] || report->unit_count >= STATE_AMS_MAX)
		return;
	struct staged_unit *staged = &report->units[report->unit_count++];
	staged->unit = report->unit;
	staged->told = told_mask(report, FIELD_UNIT_id, FIELD_UNIT_tray);
	staged->info = report->now.unit_info;
	staged->tray_count = report->told[FIELD_UNIT_tray] ? report->unit_tray_count : 0;
	memcpy(staged->trays, report->unit_trays, staged->tray_count * sizeof staged->trays[0]);
}

/* -- any element ------------------------------------------------------------------------------ */

static void
forget(struct report *report, enum field first, enum field last)
{
	memset(&report->told[first], 0, (size_t)(last - first + 1) * sizeof report->told[0]);
}

void
report_element_begin(struct report *report, enum place element)
{
	switch ((unsigned)element) {
	case PLACE_HMS_ENTRY: forget(report, FIELD_HMS_ENTRY_attr, FIELD_HMS_ENTRY_code); break;
	case PLACE_LIGHT: memset(&report->light, 0, sizeof report->light); break;
	case PLACE_INTERFACE: memset(&report->interface, 0, sizeof report->interface); break;
	case PLACE_UNIT: forget(report, FIELD_UNIT_id, FIELD_UNIT_tray); break;
	case PLACE_TRAY:
		forget(report, FIELD_TRAY_id, FIELD_TRAY_cols);
		report->tray.color_count = 0;
		break;
	case PLACE_EXTRUDER_ENTRY: forget(report, FIELD_EXTRUDER_ENTRY_id, FIELD_EXTRUDER_ENTRY_info); break;
	case PLACE_NOZZLE_ENTRY: forget(report, FIELD_NOZZLE_ENTRY_id, FIELD_NOZZLE_ENTRY_type); break;
	case PLACE_PART: forget(report, FIELD_PART_id, FIELD_PART_state); break;
	case PLACE_MODULE: memset(&report->module, 0, sizeof report->module); break;
	default: break;
	}
}

void
report_element_end(struct report *report, enum place element, enum place outer)
{
	switch ((unsigned)element) {
	case PLACE_HMS_ENTRY: end_hms_entry(report); break;
	case PLACE_LIGHT: end_light(report); break;
	case PLACE_INTERFACE: end_interface(report); break;
	case PLACE_UNIT: end_unit(report); break;
	case PLACE_TRAY: end_tray(report, outer); break;
	case PLACE_EXTRUDER_ENTRY: end_extruder(report); break;
	case PLACE_NOZZLE_ENTRY: end_nozzle(report); break;
	case PLACE_PART: end_part(report); break;
	case PLACE_MODULE: end_module(report); break;
	default: break;
	}
}
