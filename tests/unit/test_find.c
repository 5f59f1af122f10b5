/*
 * What announcements say, how networks are written, and who is remembered where.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "discovery/cidr.h"
#include "discovery/sightings.h"
#include "discovery/ssdp.h"

#define SERIAL "22E00A123456789"
#define TYPE "NT: urn:bambulab-com:device:3dprinter:1\r\n"

/* -- announcements ------------------------------------------------------------------------------------- */

static struct ssdp_announcement told;

static bool
parse_from(const char *from, const char *text)
{
	struct in_addr in;

	assert_int_equal(inet_pton(AF_INET, from, &in), 1);
	return ssdp_parse(text, strlen(text), in, &told);
}

static const char *
address(void)
{
	static char text[INET_ADDRSTRLEN];

	return inet_ntop(AF_INET, &told.address, text, sizeof text);
}

static void
a_printers_announcement_is_read_whole(void **state)
{
	(void)state;
	assert_true(parse_from("192.168.1.5",
			       "NOTIFY * HTTP/1.1\r\nHost: 239.255.255.250:1990\r\nServer: UPnP/1.0\r\nLocation: 192.168.1.41\r\n" TYPE
			       "NTS: ssdp:alive\r\nUSN: " SERIAL "\r\nCache-Control: max-age=1800\r\nDevModel.bambu.com: N7\r\n"
			       "DevName.bambu.com: Shelf 3 left\r\nDevSignal.bambu.com: -51\r\nDevConnect.bambu.com: lan\r\n"
			       "DevBind.bambu.com: free\r\nDevseclink.bambu.com: secure\r\nDevVersion.bambu.com: 01.02.00.00\r\n\r\n"));
	assert_string_equal(told.serial, SERIAL);
	assert_string_equal(address(), "192.168.1.41");
	assert_string_equal(told.model_code, "N7");
	assert_string_equal(told.name, "Shelf 3 left");
	assert_string_equal(told.connect, "lan");
	assert_string_equal(told.bind, "free");
	assert_string_equal(told.firmware, "01.02.00.00");
	assert_int_equal(told.signal_dbm, -51);
	assert_false(told.leaves);
}

static void
old_firmware_and_answers_to_a_search_are_read_as_well(void **state)
{
	(void)state;
	/* Names in any case, blanks left out, bare line ends, a lower-case serial, no address. */
	assert_true(parse_from("192.168.1.5", "notify * http/1.1\nnt:urn:bambulab-com:device:3dprinter:1\nusn:22e00a123456789\n"));
	assert_string_equal(told.serial, SERIAL);
	assert_string_equal(address(), "192.168.1.5");
	assert_int_equal(told.signal_dbm, 0);
	assert_true(parse_from("192.168.1.5", "HTTP/1.1 200 OK\r\nST: urn:bambulab-com:device:3dprinter:1\r\nUSN: uuid:" SERIAL
					      "\r\nLocation: http://192.168.1.9:80/x\r\nNTS: ssdp:byebye\r\n\r\n"));
	assert_string_equal(told.serial, SERIAL);
	assert_string_equal(address(), "192.168.1.9");
	assert_true(told.leaves);
}

static void
what_is_no_announcement_of_a_printer_is_passed_over(void **state)
{
	static const char *const texts[] = {
		"", "\r\n\r\n", "NOTIFY * HTTP/1.1\r\n\r\n",
		"NOTIFY * HTTP/1.1\r\n" TYPE "\r\nUSN: " SERIAL "\r\n",		    /* after the end of its headers */
		"NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\nUSN: " SERIAL "\r\n",  /* a router's */
		"M-SEARCH * HTTP/1.1\r\nST: urn:bambulab-com:device:3dprinter:1\r\nUSN: " SERIAL "\r\n", /* a slicer's */
		"NOTIFY * HTTP/1.1\r\n" TYPE "USN:\r\n",
		"NOTIFY * HTTP/1.1\r\n" TYPE "USN: 22E 0A\r\n",
		"NOTIFY * HTTP/1.1\r\n" TYPE "USN: 22E00A12345678922E00A12345678922E\r\n",
		"NOTIFY * HTTP/1.1\r\n" TYPE "USN: ../../etc\r\n",
		"HTTP/1.1 404 Not Found\r\n" TYPE "USN: " SERIAL "\r\n",
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(texts); i++)
		assert_false(parse_from("192.168.1.5", texts[i]));
}

static void
nobody_can_be_sent_to_a_foreign_address_by_an_announcement(void **state)
{
	static const struct { const char *location, *from, *taken; } rows[] = {
		{ "192.168.7.9", "192.168.1.5", "192.168.7.9" }, { "10.1.2.3", "192.168.1.5", "10.1.2.3" },
		{ "8.8.8.8", "192.168.1.5", "192.168.1.5" },	 { "0.0.0.0", "192.168.1.5", "192.168.1.5" },
		{ "127.0.0.1", "192.168.1.5", "192.168.1.5" },	 { "255.255.255.255", "192.168.1.5", "192.168.1.5" },
		{ "127.0.0.9", "127.0.0.1", "127.0.0.9" },	 { "printer.example", "192.168.1.5", "192.168.1.5" },
		{ "8.8.8.8", "8.8.8.8", "8.8.8.8" },		 { "192.168.1.999", "192.168.1.5", "192.168.1.5" },
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		str_format(text, sizeof text, "NOTIFY * HTTP/1.1\r\n" TYPE "USN: " SERIAL "\r\nLocation: %s\r\n", rows[i].location);
		assert_true(parse_from(rows[i].from, text));
		assert_string_equal(address(), rows[i].taken);
	}
}

static void
names_are_made_harmless(void **state)
{
	(void)state;
	assert_true(parse_from("192.168.1.5", "NOTIFY * HTTP/1.1\r\n" TYPE "USN: " SERIAL "\r\nDevName.bambu.com: a\x1b[31m\xff\xe2\x80\xae"
					      "b\r\nDevSignal.bambu.com: -9999\r\n"));
	assert_string_equal(told.name, "a?[31m????b");
	assert_int_equal(told.signal_dbm, 0);
}

static void
a_search_is_written_as_printers_may_expect_it(void **state)
{
	char text[SSDP_SEARCH_BYTES];
	size_t len = ssdp_write_search(2021, text);

	(void)state;
	assert_int_equal(len, strlen(text));
	assert_string_equal(text, "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:2021\r\nMAN: \"ssdp:discover\"\r\nMX: 3\r\n"
				  "ST: urn:bambulab-com:device:3dprinter:1\r\n\r\n");
}

/* -- networks --------------------------------------------------------------------------------------------- */

static struct cidr cidr;
static char fault[CIDR_FAULT_BYTES];

static void
networks_have_the_addresses_of_machines_only(void **state)
{
	(void)state;
	assert_true(cidr_parse("192.168.0.0/24", &cidr, fault));
	assert_int_equal(cidr_first(&cidr), 0xc0a80001);
	assert_int_equal(cidr_last(&cidr), 0xc0a800fe);
	assert_int_equal(cidr_size(&cidr), 254);
	assert_true(cidr_parse("10.20.0.0/16", &cidr, fault));
	assert_int_equal(cidr_size(&cidr), 65534);
	assert_true(cidr_parse("10.20.0.6/31", &cidr, fault));
	assert_int_equal(cidr_size(&cidr), 2);
	assert_true(cidr_parse("10.20.0.6/32", &cidr, fault));
	assert_int_equal(cidr_first(&cidr), 0x0a140006);
	assert_int_equal(cidr_size(&cidr), 1);
	assert_true(cidr_holds(&cidr, 0x0a140006));
	assert_false(cidr_holds(&cidr, 0x0a140007));
}

static void
what_is_no_network_is_told_how_to_write_it(void **state)
{
	static const struct { const char *text, *words; } rows[] = {
		{ "", "like 192.168.0.0/24" },		  { "192.168.0.0", "write 192.168.0.0/24" },
		{ "192.168.0.77", "write 192.168.0.0/24" }, { "192.168.0.77/24", "write 192.168.0.0/24" },
		{ "192.168.0.0/15", "too large" },	  { "192.168.0.0/", "from 16 to 32" },
		{ "192.168.0.0/33", "from 16 to 32" },	  { "192.168.0.0/24/24", "from 16 to 32" },
		{ "192.168.0.0/ 24", "from 16 to 32" },	  { "192.168.0.0/-24", "from 16 to 32" },
		{ "192.168.0/24", "no IPv4 address" },	  { "192.168.0.256/24", "no IPv4 address" },
		{ "fd00::/64", "no IPv4 address" },	  { "farm.example/24", "no IPv4 address" },
		{ "0.0.0.0/16", "No machine" },		  { "224.0.0.0/16", "No machine" },
		{ "255.255.255.255/32", "No machine" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		assert_false(cidr_parse(rows[i].text, &cidr, fault));
		if (strstr(fault, rows[i].words) == NULL)
			fail_msg("%s: %s", rows[i].text, fault);
	}
}

static void
the_internet_is_told_from_a_house(void **state)
{
	static const struct { const char *text; bool public; } rows[] = {
		{ "10.0.0.0/16", false }, { "172.16.0.0/16", false }, { "172.31.0.0/16", false }, { "172.32.0.0/16", true },
		{ "192.168.255.0/24", false }, { "192.169.0.0/24", true }, { "100.64.0.0/16", false }, { "100.128.0.0/16", true },
		{ "169.254.0.0/16", false }, { "127.0.10.0/24", false }, { "8.8.8.0/24", true }, { "203.0.113.0/24", true },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		assert_true(cidr_parse(rows[i].text, &cidr, fault));
		assert_int_equal(cidr_is_public(&cidr), rows[i].public);
	}
	assert_false(cidr_address_is_private(0x7f000001)); /* nobody's printer */
}

/* -- sightings ----------------------------------------------------------------------------------------------- */

static struct sightings *sightings;

static int
new_sightings(void **state)
{
	(void)state;
	sightings = calloc(1, sizeof *sightings);
	return sightings == NULL;
}

static int
free_sightings(void **state)
{
	(void)state;
	free(sightings);
	return 0;
}

static void
announce(const char *serial, uint32_t at, bool ours, int64_t now_ms)
{
	struct ssdp_announcement announcement = { .address.s_addr = htonl(at) };

	str_copy(announcement.serial, sizeof announcement.serial, serial);
	sightings_announced(sightings, &announcement, ours, now_ms);
}

static void
the_newest_word_of_a_printer_counts_until_it_is_old(void **state)
{
	(void)state;
	announce(SERIAL, 0xc0a80001, true, 1000);
	announce(SERIAL, 0xc0a80002, true, 6000);
	const struct sighting *row = sightings_find(sightings, SERIAL);
	assert_int_equal(ntohl(row->announcement.address.s_addr), 0xc0a80002);
	assert_int_equal(sightings->count, 1);
	assert_true(sighting_is_fresh(row, 6000 + SIGHTING_FRESH_MS));
	assert_false(sighting_is_fresh(row, 6001 + SIGHTING_FRESH_MS));
	sightings_proved(sightings, SERIAL, 0xc0a80003, true, 7000);
	assert_int_equal(row->proved_address, 0xc0a80003);
	/* One that says farewell is heard of no more. */
	struct ssdp_announcement farewell = row->announcement;
	farewell.leaves = true;
	sightings_announced(sightings, &farewell, true, 8000);
	assert_false(sighting_is_fresh(row, 8000));
	assert_null(sightings_find(sightings, "unknown"));
}

static void
a_flood_of_strangers_drives_out_strangers_only(void **state)
{
	char serial[33];

	(void)state;
	announce(SERIAL, 0xc0a80001, true, 1);
	announce("STRANGER", 0xc0a80002, false, 2);
	for (int i = 0; i < 2 * SIGHTINGS_MAX; i++) {
		str_format(serial, sizeof serial, "FLOOD%d", i);
		announce(serial, 0xc0a80003, false, 100 + i);
	}
	assert_int_equal(sightings->count, SIGHTINGS_MAX);
	assert_non_null(sightings_find(sightings, SERIAL));
	assert_null(sightings_find(sightings, "STRANGER"));
	announce("22E00A000000002", 0xc0a80004, true, 1);
	assert_non_null(sightings_find(sightings, "22E00A000000002"));
	/* When all places are the owner's, a stranger has none. */
	for (int i = 0; i < SIGHTINGS_MAX; i++) {
		str_format(serial, sizeof serial, "OURS%d", i);
		announce(serial, 0xc0a80005, true, 5000);
	}
	announce("LATE", 0xc0a80006, false, 6000);
	assert_null(sightings_find(sightings, "LATE"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_printers_announcement_is_read_whole),
		cmocka_unit_test(old_firmware_and_answers_to_a_search_are_read_as_well),
		cmocka_unit_test(what_is_no_announcement_of_a_printer_is_passed_over),
		cmocka_unit_test(nobody_can_be_sent_to_a_foreign_address_by_an_announcement),
		cmocka_unit_test(names_are_made_harmless),
		cmocka_unit_test(a_search_is_written_as_printers_may_expect_it),
		cmocka_unit_test(networks_have_the_addresses_of_machines_only),
		cmocka_unit_test(what_is_no_network_is_told_how_to_write_it),
		cmocka_unit_test(the_internet_is_told_from_a_house),
		cmocka_unit_test_setup_teardown(the_newest_word_of_a_printer_counts_until_it_is_old, new_sightings, free_sightings),
		cmocka_unit_test_setup_teardown(a_flood_of_strangers_drives_out_strangers_only, new_sightings, free_sightings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
