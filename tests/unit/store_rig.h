/*
 * store_rig: what the tests of the store share: a folder of their own, files damaged on purpose, a disk of
 * their own that can be full or read only. Include it last.
 */
#ifndef FUSE_TESTS_STORE_RIG_H
#define FUSE_TESTS_STORE_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/str.h"
#include "stored/files.h"
#include "stored/store.h"

/* Not every test uses every helper. */
#define RIG __attribute__((unused)) static

RIG char rig_dir[FILES_PATH_BYTES];

RIG int
rig_set_up(void **state)
{
	(void)state;
	strcpy(rig_dir, "/tmp/test_store.XXXXXX");
	assert_non_null(mkdtemp(rig_dir));
	return 0;
}

RIG int
rig_remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

RIG int
rig_tear_down(void **state)
{
	(void)state;
	return nftw(rig_dir, rig_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A path in the test's folder; good until the eighth next call. */
RIG const char *
rig_path(const char *name)
{
	static char paths[8][FILES_PATH_BYTES];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	files_path(path, rig_dir, name);
	return path;
}

/* -- files as bytes ------------------------------------------------------------------------------ */

struct rig_bytes {
	uint8_t *bytes;
	size_t len;
};

RIG struct rig_bytes
rig_read(const char *path)
{
	struct stat st;
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &st), 0);
	struct rig_bytes all = { malloc((size_t)st.st_size + 1), (size_t)st.st_size };
	assert_non_null(all.bytes);
	assert_int_equal(fread(all.bytes, 1, all.len, file), all.len);
	fclose(file);
	return all;
}

RIG void
rig_write(const char *path, struct rig_bytes all)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	if (all.len > 0)
		assert_int_equal(fwrite(all.bytes, 1, all.len, file), all.len);
	assert_int_equal(fclose(file), 0);
}

RIG bool
rig_same_bytes(const char *path, struct rig_bytes before)
{
	struct rig_bytes now = rig_read(path);
	bool same = now.len == before.len && memcmp(now.bytes, before.bytes, now.len) == 0;

	free(now.bytes);
	return same;
}

/* How often `what` stands in the file. */
RIG unsigned
rig_count(const char *path, const void *what, size_t len)
{
	struct rig_bytes all = rig_read(path);
	unsigned found = 0;

	for (uint8_t *at = all.bytes;
	     (at = memmem(at, all.len - (size_t)(at - all.bytes), what, len)) != NULL; at++)
		found++;
	free(all.bytes);
	return found;
}

/* Flip one bit in each place where `what` stands, `offset` bytes from its beginning. At least one. */
RIG void
rig_flip(const char *path, const char *what, long offset)
{
	struct rig_bytes all = rig_read(path);
	unsigned found = 0;

	for (uint8_t *at = all.bytes;
	     (at = memmem(at, all.len - (size_t)(at - all.bytes), what, strlen(what))) != NULL;
	     at += strlen(what)) {
		at[offset] ^= 0x10;
		found++;
	}
	assert_true(found > 0);
	rig_write(path, all);
	free(all.bytes);
}

/* -- records ------------------------------------------------------------------------------------ */

RIG struct store *
rig_open(const char *path, enum store_mode mode)
{
	struct fault fault;
	struct store *store = store_open(path, mode, &fault);

	if (store == NULL)
		print_message("%s\n", fault.sentence);
	assert_non_null(store);
	return store;
}

RIG enum outcome
rig_put(struct store *store, enum store_table table, const char *key, const char *payload)
{
	struct fault fault;
	struct store_op op = { table, key, strlen(key), payload, payload != NULL ? strlen(payload) : 0 };

	return store_commit(store, &op, 1, &fault);
}

RIG bool
rig_has(struct store *store, enum store_table table, const char *key, const char *payload)
{
	char have[4096];
	size_t len;
	struct fault fault;

	return store_get(store, table, key, strlen(key), have, sizeof have, &len, &fault) == OUTCOME_DONE &&
	       len == strlen(payload) && memcmp(have, payload, len) == 0;
}

/* -- a disk of one's own -------------------------------------------------------------------------- */

RIG void
rig_write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		print_message("cannot write %s\n", path);
	close(fd);
}

/* Enter a mount namespace of one's own, as root or as a user who may have one. False where neither is
 * permitted: the test must then be skipped with a message. */
RIG bool
rig_may_mount(void)
{
	char map[40];
	unsigned uid = geteuid(), gid = getegid();

	if (unshare(CLONE_NEWNS) != 0) {
		if (unshare(CLONE_NEWNS | CLONE_NEWUSER) != 0)
			return false;
		rig_write_text("/proc/self/setgroups", "deny");
		str_format(map, sizeof map, "0 %u 1", uid);
		rig_write_text("/proc/self/uid_map", map);
		str_format(map, sizeof map, "0 %u 1", gid);
		rig_write_text("/proc/self/gid_map", map);
	}
	return mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0;
}

/* Mount a tmpfs of so many KiB over the test's folder. */
RIG bool
rig_mount_disk(unsigned kib)
{
	char options[40];

	str_format(options, sizeof options, "size=%uk,mode=700", kib);
	return mount("none", rig_dir, "tmpfs", MS_NOSUID | MS_NODEV, options) == 0;
}

RIG void
rig_unmount_disk(void)
{
	assert_int_equal(umount2(rig_dir, MNT_DETACH), 0);
}

/* Take all that is free with one file; rig_free_disk() gives it back. */
RIG void
rig_fill_disk(void)
{
	static const uint8_t block[4096];
	int fd = open(rig_path("ballast"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, block, sizeof block) > 0)
		continue;
	close(fd);
}

RIG void
rig_free_disk(void)
{
	assert_int_equal(unlink(rig_path("ballast")), 0);
}

RIG void
rig_make_read_only(bool read_only)
{
	assert_int_equal(mount("none", rig_dir, "tmpfs",
			       MS_REMOUNT | MS_NOSUID | MS_NODEV | (read_only ? MS_RDONLY : 0), NULL),
			 0);
}

#endif
