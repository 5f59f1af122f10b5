/*
 * Any bytes as a CSV file of printers or of access codes: rows within bounds, each judged, a judgement always with its
 * reason, and nothing of an access code in it.
 * Covers: csv_parse
 *
 * Input: one byte that says what the file is used for, then the file.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "fusectl/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool truth)
{
	if (!truth)
		abort();
}

static void
check_rows(const struct csv *csv)
{
	unsigned line = 0;

	must(csv->count <= CSV_ROWS_MAX + 1);
	for (size_t i = 0; i < csv->count; i++) {
		const struct csv_row *row = &csv->rows[i];
		must(row->line > line);
		line = row->line;
		must(row->count <= CSV_FIELDS_MAX && (row->count > 0 || row->fault != NULL));
		for (size_t j = 0; j < row->count; j++) {
			size_t len = strlen(row->fields[j]);
			must(len <= CSV_FIELD_MAX_BYTES && str_valid_utf8(row->fields[j], len));
			must(row->fields[j] >= csv->texts && row->fields[j] + len < csv->texts + csv->texts_bytes);
		}
		must(strcmp(csv_field(row, row->count), "") == 0);
	}
}

static void
check_plan(const uint8_t *data, size_t size, enum import_use use)
{
	static struct farm_printer printer = { .record = { .serial = "01P00A000000001", .name = "Anna",
							   .address = "192.0.2.1" } };
	struct farm farm = { .rows = &printer, .count = 1 };
	const char *fault = NULL;
	struct import *import = import_plan(data, size, use, &farm, &fault);

	must((import == NULL) == (fault != NULL));
	if (import == NULL)
		return;
	must(import->count > 0 && import->count <= CSV_ROWS_MAX);
	must(import->valid + import->errors + import->duplicates == import->count);
	for (size_t i = 0; i < import->count; i++) {
		const struct import_row *row = &import->rows[i];
		must((row->check == IMPORT_VALID) == (row->reason[0] == '\0'));
		must(row->check != IMPORT_VALID || row->printer.serial[0] != '\0');
		must(row->check != IMPORT_VALID || use == IMPORT_PRINTERS || row->printer.access_code.len_bytes > 0);
	}
	import_free(import);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *fault;
	struct csv csv;

	if (size == 0)
		return 0;
	enum import_use use = data[0] & 1 ? IMPORT_CODES : IMPORT_PRINTERS;
	if (csv_parse(data + 1, size - 1, &csv, &fault)) {
		check_rows(&csv);
		csv_free(&csv);
	} else {
		must(fault != NULL && csv.rows == NULL);
	}
	check_plan(data + 1, size - 1, use);
	return 0;
}
