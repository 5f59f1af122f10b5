/*
 * The detect service's frames, the addresses that may be probed, and the story told of what was found.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "discovery/detect.h"
#include "discovery/probe.h"
#include "discovery/story.h"

#define SERIAL "01P00A123456789"
#define SHA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DAY_MS (24 * 3600 * INT64_C(1000))

/* -- frames -------------------------------------------------------------------------------------------- */

static uint8_t frame[70000];

/* A frame around `json`; `length` as it is written into it (0 = the right one). Returns its true length. */
static size_t
make_frame(const char *json, size_t length)
{
	size_t len = strlen(json), total = len + 6;

	if (length == 0)
		length = total;
	memcpy(frame, (const uint8_t[]){ 0xa5, 0xa5, (uint8_t)length, (uint8_t)(length >> 8) }, 4);
	memcpy(frame + 4, json, len);
	frame[4 + len] = frame[5 + len] = 0xa7;
	return total;
}

static struct detect_reply reply;
static const char *fault;

static enum detect_result
decode(const char *json)
{
	return detect_decode(frame, make_frame(json, 0), &reply, &fault);
}

static void
the_request_is_the_frame_that_printers_expect(void **state)
{
	static const char expected[] = "\xa5\xa5\x3a\x00"
				       "{\"login\":{\"command\":\"detect\",\"sequence_id\":\"20000\"}}\xa7\xa7";
	uint8_t request[DETECT_REQUEST_BYTES];

	(void)state;
	assert_int_equal(detect_request(request), sizeof expected - 1);
	assert_memory_equal(request, expected, sizeof expected - 1);
	assert_int_equal(sizeof expected - 1, 0x3a); /* the length counts the whole frame */
}

static void
an_answer_is_read_whole(void **state)
{
	(void)state;
	assert_int_equal(decode("{\"login\":{\"command\":\"detect\",\"sequence_id\":3021,\"id\":\"03000A123456789\","
				"\"model\":\"N1\",\"name\":\"Shelf 3 "
				"left\",\"version\":\"01.07.02.00\",\"bind\":\"free\","
				"\"connect\":\"lan\",\"dev_cap\":1}}"),
			 DETECT_DONE);
	assert_false(reply.refused);
	assert_string_equal(reply.serial, "03000A123456789");
	assert_string_equal(reply.model_code, "N1");
	assert_string_equal(reply.name, "Shelf 3 left");
	assert_string_equal(reply.firmware, "01.07.02.00");
	assert_string_equal(reply.bind, "free");
	assert_string_equal(reply.connect, "lan");
}

static void
a_frame_may_come_in_any_pieces_and_be_followed_by_anything(void **state)
{
	size_t total = make_frame("{\"login\":{\"id\":\"A\"}}", 0);

	(void)state;
	for (size_t len = 0; len < total; len++)
		assert_int_equal(detect_decode(frame, len, &reply, &fault), DETECT_MORE);
	assert_int_equal(detect_decode(frame, total, &reply, &fault), DETECT_DONE);
	memset(frame + total, 'x', 100);
	assert_int_equal(detect_decode(frame, total + 100, &reply, &fault), DETECT_DONE);
	assert_string_equal(reply.serial, "A");
}

static void
a_refusal_is_read_out_of_the_json_inside_its_string(void **state)
{
	(void)state;
	assert_int_equal(decode("{\"login\":{\"sequence_id\":1000,\"command\":\"login_report\",\"status\":\"FAILURE\","
				"\"reason\":\"{\\\"devmsg\\\":\\\"LAN-ONLY enabled\\\",\\\"err_code\\\":83902489}\"}}"),
			 DETECT_DONE);
	assert_true(reply.refused);
	assert_string_equal(reply.refusal, "LAN-ONLY enabled");
	assert_int_equal(reply.refusal_code, 83902489);
	assert_string_equal(reply.serial, "");
	/* Or it is no JSON, or no string. */
	assert_int_equal(decode("{\"login\":{\"status\":\"FAILURE\",\"reason\":\"go \\u001b[31maway\"}}"), DETECT_DONE);
	assert_true(reply.refused);
	assert_string_equal(reply.refusal, "go ?[31maway");
	assert_int_equal(decode("{\"login\":{\"status\":\"FAILURE\",\"reason\":{}}}"), DETECT_DONE);
	assert_true(reply.refused);
	assert_string_equal(reply.refusal, "");
}

static void
what_is_no_answer_is_told_by_its_fault(void **state)
{
	static const struct { const char *json, *fault; } cases[] = {
		{ "hello", "it does not answer in JSON" },
		{ "{\"login\":{\"id\":\"A\",\"id\":\"B\"}}", "it does not answer in JSON" },
		{ "{\"login\":{\"id\":\"\xff\"}}", "it does not answer in JSON" },
		{ "{\"login\":{\"id\":\"A\\u0000B\"}}", "it does not answer in JSON" },
		{ "[]", "it answers something else than was asked" },
		{ "{}", "it answers something else than was asked" },
		{ "{\"login\":[]}", "it answers something else than was asked" },
		{ "{\"login\":{}}", "it names no serial number" },
		{ "{\"login\":{\"id\":\"\"}}", "it names no serial number" },
		{ "{\"login\":{\"id\":7}}", "it names no serial number" },
		{ "{\"login\":{\"status\":\"SUCCESS\"}}", "it names no serial number" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		assert_int_equal(decode(cases[i].json), DETECT_BAD);
		assert_string_equal(fault, cases[i].fault);
	}
}

static void
a_wrong_length_is_refused_as_soon_as_it_is_seen(void **state)
{
	static const char json[] = "{\"login\":{\"id\":\"A\"}}";
	size_t total = make_frame(json, 0);

	(void)state;
	for (size_t length = 1; length < 6; length++) {
		make_frame(json, length);
		assert_int_equal(detect_decode(frame, 4, &reply, &fault), DETECT_BAD);
	}
	for (size_t length = 6; length < total; length++) {
		make_frame(json, length);
		assert_int_equal(detect_decode(frame, total, &reply, &fault), DETECT_BAD);
		assert_string_equal(fault, "it answers with a wrong length");
	}
	make_frame(json, total + 1);
	assert_int_equal(detect_decode(frame, total, &reply, &fault), DETECT_MORE);
	make_frame(json, DETECT_REPLY_MAX_BYTES);
	assert_int_equal(detect_decode(frame, total, &reply, &fault), DETECT_MORE);
	make_frame(json, DETECT_REPLY_MAX_BYTES + 1);
	assert_int_equal(detect_decode(frame, 4, &reply, &fault), DETECT_BAD);
	assert_string_equal(fault, "it announces an answer that is too long");
	frame[0] = 'H';
	assert_int_equal(detect_decode(frame, 1, &reply, &fault), DETECT_BAD);
	frame[0] = 0xa5;
	frame[1] = 'T';
	assert_int_equal(detect_decode(frame, 2, &reply, &fault), DETECT_BAD);
}

static void
names_are_cut_and_made_harmless(void **state)
{
	char json[600], name[300];

	(void)state;
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	str_format(json, sizeof json,
		   "{\"login\":{\"id\":\"a\\nb\xe2\x80\xae" "c\",\"name\":\"%s\",\"model\":[1]}}", name);
	assert_int_equal(decode(json), DETECT_DONE);
	assert_string_equal(reply.serial, "a?b???c");
	assert_int_equal(strlen(reply.name), sizeof reply.name - 1);
	assert_string_equal(reply.model_code, "");
}

/* -- addresses ------------------------------------------------------------------------------------------- */

static void
numeric_addresses_of_one_machine_are_taken(void **state)
{
	static const char *const good[] = { "192.168.1.20", "127.0.0.1", "223.255.255.255", "1.0.0.0", "169.254.3.4",
					    "2001:db8::7", "::1", "fd00::1", "::ffff:192.0.2.7" };
	static const char *const bad[] = { "", "printer", "1.2.3", "1.2.3.4.5", "1.2.3.4 ", " 1.2.3.4", "0x7f.0.0.1",
					   "01.2.3.4", "256.1.1.1", "1.2.3.4/24", "[::1]", "fe80::1%eth0", "0.0.0.0",
					   "0.0.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
					   "::",
					   "ff02::1", "fe80::1", "::ffff:0.0.0.0", "::ffff:255.255.255.255" };
	struct sockaddr_storage address;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(good); i++)
		if (!probe_parse_address(good[i], &address, &fault))
			fail_msg("%s: %s", good[i], fault);
	assert_int_equal(address.ss_family, AF_INET); /* that IPv4 in IPv6's clothes */
	assert_int_equal(((struct sockaddr_in *)&address)->sin_addr.s_addr, htonl(0xc0000207));
	for (size_t i = 0; i < STR_ARRAY_LEN(bad); i++)
		if (probe_parse_address(bad[i], &address, &fault))
			fail_msg("%s was taken", bad[i]);
}

/* -- stories ----------------------------------------------------------------------------------------------- */

static struct findings findings;
static struct msg_probed told;

static void
tell(void)
{
	story_tell(&findings, tls_build_ms() + DAY_MS, &told);
}

static void
start(enum visit_end mqtt)
{
	memset(&findings, 0, sizeof findings);
	str_copy(findings.address, sizeof findings.address, "192.0.2.7");
	findings.mqtt.port = 8883;
	findings.mqtt.end = mqtt;
}

static void
show(struct visit_result *visit, const char *serial, enum tls_vouch vouch)
{
	visit->has_certificate = true;
	visit->certificate = (struct tls_certificate){ .issuer = "BBL CA", .sha256 = SHA, .vouch = vouch,
						       .not_after_ms = tls_build_ms() + 10 * DAY_MS };
	str_copy(visit->certificate.serial, sizeof visit->certificate.serial, serial);
}

static void
answer(const char *serial, const char *model_code)
{
	findings.detect.end = VISIT_DONE;
	str_copy(findings.detect.reply.serial, sizeof findings.detect.reply.serial, serial);
	str_copy(findings.detect.reply.model_code, sizeof findings.detect.reply.model_code, model_code);
}

static void
a_certificate_tells_whose_it_is_and_who_vouches(void **state)
{
	(void)state;
	start(VISIT_DONE);
	show(&findings.mqtt, SERIAL, TLS_VOUCH_BAMBU);
	tell();
	assert_string_equal(told.sentence, "A printer answers: P1S, serial number " SERIAL
					   ". Bambu Lab's own issuer vouches for its certificate.");
	assert_string_equal(told.remedy, "");
	assert_string_equal(told.model, "P1S");
	assert_string_equal(told.certificate_sha256, SHA);
	assert_int_equal(told.vouch, TLS_VOUCH_BAMBU);
	assert_true(told.mqtt_open);
	assert_false(told.detect_answered);

	findings.mqtt.certificate.vouch = TLS_VOUCH_NOBODY;
	tell();
	assert_non_null(strstr(told.sentence, "No known issuer vouches"));
	assert_non_null(strstr(told.remedy, "approve the certificate's fingerprint"));
	str_copy(findings.mqtt.certificate.serial, sizeof findings.mqtt.certificate.serial, "ZZZ00A123456789");
	tell();
	assert_string_equal(told.model, "Other");
	assert_non_null(strstr(told.sentence, "A printer answers: serial number ZZZ00A123456789."));
}

static void
the_model_is_the_one_told_else_the_one_that_the_serial_number_tells(void **state)
{
	(void)state;
	start(VISIT_DONE);
	show(&findings.mqtt, SERIAL, TLS_VOUCH_BAMBU);
	answer(SERIAL, "O1D-V2");
	tell();
	assert_string_equal(told.model, "H2D");
	assert_string_equal(told.model_code, "O1D-V2");
	answer(SERIAL, "Q9");
	tell();
	assert_string_equal(told.model, "P1S");
}

static void
dates_are_judged_as_a_worker_will(void **state)
{
	(void)state;
	start(VISIT_DONE);
	show(&findings.mqtt, SERIAL, TLS_VOUCH_BAMBU);
	findings.mqtt.certificate.not_after_ms = INT64_C(1700000000000);
	tell();
	assert_non_null(strstr(told.sentence, "Its certificate has expired on 2023-11-14."));
	findings.mqtt.certificate.vouch = TLS_VOUCH_NOBODY; /* then nobody asks for dates */
	tell();
	assert_null(strstr(told.sentence, "expired"));
}

static void
who_disagrees_is_named(void **state)
{
	(void)state;
	start(VISIT_DONE);
	show(&findings.mqtt, SERIAL, TLS_VOUCH_NOBODY);
	answer("01P00A999999999", "C12");
	tell();
	assert_string_equal(told.serial, SERIAL);
	assert_string_equal(told.sentence, "The certificate names " SERIAL ", but the detect service at this address "
									   "says "
					   "01P00A999999999. The certificate counts.");
	show(&findings.mqtt, "", TLS_VOUCH_NOBODY);
	tell();
	assert_string_equal(told.serial, "01P00A999999999");
	assert_non_null(strstr(told.sentence, "names no serial number"));
}

static void
a_printer_without_mqtt_gets_its_own_menu(void **state)
{
	static const struct { enum visit_end end; const char *sentence, *remedy; bool open; } cases[] = {
		{ VISIT_REFUSED, "port 8883 is closed", "Turn on LAN Only Mode at the printer: Settings > "
							"WLAN", false },
		{ VISIT_NO_ANSWER, "port 8883 does not answer", "firewall", false },
		{ VISIT_UNREACHABLE, "port 8883 cannot be reached", "firewall", false },
		{ VISIT_CLOSED, "takes connections and closes them", "switch the printer off and on", true },
		{ VISIT_TLS_SILENT, "falls silent in the TLS handshake", "switch the printer off and on", true },
		{ VISIT_TLS_FAILED, "fails in the TLS handshake", "switch the printer off and on", true },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		start(cases[i].end);
		answer(SERIAL, "C12");
		tell();
		assert_non_null(strstr(told.sentence, "A printer is there: P1S, serial number " SERIAL));
		assert_non_null(strstr(told.sentence, cases[i].sentence));
		assert_non_null(strstr(told.remedy, cases[i].remedy));
		assert_int_equal(told.mqtt_open, cases[i].open);
	}
}

static void
a_stranger_is_called_one(void **state)
{
	static const char *const names[] = { "printer.example", "localhost", "router-1", "*", "Fuse Test CA" };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(names); i++) {
		start(VISIT_DONE);
		show(&findings.mqtt, names[i], TLS_VOUCH_NOBODY);
		tell();
		assert_non_null(strstr(told.sentence, "not a Bambu Lab printer"));
		/* Unless an issuer of printers vouches for it. */
		findings.mqtt.certificate.vouch = TLS_VOUCH_OWNER;
		tell();
		assert_non_null(strstr(told.sentence, "A printer answers"));
	}
}

/* Every combination, with everything as long as it can be: one whole sentence, and it fits its message. */
static void
every_finding_has_a_sentence_that_fits(void **state)
{
	static uint8_t body[8192];
	char longest[65];

	(void)state;
	memset(longest, '9', sizeof longest - 1);
	longest[64] = '\0';
	for (unsigned i = 0; i < 8 * 10 * 10; i++) {
		start((enum visit_end)(i % 10));
		findings.detect.end = (enum visit_end)(i / 10 % 10);
		if (findings.mqtt.end == VISIT_DONE)
			show(&findings.mqtt, longest, (enum tls_vouch)(i / 100 % 3));
		if (i / 100 & 4)
			show(&findings.detect, longest, TLS_VOUCH_NOBODY);
		if (findings.detect.end == VISIT_DONE && i / 100 & 1)
			answer(longest, longest);
		findings.detect.reply.refused = findings.detect.end == VISIT_DONE && !(i / 100 & 1);
		memset(findings.detect.reply.refusal, 'r', sizeof findings.detect.reply.refusal - 1);
		memset(findings.mqtt.fault, 'f', sizeof findings.mqtt.fault - 1);
		tell();
		assert_in_range(strlen(told.sentence), 20, sizeof told.sentence - 1);
		assert_true(told.sentence[strlen(told.sentence) - 1] == '.');
		assert_true(told.remedy[0] == '\0' || told.remedy[strlen(told.remedy) - 1] == '.');
		assert_true(message_encode(message_spec_peek(MESSAGE_PROBED), &told, body, sizeof body) > 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_is_the_frame_that_printers_expect),
		cmocka_unit_test(an_answer_is_read_whole),
		cmocka_unit_test(a_frame_may_come_in_any_pieces_and_be_followed_by_anything),
		cmocka_unit_test(a_refusal_is_read_out_of_the_json_inside_its_string),
		cmocka_unit_test(what_is_no_answer_is_told_by_its_fault),
		cmocka_unit_test(a_wrong_length_is_refused_as_soon_as_it_is_seen),
		cmocka_unit_test(names_are_cut_and_made_harmless),
		cmocka_unit_test(numeric_addresses_of_one_machine_are_taken),
		cmocka_unit_test(a_certificate_tells_whose_it_is_and_who_vouches),
		cmocka_unit_test(the_model_is_the_one_told_else_the_one_that_the_serial_number_tells),
		cmocka_unit_test(dates_are_judged_as_a_worker_will),
		cmocka_unit_test(who_disagrees_is_named),
		cmocka_unit_test(a_printer_without_mqtt_gets_its_own_menu),
		cmocka_unit_test(a_stranger_is_called_one),
		cmocka_unit_test(every_finding_has_a_sentence_that_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
