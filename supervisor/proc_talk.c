/*
 * proc_talk: what a child and the supervisor say to each other: its greeting, its readiness, its pulse.
 */
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "supervisor/house.h"
#include "supervisor/stand.h"

/* What it claims of its confinement is checked against what the kernel says. */
static void
note_confinement(struct proc *proc, const struct msg_hello *hello)
{
	char path[40], line[160];
	int seccomp = -1;

	bool own_uid = proc->house->kits[proc->spec->role].identity.own;
	str_format(proc->unapplied, sizeof proc->unapplied, "%s%s%s", hello->unapplied,
		   own_uid || hello->unapplied[0] == '\0' ? "" : ",", own_uid ? "" : "own-uid");
	str_format(path, sizeof path, "/proc/%d/status", (int)proc->pid);
	FILE *file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "Seccomp: %d", &seccomp) == 1)
			break;
	if (file != NULL)
		fclose(file);
	if (seccomp != 2)
		log_warn("a child works without a system call filter", log_str("process", proc->name));
	if (hello->unapplied[0] != '\0')
		log_warn("not all of its confinement can be applied here", log_str("process", proc->name),
			 log_str("missing", hello->unapplied));
}

static void
greet(struct proc *proc, const struct msg_hello *hello)
{
	struct house *house = proc->house;
	struct msg_welcome welcome = { .generation = proc->peer.generation, .slot = proc->slot,
				       .log_level = (uint32_t)house_log_level(house) };
	struct msg_synced synced;

	note_confinement(proc, hello);
	str_copy(welcome.entry, sizeof welcome.entry, proc->entry);
	switchboard_say(house->board, &proc->peer, MESSAGE_WELCOME, NULL, &welcome, -1);
	proc->peer.greeted = true;
	if (proc->spec->role == ROLE_HTTPD)
		for (unsigned i = 0; i < LISTENER_PURPOSE_COUNT; i++)
			if (house->listeners[i].fd >= 0) {
				struct msg_listener message = { .purpose = i, .guarded = house_is_guarded(house, i),
								.any_loopback = house->config.local_access == LOCAL_LOOPBACK };
				str_copy(message.address, sizeof message.address, house->listeners[i].address);
				str_copy(message.trusted_proxy, sizeof message.trusted_proxy, house->config.trusted_proxy);
				switchboard_say(house->board, &proc->peer, MESSAGE_LISTENER, NULL, &message,
						house->listeners[i].fd);
			}
	if (proc->spec->only_virtual)
		stand_give(proc);
	switchboard_replay(house->board, &proc->peer);
	switchboard_say(house->board, &proc->peer, MESSAGE_SYNCED, NULL, &synced, -1);
}

static void
become_ready(struct proc *proc, const struct msg_ready *ready)
{
	if (proc->life.state != LIFE_STARTING)
		return;
	proc->was_ready = true;
	proc->ready_wall_ms = clock_wall_ms();
	if (proc->spec->helper_of == 0)
		log_info("ready", log_str("process", proc->name), log_int("child", proc->pid),
			 log_int("generation", proc->peer.generation), log_str("it", ready->sentence));
	proc_event(proc, LIFE_EV_READY, NULL);
}

void
proc_on_message(struct proc *proc, const struct header *header, const void *message)
{
	if (header->number == MESSAGE_HELLO)
		greet(proc, message);
	else if (header->number == MESSAGE_READY)
		become_ready(proc, message);
	else if (header->number == MESSAGE_PONG &&
		 watchdog_pong(&proc->watchdog, ((const struct msg_pong *)message)->sequence))
		log_info("answers again", log_str("process", proc->name));
}

void
proc_tick(struct proc *proc, int64_t elapsed_ms)
{
	char why[OFFENCE_BYTES];

	logtap_tick(&proc->tap, clock_monotonic_ms(), clock_wall_ms());
	/* Not at the first tick: the kernel may still be busy with its end, whose cause is another. */
	if (proc->deaf != NULL && (proc->life.state == LIFE_STARTING || proc->life.state == LIFE_UP) &&
	    proc->deaf_ticks++ > 0)
		proc_event(proc, LIFE_EV_HUNG, proc->deaf);
	if (proc->life.state != LIFE_UP)
		return;
	switch (watchdog_tick(&proc->watchdog, elapsed_ms, proc->spec->warn_ms, proc->spec->hang_ms)) {
	case WATCHDOG_WARN:
		log_warn("does not answer", log_str("process", proc->name), log_int("silent_s", proc->spec->warn_ms / 1000));
		break;
	case WATCHDOG_HUNG:
		str_format(why, sizeof why, "did not answer for %lld s and was ended", (long long)proc->spec->hang_ms / 1000);
		proc_event(proc, LIFE_EV_HUNG, why);
		return;
	case WATCHDOG_SPEAKS:
		return;
	case WATCHDOG_FINE:
		break;
	}
	struct msg_ping ping = { .sequence = proc->watchdog.sequence };
	switchboard_say(proc->house->board, &proc->peer, MESSAGE_PING, NULL, &ping, -1);
}
