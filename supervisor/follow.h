/*
 * follow: httpd's LOGS requests with `follow`, one for each client that watches the log. (fusectl's are the door's:
 * they end with the visit.) One that does not keep up misses lines, and is told how many.
 */
#ifndef FUSE_SUPERVISOR_FOLLOW_H
#define FUSE_SUPERVISOR_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "supervisor/switchboard.h"

#define FOLLOWERS_MAX 16

struct follower {
	bool follows;
	struct header request; /* from whom, and which incarnation */
	uint32_t missed_lines;
};

struct followers {
	struct follower at[FOLLOWERS_MAX];
};

/* From now on. False when there are FOLLOWERS_MAX already. */
bool follow_begin(struct followers *followers, struct switchboard *board, const struct header *request);

/* LOGS_END of `peer`: its LOGS request of this number is answered DONE. One that is not there is fine. */
void follow_end(struct followers *followers, struct switchboard *board, struct peer *peer, uint32_t request_id);

void follow_tell(struct followers *followers, struct switchboard *board, const char *line, size_t len);

#endif
