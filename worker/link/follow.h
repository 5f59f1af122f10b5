/*
 * follow: a printer whose address has changed is followed: when attempts fail in a way that may mean that, discovery is
 * asked where its serial number is; the link tries it there, and proves it there, before the access code is sent
 * (link_try_at()). Then the store keeps the new address.
 */
#ifndef FUSE_WORKER_LINK_FOLLOW_H
#define FUSE_WORKER_LINK_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#define FOLLOW_AFTER_ATTEMPTS 2 /* that failed; a printer that restarts is given that much */
#define FOLLOW_FIRST_MS 60000	/* until it is asked again: doubles … */
#define FOLLOW_MAX_MS 900000	/* … to this */

struct worker;
struct msg_located;
struct msg_refused;

struct follow {
	uint32_t request;    /* open LOCATE; 0 = none */
	int64_t not_before_ms, wait_ms;
};

/* After everything that moves the link. */
void follow_look(struct worker *worker, int64_t now_ms);
/* When follow_look() is due; INT64_MAX = not by time alone. */
int64_t follow_deadline_ms(const struct worker *worker);

/* LOCATED, or REFUSED, of the open request; false: it is not ours. */
bool follow_on_located(struct worker *worker, uint32_t request_id, const struct msg_located *located, int64_t now_ms,
		       int64_t wall_ms);
bool follow_on_refused(struct worker *worker, uint32_t request_id);

/* The link has proved the printer at a new address: have it kept. */
void follow_on_moved(struct worker *worker, const char *from, const char *address);

#endif
