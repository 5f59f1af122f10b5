/*
 * mqtt: one MQTT 3.1.1 session over TLS with one printer; the only door to Paho (MQTTAsync, with calls of its own
 * turned to worker/link/paho_calls). Paho's threads post to a bounded mailbox; everything below is called on the
 * main loop only. One session at a time, no reconnect of its own, nothing is ever sent twice, and nothing of MQTT
 * before the printer has proved who it is. At most one struct mqtt in a process.
 *
 * The events of a session, in this order, each at most once but for those of subscriptions, publishes and losses:
 *	TCP_FAILED | TCP_OPEN (TLS_FAILED | IDENTITY (TLS_FAILED | REFUSED | NO_ANSWER | CONNECTED …))
 * and then ENDED, exactly once and last. A session that is dropped or replaced by its owner says nothing more.
 * No call blocks, whatever the printer does.
 */
#ifndef FUSE_WORKER_LINK_MQTT_H
#define FUSE_WORKER_LINK_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/loop.h"
#include "common/secret.h"
#include "common/tls.h"

/* Of payloads (and their heads) that wait for the loop; when full the newest is dropped and counted. */
#define MQTT_MAILBOX_BYTES (1024 * 1024)
#define MQTT_PAYLOAD_MAX_BYTES (256 * 1024)
/* While so many publishes of QoS 1 are without acknowledgement, further ones go out with QoS 0. */
#define MQTT_UNACKNOWLEDGED_MAX 256

enum mqtt_event_kind {
	MQTT_TCP_FAILED,   /* error = errno: ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT … */
	MQTT_TCP_OPEN,	   /* TLS begins */
	MQTT_TLS_FAILED,   /* text = why; also: the peer fell silent in the handshake (error = ETIMEDOUT) */
	/* Verdict and certificate. A trusted one has also proved its key; an untrusted one is followed by ENDED. */
	MQTT_IDENTITY,
	MQTT_REFUSED,	   /* error = CONNACK's return code: 4 and 5 the access code, others as in MQTT 3.1.1, 3.2.2.3 */
	MQTT_NO_ANSWER,	   /* TLS stands, no CONNACK within the time */
	MQTT_CONNECTED,
	MQTT_SUBSCRIBED,   /* error = granted QoS */
	MQTT_SUBSCRIBE_FAILED, /* error = ETIMEDOUT when no SUBACK came within the time, else 0. The session stands */
	MQTT_PUBLISHED,	   /* tag: acknowledged (QoS 1) or written (QoS 0) */
	MQTT_PUBLISH_FAILED, /* tag: whether the printer has it is not known */
	/* error = its bytes; it was passed over. Several in one go are told once, by the last. One far beyond the limit
	 * (worker/link/wire.h) ends the session, too. */
	MQTT_PAYLOAD_TOO_BIG,
	MQTT_DROPPED,	   /* error = how many messages a full mailbox has cost since the last of these */
	MQTT_ENDED,	   /* the session is over, for whatever reason; text = in words */
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
	/* A payload of device/<serial>/report, borrowed until it returns (and free to be changed), with a NUL after it;
	 * `received_ms` wall clock when it came off the wire. */
	void (*on_report)(void *arg, void *payload, size_t len, int64_t received_ms);
	void *arg;
};

struct mqtt_target {
	char address[64]; /* numeric IPv4 or IPv6 */
	uint16_t port;
	char client_id[48];
	struct tls_expectation expectation; /* its serial names the topics */
	struct secret access_code;
	int keepalive_s; /* up to 24 h */
	int connect_timeout_s; /* for each: TCP, TLS, login, and the answer to a subscription */
};

struct mqtt;

/* Early in a program's life: threads that Paho starts inherit what is set here. Both clocks' zone must have been
 * read (tls_init() does) when this is followed by lock-in. `duties` is copied. */
struct mqtt *mqtt_new(struct loop *loop, const struct mqtt_duties *duties);
/* Drops the session and ends Paho's threads, which takes up to a second. Not from within a duty. */
void mqtt_free(struct mqtt *mqtt);

/* Begin a session; the caller waits for events, the first of which comes from the loop. A session that runs is
 * dropped first, without further events. `target` is copied where needed; its access code goes to Paho alone. */
void mqtt_connect(struct mqtt *mqtt, const struct mqtt_target *target);

/* End the session in good order (DISCONNECT if it stands). No event and no report of it comes any more. */
void mqtt_drop(struct mqtt *mqtt);

/* Subscribe to device/<serial>/report. With QoS 0: nothing is lost while the connection stands, and the printer's
 * broker need not keep what it has sent (docs/protocol.md, "The MQTT session"). Nothing happens without a session. */
void mqtt_subscribe(struct mqtt *mqtt);

/* Publish on device/<serial>/request, once, with `qos` 0 or 1. `tag` comes back with MQTT_PUBLISHED or
 * MQTT_PUBLISH_FAILED. False when there is no session that stands or the printer takes nothing any more. */
bool mqtt_publish(struct mqtt *mqtt, const void *payload, size_t len, int qos, uint32_t tag);

#endif
