/*
 * sightings: a small table; looked through from one end to the other.
 */
#include "discovery/sightings.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/str.h"

static int64_t
last_seen_ms(const struct sighting *row)
{
	return row->announced_ms > row->proved_ms ? row->announced_ms : row->proved_ms;
}

static struct sighting *
find(struct sightings *sightings, const char *serial)
{
	for (size_t i = 0; i < sightings->count; i++)
		if (strcmp(sightings->rows[i].announcement.serial, serial) == 0)
			return &sightings->rows[i];
	return NULL;
}

static struct sighting *
oldest_stranger(struct sightings *sightings)
{
	struct sighting *oldest = NULL;

	for (size_t i = 0; i < sightings->count; i++) {
		struct sighting *row = &sightings->rows[i];
		if (!row->ours && (oldest == NULL || last_seen_ms(row) < last_seen_ms(oldest)))
			oldest = row;
	}
	return oldest;
}

/* NULL: all places are taken by the owner's printers. */
static struct sighting *
place_for(struct sightings *sightings, const char *serial, bool ours)
{
	struct sighting *row = find(sightings, serial);

	if (row == NULL) {
		row = sightings->count < SIGHTINGS_MAX ? &sightings->rows[sightings->count++] : oldest_stranger(sightings);
		if (row == NULL)
			return NULL;
		memset(row, 0, sizeof *row);
		str_copy(row->announcement.serial, sizeof row->announcement.serial, serial);
	}
	row->ours = ours;
	return row;
}

void
sightings_announced(struct sightings *sightings, const struct ssdp_announcement *announcement, bool ours, int64_t now_ms)
{
	struct sighting *row = place_for(sightings, announcement->serial, ours);

	if (row == NULL)
		return;
	row->announcement = *announcement;
	row->announced_ms = announcement->leaves ? 0 : now_ms;
}

void
sightings_proved(struct sightings *sightings, const char *serial, uint32_t address, bool ours, int64_t now_ms)
{
	struct sighting *row = place_for(sightings, serial, ours);

	if (row == NULL)
		return;
	row->proved_address = address;
	row->proved_ms = now_ms;
}

const struct sighting *
sightings_find(const struct sightings *sightings, const char *serial)
{
	for (size_t i = 0; i < sightings->count; i++)
		if (strcmp(sightings->rows[i].announcement.serial, serial) == 0)
			return &sightings->rows[i];
	return NULL;
}

bool
sighting_is_fresh(const struct sighting *sighting, int64_t now_ms)
{
	return sighting->announced_ms != 0 && now_ms - sighting->announced_ms <= SIGHTING_FRESH_MS;
}
