/*
 * visit: one connection to one port of an address, for what can be learnt there without a secret: whose certificate
 * answers (TLS), what the detect service says. Never blocks. It sends the TLS handshake and, where asked to, the
 * detect request, and no byte more; not even TLS's closing words.
 */
#ifndef FUSE_DISCOVERY_VISIT_H
#define FUSE_DISCOVERY_VISIT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/loop.h"
#include "common/tls.h"
#include "discovery/detect.h"

enum visit_end {
	VISIT_NONE,	   /* it was not paid */
	VISIT_DONE,	   /* handshake complete and, where it was asked, the question answered */
	VISIT_UNREACHABLE, /* no way there: `error` */
	VISIT_NO_ANSWER,   /* to TCP, in time */
	VISIT_REFUSED,	   /* the machine is there, the port is closed */
	VISIT_CLOSED,	   /* it took the connection and closed it before it said anything of use */
	VISIT_TLS_SILENT,  /* the TLS handshake was not done in time */
	VISIT_TLS_FAILED,  /* `fault` */
	VISIT_MUTE,	   /* the question was not answered in time */
	VISIT_GARBLED,	   /* it was answered with something else: `fault` */
};

struct visit_plan {
	struct sockaddr_storage address; /* its port is overwritten */
	uint16_t port;
	bool tls, asks;	     /* speak TLS; ask the detect question */
	int64_t tcp_ms, all_ms; /* for TCP; for the whole visit */
};

struct visit_result {
	enum visit_end end;
	uint16_t port;
	int error;			    /* errno of VISIT_UNREACHABLE */
	char fault[120];		    /* "it …", for a person; "" when VISIT_DONE */
	bool has_certificate;		    /* and with its key: only after a complete handshake */
	struct tls_certificate certificate;
	struct detect_reply reply;	    /* of one that asks, when VISIT_DONE */
};

struct visit;
typedef void visit_end_fn(void *arg, const struct visit_result *result);

/* `on_end` is called once, from the loop, never from within visit_new(). Then (in it, too) free the visit, with which
 * its result goes; one that is freed before is broken off. */
struct visit *visit_new(struct loop *loop, const struct visit_plan *plan, visit_end_fn *on_end, void *arg);
void visit_free(struct visit *visit);

#endif
