/*
 * virtual: the machine's time passes here.
 */
#include "worker/virtual/virtual.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "worker/virtual/kept.h"

#define STATE_FILE "state.json"
#define KEEP_SOON_MS 1000
#define KEEP_EVERY_MS 5000 /* while only time passes: what a crash costs a print */

/* -- remembering ------------------------------------------------------------------------------------------------ */

/* FNV-1a. */
static uint64_t
hash(const char *bytes, size_t len)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		value = (value ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001b3);
	return value;
}

void
virtual_keep(struct virtual *virtual, bool synced)
{
	static char json[MACHINE_KEPT_MAX_BYTES];
	size_t len = machine_keep(virtual->machine, json);
	uint64_t now = hash(json, len);

	virtual->keep_at_ms = clock_monotonic_ms() + KEEP_EVERY_MS;
	if (now == virtual->kept_hash && !synced)
		return;
	if (kept_write(virtual->dir, STATE_FILE, json, len, synced))
		virtual->kept_hash = now;
	else
		log_warn("cannot remember", log_str("file", STATE_FILE), log_str("error", strerror(errno)));
}

void
virtual_remember(struct virtual *virtual)
{
	static char json[MACHINE_KEPT_MAX_BYTES];
	size_t len;

	if (kept_read(virtual->dir, STATE_FILE, json, sizeof json, &len)) {
		if (machine_remember(virtual->machine, json, len, clock_monotonic_ms()))
			return;
	} else if (errno == ENOENT) {
		return;
	}
	log_warn("what it remembered makes no sense and was set aside: it starts as new", log_str("file", STATE_FILE));
	kept_set_aside(virtual->dir, STATE_FILE);
}

/* -- time ------------------------------------------------------------------------------------------------------- */

static void
publish_reports(struct virtual *virtual, int64_t now_ms)
{
	static char json[MACHINE_REPORT_MAX_BYTES];
	size_t len;

	while ((len = machine_report(virtual->machine, now_ms, json)) > 0)
		broker_publish(doors_broker_peek(virtual->doors), json, len);
}

static void
follow_power(struct virtual *virtual)
{
	bool on = machine_is_online(virtual->machine);

	if (on == doors_are_open(virtual->doors))
		return;
	log_info(on ? "is on" : "is off");
	if (on)
		doors_open(virtual->doors);
	else
		doors_shut(virtual->doors);
}

static void
rearm(struct virtual *virtual, int64_t now_ms)
{
	int64_t at_ms = machine_deadline_ms(virtual->machine);

	if (virtual->keep_at_ms < at_ms)
		at_ms = virtual->keep_at_ms;
	loop_timer_set(virtual->time, at_ms > now_ms ? at_ms - now_ms : 0);
}

void
virtual_settle(struct virtual *virtual, bool soon)
{
	int64_t now_ms = clock_monotonic_ms();

	child_doing("being a printer");
	if (machine_advance(virtual->machine, now_ms))
		publish_reports(virtual, now_ms);
	follow_power(virtual);
	virtual_tell_state(virtual, soon);
	if (soon && virtual->keep_at_ms > now_ms + KEEP_SOON_MS)
		virtual->keep_at_ms = now_ms + KEEP_SOON_MS;
	if (virtual->keep_at_ms <= now_ms)
		virtual_keep(virtual, false);
	rearm(virtual, now_ms);
	child_doing(NULL);
}

void
virtual_on_time(void *arg)
{
	virtual_settle(arg, false);
}

void
virtual_on_request(void *arg, const void *json, size_t len)
{
	struct virtual *virtual = arg;
	char *replies[MACHINE_REPLIES_MAX];

	child_doing("reading a request");
	size_t count = machine_request(virtual->machine, json, len, clock_monotonic_ms(), replies);
	for (size_t i = 0; i < count; i++) {
		if (!machine_is_silent(virtual->machine))
			broker_publish(doors_broker_peek(virtual->doors), replies[i], strlen(replies[i]));
		free(replies[i]);
	}
	virtual_settle(virtual, true);
}
