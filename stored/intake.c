/*
 * intake: sixteen rooms and a watch over them. What comes after the hash: intake_kept.c.
 */
#include "stored/intake.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "stored/cache_folder.h"
#include "stored/file_desk_inner.h"
#include "stored/intake_inner.h"

#define WATCH_EVERY_MS 1000
#define CLOSING_EVERY_MS 20 /* a descriptor that is just being closed */

/* -- rooms ---------------------------------------------------------------------------------------------------- */

static bool
is_taker(const struct room *room, const struct header *header)
{
	return room->taker.from_role == header->from_role && room->taker.from_slot == header->from_slot &&
	       room->taker.generation == header->generation;
}

static struct room *
find_room(struct intake *intake, const struct header *header, uint32_t ticket)
{
	for (size_t i = 0; i < INTAKE_ROOMS_MAX; i++) {
		struct room *room = &intake->rooms[i];
		if (room->state != ROOM_FREE && room->ticket == ticket && is_taker(room, header))
			return room;
	}
	return NULL;
}

static void
close_all(struct room *room)
{
	int *const all[] = { &room->read_fd, &room->copy_read_fd, &room->copy_write_fd };

	for (size_t i = 0; i < STR_ARRAY_LEN(all); i++) {
		if (*all[i] >= 0)
			close(*all[i]);
		*all[i] = -1;
	}
}

void
intake_clear_room(struct desk *desk, struct room *room)
{
	const struct cache_folder *folder = &desk->files.folder;

	close_all(room);
	cache_folder_drop_room(folder, room->ticket);
	if (room->copy_ticket != 0)
		cache_folder_drop_room(folder, room->copy_ticket);
	*room = (struct room){ .state = ROOM_FREE, .read_fd = -1, .copy_read_fd = -1, .copy_write_fd = -1 };
}

/* What was written goes, and who completes it is told why. */
static void
spend_room(struct desk *desk, struct room *room, enum refusal reason, const char *why)
{
	struct room spent = { .state = ROOM_SPENT,
			      .ticket = room->ticket,
			      .taker = room->taker,
			      .read_fd = -1,
			      .copy_read_fd = -1,
			      .copy_write_fd = -1,
			      .reason = reason,
			      .grown_ms = clock_monotonic_ms() };

	log_warn("a file that was being written is given up", log_str("name", room->name), log_str("why", why),
		 log_str("from", role_name((enum role)room->taker.from_role)));
	str_copy(spent.why, sizeof spent.why, why);
	intake_clear_room(desk, room);
	*room = spent;
}

void
intake_refuse_room(struct desk *desk, struct room *room, enum refusal reason, const char *sentence,
		   const char *remedy)
{
	struct header request = room->request;

	intake_clear_room(desk, room);
	child_reply_refused(desk->child, &request, reason, sentence, remedy);
}

uint64_t
intake_promised_bytes(const struct intake *intake, uint64_t *ret_unwritten_bytes)
{
	uint64_t bytes = 0;

	*ret_unwritten_bytes = 0;
	for (size_t i = 0; i < INTAKE_ROOMS_MAX; i++) {
		const struct room *room = &intake->rooms[i];
		if (room->state == ROOM_FREE || room->state == ROOM_SPENT)
			continue;
		if (room->announced_bytes > room->grown_to)
			*ret_unwritten_bytes += room->announced_bytes - room->grown_to;
		bytes += room->announced_bytes > room->grown_to ? room->announced_bytes : room->grown_to;
	}
	return bytes;
}

/* -- a new one ------------------------------------------------------------------------------------------------ */

static struct room *
free_room(struct desk *desk)
{
	struct room *spent = NULL;

	for (size_t i = 0; i < INTAKE_ROOMS_MAX; i++) {
		struct room *room = &desk->files.intake.rooms[i];
		if (room->state == ROOM_FREE)
			return room;
		if (room->state == ROOM_SPENT && (spent == NULL || room->grown_ms < spent->grown_ms))
			spent = room;
	}
	if (spent != NULL)
		intake_clear_room(desk, spent);
	return spent;
}

static uint32_t
next_ticket(struct intake *intake)
{
	if (++intake->last_ticket == 0)
		intake->last_ticket = 1;
	return intake->last_ticket;
}

void
intake_new(struct desk *desk, const struct header *request, const struct msg_file_new *message)
{
	struct intake *intake = &desk->files.intake;
	struct room *room = free_room(desk);
	struct fault fault;
	int write_fd;

	if (room == NULL) {
		child_reply_refused(desk->child, request, REFUSAL_BUSY,
				    "As many files are coming in as can be taken at a time.", "Try again in a moment.");
		return;
	}
	if (!file_desk_may_come(desk, request, message->size_bytes))
		return;
	struct msg_file_room reply = { .ticket = next_ticket(intake) };
	int error = cache_folder_new_room(&desk->files.folder, reply.ticket, &write_fd, &room->read_fd);
	if (error != 0) {
		fault_from_error(&fault, error, "make room for a file", desk->files.folder.path);
		desk_refuse(desk, request, &fault);
		return;
	}
	room->state = ROOM_OPEN;
	room->ticket = reply.ticket;
	room->taker = *request;
	file_record_clean_name(message->name, room->name);
	room->announced_bytes = message->size_bytes;
	room->grown_ms = clock_monotonic_ms();
	enum channel_result sent = child_reply(desk->child, request, MESSAGE_FILE_ROOM, &reply, write_fd);
	close(write_fd);
	if (sent != CHANNEL_TAKEN)
		intake_clear_room(desk, room);
	if (!intake->is_watching)
		loop_timer_set(intake->watch, WATCH_EVERY_MS);
	intake->is_watching = true;
}

/* -- complete ------------------------------------------------------------------------------------------------- */

/* Where it cannot be known who may write to the room, we hash a copy that nobody else has seen. */
static int
prepare_copy(struct desk *desk, struct room *room)
{
	room->copy_ticket = next_ticket(&desk->files.intake);
	return cache_folder_new_room(&desk->files.folder, room->copy_ticket, &room->copy_write_fd, &room->copy_read_fd);
}

static void
begin_hashing(struct desk *desk, struct room *room, enum cache_closed closed)
{
	struct stat st;
	struct fault fault;
	char sentence[120];
	int error = closed == CACHE_UNTOLD ? prepare_copy(desk, room) : 0;

	if (error != 0 || fstat(room->read_fd, &st) != 0) {
		fault_from_error(&fault, error != 0 ? error : errno, "look at what was written",
				 desk->files.folder.path);
		struct header request = room->request;
		intake_clear_room(desk, room);
		desk_refuse(desk, &request, &fault);
		return;
	}
	if ((uint64_t)st.st_size != room->size_bytes || st.st_size == 0) {
		str_format(sentence, sizeof sentence, "%llu bytes were to be there; there are %llu.",
			   (unsigned long long)room->size_bytes, (unsigned long long)st.st_size);
		intake_refuse_room(desk, room, REFUSAL_INVALID, st.st_size == 0 ? "The file is empty." : sentence,
				   "Send the file again.");
		return;
	}
	struct file_hasher_job job = { .ticket = room->ticket,
				       .read_fd = room->read_fd,
				       .copy_fd = room->copy_write_fd,
				       .size_bytes = room->size_bytes };
	room->state = ROOM_HASHING;
	room->grown_to = room->size_bytes;
	if (!backroom_add(desk->files.intake.hasher, &job))
		intake_refuse_room(desk, room, REFUSAL_BUSY, "Too many files are being hashed.",
				   "Try again in a moment.");
}

static void
try_to_hash(struct desk *desk, struct room *room)
{
	enum cache_closed closed = cache_folder_is_closed(room->read_fd);

	if (closed != CACHE_STILL_OPEN) {
		begin_hashing(desk, room, closed);
	} else if (clock_monotonic_ms() < room->closing_until_ms) {
		loop_timer_set(desk->files.intake.watch, CLOSING_EVERY_MS);
	} else {
		room->state = ROOM_OPEN;
		desk_refuse_with(desk, &room->request, REFUSAL_CONFLICT, "Close it, and complete it then.",
				 "The file is still open for writing.");
	}
}

void
intake_complete(struct desk *desk, const struct header *request, const struct msg_file_complete *message)
{
	struct room *room = find_room(&desk->files.intake, request, message->ticket);

	if (room == NULL || room->state == ROOM_CLOSING || room->state == ROOM_HASHING) {
		child_reply_refused(desk->child, request, REFUSAL_NOT_FOUND, "There is no such room for a file.",
				    "Send the file again.");
		return;
	}
	room->request = *request;
	if (room->state == ROOM_SPENT) {
		char why[sizeof room->why];
		str_copy(why, sizeof why, room->why);
		intake_refuse_room(desk, room, room->reason, why, "");
		return;
	}
	if (message->sha256[0] != '\0' && !file_record_is_sha256(message->sha256)) {
		intake_refuse_room(desk, room, REFUSAL_INVALID, "A SHA-256 is 64 digits of lower-case hex.", "");
		return;
	}
	room->state = ROOM_CLOSING;
	room->size_bytes = message->size_bytes;
	str_copy(room->expected, sizeof room->expected, message->sha256);
	room->closing_until_ms = clock_monotonic_ms() + INTAKE_CLOSING_MS;
	try_to_hash(desk, room);
}

/* -- given up --------------------------------------------------------------------------------------------------- */

static void
give_up(struct desk *desk, struct room *room)
{
	if (room->state == ROOM_HASHING)
		room->is_given_up = true; /* the thread has its descriptors */
	else
		intake_clear_room(desk, room);
}

void
intake_abandon(struct desk *desk, const struct header *header, const struct msg_file_abandon *message)
{
	struct room *room = find_room(&desk->files.intake, header, message->ticket);

	if (room != NULL)
		give_up(desk, room);
}

void
intake_note_process(struct desk *desk, const struct msg_proc_status *status)
{
	bool runs = status->state == LIFE_STARTING || status->state == LIFE_UP || status->state == LIFE_STOPPING;

	for (size_t i = 0; i < INTAKE_ROOMS_MAX; i++) {
		struct room *room = &desk->files.intake.rooms[i];
		if (room->state != ROOM_FREE && room->taker.from_role == status->role &&
		    room->taker.from_slot == status->slot && (!runs || room->taker.generation != status->generation))
			give_up(desk, room);
	}
}

/* -- the watch -------------------------------------------------------------------------------------------------- */

const char *
intake_fault(const struct room *room, uint64_t limit_bytes, uint64_t held_bytes, int64_t now_ms,
	     enum refusal *ret_reason)
{
	*ret_reason = REFUSAL_INVALID;
	if (room->announced_bytes != 0 && room->grown_to > room->announced_bytes)
		return "The file is longer than was announced.";
	*ret_reason = REFUSAL_NO_SPACE;
	if (held_bytes > limit_bytes || room->grown_to > limit_bytes - held_bytes)
		return "The file is larger than the cache has room for.";
	*ret_reason = REFUSAL_NOT_FOUND;
	if (room->closed_ms != 0 && now_ms - room->closed_ms >= INTAKE_CLOSED_MS)
		return "The file was closed, and nobody completed it.";
	if (now_ms - room->grown_ms >= INTAKE_IDLE_MS)
		return "Nothing was written to the file for an hour.";
	return NULL;
}

/* One that is being written. */
static void
watch_open(struct desk *desk, struct room *room, int64_t now_ms)
{
	struct stat st;
	enum refusal reason;

	if (fstat(room->read_fd, &st) != 0)
		return;
	if ((uint64_t)st.st_size > room->grown_to) {
		room->grown_to = (uint64_t)st.st_size;
		room->grown_ms = now_ms;
	}
	bool closed = cache_folder_is_closed(room->read_fd) == CACHE_CLOSED;
	room->closed_ms = !closed ? 0 : room->closed_ms != 0 ? room->closed_ms : now_ms;
	const char *fault =
		intake_fault(room, file_desk_limit_bytes(desk), cache_held_bytes(&desk->files.cache), now_ms, &reason);
	if (fault != NULL)
		spend_room(desk, room, reason, fault);
}

static void
on_watch(void *arg)
{
	struct desk *desk = arg;
	struct intake *intake = &desk->files.intake;
	int64_t now_ms = clock_monotonic_ms();
	bool any = false, closing = false;

	for (size_t i = 0; i < INTAKE_ROOMS_MAX; i++) {
		struct room *room = &intake->rooms[i];
		if (room->state == ROOM_OPEN)
			watch_open(desk, room, now_ms);
		else if (room->state == ROOM_CLOSING)
			try_to_hash(desk, room);
		else if (room->state == ROOM_SPENT && now_ms - room->grown_ms >= INTAKE_IDLE_MS)
			intake_clear_room(desk, room);
		any = any || room->state != ROOM_FREE;
		closing = closing || room->state == ROOM_CLOSING;
	}
	intake->is_watching = any;
	if (any)
		loop_timer_set(intake->watch, closing ? CLOSING_EVERY_MS : WATCH_EVERY_MS);
}

enum outcome
intake_begin(struct desk *desk, struct fault *ret_fault)
{
	struct intake *intake = &desk->files.intake;
	struct loop *loop = child_loop_peek(desk->child);

	memset(intake, 0, sizeof *intake);
	intake->last_ticket = randombytes_random(); /* who had a room of an earlier life shall not meet another's */
	for (size_t i = 0; i < INTAKE_ROOMS_MAX; i++)
		intake->rooms[i].read_fd = intake->rooms[i].copy_read_fd = intake->rooms[i].copy_write_fd = -1;
	intake->watch = loop_timer_new(loop, on_watch, desk);
	intake->hasher = backroom_new(loop, &file_hasher_trade, intake_on_hashed, desk);
	if (intake->hasher == NULL)
		return fault_from_error(ret_fault, errno, "begin with the cache of files", NULL);
	return fault_none(ret_fault);
}
