/*
 * virtualwords: find the key, read its value.
 */
#include "fusectl/virtualwords.h"

#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "printer/virtual_rules.h"

#define KEY_BYTES 32
#define FIRST_FAULT 2 /* those before stand outside of "faults" */

static const struct virtual_key keys[] = {
	{ "online", VIRTUAL_TRUTH, 0, 0, "switched on" },
	{ "timeFactor", VIRTUAL_NUMBER, 1, 600, "so many times faster than a real one prints" },
	{ "cutUploadPercent", VIRTUAL_NUMBER, 0, 99, "the next upload ends there; 0 = none" },
#define FAULT(NAME, name, doc) { name, VIRTUAL_TRUTH, 0, 0, doc },
#include "printer/virtual_controls.def"
};

static const struct virtual_error errors[] = {
#define ERROR(NAME, name, attr, code, message) { name, message },
#include "printer/virtual_controls.def"
};

const struct virtual_key *
virtualwords_keys(size_t *ret_count)
{
	*ret_count = STR_ARRAY_LEN(keys);
	return keys;
}

const struct virtual_error *
virtualwords_errors(size_t *ret_count)
{
	*ret_count = STR_ARRAY_LEN(errors);
	return errors;
}

/* -- set ------------------------------------------------------------------------------------------- */

static const struct virtual_key *
find_key(const char *name)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static void
say_unknown_key(const char *name, struct failure *failure)
{
	size_t least = 4;
	const char *nearest = NULL;

	for (size_t i = 0; i < STR_ARRAY_LEN(keys); i++) {
		size_t distance = str_distance(keys[i].name, name);
		if (distance < least) {
			least = distance;
			nearest = keys[i].name;
		}
	}
	failure_say(failure, OUTCOME_USAGE, "Virtual printers have no control '%s'.", name);
	if (nearest != NULL) {
		failure_remedy(failure, "Did you mean '%s'?", nearest);
		return;
	}
	failure_remedy(failure, "They have %s", keys[0].name);
	for (size_t i = 1; i < STR_ARRAY_LEN(keys); i++) {
		size_t used = strlen(failure->remedy);
		str_format(failure->remedy + used, sizeof failure->remedy - used, "%s%s",
			   i + 1 < STR_ARRAY_LEN(keys) ? ", " : " and ", keys[i].name);
	}
}

static json_t *
read_value(const struct virtual_key *key, const char *text, struct failure *failure)
{
	int64_t number;

	if (key->value == VIRTUAL_TRUTH) {
		if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
			return json_boolean(text[0] == 't');
		failure_say(failure, OUTCOME_USAGE, "%s is true or false, not '%s'.", key->name, text);
	} else {
		if (str_parse_int(text, key->min, key->max, &number))
			return json_integer(number);
		failure_say(failure, OUTCOME_USAGE, "%s is a number from %lld to %lld, not '%s'.", key->name,
			    (long long)key->min, (long long)key->max, text);
	}
	failure_remedy(failure, "%s: %s.", key->name, key->doc);
	return NULL;
}

/* False with the failure. */
static bool
set_one(const char *word, json_t *change, json_t *faults, struct failure *failure)
{
	char name[KEY_BYTES];
	const char *equals = strchr(word, '=');

	if (equals == NULL || equals == word) {
		failure_say(failure, OUTCOME_USAGE, "'%s' is no KEY=VALUE.", word);
		failure_remedy(failure, "For example: online=false");
		return false;
	}
	str_format(name, sizeof name, "%.*s", (int)(equals - word), word);
	const struct virtual_key *key = find_key(name);
	if (key == NULL) {
		say_unknown_key(name, failure);
		return false;
	}
	json_t *value = read_value(key, equals + 1, failure);
	return value != NULL && json_object_set_new(key < &keys[FIRST_FAULT] ? change : faults, key->name, value) == 0;
}

json_t *
virtualwords_set(const char *const *words, size_t count, struct failure *failure)
{
	json_t *change = json_object(), *faults = json_object();
	bool fine = true;

	ENSURE(change != NULL && faults != NULL);
	for (size_t i = 0; i < count && fine; i++)
		fine = set_one(words[i], change, faults, failure);
	if (json_object_size(faults) > 0)
		json_object_set(change, "faults", faults);
	json_decref(faults);
	if (fine)
		return change;
	json_decref(change);
	return NULL;
}

/* -- errors ------------------------------------------------------------------------------------------ */

json_t *
virtualwords_trigger(const char *error, const char *message, struct failure *failure)
{
	size_t i = 0;

	while (i < STR_ARRAY_LEN(errors) && strcmp(errors[i].name, error) != 0)
		i++;
	if (i == STR_ARRAY_LEN(errors)) {
		failure_say(failure, OUTCOME_USAGE, "Virtual printers have no error '%s'.", error);
		failure_remedy(failure, "They have %s", errors[0].name);
		for (size_t k = 1; k < STR_ARRAY_LEN(errors); k++) {
			size_t used = strlen(failure->remedy);
			str_format(failure->remedy + used, sizeof failure->remedy - used, "%s%s",
				   k + 1 < STR_ARRAY_LEN(errors) ? ", " : " and ", errors[k].name);
		}
		return NULL;
	}
	if (message != NULL && strlen(message) > VIRTUAL_ERROR_MESSAGE_MAX_BYTES) {
		failure_say(failure, OUTCOME_USAGE, "--message is at most %d bytes.", VIRTUAL_ERROR_MESSAGE_MAX_BYTES);
		return NULL;
	}
	if (message != NULL && !str_valid_utf8(message, strlen(message))) {
		failure_say(failure, OUTCOME_USAGE, "--message is no UTF-8 text.");
		return NULL;
	}
	json_t *change = json_pack("{s:s,s:s}", "do", "trigger-error", "error", error);
	ENSURE(change != NULL);
	if (message != NULL)
		json_object_set_new(change, "message", json_string(message));
	return change;
}
