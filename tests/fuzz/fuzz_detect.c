/*
 * Any bytes as what a detect service sends, and as an address to be probed: the answer is the same however the bytes
 * are cut into pieces, what it holds is harmless text within its bounds, and the story told of it fits its message.
 * Covers: detect_decode, probe_parse_address
 */
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "discovery/detect.h"
#include "discovery/probe.h"
#include "discovery/story.h"
#include "tests/fuzz/fuzz_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ensure_reply(const struct detect_reply *reply)
{
	must_be_harmless(reply->serial, sizeof reply->serial);
	must_be_harmless(reply->model_code, sizeof reply->model_code);
	must_be_harmless(reply->name, sizeof reply->name);
	must_be_harmless(reply->firmware, sizeof reply->firmware);
	must_be_harmless(reply->bind, sizeof reply->bind);
	must_be_harmless(reply->connect, sizeof reply->connect);
	must_be_harmless(reply->refusal, sizeof reply->refusal);
	ENSURE(reply->refused ? reply->serial[0] == '\0' : reply->serial[0] != '\0');
}

/* What is told of it can be sent: child_reply() aborts on a struct that is out of its row's bounds. */
static void
ensure_story(const struct detect_reply *reply)
{
	static uint8_t body[8192];
	struct findings findings = { .address = "192.0.2.7", .mqtt = { .end = VISIT_REFUSED, .port = 8883 } };
	struct msg_probed probed;

	findings.detect.end = VISIT_DONE;
	findings.detect.reply = *reply;
	story_tell(&findings, 0, &probed);
	ENSURE(message_encode(message_spec_peek(MESSAGE_PROBED), &probed, body, sizeof body) > 0);
	ENSURE(probed.sentence[0] != '\0');
}

static void
as_an_address(const uint8_t *data, size_t size)
{
	char text[65];
	struct sockaddr_storage address;
	const char *fault = NULL;

	str_format(text, sizeof text, "%.*s", (int)(size < 64 ? size : 64), (const char *)data);
	bool good = probe_parse_address(text, &address, &fault);
	ENSURE(good == (fault == NULL));
	ENSURE(!good || address.ss_family == AF_INET || address.ss_family == AF_INET6);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct detect_reply reply, piece;
	const char *fault;

	as_an_address(data, size);
	enum detect_result whole = detect_decode(data, size, &reply, &fault), result = DETECT_MORE;
	ENSURE(whole != DETECT_BAD || fault[0] != '\0');
	/* As it comes over the wire: nothing is decided too early, and nothing otherwise. */
	for (size_t step = size / 7 + 1, len = 0; result == DETECT_MORE && len < size;) {
		len = len + step < size ? len + step : size;
		result = detect_decode(data, len, &piece, &fault);
	}
	ENSURE(result == whole);
	if (whole == DETECT_DONE) {
		ENSURE(memcmp(&reply, &piece, sizeof reply) == 0);
		ensure_reply(&reply);
		ensure_story(&reply);
	}
	return 0;
}
