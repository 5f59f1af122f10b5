/*
 * show: escaping, widths, wrapping, tones. Tables are in table.c.
 */
#include "fusectl/show.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

#define LEAST_WIDTH 40 /* narrower terminals are treated as this wide: words would stand alone */

void
show_init(struct show *show, FILE *out)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct winsize size = { 0 };

	*show = (struct show){ .out = out };
	if (!isatty(fileno(out)))
		return;
	bool dumb = term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
	show->colour = !dumb && (no_color == NULL || no_color[0] == '\0');
	show->ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	show->width = 80;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		show->width = size.ws_col < LEAST_WIDTH ? LEAST_WIDTH : size.ws_col;
}

char *
show_safe(const struct show *show, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	char *text = malloc(4 * len + 1), *to = text;

	ENSURE(text != NULL);
	while (len > 0) {
		size_t n = show->ascii && *p >= 0x80 ? 0 : log_harmless_bytes(p, len);
		if (n > 0) {
			memcpy(to, p, n);
			to += n;
		} else {
			memcpy(to, "\\x", 2);
			str_hex(p, 1, to + 2);
			to += 4;
			n = 1;
		}
		p += n;
		len -= n;
	}
	*to = '\0';
	return text;
}

/* The code point at `p`, which is well-formed UTF-8. */
static wchar_t
code_point(const unsigned char *p, size_t *ret_bytes)
{
	size_t more = p[0] < 0x80 ? 0 : p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
	wchar_t point = more == 0 ? p[0] : p[0] & (0x3f >> more);

	for (size_t i = 1; i <= more; i++)
		point = point << 6 | (p[i] & 0x3f);
	*ret_bytes = more + 1;
	return point;
}

size_t
show_columns(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t columns = 0, bytes;

	for (; *p != '\0'; p += bytes) {
		int width = wcwidth(code_point(p, &bytes));
		columns += width < 0 ? 1 : (size_t)width;
	}
	return columns;
}

void
show_text(const struct show *show, enum show_tone tone, const char *text)
{
	static const char *const codes[] = { "", "32", "33", "31", "2", "1" };
	bool coloured = show->colour && tone != TONE_PLAIN;
	char *safe = show_safe(show, text, strlen(text));

	if (coloured)
		fprintf(show->out, "\033[%sm%s\033[0m", codes[tone], safe);
	else
		fputs(safe, show->out);
	free(safe);
}

/* Columns of the `len` bytes at `at`. */
static size_t
columns_of(const char *at, size_t len)
{
	char *copy = strndup(at, len);

	ENSURE(copy != NULL);
	size_t columns = show_columns(copy);
	free(copy);
	return columns;
}

void
show_wrapped(const struct show *show, unsigned indent, size_t used, const char *text)
{
	char *safe = show_safe(show, text, strlen(text));
	size_t column = used, word;

	for (const char *at = safe;; at += word) {
		size_t gap = strspn(at, " ");
		at += gap;
		word = strcspn(at, " ");
		if (word == 0)
			break;
		size_t columns = columns_of(at, word);
		bool fits = show->width == 0 || column <= indent || column + gap + columns <= show->width;
		if (column == 0 && gap < indent)
			gap = indent;
		if (!fits) {
			fputc('\n', show->out);
			column = 0;
			gap = indent;
		}
		fprintf(show->out, "%*s%.*s", (int)gap, "", (int)word, at);
		column += gap + columns;
	}
	fputc('\n', show->out);
	free(safe);
}

void
show_duration(int64_t ms, char ret_text[SHOW_WORDS_BYTES])
{
	static const struct { int64_t seconds; const char *unit, *smaller_unit; int64_t smaller; } steps[] = {
		{ 86400, "d", "h", 3600 },
		{ 3600, "h", "min", 60 },
		{ 60, "min", "s", 1 },
	};
	int64_t seconds = ms < 0 ? 0 : ms / 1000;

	for (size_t i = 0; i < STR_ARRAY_LEN(steps); i++) {
		if (seconds < steps[i].seconds)
			continue;
		long long whole = seconds / steps[i].seconds;
		long long rest = seconds % steps[i].seconds / steps[i].smaller;
		if (rest != 0)
			str_format(ret_text, SHOW_WORDS_BYTES, "%lld %s %lld %s", whole, steps[i].unit, rest,
				   steps[i].smaller_unit);
		else
			str_format(ret_text, SHOW_WORDS_BYTES, "%lld %s", whole, steps[i].unit);
		return;
	}
	str_format(ret_text, SHOW_WORDS_BYTES, "%lld s", (long long)seconds);
}

void
show_size(uint64_t bytes, char ret_text[SHOW_WORDS_BYTES])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double size = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		str_format(ret_text, SHOW_WORDS_BYTES, "%llu bytes", (unsigned long long)bytes);
		return;
	}
	/* 1023.95 would be shown as 1024.0. */
	while (size >= 1023.95 && unit + 1 < STR_ARRAY_LEN(units)) {
		size /= 1024;
		unit++;
	}
	str_format(ret_text, SHOW_WORDS_BYTES, "%.1f %s", size, units[unit]);
}
