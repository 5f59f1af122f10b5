/*
 * feed_inner: what feed.c keeps and feed_payloads.c writes.
 */
#ifndef FUSE_HTTPD_FEED_INNER_H
#define FUSE_HTTPD_FEED_INNER_H

#include <sys/queue.h>

#include "httpd/feed.h"
#include "httpd/leaves.h"

#define FEED_SERIAL_BYTES 33
#define FEED_SHARED_MAX 8

/* A printer. */
struct feed_entry {
	TAILQ_ENTRY(feed_entry) next; /* by revision, the oldest first */
	TAILQ_ENTRY(feed_entry) next_dirty;
	char serial[FEED_SERIAL_BYTES];
	uint64_t born;	       /* revision at which it came */
	uint64_t revision, state_revision; /* of its newest change, and of the newest in its state */
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
	TAILQ_HEAD(feed_entries, feed_entry) entries;
	TAILQ_HEAD(feed_dirty, feed_entry) dirty; /* those whose documents must be made anew */
	unsigned entry_count;
	struct feed_removed removed[FEED_REMOVED_MAX]; /* oldest first */
	unsigned removed_count;
	struct feed_entry *told[KNOWN_WORKERS_MAX]; /* whom the worker of a slot has told of last; NULL: not known */
	struct feed_shared shared[FEED_SHARED_MAX]; /* of the newest revision */
	unsigned shared_count;
	struct payload *statistics; /* the snapshot, of the newest revision */
};

#endif
