/*
 * logfile: append, rotate, recover.
 */
#include "supervisor/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/str.h"

#define NAME_BYTES (LOGFILE_PATH_BYTES + 16)

/* Number 0 is fuse.log itself. */
static const char *
name_of(const struct logfile *file, unsigned number, char ret_name[NAME_BYTES])
{
	if (number == 0)
		str_format(ret_name, NAME_BYTES, "%s/fuse.log", file->dir);
	else
		str_format(ret_name, NAME_BYTES, "%s/fuse.log.%u", file->dir, number);
	return ret_name;
}

void
logfile_init(struct logfile *file, const char *dir)
{
	memset(file, 0, sizeof *file);
	file->fd = -1;
	str_copy(file->dir, sizeof file->dir, dir);
}

static void
close_file(struct logfile *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

void
logfile_fini(struct logfile *file)
{
	close_file(file);
}

static void
delete_beyond(const struct logfile *file)
{
	char name[NAME_BYTES];

	for (unsigned n = file->wanted.keep + 1; n <= LOGFILE_KEEP_MOST; n++)
		unlink(name_of(file, n, name));
}

void
logfile_set(struct logfile *file, const struct logbook_file *wanted)
{
	file->wanted = *wanted;
	if (file->wanted.keep > LOGFILE_KEEP_MOST)
		file->wanted.keep = LOGFILE_KEEP_MOST;
	if (file->wanted.on) {
		delete_beyond(file);
		return;
	}
	close_file(file);
	file->failing = false;
	file->lost = 0;
}

/* A Fuse that lost its power in mid-line left half of one: the next line begins on a line of its own. */
static void
end_half_line(int fd, off_t size)
{
	char last;

	if (size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n' && write(fd, "\n", 1) < 0)
		return; /* the write of the line itself will say why */
}

static int
open_file(struct logfile *file)
{
	char name[NAME_BYTES];
	struct stat st;

	if (mkdir(file->dir, 0750) != 0 && errno != EEXIST)
		return -1;
	/* O_NONBLOCK: if a FIFO stands there under this name, opening must not wait for a reader. */
	int fd = open(name_of(file, 0, name),
		      O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0640);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	end_half_line(fd, st.st_size);
	file->fd = fd;
	return 0;
}

/* The open file is the one that bears the name, and it is `*ret_size` long. */
static bool
is_current(const struct logfile *file, off_t *ret_size)
{
	char name[NAME_BYTES];
	struct stat by_name, by_fd;

	*ret_size = 0;
	if (file->fd < 0 || stat(name_of(file, 0, name), &by_name) != 0 || fstat(file->fd, &by_fd) != 0)
		return false;
	*ret_size = by_fd.st_size;
	return by_name.st_ino == by_fd.st_ino && by_name.st_dev == by_fd.st_dev;
}

/*
 * Oldest first, each rename atomic: killed in between, every line still stands in exactly one file. A number
 * that such a kill left free is the place where the shifting may stop.
 */
static int
rotate(struct logfile *file)
{
	char from[NAME_BYTES], to[NAME_BYTES];
	unsigned keep = file->wanted.keep, free_number = 1;

	close_file(file);
	if (keep == 0)
		return unlink(name_of(file, 0, from));
	while (free_number < keep && access(name_of(file, free_number, from), F_OK) == 0)
		free_number++;
	for (unsigned n = free_number; n >= 1; n--) {
		/* ENOENT: somebody else tidies up here too. */
		if (rename(name_of(file, n - 1, from), name_of(file, n, to)) != 0 && errno != ENOENT)
			return -1;
	}
	return 0;
}

/* Ready to take `len` bytes more; *ret_size is the length so far. */
static int
make_ready(struct logfile *file, size_t len, off_t *ret_size)
{
	if (!is_current(file, ret_size)) {
		close_file(file);
		if (open_file(file) != 0)
			return -1;
		is_current(file, ret_size);
	}
	if (*ret_size == 0 || (uint64_t)*ret_size + len <= file->wanted.max_bytes)
		return 0;
	if (rotate(file) != 0 || open_file(file) != 0)
		return -1;
	is_current(file, ret_size);
	return 0;
}

static int
append(struct logfile *file, const char *line, size_t len)
{
	off_t size;

	if (make_ready(file, len, &size) != 0)
		return -1;
	ssize_t n = write(file->fd, line, len);
	if (n == (ssize_t)len)
		return 0;
	/* A full disk takes half a line. The other half says why; no half line stays. */
	ssize_t rest = n > 0 ? write(file->fd, line + n, len - (size_t)n) : -1;
	if (rest == (ssize_t)len - n)
		return 0;
	int error = rest < 0 ? errno : ENOSPC;
	if (n > 0 && ftruncate(file->fd, size) != 0)
		error = errno;
	errno = error;
	return -1;
}

enum logfile_result
logfile_write(struct logfile *file, int64_t wall_ms, const char *line, size_t len, uint64_t *ret_lost)
{
	bool was_failing = file->failing;

	*ret_lost = file->lost;
	if (!file->wanted.on)
		return LOGFILE_WRITTEN;
	if (was_failing && file->tried_s == wall_ms / 1000) {
		file->lost++;
		return LOGFILE_LOST;
	}
	if (append(file, line, len) == 0) {
		file->failing = false;
		file->lost = 0;
		return was_failing ? LOGFILE_RECOVERED : LOGFILE_WRITTEN;
	}
	int error = errno;
	close_file(file);
	file->failing = true;
	file->tried_s = wall_ms / 1000;
	file->lost++;
	errno = error;
	return was_failing ? LOGFILE_LOST : LOGFILE_FAILED;
}
