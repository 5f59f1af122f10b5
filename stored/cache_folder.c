/*
 * cache_folder: names and system calls.
 */
#include "stored/cache_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "stored/file_record.h"

#define ROOM_PREFIX "new-"
#define PLATES_ENDING ".plates"
#define PLATES_BEING_WRITTEN ROOM_PREFIX "plates"
#define NAME_BYTES 96

static void
room_path(const struct cache_folder *folder, uint32_t ticket, char ret_path[FILES_PATH_BYTES])
{
	char name[NAME_BYTES];

	str_format(name, sizeof name, ROOM_PREFIX "%u", ticket);
	files_path(ret_path, folder->path, name);
}

static void
plates_path(const struct cache_folder *folder, const char *sha256, char ret_path[FILES_PATH_BYTES])
{
	char name[NAME_BYTES];

	str_format(name, sizeof name, "%s" PLATES_ENDING, sha256);
	files_path(ret_path, folder->path, name);
}

/* -- the whole -------------------------------------------------------------------------------------------- */

int
cache_folder_begin(struct cache_folder *ret_folder, const char *dir)
{
	files_path(ret_folder->path, dir, "cache");
	return files_make_folder(ret_folder->path);
}

int
cache_folder_sync(const struct cache_folder *folder)
{
	return files_sync_folder(folder->path);
}

int
cache_folder_space(const struct cache_folder *folder, uint64_t *ret_free_bytes, uint64_t *ret_disk_bytes)
{
	struct statvfs disk;

	*ret_free_bytes = *ret_disk_bytes = 0;
	if (statvfs(folder->path, &disk) != 0)
		return errno;
	*ret_free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	*ret_disk_bytes = (uint64_t)disk.f_blocks * disk.f_frsize;
	return 0;
}

struct scrub {
	const struct cache_folder *folder;
	cache_folder_known_fn *known;
	void *arg;
	unsigned removed;
};

/* "<sha256>" or "<sha256>.plates"? */
static bool
take_apart(const char *name, char ret_sha256[FILE_SHA256_BYTES], bool *ret_is_plates)
{
	bool fits = str_copy(ret_sha256, FILE_SHA256_BYTES, name);

	*ret_is_plates = !fits && strcmp(name + FILE_SHA256_BYTES - 1, PLATES_ENDING) == 0;
	return (fits || *ret_is_plates) && file_record_is_sha256(ret_sha256);
}

static bool
is_wanted(const struct scrub *scrub, const char *name)
{
	char sha256[FILE_SHA256_BYTES], path[FILES_PATH_BYTES];
	struct stat st;
	bool is_plates;

	if (strncmp(name, ROOM_PREFIX, strlen(ROOM_PREFIX)) == 0)
		return false;
	if (strlen(name) < FILE_SHA256_BYTES - 1 || !take_apart(name, sha256, &is_plates))
		return true; /* not of ours: whoever put it there may have it back */
	files_path(path, scrub->folder->path, sha256);
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && scrub->known(scrub->arg, sha256, (uint64_t)st.st_size);
}

static void
scrub_one(void *arg, const char *name)
{
	struct scrub *scrub = arg;
	char path[FILES_PATH_BYTES];

	if (strlen(name) >= NAME_BYTES || is_wanted(scrub, name))
		return;
	files_path(path, scrub->folder->path, name);
	if (unlink(path) == 0)
		scrub->removed++;
}

int
cache_folder_scrub(const struct cache_folder *folder, cache_folder_known_fn *fn, void *arg, unsigned *ret_removed)
{
	struct scrub scrub = { .folder = folder, .known = fn, .arg = arg };
	int error = files_each(folder->path, scrub_one, &scrub);

	*ret_removed = scrub.removed;
	return error;
}

/* -- rooms ------------------------------------------------------------------------------------------------- */

static int
create_room(const struct cache_folder *folder, const char *path, int *ret_fd)
{
	const int how = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	*ret_fd = open(path, how, 0600);
	if (*ret_fd < 0 && errno == ENOENT && files_make_folder(folder->path) == 0)
		*ret_fd = open(path, how, 0600);
	return *ret_fd < 0 ? errno : 0;
}

int
cache_folder_new_room(const struct cache_folder *folder, uint32_t ticket, int *ret_write_fd, int *ret_read_fd)
{
	char path[FILES_PATH_BYTES];

	*ret_read_fd = -1;
	room_path(folder, ticket, path);
	int error = create_room(folder, path, ret_write_fd);
	if (error != 0)
		return error;
	*ret_read_fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_read_fd >= 0)
		return 0;
	error = errno;
	close(*ret_write_fd);
	unlink(path);
	*ret_write_fd = -1;
	return error;
}

enum cache_closed
cache_folder_is_closed(int read_fd)
{
	if (fcntl(read_fd, F_SETLEASE, F_RDLCK) != 0)
		return errno == EAGAIN ? CACHE_STILL_OPEN : CACHE_UNTOLD;
	fcntl(read_fd, F_SETLEASE, F_UNLCK);
	return CACHE_CLOSED;
}

int
cache_folder_keep(const struct cache_folder *folder, uint32_t ticket, const char *sha256)
{
	char from[FILES_PATH_BYTES], to[FILES_PATH_BYTES];

	room_path(folder, ticket, from);
	files_path(to, folder->path, sha256);
	if (rename(from, to) != 0)
		return errno;
	return cache_folder_sync(folder);
}

void
cache_folder_drop_room(const struct cache_folder *folder, uint32_t ticket)
{
	char path[FILES_PATH_BYTES];

	room_path(folder, ticket, path);
	int fd = open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	unlink(path);
}

/* -- files ------------------------------------------------------------------------------------------------- */

bool
cache_folder_has_lost(const struct cache_folder *folder, const char *sha256, uint64_t size_bytes)
{
	char path[FILES_PATH_BYTES];
	struct stat st;

	files_path(path, folder->path, sha256);
	if (lstat(path, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR;
	return !S_ISREG(st.st_mode) || (uint64_t)st.st_size != size_bytes;
}

int
cache_folder_open(const struct cache_folder *folder, const char *sha256, uint64_t size_bytes, int *ret_fd)
{
	char path[FILES_PATH_BYTES];
	struct stat st;

	files_path(path, folder->path, sha256);
	*ret_fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (*ret_fd < 0)
		return errno;
	if (fstat(*ret_fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == size_bytes)
		return 0;
	close(*ret_fd);
	*ret_fd = -1;
	return EILSEQ;
}

int
cache_folder_remove(const struct cache_folder *folder, const char *sha256)
{
	char path[FILES_PATH_BYTES];

	plates_path(folder, sha256, path);
	unlink(path);
	files_path(path, folder->path, sha256);
	return unlink(path) == 0 || errno == ENOENT ? 0 : errno;
}

int
cache_folder_put_plates(const struct cache_folder *folder, const char *sha256, const void *json, size_t len)
{
	char from[FILES_PATH_BYTES], to[FILES_PATH_BYTES];

	files_path(from, folder->path, PLATES_BEING_WRITTEN);
	plates_path(folder, sha256, to);
	unlink(from);
	int error = files_write_new(from, json, len);
	if (error == 0)
		error = files_move(from, to);
	if (error != 0)
		unlink(from);
	return error;
}

int
cache_folder_get_plates(const struct cache_folder *folder, const char *sha256, void *ret_json, size_t cap,
			size_t *ret_len)
{
	char path[FILES_PATH_BYTES];

	plates_path(folder, sha256, path);
	return files_read(path, ret_json, cap, ret_len);
}
