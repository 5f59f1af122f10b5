/*
 * mqtt: one MQTT 3.1.1 session over TLS with one printer; the only door to Paho (MQTTAsync, with linker wraps that
 * give it our verification and a quick connect). Paho's threads copy into a bounded mailbox; everything below is
 * called on the main loop only. One session at a time, no reconnect of its own, nothing is ever sent twice.
 */
#ifndef FUSE_WORKER_LINK_MQTT_H
#define FUSE_WORKER_LINK_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/loop.h"
#include "common/secret.h"
#include "common/tls.h"

#define MQTT_MAILBOX_BYTES (1024 * 1024) /* of payloads that wait for the loop; when full the newest is dropped and counted */
#define MQTT_PAYLOAD_MAX_BYTES (256 * 1024)

enum mqtt_event_kind {
	MQTT_TCP_FAILED,   /* error = errno: ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT … */
	MQTT_TCP_OPEN,	   /* TLS begins */
	MQTT_TLS_FAILED,   /* text = why (OpenSSL's words); also: the peer fell silent in the handshake (error = ETIMEDOUT) */
	MQTT_IDENTITY,	   /* verdict and certificate. An untrusted one is followed by MQTT_ENDED */
	MQTT_REFUSED,	   /* error = CONNACK's return code: 4 and 5 the access code, others as in MQTT 3.1.1, 3.2.2.3 */
	MQTT_NO_ANSWER,	   /* TLS stands, no CONNACK within the time */
	MQTT_CONNECTED,
	MQTT_SUBSCRIBED,   /* error = granted QoS */
	MQTT_SUBSCRIBE_FAILED,
	MQTT_PUBLISHED,	   /* tag: acknowledged (QoS 1) or written (QoS 0) */
	MQTT_PUBLISH_FAILED, /* tag */
	MQTT_PAYLOAD_TOO_BIG, /* error = its bytes; it was dropped */
	MQTT_DROPPED,	   /* error = how many messages a full mailbox has cost since the last of these */
	MQTT_ENDED,	   /* the session is over, for whatever reason; text = in words. Always the last event */
};

struct mqtt_event {
	enum mqtt_event_kind kind;
	int error;
	uint32_t tag;
	enum tls_verdict verdict;
	struct tls_certificate certificate;
	char text[120];
};

struct mqtt_duties {
	void (*on_event)(void *arg, const struct mqtt_event *event);
	/* A payload of device/<serial>/report, borrowed until it returns (and free to be changed); `received_ms` wall clock when it came off
	 * the wire. */
	void (*on_report)(void *arg, void *payload, size_t len, int64_t received_ms);
	void *arg;
};

struct mqtt_target {
	char address[64]; /* numeric IPv4 or IPv6 */
	uint16_t port;
	char client_id[48];
	struct tls_expectation expectation; /* its serial names the topics */
	struct secret access_code;
	int keepalive_s, connect_timeout_s;
};

struct mqtt;

struct mqtt *mqtt_new(struct loop *loop, const struct mqtt_duties *duties);
void mqtt_free(struct mqtt *mqtt);

/* Begin a session; the caller waits for events. A session that runs is dropped first, without further events. */
void mqtt_connect(struct mqtt *mqtt, const struct mqtt_target *target);

/* End the session in good order (DISCONNECT if it stands). No event of it comes any more. */
void mqtt_drop(struct mqtt *mqtt);

/* Subscribe to device/<serial>/report, QoS 0… as docs/protocol.md says. */
void mqtt_subscribe(struct mqtt *mqtt);

/* Publish on device/<serial>/request, once. `tag` comes back with MQTT_PUBLISHED. False when there is no session. */
bool mqtt_publish(struct mqtt *mqtt, const void *payload, size_t len, int qos, uint32_t tag);

#endif
