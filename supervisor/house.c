/*
 * house: up and down. What may change meanwhile: house_reload.c.
 *
 * Processes only change state in proc_event(); whatever follows from that for the house (a record to
 * forget, the next rank to stop, readiness to announce) is done a moment later in advance(), so that no
 * process record goes away under somebody's feet.
 */
#include "supervisor/house.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "supervisor/statedir.h"

#define STORE_PATIENCE_MS 10000 /* so long the others wait for stored's first word at start */
#define STOP_RANKS 3

/* -- processes by name and entry ------------------------------------------------------------------- */

struct proc *
house_find_proc(struct house *house, const char *name)
{
	struct proc *proc;

	TAILQ_FOREACH(proc, &house->procs, next)
		if (strcmp(proc->name, name) == 0)
			return proc;
	return NULL;
}

static struct proc *
find_entry(struct house *house, const struct proc_spec *spec, const char *entry)
{
	struct proc *proc;

	TAILQ_FOREACH(proc, &house->procs, next)
		if (proc->spec == spec && strcmp(proc->entry, entry) == 0)
			return proc;
	return NULL;
}

static uint16_t
lowest_free_slot(struct house *house, const struct proc_spec *spec)
{
	uint16_t slot = 0;
	struct proc *proc = TAILQ_FIRST(&house->procs);

	while (proc != NULL) {
		if (proc->spec == spec && proc->slot == slot) {
			slot++;
			proc = TAILQ_FIRST(&house->procs);
		} else {
			proc = TAILQ_NEXT(proc, next);
		}
	}
	return slot;
}

/* It shall run: a new record, or one that is on its way out. */
static void
want(struct house *house, const struct proc_spec *spec, const char *entry)
{
	struct proc *proc = find_entry(house, spec, entry);

	if (proc == NULL)
		proc = proc_new(house, spec, lowest_free_slot(house, spec), entry);
	proc_event(proc, LIFE_EV_WANT, NULL);
}

static void
want_role(struct house *house, const struct proc_spec *spec)
{
	if (spec->helper_of != 0)
		return; /* somebody asks for it (helpers.c) */
	if (!spec->per_entry) {
		want(house, spec, "");
		return;
	}
	for (size_t i = 0; i < ENTRIES_MAX; i++)
		if (house->printers.at[i][0] != '\0' && (!spec->only_virtual || house->printers.is_virtual[i]))
			want(house, spec, house->printers.at[i]);
}

/* -- how it is, for people --------------------------------------------------------------------------- */

static void
count_states(const struct house *house, unsigned ret_counts[LIFE_STATE_COUNT])
{
	const struct proc *proc;

	memset(ret_counts, 0, sizeof(unsigned) * LIFE_STATE_COUNT);
	TAILQ_FOREACH(proc, &house->procs, next)
		ret_counts[proc->life.state]++;
}

static void
describe(const struct house *house, char *ret_sentence, size_t cap)
{
	unsigned counts[LIFE_STATE_COUNT], total = 0;

	count_states(house, counts);
	for (unsigned i = 0; i < LIFE_STATE_COUNT; i++)
		total += counts[i];
	if (house->phase == HOUSE_STOPPING)
		str_format(ret_sentence, cap, "Fuse is stopping: %s", house->why_stopping);
	else if (counts[LIFE_UP] == total)
		str_format(ret_sentence, cap, "All %u processes are ready.", total);
	else
		str_format(ret_sentence, cap, "%u of %u processes are ready; %u starting, %u stopping, %u waiting, %u held.",
			   counts[LIFE_UP], total, counts[LIFE_STARTING], counts[LIFE_STOPPING], counts[LIFE_BACKOFF],
			   counts[LIFE_HELD]);
}

/* A proxy in front brings the network to wherever we listen. */
bool
house_is_guarded(const struct house *house, enum listener_purpose purpose)
{
	const struct listener *listener = &house->listeners[purpose];

	return listener->fd >= 0 && (house->config.local_access == LOCAL_PASSWORD || house->config.trusted_proxy[0] != '\0' ||
				     !listener_is_local(listener->address, house->config.local_access == LOCAL_LOOPBACK));
}

void
house_publish(struct house *house)
{
	struct msg_fuse_status status = { .pid = (uint32_t)getpid(), .started_ms = house->started_wall_ms,
					  .stopping = house->phase == HOUSE_STOPPING && !house->restart_after };

	str_copy(status.version, sizeof status.version, FUSE_VERSION);
	str_copy(status.state_dir, sizeof status.state_dir, house->config.state_dir);
	str_copy(status.http, sizeof status.http, house->listeners[LISTENER_HTTP].address);
	str_copy(status.stats, sizeof status.stats, house->listeners[LISTENER_STATS].address);
	status.http_guarded = house_is_guarded(house, LISTENER_HTTP);
	status.stats_guarded = house_is_guarded(house, LISTENER_STATS);
	describe(house, status.sentence, sizeof status.sentence);
	switchboard_publish(house->board, MESSAGE_FUSE_STATUS, 0, &status);
}

static void
announce(struct house *house)
{
	const struct proc *proc;
	char sentence[240];

	/* Ready means: each of the house's own processes is, or has shown that it cannot be just now. */
	TAILQ_FOREACH(proc, &house->procs, next)
		if (!proc->spec->per_entry && proc->spec->helper_of == 0 && (proc->life.state == LIFE_DOWN || proc->life.state == LIFE_STARTING))
			return;
	describe(house, sentence, sizeof sentence);
	if (!house->announced) {
		log_info("Fuse is up", log_str("version", FUSE_VERSION),
			 log_str("pages", house->listeners[LISTENER_HTTP].address),
			 log_int("printers", (int64_t)entries_count(&house->printers)),
			 log_str("state", house->config.state_dir));
		notify_ready(&house->notify, sentence);
	} else {
		notify_status(&house->notify, sentence);
	}
	house->announced = true;
}

/* -- moving on ---------------------------------------------------------------------------------------- */

/* The printer that it has played is no more: nor is its card. */
static void
forget_folder(struct house *house, const struct proc *proc)
{
	if (proc->spec->role != ROLE_VIRTUAL || entries_has(&house->printers, proc->entry))
		return;
	if (statedir_remove_virtual(house->config.state_dir, proc->entry) != 0)
		log_warn("the folder of a virtual printer that is gone could not be removed", log_str("printer", proc->entry),
			 log_str("error", strerror(errno)));
}

static void
forget_finished(struct house *house)
{
	struct proc *proc = TAILQ_FIRST(&house->procs);

	while (proc != NULL) {
		struct proc *following = TAILQ_NEXT(proc, next);
		if (proc->life.state == LIFE_DOWN && !proc->life.wanted) {
			forget_folder(house, proc);
			proc_free(proc);
		}
		proc = following;
	}
}

/* stored has spoken, or has shown that it cannot: the others may start. */
static void
start_others(struct house *house)
{
	size_t count;
	const struct proc_spec *specs = proc_specs(&count);

	house->phase = HOUSE_RUNNING;
	loop_timer_cancel(house->phase_timer);
	for (size_t i = 0; i < count; i++)
		want_role(house, &specs[i]);
}

static void
stop_rank(struct house *house)
{
	struct proc *proc;

	TAILQ_FOREACH(proc, &house->procs, next)
		if (proc->spec->stop_rank == house->stop_rank)
			proc_event(proc, LIFE_EV_UNWANT, NULL);
}

static bool
rank_is_empty(const struct house *house)
{
	const struct proc *proc;

	TAILQ_FOREACH(proc, &house->procs, next)
		if (proc->spec->stop_rank == house->stop_rank)
			return false;
	return true;
}

static void
finish_stopping(struct house *house)
{
	char sentence[240];

	loop_timer_cancel(house->phase_timer);
	if (!house->restart_after) {
		loop_stop(house->loop);
		return;
	}
	house->restart_after = false;
	if (!house_reload(house, sentence, sizeof sentence))
		log_error("the old configuration stays in force", log_str("because", sentence));
	house_open(house);
}

static void
advance(void *arg)
{
	struct house *house = arg;
	const struct proc *stored = house_find_proc(house, "stored");

	forget_finished(house);
	if (house->phase == HOUSE_RUNNING)
		helpers_go_on(house);
	switch (house->phase) {
	case HOUSE_STARTING:
		if (stored != NULL && stored->life.state != LIFE_STARTING && stored->life.state != LIFE_DOWN)
			start_others(house);
		break;
	case HOUSE_RUNNING:
		announce(house);
		break;
	case HOUSE_STOPPING:
		if (!rank_is_empty(house))
			break;
		if (++house->stop_rank < STOP_RANKS) {
			stop_rank(house);
			loop_timer_set(house->advance, 0);
		} else {
			finish_stopping(house);
			return;
		}
		break;
	}
	house_publish(house);
}

void
house_on_proc_changed(struct house *house, struct proc *proc)
{
	proc_publish(proc);
	helpers_on_proc_changed(house, proc);
	loop_timer_set(house->advance, 0);
}

static void
kill_all(struct house *house, const char *why)
{
	struct proc *proc;

	TAILQ_FOREACH(proc, &house->procs, next) {
		proc_event(proc, LIFE_EV_UNWANT, why);
		proc_kill(proc);
	}
	house->stop_rank = STOP_RANKS - 1;
}

/* STARTING: stored takes its time. STOPPING: the time is up. */
static void
on_phase_timer(void *arg)
{
	struct house *house = arg;

	if (house->phase == HOUSE_STARTING) {
		log_warn("the store takes long; the others start without it");
		start_others(house);
	} else if (house->phase == HOUSE_STOPPING) {
		log_error("not all processes stopped in time; the rest is killed");
		kill_all(house, "did not stop in time and was killed");
	}
}

static void
on_tick(void *arg)
{
	struct house *house = arg;
	int64_t now_ms = clock_monotonic_ms();
	struct proc *proc;

	TAILQ_FOREACH(proc, &house->procs, next)
		proc_tick(proc, now_ms - house->last_tick_ms);
	house->last_tick_ms = now_ms;
	notify_pet(&house->notify, now_ms);
	loop_timer_set(house->tick, WATCHDOG_TICK_MS);
}

void
house_open(struct house *house)
{
	size_t count;
	const struct proc_spec *specs = proc_specs(&count);

	if (house->tick == NULL) {
		house->tick = loop_timer_new(house->loop, on_tick, house);
		house->phase_timer = loop_timer_new(house->loop, on_phase_timer, house);
		house->advance = loop_timer_new(house->loop, advance, house);
		house->last_tick_ms = clock_monotonic_ms();
		loop_timer_set(house->tick, WATCHDOG_TICK_MS);
	}
	house->phase = HOUSE_STARTING;
	house->stop_rank = 0;
	house_publish(house);
	loop_timer_set(house->phase_timer, STORE_PATIENCE_MS);
	for (size_t i = 0; i < count; i++)
		if (specs[i].role == ROLE_STORED)
			want_role(house, &specs[i]);
}

static void
begin_stopping(struct house *house, const char *why)
{
	house->phase = HOUSE_STOPPING;
	str_copy(house->why_stopping, sizeof house->why_stopping, why);
	loop_timer_set(house->phase_timer, HOUSE_STOP_TOTAL_MS);
	house->stop_rank = 0;
	stop_rank(house);
	loop_timer_set(house->advance, 0);
}

void
house_close(struct house *house, int exit_code, const char *why)
{
	if (house->phase == HOUSE_STOPPING) {
		bool was_restart = house->restart_after;
		house->restart_after = false;
		if (exit_code != 0 || was_restart)
			house->exit_code = exit_code;
		if (!was_restart) {
			log_warn("asked twice to stop: what still runs is killed");
			kill_all(house, "was killed, as Fuse was asked twice to stop");
		}
		return;
	}
	if (exit_code == 0)
		log_info("Fuse stops", log_str("because", why));
	else
		log_error("Fuse stops", log_str("because", why));
	house->exit_code = exit_code;
	notify_stopping(&house->notify, why);
	begin_stopping(house, why);
}

void
house_restart(struct house *house)
{
	if (house->phase == HOUSE_STOPPING)
		return;
	log_info("a person restarts all processes");
	house->restart_after = true;
	begin_stopping(house, "all processes are started anew");
}

/* -- printers ----------------------------------------------------------------------------------------- */

/* Its workers go, unless it stands at another place too. */
static void
follow_removal(struct house *house, const char *entry)
{
	struct proc *proc;

	if (entry[0] == '\0' || entries_has(&house->printers, entry))
		return;
	TAILQ_FOREACH(proc, &house->procs, next)
		if (proc->spec->per_entry && proc->life.wanted && strcmp(proc->entry, entry) == 0)
			proc_event(proc, LIFE_EV_UNWANT, NULL);
}

void
house_on_printer(struct house *house, uint32_t place, const struct msg_printer *printer)
{
	const char *serial = printer->serial;
	char before[ENTRY_BYTES] = "";
	size_t count;
	const struct proc_spec *specs = proc_specs(&count);

	if (place < ENTRIES_MAX)
		str_copy(before, sizeof before, house->printers.at[place]);
	if (!entries_note(&house->printers, place, serial)) {
		log_warn("the store names a printer that no worker can have", log_int("place", place),
			 log_str("serial", serial));
		return;
	}
	house->printers.is_virtual[place] = printer->is_virtual;
	str_copy(house->printers.address[place], sizeof house->printers.address[place], printer->address);
	/* Before and after, start_others() and the stop see to it. */
	if (house->phase != HOUSE_RUNNING || strcmp(before, serial) == 0)
		return;
	follow_removal(house, before);
	for (size_t i = 0; i < count && serial[0] != '\0'; i++)
		if (specs[i].per_entry && (!specs[i].only_virtual || printer->is_virtual))
			want(house, &specs[i], serial);
	loop_timer_set(house->advance, 0);
}
