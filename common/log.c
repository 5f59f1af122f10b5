/*
 * log: put a line together in a bounded buffer and write it once.
 */
#include "common/log.h"

#include <string.h>
#include <unistd.h>

#include "common/str.h"

static enum log_level current_level = LOG_LEVEL_INFO;
static log_sink_fn *current_sink;
static void *current_sink_arg;

static const char *const level_names[] = {
#define X(name, text) text,
	LOG_LEVELS(X)
#undef X
};

static bool
append(char *out, size_t cap, size_t *used, const char *text, size_t len)
{
	if (*used + len >= cap)
		return false;
	memcpy(out + *used, text, len);
	*used += len;
	out[*used] = '\0';
	return true;
}

size_t
log_harmless_bytes(const unsigned char *p, size_t left)
{
	if (p[0] < 0x80)
		return p[0] >= 0x20 && p[0] != 0x7f ? 1 : 0;
	for (size_t n = 2; n <= 4 && n <= left; n++) {
		if (!str_valid_utf8(p, n))
			continue;
		bool c1_control = p[0] == 0xc2 && p[1] < 0xa0;
		/* U+061C, U+200E/F, U+2028–202E, U+2066–2069: they turn or break what follows on a screen. */
		bool mark = n == 2 && p[0] == 0xd8 && p[1] == 0x9c;
		bool turns = n == 3 && p[0] == 0xe2 &&
			     ((p[1] == 0x80 && (p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xa8 && p[2] <= 0xae))) ||
			      (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
		return c1_control || mark || turns ? 0 : n;
	}
	return 0;
}

static bool
is_bare(const unsigned char *p, size_t len)
{
	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if (p[i] <= ' ' || p[i] >= 0x7f || p[i] == '"' || p[i] == '=' || p[i] == '\\')
			return false;
	return true;
}

static bool
append_escaped(char *out, size_t cap, size_t *used, unsigned char c)
{
	static const char from[] = "\"\\\n\r\t", to[] = "\"\\nrt";
	const char *at = c ? strchr(from, c) : NULL;
	char escape[5] = { '\\', 'x' };
	size_t len = 4;

	if (at != NULL) {
		escape[1] = to[at - from];
		len = 2;
	} else {
		str_hex(&c, 1, escape + 2);
	}
	return append(out, cap, used, escape, len);
}

void
log_copy_harmless(char *to, size_t cap, const void *bytes, size_t len)
{
	const unsigned char *p = bytes, *end = p + len;
	size_t used = 0;

	while (p < end) {
		size_t n = log_harmless_bytes(p, (size_t)(end - p)), room = n == 0 ? 1 : n;
		if (used + room >= cap)
			break;
		memcpy(to + used, n == 0 ? (const void *)"?" : p, room);
		used += room;
		p += room;
	}
	to[used] = '\0';
}

bool
log_append_value(char *out, size_t cap, size_t *used, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	bool whole = true;

	if (is_bare(p, len) && *used + len < cap)
		return append(out, cap, used, bytes, len);
	if (cap < 3 || *used > cap - 3)
		return false;
	append(out, cap, used, "\"", 1);
	while (len > 0 && whole) {
		size_t n = *p == '"' || *p == '\\' ? 0 : log_harmless_bytes(p, len);
		/* cap - 1 keeps room for the closing quote */
		whole = n > 0 ? append(out, cap - 1, used, (const char *)p, n)
			      : append_escaped(out, cap - 1, used, *p);
		p += n > 0 ? n : 1;
		len -= n > 0 ? n : 1;
	}
	append(out, cap, used, "\"", 1);
	return whole;
}

static bool
append_field(char *out, size_t cap, size_t *used, const struct log_field *field)
{
	char number[24];

	if (!append(out, cap, used, " ", 1) || !append(out, cap, used, field->name, strlen(field->name)) ||
	    !append(out, cap, used, "=", 1))
		return false;
	switch (field->kind) {
	case LOG_TEXT:
		return log_append_value(out, cap, used, field->text, strlen(field->text));
	case LOG_BYTES:
		return log_append_value(out, cap, used, field->text, field->len_bytes);
	case LOG_NUMBER:
		str_format(number, sizeof number, "%lld", (long long)field->number);
		return append(out, cap, used, number, strlen(number));
	case LOG_TRUTH:
		return log_append_value(out, cap, used, field->number ? "yes" : "no", field->number ? 3 : 2);
	case LOG_END:
		break;
	}
	return false;
}

void
log_write(enum log_level level, const char *msg, const struct log_field *fields)
{
	char line[LOG_LINE_BYTES];
	size_t used = 0;

	if (level > current_level)
		return;
	append(line, sizeof line, &used, "lvl=", 4);
	append(line, sizeof line, &used, level_names[level], strlen(level_names[level]));
	append(line, sizeof line, &used, " msg=", 5);
	log_append_value(line, sizeof line, &used, msg, strlen(msg));
	for (; fields->kind != LOG_END; fields++)
		if (!append_field(line, sizeof line, &used, fields))
			break;
	if (current_sink != NULL) {
		current_sink(current_sink_arg, level, line, used);
		return;
	}
	line[used++] = '\n';
	/* Nothing can be done about a lost line; the pipe's reader is our supervisor. */
	if (write(STDERR_FILENO, line, used) < 0)
		return;
}

void
log_set_level(enum log_level level)
{
	current_level = level;
}

enum log_level
log_level(void)
{
	return current_level;
}

bool
log_level_parse(const char *text, enum log_level *ret_level)
{
	*ret_level = LOG_LEVEL_INFO;
	for (size_t i = 0; i < STR_ARRAY_LEN(level_names); i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*ret_level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

const char *
log_level_name(enum log_level level)
{
	return level < LOG_LEVEL_COUNT ? level_names[level] : "?";
}

void
log_set_sink(log_sink_fn *sink, void *arg)
{
	current_sink = sink;
	current_sink_arg = arg;
}
