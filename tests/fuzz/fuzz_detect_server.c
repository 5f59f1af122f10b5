/*
 * Any bytes as what a client says to a virtual printer's detect service: the verdict is the same however they are
 * cut into pieces. And any bytes as its nameplate: what it tells is one frame and one announcement within their
 * bounds.
 * Covers: detect_frame_read, detect_frame_answer, announce_write
 */
#include <string.h>

#include "common/miniobj.h"
#include "worker/virtual/announce.h"
#include "worker/virtual/detect_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
as_a_nameplate(const uint8_t *data, size_t size)
{
	struct nameplate nameplate = { "00M00A000000001", "BL-P001", "", "01.09.00.01" };
	uint8_t answer[DETECT_ANSWER_MAX_BYTES];
	char text[ANNOUNCE_MAX_BYTES];

	if (size > 0)
		memcpy(nameplate.name, data, size < sizeof nameplate.name - 1 ? size : sizeof nameplate.name - 1);
	size_t len = detect_frame_answer(&nameplate, 1, answer);
	ENSURE(len <= sizeof answer && answer[2] == (uint8_t)len && answer[3] == len >> 8 && answer[len - 1] == 0xa7);
	len = announce_write(&nameplate, "127.64.0.1", text);
	ENSURE(len < sizeof text && memcmp(text + len - 4, "\r\n\r\n", 4) == 0);
	unsigned lines = 0;
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	ENSURE(lines == 18); /* no name makes another line */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum detect_ask whole = detect_frame_read(data, size), so_far = DETECT_ASK_MORE;

	as_a_nameplate(data, size);
	for (size_t len = 0; len <= size && so_far == DETECT_ASK_MORE; len++)
		so_far = detect_frame_read(data, len);
	ENSURE(so_far == whole);
	return 0;
}
