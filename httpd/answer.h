/*
 * answer: what goes back: JSON, or a problem document (RFC 9457; the table is problems.def). Each request gets one
 * answer; a second one is a bug and aborts. Every answer has the headers that keep browsers from reading more into
 * it than is there.
 */
#ifndef FUSE_HTTPD_ANSWER_H
#define FUSE_HTTPD_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/message.h"
#include "ipc/terms.h"

struct MHD_Connection;
struct MHD_Response;
struct request;

enum problem {
#define PROBLEM(NAME, id, status, title) PROBLEM_##NAME,
#include "httpd/problems.def"
	PROBLEM_COUNT
};

unsigned problem_status(enum problem problem);

/* The document; `instance` is the path, `remedy` may be "". New reference. */
json_t *problem_to_json(enum problem problem, const char *detail, const char *remedy, const char *instance);

/* What a refusal of another process is towards people; "not done" of the supervisor included. */
enum problem problem_of_refusal(unsigned refusal);

/* -- answers of handlers ----------------------------------------------------------------------- */

/* `json` is taken over. */
void answer_json(struct request *request, unsigned status, json_t *json);
/* The same with a Location header. */
void answer_created(struct request *request, const char *location, json_t *json);
/* {"sentence": …} */
void answer_sentence(struct request *request, const char *sentence);
/* Bytes that outlive the request or are copied. */
void answer_text(struct request *request, const char *type, const void *bytes, size_t len, bool copy);
void answer_nothing(struct request *request);
void answer_problem(struct request *request, enum problem problem, const char *detail, const char *remedy);
/* The same with a header that belongs to it. */
void answer_problem_with(struct request *request, enum problem problem, const char *detail, const char *remedy,
			 const char *header, const char *value);
/* A problem document that has been made already (taken over). */
void answer_problem_json(struct request *request, enum problem problem, json_t *json);
/* 429: the next try may be made after `wait_ms`. */
void answer_too_many_tries(struct request *request, int64_t wait_ms);
void answer_refusal(struct request *request, const struct msg_refused *refused);
/* A response of the caller's own making (taken over), e.g. a stream. */
void answer_response(struct request *request, unsigned status, const char *type, struct MHD_Response *response);
/* The same for a file of the web UI: as such it may run in a browser. */
void answer_page(struct request *request, unsigned status, const char *type, struct MHD_Response *response);

/* The same for what is behind a name that never means anything else, e.g. that of its hash: a browser may keep it. */
void answer_unchanging(struct request *request, unsigned status, const char *type, struct MHD_Response *response);

/* A whole answer as bytes, for one whom we have no connection to spare for. */
size_t answer_busy_bytes(char *to, size_t cap);

#endif
