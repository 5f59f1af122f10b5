/*
 * rawreport: the merged raw report that REST shows: the newest full one and what followed, put together when it is
 * asked for. What the ring forgets is folded into a base first, so that nothing is missing after a long time
 * without a full report. Merge rules: docs/protocol.md, "Reports".
 */
#ifndef FUSE_WORKER_LINK_RAWREPORT_H
#define FUSE_WORKER_LINK_RAWREPORT_H

#include "printer/report.h"
#include "worker/link/ring.h"

struct rawreport;

struct rawreport *rawreport_new(void);
void rawreport_free(struct rawreport *raw);

/* This report was kept in the ring under `number`. (Of a full one that is too long for the ring a copy is made.) */
void rawreport_note(struct rawreport *raw, enum report_kind kind, uint64_t number, const void *payload, size_t len);

/* What the ring calls before it forgets (struct ring_heir; arg = the rawreport). */
bool rawreport_wants(void *raw, uint64_t newest);
void rawreport_on_forgotten(void *raw, const struct ring_message *message);

/* {"print":{…}} of the base and `ring`, as a new string (free() it), or NULL when no report has come yet. */
char *rawreport_text(struct rawreport *raw, struct ring *ring, size_t *ret_len);

#endif
