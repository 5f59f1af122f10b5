/*
 * What the unit tests of fuse-filechk share: contents to read into, and their JSON read back by another reader.
 */
#ifndef FUSE_TESTS_UNIT_FILECHK_RIG_H
#define FUSE_TESTS_UNIT_FILECHK_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>

#include "common/str.h"
#include "stored/filechk/contents.h"

static struct contents contents;
static const char *fault;
static char json_text[PLATES_JSON_MAX_BYTES + 1];

static inline int
begin(void **state)
{
	(void)state;
	contents_init(&contents);
	fault = NULL;
	return 0;
}

static inline struct plate *
plate_at(uint32_t i)
{
	assert_true(i < contents.plates.plate_count);
	return &contents.plates.plates[i];
}

/* What contents_json() writes, as jansson reads it; json_decref() it. */
static inline json_t *
written(void)
{
	json_error_t error;
	size_t len = contents_json(&contents, json_text, sizeof json_text);

	assert_true(len > 0 && len <= PLATES_JSON_MAX_BYTES);
	json_t *json = json_loadb(json_text, len, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL)
		fail_msg("%s: %s", error.text, json_text);
	return json;
}

#endif
