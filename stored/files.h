/*
 * files: the few things that the store does to plain files and folders, each with its sync, so that
 * what was done is still done after the power failed. Paths are below the store's folder.
 *
 * Functions that can fail return 0, or an errno.
 */
#ifndef FUSE_STORED_FILES_H
#define FUSE_STORED_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILES_PATH_BYTES 512
#define FILES_STAMP_BYTES 21 /* "2026-11-22T18-30-00Z" and its NUL */

/* "<folder>/<name>"; a path that does not fit is a bug (the state folder's length is bounded) and aborts. */
void files_path(char ret_path[FILES_PATH_BYTES], const char *folder, const char *name);

/* Take the lock of a folder: the descriptor keeps it until the process and what it forked are gone.
 * -1 with errno; EWOULDBLOCK = another process has it. */
int files_lock(const char *folder);

bool files_exists(const char *path);

/* Make the folder (0700) unless it is there, and sync its parent. */
int files_make_folder(const char *path);

int files_sync_folder(const char *path);

/* Rename, and sync the folders of both names. */
int files_move(const char *from, const char *to);

/* Write all of it where `fd` stands, however little is taken at once. */
int files_write_all(int fd, const void *from, size_t len);

/* Write a new file of mode 0600, synced. An existing one: EEXIST. A half-written one is removed. */
int files_write_new(const char *path, const void *bytes, size_t len);

/* Copy into a new file of mode 0600, synced; a half-written one is removed. */
int files_copy(const char *from, const char *to);

/* The whole of a small file. EFBIG when it is longer than `cap`. */
int files_read(const char *path, void *ret_bytes, size_t cap, size_t *ret_len);

/* Remove a folder and the plain files in it. Absent: 0. */
int files_remove_folder(const char *path);

/* Can this folder take files? Writes some, syncs and removes them again. */
int files_probe(const char *folder);

/* Call `fn` for each name in the folder but "." and ".."; order as the disk has it. */
int files_each(const char *folder, void (*fn)(void *arg, const char *name), void *arg);

/* UTC to the second, fit for a file's name and sorted by time. */
void files_stamp(int64_t wall_ms, char ret_stamp[FILES_STAMP_BYTES]);

/* Back to milliseconds; false when `text` does not begin with such a stamp. */
bool files_stamp_parse(const char *text, int64_t *ret_wall_ms);

#endif
