/*
 * farmfile: the printers in a file: a slicer's settings, another program's list, a table that people keep. Its rows,
 * each judged alone, against the others and against the printers that are kept, before anything is done. Pure; any
 * bytes, within bounds.
 *
 * What the file is, is seen from what is in it:
 *   BambuStudio.conf, OrcaSlicer.conf   JSON with local_machines, access_code, user_access_code, user_dev_name, each by
 *                                       serial number; a last line "# MD5 checksum …" may follow
 *   a list                              JSON: [{…}, …] or {"printers": [{…}, …]}, also our own export
 *   CSV                                 see printer/csv.h; a first row with at least two known names is a header
 *
 * A list's keys and a header's names are known in the spellings of many programs: name, ip or address, serial or
 * serial_number, code or access_code or api_key, model. Others are passed over. A `type` other than "bambu" is a
 * printer of another make: it is left out.
 *
 * The bytes have access codes in them. No sentence here quotes them, nor what stands in place of a serial number or
 * an address: where columns are mixed up, that is an access code.
 */
#ifndef FUSE_PRINTER_FARMFILE_H
#define FUSE_PRINTER_FARMFILE_H

#include <stddef.h>

#include "common/secret.h"
#include "ipc/message.h"
#include "printer/csv.h"
#include "printer/printer_rules.h"

#define FARMFILE_MAX_BYTES CSV_MAX_BYTES
#define FARMFILE_ROWS_MAX CSV_ROWS_MAX
#define FARMFILE_DEPTH_MAX 16 /* of JSON */
#define FARMFILE_FAULT_BYTES 160
#define FARMFILE_REASON_BYTES 240

enum farmfile_use {
	FARMFILE_PRINTERS, /* printers to keep; CSV without a header: name,address,serial,code,model */
	FARMFILE_CODES,	   /* new access codes of printers that are kept; CSV without a header: serial,code */
};

#define FARMFILE_KINDS(X) X(CONF, "conf") X(LIST, "list") X(CSV, "csv")

/* What a row is. The first three are known from the file alone. */
#define FARMFILE_VERDICTS(X)                                                                   \
	X(VALID, "valid")         /* a new printer */                                          \
	X(ERROR, "error")         /* it cannot be taken, for a reason */                       \
	X(DUPLICATE, "duplicate") /* a row before it has the same serial number */             \
	X(UNCHANGED, "unchanged") /* the printer is kept, and the file says nothing new */     \
	X(CHANGES, "changes")     /* the printer is kept, and the file has something else of it */

enum farmfile_kind {
#define X(NAME, ...) FARMFILE_##NAME,
	FARMFILE_KINDS(X)
#undef X
};
enum farmfile_verdict {
#define X(NAME, ...) FARMFILE_##NAME,
	FARMFILE_VERDICTS(X)
#undef X
	FARMFILE_VERDICT_COUNT
};

/* One printer. A field that the file does not give, or not well, is "". */
struct farmfile_row {
	unsigned line; /* of the file, from 1: where it begins */
	char serial[PRINTER_SERIAL_BYTES];
	char name[PRINTER_NAME_BYTES];
	char address[PRINTER_ADDRESS_BYTES];
	char model[PRINTER_MODEL_BYTES]; /* found by the serial number where the file does not give it */
	struct secret access_code;	 /* empty = none; farmfile_free() wipes it */
	enum farmfile_verdict verdict;
	unsigned changes; /* FARMFILE_CHANGES: bits 1 << enum printer_field. An access code that is given always
			   * counts: what is kept cannot be compared here */
	char reason[FARMFILE_REASON_BYTES]; /* a sentence for all verdicts but VALID; "" for that */
};

struct farmfile {
	enum farmfile_use use;
	enum farmfile_kind kind;
	struct farmfile_row rows[FARMFILE_ROWS_MAX];
	size_t count;			      /* at least 1 */
	size_t tally[FARMFILE_VERDICT_COUNT]; /* rows of each verdict */
	size_t left_out;		      /* printers of other makes */
};

/* Read a file. Heap; NULL, with the reason in `ret_fault` (continues "it "), when the whole cannot be read. */
struct farmfile *farmfile_parse(const void *bytes, size_t len, enum farmfile_use use,
				char ret_fault[FARMFILE_FAULT_BYTES]);
void farmfile_free(struct farmfile *file);

/* Give a valid row without an address the one that a search has found. Before farmfile_compare(). */
void farmfile_set_address(struct farmfile *file, size_t number, const char *address);

/*
 * Judge the rows against the `count` printers that are kept. Once for a file. A row of a printer that is kept gets its
 * name, address and model where the file gives none, a new one gets a name. FARMFILE_CODES: a printer that is not
 * kept is an error.
 */
void farmfile_compare(struct farmfile *file, const struct msg_printer *const *kept, size_t count);

/* What stored is asked for: a row that is VALID as a new printer; one that CHANGES as an edit of what `changes` says.
 * Wipe the access code afterwards. */
void farmfile_to_add(const struct farmfile_row *row, struct msg_printer_add *ret_add);
void farmfile_to_edit(const struct farmfile_row *row, struct msg_printer_edit *ret_edit);

const char *farmfile_verdict_word(enum farmfile_verdict verdict); /* "valid" "error" … */
const char *farmfile_kind_word(enum farmfile_kind kind);	  /* "conf" "list" "csv" */

#endif
