/*
 * stream: pipes and lines as answers.
 */
#include "httpd/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "httpd/answer.h"
#include "httpd/httpd.h"
#include "httpd/request.h"

#define STREAM_MAGIC 0x53545245
#define BLOCK_BYTES (16 * 1024)

/* A stream belongs to its request until it is the body of the answer, then to the response. */
struct stream {
	unsigned magic;
	struct request *request; /* NULL when that is over */
	struct httpd *httpd;
	const char *type;
	bool started;		 /* it is the body of the answer */
	bool ended, whole;	 /* nothing more comes; and nothing is missing */
	/* from a pipe: */
	int fd;			 /* -1: none, or read to its end */
	struct loop_io *io;
	struct loop_timer *timer;
	bool follows, replied;	 /* the worker has said its DONE */
	/* what waits to be sent: lines, or the first block of a pipe */
	char *bytes;
	size_t used, cap;
	void (*on_end)(void *arg, struct stream *stream);
	void *arg;
};

static struct stream *
stream_new(struct request *request, const char *type)
{
	struct stream *stream = calloc(1, sizeof *stream);

	ENSURE(stream != NULL);
	stream->magic = STREAM_MAGIC;
	stream->request = request;
	stream->httpd = request_httpd(request);
	stream->type = type;
	stream->fd = -1;
	return stream;
}

static void
close_pipe(struct stream *stream)
{
	if (stream->fd < 0)
		return;
	loop_io_free(stream->io);
	stream->io = NULL;
	close(stream->fd);
	stream->fd = -1;
}

static void
stream_free(void *arg)
{
	struct stream *stream = arg;

	ENSURE_OBJ(stream, STREAM_MAGIC);
	pending_forget(stream->httpd->pendings, stream);
	close_pipe(stream);
	loop_timer_free(stream->timer);
	if (stream->on_end != NULL)
		stream->on_end(stream->arg, stream);
	if (stream->request != NULL)
		request_set_stream(stream->request, NULL);
	free(stream->bytes);
	stream->magic = 0;
	free(stream);
}

void
stream_forget_request(struct stream *stream)
{
	stream->request = NULL;
	if (!stream->started)
		stream_free(stream);
}

static void
wake(struct stream *stream)
{
	if (stream->started && stream->request != NULL)
		request_resume(stream->request);
}

void
stream_end(struct stream *stream, bool whole)
{
	if (!stream->ended) {
		stream->ended = true;
		stream->whole = whole;
	}
	close_pipe(stream);
	wake(stream);
}

/* -- what waits ------------------------------------------------------------------------------------- */

static void
reserve(struct stream *stream, size_t more)
{
	if (stream->used + more <= stream->cap)
		return;
	stream->cap = stream->cap == 0 ? 4096 : stream->cap;
	while (stream->cap < stream->used + more)
		stream->cap *= 2;
	stream->bytes = realloc(stream->bytes, stream->cap);
	ENSURE(stream->bytes != NULL);
}

static size_t
take_waiting(struct stream *stream, char *to, size_t cap)
{
	size_t len = stream->used < cap ? stream->used : cap;

	memcpy(to, stream->bytes, len);
	memmove(stream->bytes, stream->bytes + len, stream->used - len);
	stream->used -= len;
	return len;
}

bool
stream_put_line(struct stream *stream, const char *text, size_t len)
{
	if (stream->ended || stream->used + len + 1 > STREAM_LINES_MAX_BYTES)
		return false;
	reserve(stream, len + 1);
	memcpy(stream->bytes + stream->used, text, len);
	stream->bytes[stream->used + len] = '\n';
	stream->used += len + 1;
	wake(stream);
	return true;
}

/* -- the body of the answer ---------------------------------------------------------------------------- */

/* The pipe is at its end, or broken. Whether all of it came, the worker's reply says. */
static void
on_pipe_over(struct stream *stream)
{
	close_pipe(stream);
	if (stream->replied)
		stream_end(stream, true);
	else if (stream->timer != NULL)
		loop_timer_set(stream->timer, STREAM_SILENCE_MS);
}

static ssize_t
read_pipe(struct stream *stream, char *to, size_t cap)
{
	if (stream->fd < 0)
		return 0;
	ssize_t n = read(stream->fd, to, cap);
	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		loop_io_set_interest(stream->io, LOOP_READ);
		if (!stream->follows)
			loop_timer_set(stream->timer, STREAM_SILENCE_MS);
		return 0;
	}
	on_pipe_over(stream);
	return 0;
}

static ssize_t
on_room(void *arg, uint64_t position, char *to, size_t cap)
{
	struct stream *stream = arg;

	(void)position;
	ENSURE_OBJ(stream, STREAM_MAGIC);
	if (stream->used > 0)
		return (ssize_t)take_waiting(stream, to, cap);
	ssize_t n = read_pipe(stream, to, cap);
	if (n > 0)
		return n;
	if (stream->ended)
		return stream->whole ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
	ENSURE(stream->request != NULL);
	request_suspend(stream->request);
	return 0;
}

static void
start(struct stream *stream)
{
	struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, on_room, stream,
									  stream_free);

	ENSURE(response != NULL && !stream->started);
	stream->started = true;
	answer_response(stream->request, MHD_HTTP_OK, stream->type, response);
}

struct stream *
stream_answer_lines(struct request *request, const char *type, void (*on_end)(void *arg, struct stream *stream),
		    void *arg)
{
	struct stream *stream = stream_new(request, type);

	stream->on_end = on_end;
	stream->arg = arg;
	request_set_stream(request, stream);
	start(stream);
	return stream;
}

/* -- from a worker ---------------------------------------------------------------------------------------- */

/* Not yet the body of an answer: it is still the request's, which frees it in its own time. */
static void
give_up(struct stream *stream, const struct reply *reply)
{
	close_pipe(stream);
	loop_timer_cancel(stream->timer);
	pending_forget(stream->httpd->pendings, stream);
	request_answer_failure(stream->request, reply);
}

static void
on_timer(void *arg)
{
	static const struct reply late = { .kind = REPLY_TIMED_OUT };
	struct stream *stream = arg;

	if (!stream->started && stream->follows && stream->fd >= 0)
		start(stream);
	else if (!stream->started)
		give_up(stream, &late);
	else if (!stream->follows || stream->fd < 0)
		stream_end(stream, false);
}

/* Before the answer has begun: the first byte decides that it is one. */
static void
on_first_bytes(struct stream *stream)
{
	reserve(stream, BLOCK_BYTES);
	ssize_t n = read_pipe(stream, stream->bytes, BLOCK_BYTES);

	if (n > 0)
		stream->used = (size_t)n;
	if (n > 0 || stream->ended) {
		loop_timer_cancel(stream->timer);
		start(stream);
	}
}

static void
on_pipe(void *arg, int fd, unsigned ready)
{
	struct stream *stream = arg;

	(void)fd;
	(void)ready;
	if (!stream->started) {
		on_first_bytes(stream);
		return;
	}
	/* The library asks for the bytes when it can send them. */
	loop_timer_cancel(stream->timer);
	loop_io_set_interest(stream->io, 0);
	wake(stream);
}

static void
on_reply(void *owner, unsigned cookie, const struct reply *reply)
{
	struct stream *stream = owner;

	(void)cookie;
	if (reply->kind == REPLY_GIVEN) {
		stream->replied = true;
		if (stream->fd < 0) { /* its end had been seen already */
			stream_end(stream, true);
			if (!stream->started)
				start(stream);
		}
		return;
	}
	if (!stream->started)
		give_up(stream, reply);
	else
		stream_end(stream, false);
}

void
stream_answer_from_worker(struct request *request, enum message number, uint16_t to_slot, const void *message,
			  const char *type, bool follows)
{
	struct stream *stream;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
		log_warn("cannot make a pipe", log_str("error", strerror(errno)));
		answer_problem(request, PROBLEM_BUSY, "Fuse has as many descriptors open as it may.", "Try again in a moment.");
		return;
	}
	stream = stream_new(request, type);
	stream->follows = follows;
	stream->fd = ends[0];
	stream->timer = loop_timer_new(stream->httpd->loop, on_timer, stream);
	stream->io = loop_io_new(stream->httpd->loop, ends[0], LOOP_READ, on_pipe, stream);
	request_set_stream(request, stream);
	const struct ask ask = { .number = number, .to_role = ROLE_WORKER, .to_slot = to_slot, .message = message,
				 .fd = ends[1], .deadline_ms = NO_DEADLINE, .on_reply = on_reply, .owner = stream };
	pending_ask(stream->httpd->pendings, &ask);
	close(ends[1]);
	loop_timer_set(stream->timer, follows ? STREAM_FOLLOW_START_MS : STREAM_SILENCE_MS);
}
