/*
 * law: what a peer may say, by messages.def and by the state that it is in. Reads headers, never bodies.
 */
#ifndef FUSE_SUPERVISOR_LAW_H
#define FUSE_SUPERVISOR_LAW_H

#include "supervisor/switchboard.h"

/* Count one more frame of the peer; true when it is beyond its rate over FLOOD_WINDOW_MS. */
bool law_floods(struct peer *peer);

/* Is the frame as the table of messages says? False with the offence in words (OFFENCE_BYTES). */
bool law_permits(const struct peer *peer, const struct header *header, const struct message_spec *spec, size_t body_len,
		 int fd, char *ret_offence);

/* Is it of the peer's present incarnation? HELLO comes before a child knows its own. */
bool law_is_current(struct peer *peer, const struct header *header);

#endif
