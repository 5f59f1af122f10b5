/*
 * feed_shelf: documents that stand at places: cached files and jobs. Of each only what was told of is looked at again,
 * so that thousands of them cost nothing while one changes.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/feed_inner.h"
#include "httpd/print_json.h"

_Static_assert(KNOWN_FILES_MAX <= FEED_SHELF_MAX && KNOWN_JOBS_MAX <= FEED_SHELF_MAX, "a shelf is long enough");

/* -- what stands where -------------------------------------------------------------------------------------- */

static const char *
file_name_at(const struct known *known, size_t place)
{
	const struct msg_file *file = known_file_at(known, place);

	return file != NULL ? file->sha256 : NULL;
}

static json_t *
file_document(const struct known *known, size_t place)
{
	return print_json_file(known, known_file_at(known, place));
}

static const char *
job_name_at(const struct known *known, size_t place)
{
	const struct msg_job *job = known_job_at(known, place);

	return job != NULL ? job->id : NULL;
}

static json_t *
job_document(const struct known *known, size_t place)
{
	return print_json_job(known, known_job_at(known, place));
}

const struct feed_shelf_kind feed_files = { KNOWN_FILES_MAX, "files", "removedFiles", file_name_at, known_file_place,
					    file_document };
const struct feed_shelf_kind feed_jobs = { KNOWN_JOBS_MAX, "jobs", "removedJobs", job_name_at, known_job_place,
					   job_document };

/* It goes into messages without quoting. */
static bool
is_plain(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

	return len > 0 && name[len] == '\0';
}

/* -- opened and closed ---------------------------------------------------------------------------------------- */

void
feed_shelf_open(struct feed *feed, struct feed_shelf *shelf, const struct feed_shelf_kind *kind)
{
	*shelf = (struct feed_shelf){ .kind = kind };
	TAILQ_INIT(&shelf->items);
	for (size_t place = 0; place < kind->places; place++)
		if (kind->name_at(feed->known, place) != NULL)
			feed_shelf_touch(shelf, place);
}

static void
free_item(struct feed_shelf *shelf, size_t place)
{
	struct feed_item *item = shelf->at[place];

	TAILQ_REMOVE(&shelf->items, item, next);
	leaves_free(item->document);
	free(item);
	shelf->at[place] = NULL;
}

void
feed_shelf_close(struct feed_shelf *shelf)
{
	for (size_t place = 0; place < FEED_SHELF_MAX; place++)
		if (shelf->at[place] != NULL)
			free_item(shelf, place);
	shelf->kind = NULL;
}

void
feed_shelf_touch(struct feed_shelf *shelf, size_t place)
{
	if (shelf->kind == NULL || place >= shelf->kind->places || shelf->is_dirty[place])
		return;
	shelf->is_dirty[place] = true;
	shelf->dirty[shelf->dirty_count++] = (uint16_t)place;
}

/* -- made anew ------------------------------------------------------------------------------------------------- */

/* What changed last is the last one. */
static void
move(struct feed_shelf *shelf, struct feed_item *item, uint64_t revision)
{
	item->revision = revision;
	TAILQ_REMOVE(&shelf->items, item, next);
	TAILQ_INSERT_TAIL(&shelf->items, item, next);
}

/* It may stand at another place by now: whoever is told that it went needs it whole from there. */
static void
take_away(struct feed *feed, struct feed_shelf *shelf, size_t place)
{
	char name[FEED_NAME_BYTES];

	str_copy(name, sizeof name, shelf->at[place]->name);
	free_item(shelf, place);
	feed_note_removed(feed, &shelf->removals, name);
	size_t other = shelf->kind->place_of(feed->known, name);
	struct feed_item *item = other != KNOWN_NOWHERE && other < shelf->kind->places ? shelf->at[other] : NULL;
	if (item == NULL || strcmp(item->name, name) != 0)
		return;
	item->born = ++feed->revision;
	move(shelf, item, item->born);
}

static void
put(struct feed *feed, struct feed_shelf *shelf, size_t place, const char *name)
{
	struct feed_item *item = calloc(1, sizeof *item);

	ENSURE(item != NULL);
	str_copy(item->name, sizeof item->name, name);
	item->document = leaves_new();
	item->born = item->revision = ++feed->revision;
	TAILQ_INSERT_TAIL(&shelf->items, item, next);
	shelf->at[place] = item;
}

static void
settle_place(struct feed *feed, struct feed_shelf *shelf, size_t place)
{
	const char *name = shelf->kind->name_at(feed->known, place);

	name = name != NULL && is_plain(name) ? name : NULL;
	if (shelf->at[place] != NULL && (name == NULL || strcmp(name, shelf->at[place]->name) != 0))
		take_away(feed, shelf, place);
	if (name == NULL)
		return;
	if (shelf->at[place] == NULL)
		put(feed, shelf, place, name);
	struct feed_item *item = shelf->at[place];
	if (!feed_renew(feed, item->document, shelf->kind->document(feed->known, place)))
		log_warn("a document cannot be streamed", log_str("of", shelf->kind->member), log_str("name", name));
	if (leaves_revision(item->document) > item->revision)
		move(shelf, item, leaves_revision(item->document));
}

void
feed_shelf_settle(struct feed *feed, struct feed_shelf *shelf)
{
	if (shelf->kind == NULL)
		return;
	for (size_t i = 0; i < shelf->dirty_count; i++) {
		shelf->is_dirty[shelf->dirty[i]] = false;
		settle_place(feed, shelf, shelf->dirty[i]);
	}
	shelf->dirty_count = 0;
}

/* -- told ---------------------------------------------------------------------------------------------------------- */

static void
put_member(struct payload *payload, const char *name, char bracket)
{
	payload_put(payload, ",\"", 2);
	payload_put_text(payload, name);
	payload_put(payload, "\":", 2);
	payload_put(payload, &bracket, 1);
}

void
feed_put_removals(struct payload *payload, const char *member, const struct feed_removals *removals, uint64_t seen)
{
	bool any = false;

	for (unsigned i = removals->count; i-- > 0 && removals->list[i].revision > seen; any = true) {
		if (any)
			payload_put(payload, ",", 1);
		else
			put_member(payload, member, '[');
		feed_put_name(payload, removals->list[i].name);
	}
	if (any)
		payload_put(payload, "]", 1);
}

void
feed_shelf_write(struct payload *payload, const struct feed_shelf *shelf, uint64_t seen)
{
	const struct feed_item *item;
	bool any = seen == 0;

	if (shelf->kind == NULL)
		return;
	if (seen > 0)
		feed_put_removals(payload, shelf->kind->removed_member, &shelf->removals, seen);
	else
		put_member(payload, shelf->kind->member, '{');
	bool first = true;
	TAILQ_FOREACH_REVERSE(item, &shelf->items, feed_items, next) {
		if (item->revision <= seen)
			break; /* so are those before it */
		if (!any)
			put_member(payload, shelf->kind->member, '{');
		else if (!first)
			payload_put(payload, ",", 1);
		any = true;
		first = false;
		feed_put_name(payload, item->name);
		payload_put(payload, ":{", 2);
		leaves_write_since(item->document, item->born > seen ? 0 : seen, payload);
		payload_put(payload, "}", 1);
	}
	if (any)
		payload_put(payload, "}", 1);
}
