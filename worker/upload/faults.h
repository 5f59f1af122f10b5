/*
 * faults: what can go wrong with a printer's storage: by which replies and ends it shows, and its words (faults.def). Pure.
 */
#ifndef FUSE_WORKER_UPLOAD_FAULTS_H
#define FUSE_WORKER_UPLOAD_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/tls.h"
#include "printer/models.h"

/* How far an exchange is, and what FTP_PROGRESS calls it. */
#define UPLOAD_PHASES(X)                                                                                \
	X(CONNECT, "connect") X(SECURE, "connect") X(LOGIN, "login") X(PROTECT, "login") X(CLEAN, "clean") \
	X(FOLDER, "clean") X(OPEN, "send") X(SEND, "send") X(CONFIRM, "confirm") X(VERIFY, "verify")    \
	X(LIST, "list")

enum upload_phase {
#define X(NAME, text) UPLOAD_PHASE_##NAME,
	UPLOAD_PHASES(X)
#undef X
	UPLOAD_PHASE_COUNT
};

enum upload_fault {
#define UPLOAD_FAULT(NAME, ...) UPLOAD_##NAME,
#include "worker/upload/faults.def"
	UPLOAD_FAULT_COUNT
};

/* How a connection ended, or what one waited for (worker/upload/line.h). */
enum line_end {
	LINE_FINE,
	LINE_CANCELLED,
	LINE_TIMED_OUT,
	LINE_REFUSED,	  /* nobody listens there */
	LINE_UNREACHABLE, /* no way there */
	LINE_CLOSED,	  /* by the other side */
	LINE_BROKEN,
};

/* What the sentences are filled with. */
struct upload_facts {
	const struct model *model;
	char address[64], serial[33], seen[64], reason[120], path[131];
	uint16_t port;
	unsigned code;	/* of the last reply; 0 = none */
	char reply[161]; /* its text */
	int64_t sent_bytes, size_bytes, remote_bytes;
	int64_t clock_ms; /* wall clock; for {clock} */
};

#define UPLOAD_SENTENCE_BYTES 241
#define UPLOAD_REMEDY_BYTES 401

/* "connect", "login", "clean", "send", "confirm", "verify" or "list". */
const char *upload_phase_name(enum upload_phase phase);

/* What it means that a reply of this code came in this phase, where it was not wanted. Never NONE. */
enum upload_fault upload_fault_of_reply(enum upload_phase phase, unsigned code);
/* What it means that a connection ended so in this phase; NONE for LINE_FINE. */
enum upload_fault upload_fault_of_end(enum upload_phase phase, enum line_end end);
/* What an untrusted verdict means; NONE for a trusted one. */
enum upload_fault upload_fault_of_verdict(enum tls_verdict verdict);

const char *upload_fault_id(enum upload_fault fault);
bool upload_fault_may_pass(enum upload_fault fault); /* it may go well later without a person */

/* Both are cut to fit, always at a character. */
void upload_fault_sentence(enum upload_fault fault, const struct upload_facts *facts, char ret[UPLOAD_SENTENCE_BYTES]);
void upload_fault_remedy(enum upload_fault fault, const struct upload_facts *facts, char ret[UPLOAD_REMEDY_BYTES]);

/* The last reply within a sentence: "552 no space left", without a full stop at its end. */
void upload_write_reply(const struct upload_facts *facts, char *ret, size_t cap);

/* "1 byte", "12,345,678 bytes": exactly, since such numbers are compared by people. */
#define UPLOAD_BYTES_BYTES 40
void upload_write_bytes(int64_t bytes, char ret[UPLOAD_BYTES_BYTES]);

#endif
