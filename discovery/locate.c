/*
 * locate: ASKED ─ seen lately? ─→ PROVING ─ its certificate ─→ told
 *            └──────── no ──────→ SWEPT ── its network searched, at once or when it may be ─→ told, or not found
 *                                   └─ heard meanwhile ─→ PROVING
 *
 * Of a virtual printer of this machine LISTENS takes the place of SWEPT.
 */
#include "discovery/locate.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "discovery/examine.h"
#include "discovery/search.h"

#define SWEEPS_KEPT 16

struct locate {
	LIST_ENTRY(locate) next;
	struct house *house;
	struct header request;
	char serial[33];
	uint32_t lost_at; /* host byte order; 0 = not IPv4 */
	uint32_t candidate;
	struct examination *examination;
	unsigned proofs;	     /* candidates that were looked at */
	struct loop_timer *patience; /* a virtual printer: until it is given up … */
	int64_t give_up_ms;	     /* … which is then; NULL = it is not waited for like that */
};

/* A network that is being searched for lost printers, or was lately. */
struct sweep {
	struct cidr cidr;
	struct search *search;	 /* NULL: none runs */
	struct loop_timer *next; /* when the next may begin, for those who wait; NULL: nobody does */
	int64_t began_ms;	 /* the last; 0 = an empty place */
};

static LIST_HEAD(, locate) locates = LIST_HEAD_INITIALIZER(locates);
static unsigned locate_count;
static struct sweep sweeps[SWEEPS_KEPT];
static struct house *the_house;

static void
forget(struct locate *locate)
{
	examination_free(locate->examination);
	loop_timer_free(locate->patience);
	LIST_REMOVE(locate, next);
	locate_count--;
	free(locate);
}

void
locate_forget_all(void)
{
	while (!LIST_EMPTY(&locates))
		forget(LIST_FIRST(&locates));
	for (size_t i = 0; i < SWEEPS_KEPT; i++) {
		search_free(sweeps[i].search);
		loop_timer_free(sweeps[i].next);
	}
	memset(sweeps, 0, sizeof sweeps);
}

/* -- answers ---------------------------------------------------------------------------------------------- */

static void
tell_located(struct locate *locate, uint32_t address)
{
	struct msg_located located = { 0 };
	const struct in_addr in = { .s_addr = htonl(address) };

	ENSURE(inet_ntop(AF_INET, &in, located.address, sizeof located.address) != NULL);
	log_info("a lost printer is found", log_str("printer", locate->serial), log_str("address", located.address));
	child_reply(locate->house->child, &locate->request, MESSAGE_LOCATED, &located, -1);
	forget(locate);
}

static void
tell_lost(struct locate *locate)
{
	child_reply_refused(locate->house->child, &locate->request, REFUSAL_NOT_FOUND,
			    "The printer is nowhere to be found just now.", "");
	forget(locate);
}

/* -- sweeps ------------------------------------------------------------------------------------------------- */

static struct cidr
network_of(uint32_t address)
{
	return (struct cidr){ .network = address & UINT32_MAX << (32 - LOCATE_PREFIX), .prefix = LOCATE_PREFIX };
}

/* Its certificate names somebody: who waits for that one has it. */
static void
on_swept_row(void *arg, const struct search_row *row)
{
	struct locate *locate, *next;

	(void)arg;
	if (row->findings == NULL || !row->findings->mqtt.has_certificate)
		return;
	const char *serial = row->findings->mqtt.certificate.serial;
	house_proved(the_house, serial, row->address);
	for (locate = LIST_FIRST(&locates); locate != NULL; locate = next) {
		next = LIST_NEXT(locate, next);
		if (locate->examination == NULL && strcmp(locate->serial, serial) == 0)
			tell_located(locate, row->address);
	}
}

static void
on_swept(void *arg)
{
	struct sweep *sweep = arg;
	struct locate *locate, *next;

	search_free(sweep->search);
	sweep->search = NULL;
	for (locate = LIST_FIRST(&locates); locate != NULL; locate = next) {
		next = LIST_NEXT(locate, next);
		if (locate->examination == NULL && locate->patience == NULL && cidr_holds(&sweep->cidr, locate->lost_at))
			tell_lost(locate);
	}
}

static const char *
connected_at(void *arg, uint32_t address)
{
	const struct house_printer *printer = house_live_at(the_house, address);

	(void)arg;
	return printer != NULL ? printer->serial : NULL;
}

static struct sweep *
sweep_of(const struct cidr *cidr)
{
	for (size_t i = 0; i < SWEEPS_KEPT; i++)
		if (sweeps[i].began_ms != 0 && sweeps[i].cidr.network == cidr->network)
			return &sweeps[i];
	return NULL;
}

static struct sweep *
place_for_sweep(void)
{
	struct sweep *place = NULL;

	for (size_t i = 0; i < SWEEPS_KEPT; i++)
		if (sweeps[i].search == NULL && sweeps[i].next == NULL && (place == NULL || sweeps[i].began_ms < place->began_ms))
			place = &sweeps[i];
	return place;
}

static void
begin_sweep(struct sweep *sweep)
{
	const struct search_duties duties = { .found = on_swept_row, .over = on_swept, .connected = connected_at, .arg = sweep };

	sweep->began_ms = clock_monotonic_ms();
	sweep->search = search_network_new(child_loop_peek(the_house->child), &sweep->cidr, &duties);
}

static void
on_next(void *arg)
{
	struct sweep *sweep = arg;

	loop_timer_free(sweep->next);
	sweep->next = NULL;
	begin_sweep(sweep);
}

/* True: a search of its network is on its way, or will be, and answers then. */
static bool
wait_for_sweep(struct locate *locate)
{
	const struct cidr cidr = network_of(locate->lost_at);
	struct sweep *sweep = sweep_of(&cidr);
	int64_t now_ms = clock_monotonic_ms();

	if (locate->lost_at == 0 || cidr_is_public(&cidr))
		return false;
	if (sweep == NULL && (sweep = place_for_sweep()) == NULL)
		return false;
	if (sweep->search != NULL || sweep->next != NULL)
		return true;
	if (sweep->cidr.network == cidr.network && sweep->began_ms != 0 && now_ms - sweep->began_ms < LOCATE_EVERY_MS) {
		sweep->next = loop_timer_new(child_loop_peek(the_house->child), on_next, sweep);
		loop_timer_set(sweep->next, sweep->began_ms + LOCATE_EVERY_MS - now_ms);
		return true;
	}
	sweep->cidr = cidr;
	begin_sweep(sweep);
	return true;
}

/* -- those of this machine ----------------------------------------------------------------------------------- */

static bool
is_of_this_machine(const struct locate *locate)
{
	const struct house_printer *printer = house_printer_peek(locate->house, locate->serial);

	return printer != NULL && printer->is_virtual && locate->lost_at >> 24 == 127;
}

static void
on_patience_over(void *arg)
{
	struct locate *locate = arg;

	/* Under examination just now: that decides. */
	if (locate->examination == NULL)
		tell_lost(locate);
}

/* False: it has had its time. */
static bool
wait_for_announcement(struct locate *locate)
{
	int64_t now_ms = clock_monotonic_ms();

	if (locate->patience == NULL) {
		locate->patience = loop_timer_new(child_loop_peek(locate->house->child), on_patience_over, locate);
		loop_timer_set(locate->patience, LOCATE_LISTEN_MS);
		locate->give_up_ms = now_ms + LOCATE_LISTEN_MS;
	}
	return now_ms < locate->give_up_ms;
}

static void
look_further(struct locate *locate)
{
	if (is_of_this_machine(locate) ? !wait_for_announcement(locate) : !wait_for_sweep(locate))
		tell_lost(locate);
}

/* -- where it was seen ------------------------------------------------------------------------------------------ */

static void
on_examined(void *arg, const struct findings *findings)
{
	struct locate *locate = arg;
	bool there = findings->mqtt.has_certificate && strcmp(findings->mqtt.certificate.serial, locate->serial) == 0;

	examination_free(locate->examination);
	locate->examination = NULL;
	if (there) {
		house_proved(locate->house, locate->serial, locate->candidate);
		tell_located(locate, locate->candidate);
	} else {
		look_further(locate);
	}
}

/* Where it has announced itself lately; else where its certificate was seen last, if that is elsewhere. 0: nowhere. */
static uint32_t
candidate_for(const struct locate *locate)
{
	const struct sighting *sighting = sightings_find(&locate->house->sightings, locate->serial);

	if (sighting == NULL)
		return 0;
	if (sighting_is_fresh(sighting, clock_monotonic_ms()))
		return ntohl(sighting->announcement.address.s_addr);
	return sighting->proved_ms != 0 && sighting->proved_address != locate->lost_at ? sighting->proved_address : 0;
}

static void
prove(struct locate *locate)
{
	struct sockaddr_storage address = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;

	locate->proofs++;
	v4->sin_family = AF_INET;
	v4->sin_addr.s_addr = htonl(locate->candidate);
	locate->examination = examination_new(child_loop_peek(locate->house->child), &address, 0, 0, on_examined, locate);
}

void
locate_begin(struct house *house, const struct header *request, const struct msg_locate *message)
{
	struct in_addr lost = { 0 };

	if (locate_count == LOCATES_MAX) {
		child_reply_refused(house->child, request, REFUSAL_BUSY, "Many printers are being looked for just now.", "");
		return;
	}
	struct locate *locate = calloc(1, sizeof *locate);
	ENSURE(locate != NULL);
	the_house = house;
	locate->house = house;
	locate->request = *request;
	str_copy(locate->serial, sizeof locate->serial, message->serial);
	if (inet_pton(AF_INET, message->address, &lost) == 1)
		locate->lost_at = ntohl(lost.s_addr);
	LIST_INSERT_HEAD(&locates, locate, next);
	locate_count++;
	locate->candidate = candidate_for(locate);
	if (locate->candidate != 0)
		prove(locate);
	else
		look_further(locate);
}

void
locate_hear(const struct ssdp_announcement *announcement)
{
	uint32_t address = ntohl(announcement->address.s_addr);
	struct locate *locate;

	LIST_FOREACH(locate, &locates, next) {
		if (locate->examination != NULL || locate->proofs >= LOCATE_PROOFS_MAX || announcement->leaves ||
		    address == locate->lost_at || strcmp(locate->serial, announcement->serial) != 0)
			continue;
		locate->candidate = address;
		prove(locate);
	}
}
