/*
 * card: the storage of a virtual printer, its microSD card or USB stick: a folder of this machine, of which nobody can
 * name anything beside it. Paths are absolute ("/cache/x.gcode.3mf"), made by card_path() and by nobody else; every
 * component is opened by itself and is never a link.
 *
 * A file that arrives lies beside the card until it is whole or was cut off, and takes its name at once then: what
 * somebody reads is never half of two files. The part that had arrived when the connection was cut stays under its name,
 * as on printers; what was arriving when this process died is gone.
 *
 * It shows the size of an ordinary card, and takes as much as CARD_REAL_MAX_BYTES and this machine's disk allow.
 */
#ifndef FUSE_WORKER_VIRTUAL_CARD_H
#define FUSE_WORKER_VIRTUAL_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/models.h"
#include "printer/state.h"

#define CARD_NAME_MAX_BYTES 128 /* of a file or folder */
#define CARD_DEPTH_MAX 4	/* of folders */
#define CARD_PATH_BYTES 384	/* of a path with its NUL */
#define CARD_ENTRIES_MAX 1000	/* files and folders on a card */
#define CARD_SHOWN_BYTES UINT64_C(31914983424)
#define CARD_REAL_MAX_BYTES (UINT64_C(2) << 30)
#define CARD_RESERVE_BYTES (UINT64_C(256) << 20) /* that the disk must have left */

enum card_fault {
	CARD_FINE,
	CARD_ABSENT,	/* no card or stick in it */
	CARD_NOT_THERE, /* no such file or folder */
	CARD_BAD_NAME,
	CARD_IN_THE_WAY, /* a folder where a file should be, or the other way round; it exists; it is not empty */
	CARD_FULL,
	CARD_BROKEN, /* this machine's disk; logged */
};

struct card;

struct card_entry {
	char name[CARD_NAME_MAX_BYTES + 1];
	bool is_folder;
	uint64_t size_bytes;
	int64_t seconds, nanoseconds; /* of the last change, since 1970 */
};

struct card_facts {
	uint64_t total_bytes, used_bytes; /* total 0: absent */
	uint32_t files;
};

/* Make what is missing in `dir` (absolute, or of the working folder; it exists): card/ with the model's folders, and
 * arriving/, which is emptied. Before or after lock-in. NULL with errno when that cannot be. */
struct card *card_open(const char *dir, const struct model *model);
void card_close(struct card *card);

/* Faults that it plays. */
void card_set_absent(struct card *card, bool is_absent);
void card_set_full(struct card *card, bool is_full);

/* It takes nothing more: by the fault, or because it or this machine's disk is full. */
bool card_is_full(const struct card *card);

/* What reports say of it, and controls.h. */
enum storage_state card_state(const struct card *card);
void card_get_facts(const struct card *card, struct card_facts *ret_facts);

/* What a client means by `word` (as it came) when it is in `folder`: "x", "/cache/x", "../x", "./x/". Pure. The root is
 * its own parent. False: a name that no printer's file system takes, or too long or deep. */
bool card_path(const char *folder, const char *word, char ret_path[CARD_PATH_BYTES]);

enum card_fault card_look(struct card *card, const char *path, struct card_entry *ret_entry);

/* Entries of a folder by name, at most CARD_ENTRIES_MAX; of a file itself. free() `ret_entries`. */
enum card_fault card_list(struct card *card, const char *path, struct card_entry **ret_entries, size_t *ret_count);

/* A file to be read: a descriptor that can do nothing else, the caller's. */
enum card_fault card_read(struct card *card, const char *path, int *ret_fd, struct card_entry *ret_entry);

enum card_fault card_remove(struct card *card, const char *path);
enum card_fault card_make_folder(struct card *card, const char *path);
enum card_fault card_remove_folder(struct card *card, const char *path);
enum card_fault card_rename(struct card *card, const char *from, const char *to);

/* As new: no files, and the model's folders. */
void card_clear(struct card *card);

/* -- a file that arrives --------------------------------------------------------------------------------- */

struct card_upload;

enum card_fault card_upload_begin(struct card *card, const char *path, struct card_upload **ret_upload);
/* FULL and BROKEN: what was written before is still there. */
enum card_fault card_upload_write(struct card_upload *upload, const void *bytes, size_t len);
uint64_t card_upload_bytes(const struct card_upload *upload);
/* It has its name from now on, with its first `keep_bytes` (UINT64_MAX: all). Frees `upload` in any case. */
enum card_fault card_upload_end(struct card_upload *upload, uint64_t keep_bytes);
/* Nothing comes of it: what lay there before stays. */
void card_upload_abandon(struct card_upload *upload);

#endif
