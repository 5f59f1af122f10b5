/*
 * rest_bulk: a list of printers to add or change. Each item is a request to stored of its own, with a result of its
 * own; some are asked at once, so that stored can commit them together. The answer is 207 with one result an item,
 * in the order of the list.
 */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/known.h"
#include "httpd/known_json.h"
#include "httpd/printer_body.h"
#include "httpd/rest.h"

#define ITEMS_MAX KNOWN_PRINTERS_MAX
#define ITEMS_AT_ONCE 32
#define BULK_BUDGET_MS 20000 /* what was not asked by then is not asked any more */

struct bulk {
	struct request *request;
	bool adds;
	size_t count, next, open;
	int64_t until_ms;
	json_t *results[ITEMS_MAX];
	char serials[ITEMS_MAX][33];
};

static void
bulk_free(void *arg)
{
	struct bulk *bulk = arg;

	for (size_t i = 0; i < bulk->count; i++)
		json_decref(bulk->results[i]);
	free(bulk);
}

static void
set_result(struct bulk *bulk, size_t item, unsigned status, const char *key, json_t *value)
{
	bulk->results[item] = json_pack("{s:i, s:o, s:o}", "status", (int)status, "serial",
					known_json_text(bulk->serials[item]), key, value);
	ENSURE(bulk->results[item] != NULL);
}

static void
set_problem(struct bulk *bulk, size_t item, enum problem problem, const char *detail, const char *remedy)
{
	char instance[48];

	str_format(instance, sizeof instance, "/api/v1/printers#%zu", item);
	set_result(bulk, item, problem_status(problem), "problem", problem_to_json(problem, detail, remedy, instance));
}

static void
set_done(struct bulk *bulk, size_t item)
{
	const struct known *known = request_httpd(bulk->request)->known;
	const struct msg_printer *printer = known_printer_peek(known, bulk->serials[item]);

	set_result(bulk, item, bulk->adds ? 201 : 200, "printer",
		   printer != NULL ? known_json_printer(known, printer) : json_null());
}

static void go_on(struct bulk *bulk);

static void
on_reply(void *owner, unsigned cookie, const struct reply *reply)
{
	struct bulk *bulk = request_work(owner);

	bulk->open--;
	if (reply->kind == REPLY_TIMED_OUT) {
		set_problem(bulk, cookie, PROBLEM_TIMED_OUT,
			    "The store has not answered in time; whether it was done is not known.", "");
	} else if (reply->kind == REPLY_REFUSED) {
		const struct msg_refused *refused = reply->message;
		set_problem(bulk, cookie, problem_of_refusal(refused->reason), refused->sentence, refused->remedy);
	} else {
		set_done(bulk, cookie);
	}
	go_on(bulk);
}

static void
ask(struct bulk *bulk, size_t item, const struct msg_printer_edit *edit)
{
	struct msg_printer_add add;

	printer_body_to_add(edit, &add);
	const struct ask ask = { .number = bulk->adds ? MESSAGE_PRINTER_ADD : MESSAGE_PRINTER_EDIT, .to_role = ROLE_STORED,
				 .message = bulk->adds ? (const void *)&add : edit, .fd = -1,
				 .deadline_ms = ASK_DEADLINE_MS, .on_reply = on_reply, .owner = bulk->request,
				 .cookie = (unsigned)item };
	pending_ask(request_httpd(bulk->request)->pendings, &ask);
	secret_wipe(&add.access_code);
	bulk->open++;
}

static void
begin_item(struct bulk *bulk, size_t item)
{
	const struct known *known = request_httpd(bulk->request)->known;
	const json_t *object = json_array_get(request_json_peek(bulk->request), item);
	enum printer_body_use use = bulk->adds ? PRINTER_BODY_ADD : PRINTER_BODY_EDIT_ONE_OF_MANY;
	char fault[BODY_FAULT_BYTES];
	struct msg_printer_edit edit;

	if (clock_monotonic_ms() > bulk->until_ms) {
		set_problem(bulk, item, PROBLEM_TIMED_OUT, "The items before it took too long: this one was not tried.", "");
		return;
	}
	bool fine = printer_body_parse(object, use, &edit, fault);
	if (body_is_serial(edit.serial))
		str_copy(bulk->serials[item], sizeof bulk->serials[item], edit.serial);
	if (!fine) {
		set_problem(bulk, item, PROBLEM_INVALID, fault, "");
		return;
	}
	const struct msg_printer *now = known_printer_peek(known, edit.serial);
	if (!bulk->adds && now == NULL) {
		set_problem(bulk, item, PROBLEM_NOT_FOUND, "There is no printer with this serial number here.", "");
	} else {
		if (!bulk->adds)
			printer_body_keep_ports(object, now, &edit);
		ask(bulk, item, &edit);
	}
	secret_wipe(&edit.access_code);
}

static void
go_on(struct bulk *bulk)
{
	while (bulk->next < bulk->count && bulk->open < ITEMS_AT_ONCE)
		begin_item(bulk, bulk->next++);
	if (bulk->open > 0)
		return;
	json_t *list = json_array();
	for (size_t i = 0; i < bulk->count; i++) {
		json_array_append_new(list, bulk->results[i]);
		bulk->results[i] = NULL;
	}
	answer_json(bulk->request, 207, json_pack("{s:o}", "results", list));
}

void
rest_bulk(struct request *request, bool adds)
{
	size_t count = json_array_size(request_json_peek(request));
	char sentence[80];

	if (count == 0 || count > ITEMS_MAX) {
		str_format(sentence, sizeof sentence, "The list must have 1 to %d printers.", ITEMS_MAX);
		rest_answer_invalid(request, sentence);
		return;
	}
	struct bulk *bulk = calloc(1, sizeof *bulk);
	ENSURE(bulk != NULL);
	bulk->request = request;
	bulk->adds = adds;
	bulk->count = count;
	bulk->until_ms = clock_monotonic_ms() + BULK_BUDGET_MS;
	request_set_work(request, bulk, bulk_free);
	go_on(bulk);
}
