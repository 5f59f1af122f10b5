/*
 * farmfile_inner: what the readers of the several kinds of file share. For printer/farmfile*.c alone.
 */
#ifndef FUSE_PRINTER_FARMFILE_INNER_H
#define FUSE_PRINTER_FARMFILE_INNER_H

#include "printer/farmfile.h"

/* What a file can give of a printer. The first five in the order of a CSV file without a header. */
enum farmfile_column {
	FARMFILE_COLUMN_NAME,
	FARMFILE_COLUMN_ADDRESS,
	FARMFILE_COLUMN_SERIAL,
	FARMFILE_COLUMN_CODE,
	FARMFILE_COLUMN_MODEL,
	FARMFILE_COLUMN_TYPE, /* which maker's, in lists of several */
	FARMFILE_COLUMN_COUNT,
};

/* The column of a header's name or a list's key, without regard to case, blanks, dashes and underscores;
 * FARMFILE_COLUMN_COUNT when it is none. */
enum farmfile_column farmfile_column_of(const char *text);

/* A printer as it is written. */
struct farmfile_words {
	const char *of[FARMFILE_COLUMN_COUNT]; /* UTF-8; NULL or blank = not there */
	bool model_is_code;  /* it is what the printer announces ("C11" is a P1P), not a name */
	const char *fault;   /* NULL, or a sentence: why it cannot be read */
};

/* Nothing but white space, or NULL. */
bool farmfile_is_blank(const char *text);

/* Judge a printer alone and against the rows before it, and keep it, or leave it out. False: there is no room. */
bool farmfile_take(struct farmfile *file, unsigned line, const struct farmfile_words *words);

/* Give a row its verdict and why; the tally follows in farmfile_count_verdicts(). */
void farmfile_judge(struct farmfile_row *row, enum farmfile_verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void farmfile_count_verdicts(struct farmfile *file);

/* The readers. False, with the reason in `ret_fault`, when the whole cannot be read. */
bool farmfile_read_json(struct farmfile *file, const char *bytes, size_t len, char ret_fault[FARMFILE_FAULT_BYTES]);
bool farmfile_read_csv(struct farmfile *file, const char *bytes, size_t len, char ret_fault[FARMFILE_FAULT_BYTES]);

#define FARMFILE_TOO_MANY "has more than 512 printers in it" /* FARMFILE_ROWS_MAX */

#endif
