/*
 * Any frames as the answer to a question of fusectl: an outcome in time, never a crash, and a failure always
 * has its sentence.
 * Covers: client_recall
 *
 * Input: frames, each with two bytes before it: its length in bytes (low first; at most what is left). When
 * the length's top bit is set, a good header is put before what follows, whose first byte chooses the
 * message: so the inputs do not go stale when the tables change.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fusectl/client.h"

#define FRAMES_MAX 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_part(void *arg, const void *message)
{
	unsigned *parts = arg;

	(void)message;
	(*parts)++;
}

/* A good header for the question asked first, with the number that the frame's first byte chooses. */
static size_t
dress(const uint8_t *frame, size_t len, uint8_t *ret_frame)
{
	static const uint16_t numbers[] = { MESSAGE_DONE, MESSAGE_REFUSED, MESSAGE_PROC_STATUS, MESSAGE_SETTING };
	struct header header = { .request_id = 1, .number = numbers[frame[0] % 4] };

	header_encode(&header, ret_frame);
	memcpy(ret_frame + HEADER_BYTES, frame + 1, len - 1);
	return HEADER_BYTES + len - 1;
}

static void
lay_answers(int peer, const uint8_t *data, size_t size)
{
	uint8_t frame[HEADER_BYTES + 32768];

	for (unsigned i = 0; size >= 3 && i < FRAMES_MAX; i++) {
		bool dressed = (data[1] & 0x80) != 0;
		size_t len = (size_t)data[0] | (size_t)(data[1] & 0x7f) << 8;
		data += 2;
		size -= 2;
		len = len == 0 ? 1 : len < size ? len : size;
		size_t frame_bytes = len;
		if (dressed)
			frame_bytes = dress(data, len, frame);
		else
			memcpy(frame, data, len);
		if (send(peer, frame, frame_bytes, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break;
		data += len;
		size -= len;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct failure failure;
	static uint8_t frame[FRAME_MAX_BYTES];
	unsigned parts = 0;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		abort();
	struct client client = { .fd = ends[0], .timeout_ms = 2000, .path = "fuzz", .frame = frame };
	failure.sentence[0] = '\0';
	lay_answers(ends[1], data, size);
	shutdown(ends[1], SHUT_WR);
	enum outcome outcome = client_recall(&client, MESSAGE_PROC_STATUS, on_part, &parts, &failure);
	if ((outcome == OUTCOME_DONE) != (failure.sentence[0] == '\0') || parts > FRAMES_MAX)
		abort();
	/* The peer has said its last word: nothing may be waited for. */
	if (outcome == OUTCOME_TIMED_OUT)
		abort();
	close(ends[0]);
	close(ends[1]);
	return 0;
}
