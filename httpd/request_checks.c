/*
 * request_checks: what every request must be, before anything is done for it.
 */
#include <microhttpd.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "httpd/assets.h"
#include "httpd/body.h"
#include "httpd/framing.h"
#include "httpd/gate.h"
#include "httpd/request_inner.h"
#include "httpd/rest.h"
#include "httpd/server.h"

static enum MHD_Result
count_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	framing_add(arg, name, value);
	return MHD_YES;
}

bool
request_refuse(struct request *request, enum problem problem, const char *detail, const char *remedy)
{
	answer_problem(request, problem, detail, remedy);
	return false;
}

static bool
check_framing(struct request *request, const struct framing *framing)
{
	const char *fault = framing_fault(framing);

	if (fault == NULL)
		return true;
	request->closes = true;
	return request_refuse(request, PROBLEM_BAD_REQUEST, fault, "");
}

static bool
check_target(struct request *request, const struct framing *framing)
{
	if (request->target_fault == TARGET_TOO_LONG)
		return request_refuse(request, PROBLEM_TARGET_TOO_LONG, "The path and query have more than 2048 bytes.", "");
	if (request->target_fault != TARGET_FINE)
		return request_refuse(request, PROBLEM_BAD_REQUEST,
			      "The path or query is not well-formed, or has a parameter twice.", "");
	if (framing->bytes > HEADERS_MAX_BYTES)
		return request_refuse(request, PROBLEM_HEADERS_TOO_LARGE, "The headers have more than 16 KiB.", "");
	return true;
}

/* A person's browser is told by the page that there is nothing, a program by a problem document. */
static const struct route nothing_route = { ROUTE_GET, "", assets_answer_nothing, ROUTE_OPEN, ROUTE_BODY_NONE, NULL, "nothing" };

static bool
wants_page(const struct request *request)
{
	return request->is_get && !target_is_api(&request->target) && request_accepts(request, "text/html");
}

static bool
check_route(struct request *request, enum route_outcome outcome)
{
	char detail[120];

	switch (outcome) {
	case ROUTE_NO_PATH:
		if (wants_page(request)) {
			request->route = &nothing_route;
			return true;
		}
		return request_refuse(request, PROBLEM_NOT_FOUND, "Nothing is served at this path.",
			      "GET /api/v1/openapi.json describes what is.");
	case ROUTE_NO_METHOD:
		request->tell_allow = true;
		str_format(detail, sizeof detail, "This path knows %s.", request->allow);
		return request_refuse(request, PROBLEM_NO_METHOD, detail, "");
	case ROUTE_FOUND:
		break;
	}
	for (size_t i = 0; i < request->target.param_count; i++) {
		const char *name = request->target.params[i].name;
		if (!route_has_parameter(request->route, name)) {
			char shown[61];
			str_copy(shown, sizeof shown, name);
			str_format(detail, sizeof detail, "There is no query parameter \"%s\" here.", shown);
			return request_refuse(request, PROBLEM_BAD_PARAMETER, detail, "");
		}
	}
	return true;
}

/* Its port has one thing only, at every path. */
static const struct route statistics_route = { ROUTE_GET, "/", rest_statistics, ROUTE_LOGIN, ROUTE_BODY_NONE, "", "statistics" };

static bool
is_type(const char *type, const char *wanted)
{
	size_t len = strcspn(type, "; \t");

	return len == strlen(wanted) && strncasecmp(type, wanted, len) == 0;
}

/* These are the types that a browser sends to another site only when that has said beforehand that it may, which Fuse
 * never does. A form and a plain text (text/plain, and a body without any type) go anywhere without asking: they are
 * no types here, also for a file that is text. So no page elsewhere can have a file imported, whatever becomes of
 * Origin on its way. */
static const char *const types_of_file[] = { "application/json", "text/csv", "application/octet-stream", NULL };
static const char *const types_of_stream[] = { "application/octet-stream", "application/zip", "model/3mf",
					       "application/vnd.ms-package.3dmanufacturing-3dmodel+xml", "text/x.gcode",
					       "text/x-gcode", NULL };
static const char *const types_of_json[] = { "application/json", NULL };

static bool
is_one_of(const char *type, const char *const *types)
{
	for (; type != NULL && *types != NULL; types++)
		if (is_type(type, *types))
			return true;
	return false;
}

static bool
check_type(struct request *request, const char *type)
{
	switch (request->route->body) {
	case ROUTE_BODY_FILE:
		return is_one_of(type, types_of_file) ||
		       request_refuse(request, PROBLEM_NO_FILE_TYPE,
				      "The body's Content-Type is not application/json, text/csv or application/octet-stream.",
				      "Send the file as it is, with the header Content-Type: application/octet-stream.");
	case ROUTE_BODY_STREAM:
		return is_one_of(type, types_of_stream) ||
		       request_refuse(request, PROBLEM_NO_FILE_TYPE,
				      "The file must be the body itself, as application/octet-stream; not a part of a form.",
				      "With curl: curl -X POST -T FILE -H 'Content-Type: application/octet-stream' "
				      "'http://HOST:8888/api/v1/files?name=FILE'");
	case ROUTE_BODY_NONE:
	case ROUTE_BODY_JSON:
		break;
	}
	return is_one_of(type, types_of_json) ||
	       request_refuse(request, PROBLEM_NOT_JSON, "The body's Content-Type is not application/json.",
			      "Send JSON, with the header Content-Type: application/json.");
}

static bool
check_stream(struct request *request)
{
	return request_header_peek(request, MHD_HTTP_HEADER_CONTENT_LENGTH) != NULL ||
	       request_header_peek(request, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL ||
	       request_refuse(request, PROBLEM_BAD_REQUEST, "The request has no body, but needs one.", "");
}

static bool
check_body(struct request *request)
{
	const char *type = request_header_peek(request, MHD_HTTP_HEADER_CONTENT_TYPE);
	const char *length = request_header_peek(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
	int64_t bytes = 0;

	if ((type != NULL || request->route->body != ROUTE_BODY_NONE) && !check_type(request, type))
		return false;
	if (request->route->body == ROUTE_BODY_STREAM)
		return check_stream(request);
	if (length != NULL && !str_parse_int(length, 0, BODY_MAX_BYTES_OF_REQUEST, &bytes))
		return request_refuse(request, PROBLEM_TOO_LARGE, "The body has more than 1 MiB.", "Send less at once.");
	return true;
}

bool
request_announces_body(const struct request *request)
{
	const char *length = request_header_peek(request, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return request_header_peek(request, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL || (length != NULL && strcmp(length, "0") != 0);
}

bool
request_check_headers(struct request *request, const char *method)
{
	struct framing framing = { 0 };

	MHD_get_connection_values(request->connection, MHD_HEADER_KIND, count_header, &framing);
	if (!check_framing(request, &framing) || !check_target(request, &framing) ||
	    !gate_check_where_from(request, framing.hosts, &request->visitor))
		return false;
	enum route_outcome outcome = routes_find(method, &request->target, &request->route, &request->names, request->allow);
	if (!gate_check_access(request, request->route, method, &request->visitor, &request->pass))
		return false;
	request->is_get = strcmp(method, "GET") == 0;
	if (server_purpose(request->server) == LISTENER_STATS)
		request->route = &statistics_route;
	else if (!check_route(request, outcome))
		return false;
	return check_body(request);
}
