/*
 * file_telling: FILE at each change of a file, as fast as the channel takes them, and CACHE_STATUS, at most once a
 * second, but always before the answer to who has changed something.
 */
#include "common/clock.h"
#include "common/str.h"
#include "stored/file_desk_inner.h"

#define STATUS_EVERY_MS 1000
#define TELL_MOST 512	 /* in one turn: other messages need room in the channel, too */
#define TELL_AGAIN_MS 10 /* when there are more, or the channel is full */
#define MIB ((uint64_t)1 << 20)

/* -- how full it is --------------------------------------------------------------------------------------------- */

void
file_desk_publish_status(struct desk *desk)
{
	struct file_desk *own = &desk->files;
	struct msg_cache_status message = { .files = own->cache.count,
					    .used_bytes = own->cache.used_bytes,
					    .limit_bytes = file_desk_limit_bytes(desk) };
	uint64_t disk_bytes;

	cache_folder_space(&own->folder, &message.disk_free_bytes, &disk_bytes);
	str_format(message.sentence, sizeof message.sentence, "%u file%s, %llu of %llu MiB.", message.files,
		   message.files == 1 ? "" : "s", (unsigned long long)(message.used_bytes / MIB),
		   (unsigned long long)(message.limit_bytes / MIB));
	child_send(desk->child, MESSAGE_CACHE_STATUS, ROLE_NONE, SLOT_ALL, 0, 0, &message, -1);
	own->status_mono_ms = clock_monotonic_ms();
}

void
file_desk_on_status_timer(void *arg)
{
	struct desk *desk = arg;

	desk->files.status_armed = false;
	file_desk_publish_status(desk);
}

void
file_desk_publish_status_soon(struct desk *desk)
{
	struct file_desk *own = &desk->files;
	int64_t wait_ms = own->status_mono_ms + STATUS_EVERY_MS - clock_monotonic_ms();

	if (own->status_armed)
		return;
	own->status_armed = true;
	loop_timer_set(own->status_timer, wait_ms > 0 ? wait_ms : 0);
}

/* -- the files --------------------------------------------------------------------------------------------------- */

/* False: the channel takes no more just now. */
static bool
tell_one(struct desk *desk, struct cache_file *file)
{
	uint32_t place = (uint32_t)(file - desk->files.cache.files);
	struct msg_file message;
	enum channel_result result;

	if (file->state == CACHE_KEPT) {
		cache_describe(file, &message);
		result = child_send(desk->child, MESSAGE_FILE, ROLE_NONE, SLOT_ALL, 0, place, &message, -1);
	} else {
		result = child_clear(desk->child, MESSAGE_FILE, place);
	}
	file->is_untold = result == CHANNEL_FULL;
	return !file->is_untold;
}

void
file_desk_tell_all(struct desk *desk)
{
	struct cache *cache = &desk->files.cache;
	unsigned told = 0;
	bool room = true;

	for (size_t i = 0; i < FILES_MAX && room; i++) {
		struct cache_file *file = &cache->files[i];
		if (!file->is_untold || file->state == CACHE_PLANNED)
			continue;
		room = tell_one(desk, file) && ++told < TELL_MOST;
	}
	if (told > 0)
		file_desk_publish_status_soon(desk);
	if (!room)
		loop_timer_set(desk->files.work_timer, TELL_AGAIN_MS);
}

void
file_desk_tell_before_answer(struct desk *desk)
{
	file_desk_tell_all(desk);
	if (desk->files.status_armed) /* the timer tells it once more, which harms nobody */
		file_desk_publish_status(desk);
}
