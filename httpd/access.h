/*
 * access: who may do what. Each request is judged after its Host and Origin were found fine, and before anything is
 * done for it:
 *
 *	at a listener of this machine alone, asked for as this machine, with no proxy between: everything
 *	a session (cookie; somebody has entered the password): everything, but what reveals or destroys only for
 *	  5 minutes after the password was entered
 *	a token (Authorization: Bearer): everything but tokens and the password; a read-only one only GET
 *	nobody: what the table of routes marks OPEN
 *
 * stored keeps the password and the tokens and tells which there are (ACCESS, TOKEN); sessions are kept here.
 */
#ifndef FUSE_HTTPD_ACCESS_H
#define FUSE_HTTPD_ACCESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "httpd/credentials.h"
#include "httpd/sessions.h"
#include "httpd/tries.h"
#include "ipc/header.h"
#include "ipc/message.h"

#define ACCESS_TOKENS_MAX 64

/* What a row of routes.def asks for. */
enum route_access {
	ROUTE_OPEN,   /* nothing: anybody may */
	ROUTE_LOGIN,  /* a session or a token */
	ROUTE_OWNER,  /* a session: no token */
	ROUTE_RAISED, /* a session in which the password was entered a moment ago */
};

/* Who asks. */
struct visitor {
	struct in6_addr address; /* IPv4 in the last four bytes; behind a trusted proxy whom that names */
	bool by_tls;		 /* this very connection is encrypted */
	bool secure;		 /* by TLS, to us or to a trusted proxy */
	bool this_machine;	 /* needs no password */
	struct credential session, bearer; /* as the headers say; borrowed */
};

/* By what it is let in. */
enum pass_kind { PASS_NONE, PASS_THIS_MACHINE, PASS_SESSION, PASS_TOKEN_READ, PASS_TOKEN_FULL };
struct pass {
	enum pass_kind kind;
	uint32_t session;     /* its number, also at PASS_THIS_MACHINE; 0 = none */
	size_t token_place;   /* of PASS_TOKEN_… */
	char token_id[9];
};

enum access_verdict {
	ACCESS_GRANTED,
	ACCESS_LOGIN_NEEDED,
	ACCESS_SETUP_NEEDED,	/* there is no password yet that one could log in with */
	ACCESS_PASSWORD_NEEDED, /* logged in, but the password must be entered again */
	ACCESS_READ_ONLY,	/* this token may only read */
	ACCESS_NOT_BY_TOKEN,
	ACCESS_TOO_MANY_TRIES,
};

/* What is guessed, each counted by itself: a program with an old token does not keep a person out. */
enum tries_of { TRIES_OF_PASSWORD, TRIES_OF_SETUP_CODE, TRIES_OF_TOKEN, TRIES_OF_COUNT };

struct access_token {
	bool used;
	uint8_t digest[DIGEST_BYTES];
	int64_t told_day; /* the last on which stored was told that it is used */
	struct msg_token told;
};

struct access {
	bool known; /* stored has told */
	struct msg_access told;
	struct access_token tokens[ACCESS_TOKENS_MAX];
	struct sessions sessions;
	struct tries tries[TRIES_OF_COUNT];
};

/* Heap; to be freed with access_free(). */
struct access *access_new(void);
void access_free(struct access *access);

/* ACCESS or TOKEN of stored; false when it is neither. Another password ends all sessions. */
bool access_on_message(struct access *access, const struct header *header, const void *message);

/* Who is this? Nothing is counted. `*ret_wrong_token`: a bearer was shown that opens nothing. */
void access_identify(struct access *access, const struct visitor *visitor, int64_t now_ms, struct pass *ret_pass,
		     bool *ret_wrong_token);

/* May it? `reads`: GET or HEAD. `*ret_wait_ms` with ACCESS_TOO_MANY_TRIES. */
enum access_verdict access_judge(struct access *access, const struct visitor *visitor, enum route_access wanted,
				 bool reads, int64_t now_ms, struct pass *ret_pass, int64_t *ret_wait_ms);

/* Has this pass been raised lately? This machine's always counts as raised. */
bool access_is_raised(const struct access *access, const struct pass *pass, int64_t now_ms);

/* For what lives longer than a request (a WebSocket): does what let it in still hold? */
bool access_still_holds(const struct access *access, const struct pass *pass, int64_t now_ms);

/* Is stored to be told that this token is used? Once a day (UTC). */
bool access_is_news(struct access *access, const struct pass *pass, int64_t wall_ms);

#endif
