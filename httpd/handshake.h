/*
 * handshake: is this request one that opens a WebSocket (RFC 6455, 4.2.1), and what answers it. Pure.
 */
#ifndef FUSE_HTTPD_HANDSHAKE_H
#define FUSE_HTTPD_HANDSHAKE_H

#include "common/tls_digest.h"

#define HANDSHAKE_ACCEPT_BYTES TLS_SHA1_BASE64_BYTES
#define HANDSHAKE_VERSION "13"

/* Values of the request's headers; NULL where there is none. */
struct handshake_offer {
	const char *upgrade, *connection, *version, *key;
};

enum handshake_outcome {
	HANDSHAKE_FINE,
	HANDSHAKE_NOT_ASKED,	 /* a plain request */
	HANDSHAKE_OTHER_VERSION, /* answer 426, and say HANDSHAKE_VERSION */
	HANDSHAKE_MALFORMED,
};

/* FINE: `ret_accept` is what Sec-WebSocket-Accept must say. */
enum handshake_outcome handshake_check(const struct handshake_offer *offer, char ret_accept[HANDSHAKE_ACCEPT_BYTES]);

#endif
