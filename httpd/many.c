/*
 * many: the items' requests, and their results.
 */
#include "httpd/many.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/known.h"
#include "httpd/known_json.h"

#define MANY_AT_ONCE 32
#define MANY_BUDGET_MS 20000 /* what was not asked by then is not asked any more */

struct item {
	char serial[33];
	bool adds;
	json_t *result; /* NULL: not there yet */
};

struct many {
	struct request *request;
	const struct many_way *way;
	void *work;
	void (*work_free)(void *work);
	size_t count, next, open;
	int64_t until_ms;
	struct item items[MANY_MAX];
};

static void
many_free(void *arg)
{
	struct many *many = arg;

	for (size_t i = 0; i < many->count; i++)
		json_decref(many->items[i].result);
	if (many->work_free != NULL)
		many->work_free(many->work);
	free(many);
}

void *
many_work(struct many *many)
{
	return many->work;
}

struct request *
many_request(struct many *many)
{
	return many->request;
}

void
many_set_serial(struct many *many, size_t item, const char *serial)
{
	str_copy(many->items[item].serial, sizeof many->items[item].serial, serial);
}

/* -- results ---------------------------------------------------------------------------------------- */

static void
set_result(struct many *many, size_t number, unsigned status, const char *key, json_t *value)
{
	struct item *item = &many->items[number];

	ENSURE(item->result == NULL);
	item->result = json_pack("{s:i, s:o, s:o}", "status", (int)status, "serial", known_json_text(item->serial), key,
				 value);
	ENSURE(item->result != NULL);
	if (many->way->describe != NULL)
		many->way->describe(many, number, item->result);
}

void
many_set_problem(struct many *many, size_t item, enum problem problem, const char *detail, const char *remedy)
{
	char instance[64];

	str_format(instance, sizeof instance, "%s#%zu", many->way->path, item);
	set_result(many, item, problem_status(problem), "problem", problem_to_json(problem, detail, remedy, instance));
}

static void
set_printer(struct many *many, size_t item, unsigned status)
{
	const struct known *known = request_httpd(many->request)->known;
	const struct msg_printer *printer = known_printer_peek(known, many->items[item].serial);

	set_result(many, item, status, "printer", printer != NULL ? known_json_printer(known, printer) : json_null());
}

void
many_set_as_it_is(struct many *many, size_t item)
{
	set_printer(many, item, 200);
}

/* -- asking ------------------------------------------------------------------------------------------- */

static void go_on(struct many *many);

static void
on_reply(void *owner, unsigned cookie, const struct reply *reply)
{
	struct many *many = request_work(owner);

	many->open--;
	if (reply->kind == REPLY_TIMED_OUT) {
		many_set_problem(many, cookie, PROBLEM_TIMED_OUT,
				 "The store has not answered in time; whether it was done is not known.", "");
	} else if (reply->kind == REPLY_REFUSED) {
		const struct msg_refused *refused = reply->message;
		many_set_problem(many, cookie, problem_of_refusal(refused->reason), refused->sentence, refused->remedy);
	} else {
		set_printer(many, cookie, many->items[cookie].adds ? 201 : 200);
	}
	go_on(many);
}

static void
ask(struct many *many, size_t item, enum message number, const void *message)
{
	const struct ask ask = { .number = number, .to_role = ROLE_STORED, .message = message, .fd = -1,
				 .deadline_ms = ASK_DEADLINE_MS, .on_reply = on_reply, .owner = many->request,
				 .cookie = (unsigned)item };

	pending_ask(request_httpd(many->request)->pendings, &ask);
	many->items[item].adds = number == MESSAGE_PRINTER_ADD;
	many->open++;
}

void
many_ask_add(struct many *many, size_t item, const struct msg_printer_add *add)
{
	ask(many, item, MESSAGE_PRINTER_ADD, add);
}

void
many_ask_edit(struct many *many, size_t item, const struct msg_printer_edit *edit)
{
	ask(many, item, MESSAGE_PRINTER_EDIT, edit);
}

static void
begin_item(struct many *many, size_t item)
{
	if (clock_monotonic_ms() > many->until_ms)
		many_set_problem(many, item, PROBLEM_TIMED_OUT, "The items before it took too long: this one was not tried.",
				 "");
	else
		many->way->begin(many, item);
}

static void
go_on(struct many *many)
{
	while (many->next < many->count && many->open < MANY_AT_ONCE)
		begin_item(many, many->next++);
	if (many->open > 0)
		return;
	json_t *list = json_array();
	for (size_t i = 0; i < many->count; i++) {
		json_array_append_new(list, many->items[i].result);
		many->items[i].result = NULL;
	}
	answer_json(many->request, 207, json_pack("{s:o}", "results", list));
}

void
many_begin(struct request *request, const struct many_way *way, size_t count, void *work, void (*work_free)(void *work))
{
	struct many *many = calloc(1, sizeof *many);

	ENSURE(many != NULL && count >= 1 && count <= MANY_MAX);
	many->request = request;
	many->way = way;
	many->work = work;
	many->work_free = work_free;
	many->count = count;
	many->until_ms = clock_monotonic_ms() + MANY_BUDGET_MS;
	request_set_work(request, many, many_free);
	go_on(many);
}
