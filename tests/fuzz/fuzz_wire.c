/*
 * Any stream from a broker, in any pieces, asked for in any amounts: what is handed on is whole packets of the kinds that
 * a broker may send, in order and within their bounds, and never anything after a fault.
 * Covers: wire_read, wire_init, wire_answer, wire_take_too_big
 *
 * Input: a byte for the size of the pieces, a byte for how much is asked for, then the stream.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz_rig.h"
#include "worker/link/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct source {
	const uint8_t *bytes;
	size_t len, piece, left_of_piece;
};

static int
read_source(void *arg, void *to, int want)
{
	struct source *source = arg;

	must(want > 0);
	if (source->left_of_piece == 0) {
		source->left_of_piece = source->piece;
		return -1;
	}
	size_t most = (size_t)want < source->left_of_piece ? (size_t)want : source->left_of_piece;
	if (most > source->len)
		most = source->len;
	if (most == 0)
		return -1;
	memcpy(to, source->bytes, most);
	source->bytes += most;
	source->len -= most;
	source->left_of_piece -= most;
	return (int)most;
}

/* The packet at the beginning of what was handed on; its bytes, or what is there of it. */
static size_t
check_packet(const uint8_t *bytes, size_t len, bool first)
{
	size_t body = 0, at = 1;

	do {
		must(at <= 4);
		if (at >= len)
			return len;
		body |= (size_t)(bytes[at] & 0x7f) << 7 * (at - 1);
	} while (bytes[at++] & 0x80);
	must(first == (bytes[0] == 0x20));
	must(bytes[0] >> 4 == 3 ? body >= 2 && body <= WIRE_PUBLISH_MAX_BYTES && (bytes[0] & 6) <= 2
				: bytes[0] == 0x20 || bytes[0] == 0x40 || bytes[0] == 0x90 || bytes[0] == 0xd0);
	must(bytes[0] >> 4 == 3 || body == (bytes[0] == 0xd0 ? 0 : bytes[0] == 0x90 ? 3 : 2));
	return body > len - at ? len : at + body;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire wire;

	if (size < 2)
		return 0;
	struct source source = { data + 2, size - 2, data[0] + 1u, 0 };
	uint8_t *out = malloc(size + 256);
	size_t out_len = 0;
	int got, want = data[1] + 1;
	must(out != NULL);
	wire_init(&wire);
	do {
		got = wire_read(&wire, read_source, &source, out + out_len, want);
		must(got <= want && (wire.fault == NULL || got == 0));
		if (got > 0)
			out_len += (size_t)got;
		must(out_len <= size - 2);
	} while (got > 0 || (got < 0 && source.len > 0));
	for (size_t at = 0; at < out_len;)
		at += check_packet(out + at, out_len - at, at == 0);
	must(wire_answer(&wire) >= -1 && wire_answer(&wire) <= 255);
	uint32_t too_big = wire_take_too_big(&wire);
	must(too_big == 0 || too_big > WIRE_PUBLISH_MAX_BYTES);
	must(wire_read(&wire, read_source, &source, out, 1) <= 0);
	free(out);
	return 0;
}
