/*
 * tries: count, wait, forgive.
 */
#include "httpd/tries.h"

#include <string.h>

struct in6_addr
tries_fold(const struct in6_addr *address)
{
	struct in6_addr folded = *address;
	static const uint8_t none[8];

	/* IPv4 stands in the last four bytes, alone or mapped. */
	if (memcmp(folded.s6_addr, none, sizeof none) != 0)
		memset(folded.s6_addr + 8, 0, 8);
	return folded;
}

static struct tries_peer *
find(struct tries *tries, const struct in6_addr *address)
{
	for (size_t i = 0; i < TRIES_PEERS_MAX; i++)
		if (tries->peers[i].used && memcmp(&tries->peers[i].address, address, sizeof *address) == 0)
			return &tries->peers[i];
	return NULL;
}

/* Which goes when all places are taken: of those that never were right the one that was wrong longest ago, then the
 * one that was right longest ago. */
static bool
goes_before(const struct tries_peer *a, const struct tries_peer *b)
{
	if (a->right_ms != b->right_ms)
		return a->right_ms < b->right_ms;
	return a->count.last_ms < b->count.last_ms;
}

static struct tries_peer *
find_or_make(struct tries *tries, const struct in6_addr *address)
{
	struct tries_peer *peer = find(tries, address), *place = &tries->peers[0];

	if (peer != NULL)
		return peer;
	for (size_t i = 0; i < TRIES_PEERS_MAX && place->used; i++)
		if (!tries->peers[i].used || goes_before(&tries->peers[i], place))
			place = &tries->peers[i];
	*place = (struct tries_peer){ .used = true, .address = *address, .right_ms = INT64_MIN };
	return place;
}

static bool
is_forgiven(const struct tries_count *count, int64_t now_ms)
{
	return count->wrong == 0 || now_ms - count->last_ms >= TRIES_FORGIVEN_MS;
}

static int64_t
wait_of(const struct tries_count *count, unsigned free, int64_t max_ms, int64_t now_ms)
{
	if (count->wrong < free || is_forgiven(count, now_ms))
		return 0;
	unsigned doublings = count->wrong - free;
	int64_t wait_ms = doublings >= 16 || (int64_t)1000 << doublings > max_ms ? max_ms : (int64_t)1000 << doublings;
	int64_t left_ms = count->last_ms + wait_ms - now_ms;
	return left_ms > 0 ? left_ms : 0;
}

int64_t
tries_wait_ms(const struct tries *tries, const struct in6_addr *address, int64_t now_ms)
{
	struct in6_addr folded = tries_fold(address);
	const struct tries_peer *peer = find((struct tries *)(uintptr_t)tries, &folded);
	int64_t own_ms = 0, total_ms;

	if (peer != NULL) {
		own_ms = wait_of(&peer->count, TRIES_FREE, TRIES_WAIT_MAX_MS, now_ms);
		if (peer->right_ms != INT64_MIN && now_ms - peer->right_ms < TRIES_REMEMBERED_MS)
			return own_ms;
	}
	total_ms = wait_of(&tries->total, TRIES_FREE_IN_TOTAL, TRIES_WAIT_MAX_IN_TOTAL_MS, now_ms);
	return own_ms > total_ms ? own_ms : total_ms;
}

static void
count_wrong(struct tries_count *count, int64_t now_ms)
{
	if (is_forgiven(count, now_ms))
		count->wrong = 0;
	count->wrong++;
	count->last_ms = now_ms;
}

void
tries_begin(struct tries *tries, const struct in6_addr *address, int64_t now_ms)
{
	struct in6_addr folded = tries_fold(address);

	count_wrong(&find_or_make(tries, &folded)->count, now_ms);
	count_wrong(&tries->total, now_ms);
}

void
tries_void(struct tries *tries, const struct in6_addr *address)
{
	struct in6_addr folded = tries_fold(address);
	struct tries_peer *peer = find(tries, &folded);

	if (peer != NULL && peer->count.wrong > 0)
		peer->count.wrong--;
	if (tries->total.wrong > 0)
		tries->total.wrong--;
}

void
tries_right(struct tries *tries, const struct in6_addr *address, int64_t now_ms)
{
	struct in6_addr folded = tries_fold(address);
	struct tries_peer *peer = find_or_make(tries, &folded);

	peer->count.wrong = 0;
	peer->right_ms = now_ms;
	if (tries->total.wrong > 0)
		tries->total.wrong--;
}
