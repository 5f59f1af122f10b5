/*
 * rest_bulk: a list of printers to add or to change.
 */
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/known.h"
#include "httpd/many.h"
#include "httpd/printer_body.h"
#include "httpd/rest.h"

#define ITEMS_MAX KNOWN_PRINTERS_MAX

_Static_assert(ITEMS_MAX <= MANY_MAX, "more than many take");

/* What an item says. False: it has its result. */
static bool
read_item(struct many *many, size_t item, const json_t *object, enum printer_body_use use, struct msg_printer_edit *edit)
{
	char fault[BODY_FAULT_BYTES];
	bool fine = printer_body_parse(object, use, edit, fault);

	if (body_is_serial(edit->serial))
		many_set_serial(many, item, edit->serial);
	if (!fine)
		many_set_problem(many, item, PROBLEM_INVALID, fault, "");
	return fine;
}

static void
begin_add(struct many *many, size_t item)
{
	const json_t *object = json_array_get(request_json_peek(many_request(many)), item);
	struct msg_printer_edit edit;
	struct msg_printer_add add;

	if (!read_item(many, item, object, PRINTER_BODY_ADD, &edit))
		return;
	printer_body_to_add(&edit, &add);
	many_ask_add(many, item, &add);
	secret_wipe(&add.access_code);
	secret_wipe(&edit.access_code);
}

static void
begin_edit(struct many *many, size_t item)
{
	const json_t *object = json_array_get(request_json_peek(many_request(many)), item);
	struct msg_printer_edit edit;

	if (!read_item(many, item, object, PRINTER_BODY_EDIT_ONE_OF_MANY, &edit))
		return;
	const struct msg_printer *now = known_printer_peek(request_httpd(many_request(many))->known, edit.serial);
	if (now == NULL) {
		many_set_problem(many, item, PROBLEM_NOT_FOUND, "There is no printer with this serial number here.", "");
	} else {
		printer_body_keep_ports(object, now, &edit);
		many_ask_edit(many, item, &edit);
	}
	secret_wipe(&edit.access_code);
}

void
rest_bulk(struct request *request, bool adds)
{
	static const struct many_way adding = { .path = "/api/v1/printers", .begin = begin_add };
	static const struct many_way editing = { .path = "/api/v1/printers", .begin = begin_edit };
	size_t count = json_array_size(request_json_peek(request));
	char sentence[80];

	if (count == 0 || count > ITEMS_MAX) {
		str_format(sentence, sizeof sentence, "The list must have 1 to %d printers.", ITEMS_MAX);
		rest_answer_invalid(request, sentence);
		return;
	}
	many_begin(request, adds ? &adding : &editing, count, NULL, NULL);
}
