/*
 * examiner: two seats.
 */
#include "stored/examiner.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "stored/file_desk_inner.h"

#define PAUSE_MS 500 /* after a process that was not to be had, or died at its work */
#define TICK_MS 500
#define PICTURE_MAX_BYTES (4 * 1024 * 1024)

static const char not_to_be_had[] = "fuse-filechk, which looks into files, cannot be started.";

/* -- seats ---------------------------------------------------------------------------------------------------- */

static struct seat *
find_seat(struct examiner *examiner, uint32_t request_id)
{
	for (size_t i = 0; i < EXAMINER_SEATS; i++)
		if (examiner->seats[i].state != SEAT_FREE && examiner->seats[i].request_id == request_id)
			return &examiner->seats[i];
	return NULL;
}

static void
pause_a_while(struct examiner *examiner)
{
	examiner->not_before_ms = clock_monotonic_ms() + PAUSE_MS;
}

/* Enough of a process that was given to us. */
static void
dismiss(struct desk *desk, uint16_t slot)
{
	const struct msg_helper_end message = { .role = ROLE_FILECHK, .slot = slot };

	child_send(desk->child, MESSAGE_HELPER_END, ROLE_SUPERVISOR, 0, 0, 0, &message, -1);
}

/* The file that a seat examines; NULL when it is no more. */
static struct cache_file *
file_of(struct desk *desk, const struct seat *seat)
{
	struct cache_file *file = cache_look_up(&desk->files.cache, seat->sha256);

	return file != NULL && file->state == CACHE_KEPT ? file : NULL;
}

static bool
send_to(struct desk *desk, struct seat *seat, enum message number, enum role role, uint16_t slot, const void *message,
	int fd)
{
	seat->request_id = child_next_request_id(desk->child);
	return child_send(desk->child, number, role, slot, seat->request_id, 0, message, fd) == CHANNEL_TAKEN;
}

/* -- work ----------------------------------------------------------------------------------------------------- */

static struct picture_want
take_picture_want(struct examiner *examiner)
{
	struct picture_want want = examiner->waiting[0];

	examiner->waiting_count--;
	memmove(&examiner->waiting[0], &examiner->waiting[1], examiner->waiting_count * sizeof examiner->waiting[0]);
	return want;
}

static void
end_try(struct desk *desk, struct cache_file *file, const char *sentence)
{
	file->is_examined_now = false;
	log_warn("a file could not be looked into", log_str("name", file->record.name), log_str("why", sentence),
		 log_int("try", (int64_t)file->tries + 1));
	if (++file->tries < EXAMINER_TRIES)
		return;
	file->failed_ms = clock_monotonic_ms();
	file_desk_note_unexamined(desk, file, sentence);
}

/* False: nothing came of it, the process is still without work. */
static bool
begin_file(struct desk *desk, struct seat *seat, struct cache_file *file)
{
	struct msg_examine message = { .size_bytes = file->record.size_bytes };
	int fd;

	if (cache_folder_open(&desk->files.folder, file->record.sha256, file->record.size_bytes, &fd) != 0) {
		file_desk_lose(desk, file, "it is gone from the disk, or was changed there");
		return false;
	}
	str_copy(message.name, sizeof message.name, file->record.name);
	bool sent = send_to(desk, seat, MESSAGE_EXAMINE, ROLE_FILECHK, seat->slot, &message, fd);
	close(fd);
	if (!sent)
		return false;
	seat->state = SEAT_EXAMINES;
	str_copy(seat->sha256, sizeof seat->sha256, file->record.sha256);
	seat->until_ms = clock_monotonic_ms() + EXAMINER_FILE_MS;
	file->is_examined_now = true;
	return true;
}

static bool
begin_picture(struct desk *desk, struct seat *seat)
{
	struct picture_want want = take_picture_want(&desk->files.examiner);
	const struct msg_picture message = { .plate = want.plate };
	struct cache_file *file = file_desk_find_or_refuse(desk, &want.request, want.sha256);
	int fd = file != NULL ? file_desk_open_or_refuse(desk, &want.request, file) : -1;

	if (fd < 0)
		return false;
	bool sent = send_to(desk, seat, MESSAGE_PICTURE, ROLE_FILECHK, seat->slot, &message, fd);
	close(fd);
	if (!sent) {
		desk_refuse_with(desk, &want.request, REFUSAL_BUSY, "Try again in a moment.",
				 "There is too much to do.");
		return false;
	}
	seat->state = SEAT_DRAWS;
	seat->picture = want;
	seat->until_ms = clock_monotonic_ms() + EXAMINER_PICTURE_MS;
	return true;
}

/* Something for the process of a seat; false when there is nothing to do. */
static bool
begin_something(struct desk *desk, struct seat *seat)
{
	struct examiner *examiner = &desk->files.examiner;

	for (;;) {
		struct cache_file *file = cache_next_to_examine(&desk->files.cache);
		bool prefers_pictures = seat != &examiner->seats[0];
		bool picture = examiner->waiting_count > 0 && (prefers_pictures || file == NULL);
		if (!picture && file == NULL)
			return false;
		bool begun = picture ? begin_picture(desk, seat) : begin_file(desk, seat, file);
		if (begun || (!picture && file->state == CACHE_KEPT))
			return begun; /* else it was lost, and the next one's turn has come */
	}
}

static bool
is_work_left(struct desk *desk)
{
	const struct examiner *examiner = &desk->files.examiner;
	unsigned wanting = 0;
	bool any_file = cache_next_to_examine(&desk->files.cache) != NULL;

	for (size_t i = 0; i < EXAMINER_SEATS; i++)
		wanting += examiner->seats[i].state == SEAT_WANTS;
	if (wanting == 0)
		return any_file || examiner->waiting_count > 0;
	return any_file && examiner->waiting_count > 0;
}

void
examiner_go(struct desk *desk)
{
	struct examiner *examiner = &desk->files.examiner;
	const struct msg_helper_want want = { .role = ROLE_FILECHK };
	int64_t now_ms = clock_monotonic_ms();

	for (size_t i = 0; i < EXAMINER_SEATS && is_work_left(desk); i++) {
		struct seat *seat = &examiner->seats[i];
		if (seat->state != SEAT_FREE || now_ms < examiner->not_before_ms)
			continue;
		if (!send_to(desk, seat, MESSAGE_HELPER_WANT, ROLE_SUPERVISOR, 0, &want, -1))
			break;
		seat->state = SEAT_WANTS;
		seat->until_ms = now_ms + EXAMINER_HELPER_MS;
	}
	if (!examiner->is_ticking)
		loop_timer_set(examiner->timer, TICK_MS);
	examiner->is_ticking = true;
}

/* -- answers -------------------------------------------------------------------------------------------------- */

/* No process is to be had. Who could be served by it is told so, but not for one misfire alone. */
static void
misfire(struct desk *desk, struct seat *seat, bool is_busy)
{
	struct examiner *examiner = &desk->files.examiner;
	struct cache_file *file = cache_next_to_examine(&desk->files.cache);

	seat->state = SEAT_FREE;
	pause_a_while(examiner);
	if (is_busy || ++examiner->misfires < EXAMINER_TRIES)
		return;
	while (examiner->waiting_count > 0) {
		struct picture_want picture = take_picture_want(examiner);
		desk_refuse_with(desk, &picture.request, REFUSAL_FAILED, "The log says why.", "%s", not_to_be_had);
	}
	if (file != NULL) {
		file->tries = EXAMINER_TRIES - 1;
		end_try(desk, file, not_to_be_had);
	}
}

static void
on_helper(struct desk *desk, struct seat *seat, const struct msg_helper *message)
{
	if (seat == NULL || seat->state != SEAT_WANTS) { /* it came too late */
		dismiss(desk, (uint16_t)message->slot);
		return;
	}
	seat->slot = (uint16_t)message->slot;
	desk->files.examiner.misfires = 0;
	if (!begin_something(desk, seat)) {
		seat->state = SEAT_FREE;
		dismiss(desk, seat->slot);
	}
}

static void
on_examined(struct desk *desk, struct seat *seat, const struct msg_examined *message)
{
	struct cache_file *file = file_of(desk, seat);

	seat->state = SEAT_FREE;
	if (file == NULL)
		return;
	file->is_examined_now = false;
	file_desk_note_examined(desk, file, message);
}

static void
on_picture(struct desk *desk, struct seat *seat, const struct msg_picture_made *message, int fd)
{
	const struct msg_file_picture reply = { .size_bytes = message->size_bytes };
	struct stat st;
	bool good = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && message->size_bytes > 0 &&
		    message->size_bytes <= PICTURE_MAX_BYTES && st.st_size == (off_t)message->size_bytes;

	seat->state = SEAT_FREE;
	if (good)
		child_reply(desk->child, &seat->picture.request, MESSAGE_FILE_PICTURE, &reply, fd);
	else
		desk_refuse_with(desk, &seat->picture.request, REFUSAL_FAILED, "", "The picture cannot be used.");
}

/* The process refused its work, died over it, or was not done in time. */
static void
on_failure(struct desk *desk, struct seat *seat, enum refusal reason, const char *sentence)
{
	struct cache_file *file = seat->state == SEAT_EXAMINES ? file_of(desk, seat) : NULL;
	bool draws = seat->state == SEAT_DRAWS;

	seat->state = SEAT_FREE;
	if (draws) {
		desk_refuse_with(desk, &seat->picture.request, reason == REFUSAL_NOT_FOUND ? reason : REFUSAL_FAILED,
				 "", "%s", sentence);
	} else if (file != NULL) {
		pause_a_while(&desk->files.examiner);
		end_try(desk, file, sentence);
	}
}

static void
on_refused(struct desk *desk, struct seat *seat, const struct msg_refused *message)
{
	const char *sentence = message->sentence;

	if (message->reason == REFUSAL_DIED)
		sentence = "fuse-filechk, which looked into it, has died over it.";
	if (seat->state == SEAT_WANTS)
		misfire(desk, seat, message->reason == REFUSAL_BUSY);
	else
		on_failure(desk, seat, (enum refusal)message->reason, sentence);
}

bool
examiner_on_reply(struct desk *desk, const struct header *header, const void *message, int fd)
{
	struct seat *seat = find_seat(&desk->files.examiner, header->request_id);

	if (header->number == MESSAGE_HELPER)
		on_helper(desk, seat, message);
	else if (header->number == MESSAGE_REFUSED && seat != NULL)
		on_refused(desk, seat, message);
	else if (header->number == MESSAGE_EXAMINED && seat != NULL && seat->state == SEAT_EXAMINES)
		on_examined(desk, seat, message);
	else if (header->number == MESSAGE_PICTURE_MADE && seat != NULL && seat->state == SEAT_DRAWS)
		on_picture(desk, seat, message, fd);
	else if (header->number != MESSAGE_EXAMINED && header->number != MESSAGE_PICTURE_MADE)
		return false;
	if (fd >= 0)
		close(fd);
	file_desk_work_soon(desk);
	return true;
}

/* -- asked for ------------------------------------------------------------------------------------------------ */

void
examiner_want_picture(struct desk *desk, const struct header *request, const char *sha256, uint32_t plate)
{
	struct examiner *examiner = &desk->files.examiner;

	if (examiner->waiting_count == EXAMINER_PICTURES_MAX) {
		desk_refuse_with(desk, request, REFUSAL_BUSY, "Try again in a moment.",
				 "Too many pictures are being looked for.");
		return;
	}
	struct picture_want *want = &examiner->waiting[examiner->waiting_count++];
	*want = (struct picture_want){ .request = *request, .plate = plate };
	str_copy(want->sha256, sizeof want->sha256, sha256);
	examiner_go(desk);
}

void
examiner_try_again(struct desk *desk, struct cache_file *file)
{
	int64_t now_ms = clock_monotonic_ms();

	if (file->record.check != FILE_CHECK_FAILED ||
	    (file->tries > 0 && now_ms - file->failed_ms < EXAMINER_AGAIN_MS))
		return;
	file->tries = 0;
	file->record.check = FILE_CHECK_WAITING;
	file->is_untold = true;
	file_desk_work_soon(desk);
}

/* -- time ----------------------------------------------------------------------------------------------------- */

static void
end_in_time(struct desk *desk, struct seat *seat)
{
	if (seat->state == SEAT_WANTS) {
		misfire(desk, seat, false);
		return;
	}
	dismiss(desk, seat->slot);
	on_failure(desk, seat, REFUSAL_FAILED, "fuse-filechk, which looks into files, was not done with it in time.");
}

static void
on_tick(void *arg)
{
	struct desk *desk = arg;
	struct examiner *examiner = &desk->files.examiner;
	int64_t now_ms = clock_monotonic_ms();
	bool any = is_work_left(desk);

	examiner->is_ticking = false;
	for (size_t i = 0; i < EXAMINER_SEATS; i++) {
		struct seat *seat = &examiner->seats[i];
		if (seat->state != SEAT_FREE && now_ms >= seat->until_ms)
			end_in_time(desk, seat);
		any = any || seat->state != SEAT_FREE;
	}
	if (any)
		file_desk_work_soon(desk);
}

void
examiner_begin(struct desk *desk)
{
	desk->files.examiner =
		(struct examiner){ .timer = loop_timer_new(child_loop_peek(desk->child), on_tick, desk) };
}
