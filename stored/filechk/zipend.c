/*
 * zipend: PKWARE's APPNOTE, 4.3.14 to 4.3.16.
 */
#include "stored/filechk/zipend.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#define END_BYTES 22
#define LOCATOR_BYTES 20
#define END64_BYTES 56

static uint16_t
get_u16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof value);
	return le16toh(value);
}

static uint32_t
get_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof value);
	return le32toh(value);
}

static uint64_t
get_u64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof value);
	return le64toh(value);
}

/* The last one whose comment reaches to the end of the file. */
static bool
find_end(const uint8_t *tail, size_t tail_len, size_t *ret_at)
{
	if (tail_len < END_BYTES)
		return false;
	for (size_t at = tail_len - END_BYTES + 1; at-- > 0;)
		if (memcmp(tail + at, "PK\5\6", 4) == 0 && at + END_BYTES + get_u16(tail + at + 20) == tail_len) {
			*ret_at = at;
			return true;
		}
	return false;
}

/* Where the list must have ended: the end record, or what ZIP64 puts before it. */
static bool
read_end64(const uint8_t *tail, size_t tail_len, uint64_t file_bytes, size_t end_at, struct zipend *ret_end,
	   uint64_t *ret_limit)
{
	const uint64_t tail_at = file_bytes - tail_len;
	const uint8_t *locator = tail + end_at - LOCATOR_BYTES;
	uint64_t at = get_u64(locator + 8);

	if (at < tail_at || at - tail_at > end_at - LOCATOR_BYTES ||
	    end_at - LOCATOR_BYTES - (at - tail_at) < END64_BYTES)
		return false;
	const uint8_t *end64 = tail + (at - tail_at);
	if (memcmp(end64, "PK\6\6", 4) != 0 || get_u32(end64 + 16) != 0 || get_u32(end64 + 20) != 0)
		return false;
	ret_end->parts = get_u64(end64 + 32);
	ret_end->list_bytes = get_u64(end64 + 40);
	ret_end->list_at = get_u64(end64 + 48);
	*ret_limit = at;
	return true;
}

enum zipend_result
zipend_parse(const uint8_t *tail, size_t tail_len, uint64_t file_bytes, struct zipend *ret_end)
{
	size_t at;

	if (tail_len > file_bytes || !find_end(tail, tail_len, &at))
		return ZIPEND_NONE;
	uint64_t limit = file_bytes - tail_len + at;
	*ret_end = (struct zipend){ .parts = get_u16(tail + at + 10), .list_bytes = get_u32(tail + at + 12),
				    .list_at = get_u32(tail + at + 16) };
	bool is_64 = at >= LOCATOR_BYTES && memcmp(tail + at - LOCATOR_BYTES, "PK\6\7", 4) == 0;
	/* In one piece; some say with ZIP64 that this, too, is told there. */
	for (size_t volume_at = at + 4; volume_at <= at + 6; volume_at += 2)
		if (get_u16(tail + volume_at) != 0 && !(is_64 && get_u16(tail + volume_at) == UINT16_MAX))
			return ZIPEND_BROKEN;
	if (is_64 && !read_end64(tail, tail_len, file_bytes, at, ret_end, &limit))
		return ZIPEND_BROKEN;
	if (ret_end->list_at > limit || ret_end->list_bytes > limit - ret_end->list_at)
		return ZIPEND_BROKEN;
	return ZIPEND_FINE;
}
