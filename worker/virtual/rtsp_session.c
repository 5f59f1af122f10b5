/*
 * rtsp_session: see rtsp_session.h.
 */
#include "worker/virtual/rtsp_session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/miniobj.h"
#include "common/str.h"

#define TRACK "track1"
#define ALL_METHODS "OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER"
#define SDP_MAX_BYTES 1024
#define BASE64_BYTES (4 * ((H264_HEADER_MAX_BYTES + 2) / 3) + 1)

/* -- words -------------------------------------------------------------------------------------------------------- */

static void say(struct rtsp_reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
say(struct rtsp_reply *reply, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int len = vsnprintf(reply->text + reply->len, sizeof reply->text - reply->len, format, args);
	va_end(args);
	ENSURE(len >= 0 && (size_t)len < sizeof reply->text - reply->len);
	reply->len += (size_t)len;
}

/* The status, and the headers that every reply has. */
static void
begin(struct rtsp_reply *reply, const struct rtsp_request *request, const struct rtsp_facts *facts, const char *status)
{
	time_t now = (time_t)(facts->wall_ms / 1000);
	struct tm parts;
	char date[48];

	gmtime_r(&now, &parts);
	strftime(date, sizeof date, "%a, %b %d %Y %H:%M:%S GMT", &parts);
	say(reply, "RTSP/1.0 %s\r\n", status);
	if (request->cseq[0] != '\0')
		say(reply, "CSeq: %s\r\n", request->cseq);
	say(reply, "Date: %s\r\n", date);
}

static void
end(struct rtsp_reply *reply)
{
	say(reply, "\r\n");
}

static enum rtsp_do
answer(struct rtsp_reply *reply, const struct rtsp_request *request, const struct rtsp_facts *facts, const char *status)
{
	begin(reply, request, facts, status);
	end(reply);
	return RTSP_DO_REPLY;
}

static void
say_session(struct rtsp_reply *reply, const struct rtsp_session *session)
{
	say(reply, "Session: %s;timeout=%d\r\n", session->id, RTSP_TIMEOUT_S);
}

/* RFC 4648 */
static void
write_base64(const uint8_t *bytes, size_t len, char ret_text[BASE64_BYTES])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *to = ret_text;

	ENSURE(len <= H264_HEADER_MAX_BYTES);
	for (size_t at = 0; at < len; at += 3) {
		uint32_t three = (uint32_t)bytes[at] << 16 | (at + 1 < len ? (uint32_t)bytes[at + 1] << 8 : 0) |
				 (at + 2 < len ? bytes[at + 2] : 0);
		*to++ = digits[three >> 18];
		*to++ = digits[three >> 12 & 63];
		*to++ = at + 1 < len ? digits[three >> 6 & 63] : '=';
		*to++ = at + 2 < len ? digits[three & 63] : '=';
	}
	*to = '\0';
}

/* RFC 4566, RFC 6184 (8.2) */
static void
write_description(const struct rtsp_session *session, const struct rtsp_facts *facts, char ret_sdp[SDP_MAX_BYTES])
{
	uint8_t sequence[H264_HEADER_MAX_BYTES], picture[H264_HEADER_MAX_BYTES];
	char sequence_text[BASE64_BYTES], picture_text[BASE64_BYTES], profile[7];
	size_t sequence_len = h264_write_sequence(facts->stream, sequence);
	const char *family = strchr(facts->address, ':') != NULL ? "IP6" : "IP4";

	write_base64(sequence, sequence_len, sequence_text);
	write_base64(picture, h264_write_picture(facts->stream, picture), picture_text);
	str_hex(sequence + 1, 3, profile);
	ENSURE(str_format(ret_sdp, SDP_MAX_BYTES,
			  "v=0\r\no=- %u 1 IN %s %s\r\ns=streaming/live/1\r\ni=live\r\nt=0 0\r\na=type:broadcast\r\na=control:*\r\n"
			  "a=range:npt=now-\r\nm=video 0 RTP/AVP %d\r\nc=IN %s %s\r\nb=AS:2000\r\na=rtpmap:%d H264/%d\r\n"
			  "a=fmtp:%d packetization-mode=1;profile-level-id=%s;sprop-parameter-sets=%s,%s\r\n"
			  "a=framesize:%d %u-%u\r\na=control:" TRACK "\r\n",
			  session->rtp.source, family, facts->address, RTP_PAYLOAD_TYPE, family,
			  strcmp(family, "IP6") == 0 ? "::" : "0.0.0.0", RTP_PAYLOAD_TYPE, RTP_TICKS_A_SECOND, RTP_PAYLOAD_TYPE,
			  profile, sequence_text, picture_text, RTP_PAYLOAD_TYPE, facts->stream->width, facts->stream->height));
}

/* -- methods ------------------------------------------------------------------------------------------------------ */

/* The length of its URL without a query and slashes at the end. */
static int
bare_length(const struct rtsp_request *request)
{
	int len = (int)strcspn(request->url, "?");

	while (len > 0 && request->url[len - 1] == '/')
		len--;
	return len;
}

static enum rtsp_do
describe(struct rtsp_session *session, const struct rtsp_request *request, const struct rtsp_facts *facts,
	 struct rtsp_reply *reply)
{
	char sdp[SDP_MAX_BYTES];
	const char *track;

	if (!rtsp_url_leads_to(request->url, RTSP_PATH, &track) || *track != '\0')
		return answer(reply, request, facts, "404 Stream Not Found");
	write_description(session, facts, sdp);
	begin(reply, request, facts, "200 OK");
	say(reply, "Content-Base: %.*s/\r\n", bare_length(request), request->url);
	say(reply, "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s", strlen(sdp), sdp);
	return RTSP_DO_REPLY;
}

static enum rtsp_do
set_up(struct rtsp_session *session, const struct rtsp_request *request, const struct rtsp_facts *facts,
       struct rtsp_reply *reply)
{
	uint8_t channel, report_channel;
	const char *track;

	if (!rtsp_url_leads_to(request->url, RTSP_PATH, &track) || (*track != '\0' && strcmp(track, TRACK) != 0))
		return answer(reply, request, facts, "404 Stream Not Found");
	if (session->plays)
		return answer(reply, request, facts, "455 Method Not Valid in This State");
	if (!rtsp_transport_read(request->transport, &channel, &report_channel))
		return answer(reply, request, facts, "461 Unsupported Transport");
	session->rtp.channel = channel;
	session->rtp.report_channel = report_channel;
	session->is_set_up = true;
	begin(reply, request, facts, "200 OK");
	say(reply, "Transport: RTP/AVP/TCP;unicast;interleaved=%u-%u;ssrc=%08X\r\n", channel, report_channel, session->rtp.source);
	say_session(reply, session);
	end(reply);
	return RTSP_DO_REPLY;
}

static enum rtsp_do
play(struct rtsp_session *session, const struct rtsp_request *request, const struct rtsp_facts *facts, struct rtsp_reply *reply)
{
	session->plays = true;
	begin(reply, request, facts, "200 OK");
	say(reply, "Range: npt=0.000-\r\n");
	say_session(reply, session);
	say(reply, "RTP-Info: url=%.*s/" TRACK ";seq=%u;rtptime=%u\r\n", bare_length(request), request->url, session->rtp.sequence,
	    facts->timestamp);
	end(reply);
	return RTSP_DO_PLAY;
}

static enum rtsp_do
stop(struct rtsp_session *session, const struct rtsp_request *request, const struct rtsp_facts *facts, struct rtsp_reply *reply)
{
	session->plays = false;
	session->is_set_up &= request->method != RTSP_TEARDOWN;
	begin(reply, request, facts, "200 OK");
	if (session->is_set_up)
		say_session(reply, session);
	end(reply);
	return RTSP_DO_STOP;
}

/* What keeps the connection alive, and says nothing else. */
static enum rtsp_do
nod(const struct rtsp_session *session, const struct rtsp_request *request, const struct rtsp_facts *facts,
    struct rtsp_reply *reply)
{
	begin(reply, request, facts, "200 OK");
	if (request->method == RTSP_OPTIONS)
		say(reply, "Public: " ALL_METHODS "\r\n");
	else if (session->is_set_up)
		say_session(reply, session);
	end(reply);
	return RTSP_DO_REPLY;
}

/* -- whether it may --------------------------------------------------------------------------------------------- */

static bool
lets_in(struct rtsp_session *session, const struct rtsp_request *request, const struct rtsp_facts *facts)
{
	struct rtsp_credentials credentials;
	bool right = facts->code != NULL && rtsp_credentials_parse(request->authorization, &credentials) &&
		     rtsp_credentials_are_right(&credentials, session->nonce, request->method, facts->code);

	session->is_in |= right;
	return right;
}

static enum rtsp_do
challenge(const struct rtsp_session *session, const struct rtsp_request *request, const struct rtsp_facts *facts,
	  struct rtsp_reply *reply)
{
	begin(reply, request, facts, "401 Unauthorized");
	say(reply, "WWW-Authenticate: Digest realm=\"" RTSP_REALM "\", nonce=\"%s\"\r\n", session->nonce);
	end(reply);
	return RTSP_DO_REPLY;
}

static enum rtsp_do
refuse_method(const struct rtsp_request *request, const struct rtsp_facts *facts, struct rtsp_reply *reply)
{
	begin(reply, request, facts, "405 Method Not Allowed");
	say(reply, "Allow: " ALL_METHODS "\r\n");
	end(reply);
	return RTSP_DO_REPLY;
}

static bool
is_its_session(const struct rtsp_session *session, const struct rtsp_request *request)
{
	return session->is_set_up && strcmp(request->session, session->id) == 0;
}

static enum rtsp_do
obey(struct rtsp_session *session, const struct rtsp_request *request, const struct rtsp_facts *facts, struct rtsp_reply *reply)
{
	bool is_its = is_its_session(session, request);

	switch (request->method) {
	case RTSP_OPTIONS:
		return nod(session, request, facts, reply);
	case RTSP_DESCRIBE:
		return lets_in(session, request, facts) ? describe(session, request, facts, reply) :
							  challenge(session, request, facts, reply);
	case RTSP_SETUP:
		return lets_in(session, request, facts) ? set_up(session, request, facts, reply) :
							  challenge(session, request, facts, reply);
	case RTSP_PLAY:
		return is_its ? play(session, request, facts, reply) : answer(reply, request, facts, "454 Session Not Found");
	case RTSP_PAUSE:
	case RTSP_TEARDOWN:
		return is_its ? stop(session, request, facts, reply) : answer(reply, request, facts, "454 Session Not Found");
	case RTSP_GET_PARAMETER:
	case RTSP_SET_PARAMETER:
		return is_its || request->session[0] == '\0' ? nod(session, request, facts, reply) :
							       answer(reply, request, facts, "454 Session Not Found");
	case RTSP_METHOD_COUNT:
		break;
	}
	return refuse_method(request, facts, reply);
}

enum rtsp_do
rtsp_session_take(struct rtsp_session *session, const struct rtsp_request *request, const struct rtsp_facts *facts,
		  struct rtsp_reply *ret_reply)
{
	ret_reply->len = 0;
	if (request->is_malformed) {
		answer(ret_reply, request, facts, "400 Bad Request");
		return RTSP_DO_HANG_UP;
	}
	if (request->is_other_version)
		return answer(ret_reply, request, facts, "505 RTSP Version Not Supported");
	return obey(session, request, facts, ret_reply);
}
