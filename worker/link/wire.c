/*
 * wire: a header is read byte by byte and judged as a whole before its first byte is handed on, so that a packet can
 * still be passed over unseen.
 */
#include "worker/link/wire.h"

#include <string.h>

#include "common/miniobj.h"

/* Packet types with their flags (MQTT 3.1.1, 2.2). */
enum { CONNACK = 0x20, PUBLISH = 0x30, PUBACK = 0x40, SUBACK = 0x90, PINGRESP = 0xd0, TYPE = 0xf0 };
#define PUBLISH_QOS(first) ((first) >> 1 & 3)

#define SKIP_CHUNK_BYTES 4096

void
wire_init(struct wire *wire)
{
	*wire = (struct wire){ 0 };
}

int
wire_answer(const struct wire *wire)
{
	return wire->answer_bytes == sizeof wire->answer ? wire->answer[1] : -1;
}

uint32_t
wire_take_too_big(struct wire *wire)
{
	uint32_t bytes = wire->too_big_bytes;

	wire->too_big_bytes = 0;
	return bytes;
}

/* What is wrong with a packet other than its length; NULL = nothing. */
static const char *
fault_of_packet(const struct wire *wire, uint8_t first, size_t body_bytes)
{
	static const char not_mqtt[] = "what it says is not MQTT";

	if (!wire->connacked)
		return first == CONNACK && body_bytes == 2 ? NULL : not_mqtt;
	if ((first & TYPE) == PUBLISH)
		return PUBLISH_QOS(first) <= 1 && body_bytes >= 2 ? NULL : not_mqtt;
	if (first == PUBACK)
		return body_bytes == 2 ? NULL : not_mqtt;
	if (first == SUBACK)
		return body_bytes == 3 ? NULL : not_mqtt;
	return first == PINGRESP && body_bytes == 0 ? NULL : not_mqtt;
}

static void
start_packet(struct wire *wire, size_t body_bytes)
{
	uint8_t first = wire->header[0];

	wire->fault = fault_of_packet(wire, first, body_bytes);
	if (wire->fault != NULL)
		return;
	if (body_bytes > WIRE_PUBLISH_MAX_BYTES) {
		wire->too_big_bytes = (uint32_t)body_bytes;
		wire->skip_left = body_bytes;
		wire->header_bytes = wire->header_given = 0;
		if (body_bytes > WIRE_SKIP_MAX_BYTES)
			wire->fault = "it announced a message without end";
		return;
	}
	wire->connacked = true;
	wire->body_left = body_bytes;
	wire->header_given = 0;
}

/* The length is complete at the first byte without its top bit (2.2.3). */
static bool
is_whole(const struct wire *wire, size_t *ret_body_bytes)
{
	size_t bytes = 0;

	for (size_t i = 1; i < wire->header_bytes; i++) {
		bytes |= (size_t)(wire->header[i] & 0x7f) << 7 * (i - 1);
		if ((wire->header[i] & 0x80) == 0) {
			*ret_body_bytes = bytes;
			return true;
		}
	}
	return false;
}

/* One more byte of a header. Returns what the reader said. */
static int
read_header(struct wire *wire, wire_read_fn *read, void *arg)
{
	size_t body_bytes;
	int got = read(arg, &wire->header[wire->header_bytes], 1);

	if (got <= 0)
		return got;
	wire->header_bytes++;
	if (is_whole(wire, &body_bytes))
		start_packet(wire, body_bytes);
	else if (wire->header_bytes == WIRE_HEADER_BYTES)
		wire->fault = "what it says is not MQTT";
	else
		wire->header_given = wire->header_bytes; /* nothing to hand on yet */
	return got;
}

static int
read_body(struct wire *wire, wire_read_fn *read, void *arg, void *to, int want)
{
	size_t most = (size_t)want < wire->body_left ? (size_t)want : wire->body_left;
	int got = read(arg, to, (int)most);

	if (got <= 0)
		return got;
	ENSURE((size_t)got <= most);
	const uint8_t *bytes = to;
	for (int i = 0; wire->header[0] == CONNACK && i < got && wire->answer_bytes < sizeof wire->answer; i++)
		wire->answer[wire->answer_bytes++] = bytes[i];
	wire->body_left -= (size_t)got;
	return got;
}

static int
skip(struct wire *wire, wire_read_fn *read, void *arg)
{
	uint8_t unread[SKIP_CHUNK_BYTES];
	int got = read(arg, unread, (int)(wire->skip_left < sizeof unread ? wire->skip_left : sizeof unread));

	if (got > 0)
		wire->skip_left -= (size_t)got;
	return got;
}

static int
give_header(struct wire *wire, void *to, int want)
{
	size_t given = wire->header_bytes - wire->header_given;

	if (given > (size_t)want)
		given = (size_t)want;
	memcpy(to, wire->header + wire->header_given, given);
	wire->header_given += given;
	return (int)given;
}

int
wire_read(struct wire *wire, wire_read_fn *read, void *arg, void *to, int want)
{
	int got = 1;

	while (wire->fault == NULL && want > 0 && got > 0) {
		if (wire->skip_left > 0) {
			got = skip(wire, read, arg);
			continue;
		}
		if (wire->header_given < wire->header_bytes)
			return give_header(wire, to, want);
		if (wire->body_left > 0)
			return read_body(wire, read, arg, to, want);
		size_t whole;
		if (is_whole(wire, &whole)) /* the packet before has been handed on */
			wire->header_bytes = wire->header_given = 0;
		got = read_header(wire, read, arg);
	}
	return wire->fault != NULL || want <= 0 ? 0 : got;
}
