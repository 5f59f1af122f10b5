/*
 * What a printer says, read and written as JSON: whatever it is, the JSON is well-formed, UTF-8, fits, and its `data`
 * has no null and no empty colour where the public schema has none.
 * Covers: report_read, state_json_write
 *
 * Input: a model's number, then payloads, one a line, as they come in one sitting.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <jansson.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "printer/models.h"
#include "printer/report.h"
#include "printer/state_json.h"

#define NOW_MS INT64_C(1785542400000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct printer_state state;
static char json[STATE_JSON_MAX_BYTES], again[STATE_JSON_MAX_BYTES];

static void
read_lines(struct report *report, const char *bytes, size_t size)
{
	struct report_summary summary;

	for (size_t from = 0; from < size;) {
		const char *end = memchr(bytes + from, '\n', size - from);
		size_t len = end != NULL ? (size_t)(end - bytes) - from : size - from;
		report_read(report, bytes + from, len, NOW_MS, &state, &summary);
		from += len + 1;
	}
}

/* Nothing under `data` is null but the `v` of slots. */
static void
check_no_null(json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	ENSURE(!json_is_null(value));
	json_object_foreach(value, key, member)
		if (strcmp(key, "v") != 0)
			check_no_null(member);
	json_array_foreach(value, i, member)
		check_no_null(member);
}

static void
check_filament(json_t *filament)
{
	const char *color = json_string_value(json_object_get(filament, "color"));

	ENSURE(json_is_string(json_object_get(filament, "id")));
	if (json_object_size(filament) == 1)
		return;
	ENSURE(color != NULL && strspn(color, "0123456789ABCDEF") == strlen(color) && strlen(color) >= 6);
	ENSURE(json_is_string(json_object_get(filament, "info")) && json_is_string(json_object_get(filament, "type")));
	ENSURE(json_is_number(json_object_get(filament, "remaining")));
}

static void
check_data(json_t *data)
{
	json_t *filament = json_object_get(data, "filament"), *units, *unit, *slot;
	size_t i, j;

	check_no_null(data);
	units = json_object_get(json_object_get(filament, "ams"), "ams");
	json_array_foreach(units, i, unit)
		json_array_foreach(json_object_get(unit, "slots"), j, slot)
			check_filament(slot);
	if (json_object_get(filament, "spool") != NULL)
		check_filament(json_object_get(filament, "spool"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct link_view link = { .serial = "FUZZ", .name = "fuzz", .address = "192.0.2.1", .phase = "live",
					       .is_online = true, .silence_ms = 75000, .report_gap_ms = STATE_UNKNOWN,
					       .previous_firmware = "" };
	static struct report *report;
	size_t count;
	const struct model *models = models_all(&count);

	if (report == NULL && (report = report_new()) == NULL)
		return 0;
	if (size < 1)
		return 0;
	const struct model *model = &models[data[0] % count];
	printer_state_init(&state);
	read_lines(report, (const char *)data + 1, size - 1);
	size_t len = state_json_write(model, &state, &link, json, sizeof json);
	ENSURE(len > 0 && json[len] == '\0' && str_valid_utf8(json, len));
	ENSURE(state_json_write(model, &state, &link, again, len) == 0);
	ENSURE(state_json_write(model, &state, &link, again, len + 1) == len && strcmp(json, again) == 0);
	json_t *parsed = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
	ENSURE(parsed != NULL);
	check_data(json_object_get(parsed, "data"));
	json_decref(parsed);
	return 0;
}
