/*
 * request: one HTTP request from its first line to its last byte out. It checks what every request must be, reads
 * the body, calls the route's handler, waits where the handler waits for another process, and sees to it that there
 * is exactly one answer. A client that goes away takes everything with it that was done for it.
 *
 * A handler answers (httpd/answer.h) at once, or asks another process (request_ask()) and answers from the reply.
 */
#ifndef FUSE_HTTPD_REQUEST_H
#define FUSE_HTTPD_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "httpd/access.h"
#include "httpd/httpd.h"
#include "httpd/pending.h"
#include "ipc/message.h"

#define HEADERS_MAX_BYTES (16 * 1024)
#define BODY_DRAINED_MAX_BYTES (8 * 1024 * 1024) /* a body that is too large is read up to here, to be told so */
#define STREAM_DRAINED_MAX_BYTES ((uint64_t)1024 * 1024 * 1024)

struct MHD_Connection;
struct sockaddr;
struct MHD_Response;
struct request;
struct route_names;
struct stream;
struct target;

/* -- for handlers ------------------------------------------------------------------------------ */

struct httpd *request_httpd(struct request *request);
const char *request_path_peek(const struct request *request);
const char *request_id_peek(const struct request *request); /* the {id} of the path */
const struct route_names *request_names_peek(const struct request *request); /* all that it names */
const struct target *request_target_peek(const struct request *request);
/* The first header of this name, or NULL. */
const char *request_header_peek(const struct request *request, const char *name);
bool request_is_get(const struct request *request); /* and not HEAD */
const json_t *request_json_peek(const struct request *request);
/* The body of a route that takes a FILE; until the answer. */
const void *request_body_peek(const struct request *request, size_t *ret_len);

/*
 * The body of a route that takes a STREAM is not kept: the handler is called when the headers are in, and the client
 * sends nothing before it has said that it may (if it asks first: Expect: 100-continue). It answers, or calls
 * request_read_into(), at once or when another process has answered: from then on `on_piece` gets what comes, as it
 * comes, and `on_end` is called once when that was all. When the handler has answered meanwhile, the rest is read and
 * forgotten, so that the client hears the answer: up to STREAM_DRAINED_MAX_BYTES and for PAUSE_MS.
 */
struct body_sink {
	void (*on_piece)(struct request *request, const void *bytes, size_t len);
	void (*on_end)(struct request *request);
};
void request_read_into(struct request *request, const struct body_sink *sink);
#define BODY_SIZE_UNKNOWN UINT64_MAX
/* As its headers say; BODY_SIZE_UNKNOWN: it comes in chunks. */
uint64_t request_body_size(const struct request *request);

/* Does its Accept header name `type`? */
bool request_accepts(const struct request *request, const char *type);

/* A query parameter as a number. Not there: `otherwise`. False: it was wrong, and the answer says so. */
bool request_number(struct request *request, const char *name, int64_t min, int64_t max, int64_t otherwise,
		    int64_t *ret_number);
/* The same for one that is 0, 1, false or true. */
bool request_truth(struct request *request, const char *name, bool *ret_truth);
/* Its text, or NULL. */
const char *request_text(const struct request *request, const char *name);

/* Who asks, and by what it was let in (httpd/gate.h). */
const struct visitor *request_visitor(const struct request *request);
const struct pass *request_pass(const struct request *request);

/* The answer will set the cookie of a session (its id), or with "" take it away. */
void request_set_session_cookie(struct request *request, const char *id);

/* State of the handler's own, freed with the request. */
void request_set_work(struct request *request, void *work, void (*work_free)(void *work));
void *request_work(struct request *request);
/* Forget it without freeing it: it goes on without the request. */
void request_drop_work(struct request *request);

/* Ask another process; `on_reply` is called with the request as its owner. Refusals and time-outs can be left to
 * request_answer_failure(): true when it was one, and the answer is given. */
void request_ask(struct request *request, enum message number, enum role to_role, uint16_t to_slot, const void *message,
		 int64_t deadline_ms, reply_fn *on_reply);
/* The same with a cookie for `on_reply`. */
void request_ask_with(struct request *request, enum message number, enum role to_role, const void *message,
		      int64_t deadline_ms, reply_fn *on_reply, unsigned cookie);
bool request_answer_failure(struct request *request, const struct reply *reply);
/* The message of a reply that must be a `number`. NULL: it was a failure, or something else, and the answer is given. */
const void *request_expect(struct request *request, const struct reply *reply, enum message number);

/* -- for gate.c -------------------------------------------------------------------------------------- */

/* The cookie that carries a session. The longer name binds it to https and to this very host (RFC 6265bis, 4.1.3). */
#define SESSION_COOKIE(secure) ((secure) ? "__Host-fuse_session" : "fuse_session")

struct server *request_server(const struct request *request);
int request_socket(const struct request *request);
const struct sockaddr *request_peer(const struct request *request); /* of the connection */
bool request_is_by_tls(const struct request *request);

/* -- for answer.c and stream.c ------------------------------------------------------------------- */

/* What an Allow and a Set-Cookie header must say; NULL when none is due. */
const char *request_allow_peek(const struct request *request);
const char *request_cookie_peek(const struct request *request);
/* The answer (taken over). */
void request_answer(struct request *request, unsigned status, struct MHD_Response *response);
bool request_is_answered(const struct request *request);
/* Nothing to send just now; and again something. */
void request_suspend(struct request *request);
void request_resume(struct request *request);
/* The stream that is its body: told when the request ends. */
void request_set_stream(struct request *request, struct stream *stream);

/* -- for server.c ---------------------------------------------------------------------------------- */

struct request *request_new(struct server *server, struct MHD_Connection *connection, const char *raw_target);
void request_free(struct request *request);

enum request_progress { REQUEST_GOES_ON, REQUEST_ENDS };
/* Called by the library: with the headers, with each piece of the body, with its end, and after each resume. */
enum request_progress request_step(struct request *request, const char *method, const char *piece, size_t *piece_len);

bool request_is_suspended(const struct request *request);
bool request_reads_body(const struct request *request);
/* … and what comes of it goes where it belongs: any length is fine as long as something comes. */
bool request_streams_body(const struct request *request);
/* Its headers or its body are still on their way. */
bool request_is_coming(const struct request *request);
/* It is answered with something that has an end, and the client takes it (no stream). */
bool request_is_being_taken(const struct request *request);
/* The client has gone away. */
void request_abandon(struct request *request);
/* Fuse stops. */
void request_cut_short(struct request *request);

#endif
