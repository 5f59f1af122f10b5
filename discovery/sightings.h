/*
 * sightings: where printers have last been seen, by serial number: announced, and proved by a certificate. Pure.
 *
 * Bounded: SIGHTINGS_MAX printers. When it is full a stranger takes the place of the stranger that was seen longest
 * ago; one of the owner's printers takes a stranger's in any case, and never loses its own to one.
 */
#ifndef FUSE_DISCOVERY_SIGHTINGS_H
#define FUSE_DISCOVERY_SIGHTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "discovery/ssdp.h"

#define SIGHTINGS_MAX 512
#define SIGHTING_FRESH_MS 20000 /* printers announce themselves every 5 s */

struct sighting {
	struct ssdp_announcement announcement; /* the newest; of one that was only proved: serial and address */
	int64_t announced_ms;		       /* monotonic; 0 = not */
	uint32_t proved_address;	       /* host byte order; its certificate was seen there … */
	int64_t proved_ms;		       /* … then; 0 = never */
	bool ours;			       /* one of the owner's printers */
};

struct sightings {
	struct sighting rows[SIGHTINGS_MAX];
	size_t count;
};

void sightings_announced(struct sightings *sightings, const struct ssdp_announcement *announcement, bool ours,
			 int64_t now_ms);
void sightings_proved(struct sightings *sightings, const char *serial, uint32_t address, bool ours, int64_t now_ms);

/* NULL: it was not seen. */
const struct sighting *sightings_find(const struct sightings *sightings, const char *serial);
/* It was announced, and not long ago. */
bool sighting_is_fresh(const struct sighting *sighting, int64_t now_ms);

#endif
