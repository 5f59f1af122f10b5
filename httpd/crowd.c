/*
 * crowd: counting, and choosing.
 */
#include "httpd/crowd.h"

#include <string.h>

#define NETWORK_BYTES 8 /* of an IPv6 address: what its provider has given to one site */

struct in6_addr
crowd_peer(const struct sockaddr *address)
{
	struct in6_addr peer = { 0 };

	if (address->sa_family == AF_INET6)
		memcpy(peer.s6_addr, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, NETWORK_BYTES);
	else if (address->sa_family == AF_INET)
		memcpy(&peer.s6_addr[12], &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
	return peer;
}

static bool
is_same(const struct in6_addr *one, const struct in6_addr *other)
{
	return memcmp(one, other, sizeof *one) == 0;
}

static bool
gives_way(const struct crowd_guest *guest, int64_t now_ms)
{
	if (!guest->present || guest->stage == CROWD_WORK)
		return false;
	return guest->stage < CROWD_BODY || now_ms - guest->since_ms >= CROWD_PATIENCE_MS;
}

/* The first in the order of giving way; of `peer` only, unless that is NULL. CROWD_NO_ROOM: none. */
static size_t
weakest(const struct crowd_guest *guests, size_t count, const struct in6_addr *peer, int64_t now_ms)
{
	size_t found = CROWD_NO_ROOM;

	for (size_t i = 0; i < count; i++) {
		const struct crowd_guest *guest = &guests[i], *best = found != CROWD_NO_ROOM ? &guests[found] : NULL;
		if (!gives_way(guest, now_ms) || (peer != NULL && !is_same(&guest->peer, peer)))
			continue;
		if (best == NULL || guest->stage < best->stage ||
		    (guest->stage == best->stage && guest->since_ms < best->since_ms))
			found = i;
	}
	return found;
}

size_t
crowd_admit(const struct crowd_guest *guests, size_t count, const struct in6_addr *peer, int64_t now_ms)
{
	size_t total = 0, own = 0;

	for (size_t i = 0; i < count; i++) {
		total += guests[i].present;
		own += guests[i].present && is_same(&guests[i].peer, peer);
	}
	if (own < CROWD_PER_PEER_MAX && total < CROWD_MAX)
		return CROWD_ROOM;
	size_t of_own = own >= CROWD_SHARE ? weakest(guests, count, peer, now_ms) : CROWD_NO_ROOM;
	if (of_own != CROWD_NO_ROOM || own >= CROWD_PER_PEER_MAX)
		return of_own;
	return weakest(guests, count, NULL, now_ms);
}
