/*
 * csv: one pass over the bytes; fields are copied, without their quotes, behind one another.
 */
#include "printer/csv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"

struct reader {
	const char *at, *end;
	char separator;
	unsigned line;
	char *to; /* where the next field's text goes */
};

static bool
ends_line(char c)
{
	return c == '\n' || c == '\r';
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Step over one end of line. */
static void
skip_line_end(struct reader *reader)
{
	bool both = reader->at[0] == '\r' && reader->at + 1 < reader->end && reader->at[1] == '\n';

	reader->at += both ? 2 : 1;
	reader->line++;
}

/* The first of ',', ';' and TAB outside of quotes in the first line that is not blank. */
static char
find_separator(const char *at, const char *end)
{
	bool quoted = false;

	for (const char *ahead = at; ahead < end && (ends_line(*ahead) || is_blank(*ahead)); ahead++)
		if (ends_line(*ahead))
			at = ahead + 1;
	for (; at < end && (quoted || !ends_line(*at)); at++) {
		quoted ^= *at == '"';
		if (!quoted && (*at == ',' || *at == ';' || *at == '\t'))
			return *at;
	}
	return ',';
}

/* A field in quotes, from behind the first one. */
static const char *
take_quoted(struct reader *reader)
{
	for (; reader->at < reader->end; reader->at++) {
		char c = *reader->at;
		if (c == '"' && (reader->at + 1 == reader->end || reader->at[1] != '"'))
			break;
		reader->at += c == '"';
		reader->line += c == '\n' || (c == '\r' && (reader->at + 1 == reader->end || reader->at[1] != '\n'));
		*reader->to++ = c;
	}
	if (reader->at == reader->end)
		return "has a quote that never ends";
	reader->at++;
	while (reader->at < reader->end && *reader->at != reader->separator && is_blank(*reader->at))
		reader->at++;
	if (reader->at < reader->end && *reader->at != reader->separator && !ends_line(*reader->at))
		return "goes on behind a closing quote";
	return NULL;
}

static const char *
take_bare(struct reader *reader, const char *start)
{
	const char *fault = NULL;

	while (reader->at < reader->end && *reader->at != reader->separator && !ends_line(*reader->at)) {
		if (*reader->at == '"')
			fault = "has a quote amid a field; double it and put the field in quotes";
		*reader->to++ = *reader->at++;
	}
	while (reader->to > start && is_blank(reader->to[-1]))
		reader->to--;
	return fault;
}

static const char *
check_field(const char *text, size_t len)
{
	if (len > CSV_FIELD_MAX_BYTES)
		return "has a field of more than 512 bytes";
	return str_valid_utf8(text, len) ? NULL : "is not text in UTF-8";
}

/* One field up to its separator, which is left standing. */
static const char *
take_field(struct reader *reader, struct csv_row *row)
{
	char *start = reader->to;

	while (reader->at < reader->end && *reader->at != reader->separator && is_blank(*reader->at))
		reader->at++;
	bool quoted = reader->at < reader->end && *reader->at == '"';
	reader->at += quoted;
	const char *fault = quoted ? take_quoted(reader) : take_bare(reader, start);
	if (fault == NULL)
		fault = check_field(start, (size_t)(reader->to - start));
	if (fault == NULL && row->count == CSV_FIELDS_MAX)
		fault = "has more than 16 fields";
	*reader->to++ = '\0';
	if (fault == NULL)
		row->fields[row->count++] = start;
	return fault;
}

static void
take_row(struct reader *reader, struct csv_row *row)
{
	*row = (struct csv_row){ .line = reader->line };
	for (;;) {
		row->fault = take_field(reader, row);
		if (row->fault != NULL || reader->at == reader->end || *reader->at != reader->separator)
			break;
		reader->at++;
	}
	/* What is left of a line that cannot be read is no row of its own. */
	while (reader->at < reader->end && !ends_line(*reader->at))
		reader->at++;
}

static bool
skip_blank_lines(struct reader *reader)
{
	for (;;) {
		const char *at = reader->at;
		while (at < reader->end && is_blank(*at))
			at++;
		if (at == reader->end)
			return false;
		if (!ends_line(*at))
			return true;
		reader->at = at;
		skip_line_end(reader);
	}
}

bool
csv_parse(const void *bytes, size_t len, struct csv *ret_csv, const char **ret_fault)
{
	struct reader reader = { .at = bytes, .line = 1 };

	*ret_csv = (struct csv){ 0 };
	*ret_fault = NULL;
	if (len > CSV_MAX_BYTES) {
		*ret_fault = "is larger than 1 MiB";
		return false;
	}
	reader.end = reader.at + len;
	if (len >= 3 && memcmp(reader.at, "\xef\xbb\xbf", 3) == 0)
		reader.at += 3;
	reader.separator = find_separator(reader.at, reader.end);
	/* A field takes no more than its own bytes and its separator's, and the last one a NUL. */
	ret_csv->texts_bytes = len + 2;
	ret_csv->texts = reader.to = malloc(ret_csv->texts_bytes);
	ret_csv->rows = calloc(CSV_ROWS_MAX + 1, sizeof *ret_csv->rows);
	ENSURE(ret_csv->texts != NULL && ret_csv->rows != NULL);
	while (skip_blank_lines(&reader)) {
		if (ret_csv->count == CSV_ROWS_MAX + 1) {
			*ret_fault = "has more than 512 rows";
			csv_free(ret_csv);
			return false;
		}
		take_row(&reader, &ret_csv->rows[ret_csv->count++]);
	}
	return true;
}

void
csv_free(struct csv *csv)
{
	if (csv->texts != NULL)
		explicit_bzero(csv->texts, csv->texts_bytes);
	free(csv->texts);
	free(csv->rows);
	*csv = (struct csv){ 0 };
}

const char *
csv_field(const struct csv_row *row, size_t index)
{
	return index < row->count ? row->fields[index] : "";
}
