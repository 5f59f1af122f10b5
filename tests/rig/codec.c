/*
 * codec: the C codec of message bodies as a filter, for a second implementation to be held against it.
 *
 * A line on standard input is a message number and a body in hex: "48 93a0a0c2". The answer is a line:
 * "ok HEX", the body decoded and encoded again, or "fault WORDS". "hash" alone is answered with the
 * schema's hash.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "ipc/header.h"
#include "ipc/message.h"

#define LINE_BYTES (2 * FRAME_MAX_BYTES + 64)

static union {
#define MSG(NAME, name, ...) struct msg_##name name;
#include "ipc/messages.def"
#undef MSG
	long long align;
} message;

static size_t
read_hex(const char *hex, uint8_t *to, size_t cap)
{
	size_t count = 0;
	unsigned byte;

	while (count < cap && sscanf(hex + 2 * count, "%2x", &byte) == 1)
		to[count++] = (uint8_t)byte;
	return count;
}

static void
answer(unsigned number, const char *hex)
{
	static uint8_t body[FRAME_MAX_BYTES], again[FRAME_MAX_BYTES];
	static char again_hex[LINE_BYTES];
	const struct message_spec *spec = message_spec_peek(number);
	const char *fault = "is no message";

	/* A buffer of exactly its size, so that a sanitizer build sees one byte too many. */
	size_t len = read_hex(hex, body, sizeof body);
	uint8_t *exact = malloc(len > 0 ? len : 1);
	if (exact == NULL)
		exit(1);
	memcpy(exact, body, len);
	if (spec == NULL || !message_decode(spec, exact, len, &message, &fault)) {
		printf("fault %s\n", fault);
	} else {
		ssize_t again_len = message_encode(spec, &message, again, message_max_bytes(spec));
		if (again_len < 0) {
			printf("fault decoded but cannot be encoded\n");
		} else {
			str_hex(again, (size_t)again_len, again_hex);
			printf("ok %s\n", again_hex);
		}
	}
	free(exact);
}

int
main(void)
{
	static char line[LINE_BYTES];

	while (fgets(line, sizeof line, stdin) != NULL) {
		char *end;
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "hash") == 0) {
			printf("ok %016llx\n", (unsigned long long)message_schema_hash());
		} else {
			unsigned long number = strtoul(line, &end, 10);
			answer((unsigned)number, *end == ' ' ? end + 1 : end);
		}
		fflush(stdout);
	}
	return 0;
}
