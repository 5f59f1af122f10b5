/*
 * jsonin: a walk for depth and places, jansson for the rest.
 */
#include "printer/jsonin.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static void
wipe_and_free(void *memory)
{
	if (memory == NULL)
		return;
	explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

void
jsonin_init(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
	json_object_seed(0); /* reads /dev/urandom, which is out of reach later */
}

/* -- the walk ------------------------------------------------------------------------------------- */

void
jsonin_walk_begin(struct jsonin_walk *walk, const void *bytes, size_t len)
{
	*walk = (struct jsonin_walk){ .at = bytes, .line = 1 };
	walk->end = walk->at + len;
}

static void
skip_blanks(struct jsonin_walk *walk)
{
	for (; walk->at < walk->end && memchr(" \t\r\n", *walk->at, 4) != NULL; walk->at++)
		walk->line += *walk->at == '\n';
}

/* From behind the opening quote to behind the closing one. */
static void
take_text(struct jsonin_walk *walk)
{
	walk->mark = JSONIN_TEXT;
	walk->text = walk->at;
	for (; walk->at < walk->end && *walk->at != '"'; walk->at++) {
		walk->line += *walk->at == '\n';
		if (*walk->at == '\\' && walk->at + 1 < walk->end)
			walk->line += *++walk->at == '\n';
	}
	walk->text_len = (size_t)(walk->at - walk->text);
	walk->at += walk->at < walk->end;
	skip_blanks(walk);
	walk->is_key = walk->at < walk->end && *walk->at == ':';
}

bool
jsonin_walk_next(struct jsonin_walk *walk)
{
	while (walk->at < walk->end) {
		char c = *walk->at++;
		walk->mark_line = walk->line;
		switch (c) {
		case '\n':
			walk->line++;
			break;
		case '"':
			take_text(walk);
			return true;
		case '{':
		case '[':
			walk->mark = JSONIN_OPENS;
			walk->depth++;
			return true;
		case '}':
		case ']':
			walk->mark = JSONIN_CLOSES;
			walk->depth -= walk->depth > 0;
			return true;
		default:
			break;
		}
	}
	return false;
}

/* -- loading --------------------------------------------------------------------------------------- */

/* jansson would recurse 2048 levels deep. Whether the text is JSON at all is for jansson to say. */
static bool
is_too_deep(const void *bytes, size_t len, unsigned depth)
{
	struct jsonin_walk walk;

	jsonin_walk_begin(&walk, bytes, len);
	while (jsonin_walk_next(&walk))
		if (walk.depth > depth)
			return true;
	return false;
}

json_t *
jsonin_load(const void *bytes, size_t len, unsigned depth, struct jsonin_error *ret_error)
{
	json_error_t error;

	*ret_error = (struct jsonin_error){ .fault = JSONIN_FINE };
	if (len == 0 || is_too_deep(bytes, len, depth)) {
		ret_error->fault = len == 0 ? JSONIN_EMPTY : JSONIN_TOO_DEEP;
		return NULL;
	}
	json_t *json = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL) {
		ret_error->fault = json_error_code(&error) == json_error_duplicate_key ? JSONIN_KEY_TWICE
										       : JSONIN_NO_JSON;
		ret_error->line = error.line > 0 ? error.line : 1;
		ret_error->column = error.column > 0 ? error.column : 1;
	}
	return json;
}
