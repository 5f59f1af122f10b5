/*
 * websocket: one WebSocket (RFC 6455) at the server's end, on a descriptor that is open already: messages in and
 * out. Sending never blocks: one message at a time is on its way, and its owner is told when the next may follow.
 *
 * A client is dropped that takes nothing for 30 s while something waits for it, that says nothing (answers no ping)
 * for 60 s, or that floods; what it says is at most 1 KiB of text a message.
 */
#ifndef FUSE_HTTPD_WEBSOCKET_H
#define FUSE_HTTPD_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/loop.h"
#include "httpd/payload.h"

#define WEBSOCKET_MESSAGE_MAX_BYTES 1024
#define WEBSOCKET_PING_MS 20000
#define WEBSOCKET_SILENCE_MS 60000
#define WEBSOCKET_STALL_MS 30000
#define WEBSOCKET_CLOSING_MS 5000 /* for its part of a close */
#define WEBSOCKET_FRAMES_MAX 200  /* from a client, pings and all, within … */
#define WEBSOCKET_FRAMES_MS 10000

enum websocket_code {
	WEBSOCKET_GOING_AWAY = 1001,
	WEBSOCKET_UNSUPPORTED = 1003,
	WEBSOCKET_POLICY = 1008,
	WEBSOCKET_TRY_LATER = 1013,
	WEBSOCKET_LOGIN_NEEDED = 4401, /* of our own range: what let it in holds no longer */
};

struct websocket;

struct websocket_events {
	/* A text message, UTF-8, not terminated. */
	void (*on_text)(void *arg, const char *text, size_t len);
	/* It could take a message. Told after whatever happens on the connection. */
	void (*on_ready)(void *arg);
	/* It is over; `why` is a static text for the log. Free it. */
	void (*on_end)(void *arg, const char *why);
};

/* Where what is sent goes when not into the descriptor: over TLS. */
struct websocket_outlet {
	int fd; /* the socket behind it (not owned), watched for when it takes more */
	void *arg;
	/* As tls_put() and tls_flush(). */
	bool (*put)(void *arg, const void *bytes, size_t len);
	int (*flush)(void *arg);
};

/*
 * On a connected, non-blocking stream socket (not owned). `early`: bytes that have come along with the handshake
 * (copied). The callbacks are told from the loop only, never from within a call of these functions.
 */
struct websocket *websocket_new(struct loop *loop, int fd, const void *early, size_t early_len,
				const struct websocket_events *events, void *arg);
/* Send that way (copied). Right after websocket_new(). */
void websocket_set_outlet(struct websocket *websocket, struct loop *loop, const struct websocket_outlet *outlet);
/* Nothing more is told or sent. Then the descriptors may be closed. */
void websocket_free(struct websocket *websocket);

bool websocket_is_ready(const struct websocket *websocket);
/* Send a text message; when it is ready. The caller's reference is taken over. */
void websocket_send(struct websocket *websocket, struct payload *payload);

/* Say that it ends; the other side has WEBSOCKET_CLOSING_MS to agree. `reason` fits 120 bytes. */
void websocket_close(struct websocket *websocket, enum websocket_code code, const char *reason);

/* To be called every second or so: pings, and looks at the clock (monotonic). NULL, or why it must be freed now. */
const char *websocket_look(struct websocket *websocket, int64_t now_ms);

#endif
