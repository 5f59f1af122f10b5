/*
 * peers: which worker serves which printer, and which process plays which virtual one, as the supervisor says
 * (PROC_STATUS), and so which secrets it may have. A process's own word counts for nothing here.
 */
#ifndef FUSE_STORED_PEERS_H
#define FUSE_STORED_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/header.h"
#include "ipc/message.h"

#define PEERS_MOST 1024

struct peer {
	uint32_t key; /* retain_key of its PROC_STATUS */
	uint32_t role; /* worker or virtual */
	uint16_t slot;
	uint32_t generation;
	char entry[65];
};

struct peers {
	unsigned count;
	struct peer all[PEERS_MOST];
};

/* Note what the supervisor says; with HEADER_FLAG_CLEAR it says that the process is no more. */
void peers_note(struct peers *peers, const struct header *header, const struct msg_proc_status *status);

/* The printer that the worker who sent `header` serves, or the process that plays one; NULL when it is neither, or of an
 * incarnation that the supervisor has not named. */
const char *peers_entry_peek(const struct peers *peers, const struct header *header);

/* The slot of the worker of a printer, or of the process that plays it; false when there is none. */
bool peers_find_worker(const struct peers *peers, const char *entry, uint16_t *ret_slot);
bool peers_find_player(const struct peers *peers, const char *entry, uint16_t *ret_slot);

/* May the sender of `header` have the secret `name`? A worker: printer/<its entry>, and only in the
 * incarnation that the supervisor named; gatewayd: gateway/…; nobody else. */
bool peers_may_read(const struct peers *peers, const struct header *header, const char *name);

/* May it set it? gatewayd: gateway/…; httpd and fusectl, who speak for a person: all but
 * those of owner.h and virtual_keys.h, which have requests of their own. */
bool peers_may_write(const struct header *header, const char *name);

#endif
