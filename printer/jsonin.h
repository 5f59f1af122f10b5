/*
 * jsonin: JSON that comes from outside: bounded in depth, without a key that is there twice. And where in its text
 * things stand, which the library that reads it does not keep. Pure, but for jsonin_init().
 */
#ifndef FUSE_PRINTER_JSONIN_H
#define FUSE_PRINTER_JSONIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Give back what JSON took overwritten: an access code may stand in it. Once, before a program locks itself in. */
void jsonin_init(void);

enum jsonin_fault { JSONIN_FINE, JSONIN_EMPTY, JSONIN_TOO_DEEP, JSONIN_KEY_TWICE, JSONIN_NO_JSON };

/* Where it was met: both count from 1, 0 = no place. The library's own words are not given: they can quote the text. */
struct jsonin_error {
	enum jsonin_fault fault;
	int line, column;
};

/* An object or a list nested at most `depth` levels, to be freed with json_decref(); NULL with the reason. */
json_t *jsonin_load(const void *bytes, size_t len, unsigned depth, struct jsonin_error *ret_error);

/*
 * A walk over a text that may be JSON: it stops at each bracket and each string. Total on any bytes; on a text that
 * jsonin_load() has read it stops where that says.
 */
enum jsonin_mark { JSONIN_OPENS, JSONIN_CLOSES, JSONIN_TEXT };

struct jsonin_walk {
	const char *at, *end;
	unsigned line;	 /* of `at`, from 1 */
	unsigned depth;	 /* how many brackets are open; one that opens counts, one that closes no longer */
	/* What was met: */
	enum jsonin_mark mark;
	unsigned mark_line;
	const char *text; /* of a string, as it is written, without its quotes */
	size_t text_len;
	bool is_key;	  /* a colon follows the string */
};

void jsonin_walk_begin(struct jsonin_walk *walk, const void *bytes, size_t len);
bool jsonin_walk_next(struct jsonin_walk *walk); /* false at the end */

#endif
