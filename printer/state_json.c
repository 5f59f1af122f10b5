/*
 * state_json: the envelope, the link, the print and its health. What each member means to a reader: docs/state.md.
 */
#include "printer/state_json.h"

#include <math.h>
#include <string.h>

#include "common/str.h"
#include "printer/state_json_parts.h"

#define LINK_SENTENCE_BYTES 480 /* of our own sentences, which hardly need an escape */

/* An unknown model may be one without a chamber sensor: those report this and never a target. */
#define CHAMBER_WITHOUT_SENSOR 5.0

static const struct temperature untold = { NAN, NAN };

/* -- what is plain to see from a state --------------------------------------------------------------- */

const char *
stage_in_words(const struct printer_state *state, int32_t stage, char ret[24])
{
	if (stage == STATE_UNKNOWN || (stage == 0 && state->gcode_state != GCODE_STATE_RUNNING))
		return ""; /* A1 and P1P are idle with 0 */
	return stage_words(stage, ret);
}

int32_t
remaining_minutes(const struct printer_state *state)
{
	if (printer_state_is_busy(state) || state->remaining_minutes == 0)
		return state->remaining_minutes;
	return STATE_UNKNOWN;
}

int32_t
progress_percent(const struct printer_state *state)
{
	return printer_state_is_preparing(state) ? STATE_UNKNOWN : state->progress_percent;
}

static struct temperature
chamber_of(const struct model *model, const struct printer_state *state)
{
	if (!model->has_chamber_sensor)
		return untold;
	if (model == model_other() && state->chamber.actual_celsius == CHAMBER_WITHOUT_SENSOR &&
	    !(state->chamber.target_celsius > 0))
		return untold;
	return state->chamber;
}

static bool
is_upgrading(const struct printer_state *state)
{
	return strcmp(state->upgrade_status, "DOWNLOADING") == 0 || strcmp(state->upgrade_status, "FLASHING") == 0;
}

/* A print could start now. */
static bool
is_available(const struct state_view *view)
{
	const struct printer_state *state = view->state;

	if (!view->link->is_online || view->has_error || is_upgrading(state))
		return false;
	for (unsigned i = 0; i < view->link->problem_count; i++)
		if (view->link->problems[i].bars_prints)
			return false;
	for (uint32_t i = 0; i < state->hms_count; i++)
		if (view->hms[i].severity == HMS_FATAL || view->hms[i].severity == HMS_SERIOUS)
			return false;
	return state->gcode_state == GCODE_STATE_IDLE || state->gcode_state == GCODE_STATE_FINISH ||
	       state->gcode_state == GCODE_STATE_FAILED;
}

static void
view_init(struct state_view *view, const struct model *model, const struct printer_state *state,
	  const struct link_view *link)
{
	view->model = model;
	view->state = state;
	view->link = link;
	view->has_reports = state->reports > 0;
	view->chamber = chamber_of(model, state);
	view->door_open = model_door_open(model, state);
	view->lid_open = model_lid_open(model, state);
	for (uint32_t i = 0; i < state->hms_count; i++)
		hms_describe(model, state->hms[i].attr, state->hms[i].code, &view->hms[i]);
	view->has_error = print_error_describe(model, state->print_error, &view->error);
}

/* -- the envelope and the link -------------------------------------------------------------------------- */

static void
write_envelope(struct jsonout *out, const struct state_view *view)
{
	const struct printer_state *state = view->state;
	const struct link_view *link = view->link;

	jsonout_key(out, "serial");
	jsonout_text(out, link->serial, LINK_WORD_BYTES);
	jsonout_key(out, "printerId");
	jsonout_null(out);
	jsonout_key(out, "storeId");
	jsonout_null(out);
	jsonout_key(out, "state");
	if (state->gcode_state == GCODE_STATE_UNKNOWN)
		jsonout_null(out);
	else
		jsonout_known_text(out, gcode_state_name(state), 2 * sizeof state->gcode_state_text);
	jsonout_key(out, "isOnline");
	jsonout_bool(out, link->is_online);
	jsonout_key(out, "receivedAt");
	jsonout_time(out, state->last_ms);
	jsonout_key(out, "expiresAt");
	jsonout_time(out, state->last_ms > 0 ? state->last_ms + link->silence_ms : 0);
	jsonout_key(out, "isAvailable");
	jsonout_bool(out, is_available(view));
}

static void
write_problems(struct jsonout *out, const struct link_view *link)
{
	jsonout_key(out, "problems");
	jsonout_open(out, '[');
	for (unsigned i = 0; i < link->problem_count; i++) {
		jsonout_open(out, '{');
		jsonout_key(out, "id");
		jsonout_word(out, link->problems[i].id);
		jsonout_key(out, "sentence");
		jsonout_known_text(out, link->problems[i].sentence, LINK_SENTENCE_BYTES);
		jsonout_key(out, "remedy");
		jsonout_known_text(out, link->problems[i].remedy, LINK_SENTENCE_BYTES);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
}

static void
write_link(struct jsonout *out, const struct link_view *link)
{
	jsonout_key(out, "link");
	jsonout_open(out, '{');
	jsonout_key(out, "phase");
	jsonout_word(out, link->phase);
	write_problems(out, link);
	jsonout_key(out, "connectedAt");
	jsonout_time(out, link->connected_ms);
	jsonout_key(out, "nextTryAt");
	jsonout_time(out, link->next_try_ms);
	jsonout_key(out, "attempts");
	jsonout_int(out, link->attempts);
	jsonout_key(out, "reconnects");
	jsonout_int(out, link->reconnects);
	jsonout_key(out, "takeovers");
	jsonout_int(out, link->takeovers);
	jsonout_key(out, "silenceLimitMs");
	jsonout_known_int(out, link->silence_ms);
	jsonout_key(out, "reportGapMs");
	jsonout_known_int(out, link->report_gap_ms);
	jsonout_key(out, "stale");
	jsonout_bool(out, link->is_stale);
	jsonout_close(out, '}');
}

static void
write_identity(struct jsonout *out, const struct state_view *view)
{
	jsonout_key(out, "name");
	jsonout_known_text(out, view->link->name, LINK_WORD_BYTES);
	jsonout_key(out, "address");
	jsonout_known_text(out, view->link->address, LINK_WORD_BYTES);
	jsonout_key(out, "model");
	jsonout_open(out, '{');
	jsonout_key(out, "key");
	jsonout_word(out, view->model->key);
	jsonout_key(out, "name");
	jsonout_word(out, view->model->name);
	jsonout_close(out, '}');
}

/* -- the job ----------------------------------------------------------------------------------------------- */

static void
write_stage_number(struct jsonout *out, const struct printer_state *state, int32_t stage)
{
	char words[24];

	jsonout_key(out, "number");
	jsonout_known_int(out, stage);
	jsonout_key(out, "words");
	jsonout_word(out, stage_in_words(state, stage, words));
}

static void
write_stage(struct jsonout *out, const struct printer_state *state)
{
	jsonout_key(out, "stage");
	jsonout_open(out, '{');
	write_stage_number(out, state, state->stage);
	jsonout_key(out, "queued");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < state->queued_stage_count; i++) {
		jsonout_open(out, '{');
		write_stage_number(out, state, state->queued_stages[i]);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
	jsonout_close(out, '}');
	jsonout_key(out, "preparing");
	if (state->gcode_state == GCODE_STATE_UNKNOWN ||
	    (state->gcode_state == GCODE_STATE_RUNNING && state->layer == STATE_UNKNOWN))
		jsonout_null(out);
	else
		jsonout_bool(out, printer_state_is_preparing(state));
}

static void
write_job(struct jsonout *out, const struct printer_state *state)
{
	jsonout_key(out, "file");
	FIELD_TEXT(out, state->file);
	jsonout_key(out, "job");
	jsonout_open(out, '{');
	jsonout_key(out, "id");
	FIELD_TEXT(out, state->job_id);
	jsonout_key(out, "taskId");
	FIELD_TEXT(out, state->task_id);
	jsonout_key(out, "subtaskId");
	FIELD_TEXT(out, state->subtask_id);
	jsonout_key(out, "projectId");
	FIELD_TEXT(out, state->project_id);
	jsonout_key(out, "name");
	FIELD_TEXT(out, state->subtask_name);
	jsonout_key(out, "type");
	FIELD_TEXT(out, state->print_type);
	jsonout_key(out, "plate");
	jsonout_known_int(out, state->plate);
	jsonout_key(out, "skippedObjects");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < state->skipped_count; i++)
		jsonout_int(out, state->skipped[i]);
	jsonout_close(out, ']');
	jsonout_close(out, '}');
}

static void
write_progress(struct jsonout *out, const struct printer_state *state)
{
	static const char *const speeds[] = { "silent", "standard", "sport", "ludicrous" };
	int32_t level = state->speed_level;

	jsonout_key(out, "progressPercent");
	jsonout_known_int(out, progress_percent(state));
	jsonout_key(out, "downloadPercent");
	jsonout_known_int(out, state->download_percent);
	jsonout_key(out, "layers");
	jsonout_open(out, '{');
	jsonout_key(out, "current");
	jsonout_known_int(out, state->layer);
	jsonout_key(out, "total");
	jsonout_known_int(out, state->layers);
	jsonout_close(out, '}');
	jsonout_key(out, "times");
	jsonout_open(out, '{');
	jsonout_key(out, "remainingMinutes");
	jsonout_known_int(out, remaining_minutes(state));
	jsonout_close(out, '}');
	jsonout_key(out, "speed");
	jsonout_open(out, '{');
	jsonout_key(out, "level");
	jsonout_known_int(out, level);
	jsonout_key(out, "percent");
	jsonout_known_int(out, state->speed_percent);
	jsonout_key(out, "words");
	jsonout_word(out, level >= 1 && level <= (int32_t)STR_ARRAY_LEN(speeds) ? speeds[level - 1] : NULL);
	jsonout_close(out, '}');
}

/* -- health ------------------------------------------------------------------------------------------------- */

static void
write_health_text(struct jsonout *out, const struct hms_text *text)
{
	jsonout_key(out, "code");
	jsonout_known_text(out, text->code, sizeof text->code);
	jsonout_key(out, "severity");
	jsonout_word(out, hms_severity_name(text->severity));
	jsonout_key(out, "module");
	jsonout_known_text(out, text->module, sizeof text->module);
	jsonout_key(out, "message");
	jsonout_known_text(out, text->message, sizeof text->message);
	jsonout_key(out, "remedy");
	jsonout_known_text(out, text->remedy, sizeof text->remedy);
	jsonout_key(out, "link");
	jsonout_known_text(out, text->link, sizeof text->link);
}

static void
write_health(struct jsonout *out, const struct state_view *view)
{
	jsonout_key(out, "hms");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < view->state->hms_count; i++) {
		jsonout_open(out, '{');
		write_health_text(out, &view->hms[i]);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
	jsonout_key(out, "hmsTotal");
	jsonout_int(out, view->state->hms_total);
	jsonout_key(out, "printError");
	if (view->has_error) {
		jsonout_open(out, '{');
		jsonout_key(out, "number");
		jsonout_int(out, view->state->print_error);
		write_health_text(out, &view->error);
		jsonout_close(out, '}');
	} else {
		jsonout_null(out);
	}
}

static void
write_reports(struct jsonout *out, const struct printer_state *state)
{
	jsonout_key(out, "reports");
	jsonout_open(out, '{');
	jsonout_key(out, "count");
	jsonout_int(out, (int64_t)state->reports);
	jsonout_key(out, "firstAt");
	jsonout_time(out, state->first_ms);
	jsonout_key(out, "fullAt");
	jsonout_time(out, state->full_ms);
	jsonout_close(out, '}');
}

size_t
state_json_write(const struct model *model, const struct printer_state *state, const struct link_view *link, char *to,
		 size_t cap)
{
	static struct state_view view; /* 22 KB, which would be zeroed on the stack each time */
	struct jsonout out;

	view_init(&view, model, state, link);
	jsonout_init(&out, to, cap);
	jsonout_open(&out, '{');
	write_envelope(&out, &view);
	jsonout_key(&out, "data");
	state_json_data(&out, &view);
	write_identity(&out, &view);
	write_link(&out, link);
	write_stage(&out, state);
	write_job(&out, state);
	write_progress(&out, state);
	write_health(&out, &view);
	state_json_filament(&out, state);
	state_json_machine(&out, &view);
	write_reports(&out, state);
	jsonout_close(&out, '}');
	return jsonout_finish(&out);
}
