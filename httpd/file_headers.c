/*
 * file_headers: names, ranges, keys.
 */
#include "httpd/file_headers.h"

#include <string.h>

#include "common/str.h"

static const char hex_digits[] = "0123456789ABCDEF";

/* -- names that come in ---------------------------------------------------------------------------------- */

static int
hex_value(char c)
{
	const char *at = c != '\0' ? strchr(hex_digits, c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c) : NULL;

	return at != NULL ? (int)(at - hex_digits) : -1;
}

/* False: not well-formed, or more than `cap` - 1 bytes. */
static bool
decode(const char *text, bool percent, char *to, size_t cap)
{
	size_t len = 0;

	for (; *text != '\0'; text++) {
		int c = (unsigned char)*text;
		if (percent && c == '%') {
			int high = hex_value(text[1]), low = high >= 0 ? hex_value(text[2]) : -1;
			c = low >= 0 ? high << 4 | low : 0;
			text += 2;
		}
		if (c == 0 || len + 1 >= cap)
			return false;
		to[len++] = (char)c;
	}
	to[len] = '\0';
	return str_valid_utf8(to, len);
}

static bool
has_controls(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

/* Some programs say where the file lay, by either kind of slash. */
static const char *
without_folders(const char *path)
{
	const char *name = path;

	for (; *path != '\0'; path++)
		if (*path == '/' || *path == '\\')
			name = path + 1;
	return name;
}

bool
file_name_read(const char *text, bool percent, char ret_name[FILE_NAME_BYTES], const char **ret_fault)
{
	char path[2048];

	ret_name[0] = '\0';
	*ret_fault = "The file's name is not well-formed: it must be UTF-8, in a header percent-encoded.";
	if (!decode(text, percent, path, sizeof path))
		return false;
	const char *name = without_folders(path);
	*ret_fault = "The file's name has control characters.";
	if (has_controls(name))
		return false;
	*ret_fault = "The file's name is empty.";
	if (name[strspn(name, " .")] == '\0')
		return false;
	*ret_fault = "The file's name has more than 200 bytes.";
	if (strlen(name) >= FILE_NAME_BYTES)
		return false;
	str_copy(ret_name, FILE_NAME_BYTES, name);
	*ret_fault = NULL;
	return true;
}

/* -- names that go out ----------------------------------------------------------------------------------- */

#define ALWAYS_PLAIN "!#$&+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" /* RFC 8187, attr-char */

void
file_disposition(const char *name, char ret_text[FILE_DISPOSITION_BYTES])
{
	char *to = ret_text, *end = ret_text + FILE_DISPOSITION_BYTES - 4; /* the longest step and the end */

	str_copy(ret_text, FILE_DISPOSITION_BYTES, "attachment; filename=\"");
	to += strlen(to);
	for (const char *at = name; *at != '\0' && to < end; at++)
		*to++ = *at >= 0x20 && *at < 0x7f && strchr("\"\\%", *at) == NULL ? *at : '_';
	*to = '\0';
	str_format(to, (size_t)(ret_text + FILE_DISPOSITION_BYTES - to), "\"; filename*=UTF-8''");
	to += strlen(to);
	for (const char *at = name; *at != '\0' && to < end; at++) {
		if (strchr(ALWAYS_PLAIN, *at) != NULL) {
			*to++ = *at;
			continue;
		}
		*to++ = '%';
		*to++ = hex_digits[(unsigned char)*at >> 4];
		*to++ = hex_digits[(unsigned char)*at & 15];
	}
	*to = '\0';
}

/* -- ranges ------------------------------------------------------------------------------------------------ */

/* Digits, and what follows them. False: there are none, or too many. */
static bool
read_number(const char **at, uint64_t *ret_number)
{
	size_t len = strspn(*at, "0123456789");

	*ret_number = 0;
	if (len == 0 || len > 18)
		return false;
	for (size_t i = 0; i < len; i++)
		*ret_number = 10 * *ret_number + (uint64_t)((*at)[i] - '0');
	*at += len;
	return true;
}

enum file_range
file_range_read(const char *text, uint64_t size, uint64_t *ret_from, uint64_t *ret_len)
{
	uint64_t first, last = UINT64_MAX;

	*ret_from = 0;
	*ret_len = size;
	if (text == NULL || strncmp(text, "bytes=", 6) != 0)
		return FILE_RANGE_WHOLE;
	text += 6;
	bool is_tail = *text == '-';
	text += is_tail;
	if (!read_number(&text, &first) || (!is_tail && *text++ != '-'))
		return FILE_RANGE_WHOLE;
	if (!is_tail && *text != '\0' && (!read_number(&text, &last) || last < first))
		return FILE_RANGE_WHOLE;
	if (*text != '\0')
		return FILE_RANGE_WHOLE;
	if (is_tail ? first == 0 || size == 0 : first >= size)
		return FILE_RANGE_NONE;
	if (is_tail)
		first = first < size ? size - first : 0;
	*ret_from = first;
	*ret_len = (last < size ? last + 1 : size) - first;
	return FILE_RANGE_PART;
}

/* -- keys --------------------------------------------------------------------------------------------------- */

bool
file_key_is_fine(const char *text)
{
	size_t len = strnlen(text, FILE_KEY_MAX_BYTES + 1);

	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return len >= 1 && len <= FILE_KEY_MAX_BYTES;
}
