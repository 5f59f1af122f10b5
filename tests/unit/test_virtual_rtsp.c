/*
 * The words of a virtual printer's video camera: requests, the login, what is answered in which state, and how frames are cut
 * into packets (tests/integration/test_virtual_video.py has ffmpeg and GStreamer watch).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/tls_digest.h"
#include "worker/virtual/rtsp_session.h"

#define URL "rtsps://127.64.0.1:322/streaming/live/1"
#define NONCE "0123456789abcdef0123456789abcdef"
/* MD5 as of RFC 2617, for bblp and 12345678; made with Python's hashlib. */
#define RIGHT_DESCRIBE "7aa206a85b659062fcc16dd27f4f2b83"
#define RIGHT_SETUP "2068468cc757147fea5cbfa6455034c2"
#define LOGIN(response, uri) \
	"Authorization: Digest username=\"bblp\", realm=\"LIVE555 Streaming Media\", nonce=\"" NONCE "\", uri=\"" uri \
	"\", response=\"" response "\"\r\n"

static struct rtsp_session session;
static struct rtsp_reply reply;
static struct h264 stream;
static struct secret code;

static int
begin(void **state)
{
	(void)state;
	session = (struct rtsp_session){ .nonce = NONCE, .id = "89abcdef", .rtp = { .sequence = 65535, .source = 7 } };
	h264_init(&stream, true);
	return secret_set(&code, "12345678", 8) ? 0 : -1;
}

static int
parse(const char *text, struct rtsp_request *ret_request)
{
	bool is_request;
	int taken = rtsp_request_parse((const uint8_t *)text, strlen(text), ret_request, &is_request);

	assert_true(is_request || taken == 0);
	return taken;
}

static enum rtsp_do
ask(const char *text)
{
	const struct rtsp_facts facts = { .code = &code, .stream = &stream, .address = "127.64.0.1", .wall_ms = 1785542400000 };
	struct rtsp_request request;

	assert_int_equal(parse(text, &request), strlen(text));
	return rtsp_session_take(&session, &request, &facts, &reply);
}

static void
is_answered(const char *text, const char *status)
{
	char begins[100];

	ask(text);
	snprintf(begins, sizeof begins, "RTSP/1.0 %s\r\nCSeq: 5\r\n", status);
	assert_memory_equal(reply.text, begins, strlen(begins));
	assert_memory_equal(reply.text + strlen(reply.text) - 2, "\r\n", 2);
}

static bool
tells(const char *what)
{
	return strstr(reply.text, what) != NULL;
}

/* -- requests ----------------------------------------------------------------------------------------------------- */

static void
a_request_is_read_when_it_is_whole(void **state)
{
	static const char text[] = "SETUP " URL "/track1 RTSP/1.0\r\nCSeq: 5\r\ntransport:RTP/AVP/TCP;unicast\r\n"
				   "Session:  89abcdef;timeout=65 \r\nX: y\r\nContent-Length: 3\r\n\r\nabc";
	struct rtsp_request request;
	bool is_request;

	(void)state;
	for (size_t len = 0; len < sizeof text - 1; len++)
		assert_int_equal(rtsp_request_parse((const uint8_t *)text, len, &request, &is_request), 0);
	assert_int_equal(parse(text, &request), sizeof text - 1);
	assert_int_equal(request.method, RTSP_SETUP);
	assert_string_equal(request.url, URL "/track1");
	assert_string_equal(request.cseq, "5");
	assert_string_equal(request.session, "89abcdef");
	assert_string_equal(request.transport, "RTP/AVP/TCP;unicast");
	assert_false(request.is_malformed || request.is_other_version);
}

static void
reports_between_requests_are_passed_over(void **state)
{
	static const uint8_t rtcp[] = { '$', 1, 0, 4, 1, 2, 3, 4, 'O' }, large[] = { '$', 1, 0x08, 0x01 };
	struct rtsp_request request;
	bool is_request;

	(void)state;
	for (size_t len = 0; len < 8; len++)
		assert_int_equal(rtsp_request_parse(rtcp, len, &request, &is_request), 0);
	assert_int_equal(rtsp_request_parse(rtcp, sizeof rtcp, &request, &is_request), 8);
	assert_false(is_request);
	assert_int_equal(rtsp_request_parse((const uint8_t *)"\r\nO", 3, &request, &is_request), 2);
	assert_false(is_request);
	assert_int_equal(rtsp_request_parse(large, sizeof large, &request, &is_request), -1);
}

static void
what_cannot_be_read_any_further_is_the_end(void **state)
{
	static char text[RTSP_HEAD_MAX_BYTES + 1];
	struct rtsp_request request;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	assert_int_equal(parse(text, &request), -1);
	text[RTSP_HEAD_MAX_BYTES - 1] = '\0';
	assert_int_equal(parse(text, &request), 0);
	assert_int_equal(parse("OPTIONS * RTSP/1.0\r\nContent-Length: 1025\r\n\r\n", &request), -1);
	assert_int_equal(parse("OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n", &request), -1);
	assert_int_equal(parse("OPTIONS * RTSP/1.0\r\nContent-Length: 1\r\n\r\n", &request), 0);
}

static void
a_garbled_request_is_told_so(void **state)
{
	static const char *const garbled[] = { "OPTIONS\r\nCSeq: 5\r\n\r\n", "GET / HTTP/1.1\r\nCSeq: 5\r\n\r\n",
					       "PLAY rtsp://a\"b RTSP/1.0\r\nCSeq: 5\r\n\r\n",
					       "PLAY " URL " RTSP/1.0\r\nCSeq: 5\r\nSession: a b\r\n\r\n",
					       "OPTIONS  RTSP/1.0\r\nCSeq: 5\r\n\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof garbled / sizeof garbled[0]; i++) {
		is_answered(garbled[i], "400 Bad Request");
		assert_int_equal(ask(garbled[i]), RTSP_DO_HANG_UP);
	}
	is_answered("OPTIONS * RTSP/2.0\r\nCSeq: 5\r\n\r\n", "505 RTSP Version Not Supported");
	is_answered("RECORD " URL " RTSP/1.0\r\nCSeq: 5\r\n\r\n", "405 Method Not Allowed");
}

static void
a_url_leads_to_the_stream_by_its_path(void **state)
{
	static const char *const others[] = { "", "*", "rtsps://h", "rtsps://h/", "rtsps://h/streaming/live/2",
					      "rtsps://h/streaming/live/12", "rtsps://h/x/streaming/live/1" };
	const char *track;

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(rtsp_url_leads_to(others[i], RTSP_PATH, &track));
	assert_true(rtsp_url_leads_to(URL, RTSP_PATH, &track) && *track == '\0');
	assert_true(rtsp_url_leads_to(URL "/", RTSP_PATH, &track) && *track == '\0');
	assert_true(rtsp_url_leads_to(RTSP_PATH, RTSP_PATH, &track) && *track == '\0');
	assert_true(rtsp_url_leads_to("rtsp://u:p@h" RTSP_PATH "/track1", RTSP_PATH, &track));
	assert_string_equal(track, "track1");
}

static void
only_an_interleaved_transport_will_do(void **state)
{
	static const char *const others[] = { "", "RTP/AVP;unicast;client_port=5000-5001", "RTP/AVP/UDP;unicast", "RTP/SAVP/TCP",
					      "RTP/AVP/TCP;multicast", "RTP/AVP/TCP;interleaved=256-257",
					      "RTP/AVP/TCP;interleaved=x-y", "RTP/AVP/TCP;interleaved=1" };
	uint8_t one, other;

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(rtsp_transport_read(others[i], &one, &other));
	assert_true(rtsp_transport_read("RTP/AVP/TCP", &one, &other) && one == 0 && other == 1);
	assert_true(rtsp_transport_read("RTP/AVP;unicast;client_port=1-2, rtp/avp/tcp;unicast; interleaved=4-9", &one, &other));
	assert_true(one == 4 && other == 9);
}

/* -- the login ---------------------------------------------------------------------------------------------------- */

#define DESCRIBE_WITH(headers) "DESCRIBE " URL " RTSP/1.0\r\nCSeq: 5\r\n" headers "\r\n"

static void
without_the_right_digest_nothing_is_described(void **state)
{
	static const char *const wrong[] = {
		DESCRIBE_WITH(""),
		DESCRIBE_WITH("Authorization: Basic YmJscDoxMjM0NTY3OA==\r\n"), /* the right code; a real one takes Digest only */
		DESCRIBE_WITH(LOGIN(RIGHT_SETUP, URL)),				/* of another method */
		DESCRIBE_WITH(LOGIN(RIGHT_DESCRIBE, URL "/")),			/* … URL */
		DESCRIBE_WITH(LOGIN("", URL)),
		DESCRIBE_WITH("Authorization: Digest \r\n"),
		DESCRIBE_WITH("Authorization: Digest username=\"bblp\r\n"),
		DESCRIBE_WITH("Authorization: Digest username=\"bblp\", nonce=\"" NONCE "\", uri=\"" URL "\", response=\"" RIGHT_DESCRIBE "\"\r\n"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		is_answered(wrong[i], "401 Unauthorized");
		assert_true(tells("WWW-Authenticate: Digest realm=\"LIVE555 Streaming Media\", nonce=\"" NONCE "\"\r\n"));
		assert_false(session.is_in);
	}
}

static void
with_the_right_digest_the_stream_is_described(void **state)
{
	(void)state;
	is_answered(DESCRIBE_WITH(LOGIN(RIGHT_DESCRIBE, URL)), "200 OK");
	assert_true(session.is_in);
	assert_true(tells("Content-Base: " URL "/\r\n") && tells("m=video 0 RTP/AVP 96\r\n") && tells("a=rtpmap:96 H264/90000\r\n"));
	assert_true(tells("packetization-mode=1;profile-level-id=42c028;sprop-parameter-sets=Z0LAK"));
	secret_set(&code, "12345679", 8);
	is_answered(DESCRIBE_WITH(LOGIN(RIGHT_DESCRIBE, URL)), "401 Unauthorized");
}

/* -- the course of it --------------------------------------------------------------------------------------------- */

#define SETUP_WITH(transport) \
	"SETUP " URL "/track1 RTSP/1.0\r\nCSeq: 5\r\n" LOGIN(RIGHT_SETUP, URL "/track1") "Transport: " transport "\r\n\r\n"
#define OF_SESSION(method, id) method " " URL "/ RTSP/1.0\r\nCSeq: 5\r\nSession: " id "\r\n\r\n"

static void
it_plays_what_was_set_up(void **state)
{
	(void)state;
	is_answered("OPTIONS * RTSP/1.0\r\nCSeq: 5\r\n\r\n", "200 OK");
	assert_true(tells("Public: OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY,"));
	is_answered(OF_SESSION("PLAY", "89abcdef"), "454 Session Not Found");
	is_answered(SETUP_WITH("RTP/AVP;unicast;client_port=5000-5001"), "461 Unsupported Transport");
	is_answered(OF_SESSION("PLAY", "89abcdef"), "454 Session Not Found");
	is_answered(SETUP_WITH("RTP/AVP/TCP;unicast;interleaved=2-3"), "200 OK");
	assert_true(tells("interleaved=2-3") && tells("Session: 89abcdef;timeout=65\r\n"));
	is_answered(OF_SESSION("PLAY", "89abcdee"), "454 Session Not Found");
	assert_false(session.plays);
	assert_int_equal(ask(OF_SESSION("PLAY", "89abcdef")), RTSP_DO_PLAY);
	assert_true(session.plays && session.rtp.channel == 2 && tells("RTP-Info: url=" URL "/track1;seq=65535;rtptime=0\r\n"));
	is_answered(SETUP_WITH("RTP/AVP/TCP"), "455 Method Not Valid in This State");
	is_answered(OF_SESSION("GET_PARAMETER", "89abcdef"), "200 OK");
	is_answered(OF_SESSION("GET_PARAMETER", "x"), "454 Session Not Found");
	assert_int_equal(ask(OF_SESSION("PAUSE", "89abcdef")), RTSP_DO_STOP);
	assert_int_equal(ask(OF_SESSION("PLAY", "89abcdef")), RTSP_DO_PLAY);
	assert_int_equal(ask(OF_SESSION("TEARDOWN", "89abcdef")), RTSP_DO_STOP);
	assert_false(session.plays);
	is_answered(OF_SESSION("PLAY", "89abcdef"), "454 Session Not Found");
}

/* -- packets ------------------------------------------------------------------------------------------------------ */

/* What a receiver makes of the packets (RFC 6184, 5.8). Returns its length. */
static size_t
put_together(const uint8_t *packets, size_t len, uint16_t sequence, bool is_last, uint8_t *ret_nal)
{
	size_t at = 0, nal_len = 0;

	while (at < len) {
		size_t packet_len = (size_t)packets[at + 2] << 8 | packets[at + 3];
		const uint8_t *rtp = packets + at + 4, *payload = rtp + 12;
		bool ends = at + 4 + packet_len == len;
		assert_true(packets[at] == '$' && packets[at + 1] == 6 && packet_len <= 12 + RTP_PAYLOAD_MAX_BYTES);
		assert_int_equal(rtp[0], 0x80);
		assert_int_equal(rtp[1], 96 | (ends && is_last ? 0x80 : 0));
		assert_int_equal(rtp[2] << 8 | rtp[3], sequence++);
		assert_memory_equal(rtp + 4, "\0\1\2\3\4\5\6\7", 8);
		if ((payload[0] & 0x1f) == 28) {
			assert_int_equal(payload[1] & 0xe0, (nal_len == 0 ? 0x80 : 0) | (ends ? 0x40 : 0));
			if (nal_len == 0)
				ret_nal[nal_len++] = (uint8_t)((payload[0] & 0xe0) | (payload[1] & 0x1f));
			memcpy(ret_nal + nal_len, payload + 2, packet_len - 14);
			nal_len += packet_len - 14;
		} else {
			memcpy(ret_nal + nal_len, payload, packet_len - 12);
			nal_len += packet_len - 12;
		}
		at += 4 + packet_len;
	}
	assert_int_equal(at, len);
	return nal_len;
}

static void
a_frame_is_put_together_again_from_its_packets(void **state)
{
	static const size_t lens[] = { 2, 1399, 1400, 1401, 1399 + 1398, 2 * 1398 + 1, 2 * 1398 + 2, 70000 };
	static uint8_t nal[70000], packets[80000], got[80000];

	(void)state;
	for (size_t i = 0; i < sizeof nal; i++)
		nal[i] = (uint8_t)(i * 7 + i / 251);
	nal[0] = 0x65;
	for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
		struct rtp rtp = { .channel = 6, .sequence = 65534, .source = 0x04050607 };
		size_t len = rtp_write_nal(&rtp, 0x00010203, i % 2 == 0, nal, lens[i], packets);
		assert_true(len <= rtp_room(lens[i]));
		assert_int_equal(put_together(packets, len, 65534, i % 2 == 0, got), lens[i]);
		assert_memory_equal(got, nal, lens[i]);
		assert_int_equal(rtp.sequence, (uint16_t)(65534 + rtp.packets));
	}
}

static void
parameter_sets_share_a_packet(void **state)
{
	static uint8_t packet[RTP_PACKET_MAX_BYTES];
	struct rtp rtp = { 0 };

	(void)state;
	size_t len = rtp_write_pair(&rtp, 0, (const uint8_t *)"\x67""abc", 4, (const uint8_t *)"\x68z", 2, packet);
	assert_int_equal(len, 4 + 12 + 1 + 2 + 4 + 2 + 2);
	assert_memory_equal(packet + 16, "\x78\0\4\x67""abc\0\2\x68z", 11);
}

static void
a_report_says_which_moment_a_timestamp_is(void **state)
{
	const struct rtp rtp = { .report_channel = 1, .source = 0x01020304, .first_timestamp = UINT32_MAX, .packets = 5, .octets = 600 };
	uint8_t packet[RTP_REPORT_MAX_BYTES];
	size_t len = rtp_write_report(&rtp, rtp_timestamp(&rtp, 2000000), 1500, packet);

	(void)state;
	assert_memory_equal(packet, "$\1", 2);
	assert_int_equal(packet[2] << 8 | packet[3], len - 4);
	/* 1970 is 2208988800 s after 1900: 0x83aa7e80. */
	assert_memory_equal(packet + 4, "\x80\xc8\0\6\1\2\3\4\x83\xaa\x7e\x81\x7f", 13);
	assert_memory_equal(packet + 20, "\0\2\xbf\x1f\0\0\0\5\0\0\2\x58\x81\xca", 14);
	assert_int_equal((packet[34] << 8 | packet[35]) * 4 + 4 + 28 + 4, len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_request_is_read_when_it_is_whole, begin),
		cmocka_unit_test_setup(reports_between_requests_are_passed_over, begin),
		cmocka_unit_test_setup(what_cannot_be_read_any_further_is_the_end, begin),
		cmocka_unit_test_setup(a_garbled_request_is_told_so, begin),
		cmocka_unit_test_setup(a_url_leads_to_the_stream_by_its_path, begin),
		cmocka_unit_test_setup(only_an_interleaved_transport_will_do, begin),
		cmocka_unit_test_setup(without_the_right_digest_nothing_is_described, begin),
		cmocka_unit_test_setup(with_the_right_digest_the_stream_is_described, begin),
		cmocka_unit_test_setup(it_plays_what_was_set_up, begin),
		cmocka_unit_test_setup(a_frame_is_put_together_again_from_its_packets, begin),
		cmocka_unit_test_setup(parameter_sets_share_a_packet, begin),
		cmocka_unit_test_setup(a_report_says_which_moment_a_timestamp_is, begin),
	};

	tls_digest_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
