/*
 * tries: how often somebody may guess. After TRIES_FREE wrong ones from an address each next one has to wait, a second
 * first, then twice as long each time, up to a minute; likewise for all addresses together, up to a few seconds. An
 * address from which the right one came is spared the waits that others cause, and a while without a wrong one
 * forgives all: so guessing is slow, and its owner is never locked out. Pure; times are monotonic milliseconds.
 */
#ifndef FUSE_HTTPD_TRIES_H
#define FUSE_HTTPD_TRIES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRIES_PEERS_MAX 256
#define TRIES_FREE 5
#define TRIES_FREE_IN_TOTAL 20
#define TRIES_WAIT_MAX_MS 60000
#define TRIES_WAIT_MAX_IN_TOTAL_MS 4000
#define TRIES_FORGIVEN_MS ((int64_t)15 * 60 * 1000)
#define TRIES_REMEMBERED_MS ((int64_t)30 * 86400 * 1000) /* that the right one came from here */

struct tries_count {
	unsigned wrong;
	int64_t last_ms; /* of the last wrong one */
};

struct tries_peer {
	bool used;
	struct in6_addr address;
	struct tries_count count;
	int64_t right_ms; /* when the right one came last; INT64_MIN = never */
};

struct tries {
	struct tries_peer peers[TRIES_PEERS_MAX];
	struct tries_count total;
};

/* An IPv6 network of one owner, a /64, counts as one address. */
struct in6_addr tries_fold(const struct in6_addr *address);

/* How long a try from `peer` has to wait: 0 = it may be made now. */
int64_t tries_wait_ms(const struct tries *tries, const struct in6_addr *peer, int64_t now_ms);

/* One is made now. It counts as wrong until it is known to be right; so many at once are no way round. */
void tries_begin(struct tries *tries, const struct in6_addr *peer, int64_t now_ms);

/* It was right: all is forgiven. Or nobody could say: it never was. */
void tries_right(struct tries *tries, const struct in6_addr *peer, int64_t now_ms);
void tries_void(struct tries *tries, const struct in6_addr *peer);

#endif
