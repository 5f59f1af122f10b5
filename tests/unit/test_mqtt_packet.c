/*
 * MQTT's packets as a virtual printer reads and writes them, byte by byte as the standard has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "worker/virtual/mqtt_packet.h"

static struct mqtt_packet packet;
static const char *fault;
static size_t used;

#define READ(bytes) mqtt_read((const uint8_t *)(bytes), sizeof(bytes) - 1, &packet, &used, &fault)
#define assert_text(text, other) assert_true(mqtt_text_is(text, other))

/* -- reading ---------------------------------------------------------------------------------------------------- */

static void
a_connect_tells_who_comes(void **state)
{
	static const char bytes[] = "\x10\x1f\x00\x04MQTT\x04\xc2\x00\x1e\x00\x03"
				    "abc\x00\x04"
				    "bblp\x00\x08"
				    "12345678more";

	(void)state;
	assert_int_equal(READ(bytes), MQTT_DONE);
	assert_int_equal(used, sizeof bytes - 1 - 4);
	assert_int_equal(packet.kind, MQTT_CONNECT);
	assert_int_equal(packet.connect.level, MQTT_LEVEL);
	assert_true(packet.connect.clean && packet.connect.has_user && packet.connect.has_password);
	assert_int_equal(packet.connect.keepalive_s, 30);
	assert_text(packet.connect.client_id, "abc");
	assert_text(packet.connect.user, "bblp");
	assert_int_equal(packet.connect.password_len, 8);
	assert_memory_equal(packet.connect.password, "12345678", 8);
}

static void
a_will_is_read_and_let_go(void **state)
{
	static const char bytes[] = "\x10\x1b\x00\x04MQTT\x04\x8e\x00\x00\x00\x00\x00\x01t\x00\x04gone\x00\x04" "bblp";

	(void)state;
	assert_int_equal(READ(bytes), MQTT_DONE);
	assert_text(packet.connect.user, "bblp");
	assert_false(packet.connect.has_password);
	assert_int_equal(packet.connect.client_id.len, 0);
}

static void
another_version_is_told_and_not_understood(void **state)
{
	(void)state;
	/* MQTT 5, with properties */
	assert_int_equal(READ("\x10\x10\x00\x04MQTT\x05\x02\x00\x3c\x03\x21\x00\x14\x00\x00"), MQTT_DONE);
	assert_int_equal(packet.connect.level, 5);
	assert_int_equal(READ("\x10\x0e\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x00"), MQTT_DONE);
	assert_int_equal(packet.connect.level, 3);
}

static void
a_publish_has_topic_number_and_payload(void **state)
{
	(void)state;
	assert_int_equal(READ("\x30\x05\x00\x01t{}"), MQTT_DONE);
	assert_int_equal(packet.kind, MQTT_PUBLISH);
	assert_int_equal(packet.publish.qos, 0);
	assert_text(packet.publish.topic, "t");
	assert_int_equal(packet.publish.payload_len, 2);
	assert_memory_equal(packet.publish.payload, "{}", 2);
	assert_int_equal(READ("\x3b\x05\x00\x01t\x12\x34"), MQTT_DONE); /* again, QoS 1, to be retained; empty */
	assert_int_equal(packet.publish.qos, 1);
	assert_int_equal(packet.publish.id, 0x1234);
	assert_int_equal(packet.publish.payload_len, 0);
}

static void
subscriptions_have_filters(void **state)
{
	(void)state;
	assert_int_equal(READ("\x82\x0b\x00\x07\x00\x01#\x00\x00\x02" "ab\x02"), MQTT_DONE);
	assert_int_equal(packet.kind, MQTT_SUBSCRIBE);
	assert_int_equal(packet.filters.id, 7);
	assert_int_equal(packet.filters.count, 2);
	assert_text(packet.filters.filters[0], "#");
	assert_text(packet.filters.filters[1], "ab");
	assert_int_equal(packet.filters.qos[1], 2);
	assert_int_equal(READ("\xa2\x05\x00\x08\x00\x01#"), MQTT_DONE);
	assert_int_equal(packet.kind, MQTT_UNSUBSCRIBE);
	assert_int_equal(packet.filters.count, 1);
}

static void
the_short_ones(void **state)
{
	(void)state;
	assert_int_equal(READ("\xc0\x00"), MQTT_DONE);
	assert_int_equal(packet.kind, MQTT_PINGREQ);
	assert_int_equal(READ("\xe0\x00"), MQTT_DONE);
	assert_int_equal(packet.kind, MQTT_DISCONNECT);
	assert_int_equal(READ("\x40\x02\x00\x09"), MQTT_DONE);
	assert_int_equal(packet.id, 9);
}

/* What must end a connection. */
static void
bad_packets_are_refused(void **state)
{
#define ROW(bytes) { bytes, sizeof(bytes) - 1 }
	static const struct { const char *bytes; size_t len;
	} rows[] = {
		ROW("\x10\x0c\x00\x04HTTP\x04\x02\x00\x00\x00\x00"),	 /* another protocol */
		ROW("\x11\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00"),	 /* flags in its header */
		ROW("\x10\x0c\x00\x04MQTT\x04\x03\x00\x00\x00\x00"),	 /* the reserved flag */
		ROW("\x10\x0c\x00\x04MQTT\x04\x22\x00\x00\x00\x00"),	 /* a retained will that is none */
		ROW("\x10\x0c\x00\x04MQTT\x04\x42\x00\x00\x00\x00"),	 /* a password without a user */
		ROW("\x10\x0c\x00\x04MQTT\x04\x82\x00\x00\x00\x00"),	 /* a user that is missing */
		ROW("\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x00xx"),	 /* bytes at its end */
		ROW("\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01\xff"), /* an id that is no text */
		ROW("\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01\x00"), /* an id with a NUL */
		ROW("\x30\x03\x00\x02t"),				 /* a topic that is longer than all */
		ROW("\x30\x02\x00\x00"),				 /* no topic */
		ROW("\x30\x03\x00\x01#"),
		ROW("\x30\x03\x00\x01+"),	  /* a topic that is a filter */
		ROW("\x32\x05\x00\x01t\x00\x00"), /* the number 0 */
		ROW("\x34\x05\x00\x01t\x00\x01"),
		ROW("\x36\x05\x00\x01t\x00\x01"),      /* QoS 2 and 3 */
		ROW("\x80\x06\x00\x01\x00\x01#\x00"),  /* not the flags of SUBSCRIBE */
		ROW("\x82\x02\x00\x01"),	       /* no filter */
		ROW("\x82\x06\x00\x00\x00\x01#\x00"),  /* the number 0 */
		ROW("\x82\x06\x00\x01\x00\x01#\x03"),  /* QoS 3 */
		ROW("\x82\x07\x00\x01\x00\x02#a\x00"), /* what follows after # */
		ROW("\x82\x05\x00\x01\x00\x01#"),      /* no QoS */
		ROW("\xc0\x01x"),
		ROW("\xc1\x00"),
		ROW("\x40\x01\x00"),
		ROW("\x00"),
		ROW("\x20"),
		ROW("\x50"),
		ROW("\x62"),
		ROW("\x90"),
		ROW("\xd0"),
		ROW("\xf0"), /* no client's */
		ROW("GET / HTTP/1.1"),
		ROW("\x16\x03\x01"),
		ROW("\x10\x81\x20"),	     /* more than 4 KiB from a stranger */
		ROW("\x30\x80\x80\x10"),     /* 256 KiB and more */
		ROW("\x30\xff\xff\xff\xff"), /* a length without end */
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		fault = NULL;
		if (mqtt_read((const uint8_t *)rows[i].bytes, rows[i].len, &packet, &used, &fault) !=
			    MQTT_BAD ||
		    fault == NULL)
			fail_msg("row %zu is taken", i);
	}
}

static void
too_many_filters_are_refused(void **state)
{
	uint8_t bytes[4 + 4 * (MQTT_FILTERS_MAX + 1)] = { 0x82, 2 + 4 * (MQTT_FILTERS_MAX + 1), 0, 1 };

	(void)state;
	for (size_t i = 0; i <= MQTT_FILTERS_MAX; i++)
		memcpy(bytes + 4 + 4 * i, "\0\1a\0", 4);
	assert_int_equal(mqtt_read(bytes, sizeof bytes, &packet, &used, &fault), MQTT_BAD);
	bytes[1] -= 4;
	assert_int_equal(mqtt_read(bytes, sizeof bytes, &packet, &used, &fault), MQTT_DONE);
	assert_int_equal(packet.filters.count, MQTT_FILTERS_MAX);
}

static void
a_part_of_a_packet_waits_for_the_rest(void **state)
{
	static const char bytes[] = "\x82\x0b\x00\x07\x00\x01#\x00\x00\x02" "ab\x02";

	(void)state;
	for (size_t len = 0; len < sizeof bytes - 1; len++) {
		assert_int_equal(mqtt_read((const uint8_t *)bytes, len, &packet, &used, &fault), MQTT_MORE);
		assert_int_equal(used, 0);
	}
}

static void
the_longest_packet_is_taken(void **state)
{
	size_t body = MQTT_PACKET_MAX_BYTES - 4;
	uint8_t *bytes = calloc(1, MQTT_PACKET_MAX_BYTES);

	(void)state;
	memcpy(bytes,
	       (const uint8_t[]){ 0x30, (uint8_t)(body | 0x80), (uint8_t)(body >> 7 | 0x80),
				  (uint8_t)(body >> 14), 0, 1, 't' },
	       7);
	assert_int_equal(mqtt_read(bytes, MQTT_PACKET_MAX_BYTES, &packet, &used, &fault), MQTT_DONE);
	assert_int_equal(packet.publish.payload_len, body - 3);
	free(bytes);
}

/* -- filters ---------------------------------------------------------------------------------------------------- */

static void
filters_match_as_the_standard_says(void **state)
{
	static const struct { const char *filter, *topic; bool matches; } rows[] = {
		{ "device/A/report", "device/A/report", true },	{ "device/a/report", "device/A/report", false },
		{ "#", "device/A/report", true },		{ "device/#", "device/A/report", true },
		{ "device/+/report", "device/A/report", true }, { "device/+", "device/A/report", false },
		{ "+/+/+", "device/A/report", true },		{ "+/+", "device/A/report", false },
		{ "device/A/report/#", "device/A/report", true }, { "device/A/report/+", "device/A/report", false },
		{ "device/A/repor", "device/A/report", false }, { "device/A/reports", "device/A/report", false },
		{ "device/A/request", "device/A/report", false }, { "device/B/#", "device/A/report", false },
		{ "/#", "device/A/report", false },		{ "+", "", true },
		{ "device/A/report#", "device/A/report", false }, /* is not valid */
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		struct mqtt_text filter = { rows[i].filter, strlen(rows[i].filter) };
		if ((mqtt_filter_is_valid(filter) && mqtt_filter_matches(filter, rows[i].topic)) != rows[i].matches)
			fail_msg("%s and %s", rows[i].filter, rows[i].topic);
	}
}

static void
some_filters_are_none(void **state)
{
	static const char *const bad[] = { "", "a#", "#/a", "a/#/b", "a+", "+a", "a/b+/c", "##" };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(bad); i++)
		if (mqtt_filter_is_valid((struct mqtt_text){ bad[i], strlen(bad[i]) }))
			fail_msg("\"%s\" is taken", bad[i]);
}

/* -- writing ---------------------------------------------------------------------------------------------------- */

static void
answers_are_those_of_the_standard(void **state)
{
	uint8_t to[MQTT_SHORT_BYTES];

	(void)state;
	assert_int_equal(mqtt_write_connack(to, MQTT_NOT_AUTHORIZED), 4);
	assert_memory_equal(to, "\x20\x02\x00\x05", 4);
	assert_int_equal(mqtt_write_puback(to, 0x1234), 4);
	assert_memory_equal(to, "\x40\x02\x12\x34", 4);
	assert_int_equal(mqtt_write_suback(to, 7, (const uint8_t[]){ 0, 1, 0x80 }, 3), 7);
	assert_memory_equal(to, "\x90\x05\x00\x07\x00\x01\x80", 7);
	assert_int_equal(mqtt_write_unsuback(to, 7), 4);
	assert_memory_equal(to, "\xb0\x02\x00\x07", 4);
	assert_int_equal(mqtt_write_pingresp(to), 2);
	assert_memory_equal(to, "\xd0\x00", 2);
}

static void
what_is_published_can_be_read_again(void **state)
{
	static const size_t lens[] = { 0, 1, 120, 121, 122, 16375, 16376, 16377, 65536 };
	static uint8_t payload[65536], to[70000];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(lens); i++) {
		size_t len = mqtt_write_publish(to, sizeof to, "topic", payload, lens[i]);
		assert_int_equal(mqtt_read(to, len, &packet, &used, &fault), MQTT_DONE);
		assert_int_equal(used, len);
		assert_text(packet.publish.topic, "topic");
		assert_int_equal(packet.publish.payload_len, lens[i]);
	}
	assert_int_equal(mqtt_write_publish(to, 100, "topic", payload, 100), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connect_tells_who_comes),
		cmocka_unit_test(a_will_is_read_and_let_go),
		cmocka_unit_test(another_version_is_told_and_not_understood),
		cmocka_unit_test(a_publish_has_topic_number_and_payload),
		cmocka_unit_test(subscriptions_have_filters),
		cmocka_unit_test(the_short_ones),
		cmocka_unit_test(bad_packets_are_refused),
		cmocka_unit_test(too_many_filters_are_refused),
		cmocka_unit_test(a_part_of_a_packet_waits_for_the_rest),
		cmocka_unit_test(the_longest_packet_is_taken),
		cmocka_unit_test(filters_match_as_the_standard_says),
		cmocka_unit_test(some_filters_are_none),
		cmocka_unit_test(answers_are_those_of_the_standard),
		cmocka_unit_test(what_is_published_can_be_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
