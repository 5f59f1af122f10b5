/*
 * feed: the documents, and when each is made anew.
 */
#include "httpd/feed.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/body.h"
#include "httpd/feed_inner.h"
#include "httpd/known_json.h"
#include "httpd/print_json.h"
#include "ipc/role.h"

struct feed *
feed_new(const struct known *known)
{
	struct feed *feed = calloc(1, sizeof *feed);

	ENSURE(feed != NULL);
	feed->known = known;
	TAILQ_INIT(&feed->entries);
	TAILQ_INIT(&feed->dirty);
	return feed;
}

static bool
is_dirty(const struct feed_entry *entry)
{
	return entry->record_dirty || entry->state_dirty;
}

static void
free_entry(struct feed *feed, struct feed_entry *entry)
{
	for (size_t i = 0; i < KNOWN_WORKERS_MAX; i++)
		if (feed->told[i] == entry)
			feed->told[i] = NULL;
	if (is_dirty(entry))
		TAILQ_REMOVE(&feed->dirty, entry, next_dirty);
	TAILQ_REMOVE(&feed->entries, entry, next);
	feed->entry_count--;
	leaves_free(entry->record);
	leaves_free(entry->state);
	payload_release(entry->statistic);
	free(entry);
}

/* What was made for the revision before. */
static void
forget_shared(struct feed *feed)
{
	while (feed->shared_count > 0)
		payload_release(feed->shared[--feed->shared_count].payload);
	payload_release(feed->statistics);
	feed->statistics = NULL;
}

/* If the file of the job at this place is on its way: by whose word. */
static void
note_told_job(struct feed *feed, size_t place)
{
	const struct msg_job *job = known_job_at(feed->known, place);

	if (job == NULL || known_progress_peek(feed->known, job) == NULL)
		return;
	size_t slot = known_worker_peek(feed->known, job->serial)->slot;
	if (slot < KNOWN_WORKERS_MAX)
		feed->told_job[slot] = place + 1;
}

static void
open_shelves(struct feed *feed)
{
	if (feed->shelves_open)
		return;
	feed->shelves_open = feed->cache_dirty = true;
	feed->cache = leaves_new();
	memset(feed->told_job, 0, sizeof feed->told_job);
	for (size_t place = 0; place < KNOWN_JOBS_MAX; place++)
		note_told_job(feed, place);
	feed_shelf_open(feed, &feed->files, &feed_files);
	feed_shelf_open(feed, &feed->jobs, &feed_jobs);
}

void
feed_close_events(struct feed *feed)
{
	if (!feed->shelves_open)
		return;
	feed->shelves_open = false;
	leaves_free(feed->cache);
	feed->cache = NULL;
	feed_shelf_close(&feed->files);
	feed_shelf_close(&feed->jobs);
	forget_shared(feed);
}

void
feed_open(struct feed *feed, bool events)
{
	if (events)
		open_shelves(feed);
	if (feed->is_open)
		return;
	feed->is_open = feed->status_dirty = feed->printers_dirty = true;
	feed->status_made_ms = INT64_MIN / 2;
	feed->status = leaves_new();
}

/* The revision goes on from where it is: a number is never used twice. */
void
feed_close(struct feed *feed)
{
	if (!feed->is_open)
		return;
	feed->is_open = false;
	feed_close_events(feed);
	forget_shared(feed);
	leaves_free(feed->status);
	feed->status = NULL;
	while (!TAILQ_EMPTY(&feed->entries))
		free_entry(feed, TAILQ_FIRST(&feed->entries));
	feed->removals.count = 0;
	feed->horizon = feed->revision;
}

void
feed_free(struct feed *feed)
{
	feed_close(feed);
	free(feed);
}

bool
feed_is_open(const struct feed *feed)
{
	return feed->is_open;
}

uint64_t
feed_revision(const struct feed *feed)
{
	return feed->revision;
}

/* -- what is told ----------------------------------------------------------------------------------------- */

static struct feed_entry *
find_entry(struct feed *feed, const char *serial)
{
	struct feed_entry *entry;

	TAILQ_FOREACH(entry, &feed->entries, next)
		if (strcmp(entry->serial, serial) == 0)
			return entry;
	return NULL;
}

/* NULL: it was not added yet, or removed. */
static void
touch(struct feed *feed, struct feed_entry *entry, bool record, bool state)
{
	if (entry == NULL)
		return;
	if (!is_dirty(entry))
		TAILQ_INSERT_TAIL(&feed->dirty, entry, next_dirty);
	entry->record_dirty |= record;
	entry->state_dirty |= state;
}

static void
touch_all(struct feed *feed)
{
	struct feed_entry *entry;

	TAILQ_FOREACH(entry, &feed->entries, next)
		touch(feed, entry, true, true);
}

/* The worker of a slot tells of the same printer nearly always; a message that was cleared does not say of whom. */
static void
touch_by_worker(struct feed *feed, const struct header *header, const char *serial, bool record, bool state)
{
	if (header->from_slot >= KNOWN_WORKERS_MAX)
		return;
	struct feed_entry **told = &feed->told[header->from_slot];
	if (header->flags & HEADER_FLAG_CLEAR) {
		if (*told == NULL)
			touch_all(feed);
	} else if (*told == NULL || strcmp((*told)->serial, serial) != 0) {
		touch(feed, *told, true, true);
		*told = find_entry(feed, serial);
	}
	touch(feed, *told, record, state);
}

static void
touch_told_job(struct feed *feed, size_t slot)
{
	if (slot < KNOWN_WORKERS_MAX && feed->told_job[slot] > 0)
		feed_shelf_touch(&feed->jobs, feed->told_job[slot] - 1);
}

static void
on_process(struct feed *feed, const struct header *header, const struct msg_proc_status *status)
{
	feed->status_dirty = true;
	if (header->flags & HEADER_FLAG_CLEAR) {
		touch_all(feed);
	} else if (status->role == ROLE_WORKER) {
		touch(feed, find_entry(feed, status->entry), true, true);
		touch_told_job(feed, status->slot);
	} else if (status->role == ROLE_VIRTUAL) {
		touch(feed, find_entry(feed, status->entry), true, false); /* its controls */
	}
}

/* A file's document names the jobs that need it. */
static void
on_job(struct feed *feed, const struct header *header, const struct msg_job *job)
{
	feed_shelf_touch(&feed->jobs, header->retain_key);
	note_told_job(feed, header->retain_key);
	if (!(header->flags & HEADER_FLAG_CLEAR))
		feed_shelf_touch(&feed->files, known_file_place(feed->known, job->sha256));
}

/* Of the job before, and of the one now. */
static void
on_progress(struct feed *feed, const struct header *header, const struct msg_job_progress *progress)
{
	if (header->from_slot >= KNOWN_WORKERS_MAX)
		return;
	touch_told_job(feed, header->from_slot);
	size_t place = known_job_place(feed->known, progress->id);
	feed->told_job[header->from_slot] = place != KNOWN_NOWHERE ? place + 1 : 0;
	touch_told_job(feed, header->from_slot);
}

bool
feed_on_message(struct feed *feed, const struct header *header, const void *message)
{
	const struct msg_printer_link *link = message;
	const struct msg_printer_state *state = message;
	const struct msg_printer *printer = message;
	const struct msg_virtual_state *controls = message;

	switch (header->number) {
	case MESSAGE_PRINTER_STATE:
		touch_by_worker(feed, header, state->serial, false, true);
		break;
	case MESSAGE_PRINTER_LINK:
		feed->status_dirty = true; /* it counts links */
		/* Without a state of its worker's, a printer's state is made of its link. */
		touch_by_worker(feed, header, link->serial, true, true);
		break;
	case MESSAGE_PRINTER:
		feed->status_dirty = feed->printers_dirty = true;
		touch(feed, find_entry(feed, printer->serial), true, true);
		break;
	case MESSAGE_PROC_STATUS:
		on_process(feed, header, message);
		break;
	case MESSAGE_VIRTUAL_STATE:
		if (header->flags & HEADER_FLAG_CLEAR)
			touch_all(feed);
		else
			touch(feed, find_entry(feed, controls->serial), true, false);
		break;
	case MESSAGE_FILE:
		feed_shelf_touch(&feed->files, header->retain_key);
		break;
	case MESSAGE_CACHE_STATUS:
		feed->cache_dirty = true;
		break;
	case MESSAGE_JOB:
		on_job(feed, header, message);
		break;
	case MESSAGE_JOB_PROGRESS:
		on_progress(feed, header, message);
		break;
	case MESSAGE_STORE_STATUS:
	case MESSAGE_FUSE_STATUS:
		feed->status_dirty = true;
		break;
	default:
		return false;
	}
	return feed->is_open;
}

/* -- printers come and go ------------------------------------------------------------------------------------ */

void
feed_note_removed(struct feed *feed, struct feed_removals *removals, const char *name)
{
	struct feed_removed *list = removals->list;
	unsigned at = 0;

	while (at < removals->count && strcmp(list[at].name, name) != 0)
		at++;
	if (at == FEED_REMOVED_MAX) {
		at = 0;
		feed->horizon = list[0].revision > feed->horizon ? list[0].revision : feed->horizon;
	}
	if (at < removals->count) {
		removals->count--;
		memmove(&list[at], &list[at + 1], (removals->count - at) * sizeof list[0]);
	}
	struct feed_removed *removed = &list[removals->count++];
	str_copy(removed->name, sizeof removed->name, name);
	removed->revision = ++feed->revision;
}

static void
add_entry(struct feed *feed, const char *serial)
{
	struct feed_entry *entry = calloc(1, sizeof *entry);

	ENSURE(entry != NULL && feed->entry_count < KNOWN_PRINTERS_MAX);
	str_copy(entry->serial, sizeof entry->serial, serial);
	entry->record = leaves_new();
	entry->state = leaves_new();
	entry->born = entry->revision = ++feed->revision;
	TAILQ_INSERT_TAIL(&feed->entries, entry, next);
	feed->entry_count++;
	touch(feed, entry, true, true);
}

static void
follow_printers(struct feed *feed)
{
	const struct msg_printer *printers[KNOWN_PRINTERS_MAX];
	size_t count = known_printers(feed->known, printers);

	for (struct feed_entry *entry = TAILQ_FIRST(&feed->entries), *next; entry != NULL; entry = next) {
		next = TAILQ_NEXT(entry, next);
		if (known_printer_peek(feed->known, entry->serial) != NULL)
			continue;
		feed_note_removed(feed, &feed->removals, entry->serial);
		free_entry(feed, entry);
	}
	for (size_t i = 0; i < count; i++)
		if (body_is_serial(printers[i]->serial) && find_entry(feed, printers[i]->serial) == NULL)
			add_entry(feed, printers[i]->serial);
	feed->printers_dirty = false;
}

/* -- documents are made anew ----------------------------------------------------------------------------------- */

static bool
renew(struct feed *feed, struct leaves *leaves, const char *text, size_t len)
{
	enum leaves_outcome outcome = leaves_update(leaves, text, len, feed->revision + 1);

	feed->revision += outcome == LEAVES_CHANGED;
	if (leaves_horizon(leaves) > feed->horizon)
		feed->horizon = leaves_horizon(leaves);
	return outcome != LEAVES_REFUSED;
}

bool
feed_renew(struct feed *feed, struct leaves *leaves, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	ENSURE(text != NULL);
	bool fine = renew(feed, leaves, text, strlen(text));
	free(text);
	json_decref(json);
	return fine;
}

/* It becomes the last one, when it has changed. */
static void
note_revision(struct feed *feed, struct feed_entry *entry)
{
	uint64_t record = leaves_revision(entry->record), state = leaves_revision(entry->state);
	uint64_t newest = record > state ? record : state;

	if (state != entry->state_revision) {
		entry->state_revision = state;
		payload_release(entry->statistic);
		entry->statistic = NULL;
	}
	if (newest <= entry->revision)
		return;
	entry->revision = newest;
	TAILQ_REMOVE(&feed->entries, entry, next);
	TAILQ_INSERT_TAIL(&feed->entries, entry, next);
}

static void
renew_entry(struct feed *feed, struct feed_entry *entry)
{
	const struct msg_printer *printer = known_printer_peek(feed->known, entry->serial);
	bool fine = true;
	size_t len;

	ENSURE(printer != NULL); /* follow_printers() has seen to it */
	if (entry->record_dirty)
		fine = feed_renew(feed, entry->record, known_json_printer(feed->known, printer));
	if (entry->state_dirty) {
		char *text = known_json_state(feed->known, printer, &len);
		fine = renew(feed, entry->state, text, len) && fine;
		free(text);
	}
	TAILQ_REMOVE(&feed->dirty, entry, next_dirty);
	entry->record_dirty = entry->state_dirty = false;
	note_revision(feed, entry);
	if (!fine && !entry->is_refused)
		log_warn("a printer's state cannot be streamed", log_str("printer", entry->serial));
	entry->is_refused = !fine;
}

static int64_t
renew_status(struct feed *feed, int64_t now_ms)
{
	int64_t wait_ms = feed->status_made_ms + FEED_STATUS_GAP_MS - now_ms;

	if (wait_ms > 0)
		return wait_ms;
	json_t *json = known_json_status(feed->known, clock_wall_ms());
	json_object_del(json, "uptimeSeconds"); /* everybody can count; startedAt is there */
	ENSURE(feed_renew(feed, feed->status, json));
	feed->status_made_ms = now_ms;
	feed->status_dirty = false;
	return -1;
}

static void
settle_shelves(struct feed *feed)
{
	if (feed->cache_dirty && known_cache_peek(feed->known) != NULL)
		ENSURE(feed_renew(feed, feed->cache, print_json_cache(feed->known)));
	feed->cache_dirty = false;
	feed_shelf_settle(feed, &feed->files);
	feed_shelf_settle(feed, &feed->jobs);
}

int64_t
feed_settle(struct feed *feed, int64_t now_ms)
{
	uint64_t before = feed->revision;

	if (!feed->is_open)
		return -1;
	if (feed->printers_dirty)
		follow_printers(feed);
	while (!TAILQ_EMPTY(&feed->dirty))
		renew_entry(feed, TAILQ_FIRST(&feed->dirty));
	if (feed->shelves_open)
		settle_shelves(feed);
	int64_t wait_ms = feed->status_dirty ? renew_status(feed, now_ms) : -1;
	if (feed->revision != before)
		forget_shared(feed);
	return wait_ms;
}
