/*
 * The sandbox, tried from inside: each attempt is made by a process of its own that has locked itself in.
 * An attempt is *killed* (SIGSYS: seccomp), *refused* (an errno: Landlock or the kernel), or it *worked*;
 * these are told apart, and from a crash.
 *
 * Not under valgrind: it makes system calls of its own, which the sandbox kills it for.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <dirent.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/loop.h"
#include "common/sandbox.h"
#include "common/str.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZER_BUILD true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZER_BUILD true
#endif
#endif
#ifndef SANITIZER_BUILD
#define SANITIZER_BUILD false
#endif

#include "tests/unit/sandbox_attempts.h"

/* -- a process that locks itself in and tries ------------------------------------------------------ */

struct outcome {
	bool worked;
	int refused; /* errno */
	int killed;  /* signal */
	char words[80];
};

#define EXIT_CANNOT_LOCK_IN 255

static _Noreturn void
lock_in_and_try(enum sandbox_profile profile, int (*make)(void))
{
	static const int cmocka_catches[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS };
	const struct sandbox_path paths[] = { { own_dir, true }, { "/nowhere/at/all", false } };
	char unapplied[160];
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	for (size_t i = 0; i < STR_ARRAY_LEN(cmocka_catches); i++)
		signal(cmocka_catches[i], SIG_DFL);
	if (sandbox_enter(profile, paths, STR_ARRAY_LEN(paths), unapplied, sizeof unapplied) != 0)
		_exit(EXIT_CANNOT_LOCK_IN);
	_exit(make() == 0 ? 0 : errno);
}

static struct outcome
try_in(enum sandbox_profile profile, int (*make)(void))
{
	struct outcome outcome = { 0 };
	int status;
	pid_t pid = fork();

	if (pid == 0)
		lock_in_and_try(profile, make);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		outcome.killed = WTERMSIG(status);
		str_format(outcome.words, sizeof outcome.words, "killed by signal %d", outcome.killed);
		return outcome;
	}
	assert_int_not_equal(WEXITSTATUS(status), EXIT_CANNOT_LOCK_IN);
	outcome.refused = WEXITSTATUS(status);
	outcome.worked = outcome.refused == 0;
	str_format(outcome.words, sizeof outcome.words, outcome.worked ? "worked%s" : "refused: %s",
		   outcome.worked ? "" : strerror(outcome.refused));
	return outcome;
}

static bool
has_landlock(void)
{
	return syscall(444 /* landlock_create_ruleset */, NULL, 0, 1) >= 3;
}

static bool
is_as_it_must_be(const struct attempt *attempt, enum sandbox_profile profile, const struct outcome *outcome)
{
	bool killed = outcome->killed == SIGSYS;
	bool refused = outcome->refused == EACCES || outcome->refused == EPERM;

	if (attempt->expected == REFUSED_IN_STORED && (profile == SANDBOX_STORED || profile == SANDBOX_VIRTUAL))
		return refused || !has_landlock();
	if (works_in[attempt->expected] & 1u << profile)
		return outcome->worked;
	/* The sanitizer's own needs let some of them reach the second line. */
	return killed || (SANITIZER_BUILD && !outcome->worked && outcome->killed == 0);
}

static void
every_attempt_from_every_role_ends_as_it_must(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (unsigned profile = 0; profile < SANDBOX_PROFILE_COUNT; profile++)
		for (size_t i = 0; i < STR_ARRAY_LEN(attempts); i++) {
			struct outcome outcome = try_in(profile, attempts[i].make);
			if (is_as_it_must_be(&attempts[i], profile, &outcome))
				continue;
			print_error("%s, %s: %s\n", sandbox_profile_name(profile), attempts[i].name, outcome.words);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

static int
enter_again(void)
{
	char unapplied[160];

	return sandbox_enter(SANDBOX_STORED, NULL, 0, unapplied, sizeof unapplied);
}

static void
a_sandbox_cannot_be_entered_a_second_time(void **state)
{
	(void)state;
	for (unsigned profile = 0; profile < SANDBOX_PROFILE_COUNT; profile++) {
		struct outcome outcome = try_in(profile, enter_again);
		assert_true(outcome.killed == SIGSYS || (SANITIZER_BUILD && !outcome.worked));
	}
}

static void
clone3_is_unknown_so_that_the_c_library_takes_clone(void **state)
{
	(void)state;
	for (unsigned profile = 0; profile < SANDBOX_PROFILE_COUNT; profile++)
		assert_int_equal(try_in(profile, ask_for_clone3).refused, ENOSYS);
}

/* -- what must go on working ------------------------------------------------------------------------- */

/* A message with a descriptor goes out and comes back. */
static int
pass_a_descriptor(void)
{
	char text[] = "x";
	union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int))]; } control = { 0 };
	struct iovec iov = { text, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
			      .msg_controllen = sizeof control.bytes };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int fd = 2;

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(cmsg), &fd, sizeof fd);
	if (sendmsg(unix_pair[0], &msg, MSG_NOSIGNAL) != 1 || recvmsg(unix_pair[1], &msg, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof fd);
	return fd > 2 && close(fd) == 0 && fcntl(unix_pair[0], F_GETFL) >= 0 ? 0 : -1;
}

static void
stop_loop(void *arg)
{
	loop_stop(arg);
}

static struct loop *early_loop;
static struct loop_timer *early_timer;

static int
run_a_loop(void)
{
	loop_timer_set(early_timer, 5);
	return loop_run(early_loop);
}

static int
use_much_memory(void)
{
	char *some = malloc(100), *much = malloc(8 << 20);

	if (some == NULL || much == NULL)
		return -1;
	memset(much, 1, 8 << 20);
	much = realloc(much, 16 << 20);
	free(some);
	free(much);
	return 0;
}

static volatile sig_atomic_t signal_came;

static void
on_signal(int number)
{
	signal_came = number;
}

static int
handle_an_own_signal(void)
{
	signal(SIGUSR2, on_signal);
	raise(SIGUSR2);
	return signal_came == SIGUSR2 ? 0 : -1;
}

static int
say_a_last_word(void)
{
	char heard[5];

	return write(unix_pair[0], "words", 5) == 5 && read(unix_pair[1], heard, 5) == 5 ? 0 : -1;
}

static void
what_every_role_needs_still_works(void **state)
{
	int (*const needs[])(void) = { pass_a_descriptor, run_a_loop, use_much_memory, handle_an_own_signal,
				       say_a_last_word };

	(void)state;
	for (unsigned profile = 0; profile < SANDBOX_PROFILE_COUNT; profile++)
		for (size_t i = 0; i < STR_ARRAY_LEN(needs); i++) {
			struct outcome outcome = try_in(profile, needs[i]);
			if (!outcome.worked)
				print_error("%s, need %zu: %s\n", sandbox_profile_name(profile), i, outcome.words);
			assert_true(outcome.worked);
		}
}

static int
abort_it(void)
{
	abort();
}

static void
an_abort_is_an_abort_and_no_breach(void **state)
{
	(void)state;
	for (unsigned profile = 0; profile < SANDBOX_PROFILE_COUNT; profile++)
		assert_int_equal(try_in(profile, abort_it).killed, SIGABRT);
}

static int
work_in_own_folder(void)
{
	char path[96], other[96], sub[96];

	str_format(path, sizeof path, "%s/new", own_dir);
	str_format(other, sizeof other, "%s/sub/newer", own_dir);
	str_format(sub, sizeof sub, "%s/sub", own_dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || pwrite(fd, "data", 4, 0) != 4 || fdatasync(fd) != 0 || ftruncate(fd, 2) != 0)
		return -1;
	void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	struct flock lock = { .l_type = F_WRLCK };
	if (map == MAP_FAILED || memcmp(map, "da", 2) != 0 || fcntl(fd, F_SETLK, &lock) != 0)
		return -1;
	DIR *dir = opendir(own_dir);
	if (dir == NULL || readdir(dir) == NULL || closedir(dir) != 0)
		return -1;
	/* From folder to folder: Landlock's REFER, which kernels before 5.19 do not know. */
	if (mkdir(sub, 0700) != 0 || (rename(path, other) != 0 && errno != EXDEV))
		return -1;
	unlink(path);
	unlink(other);
	return rmdir(sub);
}

static void
the_store_works_in_its_folder_and_nowhere_else(void **state)
{
	(void)state;
	struct outcome outcome = try_in(SANDBOX_STORED, work_in_own_folder);
	if (!outcome.worked)
		print_error("in its own folder: %s\n", outcome.words);
	assert_true(outcome.worked);
}

/* -- the table, and what is said ---------------------------------------------------------------------- */

static void
every_name_in_the_table_is_a_system_call(void **state)
{
	static const char *const names[] = {
#define CALL(name) #name,
#define CALL_OWN_PID(name) #name,
#define CALL_IF(name, arg, mask, value) #name,
#define CALL_IF_BOTH(name, arg, mask, value, arg_2, mask_2, value_2) #name,
#define GROUP(NAME, calls) calls
#include "common/sandbox.def"
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(names); i++)
		if (seccomp_syscall_resolve_name(names[i]) == __NR_SCMP_ERROR)
			fail_msg("libseccomp does not know %s", names[i]);
}

/* In a process of its own, as it is for life: tells what was said through the pipe. */
static _Noreturn void
enter_and_tell(int to)
{
	char unapplied[160] = "?";

	if (sandbox_enter(SANDBOX_WORKER, NULL, 0, unapplied, sizeof unapplied) != 0 ||
	    write(to, unapplied, strlen(unapplied) + 1) < 0)
		_exit(EXIT_CANNOT_LOCK_IN);
	_exit(0);
}

static void
what_cannot_be_applied_is_named(void **state)
{
	long abi = syscall(444 /* landlock_create_ruleset */, NULL, 0, 1);
	char said[160] = "";
	int pipe_fds[2], status;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	pid_t pid = fork();
	if (pid == 0)
		enter_and_tell(pipe_fds[1]);
	assert_true(read(pipe_fds[0], said, sizeof said - 1) > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(strstr(said, "sanitizer-build") != NULL, SANITIZER_BUILD);
	if (abi <= 0)
		assert_non_null(strstr(said, "landlock"));
	else
		assert_int_equal(strstr(said, "landlock-signals") == NULL, abi >= 6);
	if (abi >= 6 && !SANITIZER_BUILD)
		assert_string_equal(said, "");
}

static void
a_profile_that_is_none_is_refused(void **state)
{
	char unapplied[160];

	(void)state;
	assert_int_equal(sandbox_enter(SANDBOX_PROFILE_COUNT, NULL, 0, unapplied, sizeof unapplied), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(sandbox_profile_name(SANDBOX_PROFILE_COUNT), "?");
	assert_string_equal(sandbox_profile_name(SANDBOX_HTTPD), "httpd");
}

static int
set_up(void **state)
{
	char path[96];

	(void)state;
	str_copy(own_dir, sizeof own_dir, "/tmp/fuse-own-XXXXXX");
	str_copy(other_dir, sizeof other_dir, "/tmp/fuse-other-XXXXXX");
	if (mkdtemp(own_dir) == NULL || mkdtemp(other_dir) == NULL)
		return -1;
	str_format(path, sizeof path, "%s/kept", other_dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || close(fd) != 0)
		return -1;
	tcp_socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	early_loop = loop_new();
	early_timer = loop_timer_new(early_loop, stop_loop, early_loop);
	return tcp_socket < 0 ? -1 : socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, unix_pair);
}

static int
tear_down(void **state)
{
	char path[96];

	(void)state;
	str_format(path, sizeof path, "%s/kept", other_dir);
	unlink(path);
	rmdir(other_dir);
	rmdir(own_dir);
	loop_timer_free(early_timer);
	loop_free(early_loop);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_attempt_from_every_role_ends_as_it_must),
		cmocka_unit_test(a_sandbox_cannot_be_entered_a_second_time),
		cmocka_unit_test(clone3_is_unknown_so_that_the_c_library_takes_clone),
		cmocka_unit_test(what_every_role_needs_still_works),
		cmocka_unit_test(an_abort_is_an_abort_and_no_breach),
		cmocka_unit_test(the_store_works_in_its_folder_and_nowhere_else),
		cmocka_unit_test(every_name_in_the_table_is_a_system_call),
		cmocka_unit_test(what_cannot_be_applied_is_named),
		cmocka_unit_test(a_profile_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
