/*
 * kept: written as "<name>.new", then renamed.
 */
#include "worker/virtual/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/str.h"

static bool
path_of(char to[PATH_MAX], const char *dir, const char *name, const char *ending)
{
	if (str_format(to, PATH_MAX, "%s/%s%s", dir, name, ending))
		return true;
	errno = ENAMETOOLONG;
	return false;
}

static bool
write_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t written = write(fd, bytes, len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		bytes += written;
		len -= (size_t)written;
	}
	return true;
}

bool
kept_write(const char *dir, const char *name, const void *bytes, size_t len, bool synced)
{
	char path[PATH_MAX], fresh[PATH_MAX];

	if (!path_of(path, dir, name, "") || !path_of(fresh, dir, name, ".new"))
		return false;
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	bool fine = write_all(fd, bytes, len) && (!synced || fdatasync(fd) == 0);
	int saved = errno;
	close(fd);
	if (fine && rename(fresh, path) == 0)
		return true;
	saved = fine ? errno : saved;
	unlink(fresh);
	errno = saved;
	return false;
}

bool
kept_read(const char *dir, const char *name, void *to, size_t cap, size_t *ret_len)
{
	char path[PATH_MAX];
	ssize_t got = 1;
	size_t len = 0;

	*ret_len = 0;
	int fd = path_of(path, dir, name, "") ? open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK) : -1;
	if (fd < 0)
		return false;
	while (len < cap && got > 0)
		if ((got = read(fd, (uint8_t *)to + len, cap - len)) > 0)
			len += (size_t)got;
	/* Exactly `cap` may be there, too. */
	uint8_t more;
	if (got > 0)
		got = read(fd, &more, 1);
	int saved = got > 0 ? EFBIG : errno;
	close(fd);
	errno = saved;
	if (got == 0)
		*ret_len = len;
	return got == 0;
}

void
kept_set_aside(const char *dir, const char *name)
{
	char path[PATH_MAX], aside[PATH_MAX];

	if (path_of(path, dir, name, "") && path_of(aside, dir, name, ".damaged"))
		(void)rename(path, aside); /* or it is overwritten by the next one */
}
