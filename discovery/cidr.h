/*
 * cidr: a network to be searched, "192.168.0.0/24". Pure. All addresses in host byte order.
 */
#ifndef FUSE_DISCOVERY_CIDR_H
#define FUSE_DISCOVERY_CIDR_H

#include <stdbool.h>
#include <stdint.h>

#define CIDR_SHORTEST_PREFIX 16
#define CIDR_TEXT_BYTES 20 /* "255.255.255.255/32" */
#define CIDR_FAULT_BYTES 160

struct cidr {
	uint32_t network;
	unsigned prefix; /* CIDR_SHORTEST_PREFIX to 32 */
};

/* False: `ret_fault` says in a sentence what is wrong, and how it should be written where that can be guessed. */
bool cidr_parse(const char *text, struct cidr *ret_cidr, char ret_fault[CIDR_FAULT_BYTES]);
void cidr_write(const struct cidr *cidr, char to[CIDR_TEXT_BYTES]);

/* Addresses that a machine can have: without the network's own and the broadcast address (RFC 3021: a /31 has two). */
uint32_t cidr_first(const struct cidr *cidr);
uint32_t cidr_last(const struct cidr *cidr);
uint32_t cidr_size(const struct cidr *cidr);
bool cidr_holds(const struct cidr *cidr, uint32_t address);

/* Private use (RFC 1918), shared (RFC 6598) or link-local (RFC 3927): a printer's place. Not loopback. */
bool cidr_address_is_private(uint32_t address);
/* Some of it is on the public internet: nothing is sent there unless a person insists. Loopback is not public. */
bool cidr_is_public(const struct cidr *cidr);

#endif
