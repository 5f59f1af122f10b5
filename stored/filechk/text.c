/*
 * text: see text.h.
 */
#include "stored/filechk/text.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"

#define NUMBER_MAX_BYTES 40
#define DAYS_MAX 365

/* The length of the character at `from`; 0 when there is none. */
static size_t
character_len(const char *from, size_t len)
{
	for (size_t n = 1; n <= 4 && n <= len; n++)
		if (str_valid_utf8(from, n))
			return n;
	return 0;
}

void
text_clean(char *to, size_t cap, const char *from, size_t len)
{
	size_t used = 0;

	while (len > 0) {
		size_t n = log_harmless_bytes((const unsigned char *)from, len), what_len = n;
		const char *what = from;
		if (n == 0) {
			n = character_len(from, len);
			what = n > 0 ? " " : "\xef\xbf\xbd";
			what_len = strlen(what);
			n += n == 0;
		}
		from += n;
		len -= n;
		if (*what == ' ' && (used == 0 || to[used - 1] == ' '))
			continue;
		if (used + what_len >= cap)
			break;
		memcpy(to + used, what, what_len);
		used += what_len;
	}
	used -= used > 0 && to[used - 1] == ' ';
	to[used] = '\0';
}

void
text_word(char *to, size_t cap, const char *from, size_t len)
{
	to[0] = '\0';
	if (len >= cap)
		return;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)from[i]) && strchr("-_.+ ", from[i]) == NULL)
			return;
	memcpy(to, from, len);
	to[len] = '\0';
}

static void
cut_blanks(const char **from, size_t *len)
{
	while (*len > 0 && strchr(" \t\r\n", **from) != NULL && **from != '\0')
		(*from)++, (*len)--;
	while (*len > 0 && strchr(" \t\r\n", (*from)[*len - 1]) != NULL && (*from)[*len - 1] != '\0')
		(*len)--;
}

bool
text_number(const char *from, size_t len, double max, double *ret_number)
{
	char copy[NUMBER_MAX_BYTES + 1], *end;

	cut_blanks(&from, &len);
	if (len == 0 || len > NUMBER_MAX_BYTES)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)from[i]) && (from[i] == '\0' || strchr("+.eE-", from[i]) == NULL))
			return false;
	memcpy(copy, from, len);
	copy[len] = '\0';
	double number = strtod(copy, &end);
	if (*end != '\0' || !isfinite(number) || !(number >= 0 && number <= max))
		return false;
	*ret_number = number;
	return true;
}

bool
text_whole(const char *from, size_t len, uint32_t max, uint32_t *ret_number)
{
	uint64_t number = 0;

	cut_blanks(&from, &len);
	if (len == 0 || len > 10)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)from[i]))
			return false;
		number = 10 * number + (uint64_t)(from[i] - '0');
	}
	if (number > max)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

int64_t
text_duration(const char *from, size_t len)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };
	size_t unit = 0;
	int64_t sum = 0;

	cut_blanks(&from, &len);
	for (size_t i = 0; i < len;) {
		size_t digits = 0;
		uint32_t number;
		while (i + digits < len && isdigit((unsigned char)from[i + digits]))
			digits++;
		if (i + digits >= len || !text_whole(from + i, digits, DAYS_MAX * 86400, &number))
			return -1;
		while (unit < STR_ARRAY_LEN(units) && units[unit].unit != from[i + digits])
			unit++;
		if (unit == STR_ARRAY_LEN(units))
			return -1;
		sum += number * units[unit++].seconds;
		for (i += digits + 1; i < len && from[i] == ' ';)
			i++;
	}
	return len > 0 && sum <= (int64_t)DAYS_MAX * 86400 ? sum : -1;
}

void
text_color(char ret_color[9], const char *from, size_t len)
{
	ret_color[0] = '\0';
	cut_blanks(&from, &len);
	if ((len != 7 && len != 9) || from[0] != '#')
		return;
	for (size_t i = 1; i < len; i++)
		if (!isxdigit((unsigned char)from[i]))
			return;
	memcpy(ret_color, "000000FF", 9);
	for (size_t i = 1; i < len; i++)
		ret_color[i - 1] = (char)toupper((unsigned char)from[i]);
}

bool
text_list_next(struct text_list *list)
{
	if (list->at == NULL || list->at >= list->end)
		return false;
	const char *stop = memchr(list->at, list->separator, (size_t)(list->end - list->at));
	list->part = list->at;
	list->part_len = (size_t)((stop != NULL ? stop : list->end) - list->at);
	list->at = stop != NULL ? stop + 1 : NULL;
	cut_blanks(&list->part, &list->part_len);
	return true;
}
