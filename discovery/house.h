/*
 * house: what fuse-discovery's parts share: the owner's printers and how their links are, who has been seen where,
 * and the ear to the network.
 */
#ifndef FUSE_DISCOVERY_HOUSE_H
#define FUSE_DISCOVERY_HOUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "discovery/listener.h"
#include "discovery/sightings.h"
#include "ipc/child.h"

#define HOUSE_PRINTERS_MAX 256
#define HOUSE_WORKERS_MAX 512 /* a new one may come before an old one is gone */

/* One of the owner's printers. */
struct house_printer {
	char serial[33], name[97], model[16], address[65]; /* serial "" = an empty place */
	bool is_virtual;
};

struct house {
	struct child *child;
	struct listener *listener;
	struct sightings sightings;
	bool contained; /* in a container, where announcements seldom come */
	struct house_printer printers[HOUSE_PRINTERS_MAX];   /* by their places */
	char live[HOUSE_WORKERS_MAX][33]; /* the printers that are linked and speak, by their workers' slots; "" = none */
};

/* PRINTER and PRINTER_LINK. */
void house_on_printer(struct house *house, const struct header *header, const struct msg_printer *message);
void house_on_link(struct house *house, const struct header *header, const struct msg_printer_link *message);

/* NULL: not one of the owner's. */
const struct house_printer *house_printer_peek(const struct house *house, const char *serial);
/* The printer that is kept with this IPv4 address (host byte order), is linked and speaks; NULL: none. */
const struct house_printer *house_live_at(const struct house *house, uint32_t address);

/* A printer was announced, or its certificate was seen at an address (host byte order). */
void house_announced(struct house *house, const struct ssdp_announcement *announcement);
void house_proved(struct house *house, const char *serial, uint32_t address);

/* Tell DISCOVERY_STATUS when it has changed. */
void house_tell_status(struct house *house);

#endif
