/*
 * follow: ask, try, keep.
 */
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "worker/link/worker.h"

#define STANDARD_PORT 8883

/* A printer behind a port of its own stands behind a router or in a simulation: its address says nothing of it. */
static bool
may_have_moved(const struct link *link)
{
	/* Where another one answers there is no doubt. */
	bool certain = fault_phase(link->fault) == LINK_PHASE_IDENTITY;

	return fault_leads_astray(link->fault) && (certain || link->attempts >= FOLLOW_AFTER_ATTEMPTS) &&
	       link->settings.port == STANDARD_PORT && link->elsewhere[0] == '\0' && !link_is_listening(link);
}

void
follow_look(struct worker *worker, int64_t now_ms)
{
	struct follow *follow = &worker->follow;
	const struct link *link = &worker->link;
	struct msg_locate locate = { 0 };

	if (link_is_online(link)) {
		follow->wait_ms = FOLLOW_FIRST_MS;
		follow->not_before_ms = 0;
		return;
	}
	if (follow->request != 0 || now_ms < follow->not_before_ms || !may_have_moved(link))
		return;
	follow->request = child_next_request_id(worker->child);
	follow->wait_ms = follow->wait_ms == 0 ? FOLLOW_FIRST_MS : follow->wait_ms;
	follow->not_before_ms = now_ms + follow->wait_ms;
	follow->wait_ms = follow->wait_ms * 2 < FOLLOW_MAX_MS ? follow->wait_ms * 2 : FOLLOW_MAX_MS;
	str_copy(locate.serial, sizeof locate.serial, link->settings.serial);
	str_copy(locate.address, sizeof locate.address, link->settings.address);
	child_send(worker->child, MESSAGE_LOCATE, ROLE_DISCOVERY, 0, follow->request, 0, &locate, -1);
}

int64_t
follow_deadline_ms(const struct worker *worker)
{
	const struct follow *follow = &worker->follow;

	return follow->request == 0 && may_have_moved(&worker->link) ? follow->not_before_ms : INT64_MAX;
}

bool
follow_on_located(struct worker *worker, uint32_t request_id, const struct msg_located *located, int64_t now_ms,
		  int64_t wall_ms)
{
	if (worker->follow.request == 0 || request_id != worker->follow.request)
		return false;
	worker->follow.request = 0;
	if (strcmp(located->address, worker->link.settings.address) == 0)
		return true; /* it is back where it was: the link finds that out by itself */
	log_info("the printer is seen elsewhere", log_str("address", located->address));
	link_try_at(&worker->link, located->address, now_ms, wall_ms);
	return true;
}

bool
follow_on_refused(struct worker *worker, uint32_t request_id)
{
	if (worker->follow.request == 0 || request_id != worker->follow.request)
		return false;
	worker->follow.request = 0;
	return true;
}

void
follow_on_moved(struct worker *worker, const char *from, const char *address)
{
	struct msg_printer_moved moved = { 0 };

	str_copy(moved.from, sizeof moved.from, from);
	str_copy(moved.address, sizeof moved.address, address);
	log_info("the printer has moved; it has proved itself at its new address", log_str("from", from),
		 log_str("address", address));
	child_send(worker->child, MESSAGE_PRINTER_MOVED, ROLE_STORED, 0, child_next_request_id(worker->child), 0, &moved, -1);
}
