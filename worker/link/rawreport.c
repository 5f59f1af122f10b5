/*
 * rawreport: reports as trees (jansson), merged when somebody asks, or when the ring forgets one that is needed.
 */
#include "worker/link/rawreport.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"

#define RAWREPORT_MAGIC 0x52617772u
#define MERGE_DEPTH_MAX 24
#define MERGED_MAX_BYTES (REPORT_MAX_BYTES + 64 * 1024) /* as text: the longest full report, and news of it */

/* A merged report. A printer that tells ever new things does not fill our memory: once it is too long, nothing is
 * merged any more until the next full report. */
struct merged {
	json_t *tree;	       /* NULL = nothing */
	size_t most_bytes;     /* it is not longer than this as text */
	bool is_full;
};

struct rawreport {
	unsigned magic;
	struct merged base;    /* of what the ring has forgotten since the newest full one */
	uint64_t newest_full;  /* number of the newest full report; 0 = none yet */
	char *long_full;       /* its text, where the ring has only the beginning of it; else NULL */
	size_t long_bytes;
	uint64_t newest;       /* number of the newest report of either kind */
};

/* -- merging: docs/protocol.md, "Reports" ------------------------------------------------- */

/* Lists whose elements are known by their id: the list's key below its object's. "" = below any. */
static bool
is_merged_by_id(const char *parent, const char *key)
{
	static const char *const lists[][2] = { { "ams", "ams" },	 { "", "tray" },	{ "", "vir_slot" },
						{ "extruder", "info" }, { "nozzle", "info" }, { "airduct", "parts" } };

	for (size_t i = 0; i < STR_ARRAY_LEN(lists); i++)
		if (strcmp(key, lists[i][1]) == 0 && (lists[i][0][0] == '\0' || strcmp(parent, lists[i][0]) == 0))
			return true;
	return false;
}

static bool
same_id(const json_t *a, const json_t *b)
{
	const json_t *id = json_object_get(a, "id"), *other = json_object_get(b, "id");
	char text[2][24];

	if (id == NULL || other == NULL)
		return false;
	for (int i = 0; i < 2; i++) {
		const json_t *value = i == 0 ? id : other;
		if (json_is_string(value))
			str_copy(text[i], sizeof text[i], json_string_value(value));
		else
			str_format(text[i], sizeof text[i], "%lld", (long long)json_integer_value(value));
	}
	return strcmp(text[0], text[1]) == 0;
}

static void merge_object(json_t *into, json_t *from, const char *name, unsigned depth);

/* A slot that shrinks to its id and state has lost its filament. */
static bool
is_emptied_tray(const char *list, const json_t *element)
{
	size_t known = 0;

	known += json_object_get(element, "id") != NULL ? 1 : 0;
	known += json_object_get(element, "state") != NULL ? 1 : 0;
	return strcmp(list, "tray") == 0 && json_object_size(element) == known;
}

static void
merge_list(json_t *into, json_t *from, const char *name, unsigned depth)
{
	size_t i, k;
	json_t *element, *known;

	json_array_foreach(from, i, element) {
		bool found = false;
		json_array_foreach(into, k, known) {
			if (!same_id(known, element))
				continue;
			found = true;
			if (is_emptied_tray(name, element))
				json_array_set(into, k, element);
			else
				merge_object(known, element, name, depth + 1);
			break;
		}
		if (!found)
			json_array_append(into, element);
	}
}

static void
merge_object(json_t *into, json_t *from, const char *name, unsigned depth)
{
	const char *key;
	json_t *value;

	if (depth > MERGE_DEPTH_MAX || !json_is_object(into) || !json_is_object(from))
		return;
	json_object_foreach(from, key, value) {
		json_t *known = json_object_get(into, key);
		if (json_is_object(known) && json_is_object(value))
			merge_object(known, value, key, depth + 1);
		else if (json_is_array(known) && json_is_array(value) && is_merged_by_id(name, key) &&
			 (json_array_size(value) > 0 || strcmp(key, "ams") == 0))
			merge_list(known, value, key, depth + 1);
		else
			json_object_set(into, key, value);
	}
}

/* -- one message --------------------------------------------------------------------------- */

/* Printers are known to cut names in the middle of a character: what is no UTF-8 becomes '?'. */
static void
mend_utf8(char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t width = 1;
		unsigned char c = (unsigned char)text[i];
		if (c >= 0x80) {
			width = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
			if (i + width > len || !str_valid_utf8(text + i, width)) {
				text[i] = '?';
				width = 1;
			}
		}
		i += width;
	}
}

static json_t *
parse(const struct ring_message *message)
{
	char *copy = malloc(message->len + 1);
	json_error_t error;

	ENSURE(copy != NULL);
	memcpy(copy, message->payload, message->len);
	mend_utf8(copy, message->len);
	json_t *tree = json_loadb(copy, message->len, JSON_ALLOW_NUL, &error);
	free(copy);
	return tree;
}

static int
count_bytes(const char *text, size_t len, void *arg)
{
	size_t *bytes = arg;

	(void)text;
	*bytes += len;
	return 0;
}

/* Is there room for another `len` bytes of text? Measured only when the sum of what was merged would be too much. */
static bool
has_room(struct merged *merged, size_t len)
{
	size_t bytes = 0;

	if (merged->most_bytes + len > MERGED_MAX_BYTES) {
		json_dump_callback(merged->tree, count_bytes, &bytes, JSON_COMPACT);
		merged->most_bytes = bytes;
		merged->is_full = bytes + len > MERGED_MAX_BYTES;
	}
	return !merged->is_full;
}

static void
replace(struct merged *merged, json_t *tree, size_t len)
{
	json_decref(merged->tree);
	*merged = (struct merged){ .tree = tree, .most_bytes = len };
}

/* `merged` and what `message` says on top of it. */
static void
take(struct merged *merged, const struct ring_message *message)
{
	json_t *said = NULL;

	if (message->direction != RING_RECEIVED || (message->kind != REPORT_FULL && message->kind != REPORT_DELTA))
		return;
	if (merged->is_full && message->kind != REPORT_FULL)
		return;
	said = parse(message);
	if (said == NULL)
		return; /* it was cut when it was kept */
	if (merged->tree == NULL || message->kind == REPORT_FULL) {
		replace(merged, said, message->len);
		return;
	}
	if (has_room(merged, message->len)) {
		merge_object(merged->tree, said, "", 0);
		merged->most_bytes += message->len;
	}
	json_decref(said);
}

/* -- the report ----------------------------------------------------------------------------- */

struct rawreport *
rawreport_new(void)
{
	struct rawreport *raw = calloc(1, sizeof *raw);

	ENSURE(raw != NULL);
	raw->magic = RAWREPORT_MAGIC;
	return raw;
}

void
rawreport_free(struct rawreport *raw)
{
	if (raw == NULL)
		return;
	json_decref(raw->base.tree);
	free(raw->long_full);
	raw->magic = 0;
	free(raw);
}

static void
note_full(struct rawreport *raw, uint64_t number, const void *payload, size_t len)
{
	raw->newest_full = number;
	free(raw->long_full);
	raw->long_full = NULL;
	raw->long_bytes = 0;
	if (len <= RING_PAYLOAD_MAX_BYTES)
		return;
	raw->long_full = malloc(len);
	ENSURE(raw->long_full != NULL);
	memcpy(raw->long_full, payload, len);
	raw->long_bytes = len;
}

/* The message as it came, also when the ring has cut it. */
static struct ring_message
whole(const struct rawreport *raw, const struct ring_message *message)
{
	struct ring_message it = *message;

	if (raw->long_full != NULL && message->number == raw->newest_full) {
		it.payload = (const uint8_t *)raw->long_full;
		it.len = raw->long_bytes;
	}
	return it;
}

void
rawreport_note(struct rawreport *raw, enum report_kind kind, uint64_t number, const void *payload, size_t len)
{
	if (kind == REPORT_FULL)
		note_full(raw, number, payload, len);
	if (kind == REPORT_FULL || kind == REPORT_DELTA)
		raw->newest = number;
}

/* What stands before the newest full report is of no use any more. */
bool
rawreport_wants(void *arg, uint64_t newest)
{
	const struct rawreport *raw = arg;

	ENSURE_OBJ(raw, RAWREPORT_MAGIC);
	return newest >= raw->newest_full;
}

void
rawreport_on_forgotten(void *arg, const struct ring_message *message)
{
	struct rawreport *raw = arg;

	ENSURE_OBJ(raw, RAWREPORT_MAGIC);
	struct ring_message it = whole(raw, message);
	if (message->number >= raw->newest_full)
		take(&raw->base, &it);
}

char *
rawreport_text(struct rawreport *raw, struct ring *ring, size_t *ret_len)
{
	struct ring_figures figures;
	struct ring_message message;
	struct merged merged = { NULL, 0, false };

	ENSURE_OBJ(raw, RAWREPORT_MAGIC);
	ring_figures(ring, &figures);
	bool base_counts = raw->base.tree != NULL && (figures.first == 0 || raw->newest_full < figures.first);
	if (base_counts) {
		merged = raw->base;
		merged.tree = json_deep_copy(raw->base.tree);
	}
	struct ring_reader *reader = ring_reader_new(ring, base_counts ? figures.first : raw->newest_full);
	while (ring_next(reader, &message)) {
		message = whole(raw, &message);
		take(&merged, &message);
	}
	ring_reader_free(reader);
	if (merged.tree == NULL)
		return NULL;
	char *text = json_dumps(merged.tree, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(merged.tree);
	*ret_len = text != NULL ? strlen(text) : 0;
	return text;
}
