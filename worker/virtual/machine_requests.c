/*
 * machine_requests: a message that comes in: its envelope, who may do it, and its reply. What a request does is in
 * machine_orders.c and its neighbours; which there are: machine_requests.def.
 */
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "printer/jsonin.h"
#include "worker/virtual/machine_inner.h"

#define DEPTH_MAX 8
#define UNSIGNED_ERROR 84033543
#define REPLIES_A_SECTION 2 /* at most: the reply, and a report */

enum need { FREE, SIGNED };

static const struct request {
	const char *section, *command;
	enum need need;
	void (*order)(struct machine *machine, struct machine_order *order);
} requests[] = {
#define REQUEST(section, command, need, function) { #section, #command, need, machine_order_##function },
#include "worker/virtual/machine_requests.def"
};

/* Messages for one reply each; more is no request of one message. */
struct answer {
	char **replies;
	size_t count;
};

static void
give(struct answer *answer, char *json)
{
	if (json == NULL)
		return;
	ENSURE(answer->count < MACHINE_REPLIES_MAX);
	answer->replies[answer->count++] = json;
}

/* -- replies ------------------------------------------------------------------------------------------------------ */
static char *
wrap(const char *section, json_t *body)
{
	json_t *whole = json_pack("{so}", section, body);
	char *text = whole != NULL ? json_dumps(whole, JSON_COMPACT) : NULL;

	json_decref(whole);
	return text;
}

/* In the section `camera` the result is a number. */
static void
put_result(json_t *reply, const char *section, const char *failure)
{
	if (strcmp(section, "camera") == 0)
		json_object_set_new(reply, "result", json_integer(failure == NULL ? 0 : -1));
	else
		json_object_set_new(reply, "result", json_string(failure == NULL ? "success" : "fail"));
	json_object_set_new(reply, "reason", json_string(failure != NULL ? failure : ""));
}

char *
machine_reply(const char *section, const json_t *body, const json_t *more, const char *failure)
{
	json_t *reply = json_deep_copy(body);

	if (reply == NULL)
		return NULL;
	if (more != NULL)
		json_object_update(reply, (json_t *)(uintptr_t)more);
	put_result(reply, section, failure);
	return wrap(section, reply);
}

/* As firmware with signatures refuses what is not signed. Nothing but what names the request is repeated. */
static char *
unsigned_reply(const struct request *request, const json_t *body)
{
	json_t *reply = json_pack("{sssisssssO*}", "command", request->command, "err_code", UNSIGNED_ERROR, "reason",
				  "mqtt message verify failed", "result", "failed", "sequence_id",
				  json_object_get(body, "sequence_id"));

	return reply != NULL ? wrap(request->section, reply) : NULL;
}

/* -- the two that answer with more than themselves ---------------------------------------------------------------- */
void
machine_order_pushall(struct machine *machine, struct machine_order *order)
{
	char *json = malloc(MACHINE_REPORT_MAX_BYTES);

	order->is_silent = true;
	if (json == NULL)
		return;
	size_t len = machine_report_full(machine, json);
	char *fitting = len > 0 ? realloc(json, len + 1) : NULL;
	order->report = fitting != NULL ? fitting : len > 0 ? json : NULL;
	if (len == 0)
		free(json);
}

void
machine_order_get_version(struct machine *machine, struct machine_order *order)
{
	char text[8192];
	struct jsonout out;

	jsonout_init(&out, text, sizeof text);
	machine_version_write(machine, &out);
	size_t len = jsonout_finish(&out);
	json_t *modules = len > 0 ? json_loadb(text, len, 0, NULL) : NULL;
	if (modules != NULL)
		json_object_set_new(order->more, "module", modules);
}

void
machine_order_nothing(struct machine *machine, struct machine_order *order)
{
	(void)machine;
	order->is_silent = true;
}

void
machine_order_accept(struct machine *machine, struct machine_order *order)
{
	(void)machine;
	(void)order;
}

/* It is for the screen alone to show this. */
void
machine_order_refuse(struct machine *machine, struct machine_order *order)
{
	(void)machine;
	order->failure = "not allowed";
}

/* -- the door ----------------------------------------------------------------------------------------------------- */
static void
obey(struct machine *machine, const struct request *request, json_t *body, struct answer *answer)
{
	struct machine_order order = { .body = body, .more = json_object() };

	if (order.more == NULL)
		return;
	request->order(machine, &order);
	if (!order.is_silent)
		give(answer, machine_reply(request->section, body, order.more, order.failure));
	give(answer, order.report);
	json_decref(order.more);
}

static void
refuse_unsigned(struct machine *machine, const struct request *request, json_t *body, struct answer *answer)
{
	machine->has_refused = true;
	machine_report_soon(machine);
	if (request->order == machine_order_project_file)
		machine_start_refused_unsigned(machine, body);
	give(answer, unsigned_reply(request, body));
}

static const struct request *
find(const char *section, const json_t *body)
{
	const char *command = json_string_value(json_object_get(body, "command"));

	for (size_t i = 0; command != NULL && i < STR_ARRAY_LEN(requests); i++)
		if (strcmp(requests[i].section, section) == 0 && strcmp(requests[i].command, command) == 0)
			return &requests[i];
	return NULL;
}

static void
answer_section(struct machine *machine, const char *section, json_t *body, struct answer *answer)
{
	const struct request *request = find(section, body);

	if (request == NULL)
		return;
	if (request->need == SIGNED && machine_has(machine, CONTROL_FAULT_DEVELOPER_MODE_OFF))
		refuse_unsigned(machine, request, body, answer);
	else
		obey(machine, request, body, answer);
}

/* Most messages have one section; some programs begin with all of their questions in one. */
static void
answer_object(struct machine *machine, json_t *message, struct answer *answer)
{
	const char *section;
	json_t *body;

	json_object_foreach(message, section, body)
		if (answer->count + REPLIES_A_SECTION <= MACHINE_REPLIES_MAX)
			answer_section(machine, section, body, answer);
}

size_t
machine_request(struct machine *machine, const void *json, size_t len, int64_t now_ms,
		char *ret_replies[MACHINE_REPLIES_MAX])
{
	ENSURE_OBJ(machine, MACHINE_MAGIC);
	struct answer answer = { .replies = ret_replies };
	struct jsonin_error error;

	machine_advance(machine, now_ms);
	if (!machine_is_online(machine) || len > MACHINE_REQUEST_MAX_BYTES)
		return 0;
	json_t *message = jsonin_load(json, len, DEPTH_MAX, &error);
	if (message != NULL && json_is_object(message))
		answer_object(machine, message, &answer);
	json_decref(message);
	if (!machine_is_silent(machine))
		return answer.count;
	while (answer.count > 0)
		free(ret_replies[--answer.count]);
	return 0;
}
