/*
 * cache: 2048 places.
 */
#include "stored/cache.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

/* -- places ------------------------------------------------------------------------------------------------ */

static struct cache_file *
lowest_free(struct cache *cache)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (cache->files[i].state == CACHE_FREE)
			return &cache->files[i];
	return NULL;
}

static void
occupy(struct cache *cache, struct cache_file *file, enum cache_state state, const struct file_record *record)
{
	*file = (struct cache_file){
		.state = state, .record = *record, .turn = ++cache->turns, .noted_ms = record->used_ms
	};
	file->record.place = (uint32_t)(file - cache->files);
	cache->count++;
	cache->used_bytes += record->size_bytes;
}

/* -- loading ----------------------------------------------------------------------------------------------- */

static void
load_one(void *arg, const void *key, size_t key_len, const uint8_t *payload, size_t len)
{
	struct cache *cache = arg;
	struct file_record record;
	const char *fault;

	if (!file_record_decode(key, key_len, payload, len, &record, &fault)) {
		log_error("what is known of a cached file cannot be read; it is left alone",
			  log_bytes("sha256", key, key_len), log_str("why", fault));
		return;
	}
	struct cache_file *file = &cache->files[record.place];
	/* Taken: the record of one that is gone was not deleted, because the disk was full then. */
	if (file->state != CACHE_FREE)
		file = lowest_free(cache);
	if (file == NULL) {
		log_error("there are more cached files than places; this one is left alone",
			  log_str("sha256", record.sha256));
		return;
	}
	if (record.examined_by != FILE_EXAMINATION)
		record.check = FILE_CHECK_WAITING;
	occupy(cache, file, CACHE_KEPT, &record);
}

static int
by_use(const void *a, const void *b)
{
	const struct cache_file *const *one = a, *const *other = b;
	int64_t one_ms = (*one)->record.used_ms, other_ms = (*other)->record.used_ms;

	return (one_ms > other_ms) - (one_ms < other_ms);
}

/* The order of use as the wall clock tells it. */
static void
number_turns(struct cache *cache)
{
	struct cache_file *all[FILES_MAX];
	size_t count = 0;

	for (size_t i = 0; i < FILES_MAX; i++)
		if (cache->files[i].state != CACHE_FREE)
			all[count++] = &cache->files[i];
	qsort(all, count, sizeof all[0], by_use);
	for (size_t i = 0; i < count; i++)
		all[i]->turn = i + 1;
	cache->turns = count;
}

enum outcome
cache_load(struct cache *ret_cache, struct store *store, struct fault *ret_fault)
{
	memset(ret_cache, 0, sizeof *ret_cache);
	if (store_each(store, TABLE_FILES, load_one, ret_cache, ret_fault) == OUTCOME_DONE)
		number_turns(ret_cache);
	return ret_fault->outcome;
}

/* -- looking ----------------------------------------------------------------------------------------------- */

static const struct cache_file *
look_for(const struct cache *cache, const char *sha256)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (cache->files[i].state != CACHE_FREE && strcmp(cache->files[i].record.sha256, sha256) == 0)
			return &cache->files[i];
	return NULL;
}

const struct cache_file *
cache_peek(const struct cache *cache, const char *sha256)
{
	const struct cache_file *file = look_for(cache, sha256);

	return file != NULL && file->state == CACHE_KEPT ? file : NULL;
}

struct cache_file *
cache_look_up(struct cache *cache, const char *sha256)
{
	const struct cache_file *file = look_for(cache, sha256);

	return file != NULL ? &cache->files[file - cache->files] : NULL;
}

uint64_t
cache_held_bytes(const struct cache *cache)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < FILES_MAX; i++)
		if (cache->files[i].state != CACHE_FREE && cache->files[i].open_jobs > 0)
			bytes += cache->files[i].record.size_bytes;
	return bytes;
}

/* -- coming and going -------------------------------------------------------------------------------------- */

struct cache_file *
cache_plan(struct cache *cache, const char *sha256, uint64_t size_bytes)
{
	struct cache_file *file = lowest_free(cache);
	struct file_record record = { .size_bytes = size_bytes, .check = FILE_CHECK_WAITING };

	if (file == NULL)
		return NULL;
	str_copy(record.sha256, sizeof record.sha256, sha256);
	occupy(cache, file, CACHE_PLANNED, &record);
	return file;
}

void
cache_settle(struct cache *cache, struct cache_file *file, bool done)
{
	ENSURE(file->state == CACHE_PLANNED);
	file->state = CACHE_KEPT;
	file->is_untold = true;
	file->noted_ms = file->record.used_ms;
	if (!done)
		cache_forget(cache, file);
}

void
cache_forget(struct cache *cache, struct cache_file *file)
{
	ENSURE(file->state != CACHE_FREE && cache->used_bytes >= file->record.size_bytes);
	cache->count--;
	cache->used_bytes -= file->record.size_bytes;
	*file = (struct cache_file){ .state = CACHE_FREE, .is_untold = true };
}

bool
cache_touch(struct cache *cache, struct cache_file *file, int64_t now_ms, bool for_job)
{
	int64_t since_ms = now_ms - file->noted_ms;

	file->turn = ++cache->turns;
	file->record.used_ms = now_ms;
	if (!for_job && since_ms >= 0 && since_ms < CACHE_USED_EVERY_MS)
		return false;
	file->noted_ms = now_ms;
	file->is_untold = true;
	return true;
}

bool
cache_set_open_jobs(struct cache *cache, const char *sha256, uint32_t count)
{
	struct cache_file *file = cache_look_up(cache, sha256);

	if (file == NULL)
		return false;
	file->is_untold = file->is_untold || file->open_jobs != count;
	file->open_jobs = count;
	return true;
}

/* -- who goes, who is next --------------------------------------------------------------------------------- */

struct cache_file *
cache_victim(struct cache *cache, uint64_t limit_bytes, uint32_t spare_places)
{
	struct cache_file *victim = NULL;

	if (cache->used_bytes <= limit_bytes && FILES_MAX - cache->count >= spare_places)
		return NULL;
	for (size_t i = 0; i < FILES_MAX; i++) {
		struct cache_file *file = &cache->files[i];
		if (file->state == CACHE_KEPT && file->open_jobs == 0 && (victim == NULL || file->turn < victim->turn))
			victim = file;
	}
	return victim;
}

static bool
is_more_urgent(const struct cache_file *file, const struct cache_file *other)
{
	if ((file->open_jobs > 0) != (other->open_jobs > 0))
		return file->open_jobs > 0;
	return file->turn > other->turn;
}

struct cache_file *
cache_next_to_examine(struct cache *cache)
{
	struct cache_file *next = NULL;

	for (size_t i = 0; i < FILES_MAX; i++) {
		struct cache_file *file = &cache->files[i];
		if (file->state == CACHE_KEPT && file->record.check == FILE_CHECK_WAITING && !file->is_examined_now &&
		    (next == NULL || is_more_urgent(file, next)))
			next = file;
	}
	return next;
}

/* -- telling ----------------------------------------------------------------------------------------------- */

void
cache_describe(const struct cache_file *file, struct msg_file *ret_message)
{
	const struct file_record *record = &file->record;

	memset(ret_message, 0, sizeof *ret_message);
	str_copy(ret_message->sha256, sizeof ret_message->sha256, record->sha256);
	str_copy(ret_message->name, sizeof ret_message->name, record->name);
	ret_message->size_bytes = record->size_bytes;
	ret_message->created_ms = record->created_ms;
	ret_message->used_ms = record->used_ms;
	ret_message->check = record->check;
	ret_message->kind = record->kind;
	str_copy(ret_message->model, sizeof ret_message->model, record->model);
	ret_message->plates = record->plates;
	ret_message->open_jobs = file->open_jobs < UINT16_MAX ? file->open_jobs : UINT16_MAX;
	str_copy(ret_message->sentence, sizeof ret_message->sentence, record->sentence);
	str_copy(ret_message->remedy, sizeof ret_message->remedy, record->remedy);
}
