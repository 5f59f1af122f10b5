/*
 * sandbox_attempts: what a process that has locked itself in must not be able to do. A part of
 * test_sandbox.c, and of nothing else.
 */
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static char own_dir[64], other_dir[64]; /* the profile may write the one and not see the other */
static int tcp_socket, unix_pair[2];    /* made before locking in, as an inherited descriptor is */

/* -- attempts: 0 = it worked, else -1 with errno -------------------------------------------------- */

/* For those that are one call. */
#define TRY(name, call)                     \
	static int name(void)               \
	{                                   \
		return (call) < 0 ? -1 : 0; \
	}

static int
in_dir(const char *dir, const char *name, int flags)
{
	char path[96];

	str_format(path, sizeof path, "%s/%s", dir, name);
	return open(path, flags | O_CLOEXEC, 0600) < 0 ? -1 : 0;
}

TRY(read_a_system_file, open("/etc/passwd", O_RDONLY | O_CLOEXEC))
TRY(read_a_foreign_file, in_dir(other_dir, "kept", O_RDONLY))
TRY(write_a_foreign_file, in_dir(other_dir, "new", O_WRONLY | O_CREAT))
TRY(truncate_a_foreign_file, in_dir(other_dir, "kept", O_WRONLY | O_TRUNC))
TRY(list_a_foreign_folder, opendir(other_dir) == NULL ? -1 : 0)

static int
read_memory_of_the_parent(void)
{
	char path[40];

	str_format(path, sizeof path, "/proc/%d/mem", (int)getppid());
	return open(path, O_RDONLY | O_CLOEXEC) < 0 ? -1 : 0;
}

TRY(make_a_tcp_socket, socket(AF_INET, SOCK_STREAM, 0))
TRY(make_a_udp_socket, socket(AF_INET6, SOCK_DGRAM, 0))
TRY(make_a_unix_socket, socket(AF_UNIX, SOCK_SEQPACKET, 0))
TRY(make_a_raw_socket, socket(AF_PACKET, SOCK_RAW, 0))

static int
make_a_socket_pair(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
}

static int
make_a_stream_pair(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair);
}

static int
connect_an_inherited_socket(void)
{
	struct sockaddr_in nowhere = { .sin_family = AF_INET, .sin_port = htons(9),
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };

	/* That nobody listens there is no refusal by the sandbox. */
	int result = connect(tcp_socket, (struct sockaddr *)&nowhere, sizeof nowhere);
	return result != 0 && errno != ECONNREFUSED ? -1 : 0;
}

static int
bind_an_inherited_socket(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };

	return bind(tcp_socket, (struct sockaddr *)&any, sizeof any);
}

TRY(listen_on_an_inherited_socket, listen(tcp_socket, 1))

static int
execute(void)
{
	char name[] = "/bin/true", *argv[] = { name, NULL }, *environment[] = { NULL };

	return execve(name, argv, environment);
}

static int
fork_a_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

static void *
end_at_once(void *arg)
{
	return arg;
}

static int
make_a_thread(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, end_at_once, NULL);

	errno = error != 0 ? error : pthread_join(thread, NULL);
	return errno == 0 ? 0 : -1;
}

/* As vfork() does it, or half of what a thread is. */
TRY(make_half_a_thread, syscall(SYS_clone, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, 0))

TRY(ask_for_clone3, syscall(SYS_clone3, NULL, (size_t)0))
TRY(trace_the_parent, ptrace(PTRACE_SEIZE, getppid(), NULL, NULL))
TRY(signal_the_parent, kill(getppid(), 0))
TRY(signal_everybody, kill(-1, 0))
TRY(signal_a_thread_of_the_parent, syscall(SYS_tgkill, getppid(), getppid(), 0))
TRY(hold_the_parent, syscall(SYS_pidfd_open, getppid(), 0))
TRY(have_the_kernel_signal_the_parent, fcntl(unix_pair[0], F_SETOWN, getppid()))

static int
read_the_parents_memory(void)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { &byte, 1 };

	return process_vm_readv(getppid(), &here, 1, &there, 1, 0) < 0 ? -1 : 0;
}

static int
make_memory_executable(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? 0 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int
get_executable_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

TRY(mount_a_file_system, mount("none", own_dir, "tmpfs", 0, NULL))
TRY(change_the_root, chroot(own_dir))
TRY(leave_the_namespace, unshare(CLONE_NEWUSER))
TRY(become_root, setuid(0))

static int
raise_a_limit(void)
{
	struct rlimit much = { 1 << 20, 1 << 20 };

	return setrlimit(RLIMIT_NOFILE, &much);
}

TRY(make_a_device, mknod("/dev/null2", S_IFCHR | 0600, 0x103))
TRY(load_a_bpf_program, syscall(SYS_bpf, 0, NULL, 0))
TRY(watch_the_kernel, syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0))
TRY(use_the_key_ring, syscall(SYS_keyctl, 0, 0, 0, 0, 0))
TRY(use_io_uring, syscall(SYS_io_uring_setup, 1, NULL))
TRY(make_a_file_in_memory, memfd_create("code", 0))
TRY(loosen_the_filter, syscall(SYS_seccomp, 1, 0, NULL))

#ifdef __x86_64__
TRY(use_the_x32_numbers, syscall(0x40000000 + SYS_getpid))
#endif

/* Where it may differ by role: what the store's profile has in its FILES group is left to Landlock; who talks to
 * printers may connect, and a worker's MQTT library has threads. */
enum expected { KILLED, REFUSED_IN_STORED, WORKS_IN_CLIENTS, WORKS_WITH_THREADS, WORKS_IN_HTTPD, WORKS_IN_FILECHK,
		WORKS_IN_VIRTUAL };
#define PROFILE_BIT(NAME) (1u << SANDBOX_##NAME)
static const unsigned works_in[] = {
	[WORKS_IN_CLIENTS] = PROFILE_BIT(DISCOVERY) | PROFILE_BIT(WORKER) | PROFILE_BIT(UPLOAD),
	[WORKS_WITH_THREADS] = PROFILE_BIT(WORKER) | PROFILE_BIT(STORED) | PROFILE_BIT(UPLOAD),
	[WORKS_IN_HTTPD] = PROFILE_BIT(HTTPD),
	[WORKS_IN_FILECHK] = PROFILE_BIT(FILECHK),
	[WORKS_IN_VIRTUAL] = PROFILE_BIT(VIRTUAL), /* which can be switched off */
};

#define ATTEMPT(name, expected) { #name, name, expected }
static const struct attempt { const char *name; int (*make)(void); enum expected expected; } attempts[] = {
	ATTEMPT(read_a_system_file, REFUSED_IN_STORED),
	ATTEMPT(read_a_foreign_file, REFUSED_IN_STORED),
	ATTEMPT(write_a_foreign_file, REFUSED_IN_STORED),
	ATTEMPT(truncate_a_foreign_file, REFUSED_IN_STORED),
	ATTEMPT(list_a_foreign_folder, REFUSED_IN_STORED),
	ATTEMPT(read_memory_of_the_parent, REFUSED_IN_STORED),
	ATTEMPT(make_a_tcp_socket, WORKS_IN_CLIENTS),
	ATTEMPT(make_a_udp_socket, KILLED),
	ATTEMPT(make_a_unix_socket, KILLED),
	ATTEMPT(make_a_raw_socket, KILLED),
	ATTEMPT(make_a_socket_pair, KILLED),
	ATTEMPT(make_a_stream_pair, WORKS_IN_HTTPD),
	ATTEMPT(connect_an_inherited_socket, WORKS_IN_CLIENTS),
	ATTEMPT(bind_an_inherited_socket, KILLED),
	ATTEMPT(listen_on_an_inherited_socket, WORKS_IN_VIRTUAL),
	ATTEMPT(execute, KILLED),
	ATTEMPT(fork_a_child, KILLED),
	ATTEMPT(make_a_thread, WORKS_WITH_THREADS),
	ATTEMPT(make_half_a_thread, KILLED),
	ATTEMPT(trace_the_parent, KILLED),
	ATTEMPT(signal_the_parent, KILLED),
	ATTEMPT(signal_everybody, KILLED),
	ATTEMPT(signal_a_thread_of_the_parent, KILLED),
	ATTEMPT(hold_the_parent, KILLED),
	ATTEMPT(have_the_kernel_signal_the_parent, KILLED),
	ATTEMPT(read_the_parents_memory, KILLED),
	ATTEMPT(make_memory_executable, KILLED),
	ATTEMPT(get_executable_memory, KILLED),
	ATTEMPT(mount_a_file_system, KILLED),
	ATTEMPT(change_the_root, KILLED),
	ATTEMPT(leave_the_namespace, KILLED),
	ATTEMPT(become_root, KILLED),
	ATTEMPT(raise_a_limit, KILLED),
	ATTEMPT(make_a_device, KILLED),
	ATTEMPT(load_a_bpf_program, KILLED),
	ATTEMPT(watch_the_kernel, KILLED),
	ATTEMPT(use_the_key_ring, KILLED),
	ATTEMPT(use_io_uring, KILLED),
	ATTEMPT(make_a_file_in_memory, WORKS_IN_FILECHK),
	ATTEMPT(loosen_the_filter, KILLED),
#ifdef __x86_64__
	ATTEMPT(use_the_x32_numbers, KILLED),
#endif
};
