/*
 * rtsp_session: a viewer's connection to a camera of RTSP 1.0 (docs/protocol.md, "Cameras"): what it is answered and what its
 * camera is to do. One stream of H.264, into the same connection only. Pure: time, chance and the access code are arguments.
 */
#ifndef FUSE_WORKER_VIRTUAL_RTSP_SESSION_H
#define FUSE_WORKER_VIRTUAL_RTSP_SESSION_H

#include "worker/virtual/h264_writer.h"
#include "worker/virtual/rtp_packets.h"
#include "worker/virtual/rtsp_access.h"

#define RTSP_PATH "/streaming/live/1"
#define RTSP_TIMEOUT_S 65 /* without a word */
#define RTSP_REPLY_MAX_BYTES 2048
#define RTSP_ID_BYTES 9

enum rtsp_do { RTSP_DO_REPLY, RTSP_DO_PLAY, RTSP_DO_STOP, RTSP_DO_HANG_UP /* behind the reply */ };

struct rtsp_session {
	char nonce[RTSP_NONCE_BYTES], id[RTSP_ID_BYTES]; /* random hex, the caller's to fill */
	struct rtp rtp; /* its random part, too */
	bool is_in, is_set_up, plays;
};

/* What a reply may have to tell. */
struct rtsp_facts {
	const struct secret *code; /* NULL: none is right */
	const struct h264 *stream;
	const char *address; /* of this printer */
	uint32_t timestamp; /* of RTP, now */
	int64_t wall_ms;
};

struct rtsp_reply {
	size_t len;
	char text[RTSP_REPLY_MAX_BYTES];
};

/* Take a request. */
enum rtsp_do rtsp_session_take(struct rtsp_session *session, const struct rtsp_request *request,
			       const struct rtsp_facts *facts, struct rtsp_reply *ret_reply);

#endif
