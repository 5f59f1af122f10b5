/*
 * What holds of a state whatever a printer said: counts within their lists, texts that end and are UTF-8 without
 * control characters, numbers in their ranges. Used by the unit tests and the fuzz target of report.
 */
#ifndef FUSE_TESTS_UNIT_REPORT_INVARIANTS_H
#define FUSE_TESTS_UNIT_REPORT_INVARIANTS_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "common/str.h"
#include "printer/report.h"

static inline bool
is_clean_text(const char *text, size_t cap)
{
	size_t len = strnlen(text, cap);

	if (len == cap || !str_valid_utf8(text, len))
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)text[i + 1] < 0xa0))
			return false;
	}
	return true;
}

static inline bool
is_heat(double celsius)
{
	return isnan(celsius) || (celsius >= -100 && celsius <= 1000);
}

static inline bool
is_within(int32_t value, int32_t low, int32_t high)
{
	return value == STATE_UNKNOWN || (value >= low && value <= high);
}

#define CLEAN(text) is_clean_text(text, sizeof(text))

static inline bool
is_sound_tray(const struct tray *tray)
{
	bool texts = CLEAN(tray->material) && CLEAN(tray->brand) && CLEAN(tray->profile) && CLEAN(tray->color) &&
		     CLEAN(tray->tag) && CLEAN(tray->spool);

	for (uint32_t i = 0; i < tray->color_count && i < STATE_COLORS_MAX; i++)
		texts = texts && CLEAN(tray->colors[i]) && strlen(tray->colors[i]) == 8;
	return texts && tray->color_count <= STATE_COLORS_MAX && tray->fill <= TRAY_LOADED &&
	       is_within(tray->remain_percent, 0, 100) && tray->id >= 0 && tray->id <= 255 &&
	       (tray->color[0] == '\0' || strlen(tray->color) == 8);
}

static inline bool
is_sound_unit(const struct ams_unit *unit)
{
	if (unit->id < 0 || unit->id > 253 || unit->kind > AMS_KIND_HT || unit->tray_count > STATE_TRAYS_MAX ||
	    !is_within(unit->humidity_index, 1, 5) || !is_within(unit->humidity_percent, 1, 100) ||
	    !is_within(unit->extruder, 0, 1) || !is_heat(unit->temperature_celsius))
		return false;
	for (uint32_t i = 0; i < unit->tray_count; i++) {
		if (!is_sound_tray(&unit->trays[i]) || (i > 0 && unit->trays[i].id <= unit->trays[i - 1].id))
			return false;
	}
	return true;
}

/* What is wrong with a state; NULL: nothing. */
static inline const char *
fault_of_filament(const struct printer_state *state)
{
	if (state->ams_count > STATE_AMS_MAX || state->external_count > STATE_EXTERNAL_MAX)
		return "a count of units or external spools";
	for (uint32_t i = 0; i < state->ams_count; i++) {
		if (!is_sound_unit(&state->ams[i]))
			return "a unit";
		if (i > 0 && state->ams[i].id <= state->ams[i - 1].id)
			return "the order of units";
	}
	for (uint32_t i = 0; i < state->external_count; i++) {
		if (!is_sound_tray(&state->external[i]))
			return "an external spool";
	}
	return (state->active_ams == STATE_UNKNOWN) != (state->active_slot == STATE_UNKNOWN) ? "the active slot" : NULL;
}

static inline const char *
fault_of_machine(const struct printer_state *state)
{
	if (state->hms_count > STATE_HMS_MAX || state->hms_total < state->hms_count ||
	    state->light_count > STATE_LIGHTS_MAX || state->interface_count > STATE_INTERFACES_MAX ||
	    state->module_count > STATE_MODULES_MAX)
		return "a count of the machine's";
	for (uint32_t i = 0; i < state->light_count; i++) {
		if (!CLEAN(state->lights[i].node) || !CLEAN(state->lights[i].mode))
			return "a light";
	}
	for (uint32_t i = 0; i < state->module_count; i++) {
		const struct module *module = &state->modules[i];
		if (!CLEAN(module->name) || !CLEAN(module->product) || !CLEAN(module->firmware) ||
		    !CLEAN(module->hardware) || !CLEAN(module->project) || !CLEAN(module->serial))
			return "a module";
	}
	if (!CLEAN(state->rtsp_url) || !CLEAN(state->upgrade_status) || !CLEAN(state->serial) ||
	    !CLEAN(state->firmware) || !CLEAN(state->product))
		return "a text of the machine's";
	return state->storage > STORAGE_READ_ONLY || !is_within(state->upgrade_percent, 0, 100) ? "a range" : NULL;
}

static inline const char *
fault_of_heat(const struct printer_state *state)
{
	const struct temperature *heats[] = { &state->nozzle, &state->bed, &state->chamber };

	for (unsigned i = 0; i < STR_ARRAY_LEN(heats); i++) {
		if (!is_heat(heats[i]->actual_celsius) || !is_heat(heats[i]->target_celsius))
			return "a temperature";
	}
	for (unsigned i = 0; i < STATE_FAN_KINDS; i++) {
		if (!is_within(state->fan_percent[i], 0, 100))
			return "a fan";
	}
	if (state->extruder_count > STATE_EXTRUDERS_MAX || state->nozzle_count > STATE_NOZZLES_MAX)
		return "a count of extruders or nozzles";
	for (uint32_t i = 0; i < state->extruder_count; i++) {
		const struct extruder *extruder = &state->extruders[i];
		if (!is_heat(extruder->temperature.actual_celsius) || !is_heat(extruder->temperature.target_celsius) ||
		    (extruder->ams_id == STATE_UNKNOWN) != (extruder->slot_id == STATE_UNKNOWN))
			return "an extruder";
	}
	for (uint32_t i = 0; i < state->nozzle_count; i++) {
		if (!CLEAN(state->nozzles[i].type) || (i > 0 && state->nozzles[i].id <= state->nozzles[i - 1].id))
			return "a nozzle";
	}
	return CLEAN(state->nozzle_diameter) && CLEAN(state->nozzle_type) ? NULL : "a text of a nozzle";
}

static inline const char *
fault_of_job(const struct printer_state *state)
{
	if (state->queued_stage_count > STATE_STAGES_MAX || state->skipped_count > STATE_SKIPPED_MAX)
		return "a count of the job's";
	if (!is_within(state->progress_percent, 0, 100) || !is_within(state->download_percent, 0, 100) ||
	    !is_within(state->speed_level, 1, 4) || !is_within(state->layer, 0, INT32_MAX) ||
	    state->gcode_state > GCODE_STATE_OTHER)
		return "a range of the job's";
	return CLEAN(state->gcode_state_text) && CLEAN(state->file) && CLEAN(state->subtask_name) &&
			       CLEAN(state->print_type) && CLEAN(state->project_id) && CLEAN(state->task_id) &&
			       CLEAN(state->subtask_id) && CLEAN(state->job_id) && CLEAN(state->fail_reason)
		       ? NULL
		       : "a text of the job's";
}

static inline const char *
fault_of_state(const struct printer_state *state)
{
	const char *(*const checks[])(const struct printer_state *) = { fault_of_filament, fault_of_machine,
									 fault_of_heat, fault_of_job };

	for (unsigned i = 0; i < STR_ARRAY_LEN(checks); i++) {
		const char *fault = checks[i](state);
		if (fault != NULL)
			return fault;
	}
	return NULL;
}

static inline const char *
fault_of_summary(const struct report_summary *summary)
{
	if (!CLEAN(summary->section) || !CLEAN(summary->command) || !CLEAN(summary->reason) || !CLEAN(summary->fault))
		return "a text of the summary";
	if ((summary->kind == REPORT_BAD) != (summary->fault[0] != '\0'))
		return "a fault that is not told, or told of a good message";
	return summary->sequence_id >= -1 && summary->kind <= REPORT_BAD ? NULL : "a range of the summary";
}

#endif
