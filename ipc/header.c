/*
 * header: encode and decode the fixed part of a frame.
 */
#include "ipc/header.h"

#include <endian.h>
#include <string.h>

#include "ipc/message.h"

#define HEADER_MAGIC 0xf05e
#define HEADER_VERSION 1

static void
put16(uint8_t *to, uint16_t value)
{
	value = htole16(value);
	memcpy(to, &value, sizeof value);
}

static void
put32(uint8_t *to, uint32_t value)
{
	value = htole32(value);
	memcpy(to, &value, sizeof value);
}

static uint16_t
get16(const uint8_t *from)
{
	uint16_t value;

	memcpy(&value, from, sizeof value);
	return le16toh(value);
}

static uint32_t
get32(const uint8_t *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof value);
	return le32toh(value);
}

void
header_encode(const struct header *header, uint8_t *to)
{
	uint64_t schema = htole64(message_schema_hash());

	put16(to, HEADER_MAGIC);
	to[2] = HEADER_VERSION;
	to[3] = header->flags;
	to[4] = header->from_role;
	to[5] = header->to_role;
	put16(to + 6, header->number);
	put16(to + 8, header->from_slot);
	put16(to + 10, header->to_slot);
	put32(to + 12, header->generation);
	put32(to + 16, header->to_generation);
	put32(to + 20, header->request_id);
	put32(to + 24, header->retain_key);
	put32(to + 28, 0);
	memcpy(to + 32, &schema, sizeof schema);
}

enum header_fault
header_decode(const uint8_t *frame, size_t len, struct header *ret_header)
{
	memset(ret_header, 0, sizeof *ret_header);
	if (len < HEADER_BYTES)
		return HEADER_SHORT;
	if (get16(frame) != HEADER_MAGIC || frame[2] != HEADER_VERSION || get32(frame + 28) != 0)
		return HEADER_NOT_OURS;
	ret_header->flags = frame[3];
	ret_header->from_role = frame[4];
	ret_header->to_role = frame[5];
	ret_header->number = get16(frame + 6);
	ret_header->from_slot = get16(frame + 8);
	ret_header->to_slot = get16(frame + 10);
	ret_header->generation = get32(frame + 12);
	ret_header->to_generation = get32(frame + 16);
	ret_header->request_id = get32(frame + 20);
	ret_header->retain_key = get32(frame + 24);
	memcpy(&ret_header->schema, frame + 32, sizeof ret_header->schema);
	ret_header->schema = le64toh(ret_header->schema);
	return ret_header->schema == message_schema_hash() ? HEADER_FINE : HEADER_OTHER_BUILD;
}
