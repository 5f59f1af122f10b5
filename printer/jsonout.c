/*
 * jsonout: see jsonout.h. Every function first asks for the room that it needs at most; a writer that was refused
 * once stays full.
 */
#include "printer/jsonout.h"

#include <math.h>
#include <string.h>

#define ESCAPE_MAX_BYTES 6 /* \u0000 */
#define NUMBER_MAX 1e9
#define DECIMALS 100000
#define DAY_MS INT64_C(86400000)
#define YEAR_10000_MS INT64_C(253402300800000)

void
jsonout_init(struct jsonout *out, char *to, size_t cap)
{
	*out = (struct jsonout){ .start = to, .at = to, .end = cap > 0 ? to + cap - 1 : to, .is_full = cap == 0 };
}

size_t
jsonout_finish(struct jsonout *out)
{
	if (out->is_full)
		return 0;
	*out->at = '\0';
	return (size_t)(out->at - out->start);
}

/* `bytes` of one value, after the comma that it may need. */
static void
put(struct jsonout *out, const char *bytes, size_t len)
{
	if (out->is_full || (size_t)(out->end - out->at) < len + out->needs_comma) {
		out->is_full = true;
		return;
	}
	if (out->needs_comma)
		*out->at++ = ',';
	memcpy(out->at, bytes, len);
	out->at += len;
}

static void
put_value(struct jsonout *out, const char *bytes, size_t len)
{
	put(out, bytes, len);
	out->needs_comma = true;
}

void
jsonout_open(struct jsonout *out, char bracket)
{
	put(out, &bracket, 1);
	out->needs_comma = false;
}

void
jsonout_close(struct jsonout *out, char bracket)
{
	out->needs_comma = false;
	put_value(out, &bracket, 1);
}

void
jsonout_key_of(struct jsonout *out, const char *name, size_t len)
{
	if (out->is_full || (size_t)(out->end - out->at) < len + 4) {
		/* The value of this key needs a byte more, so the fourth one is no loss where there is no comma. */
		out->is_full = true;
		return;
	}
	if (out->needs_comma)
		*out->at++ = ',';
	*out->at++ = '"';
	memcpy(out->at, name, len);
	out->at += len;
	*out->at++ = '"';
	*out->at++ = ':';
	out->needs_comma = false;
}

/* -- texts --------------------------------------------------------------------------------------- */

/* Length of the well-formed character at `s`; 0 when it is none. The NUL at the end is no continuation. */
static size_t
utf8_length(const unsigned char *s)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	if (s[0] == 0xe0)
		low = 0xa0; /* shortest form */
	else if (s[0] == 0xed)
		high = 0x9f; /* no surrogates */
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f; /* up to U+10FFFF */
	if (len == 0 || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return len;
}

static size_t
escape_ascii(unsigned char c, char *to)
{
	static const char hex[] = "0123456789abcdef";
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* the character, then its letter */

	to[0] = '\\';
	for (size_t i = 0; i + 1 < sizeof shorts; i += 2)
		if ((unsigned char)shorts[i] == c) {
			to[1] = shorts[i + 1];
			return 2;
		}
	memcpy(to + 1, "u00", 3);
	to[4] = hex[c >> 4];
	to[5] = hex[c & 15];
	return ESCAPE_MAX_BYTES;
}

/* The character at `s` as it goes out; `ret_taken` is what it took of `s`. */
static size_t
escape(const unsigned char *s, char *to, size_t *ret_taken)
{
	*ret_taken = 1;
	if (s[0] < 0x80)
		return escape_ascii(s[0], to);
	size_t len = utf8_length(s);
	if (len == 0) {
		memcpy(to, "\xef\xbf\xbd", 3);
		return 3;
	}
	*ret_taken = len;
	/* A line end for JavaScript before 2019: a page that takes JSON for script would break here. */
	if (len == 3 && s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9)) {
		memcpy(to, s[2] == 0xa8 ? "\\u2028" : "\\u2029", ESCAPE_MAX_BYTES);
		return ESCAPE_MAX_BYTES;
	}
	memcpy(to, s, len);
	return len;
}

static bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* As much of `from` as needs no escape, at most `most` bytes; returns how much that was. */
static size_t
put_plain(struct jsonout *out, const unsigned char *from, size_t most)
{
	size_t room = out->is_full ? 0 : (size_t)(out->end - out->at), run = 0;

	for (; run < most && is_plain(from[run]); run++) {
		if (run == room) {
			out->is_full = true;
			return run;
		}
		out->at[run] = (char)from[run];
	}
	out->at += run;
	return run;
}

void
jsonout_text(struct jsonout *out, const char *text, size_t max_bytes)
{
	const unsigned char *from = (const unsigned char *)text;
	char escaped[ESCAPE_MAX_BYTES];
	size_t left = max_bytes;

	put(out, "\"", 1);
	out->needs_comma = false;
	for (;;) {
		size_t taken, run = put_plain(out, from, left);
		from += run;
		left -= run;
		if (*from == '\0' || left == 0 || out->is_full)
			break;
		size_t len = escape(from, escaped, &taken);
		if (len > left)
			break;
		put(out, escaped, len);
		from += taken;
		left -= len;
	}
	put_value(out, "\"", 1);
}

void
jsonout_known_text(struct jsonout *out, const char *text, size_t max_bytes)
{
	if (text == NULL || text[0] == '\0')
		jsonout_null(out);
	else
		jsonout_text(out, text, max_bytes);
}

void
jsonout_word(struct jsonout *out, const char *word)
{
	if (word == NULL || word[0] == '\0') {
		jsonout_null(out);
		return;
	}
	put(out, "\"", 1);
	out->needs_comma = false;
	put(out, word, strlen(word));
	put_value(out, "\"", 1);
}

/* -- numbers ---------------------------------------------------------------------------------------- */

/* Decimal digits of `value`, at least `least` of them, so that they end before `end`. */
static char *
digits(char *end, uint64_t value, int least)
{
	while (value > 0 || least > 0) {
		*--end = (char)('0' + value % 10);
		value /= 10;
		least--;
	}
	return end;
}

void
jsonout_int(struct jsonout *out, int64_t value)
{
	char text[24], *end = text + sizeof text;
	char *start = digits(end, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 1);

	if (value < 0)
		*--start = '-';
	put_value(out, start, (size_t)(end - start));
}

void
jsonout_known_int(struct jsonout *out, int32_t value)
{
	if (value == STATE_UNKNOWN)
		jsonout_null(out);
	else
		jsonout_int(out, value);
}

bool
jsonout_is_number(double value)
{
	return fabs(value) <= NUMBER_MAX; /* false for NaN too */
}

void
jsonout_number(struct jsonout *out, double value)
{
	char text[32], *end = text + sizeof text;

	if (!jsonout_is_number(value)) {
		jsonout_null(out);
		return;
	}
	/* Half away from zero by hand: llround would raise inexact for each value. */
	uint64_t scaled = (uint64_t)(fabs(value) * DECIMALS + 0.5);
	uint64_t decimals = scaled % DECIMALS;
	if (decimals == 0) {
		jsonout_int(out, (value < 0 ? -1 : 1) * (int64_t)(scaled / DECIMALS));
		return;
	}
	int count = 5;
	for (; decimals % 10 == 0; count--)
		decimals /= 10;
	char *start = digits(end, decimals, count);
	*--start = '.';
	start = digits(start, scaled / DECIMALS, 1);
	if (value < 0)
		*--start = '-';
	put_value(out, start, (size_t)(end - start));
}

void
jsonout_bool(struct jsonout *out, bool value)
{
	if (value)
		put_value(out, "true", 4);
	else
		put_value(out, "false", 5);
}

void
jsonout_tri(struct jsonout *out, enum tri value)
{
	if (value == TRI_UNKNOWN)
		jsonout_null(out);
	else
		jsonout_bool(out, value == TRI_YES);
}

void
jsonout_null(struct jsonout *out)
{
	put_value(out, "null", 4);
}

void
jsonout_json(struct jsonout *out, const char *json)
{
	put_value(out, json, strlen(json));
}

/* -- times -------------------------------------------------------------------------------------------- */

/* Year, month and day of a day since 1970, by counting years from 1 March of the year 0, so that a leap day is the
 * last of its year (proleptic Gregorian calendar: 400 years are 146097 days). */
static void
civil_date(int64_t days, unsigned *ret_year, unsigned *ret_month, unsigned *ret_day)
{
	unsigned since = (unsigned)(days + 719468);
	unsigned era = since / 146097, day_of_era = since % 146097;
	unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned month = (5 * day_of_year + 2) / 153; /* 0 is March */

	*ret_day = day_of_year - (153 * month + 2) / 5 + 1;
	*ret_month = month < 10 ? month + 3 : month - 9;
	*ret_year = era * 400 + year_of_era + (month >= 10);
}

void
jsonout_time(struct jsonout *out, int64_t ms)
{
	char text[] = "\"0000-00-00T00:00:00.000Z\"";
	unsigned year, month, day;

	if (ms <= 0 || ms >= YEAR_10000_MS) {
		jsonout_null(out);
		return;
	}
	civil_date(ms / DAY_MS, &year, &month, &day);
	uint64_t rest = (uint64_t)(ms % DAY_MS);
	digits(text + 5, year, 4);
	digits(text + 8, month, 2);
	digits(text + 11, day, 2);
	digits(text + 14, rest / 3600000, 2);
	digits(text + 17, rest / 60000 % 60, 2);
	digits(text + 20, rest / 1000 % 60, 2);
	digits(text + 24, rest % 1000, 3);
	put_value(out, text, sizeof text - 1);
}
