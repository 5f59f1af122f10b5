/*
 * A reader of leaves, as a client would write it: merges what it is told (the rule is in httpd/leaves.h). For the unit
 * test and the fuzz target.
 */
#ifndef FUSE_TESTS_LEAVES_READER_H
#define FUSE_TESTS_LEAVES_READER_H

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "httpd/leaves.h"

static inline void
reader_merge(json_t *into, json_t *news)
{
	const char *name;
	json_t *value;
	size_t i;

	json_array_foreach(json_object_get(news, "$gone"), i, value)
		json_object_del(into, json_string_value(value)); /* it need not have had it */
	json_object_foreach(news, name, value) {
		json_t *there = json_object_get(into, name);
		if (strcmp(name, "$gone") == 0)
			continue;
		if (json_is_object(value) && json_is_object(there))
			reader_merge(there, value);
		else
			json_object_set_new(into, name, json_deep_copy(value));
	}
}

static inline json_t *
reader_load(const char *text, size_t len)
{
	return json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
}

/* Does one who has seen `seen`, when the document was `had` (NULL: nothing), get to `newest`? */
static inline bool
reader_gets_there(const struct leaves *leaves, uint64_t seen, const json_t *had, json_t *newest)
{
	struct payload *payload = payload_new(0);

	if (seen < leaves_horizon(leaves)) {
		seen = 0;
		had = NULL;
	}
	json_t *mine = had != NULL ? json_deep_copy(had) : json_object();
	payload_put(payload, "{", 1);
	bool any = leaves_write_since(leaves, seen, payload);
	bool fine = any == (payload->len > 1);
	payload_put(payload, "}", 1);
	json_t *news = reader_load(payload->text, payload->len);
	fine = fine && json_is_object(news);
	if (fine)
		reader_merge(mine, news);
	fine = fine && json_equal(mine, newest);
	json_decref(mine);
	json_decref(news);
	payload_release(payload);
	return fine;
}

#endif
