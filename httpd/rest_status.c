/*
 * rest_status: Fuse as a whole.
 */
#include <string.h>

#include "common/clock.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/body.h"
#include "httpd/gate.h"
#include "httpd/known.h"
#include "httpd/known_json.h"
#include "httpd/openapi.h"
#include "httpd/rest.h"
#include "httpd/routes.h"

void
rest_livez(struct request *request)
{
	answer_json(request, 200, json_pack("{s:s}", "status", "alive"));
}

void
rest_readyz(struct request *request)
{
	const char *sentence, *remedy;

	if (known_is_ready(request_httpd(request)->known, &sentence, &remedy))
		answer_json(request, 200, json_pack("{s:s}", "status", "ready"));
	else
		answer_problem(request, PROBLEM_NOT_READY, sentence, remedy);
}

void
rest_openapi(struct request *request)
{
	size_t len;
	const char *text = openapi_text(&len);

	answer_text(request, "application/json", text, len, false);
}

void
rest_status(struct request *request)
{
	answer_json(request, 200, known_json_status(request_httpd(request)->known, clock_wall_ms()));
}

void
rest_models(struct request *request)
{
	answer_json(request, 200, known_json_models());
}

/* "all" is a word of its own, so that a field that was left empty does not stop everything. */
void
rest_restart(struct request *request)
{
	static const char *const names[] = { "process" };
	const json_t *body = request_json_peek(request);
	struct msg_proc_restart message = { 0 };
	char fault[BODY_FAULT_BYTES];
	bool present;

	if (!json_is_object(body)) {
		rest_answer_invalid(request, "The body must be {\"process\": NAME}.");
		return;
	}
	if (!body_keys_are(body, names, STR_ARRAY_LEN(names), fault) ||
	    !body_text(body, "process", message.process, sizeof message.process, &present, fault)) {
		rest_answer_invalid(request, fault);
		return;
	}
	if (message.process[0] == '\0') {
		rest_answer_invalid(request, "\"process\" is missing: a name as GET /api/v1/status has it, or \"all\".");
		return;
	}
	bool all = strcmp(message.process, "all") == 0;
	if (all && !gate_check_raised(request))
		return;
	if (all)
		message.process[0] = '\0';
	request_ask(request, MESSAGE_PROC_RESTART, ROLE_SUPERVISOR, 0, &message, ASK_DEADLINE_MS, rest_answer_done);
}
