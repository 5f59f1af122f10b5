/*
 * probe: answers PROBE: who is at this address? Many at once; each answer comes within EXAMINE_MOST_MS.
 */
#ifndef FUSE_DISCOVERY_PROBE_H
#define FUSE_DISCOVERY_PROBE_H

#include "ipc/child.h"

#define PROBES_MAX 16 /* at once; others are refused BUSY */

/* Take a PROBE; it is answered by PROBED or REFUSED, later or at once. */
void probe_begin(struct child *child, const struct header *request, const struct msg_probe *message);

/* Break off all probes; who waits for them is told by the supervisor that we ended. */
void probe_forget_all(void);

/* "192.0.2.7", "2001:db8::7": a numeric address that one machine can have. Else `*ret_fault` says why not. An IPv4
 * address in IPv6's clothes becomes IPv4. */
struct sockaddr_storage;
bool probe_parse_address(const char *text, struct sockaddr_storage *ret_address, const char **ret_fault);

#endif
