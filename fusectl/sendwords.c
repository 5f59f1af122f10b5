/*
 * sendwords: find the row, then one field after the other by its type.
 */
#include "fusectl/sendwords.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"

#define KEY_BYTES 64

const struct command_spec *
sendwords_peek(const char *name)
{
	size_t count;
	const struct command_spec *specs = command_specs(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(specs[i].name, name) == 0)
			return &specs[i];
	return NULL;
}

bool
sendwords_is_destructive(const char *command)
{
	return strcmp(command, "stop") == 0;
}

static void
say_unknown_command(const char *name, struct failure *failure)
{
	size_t count, least = 3;
	const struct command_spec *specs = command_specs(&count), *nearest = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t distance = str_distance(specs[i].name, name);
		if (distance < least) {
			least = distance;
			nearest = &specs[i];
		}
	}
	failure_say(failure, OUTCOME_USAGE, "Printers know no command '%s'.", name);
	if (nearest != NULL)
		failure_remedy(failure, "Did you mean '%s'?", nearest->name);
	else
		failure_remedy(failure, "`fusectl send --list` shows them.");
}

/* "It takes type=TEXT temperature=NUMBER." */
static void
say_fields(const struct command_spec *spec, struct failure *failure)
{
	static const char *const types[] = { "NUMBER", "TEXT", "true|false" };
	char text[600] = "";

	for (const struct command_field *field = spec->fields; field->name != NULL; field++) {
		size_t used = strlen(text);
		str_format(text + used, sizeof text - used, field->is_required ? " %s=%s" : " [%s=%s]", field->name,
			   types[field->type]);
	}
	failure_remedy(failure, text[0] != '\0' ? "%s takes%s." : "%s takes no fields.", spec->name, text);
}

static const struct command_field *
find_field(const struct command_spec *spec, const char *word, size_t len)
{
	for (const struct command_field *field = spec->fields; field->name != NULL; field++)
		if (strlen(field->name) == len && strncmp(field->name, word, len) == 0)
			return field;
	return NULL;
}

static json_t *
read_number(const char *text)
{
	int64_t whole;
	char *end;

	if (str_parse_int(text, INT32_MIN, INT32_MAX, &whole))
		return json_integer(whole);
	/* strtod() takes "inf", "nan" and hex too, which JSON does not have. */
	if (text[0] == '\0' || strspn(text, "+-.0123456789eE") != strlen(text))
		return NULL;
	errno = 0;
	double number = strtod(text, &end);
	return *end == '\0' && errno == 0 && isfinite(number) ? json_real(number) : NULL;
}

static json_t *
read_value(const struct command_field *field, const char *text, struct failure *failure)
{
	json_t *value = NULL;

	switch (field->type) {
	case COMMAND_NUMBER:
		value = read_number(text);
		break;
	case COMMAND_TRUTH:
		if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
			value = json_boolean(text[0] == 't');
		break;
	case COMMAND_TEXT:
		value = json_string(text);
		break;
	}
	if (value == NULL) {
		failure_say(failure, OUTCOME_USAGE, "%s takes %s, not '%s'.", field->name,
			    field->type == COMMAND_NUMBER ? "a number"
			    : field->type == COMMAND_TRUTH ? "true or false"
							   : "text in UTF-8",
			    text);
		failure_remedy(failure, "It is %s.", field->doc);
	}
	return value;
}

/* Set "a.b" in `object`; false when it is there already. */
static bool
set_at(json_t *object, const char *path, json_t *value)
{
	char key[KEY_BYTES];
	const char *dot = strchr(path, '.');

	if (dot == NULL) {
		bool fresh = json_object_get(object, path) == NULL;
		json_object_set_new(object, path, value);
		return fresh;
	}
	str_format(key, sizeof key, "%.*s", (int)(dot - path), path);
	json_t *inner = json_object_get(object, key);
	if (inner == NULL) {
		inner = json_object();
		json_object_set_new(object, key, inner);
	}
	return set_at(inner, dot + 1, value);
}

static bool
take_word(const struct command_spec *spec, const char *word, json_t *object, struct failure *failure)
{
	size_t len = strcspn(word, "=");
	const struct command_field *field = find_field(spec, word, len);

	if (word[len] != '=' || field == NULL) {
		failure_say(failure, OUTCOME_USAGE, word[len] != '=' ? "'%.*s' is no KEY=VALUE." : "%.*s is no field of it.",
			    (int)(len < KEY_BYTES ? len : KEY_BYTES), word);
		say_fields(spec, failure);
		return false;
	}
	json_t *value = read_value(field, word + len + 1, failure);
	if (value == NULL)
		return false;
	if (set_at(object, field->name, value))
		return true;
	failure_say(failure, OUTCOME_USAGE, "%s stands there twice.", field->name);
	return false;
}

static bool
has_all(const struct command_spec *spec, const char *const *words, size_t count, struct failure *failure)
{
	for (const struct command_field *field = spec->fields; field->name != NULL; field++) {
		size_t len = strlen(field->name);
		bool there = !field->is_required;
		for (size_t i = 0; i < count && !there; i++)
			there = strncmp(words[i], field->name, len) == 0 && words[i][len] == '=';
		if (there)
			continue;
		failure_say(failure, OUTCOME_USAGE, "%s needs %s: %s.", spec->name, field->name, field->doc);
		say_fields(spec, failure);
		return false;
	}
	return true;
}

json_t *
sendwords_build(const char *const *words, size_t count, struct failure *failure)
{
	const struct command_spec *spec = count > 0 ? sendwords_peek(words[0]) : NULL;

	if (count == 0) {
		failure_say(failure, OUTCOME_USAGE, "What is the printer to do?");
		failure_remedy(failure, "`fusectl send --list` shows the commands.");
		return NULL;
	}
	if (spec == NULL) {
		say_unknown_command(words[0], failure);
		return NULL;
	}
	json_t *object = json_pack("{s:s}", "command", spec->name);
	ENSURE(object != NULL);
	bool fine = true;
	for (size_t i = 1; i < count && fine; i++)
		fine = take_word(spec, words[i], object, failure);
	if (fine && has_all(spec, words + 1, count - 1, failure))
		return object;
	json_decref(object);
	return NULL;
}
