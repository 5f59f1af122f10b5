/*
 * cidr: networks in numbers.
 */
#include "discovery/cidr.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/str.h"

#define EXAMPLE "192.168.0.0/24"

static uint32_t
mask_of(unsigned prefix)
{
	return prefix == 0 ? 0 : UINT32_MAX << (32 - prefix);
}

static bool
fault(char *ret_fault, const char *sentence)
{
	str_copy(ret_fault, CIDR_FAULT_BYTES, sentence);
	return false;
}

static void
write_network(uint32_t network, unsigned prefix, char to[CIDR_TEXT_BYTES])
{
	str_format(to, CIDR_TEXT_BYTES, "%u.%u.%u.%u/%u", network >> 24, network >> 16 & 255, network >> 8 & 255,
		   network & 255, prefix);
}

/* Splits at the slash. */
static bool
parse_parts(const char *text, uint32_t *ret_address, int64_t *ret_prefix, char *ret_fault)
{
	char address[INET_ADDRSTRLEN];
	struct in_addr in;
	const char *slash = strchr(text, '/');
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);

	if (len == 0 || len >= sizeof address)
		return fault(ret_fault, "Write the network like " EXAMPLE ".");
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, &in) != 1)
		return fault(ret_fault, "The part before the slash is no IPv4 address; write the network like " EXAMPLE ".");
	*ret_address = ntohl(in.s_addr);
	if (slash == NULL) {
		char whole[CIDR_TEXT_BYTES];
		write_network(*ret_address & mask_of(24), 24, whole);
		str_format(ret_fault, CIDR_FAULT_BYTES, "The size of the network is missing: for its 254 addresses write %s.",
			   whole);
		return false;
	}
	if (!str_parse_int(slash + 1, 0, 32, ret_prefix))
		return fault(ret_fault, "The part after the slash must be a number from 16 to 32, as in " EXAMPLE ".");
	return true;
}

static bool
is_for_machines(uint32_t first, uint32_t last)
{
	return first >> 24 != 0 && last >> 28 < 0xe;
}

bool
cidr_parse(const char *text, struct cidr *ret_cidr, char ret_fault[CIDR_FAULT_BYTES])
{
	uint32_t address;
	int64_t prefix;

	*ret_cidr = (struct cidr){ 0 };
	if (!parse_parts(text, &address, &prefix, ret_fault))
		return false;
	if (prefix < CIDR_SHORTEST_PREFIX)
		return fault(ret_fault, "This network is too large to search: at most a /16, which has 65,534 addresses.");
	uint32_t network = address & mask_of((unsigned)prefix);
	if (network != address) {
		char right[CIDR_TEXT_BYTES];
		write_network(network, (unsigned)prefix, right);
		str_format(ret_fault, CIDR_FAULT_BYTES, "This is an address within a network, not the network: write %s.", right);
		return false;
	}
	if (!is_for_machines(network, network | ~mask_of((unsigned)prefix)))
		return fault(ret_fault, "No machine can have an address in this network.");
	*ret_cidr = (struct cidr){ network, (unsigned)prefix };
	return true;
}

void
cidr_write(const struct cidr *cidr, char to[CIDR_TEXT_BYTES])
{
	write_network(cidr->network, cidr->prefix, to);
}

uint32_t
cidr_first(const struct cidr *cidr)
{
	return cidr->network + (cidr->prefix < 31);
}

uint32_t
cidr_last(const struct cidr *cidr)
{
	return (cidr->network | ~mask_of(cidr->prefix)) - (cidr->prefix < 31);
}

uint32_t
cidr_size(const struct cidr *cidr)
{
	return cidr_last(cidr) - cidr_first(cidr) + 1;
}

bool
cidr_holds(const struct cidr *cidr, uint32_t address)
{
	return (address & mask_of(cidr->prefix)) == cidr->network;
}

/* -- whose addresses they are ------------------------------------------------------------------------------ */

struct range {
	uint32_t network;
	unsigned prefix;
};

static bool
is_within(uint32_t first, uint32_t last, const struct range *range)
{
	return (first & mask_of(range->prefix)) == range->network && (last & mask_of(range->prefix)) == range->network;
}

static const struct range private_ranges[] = {
	{ 0x0a000000, 8 },  /* 10.0.0.0/8 */
	{ 0xac100000, 12 }, /* 172.16.0.0/12 */
	{ 0xc0a80000, 16 }, /* 192.168.0.0/16 */
	{ 0x64400000, 10 }, /* 100.64.0.0/10 */
	{ 0xa9fe0000, 16 }, /* 169.254.0.0/16 */
};
static const struct range loopback = { 0x7f000000, 8 };

static bool
is_private(uint32_t first, uint32_t last)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(private_ranges); i++)
		if (is_within(first, last, &private_ranges[i]))
			return true;
	return false;
}

bool
cidr_address_is_private(uint32_t address)
{
	return is_private(address, address);
}

bool
cidr_is_public(const struct cidr *cidr)
{
	uint32_t first = cidr->network, last = cidr->network | ~mask_of(cidr->prefix);

	return !is_private(first, last) && !is_within(first, last, &loopback);
}
