/*
 * story: what the visits to an address amount to, for a person: what is there, and what to do when it is no printer
 * to be used. Pure.
 */
#ifndef FUSE_DISCOVERY_STORY_H
#define FUSE_DISCOVERY_STORY_H

#include "discovery/visit.h"
#include "ipc/message.h"

struct findings {
	char address[INET6_ADDRSTRLEN];
	struct visit_result mqtt;   /* of the MQTT port, never VISIT_NONE */
	struct visit_result detect; /* of the detect service: the visit that got furthest; VISIT_NONE = none was paid */
};

/* A printer has answered: by a certificate that names one, or by the detect service. */
bool story_is_a_printer(const struct findings *findings);
/* Something is there, whatever it is. */
bool story_is_a_machine(const struct findings *findings);

/* `now_ms`: wall clock, for dates of certificates. */
void story_tell(const struct findings *findings, int64_t now_ms, struct msg_probed *ret_probed);

#endif
