/*
 * hasher: passwords are hashed (argon2id, 64 MiB, 2 passes: a tenth of a second on a PC, most of one on a Raspberry
 * Pi) on one thread beside the loop, one after the other (backroom.h), so that whoever sets a setting meanwhile does
 * not wait.
 */
#ifndef FUSE_STORED_HASHER_H
#define FUSE_STORED_HASHER_H

#include <stdbool.h>

#include "common/secret.h"
#include "ipc/header.h"
#include "stored/backroom.h"

#define HASHER_JOBS_MAX 8
#define HASHER_HASH_BYTES 128 /* text with its NUL */

struct hasher_job {
	struct header request; /* whose it is; not looked at here */
	bool checks;	       /* hold `present` against `hash` … */
	bool makes;	       /* … and, when that is right or was not asked, hash `fresh` into `hash` */
	struct secret present, fresh;
	char hash[HASHER_HASH_BYTES];
	/* the outcome */
	bool right; /* `present` fits; true when nothing was to be checked */
	bool made;  /* false when memory was short */
};

/* For a backroom; a job of its is a struct hasher_job. */
extern const struct backroom_trade hasher_trade;

/* Hash and check as the thread does, at once; for the thread and for tests. */
void hasher_work(struct hasher_job *job);

#endif
