/*
 * csv: comma-separated values (RFC 4180), as spreadsheets write them. Pure.
 *
 * Taken beyond the RFC: a byte order mark, any mixture of CR LF, LF and CR, blank lines, blanks around a field
 * without quotes, and ';' or TAB in place of ',' when the first line has one of them first.
 * The bytes may be secrets: csv_free() overwrites them.
 */
#ifndef FUSE_PRINTER_CSV_H
#define FUSE_PRINTER_CSV_H

#include <stdbool.h>
#include <stddef.h>

#define CSV_MAX_BYTES (1024 * 1024)
#define CSV_ROWS_MAX 512   /* below the header */
#define CSV_FIELDS_MAX 16
#define CSV_FIELD_MAX_BYTES 512

struct csv_row {
	unsigned line;      /* where it begins, from 1 */
	size_t count;
	const char *fields[CSV_FIELDS_MAX]; /* UTF-8 without NUL; good until csv_free() */
	const char *fault;  /* NULL, or why the row cannot be read: "has a quote that never ends". Static storage */
};

struct csv {
	struct csv_row *rows;
	size_t count;
	char *texts;
	size_t texts_bytes;
};

/* Read `len` bytes. A row that cannot be read is kept with its fault. False, with the reason in `ret_fault` (static
 * storage, continues "it "), when the whole is too large or has too many rows. */
bool csv_parse(const void *bytes, size_t len, struct csv *ret_csv, const char **ret_fault);
void csv_free(struct csv *csv);

/* The text of field `index`, "" when the row has no such. */
const char *csv_field(const struct csv_row *row, size_t index);

#endif
