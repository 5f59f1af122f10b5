/*
 * farmfile_csv: columns by header or by place.
 */
#include <string.h>

#include "common/str.h"
#include "printer/farmfile_inner.h"

#define NO_FIELD CSV_FIELDS_MAX /* csv_field() gives "" for it */

struct columns {
	size_t at[FARMFILE_COLUMN_COUNT];
};

/* True when the row is a header. */
static bool
read_header(const struct csv_row *row, struct columns *ret_columns)
{
	size_t *at = ret_columns->at, known = 0;

	for (enum farmfile_column column = 0; column < FARMFILE_COLUMN_COUNT; column++)
		at[column] = NO_FIELD;
	for (size_t i = 0; i < row->count; i++) {
		enum farmfile_column column = farmfile_column_of(row->fields[i]);
		if (column == FARMFILE_COLUMN_COUNT || at[column] != NO_FIELD)
			continue;
		at[column] = i;
		known++;
	}
	/* "type" beside "model" is whose it is; alone it is what people call the model. */
	if (at[FARMFILE_COLUMN_MODEL] == NO_FIELD) {
		at[FARMFILE_COLUMN_MODEL] = at[FARMFILE_COLUMN_TYPE];
		at[FARMFILE_COLUMN_TYPE] = NO_FIELD;
	}
	return known >= 2;
}

static void
take_order(enum farmfile_use use, struct columns *ret_columns)
{
	for (enum farmfile_column column = 0; column < FARMFILE_COLUMN_COUNT; column++)
		ret_columns->at[column] = use == FARMFILE_PRINTERS && column < FARMFILE_COLUMN_TYPE ? (size_t)column
												     : NO_FIELD;
	if (use == FARMFILE_CODES) {
		ret_columns->at[FARMFILE_COLUMN_SERIAL] = 0;
		ret_columns->at[FARMFILE_COLUMN_CODE] = 1;
	}
}

static bool
take_row(struct farmfile *file, const struct csv_row *row, const struct columns *columns)
{
	struct farmfile_words words = { .fault = NULL };
	char fault[FARMFILE_REASON_BYTES];

	for (enum farmfile_column column = 0; column < FARMFILE_COLUMN_COUNT; column++)
		words.of[column] = csv_field(row, columns->at[column]);
	if (row->fault != NULL) {
		str_format(fault, sizeof fault, "It %s.", row->fault);
		words.fault = fault;
	}
	return farmfile_take(file, row->line, &words);
}

static bool
take_rows(struct farmfile *file, const struct csv *csv, char *fault)
{
	struct columns columns;
	bool has_header = csv->count > 0 && csv->rows[0].fault == NULL && read_header(&csv->rows[0], &columns);
	const char *said = NULL;

	if (!has_header)
		take_order(file->use, &columns);
	if (csv->count == has_header)
		said = "has no rows";
	else if (columns.at[FARMFILE_COLUMN_SERIAL] == NO_FIELD)
		said = "has no column for the serial number";
	for (size_t i = has_header; i < csv->count && said == NULL; i++)
		if (!take_row(file, &csv->rows[i], &columns))
			said = FARMFILE_TOO_MANY;
	if (said != NULL)
		str_copy(fault, FARMFILE_FAULT_BYTES, said);
	return said == NULL;
}

bool
farmfile_read_csv(struct farmfile *file, const char *bytes, size_t len, char ret_fault[FARMFILE_FAULT_BYTES])
{
	const char *fault;
	struct csv csv;

	file->kind = FARMFILE_CSV;
	if (!csv_parse(bytes, len, &csv, &fault)) {
		str_copy(ret_fault, FARMFILE_FAULT_BYTES, fault);
		return false;
	}
	bool fine = take_rows(file, &csv, ret_fault);
	csv_free(&csv);
	return fine;
}
