/*
 * Any bytes as the log of decided starts. What is read is within its bounds and is written as the very bytes that were
 * read; what is whole stays whole behind and before any rubbish.
 * Covers: armed_line_read_all, armed_line_write
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <sodium.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "stored/armed_line.h"

#define INPUT_MOST 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	size_t count;
	const char *bytes;
	size_t len;
	bool has_ours;
};

static struct armed_entry ours = {
	.wall_ms = 1795305600123, .id = "j000000000000001", .number = 17, .serial = "A"
};

static void
check_entry(void *arg, const struct armed_entry *entry)
{
	struct seen *seen = arg;
	char line[ARMED_LINE_MAX_BYTES];
	size_t len = armed_line_write(entry, line);

	seen->count++;
	ENSURE(memmem(seen->bytes, seen->len, line, len) != NULL);
	ENSURE(job_id_note(NULL, entry->id) && entry->number >= 1 && entry->serial[0] != '\0' &&
	       entry->wall_ms >= 0);
	seen->has_ours |= strcmp(entry->id, ours.id) == 0;
}

static void
read_all(const char *bytes, size_t len, struct armed_reading *ret_reading, struct seen *ret_seen)
{
	*ret_seen = (struct seen){ .bytes = bytes, .len = len };
	armed_line_read_all(bytes, len, check_entry, ret_seen, ret_reading);
	ENSURE(ret_reading->entries == ret_seen->count && ret_reading->whole_len <= len);
	ENSURE(ret_reading->whole_len == 0 || bytes[ret_reading->whole_len - 1] == '\n');
	ENSURE(ret_reading->is_torn == (ret_reading->whole_len < len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char bytes[INPUT_MOST + 2 * ARMED_LINE_MAX_BYTES];
	char line[ARMED_LINE_MAX_BYTES];
	struct armed_reading alone, with_ours;
	struct seen seen;

	if (size > INPUT_MOST || sodium_init() < 0)
		return 0;
	memcpy(bytes, data, size);
	read_all(bytes, size, &alone, &seen);
	/* Behind whatever is there, on a line of its own. */
	size_t len = armed_line_write(&ours, line), at = size;
	bytes[at++] = '\n';
	memcpy(bytes + at, line, len);
	read_all(bytes, at + len, &with_ours, &seen);
	ENSURE(seen.has_ours && !with_ours.is_torn && with_ours.entries >= alone.entries + 1);
	return 0;
}
