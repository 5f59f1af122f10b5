/*
 * printer_import: many at once: new printers, or new codes, from a CSV file. A preview, a yes, a result for each row.
 */
#include <string.h>

#include "common/str.h"
#include "fusectl/ask.h"
#include "fusectl/import.h"
#include "fusectl/printer_args.h"
#include "ipc/terms.h"

static enum show_tone
tone_of_check(enum import_check check)
{
	return check == IMPORT_VALID ? TONE_GOOD : check == IMPORT_ERROR ? TONE_BAD : TONE_WARN;
}

/* The reason as a sentence. */
static void
add_reason(struct show_table *table, const struct import_row *row)
{
	char text[FIELD_FAULT_BYTES + 2];

	str_format(text, sizeof text, "%s.", row->reason);
	if (text[0] >= 'a' && text[0] <= 'z')
		text[0] = (char)(text[0] - 'a' + 'A');
	if (row->reason[0] != '\0')
		show_table_note(table, text);
}

/* On standard error: standard output is for how it went. */
static void
print_preview(const struct import *import, enum import_use use)
{
	static const char *const heads[] = { "LINE", "SERIAL", "NAME", "CODE", "ADDRESS", "MODEL", "CHECK" };
	static const size_t spare[] = { 5, 4 };
	struct show show;

	show_init(&show, stderr);
	struct show_table *table = show_table_new(&show, heads, STR_ARRAY_LEN(heads));
	show_table_spare(table, spare, STR_ARRAY_LEN(spare));
	if (use == IMPORT_CODES)
		show_table_hide(table, spare, STR_ARRAY_LEN(spare));
	for (size_t i = 0; i < import->count; i++) {
		const struct import_row *row = &import->rows[i];
		show_table_number(table, row->line);
		show_table_cell(table, TONE_PLAIN, row->printer.serial);
		show_table_cell(table, TONE_PLAIN, row->printer.name);
		show_table_cell(table, TONE_PLAIN, row->printer.access_code.len_bytes > 0 ? "given" : "none");
		show_table_cell(table, TONE_PLAIN, row->printer.address);
		show_table_cell(table, TONE_PLAIN, row->printer.model);
		show_table_cell(table, tone_of_check(row->check), import_check_word(row->check));
		add_reason(table, row);
	}
	show_table_print(table);
	show_table_free(table);
}

/* -- doing it -------------------------------------------------------------------------------------------------- */

static enum outcome
do_row(struct ctl *ctl, struct import_row *row, enum import_use use, struct msg_done *done)
{
	struct msg_printer_edit edit = { .changes = 1u << PRINTER_FIELD_ACCESS_CODE };

	done->sentence[0] = '\0';
	if (use == IMPORT_PRINTERS)
		return printer_args_ask_stored(ctl, MESSAGE_PRINTER_ADD, &row->printer, done);
	str_copy(edit.serial, sizeof edit.serial, row->printer.serial);
	edit.access_code = row->printer.access_code;
	enum outcome outcome = printer_args_ask_stored(ctl, MESSAGE_PRINTER_EDIT, &edit, done);
	secret_wipe(&edit.access_code);
	return outcome;
}

/* A row that fails is no reason to leave the others, but a Fuse that does not answer is. */
static size_t
do_rows(struct ctl *ctl, struct import *import, enum import_use use)
{
	size_t failed = 0;
	struct msg_done done;
	bool gone = false;

	for (size_t i = 0; i < import->count; i++) {
		struct import_row *row = &import->rows[i];
		if (row->check != IMPORT_VALID)
			continue;
		enum outcome outcome = gone ? OUTCOME_UNREACHABLE : do_row(ctl, row, use, &done);
		row->result = outcome == OUTCOME_DONE ? IMPORT_DONE : IMPORT_FAILED;
		failed += row->result == IMPORT_FAILED;
		str_copy(row->sentence, sizeof row->sentence,
			 outcome == OUTCOME_DONE ? done.sentence : ctl->failure.sentence);
		gone = outcome == OUTCOME_TIMED_OUT || outcome == OUTCOME_UNREACHABLE;
	}
	return failed;
}

/* -- how it went ------------------------------------------------------------------------------------------------ */

static json_t *
json_of_row(const struct import_row *row)
{
	const struct msg_printer_add *printer = &row->printer;
	json_t *json = json_object();

	json_object_set_new(json, "line", json_integer(row->line));
	json_object_set_new(json, "serial", ctl_json_text(printer->serial));
	json_object_set_new(json, "name", ctl_json_text(printer->name));
	json_object_set_new(json, "address", ctl_json_text(printer->address));
	json_object_set_new(json, "model", ctl_json_text(printer->model));
	json_object_set_new(json, "hasAccessCode", json_boolean(printer->access_code.len_bytes > 0));
	json_object_set_new(json, "check", json_string(import_check_word(row->check)));
	json_object_set_new(json, "reason", ctl_json_text(row->reason));
	json_object_set_new(json, "result", json_string(import_result_word(row->result)));
	json_object_set_new(json, "sentence", ctl_json_text(row->sentence));
	return json;
}

static void
print_results(const struct ctl *ctl, const struct import *import, enum import_use use)
{
	static const char *const heads[] = { "LINE", "SERIAL", "NAME", "RESULT" };
	const char *done = use == IMPORT_PRINTERS ? "added" : "changed";
	struct show_table *table = show_table_new(&ctl->show, heads, STR_ARRAY_LEN(heads));

	for (size_t i = 0; i < import->count; i++) {
		const struct import_row *row = &import->rows[i];
		bool failed = row->result == IMPORT_FAILED;
		show_table_number(table, row->line);
		show_table_cell(table, TONE_PLAIN, row->printer.serial);
		show_table_cell(table, TONE_PLAIN, row->printer.name);
		if (row->result == IMPORT_NOT_TRIED)
			show_table_cell(table, tone_of_check(row->check),
					row->check == IMPORT_ERROR ? "left out: error" : "left out: duplicate");
		else
			show_table_cell(table, failed ? TONE_BAD : TONE_GOOD, failed ? "failed" : done);
		if (failed)
			show_table_note(table, row->sentence);
		else
			add_reason(table, row);
	}
	show_table_print(table);
	show_table_free(table);
}

static void
print_outcome(const struct ctl *ctl, const struct import *import, enum import_use use, size_t failed)
{
	size_t done = import->valid - failed;
	char text[160];

	if (ctl_wants_json(ctl)) {
		json_t *rows = json_array();
		for (size_t i = 0; i < import->count; i++)
			json_array_append_new(rows, json_of_row(&import->rows[i]));
		ctl_print_json(stdout,
			       json_pack("{s:o,s:I,s:I,s:I}", "rows", rows, "done", (json_int_t)done, "failed",
					 (json_int_t)(failed + import->errors), "duplicates",
					 (json_int_t)import->duplicates),
			       false);
		return;
	}
	print_results(ctl, import, use);
	str_format(text, sizeof text, "%zu %s, %zu failed, %zu with errors, %zu duplicate.", done,
		   use == IMPORT_PRINTERS ? "added" : "changed", failed, import->errors, import->duplicates);
	show_wrapped(&ctl->show, 0, 0, text);
}

/* -- the whole way ------------------------------------------------------------------------------------------------ */

static enum outcome
agree(struct ctl *ctl, const struct import *import, enum import_use use)
{
	char question[120];

	if (!ctl_wants_json(ctl))
		print_preview(import, use);
	if (import->valid == 0)
		return OUTCOME_DONE; /* nothing will be done */
	if (use == IMPORT_PRINTERS)
		str_format(question, sizeof question, "Add %zu printer%s?", import->valid, import->valid > 1 ? "s" : "");
	else
		str_format(question, sizeof question, "Change the access code%s of %zu printer%s?",
			   import->valid > 1 ? "s" : "", import->valid, import->valid > 1 ? "s" : "");
	return ask_yes(ctl, question, "Nothing was changed.", "Nothing was changed: nobody is there to say yes.");
}

static enum outcome
run(struct ctl *ctl, const char *path, enum import_use use, const char *bytes, size_t len)
{
	const char *fault = NULL;
	struct farm farm;
	enum outcome outcome = farm_fetch(ctl, 0, &farm);

	if (outcome != OUTCOME_DONE)
		return outcome;
	struct import *import = import_plan(bytes, len, use, &farm, &fault);
	if (import == NULL) {
		farm_free(&farm);
		failure_say(&ctl->failure, OUTCOME_USAGE, "%s cannot be taken: it %s.",
			    strcmp(path, "-") == 0 ? "Standard input" : path, fault);
		failure_remedy(&ctl->failure, "A row is %s.",
			       use == IMPORT_PRINTERS ? "name,address,serial,code,model" : "serial,code");
		return OUTCOME_USAGE;
	}
	outcome = agree(ctl, import, use);
	if (outcome == OUTCOME_DONE) {
		size_t failed = do_rows(ctl, import, use);
		print_outcome(ctl, import, use, failed);
		ctl->failure.sentence[0] = '\0'; /* the rows say it */
		outcome = failed + import->errors > 0 ? OUTCOME_FAILED : OUTCOME_DONE;
	}
	import_free(import);
	farm_free(&farm);
	return outcome;
}

static enum outcome
import_file(struct ctl *ctl, const char *path, enum import_use use)
{
	char *bytes;
	size_t len;
	enum outcome outcome = ask_file(path, CSV_MAX_BYTES, &bytes, &len, &ctl->failure);

	if (outcome == OUTCOME_DONE)
		outcome = run(ctl, path, use, bytes, len);
	ask_free(bytes, len);
	return outcome;
}

enum outcome
printer_import(struct ctl *ctl, const char *path)
{
	return import_file(ctl, path, IMPORT_PRINTERS);
}

enum outcome
command_printer_codes(struct ctl *ctl)
{
	return import_file(ctl, ctl->args.words[0], IMPORT_CODES);
}
