/*
 * places: at which place of a table a name stands, found without looking at the others: a hash table of names with a
 * bound on their number. Where a name stands at several places, the one where it came last counts.
 */
#ifndef FUSE_HTTPD_PLACES_H
#define FUSE_HTTPD_PLACES_H

#include <stddef.h>
#include <stdint.h>

#define PLACES_NAME_BYTES 65 /* as long as the longest entry of a process */
#define PLACES_MAX 65534
#define PLACES_NONE SIZE_MAX

struct places;

/* Of a table of `count` places (at most PLACES_MAX). */
struct places *places_new(size_t count);
void places_free(struct places *places);

/* At `place` stands now `name` (cut where it is too long); "" or NULL: nothing. The same name again changes nothing. */
void places_set(struct places *places, size_t place, const char *name);

/* PLACES_NONE when it stands nowhere. */
size_t places_find(const struct places *places, const char *name);

#endif
