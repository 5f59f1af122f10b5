/*
 * rest_import: printers from a file: a slicer's settings, another program's list, a table. With dry_run=1 it is only
 * looked at. The file may have the access codes of a whole farm: they go to the store and come back in no answer.
 */
#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/known.h"
#include "httpd/known_json.h"
#include "httpd/many.h"
#include "httpd/rest.h"
#include "httpd/routes.h"
#include "httpd/scans.h"
#include "ipc/terms.h"
#include "printer/farmfile.h"

_Static_assert(FARMFILE_ROWS_MAX <= MANY_MAX, "more than many take");

/* -- looking --------------------------------------------------------------------------------------- */

/* A slicer has the codes of printers whose address it does not keep. One that a search has met is known all the same;
 * that somebody there says so is a hint: no code is sent before the printer has proved who it is. */
static void
find_addresses(const struct httpd *httpd, struct farmfile *file)
{
	for (size_t i = 0; i < file->count; i++) {
		const char *serial = file->rows[i].serial;
		if (file->rows[i].address[0] != '\0' || known_printer_peek(httpd->known, serial) != NULL)
			continue;
		const char *address = scans_address_peek(httpd->scans, serial);
		if (address != NULL)
			farmfile_set_address(file, i, address);
	}
}

static json_t *
changes_json(const struct farmfile_row *row)
{
	json_t *list = json_array();

	for (unsigned field = 0; field < PRINTER_FIELD_COUNT; field++)
		if (row->changes & 1u << field)
			json_array_append_new(list, json_string(printer_field_name(field)));
	return list;
}

/* All of a row but its serial number and what came of it. */
static void
describe_row(const struct farmfile_row *row, json_t *json)
{
	json_object_set_new(json, "line", json_integer(row->line));
	json_object_set_new(json, "name", known_json_text(row->name));
	json_object_set_new(json, "address", known_json_text(row->address));
	json_object_set_new(json, "model", known_json_text(row->model));
	json_object_set_new(json, "hasAccessCode", json_boolean(row->access_code.len_bytes > 0));
	json_object_set_new(json, "verdict", json_string(farmfile_verdict_word(row->verdict)));
	json_object_set_new(json, "changes", changes_json(row));
	json_object_set_new(json, "reason", known_json_text(row->reason));
}

static json_t *
preview_json(const struct farmfile *file)
{
	json_t *rows = json_array(), *counts = json_object();

	for (size_t i = 0; i < file->count; i++) {
		json_t *row = json_pack("{s:o}", "serial", known_json_text(file->rows[i].serial));
		describe_row(&file->rows[i], row);
		json_array_append_new(rows, row);
	}
	for (enum farmfile_verdict verdict = 0; verdict < FARMFILE_VERDICT_COUNT; verdict++)
		json_object_set_new(counts, farmfile_verdict_word(verdict), json_integer((json_int_t)file->tally[verdict]));
	json_t *json = json_pack("{s:s, s:o, s:o, s:I}", "format", farmfile_kind_word(file->kind), "rows", rows, "counts",
				 counts, "otherMakes", (json_int_t)file->left_out);
	ENSURE(json != NULL);
	return json;
}

/* -- doing ------------------------------------------------------------------------------------------ */

static void
import_add(struct many *many, size_t item, const struct farmfile_row *row)
{
	struct msg_printer_add add;

	farmfile_to_add(row, &add);
	many_ask_add(many, item, &add);
	secret_wipe(&add.access_code);
}

static void
import_edit(struct many *many, size_t item, const struct farmfile_row *row)
{
	struct msg_printer_edit edit;
	bool update;

	if (request_truth(many_request(many), "update", &update) && update) {
		farmfile_to_edit(row, &edit);
		many_ask_edit(many, item, &edit);
		secret_wipe(&edit.access_code);
	} else {
		many_set_problem(many, item, PROBLEM_CONFLICT, row->reason, "With update=1 it is changed.");
	}
}

static void
begin_row(struct many *many, size_t item)
{
	const struct farmfile *file = many_work(many);
	const struct farmfile_row *row = &file->rows[item];

	many_set_serial(many, item, row->serial);
	switch (row->verdict) {
	case FARMFILE_VALID:
		import_add(many, item, row);
		break;
	case FARMFILE_CHANGES:
		import_edit(many, item, row);
		break;
	case FARMFILE_UNCHANGED:
		many_set_as_it_is(many, item);
		break;
	case FARMFILE_DUPLICATE:
		many_set_problem(many, item, PROBLEM_CONFLICT, row->reason, "");
		break;
	case FARMFILE_ERROR:
	case FARMFILE_VERDICT_COUNT:
		many_set_problem(many, item, PROBLEM_INVALID, row->reason, "");
		break;
	}
}

static void
describe(struct many *many, size_t item, json_t *result)
{
	const struct farmfile *file = many_work(many);

	describe_row(&file->rows[item], result);
}

static void
free_file(void *file)
{
	farmfile_free(file);
}

static void
answer_fault(struct request *request, const char *fault)
{
	char detail[FARMFILE_FAULT_BYTES + 40];

	str_format(detail, sizeof detail, "The file cannot be taken: it %s.", fault);
	answer_problem(request, PROBLEM_INVALID, detail,
		       "Send BambuStudio.conf, OrcaSlicer.conf, a list of printers in JSON, or CSV with a first row such as "
		       "name,address,serial,code,model.");
}

void
rest_import(struct request *request)
{
	static const struct many_way importing = { .path = "/api/v1/import", .begin = begin_row, .describe = describe };
	const struct msg_printer *kept[KNOWN_PRINTERS_MAX];
	char fault[FARMFILE_FAULT_BYTES];
	bool dry_run, update;
	size_t len;

	if (!request_truth(request, "dry_run", &dry_run) || !request_truth(request, "update", &update))
		return;
	const void *bytes = request_body_peek(request, &len);
	struct farmfile *file = farmfile_parse(bytes, len, FARMFILE_PRINTERS, fault);
	if (file == NULL) {
		answer_fault(request, fault);
		return;
	}
	find_addresses(request_httpd(request), file);
	farmfile_compare(file, kept, known_printers(request_httpd(request)->known, kept));
	if (dry_run) {
		answer_json(request, 200, preview_json(file));
		farmfile_free(file);
	} else {
		many_begin(request, &importing, file->count, file, free_file);
	}
}
