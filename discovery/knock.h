/*
 * knock: is anybody at an address? One TCP connection that is closed as soon as it stands, without a byte: light enough
 * for hundreds at once. Who answers is then examined (examine.h).
 */
#ifndef FUSE_DISCOVERY_KNOCK_H
#define FUSE_DISCOVERY_KNOCK_H

#include <stdint.h>

#include "common/loop.h"

#define KNOCK_MS 1000 /* a sleepy printer in weak Wi-Fi needs most of it; never less */

enum knock_end {
	KNOCK_OPEN,    /* the port is open */
	KNOCK_REFUSED, /* a machine is there, the port is closed */
	KNOCK_NOBODY,  /* nothing within KNOCK_MS, or the network says that nobody is there */
	KNOCK_FAILED,  /* it could not be tried: no descriptor left, no way to this network */
};

struct knock;
typedef void knock_end_fn(void *arg, enum knock_end end);

/* At an IPv4 `address` (host byte order). `on_end` is called once, from the loop, never from within knock_new(). Then
 * (in it, too) free the knock; one that is freed before is broken off. */
struct knock *knock_new(struct loop *loop, uint32_t address, uint16_t port, knock_end_fn *on_end, void *arg);
void knock_free(struct knock *knock);

#endif
