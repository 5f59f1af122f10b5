/*
 * Any texts, one after the other, as one document: whoever has seen one of them and merges what is newer than it has
 * the newest; what jansson does not take is no document.
 * Covers: leaves_update, leaves_write_since, jsonscan_value, jsonscan_text
 *
 * Input: texts, each ended by a newline.
 */
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "httpd/jsonscan.h"
#include "tests/fuzz/fuzz_rig.h"
#include "tests/unit/leaves_reader.h"

#define TEXTS_MAX 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct leaves *leaves = leaves_new();
	json_t *had[TEXTS_MAX + 1] = { NULL }; /* by revision */
	unsigned texts = 0;
	uint64_t revision = 0;

	for (size_t at = 0; at < size && texts < TEXTS_MAX; texts++) {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t len = end != NULL ? (size_t)(end - data) - at : size - at;
		/* As long as it is, so that a sanitizer sees one byte too many. */
		char *text = malloc(len > 0 ? len : 1);
		must(text != NULL);
		memcpy(text, data + at, len);
		at += len + 1;
		size_t scanned = jsonscan_value(text, len, 0, LEAVES_DEPTH_MAX);
		must(scanned <= len);
		json_t *json = str_valid_utf8(text, len) ? reader_load(text, len) : NULL;
		if (json != NULL) {
			enum leaves_outcome outcome = leaves_update(leaves, text, len, revision + 1);
			if (outcome == LEAVES_CHANGED) {
				must(leaves_revision(leaves) == revision + 1);
				had[++revision] = json_incref(json);
			}
			must(outcome == LEAVES_REFUSED || (scanned == len && json_is_object(json)));
			must(outcome != LEAVES_SAME || json_equal(had[revision], json));
			for (uint64_t seen = 0; outcome != LEAVES_REFUSED && seen <= revision; seen++)
				must(reader_gets_there(leaves, seen, had[seen], had[revision]));
		} else if (leaves_update(leaves, text, len, revision + 1) == LEAVES_CHANGED) {
			free(text);
			break; /* a number that no double holds: jansson cannot be compared with */
		}
		json_decref(json);
		free(text);
	}
	for (uint64_t i = 0; i <= revision; i++)
		json_decref(had[i]);
	leaves_free(leaves);
	return 0;
}
