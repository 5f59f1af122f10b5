/*
 * logline: take a line apart, put it together again.
 */
#include "supervisor/logline.h"

#include <string.h>

#include "common/clock.h"
#include "common/str.h"

#define NAME_BYTES 32 /* longest field name that is passed on, with its NUL */
#define CUT_MARK " cut=yes"

/* The line being written. `cap` leaves room for CUT_MARK. */
struct writer {
	char *out;
	size_t cap, used;
	bool cut;
};

struct reader {
	const char *at, *end;
};

/* One field, taken from a child's line. */
struct field {
	char name[NAME_BYTES];
	bool has_value;
	size_t len_bytes;
	char value[LOG_LINE_BYTES];
};

static void
put_text(struct writer *w, const char *text)
{
	size_t len = strlen(text);

	if (w->cut || w->used + len >= w->cap) {
		w->cut = true;
		return;
	}
	memcpy(w->out + w->used, text, len + 1);
	w->used += len;
}

static void
put_field(struct writer *w, const char *name, const void *value, size_t len)
{
	size_t before = w->used;

	put_text(w, " ");
	put_text(w, name);
	put_text(w, "=");
	if (!w->cut) {
		size_t after_name = w->used;
		w->cut = !log_append_value(w->out, w->cap, &w->used, value, len);
		if (w->used > after_name)
			return;
	}
	/* Not even an opening quote had room: no half field stays behind. */
	if (w->cut) {
		w->used = before;
		w->out[before] = '\0';
	}
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* What log_append_value() has escaped, as the byte it was; a backslash that begins none of its escapes is a
 * backslash. */
static char
read_escaped(struct reader *r)
{
	static const char from[] = "\"\\nrt", to[] = "\"\\\n\r\t";
	const char *at = r->at < r->end && *r->at != '\0' ? strchr(from, *r->at) : NULL;

	if (at != NULL) {
		r->at++;
		return to[at - from];
	}
	if (r->end - r->at >= 3 && *r->at == 'x' && hex_digit(r->at[1]) >= 0 && hex_digit(r->at[2]) >= 0) {
		char c = (char)(hex_digit(r->at[1]) << 4 | hex_digit(r->at[2]));
		r->at += 3;
		return c;
	}
	return '\\';
}

static void
read_value(struct reader *r, struct field *field)
{
	bool quoted = r->at < r->end && *r->at == '"';

	field->len_bytes = 0;
	if (quoted)
		r->at++;
	while (r->at < r->end && *r->at != (quoted ? '"' : ' ')) {
		char c = *r->at++;
		if (quoted && c == '\\')
			c = read_escaped(r);
		field->value[field->len_bytes++] = c;
	}
	if (quoted && r->at < r->end)
		r->at++;
}

static bool
name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
	       c == '-';
}

/* False at the end of the line. The line is shorter than LOG_LINE_BYTES, so every value fits. */
static bool
read_field(struct reader *r, struct field *field)
{
	size_t len = 0;

	while (r->at < r->end && *r->at == ' ')
		r->at++;
	if (r->at == r->end)
		return false;
	for (; r->at < r->end && *r->at != ' ' && *r->at != '='; r->at++)
		if (len < NAME_BYTES - 1)
			field->name[len++] = name_byte(*r->at) ? *r->at : '_';
	field->name[len] = '\0';
	field->has_value = r->at < r->end && *r->at == '=';
	field->len_bytes = 0;
	if (field->has_value) {
		r->at++;
		read_value(r, field);
	}
	return true;
}

/* Is it a line of ours? Then `r` stands behind its level. */
static bool
read_level(struct reader *r, enum log_level *ret_level)
{
	struct field field;
	char text[8];

	*ret_level = LOG_LEVEL_WARN;
	if (r->end - r->at < 4 || memcmp(r->at, "lvl=", 4) != 0)
		return false;
	struct reader ahead = *r;
	read_field(&ahead, &field);
	if (field.len_bytes >= sizeof text)
		return false;
	memcpy(text, field.value, field.len_bytes);
	text[field.len_bytes] = '\0';
	enum log_level level;
	if (strlen(text) != field.len_bytes || !log_level_parse(text, &level))
		return false;
	*ret_level = level;
	*r = ahead;
	return true;
}

static void
put_fields(struct writer *w, struct reader *r)
{
	static const char *const stamps[] = { "ts", "role", "entry", "pid", "lvl" };
	struct field field;

	while (!w->cut && read_field(r, &field)) {
		char name[NAME_BYTES + 8];
		bool stamp = false;

		for (size_t i = 0; i < STR_ARRAY_LEN(stamps); i++)
			stamp = stamp || strcmp(field.name, stamps[i]) == 0;
		str_format(name, sizeof name, "%s%s", stamp ? "about_" : "", field.name);
		if (field.has_value && name[0] != '\0') {
			put_field(w, name, field.value, field.len_bytes);
		} else {
			/* A bare word: the rest of a line that its writer had to cut. */
			put_field(w, "word", field.has_value ? field.value : field.name,
				  field.has_value ? field.len_bytes : strlen(field.name));
		}
	}
}

static void
put_stamp(struct writer *w, int64_t wall_ms, const struct logbook_origin *origin)
{
	char utc[CLOCK_UTC_BYTES], pid[16];

	clock_format_utc(wall_ms, utc);
	put_text(w, "ts=");
	put_text(w, utc);
	put_field(w, "role", origin->role, strlen(origin->role));
	if (origin->entry[0] != '\0')
		put_field(w, "entry", origin->entry, strlen(origin->entry));
	str_format(pid, sizeof pid, "%d", (int)origin->pid);
	put_field(w, "pid", pid, strlen(pid));
}

size_t
logline_format(int64_t wall_ms, const struct logbook_origin *origin, const void *bytes, size_t len,
	       char ret_line[LOGBOOK_LINE_BYTES])
{
	struct writer w = { .out = ret_line, .cap = LOGBOOK_LINE_BYTES - strlen(CUT_MARK) };
	bool too_long = len >= LOG_LINE_BYTES;
	size_t taken = too_long ? LOG_LINE_BYTES - 1 : len;
	struct reader r = { .at = bytes, .end = (const char *)bytes + taken };
	enum log_level level;

	put_stamp(&w, wall_ms, origin);
	bool ours = read_level(&r, &level);
	put_field(&w, "lvl", log_level_name(level), strlen(log_level_name(level)));
	if (ours)
		put_fields(&w, &r);
	else
		put_field(&w, "msg", bytes, taken);
	if (w.cut || too_long) {
		w.cut = false;
		w.cap = LOGBOOK_LINE_BYTES;
		put_text(&w, CUT_MARK);
	}
	return w.used;
}

const char *
logline_plain(const void *bytes, size_t len, char *ret_text, size_t cap)
{
	const unsigned char *at = bytes, *end = at + len;
	size_t used = 0;

	while (at < end) {
		char piece[5];
		size_t taken = log_harmless_bytes(at, (size_t)(end - at)), n = taken;
		if (taken > 0) {
			memcpy(piece, at, taken);
		} else {
			taken = 1;
			n = 4;
			str_format(piece, sizeof piece, "\\x%02x", *at);
		}
		if (used + n >= cap)
			break;
		memcpy(ret_text + used, piece, n);
		used += n;
		at += taken;
	}
	ret_text[used] = '\0';
	return ret_text;
}

bool
logline_message(const void *bytes, size_t len, enum log_level *ret_level, char *ret_text, size_t cap)
{
	size_t taken = len < LOG_LINE_BYTES ? len : LOG_LINE_BYTES - 1;
	struct reader r = { .at = bytes, .end = (const char *)bytes + taken };
	struct field field;

	ret_text[0] = '\0';
	if (!read_level(&r, ret_level)) {
		logline_plain(bytes, taken, ret_text, cap);
		return taken > 0;
	}
	while (read_field(&r, &field)) {
		if (strcmp(field.name, "msg") != 0)
			continue;
		logline_plain(field.value, field.len_bytes, ret_text, cap);
		return field.len_bytes > 0;
	}
	return false;
}
