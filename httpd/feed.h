/*
 * feed: what WebSocket clients are told. It keeps a document of each printer, cached file and job, and one of Fuse as a
 * whole, made from what is known whenever that changes, with one count of revisions for all. A client is just a number:
 * the revision that it has seen. Whenever it can take a message it gets what is newer than that: so one that is slow
 * skips what was in between, and costs nothing. While nobody listens nothing is made and nothing is kept.
 *
 * Two kinds of clients (docs/events.md): events, which get changed leaves; statistics, which get whole states.
 */
#ifndef FUSE_HTTPD_FEED_H
#define FUSE_HTTPD_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "httpd/payload.h"
#include "httpd/known.h"

#define FEED_STATUS_GAP_MS 200 /* Fuse as a whole is looked at so often at most */
#define FEED_REMOVED_MAX 256   /* removed printers that are remembered; so many files and jobs, too */

struct feed;

/* `known` must outlive it. */
struct feed *feed_new(const struct known *known);
void feed_free(struct feed *feed);

/* Somebody listens, or nobody does any more: then all is forgotten. Files and jobs are told to `events` only: while
 * there are none, nothing is made of them. */
void feed_open(struct feed *feed, bool events);
void feed_close(struct feed *feed);
void feed_close_events(struct feed *feed);
bool feed_is_open(const struct feed *feed);

/* What known_on_message() has taken in. True: feed_settle() has something to do. */
bool feed_on_message(struct feed *feed, const struct header *header, const void *message);

/* Make anew what has changed; once for all that came in one turn of the loop. Returns after how many ms to call it
 * again even if nothing is told, or -1. `now_ms` monotonic. */
int64_t feed_settle(struct feed *feed, int64_t now_ms);

/* Of the newest change. */
uint64_t feed_revision(const struct feed *feed);

/*
 * The next message for a client that has seen `*seen` (0: nothing), which becomes what it has seen with it. The reference
 * is the caller's. NULL: there is nothing newer; or, with `*ret_overload`, so much waits for slow clients that no
 * message can be made (payload.h).
 */
struct payload *feed_next_event(struct feed *feed, uint64_t *seen, bool *ret_overload);
struct payload *feed_next_statistic(struct feed *feed, uint64_t *seen, bool *ret_overload);

#endif
