/*
 * mqtt_packet: the packets of MQTT 3.1.1 (OASIS standard, chapters 2 and 3) as a broker reads and writes them.
 * Pure; what a client sends is hostile: each packet is bounded, must fill its length exactly, and is refused as a
 * whole where the standard says "protocol error". QoS 2 is not spoken: no client of a printer's uses it.
 *
 * Texts and payloads are borrowed from the bytes that were read.
 */
#ifndef FUSE_WORKER_VIRTUAL_MQTT_PACKET_H
#define FUSE_WORKER_VIRTUAL_MQTT_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MQTT_PACKET_MAX_BYTES ((size_t)256 * 1024) /* of a whole packet */
#define MQTT_CONNECT_MAX_BYTES ((size_t)4096)	   /* of one from somebody who has not logged in */
#define MQTT_FILTERS_MAX 16			   /* in one SUBSCRIBE or UNSUBSCRIBE */
#define MQTT_HEADER_MAX_BYTES 5
#define MQTT_SHORT_BYTES (4 + MQTT_FILTERS_MAX)	   /* room for any packet that is written but PUBLISH */

enum mqtt_kind {
	MQTT_CONNECT = 1,
	MQTT_CONNACK = 2,
	MQTT_PUBLISH = 3,
	MQTT_PUBACK = 4,
	MQTT_SUBSCRIBE = 8,
	MQTT_SUBACK = 9,
	MQTT_UNSUBSCRIBE = 10,
	MQTT_UNSUBACK = 11,
	MQTT_PINGREQ = 12,
	MQTT_PINGRESP = 13,
	MQTT_DISCONNECT = 14,
};

enum mqtt_answer {
	MQTT_ACCEPTED = 0,
	MQTT_OTHER_VERSION = 1,
	MQTT_BAD_CLIENT_ID = 2,
	MQTT_BUSY = 3,
	MQTT_NOT_AUTHORIZED = 5
};

#define MQTT_LEVEL 4 /* of MQTT 3.1.1 in CONNECT */

/* Well-formed UTF-8 without a NUL; not terminated. */
struct mqtt_text {
	const char *at;
	size_t len;
};

struct mqtt_connect {
	uint8_t level; /* other than MQTT_LEVEL: nothing else is told */
	bool clean, has_user, has_password;
	uint16_t keepalive_s; /* 0 = none */
	struct mqtt_text client_id, user;
	const uint8_t *password;
	size_t password_len;
};

struct mqtt_publish {
	uint8_t qos; /* 0 or 1 */
	uint16_t id; /* of QoS 1 */
	struct mqtt_text topic;
	const uint8_t *payload;
	size_t payload_len;
};

/* Of SUBSCRIBE and UNSUBSCRIBE. */
struct mqtt_filters {
	uint16_t id;
	size_t count;
	struct mqtt_text filters[MQTT_FILTERS_MAX];
	uint8_t qos[MQTT_FILTERS_MAX]; /* as asked for: 0 to 2; of SUBSCRIBE */
};

struct mqtt_packet {
	enum mqtt_kind kind;
	union {
		struct mqtt_connect connect;
		struct mqtt_publish publish;
		struct mqtt_filters filters;
		uint16_t id; /* of PUBACK */
	};
};

enum mqtt_result { MQTT_DONE, MQTT_MORE, MQTT_BAD };

/*
 * Read the packet at the beginning of what a client has sent. MQTT_DONE: it took `*ret_used` bytes. MQTT_MORE: it
 * is not there as a whole yet. MQTT_BAD, as early as it can be seen: the connection must be closed; `*ret_fault`
 * says why, in static words ("it …").
 */
enum mqtt_result mqtt_read(const uint8_t *bytes, size_t len, struct mqtt_packet *ret_packet, size_t *ret_used,
			   const char **ret_fault);

/* A filter may be subscribed to: not empty, `#` last and alone in its level, `+` alone in its level. */
bool mqtt_filter_is_valid(struct mqtt_text filter);
/* Does a subscription to `filter` (which is valid) get what is published on `topic`? */
bool mqtt_filter_matches(struct mqtt_text filter, const char *topic);
bool mqtt_text_is(struct mqtt_text text, const char *other);

/* Each writes one packet and returns its length. */
size_t mqtt_write_connack(uint8_t to[MQTT_SHORT_BYTES], enum mqtt_answer answer);
size_t mqtt_write_puback(uint8_t to[MQTT_SHORT_BYTES], uint16_t id);
size_t mqtt_write_suback(uint8_t to[MQTT_SHORT_BYTES], uint16_t id, const uint8_t *granted, size_t count);
size_t mqtt_write_unsuback(uint8_t to[MQTT_SHORT_BYTES], uint16_t id);
size_t mqtt_write_pingresp(uint8_t to[MQTT_SHORT_BYTES]);
/* A PUBLISH of QoS 0; 0 when it does not fit into `cap` or MQTT_PACKET_MAX_BYTES. */
size_t mqtt_write_publish(uint8_t *to, size_t cap, const char *topic, const void *payload, size_t len);

#endif
