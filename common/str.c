/*
 * str: bounded strings, UTF-8, hex, numbers.
 */
#include "common/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many of `len` bytes fit into `room`, cut at a character. */
static size_t
fitting(const char *from, size_t len, size_t room)
{
	if (len <= room)
		return len;
	while (room > 0 && ((unsigned char)from[room] & 0xc0) == 0x80)
		room--;
	return room;
}

static bool
append(char *to, size_t cap, size_t *used, const char *from, size_t len)
{
	size_t keep = fitting(from, len, cap - 1 - *used);

	memcpy(to + *used, from, keep);
	*used += keep;
	to[*used] = '\0';
	return keep == len;
}

bool
str_copy(char *to, size_t cap, const char *from)
{
	size_t used = 0;

	return append(to, cap, &used, from, strlen(from));
}

bool
str_format(char *to, size_t cap, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(to, cap, format, args);
	va_end(args);
	return n >= 0 && (size_t)n < cap;
}

/* Length of the well-formed sequence at `p`, 0 when there is none. */
static size_t
utf8_sequence_bytes(const unsigned char *p, size_t left)
{
	static const struct { unsigned char mask, lead; uint32_t least; } forms[] = {
		{ 0x80, 0x00, 0x01 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 },
	};

	for (size_t n = 0; n < STR_ARRAY_LEN(forms); n++) {
		if ((p[0] & forms[n].mask) != forms[n].lead)
			continue;
		if (n + 1 > left)
			return 0;
		uint32_t point = p[0] & (unsigned char)~forms[n].mask;
		for (size_t i = 1; i <= n; i++) {
			if ((p[i] & 0xc0) != 0x80)
				return 0;
			point = point << 6 | (p[i] & 0x3f);
		}
		bool surrogate = point >= 0xd800 && point <= 0xdfff;
		return point >= forms[n].least && point <= 0x10ffff && !surrogate ? n + 1 : 0;
	}
	return 0;
}

/* How many bytes at `p`, eight at a time, are ASCII without NUL: most of what is checked is all of that. */
static size_t
ascii_prefix_bytes(const unsigned char *p, size_t len)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	size_t n = 0;

	for (; len - n >= 8; n += 8) {
		uint64_t eight;
		memcpy(&eight, p + n, 8);
		/* A top bit, or a byte that borrows because it is zero. */
		if (((eight | (eight - ones)) & tops) != 0)
			break;
	}
	return n;
}

bool
str_fill(char *to, size_t cap, const char *pattern, str_value_fn *value_of, const void *arg)
{
	char word[32], scratch[STR_FILL_SCRATCH_BYTES];
	size_t used = 0;

	for (;;) {
		size_t bare = strcspn(pattern, "{");
		if (!append(to, cap, &used, pattern, bare))
			return false;
		pattern += bare;
		if (*pattern == '\0')
			return true;
		size_t len = strcspn(++pattern, "}");
		str_format(word, sizeof word, "%.*s", (int)len, pattern);
		const char *value = value_of(arg, word, scratch);
		if (!append(to, cap, &used, value, strlen(value)))
			return false;
		pattern += len + (pattern[len] == '}');
	}
}

bool
str_valid_utf8(const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	while (len > 0) {
		size_t n = ascii_prefix_bytes(p, len);
		if (n == 0)
			n = utf8_sequence_bytes(p, len);
		if (n == 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

void
str_hex(const void *bytes, size_t len, char *ret_hex)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = bytes;

	for (size_t i = 0; i < len; i++) {
		ret_hex[2 * i] = digits[p[i] >> 4];
		ret_hex[2 * i + 1] = digits[p[i] & 15];
	}
	ret_hex[2 * len] = '\0';
}

bool
str_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
	const char *digits = text[0] == '-' ? text + 1 : text;
	size_t len = strlen(digits);

	*ret_value = 0;
	if (len == 0 || strspn(digits, "0123456789") != len)
		return false;
	errno = 0;
	long long value = strtoll(text, NULL, 10);
	if (errno != 0 || value < min || value > max)
		return false;
	*ret_value = value;
	return true;
}

size_t
str_distance(const char *a, const char *b)
{
	size_t row[64];
	size_t len_a = strlen(a), len_b = strlen(b);

	if (len_a >= STR_ARRAY_LEN(row) || len_b >= STR_ARRAY_LEN(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= len_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[len_b];
}
