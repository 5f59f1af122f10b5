/*
 * show: what people see: tables, wrapped sentences, words for times and sizes, colour beside words
 * (never instead of them). Everything that goes through here is escaped: no control character and
 * nothing that turns text reaches a terminal.
 *
 * Out of memory is the end of the program (miniobj), as nothing sensible is left to say.
 */
#ifndef FUSE_FUSECTL_SHOW_H
#define FUSE_FUSECTL_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum show_tone { TONE_PLAIN, TONE_GOOD, TONE_WARN, TONE_BAD, TONE_FAINT, TONE_STRONG };

struct show {
	FILE *out;      /* borrowed */
	unsigned width; /* columns of the terminal; 0 = no terminal, nothing is wrapped */
	bool colour;
	bool ascii; /* a terminal that does not speak UTF-8: the rest is escaped */
};

/* What kind of thing `out` is: asks the terminal, $NO_COLOR, $TERM and the locale (set by the caller). */
void show_init(struct show *show, FILE *out);

/* `len` foreign bytes as harmless text: others become \xHH. Heap; the caller frees. */
char *show_safe(const struct show *show, const void *bytes, size_t len);

/* Columns that harmless text takes on a terminal. */
size_t show_columns(const char *text);

/* Print text, escaped, in a tone; no newline. */
void show_text(const struct show *show, enum show_tone tone, const char *text);

/* Print `text`, escaped, and a newline; each line begins with `indent` blanks and ends before the terminal's
 * edge. `used` columns of the first line are taken already, its indent with them. */
void show_wrapped(const struct show *show, unsigned indent, size_t used, const char *text);

/* "3 min 12 s", "2 h 5 min", "4 d 3 h"; below a second and below zero "0 s". */
#define SHOW_WORDS_BYTES 48
void show_duration(int64_t ms, char ret_text[SHOW_WORDS_BYTES]);

/* "12.4 MiB", "512 bytes". */
void show_size(uint64_t bytes, char ret_text[SHOW_WORDS_BYTES]);

/* A table whose columns stand in line. On a terminal the last one is wrapped. */
struct show_table;
struct show_table *show_table_new(const struct show *show, const char *const *heads, size_t columns);
void show_table_free(struct show_table *table);

/* Columns that may be left out, the first of them first, until the rest fits on the terminal; columns that are left
 * out in any case. Never the last one. */
void show_table_spare(struct show_table *table, const size_t *columns, size_t count);
void show_table_hide(struct show_table *table, const size_t *columns, size_t count);

/* The next cell, row by row. The text is escaped. */
void show_table_cell(struct show_table *table, enum show_tone tone, const char *text);
void show_table_number(struct show_table *table, int64_t number);

/* A sentence below the row that was filled last. */
void show_table_note(struct show_table *table, const char *text);

void show_table_print(const struct show_table *table);

#endif
