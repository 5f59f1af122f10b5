/*
 * proc: from decisions to processes and back.
 */
#include "supervisor/proc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exits.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "supervisor/house.h"
#include "supervisor/statedir.h"

#define PROC_MAGIC 0x96c0cu
#define LOG_BYTES_PER_TURN 16384
#define LOG_TURNS_AT_DEATH 16 /* more than a pipe holds; an end, should somebody else hold the pipe open */
#define DRAIN_FRAMES 4096 /* more than a dead child's socket can hold */

static void on_exit_of_process(void *arg, int fd, unsigned ready);
static void on_log(void *arg, int fd, unsigned ready);
static void on_timer(void *arg);

struct proc *
proc_new(struct house *house, const struct proc_spec *spec, uint16_t slot, const char *entry)
{
	struct proc *proc = calloc(1, sizeof *proc);

	ENSURE(proc != NULL);
	proc->magic = PROC_MAGIC;
	proc->house = house;
	proc->spec = spec;
	proc->slot = slot;
	proc->pidfd = proc->log_fd = -1;
	str_copy(proc->entry, sizeof proc->entry, entry);
	str_format(proc->name, sizeof proc->name, entry[0] != '\0' ? "%s/%s" : "%s%s", spec->name, entry);
	life_init(&proc->life);
	proc->timer = loop_timer_new(house->loop, on_timer, proc);
	switchboard_add_place(house->board, spec->role, slot);
	TAILQ_INSERT_TAIL(&house->procs, proc, next);
	return proc;
}

static uint32_t
status_key(const struct proc *proc)
{
	return (uint32_t)proc->spec->role << 16 | proc->slot;
}

void
proc_free(struct proc *proc)
{
	ENSURE_OBJ(proc, PROC_MAGIC);
	ENSURE(proc->life.state == LIFE_DOWN && proc->pid == 0);
	TAILQ_REMOVE(&proc->house->procs, proc, next);
	switchboard_remove_place(proc->house->board, proc->spec->role, proc->slot);
	switchboard_unpublish(proc->house->board, MESSAGE_PROC_STATUS, status_key(proc));
	loop_timer_free(proc->timer);
	proc->magic = 0;
	free(proc);
}

void
proc_publish(struct proc *proc)
{
	struct msg_proc_status status = {
		.role = proc->spec->role, .slot = proc->slot, .state = proc->life.state, .pid = (uint32_t)proc->pid,
		.generation = proc->peer.generation, .restarts = proc->starts > 0 ? proc->starts - 1 : 0,
		.dropped = proc->peer.dropped, .since_ms = proc->pid != 0 ? proc->since_wall_ms : 0,
		.ready_ms = proc->pid != 0 ? proc->ready_wall_ms : 0, .died_ms = proc->died_wall_ms,
	};
	bool waits = proc->life.state == LIFE_BACKOFF || proc->life.state == LIFE_HELD;

	if (waits)
		status.next_try_ms = clock_wall_ms() + proc->life.deadline_ms - clock_monotonic_ms();
	str_copy(status.entry, sizeof status.entry, proc->entry);
	str_copy(status.unapplied, sizeof status.unapplied, proc->unapplied);
	str_copy(status.obituary, sizeof status.obituary, proc->obituary);
	switchboard_publish(proc->house->board, MESSAGE_PROC_STATUS, status_key(proc), &status);
}

/* -- carrying out decisions --------------------------------------------------------------------- */

static void
send_signal(struct proc *proc, int number)
{
	/* By pidfd: it can never hit a stranger that got the number anew. */
	if (proc->pidfd >= 0 && syscall(SYS_pidfd_send_signal, proc->pidfd, number, NULL, 0) != 0 && errno != ESRCH)
		log_error("could not signal a child", log_str("process", proc->name), log_int("signal", number),
			  log_str("error", strerror(errno)));
}

void
proc_kill(struct proc *proc)
{
	send_signal(proc, SIGKILL);
}

/* 'T' in its stat: somebody sent SIGSTOP. */
static bool
stands_still(pid_t pid)
{
	char path[32], state = '?';

	str_format(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	fclose(file);
	return state == 'T' || state == 't';
}

static void
on_frame(void *arg, const struct header *header, const uint8_t *body, size_t body_len, int fd)
{
	struct proc *proc = arg;

	if (header->number != MESSAGE_PONG)
		watchdog_heard(&proc->watchdog);
	switchboard_on_frame(proc->house->board, &proc->peer, header, body, body_len, fd);
}

static void
on_closed(void *arg, const char *fault)
{
	struct proc *proc = arg;

	/* Without a channel it is of no use. When it is about to exit, its pidfd says so in a moment, with the
	 * true cause; the second tick from now ends it if it lives on, deaf and mute. */
	if (fault == channel_fault_other_build) {
		/* It cannot read this either, and leaves with the exit code that says so. */
		struct msg_stop stop = { 0 };
		switchboard_say(proc->house->board, &proc->peer, MESSAGE_STOP, NULL, &stop, -1);
		proc->deaf = "is of another build than fused and was ended";
	} else if (fault == NULL) {
		proc->deaf = "closed its channel to the supervisor and was ended";
	} else {
		switchboard_offend(proc->house->board, &proc->peer, fault);
	}
}

static void
prepare_argv(struct proc *proc)
{
	static char dir_option[] = "--dir", ca_option[] = "--ca";
	static char store_dir[CONFIG_PATH_BYTES + 8], ca_dir[CONFIG_PATH_BYTES + 8], card_dir[CONFIG_PATH_BYTES + ENTRY_BYTES + 10];
	const char *state_dir = proc->house->config.state_dir;
	char **next = proc->argv;

	*next++ = (char *)(uintptr_t)proc->spec->binary;
	if (proc->entry[0] != '\0')
		*next++ = proc->entry; /* for whoever looks at ps(1) */
	if (proc->spec->role == ROLE_STORED) {
		str_format(store_dir, sizeof store_dir, "%s/store", state_dir);
		*next++ = dir_option;
		*next++ = store_dir;
	} else if (proc->spec->role == ROLE_VIRTUAL) {
		/* Its card, and what it remembers. */
		statedir_virtual(state_dir, proc->entry, card_dir, sizeof card_dir);
		*next++ = dir_option;
		*next++ = card_dir;
	} else if (proc->spec->role == ROLE_WORKER || proc->spec->role == ROLE_UPLOAD ||
		   proc->spec->role == ROLE_DISCOVERY) {
		/* The owner's issuers of certificates (common/tls.h). */
		str_format(ca_dir, sizeof ca_dir, "%s/ca.d", state_dir);
		*next++ = ca_option;
		*next++ = ca_dir;
	}
	*next = NULL;
}

static int
spawn_it(struct proc *proc, struct spawned *ret_spawned)
{
	const struct role_kit *kit = &proc->house->kits[proc->spec->role];

	if (kit->binary_fd < 0) {
		errno = ENOENT;
		return -1;
	}
	if (proc->spec->role == ROLE_VIRTUAL &&
	    statedir_prepare_virtual(proc->house->config.state_dir, proc->entry, kit->identity.uid, kit->identity.gid) != 0)
		return -1;
	prepare_argv(proc);
	struct spawn_request request = { proc->spec, &kit->identity, kit->binary_fd, proc->house->lock_fd, proc->argv };
	return spawn_process(&request, ret_spawned);
}

/* Take what fork gave us: watch the process, its channel and its log. */
static void
adopt(struct proc *proc, const struct spawned *spawned)
{
	static const struct channel_limits limits = { .queue_frames = 1024, .queue_bytes = 2 << 20,
						      .frames_per_turn = 32 };
	static const struct channel_events events = { on_frame, on_closed };
	struct house *house = proc->house;
	struct logbook_origin origin = { proc->spec->name, proc->entry, spawned->pid };

	proc->pid = spawned->pid;
	proc->pidfd = spawned->pidfd;
	proc->log_fd = spawned->log_fd;
	proc->since_wall_ms = clock_wall_ms();
	proc->ready_wall_ms = 0;
	proc->was_ready = proc->was_stopped = false;
	proc->deaf = NULL;
	proc->deaf_ticks = 0;
	proc->sentence_of_ours[0] = '\0';
	proc->starts++;
	watchdog_init(&proc->watchdog);
	logtap_init(&proc->tap, house->logbook, &origin, clock_monotonic_ms());
	peer_init(&proc->peer, proc->spec->role, proc->slot, ++house->last_generation, proc);
	proc->peer.rate_per_s = proc->spec->rate_per_s;
	proc->peer.channel = channel_new(house->loop, spawned->channel_fd, &limits, &events, proc);
	ENSURE(proc->peer.channel != NULL);
	switchboard_attach(house->board, &proc->peer);
	proc->pidfd_io = loop_io_new(house->loop, proc->pidfd, LOOP_READ, on_exit_of_process, proc);
	proc->log_io = loop_io_new(house->loop, proc->log_fd, LOOP_READ, on_log, proc);
}

static void
spawn_now(struct proc *proc)
{
	struct spawned spawned;

	if (spawn_it(proc, &spawned) == 0) {
		adopt(proc, &spawned);
		log_debug("started", log_str("process", proc->name), log_int("child", proc->pid),
			  log_int("generation", proc->peer.generation));
		return;
	}
	int saved = errno;
	str_format(proc->obituary, sizeof proc->obituary, "could not be started: %s (%s)", strerror(saved),
		   proc->house->kits[proc->spec->role].binary_path);
	proc->died_wall_ms = clock_wall_ms();
	log_error("could not start a process", log_str("process", proc->name),
		  log_str("binary", proc->house->kits[proc->spec->role].binary_path), log_str("error", strerror(saved)));
	proc_event(proc, LIFE_EV_SPAWN_FAILED, NULL);
}

static void
ask_stop(struct proc *proc)
{
	struct msg_stop stop = { .deadline_ms = (uint32_t)proc->spec->stop_ms };

	/* One that has not said HELLO yet has no ear for it: it gets the signal. */
	if (proc->peer.greeted)
		switchboard_say(proc->house->board, &proc->peer, MESSAGE_STOP, NULL, &stop, -1);
	else
		send_signal(proc, SIGTERM);
}

static void
set_timer(struct proc *proc)
{
	int64_t left_ms = proc->life.deadline_ms - clock_monotonic_ms();

	if (proc->life.deadline_ms == 0)
		loop_timer_cancel(proc->timer);
	else
		loop_timer_set(proc->timer, left_ms > 0 ? left_ms : 0);
}

static struct life_rules
rules_of(const struct proc *proc)
{
	return (struct life_rules){ .start_ms = proc->spec->start_ms, .stop_ms = proc->spec->stop_ms,
				    .backoff_max_ms = proc->spec->backoff_max_ms,
				    .hold_deaths = proc->spec->hold_deaths,
				    .once = proc->spec->helper_of != 0 };
}

static void
step(struct proc *proc, enum life_event event, enum exit_policy policy)
{
	struct life_rules rules = rules_of(proc);
	struct life_facts facts = { .now_ms = clock_monotonic_ms(), .policy = policy };

	ENSURE_OBJ(proc, PROC_MAGIC);
	if (getrandom(&facts.chance, sizeof facts.chance, GRND_NONBLOCK) < 0)
		facts.chance = (uint32_t)facts.now_ms;
	enum life_state before = proc->life.state;
	unsigned actions = life_step(&proc->life, &rules, event, &facts);
	if (actions & LIFE_DO_SAY_BUG)
		log_error("an event came that cannot come in this state", log_str("process", proc->name),
			  log_str("state", life_state_name(before)), log_str("event", life_event_name(event)));
	if (actions & LIFE_DO_ASK_STOP)
		ask_stop(proc);
	if (actions & LIFE_DO_TERM)
		send_signal(proc, SIGTERM);
	if (actions & (LIFE_DO_ABORT | LIFE_DO_KILL))
		proc->was_stopped = proc->was_stopped || stands_still(proc->pid);
	if (actions & LIFE_DO_ABORT)
		send_signal(proc, SIGABRT);
	if (actions & LIFE_DO_KILL)
		send_signal(proc, SIGKILL);
	set_timer(proc);
	if (actions & LIFE_DO_SPAWN)
		spawn_now(proc);
	else if (proc->life.state != before || (actions & LIFE_DO_FORGET))
		house_on_proc_changed(proc->house, proc);
	if (actions & LIFE_DO_SPAWN && proc->pid != 0)
		house_on_proc_changed(proc->house, proc);
}

void
proc_event(struct proc *proc, enum life_event event, const char *why)
{
	if (why != NULL && proc->sentence_of_ours[0] == '\0')
		str_copy(proc->sentence_of_ours, sizeof proc->sentence_of_ours, why);
	step(proc, event, EXIT_POLICY_RESTART);
}

static void
on_timer(void *arg)
{
	struct proc *proc = arg;
	char why[OFFENCE_BYTES] = "";

	if (proc->life.state == LIFE_STARTING)
		str_format(why, sizeof why, "was not ready within %lld s of its start and was ended",
			   (long long)proc->spec->start_ms / 1000);
	else if (proc->life.state == LIFE_STOPPING && !proc->life.condemned)
		str_format(why, sizeof why, "did not stop within %lld s of being asked and was killed",
			   (long long)proc->spec->stop_ms / 1000);
	/* SIGTERM, the first of the two, is not yet an end of ours. */
	bool only_term = proc->life.state == LIFE_STOPPING && !proc->life.condemned && !proc->life.termed;
	proc_event(proc, LIFE_EV_DEADLINE, why[0] != '\0' && !only_term ? why : NULL);
}

/* -- its log ------------------------------------------------------------------------------------ */

/* Returns false at the end of the pipe. */
static bool
read_log(struct proc *proc)
{
	char bytes[4096];
	int64_t now_ms = clock_monotonic_ms(), wall_ms = clock_wall_ms();

	for (size_t total = 0; total < LOG_BYTES_PER_TURN;) {
		ssize_t n = read(proc->log_fd, bytes, sizeof bytes);
		if (n == 0)
			return false;
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		logtap_feed(&proc->tap, bytes, (size_t)n, now_ms, wall_ms);
		total += (size_t)n;
	}
	return true;
}

static void
on_log(void *arg, int fd, unsigned ready)
{
	struct proc *proc = arg;

	(void)fd;
	(void)ready;
	if (!read_log(proc))
		loop_io_set_interest(proc->log_io, 0);
}

/* -- its end ------------------------------------------------------------------------------------ */

static void
write_obituary(struct proc *proc, const siginfo_t *info)
{
	char last_words[LOGTAP_LAST_BYTES];
	struct death death = {
		.was_ready = proc->was_ready, .by_signal = info->si_code != CLD_EXITED, .number = info->si_status,
		.lived_ms = clock_monotonic_ms() - proc->life.started_ms, .was_stopped = proc->was_stopped,
		.sentence_of_ours = proc->sentence_of_ours[0] != '\0' ? proc->sentence_of_ours : NULL,
		.last_words = last_words,
	};

	logtap_last_words(&proc->tap, last_words, sizeof last_words);
	obituary_write(&death, proc->obituary);
	proc->died_wall_ms = clock_wall_ms();
}

static void
bury(struct proc *proc)
{
	loop_io_free(proc->pidfd_io);
	loop_io_free(proc->log_io);
	proc->pidfd_io = proc->log_io = NULL;
	close(proc->pidfd);
	close(proc->log_fd);
	proc->pidfd = proc->log_fd = -1;
	proc->pid = 0;
	proc->ready_wall_ms = 0;
}

static void
tell_death(const struct proc *proc, const struct exit_meaning *meaning)
{
	const char *advice = meaning != NULL ? meaning->advice : "";

	log_error("obituary", log_str("process", proc->name), log_int("child", proc->pid),
		  log_int("generation", proc->peer.generation), log_str("it", proc->obituary),
		  log_str("advice", advice[0] != '\0' ? advice : "-"));
}

static void
on_exit_of_process(void *arg, int fd, unsigned ready)
{
	struct proc *proc = arg;
	struct house *house = proc->house;
	siginfo_t info = { 0 };

	(void)ready;
	if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
		return;
	/* What it said before it died still counts. */
	if (!proc->peer.offended)
		channel_drain(proc->peer.channel, DRAIN_FRAMES);
	for (unsigned turn = 0; turn < LOG_TURNS_AT_DEATH && read_log(proc); turn++)
		;
	logtap_finish(&proc->tap, clock_wall_ms());
	bool exited = info.si_code == CLD_EXITED;
	/* Before its HELLO it has no ear for STOP and no hand for SIGTERM: that ended it as asked, see ask_stop(). */
	bool as_asked = exited ? info.si_status == 0 : info.si_status == SIGTERM && !proc->peer.greeted;
	bool asked = proc->life.state == LIFE_STOPPING && !proc->life.condemned && as_asked;
	if (proc->spec->helper_of != 0 && exited && info.si_status == 0 && proc->sentence_of_ours[0] == '\0')
		asked = true; /* its work is done */
	const struct exit_meaning *meaning = exited && proc->sentence_of_ours[0] == '\0'
						     ? exit_meaning_peek(info.si_status) : NULL;
	if (!asked) {
		write_obituary(proc, &info);
		tell_death(proc, meaning);
	}
	switchboard_detach(house->board, &proc->peer);
	bury(proc);
	if (meaning != NULL && meaning->policy == EXIT_POLICY_FATAL && house->phase != HOUSE_STOPPING) {
		char why[240];
		str_format(why, sizeof why, "%s %s. %s", proc->spec->binary, meaning->sentence, meaning->advice);
		house_close(house, meaning->code, why);
	}
	step(proc, LIFE_EV_DIED, meaning != NULL ? meaning->policy : EXIT_POLICY_RESTART);
}
