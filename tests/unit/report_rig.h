/*
 * For the tests of report: one printer that talks. Its JSON is written with ' for ", to be readable in C.
 */
#ifndef FUSE_TESTS_UNIT_REPORT_RIG_H
#define FUSE_TESTS_UNIT_REPORT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/str.h"
#include "printer/report.h"
#include "tests/unit/report_invariants.h"

static struct report *reader;
static struct printer_state printer;
static struct report_summary summary;
static int64_t now_ms;

/* A setup function: nothing known yet. */
static inline int
fresh(void **state)
{
	(void)state;
	if (reader == NULL)
		reader = report_new();
	assert_non_null(reader);
	printer_state_init(&printer);
	now_ms = 1000;
	return 0;
}

/* A teardown of the group. */
static inline int
gone(void **state)
{
	(void)state;
	report_free(reader);
	reader = NULL;
	return 0;
}

/* Read it, from a buffer of exactly its size; what always holds is checked each time. */
static inline enum report_kind
said_bytes(const void *bytes, size_t len)
{
	struct printer_state before = printer;
	char *copy = malloc(len > 0 ? len : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	report_read(reader, copy, len, now_ms, &printer, &summary);
	free(copy);
	const char *fault = fault_of_state(&printer);
	if (fault == NULL)
		fault = fault_of_summary(&summary);
	if (fault != NULL)
		fail_msg("wrong in the state: %s", fault);
	if (summary.kind == REPORT_REPLY || summary.kind == REPORT_OTHER || summary.kind == REPORT_BAD)
		assert_memory_equal(&before, &printer, sizeof printer);
	return summary.kind;
}

static inline enum report_kind
said(const char *json)
{
	char *copy = strdup(json);

	assert_non_null(copy);
	for (char *c = copy; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	said_bytes(copy, strlen(copy));
	free(copy);
	return summary.kind;
}

static inline void
push_as(const char *msg, const char *fields)
{
	char json[16384];

	assert_true(str_format(json, sizeof json, "{'print':{%s,'command':'push_status','msg':%s,'sequence_id':'7'}}",
			       fields, msg));
	said(json);
}

/* A delta, a full report, with these fields. */
static inline void
delta(const char *fields)
{
	push_as("1", fields);
	assert_int_equal(summary.kind, REPORT_DELTA);
}

static inline void
full(const char *fields)
{
	push_as("0", fields);
	assert_int_equal(summary.kind, REPORT_FULL);
}

/* `ams` of a delta, of a full report. */
static inline void
delta_ams(const char *members)
{
	char fields[8192];

	assert_true(str_format(fields, sizeof fields, "'ams':{%s}", members));
	delta(fields);
}

static inline void
full_ams(const char *members)
{
	char fields[8192];

	assert_true(str_format(fields, sizeof fields, "'ams':{%s}", members));
	full(fields);
}

static inline const struct ams_unit *
unit(int32_t id)
{
	for (uint32_t i = 0; i < printer.ams_count; i++) {
		if (printer.ams[i].id == id)
			return &printer.ams[i];
	}
	fail_msg("there is no unit %d", id);
	return NULL;
}

static inline const struct tray *
slot(int32_t unit_id, int32_t id)
{
	const struct ams_unit *of = unit(unit_id);

	for (uint32_t i = 0; i < of->tray_count; i++) {
		if (of->trays[i].id == id)
			return &of->trays[i];
	}
	fail_msg("there is no slot %d in unit %d", id, unit_id);
	return NULL;
}

/* A part of a sample, as it is on the wire. The tests are run from the top of the tree. */
static inline char *
wire(const char *sample, const char *key)
{
	char path[64];
	json_error_t error;

	assert_true(str_format(path, sizeof path, "tests/samples/%s.json", sample));
	json_t *file = json_load_file(path, 0, &error);
	if (file == NULL)
		fail_msg("%s: %s", path, error.text);
	json_t *body = json_object_get(file, key);
	assert_non_null(body);
	bool is_whole = json_object_get(body, "print") != NULL || json_object_get(body, "info") != NULL;
	bool is_version = json_object_get(body, "module") != NULL;
	json_t *whole = is_whole ? json_incref(body) : json_pack("{sO}", is_version ? "info" : "print", body);
	char *text = json_dumps(whole, JSON_COMPACT);
	json_decref(whole);
	json_decref(file);
	assert_non_null(text);
	return text;
}

static inline enum report_kind
said_sample(const char *sample, const char *key)
{
	char *text = wire(sample, key);

	said_bytes(text, strlen(text));
	free(text);
	return summary.kind;
}

#define STORY(name) cmocka_unit_test_setup(name, fresh)

#endif
