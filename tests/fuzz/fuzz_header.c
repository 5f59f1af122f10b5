/*
 * The fixed 40 bytes before each body, as the supervisor reads them from a child.
 * Covers: header_decode
 *
 * Whatever is accepted must be written back as the very same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "ipc/header.h"
#include "ipc/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A build's own magic and schema would take the fuzzer long to guess: the last byte may set them. */
static void
make_it_ours(uint8_t *frame)
{
	uint8_t ours[HEADER_BYTES];
	struct header blank = { 0 };

	header_encode(&blank, ours);
	memcpy(frame, ours, 3);
	memcpy(frame + 28, ours + 28, 12);
}

static void
check(const uint8_t *frame, size_t len)
{
	struct header header, again;
	uint8_t written[HEADER_BYTES];

	memset(&header, 0xaa, sizeof header);
	enum header_fault fault = header_decode(frame, len, &header);
	if (fault == HEADER_SHORT && len >= HEADER_BYTES)
		abort();
	if (fault != HEADER_FINE)
		return;
	if (len < HEADER_BYTES || header.schema != message_schema_hash())
		abort();
	header_encode(&header, written);
	if (memcmp(written, frame, HEADER_BYTES) != 0)
		abort();
	if (header_decode(written, sizeof written, &again) != HEADER_FINE || memcmp(&again, &header, sizeof again) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t frame[HEADER_BYTES];

	check(data, size);
	if (size <= HEADER_BYTES)
		return 0;
	memcpy(frame, data, sizeof frame);
	make_it_ours(frame);
	check(frame, sizeof frame);
	return 0;
}
