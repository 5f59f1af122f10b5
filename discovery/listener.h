/*
 * listener: hears what printers announce, on UDP 2021 and 1990, from every network of this machine, and asks for it.
 * Bounded: at most LISTENER_PER_SECOND datagrams a second are looked at; then the kernel is
 * left to throw the others away until the second is over.
 */
#ifndef FUSE_DISCOVERY_LISTENER_H
#define FUSE_DISCOVERY_LISTENER_H

#include <stdbool.h>

#include "common/loop.h"
#include "discovery/networks.h"
#include "discovery/ssdp.h"

#define LISTENER_PER_SECOND 500 /* 200 printers make 40 */

struct listener;
typedef void listener_fn(void *arg, const struct ssdp_announcement *announcement);

/* Before lock-in: takes the sockets. Never NULL; see listener_hears(). */
struct listener *listener_new(void);

/* From now on. */
void listener_start(struct listener *listener, struct loop *loop, listener_fn *on_announcement, void *arg);

/* At least one of the ports is ours. Else `*ret_reason` says why not, for a person (static). */
bool listener_hears(const struct listener *listener, const char **ret_reason);
/* Networks that were there when they were last looked for (every half a minute, and before a search). */
size_t listener_networks(const struct listener *listener, const struct network **ret_networks);

/* Ask for announcements, on every network. Few printers answer; those that do not announce themselves all the same. */
void listener_ask(struct listener *listener);

void listener_free(struct listener *listener);

#endif
