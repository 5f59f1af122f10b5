/*
 * rawreport: the merged raw report that REST shows: the newest full one and what followed, put together when it is
 * asked for. What the ring forgets is folded into a base first, so that nothing is missing after a long time
 * without a full report. Merge rules: docs/protocol.md, "Reports".
 */
#ifndef FUSE_WORKER_LINK_RAWREPORT_H
#define FUSE_WORKER_LINK_RAWREPORT_H

#include "worker/link/ring.h"

struct rawreport;

struct rawreport *rawreport_new(void);
void rawreport_free(struct rawreport *raw);

/* To be called for each message that the ring forgets. */
void rawreport_on_evict(struct rawreport *raw, const struct ring_message *message);

/* {"print":{…}} of `ring` and the base, as a new string (free() it), or NULL when no report has come yet. */
char *rawreport_text(struct rawreport *raw, struct ring *ring, size_t *ret_len);

#endif
