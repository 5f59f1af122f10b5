/*
 * Takes fuse-httpd's place in a measurement: notes when each PRINTER_LINK arrives, as lines in the file statewatch.log
 * beside its binary:
 *	L <microseconds since 1970> <serial> <0 or 1: online>
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/str.h"
#include "ipc/child.h"

static struct child *child;
static int out;

static long long
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void
on_message(void *arg, const struct header *header, const void *message, int fd)
{
	char line[120] = "";

	(void)arg;
	if (fd >= 0)
		close(fd);
	if (header->flags & HEADER_FLAG_CLEAR)
		return;
	if (header->number == MESSAGE_PRINTER_LINK) {
		const struct msg_printer_link *link = message;
		str_format(line, sizeof line, "L %lld %s %d\n", now_us(), link->serial, link->online);
	}
	ssize_t written = write(out, line, strlen(line));
	(void)written;
}

static void
on_synced(void *arg)
{
	(void)arg;
	child_ready(child, "notes what arrives");
}

int
main(void)
{
	const struct child_duties duties = { .on_synced = on_synced, .on_message = on_message };
	char path[512];
	ssize_t len = readlink("/proc/self/exe", path, sizeof path - 20);

	if (len < 0)
		return 1;
	path[len] = '\0';
	strcpy(strrchr(path, '/'), "/statewatch.log");
	out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	child = child_new(ROLE_HTTPD, SANDBOX_HTTPD, NULL, 0, &duties);
	return child_run(child);
}
