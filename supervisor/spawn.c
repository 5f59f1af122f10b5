/*
 * spawn: fork, strip, exec.
 *
 * The binary is executed by descriptor: a child with an own uid need not be able to reach the folder
 * that Fuse stands in (a home folder, say).
 */
#include "supervisor/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/crashpoint.h"
#include "common/exits.h"
#include "common/log.h"
#include "common/str.h"
#include "ipc/child.h"

/* Without users of their own (no packaging), roles get fixed numbers that Debian leaves free. */
#define SPAWN_UID_BASE 64800u
#define CHANNEL_BUFFER_BYTES (1024 * 1024)

static const struct proc_spec specs[] = {
#define ONE false, false, 0, 0
#define PER_ENTRY true, false, 0, 0
#define PER_VIRTUAL true, true, 0, 0
#define HELPER(askers, most) false, false, askers, most
#define STORED ROLE_BIT(ROLE_STORED)
#define WORKER ROLE_BIT(ROLE_WORKER)
#define VIRTUAL ROLE_BIT(ROLE_VIRTUAL)
#define PROC(ROLE, role, number, binary, how_many, stop_rank, start_ms, stop_ms, warn_ms, hang_ms, backoff_max_ms, \
	     hold_deaths, data_mib, files, rate_per_s, doc)                                                      \
	{ ROLE_##ROLE, #role,	  binary,      how_many, stop_rank, start_ms,	stop_ms, warn_ms,                   \
	  hang_ms,     backoff_max_ms, hold_deaths, data_mib, files,	    rate_per_s, doc },
#include "ipc/procs.def"
#undef PROC
#undef VIRTUAL
#undef WORKER
#undef STORED
#undef HELPER
#undef PER_VIRTUAL
#undef PER_ENTRY
#undef ONE
};

const struct proc_spec *
proc_specs(size_t *ret_count)
{
	*ret_count = STR_ARRAY_LEN(specs);
	return specs;
}

void
spawn_identify(enum role role, struct spawn_identity *ret_identity)
{
	char name[40];

	memset(ret_identity, 0, sizeof *ret_identity);
	ret_identity->uid = geteuid();
	ret_identity->gid = getegid();
	if (geteuid() != 0)
		return;
	ret_identity->own = true;
	str_format(name, sizeof name, "fuse-%s", role_name(role));
	const struct passwd *user = getpwnam(name);
	if (user != NULL) {
		ret_identity->uid = user->pw_uid;
		ret_identity->gid = user->pw_gid;
		return;
	}
	ret_identity->by_number = true;
	ret_identity->uid = SPAWN_UID_BASE + (uid_t)role;
	ret_identity->gid = SPAWN_UID_BASE + (gid_t)role;
}

int
spawn_open_binary(const char *binary, char *ret_path, size_t cap)
{
	static const char *const places[] = { "%s/%s", "%s/../libexec/fuse/%s" };
	char here[4096];
	ssize_t n = readlink("/proc/self/exe", here, sizeof here - 1);
	int fd = -1;

	str_copy(ret_path, cap, binary);
	if (n < 0)
		return -1;
	here[n] = '\0';
	*strrchr(here, '/') = '\0';
	for (size_t i = 0; i < STR_ARRAY_LEN(places) && fd < 0; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		if (!str_format(ret_path, cap, places[i], here, binary)) {
#pragma GCC diagnostic pop
			errno = ENAMETOOLONG;
			continue;
		}
		fd = open(ret_path, O_PATH | O_CLOEXEC);
	}
	return fd;
}

/* -- in the new process, before exec ----------------------------------------------------------- */

static _Noreturn void
die(int code, const char *what)
{
	log_error("could not be started", log_str("what", what), log_str("error", strerror(errno)));
	_exit(code);
}

static void
limit(__rlimit_resource_t resource, rlim_t value, const char *what)
{
	struct rlimit now, wanted = { value, value };

	if (getrlimit(resource, &now) == 0 && now.rlim_max < value) {
		wanted.rlim_cur = wanted.rlim_max = now.rlim_max;
		log_warn("a limit is lower than asked for", log_str("what", what), log_int("is", (int64_t)now.rlim_max),
			 log_int("asked", (int64_t)value));
	}
	if (setrlimit(resource, &wanted) != 0)
		log_warn("a limit could not be set", log_str("what", what), log_str("error", strerror(errno)));
}

static void
set_limits(const struct proc_spec *spec)
{
	limit(RLIMIT_CORE, 0, "core");
	limit(RLIMIT_NOFILE, spec->files, "files");
#if !defined(__SANITIZE_ADDRESS__) /* its shadow memory counts as data */
	limit(RLIMIT_DATA, (rlim_t)spec->data_mib << 20, "data");
#endif
}

static void
become(const struct spawn_identity *identity)
{
	if (!identity->own)
		return;
	if (setgroups(0, NULL) != 0 || setresgid(identity->gid, identity->gid, identity->gid) != 0 ||
	    setresuid(identity->uid, identity->uid, identity->uid) != 0)
		die(EXIT_NO_PERMISSION, "change to the uid of its role");
}

/* Our death is its death. Set after the uid change, which clears it; and we may have died before it. */
static void
die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		die(EXIT_OS, "bind its life to the supervisor's");
	if (getppid() != parent)
		_exit(EXIT_ORPHANED);
}

static void
reset_signals(void)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		sigaction(number, &usual, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Put the descriptors in their fixed places. The sources are moved out of the way first. */
static void
place_descriptors(int channel_fd, int lock_fd, int log_fd)
{
	int null_fd = open("/dev/null", O_RDWR);
	int high_channel = fcntl(channel_fd, F_DUPFD, 100), high_lock = fcntl(lock_fd, F_DUPFD, 100);
	int high_log = fcntl(log_fd, F_DUPFD, 100), high_null = fcntl(null_fd, F_DUPFD, 100);

	if (high_null < 0 || high_channel < 0 || high_lock < 0 || high_log < 0 || dup2(high_log, 2) < 0)
		_exit(EXIT_OS);
	if (dup2(high_null, 0) < 0 || dup2(high_null, 1) < 0 || dup2(high_channel, CHILD_FD_CHANNEL) < 0 ||
	    dup2(high_lock, CHILD_FD_LOCK) < 0)
		die(EXIT_OS, "place its descriptors");
	/* The binary's descriptor is needed until exec. */
	if (syscall(SYS_close_range, CHILD_FD_LOCK + 1, ~0u, CLOSE_RANGE_CLOEXEC) != 0)
		die(EXIT_OS, "close the supervisor's descriptors");
}

static char **
clean_environment(void)
{
	static const char *const passed[] = { "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS" };
	static char kept[STR_ARRAY_LEN(passed)][256];
	static char *environment[STR_ARRAY_LEN(passed) + 2];
	size_t count = 0;

	for (size_t i = 0; i < STR_ARRAY_LEN(passed); i++) {
		const char *value = getenv(passed[i]);
		if (value != NULL && str_format(kept[count], sizeof kept[count], "%s=%s", passed[i], value)) {
			environment[count] = kept[count];
			count++;
		}
	}
	const char *hold = crash_point_environment();
	if (hold != NULL)
		environment[count++] = (char *)(uintptr_t)hold;
	environment[count] = NULL;
	return environment;
}

static _Noreturn void
run_child(const struct spawn_request *request, pid_t parent, int channel_fd, int log_fd)
{
	char **environment = clean_environment(); /* reads a file, in the tests; below few may be open */

	log_set_sink(NULL, NULL);
	reset_signals();
	place_descriptors(channel_fd, request->lock_fd, log_fd);
	setsid(); /* a terminal's ^C is for fused, which stops its children in order */
	set_limits(request->spec);
	become(request->identity);
	die_with(parent);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		die(EXIT_OS, "give up new privileges");
	syscall(SYS_execveat, request->binary_fd, "", request->argv, environment, AT_EMPTY_PATH);
	die(EXIT_OS, "execute its program");
}

/* -- in the supervisor ------------------------------------------------------------------------- */

static void
close_pair(int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
}

/* A child floods our end, never the reverse: its sending buffer is small enough to be bounded, ours large. */
static void
size_buffers(const int channel[2])
{
	int bytes = CHANNEL_BUFFER_BYTES;

	setsockopt(channel[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

/* A signal to a child that still has our handlers would reach our own loop, by what they share: we would take the
 * child's SIGTERM for ours. It waits until the child has none of them (reset_signals). */
static pid_t
fork_without_signals(void)
{
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid_t pid = fork();
	int saved = errno;
	if (pid != 0)
		sigprocmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return pid;
}

int
spawn_process(const struct spawn_request *request, struct spawned *ret_spawned)
{
	int channel[2] = { -1, -1 }, log[2] = { -1, -1 };
	pid_t parent = getpid(), pid = -1;

	*ret_spawned = (struct spawned){ .pid = -1, .pidfd = -1, .channel_fd = -1, .log_fd = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0 ||
	    pipe2(log, O_CLOEXEC | O_NONBLOCK) != 0)
		goto fail;
	size_buffers(channel);
	pid = fork_without_signals();
	if (pid < 0)
		goto fail;
	if (pid == 0) {
		/* The child's end must block: it writes whole lines or waits for us to read them. */
		fcntl(log[1], F_SETFL, 0);
		run_child(request, parent, channel[1], log[1]);
	}
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		int saved = errno;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		errno = saved;
		goto fail;
	}
	close(channel[1]);
	close(log[1]);
	*ret_spawned = (struct spawned){ .pid = pid, .pidfd = pidfd, .channel_fd = channel[0], .log_fd = log[0] };
	return 0;
fail: {
	int saved = errno;
	close_pair(channel);
	close_pair(log);
	errno = saved;
	return -1;
}
}
