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
#include "ipc/role.h"

struct feed *
feed_new(const struct known *known)
{
	struct feed *feed = calloc(1, sizeof *feed);

	ENSURE(feed != NULL);
	feed->known = known;
	return feed;
}

static void
free_entry(struct feed_entry *entry)
{
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

void
feed_open(struct feed *feed)
{
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
	forget_shared(feed);
	leaves_free(feed->status);
	feed->status = NULL;
	while (feed->entry_count > 0)
		free_entry(feed->entries[--feed->entry_count]);
	feed->removed_count = 0;
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
	for (unsigned i = 0; i < feed->entry_count; i++)
		if (strcmp(feed->entries[i]->serial, serial) == 0)
			return feed->entries[i];
	return NULL;
}

static void
touch(struct feed *feed, const char *serial, bool record, bool state)
{
	struct feed_entry *entry = find_entry(feed, serial);

	if (entry == NULL)
		return; /* not added yet, or removed */
	entry->record_dirty |= record;
	entry->state_dirty |= state;
}

/* A message that was cleared does not say whose it was. */
static void
touch_by_worker(struct feed *feed, const struct header *header, const char *serial, bool record, bool state)
{
	if (header->from_slot >= KNOWN_WORKERS_MAX)
		return;
	char *told = feed->slot_serials[header->from_slot];
	if (header->flags & HEADER_FLAG_CLEAR)
		serial = told;
	else if (strcmp(told, serial) != 0) {
		touch(feed, told, record, state);
		str_copy(told, FEED_SERIAL_BYTES, serial);
	}
	touch(feed, serial, record, state);
}

/* Without a state of its worker's, a printer's is made of its record and its link. */
static void
on_process(struct feed *feed, const struct header *header, const struct msg_proc_status *status)
{
	feed->status_dirty = true;
	if (!(header->flags & HEADER_FLAG_CLEAR)) {
		if (status->role == ROLE_WORKER)
			touch(feed, status->entry, true, true);
		return;
	}
	for (unsigned i = 0; i < feed->entry_count; i++)
		feed->entries[i]->record_dirty = feed->entries[i]->state_dirty = true;
}

bool
feed_on_message(struct feed *feed, const struct header *header, const void *message)
{
	const struct msg_printer_link *link = message;
	const struct msg_printer_state *state = message;
	const struct msg_printer *printer = message;

	switch (header->number) {
	case MESSAGE_PRINTER_STATE:
		touch_by_worker(feed, header, state->serial, false, true);
		break;
	case MESSAGE_PRINTER_LINK:
		feed->status_dirty = true; /* it counts links */
		touch_by_worker(feed, header, link->serial, true, true);
		break;
	case MESSAGE_PRINTER:
		feed->status_dirty = feed->printers_dirty = true;
		touch(feed, printer->serial, true, true);
		break;
	case MESSAGE_PROC_STATUS:
		on_process(feed, header, message);
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

/* One that comes back is still one that was removed, for whoever knew the old one. */
static void
note_removed(struct feed *feed, const char *serial)
{
	unsigned at = 0;

	while (at < feed->removed_count && strcmp(feed->removed[at].serial, serial) != 0)
		at++;
	if (at == FEED_REMOVED_MAX) {
		at = 0;
		feed->horizon = feed->removed[0].revision;
	}
	if (at < feed->removed_count) {
		feed->removed_count--;
		memmove(&feed->removed[at], &feed->removed[at + 1], (feed->removed_count - at) * sizeof feed->removed[0]);
	}
	struct feed_removed *removed = &feed->removed[feed->removed_count++];
	str_copy(removed->serial, sizeof removed->serial, serial);
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
	entry->record_dirty = entry->state_dirty = true;
	entry->born = ++feed->revision;
	feed->entries[feed->entry_count++] = entry;
}

static void
follow_printers(struct feed *feed)
{
	const struct msg_printer *printers[KNOWN_PRINTERS_MAX];
	size_t count = known_printers(feed->known, printers);

	for (unsigned i = 0; i < feed->entry_count;) {
		if (known_printer_peek(feed->known, feed->entries[i]->serial) != NULL) {
			i++;
			continue;
		}
		note_removed(feed, feed->entries[i]->serial);
		free_entry(feed->entries[i]);
		feed->entries[i] = feed->entries[--feed->entry_count];
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

static bool
renew_from_json(struct feed *feed, struct leaves *leaves, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	ENSURE(text != NULL);
	bool fine = renew(feed, leaves, text, strlen(text));
	free(text);
	json_decref(json);
	return fine;
}

static void
renew_entry(struct feed *feed, struct feed_entry *entry)
{
	const struct msg_printer *printer = known_printer_peek(feed->known, entry->serial);
	uint64_t before = leaves_revision(entry->state);
	bool fine = true;
	size_t len;

	ENSURE(printer != NULL); /* follow_printers() has seen to it */
	if (entry->record_dirty)
		fine = renew_from_json(feed, entry->record, known_json_printer(feed->known, printer));
	if (entry->state_dirty) {
		char *text = known_json_state(feed->known, printer, &len);
		fine = renew(feed, entry->state, text, len) && fine;
		free(text);
	}
	entry->record_dirty = entry->state_dirty = false;
	if (leaves_revision(entry->state) != before) {
		payload_release(entry->statistic);
		entry->statistic = NULL;
	}
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
	ENSURE(renew_from_json(feed, feed->status, json));
	feed->status_made_ms = now_ms;
	feed->status_dirty = false;
	return -1;
}

int64_t
feed_settle(struct feed *feed, int64_t now_ms)
{
	uint64_t before = feed->revision;

	if (!feed->is_open)
		return -1;
	if (feed->printers_dirty)
		follow_printers(feed);
	for (unsigned i = 0; i < feed->entry_count; i++)
		if (feed->entries[i]->record_dirty || feed->entries[i]->state_dirty)
			renew_entry(feed, feed->entries[i]);
	int64_t wait_ms = feed->status_dirty ? renew_status(feed, now_ms) : -1;
	if (feed->revision != before)
		forget_shared(feed);
	return wait_ms;
}
