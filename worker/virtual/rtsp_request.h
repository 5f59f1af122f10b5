/*
 * rtsp_request: what a viewer says to a camera of RTSP 1.0 (RFC 2326): requests, with the packets of RTCP between them, out of
 * the bytes that came. Pure and bounded; any bytes give requests, something to pass over, or the end of the connection.
 */
#ifndef FUSE_WORKER_VIRTUAL_RTSP_REQUEST_H
#define FUSE_WORKER_VIRTUAL_RTSP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTSP_HEAD_MAX_BYTES 4096 /* of a request, up to its empty line */
#define RTSP_BODY_MAX_BYTES 1024
#define RTSP_PACKET_MAX_BYTES 2048 /* of RTCP */
#define RTSP_URL_MAX_BYTES 256

#define RTSP_METHODS(X) \
	X(OPTIONS) X(DESCRIBE) X(SETUP) X(TEARDOWN) X(PLAY) X(PAUSE) X(GET_PARAMETER) X(SET_PARAMETER)
enum rtsp_method {
#define X(NAME) RTSP_##NAME,
	RTSP_METHODS(X)
#undef X
	RTSP_METHOD_COUNT, /* none of them */
};

/* The headers that count; any other is passed over. What is longer than its room makes the request malformed. */
struct rtsp_request {
	enum rtsp_method method;
	bool is_malformed;   /* 400; cseq may be there */
	bool is_other_version; /* 505 */
	char cseq[11];	     /* digits; "" = none */
	char url[RTSP_URL_MAX_BYTES + 1]; /* visible ASCII without quotes; with credentials if such were sent */
	char session[33];    /* letters and digits; what stands behind a ';' is cut */
	char transport[257], authorization[513];
};

/* The next thing that a viewer has said. Returns how many bytes it is (body included); 0 when it is not whole yet, -1 when it
 * is too long for one and the connection cannot be read any further. `ret_is_request` false: RTCP, to be passed over. */
int rtsp_request_parse(const uint8_t *bytes, size_t len, struct rtsp_request *ret_request, bool *ret_is_request);

const char *rtsp_method_name(enum rtsp_method method);

/* Does the URL lead to `path` of this server, or below it to `track` ("" when it ends before)? Whatever host it names. */
bool rtsp_url_leads_to(const char *url, const char *path, const char **ret_track);

/* The channels of the first transport that is RTP interleaved into this connection; 0 and 1 when it names none. False: there is
 * none. */
bool rtsp_transport_read(const char *transport, uint8_t *ret_channel, uint8_t *ret_report_channel);

#endif
