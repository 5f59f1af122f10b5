/*
 * search: looks for printers: at each address of a network, or at those that announce themselves. What it finds is
 * told row by row, as it comes; who a printer is, its certificate has said (examine.h).
 *
 * Limits for all searches of the process together: SEARCH_IN_FLIGHT_MAX addresses at once, and as many connections;
 * SEARCH_EXAMINED_MAX of them under examination, which takes two connections.
 */
#ifndef FUSE_DISCOVERY_SEARCH_H
#define FUSE_DISCOVERY_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/loop.h"
#include "discovery/cidr.h"
#include "discovery/ssdp.h"
#include "discovery/story.h"

#define SEARCH_IN_FLIGHT_MAX 512
#define SEARCH_EXAMINED_MAX 64
#define SEARCH_AT_ANNOUNCED_MAX 512 /* addresses that one search for announcements looks at */
#define SEARCH_ANNOUNCED_MS 12000 /* two periods of printers' announcements, and time to examine the last */

struct search_row {
	uint32_t address; /* host byte order */
	const struct findings *findings; /* NULL: not examined, it is the connected printer `serial` */
	const char *serial;
	const struct ssdp_announcement *announcement; /* NULL: it has announced nothing */
};

struct search_progress {
	uint32_t done, total; /* addresses; of a search for announcements: milliseconds */
	uint32_t machines;    /* that answered and are no printers */
	uint32_t failed;      /* addresses that could not be tried */
};

struct search_duties {
	void (*found)(void *arg, const struct search_row *row);
	void (*over)(void *arg); /* free it then, or later */
	/* The serial number of the printer that is linked and live at `address`; NULL: none is. */
	const char *(*connected)(void *arg, uint32_t address);
	void *arg;
};

struct search;

struct search *search_network_new(struct loop *loop, const struct cidr *cidr, const struct search_duties *duties);

/* `announced` is told to every running search for announcements (search_hear()) by who listens. */
struct search *search_announced_new(struct loop *loop, const struct search_duties *duties);
void search_hear(const struct ssdp_announcement *announcement);

struct search_progress search_progress(const struct search *search);
/* Breaks off what is on its way; `over` is not called then. */
void search_free(struct search *search);

#endif
