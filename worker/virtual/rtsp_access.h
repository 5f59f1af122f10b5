/*
 * rtsp_access: a viewer's login: Digest with MD5 and nothing besides (RFC 2617 without qop), as the cameras of real printers
 * challenge it. The user is bblp, the password the access code. Pure.
 */
#ifndef FUSE_WORKER_VIRTUAL_RTSP_ACCESS_H
#define FUSE_WORKER_VIRTUAL_RTSP_ACCESS_H

#include <stdbool.h>

#include "common/secret.h"
#include "worker/virtual/rtsp_request.h"

#define RTSP_REALM "LIVE555 Streaming Media"
#define RTSP_NONCE_BYTES 33 /* hex, with its NUL */

struct rtsp_credentials {
	char user[33], realm[65], nonce[65], uri[RTSP_URL_MAX_BYTES + 1], response[33]; /* "" = not there */
};

/* The value of an Authorization header. False: it is no Digest, or not to be read. */
bool rtsp_credentials_parse(const char *authorization, struct rtsp_credentials *ret_credentials);

/* Are they those of `code` for a request of this method? After tls_digest_init(). */
bool rtsp_credentials_are_right(const struct rtsp_credentials *credentials, const char *nonce, enum rtsp_method method,
				const struct secret *code);

#endif
