/*
 * metrics_state: a printer's state as samples. Its JSON (printer/state_json.h) comes from another process: what is
 * not as it should be is left out, and nothing is told twice.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "httpd/jsonpart.h"
#include "httpd/metrics.h"
#include "printer/hms.h"
#include "printer/state.h"

#define UNITS_MAX 256 /* ids of AMS units */

struct reading {
	struct exposition *exposition;
	const char *serial;
	char *nozzle;
	bool told_state, old_names;
};

/* A sample under its older name. */
static void
add_old(const struct reading *reading, enum metric metric, double value, const char *label, const char *text)
{
	static const struct { enum metric of; const char *only; enum metric old; double factor; const char *text; } old[] = {
		{ METRIC_TEMPERATURE, "nozzle", METRIC_OLD_NOZZLE, 1, "" },
		{ METRIC_TEMPERATURE_TARGET, "nozzle", METRIC_OLD_NOZZLE_TARGET, 1, "" },
		{ METRIC_FAN, "part", METRIC_OLD_FAN, 100, "part" },
		{ METRIC_FAN, "aux", METRIC_OLD_FAN, 100, "auxiliary" },
		{ METRIC_FAN, "chamber", METRIC_OLD_FAN, 100, "chamber" },
		{ METRIC_FAN, "heatbreak", METRIC_OLD_FAN, 100, "hotend" },
		{ METRIC_WIFI, NULL, METRIC_OLD_WIFI, 1, NULL },
		{ METRIC_PROGRESS, NULL, METRIC_OLD_PROGRESS, 100, NULL },
		{ METRIC_REMAINING, NULL, METRIC_OLD_REMAINING, 1 / 60.0, NULL },
		{ METRIC_LAYER, NULL, METRIC_OLD_LAYER, 1, NULL },
		{ METRIC_LAYERS, NULL, METRIC_OLD_LAYERS, 1, NULL },
		{ METRIC_AMS_HUMIDITY_INDEX, NULL, METRIC_OLD_AMS_HUMIDITY, 1, NULL },
		{ METRIC_AMS_TEMPERATURE, NULL, METRIC_OLD_AMS_TEMPERATURE, 1, NULL },
	};

	for (size_t i = 0; reading->old_names && i < STR_ARRAY_LEN(old); i++)
		if (old[i].of == metric && (old[i].only == NULL || strcmp(old[i].only, text) == 0))
			exposition_add(reading->exposition, old[i].old, value * old[i].factor, "device", reading->serial, label,
				       old[i].text != NULL ? old[i].text : text, NULL);
}

static void
add_number(const struct reading *reading, enum metric metric, const json_t *value, double factor, const char *label,
	   const char *text)
{
	if (!json_is_number(value))
		return;
	double number = json_number_value(value) * factor;
	exposition_add(reading->exposition, metric, number, "serial", reading->serial, label, text, NULL);
	add_old(reading, metric, number, label, text);
}

static void
add_plain(const struct reading *reading, enum metric metric, const json_t *value, double factor)
{
	add_number(reading, metric, value, factor, "serial", "");
}

/* One-hot; a word that is not in the table counts as OTHER. */
static void
add_state(const struct reading *reading, const char *word)
{
	static const char *const names[] = {
#define X(NAME, text) text,
		GCODE_STATES(X)
#undef X
	};
	size_t state = word == NULL ? GCODE_STATE_UNKNOWN : GCODE_STATE_OTHER;

	for (size_t i = 0; word != NULL && i < STR_ARRAY_LEN(names); i++)
		if (strcmp(names[i], word) == 0)
			state = i;
	for (size_t i = 0; i < STR_ARRAY_LEN(names); i++)
		exposition_add(reading->exposition, METRIC_PRINTER_STATE, i == state, "serial", reading->serial, "state",
			       names[i], NULL);
	if (reading->old_names && word != NULL)
		exposition_add(reading->exposition, METRIC_OLD_STATE, 1, "device", reading->serial, "state", names[state], NULL);
}

/* -- the members that are wanted -------------------------------------------------------------------------- */

static void
read_state(struct reading *reading, const json_t *value)
{
	if (reading->told_state)
		return;
	add_state(reading, json_string_value(value));
	reading->told_state = true;
}

static void
add_temperature(const struct reading *reading, const char *sensor, const json_t *value)
{
	add_number(reading, METRIC_TEMPERATURE, json_object_get(value, "actualCelsius"), 1, "sensor", sensor);
	add_number(reading, METRIC_TEMPERATURE_TARGET, json_object_get(value, "targetCelsius"), 1, "sensor", sensor);
}

static void
read_temperatures(struct reading *reading, const json_t *value)
{
	static const char *const sensors[] = { "nozzle", "bed", "chamber" }, *const sides[] = { "nozzle_right", "nozzle_left" };
	const json_t *nozzles = json_object_get(value, "nozzles");
	bool told[STR_ARRAY_LEN(sides)] = { false };

	for (size_t i = 0; i < STR_ARRAY_LEN(sensors); i++)
		add_temperature(reading, sensors[i], json_object_get(value, sensors[i]));
	/* A single nozzle is the active one: it would be told twice. */
	for (size_t i = 0; json_array_size(nozzles) > 1 && i < json_array_size(nozzles); i++) {
		const json_t *nozzle = json_array_get(nozzles, i), *extruder = json_object_get(nozzle, "extruder");
		json_int_t side = json_integer_value(extruder);
		if (!json_is_integer(extruder) || side < 0 || side >= (json_int_t)STR_ARRAY_LEN(sides) || told[side])
			continue;
		told[side] = true;
		add_temperature(reading, sides[side], nozzle);
	}
}

static void
read_fans(struct reading *reading, const json_t *value)
{
	static const char *const fans[] = { "part", "aux", "aux2", "chamber", "heatbreak", "heater" };

	for (size_t i = 0; i < STR_ARRAY_LEN(fans); i++)
		add_number(reading, METRIC_FAN, json_object_get(value, fans[i]), 0.01, "fan", fans[i]);
}

static void
read_wifi(struct reading *reading, const json_t *value)
{
	add_plain(reading, METRIC_WIFI, value, 1);
}

static void
read_progress(struct reading *reading, const json_t *value)
{
	add_plain(reading, METRIC_PROGRESS, value, 0.01);
}

static void
read_times(struct reading *reading, const json_t *value)
{
	add_plain(reading, METRIC_REMAINING, json_object_get(value, "remainingMinutes"), 60);
}

static void
read_layers(struct reading *reading, const json_t *value)
{
	add_plain(reading, METRIC_LAYER, json_object_get(value, "current"), 1);
	add_plain(reading, METRIC_LAYERS, json_object_get(value, "total"), 1);
}

static void
read_nozzle_diameter(struct reading *reading, const json_t *value)
{
	char *end;

	if (!json_is_string(value))
		return;
	str_copy(reading->nozzle, METRICS_NOZZLE_BYTES, json_string_value(value));
	double diameter = strtod(reading->nozzle, &end);
	if (reading->old_names && end > reading->nozzle && *end == '\0')
		exposition_add(reading->exposition, METRIC_OLD_NOZZLE_DIAMETER, diameter, "device", reading->serial, NULL);
}

static void
read_hms(struct reading *reading, const json_t *value)
{
	static const enum hms_severity severities[] = { HMS_FATAL, HMS_SERIOUS, HMS_COMMON, HMS_INFO, HMS_UNKNOWN };

	if (!json_is_array(value))
		return;
	for (size_t i = 0; i < STR_ARRAY_LEN(severities); i++) {
		const char *name = hms_severity_name(severities[i]);
		size_t count = 0;
		for (size_t k = 0; k < json_array_size(value); k++) {
			const char *severity = json_string_value(json_object_get(json_array_get(value, k), "severity"));
			count += severity != NULL && strcmp(severity, name) == 0;
		}
		exposition_add(reading->exposition, METRIC_HMS, (double)count, "serial", reading->serial, "severity", name, NULL);
	}
}

/* A small whole number as a label; false: it is none, or was there before. */
static bool
new_id(const json_t *id, bool *seen, size_t count, char ret_text[8])
{
	json_int_t number = json_integer_value(id);

	if (!json_is_integer(id) || number < 0 || number >= (json_int_t)count || seen[number])
		return false;
	seen[number] = true;
	return str_format(ret_text, 8, "%d", (int)number);
}

static void
add_slots(const struct reading *reading, const char *unit, const json_t *slots)
{
	bool seen[STATE_TRAYS_MAX] = { false };
	char id[8];

	for (size_t i = 0; i < json_array_size(slots); i++) {
		const json_t *slot = json_array_get(slots, i), *remains = json_object_get(slot, "remainPercent");
		if (new_id(json_object_get(slot, "id"), seen, STR_ARRAY_LEN(seen), id) && json_is_number(remains))
			exposition_add(reading->exposition, METRIC_AMS_REMAINING, json_number_value(remains) / 100, "serial",
				       reading->serial, "unit", unit, "slot", id, NULL);
	}
}

static void
read_ams(struct reading *reading, const json_t *value)
{
	bool seen[UNITS_MAX] = { false };
	char id[8];

	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *unit = json_array_get(value, i);
		if (!new_id(json_object_get(unit, "id"), seen, UNITS_MAX, id))
			continue;
		add_number(reading, METRIC_AMS_HUMIDITY_INDEX, json_object_get(unit, "humidityIndex"), 1, "unit", id);
		add_number(reading, METRIC_AMS_HUMIDITY, json_object_get(unit, "humidityPercent"), 0.01, "unit", id);
		add_number(reading, METRIC_AMS_TEMPERATURE, json_object_get(unit, "temperatureCelsius"), 1, "unit", id);
		add_slots(reading, id, json_object_get(unit, "slots"));
	}
}

void
metrics_add_state(struct exposition *exposition, const char *serial, const char *json, size_t len, bool old_names,
		  char ret_nozzle[METRICS_NOZZLE_BYTES])
{
	static const struct { const char *name; void (*read)(struct reading *reading, const json_t *value); } members[] = {
		{ "state", read_state },	   { "temperatures", read_temperatures }, { "fans", read_fans },
		{ "wifiDbm", read_wifi },	   { "progressPercent", read_progress },  { "times", read_times },
		{ "layers", read_layers },	   { "hms", read_hms },			  { "ams", read_ams },
		{ "nozzleDiameter", read_nozzle_diameter },
	};
	struct reading reading = { .exposition = exposition, .serial = serial, .nozzle = ret_nozzle,
				   .old_names = old_names };
	bool told[STR_ARRAY_LEN(members)] = { false };
	struct jsonpart part;

	ret_nozzle[0] = '\0';
	jsonpart_begin(&part, json, len);
	while (jsonpart_next(&part))
		for (size_t i = 0; i < STR_ARRAY_LEN(members); i++) {
			if (told[i] || !jsonpart_is(&part, members[i].name))
				continue;
			json_t *value = json_loadb(part.value, part.value_len, JSON_DECODE_ANY, NULL);
			told[i] = value != NULL;
			if (value != NULL)
				members[i].read(&reading, value);
			json_decref(value);
		}
	if (!reading.told_state)
		add_state(&reading, NULL);
}
