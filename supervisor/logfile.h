/*
 * logfile: <dir>/fuse.log and its older ones, fuse.log.1 (the newest) to fuse.log.<keep>.
 *
 * No state but the open descriptor is trusted: before each line the name is looked at, so a file that was
 * moved, deleted or emptied by somebody is simply begun anew. A kill at any point of a rotation loses no
 * line; what is then missing is a number, and the next rotation fills that gap.
 *
 * On any failure the file is off and tried again once a second. Never blocks but for the disk.
 */
#ifndef FUSE_SUPERVISOR_LOGFILE_H
#define FUSE_SUPERVISOR_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "supervisor/logbook.h"

#define LOGFILE_KEEP_MOST 20 /* the setting logFileKeep allows no more */
#define LOGFILE_PATH_BYTES 400

struct logfile {
	char dir[LOGFILE_PATH_BYTES];
	struct logbook_file wanted;
	int fd; /* -1 = not open */
	bool failing;
	int64_t tried_s;   /* wall clock: the last try while failing */
	uint64_t lost;     /* lines since it fails */
};

enum logfile_result {
	LOGFILE_WRITTEN,   /* or not wanted */
	LOGFILE_RECOVERED, /* written, the first after a failure; *ret_lost were not */
	LOGFILE_FAILED,    /* the first that was not written; errno says why */
	LOGFILE_LOST,      /* one more */
};

void logfile_init(struct logfile *file, const char *dir);
void logfile_fini(struct logfile *file);

/* From now on. Older files beyond `keep` are deleted. */
void logfile_set(struct logfile *file, const struct logbook_file *wanted);

/* `line` ends with its newline. */
enum logfile_result logfile_write(struct logfile *file, int64_t wall_ms, const char *line, size_t len,
				  uint64_t *ret_lost);

#endif
