/*
 * Any bytes, in pieces of any length, as what a viewer says to a virtual printer's video camera: requests within their bounds,
 * replies that are whole and say nothing of the viewer's own making, a stream only for who has logged in.
 * Covers: rtsp_request_parse, rtsp_credentials_parse, rtsp_session_take, rtsp_transport_read, rtsp_url_leads_to
 */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/tls_digest.h"
#include "worker/virtual/rtsp_session.h"

#define IN_MAX_BYTES 16384
#define NONCE "0123456789abcdef0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct h264 stream;
static struct secret code;

static void
check_reply(const struct rtsp_reply *reply)
{
	const char *end = memmem(reply->text, reply->len, "\r\n\r\n", 4);
	size_t lines = 0, line;

	ENSURE(reply->len < sizeof reply->text && strlen(reply->text) == reply->len && end != NULL);
	ENSURE(strncmp(reply->text, "RTSP/1.0 ", 9) == 0 && isdigit((unsigned char)reply->text[9]));
	for (const char *at = reply->text; at <= end; at += line + 2, lines++) {
		line = strcspn(at, "\r\n");
		ENSURE(at[line] == '\r' && at[line + 1] == '\n' && line < 400);
		ENSURE(lines == 0 || memchr(at, ':', line) != NULL);
	}
	ENSURE(lines < 10);
}

static bool
obey(struct rtsp_session *session, const struct rtsp_request *request)
{
	const struct rtsp_facts facts = { .code = &code, .stream = &stream, .address = "127.64.0.1" };
	struct rtsp_reply reply;

	ENSURE(request->method <= RTSP_METHOD_COUNT && strlen(request->url) < sizeof request->url);
	enum rtsp_do what = rtsp_session_take(session, request, &facts, &reply);
	check_reply(&reply);
	ENSURE(session->is_in || !session->is_set_up);
	ENSURE(session->is_set_up || !session->plays);
	ENSURE(what != RTSP_DO_PLAY || session->plays);
	return what != RTSP_DO_HANG_UP;
}

/* As server.c gives them: what is not taken comes again with more. False: the connection ends. */
static bool
give(struct rtsp_session *session, const uint8_t *bytes, size_t *at, size_t len)
{
	struct rtsp_request request;
	bool is_request;

	while (*at < len) {
		int taken = rtsp_request_parse(bytes + *at, len - *at, &request, &is_request);
		ENSURE(taken >= -1 && (taken < 0 || (size_t)taken <= len - *at));
		if (taken == 0)
			break;
		*at += taken > 0 ? (size_t)taken : 0;
		if (taken < 0 || (is_request && !obey(session, &request)))
			return false;
	}
	ENSURE(len - *at <= RTSP_HEAD_MAX_BYTES + RTSP_BODY_MAX_BYTES);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtsp_session session = { .nonce = NONCE, .id = "89abcdef" };
	size_t at = 0, step = size > 0 ? data[0] + 1u : 1;

	if (stream.width == 0) {
		tls_digest_init();
		h264_init(&stream, true);
		ENSURE(secret_set(&code, "12345678", 8));
	}
	for (size_t len = 0; len < size && len < IN_MAX_BYTES;) {
		len = size - len < step ? size : len + step;
		if (!give(&session, data, &at, len))
			break;
	}
	return 0;
}
