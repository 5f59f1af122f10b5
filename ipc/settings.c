/*
 * settings: settings.def as data, and the one parser that every value goes through, wherever it
 * comes from (fusectl, a web page, the database). Pure; any text gives a value or a sentence.
 */
#include "ipc/settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

static const struct setting_spec settings[] = {
#define SETTING(name, type, min, max, choices, default_value, unit, doc) \
	{ #name, SETTING_TYPE_##type, min, max, choices, default_value, unit, doc },
#include "ipc/settings.def"
#undef SETTING
};

#define SETTING(name, type, min, max, choices, default_value, unit, doc)                           \
	_Static_assert(sizeof #name <= SETTING_NAME_BYTES, "too long a name: " #name);             \
	_Static_assert(sizeof default_value <= SETTING_VALUE_BYTES, "too long a default: " #name); \
	_Static_assert((max) < SETTING_VALUE_BYTES || SETTING_TYPE_##type != SETTING_TYPE_TEXT,    \
		       "a text that no message can carry: " #name);
#include "ipc/settings.def"
#undef SETTING

const struct setting_spec *
settings_all(size_t *ret_count)
{
	*ret_count = STR_ARRAY_LEN(settings);
	return settings;
}

const struct setting_spec *
setting_peek(const char *name)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(settings); i++)
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	return NULL;
}

size_t
setting_index(const struct setting_spec *spec)
{
	ENSURE(spec >= settings && spec < settings + STR_ARRAY_LEN(settings));
	return (size_t)(spec - settings);
}

static bool
parse_bool(const char *text, char ret_value[SETTING_VALUE_BYTES])
{
	static const struct {
		const char *word;
		bool truth;
	} words[] = {
		{ "true", true },   { "on", true },   { "yes", true }, { "1", true },
		{ "false", false }, { "off", false }, { "no", false }, { "0", false },
	};

	for (size_t i = 0; i < STR_ARRAY_LEN(words); i++)
		if (strcasecmp(text, words[i].word) == 0)
			return str_copy(ret_value, SETTING_VALUE_BYTES, words[i].truth ? "true" : "false");
	return false;
}

static bool
parse_int(const struct setting_spec *spec, const char *text, char ret_value[SETTING_VALUE_BYTES])
{
	int64_t number;

	if (!str_parse_int(text, spec->min, spec->max, &number))
		return false;
	str_format(ret_value, SETTING_VALUE_BYTES, "%lld", (long long)number);
	/* "007" and "-0" mean something else to other programs: refused rather than guessed at. */
	return strcmp(ret_value, text) == 0;
}

/* The next of "a|b|c" from *at on, which moves behind it; false at the end. */
static bool
next_choice(const char **at, const char **ret_choice, size_t *ret_len)
{
	if (**at == '\0')
		return false;
	*ret_choice = *at;
	*ret_len = strcspn(*at, "|");
	*at += *ret_len;
	if (**at == '|')
		(*at)++;
	return true;
}

static bool
parse_choice(const struct setting_spec *spec, const char *text, char ret_value[SETTING_VALUE_BYTES])
{
	const char *at = spec->choices, *choice;
	size_t len;

	while (next_choice(&at, &choice, &len))
		if (strlen(text) == len && strncasecmp(choice, text, len) == 0)
			return str_format(ret_value, SETTING_VALUE_BYTES, "%.*s", (int)len, choice);
	return false;
}

/* Texts are shown on screens and in terminals: nothing may steer those. */
static bool
fits_a_screen(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;

	while (len > 0) {
		size_t n = log_harmless_bytes(p, len);
		if (n == 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

static bool
parse_text(const struct setting_spec *spec, const char *text, char ret_value[SETTING_VALUE_BYTES])
{
	size_t len = strlen(text);

	if ((int64_t)len < spec->min || (int64_t)len > spec->max || !str_valid_utf8(text, len) ||
	    !fits_a_screen(text, len))
		return false;
	bool blank = len > 0 && text[strspn(text, " ")] == '\0';
	return !blank && str_copy(ret_value, SETTING_VALUE_BYTES, text);
}

bool
setting_parse(const struct setting_spec *spec, const char *text, char ret_value[SETTING_VALUE_BYTES],
	      char *ret_fault, size_t fault_cap)
{
	char range[200];
	bool fine = false;

	switch (spec->type) {
	case SETTING_TYPE_BOOL:
		fine = parse_bool(text, ret_value);
		break;
	case SETTING_TYPE_INT:
		fine = parse_int(spec, text, ret_value);
		break;
	case SETTING_TYPE_CHOICE:
		fine = parse_choice(spec, text, ret_value);
		break;
	case SETTING_TYPE_TEXT:
		fine = parse_text(spec, text, ret_value);
		break;
	}
	if (fine) {
		str_copy(ret_fault, fault_cap, "");
		return true;
	}
	setting_describe_range(spec, range, sizeof range);
	str_copy(ret_value, SETTING_VALUE_BYTES, "");
	str_format(ret_fault, fault_cap, "%s must be %s.", spec->name, range);
	return false;
}

bool
setting_truth(const char *value)
{
	return strcmp(value, "true") == 0;
}

int64_t
setting_number(const char *value)
{
	int64_t number;

	str_parse_int(value, INT64_MIN, INT64_MAX, &number);
	return number;
}

static void
describe_choices(const struct setting_spec *spec, char *ret_text, size_t cap)
{
	const char *at = spec->choices, *choice;
	size_t used = strlen("one of "), len;

	str_copy(ret_text, cap, "one of ");
	while (used < cap && next_choice(&at, &choice, &len)) {
		if (!str_format(ret_text + used, cap - used, "%.*s%s", (int)len, choice,
				*at != '\0' ? ", " : ""))
			return;
		used += strlen(ret_text + used);
	}
}

void
setting_describe_range(const struct setting_spec *spec, char *ret_text, size_t cap)
{
	long long min = (long long)spec->min, max = (long long)spec->max;

	switch (spec->type) {
	case SETTING_TYPE_BOOL:
		str_copy(ret_text, cap, "true or false");
		break;
	case SETTING_TYPE_INT:
		str_format(ret_text, cap, "%lld to %lld%s%s", min, max, spec->unit[0] ? " " : "", spec->unit);
		break;
	case SETTING_TYPE_CHOICE:
		describe_choices(spec, ret_text, cap);
		break;
	case SETTING_TYPE_TEXT:
		if (spec->min > 0)
			str_format(ret_text, cap, "text of %lld to %lld bytes without control characters",
				   min, max);
		else
			str_format(ret_text, cap, "text of at most %lld bytes without control characters",
				   max);
		break;
	}
}

const struct setting_spec *
setting_nearest(const char *name)
{
	const struct setting_spec *nearest = NULL;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < STR_ARRAY_LEN(settings); i++) {
		if (strcasecmp(settings[i].name, name) == 0)
			return &settings[i];
		size_t distance = str_distance(settings[i].name, name);
		/* A third of the name wrong is a slip; more is another word. */
		if (distance < best && distance * 3 <= strlen(settings[i].name)) {
			best = distance;
			nearest = &settings[i];
		}
	}
	return nearest;
}
