/*
 * What a virtual printer tells of itself to anybody, read by those who look for printers: announcements by
 * discovery/ssdp, the detect service by discovery/detect.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "discovery/detect.h"
#include "discovery/ssdp.h"
#include "worker/virtual/announce.h"
#include "worker/virtual/detect_frame.h"

#define SERIAL "00MFUSE12345678"

static const struct nameplate plain = { SERIAL, "BL-P001", "Shelf 3 \xc3\xa4", "01.09.00.01" };

static struct in_addr
address_of(const char *text)
{
	struct in_addr address;

	assert_int_equal(inet_pton(AF_INET, text, &address), 1);
	return address;
}

/* -- announcements ---------------------------------------------------------------------------------------------- */

static void
an_announcement_is_heard_as_a_printers(void **state)
{
	char text[ANNOUNCE_MAX_BYTES];
	struct ssdp_announcement heard;
	size_t len = announce_write(&plain, "127.64.0.3", text);

	(void)state;
	assert_true(ssdp_parse(text, len, address_of("127.64.0.3"), &heard));
	assert_string_equal(heard.serial, SERIAL);
	assert_int_equal(heard.address.s_addr, address_of("127.64.0.3").s_addr);
	assert_string_equal(heard.model_code, "BL-P001");
	assert_string_equal(heard.name, "Shelf 3 \xc3\xa4");
	assert_string_equal(heard.firmware, "01.09.00.01");
	assert_string_equal(heard.connect, "lan");
	assert_string_equal(heard.bind, "free");
	assert_int_equal(heard.signal_dbm, -48);
	assert_false(heard.leaves);
	assert_string_equal(text + len - 4, "\r\n\r\n");
}

static void
a_name_cannot_forge_lines(void **state)
{
	struct nameplate sly = plain;
	struct ssdp_announcement heard;
	char text[ANNOUNCE_MAX_BYTES];

	(void)state;
	str_copy(sly.name, sizeof sly.name, "a\r\nUSN: 01P00A000000001\r\n");
	size_t len = announce_write(&sly, "127.64.0.3", text);
	assert_true(ssdp_parse(text, len, address_of("127.64.0.3"), &heard));
	assert_string_equal(heard.serial, SERIAL);
}

static void
the_longest_nameplate_fits(void **state)
{
	struct nameplate long_one = { { 0 }, { 0 }, { 0 }, { 0 } };
	char text[ANNOUNCE_MAX_BYTES];
	uint8_t answer[DETECT_ANSWER_MAX_BYTES];

	(void)state;
	memset(long_one.serial, 'S', sizeof long_one.serial - 1);
	memset(long_one.model_code, 'M', sizeof long_one.model_code - 1);
	memset(long_one.name, '\\', sizeof long_one.name - 1);
	memset(long_one.firmware, '9', sizeof long_one.firmware - 1);
	assert_true(announce_write(&long_one, "255.255.255.255", text) < ANNOUNCE_MAX_BYTES);
	assert_true(detect_frame_answer(&long_one, UINT32_MAX, answer) <= DETECT_ANSWER_MAX_BYTES);
}

static void
one_on_this_machine_tells_this_machine_only(void **state)
{
	(void)state;
	assert_int_equal(announce_to("127.64.0.1").sin_addr.s_addr, address_of("127.255.255.255").s_addr);
	assert_int_equal(announce_to("192.168.1.2").sin_addr.s_addr, address_of("255.255.255.255").s_addr);
	assert_int_equal(announce_to("127.64.0.1").sin_port, htons(SSDP_PORT));
}

/* -- the detect service ----------------------------------------------------------------------------------------- */

static void
the_answer_is_read_as_a_printers(void **state)
{
	uint8_t answer[DETECT_ANSWER_MAX_BYTES], request[DETECT_REQUEST_BYTES];
	struct detect_reply reply;
	const char *fault;

	(void)state;
	assert_int_equal(detect_frame_read(request, detect_request(request)), DETECT_ASK_DETECT);
	size_t len = detect_frame_answer(&plain, 3021, answer);
	assert_int_equal(detect_decode(answer, len, &reply, &fault), DETECT_DONE);
	assert_string_equal(reply.serial, SERIAL);
	assert_string_equal(reply.model_code, "BL-P001");
	assert_string_equal(reply.name, "Shelf 3 \xc3\xa4");
	assert_string_equal(reply.firmware, "01.09.00.01");
	assert_string_equal(reply.bind, "free");
	assert_string_equal(reply.connect, "lan");
	assert_false(reply.refused);
	answer[len - 2] = '\0';
	assert_non_null(strstr((char *)answer + 4, "\"sequence_id\":3021,"));
}

static enum detect_ask
ask(const char *json, size_t claimed)
{
	uint8_t frame[256];
	size_t len = strlen(json), total = len + 6;

	if (claimed == 0)
		claimed = total;
	memcpy(frame, (const uint8_t[]){ 0xa5, 0xa5, (uint8_t)claimed, (uint8_t)(claimed >> 8) }, 4);
	memcpy(frame + 4, json, len);
	memset(frame + 4 + len, 0xa7, 2);
	return detect_frame_read(frame, total);
}

static void
what_it_does_not_know_has_no_answer(void **state)
{
	static const char detect[] = "{\"login\":{\"command\":\"detect\"}}";

	(void)state;
	assert_int_equal(ask(detect, 0), DETECT_ASK_DETECT);
	assert_int_equal(ask(detect, sizeof detect - 1), DETECT_ASK_UNKNOWN); /* a wrong length: of the JSON alone */
	assert_int_equal(ask(detect, 5000), DETECT_ASK_UNKNOWN);
	assert_int_equal(ask(detect, 5), DETECT_ASK_UNKNOWN);
	assert_int_equal(ask("{\"login\":{\"command\":\"bind\"}}", 0), DETECT_ASK_UNKNOWN);
	assert_int_equal(ask("{\"login\":\"detect\"}", 0), DETECT_ASK_UNKNOWN);
	assert_int_equal(ask("[]", 0), DETECT_ASK_UNKNOWN);
	assert_int_equal(ask("", 0), DETECT_ASK_UNKNOWN);
	assert_int_equal(detect_frame_read((const uint8_t *)"GET / HTTP/1.1\r\n\r\n", 18), DETECT_ASK_UNKNOWN);
	assert_int_equal(detect_frame_read((const uint8_t *)"\xa5\x16", 2), DETECT_ASK_UNKNOWN);
}

static void
a_part_of_a_question_waits_for_the_rest(void **state)
{
	uint8_t request[DETECT_REQUEST_BYTES];
	size_t len = detect_request(request);

	(void)state;
	for (size_t i = 0; i < len; i++)
		assert_int_equal(detect_frame_read(request, i), DETECT_ASK_MORE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_announcement_is_heard_as_a_printers),
		cmocka_unit_test(a_name_cannot_forge_lines),
		cmocka_unit_test(the_longest_nameplate_fits),
		cmocka_unit_test(one_on_this_machine_tells_this_machine_only),
		cmocka_unit_test(the_answer_is_read_as_a_printers),
		cmocka_unit_test(what_it_does_not_know_has_no_answer),
		cmocka_unit_test(a_part_of_a_question_waits_for_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
