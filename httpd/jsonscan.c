/*
 * jsonscan: one pass, nothing kept.
 */
#include "httpd/jsonscan.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool
is_hex4(const char *text, size_t len, size_t at)
{
	if (at + 4 > len)
		return false;
	for (size_t i = at; i < at + 4; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

size_t
jsonscan_text(const char *text, size_t len, size_t at)
{
	if (at >= len || text[at] != '"')
		return 0;
	for (at++; at < len; at++) {
		unsigned char c = (unsigned char)text[at];
		if (c == '"')
			return at + 1;
		if (c < 0x20)
			return 0;
		if (c != '\\')
			continue;
		if (++at >= len || memchr("\"\\/bfnrtu", text[at], 9) == NULL)
			return 0;
		if (text[at] == 'u' && !is_hex4(text, len, at + 1))
			return 0;
	}
	return 0;
}

static size_t
scan_digits(const char *text, size_t len, size_t at)
{
	size_t start = at;

	while (at < len && text[at] >= '0' && text[at] <= '9')
		at++;
	return at > start ? at : 0;
}

static size_t
scan_number(const char *text, size_t len, size_t at)
{
	at += text[at] == '-';
	size_t end = scan_digits(text, len, at);
	if (end == 0 || (text[at] == '0' && end > at + 1))
		return 0;
	if (end < len && text[end] == '.')
		end = scan_digits(text, len, end + 1);
	if (end == 0 || end >= len || (text[end] != 'e' && text[end] != 'E'))
		return end;
	end++;
	end += end < len && (text[end] == '+' || text[end] == '-');
	return scan_digits(text, len, end);
}

static size_t
scan_word(const char *text, size_t len, size_t at)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < 3; i++) {
		size_t word_len = strlen(words[i]);
		if (len - at >= word_len && memcmp(text + at, words[i], word_len) == 0)
			return at + word_len;
	}
	return 0;
}

/* From its bracket to the one that closes it. */
static size_t
scan_nest(const char *text, size_t len, size_t at, unsigned depth_max)
{
	bool is_object = text[at] == '{';
	char closing = is_object ? '}' : ']';

	if (depth_max == 0)
		return 0;
	if (at + 1 < len && text[at + 1] == closing)
		return at + 2;
	do {
		at++; /* the bracket, or the comma */
		if (is_object) {
			at = jsonscan_text(text, len, at);
			if (at == 0 || at >= len || text[at++] != ':')
				return 0;
		}
		at = jsonscan_value(text, len, at, depth_max - 1);
		if (at == 0 || at >= len)
			return 0;
	} while (text[at] == ',');
	return text[at] == closing ? at + 1 : 0;
}

size_t
jsonscan_value(const char *text, size_t len, size_t at, unsigned depth_max)
{
	if (at >= len)
		return 0;
	switch (text[at]) {
	case '{':
	case '[':
		return scan_nest(text, len, at, depth_max);
	case '"':
		return jsonscan_text(text, len, at);
	case 't':
	case 'f':
	case 'n':
		return scan_word(text, len, at);
	default:
		return text[at] == '-' || (text[at] >= '0' && text[at] <= '9') ? scan_number(text, len, at) : 0;
	}
}
