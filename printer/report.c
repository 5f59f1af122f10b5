/*
 * report: the walk through one message, and the judgement what it is.
 *
 * yajl calls back for every key and value. The walk knows in which place it stands (report_inner.h); what no
 * place wants is counted and skipped. Nothing is allocated per value. yajl's own check of UTF-8 is off: a report
 * with one bad byte in a name is still a report (docs/protocol.md, "Reports").
 */
#include "printer/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "common/str.h"
#include "printer/report_inner.h"

#define FIRST_UNSIGNED 84033543 /* 0x05024007 … 0x0502400C: docs/protocol.md, "Reports" */
#define LAST_UNSIGNED 84033548

const struct field_row report_fields[FIELDS] = {
#define FIELD(place_, key_, kind_, destination, low_, high_)                                                   \
	{ .key = #key_, .key_bytes = sizeof #key_ - 1, .place = PLACE_##place_, .kind = KIND_##kind_,          \
	  .offset = offsetof(struct report, destination), .size = sizeof(((struct report *)NULL)->destination), \
	  .low = low_, .high = high_ },
#include "printer/report_fields.def"
#undef FIELD
};
_Static_assert(FIELDS < 255 && FIELDS < FIELD_SLOTS / 2, "the table of fields needs a wider index");

static const uint8_t element_places[PLACES] = {
#define X(LIST, ELEMENT) [PLACE_##LIST] = PLACE_##ELEMENT,
	REPORT_LISTS(X)
#undef X
};
#define FIRST_LIST PLACE_STAGES

/* -- the field table -------------------------------------------------------------------------- */

static uint32_t
hash_of(enum place place, const char *key, size_t len)
{
	uint32_t hash = (uint32_t)place * 0x9e3779b1u ^ (uint32_t)len * 0x85ebca6bu;

	hash ^= ((uint32_t)(unsigned char)key[0] | (uint32_t)(unsigned char)key[len / 2] << 8 |
		 (uint32_t)(unsigned char)key[len - 1] << 16) * 0xc2b2ae35u;
	return hash ^ hash >> 15;
}

static void
build_slots(uint16_t slots[FIELD_SLOTS])
{
	for (unsigned i = 0; i < FIELDS; i++) {
		uint32_t hash = hash_of(report_fields[i].place, report_fields[i].key, report_fields[i].key_bytes);
		unsigned slot = hash % FIELD_SLOTS;
		while (slots[slot] != 0)
			slot = (slot + 1) % FIELD_SLOTS;
		slots[slot] = (uint16_t)((i + 1) | (hash >> 24 << 8));
	}
}

static enum field
find_field(const struct report *report, enum place place, const char *key, size_t len)
{
	if (len == 0)
		return FIELD_NONE;
	uint32_t hash = hash_of(place, key, len);
	for (unsigned at = hash % FIELD_SLOTS; report->slots[at] != 0; at = (at + 1) % FIELD_SLOTS) {
		uint16_t slot = report->slots[at];
		if (slot >> 8 != hash >> 24)
			continue; /* without a look at the row: most keys are no field, and rows are far apart */
		const struct field_row *row = &report_fields[(slot & 0xff) - 1];
		if (row->place == place && row->key_bytes == len && memcmp(row->key, key, len) == 0)
			return (enum field)((slot & 0xff) - 1);
	}
	return FIELD_NONE;
}

/* -- the walk --------------------------------------------------------------------------------- */

static int
refuse(struct report *report, const char *fault)
{
	report->fault = fault;
	return 0;
}

#define TEXT_OF(number) TEXT_OF_(number)
#define TEXT_OF_(number) #number

static bool
count_value(struct report *report)
{
	if (++report->values <= REPORT_MAX_VALUES)
		return true;
	refuse(report, "has more than " TEXT_OF(REPORT_MAX_VALUES) " keys and values");
	return false;
}

static enum place
place_of(const struct report *report)
{
	return report->depth == 0 ? PLACE_NOWHERE : (enum place)report->stack[report->depth - 1];
}

static int
push(struct report *report, enum place place)
{
	if (report->depth >= REPORT_MAX_DEPTH)
		return refuse(report, "is nested deeper than " TEXT_OF(REPORT_MAX_DEPTH));
	report->stack[report->depth++] = (uint8_t)place;
	report->field = FIELD_NONE;
	return 1;
}

static bool
is_section(enum place place)
{
	return place == PLACE_PRINT || place == PLACE_INFO || place == PLACE_SECTION;
}

/* Take the value that follows a key, and forget the key. */
static enum field
field_take(struct report *report)
{
	enum field field = report->field;

	report->field = FIELD_NONE;
	return field;
}

static int
on_value(struct report *report, const struct value *value)
{
	enum place place = place_of(report);

	if (!count_value(report))
		return 0;
	if (report->depth == 0)
		return refuse(report, "is not a JSON object");
	if (place >= FIRST_LIST) {
		report_list_value(report, place, value);
		return 1;
	}
	enum field field = field_take(report);
	if (field != FIELD_NONE && report_value_take(report, &report_fields[field], value))
		report->told[field] = true;
	return 1;
}

static int
on_null(void *context)
{
	return on_value(context, &(struct value){ .kind = VALUE_NULL });
}

static int
on_boolean(void *context, int truth)
{
	return on_value(context, &(struct value){ .kind = VALUE_TRUTH, .truth = truth != 0 });
}

static int
on_number(void *context, const char *literal, size_t len)
{
	return on_value(context, &(struct value){ .kind = VALUE_NUMBER, .bytes = literal, .len = len });
}

static int
on_string(void *context, const unsigned char *text, size_t len)
{
	return on_value(context, &(struct value){ .kind = VALUE_TEXT, .bytes = (const char *)text, .len = len });
}

/* A key of the message itself names a section. */
static void
on_section_key(struct report *report, const char *key, size_t len)
{
	report->section = len == 5 && memcmp(key, "print", 5) == 0  ? PLACE_PRINT
			  : len == 4 && memcmp(key, "info", 4) == 0 ? PLACE_INFO
								    : PLACE_SECTION;
	if (report->sections == 0)
		report_text_copy(report->summary.section, sizeof report->summary.section, key, len);
}

static int
on_map_key(void *context, const unsigned char *bytes, size_t len)
{
	struct report *report = context;
	enum place place = place_of(report);
	const char *key = (const char *)bytes;

	if (!count_value(report))
		return 0;
	if (place == PLACE_NOWHERE)
		return 1;
	if (place == PLACE_ROOT) {
		on_section_key(report, key, len);
		return 1;
	}
	report->field = find_field(report, place, key, len);
	if (report->field == FIELD_NONE && is_section(place)) {
		report->field = find_field(report, PLACE_ENVELOPE, key, len);
		/* What makes a message a reply counts by its name alone, whatever stands there. */
		if (report->field != FIELD_NONE)
			report->told[report->field] = true;
	}
	return 1;
}

/* The place of an object or list that begins: where the key or the list says, else nowhere. */
static enum place
place_inside(struct report *report, enum field_kind kind)
{
	enum place outer = place_of(report);
	enum field field = field_take(report);

	if (outer >= FIRST_LIST)
		return kind == KIND_MAP ? (enum place)element_places[outer] : PLACE_NOWHERE;
	if (outer == PLACE_ROOT && kind == KIND_MAP) {
		report->sections |= 1u << report->section;
		return report->section;
	}
	if (field == FIELD_NONE || report_fields[field].kind != kind)
		return PLACE_NOWHERE;
	report->told[field] = true;
	return (enum place)report_fields[field].low;
}

static int
on_start_map(void *context)
{
	struct report *report = context;

	if (!count_value(report))
		return 0;
	enum place place = report->depth == 0 ? PLACE_ROOT : place_inside(report, KIND_MAP);
	report_element_begin(report, place);
	return push(report, place);
}

static int
on_end_map(void *context)
{
	struct report *report = context;
	enum place place = place_of(report);

	report->depth--;
	report_element_end(report, place, place_of(report));
	return 1;
}

static int
on_start_array(void *context)
{
	struct report *report = context;

	if (!count_value(report))
		return 0;
	if (report->depth == 0)
		return refuse(report, "is not a JSON object");
	enum place place = place_inside(report, KIND_LIST);
	report_list_begin(report, place);
	return push(report, place);
}

static int
on_end_array(void *context)
{
	struct report *report = context;

	report->depth--;
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_map_key,
	.yajl_end_map = on_end_map,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end_array,
};

/* -- the judgement ---------------------------------------------------------------------------- */

static bool
told(const struct report *report, enum field field)
{
	return report->told[field];
}

/* Without `msg`: most of what only a full report has together. */
static bool
looks_full(const struct report *report)
{
	return told(report, FIELD_PRINT_gcode_state) && told(report, FIELD_PRINT_nozzle_temper) &&
	       (told(report, FIELD_PRINT_ams) || told(report, FIELD_PRINT_vt_tray) ||
		told(report, FIELD_PRINT_vir_slot)) &&
	       told(report, FIELD_PRINT_home_flag);
}

static bool
tells_a_field(const struct report *report)
{
	for (unsigned i = FIELD_PRINT_gcode_state; i <= FIELD_PRINT_upgrade_state; i++) {
		if (report->told[i])
			return true;
	}
	return false;
}

/* A reply may lack its command or echo a whole request, so what is no push_status and what has anything of a
 * reply is not telemetry. get_version's answer has a result on some firmware and none on others. */
static enum report_kind
judge(const struct report *report)
{
	const char *command = report->summary.command;
	bool has_command = told(report, FIELD_ENVELOPE_command);
	bool has_result = told(report, FIELD_ENVELOPE_result);

	if (report->sections == 1u << PLACE_INFO && report->module_count > 0 &&
	    report->summary.result != REPORT_RESULT_FAIL && (!has_command || strcmp(command, "get_version") == 0))
		return REPORT_VERSION;
	if (has_result)
		return REPORT_REPLY;
	bool is_print = (report->sections & 1u << PLACE_PRINT) != 0;
	bool is_status = is_print && strcmp(command, "push_status") == 0;
	if (!is_status && (told(report, FIELD_ENVELOPE_reason) || told(report, FIELD_ENVELOPE_err_code) ||
			   told(report, FIELD_ENVELOPE_errno)))
		return REPORT_REPLY;
	if (!is_status && (!is_print || has_command || !tells_a_field(report)))
		return REPORT_OTHER;
	if (told(report, FIELD_ENVELOPE_msg) && report->now.msg >= 0)
		return report->now.msg == 0 ? REPORT_FULL : REPORT_DELTA;
	return looks_full(report) ? REPORT_FULL : REPORT_DELTA;
}

static bool
says_unsigned(const struct report_summary *summary)
{
	return (summary->err_code >= FIRST_UNSIGNED && summary->err_code <= LAST_UNSIGNED) ||
	       strcasestr(summary->reason, "verify failed") != NULL;
}

static void
merge_telemetry(struct report *report, bool is_full)
{
	struct printer_state *state = &report->state;
	int64_t now_ms = report->now.now_ms;

	report_derive(report, is_full);
	report_ams_settle(report, is_full); /* needs to know the active extruder */
	if (state->reports++ == 0)
		state->first_ms = now_ms;
	state->last_ms = now_ms;
	if (is_full)
		state->full_ms = now_ms;
}

/* -- the door --------------------------------------------------------------------------------- */

struct report *
report_new(void)
{
	struct report *report = calloc(1, sizeof *report);

	if (report != NULL)
		build_slots(report->slots);
	return report;
}

void
report_free(struct report *report)
{
	free(report);
}

static void
begin(struct report *report, const struct printer_state *state, int64_t now_ms)
{
	report->depth = 0;
	report->field = FIELD_NONE;
	report->section = PLACE_NOWHERE;
	report->values = report->sections = 0;
	report->fault = NULL;
	memset(report->told, 0, sizeof report->told);
	memset(&report->summary, 0, sizeof report->summary);
	report->now.now_ms = now_ms;
	report->now.sequence_id = report->now.msg = -1;
	report->now.fans_told = report->now.extruders_heat_told = 0;
	report->unit_count = report->external_count = report->module_count = 0;
	report->vt_tray.told = 0;
	memcpy(&report->state, state, sizeof report->state);
}

/* yajl's own words, one line of them. */
static void
tell_yajl_fault(yajl_handle parser, const void *bytes, size_t len, char ret[80])
{
	unsigned char *words = yajl_get_error(parser, 0, bytes, len);

	str_format(ret, 80, "is not JSON: %.*s", (int)strcspn((const char *)words, "\n"), (const char *)words);
	yajl_free_error(parser, words);
}

static bool
parse(struct report *report, const void *bytes, size_t len)
{
	char *fault = report->summary.fault;

	if (len > REPORT_MAX_BYTES) {
		str_format(fault, sizeof report->summary.fault, "is longer than %d bytes", REPORT_MAX_BYTES);
		return false;
	}
	yajl_handle parser = yajl_alloc(&callbacks, NULL, report);
	if (parser == NULL) {
		str_copy(fault, sizeof report->summary.fault, "could not be read: no memory");
		return false;
	}
	yajl_config(parser, yajl_dont_validate_strings, 1);
	yajl_status status = yajl_parse(parser, bytes, len);
	if (status == yajl_status_ok)
		status = yajl_complete_parse(parser);
	if (status == yajl_status_client_canceled)
		str_copy(fault, sizeof report->summary.fault, report->fault);
	else if (status != yajl_status_ok)
		tell_yajl_fault(parser, bytes, len, fault);
	yajl_free(parser);
	return status == yajl_status_ok;
}

void
report_read(struct report *report, const void *bytes, size_t len, int64_t now_ms, struct printer_state *state,
	    struct report_summary *ret_summary)
{
	struct report_summary *summary = &report->summary;

	begin(report, state, now_ms);
	if (!parse(report, bytes, len)) {
		summary->kind = REPORT_BAD;
	} else {
		summary->kind = judge(report);
		summary->refused_unsigned = summary->kind == REPORT_REPLY && says_unsigned(summary);
	}
	summary->sequence_id = report->now.sequence_id;
	if (summary->kind == REPORT_FULL || summary->kind == REPORT_DELTA) {
		merge_telemetry(report, summary->kind == REPORT_FULL);
		memcpy(state, &report->state, sizeof *state);
	} else if (summary->kind == REPORT_VERSION) {
		report_modules_settle(report);
		memcpy(state, &report->state, sizeof *state);
	}
	*ret_summary = *summary;
}

const char *
report_kind_name(enum report_kind kind)
{
	static const char *const names[] = { "full", "delta", "reply", "version", "other", "bad" };

	return (unsigned)kind < STR_ARRAY_LEN(names) ? names[kind] : "?";
}
