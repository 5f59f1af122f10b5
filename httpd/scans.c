/*
 * scans: rows as they come, newest scan first.
 */
#include "httpd/scans.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/known.h"
#include "httpd/known_json.h"
#include "ipc/probed.h"
#include "printer/models.h"

struct scan {
	TAILQ_ENTRY(scan) next;
	struct scans *scans;
	char id[SCAN_ID_BYTES];
	struct msg_scan asked;
	uint32_t request_id;
	enum { RUNNING, DONE, STOPPED, FAILED } state;
	int64_t started_ms, ended_ms; /* wall clock */
	struct msg_scan_progress progress;
	char sentence[241], remedy[401];
	json_t *rows;
	reply_fn *on_first; /* NULL: nobody waits */
	void *owner;
};

struct scans {
	struct httpd *httpd;
	TAILQ_HEAD(list, scan) list;
	unsigned count;
};

static const char *const states[] = { "running", "done", "stopped", "failed" };

/* -- life ------------------------------------------------------------------------------------------------ */

static void
forget(struct scan *scan)
{
	struct scans *scans = scan->scans;

	pending_forget(scans->httpd->pendings, scan);
	TAILQ_REMOVE(&scans->list, scan, next);
	scans->count--;
	json_decref(scan->rows);
	free(scan);
}

struct scans *
scans_new(struct httpd *httpd)
{
	struct scans *scans = calloc(1, sizeof *scans);

	ENSURE(scans != NULL);
	scans->httpd = httpd;
	TAILQ_INIT(&scans->list);
	return scans;
}

void
scans_free(struct scans *scans)
{
	while (!TAILQ_EMPTY(&scans->list))
		forget(TAILQ_FIRST(&scans->list));
	free(scans);
}

/* The oldest that is over makes room. */
static void
make_room(struct scans *scans)
{
	struct scan *scan, *oldest = NULL;

	TAILQ_FOREACH (scan, &scans->list, next)
		if (scan->state != RUNNING)
			oldest = scan; /* the newest come first */
	if (scans->count >= SCANS_KEPT && oldest != NULL)
		forget(oldest);
}

/* -- what comes -------------------------------------------------------------------------------------------- */

static void
tell_first(struct scan *scan, const struct reply *reply)
{
	reply_fn *on_first = scan->on_first;

	scan->on_first = NULL;
	if (on_first != NULL)
		on_first(scan->owner, 0, reply);
}

static void
add_row(struct scan *scan, const struct msg_scan_found *found)
{
	struct msg_probed probed;

	if (json_array_size(scan->rows) >= SCAN_ROWS_MAX)
		return;
	probed_of_found(found, &probed);
	json_t *row = known_json_probed(&probed);
	json_object_set_new(row, "address", json_string(found->address));
	json_object_set_new(row, "modelName", json_string(model_by_key(found->model)->name));
	json_object_set_new(row, "announced", json_boolean(found->announced));
	json_object_set_new(row, "connected", json_boolean(found->connected));
	json_array_append_new(scan->rows, row);
}

static void
on_part(struct scan *scan, const struct reply *reply)
{
	if (reply->number == MESSAGE_SCAN_FOUND)
		add_row(scan, reply->message);
	else if (reply->number == MESSAGE_SCAN_PROGRESS)
		scan->progress = *(const struct msg_scan_progress *)reply->message;
}

static void
take_end(struct scan *scan, const struct reply *reply)
{
	scan->ended_ms = clock_wall_ms();
	if (reply->kind == REPLY_GIVEN && reply->number == MESSAGE_SCAN_DONE) {
		const struct msg_scan_done *done = reply->message;
		scan->state = done->cancelled ? STOPPED : DONE;
		scan->progress.total = done->total;
		scan->progress.done = done->cancelled ? scan->progress.done : done->total;
		scan->progress.machines = done->machines;
		str_copy(scan->sentence, sizeof scan->sentence, done->sentence);
		str_copy(scan->remedy, sizeof scan->remedy, done->remedy);
		return;
	}
	scan->state = FAILED;
	str_copy(scan->sentence, sizeof scan->sentence,
		 reply->kind == REPLY_REFUSED ? ((const struct msg_refused *)reply->message)->sentence :
						"The search has not come to its end.");
	str_copy(scan->remedy, sizeof scan->remedy, "Begin it again. What was found so far stands.");
}

static void
on_reply(void *owner, unsigned cookie, const struct reply *reply)
{
	struct scan *scan = owner;

	(void)cookie;
	if (reply->kind == REPLY_PART) {
		on_part(scan, reply);
		tell_first(scan, reply);
		return;
	}
	bool ran = scan->on_first == NULL;
	take_end(scan, reply);
	tell_first(scan, reply);
	if (!ran && scan->state == FAILED)
		forget(scan); /* it never was one */
}

/* -- for REST ---------------------------------------------------------------------------------------------- */

static void
make_id(char id[SCAN_ID_BYTES])
{
	uint64_t number = 0;

	ENSURE(getrandom(&number, sizeof number, 0) == sizeof number);
	str_format(id, SCAN_ID_BYTES, "%016llX", (unsigned long long)number);
}

struct scan *
scan_begin(struct scans *scans, const struct msg_scan *message, reply_fn *on_first, void *owner)
{
	struct scan *scan = calloc(1, sizeof *scan);

	ENSURE(scan != NULL);
	make_room(scans);
	scan->scans = scans;
	scan->asked = *message;
	scan->started_ms = clock_wall_ms();
	scan->rows = json_array();
	scan->on_first = on_first;
	scan->owner = owner;
	make_id(scan->id);
	TAILQ_INSERT_HEAD(&scans->list, scan, next);
	scans->count++;
	const struct ask ask = { .number = MESSAGE_SCAN, .to_role = ROLE_DISCOVERY, .message = message, .fd = -1,
				 .deadline_ms = NO_DEADLINE, .on_reply = on_reply, .owner = scan };
	scan->request_id = pending_ask(scans->httpd->pendings, &ask);
	return scan;
}

void
scan_set_waiter(struct scan *scan, reply_fn *on_first, void *owner)
{
	scan->on_first = on_first;
	scan->owner = owner;
}

struct scan *
scan_find(struct scans *scans, const char *id)
{
	struct scan *scan;

	TAILQ_FOREACH (scan, &scans->list, next)
		if (strcmp(scan->id, id) == 0)
			return scan;
	return NULL;
}

const char *
scan_id_peek(const struct scan *scan)
{
	return scan->id;
}

const char *
scans_address_peek(const struct scans *scans, const char *serial)
{
	const struct scan *scan;
	const json_t *row;
	size_t i;

	TAILQ_FOREACH (scan, &scans->list, next) {
		json_array_foreach(scan->rows, i, row)
		{
			const char *found = json_string_value(json_object_get(row, "serial"));
			if (found != NULL && strcmp(found, serial) == 0)
				return json_string_value(json_object_get(row, "address"));
		}
	}
	return NULL;
}

static void
on_cancelled(void *owner, unsigned cookie, const struct reply *reply)
{
	(void)owner, (void)cookie, (void)reply; /* SCAN_DONE says it */
}

void
scan_end(struct scan *scan)
{
	const struct msg_scan_cancel message = { .scan_request = scan->request_id };

	if (scan->state != RUNNING) {
		forget(scan);
		return;
	}
	const struct ask ask = { .number = MESSAGE_SCAN_CANCEL, .to_role = ROLE_DISCOVERY, .message = &message, .fd = -1,
				 .deadline_ms = ASK_DEADLINE_MS, .on_reply = on_cancelled, .owner = scan->scans };
	pending_ask(scan->scans->httpd->pendings, &ask);
}

/* -- as JSON ------------------------------------------------------------------------------------------------ */

/* Whether a printer is added may have changed since it was found. */
static json_t *
rows_json(const struct scan *scan)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < json_array_size(scan->rows); i++) {
		json_t *row = json_copy(json_array_get(scan->rows, i));
		const char *serial = json_string_value(json_object_get(row, "serial"));
		const struct msg_printer *kept =
			serial != NULL ? known_printer_peek(scan->scans->httpd->known, serial) : NULL;
		json_object_set_new(row, "added", json_boolean(kept != NULL));
		json_object_set_new(row, "addedName", kept != NULL ? json_string(kept->name) : json_null());
		json_object_set_new(row, "addedAddress", kept != NULL ? json_string(kept->address) : json_null());
		json_array_append_new(rows, row);
	}
	return rows;
}

json_t *
scan_json(const struct scan *scan)
{
	bool listens = scan->asked.cidr[0] == '\0';
	json_t *json = json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:I, s:I, s:I, s:s, s:o, s:o}", "id", scan->id, "type",
				 listens ? "ssdp" : "subnet", "cidr", known_json_text(scan->asked.cidr), "state",
				 states[scan->state], "startedAt", known_json_time(scan->started_ms), "endedAt",
				 known_json_time(scan->ended_ms), "done", (json_int_t)scan->progress.done, "total",
				 (json_int_t)scan->progress.total, "machines", (json_int_t)scan->progress.machines,
				 "sentence", scan->sentence, "remedy", known_json_text(scan->remedy), "printers",
				 rows_json(scan));

	ENSURE(json != NULL);
	return json;
}

json_t *
scans_json(const struct scans *scans)
{
	json_t *list = json_array();
	struct scan *scan;

	TAILQ_FOREACH (scan, &scans->list, next)
		json_array_append_new(list, scan_json(scan));
	return json_pack("{s:o}", "scans", list);
}
