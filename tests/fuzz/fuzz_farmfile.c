/*
 * Any bytes as a file of printers or of access codes: rows within bounds, each judged, a judgement always with its
 * reason, and nothing in an answer that is no text.
 * Covers: csv_parse, farmfile_parse, jsonin_load
 *
 * Input: one byte that says what the file is used for, then the file.
 */
#include <stdint.h>
#include <string.h>

#include "common/str.h"
#include "ipc/terms.h"
#include "printer/farmfile.h"
#include "printer/jsonin.h"
#include "printer/models.h"
#include "tests/fuzz/fuzz_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_csv(const uint8_t *data, size_t size)
{
	const char *fault;
	struct csv csv;
	unsigned line = 0;

	if (!csv_parse(data, size, &csv, &fault)) {
		must(fault != NULL && csv.rows == NULL);
		return;
	}
	must(csv.count <= CSV_ROWS_MAX + 1);
	for (size_t i = 0; i < csv.count; i++) {
		const struct csv_row *row = &csv.rows[i];
		must(row->line > line);
		line = row->line;
		must(row->count <= CSV_FIELDS_MAX && (row->count > 0 || row->fault != NULL));
		for (size_t j = 0; j < row->count; j++) {
			size_t len = strlen(row->fields[j]);
			must(len <= CSV_FIELD_MAX_BYTES && str_valid_utf8(row->fields[j], len));
			must(row->fields[j] >= csv.texts && row->fields[j] + len < csv.texts + csv.texts_bytes);
		}
		must(strcmp(csv_field(row, row->count), "") == 0);
	}
	csv_free(&csv);
}

/* The walk over a text that may be JSON ends, and never leaves it. */
static void
check_walk(const uint8_t *data, size_t size)
{
	const char *from = (const char *)data, *end = from + size, *last = from;
	struct jsonin_walk walk;
	struct jsonin_error error;

	jsonin_walk_begin(&walk, data, size);
	while (jsonin_walk_next(&walk)) {
		must(walk.at > last && walk.at <= end && walk.mark_line >= 1 && walk.mark_line <= walk.line);
		must(walk.mark != JSONIN_TEXT || (walk.text > last - 1 && walk.text + walk.text_len <= end));
		last = walk.at;
	}
	json_t *json = jsonin_load(data, size, 4, &error);
	must((json == NULL) == (error.fault != JSONIN_FINE));
	json_decref(json);
}

static void
check_row(const struct farmfile *file, const struct farmfile_row *row, unsigned lines)
{
	must(row->line >= 1 && row->line <= lines);
	must((row->verdict == FARMFILE_VALID) == (row->reason[0] == '\0'));
	must(str_valid_utf8(row->reason, strlen(row->reason)) && str_valid_utf8(row->name, strlen(row->name)));
	must((row->verdict == FARMFILE_CHANGES) == (row->changes != 0));
	if (row->verdict != FARMFILE_VALID && row->verdict != FARMFILE_CHANGES)
		return;
	must(row->serial[0] != '\0' && row->address[0] != '\0' && row->name[0] != '\0');
	must(file->use == FARMFILE_PRINTERS || row->changes == 1u << PRINTER_FIELD_ACCESS_CODE);
	must(strcmp(model_by_key(row->model)->key, row->model) == 0);
}

static void
check_file(const uint8_t *data, size_t size, enum farmfile_use use)
{
	static const struct msg_printer anna = { .serial = "01P00A000000001", .name = "Anna", .address = "192.0.2.1",
						 .model = "P1S" };
	static const struct msg_printer *const kept[] = { &anna };
	char fault[FARMFILE_FAULT_BYTES];
	struct farmfile *file = farmfile_parse(data, size, use, fault);
	unsigned lines = 1;
	size_t sum = 0;

	must((file == NULL) == (fault[0] != '\0') && strlen(fault) < sizeof fault);
	if (file == NULL)
		return;
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n' || data[i] == '\r';
	must(file->count > 0 && file->count <= FARMFILE_ROWS_MAX);
	must(file->tally[FARMFILE_CHANGES] + file->tally[FARMFILE_UNCHANGED] == 0);
	farmfile_compare(file, kept, 1);
	for (size_t i = 0; i < file->count; i++)
		check_row(file, &file->rows[i], lines);
	for (size_t i = 0; i < FARMFILE_VERDICT_COUNT; i++)
		sum += file->tally[i];
	must(sum == file->count);
	farmfile_free(file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	check_csv(data + 1, size - 1);
	check_walk(data + 1, size - 1);
	check_file(data + 1, size - 1, data[0] & 1 ? FARMFILE_CODES : FARMFILE_PRINTERS);
	return 0;
}
