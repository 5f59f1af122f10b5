/*
 * rest_logs: the newest lines of the log; with follow=1 also those to come, as NDJSON: {"line": "…"} a line, and
 * {"missed": n} where a client was too slow.
 */
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "httpd/answer.h"
#include "httpd/rest.h"
#include "httpd/routes.h"
#include "httpd/stream.h"

#define LINES_USUAL 200
#define LINES_MAX 5000 /* of LOGS in messages.def */

struct lines {
	struct httpd *httpd;
	json_t *gathered;      /* without follow */
	struct stream *stream; /* with: once the first line is there */
	uint32_t request_id;   /* of the LOGS to be ended; 0 = none */
	unsigned missed;
};

/* Also when the client has gone: then the supervisor need not go on. */
static void
lines_free(void *arg)
{
	struct lines *lines = arg;
	struct msg_logs_end end = { .logs_request = lines->request_id };

	if (lines->request_id != 0)
		child_send(lines->httpd->child, MESSAGE_LOGS_END, ROLE_SUPERVISOR, 0, 0, 0, &end, -1);
	json_decref(lines->gathered);
	free(lines);
}

static bool
put_json(struct stream *stream, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	ENSURE(text != NULL);
	bool taken = stream_put_line(stream, text, strlen(text));
	free(text);
	json_decref(json);
	return taken;
}

static void
put_line(struct lines *lines, const char *line)
{
	if (lines->missed > 0 && put_json(lines->stream, json_pack("{s:I}", "missed", (json_int_t)lines->missed)))
		lines->missed = 0;
	if (lines->missed > 0 || !put_json(lines->stream, json_pack("{s:s}", "line", line)))
		lines->missed++;
}

static void
on_line_to_follow(void *owner, unsigned cookie, const struct reply *reply)
{
	struct lines *lines = request_work(owner);

	(void)cookie;
	if (reply->kind == REPLY_PART) {
		if (lines->stream == NULL)
			lines->stream = stream_answer_lines(owner, STREAM_NDJSON, NULL, NULL);
		put_line(lines, ((const struct msg_log_line *)reply->message)->line);
		return;
	}
	lines->request_id = 0;
	if (lines->stream != NULL)
		stream_end(lines->stream, reply->kind == REPLY_GIVEN);
	else if (!request_answer_failure(owner, reply))
		stream_end(stream_answer_lines(owner, STREAM_NDJSON, NULL, NULL), true);
}

static void
on_line(void *owner, unsigned cookie, const struct reply *reply)
{
	struct lines *lines = request_work(owner);

	(void)cookie;
	if (reply->kind == REPLY_PART)
		json_array_append_new(lines->gathered, json_string(((const struct msg_log_line *)reply->message)->line));
	else if (!request_answer_failure(owner, reply))
		answer_json(owner, 200, json_pack("{s:O}", "lines", lines->gathered));
}

void
rest_logs(struct request *request)
{
	struct msg_logs message = { 0 };
	int64_t count;

	if (!request_number(request, "lines", 1, LINES_MAX, LINES_USUAL, &count) ||
	    !request_truth(request, "follow", &message.follow))
		return;
	struct lines *lines = calloc(1, sizeof *lines);
	ENSURE(lines != NULL);
	lines->httpd = request_httpd(request);
	lines->gathered = json_array();
	request_set_work(request, lines, lines_free);
	message.lines = (uint32_t)count;
	const struct ask ask = { .number = MESSAGE_LOGS, .to_role = ROLE_SUPERVISOR, .message = &message, .fd = -1,
				 .deadline_ms = message.follow ? NO_DEADLINE : ASK_DEADLINE_MS,
				 .on_reply = message.follow ? on_line_to_follow : on_line, .owner = request };
	uint32_t request_id = pending_ask(lines->httpd->pendings, &ask);
	if (message.follow)
		lines->request_id = request_id;
}
