/*
 * request: the life of one request.
 */
#include "httpd/request.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/body.h"
#include "httpd/request_inner.h"
#include "httpd/server.h"
#include "httpd/stream.h"

/* -- birth and death ------------------------------------------------------------------------------ */

struct request *
request_new(struct server *server, struct MHD_Connection *connection, const char *raw_target)
{
	struct request *request = calloc(1, sizeof *request);

	ENSURE(request != NULL);
	request->magic = REQUEST_MAGIC;
	request->server = server;
	request->connection = connection;
	request->target_fault = target_parse(raw_target, &request->target);
	return request;
}

static void
forget_work(struct request *request)
{
	pending_forget(request_httpd(request)->pendings, request);
	if (request->work_free != NULL)
		request->work_free(request->work);
	request->work = NULL;
	request->work_free = NULL;
}

static void
forget_body(struct request *request)
{
	if (request->body != NULL)
		explicit_bzero(request->body, request->body_len);
	free(request->body);
	request->body = NULL;
	json_decref(request->json);
	request->json = NULL;
}

void
request_free(struct request *request)
{
	ENSURE_OBJ(request, REQUEST_MAGIC);
	forget_work(request);
	forget_body(request);
	if (request->stream != NULL)
		stream_forget_request(request->stream);
	if (request->response != NULL)
		MHD_destroy_response(request->response);
	explicit_bzero(request->cookie, sizeof request->cookie);
	request->magic = 0;
	free(request);
}

/* -- work of a handler's own --------------------------------------------------------------------------- */

void
request_set_work(struct request *request, void *work, void (*work_free)(void *work))
{
	ENSURE(request->work == NULL);
	request->work = work;
	request->work_free = work_free;
}

void *
request_work(struct request *request)
{
	return request->work;
}

void
request_drop_work(struct request *request)
{
	request->work = NULL;
	request->work_free = NULL;
}

/* -- asking others ------------------------------------------------------------------------------------- */

void
request_ask(struct request *request, enum message number, enum role to_role, uint16_t to_slot, const void *message,
	    int64_t deadline_ms, reply_fn *on_reply)
{
	const struct ask ask = { .number = number, .to_role = to_role, .to_slot = to_slot, .message = message, .fd = -1,
				 .deadline_ms = deadline_ms, .on_reply = on_reply, .owner = request };

	pending_ask(request_httpd(request)->pendings, &ask);
}

void
request_ask_with(struct request *request, enum message number, enum role to_role, const void *message,
		 int64_t deadline_ms, reply_fn *on_reply, unsigned cookie)
{
	const struct ask ask = { .number = number, .to_role = to_role, .message = message, .fd = -1,
				 .deadline_ms = deadline_ms, .on_reply = on_reply, .owner = request, .cookie = cookie };

	pending_ask(request_httpd(request)->pendings, &ask);
}

bool
request_answer_failure(struct request *request, const struct reply *reply)
{
	if (reply->kind == REPLY_REFUSED)
		answer_refusal(request, reply->message);
	else if (reply->kind == REPLY_TIMED_OUT)
		answer_problem(request, PROBLEM_TIMED_OUT,
			       "The process that was asked has not answered in time; whether it was done is not known.",
			       "Look at the present state, then try again.");
	else
		return false;
	return true;
}

const void *
request_expect(struct request *request, const struct reply *reply, enum message number)
{
	if (request_answer_failure(request, reply))
		return NULL;
	if (reply->number == number)
		return reply->message;
	answer_problem(request, PROBLEM_FAILED, "The process that was asked has answered something else.", "Look at the log.");
	return NULL;
}

/* -- suspension and the answer ------------------------------------------------------------------------- */

bool
request_is_suspended(const struct request *request)
{
	return request->suspended;
}

bool
request_reads_body(const struct request *request)
{
	return request->phase == PHASE_BODY;
}

bool
request_streams_body(const struct request *request)
{
	return request->phase == PHASE_BODY && request->sink != NULL && !request_is_answered(request);
}

bool
request_is_coming(const struct request *request)
{
	return request->phase == PHASE_NEW || request->phase == PHASE_BODY;
}

bool
request_is_being_taken(const struct request *request)
{
	return request->phase == PHASE_ANSWERED && request->stream == NULL;
}

bool
request_is_answered(const struct request *request)
{
	return request->response != NULL || request->phase == PHASE_ANSWERED;
}

void
request_set_stream(struct request *request, struct stream *stream)
{
	request->stream = stream;
}

void
request_suspend(struct request *request)
{
	if (request->suspended)
		return;
	request->suspended = true;
	MHD_suspend_connection(request->connection);
}

void
request_resume(struct request *request)
{
	if (!request->suspended)
		return;
	request->suspended = false;
	MHD_resume_connection(request->connection);
	server_wake(request->server);
}

void
request_answer(struct request *request, unsigned status, struct MHD_Response *response)
{
	ENSURE_OBJ(request, REQUEST_MAGIC);
	ENSURE(!request_is_answered(request));
	request->status = status;
	request->response = response;
	request_resume(request);
}

void
request_abandon(struct request *request)
{
	request->gone = true;
	forget_work(request);
	if (request->stream != NULL)
		stream_end(request->stream, false);
	request_resume(request);
}

void
request_cut_short(struct request *request)
{
	if (request->stream != NULL) {
		stream_end(request->stream, true);
	} else if (request->suspended && !request_is_answered(request)) {
		pending_forget(request_httpd(request)->pendings, request);
		answer_problem(request, PROBLEM_UNREACHABLE, "Fuse is stopping; whether it was done is not known.",
			       "Try again when Fuse runs again.");
	}
}

static enum request_progress
queue_answer(struct request *request)
{
	struct MHD_Response *response = request->response;

	request->response = NULL;
	request->phase = PHASE_ANSWERED;
	forget_body(request);
	if (request->closes)
		ENSURE(MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES);
	enum MHD_Result queued = MHD_queue_response(request->connection, request->status, response);
	MHD_destroy_response(response); /* the connection holds it now */
	return queued == MHD_YES ? REQUEST_GOES_ON : REQUEST_ENDS;
}

/* -- the body, then the work --------------------------------------------------------------------------------- */

/* What comes after the answer is known is for nobody. */
static enum request_progress
pass_piece_on(struct request *request, const char *piece, size_t len)
{
	if (!request_is_answered(request)) {
		request->sink->on_piece(request, piece, len);
		request->body_seen = 0;
	}
	return request->body_seen <= STREAM_DRAINED_MAX_BYTES ? REQUEST_GOES_ON : REQUEST_ENDS;
}

static enum request_progress
take_piece(struct request *request, const char *piece, size_t *piece_len)
{
	size_t len = *piece_len;

	*piece_len = 0;
	request->body_seen += len;
	if (request->route != NULL && request->route->body == ROUTE_BODY_STREAM)
		return pass_piece_on(request, piece, len);
	if (request->body_seen > BODY_DRAINED_MAX_BYTES)
		return REQUEST_ENDS;
	if (request->body_seen > BODY_MAX_BYTES_OF_REQUEST) {
		forget_body(request); /* the rest is read to its end, so that the answer can be given */
		return REQUEST_GOES_ON;
	}
	if (request->body_len + len > request->body_cap) {
		size_t cap = request->body_cap == 0 ? 1024 : 2 * request->body_cap;
		while (cap < request->body_len + len)
			cap *= 2;
		/* Not realloc(): it would leave the old bytes behind. */
		uint8_t *grown = malloc(cap);
		ENSURE(grown != NULL);
		if (request->body != NULL) {
			memcpy(grown, request->body, request->body_len);
			explicit_bzero(request->body, request->body_len);
			free(request->body);
		}
		request->body = grown;
		request->body_cap = cap;
	}
	memcpy(request->body + request->body_len, piece, len);
	request->body_len += len;
	return REQUEST_GOES_ON;
}

static bool
read_body(struct request *request)
{
	struct body_fault fault;

	if (request->body_seen > BODY_MAX_BYTES_OF_REQUEST)
		return request_refuse(request, PROBLEM_TOO_LARGE, "The body has more than 1 MiB.", "Send less at once.");
	if (request->route->body == ROUTE_BODY_NONE)
		return request->body_len == 0 || request_refuse(request, PROBLEM_BAD_REQUEST, "This takes no body.", "");
	if (request->route->body == ROUTE_BODY_FILE || request->route->body == ROUTE_BODY_STREAM)
		return true;
	request->json = body_parse(request->body, request->body_len, &fault);
	if (request->json != NULL)
		return true;
	json_t *problem = problem_to_json(PROBLEM_BAD_JSON, fault.sentence, "", request_path_peek(request));
	if (fault.line > 0) {
		json_object_set_new(problem, "line", json_integer(fault.line));
		json_object_set_new(problem, "column", json_integer(fault.column));
	}
	answer_problem_json(request, PROBLEM_BAD_JSON, problem);
	return false;
}

static void
handle(struct request *request)
{
	if (request_httpd(request)->stopping) {
		answer_problem(request, PROBLEM_UNREACHABLE, "Fuse is stopping.", "Try again when Fuse runs again.");
		return;
	}
	log_debug("request", log_str("route", request->route->pattern), log_str("allow", request->allow));
	request->route->handle(request);
}

static void
work(struct request *request)
{
	request->phase = PHASE_WORK;
	if (request->sink != NULL)
		request->sink->on_end(request);
	else if (read_body(request))
		handle(request);
}

/* -- a body that streams -------------------------------------------------------------------------------------- */

void
request_read_into(struct request *request, const struct body_sink *sink)
{
	ENSURE(request->phase == PHASE_ASKING && request->sink == NULL && !request_is_answered(request));
	request->sink = sink;
	request_resume(request);
}

uint64_t
request_body_size(const struct request *request)
{
	const char *length = request_header_peek(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
	int64_t bytes;

	return length != NULL && str_parse_int(length, 0, INT64_MAX, &bytes) ? (uint64_t)bytes : BODY_SIZE_UNKNOWN;
}

/* Who has asked whether to send it does not send it when the answer is no. Others do: a connection that is closed over
 * bytes that nobody has read takes the answer back. */
static bool
waits_for_leave(const struct request *request)
{
	const char *expect = request_header_peek(request, MHD_HTTP_HEADER_EXPECT);

	return expect != NULL && strcasecmp(expect, "100-continue") == 0;
}

/* The library asks again after each resume: it knows nothing of this phase. */
static enum request_progress
step_asking(struct request *request)
{
	if (request->response != NULL && (waits_for_leave(request) || request_httpd(request)->stopping))
		return queue_answer(request);
	if (request->response != NULL || request->sink != NULL)
		request->phase = PHASE_BODY;
	else
		request_suspend(request);
	return REQUEST_GOES_ON;
}

/* -- step by step ----------------------------------------------------------------------------------------------- */

static enum request_progress
step_new(struct request *request, const char *method)
{
	request->phase = PHASE_BODY;
	/* A body that is not read costs the connection; without one it can go on after the answer. */
	if (!request_check_headers(request, method))
		return request_announces_body(request) ? queue_answer(request) : REQUEST_GOES_ON;
	if (request->route->body != ROUTE_BODY_STREAM)
		return REQUEST_GOES_ON;
	request->phase = PHASE_ASKING;
	handle(request);
	return step_asking(request);
}

enum request_progress
request_step(struct request *request, const char *method, const char *piece, size_t *piece_len)
{
	ENSURE_OBJ(request, REQUEST_MAGIC);
	if (request->gone)
		return REQUEST_ENDS;
	if (request->phase == PHASE_NEW)
		return step_new(request, method);
	if (request->phase == PHASE_ASKING)
		return step_asking(request);
	if (*piece_len > 0)
		return take_piece(request, piece, piece_len);
	if (request->phase == PHASE_BODY && request->response == NULL)
		work(request);
	if (request->response != NULL)
		return queue_answer(request);
	request_suspend(request);
	return REQUEST_GOES_ON;
}
