/*
 * state_json_data: the value of `data`, valid against PrinterStatData of the public schema. What is not known is left
 * out: the schema has no null here.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "common/str.h"
#include "printer/filament_type.h"
#include "printer/state_json_parts.h"

#define UNSET_COLOR "00000000" /* as printers say it; the schema wants six or eight digits */
#define REMAINING_UNKNOWN (-1)	/* as printers say it; the schema wants a number */

static void
put_known_int(struct jsonout *out, const char *name, int32_t value)
{
	if (value != STATE_UNKNOWN) {
		jsonout_key(out, name);
		jsonout_int(out, value);
	}
}

static void
put_known_number(struct jsonout *out, const char *name, double value)
{
	if (jsonout_is_number(value)) {
		jsonout_key(out, name);
		jsonout_number(out, value);
	}
}

static void
put_known_text(struct jsonout *out, const char *name, const char *text, size_t cap)
{
	if (text[0] != '\0') {
		jsonout_key(out, name);
		jsonout_text(out, text, 2 * cap);
	}
}

static void
put_known_tri(struct jsonout *out, const char *name, enum tri value)
{
	if (value != TRI_UNKNOWN) {
		jsonout_key(out, name);
		jsonout_bool(out, value == TRI_YES);
	}
}

static void
put_number_as_text(struct jsonout *out, const char *name, int32_t number)
{
	char text[16];

	if (number != STATE_UNKNOWN) {
		str_format(text, sizeof text, "%" PRId32, number);
		jsonout_key(out, name);
		jsonout_word(out, text);
	}
}

/* -- heat, air and light ---------------------------------------------------------------------------- */

static void
write_temps(struct jsonout *out, const struct state_view *view)
{
	const struct printer_state *state = view->state;

	jsonout_key(out, "temps");
	jsonout_open(out, '{');
	put_known_number(out, "bedTemp", state->bed.actual_celsius);
	put_known_number(out, "bedTempTarget", state->bed.target_celsius);
	put_known_number(out, "nozzleTemp", state->nozzle.actual_celsius);
	put_known_number(out, "nozzleTempTarget", state->nozzle.target_celsius);
	put_known_number(out, "chamberTemp", view->chamber.actual_celsius);
	put_known_number(out, "chamberTempTarget", view->chamber.target_celsius);
	jsonout_close(out, '}');
}

static void
put_light(struct jsonout *out, const struct printer_state *state, const char *name, const char *node)
{
	for (uint32_t i = 0; i < state->light_count; i++)
		if (strcmp(state->lights[i].node, node) == 0) {
			put_known_text(out, name, state->lights[i].mode, sizeof state->lights[i].mode);
			return;
		}
}

static void
write_lights_and_fans(struct jsonout *out, const struct printer_state *state)
{
	jsonout_key(out, "lights");
	jsonout_open(out, '{');
	put_light(out, state, "work", "work_light");
	put_light(out, state, "chamber", "chamber_light");
	jsonout_close(out, '}');
	jsonout_key(out, "fans");
	jsonout_open(out, '{');
	put_known_int(out, "part", state->fan_percent[FAN_PART]);
	put_known_int(out, "aux", state->fan_percent[FAN_AUX]);
	put_known_int(out, "chamber", state->fan_percent[FAN_CHAMBER]);
	jsonout_close(out, '}');
}

static void
write_printer(struct jsonout *out, const struct printer_state *state)
{
	if (state->nozzle_diameter[0] == '\0')
		return; /* required where "printer" is */
	jsonout_key(out, "printer");
	jsonout_open(out, '{');
	put_known_text(out, "nozzleDiameter", state->nozzle_diameter, sizeof state->nozzle_diameter);
	jsonout_key(out, "homeAxes");
	jsonout_open(out, '{');
	put_known_tri(out, "x", state->homed_x);
	put_known_tri(out, "y", state->homed_y);
	put_known_tri(out, "z", state->homed_z);
	jsonout_close(out, '}');
	jsonout_close(out, '}');
}

/* -- the print --------------------------------------------------------------------------------------- */

static void
write_print(struct jsonout *out, const struct state_view *view)
{
	const struct printer_state *state = view->state;
	char words[24];

	jsonout_key(out, "print");
	jsonout_open(out, '{');
	put_known_int(out, "downloadPercent", state->download_percent);
	put_known_int(out, "percent", progress_percent(state));
	put_known_int(out, "timeRemaining", remaining_minutes(state));
	put_number_as_text(out, "stage", state->stage);
	const char *activity = stage_in_words(state, state->stage, words);
	if (activity[0] != '\0') {
		jsonout_key(out, "activity");
		jsonout_word(out, activity);
	}
	if (view->has_error)
		put_known_text(out, "errorCode", view->error.code, sizeof view->error.code);
	if (view->has_reports) {
		jsonout_key(out, "printError");
		jsonout_int(out, view->has_error ? state->print_error : 0);
	}
	put_known_int(out, "currentLayer", state->layer);
	put_known_int(out, "totalLayers", state->layers);
	put_known_text(out, "taskId", state->task_id, sizeof state->task_id);
	put_known_text(out, "taskName", state->subtask_name, sizeof state->subtask_name);
	jsonout_close(out, '}');
}

/* -- filament ------------------------------------------------------------------------------------------ */

bool
tray_is_bare(const struct tray *tray)
{
	return tray->fill == TRAY_EMPTY || tray->fill == TRAY_REMEMBERED ||
	       (tray->fill == TRAY_UNKNOWN && tray->material[0] == '\0');
}

/* Six or eight digits of upper-case hex, as the schema wants them. */
static bool
is_color(const char *color)
{
	size_t len = strlen(color);

	for (size_t i = 0; i < len; i++)
		if (!isxdigit((unsigned char)color[i]) || islower((unsigned char)color[i]))
			return false;
	return len == 6 || len == 8;
}

/* The members of FilamentInfo. */
static void
put_filament(struct jsonout *out, const struct tray *tray)
{
	put_number_as_text(out, "id", tray->id);
	jsonout_key(out, "color");
	jsonout_word(out, is_color(tray->color) ? tray->color : UNSET_COLOR);
	jsonout_key(out, "info");
	jsonout_text(out, tray->profile, 2 * sizeof tray->profile);
	put_known_text(out, "tagId", tray->tag, sizeof tray->tag);
	jsonout_key(out, "type");
	jsonout_text(out, filament_type_of(tray->material), sizeof tray->material);
	jsonout_key(out, "remaining");
	jsonout_int(out, tray->remain_percent == STATE_UNKNOWN ? REMAINING_UNKNOWN : tray->remain_percent);
}

/*
 * A slot is, in the schema, oneOf an object with an `id` and one with an `id` and what is in it. Read to the letter,
 * what fits the second fits the first too and is therefore refused: no slot with a spool could ever be valid. A `v`
 * that is null keeps ours out of the second and nothing else: valid to the letter, and for a reader who takes oneOf
 * for anyOf, with every member in its place.
 */
static void
write_slot(struct jsonout *out, const struct tray *tray)
{
	jsonout_open(out, '{');
	if (tray_is_bare(tray)) {
		put_number_as_text(out, "id", tray->id);
	} else {
		put_filament(out, tray);
		jsonout_key(out, "v");
		jsonout_null(out);
	}
	jsonout_close(out, '}');
}

static void
put_bits(struct jsonout *out, const char *name, uint64_t bits)
{
	char text[20];

	str_format(text, sizeof text, "%" PRIx64, bits);
	jsonout_key(out, name);
	jsonout_word(out, text);
}

static void
write_ams(struct jsonout *out, const struct printer_state *state)
{
	jsonout_key(out, "ams");
	jsonout_open(out, '{');
	jsonout_key(out, "status");
	jsonout_open(out, '{');
	put_bits(out, "slotsLoaded", state->tray_exist_bits);
	put_bits(out, "slotsReading", state->tray_reading_bits);
	jsonout_close(out, '}');
	jsonout_key(out, "ams");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < state->ams_count; i++) {
		jsonout_open(out, '{');
		put_number_as_text(out, "id", state->ams[i].id);
		jsonout_key(out, "slots");
		jsonout_open(out, '[');
		for (uint32_t j = 0; j < state->ams[i].tray_count; j++)
			write_slot(out, &state->ams[i].trays[j]);
		jsonout_close(out, ']');
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
	jsonout_close(out, '}');
}

/* The external spool that feeds, else the first with something on it; NULL for none. */
static const struct tray *
spool_of(const struct printer_state *state)
{
	const struct tray *first = NULL;

	for (uint32_t i = 0; i < state->external_count; i++) {
		if (tray_is_bare(&state->external[i]))
			continue;
		if (state->external[i].id == state->active_ams)
			return &state->external[i];
		if (first == NULL)
			first = &state->external[i];
	}
	return first;
}

static void
write_filament(struct jsonout *out, const struct printer_state *state)
{
	const struct tray *spool = spool_of(state);

	jsonout_key(out, "filament");
	jsonout_open(out, '{');
	if (state->ams_count > 0 || state->ams_bits_told)
		write_ams(out, state);
	if (spool != NULL) {
		jsonout_key(out, "spool");
		jsonout_open(out, '{');
		put_filament(out, spool);
		jsonout_close(out, '}');
	}
	jsonout_close(out, '}');
}

/* -- health ----------------------------------------------------------------------------------------------- */

static void
write_message(struct jsonout *out, const struct hms_text *text)
{
	jsonout_open(out, '{');
	jsonout_key(out, "message");
	jsonout_text(out, text->message, sizeof text->message);
	jsonout_key(out, "code");
	jsonout_text(out, text->code, sizeof text->code);
	jsonout_close(out, '}');
}

enum { ERRORS, WARNINGS, INFOS };

static unsigned
list_of(enum hms_severity severity)
{
	if (severity == HMS_FATAL || severity == HMS_SERIOUS)
		return ERRORS;
	return severity == HMS_INFO ? INFOS : WARNINGS;
}

static void
write_health(struct jsonout *out, const struct state_view *view)
{
	static const char *const lists[] = { [ERRORS] = "errors", [WARNINGS] = "warnings", [INFOS] = "infos" };

	jsonout_key(out, "health");
	jsonout_open(out, '{');
	for (unsigned list = ERRORS; list <= INFOS; list++) {
		jsonout_key(out, lists[list]);
		jsonout_open(out, '[');
		if (list == ERRORS && view->has_error)
			write_message(out, &view->error);
		for (uint32_t i = 0; i < view->state->hms_count; i++)
			if (list_of(view->hms[i].severity) == list)
				write_message(out, &view->hms[i]);
		jsonout_close(out, ']');
	}
	jsonout_close(out, '}');
}

void
state_json_data(struct jsonout *out, const struct state_view *view)
{
	jsonout_open(out, '{');
	write_temps(out, view);
	write_lights_and_fans(out, view->state);
	write_printer(out, view->state);
	write_print(out, view);
	write_filament(out, view->state);
	if (view->has_reports)
		write_health(out, view);
	jsonout_close(out, '}');
}
