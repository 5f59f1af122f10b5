/*
 * mqtt_broker: sessions, what they have subscribed to, and what is told to them.
 */
#include "worker/virtual/mqtt_broker.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "worker/virtual/machine.h"
#include "worker/virtual/mqtt_packet.h"

#define BROKER_MAGIC 0x76627271
#define SESSION_MAGIC 0x76736573
#define USER "bblp"
#define STRANGER_MS 10000
#define OUT_MAX_BYTES ((size_t)512 * 1024)
#define CLIENT_ID_BYTES 129
#define TOPIC_BYTES 64 /* "device/<serial>/request"; a filter that is longer matches none of ours */
#define FILTERS_MAX 8  /* that a session remembers */

struct session {
	unsigned magic;
	TAILQ_ENTRY(session) next;
	struct broker *broker;
	struct visitor *visitor;
	bool is_connected;
	int64_t quiet_ms; /* how long it may say nothing; 0 = for ever */
	char client_id[CLIENT_ID_BYTES];
	char filters[FILTERS_MAX][TOPIC_BYTES]; /* "" = free */
	bool wants_reports, wants_requests;
};

struct broker {
	unsigned magic;
	struct server *server;
	const struct secret *code;
	bool is_small;
	char report_topic[TOPIC_BYTES], request_topic[TOPIC_BYTES];
	broker_request_fn *on_request;
	void *arg;
	TAILQ_HEAD(sessions, session) sessions;
};

/* -- saying ----------------------------------------------------------------------------------------------------- */

static void
refuse(struct session *session, enum mqtt_answer answer)
{
	uint8_t packet[MQTT_SHORT_BYTES];

	visitor_send(session->visitor, packet, mqtt_write_connack(packet, answer));
	visitor_end(session->visitor, true);
}

/* To all sessions that want it. The packet is built once. */
static void
publish(struct broker *broker, const char *topic, bool is_report, const void *payload, size_t len)
{
	static uint8_t packet[MACHINE_REPORT_MAX_BYTES + TOPIC_BYTES + 2 * MQTT_HEADER_MAX_BYTES];
	struct session *session;
	size_t packet_len = 0;

	TAILQ_FOREACH(session, &broker->sessions, next) {
		if (!(is_report ? session->wants_reports : session->wants_requests) ||
		    !visitor_is_here(session->visitor))
			continue;
		if (packet_len == 0)
			packet_len = mqtt_write_publish(packet, sizeof packet, topic, payload, len);
		if (packet_len == 0)
			return;
		visitor_send(session->visitor, packet, packet_len);
	}
}

void
broker_publish(struct broker *broker, const void *json, size_t len)
{
	ENSURE_OBJ(broker, BROKER_MAGIC);
	publish(broker, broker->report_topic, true, json, len);
}

bool
broker_has_readers(const struct broker *broker)
{
	const struct session *session;

	ENSURE_OBJ(broker, BROKER_MAGIC);
	TAILQ_FOREACH(session, &broker->sessions, next)
		if (session->wants_reports && visitor_is_here(session->visitor))
			return true;
	return false;
}

/* -- CONNECT ---------------------------------------------------------------------------------------------------- */

static bool
code_is_right(const struct broker *broker, const struct mqtt_connect *connect)
{
	struct secret given;

	bool fits = connect->has_user && mqtt_text_is(connect->user, USER) && connect->has_password &&
		    secret_set(&given, connect->password, connect->password_len);
	bool right = fits && broker->code != NULL && secret_equal(&given, broker->code);
	if (fits)
		secret_wipe(&given);
	return right;
}

/* Two clients of one id cannot be: the newcomer is taken for the former one, whose connection is dead. */
static void
take_over(struct session *session)
{
	struct session *other;

	TAILQ_FOREACH(other, &session->broker->sessions, next)
		if (other != session && other->is_connected && session->client_id[0] != '\0' &&
		    strcmp(other->client_id, session->client_id) == 0)
			visitor_drop(other->visitor);
}

static bool
take_client_id(struct session *session, const struct mqtt_connect *connect)
{
	if (connect->client_id.len >= CLIENT_ID_BYTES || (connect->client_id.len == 0 && !connect->clean))
		return false;
	memcpy(session->client_id, connect->client_id.at, connect->client_id.len);
	session->client_id[connect->client_id.len] = '\0';
	return true;
}

static void
on_connect(struct session *session, const struct mqtt_connect *connect)
{
	uint8_t packet[MQTT_SHORT_BYTES];

	if (session->is_connected) {
		visitor_drop(session->visitor);
	} else if (connect->level != MQTT_LEVEL) {
		refuse(session, MQTT_OTHER_VERSION);
	} else if (!code_is_right(session->broker, connect)) {
		refuse(session, MQTT_NOT_AUTHORIZED);
	} else if (!take_client_id(session, connect)) {
		refuse(session, MQTT_BAD_CLIENT_ID);
	} else {
		take_over(session);
		session->is_connected = true;
		session->quiet_ms = connect->keepalive_s * INT64_C(1500);
		visitor_welcome(session->visitor);
		visitor_send(session->visitor, packet, mqtt_write_connack(packet, MQTT_ACCEPTED));
	}
}

/* -- SUBSCRIBE -------------------------------------------------------------------------------------------------- */

static void
see_what_it_wants(struct session *session)
{
	const struct broker *broker = session->broker;

	session->wants_reports = session->wants_requests = false;
	for (size_t i = 0; i < FILTERS_MAX; i++) {
		struct mqtt_text filter = { session->filters[i], strlen(session->filters[i]) };
		if (filter.len == 0)
			continue;
		session->wants_reports |= mqtt_filter_matches(filter, broker->report_topic);
		session->wants_requests |= !broker->is_small && mqtt_filter_matches(filter, broker->request_topic);
	}
}

/* The place of a filter; "" finds a free one. NULL: none. */
static char *
find_filter(struct session *session, struct mqtt_text filter)
{
	for (size_t i = 0; i < FILTERS_MAX; i++)
		if (mqtt_text_is(filter, session->filters[i]))
			return session->filters[i];
	return NULL;
}

static bool
matches_any(const struct broker *broker, struct mqtt_text filter)
{
	return mqtt_filter_matches(filter, broker->report_topic) || mqtt_filter_matches(filter, broker->request_topic);
}

/* What SUBACK says of it. One that brings nothing of ours is granted and need not be remembered. */
static uint8_t
add_filter(struct session *session, struct mqtt_text filter, uint8_t qos)
{
	const struct mqtt_text nothing = { "", 0 };
	char *place = find_filter(session, filter);

	if (place == NULL && filter.len < TOPIC_BYTES && matches_any(session->broker, filter)) {
		if ((place = find_filter(session, nothing)) == NULL)
			return 0x80;
		memcpy(place, filter.at, filter.len);
		place[filter.len] = '\0';
	}
	return qos < 1 ? qos : 1;
}

static void
on_subscribe(struct session *session, const struct mqtt_filters *filters)
{
	uint8_t packet[MQTT_SHORT_BYTES], granted[MQTT_FILTERS_MAX];

	for (size_t i = 0; i < filters->count; i++) {
		if (session->broker->is_small && mqtt_text_is(filters->filters[i], session->broker->request_topic)) {
			visitor_drop(session->visitor);
			return;
		}
		granted[i] = add_filter(session, filters->filters[i], filters->qos[i]);
	}
	see_what_it_wants(session);
	visitor_send(session->visitor, packet, mqtt_write_suback(packet, filters->id, granted, filters->count));
}

static void
on_unsubscribe(struct session *session, const struct mqtt_filters *filters)
{
	uint8_t packet[MQTT_SHORT_BYTES];
	char *place;

	for (size_t i = 0; i < filters->count; i++)
		if ((place = find_filter(session, filters->filters[i])) != NULL)
			place[0] = '\0';
	see_what_it_wants(session);
	visitor_send(session->visitor, packet, mqtt_write_unsuback(packet, filters->id));
}

/* -- PUBLISH ---------------------------------------------------------------------------------------------------- */

static void
on_publish(struct session *session, const struct mqtt_publish *publication)
{
	struct broker *broker = session->broker;
	uint8_t packet[MQTT_SHORT_BYTES];

	if (publication->qos > 0)
		visitor_send(session->visitor, packet, mqtt_write_puback(packet, publication->id));
	if (!mqtt_text_is(publication->topic, broker->request_topic))
		return;
	publish(broker, broker->request_topic, false, publication->payload, publication->payload_len);
	broker->on_request(broker->arg, publication->payload, publication->payload_len);
}

/* -- sessions --------------------------------------------------------------------------------------------------- */

static void
on_packet(struct session *session, const struct mqtt_packet *packet)
{
	uint8_t answer[MQTT_SHORT_BYTES];

	if (!session->is_connected && packet->kind != MQTT_CONNECT) {
		visitor_drop(session->visitor);
		return;
	}
	if (packet->kind == MQTT_CONNECT)
		on_connect(session, &packet->connect);
	else if (packet->kind == MQTT_SUBSCRIBE)
		on_subscribe(session, &packet->filters);
	else if (packet->kind == MQTT_UNSUBSCRIBE)
		on_unsubscribe(session, &packet->filters);
	else if (packet->kind == MQTT_PUBLISH)
		on_publish(session, &packet->publish);
	else if (packet->kind == MQTT_PINGREQ)
		visitor_send(session->visitor, answer, mqtt_write_pingresp(answer));
	else if (packet->kind == MQTT_DISCONNECT)
		visitor_drop(session->visitor);
	if (session->is_connected)
		visitor_expect(session->visitor, session->quiet_ms);
}

static size_t
on_bytes(void *guest, const uint8_t *bytes, size_t len)
{
	struct session *session = guest;
	struct mqtt_packet packet;
	const char *fault;
	size_t used;

	ENSURE_OBJ(session, SESSION_MAGIC);
	switch (mqtt_read(bytes, len, &packet, &used, &fault)) {
	case MQTT_DONE:
		on_packet(session, &packet);
		return used;
	case MQTT_MORE:
		return 0;
	case MQTT_BAD:
		break;
	}
	log_debug("an MQTT client goes", log_str("why", fault));
	visitor_drop(session->visitor);
	return len;
}

static void *
on_come(void *arg, struct visitor *visitor)
{
	struct broker *broker = arg;
	struct session *session = calloc(1, sizeof *session);

	ENSURE_OBJ(broker, BROKER_MAGIC);
	ENSURE(session != NULL);
	session->magic = SESSION_MAGIC;
	session->broker = broker;
	session->visitor = visitor;
	TAILQ_INSERT_TAIL(&broker->sessions, session, next);
	return session;
}

static void
on_leave(void *guest)
{
	struct session *session = guest;

	ENSURE_OBJ(session, SESSION_MAGIC);
	TAILQ_REMOVE(&session->broker->sessions, session, next);
	session->magic = 0;
	free(session);
}

/* -- the broker ------------------------------------------------------------------------------------------------- */

struct broker *
broker_new(struct loop *loop, const struct broker_setup *setup, broker_request_fn *on_request, void *arg)
{
	struct broker *broker = calloc(1, sizeof *broker);

	ENSURE(broker != NULL);
	*broker = (struct broker){ .magic = BROKER_MAGIC, .code = setup->code, .is_small = setup->is_small,
				   .on_request = on_request, .arg = arg };
	TAILQ_INIT(&broker->sessions);
	str_format(broker->report_topic, TOPIC_BYTES, "device/%s/report", setup->serial);
	str_format(broker->request_topic, TOPIC_BYTES, "device/%s/request", setup->serial);
	broker->server = server_new(
		loop,
		&(struct server_rules){ .name = "mqtt",
					.most = setup->is_small ? BROKER_CLIENTS_SMALL : BROKER_CLIENTS,
					.stranger_ms = STRANGER_MS,
					.in_max_bytes = MQTT_PACKET_MAX_BYTES + 16384,
					.out_max_bytes = OUT_MAX_BYTES },
		&(struct server_duties){ on_come, on_bytes, on_leave, broker });
	return broker;
}

void
broker_free(struct broker *broker)
{
	if (broker == NULL)
		return;
	ENSURE_OBJ(broker, BROKER_MAGIC);
	server_free(broker->server);
	broker->magic = 0;
	free(broker);
}

struct server *
broker_server_peek(struct broker *broker)
{
	ENSURE_OBJ(broker, BROKER_MAGIC);
	return broker->server;
}

void
broker_set_code(struct broker *broker, const struct secret *code)
{
	ENSURE_OBJ(broker, BROKER_MAGIC);
	broker->code = code;
}
