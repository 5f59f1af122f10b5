/*
 * bench_spawn: what starting processes costs on this machine, as a reference: fork, exec of /bin/true with
 * one end of a socket pair, and the end of the pair seen. First COUNT at once, then one after the other.
 *
 * Prints "name value" lines for tests/bench/run.py.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT 200

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Returns our end, which reads as ended when the process has. */
static int
start_one(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		abort();
	pid_t pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		dup2(ends[1], 3);
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	close(ends[1]);
	return ends[0];
}

static void
await_end(int fd)
{
	char byte;

	while (read(fd, &byte, 1) > 0)
		;
	close(fd);
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int
main(void)
{
	static int fds[COUNT];
	static int64_t took_us[COUNT];

	alarm(60);
	int64_t from_us = now_us();
	for (int i = 0; i < COUNT; i++)
		fds[i] = start_one();
	for (int i = 0; i < COUNT; i++)
		await_end(fds[i]);
	printf("all_ms %.1f\n", (double)(now_us() - from_us) / 1000);
	for (int i = 0; i < COUNT; i++) {
		from_us = now_us();
		await_end(start_one());
		took_us[i] = now_us() - from_us;
	}
	qsort(took_us, COUNT, sizeof took_us[0], compare);
	printf("one_p50_ms %.2f\none_p99_ms %.2f\n", (double)took_us[COUNT / 2] / 1000,
	       (double)took_us[COUNT * 99 / 100] / 1000);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return 0;
}
