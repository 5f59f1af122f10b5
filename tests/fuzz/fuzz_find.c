/*
 * Any bytes as an announcement and as a network: what is taken from them is harmless, bounded, and nowhere else than in
 * a house.
 * Covers: ssdp_parse, cidr_parse
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stddef.h>
#include <stdint.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "discovery/cidr.h"
#include "discovery/ssdp.h"
#include "tests/fuzz/fuzz_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
as_an_announcement(const uint8_t *data, size_t size)
{
	const struct in_addr from = { .s_addr = htonl(0xcb007109) }; /* 203.0.113.9 */
	struct ssdp_announcement told;

	if (!ssdp_parse(data, size, from, &told))
		return;
	ENSURE(told.serial[0] != '\0' && size <= SSDP_MAX_BYTES);
	for (const char *at = told.serial; *at != '\0'; at++)
		ENSURE(isupper((unsigned char)*at) || isdigit((unsigned char)*at) || *at == '-' || *at == '_');
	ENSURE(told.address.s_addr == from.s_addr || cidr_address_is_private(ntohl(told.address.s_addr)));
	must_be_harmless(told.serial, sizeof told.serial);
	must_be_harmless(told.model_code, sizeof told.model_code);
	must_be_harmless(told.name, sizeof told.name);
	must_be_harmless(told.firmware, sizeof told.firmware);
	must_be_harmless(told.connect, sizeof told.connect);
	must_be_harmless(told.bind, sizeof told.bind);
	ENSURE(told.signal_dbm <= 0 && told.signal_dbm >= -128);
}

static void
as_a_network(const uint8_t *data, size_t size)
{
	char text[65], fault[CIDR_FAULT_BYTES], again[CIDR_TEXT_BYTES];
	struct cidr cidr, same;

	str_format(text, sizeof text, "%.*s", (int)(size < 64 ? size : 64), (const char *)data);
	if (!cidr_parse(text, &cidr, fault)) {
		ENSURE(fault[0] != '\0');
		return;
	}
	ENSURE(cidr.prefix >= CIDR_SHORTEST_PREFIX && cidr.prefix <= 32);
	ENSURE(cidr_size(&cidr) >= 1 && cidr_size(&cidr) <= 65534);
	ENSURE(cidr_holds(&cidr, cidr_first(&cidr)) && cidr_holds(&cidr, cidr_last(&cidr)));
	cidr_write(&cidr, again);
	ENSURE(cidr_parse(again, &same, fault) && same.network == cidr.network && same.prefix == cidr.prefix);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_an_announcement(data, size);
	as_a_network(data, size);
	return 0;
}
