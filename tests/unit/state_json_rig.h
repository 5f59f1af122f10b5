/*
 * What the tests of a state's JSON share: a live link, and the JSON taken apart.
 */
#ifndef FUSE_TESTS_STATE_JSON_RIG_H
#define FUSE_TESTS_STATE_JSON_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/str.h"
#include "printer/state_json.h"

#define RECEIVED_MS INT64_C(1785542400000) /* 2026-08-01 00:00 UTC */

static char buffer[STATE_JSON_MAX_BYTES];
static struct printer_state full; /* too large for a frame */

static inline struct link_view
live_link(void)
{
	return (struct link_view){ .serial = "01P00A000000001", .name = "Left corner", .address = "192.0.2.7",
				   .phase = "live", .is_online = true, .silence_ms = 75000,
				   .report_gap_ms = STATE_UNKNOWN, .previous_firmware = "" };
}

/* The state as JSON, checked for what holds of every one; the caller frees it. */
static inline json_t *
written(const struct model *model, const struct printer_state *state, const struct link_view *link)
{
	json_error_t fault;
	size_t len = state_json_write(model, state, link, buffer, sizeof buffer);

	assert_true(len > 0 && len < sizeof buffer && buffer[len] == '\0');
	assert_true(str_valid_utf8(buffer, len));
	for (size_t i = 0; i < len; i++)
		assert_true((unsigned char)buffer[i] >= 0x20);
	assert_null(strstr(buffer, "\xe2\x80\xa8"));
	assert_null(strstr(buffer, "-2147483648"));
	json_t *json = json_loadb(buffer, len, JSON_REJECT_DUPLICATES, &fault);
	if (json == NULL)
		fail_msg("%s at %d", fault.text, fault.position);
	return json;
}

/* "a.b.0" of it; NULL when there is none. */
static inline json_t *
at(json_t *json, const char *path)
{
	char copy[128], *rest = copy;

	assert_true(str_copy(copy, sizeof copy, path));
	for (char *key; json != NULL && (key = strsep(&rest, ".")) != NULL;)
		json = json_is_array(json) ? json_array_get(json, (size_t)atoi(key)) : json_object_get(json, key);
	return json;
}

#endif
