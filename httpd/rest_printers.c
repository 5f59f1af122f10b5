/*
 * rest_printers: records of printers, and what is known of each.
 */
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/known.h"
#include "httpd/known_json.h"
#include "httpd/printer_body.h"
#include "httpd/rest.h"
#include "httpd/routes.h"

/* -- what several need --------------------------------------------------------------------------- */

bool
rest_store_has_told(struct request *request)
{
	if (known_store_peek(request_httpd(request)->known) != NULL) /* the last thing that it tells at its start */
		return true;
	answer_problem(request, PROBLEM_UNREACHABLE, "Fuse was started just now and does not know yet what it has.",
		       "Try again in a moment.");
	return false;
}

const struct msg_printer *
rest_find_printer(struct request *request)
{
	const struct msg_printer *printer = known_printer_peek(request_httpd(request)->known, request_id_peek(request));
	char detail[80];

	if (printer != NULL)
		return printer;
	if (!rest_store_has_told(request))
		return NULL;
	str_format(detail, sizeof detail, "There is no printer %s here.", request_id_peek(request));
	answer_problem(request, PROBLEM_NOT_FOUND, detail, "GET /api/v1/printers lists them.");
	return NULL;
}

bool
rest_worker_slot(struct request *request, const char *serial, uint16_t *ret_slot)
{
	const struct msg_proc_status *worker = known_worker_peek(request_httpd(request)->known, serial);

	if (worker != NULL) {
		*ret_slot = (uint16_t)worker->slot;
		return true;
	}
	answer_problem(request, PROBLEM_UNREACHABLE, "The printer's process does not run yet.", "Try again in a moment.");
	return false;
}

void
rest_answer_done(void *owner, unsigned cookie, const struct reply *reply)
{
	struct request *request = owner;

	(void)cookie;
	if (request_answer_failure(request, reply))
		return;
	answer_sentence(request, reply->number == MESSAGE_DONE ? ((const struct msg_done *)reply->message)->sentence : "");
}

void
rest_answer_gone(void *owner, unsigned cookie, const struct reply *reply)
{
	(void)cookie;
	if (!request_answer_failure(owner, reply))
		answer_nothing(owner);
}

void
rest_answer_invalid(struct request *request, const char *sentence)
{
	answer_problem(request, PROBLEM_INVALID, sentence, "");
}

/* -- reading ---------------------------------------------------------------------------------------- */

void
rest_printers(struct request *request)
{
	if (rest_store_has_told(request))
		answer_json(request, 200, known_json_printers(request_httpd(request)->known));
}

void
rest_printer(struct request *request)
{
	const struct msg_printer *printer = rest_find_printer(request);

	if (printer != NULL)
		answer_json(request, 200, known_json_printer(request_httpd(request)->known, printer));
}

void
rest_printer_stat(struct request *request)
{
	const struct msg_printer *printer = rest_find_printer(request);
	size_t len;

	if (printer == NULL)
		return;
	char *text = known_json_state(request_httpd(request)->known, printer, &len);
	answer_text(request, "application/json", text, len, true);
	free(text);
}

/* -- adding -------------------------------------------------------------------------------------------- */

static void
on_added(void *owner, unsigned cookie, const struct reply *reply)
{
	struct request *request = owner;
	const struct known *known = request_httpd(request)->known;
	char location[80];

	(void)cookie;
	if (request_answer_failure(request, reply))
		return;
	/* stored tells of the printer before it says DONE; if it is gone again already, what was added is told. */
	const struct msg_printer *added = request_work(request), *printer = known_printer_peek(known, added->serial);
	str_format(location, sizeof location, "/api/v1/printers/%s", added->serial);
	answer_created(request, location, known_json_printer(known, printer != NULL ? printer : added));
}

static struct msg_printer *
printer_as_added(const struct msg_printer_add *add)
{
	struct msg_printer *printer = calloc(1, sizeof *printer);

	ENSURE(printer != NULL);
	str_copy(printer->serial, sizeof printer->serial, add->serial);
	str_copy(printer->name, sizeof printer->name, add->name);
	str_copy(printer->address, sizeof printer->address, add->address);
	str_copy(printer->model, sizeof printer->model, add->model);
	str_copy(printer->certificate_sha256, sizeof printer->certificate_sha256, add->certificate_sha256);
	printer->mqtt_port = add->mqtt_port;
	printer->ftps_port = add->ftps_port;
	printer->camera_port = add->camera_port;
	printer->detect_port = add->detect_port;
	printer->starts_unasked = add->starts_unasked;
	printer->has_access_code = add->access_code.len_bytes > 0;
	return printer;
}

void
rest_printers_add(struct request *request)
{
	char fault[BODY_FAULT_BYTES];
	struct msg_printer_edit edit;
	struct msg_printer_add add;

	if (json_is_array(request_json_peek(request))) {
		rest_bulk(request, true);
		return;
	}
	if (!printer_body_parse(request_json_peek(request), PRINTER_BODY_ADD, &edit, fault)) {
		rest_answer_invalid(request, fault);
		return;
	}
	printer_body_to_add(&edit, &add);
	request_set_work(request, printer_as_added(&add), free);
	request_ask(request, MESSAGE_PRINTER_ADD, ROLE_STORED, 0, &add, ASK_DEADLINE_MS, on_added);
	secret_wipe(&edit.access_code);
	secret_wipe(&add.access_code);
}

/* -- changing, removing ---------------------------------------------------------------------------------- */

static void
on_changed(void *owner, unsigned cookie, const struct reply *reply)
{
	struct request *request = owner;

	(void)cookie;
	if (!request_answer_failure(request, reply))
		rest_printer(request);
}

static void
change(struct request *request, const struct msg_printer_edit *edit)
{
	request_ask(request, MESSAGE_PRINTER_EDIT, ROLE_STORED, 0, edit, ASK_DEADLINE_MS, on_changed);
}

void
rest_printer_change(struct request *request)
{
	const struct msg_printer *printer = rest_find_printer(request);
	char fault[BODY_FAULT_BYTES];
	struct msg_printer_edit edit;

	if (printer == NULL)
		return;
	if (!printer_body_parse(request_json_peek(request), PRINTER_BODY_EDIT, &edit, fault)) {
		rest_answer_invalid(request, fault);
		return;
	}
	str_copy(edit.serial, sizeof edit.serial, printer->serial);
	printer_body_keep_ports(request_json_peek(request), printer, &edit);
	change(request, &edit);
	secret_wipe(&edit.access_code);
}

void
rest_printers_change(struct request *request)
{
	if (json_is_array(request_json_peek(request)))
		rest_bulk(request, false);
	else
		rest_answer_invalid(request, "The body must be a list of printers, each with its serial number.");
}

void
rest_printer_remove(struct request *request)
{
	const struct msg_printer *printer = rest_find_printer(request);
	struct msg_printer_remove remove = { 0 };

	if (printer == NULL)
		return;
	str_copy(remove.serial, sizeof remove.serial, printer->serial);
	request_ask(request, MESSAGE_PRINTER_REMOVE, ROLE_STORED, 0, &remove, ASK_DEADLINE_MS, rest_answer_gone);
}

/* -- trust ------------------------------------------------------------------------------------------------- */

/* The fingerprint comes from the person, who has compared it; what the worker has seen by now must be the same. */
void
rest_printer_trust(struct request *request)
{
	static const char *const names[] = { "certificateSha256" };
	const struct msg_printer *printer = rest_find_printer(request);
	struct msg_printer_edit edit = { .changes = 1u << PRINTER_FIELD_CERTIFICATE };
	char fault[BODY_FAULT_BYTES];
	bool present;

	if (printer == NULL)
		return;
	const json_t *body = request_json_peek(request);
	const struct msg_printer_link *link = known_link_peek(request_httpd(request)->known, printer->serial);
	if (!json_is_object(body)) {
		rest_answer_invalid(request, "The body must be an object with \"certificateSha256\".");
	} else if (!body_keys_are(body, names, STR_ARRAY_LEN(names), fault) ||
		   !body_text(body, names[0], edit.certificate_sha256, sizeof edit.certificate_sha256, &present, fault)) {
		rest_answer_invalid(request, fault);
	} else if (!body_fold_sha256(edit.certificate_sha256)) {
		rest_answer_invalid(request, "\"certificateSha256\" must be 64 hex digits.");
	} else if (link == NULL || strcmp(link->seen_sha256, edit.certificate_sha256) != 0) {
		answer_problem(request, PROBLEM_CONFLICT,
			       link == NULL || link->seen_sha256[0] == '\0' ?
				       "No certificate of this printer has been seen yet." :
				       "The printer shows another certificate than the one that is to be approved.",
			       "Look at the printer's link again and compare the fingerprint there.");
	} else {
		str_copy(edit.serial, sizeof edit.serial, printer->serial);
		change(request, &edit);
	}
}
