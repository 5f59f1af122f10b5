/*
 * Any stream from an MQTT client, in any pieces: what is read is the same however it is cut, every packet lies
 * within what was sent and within its bounds, and nothing is read after a fault. Texts are texts; filters that are
 * taken match or do not.
 * Covers: mqtt_read, mqtt_filter_is_valid, mqtt_filter_matches, mqtt_write_publish, mqtt_write_suback
 */
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "worker/virtual/mqtt_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ensure_within(const void *at, size_t len, const uint8_t *from, size_t size)
{
	ENSURE(len == 0 || ((const uint8_t *)at >= from && (const uint8_t *)at + len <= from + size));
}

static void
ensure_text(struct mqtt_text text, const uint8_t *from, size_t size)
{
	ensure_within(text.at, text.len, from, size);
	ENSURE(str_valid_utf8(text.at, text.len));
}

static void
look_at_filters(const struct mqtt_packet *packet, const uint8_t *from, size_t used)
{
	uint8_t answer[MQTT_SHORT_BYTES], granted[MQTT_FILTERS_MAX] = { 0 };

	ENSURE(packet->filters.id != 0 && packet->filters.count > 0 && packet->filters.count <= MQTT_FILTERS_MAX);
	for (size_t i = 0; i < packet->filters.count; i++) {
		ensure_text(packet->filters.filters[i], from, used);
		ENSURE(mqtt_filter_is_valid(packet->filters.filters[i]));
		(void)mqtt_filter_matches(packet->filters.filters[i], "device/00M00A000000001/report");
		(void)mqtt_filter_matches(packet->filters.filters[i], "");
	}
	ENSURE(mqtt_write_suback(answer, packet->filters.id, granted, packet->filters.count) ==
	       4 + packet->filters.count);
}

/* What a broker writes of a message is read again as it was. */
static void
write_again(const struct mqtt_publish *publish)
{
	static uint8_t bytes[MQTT_PACKET_MAX_BYTES];
	char topic[256];
	struct mqtt_packet again;
	const char *fault;
	size_t used;

	if (publish->topic.len >= sizeof topic)
		return;
	memcpy(topic, publish->topic.at, publish->topic.len);
	topic[publish->topic.len] = '\0';
	size_t len = mqtt_write_publish(bytes, sizeof bytes, topic, publish->payload, publish->payload_len);
	ENSURE(len > 0 && mqtt_read(bytes, len, &again, &used, &fault) == MQTT_DONE && used == len);
	ENSURE(again.publish.payload_len == publish->payload_len &&
	       memcmp(again.publish.payload, publish->payload, publish->payload_len) == 0);
}

static void
look_at(const struct mqtt_packet *packet, const uint8_t *from, size_t used)
{
	if (packet->kind == MQTT_CONNECT && packet->connect.level == MQTT_LEVEL) {
		ensure_text(packet->connect.client_id, from, used);
		if (packet->connect.has_user)
			ensure_text(packet->connect.user, from, used);
		ENSURE(!packet->connect.has_password || packet->connect.has_user);
		ensure_within(packet->connect.password, packet->connect.password_len, from, used);
	} else if (packet->kind == MQTT_PUBLISH) {
		ensure_text(packet->publish.topic, from, used);
		ensure_within(packet->publish.payload, packet->publish.payload_len, from, used);
		write_again(&packet->publish);
	} else if (packet->kind == MQTT_SUBSCRIBE || packet->kind == MQTT_UNSUBSCRIBE) {
		look_at_filters(packet, from, used);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mqtt_packet packet, piece;
	const char *fault, *piece_fault;
	size_t used, piece_used;

	for (unsigned packets = 0; size > 0 && packets < 64; packets++) {
		enum mqtt_result result = mqtt_read(data, size, &packet, &used, &fault);
		if (result != MQTT_DONE) {
			ENSURE((result == MQTT_BAD) == (fault != NULL));
			return 0;
		}
		ENSURE(used >= 2 && used <= size && used <= MQTT_PACKET_MAX_BYTES);
		look_at(&packet, data, used);
		/* It needed all of it. */
		ENSURE(mqtt_read(data, used - 1, &piece, &piece_used, &piece_fault) == MQTT_MORE && piece_used == 0);
		ENSURE(mqtt_read(data, used, &piece, &piece_used, &piece_fault) == MQTT_DONE && piece_used == used);
		data += used;
		size -= used;
	}
	return 0;
}
