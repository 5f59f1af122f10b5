/*
 * controls: what a person turns at a virtual printer, read from its JSON and written to it.
 */
#include "worker/virtual/controls.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "common/str.h"
#include "printer/jsonin.h"

#define DEPTH_MAX 4
#define CUT_MAX_PERCENT 99

_Static_assert(CONTROL_ERROR_COUNT <= CONTROLS_ERRORS_MAX, "each error can stand once");

static const struct { const char *name; } fault_rows[] = {
#define FAULT(NAME, name, doc) { name },
#include "printer/virtual_controls.def"
#undef FAULT
};

static const struct { const char *name; uint32_t attr, code; const char *message; } error_rows[] = {
#define ERROR(NAME, name, attr, code, message) { name, attr, code, message },
#include "printer/virtual_controls.def"
#undef ERROR
};

static const char *const actions[] = {
	[CONTROL_DO_NOTHING] = "",
	[CONTROL_DO_TRIGGER] = "trigger-error",
	[CONTROL_DO_CLEAR] = "clear-errors",
	[CONTROL_DO_TEST_PRINT] = "test-print",
	[CONTROL_DO_REBOOT] = "reboot",
	[CONTROL_DO_RESET] = "reset",
};

/* One change on its way from JSON. */
struct reading {
	struct control_change *change;
	json_t *error, *message; /* borrowed; NULL when not given */
	char *sentence;
	size_t cap;
};

void
controls_init(struct controls *controls)
{
	memset(controls, 0, sizeof *controls);
	controls->online = true;
	controls->time_factor = 1;
}

const char *
control_fault_name(enum control_fault fault)
{
	return (unsigned)fault < CONTROL_FAULT_COUNT ? fault_rows[fault].name : "?";
}

const char *
control_error_name(enum control_error error)
{
	return (unsigned)error < CONTROL_ERROR_COUNT ? error_rows[error].name : "?";
}

void
control_error_code(enum control_error error, uint32_t *ret_attr, uint32_t *ret_code)
{
	*ret_attr = (unsigned)error < CONTROL_ERROR_COUNT ? error_rows[error].attr : 0;
	*ret_code = (unsigned)error < CONTROL_ERROR_COUNT ? error_rows[error].code : 0;
}

/* -- reading ------------------------------------------------------------------------------------------------------ */

/* Always false, for `return wrong(…)`. `sentence` is our own: nothing that was given is repeated in it. */
static bool
wrong(struct reading *reading, const char *sentence)
{
	str_copy(reading->sentence, reading->cap, sentence);
	return false;
}

static bool
read_truth(struct reading *reading, const json_t *value, const char *name, bool *to)
{
	char sentence[80];

	if (json_is_boolean(value)) {
		*to = json_is_true(value);
		return true;
	}
	str_format(sentence, sizeof sentence, "%s must be true or false.", name);
	return wrong(reading, sentence);
}

static bool
read_number(struct reading *reading, const json_t *value, const char *name, unsigned min, unsigned max, uint32_t *to)
{
	json_int_t number = json_integer_value(value);
	char sentence[80];

	if (json_is_integer(value) && number >= (json_int_t)min && number <= (json_int_t)max) {
		*to = (uint32_t)number;
		return true;
	}
	str_format(sentence, sizeof sentence, "%s must be a whole number from %u to %u.", name, min, max);
	return wrong(reading, sentence);
}

static bool
read_fault(struct reading *reading, const char *name, const json_t *value)
{
	struct controls *after = &reading->change->after;

	if (strcmp(name, "cutUploadPercent") == 0)
		return read_number(reading, value, name, 0, CUT_MAX_PERCENT, &after->cut_upload_percent);
	for (unsigned i = 0; i < CONTROL_FAULT_COUNT; i++)
		if (strcmp(name, fault_rows[i].name) == 0)
			return read_truth(reading, value, fault_rows[i].name, &after->faults[i]);
	return wrong(reading, "There is no fault of this name.");
}

static bool
read_faults(struct reading *reading, json_t *faults)
{
	const char *name;
	json_t *value;

	if (!json_is_object(faults))
		return wrong(reading, "faults must be an object: {\"noStorage\":true}.");
	json_object_foreach(faults, name, value) {
		if (!read_fault(reading, name, value))
			return false;
	}
	return true;
}

static bool
read_action(struct reading *reading, const json_t *value)
{
	const char *name = json_string_value(value);

	for (unsigned i = CONTROL_DO_TRIGGER; name != NULL && i < STR_ARRAY_LEN(actions); i++) {
		if (strcmp(name, actions[i]) == 0) {
			reading->change->action = (enum control_do)i;
			return true;
		}
	}
	return wrong(reading, "do must be trigger-error, clear-errors, test-print, reboot or reset.");
}

static bool
read_member(struct reading *reading, const char *name, json_t *value)
{
	struct controls *after = &reading->change->after;

	if (strcmp(name, "online") == 0)
		return read_truth(reading, value, name, &after->online);
	if (strcmp(name, "timeFactor") == 0)
		return read_number(reading, value, name, 1, CONTROLS_TIME_FACTOR_MAX, &after->time_factor);
	if (strcmp(name, "faults") == 0)
		return read_faults(reading, value);
	if (strcmp(name, "do") == 0)
		return read_action(reading, value);
	if (strcmp(name, "error") == 0)
		reading->error = value;
	else if (strcmp(name, "message") == 0)
		reading->message = value;
	else
		return wrong(reading, "A control is one of online, timeFactor, faults and do (with error and message).");
	return true;
}

/* -- what is done ------------------------------------------------------------------------------------------------- */

/* Shown to people: no control characters. */
static bool
is_message(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

/* The place of this error among those that stand: a new one at the end when it is not there yet. */
static void
put_error(struct controls *controls, enum control_error error, const char *message)
{
	uint32_t at = 0;

	while (at < controls->error_count && controls->errors[at].error != error)
		at++;
	controls->error_count += at == controls->error_count;
	controls->errors[at].error = error;
	str_copy(controls->errors[at].message, sizeof controls->errors[at].message,
		 message != NULL && message[0] != '\0' ? message : error_rows[error].message);
}

static bool
trigger(struct reading *reading)
{
	const char *name = json_string_value(reading->error), *message = json_string_value(reading->message);
	unsigned error = 0;

	while (name != NULL && error < CONTROL_ERROR_COUNT && strcmp(name, error_rows[error].name) != 0)
		error++;
	if (name == NULL || error == CONTROL_ERROR_COUNT)
		return wrong(reading, "trigger-error needs an error by its name, such as nozzle-temperature.");
	if (reading->message != NULL && (message == NULL || strlen(message) >= CONTROLS_MESSAGE_BYTES ||
					 !is_message(message)))
		return wrong(reading, "message must be a text of at most 120 bytes on one line.");
	put_error(&reading->change->after, (enum control_error)error, message);
	return true;
}

static bool
finish(struct reading *reading)
{
	struct controls *after = &reading->change->after;
	uint32_t time_factor = after->time_factor;

	if (reading->change->action == CONTROL_DO_TRIGGER)
		return trigger(reading);
	if (reading->error != NULL || reading->message != NULL)
		return wrong(reading, "error and message go with \"do\":\"trigger-error\" only.");
	if (reading->change->action == CONTROL_DO_CLEAR)
		after->error_count = 0;
	if (reading->change->action == CONTROL_DO_RESET) {
		controls_init(after);
		after->time_factor = time_factor;
	}
	return true;
}

static bool
read_object(struct reading *reading, json_t *object)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return wrong(reading, "Controls are one JSON object, such as {\"online\":true}.");
	json_object_foreach(object, name, value) {
		if (!read_member(reading, name, value))
			return false;
	}
	return finish(reading);
}

bool
controls_read(const struct controls *now, const void *json, size_t len, struct control_change *ret_change,
	      char *ret_sentence, size_t cap)
{
	struct reading reading = { .change = ret_change, .sentence = ret_sentence, .cap = cap };
	struct jsonin_error error;

	ret_change->after = *now;
	ret_change->action = CONTROL_DO_NOTHING;
	str_copy(ret_sentence, cap, "");
	json_t *object = len <= CONTROLS_JSON_MAX_BYTES ? jsonin_load(json, len, DEPTH_MAX, &error) : NULL;
	bool is_read = object != NULL ? read_object(&reading, object)
				      : wrong(&reading, "Controls are one short JSON object, each name in it once.");
	json_decref(object);
	if (!is_read) {
		ret_change->after = *now;
		ret_change->action = CONTROL_DO_NOTHING;
	}
	return is_read;
}

/* -- writing ------------------------------------------------------------------------------------------------------ */

static void
write_faults(struct jsonout *out, const struct controls *controls)
{
	jsonout_key(out, "faults");
	jsonout_open(out, '{');
	for (unsigned i = 0; i < CONTROL_FAULT_COUNT; i++) {
		jsonout_key(out, fault_rows[i].name);
		jsonout_bool(out, controls->faults[i]);
	}
	jsonout_key(out, "cutUploadPercent");
	jsonout_int(out, controls->cut_upload_percent);
	jsonout_close(out, '}');
}

static void
write_error(struct jsonout *out, enum control_error error, const char *message)
{
	uint32_t attr, code;
	char text[24];

	control_error_code(error, &attr, &code);
	str_format(text, sizeof text, "%04" PRIX32 "-%04" PRIX32 "-%04" PRIX32 "-%04" PRIX32, attr >> 16, attr & 0xffff,
		   code >> 16, code & 0xffff);
	jsonout_open(out, '{');
	jsonout_key(out, "error");
	jsonout_word(out, control_error_name(error));
	jsonout_key(out, "code");
	jsonout_word(out, text);
	jsonout_key(out, "message");
	jsonout_text(out, message, 6 * CONTROLS_MESSAGE_BYTES);
	jsonout_close(out, '}');
}

void
controls_write(struct jsonout *out, const struct controls *controls)
{
	jsonout_key(out, "online");
	jsonout_bool(out, controls->online);
	jsonout_key(out, "timeFactor");
	jsonout_int(out, controls->time_factor);
	write_faults(out, controls);
	jsonout_key(out, "errors");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < controls->error_count && i < CONTROLS_ERRORS_MAX; i++)
		write_error(out, controls->errors[i].error, controls->errors[i].message);
	jsonout_close(out, ']');
}
