/*
 * jsonpart: skipping.
 */
#include "httpd/jsonpart.h"

#include <string.h>

static const char *
skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	return at;
}

/* From the quote that opens a text to behind the one that closes it; NULL: there is none. */
static const char *
skip_text(const char *at, const char *end)
{
	for (at++; at < end; at++) {
		if (*at == '"')
			return at + 1;
		if (*at == '\\')
			at++;
	}
	return NULL;
}

static const char *
skip_nest(const char *at, const char *end)
{
	size_t depth = 0;

	while (at < end) {
		if (*at == '"') {
			at = skip_text(at, end);
			if (at == NULL)
				return NULL;
			continue;
		}
		depth += *at == '{' || *at == '[';
		depth -= *at == '}' || *at == ']';
		at++;
		if (depth == 0)
			return at;
	}
	return NULL;
}

static const char *
skip_value(const char *at, const char *end)
{
	if (at >= end)
		return NULL;
	if (*at == '"')
		return skip_text(at, end);
	if (*at == '{' || *at == '[')
		return skip_nest(at, end);
	const char *start = at;
	while (at < end && strchr(",}] \t\r\n", *at) == NULL)
		at++;
	return at > start ? at : NULL;
}

void
jsonpart_begin(struct jsonpart *part, const char *text, size_t len)
{
	*part = (struct jsonpart){ .end = text + len };
	part->at = skip_blanks(text, part->end);
	part->at = part->at < part->end && *part->at == '{' ? part->at + 1 : part->end;
}

/* Nothing more can be read of it. */
static bool
give_up(struct jsonpart *part)
{
	part->at = part->end;
	return false;
}

bool
jsonpart_next(struct jsonpart *part)
{
	const char *at = skip_blanks(part->at, part->end);

	if (part->value != NULL) {
		if (at >= part->end || *at != ',')
			return give_up(part);
		at = skip_blanks(at + 1, part->end);
	}
	if (at >= part->end || *at != '"')
		return give_up(part);
	const char *name_end = skip_text(at, part->end);
	if (name_end == NULL)
		return give_up(part);
	part->name = at + 1;
	part->name_len = (size_t)(name_end - at) - 2;
	at = skip_blanks(name_end, part->end);
	if (at >= part->end || *at != ':')
		return give_up(part);
	part->value = skip_blanks(at + 1, part->end);
	at = skip_value(part->value, part->end);
	if (at == NULL)
		return give_up(part);
	part->value_len = (size_t)(at - part->value);
	part->at = at;
	return true;
}

bool
jsonpart_is(const struct jsonpart *part, const char *name)
{
	return strlen(name) == part->name_len && memcmp(part->name, name, part->name_len) == 0;
}
