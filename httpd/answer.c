/*
 * answer: making responses.
 */
#include "httpd/answer.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/handshake.h"
#include "httpd/request.h"

#define TYPE_JSON "application/json"
#define TYPE_PROBLEM "application/problem+json"

struct named_value {
	const char *name, *value; /* the last one of a list has no name */
};

static const struct named_value headers_of_all[] = {
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()" },
	{ 0 },
};

/* What is no page: no browser may run, frame, keep or pass on any of it. */
static const struct named_value headers_of_data[] = {
	{ "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'" },
	{ "Cache-Control", "no-store" },
	{ 0 },
};

/* The web UI: it runs what comes from here and nothing else, and asks each time whether its copy is the newest. */
static const struct named_value headers_of_pages[] = {
	{ "Content-Security-Policy",
	  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
	  "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
	{ "Cache-Control", "no-cache" },
	{ 0 },
};

/* Who has it once need not ask again; it is for nobody else. */
static const struct named_value headers_of_unchanging[] = {
	{ "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'" },
	{ "Cache-Control", "private, max-age=31536000, immutable" },
	{ 0 },
};

/* Only where TLS is; for a month, so that it can be undone, and not for names below, which are not ours. */
#define HSTS "max-age=2592000"

static const struct { const char *id; unsigned status; const char *title; } problems[] = {
#define PROBLEM(NAME, id, status, title) { id, status, title },
#include "httpd/problems.def"
};

unsigned
problem_status(enum problem problem)
{
	return problems[problem].status;
}

json_t *
problem_to_json(enum problem problem, const char *detail, const char *remedy, const char *instance)
{
	json_t *json = json_pack("{s:o, s:s, s:i, s:s, s:s}", "type", json_sprintf("/problems/%s", problems[problem].id),
				 "title", problems[problem].title, "status", (int)problems[problem].status, "detail", detail,
				 "instance", instance);

	ENSURE(json != NULL);
	if (remedy[0] != '\0')
		json_object_set_new(json, "remedy", json_string(remedy));
	return json;
}

enum problem
problem_of_refusal(unsigned refusal)
{
	static const enum problem of[] = {
		[REFUSAL_BUSY] = PROBLEM_BUSY, [REFUSAL_UNREACHABLE] = PROBLEM_UNREACHABLE,
		[REFUSAL_DIED] = PROBLEM_DIED, [REFUSAL_NOT_FOUND] = PROBLEM_NOT_FOUND,
		[REFUSAL_INVALID] = PROBLEM_INVALID, [REFUSAL_FORBIDDEN] = PROBLEM_FORBIDDEN,
		[REFUSAL_READ_ONLY] = PROBLEM_READ_ONLY, [REFUSAL_NO_SPACE] = PROBLEM_NO_SPACE,
		[REFUSAL_CONFLICT] = PROBLEM_CONFLICT, [REFUSAL_FAILED] = PROBLEM_FAILED,
	};
	_Static_assert(STR_ARRAY_LEN(of) == REFUSAL_COUNT, "each refusal is a problem");

	/* A number that this build does not know is bounded by the message's row, not by the enum. */
	return refusal < REFUSAL_COUNT ? of[refusal] : PROBLEM_FAILED;
}

static void
add_header(struct MHD_Response *response, const char *name, const char *value)
{
	ENSURE(MHD_add_response_header(response, name, value) == MHD_YES);
}

static void
add_headers(struct MHD_Response *response, const struct named_value *headers)
{
	for (; headers->name != NULL; headers++)
		add_header(response, headers->name, headers->value);
}

static void
answer_with(struct request *request, unsigned status, const char *type, struct MHD_Response *response,
	    const struct named_value *headers)
{
	ENSURE(response != NULL);
	add_headers(response, headers_of_all);
	add_headers(response, headers);
	if (type != NULL)
		add_header(response, "Content-Type", type);
	if (request_allow_peek(request) != NULL)
		add_header(response, "Allow", request_allow_peek(request));
	if (status == MHD_HTTP_UPGRADE_REQUIRED) {
		add_header(response, "Upgrade", "websocket");
		add_header(response, "Sec-WebSocket-Version", HANDSHAKE_VERSION);
	}
	if (request_cookie_peek(request) != NULL)
		add_header(response, "Set-Cookie", request_cookie_peek(request));
	if (request_visitor(request)->by_tls)
		add_header(response, "Strict-Transport-Security", HSTS);
	if (status == MHD_HTTP_UNAUTHORIZED)
		add_header(response, "WWW-Authenticate", "Bearer realm=\"Fuse\"");
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
		add_header(response, "Retry-After", "1");
	request_answer(request, status, response);
}

void
answer_response(struct request *request, unsigned status, const char *type, struct MHD_Response *response)
{
	answer_with(request, status, type, response, headers_of_data);
}

void
answer_page(struct request *request, unsigned status, const char *type, struct MHD_Response *response)
{
	answer_with(request, status, type, response, headers_of_pages);
}

void
answer_unchanging(struct request *request, unsigned status, const char *type, struct MHD_Response *response)
{
	answer_with(request, status, type, response, headers_of_unchanging);
}

void
answer_text(struct request *request, const char *type, const void *bytes, size_t len, bool copy)
{
	answer_response(request, MHD_HTTP_OK, type,
			MHD_create_response_from_buffer(len, (void *)(uintptr_t)bytes,
							copy ? MHD_RESPMEM_MUST_COPY : MHD_RESPMEM_PERSISTENT));
}

static struct MHD_Response *
response_of_json(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	ENSURE(text != NULL);
	json_decref(json);
	return MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
}

void
answer_json(struct request *request, unsigned status, json_t *json)
{
	ENSURE(json != NULL);
	answer_response(request, status, TYPE_JSON, response_of_json(json));
}

void
answer_created(struct request *request, const char *location, json_t *json)
{
	struct MHD_Response *response = response_of_json(json);

	add_header(response, "Location", location);
	answer_response(request, MHD_HTTP_CREATED, TYPE_JSON, response);
}

void
answer_sentence(struct request *request, const char *sentence)
{
	answer_json(request, MHD_HTTP_OK, json_pack("{s:s}", "sentence", sentence));
}

void
answer_nothing(struct request *request)
{
	answer_response(request, MHD_HTTP_NO_CONTENT, NULL,
			MHD_create_response_from_buffer(0, (void *)(uintptr_t)"", MHD_RESPMEM_PERSISTENT));
}

void
answer_problem_json(struct request *request, enum problem problem, json_t *json)
{
	answer_response(request, problems[problem].status, TYPE_PROBLEM, response_of_json(json));
}

void
answer_problem(struct request *request, enum problem problem, const char *detail, const char *remedy)
{
	answer_problem_json(request, problem, problem_to_json(problem, detail, remedy, request_path_peek(request)));
}

void
answer_problem_with(struct request *request, enum problem problem, const char *detail, const char *remedy, const char *header,
		    const char *value)
{
	struct MHD_Response *response = response_of_json(problem_to_json(problem, detail, remedy, request_path_peek(request)));

	add_header(response, header, value);
	answer_response(request, problems[problem].status, TYPE_PROBLEM, response);
}

void
answer_too_many_tries(struct request *request, int64_t wait_ms)
{
	char detail[120], seconds[24];
	long long wait_s = (long long)(wait_ms + 999) / 1000;

	str_format(detail, sizeof detail, "There were too many wrong tries; the next one may be made in %lld second%s.", wait_s,
		   wait_s == 1 ? "" : "s");
	str_format(seconds, sizeof seconds, "%lld", wait_s);
	answer_problem_with(request, PROBLEM_TOO_MANY_TRIES, detail, "Wait, then try again.", "Retry-After", seconds);
}

void
answer_refusal(struct request *request, const struct msg_refused *refused)
{
	answer_problem(request, problem_of_refusal(refused->reason), refused->sentence, refused->remedy);
}

size_t
answer_busy_bytes(char *to, size_t cap)
{
	json_t *json = problem_to_json(PROBLEM_BUSY, "As many connections are open as Fuse serves at once.",
				       "Close some of them, then try again.", "/");
	char *text = json_dumps(json, JSON_COMPACT);

	ENSURE(text != NULL);
	str_format(to, cap,
		   "HTTP/1.1 503 Service Unavailable\r\nContent-Type: " TYPE_PROBLEM "\r\nContent-Length: %zu\r\n"
		   "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nRetry-After: 1\r\nConnection: close\r\n"
		   "\r\n%s", strlen(text), text);
	free(text);
	json_decref(json);
	return strlen(to);
}
