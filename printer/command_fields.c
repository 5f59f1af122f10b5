/*
 * command_fields: the JSON of a command that comes in. Strict: one object, no field twice, none that the command
 * does not have, each of its type.
 */
#include <jansson.h>
#include <string.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "printer/command_parts.h"

#define SHAPE "A command is one JSON object, such as {\"command\":\"set-fan\",\"type\":\"part\",\"speed\":50}."

static json_t *
object_of(const struct command_work *work)
{
	return work->fields;
}

bool
command_fields_open(struct command_work *work, const void *json, size_t len)
{
	json_error_t error;

	work->fields = NULL;
	if (len > COMMAND_JSON_MAX_BYTES)
		return command_refuse(work, REFUSAL_INVALID, "Send one command at a time.",
				      "A command has at most %d bytes; this one has %zu.", COMMAND_JSON_MAX_BYTES, len);
	work->fields = json_loadb(json, len, JSON_REJECT_DUPLICATES, &error);
	if (work->fields == NULL && json_error_code(&error) == json_error_duplicate_key)
		return command_refuse(work, REFUSAL_INVALID, "Name each field once.",
				      "The command names a field twice (byte %d).", error.position);
	if (work->fields == NULL)
		return command_refuse(work, REFUSAL_INVALID, SHAPE, "The command is not well-formed JSON (byte %d).",
				      error.position);
	if (!json_is_object(object_of(work)))
		return command_refuse(work, REFUSAL_INVALID, SHAPE, "The command is JSON, but not an object.");
	return true;
}

void
command_fields_close(struct command_work *work)
{
	json_decref(object_of(work));
	work->fields = NULL;
}

const char *
command_fields_name(const struct command_work *work)
{
	const char *name = json_string_value(json_object_get(object_of(work), "command"));

	return name != NULL ? name : "";
}

void
command_quote(const char *name, char ret_quoted[40])
{
	size_t left = strlen(name), used = 0;
	const unsigned char *p = (const unsigned char *)name;

	while (left > 0 && used < 32) {
		size_t n = log_harmless_bytes(p, left);
		if (n == 0)
			ret_quoted[used++] = '?';
		else
			memcpy(ret_quoted + used, p, n);
		used += n;
		n += n == 0;
		p += n;
		left -= n;
	}
	ret_quoted[used] = '\0';
	if (left > 0)
		memcpy(ret_quoted + used, "…", sizeof "…");
}

/* The value of "x" or "axes.x"; NULL when it is not there. */
static json_t *
value_of(const struct command_work *work, const char *name)
{
	const char *dot = strchr(name, '.');
	char outer[32];

	if (dot == NULL)
		return json_object_get(object_of(work), name);
	ENSURE(str_format(outer, sizeof outer, "%.*s", (int)(dot - name), name));
	return json_object_get(json_object_get(object_of(work), outer), dot + 1);
}

bool
command_has(const struct command_work *work, const char *name)
{
	return value_of(work, name) != NULL;
}

const char *
command_text(const struct command_work *work, const char *name)
{
	const char *text = json_string_value(value_of(work, name));

	return text != NULL ? text : "";
}

double
command_number(const struct command_work *work, const char *name)
{
	return json_number_value(value_of(work, name));
}

bool
command_truth(const struct command_work *work, const char *name)
{
	return json_is_true(value_of(work, name));
}

bool
command_whole(struct command_work *work, const char *name, int min, int max, const char *unit, int *ret_value)
{
	double number = command_number(work, name);
	char remedy[120];

	*ret_value = min;
	if (number >= min && number <= max && number == (int)number) {
		*ret_value = (int)number;
		return true;
	}
	str_format(remedy, sizeof remedy, "Give a whole number from %d to %d%s%s.", min, max, *unit ? " " : "", unit);
	return command_refuse(work, REFUSAL_INVALID, remedy, "%s is %g; it must be a whole number from %d to %d%s%s.",
			      name, number, min, max, *unit ? " " : "", unit);
}

static bool
is_of_type(const json_t *value, enum command_type type)
{
	switch (type) {
	case COMMAND_NUMBER:
		return json_is_number(value);
	case COMMAND_TEXT:
		return json_is_string(value);
	case COMMAND_TRUTH:
		return json_is_boolean(value);
	}
	return false;
}

/* "type, speed": the names of the command's fields. */
static void
list_fields(const struct command_work *work, char *to, size_t cap)
{
	size_t used = 0;

	str_copy(to, cap, "It has no fields.");
	for (const struct command_field *field = work->spec->fields; field->name != NULL; field++)
		if (str_format(to + used, cap - used, "%s%s", used == 0 ? "Its fields: " : ", ", field->name))
			used = strlen(to);
	if (used > 0)
		str_format(to + used, cap - used, ".");
}

static bool
refuse_unknown(struct command_work *work, const char *outer, const char *name)
{
	char quoted[40], fields[200];

	command_quote(name, quoted);
	list_fields(work, fields, sizeof fields);
	return command_refuse(work, REFUSAL_INVALID, fields, "%s has no field \"%s%s%s\".", work->spec->name, outer,
			      *outer != '\0' ? "." : "", quoted);
}

/* The field of this name within the object `outer` ("" outside of any), or NULL. */
static const struct command_field *
field_of(const struct command_work *work, const char *outer, const char *name)
{
	size_t len = strlen(outer);

	for (const struct command_field *field = work->spec->fields; field->name != NULL; field++) {
		if (len == 0 && strcmp(field->name, name) == 0)
			return field;
		if (len > 0 && strncmp(field->name, outer, len) == 0 && field->name[len] == '.' &&
		    strcmp(field->name + len + 1, name) == 0)
			return field;
	}
	return NULL;
}

/* Is it the name of an object that some field stands in? */
static bool
is_outer(const struct command_work *work, const char *name)
{
	size_t len = strlen(name);

	for (const struct command_field *field = work->spec->fields; field->name != NULL; field++)
		if (strncmp(field->name, name, len) == 0 && field->name[len] == '.')
			return true;
	return false;
}

/* "speed: percent, 0 to 100." is what to do about a field. */
static bool
refuse_field(struct command_work *work, const struct command_field *field, const char *sentence)
{
	char remedy[240];

	str_format(remedy, sizeof remedy, "%s: %s.", field->name, field->doc);
	return command_refuse(work, REFUSAL_INVALID, remedy, "%s", sentence);
}

static bool
check_value(struct command_work *work, const char *outer, const char *name, const json_t *value)
{
	static const char *const words[] = { "a number", "a text", "true or false" };
	/* A dot in a name from outside must not reach into an object. */
	const struct command_field *field = strchr(name, '.') == NULL ? field_of(work, outer, name) : NULL;
	char sentence[120];

	if (field == NULL)
		return refuse_unknown(work, outer, name);
	if (is_of_type(value, field->type))
		return true;
	str_format(sentence, sizeof sentence, "%s must be %s.", field->name, words[field->type]);
	return refuse_field(work, field, sentence);
}

static bool
check_object(struct command_work *work, const char *outer, json_t *object)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return command_refuse(work, REFUSAL_INVALID, "Give its fields in braces: {\"x\": …}.",
				      "%s must be an object.", outer);
	json_object_foreach(object, name, value) {
		if (!check_value(work, outer, name, value))
			return false;
	}
	return true;
}

bool
command_fields_check(struct command_work *work)
{
	const char *name;
	json_t *value;
	char sentence[120];

	json_object_foreach(object_of(work), name, value) {
		if (strcmp(name, "command") == 0)
			continue;
		if (is_outer(work, name) ? !check_object(work, name, value) : !check_value(work, "", name, value))
			return false;
	}
	for (const struct command_field *field = work->spec->fields; field->name != NULL; field++) {
		if (field->is_required && !command_has(work, field->name)) {
			str_format(sentence, sizeof sentence, "%s needs %s.", work->spec->name, field->name);
			return refuse_field(work, field, sentence);
		}
	}
	return true;
}
