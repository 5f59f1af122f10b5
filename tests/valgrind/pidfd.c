/*
 * pidfd: a preloaded library that lends fused, while it runs under a valgrind older than 3.20, the two system
 * calls about pidfds that such a valgrind does not know. A descriptor for a process is fetched from
 * the test (tests/valgrind/fused) over the socket that VALGRIND_PIDFD_SOCKET names; a signal goes by number.
 * Everything else passes through. For tests only.
 */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

long syscall(long number, ...);

/* Ask the test for a pidfd of `pid`. */
static long
fetch_pidfd(int pid)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = getenv("VALGRIND_PIDFD_SOCKET");
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
			      .msg_controllen = sizeof control.bytes };
	int pidfd = -1, fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (path == NULL || fd < 0)
		abort();
	strncpy(addr.sun_path, path, sizeof addr.sun_path - 1);
	memset(&control, 0, sizeof control);
	if (connect(fd, (struct sockaddr *)&addr, sizeof addr) != 0 || send(fd, &pid, sizeof pid, 0) != sizeof pid ||
	    recvmsg(fd, &msg, MSG_CMSG_CLOEXEC) != 1 || CMSG_FIRSTHDR(&msg) == NULL)
		abort();
	memcpy(&pidfd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof pidfd);
	close(fd);
	return pidfd;
}

/* The process that a pidfd stands for; 0 or less when it is gone. */
static int
pid_behind(int pidfd)
{
	char path[40], line[80];
	int pid = -1;

	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
	FILE *file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "Pid: %d", &pid) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return pid;
}

static long
signal_pidfd(int pidfd, int number)
{
	int pid = pid_behind(pidfd);

	if (pid <= 0) {
		errno = ESRCH;
		return -1;
	}
	return kill(pid, number);
}

long
syscall(long number, ...)
{
	long (*next)(long, ...) = (long (*)(long, ...))(uintptr_t)dlsym(RTLD_NEXT, "syscall");
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_pidfd_open)
		return fetch_pidfd((int)a[0]);
	if (number == SYS_pidfd_send_signal)
		return signal_pidfd((int)a[0], (int)a[1]);
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
