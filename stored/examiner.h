/*
 * examiner: what is in the files, found out by fuse-filechk: a process of its own for each file and each picture, two at
 * a time. One of the two does files first, the other pictures, so that neither waits for all of the others.
 *
 *	HELPER_WANT → HELPER{slot} → EXAMINE or PICTURE with the file's descriptor → EXAMINED or PICTURE_MADE
 *
 * A file at which fuse-filechk dies, or is not done in time, is tried once more; then its check is FAILED, until it is
 * used again. What is left when this process dies is begun anew: files that wait say so in their records.
 */
#ifndef FUSE_STORED_EXAMINER_H
#define FUSE_STORED_EXAMINER_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/child.h"
#include "stored/cache.h"

struct desk;

#define EXAMINER_SEATS 2
#define EXAMINER_PICTURES_MAX 32	      /* that wait */
#define EXAMINER_TRIES 2		      /* of a file */
#define EXAMINER_HELPER_MS INT64_C(60000)     /* until there is a process */
#define EXAMINER_FILE_MS (5 * INT64_C(60000)) /* for one file: some are gigabytes */
#define EXAMINER_PICTURE_MS INT64_C(60000)
#define EXAMINER_AGAIN_MS (60 * INT64_C(1000)) /* one that FAILED is not looked into again sooner */

enum seat_state {
	SEAT_FREE,
	SEAT_WANTS, /* a process was asked for */
	SEAT_EXAMINES,
	SEAT_DRAWS,
};

struct picture_want {
	struct header request;
	char sha256[FILE_SHA256_BYTES];
	uint32_t plate;
};

struct seat {
	enum seat_state state;
	uint32_t request_id; /* that is open */
	uint16_t slot;	     /* of the process */
	int64_t until_ms;    /* monotonic */
	char sha256[FILE_SHA256_BYTES];
	struct picture_want picture; /* of one that draws */
};

struct examiner {
	struct seat seats[EXAMINER_SEATS];
	struct picture_want waiting[EXAMINER_PICTURES_MAX]; /* the oldest first */
	unsigned waiting_count;
	unsigned misfires;     /* processes in a row that were not to be had */
	int64_t not_before_ms; /* monotonic: no process is asked for before */
	struct loop_timer *timer;
	bool is_ticking;
};

void examiner_begin(struct desk *desk);

/* See whether there is something to do, and do it. */
void examiner_go(struct desk *desk);

/* A picture of a file that is kept is wanted; answers the request, now or later. */
void examiner_want_picture(struct desk *desk, const struct header *request, const char *sha256, uint32_t plate);

/* The answer to something that was asked here; takes `fd`. False: it was asked elsewhere. */
bool examiner_on_reply(struct desk *desk, const struct header *header, const void *message, int fd);

/* One whose check FAILED is used: look again, unless that was a moment ago. */
void examiner_try_again(struct desk *desk, struct cache_file *file);

#endif
