/*
 * request_inner: a request, for the parts of request.h.
 */
#ifndef FUSE_HTTPD_REQUEST_INNER_H
#define FUSE_HTTPD_REQUEST_INNER_H

#include "httpd/access.h"
#include "httpd/answer.h"
#include "httpd/request.h"
#include "httpd/routes.h"
#include "httpd/target.h"

#define REQUEST_MAGIC 0x52455155
#define COOKIE_BYTES 200

/*	NEW ─ headers ─→ BODY ─ all of it ─→ WORK ─ answer ─→ ANSWERED
 *	 │└── a check fails: the answer is there before the body is read ──↗
 *	 └─ a STREAM ─→ ASKING (the handler looks for a place for it) ─→ BODY */
enum phase { PHASE_NEW, PHASE_ASKING, PHASE_BODY, PHASE_WORK, PHASE_ANSWERED };

struct request {
	unsigned magic;
	struct server *server;
	struct MHD_Connection *connection;
	enum phase phase;
	bool suspended, gone, is_get;
	bool closes; /* the connection ends with the answer */
	struct target target;
	enum target_fault target_fault;
	const struct route *route;
	struct route_names names;
	char allow[ROUTES_ALLOW_BYTES];
	bool tell_allow;
	uint8_t *body;
	size_t body_len, body_cap;
	uint64_t body_seen;
	const struct body_sink *sink; /* of a STREAM, once it may come */
	json_t *json;
	unsigned status;
	struct MHD_Response *response; /* the answer, until it is queued */
	struct stream *stream;
	struct visitor visitor;
	struct pass pass;
	char cookie[COOKIE_BYTES]; /* to be set; "" = none */
	void *work;
	void (*work_free)(void *work);
};

/* -- request_checks.c ------------------------------------------------------------------------------ */

/* The headers are in: is this a request that Fuse serves, under a name of ours, to whom asks, with such a body? Its route
 * is known then. False: it is answered. */
bool request_check_headers(struct request *request, const char *method);
/* A body is on its way, if only the headers say so. */
bool request_announces_body(const struct request *request);
/* Answer with this problem; always false. */
bool request_refuse(struct request *request, enum problem problem, const char *detail, const char *remedy);

#endif
