/*
 * logfmt: read fields, bounded by the field's buffers.
 */
#include "fusectl/logfmt.h"

#include <string.h>

static void
put(char *text, size_t *used, char c)
{
	if (*used + 1 < LOGFMT_TEXT_BYTES)
		text[(*used)++] = c;
	text[*used] = '\0';
}

/* What stands between quotes; `at` is behind the opening one. Returns where it ends. */
static const char *
read_quoted(const char *at, char *value)
{
	static const char from[] = "\"\\nrt", to[] = "\"\\\n\r\t";
	size_t used = 0;

	for (; *at != '\0' && *at != '"'; at++) {
		const char *escape = at[0] == '\\' && at[1] != '\0' ? strchr(from, at[1]) : NULL;
		if (escape != NULL)
			at++;
		put(value, &used, escape != NULL ? to[escape - from] : *at);
	}
	return *at == '"' ? at + 1 : at;
}

bool
logfmt_next(const char **at, struct logfmt_field *ret_field)
{
	const char *p = *at + strspn(*at, " ");
	size_t used = 0;

	ret_field->name[0] = ret_field->value[0] = '\0';
	if (*p == '\0') {
		*at = p;
		return false;
	}
	for (; *p != '\0' && *p != ' ' && *p != '='; p++)
		put(ret_field->name, &used, *p);
	if (*p == '=' && p[1] == '"') {
		p = read_quoted(p + 2, ret_field->value);
	} else if (*p == '=') {
		used = 0;
		for (p++; *p != '\0' && *p != ' '; p++)
			put(ret_field->value, &used, *p);
	}
	*at = p;
	return true;
}
