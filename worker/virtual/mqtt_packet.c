/*
 * mqtt_packet: reading goes through a cursor that stays failed once something was missing, and is asked at the end.
 */
#include "worker/virtual/mqtt_packet.h"

#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"

enum {
	FLAG_CLEAN = 0x02,
	FLAG_WILL = 0x04,
	FLAG_WILL_QOS = 0x18,
	FLAG_WILL_RETAIN = 0x20,
	FLAG_PASSWORD = 0x40,
	FLAG_USER = 0x80
};

#define FAILURE 0x80 /* in SUBACK */

/* -- a cursor ------------------------------------------------------------------------------------------------- */

struct cursor {
	const uint8_t *at;
	size_t left;
	bool failed;
};

static const uint8_t *
take(struct cursor *cursor, size_t len)
{
	const uint8_t *at = cursor->at;

	if (cursor->failed || len > cursor->left) {
		cursor->failed = true;
		return NULL;
	}
	cursor->at += len;
	cursor->left -= len;
	return at;
}

static uint8_t
take_u8(struct cursor *cursor)
{
	const uint8_t *at = take(cursor, 1);

	return at != NULL ? at[0] : 0;
}

static uint16_t
take_u16(struct cursor *cursor)
{
	const uint8_t *at = take(cursor, 2);

	if (at == NULL)
		return 0;
	return (uint16_t)(at[0] << 8 | at[1]);
}

static const uint8_t *
take_bytes(struct cursor *cursor, size_t *ret_len)
{
	*ret_len = take_u16(cursor);
	return take(cursor, *ret_len);
}

static struct mqtt_text
take_text(struct cursor *cursor)
{
	struct mqtt_text text = { NULL, 0 };

	text.at = (const char *)take_bytes(cursor, &text.len);
	if (!cursor->failed && !str_valid_utf8(text.at, text.len))
		cursor->failed = true;
	if (cursor->failed)
		text = (struct mqtt_text){ "", 0 };
	return text;
}

/* -- packets ---------------------------------------------------------------------------------------------------- */

/* A will is read and let go: printers keep none. */
static void
skip_will(struct cursor *cursor)
{
	size_t len;

	take_text(cursor);
	take_bytes(cursor, &len);
}

static const char *
read_connect(struct cursor *cursor, struct mqtt_packet *packet)
{
	struct mqtt_connect *connect = &packet->connect;
	struct mqtt_text protocol = take_text(cursor);

	if (cursor->failed || !(mqtt_text_is(protocol, "MQTT") || mqtt_text_is(protocol, "MQIsdp")))
		return "it does not begin as MQTT does";
	connect->level = take_u8(cursor);
	if (connect->level != MQTT_LEVEL) {
		take(cursor, cursor->left); /* it goes on as its own standard says */
		return NULL;
	}
	uint8_t what = take_u8(cursor);
	if ((what & 1) || (what & FLAG_WILL_QOS) == FLAG_WILL_QOS ||
	    (!(what & FLAG_WILL) && (what & (FLAG_WILL_QOS | FLAG_WILL_RETAIN))) ||
	    ((what & FLAG_PASSWORD) && !(what & FLAG_USER)))
		return "its CONNECT has flags that cannot be";
	connect->clean = what & FLAG_CLEAN;
	connect->keepalive_s = take_u16(cursor);
	connect->client_id = take_text(cursor);
	if (what & FLAG_WILL)
		skip_will(cursor);
	if ((connect->has_user = what & FLAG_USER))
		connect->user = take_text(cursor);
	if ((connect->has_password = what & FLAG_PASSWORD))
		connect->password = take_bytes(cursor, &connect->password_len);
	return NULL;
}

static const char *
read_publish(struct cursor *cursor, uint8_t flags, struct mqtt_packet *packet)
{
	struct mqtt_publish *publish = &packet->publish;

	publish->qos = (uint8_t)(flags >> 1 & 3);
	if (publish->qos > 1)
		return "it publishes with QoS 2";
	publish->topic = take_text(cursor);
	if (publish->topic.len == 0 || memchr(publish->topic.at, '#', publish->topic.len) != NULL ||
	    memchr(publish->topic.at, '+', publish->topic.len) != NULL)
		return "it publishes on no topic";
	if (publish->qos > 0 && (publish->id = take_u16(cursor)) == 0)
		return "its message has no number";
	publish->payload_len = cursor->left;
	publish->payload = take(cursor, cursor->left);
	return NULL;
}

static const char *
read_filters(struct cursor *cursor, struct mqtt_packet *packet)
{
	struct mqtt_filters *filters = &packet->filters;

	if ((filters->id = take_u16(cursor)) == 0)
		return "its subscription has no number";
	while (!cursor->failed && cursor->left > 0) {
		if (filters->count == MQTT_FILTERS_MAX)
			return "it subscribes to too much at once";
		filters->filters[filters->count] = take_text(cursor);
		if (!cursor->failed && !mqtt_filter_is_valid(filters->filters[filters->count]))
			return "it subscribes to what is no topic";
		if (packet->kind == MQTT_SUBSCRIBE && (filters->qos[filters->count] = take_u8(cursor)) > 2)
			return "it subscribes with a QoS that there is not";
		filters->count++;
	}
	return filters->count > 0 ? NULL : "it subscribes to nothing";
}

static const char *
read_body(struct cursor *cursor, uint8_t flags, struct mqtt_packet *packet)
{
	if (packet->kind == MQTT_CONNECT)
		return read_connect(cursor, packet);
	if (packet->kind == MQTT_PUBLISH)
		return read_publish(cursor, flags, packet);
	if (packet->kind == MQTT_SUBSCRIBE || packet->kind == MQTT_UNSUBSCRIBE)
		return read_filters(cursor, packet);
	if (packet->kind == MQTT_PUBACK)
		packet->id = take_u16(cursor);
	return NULL;
}

/* The first byte of a packet that a client may send. */
static bool
begins_a_packet(uint8_t first)
{
	static const uint16_t plain = 1 << MQTT_CONNECT | 1 << MQTT_PUBACK | 1 << MQTT_PINGREQ | 1 << MQTT_DISCONNECT;
	static const uint16_t flagged = 1 << MQTT_SUBSCRIBE | 1 << MQTT_UNSUBSCRIBE;
	unsigned kind = first >> 4, flags = first & 15;

	if (kind == MQTT_PUBLISH)
		return (flags & 6) != 6;
	return (plain >> kind & 1 && flags == 0) || (flagged >> kind & 1 && flags == 2);
}

static size_t
most_bytes(uint8_t first)
{
	return first >> 4 == MQTT_CONNECT ? MQTT_CONNECT_MAX_BYTES : MQTT_PACKET_MAX_BYTES;
}

/* The length that the header tells, 1 to 4 bytes of 7 bits each. */
static enum mqtt_result
read_length(const uint8_t *bytes, size_t len, size_t *ret_head, size_t *ret_body)
{
	*ret_body = 0;
	for (*ret_head = 1; *ret_head < len; (*ret_head)++) {
		*ret_body |= (size_t)(bytes[*ret_head] & 0x7f) << 7 * (*ret_head - 1);
		if (!(bytes[*ret_head] & 0x80)) {
			(*ret_head)++;
			return MQTT_DONE;
		}
		if (*ret_head == MQTT_HEADER_MAX_BYTES - 1)
			return MQTT_BAD;
	}
	return MQTT_MORE;
}

enum mqtt_result
mqtt_read(const uint8_t *bytes, size_t len, struct mqtt_packet *ret_packet, size_t *ret_used, const char **ret_fault)
{
	size_t head, body;

	memset(ret_packet, 0, sizeof *ret_packet);
	*ret_used = 0;
	*ret_fault = NULL;
	if (len == 0)
		return MQTT_MORE;
	if (!begins_a_packet(bytes[0])) {
		*ret_fault = "it sends what is no packet of MQTT, or none of a client's";
		return MQTT_BAD;
	}
	enum mqtt_result result = read_length(bytes, len, &head, &body);
	if (result == MQTT_MORE)
		return MQTT_MORE;
	if (result == MQTT_BAD || head + body > most_bytes(bytes[0])) {
		*ret_fault = "it sends too long a packet";
		return MQTT_BAD;
	}
	if (len < head + body)
		return MQTT_MORE;
	struct cursor cursor = { bytes + head, body, false };
	ret_packet->kind = (enum mqtt_kind)(bytes[0] >> 4);
	*ret_fault = read_body(&cursor, bytes[0] & 15, ret_packet);
	if (*ret_fault == NULL && (cursor.failed || cursor.left > 0))
		*ret_fault = "it sends a damaged packet";
	*ret_used = head + body;
	return *ret_fault == NULL ? MQTT_DONE : MQTT_BAD;
}

/* -- filters ---------------------------------------------------------------------------------------------------- */

bool
mqtt_text_is(struct mqtt_text text, const char *other)
{
	return text.len == strlen(other) && memcmp(text.at, other, text.len) == 0;
}

bool
mqtt_filter_is_valid(struct mqtt_text filter)
{
	for (size_t i = 0; i < filter.len; i++) {
		bool begins = i == 0 || filter.at[i - 1] == '/', ends = i + 1 == filter.len;
		if (filter.at[i] == '#' && !(begins && ends))
			return false;
		if (filter.at[i] == '+' && !(begins && (ends || filter.at[i + 1] == '/')))
			return false;
	}
	return filter.len > 0;
}

bool
mqtt_filter_matches(struct mqtt_text filter, const char *topic)
{
	size_t i = 0;

	while (i < filter.len && filter.at[i] != '#') {
		if (filter.at[i] == '+') {
			topic += strcspn(topic, "/");
			i++;
		} else if (*topic == filter.at[i]) {
			topic++;
			i++;
		} else {
			/* "a/#" gets "a", too. */
			return *topic == '\0' && filter.len - i == 2 && filter.at[i] == '/' && filter.at[i + 1] == '#';
		}
	}
	return i < filter.len || *topic == '\0';
}

/* -- writing ---------------------------------------------------------------------------------------------------- */

static size_t
write_short(uint8_t *to, enum mqtt_kind kind, const uint8_t *body, size_t len)
{
	ENSURE(2 + len <= MQTT_SHORT_BYTES && len < 128);
	to[0] = (uint8_t)(kind << 4);
	to[1] = (uint8_t)len;
	if (len > 0)
		memcpy(to + 2, body, len);
	return 2 + len;
}

size_t
mqtt_write_connack(uint8_t to[MQTT_SHORT_BYTES], enum mqtt_answer answer)
{
	return write_short(to, MQTT_CONNACK, (const uint8_t[]){ 0, (uint8_t)answer }, 2);
}

size_t
mqtt_write_puback(uint8_t to[MQTT_SHORT_BYTES], uint16_t id)
{
	return write_short(to, MQTT_PUBACK, (const uint8_t[]){ (uint8_t)(id >> 8), (uint8_t)id }, 2);
}

size_t
mqtt_write_suback(uint8_t to[MQTT_SHORT_BYTES], uint16_t id, const uint8_t *granted, size_t count)
{
	uint8_t body[2 + MQTT_FILTERS_MAX] = { (uint8_t)(id >> 8), (uint8_t)id };

	ENSURE(count <= MQTT_FILTERS_MAX);
	for (size_t i = 0; i < count; i++)
		ENSURE(granted[i] <= 2 || granted[i] == FAILURE);
	memcpy(body + 2, granted, count);
	return write_short(to, MQTT_SUBACK, body, 2 + count);
}

size_t
mqtt_write_unsuback(uint8_t to[MQTT_SHORT_BYTES], uint16_t id)
{
	return write_short(to, MQTT_UNSUBACK, (const uint8_t[]){ (uint8_t)(id >> 8), (uint8_t)id }, 2);
}

size_t
mqtt_write_pingresp(uint8_t to[MQTT_SHORT_BYTES])
{
	return write_short(to, MQTT_PINGRESP, NULL, 0);
}

size_t
mqtt_write_publish(uint8_t *to, size_t cap, const char *topic, const void *payload, size_t len)
{
	size_t topic_len = strlen(topic), body = 2 + topic_len + len, at = 0;

	if (topic_len > UINT16_MAX || body > MQTT_PACKET_MAX_BYTES - MQTT_HEADER_MAX_BYTES ||
	    body + MQTT_HEADER_MAX_BYTES > cap)
		return 0;
	to[at++] = MQTT_PUBLISH << 4;
	for (size_t left = body, more = 1; more;) {
		more = left >= 128;
		to[at++] = (uint8_t)((left & 0x7f) | (more ? 0x80 : 0));
		left >>= 7;
	}
	to[at++] = (uint8_t)(topic_len >> 8);
	to[at++] = (uint8_t)topic_len;
	memcpy(to + at, topic, topic_len);
	at += topic_len;
	memcpy(to + at, payload, len);
	return at + len;
}
