/*
 * places: chains of places by the hash of their names.
 */
#include "httpd/places.h"

#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"

#define BUCKETS 2048 /* as many as there are files, of which there may be most */

struct place {
	char name[PLACES_NAME_BYTES];
	uint16_t next; /* of its chain, + 1; 0 = the end */
};

struct places {
	size_t count;
	uint16_t first[BUCKETS]; /* + 1; 0 = empty */
	struct place at[];
};

struct places *
places_new(size_t count)
{
	struct places *places = calloc(1, sizeof *places + count * sizeof places->at[0]);

	ENSURE(places != NULL && count <= PLACES_MAX);
	places->count = count;
	return places;
}

void
places_free(struct places *places)
{
	free(places);
}

/* FNV-1a, 32 bits. */
static size_t
bucket_of(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return (hash ^ hash >> 16) % BUCKETS;
}

static void
take_out(struct places *places, size_t place)
{
	uint16_t *link = &places->first[bucket_of(places->at[place].name)];

	while (*link != place + 1)
		link = &places->at[*link - 1].next;
	*link = places->at[place].next;
	places->at[place].name[0] = '\0';
}

void
places_set(struct places *places, size_t place, const char *name)
{
	char wanted[PLACES_NAME_BYTES];

	ENSURE(place < places->count);
	str_copy(wanted, sizeof wanted, name != NULL ? name : "");
	struct place *at = &places->at[place];
	if (strcmp(at->name, wanted) == 0)
		return;
	if (at->name[0] != '\0')
		take_out(places, place);
	if (wanted[0] == '\0')
		return;
	uint16_t *first = &places->first[bucket_of(wanted)];
	memcpy(at->name, wanted, sizeof wanted);
	at->next = *first;
	*first = (uint16_t)(place + 1);
}

size_t
places_find(const struct places *places, const char *name)
{
	for (size_t link = places->first[bucket_of(name)]; link != 0; link = places->at[link - 1].next)
		if (strcmp(places->at[link - 1].name, name) == 0)
			return link - 1;
	return PLACES_NONE;
}
