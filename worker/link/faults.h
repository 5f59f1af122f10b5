/*
 * faults: what can be wrong with a link, by name, phase and words (faults.def). Pure.
 */
#ifndef FUSE_WORKER_LINK_FAULTS_H
#define FUSE_WORKER_LINK_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/models.h"

/* How far a link is; each phase is reached when the one before has passed. */
#define LINK_PHASES(X)                                                                          \
	X(SETUP, "setup") X(ROUTE, "route") X(TCP, "tcp") X(TLS, "tls") X(IDENTITY, "identity") \
	X(LOGIN, "login") X(SUBSCRIBE, "subscribe") X(REPORTS, "reports") X(LIVE, "live")

enum link_phase {
#define X(NAME, text) LINK_PHASE_##NAME,
	LINK_PHASES(X)
#undef X
	LINK_PHASE_COUNT
};

enum link_fault {
#define FAULT(NAME, ...) LINK_FAULT_##NAME,
#include "worker/link/faults.def"
#undef FAULT
	LINK_FAULT_COUNT
};

/* What the sentences are filled with. */
struct fault_facts {
	const struct model *model;
	char address[64], serial[33], seen[64], issuer[96], reason[120];
	char installed[24], before[24]; /* firmware */
	uint16_t port;
	int64_t since_ms; /* how long; for {since} */
	int64_t clock_ms; /* wall clock; for {clock} */
};

#define FAULT_SENTENCE_BYTES 241
#define FAULT_REMEDY_BYTES 401

const char *link_phase_name(enum link_phase phase);
const char *fault_id(enum link_fault fault);
enum link_phase fault_phase(enum link_fault fault);
bool fault_breaks(enum link_fault fault); /* BROKEN or ASTRAY: no link */
bool fault_leads_astray(enum link_fault fault); /* ASTRAY: the printer may have another address by now */
bool fault_bars_prints(enum link_fault fault); /* all but WARNING: no print can start */

/* Both are cut to fit, always at a character. */
void fault_sentence(enum link_fault fault, const struct fault_facts *facts, char ret[FAULT_SENTENCE_BYTES]);
void fault_remedy(enum link_fault fault, const struct fault_facts *facts, char ret[FAULT_REMEDY_BYTES]);

#endif
