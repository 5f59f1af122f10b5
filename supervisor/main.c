/*
 * fused: the main program and supervisor of Fuse. It starts, confines, watches and restarts all the
 * other processes and passes their messages on. No byte from a printer, a network or a browser reaches it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exits.h"
#include "common/log.h"
#include "common/str.h"
#include "supervisor/door.h"
#include "supervisor/house.h"
#include "supervisor/requests.h"
#include "supervisor/statedir.h"

#define LOCK_WAIT_MS 2000 /* children of a Fuse that was killed are gone by then */
#define FILES_WANTED 4096 /* three descriptors a child, and room */

static struct house house;
static bool was_terminal[STDERR_FILENO + 1]; /* standard descriptors, at start */

static int
refuse_to_start(int code, const char *sentence)
{
	fprintf(stderr, "fused: %s\n", sentence);
	return code;
}

/* -- log --------------------------------------------------------------------------------------------- */

static void
on_own_line(void *arg, enum log_level level, const char *line, size_t len)
{
	struct logbook_origin origin = { "supervisor", "", getpid() };

	(void)arg;
	(void)level;
	logbook_add(house.logbook, clock_wall_ms(), &origin, line, len);
}

static void
on_any_line(void *arg, const char *line, size_t len)
{
	(void)arg;
	if (house.door != NULL)
		door_tell_followers(house.door, line, len);
	if (house.board != NULL)
		follow_tell(&house.followers, house.board, line, len);
}

static void
open_log(void)
{
	char dir[CONFIG_PATH_BYTES + 8];

	str_format(dir, sizeof dir, "%s/logs", house.config.state_dir);
	house.logbook = logbook_new(dir, STDERR_FILENO);
	/* Until stored says what the owner has set. */
	house.log_file = (struct logbook_file){ .on = true, .max_bytes = 5 << 20, .keep = 5 };
	logbook_set_file(house.logbook, &house.log_file);
	logbook_set_listener(house.logbook, on_any_line, NULL);
	log_set_sink(on_own_line, NULL);
	house.setting_level = LOG_LEVEL_INFO;
	log_set_level(house_log_level(&house));
}

/* -- signals ------------------------------------------------------------------------------------------- */

static void
on_stop_signal(void *arg, int number)
{
	(void)arg;
	house_close(&house, EXIT_DONE, number == SIGINT ? "a person pressed Ctrl-C" : "it was asked to (SIGTERM)");
}

/* Of the descriptors that were a terminal at start, one has nobody behind it any more. */
static bool
terminal_was_closed(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		struct pollfd hung_up = { .fd = fd };
		if (was_terminal[fd] && poll(&hung_up, 1, 0) == 1 && hung_up.revents & POLLHUP)
			return true;
	}
	return false;
}

/* A window that is closed sends the same signal as somebody who wants the configuration read again. */
static void
on_hangup(void *arg, int number)
{
	char sentence[240];

	(void)arg;
	(void)number;
	if (house.phase == HOUSE_STOPPING)
		return;
	if (terminal_was_closed()) {
		house_close(&house, EXIT_DONE, "its terminal was closed");
		return;
	}
	/* Before READY=1 there is nothing that systemd could be told to wait for. */
	bool announced = house.announced;
	if (announced)
		notify_reloading(&house.notify, clock_monotonic_us());
	if (!house_reload(&house, sentence, sizeof sentence))
		log_error("the old configuration stays in force", log_str("because", sentence));
	/* Whatever came of it, READY=1 again ends the reload for systemd. */
	if (announced)
		notify_ready(&house.notify, sentence);
}

/* -- preparing ------------------------------------------------------------------------------------------- */

/* A standard descriptor that is closed would be taken by the next file that is opened. */
static void
ensure_standard_descriptors(void)
{
	while (true) {
		int fd = open("/dev/null", O_RDWR);
		if (fd > 2 || fd < 0) {
			if (fd > 2)
				close(fd);
			return;
		}
	}
}

static void
raise_file_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= FILES_WANTED)
		return;
	files.rlim_cur = files.rlim_max < FILES_WANTED ? files.rlim_max : FILES_WANTED;
	if (setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < FILES_WANTED)
		log_warn("may not open as many files as 256 printers need", log_int("limit", (int64_t)files.rlim_cur),
			 log_int("wanted", FILES_WANTED));
}

static void
prepare_roles(void)
{
	size_t count;
	const struct proc_spec *specs = proc_specs(&count);

	for (size_t i = 0; i < count; i++) {
		struct role_kit *kit = &house.kits[specs[i].role];
		kit->spec = &specs[i];
		spawn_identify(specs[i].role, &kit->identity);
		kit->binary_fd = spawn_open_binary(specs[i].binary, kit->binary_path, sizeof kit->binary_path);
		if (kit->identity.by_number)
			log_info("a role has no user of its own; a number serves", log_str("of", specs[i].name),
				 log_int("uid", kit->identity.uid));
	}
	if (!house.kits[ROLE_STORED].identity.own)
		log_warn("the processes share one uid, as fused was not started as root");
}

static bool
open_listeners(char *ret_fault, size_t cap)
{
	house.listeners[LISTENER_HTTP].fd = house.listeners[LISTENER_STATS].fd = -1;
	return listener_open(&house.listeners[LISTENER_HTTP], house.config.http, "--http", ret_fault, cap) &&
	       listener_open(&house.listeners[LISTENER_STATS], house.config.stats, "--stats", ret_fault, cap);
}

/* Everything that can refuse to start does so here, with a sentence. 0, or an exit code. */
static int
prepare(void)
{
	struct statedir_fault fault;
	char sentence[400];

	house.lock_fd = statedir_open(house.config.state_dir, LOCK_WAIT_MS, &fault);
	if (house.lock_fd < 0)
		return refuse_to_start(fault.exit_code, fault.sentence);
	if (!open_listeners(sentence, sizeof sentence))
		return refuse_to_start(EXIT_UNAVAILABLE, sentence);
	open_log();
	if (fault.warning[0] != '\0')
		log_error(fault.warning);
	raise_file_limit();
	house.loop = loop_new();
	if (house.loop == NULL)
		return refuse_to_start(EXIT_OS, "the event loop cannot be made");
	TAILQ_INIT(&house.procs);
	house.board = switchboard_new(&requests_events, &house);
	prepare_roles();
	const struct spawn_identity *stored = &house.kits[ROLE_STORED].identity;
	if (statedir_prepare_store(house.config.state_dir, stored->uid, stored->gid, &fault) != 0)
		return refuse_to_start(fault.exit_code, fault.sentence);
	house.door = door_new(house.loop, house.board, house.config.state_dir, sentence, sizeof sentence);
	if (house.door == NULL)
		return refuse_to_start(EXIT_CANT_CREATE, sentence);
	return 0;
}

static int
run(void)
{
	static const int stop_signals[] = { SIGTERM, SIGINT };
	struct loop_signal *watchers[3];

	signal(SIGPIPE, SIG_IGN);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		was_terminal[fd] = isatty(fd);
	for (size_t i = 0; i < 2; i++)
		watchers[i] = loop_signal_new(house.loop, stop_signals[i], on_stop_signal, NULL);
	watchers[2] = loop_signal_new(house.loop, SIGHUP, on_hangup, NULL);
	notify_init(&house.notify);
	house.started_wall_ms = clock_wall_ms();
	house_open(&house);
	if (loop_run(house.loop) != 0)
		house.exit_code = EXIT_OS;
	for (size_t i = 0; i < 3; i++)
		loop_signal_free(watchers[i]);
	return house.exit_code;
}

static void
leave(void)
{
	log_info("Fuse has stopped", log_int("code", house.exit_code));
	door_free(house.door);
	house.door = NULL;
	loop_timer_free(house.tick);
	loop_timer_free(house.phase_timer);
	loop_timer_free(house.advance);
	switchboard_free(house.board);
	house.board = NULL; /* a last line has no more followers */
	for (unsigned i = 0; i < LISTENER_PURPOSE_COUNT; i++)
		listener_close(&house.listeners[i]);
	notify_fini(&house.notify);
	log_set_sink(NULL, NULL);
	logbook_free(house.logbook);
	loop_free(house.loop);
	for (unsigned role = 0; role < ROLE_LIMIT; role++)
		if (house.kits[role].spec != NULL && house.kits[role].binary_fd >= 0)
			close(house.kits[role].binary_fd);
	close(house.lock_fd);
}

int
main(int argc, char **argv)
{
	struct config_fault fault;

	ensure_standard_descriptors();
	umask(027);
	if (!config_parse_args(argc, argv, &house.args, &fault))
		return refuse_to_start(EXIT_USAGE, fault.sentence);
	if (house.args.help || house.args.version) {
		fputs(house.args.help ? config_help_text() : "fused " FUSE_VERSION "\n", stdout);
		return EXIT_DONE;
	}
	if (!config_load(&house.args, &house.config, &fault))
		return refuse_to_start(EXIT_CONFIG, fault.sentence);
	int code = prepare();
	if (code != 0)
		return code;
	code = run();
	leave();
	return code;
}
