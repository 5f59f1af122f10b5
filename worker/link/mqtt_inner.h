/*
 * mqtt_inner: what mqtt.c, which alone knows Paho, and mqtt_events.c share, and nobody else sees.
 */
#ifndef FUSE_WORKER_LINK_MQTT_INNER_H
#define FUSE_WORKER_LINK_MQTT_INNER_H

#include "worker/link/mailbox.h"
#include "worker/link/mqtt.h"

#define MQTT_MAGIC 0x3077a501u
#define TOPIC_BYTES (TLS_SERIAL_BYTES + 16) /* "device/<serial>/request" */

/* How far a session is, by the events that were told. */
enum stage { STAGE_NONE, STAGE_TCP, STAGE_TLS, STAGE_LOGIN, STAGE_UP };

enum letter {
	LETTER_TCP_FAILED,
	LETTER_TLS_START,
	LETTER_JUDGED, /* bytes = struct judgement */
	LETTER_TLS_DONE,
	LETTER_ALERT, /* bytes = words */
	LETTER_LOGIN_DONE,
	LETTER_LOGIN_FAILED,
	LETTER_LOST,
	LETTER_SUBSCRIBED,
	LETTER_SUBSCRIBE_FAILED,
	LETTER_PUBLISHED,
	LETTER_PUBLISH_FAILED,
	LETTER_REPORT,
	LETTER_TOO_BIG,
};

struct judgement {
	enum tls_verdict verdict;
	struct tls_certificate certificate;
};

struct mqtt {
	unsigned magic;
	struct loop_io *letters;
	struct loop_timer *limit;
	struct mqtt_duties duties;
	struct mailbox *box;
	void *idle, *client; /* Paho's */
	uint32_t session;    /* its number; never 0 */
	enum stage stage;
	struct judgement judgement;
	bool awaits_suback;
	int connect_timeout_s;
	unsigned unacknowledged;
	char request_topic[TOPIC_BYTES];
};

/* The session's stage; each but NONE and UP has its time limit from now on. */
void mqtt_enter(struct mqtt *mqtt, enum stage stage);
void mqtt_number_next(struct mqtt *mqtt);

/* Watchers of the loop's (arg = the struct mqtt). */
void mqtt_on_letters(void *arg, int fd, unsigned ready);
void mqtt_on_limit(void *arg);

/* Paho forgets the session and closes its connection, with a DISCONNECT if it stands. Letters that it posts
 * meanwhile are still of this session. */
void mqtt_bury(struct mqtt *mqtt);

#endif
