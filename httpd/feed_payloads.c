/*
 * feed_payloads: what is newer, as text. A message is made once for all clients that have seen the same.
 */
#include <string.h>

#include "httpd/feed_inner.h"

/* -- events: changed leaves ------------------------------------------------------------------------------ */

void
feed_put_name(struct payload *payload, const char *name)
{
	payload_put(payload, "\"", 1);
	payload_put_text(payload, name); /* letters, digits, - and _ */
	payload_put(payload, "\"", 1);
}

/* A printer that the client knows, or a new one whole. */
static void
put_printer(struct payload *payload, const struct feed_entry *entry, uint64_t seen)
{
	uint64_t since = entry->born > seen ? 0 : seen;

	feed_put_name(payload, entry->serial);
	payload_put(payload, ":{", 2);
	bool any = leaves_write_since(entry->record, since, payload);
	if (entry->state_revision > since) {
		payload_put_text(payload, any ? ",\"stat\":{" : "\"stat\":{");
		leaves_write_since(entry->state, since, payload);
		payload_put(payload, "}", 1);
	}
	payload_put(payload, "}", 1);
}

static void
put_printers(struct payload *payload, const struct feed *feed, uint64_t seen)
{
	const struct feed_entry *entry;
	bool any = false;

	TAILQ_FOREACH_REVERSE(entry, &feed->entries, feed_entries, next) {
		if (entry->revision <= seen)
			break; /* so are those before it */
		payload_put_text(payload, any ? "," : ",\"printers\":{");
		put_printer(payload, entry, seen);
		any = true;
	}
	if (any || seen == 0)
		payload_put_text(payload, any ? "}" : ",\"printers\":{}");
}

/* `name` with what stands before it. */
static void
put_single(struct payload *payload, const char *name, const struct leaves *document, uint64_t seen)
{
	if (leaves_revision(document) <= seen)
		return;
	payload_put_text(payload, name);
	leaves_write_since(document, seen, payload);
	payload_put(payload, "}", 1);
}

/* `seen` 0: the whole. */
static struct payload *
write_event(const struct feed *feed, uint64_t seen)
{
	struct payload *payload = payload_new(seen == 0 ? 16384 : 1024);

	payload_put_text(payload, seen == 0 ? "{\"type\":\"snapshot\",\"rev\":" : "{\"type\":\"delta\",\"rev\":");
	payload_put_number(payload, feed->revision);
	put_single(payload, ",\"status\":{", feed->status, seen);
	if (seen > 0)
		feed_put_removals(payload, "removed", &feed->removals, seen);
	put_printers(payload, feed, seen);
	if (feed->shelves_open)
		put_single(payload, ",\"cache\":{", feed->cache, seen);
	feed_shelf_write(payload, &feed->files, seen);
	feed_shelf_write(payload, &feed->jobs, seen);
	payload_put(payload, "}", 1);
	return payload;
}

struct payload *
feed_next_event(struct feed *feed, uint64_t *seen, bool *ret_overload)
{
	uint64_t from = *seen < feed->horizon ? 0 : *seen;
	struct payload *payload = NULL;

	*ret_overload = false;
	if (*seen >= feed->revision)
		return NULL;
	for (unsigned i = 0; i < feed->shared_count && payload == NULL; i++)
		if (feed->shared[i].seen == from)
			payload = payload_hold(feed->shared[i].payload);
	if (payload == NULL && payloads_bytes() > PAYLOADS_MAX_BYTES) {
		*ret_overload = true;
		return NULL;
	}
	if (payload == NULL) {
		payload = write_event(feed, from);
		if (feed->shared_count < FEED_SHARED_MAX)
			feed->shared[feed->shared_count++] = (struct feed_shared){ from, payload_hold(payload) };
	}
	*seen = feed->revision;
	return payload;
}

/* -- statistics: whole states -------------------------------------------------------------------------------- */

static void
put_state(struct payload *payload, const struct feed_entry *entry)
{
	size_t len;
	const char *text = leaves_text_peek(entry->state, &len);

	payload_put(payload, text, len);
}

static struct payload *
write_statistics(const struct feed *feed)
{
	struct payload *payload = payload_new(16384);
	const struct feed_entry *entry;
	bool any = false;

	payload_put_text(payload, "{\"type\":\"snapshot\",\"printers\":[");
	TAILQ_FOREACH(entry, &feed->entries, next) {
		if (entry->state_revision == 0)
			continue;
		if (any)
			payload_put(payload, ",", 1);
		put_state(payload, entry);
		any = true;
	}
	payload_put_text(payload, "]}");
	return payload;
}

static struct payload *
write_statistic(const struct feed_entry *entry)
{
	struct payload *payload = payload_new(16384);

	payload_put_text(payload, "{\"type\":\"stat\",\"serial\":");
	feed_put_name(payload, entry->serial);
	payload_put_text(payload, ",\"stat\":");
	put_state(payload, entry);
	payload_put(payload, "}", 1);
	return payload;
}

static struct payload *
write_removal(const struct feed_removed *removed)
{
	struct payload *payload = payload_new(0);

	payload_put_text(payload, "{\"type\":\"removed\",\"serial\":");
	feed_put_name(payload, removed->name);
	payload_put(payload, "}", 1);
	return payload;
}

/* The oldest change that is newer than `seen`: each has a revision of its own. */
static uint64_t
find_next(const struct feed *feed, uint64_t seen, struct feed_entry **ret_entry, const struct feed_removed **ret_removed)
{
	uint64_t next = UINT64_MAX;
	struct feed_entry *entry;

	*ret_entry = NULL;
	*ret_removed = NULL;
	TAILQ_FOREACH_REVERSE(entry, &feed->entries, feed_entries, next) {
		if (entry->revision <= seen)
			break; /* so are those before it */
		if (entry->state_revision > seen && entry->state_revision < next) {
			next = entry->state_revision;
			*ret_entry = entry;
		}
	}
	for (unsigned i = feed->removals.count; i-- > 0 && feed->removals.list[i].revision > seen;) {
		if (feed->removals.list[i].revision < next) {
			next = feed->removals.list[i].revision;
			*ret_removed = &feed->removals.list[i];
		}
	}
	return next;
}

struct payload *
feed_next_statistic(struct feed *feed, uint64_t *seen, bool *ret_overload)
{
	const struct feed_removed *removed;
	struct feed_entry *entry;

	*ret_overload = false;
	if (*seen >= feed->revision)
		return NULL;
	if (payloads_bytes() > PAYLOADS_MAX_BYTES) {
		*ret_overload = true;
		return NULL;
	}
	if (*seen == 0 || *seen < feed->horizon) {
		*seen = feed->revision;
		if (feed->statistics == NULL)
			feed->statistics = write_statistics(feed);
		return payload_hold(feed->statistics);
	}
	uint64_t next = find_next(feed, *seen, &entry, &removed);
	*seen = next == UINT64_MAX ? feed->revision : next;
	if (removed != NULL)
		return write_removal(removed);
	if (entry == NULL)
		return NULL;
	if (entry->statistic == NULL)
		entry->statistic = write_statistic(entry);
	return payload_hold(entry->statistic);
}
