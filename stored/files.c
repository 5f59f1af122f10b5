/*
 * files: plain files and folders, synced.
 */
#include "stored/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"

#define COPY_CHUNK_BYTES (64 * 1024)
#define PROBE_BYTES (64 * 1024)

void
files_path(char ret_path[FILES_PATH_BYTES], const char *folder, const char *name)
{
	ENSURE(str_format(ret_path, FILES_PATH_BYTES, "%s/%s", folder, name));
}

int
files_lock(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

bool
files_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* The folder that `path` stands in. */
static void
parent_of(const char *path, char ret_folder[FILES_PATH_BYTES])
{
	ENSURE(str_copy(ret_folder, FILES_PATH_BYTES, path));
	char *slash = strrchr(ret_folder, '/');
	if (slash == NULL)
		str_copy(ret_folder, FILES_PATH_BYTES, ".");
	else
		slash[slash == ret_folder ? 1 : 0] = '\0';
}

static int
sync_parent(const char *path)
{
	char folder[FILES_PATH_BYTES];

	parent_of(path, folder);
	return files_sync_folder(folder);
}

int
files_sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	int error = fsync(fd) == 0 ? 0 : errno;
	close(fd);
	/* Some file systems cannot sync a folder, and need not. */
	return error == EINVAL ? 0 : error;
}

int
files_make_folder(const char *path)
{
	if (mkdir(path, 0700) != 0)
		return errno == EEXIST ? 0 : errno;
	return sync_parent(path);
}

int
files_move(const char *from, const char *to)
{
	if (rename(from, to) != 0)
		return errno;
	int error = sync_parent(to);
	return error != 0 ? error : sync_parent(from);
}

int
files_write_all(int fd, const void *from, size_t len)
{
	const uint8_t *bytes = from;

	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : EIO;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Sync and close `fd`; a file that did not become whole (`error`) is removed. */
static int
finish_new(int fd, const char *path, int error)
{
	if (error == 0 && fsync(fd) != 0)
		error = errno;
	if (close(fd) != 0 && error == 0)
		error = errno;
	if (error != 0)
		unlink(path);
	return error != 0 ? error : sync_parent(path);
}

int
files_write_new(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	return finish_new(fd, path, files_write_all(fd, bytes, len));
}

static int
copy_between(int from, int to)
{
	static uint8_t chunk[COPY_CHUNK_BYTES];

	for (;;) {
		ssize_t n = read(from, chunk, sizeof chunk);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : 0;
		int error = files_write_all(to, chunk, (size_t)n);
		if (error != 0)
			return error;
	}
}

int
files_copy(const char *from, const char *to)
{
	int source = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (source < 0)
		return errno;
	int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int error = target < 0 ? errno : finish_new(target, to, copy_between(source, target));
	close(source);
	return error;
}

int
files_read(const char *path, void *ret_bytes, size_t cap, size_t *ret_len)
{
	uint8_t *to = ret_bytes;
	uint8_t beyond;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	*ret_len = 0;
	if (fd < 0)
		return errno;
	ssize_t n = 1;
	while (*ret_len < cap && (n = read(fd, to + *ret_len, cap - *ret_len)) > 0)
		*ret_len += (size_t)n;
	int error = n < 0 ? errno : 0;
	if (error == 0 && *ret_len == cap && read(fd, &beyond, 1) == 1)
		error = EFBIG;
	close(fd);
	return error;
}

int
files_each(const char *folder, void (*fn)(void *arg, const char *name), void *arg)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (dir == NULL)
		return errno;
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			fn(arg, entry->d_name);
	closedir(dir);
	return 0;
}

static void
remove_within(void *arg, const char *name)
{
	char path[FILES_PATH_BYTES];

	files_path(path, arg, name);
	unlink(path);
}

int
files_remove_folder(const char *path)
{
	char folder[FILES_PATH_BYTES];

	str_copy(folder, sizeof folder, path);
	int error = files_each(folder, remove_within, folder);
	if (error != 0)
		return error == ENOENT ? 0 : error;
	return rmdir(path) == 0 ? sync_parent(path) : errno;
}

int
files_probe(const char *folder)
{
	static const uint8_t filler[PROBE_BYTES] = { 'F', 'u', 's', 'e' };
	char path[FILES_PATH_BYTES];

	files_path(path, folder, "probe.tmp");
	unlink(path);
	int error = files_write_new(path, filler, sizeof filler);
	unlink(path);
	return error;
}

void
files_stamp(int64_t wall_ms, char ret_stamp[FILES_STAMP_BYTES])
{
	struct tm tm = { .tm_year = 70, .tm_mday = 1 };
	time_t seconds = (time_t)(wall_ms / 1000);

	if (wall_ms >= 0 && wall_ms <= INT64_C(253402300799999))
		gmtime_r(&seconds, &tm);
	ENSURE(strftime(ret_stamp, FILES_STAMP_BYTES, "%Y-%m-%dT%H-%M-%SZ", &tm) > 0);
}

bool
files_stamp_parse(const char *text, int64_t *ret_wall_ms)
{
	struct tm tm = { 0 };
	char again[FILES_STAMP_BYTES];

	*ret_wall_ms = 0;
	const char *end = strptime(text, "%Y-%m-%dT%H-%M-%SZ", &tm);
	if (end == NULL || end != text + FILES_STAMP_BYTES - 1)
		return false;
	*ret_wall_ms = (int64_t)timegm(&tm) * 1000;
	/* strptime is lenient ("-1-…", day 31 of any month): only our own form counts. */
	files_stamp(*ret_wall_ms, again);
	return *ret_wall_ms >= 0 && strncmp(again, text, FILES_STAMP_BYTES - 1) == 0;
}
