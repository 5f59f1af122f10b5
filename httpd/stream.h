/*
 * stream: an answer whose length nobody knows yet: what another process writes into a pipe of ours, or lines that
 * are made here. It waits when there is nothing to send, and goes with its client.
 */
#ifndef FUSE_HTTPD_STREAM_H
#define FUSE_HTTPD_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "httpd/pending.h"

#define STREAM_NDJSON "application/x-ndjson"
#define STREAM_LINES_MAX_BYTES (256 * 1024) /* that wait for a slow client; more are not taken */
#define STREAM_SILENCE_MS (10000 / PENDING_HURRY) /* a pipe that must end is given up after so long without a byte */
#define STREAM_FOLLOW_START_MS 250	    /* one that need not: the headers go out without waiting longer */

struct request;
struct stream;

/*
 * Ask a worker (`number`, a REPORT_WANT or MESSAGES_WANT in `message`) to write into a pipe, and answer the request
 * with what comes. The status is decided by the first byte or the worker's refusal, whichever is first. `follows`:
 * it has no end of its own.
 */
void stream_answer_from_worker(struct request *request, enum message number, uint16_t to_slot, const void *message,
			       const char *type, bool follows);

/* Answer the request with lines to come. `on_end` (may be NULL) is told once that nobody reads any more. */
struct stream *stream_answer_lines(struct request *request, const char *type,
				   void (*on_end)(void *arg, struct stream *stream), void *arg);
/* A line and its newline. False when the client is too slow: it was not taken. */
bool stream_put_line(struct stream *stream, const char *text, size_t len);

/* Nothing more comes. Not `whole`: the client is shown that something is missing. */
void stream_end(struct stream *stream, bool whole);

/* For request.c: the request is over, whatever becomes of the stream. */
void stream_forget_request(struct stream *stream);

#endif
