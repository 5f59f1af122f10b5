/*
 * printer_import: many at once, from a file: new printers, what is new of those that are kept, or new access codes. A
 * preview, a yes, a result for each row.
 */
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "fusectl/ask.h"
#include "fusectl/farm.h"
#include "fusectl/printer_args.h"
#include "printer/farmfile.h"

enum result { RESULT_SKIPPED, RESULT_DONE, RESULT_FAILED };

struct import {
	struct farmfile *file;
	bool updates; /* printers that are kept are changed, too */
	enum result results[FARMFILE_ROWS_MAX];
	char sentences[FARMFILE_ROWS_MAX][FARMFILE_REASON_BYTES]; /* how it went */
	size_t added, changed, failed;
};

static bool
is_wanted(const struct import *import, const struct farmfile_row *row)
{
	return row->verdict == FARMFILE_VALID || (row->verdict == FARMFILE_CHANGES && import->updates);
}

static enum show_tone
tone_of(enum farmfile_verdict verdict)
{
	return verdict == FARMFILE_ERROR ? TONE_BAD : verdict == FARMFILE_VALID ? TONE_GOOD : TONE_WARN;
}

static void
add_note(struct show_table *table, const char *sentence)
{
	if (sentence[0] != '\0')
		show_table_note(table, sentence);
}

/* On standard error: standard output is for how it went. */
static void
print_preview(const struct import *import)
{
	static const char *const heads[] = { "LINE", "SERIAL", "NAME", "CODE", "ADDRESS", "MODEL", "CHECK" };
	static const size_t spare[] = { 5, 4 };
	struct show show;

	show_init(&show, stderr);
	struct show_table *table = show_table_new(&show, heads, STR_ARRAY_LEN(heads));
	show_table_spare(table, spare, STR_ARRAY_LEN(spare));
	if (import->file->use == FARMFILE_CODES)
		show_table_hide(table, spare, STR_ARRAY_LEN(spare));
	for (size_t i = 0; i < import->file->count; i++) {
		const struct farmfile_row *row = &import->file->rows[i];
		show_table_number(table, row->line);
		show_table_cell(table, TONE_PLAIN, row->serial);
		show_table_cell(table, TONE_PLAIN, row->name);
		show_table_cell(table, TONE_PLAIN, row->access_code.len_bytes > 0 ? "given" : "none");
		show_table_cell(table, TONE_PLAIN, row->address);
		show_table_cell(table, TONE_PLAIN, row->model);
		show_table_cell(table, tone_of(row->verdict), farmfile_verdict_word(row->verdict));
		add_note(table, row->reason);
	}
	show_table_print(table);
	show_table_free(table);
}

/* -- doing it -------------------------------------------------------------------------------------------------- */

static enum outcome
do_row(struct ctl *ctl, const struct farmfile_row *row, struct msg_done *done)
{
	struct msg_printer_add add;
	struct msg_printer_edit edit;
	enum outcome outcome;

	done->sentence[0] = '\0';
	if (row->verdict == FARMFILE_VALID) {
		farmfile_to_add(row, &add);
		outcome = printer_args_ask_stored(ctl, MESSAGE_PRINTER_ADD, &add, done);
		secret_wipe(&add.access_code);
	} else {
		farmfile_to_edit(row, &edit);
		outcome = printer_args_ask_stored(ctl, MESSAGE_PRINTER_EDIT, &edit, done);
		secret_wipe(&edit.access_code);
	}
	return outcome;
}

/* A row that fails is no reason to leave the others, but a Fuse that does not answer is. */
static void
do_rows(struct ctl *ctl, struct import *import)
{
	struct msg_done done;
	bool gone = false;

	for (size_t i = 0; i < import->file->count; i++) {
		const struct farmfile_row *row = &import->file->rows[i];
		if (!is_wanted(import, row))
			continue;
		enum outcome outcome = gone ? OUTCOME_UNREACHABLE : do_row(ctl, row, &done);
		import->results[i] = outcome == OUTCOME_DONE ? RESULT_DONE : RESULT_FAILED;
		if (outcome != OUTCOME_DONE)
			import->failed++;
		else if (row->verdict == FARMFILE_VALID)
			import->added++;
		else
			import->changed++;
		str_copy(import->sentences[i], sizeof import->sentences[i],
			 outcome == OUTCOME_DONE ? done.sentence : ctl->failure.sentence);
		gone = outcome == OUTCOME_TIMED_OUT || outcome == OUTCOME_UNREACHABLE;
	}
}

/* -- how it went ------------------------------------------------------------------------------------------------ */

static json_t *
json_of_row(const struct import *import, size_t number)
{
	static const char *const words[] = { "skipped", "done", "failed" };
	const struct farmfile_row *row = &import->file->rows[number];
	json_t *json = json_object();

	json_object_set_new(json, "line", json_integer(row->line));
	json_object_set_new(json, "serial", ctl_json_text(row->serial));
	json_object_set_new(json, "name", ctl_json_text(row->name));
	json_object_set_new(json, "address", ctl_json_text(row->address));
	json_object_set_new(json, "model", ctl_json_text(row->model));
	json_object_set_new(json, "hasAccessCode", json_boolean(row->access_code.len_bytes > 0));
	json_object_set_new(json, "check", json_string(farmfile_verdict_word(row->verdict)));
	json_object_set_new(json, "reason", ctl_json_text(row->reason));
	json_object_set_new(json, "result", json_string(words[import->results[number]]));
	json_object_set_new(json, "sentence", ctl_json_text(import->sentences[number]));
	return json;
}

static void
print_json(const struct import *import)
{
	const struct farmfile *file = import->file;
	json_t *rows = json_array();

	for (size_t i = 0; i < file->count; i++)
		json_array_append_new(rows, json_of_row(import, i));
	ctl_print_json(stdout,
		       json_pack("{s:o,s:I,s:I,s:I,s:I}", "rows", rows, "done",
				 (json_int_t)(import->added + import->changed), "failed",
				 (json_int_t)(import->failed + file->tally[FARMFILE_ERROR]), "duplicates",
				 (json_int_t)file->tally[FARMFILE_DUPLICATE], "otherMakes", (json_int_t)file->left_out),
		       false);
}

static void
add_result(struct show_table *table, const struct import *import, size_t number)
{
	const struct farmfile_row *row = &import->file->rows[number];
	char text[48];

	show_table_number(table, row->line);
	show_table_cell(table, TONE_PLAIN, row->serial);
	show_table_cell(table, TONE_PLAIN, row->name);
	switch (import->results[number]) {
	case RESULT_SKIPPED:
		str_format(text, sizeof text, "left out: %s",
			   row->verdict == FARMFILE_CHANGES ? "added already" : farmfile_verdict_word(row->verdict));
		show_table_cell(table, tone_of(row->verdict), text);
		add_note(table, row->reason);
		break;
	case RESULT_DONE:
		show_table_cell(table, TONE_GOOD, row->verdict == FARMFILE_VALID ? "added" : "changed");
		break;
	case RESULT_FAILED:
		show_table_cell(table, TONE_BAD, "failed");
		add_note(table, import->sentences[number]);
		break;
	}
}

static void
print_results(const struct ctl *ctl, const struct import *import)
{
	static const char *const heads[] = { "LINE", "SERIAL", "NAME", "RESULT" };
	struct show_table *table = show_table_new(&ctl->show, heads, STR_ARRAY_LEN(heads));
	const struct farmfile *file = import->file;
	size_t left = file->tally[FARMFILE_UNCHANGED] + (import->updates ? 0 : file->tally[FARMFILE_CHANGES]);
	char text[200];

	for (size_t i = 0; i < file->count; i++)
		add_result(table, import, i);
	show_table_print(table);
	show_table_free(table);
	str_format(text, sizeof text, "%zu added, %zu changed, %zu failed, %zu with errors, %zu duplicate, %zu left as %s.",
		   import->added, import->changed, import->failed, file->tally[FARMFILE_ERROR],
		   file->tally[FARMFILE_DUPLICATE], left, left == 1 ? "it is" : "they are");
	show_wrapped(&ctl->show, 0, 0, text);
	if (!import->updates && file->tally[FARMFILE_CHANGES] > 0)
		show_wrapped(&ctl->show, 0, 0, "With --update what the file says of printers that are added already is taken.");
	if (file->left_out == 0)
		return;
	str_format(text, sizeof text, "%zu of other makes %s passed over.", file->left_out,
		   file->left_out == 1 ? "was" : "were");
	show_wrapped(&ctl->show, 0, 0, text);
}

/* -- the whole way ------------------------------------------------------------------------------------------------ */

static void
put_question(const struct import *import, char *question, size_t cap)
{
	size_t adds = import->file->tally[FARMFILE_VALID];
	size_t edits = import->updates ? import->file->tally[FARMFILE_CHANGES] : 0;

	if (import->file->use == FARMFILE_CODES)
		str_format(question, cap, "Change the access code%s of %zu printer%s?", edits > 1 ? "s" : "", edits,
			   edits > 1 ? "s" : "");
	else if (edits == 0)
		str_format(question, cap, "Add %zu printer%s?", adds, adds > 1 ? "s" : "");
	else if (adds == 0)
		str_format(question, cap, "Change %zu printer%s?", edits, edits > 1 ? "s" : "");
	else
		str_format(question, cap, "Add %zu printer%s and change %zu?", adds, adds > 1 ? "s" : "", edits);
}

static enum outcome
agree(struct ctl *ctl, const struct import *import)
{
	char question[120];
	bool any = false;

	if (!ctl_wants_json(ctl))
		print_preview(import);
	for (size_t i = 0; i < import->file->count && !any; i++)
		any = is_wanted(import, &import->file->rows[i]);
	if (!any)
		return OUTCOME_DONE; /* nothing will be done */
	put_question(import, question, sizeof question);
	return ask_yes(ctl, question, "Nothing was changed.", "Nothing was changed: nobody is there to say yes.");
}

static enum outcome
carry_out(struct ctl *ctl, struct import *import)
{
	enum outcome outcome = agree(ctl, import);

	if (outcome != OUTCOME_DONE)
		return outcome;
	do_rows(ctl, import);
	if (ctl_wants_json(ctl))
		print_json(import);
	else
		print_results(ctl, import);
	ctl->failure.sentence[0] = '\0'; /* the rows say it */
	return import->failed + import->file->tally[FARMFILE_ERROR] > 0 ? OUTCOME_FAILED : OUTCOME_DONE;
}

static void
compare(struct farmfile *file, const struct farm *farm)
{
	const struct msg_printer **kept = calloc(farm->count + 1, sizeof *kept);

	ENSURE(kept != NULL);
	for (size_t i = 0; i < farm->count; i++)
		kept[i] = &farm->rows[i].record;
	farmfile_compare(file, kept, farm->count);
	free(kept);
}

static enum outcome
say_fault(struct ctl *ctl, const char *path, enum farmfile_use use, const char *fault)
{
	failure_say(&ctl->failure, OUTCOME_USAGE, "%s cannot be taken: it %s.",
		    strcmp(path, "-") == 0 ? "Standard input" : path, fault);
	failure_remedy(&ctl->failure, "%s",
		       use == FARMFILE_CODES ? "A row is serial,code." :
					       "It may be BambuStudio.conf, OrcaSlicer.conf, a list in JSON, or CSV: a row "
					       "is name,address,serial,code,model.");
	return OUTCOME_USAGE;
}

static enum outcome
run(struct ctl *ctl, const char *path, enum farmfile_use use, const char *bytes, size_t len)
{
	char fault[FARMFILE_FAULT_BYTES];
	struct farm farm;
	enum outcome outcome = farm_fetch(ctl, 0, &farm);

	if (outcome != OUTCOME_DONE)
		return outcome;
	struct import *import = calloc(1, sizeof *import);
	ENSURE(import != NULL);
	import->updates = use == FARMFILE_CODES || ctl->args.given[OPTION_UPDATE];
	import->file = farmfile_parse(bytes, len, use, fault);
	if (import->file == NULL) {
		outcome = say_fault(ctl, path, use, fault);
	} else {
		compare(import->file, &farm);
		outcome = carry_out(ctl, import);
	}
	farmfile_free(import->file);
	free(import);
	farm_free(&farm);
	return outcome;
}

static enum outcome
import_file(struct ctl *ctl, const char *path, enum farmfile_use use)
{
	char *bytes;
	size_t len;
	enum outcome outcome = ask_file(path, FARMFILE_MAX_BYTES, &bytes, &len, &ctl->failure);

	if (outcome == OUTCOME_DONE)
		outcome = run(ctl, path, use, bytes, len);
	ask_free(bytes, len);
	return outcome;
}

enum outcome
printer_import(struct ctl *ctl, const char *path)
{
	return import_file(ctl, path, FARMFILE_PRINTERS);
}

enum outcome
command_import(struct ctl *ctl)
{
	return import_file(ctl, ctl->args.words[0], FARMFILE_PRINTERS);
}

enum outcome
command_printer_codes(struct ctl *ctl)
{
	return import_file(ctl, ctl->args.words[0], FARMFILE_CODES);
}
