/*
 * report_values: one value into one field, whatever its type: firmwares write 0, "0" and false for the same thing.
 * What does not fit is as if it had not been told.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "printer/report_inner.h"

#define LITERAL_MAX 63 /* longer numbers are no numbers of a printer's */

/* All decimal digits, up to 18 of them: the usual case, without the library. */
static bool
plain_int(const struct value *value, int64_t *ret)
{
	bool negative = value->len > 0 && value->bytes[0] == '-';
	size_t i = negative;
	int64_t number = 0;

	if (value->len == i || value->len - i > 18)
		return false;
	for (; i < value->len; i++) {
		unsigned digit = (unsigned)value->bytes[i] - '0';
		if (digit > 9)
			return false;
		number = number * 10 + (int64_t)digit;
	}
	*ret = negative ? -number : number;
	return true;
}

/* Finite, decimal. */
static bool
value_double(const struct value *value, double *ret)
{
	char literal[LITERAL_MAX + 1];
	char *end;
	int64_t whole;

	if (value->kind == VALUE_TRUTH) {
		*ret = value->truth;
		return true;
	}
	if (value->kind == VALUE_NULL || value->len == 0 || value->len > LITERAL_MAX)
		return false;
	if (plain_int(value, &whole)) {
		*ret = (double)whole;
		return true;
	}
	memcpy(literal, value->bytes, value->len);
	literal[value->len] = '\0';
	if (strspn(literal, "0123456789+-.eE") != value->len)
		return false;
	double number = strtod(literal, &end);
	if (*end != '\0' || !isfinite(number))
		return false;
	*ret = number;
	return true;
}

bool
value_int(const struct value *value, int64_t low, int64_t high, int64_t *ret)
{
	double number;
	int64_t whole;

	if (value->kind < VALUE_NUMBER || !plain_int(value, &whole)) {
		if (!value_double(value, &number) || !(fabs(number) < 1e18))
			return false;
		whole = (int64_t)rint(number);
	}
	if (whole < low || whole > high)
		return false;
	*ret = whole;
	return true;
}

static bool
take_int(int32_t *to, const struct field_row *row, const struct value *value)
{
	int64_t number;

	if (!value_int(value, row->low, row->high, &number))
		return false;
	*to = (int32_t)number;
	return true;
}

/* Less than the least means "none": a remainder of -1, a humidity of 0. */
static bool
take_int_or_none(int32_t *to, const struct field_row *row, const struct value *value)
{
	int64_t number;

	if (!value_int(value, INT32_MIN, row->high, &number))
		return false;
	*to = number < row->low ? STATE_UNKNOWN : (int32_t)number;
	return true;
}

/* Firmwares write the same 32 bits signed or unsigned. */
static bool
take_u32(uint32_t *to, const struct value *value)
{
	int64_t number;

	if (!value_int(value, INT32_MIN, UINT32_MAX, &number))
		return false;
	*to = (uint32_t)number;
	return true;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A text is hexadecimal; a number is itself. */
static bool
take_hex(uint64_t *to, const struct value *value)
{
	uint64_t bits = 0;
	int64_t number;

	if (value->kind == VALUE_NUMBER) {
		if (!value_int(value, 0, INT64_MAX, &number))
			return false;
		*to = (uint64_t)number;
		return true;
	}
	if (value->kind != VALUE_TEXT || value->len == 0 || value->len > 16)
		return false;
	for (size_t i = 0; i < value->len; i++) {
		int digit = hex_digit(value->bytes[i]);
		if (digit < 0)
			return false;
		bits = bits << 4 | (uint64_t)digit;
	}
	*to = bits;
	return true;
}

static bool
take_double(double *to, const struct field_row *row, const struct value *value)
{
	double number;

	if (!value_double(value, &number) || number < row->low || number > row->high)
		return false;
	*to = number;
	return true;
}

/* A sensor that is not there says 0.0. */
static bool
take_sensor(double *to, const struct field_row *row, const struct value *value)
{
	if (!take_double(to, row, value))
		return false;
	if (fpclassify(*to) == FP_ZERO)
		*to = NAN;
	return true;
}

static bool
is_text(const struct value *value, const char *text)
{
	return value->kind == VALUE_TEXT && value->len == strlen(text) &&
	       strncasecmp(value->bytes, text, value->len) == 0;
}

static bool
take_tri(enum tri *to, const struct value *value)
{
	int64_t number;

	if (is_text(value, "true") || is_text(value, "false"))
		*to = is_text(value, "true") ? TRI_YES : TRI_NO;
	else if (value_int(value, 0, 1, &number))
		*to = number != 0 ? TRI_YES : TRI_NO;
	else
		return false;
	return true;
}

/* A number is taken as it is written; a truth is no text. */
static bool
take_text(char *to, size_t cap, const struct value *value)
{
	if (value->kind != VALUE_TEXT && value->kind != VALUE_NUMBER)
		return false;
	report_text_copy(to, cap, value->bytes, value->len);
	return true;
}

/* The first section's command describes the message. */
static bool
take_command(struct report *report, const struct field_row *row, const struct value *value)
{
	if (report->summary.command[0] != '\0')
		return true;
	return take_text((char *)report + row->offset, row->size, value);
}

/* `camera` answers with a number, 0 for success. Every word but "success" is a failure. */
static bool
take_result(enum report_result *to, const struct value *value)
{
	int64_t number;
	bool success;

	if (value->kind == VALUE_NULL)
		return true;
	if (value->kind == VALUE_TRUTH)
		success = value->truth;
	else if (value_int(value, INT64_MIN, INT64_MAX, &number))
		success = number == 0;
	else
		success = is_text(value, "success");
	/* Of several, the failure counts. */
	if (*to != REPORT_RESULT_FAIL)
		*to = success ? REPORT_RESULT_SUCCESS : REPORT_RESULT_FAIL;
	return true;
}

static bool
take_gcode_state(struct report *report, const struct value *value)
{
	static const char *const words[] = {
#define X(NAME, text) text,
		GCODE_STATES(X)
#undef X
	};
	char text[sizeof report->state.gcode_state_text];

	if (value->kind != VALUE_TEXT || report_text_copy(text, sizeof text, value->bytes, value->len) == 0)
		return false;
	report->state.gcode_state = GCODE_STATE_OTHER;
	for (unsigned i = 0; i < STR_ARRAY_LEN(words); i++) {
		if (strcasecmp(words[i], text) == 0)
			report->state.gcode_state = (enum gcode_state)i;
	}
	memcpy(report->state.gcode_state_text, text, sizeof text);
	return true;
}

static bool
take_sdcard(enum storage_state *to, const struct value *value)
{
	static const struct { const char *word; enum storage_state storage; } words[] = {
		{ "HAS_SDCARD_NORMAL", STORAGE_NORMAL }, { "NO_SDCARD", STORAGE_NONE },
		{ "HAS_SDCARD_ABNORMAL", STORAGE_ABNORMAL }, { "HAS_SDCARD_READONLY", STORAGE_READ_ONLY },
	};
	enum tri there;

	for (unsigned i = 0; i < STR_ARRAY_LEN(words); i++) {
		if (is_text(value, words[i].word)) {
			*to = words[i].storage;
			return true;
		}
	}
	if (!take_tri(&there, value))
		return false;
	*to = there == TRI_YES ? STORAGE_NORMAL : STORAGE_NONE;
	return true;
}

/* "-48dBm" or -48. */
static bool
take_dbm(int32_t *to, const struct field_row *row, const struct value *value)
{
	struct value number = *value;

	if (number.kind == VALUE_TRUTH)
		return false;
	if (number.len > 3 && strncasecmp(number.bytes + number.len - 3, "dBm", 3) == 0)
		number.len -= 3;
	return take_int(to, row, &number);
}

/* Without user and password, should a firmware write them: an access code must not be shown. */
static bool
take_url(char *to, size_t cap, const struct value *value)
{
	if (value->kind != VALUE_TEXT)
		return false;
	const char *end = value->bytes + value->len;
	const char *host = memmem(value->bytes, value->len, "://", 3);
	const char *at = host == NULL ? NULL : memrchr(host, '@', (size_t)(end - host));
	if (at == NULL)
		return take_text(to, cap, value);
	size_t used = report_text_copy(to, cap, value->bytes, (size_t)(host + 3 - value->bytes));
	report_text_copy(to + used, cap - used, at + 1, (size_t)(end - at - 1));
	return true;
}

bool
report_serial_take(char *to, size_t cap, const char *bytes, size_t len)
{
	if (len < 8 || len >= cap)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = bytes[i];
		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
			return false;
	}
	memcpy(to, bytes, len);
	memset(to + len, 0, cap - len);
	return true;
}

/* RRGGBBAA; RRGGBB is opaque; 00000000 and "" say that no colour is set. */
bool
value_color(const struct value *value, char ret[9])
{
	char color[9] = "000000FF";

	if (value->kind < VALUE_NUMBER || (value->len != 0 && value->len != 6 && value->len != 8))
		return false;
	for (size_t i = 0; i < value->len; i++) {
		int digit = hex_digit(value->bytes[i]);
		if (digit < 0)
			return false;
		color[i] = "0123456789ABCDEF"[digit];
	}
	bool is_set = value->len != 0 && strcmp(color, "00000000") != 0;
	memcpy(ret, is_set ? color : "\0\0\0\0\0\0\0\0", sizeof color);
	return true;
}

/* Hexadecimal; all zeros: none. */
static bool
take_tag(char *to, size_t cap, const struct value *value)
{
	bool is_zero = true;

	if (value->kind < VALUE_NUMBER || value->len >= cap)
		return false;
	for (size_t i = 0; i < value->len; i++) {
		if (hex_digit(value->bytes[i]) < 0)
			return false;
		is_zero = is_zero && value->bytes[i] == '0';
	}
	size_t len = is_zero ? 0 : value->len;
	memcpy(to, value->bytes, len);
	memset(to + len, 0, cap - len);
	return true;
}

bool
report_value_take(struct report *report, const struct field_row *row, const struct value *value)
{
	void *to = (char *)report + row->offset;

	if (value->kind == VALUE_NULL && row->kind != KIND_RESULT)
		return false;
	switch ((enum field_kind)row->kind) {
	case KIND_INT: return take_int(to, row, value);
	case KIND_INT_OR_NONE: return take_int_or_none(to, row, value);
	case KIND_INT64: return value_int(value, 0, INT64_MAX, to);
	case KIND_U32: return take_u32(to, value);
	case KIND_HEX: return take_hex(to, value);
	case KIND_DOUBLE: return take_double(to, row, value);
	case KIND_SENSOR: return take_sensor(to, row, value);
	case KIND_TRI: return take_tri(to, value);
	case KIND_TEXT: return take_text(to, row->size, value);
	case KIND_COMMAND: return take_command(report, row, value);
	case KIND_RESULT: return take_result(to, value);
	case KIND_GCODE_STATE: return take_gcode_state(report, value);
	case KIND_SDCARD: return take_sdcard(to, value);
	case KIND_DBM: return take_dbm(to, row, value);
	case KIND_URL: return take_url(to, row->size, value);
	case KIND_SERIAL:
		return value->kind == VALUE_TEXT && report_serial_take(to, row->size, value->bytes, value->len);
	case KIND_COLOR: return value_color(value, to);
	case KIND_TAG: return take_tag(to, row->size, value);
	case KIND_MAP: case KIND_LIST: return false;
	}
	return false;
}
