/*
 * search: an address is knocked at; who answers is examined; what is a printer is told.
 *
 *	waits ─ room ─→ KNOCKED ─ open or refused ─→ WAITING ─ room ─→ EXAMINED ─→ told
 *	                   └── nobody: done
 */
#include "discovery/search.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "discovery/examine.h"
#include "discovery/knock.h"

/* One address on its way. */
struct seek {
	LIST_ENTRY(seek) next;
	TAILQ_ENTRY(seek) turn; /* while it waits to be examined */
	bool waits;
	struct search *search;
	uint32_t address;
	struct knock *knock;
	struct examination *examination;
	struct ssdp_announcement *announcement; /* NULL in a search of a network */
};

struct search {
	LIST_ENTRY(search) next;
	struct loop *loop;
	struct search_duties duties;
	bool announced; /* else of a network */
	struct cidr cidr;
	uint64_t next_address; /* beyond 32 bits at the end of the highest network */
	struct search_progress progress;
	LIST_HEAD(, seek) seeks;
	unsigned in_flight;
	struct loop_timer *timer; /* the end of listening; or: go on in a fresh turn of the loop */
	int64_t start_ms;
	uint32_t *seen; /* addresses that were looked at, of a search for announcements */
	unsigned seen_count;
	bool over;
};

static LIST_HEAD(, search) searches = LIST_HEAD_INITIALIZER(searches);
static TAILQ_HEAD(, seek) queue = TAILQ_HEAD_INITIALIZER(queue); /* to be examined */
static unsigned in_flight, knocking, examined;

/* Connections; an address that waits for its examination has none. */
static bool
there_is_room_for(unsigned probes)
{
	return knocking + examined * EXAMINE_CONNECTIONS_MAX + probes <= SEARCH_IN_FLIGHT_MAX;
}

/* -- one address ------------------------------------------------------------------------------------------- */

static struct seek *
seek_new(struct search *search, uint32_t address)
{
	struct seek *seek = calloc(1, sizeof *seek);

	ENSURE(seek != NULL);
	seek->search = search;
	seek->address = address;
	LIST_INSERT_HEAD(&search->seeks, seek, next);
	search->in_flight++;
	in_flight++;
	return seek;
}

static void
end_knock(struct seek *seek)
{
	if (seek->knock != NULL)
		knocking--;
	knock_free(seek->knock);
	seek->knock = NULL;
}

static void
seek_free(struct seek *seek)
{
	if (seek->waits)
		TAILQ_REMOVE(&queue, seek, turn);
	if (seek->examination != NULL)
		examined--;
	end_knock(seek);
	examination_free(seek->examination);
	LIST_REMOVE(seek, next);
	seek->search->in_flight--;
	in_flight--;
	free(seek->announcement);
	free(seek);
}

static void
finish_seek(struct seek *seek)
{
	struct search *search = seek->search, *each;

	seek_free(seek);
	search->progress.done += !search->announced;
	/* There is room for others as well. In a fresh turn: this may be a callback of what is freed at the end. */
	LIST_FOREACH (each, &searches, next)
		loop_timer_set(each->timer, 0);
}

static void
on_examined(void *arg, const struct findings *findings)
{
	struct seek *seek = arg;
	struct search *search = seek->search;
	struct search_row row = { .address = seek->address, .findings = findings, .announcement = seek->announcement };

	if (seek->announcement != NULL || story_is_a_printer(findings))
		search->duties.found(search->duties.arg, &row);
	else if (story_is_a_machine(findings))
		search->progress.machines++;
	finish_seek(seek);
}

static void
examine_next(void)
{
	struct seek *seek;

	while (examined < SEARCH_EXAMINED_MAX && there_is_room_for(EXAMINE_CONNECTIONS_MAX) &&
	       (seek = TAILQ_FIRST(&queue)) != NULL) {
		struct sockaddr_storage address = { 0 };
		struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
		v4->sin_family = AF_INET;
		v4->sin_addr.s_addr = htonl(seek->address);
		TAILQ_REMOVE(&queue, seek, turn);
		seek->waits = false;
		examined++;
		seek->examination = examination_new(seek->search->loop, &address, 0, 0, on_examined, seek);
	}
}

static void
want_examination(struct seek *seek)
{
	seek->waits = true;
	TAILQ_INSERT_TAIL(&queue, seek, turn);
	examine_next();
}

static void
on_knocked(void *arg, enum knock_end end)
{
	struct seek *seek = arg;

	end_knock(seek);
	if (end == KNOCK_OPEN || end == KNOCK_REFUSED) {
		want_examination(seek);
		return;
	}
	seek->search->progress.failed += end == KNOCK_FAILED;
	finish_seek(seek);
}

/* True when a linked printer is there: it is told, and left in peace. */
static bool
tell_connected(struct search *search, uint32_t address, const struct ssdp_announcement *announcement)
{
	const char *serial = search->duties.connected(search->duties.arg, address);

	if (serial == NULL)
		return false;
	const struct search_row row = { .address = address, .serial = serial, .announcement = announcement };
	search->duties.found(search->duties.arg, &row);
	return true;
}

/* -- a network ------------------------------------------------------------------------------------------------ */

/* Who has answered comes first: else knocks would take each place before the two that an examination needs are free. */
static bool
may_knock(void)
{
	bool others_wait = !TAILQ_EMPTY(&queue) && examined < SEARCH_EXAMINED_MAX;

	return in_flight < SEARCH_IN_FLIGHT_MAX && there_is_room_for(1) && !others_wait;
}

static void
knock_on(struct search *search)
{
	while (search->next_address <= cidr_last(&search->cidr) && may_knock()) {
		uint32_t address = (uint32_t)search->next_address++;
		if (tell_connected(search, address, NULL)) {
			search->progress.done++;
			continue;
		}
		struct seek *seek = seek_new(search, address);
		seek->knock = knock_new(search->loop, address, EXAMINE_MQTT_PORT, on_knocked, seek);
		knocking++;
	}
}

/* -- those who announce themselves ----------------------------------------------------------------------------- */

static bool
is_new(struct search *search, uint32_t address)
{
	for (unsigned i = 0; i < search->seen_count; i++)
		if (search->seen[i] == address)
			return false;
	if (search->seen_count == SEARCH_AT_ANNOUNCED_MAX)
		return false;
	search->seen[search->seen_count++] = address;
	return true;
}

static void
hear(struct search *search, const struct ssdp_announcement *announcement)
{
	uint32_t address = ntohl(announcement->address.s_addr);

	if (!search->announced || search->over || announcement->leaves || in_flight == SEARCH_IN_FLIGHT_MAX ||
	    !is_new(search, address) || tell_connected(search, address, announcement))
		return;
	struct seek *seek = seek_new(search, address);
	seek->announcement = malloc(sizeof *seek->announcement);
	ENSURE(seek->announcement != NULL);
	*seek->announcement = *announcement;
	want_examination(seek);
}

void
search_hear(const struct ssdp_announcement *announcement)
{
	struct search *search;

	LIST_FOREACH (search, &searches, next)
		hear(search, announcement);
}

/* -- life ----------------------------------------------------------------------------------------------------- */

static bool
is_through(const struct search *search)
{
	if (search->in_flight > 0)
		return false;
	return search->announced ? search->over : search->next_address > cidr_last(&search->cidr);
}

static void
go_on(struct search *search)
{
	if (search->announced && clock_monotonic_ms() - search->start_ms >= SEARCH_ANNOUNCED_MS)
		search->over = true;
	examine_next();
	if (!search->announced)
		knock_on(search);
	if (is_through(search))
		search->duties.over(search->duties.arg);
	else if (search->announced && !search->over)
		loop_timer_set(search->timer, search->start_ms + SEARCH_ANNOUNCED_MS - clock_monotonic_ms());
}

static void
on_timer(void *arg)
{
	go_on(arg);
}

static struct search *
search_new(struct loop *loop, const struct search_duties *duties)
{
	struct search *search = calloc(1, sizeof *search);

	ENSURE(search != NULL);
	search->loop = loop;
	search->duties = *duties;
	search->start_ms = clock_monotonic_ms();
	search->timer = loop_timer_new(loop, on_timer, search);
	LIST_INIT(&search->seeks);
	LIST_INSERT_HEAD(&searches, search, next);
	loop_timer_set(search->timer, 0);
	return search;
}

struct search *
search_network_new(struct loop *loop, const struct cidr *cidr, const struct search_duties *duties)
{
	struct search *search = search_new(loop, duties);

	search->cidr = *cidr;
	search->next_address = cidr_first(cidr);
	search->progress.total = cidr_size(cidr);
	return search;
}

struct search *
search_announced_new(struct loop *loop, const struct search_duties *duties)
{
	struct search *search = search_new(loop, duties);

	search->announced = true;
	search->progress.total = SEARCH_ANNOUNCED_MS;
	search->seen = calloc(SEARCH_AT_ANNOUNCED_MAX, sizeof *search->seen);
	ENSURE(search->seen != NULL);
	return search;
}

struct search_progress
search_progress(const struct search *search)
{
	struct search_progress progress = search->progress;

	if (search->announced) {
		int64_t past_ms = clock_monotonic_ms() - search->start_ms;
		progress.done = past_ms < SEARCH_ANNOUNCED_MS ? (uint32_t)past_ms : SEARCH_ANNOUNCED_MS;
	}
	return progress;
}

void
search_free(struct search *search)
{
	struct search *other;

	if (search == NULL)
		return;
	while (!LIST_EMPTY(&search->seeks))
		seek_free(LIST_FIRST(&search->seeks));
	LIST_REMOVE(search, next);
	loop_timer_free(search->timer);
	free(search->seen);
	free(search);
	/* What it held is free for the others. */
	LIST_FOREACH (other, &searches, next)
		loop_timer_set(other->timer, 0);
}
