/*
 * import: columns by header or place, each row checked field by field.
 */
#include "fusectl/import.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "fusectl/ask.h"

enum column { COLUMN_NAME, COLUMN_ADDRESS, COLUMN_SERIAL, COLUMN_CODE, COLUMN_MODEL, COLUMN_COUNT };

/* The names that a header may have, comma-separated, in lower case without blanks, dashes and underscores. */
static const char *const spellings[COLUMN_COUNT] = {
	[COLUMN_NAME] = "name,printer,printername",
	[COLUMN_ADDRESS] = "address,ip,ipaddress,host",
	[COLUMN_SERIAL] = "serial,serialnumber,sn",
	[COLUMN_CODE] = "code,accesscode,lancode",
	[COLUMN_MODEL] = "model,type,printermodel",
};

#define NO_FIELD CSV_FIELDS_MAX /* csv_field() gives "" for it */

struct columns {
	size_t at[COLUMN_COUNT];
};

static bool
is_spelling(const char *spelling, size_t len, const char *text)
{
	const char *end = spelling + len;

	for (; *text != '\0'; text++) {
		if (*text == ' ' || *text == '-' || *text == '_')
			continue;
		if (spelling == end || *spelling++ != tolower((unsigned char)*text))
			return false;
	}
	return spelling == end;
}

static enum column
column_of(const char *text)
{
	for (enum column column = 0; column < COLUMN_COUNT; column++)
		for (const char *at = spellings[column]; *at != '\0';) {
			size_t len = strcspn(at, ",");
			if (is_spelling(at, len, text))
				return column;
			at += len + (at[len] == ',');
		}
	return COLUMN_COUNT;
}

/* True when the row is a header. */
static bool
read_header(const struct csv_row *row, struct columns *ret_columns)
{
	size_t known = 0;

	for (enum column column = 0; column < COLUMN_COUNT; column++)
		ret_columns->at[column] = NO_FIELD;
	for (size_t i = 0; i < row->count; i++) {
		enum column column = column_of(row->fields[i]);
		if (column == COLUMN_COUNT || ret_columns->at[column] != NO_FIELD)
			continue;
		ret_columns->at[column] = i;
		known++;
	}
	return known >= 2;
}

static void
take_order(enum import_use use, struct columns *ret_columns)
{
	for (enum column column = 0; column < COLUMN_COUNT; column++)
		ret_columns->at[column] = use == IMPORT_PRINTERS ? (size_t)column : NO_FIELD;
	if (use == IMPORT_CODES) {
		ret_columns->at[COLUMN_SERIAL] = 0;
		ret_columns->at[COLUMN_CODE] = 1;
	}
}

/* -- one row ------------------------------------------------------------------------------------------------ */

static bool
read_code(const char *text, struct msg_printer_add *printer, char *ret_fault)
{
	static struct failure failure;

	if (ask_check_code(text, strlen(text), &printer->access_code, &failure) == OUTCOME_DONE)
		return true;
	str_copy(ret_fault, FIELD_FAULT_BYTES, "its access code is too long or has a character that no printer shows");
	return false;
}

/* The first thing that is wrong is told; the other fields are read all the same, to be shown. */
static void
note_fault(struct import_row *row, bool fine, const char *fault)
{
	if (!fine && row->reason[0] == '\0')
		str_copy(row->reason, sizeof row->reason, fault);
}

static bool
read_printer(const struct csv_row *from, const struct columns *columns, struct import_row *row)
{
	struct msg_printer_add *add = &row->printer;
	char fault[FIELD_FAULT_BYTES];
	bool fine;

	fine = field_serial(csv_field(from, columns->at[COLUMN_SERIAL]), add, fault);
	note_fault(row, fine, fault);
	fine = field_name(csv_field(from, columns->at[COLUMN_NAME]), add, fault);
	note_fault(row, fine, fault);
	fine = field_address(csv_field(from, columns->at[COLUMN_ADDRESS]), add->address, sizeof add->address, fault);
	note_fault(row, fine, fault);
	fine = field_model(csv_field(from, columns->at[COLUMN_MODEL]), add, fault);
	note_fault(row, fine, fault);
	fine = read_code(csv_field(from, columns->at[COLUMN_CODE]), add, fault);
	note_fault(row, fine, fault);
	if (add->name[0] == '\0' && row->reason[0] == '\0')
		field_default_name(add);
	return row->reason[0] == '\0';
}

static bool
read_codes_row(const struct csv_row *from, const struct columns *columns, const struct farm *farm,
	       struct import_row *row)
{
	struct msg_printer_add *add = &row->printer;

	if (!field_serial(csv_field(from, columns->at[COLUMN_SERIAL]), add, row->reason) ||
	    !read_code(csv_field(from, columns->at[COLUMN_CODE]), add, row->reason))
		return false;
	const struct farm_printer *printer = farm_peek(farm, add->serial);
	if (printer != NULL)
		str_copy(add->name, sizeof add->name, printer->record.name);
	if (printer == NULL)
		str_copy(row->reason, sizeof row->reason, "there is no printer with this serial number");
	else if (add->access_code.len_bytes == 0)
		str_copy(row->reason, sizeof row->reason, "it has no code");
	return row->reason[0] == '\0';
}

/* -- against the others --------------------------------------------------------------------------------------- */

static void
judge(struct import_row *row, enum import_check check, const char *format, const char *text)
{
	row->check = check;
	str_format(row->reason, sizeof row->reason, "%s%s", format, text);
}

static void
compare_with_rows(const struct import *import, struct import_row *row, enum import_use use)
{
	char line[32];

	for (size_t i = 0; i < import->count && row->check == IMPORT_VALID; i++) {
		const struct import_row *other = &import->rows[i];
		if (other->check != IMPORT_VALID)
			continue;
		str_format(line, sizeof line, "line %u", other->line);
		if (strcmp(other->printer.serial, row->printer.serial) == 0)
			judge(row, IMPORT_DUPLICATE, "its serial number stands already in ", line);
		else if (use == IMPORT_PRINTERS && strcmp(other->printer.address, row->printer.address) == 0)
			judge(row, IMPORT_ERROR, "its address stands already in ", line);
	}
}

static void
compare_with_farm(const struct farm *farm, struct import_row *row)
{
	const struct farm_printer *there = farm_peek(farm, row->printer.serial);

	if (there != NULL)
		judge(row, IMPORT_DUPLICATE, "it is added already, as ", there->record.name);
	for (size_t i = 0; i < farm->count && row->check == IMPORT_VALID; i++) {
		const struct msg_printer *record = &farm->rows[i].record;
		if (strcmp(record->address, row->printer.address) == 0 && record->mqtt_port == 0)
			judge(row, IMPORT_ERROR, "its address is that of ", record->name);
	}
}

static void
take_row(struct import *import, const struct csv_row *from, const struct columns *columns, enum import_use use,
	 const struct farm *farm)
{
	struct import_row *row = &import->rows[import->count];
	bool fine = from->fault == NULL;

	row->line = from->line;
	if (!fine)
		str_format(row->reason, sizeof row->reason, "it %s", from->fault);
	else if (use == IMPORT_CODES)
		fine = read_codes_row(from, columns, farm, row);
	else
		fine = read_printer(from, columns, row);
	row->check = fine ? IMPORT_VALID : IMPORT_ERROR;
	if (fine && use == IMPORT_PRINTERS)
		compare_with_farm(farm, row);
	if (row->check == IMPORT_VALID)
		compare_with_rows(import, row, use);
	import->count++;
	import->valid += row->check == IMPORT_VALID;
	import->errors += row->check == IMPORT_ERROR;
	import->duplicates += row->check == IMPORT_DUPLICATE;
}

struct import *
import_plan(const void *bytes, size_t len, enum import_use use, const struct farm *farm, const char **ret_fault)
{
	struct columns columns;
	struct csv csv;

	if (!csv_parse(bytes, len, &csv, ret_fault))
		return NULL;
	struct import *import = calloc(1, sizeof *import);
	ENSURE(import != NULL);
	bool has_header = csv.count > 0 && csv.rows[0].fault == NULL && read_header(&csv.rows[0], &columns);
	if (!has_header)
		take_order(use, &columns);
	if (csv.count == has_header)
		*ret_fault = "has no rows";
	else if (csv.count - has_header > CSV_ROWS_MAX)
		*ret_fault = "has more than 256 rows";
	else if (columns.at[COLUMN_SERIAL] == NO_FIELD)
		*ret_fault = "has no column for the serial number";
	for (size_t i = has_header; i < csv.count && *ret_fault == NULL; i++)
		take_row(import, &csv.rows[i], &columns, use, farm);
	csv_free(&csv);
	if (*ret_fault == NULL)
		return import;
	import_free(import);
	return NULL;
}

void
import_free(struct import *import)
{
	if (import != NULL)
		explicit_bzero(import, sizeof *import);
	free(import);
}

const char *
import_check_word(enum import_check check)
{
	static const char *const words[] = { "valid", "error", "duplicate" };

	return words[check];
}

const char *
import_result_word(enum import_result result)
{
	static const char *const words[] = { "skipped", "done", "failed" };

	return words[result];
}
