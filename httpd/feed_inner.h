/*
 * feed_inner: what feed.c keeps and feed_payloads.c writes.
 */
#ifndef FUSE_HTTPD_FEED_INNER_H
#define FUSE_HTTPD_FEED_INNER_H

#include "httpd/feed.h"
#include "httpd/leaves.h"

#define FEED_SERIAL_BYTES 33
#define FEED_SHARED_MAX 8

/* A printer. */
struct feed_entry {
	char serial[FEED_SERIAL_BYTES];
	uint64_t born;	       /* revision at which it came */
	struct leaves *record; /* what GET /printers/{id} answers */
	struct leaves *state;  /* what GET /printers/{id}/stat answers */
	bool record_dirty, state_dirty, is_refused;
	struct payload *statistic; /* of the newest state, when somebody wanted it; else NULL */
};

struct feed_removed {
	char serial[FEED_SERIAL_BYTES];
	uint64_t revision;
};

/* What clients that have seen the same get now. */
struct feed_shared {
	uint64_t seen;
	struct payload *payload;
};

struct feed {
	const struct known *known;
	bool is_open;
	uint64_t revision, horizon; /* who has seen less than the horizon gets the whole */
	struct leaves *status;
	bool status_dirty, printers_dirty;
	int64_t status_made_ms;
	struct feed_entry *entries[KNOWN_PRINTERS_MAX];
	unsigned entry_count;
	struct feed_removed removed[FEED_REMOVED_MAX]; /* oldest first */
	unsigned removed_count;
	char slot_serials[KNOWN_WORKERS_MAX][FEED_SERIAL_BYTES]; /* whom a worker has told of last */
	struct feed_shared shared[FEED_SHARED_MAX]; /* of the newest revision */
	unsigned shared_count;
	struct payload *statistics; /* the snapshot, of the newest revision */
};

#endif
