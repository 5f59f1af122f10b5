/*
 * rest_virtual: virtual printers are made, and their controls looked at and turned. All else is done with them as with any
 * printer.
 */
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/body.h"
#include "httpd/known.h"
#include "httpd/known_json.h"
#include "httpd/rest.h"
#include "httpd/routes.h"
#include "printer/virtual_rules.h"

#define MAKE_DEADLINE_MS 30000 /* a small machine takes its time for a key */
#define CONTROL_JSON_MAX_BYTES 2048 /* of VIRTUAL_CONTROL in messages.def */

/* -- making ------------------------------------------------------------------------------------------- */

struct making {
	struct msg_virtual_add add;
	char name[PRINTER_NAME_BYTES]; /* without its number */
	unsigned quantity, asked, made;
	json_t *results;
	json_t *first_problem; /* borrowed from the results */
	enum problem first_kind;
};

static void
making_free(void *arg)
{
	struct making *making = arg;

	json_decref(making->results);
	free(making);
}

static bool
refuse(struct request *request, const char *sentence)
{
	rest_answer_invalid(request, sentence);
	return false;
}

/* ["ams","ams-ht"] as the message has it. What each word means, stored knows. */
static bool
take_ams(struct request *request, const json_t *list, char *ret_text, size_t cap)
{
	const json_t *unit;
	size_t i, used = 0;

	if (list == NULL)
		return true;
	if (!json_is_array(list))
		return refuse(request, "\"ams\" must be a list of AMS units, like [\"ams\", \"ams-ht\"].");
	json_array_foreach(list, i, unit) {
		const char *word = json_string_value(unit);
		size_t len = json_string_length(unit);
		if (word == NULL || len == 0 || strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
			return refuse(request, "\"ams\" must be a list of AMS units, like [\"ams\", \"ams-ht\"].");
		if (!str_format(ret_text + used, cap - used, "%s%s", i > 0 ? "," : "", word))
			return refuse(request, "\"ams\" names more units than any printer takes.");
		used = strlen(ret_text);
	}
	return true;
}

static bool
take_quantity(struct request *request, const json_t *quantity, unsigned *ret_quantity)
{
	*ret_quantity = 1;
	if (quantity == NULL)
		return true;
	if (!json_is_integer(quantity) || json_integer_value(quantity) < 1 ||
	    json_integer_value(quantity) > VIRTUAL_PRINTERS_MAX)
		return refuse(request, "\"quantity\" must be a number from 1 to 20.");
	*ret_quantity = (unsigned)json_integer_value(quantity);
	return true;
}

static bool
take_making(struct request *request, struct making *making)
{
	static const char *const names[] = { "name", "model", "nozzle", "ams", "exposed", "quantity" };
	const json_t *body = request_json_peek(request);
	struct msg_virtual_add *add = &making->add;
	char fault[BODY_FAULT_BYTES];
	bool present;

	if (!json_is_object(body))
		return refuse(request, "The body must be an object, like {\"name\": \"Vera\", \"model\": \"X1C\"}.");
	if (!body_keys_are(body, names, STR_ARRAY_LEN(names), fault) ||
	    !body_text(body, "name", making->name, sizeof making->name, &present, fault) ||
	    !body_text(body, "model", add->model, sizeof add->model, &present, fault) ||
	    !body_text(body, "nozzle", add->nozzle, sizeof add->nozzle, &present, fault) ||
	    !body_text(body, "exposed", add->exposed, sizeof add->exposed, &present, fault))
		return refuse(request, fault);
	return take_ams(request, json_object_get(body, "ams"), add->ams, sizeof add->ams) &&
	       take_quantity(request, json_object_get(body, "quantity"), &making->quantity);
}

static void
note_problem(struct making *making, enum problem problem, const char *detail, const char *remedy)
{
	char instance[64];

	str_format(instance, sizeof instance, "/api/v1/virtual-printers#%zu", json_array_size(making->results));
	json_t *json = problem_to_json(problem, detail, remedy, instance);
	if (making->first_problem == NULL) {
		making->first_problem = json;
		making->first_kind = problem;
	}
	json_array_append_new(making->results, json_pack("{s:i, s:n, s:o}", "status", (int)problem_status(problem), "serial",
							 "problem", json));
}

static void
note_made(struct request *request, struct making *making, const char *serial)
{
	const struct known *known = request_httpd(request)->known;
	/* stored tells of it before it answers; if it is gone again already there is only its serial number. */
	const struct msg_printer *printer = known_printer_peek(known, serial);

	making->made++;
	json_array_append_new(making->results,
			      json_pack("{s:i, s:s, s:o}", "status", 201, "serial", serial, "printer",
					printer != NULL ? known_json_printer(known, printer) : json_null()));
}

static void ask_for_next(struct request *request);

static void
on_made(void *owner, unsigned cookie, const struct reply *reply)
{
	struct making *making = request_work(owner);

	(void)cookie;
	if (making->quantity == 1 && request_answer_failure(owner, reply))
		return;
	if (reply->kind == REPLY_TIMED_OUT) {
		note_problem(making, PROBLEM_TIMED_OUT, "The store has not answered in time; whether it was done is not known.", "");
	} else if (reply->kind == REPLY_REFUSED) {
		const struct msg_refused *refused = reply->message;
		note_problem(making, problem_of_refusal(refused->reason), refused->sentence, refused->remedy);
	} else if (reply->number == MESSAGE_VIRTUAL_ADDED) {
		note_made(owner, making, ((const struct msg_virtual_added *)reply->message)->serial);
	} else {
		note_problem(making, PROBLEM_FAILED, "The store has answered something else.", "");
	}
	ask_for_next(owner);
}

static void
answer(struct request *request, const struct making *making)
{
	if (making->made > 0)
		answer_json(request, 201, json_pack("{s:O}", "printers", making->results));
	else
		answer_problem_json(request, making->first_kind, json_incref(making->first_problem));
}

/* One after the other: stored makes a key for each. */
static void
ask_for_next(struct request *request)
{
	struct making *making = request_work(request);
	struct msg_virtual_add *add = &making->add;

	if (making->asked == making->quantity) {
		answer(request, making);
		return;
	}
	making->asked++;
	if (making->quantity == 1 || making->name[0] == '\0')
		str_copy(add->name, sizeof add->name, making->name);
	else if (!str_format(add->name, sizeof add->name, "%s #%u", making->name, making->asked)) {
		rest_answer_invalid(request, "\"name\" is too long to be numbered.");
		return;
	}
	request_ask(request, MESSAGE_VIRTUAL_ADD, ROLE_STORED, 0, add, MAKE_DEADLINE_MS, on_made);
}

void
rest_virtual_add(struct request *request)
{
	struct making *making = calloc(1, sizeof *making);

	ENSURE(making != NULL);
	making->results = json_array();
	request_set_work(request, making, making_free);
	if (take_making(request, making))
		ask_for_next(request);
}

/* -- controls ------------------------------------------------------------------------------------------ */

/* NULL: it is none, and the answer says so. */
static const struct msg_printer *
find_virtual(struct request *request)
{
	const struct msg_printer *printer = rest_find_printer(request);
	char detail[160];

	if (printer == NULL || printer->is_virtual)
		return printer;
	str_format(detail, sizeof detail, "'%s' is a real printer: it has no controls.", printer->name);
	answer_problem(request, PROBLEM_NOT_FOUND, detail, "");
	return NULL;
}

static void
answer_not_running(struct request *request)
{
	answer_problem(request, PROBLEM_UNREACHABLE, "The process that plays this printer does not run yet.",
		       "Try again in a moment.");
}

void
rest_virtual(struct request *request)
{
	const struct msg_printer *printer = find_virtual(request);

	if (printer == NULL)
		return;
	json_t *controls = known_controls_peek(request_httpd(request)->known, printer->serial);
	if (controls != NULL)
		answer_json(request, 200, json_incref(controls));
	else
		answer_not_running(request);
}

struct turned {
	char serial[PRINTER_SERIAL_BYTES];
	char sentence[sizeof((struct msg_done *)NULL)->sentence]; /* of the controls */
};

/* Whether it was possible to connect or not: what was turned is turned. */
static void
on_connecting(void *owner, unsigned cookie, const struct reply *reply)
{
	const struct turned *turned = request_work(owner);

	(void)cookie;
	(void)reply;
	answer_sentence(owner, turned->sentence);
}

/* What kept Fuse away may be over: it need not wait for its next try, which can be minutes off. */
static void
on_turned(void *owner, unsigned cookie, const struct reply *reply)
{
	const struct known *known = request_httpd(owner)->known;
	struct turned *turned = request_work(owner);
	struct msg_reconnect message;

	(void)cookie;
	if (request_answer_failure(owner, reply))
		return;
	if (reply->number == MESSAGE_DONE)
		str_copy(turned->sentence, sizeof turned->sentence, ((const struct msg_done *)reply->message)->sentence);
	const struct msg_printer_link *link = known_link_peek(known, turned->serial);
	const struct msg_proc_status *worker = known_worker_peek(known, turned->serial);
	if (link == NULL || link->online || worker == NULL) {
		answer_sentence(owner, turned->sentence);
		return;
	}
	str_copy(message.serial, sizeof message.serial, turned->serial);
	request_ask(owner, MESSAGE_RECONNECT, ROLE_WORKER, (uint16_t)worker->slot, &message, ASK_DEADLINE_MS, on_connecting);
}

void
rest_virtual_control(struct request *request)
{
	static const char *const names[] = { "online", "timeFactor", "faults", "do", "error", "message" };
	const struct msg_printer *printer = find_virtual(request);
	const json_t *body = request_json_peek(request);
	struct msg_virtual_control message = { 0 };
	char fault[BODY_FAULT_BYTES];

	if (printer == NULL)
		return;
	const struct msg_proc_status *player = known_player_peek(request_httpd(request)->known, printer->serial);
	/* What each may be, the process says. */
	if (!json_is_object(body)) {
		rest_answer_invalid(request, "The body must be an object, like {\"online\": false}.");
		return;
	}
	if (!body_keys_are(body, names, STR_ARRAY_LEN(names), fault)) {
		rest_answer_invalid(request, fault);
		return;
	}
	if (player == NULL) {
		answer_not_running(request);
		return;
	}
	char *text = json_dumps(body, JSON_COMPACT);
	ENSURE(text != NULL);
	message.json = (struct ipc_bytes){ (const uint8_t *)text, strlen(text) };
	str_copy(message.serial, sizeof message.serial, printer->serial);
	if (message.json.len > CONTROL_JSON_MAX_BYTES) {
		rest_answer_invalid(request, "The controls have more than 2048 bytes.");
	} else {
		struct turned *turned = calloc(1, sizeof *turned);
		ENSURE(turned != NULL);
		str_copy(turned->serial, sizeof turned->serial, printer->serial);
		request_set_work(request, turned, free);
		request_ask(request, MESSAGE_VIRTUAL_CONTROL, ROLE_VIRTUAL, (uint16_t)player->slot, &message,
			    COMMAND_DEADLINE_MS, on_turned);
	}
	free(text);
}

/* -- for other programs -------------------------------------------------------------------------------- */

static void
on_access(void *owner, unsigned cookie, const struct reply *reply)
{
	const struct msg_virtual_access *access = reply->message;

	(void)cookie;
	if (request_answer_failure(owner, reply))
		return;
	answer_json(owner, 200,
		    json_pack("{s:s, s:s%, s:s%}", "user", "bblp", "accessCode",
			      (const char *)secret_bytes_peek(&access->access_code), (size_t)access->access_code.len_bytes,
			      "issuerPem", (const char *)access->issuer.bytes, access->issuer.len));
}

void
rest_virtual_access(struct request *request)
{
	const struct msg_printer *printer = find_virtual(request);
	struct msg_virtual_access_want want;

	if (printer == NULL)
		return;
	str_copy(want.serial, sizeof want.serial, printer->serial);
	request_ask(request, MESSAGE_VIRTUAL_ACCESS_WANT, ROLE_STORED, 0, &want, ASK_DEADLINE_MS, on_access);
}
