/*
 * leaves: a JSON document, and for each of its leaves the revision at which it became what it is; so that a reader who
 * has seen revision N can be told what is newer, and nothing else. Pure.
 *
 * A leaf is whatever is no object: texts, numbers, true, false, null, and arrays as a whole. What a member was before
 * it vanished must be forgotten by the reader; so must an object where something else was in between.
 *
 * What leaves_write_since() writes is to be merged like this, in each object, in this order:
 *	"$gone":[names]    members to be forgotten
 *	"name":{…}         an object: merge into what is there; no object there: take it whole
 *	"name":value       anything else: take it
 */
#ifndef FUSE_HTTPD_LEAVES_H
#define FUSE_HTTPD_LEAVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "httpd/payload.h"

#define LEAVES_TEXT_MAX_BYTES (256 * 1024)
#define LEAVES_DEPTH_MAX 16
#define LEAVES_NODES_MAX 4096	/* members, in all objects that are not in arrays */
#define LEAVES_MEMBERS_MAX 256	/* of one object */
#define LEAVES_NAME_MAX_BYTES 96
#define LEAVES_GONE_MAX 32	/* vanished members that are remembered */

struct leaves;

/* A document of which nothing is known yet. */
struct leaves *leaves_new(void);
void leaves_free(struct leaves *leaves);

enum leaves_outcome {
	LEAVES_SAME,
	LEAVES_CHANGED,
	LEAVES_REFUSED, /* malformed, beyond a bound above, or a name that has no place here: all stays as it was */
};

/*
 * The document's new text: an object in UTF-8 (the caller's care), as compact as can be (no blanks). Names are plain
 * ASCII without escapes, each once in an object; "$gone" and "__proto__" are refused. `revision` is greater than that
 * of each call before. Members in the order of the last text are compared in one pass; another order costs more.
 */
enum leaves_outcome leaves_update(struct leaves *leaves, const char *text, size_t len, uint64_t revision);

/* The newest text, borrowed; NULL when there was none. */
const char *leaves_text_peek(const struct leaves *leaves, size_t *ret_len);

/* Of the newest change; 0 before the first text. */
uint64_t leaves_revision(const struct leaves *leaves);

/* A reader who has seen less must be given the whole. (What vanished before is not remembered.) */
uint64_t leaves_horizon(const struct leaves *leaves);

/* Write the members that are newer than `seen` (0: all of them), without the braces around them. False when there are
 * none. `seen` must not be below the horizon, unless it is 0. */
bool leaves_write_since(const struct leaves *leaves, uint64_t seen, struct payload *payload);

#endif
