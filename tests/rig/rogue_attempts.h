/*
 * rogue_attempts: how the rogue tries to get out of its confinement. A part of rogue.c, and of nothing else.
 */
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

/* Only who survives an attempt gets here. */
static void
tell(const struct step *step, bool worked)
{
	int error = errno;

	log_warn("attempt", log_str("what", step->what), log_str("result", worked ? "worked" : "refused"),
		 log_str("error", worked ? "-" : strerrorname_np(error)));
}

#define ATTEMPT(name, worked)         \
	BEHAVIOUR(name)               \
	{                             \
		tell(step, (worked)); \
	}

ATTEMPT(read_file, open(step->first, O_RDONLY | O_CLOEXEC) >= 0)
ATTEMPT(write_file, open(step->first, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0)
ATTEMPT(unlink_file, unlink(step->first) == 0)

BEHAVIOUR(connect_tcp)
{
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(step->first)),
				     .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	tell(step, fd >= 0 && connect(fd, (struct sockaddr *)&there, sizeof there) == 0);
}

BEHAVIOUR(connect_unix)
{
	struct sockaddr_un there = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	str_copy(there.sun_path, sizeof there.sun_path, step->first);
	tell(step, fd >= 0 && connect(fd, (struct sockaddr *)&there, sizeof there) == 0);
}

BEHAVIOUR(make_socket_pair)
{
	int pair[2];

	tell(step, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
}

BEHAVIOUR(execute)
{
	char name[] = "/bin/sh", *argv[] = { name, NULL }, *environment[] = { NULL };

	execve(name, argv, environment);
	tell(step, false);
}

BEHAVIOUR(fork)
{
	pid_t pid = fork();

	if (pid == 0)
		sleep_forever();
	tell(step, pid > 0);
}

ATTEMPT(trace, ptrace(PTRACE_SEIZE, atoi(step->first), NULL, NULL) == 0)
ATTEMPT(signal, kill(atoi(step->first), SIGKILL) == 0)
ATTEMPT(signal_thread, syscall(SYS_tgkill, atoi(step->first), atoi(step->first), SIGKILL) == 0)

/* The kernel sends a signal of our choice to the owner of a descriptor when it becomes ready. */
ATTEMPT(signal_by_owner, fcntl(CHILD_FD_CHANNEL, F_SETOWN, atoi(step->first)) == 0 &&
			   fcntl(CHILD_FD_CHANNEL, F_SETSIG, SIGKILL) == 0 &&
			   fcntl(CHILD_FD_CHANNEL, F_SETFL, O_NONBLOCK | O_ASYNC) == 0)

BEHAVIOUR(read_memory)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { &byte, 1 };

	tell(step, process_vm_readv(atoi(step->first), &here, 1, &there, 1, 0) == 1);
}

ATTEMPT(get_executable_memory,
	mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
ATTEMPT(become_root, setuid(0) == 0)
ATTEMPT(mount, mount("none", step->first, "tmpfs", 0, NULL) == 0)

/* The lock on the state folder is shared by all: one who gives it up would let a second Fuse in. */
ATTEMPT(give_up_the_lock, syscall(SYS_flock, CHILD_FD_LOCK, 8 /* LOCK_UN */) == 0)
ATTEMPT(write_into_the_lock, write(CHILD_FD_LOCK, "1\n", 2) == 2)
