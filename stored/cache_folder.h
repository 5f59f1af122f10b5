/*
 * cache_folder: the files of the cache on the disk, all in one folder, <store>/cache:
 *
 *	<sha256>	a file, mode 0400: once it has this name nothing about it changes
 *	<sha256>.plates	what is in it (JSON), as far as it was examined; made again when it is not there
 *	new-<ticket>	a room: a file that somebody is writing; those of an earlier life are removed at the start
 *
 * All lie in one folder because Landlock's first version (kernels 5.13 to 5.18) lets no file move to another one. A room
 * has a name, and not O_TMPFILE, because to become a file an unnamed one must be found through /proc, which not every
 * machine shows, and because only by its name we can open it a second time for reading alone.
 *
 * A room's descriptor for writing is given away, and its taker may keep it. So that nothing changes after the content
 * was hashed, cache_folder_is_closed() asks the kernel: a lease for reading (F_SETLEASE) is to be had only while no
 * descriptor for writing is open anywhere, in flight or mapped. None can be opened again: the folder is out of reach
 * for everybody but us. File systems that know no leases (some network ones) cannot tell: there the content is copied.
 *
 * Functions that can fail return 0, or an errno.
 */
#ifndef FUSE_STORED_CACHE_FOLDER_H
#define FUSE_STORED_CACHE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored/files.h"

struct cache_folder {
	char path[FILES_PATH_BYTES];
};

/* <dir>/cache, made unless it is there. On an error it can be used nevertheless: each room tries anew. */
int cache_folder_begin(struct cache_folder *ret_folder, const char *dir);

/* What is on the disk, by name. `fn` says for a file of this hash and size whether it is known: what is not, rooms, and
 * plates whose file is not there are removed. Returns how many were removed in `ret_removed`. */
typedef bool cache_folder_known_fn(void *arg, const char *sha256, uint64_t size_bytes);
int cache_folder_scrub(const struct cache_folder *folder, cache_folder_known_fn *fn, void *arg, unsigned *ret_removed);

/* Is the file gone, or of another size? False when the disk does not tell. */
bool cache_folder_has_lost(const struct cache_folder *folder, const char *sha256, uint64_t size_bytes);

/* Bytes on its disk that are to be had, and the whole of it. */
int cache_folder_space(const struct cache_folder *folder, uint64_t *ret_free_bytes, uint64_t *ret_disk_bytes);

/* -- rooms --------------------------------------------------------------------------------------------- */

/* Make a room: `ret_write_fd` is to be given away, `ret_read_fd` reads it; both become the caller's. */
int cache_folder_new_room(const struct cache_folder *folder, uint32_t ticket, int *ret_write_fd, int *ret_read_fd);

enum cache_closed {
	CACHE_CLOSED,	  /* nobody can write to it any more */
	CACHE_STILL_OPEN, /* somebody can */
	CACHE_UNTOLD,	  /* this file system does not tell */
};
enum cache_closed cache_folder_is_closed(int read_fd);

/* The room becomes the file of this hash, in the place of one that may be there, and the folder is synced. Its content
 * must be synced before. */
int cache_folder_keep(const struct cache_folder *folder, uint32_t ticket, const char *sha256);

/* Empty and remove a room; whoever still holds its descriptor writes for nobody. */
void cache_folder_drop_room(const struct cache_folder *folder, uint32_t ticket);

/* -- files --------------------------------------------------------------------------------------------- */

/* Open for reading. EILSEQ when it has another size, ENOENT when it is not there. */
int cache_folder_open(const struct cache_folder *folder, const char *sha256, uint64_t size_bytes, int *ret_fd);

/* Remove a file and its plates (absent: fine). Not synced: cache_folder_sync(). */
int cache_folder_remove(const struct cache_folder *folder, const char *sha256);
int cache_folder_sync(const struct cache_folder *folder);

/* Keep, in the place of what was there, and read what is in a file. */
int cache_folder_put_plates(const struct cache_folder *folder, const char *sha256, const void *json, size_t len);
int cache_folder_get_plates(const struct cache_folder *folder, const char *sha256, void *ret_json, size_t cap,
			    size_t *ret_len);

#endif
