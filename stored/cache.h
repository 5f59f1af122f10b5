/*
 * cache: which files there are, in memory. The database has the same, a moment earlier or later, and cache_folder.h the
 * files themselves. Knows who goes first when there is too much (the one that was not used for longest), and who may
 * not go at all (one that an open job needs). Pure but for cache_load(); the clock is an argument.
 *
 * Order of use is counted, not told by the clock, which jumps: only across a restart the wall clock's word counts.
 */
#ifndef FUSE_STORED_CACHE_H
#define FUSE_STORED_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/message.h"
#include "stored/file_record.h"
#include "stored/outcome.h"
#include "stored/store.h"

/* used_ms of a file is written anew so seldom, unless a job uses it: reading is to cost an SD card nothing. */
#define CACHE_USED_EVERY_MS (60 * 60 * INT64_C(1000))

enum cache_state {
	CACHE_FREE,
	CACHE_PLANNED, /* its record is in the batch: nobody knows of it yet */
	CACHE_KEPT,
};

struct cache_file {
	enum cache_state state;
	struct file_record record; /* of one that is not free */
	uint32_t open_jobs;	   /* that need it */
	uint64_t turn;		   /* greater: used later */
	int64_t noted_ms;	   /* used_ms as in the database */
	bool is_untold;		   /* its FILE, or that it is no more, is still to be said */
	bool is_examined_now;	   /* (or waits for a process that does) */
	unsigned tries;		   /* examinations that came to nothing */
	int64_t failed_ms;	   /* monotonic, when the last of them did */
};

struct cache {
	uint32_t count;	     /* planned and kept */
	uint64_t used_bytes; /* by them */
	uint64_t turns;
	struct cache_file files[FILES_MAX]; /* each at its place */
};

/* Read all records. One that cannot be read is logged and left alone; two at the same place part. */
enum outcome cache_load(struct cache *ret_cache, struct store *store, struct fault *ret_fault);

/* The file of this hash that is kept; NULL when there is none. Borrowed until the cache changes. */
const struct cache_file *cache_peek(const struct cache *cache, const char *sha256);
/* The same, also one that is planned, to be changed. */
struct cache_file *cache_look_up(struct cache *cache, const char *sha256);

/* A free place for this file, planned, used just now; NULL when there is none (then the oldest has to go first). */
struct cache_file *cache_plan(struct cache *cache, const char *sha256, uint64_t size_bytes);
/* The plan has become true, or (`done` false) never will. */
void cache_settle(struct cache *cache, struct cache_file *file, bool done);

/* It is no more. */
void cache_forget(struct cache *cache, struct cache_file *file);

/* It is used now. True: its used_ms is worth writing to the database (noted_ms is set). */
bool cache_touch(struct cache *cache, struct cache_file *file, int64_t now_ms, bool for_job);

/* Jobs that have not ended and need this file; it stays as long as there is one. False when it is not kept. */
bool cache_set_open_jobs(struct cache *cache, const char *sha256, uint32_t count);

/* Bytes of the files that may not go. */
uint64_t cache_held_bytes(const struct cache *cache);

/* Who goes when the whole is to be within `limit_bytes` and at least `spare_places` free: the one that was used least
 * lately and that no job needs. NULL: it is within, or nobody may go. */
struct cache_file *cache_victim(struct cache *cache, uint64_t limit_bytes, uint32_t spare_places);

/* Who is to be examined next: one that waits and is not at it, first those that jobs need, then the latest used. NULL =
 * none. */
struct cache_file *cache_next_to_examine(struct cache *cache);

/* The message that tells everybody of a file that is kept. */
void cache_describe(const struct cache_file *file, struct msg_file *ret_message);

#endif
