/*
 * entries: a table with holes.
 */
#include "supervisor/entries.h"

#include <string.h>

#include "common/str.h"

/* It becomes an argument and part of names that people read. */
static bool
is_entry(const char *text)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = strlen(text);

	return len < ENTRY_BYTES && strspn(text, allowed) == len;
}

bool
entries_note(struct entries *entries, uint32_t place, const char *entry)
{
	return place < ENTRIES_MAX && is_entry(entry) && str_copy(entries->at[place], ENTRY_BYTES, entry);
}

size_t
entries_place(const struct entries *entries, const char *entry)
{
	size_t place = 0;

	while (place < ENTRIES_MAX && (entry[0] == '\0' || strcmp(entries->at[place], entry) != 0))
		place++;
	return place;
}

bool
entries_has(const struct entries *entries, const char *entry)
{
	return entries_place(entries, entry) < ENTRIES_MAX;
}

size_t
entries_count(const struct entries *entries)
{
	size_t count = 0;

	for (size_t i = 0; i < ENTRIES_MAX; i++)
		count += entries->at[i][0] != '\0';
	return count;
}
