/*
 * house: tables of the newest, and what is told about the search itself.
 */
#include "discovery/house.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/clock.h"
#include "common/str.h"
#include "discovery/cidr.h"
#include "discovery/search.h"

/* -- the owner's printers ---------------------------------------------------------------------------------- */

void
house_on_printer(struct house *house, const struct header *header, const struct msg_printer *message)
{
	if (header->retain_key >= HOUSE_PRINTERS_MAX)
		return;
	struct house_printer *printer = &house->printers[header->retain_key];
	memset(printer, 0, sizeof *printer);
	if (header->flags & HEADER_FLAG_CLEAR)
		return;
	str_copy(printer->serial, sizeof printer->serial, message->serial);
	str_copy(printer->name, sizeof printer->name, message->name);
	str_copy(printer->model, sizeof printer->model, message->model);
	str_copy(printer->address, sizeof printer->address, message->address);
	printer->is_virtual = message->is_virtual;
}

void
house_on_link(struct house *house, const struct header *header, const struct msg_printer_link *message)
{
	if (header->from_slot >= HOUSE_WORKERS_MAX)
		return;
	char *live = house->live[header->from_slot];
	bool is_live = (header->flags & HEADER_FLAG_CLEAR) == 0 && message->online;
	str_copy(live, sizeof house->live[0], is_live ? message->serial : "");
}

const struct house_printer *
house_printer_peek(const struct house *house, const char *serial)
{
	for (size_t i = 0; i < HOUSE_PRINTERS_MAX; i++)
		if (serial[0] != '\0' && strcmp(house->printers[i].serial, serial) == 0)
			return &house->printers[i];
	return NULL;
}

static bool
is_live(const struct house *house, const char *serial)
{
	for (size_t i = 0; i < HOUSE_WORKERS_MAX; i++)
		if (strcmp(house->live[i], serial) == 0)
			return true;
	return false;
}

const struct house_printer *
house_live_at(const struct house *house, uint32_t address)
{
	char text[INET_ADDRSTRLEN];
	const struct in_addr in = { .s_addr = htonl(address) };

	if (inet_ntop(AF_INET, &in, text, sizeof text) == NULL)
		return NULL;
	for (size_t i = 0; i < HOUSE_PRINTERS_MAX; i++) {
		const struct house_printer *printer = &house->printers[i];
		if (printer->serial[0] != '\0' && strcmp(printer->address, text) == 0 && is_live(house, printer->serial))
			return printer;
	}
	return NULL;
}

/* -- sightings ------------------------------------------------------------------------------------------------ */

void
house_announced(struct house *house, const struct ssdp_announcement *announcement)
{
	bool ours = house_printer_peek(house, announcement->serial) != NULL;

	sightings_announced(&house->sightings, announcement, ours, clock_monotonic_ms());
	search_hear(announcement);
}

void
house_proved(struct house *house, const char *serial, uint32_t address)
{
	sightings_proved(&house->sightings, serial, address, house_printer_peek(house, serial) != NULL,
			 clock_monotonic_ms());
}

/* -- the search itself ------------------------------------------------------------------------------------------ */

static unsigned
fresh_count(const struct house *house)
{
	int64_t now_ms = clock_monotonic_ms();
	unsigned count = 0;

	for (size_t i = 0; i < house->sightings.count; i++)
		count += sighting_is_fresh(&house->sightings.rows[i], now_ms);
	return count;
}

/* Networks in which printers may stand; those of virtual machines and containers look the same. */
static bool
is_searchable(const struct network *network, struct cidr *ret_cidr)
{
	uint32_t mask = ntohl(network->mask.s_addr), address = ntohl(network->address.s_addr);
	unsigned prefix = 0;

	while (prefix < 32 && (mask & 1u << (31 - prefix)) != 0)
		prefix++;
	*ret_cidr = (struct cidr){ .network = address & mask, .prefix = prefix };
	return !network->loopback && prefix >= CIDR_SHORTEST_PREFIX && prefix <= 30;
}

static bool
list_networks(const struct house *house, char *to, size_t cap)
{
	const struct network *networks;
	size_t count = listener_networks(house->listener, &networks), used = 0;
	bool multicast = false;

	to[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		struct cidr cidr;
		char text[CIDR_TEXT_BYTES];
		if (!is_searchable(&networks[i], &cidr))
			continue;
		multicast = multicast || networks[i].multicast;
		cidr_write(&cidr, text);
		if (strstr(to, text) == NULL && used + strlen(text) + 3 < cap)
			str_format(to + used, cap - used, "%s%s", used > 0 ? ", " : "", text);
		used = strlen(to);
	}
	return multicast;
}

void
house_tell_status(struct house *house)
{
	static struct msg_discovery_status told;
	static bool was_told;
	struct msg_discovery_status status;
	const char *reason;

	memset(&status, 0, sizeof status); /* its gaps as well: it is compared as bytes */
	status.contained = house->contained;
	status.hears = listener_hears(house->listener, &reason);
	status.announced = fresh_count(house);
	bool multicast = list_networks(house, status.networks, sizeof status.networks);
	if (!status.hears) {
		str_format(status.sentence, sizeof status.sentence, "Printers cannot be heard announcing themselves: %s.", reason);
		str_copy(status.remedy, sizeof status.remedy,
			 "Search the printers' network instead, e.g. 192.168.0.0/24. Close other programs on this machine that "
			 "look for printers, then restart Fuse.");
	} else if (status.announced > 0) {
		str_format(status.sentence, sizeof status.sentence, "%u printer%s heard of in the last 20 s.",
			   status.announced, status.announced == 1 ? " was" : "s were");
	} else if (house->contained) {
		str_copy(status.sentence, sizeof status.sentence,
			 "No printer announces itself here. Fuse runs in a container, which announcements usually do not reach.");
		str_copy(status.remedy, sizeof status.remedy,
			 "Search the printers' network instead, e.g. 192.168.0.0/24, or run the container in the host's network.");
	} else if (!multicast) {
		str_copy(status.sentence, sizeof status.sentence, "This machine is in no network that carries announcements.");
		str_copy(status.remedy, sizeof status.remedy, "Search the printers' network instead, e.g. 192.168.0.0/24.");
	} else {
		str_copy(status.sentence, sizeof status.sentence, "No printer announces itself in this machine's networks.");
		str_copy(status.remedy, sizeof status.remedy,
			 "Printers in another network or behind Wi-Fi isolation are not heard: search their network instead.");
	}
	if (was_told && memcmp(&told, &status, sizeof told) == 0)
		return;
	told = status;
	was_told = true;
	child_send(house->child, MESSAGE_DISCOVERY_STATUS, ROLE_NONE, SLOT_ALL, 0, 0, &status, -1);
}
