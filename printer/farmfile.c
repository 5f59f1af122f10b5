/*
 * farmfile: what kind of file it is, and how a row is judged alone and against the rows before it.
 */
#include "printer/farmfile_inner.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "printer/models.h"

_Static_assert(FARMFILE_ROWS_MAX == 512, "FARMFILE_TOO_MANY says so");

/* -- columns ---------------------------------------------------------------------------------------- */

/* Comma-separated, in lower case without blanks, dashes and underscores. */
static const char *const spellings[FARMFILE_COLUMN_COUNT] = {
	[FARMFILE_COLUMN_NAME] = "name,printer,printername,devname",
	[FARMFILE_COLUMN_ADDRESS] = "address,ip,ipaddress,host,devip",
	[FARMFILE_COLUMN_SERIAL] = "serial,serialnumber,sn,deviceid,devid",
	[FARMFILE_COLUMN_CODE] = "code,accesscode,lancode,apikey",
	[FARMFILE_COLUMN_MODEL] = "model,printermodel",
	[FARMFILE_COLUMN_TYPE] = "type",
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

enum farmfile_column
farmfile_column_of(const char *text)
{
	for (enum farmfile_column column = 0; column < FARMFILE_COLUMN_COUNT; column++)
		for (const char *at = spellings[column]; *at != '\0';) {
			size_t len = strcspn(at, ",");
			if (is_spelling(at, len, text))
				return column;
			at += len + (at[len] == ',');
		}
	return FARMFILE_COLUMN_COUNT;
}

bool
farmfile_is_blank(const char *text)
{
	return text == NULL || text[strspn(text, " \t\r\n\v\f")] == '\0';
}

/* -- a row alone -------------------------------------------------------------------------------------- */

void
farmfile_judge(struct farmfile_row *row, enum farmfile_verdict verdict, const char *format, ...)
{
	va_list args;

	row->verdict = verdict;
	va_start(args, format);
	vsnprintf(row->reason, sizeof row->reason, format, args);
	va_end(args);
}

/* The first thing that is wrong is told; the other fields are read all the same, to be shown. */
static void
find_fault(struct farmfile_row *row, const char *sentence)
{
	if (row->verdict == FARMFILE_VALID)
		farmfile_judge(row, FARMFILE_ERROR, "%s", sentence);
}

static void
take_serial(struct farmfile_row *row, const char *text)
{
	struct complaint complaint;

	if (farmfile_is_blank(text)) {
		find_fault(row, "It has no serial number.");
	} else if (!printer_rules_serial(text, row->serial, &complaint)) {
		row->serial[0] = '\0';
		find_fault(row, "Its serial number is not one: letters, digits, '-' and '_', at most 32.");
	}
}

static void
take_name(struct farmfile_row *row, const char *text)
{
	struct complaint complaint;

	if (farmfile_is_blank(text) || printer_rules_name(text, row->model, row->serial, row->name, &complaint))
		return;
	row->name[0] = '\0';
	find_fault(row, complaint.sentence);
}

static void
take_address(struct farmfile_row *row, const char *text)
{
	struct complaint complaint;

	if (farmfile_is_blank(text) || printer_rules_address(text, row->address, &complaint))
		return;
	row->address[0] = '\0';
	/* What is quoted is no address, and may be anything. */
	find_fault(row, complaint.sentence[0] == '\'' ? "Its address is no IP address in numbers, like 192.168.1.20."
						      : complaint.sentence);
}

/* By key, name, product's name or code. */
static const struct model *
model_by_word(const char *text)
{
	static const char maker[] = "Bambu Lab ";
	size_t len = sizeof maker - 1;

	text += strspn(text, " \t");
	const struct model *model = model_by_key(strncasecmp(text, maker, len) == 0 ? text + len : text);
	return model != model_other() ? model : model_by_code(text);
}

/* A code that is not known may be of a model that is newer than this: the serial number has the next word. */
static void
take_model(struct farmfile_row *row, const char *text, bool is_code)
{
	const struct model *other = model_other(), *model = other;

	if (!farmfile_is_blank(text))
		model = is_code ? model_by_code(text) : model_by_word(text);
	if (model == other && (farmfile_is_blank(text) || is_code))
		model = model_by_serial(row->serial);
	else if (model == other && strcasecmp(text, other->key) != 0)
		find_fault(row, "Its model is none that Fuse knows: correct it, leave it empty, or write Other.");
	str_copy(row->model, sizeof row->model, model->key);
}

static void
take_code(struct farmfile_row *row, const char *text, enum farmfile_use use)
{
	struct secret given;
	struct complaint complaint;

	if (farmfile_is_blank(text)) {
		if (use == FARMFILE_CODES)
			find_fault(row, "It has no access code.");
		return;
	}
	bool fine = secret_set(&given, text, strlen(text)) &&
		    printer_rules_code(&given, &row->access_code, &complaint) &&
		    memchr(secret_bytes_peek(&row->access_code), ' ', row->access_code.len_bytes) == NULL;
	secret_wipe(&given);
	if (fine)
		return;
	secret_wipe(&row->access_code);
	find_fault(row, "Its access code is too long or has a character that no printer shows.");
}

/* -- against the rows before it, and into the file --------------------------------------------------------- */

static void
compare_with_rows(const struct farmfile *file, struct farmfile_row *row)
{
	for (size_t i = 0; i < file->count && row->verdict == FARMFILE_VALID; i++) {
		const struct farmfile_row *other = &file->rows[i];
		if (other->verdict != FARMFILE_VALID || other == row)
			continue;
		if (strcmp(other->serial, row->serial) == 0)
			farmfile_judge(row, FARMFILE_DUPLICATE, "Its serial number stands already in line %u.", other->line);
		else if (row->address[0] != '\0' && strcmp(other->address, row->address) == 0)
			farmfile_judge(row, FARMFILE_ERROR, "Its address stands already in line %u.", other->line);
	}
}

static bool
is_other_make(const char *type)
{
	return !farmfile_is_blank(type) && !is_spelling("bambu", 5, type) && !is_spelling("bambulab", 8, type);
}

bool
farmfile_take(struct farmfile *file, unsigned line, const struct farmfile_words *words)
{
	if (is_other_make(words->of[FARMFILE_COLUMN_TYPE])) {
		file->left_out++;
		return true;
	}
	if (file->count == FARMFILE_ROWS_MAX)
		return false;
	struct farmfile_row *row = &file->rows[file->count];
	row->line = line;
	if (words->fault != NULL)
		find_fault(row, words->fault);
	take_serial(row, words->of[FARMFILE_COLUMN_SERIAL]);
	take_code(row, words->of[FARMFILE_COLUMN_CODE], file->use);
	if (file->use == FARMFILE_PRINTERS) {
		take_model(row, words->of[FARMFILE_COLUMN_MODEL], words->model_is_code);
		take_name(row, words->of[FARMFILE_COLUMN_NAME]);
		take_address(row, words->of[FARMFILE_COLUMN_ADDRESS]);
	}
	compare_with_rows(file, row);
	file->count++;
	return true;
}

void
farmfile_set_address(struct farmfile *file, size_t number, const char *address)
{
	struct farmfile_row *row = &file->rows[number];

	if (row->verdict != FARMFILE_VALID || row->address[0] != '\0')
		return;
	take_address(row, address);
	compare_with_rows(file, row);
}

void
farmfile_count_verdicts(struct farmfile *file)
{
	memset(file->tally, 0, sizeof file->tally);
	for (size_t i = 0; i < file->count; i++)
		file->tally[file->rows[i].verdict]++;
}

/* -- the whole ------------------------------------------------------------------------------------------------ */

static bool
say(char *fault, const char *text)
{
	str_copy(fault, FARMFILE_FAULT_BYTES, text);
	return false;
}

static bool
read_file(struct farmfile *file, const char *bytes, size_t len, char *fault)
{
	if (len > FARMFILE_MAX_BYTES)
		return say(fault, "is larger than 1 MiB");
	if (memchr(bytes, '\0', len) != NULL)
		return say(fault, "is no text in UTF-8; save it as that");
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		len -= 3;
	}
	size_t blanks = 0;
	while (blanks < len && strchr(" \t\r\n", bytes[blanks]) != NULL)
		blanks++;
	bool is_json = blanks < len && (bytes[blanks] == '{' || bytes[blanks] == '[');
	if (!(is_json ? farmfile_read_json : farmfile_read_csv)(file, bytes, len, fault))
		return false;
	if (file->count == 0)
		return say(fault, file->left_out > 0 ? "has only printers of other makes in it" : "has no printers in it");
	return true;
}

struct farmfile *
farmfile_parse(const void *bytes, size_t len, enum farmfile_use use, char ret_fault[FARMFILE_FAULT_BYTES])
{
	struct farmfile *file = calloc(1, sizeof *file);

	ENSURE(file != NULL);
	file->use = use;
	ret_fault[0] = '\0';
	if (read_file(file, len > 0 ? bytes : "", len, ret_fault)) {
		farmfile_count_verdicts(file);
		return file;
	}
	farmfile_free(file);
	return NULL;
}

void
farmfile_free(struct farmfile *file)
{
	if (file != NULL)
		explicit_bzero(file, sizeof *file);
	free(file);
}

const char *
farmfile_verdict_word(enum farmfile_verdict verdict)
{
	static const char *const words[] = {
#define X(NAME, text) text,
		FARMFILE_VERDICTS(X)
#undef X
	};

	return words[verdict];
}

const char *
farmfile_kind_word(enum farmfile_kind kind)
{
	static const char *const words[] = {
#define X(NAME, text) text,
		FARMFILE_KINDS(X)
#undef X
	};

	return words[kind];
}
