/*
 * file_hasher: files are hashed and synced on one thread beside the loop, one after the other (backroom.h): half a
 * gigabyte takes some seconds on a slow machine, and nobody else is to wait for that.
 */
#ifndef FUSE_STORED_FILE_HASHER_H
#define FUSE_STORED_FILE_HASHER_H

#include <stdbool.h>
#include <stdint.h>

#include "stored/backroom.h"
#include "stored/file_record.h"

#define FILE_HASHER_JOBS_MAX 16

struct file_hasher_job {
	uint32_t ticket;     /* whose it is; not looked at here */
	int read_fd;	     /* read from its start; both stay the caller's, who closes them when the job is done */
	int copy_fd;	     /* where a copy goes: what is hashed is what was copied; -1 = none */
	uint64_t size_bytes; /* that it must have */
	/* the outcome */
	int error; /* 0: hashed, read-only for everybody, and on the disk; EILSEQ: of another size; else an errno */
	char sha256[FILE_SHA256_BYTES];
};

/* For a backroom; a job of its is a struct file_hasher_job. */
extern const struct backroom_trade file_hasher_trade;

/* Hash as the thread does, at once; for the thread and for tests. */
void file_hasher_work(struct file_hasher_job *job);

#endif
