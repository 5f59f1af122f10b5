/*
 * file_space: whether a file has room, in the cache and on the disk, and who gives way for it.
 */
#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "stored/file_desk_inner.h"

#define MIB ((uint64_t)1 << 20)
/* What files leave of a disk: a fiftieth, for the database, its snapshots and the logs; at least and at most so much. */
#define RESERVE_PART 50
#define RESERVE_LEAST_BYTES (64 * MIB)
#define RESERVE_MOST_BYTES (1024 * MIB)

/* -- giving way ----------------------------------------------------------------------------------------------- */

uint64_t
file_desk_limit_bytes(const struct desk *desk)
{
	return (uint64_t)values_number(&desk->values, "cacheMaxMib") * MIB;
}

/* False: the disk does not let go of it. */
static bool
evict(struct desk *desk, struct cache_file *file)
{
	static const struct header nobody;
	int error = cache_folder_remove(&desk->files.folder, file->record.sha256);

	if (error != 0) {
		log_error("a cached file cannot be deleted", log_str("name", file->record.name),
			  log_str("error", strerror(error)));
		return false;
	}
	log_info("a file gave way to others in the cache", log_str("name", file->record.name),
		 log_int("bytes", (int64_t)file->record.size_bytes), log_str("sha256", file->record.sha256));
	file_desk_forget(desk, file, &nobody);
	return true;
}

/* Until the whole is within the limit; false when it cannot be. */
bool
file_desk_evict_beyond(struct desk *desk, uint64_t limit_bytes, uint32_t spare_places)
{
	struct cache *cache = &desk->files.cache;
	struct cache_file *victim;

	if (cache_victim(cache, limit_bytes, spare_places) != NULL)
		desk_flush(desk); /* a job that is about to be kept holds its file then */
	while ((victim = cache_victim(cache, limit_bytes, spare_places)) != NULL)
		if (!evict(desk, victim))
			return false;
	return cache->used_bytes <= limit_bytes && FILES_MAX - cache->count >= spare_places;
}

/* -- room for a new one ----------------------------------------------------------------------------------------- */

static uint64_t
reserve_bytes(uint64_t disk_bytes)
{
	uint64_t part = disk_bytes / RESERVE_PART;

	return part < RESERVE_LEAST_BYTES ? RESERVE_LEAST_BYTES : part > RESERVE_MOST_BYTES ? RESERVE_MOST_BYTES : part;
}

static bool
refuse_no_space(struct desk *desk, const struct header *request, const char *remedy, const char *sentence)
{
	desk_refuse_with(desk, request, REFUSAL_NO_SPACE, remedy, "%s", sentence);
	return false;
}

/* So much is to be free on the disk: evict for it what may go, unless all that would not do. */
static bool
make_room_on_disk(struct desk *desk, const struct header *request, uint64_t needed_bytes)
{
	struct cache *cache = &desk->files.cache;
	uint64_t free_bytes, disk_bytes;
	struct fault fault;
	int error = cache_folder_space(&desk->files.folder, &free_bytes, &disk_bytes);

	if (error != 0 && error != ENOENT) {
		fault_from_error(&fault, error, "look how full the disk is", desk->files.folder.path);
		desk_refuse(desk, request, &fault);
		return false;
	}
	uint64_t wanted = needed_bytes + reserve_bytes(disk_bytes),
		 may_go = cache->used_bytes - cache_held_bytes(cache);
	if (error == ENOENT || free_bytes >= wanted)
		return true;
	if (free_bytes + may_go < wanted ||
	    !file_desk_evict_beyond(
		    desk, cache->used_bytes > wanted - free_bytes ? cache->used_bytes - (wanted - free_bytes) : 0, 0))
		return refuse_no_space(desk, request, "Free some space on the disk of the state folder.",
				       "The disk has too little room for the file.");
	return true;
}

/* Files that jobs need, and what was promised to others, stay; is there room beside them? */
static bool
fits_or_refuse(struct desk *desk, const struct header *request, uint64_t size_bytes, uint64_t promised_bytes)
{
	uint64_t limit = file_desk_limit_bytes(desk), fixed = cache_held_bytes(&desk->files.cache) + promised_bytes;

	if (fixed < limit && size_bytes <= limit - fixed)
		return true;
	return refuse_no_space(desk, request, "Raise the setting cacheMaxMib, or wait until jobs are done.",
			       fixed == 0
				       ? "The file is larger than the whole cache may be."
				       : "Files that jobs need, or that come in, leave too little room in the cache.");
}

bool
file_desk_may_come(struct desk *desk, const struct header *request, uint64_t size_bytes)
{
	uint64_t unwritten, promised = intake_promised_bytes(&desk->files.intake, &unwritten);

	return fits_or_refuse(desk, request, size_bytes, promised) &&
	       make_room_on_disk(desk, request, size_bytes + unwritten);
}

bool
file_desk_make_place(struct desk *desk, const struct header *request, uint64_t size_bytes)
{
	if (!fits_or_refuse(desk, request, size_bytes, 0))
		return false;
	if (file_desk_evict_beyond(desk, file_desk_limit_bytes(desk) - size_bytes, 1))
		return true;
	return refuse_no_space(desk, request, "Remove files, or wait until jobs are done.",
			       "There are as many files in the cache as there may be, and none can give way.");
}
