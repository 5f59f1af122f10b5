/*
 * rtsp_server: a viewer is answered, and played frames.
 */
#include "worker/virtual/rtsp_server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "worker/virtual/rtsp_session.h"

#define RTSP_MAGIC 0x72747370
#define VIEWER_MAGIC 0x72747677
#define LOGIN_MS 10000
#define SECOND_US INT64_C(1000000)
#define WHOLE_EVERY_US INT64_C(2000000)
#define REPORT_EVERY_US INT64_C(5000000)
#define IN_MAX_BYTES 16384
#define OUT_MAX_BYTES ((size_t)512 * 1024) /* a frame, and what it is told between two */
#define SEND_BUFFER_BYTES 32768
#define RANDOM_BYTES 32
#define FRAME_MAX_BYTES (H264_FRAME_MAX_BYTES + H264_FRAME_MAX_BYTES / 32) /* in packets */

struct rtsp_server {
	unsigned magic;
	struct loop *loop;
	struct server *server;
	struct rtsp_setup setup;
};

struct viewer {
	unsigned magic;
	struct rtsp_server *rtsp;
	struct visitor *visitor;
	struct loop_timer *next;
	struct rtsp_session session;
	struct h264 stream;
	int64_t begun_us, whole_us, reported_us; /* 0: not yet */
	int64_t frame; /* the last one's place in time, since begun_us */
};

/* -- time: frames have places of the same length, and each place one frame at most --------------------------------- */

static int64_t
place_of(const struct viewer *viewer, int64_t now_us)
{
	return (now_us - viewer->begun_us) * H264_FRAMES_A_SECOND / SECOND_US;
}

static int64_t
begin_of(const struct viewer *viewer, int64_t place)
{
	return viewer->begun_us + (place * SECOND_US + H264_FRAMES_A_SECOND - 1) / H264_FRAMES_A_SECOND;
}

static uint32_t
timestamp(const struct viewer *viewer, int64_t place)
{
	return viewer->session.rtp.first_timestamp + (uint32_t)place * (RTP_TICKS_A_SECOND / H264_FRAMES_A_SECOND);
}

/* -- frames ------------------------------------------------------------------------------------------------------- */

/* Before a whole frame: one that cannot be lost with the description. */
static size_t
write_headers(struct viewer *viewer, uint32_t at, uint8_t *to)
{
	uint8_t sequence[H264_HEADER_MAX_BYTES], picture[H264_HEADER_MAX_BYTES];
	size_t sequence_len = h264_write_sequence(&viewer->stream, sequence);

	return rtp_write_pair(&viewer->session.rtp, at, sequence, sequence_len, picture,
			      h264_write_picture(&viewer->stream, picture), to);
}

static size_t
write_frame(struct viewer *viewer, int64_t now_us, uint8_t *to)
{
	static uint8_t greys[H264_COLUMNS_MAX * H264_ROWS_MAX], nal[H264_FRAME_MAX_BYTES];
	const struct rtsp_setup *setup = &viewer->rtsp->setup;
	struct camera_scene scene = { .at_ms = now_us / 1000 };
	bool is_whole = viewer->whole_us == 0 || now_us - viewer->whole_us >= WHOLE_EVERY_US;
	uint32_t at = timestamp(viewer, viewer->frame);
	size_t len = 0;

	setup->look(setup->arg, &scene);
	camera_scene_draw(&scene, viewer->stream.columns, viewer->stream.rows, greys);
	if (is_whole) {
		viewer->whole_us = now_us;
		len = write_headers(viewer, at, to);
	}
	size_t nal_len = h264_write_frame(&viewer->stream, greys, is_whole, nal);
	ENSURE(rtp_room(nal_len) <= FRAME_MAX_BYTES);
	return len + rtp_write_nal(&viewer->session.rtp, at, true, nal, nal_len, to + len);
}

static size_t
write_report(struct viewer *viewer, int64_t now_us, uint8_t *to)
{
	if (viewer->reported_us != 0 && now_us - viewer->reported_us < REPORT_EVERY_US)
		return 0;
	viewer->reported_us = now_us;
	return rtp_write_report(&viewer->session.rtp, rtp_timestamp(&viewer->session.rtp, now_us - viewer->begun_us), clock_wall_ms(),
				to);
}

/* One that has not taken the last one yet gets none: the next one then says all that has changed meanwhile. */
static void
show(void *arg)
{
	static uint8_t packets[RTP_REPORT_MAX_BYTES + RTP_PACKET_MAX_BYTES + FRAME_MAX_BYTES];
	struct viewer *viewer = arg;
	int64_t now_us = clock_monotonic_us(), place = place_of(viewer, now_us);

	ENSURE_OBJ(viewer, VIEWER_MAGIC);
	loop_timer_set(viewer->next, (begin_of(viewer, place + 1) - now_us + 999) / 1000);
	if (place <= viewer->frame || visitor_waiting_bytes(viewer->visitor) > 0)
		return;
	viewer->frame = place;
	size_t len = write_report(viewer, now_us, packets);
	len += write_frame(viewer, now_us, packets + len);
	visitor_send(viewer->visitor, packets, len);
}

/* -- requests ----------------------------------------------------------------------------------------------------- */

static void
begin_playing(struct viewer *viewer)
{
	viewer->whole_us = viewer->reported_us = 0;
	loop_timer_set(viewer->next, 0);
}

/* What it is shown is settled when it asks what that is; while it watches nothing of it changes. */
static void
settle_stream(struct viewer *viewer)
{
	const struct rtsp_setup *setup = &viewer->rtsp->setup;
	struct camera_scene scene = { 0 };

	setup->look(setup->arg, &scene);
	h264_init(&viewer->stream, scene.is_1080p);
}

static void
obey(struct viewer *viewer, const struct rtsp_request *request)
{
	const struct rtsp_setup *setup = &viewer->rtsp->setup;
	struct rtsp_session *session = &viewer->session;
	const struct rtsp_facts facts = { .code = setup->code_peek(setup->arg), .stream = &viewer->stream,
					  .address = setup->address_peek(setup->arg),
					  .timestamp = timestamp(viewer, place_of(viewer, clock_monotonic_us())),
					  .wall_ms = clock_wall_ms() };
	struct rtsp_reply reply;
	bool was_in = session->is_in;

	if (request->method == RTSP_DESCRIBE && !session->is_set_up)
		settle_stream(viewer);
	enum rtsp_do what = rtsp_session_take(session, request, &facts, &reply);
	visitor_send(viewer->visitor, reply.text, reply.len);
	if (session->is_in && !was_in)
		visitor_welcome(viewer->visitor);
	if (what == RTSP_DO_PLAY)
		begin_playing(viewer);
	else if (what == RTSP_DO_STOP || what == RTSP_DO_HANG_UP)
		loop_timer_cancel(viewer->next);
	if (what == RTSP_DO_HANG_UP)
		visitor_end(viewer->visitor, true);
}

static size_t
on_bytes(void *guest, const uint8_t *bytes, size_t len)
{
	struct viewer *viewer = guest;
	struct rtsp_request request;
	bool is_request;

	ENSURE_OBJ(viewer, VIEWER_MAGIC);
	int taken = rtsp_request_parse(bytes, len, &request, &is_request);
	if (taken < 0) {
		visitor_end(viewer->visitor, true);
		return len;
	}
	if (taken > 0 && is_request)
		obey(viewer, &request);
	if (taken > 0 && viewer->session.is_in)
		visitor_expect(viewer->visitor, RTSP_TIMEOUT_S * 1000);
	return (size_t)taken;
}

/* -- viewers ------------------------------------------------------------------------------------------------------ */

static void
fill_with_chance(struct rtsp_session *session)
{
	uint8_t random[RANDOM_BYTES];

	ENSURE(getrandom(random, sizeof random, 0) == sizeof random);
	str_hex(random, (RTSP_NONCE_BYTES - 1) / 2, session->nonce);
	str_hex(random + 16, (RTSP_ID_BYTES - 1) / 2, session->id);
	memcpy(&session->rtp.source, random + 20, 4);
	memcpy(&session->rtp.first_timestamp, random + 24, 4);
	memcpy(&session->rtp.sequence, random + 28, 2);
}

static void *
on_come(void *arg, struct visitor *visitor)
{
	struct viewer *viewer = calloc(1, sizeof *viewer);
	struct rtsp_server *rtsp = arg;

	ENSURE(viewer != NULL);
	viewer->magic = VIEWER_MAGIC;
	viewer->rtsp = rtsp;
	viewer->visitor = visitor;
	viewer->begun_us = clock_monotonic_us();
	viewer->frame = -1;
	viewer->next = loop_timer_new(rtsp->loop, show, viewer);
	fill_with_chance(&viewer->session);
	settle_stream(viewer);
	return viewer;
}

static void
on_leave(void *guest)
{
	struct viewer *viewer = guest;

	ENSURE_OBJ(viewer, VIEWER_MAGIC);
	loop_timer_free(viewer->next);
	viewer->magic = 0;
	free(viewer);
}

struct rtsp_server *
rtsp_server_new(struct loop *loop, const struct rtsp_setup *setup)
{
	struct rtsp_server *rtsp = calloc(1, sizeof *rtsp);

	ENSURE(rtsp != NULL);
	*rtsp = (struct rtsp_server){ .magic = RTSP_MAGIC, .loop = loop, .setup = *setup };
	rtsp->server = server_new(loop,
				  &(struct server_rules){ .name = "video", .most = setup->viewers, .stranger_ms = LOGIN_MS,
							  .in_max_bytes = IN_MAX_BYTES, .out_max_bytes = OUT_MAX_BYTES,
							  .send_buffer_bytes = SEND_BUFFER_BYTES },
				  &(struct server_duties){ on_come, on_bytes, on_leave, rtsp });
	return rtsp;
}

void
rtsp_server_free(struct rtsp_server *rtsp)
{
	if (rtsp == NULL)
		return;
	ENSURE_OBJ(rtsp, RTSP_MAGIC);
	server_free(rtsp->server);
	rtsp->magic = 0;
	free(rtsp);
}

struct server *
rtsp_server_peek(struct rtsp_server *rtsp)
{
	ENSURE_OBJ(rtsp, RTSP_MAGIC);
	return rtsp->server;
}
