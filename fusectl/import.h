/*
 * import: what the rows of a CSV file ask for, judged before anything is done. Pure.
 *
 * Without a header the columns are in the order of the names below; a first row with at least two of these names (or
 * their usual other spellings) is a header and gives the order; columns that it calls otherwise are passed over.
 */
#ifndef FUSE_FUSECTL_IMPORT_H
#define FUSE_FUSECTL_IMPORT_H

#include "fusectl/csv.h"
#include "fusectl/farm.h"
#include "fusectl/fields.h"

enum import_use {
	IMPORT_PRINTERS, /* name,address,serial,code,model */
	IMPORT_CODES,    /* serial,code of printers that are kept */
};

enum import_check { IMPORT_VALID, IMPORT_ERROR, IMPORT_DUPLICATE };
enum import_result { IMPORT_NOT_TRIED, IMPORT_DONE, IMPORT_FAILED };

struct import_row {
	unsigned line;
	struct msg_printer_add printer; /* with the access code: import_free() wipes it */
	enum import_check check;
	char reason[FIELD_FAULT_BYTES]; /* of an error or duplicate: continues "it "; "" else */
	enum import_result result;
	char sentence[FIELD_FAULT_BYTES]; /* how it went */
};

struct import {
	struct import_row rows[CSV_ROWS_MAX];
	size_t count, valid, errors, duplicates;
};

/* Judge the rows against each other and the printers that are kept. Heap; NULL, with the reason in `ret_fault`
 * (static storage, continues "it "), when the whole cannot be read. */
struct import *import_plan(const void *bytes, size_t len, enum import_use use, const struct farm *farm,
			   const char **ret_fault);
void import_free(struct import *import);

const char *import_check_word(enum import_check check);    /* "valid" "error" "duplicate" */
const char *import_result_word(enum import_result result); /* "skipped" "done" "failed" */

#endif
