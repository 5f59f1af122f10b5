/*
 * intake: rooms: new files while somebody writes them.
 *
 * A room belongs to the process that asked for it, in that incarnation. It ends as a file (FILE_COMPLETE), or for
 * nothing: given back, its taker dead, larger than there is room for, closed without a word, or not grown for an hour.
 * Who completes a room that ended for nothing is told why.
 *
 * From FILE_COMPLETE on: wait until nobody can write to it any more (cache_folder.h), hash and sync it on a thread
 * (file_hasher.h), give it the name of its hash, and commit its record. Then, and not before, FILE_KEPT.
 */
#ifndef FUSE_STORED_INTAKE_H
#define FUSE_STORED_INTAKE_H

#include "ipc/child.h"
#include "stored/batch.h"
#include "stored/file_hasher.h"

struct desk;

#define INTAKE_ROOMS_MAX FILE_HASHER_JOBS_MAX
#define INTAKE_IDLE_MS (60 * 60 * INT64_C(1000)) /* without growth */
#define INTAKE_CLOSED_MS INT64_C(30000)		 /* nobody has it open, and nobody completes it */
#define INTAKE_CLOSING_MS INT64_C(2000)		 /* from FILE_COMPLETE until it is closed */

enum room_state {
	ROOM_FREE,
	ROOM_OPEN,    /* it is being written */
	ROOM_CLOSING, /* FILE_COMPLETE came; it may still be open for writing */
	ROOM_HASHING,
	ROOM_SPENT, /* it came to nothing; `why` waits for who completes it */
};

struct room {
	enum room_state state;
	uint32_t ticket;
	struct header taker; /* its FILE_NEW */
	char name[FILE_NAME_BYTES];
	uint64_t announced_bytes; /* 0 = not known */
	int read_fd;
	int copy_read_fd, copy_write_fd; /* of the copy, where the file system does not tell who may write; else -1 */
	uint32_t copy_ticket;
	/* monotonic; as the watch saw it */
	uint64_t grown_to;
	int64_t grown_ms, closed_ms; /* closed_ms 0: it is open */
	/* from FILE_COMPLETE on */
	struct header request;
	uint64_t size_bytes;
	char expected[FILE_SHA256_BYTES]; /* "" = any */
	int64_t closing_until_ms;
	bool is_given_up; /* while it is hashed */
	/* when spent */
	enum refusal reason;
	char why[240];
};

struct intake {
	struct backroom *hasher;
	struct loop_timer *watch;
	bool is_watching;
	uint32_t last_ticket;
	struct room rooms[INTAKE_ROOMS_MAX];
};

/* DONE, or the fault for which the store cannot serve. */
enum outcome intake_begin(struct desk *desk, struct fault *ret_fault);

/* Why a room that is open comes to nothing; NULL: it does not (yet). Of the cache's limit so many bytes are `held`.
 * Pure; static storage. */
const char *intake_fault(const struct room *room, uint64_t limit_bytes, uint64_t held_bytes, int64_t now_ms,
			 enum refusal *ret_reason);

void intake_new(struct desk *desk, const struct header *request, const struct msg_file_new *message);
void intake_complete(struct desk *desk, const struct header *request, const struct msg_file_complete *message);
void intake_abandon(struct desk *desk, const struct header *header, const struct msg_file_abandon *message);

/* What the supervisor says of a process: rooms of one that is over are given up. */
void intake_note_process(struct desk *desk, const struct msg_proc_status *status);

/* A new file's record is on the disk, or (`fault`) cannot be: answers FILE_COMPLETE. */
void intake_answer(struct desk *desk, const struct batch_item *item, const struct fault *fault);

/* Bytes that were promised to rooms: announced, or written already; how many of them are still to be written. */
uint64_t intake_promised_bytes(const struct intake *intake, uint64_t *ret_unwritten_bytes);

#endif
