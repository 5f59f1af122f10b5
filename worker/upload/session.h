/*
 * session: a login at a printer's storage: commands and replies on the control connection, and connections beside it for data.
 *
 * Every function says what went wrong as a fault, and leaves its particulars (reply, reason) in the session's facts. The
 * access code is said once, on a connection that has proved to be the printer's, and appears in nothing that is kept.
 */
#ifndef FUSE_WORKER_UPLOAD_SESSION_H
#define FUSE_WORKER_UPLOAD_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/secret.h"
#include "worker/upload/faults.h"
#include "worker/upload/ftp_reply.h"
#include "worker/upload/line.h"

#define SESSION_PATH_MAX_BYTES 130

struct session {
	struct sockaddr_storage address; /* of the control connection; data goes to the same machine */
	const struct tls_expectation *expectation;
	const struct secret *code;
	struct upload_facts *facts;
	void (*on_phase)(void *arg, enum upload_phase phase);
	void *arg;

	struct line control;
	bool stands;	    /* logged in, and nothing speaks against it yet */
	bool owes_reply;    /* the last one was 1xx: another follows when the transfer is over */
	int64_t latest_ms;  /* no wait lasts beyond it (monotonic); 0 = as long as times.h says */
	enum upload_phase phase;
	struct ftp_reader reader;
	uint8_t heard[512]; /* read and not yet understood */
	size_t heard_len, heard_at;
	struct ftp_reply reply; /* the last one */
};

/* With address, expectation, code, facts and on_phase set; the rest zeroed. */
void session_init(struct session *session, const struct breaker *breaker);
/* Hang up; with a QUIT that is not waited for when all is well. It may log in again. */
void session_end(struct session *session);

/* So long from now, but not beyond latest_ms. */
int64_t session_deadline_ms(const struct session *session, int64_t span_ms);

void session_enter(struct session *session, enum upload_phase phase);

/* Connect, prove, log in, protect. CODE_REFUSED, OTHER_PRINTER, … */
enum upload_fault session_begin(struct session *session);

/* Say "VERB" or "VERB argument" and take the reply, whatever it is, into session->reply. NONE says that there is one. */
enum upload_fault session_ask(struct session *session, const char *verb, const char *argument);
/* … and that it is of the class wanted (2 for 2xx); else what it means. */
enum upload_fault session_do(struct session *session, const char *verb, const char *argument, unsigned wanted_class);
/* The next reply, without a question. */
enum upload_fault session_await(struct session *session, int64_t deadline_ms);
/* Is a reply there? It is in session->reply then. Never waits; a connection that ended meanwhile does not stand any more. */
bool session_peek_reply(struct session *session);
/* What the last reply means where it was not wanted. */
enum upload_fault session_fault_of_reply(struct session *session);

/*
 * A data connection for "VERB argument" (argument may be NULL), up to its handshake: PASV, TCP, the command, its 150, TLS. One
 * PASV anew when the printer opens none. On a fault `data` is closed. *ret_begun: the command was taken, or may have been.
 */
enum upload_fault session_open_data(struct session *session, const char *verb, const char *argument, struct line *data,
				    bool *ret_begun);

/* A data connection failed: what the control connection says of it, for a moment; else what `end` means. */
enum upload_fault session_fault_of_data(struct session *session, const struct line *data, enum line_end end);

#endif
