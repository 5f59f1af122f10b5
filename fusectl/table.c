/*
 * table: columns that stand in line, of show.h. Cells are escaped when they come in.
 */
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "fusectl/show.h"

#define TABLE_COLUMNS_MAX 12
#define GAP 2                /* blanks between columns */
#define LEAST_LAST_COLUMNS 24 /* narrower than this, the last column goes below its row */
#define NOTE_INDENT 4

/* One cell, or a sentence below the row before it. */
struct item {
	bool is_note;
	enum show_tone tone;
	char *text;
};

struct show_table {
	const struct show *show;
	const char *const *heads;
	size_t columns;
	bool hidden[TABLE_COLUMNS_MAX];
	size_t spare[TABLE_COLUMNS_MAX], spare_count;
	struct item *items;
	size_t count, cap;
};

struct show_table *
show_table_new(const struct show *show, const char *const *heads, size_t columns)
{
	struct show_table *table = calloc(1, sizeof *table);

	ENSURE(table != NULL && columns > 0 && columns <= TABLE_COLUMNS_MAX);
	*table = (struct show_table){ .show = show, .heads = heads, .columns = columns };
	return table;
}

void
show_table_free(struct show_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->items[i].text);
	free(table->items);
	free(table);
}

void
show_table_spare(struct show_table *table, const size_t *columns, size_t count)
{
	ENSURE(count <= TABLE_COLUMNS_MAX);
	for (size_t i = 0; i < count; i++)
		table->spare[i] = columns[i];
	table->spare_count = count;
}

void
show_table_hide(struct show_table *table, const size_t *columns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		table->hidden[columns[i]] = true;
}

static void
add_item(struct show_table *table, bool is_note, enum show_tone tone, const char *text)
{
	if (table->count == table->cap) {
		table->cap = table->cap ? 2 * table->cap : 64;
		table->items = reallocarray(table->items, table->cap, sizeof *table->items);
		ENSURE(table->items != NULL);
	}
	char *safe = show_safe(table->show, text, strlen(text));
	table->items[table->count++] = (struct item){ .is_note = is_note, .tone = tone, .text = safe };
}

void
show_table_cell(struct show_table *table, enum show_tone tone, const char *text)
{
	add_item(table, false, tone, text);
}

void
show_table_number(struct show_table *table, int64_t number)
{
	char text[24];

	str_format(text, sizeof text, "%lld", (long long)number);
	add_item(table, false, TONE_PLAIN, text);
}

void
show_table_note(struct show_table *table, const char *text)
{
	add_item(table, true, TONE_PLAIN, text);
}

/* How wide each column is; the last one is as wide as it likes. */
static void
measure(const struct show_table *table, size_t ret_widths[TABLE_COLUMNS_MAX])
{
	size_t column = 0;

	for (size_t i = 0; i < table->columns; i++)
		ret_widths[i] = show_columns(table->heads[i]);
	for (size_t i = 0; i < table->count; i++) {
		if (table->items[i].is_note)
			continue;
		size_t width = show_columns(table->items[i].text);
		if (width > ret_widths[column])
			ret_widths[column] = width;
		column = (column + 1) % table->columns;
	}
}

/* Where each column begins; returns the columns of the whole. */
static size_t
lay_out(const struct show_table *table, const size_t widths[TABLE_COLUMNS_MAX], const bool hidden[TABLE_COLUMNS_MAX],
	size_t ret_starts[TABLE_COLUMNS_MAX])
{
	size_t at = 0;

	for (size_t i = 0; i < table->columns; i++) {
		ret_starts[i] = at;
		if (!hidden[i])
			at += widths[i] + GAP;
	}
	return at - GAP;
}

/* Leave out what may be, until the rest fits. */
static void
choose_columns(const struct show_table *table, const size_t widths[TABLE_COLUMNS_MAX],
	       bool ret_hidden[TABLE_COLUMNS_MAX], size_t ret_starts[TABLE_COLUMNS_MAX])
{
	memcpy(ret_hidden, table->hidden, sizeof table->hidden);
	for (size_t i = 0; lay_out(table, widths, ret_hidden, ret_starts) > table->show->width &&
			   table->show->width != 0 && i < table->spare_count;
	     i++)
		ret_hidden[table->spare[i]] = true;
	lay_out(table, widths, ret_hidden, ret_starts);
}

/* The line being printed: blanks are held back until something follows them. */
struct line {
	const struct show *show;
	size_t at;
};

static void
print_cell(struct line *line, size_t start, enum show_tone tone, const char *text)
{
	if (text[0] == '\0')
		return;
	fprintf(line->show->out, "%*s", (int)(start - line->at), "");
	show_text(line->show, tone, text);
	line->at = start + show_columns(text);
}

/* The last cell of a row and its newline. */
static void
print_last(struct line *line, size_t start, enum show_tone tone, const char *text)
{
	const struct show *show = line->show;
	bool narrow = show->width != 0 && start + LEAST_LAST_COLUMNS > show->width;
	bool fits = show->width == 0 || start + show_columns(text) <= show->width;

	if (fits) {
		print_cell(line, start, tone, text);
		fputc('\n', show->out);
	} else if (narrow) {
		fputc('\n', show->out);
		show_wrapped(show, NOTE_INDENT, 0, text);
	} else {
		fprintf(show->out, "%*s", (int)(start - line->at), "");
		show_wrapped(show, (unsigned)start, start, text);
	}
	line->at = 0;
}

void
show_table_print(const struct show_table *table)
{
	size_t widths[TABLE_COLUMNS_MAX], starts[TABLE_COLUMNS_MAX] = { 0 }, column = 0;
	bool hidden[TABLE_COLUMNS_MAX];
	size_t last = table->columns - 1;
	struct line line = { .show = table->show };

	measure(table, widths);
	choose_columns(table, widths, hidden, starts);
	for (size_t i = 0; i < last; i++)
		if (!hidden[i])
			print_cell(&line, starts[i], TONE_STRONG, table->heads[i]);
	print_last(&line, starts[last], TONE_STRONG, table->heads[last]);
	for (size_t i = 0; i < table->count; i++) {
		const struct item *item = &table->items[i];
		if (item->is_note) {
			show_wrapped(line.show, NOTE_INDENT, 0, item->text);
			continue;
		}
		if (column < last && !hidden[column])
			print_cell(&line, starts[column], item->tone, item->text);
		else if (column == last)
			print_last(&line, starts[last], item->tone, item->text);
		column = (column + 1) % table->columns;
	}
}
