/*
 * sliced: a short list of what was found, a short queue of what is wanted, and one seat.
 */
#include "worker/virtual/sliced.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

#define SLICED_MAGIC 0x736c6963

struct found {
	char path[CARD_PATH_BYTES]; /* "" = free */
	struct card_entry entry;    /* as it was then */
	bool is_readable;
	struct plates *plates;
	uint64_t used; /* the least was used longest ago */
};

enum seat { FREE, WANTS, EXAMINES, PAUSES };

struct sliced {
	unsigned magic;
	struct child *child;
	struct card *card;
	sliced_known_fn *fn;
	void *arg;
	struct found found[SLICED_REMEMBERED];
	uint64_t uses;
	char waiting[SLICED_WAITING_MAX][CARD_PATH_BYTES]; /* in the asker's words; the first is being looked into */
	unsigned waiting_count, tries;
	enum seat seat;
	uint32_t request_id;
	uint16_t slot;
	struct card_entry entry; /* of the one that is examined */
	struct loop_timer *timer;
};

static void go_on(struct sliced *sliced);

/* -- what was found --------------------------------------------------------------------------------------------- */

static bool
is_same(const struct card_entry *a, const struct card_entry *b)
{
	return a->size_bytes == b->size_bytes && a->seconds == b->seconds && a->nanoseconds == b->nanoseconds;
}

static struct found *
find(struct sliced *sliced, const char *path, const struct card_entry *entry)
{
	for (size_t i = 0; i < SLICED_REMEMBERED; i++) {
		struct found *found = &sliced->found[i];
		if (found->path[0] == '\0' || strcmp(found->path, path) != 0 || !is_same(&found->entry, entry))
			continue;
		found->used = ++sliced->uses;
		return found;
	}
	return NULL;
}

static struct found *
place_for(struct sliced *sliced, const char *path)
{
	struct found *place = &sliced->found[0];

	for (size_t i = 0; i < SLICED_REMEMBERED; i++) {
		if (strcmp(sliced->found[i].path, path) == 0)
			return &sliced->found[i];
		if (sliced->found[i].used < place->used)
			place = &sliced->found[i];
	}
	return place;
}

static struct found *
note(struct sliced *sliced, const char *path, const struct msg_examined *examined)
{
	struct found *found = place_for(sliced, path);
	const char *fault;

	str_copy(found->path, sizeof found->path, path);
	found->entry = sliced->entry;
	found->used = ++sliced->uses;
	if (found->plates == NULL)
		found->plates = malloc(sizeof *found->plates);
	ENSURE(found->plates != NULL);
	found->is_readable = examined != NULL && examined->printable &&
			     plates_read(examined->json.bytes, examined->json.len, found->plates, &fault);
	return found;
}

/* -- the queue -------------------------------------------------------------------------------------------------- */

static void
finish_first(struct sliced *sliced, const struct plates *plates)
{
	char path[CARD_PATH_BYTES];

	memcpy(path, sliced->waiting[0], sizeof path);
	sliced->waiting_count--;
	memmove(sliced->waiting[0], sliced->waiting[1], sliced->waiting_count * sizeof sliced->waiting[0]);
	sliced->tries = 0;
	sliced->seat = FREE;
	loop_timer_cancel(sliced->timer);
	sliced->fn(sliced->arg, path, plates);
	go_on(sliced);
}

static void
pause_a_while(struct sliced *sliced)
{
	sliced->seat = PAUSES;
	sliced->request_id = 0;
	loop_timer_set(sliced->timer, SLICED_PAUSE_MS);
}

/* Nothing came of it. */
static void
misfire(struct sliced *sliced, const char *why)
{
	log_warn("a file of the card could not be looked into", log_str("path", sliced->waiting[0]), log_str("why", why));
	if (++sliced->tries < SLICED_TRIES)
		pause_a_while(sliced);
	else
		finish_first(sliced, NULL);
}

static bool
ask(struct sliced *sliced, enum message number, enum role role, uint16_t slot, const void *message, int fd)
{
	sliced->request_id = child_next_request_id(sliced->child);
	return child_send(sliced->child, number, role, slot, sliced->request_id, 0, message, fd) == CHANNEL_TAKEN;
}

static void
dismiss(struct sliced *sliced)
{
	const struct msg_helper_end message = { .role = ROLE_FILECHK, .slot = sliced->slot };

	child_send(sliced->child, MESSAGE_HELPER_END, ROLE_SUPERVISOR, 0, 0, 0, &message, -1);
}

static void
go_on(struct sliced *sliced)
{
	const struct msg_helper_want want = { .role = ROLE_FILECHK };

	if (sliced->seat != FREE || sliced->waiting_count == 0)
		return;
	if (!ask(sliced, MESSAGE_HELPER_WANT, ROLE_SUPERVISOR, 0, &want, -1)) {
		pause_a_while(sliced);
		return;
	}
	sliced->seat = WANTS;
	loop_timer_set(sliced->timer, SLICED_HELPER_MS);
}

static void
examine(struct sliced *sliced, uint16_t slot)
{
	struct msg_examine message = { 0 };
	char path[CARD_PATH_BYTES];
	int fd;

	sliced->slot = slot;
	if (!card_path("/", sliced->waiting[0], path) || card_read(sliced->card, path, &fd, &sliced->entry) != CARD_FINE) {
		dismiss(sliced);
		finish_first(sliced, NULL); /* deleted meanwhile */
		return;
	}
	message.size_bytes = sliced->entry.size_bytes;
	str_copy(message.name, sizeof message.name, sliced->entry.name);
	bool sent = ask(sliced, MESSAGE_EXAMINE, ROLE_FILECHK, slot, &message, fd);
	close(fd);
	if (!sent) {
		dismiss(sliced);
		misfire(sliced, "fuse-filechk takes no order");
		return;
	}
	sliced->seat = EXAMINES;
	loop_timer_set(sliced->timer, SLICED_FILE_MS);
}

static void
on_timer(void *arg)
{
	struct sliced *sliced = arg;

	if (sliced->seat == PAUSES) {
		sliced->seat = FREE;
		go_on(sliced);
		return;
	}
	if (sliced->seat == EXAMINES)
		dismiss(sliced);
	sliced->request_id = 0;
	misfire(sliced, "it took too long");
}

/* -- what others call -------------------------------------------------------------------------------------------- */

static enum machine_file
want(struct sliced *sliced, const char *path)
{
	for (unsigned i = 0; i < sliced->waiting_count; i++)
		if (strcmp(sliced->waiting[i], path) == 0)
			return MACHINE_FILE_READING;
	if (sliced->waiting_count == SLICED_WAITING_MAX)
		return MACHINE_FILE_UNREADABLE;
	str_copy(sliced->waiting[sliced->waiting_count++], CARD_PATH_BYTES, path);
	go_on(sliced);
	return MACHINE_FILE_READING;
}

enum machine_file
sliced_look(struct sliced *sliced, const char *path, const struct plates **ret_plates)
{
	struct card_entry entry;
	char clean[CARD_PATH_BYTES];

	ENSURE_OBJ(sliced, SLICED_MAGIC);
	*ret_plates = NULL;
	if (strlen(path) >= CARD_PATH_BYTES || !card_path("/", path, clean) ||
	    card_look(sliced->card, clean, &entry) != CARD_FINE || entry.is_folder)
		return MACHINE_FILE_MISSING;
	const struct found *found = find(sliced, path, &entry);
	if (found == NULL)
		return want(sliced, path);
	if (!found->is_readable)
		return MACHINE_FILE_UNREADABLE;
	*ret_plates = found->plates;
	return MACHINE_FILE_READY;
}

bool
sliced_on_reply(struct sliced *sliced, const struct header *header, const void *message)
{
	ENSURE_OBJ(sliced, SLICED_MAGIC);
	if (sliced->request_id == 0 || header->request_id != sliced->request_id) {
		if (header->number != MESSAGE_HELPER)
			return false;
		sliced->slot = (uint16_t)((const struct msg_helper *)message)->slot;
		dismiss(sliced); /* it comes too late */
		return true;
	}
	if (header->number == MESSAGE_HELPER && sliced->seat == WANTS) {
		examine(sliced, (uint16_t)((const struct msg_helper *)message)->slot);
	} else if (header->number == MESSAGE_EXAMINED && sliced->seat == EXAMINES) {
		sliced->request_id = 0;
		const struct found *found = note(sliced, sliced->waiting[0], message);
		finish_first(sliced, found->is_readable ? found->plates : NULL);
	} else if (header->number == MESSAGE_REFUSED) {
		const struct msg_refused *refused = message;
		sliced->request_id = 0;
		if (refused->reason == REFUSAL_BUSY)
			pause_a_while(sliced);
		else
			misfire(sliced, refused->sentence);
	} else {
		return false;
	}
	return true;
}

struct sliced *
sliced_new(struct child *child, struct card *card, sliced_known_fn *fn, void *arg)
{
	struct sliced *sliced = calloc(1, sizeof *sliced);

	ENSURE(sliced != NULL);
	*sliced = (struct sliced){ .magic = SLICED_MAGIC, .child = child, .card = card, .fn = fn, .arg = arg };
	sliced->timer = loop_timer_new(child_loop_peek(child), on_timer, sliced);
	return sliced;
}

void
sliced_free(struct sliced *sliced)
{
	if (sliced == NULL)
		return;
	ENSURE_OBJ(sliced, SLICED_MAGIC);
	for (size_t i = 0; i < SLICED_REMEMBERED; i++)
		free(sliced->found[i].plates);
	loop_timer_free(sliced->timer);
	sliced->magic = 0;
	free(sliced);
}
