/*
 * entries: which printers there are, as stored says: one entry at each of its places (the retain_key of PRINTER). Each
 * wants a worker. What stored has said stays true while it is away: only its own word takes an entry out again.
 */
#ifndef FUSE_SUPERVISOR_ENTRIES_H
#define FUSE_SUPERVISOR_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENTRIES_MAX 256
#define ENTRY_BYTES 65 /* 1 to 64 of A-Z a-z 0-9 . _ - and its NUL */

struct entries {
	char at[ENTRIES_MAX][ENTRY_BYTES]; /* "" = none */
	bool is_virtual[ENTRIES_MAX];	   /* … it has a process that plays it, too */
	char address[ENTRIES_MAX][65];	   /* of a virtual one: where it stands */
};

/* Note what stands at a place; "" = nothing any more. False when there is no such place, or the entry may be no name of
 * a process: then nothing has changed. */
bool entries_note(struct entries *entries, uint32_t place, const char *entry);

/* The place of an entry; ENTRIES_MAX when there is none. */
size_t entries_place(const struct entries *entries, const char *entry);

bool entries_has(const struct entries *entries, const char *entry);

size_t entries_count(const struct entries *entries);

#endif
