/*
 * feed_inner: what feed.c and feed_shelf.c keep and feed_payloads.c writes.
 */
#ifndef FUSE_HTTPD_FEED_INNER_H
#define FUSE_HTTPD_FEED_INNER_H

#include <jansson.h>
#include <sys/queue.h>

#include "httpd/feed.h"
#include "httpd/leaves.h"

#define FEED_SERIAL_BYTES 33
#define FEED_NAME_BYTES 65 /* a serial number, a hash or the id of a job */
#define FEED_SHELF_MAX 2048
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
	char name[FEED_NAME_BYTES];
	uint64_t revision;
};

struct feed_removals {
	struct feed_removed list[FEED_REMOVED_MAX]; /* oldest first */
	unsigned count;
};

/* One of the things on a shelf. */
struct feed_item {
	TAILQ_ENTRY(feed_item) next; /* by revision, the oldest first */
	char name[FEED_NAME_BYTES];
	uint64_t born, revision; /* when it came; of its newest change */
	struct leaves *document;
};

struct feed_shelf_kind {
	size_t places;
	const char *member, *removed_member; /* of a message */
	/* What stands at a place by what is known, NULL = nothing; and where a name stands, or KNOWN_NOWHERE. */
	const char *(*name_at)(const struct known *known, size_t place);
	size_t (*place_of)(const struct known *known, const char *name);
	json_t *(*document)(const struct known *known, size_t place);
};
extern const struct feed_shelf_kind feed_files, feed_jobs;

/* All of a kind. Closed (without a kind), it keeps nothing and takes nothing. */
struct feed_shelf {
	const struct feed_shelf_kind *kind;
	struct feed_item *at[FEED_SHELF_MAX];
	TAILQ_HEAD(feed_items, feed_item) items;
	uint16_t dirty[FEED_SHELF_MAX]; /* places that must be looked at anew */
	bool is_dirty[FEED_SHELF_MAX];
	size_t dirty_count;
	struct feed_removals removals;
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
	struct feed_removals removals;
	bool shelves_open; /* somebody listens to events, not only to statistics */
	struct leaves *cache; /* how full it is */
	bool cache_dirty;
	struct feed_shelf files, jobs;
	size_t told_job[KNOWN_WORKERS_MAX]; /* the place of the job of whose file the worker of a slot has told of last, + 1 */
	struct feed_entry *told[KNOWN_WORKERS_MAX]; /* whom the worker of a slot has told of last; NULL: not known */
	struct feed_shared shared[FEED_SHARED_MAX]; /* of the newest revision */
	unsigned shared_count;
	struct payload *statistics; /* the snapshot, of the newest revision */
};

/* -- feed.c ------------------------------------------------------------------------------------------- */

/* One that comes back is still one that was removed, for whoever knew the old one. */
void feed_note_removed(struct feed *feed, struct feed_removals *removals, const char *name);
/* The newest text of a document (`json` is taken over). False: it cannot be one, and stays what it was. */
bool feed_renew(struct feed *feed, struct leaves *leaves, json_t *json);

/* -- feed_shelf.c ------------------------------------------------------------------------------------- */

void feed_shelf_open(struct feed *feed, struct feed_shelf *shelf, const struct feed_shelf_kind *kind);
void feed_shelf_close(struct feed_shelf *shelf);
/* Something may have come, changed or gone at this place; any number. */
void feed_shelf_touch(struct feed_shelf *shelf, size_t place);
void feed_shelf_settle(struct feed *feed, struct feed_shelf *shelf);
/* What is newer than `seen` (0: all), as members of a message. */
void feed_shelf_write(struct payload *payload, const struct feed_shelf *shelf, uint64_t seen);
void feed_put_removals(struct payload *payload, const char *member, const struct feed_removals *removals, uint64_t seen);

/* -- feed_payloads.c ----------------------------------------------------------------------------------- */

void feed_put_name(struct payload *payload, const char *name);

#endif
