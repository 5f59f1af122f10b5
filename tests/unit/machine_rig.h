/*
 * machine_rig: for the tests of a virtual printer's inside: one machine, a card with one file, and our own reader of
 * reports, through which everything that it says goes: what a test looks at is the printer's state as Fuse sees it.
 * Include it last.
 */
#ifndef FUSE_TESTS_UNIT_MACHINE_RIG_H
#define FUSE_TESTS_UNIT_MACHINE_RIG_H

#include <math.h>
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
#include "printer/command.h"
#include "printer/project_file.h"
#include "printer/report.h"
#include "tests/unit/report_invariants.h"
#include "worker/virtual/machine.h"

#define RIG __attribute__((unused)) static
#define FILE_PATH "/cube-j0123456789abcde.gcode.3mf"
#define START_MS INT64_C(5000000)
#define EVERY_KIND AMS_KIND_AMS, AMS_KIND_PRO2, AMS_KIND_HT

RIG struct machine *machine;
RIG struct report *reader;
RIG struct printer_state seen;	     /* as our own reader has it */
RIG struct report_summary summary;   /* of the newest message */
RIG struct report_summary answered;  /* of the newest reply */
RIG char said[MACHINE_REPORT_MAX_BYTES]; /* the newest message */
RIG int64_t clock_ms;
RIG uint32_t sequence;
RIG struct plates plates;	      /* what is in the file */
RIG enum machine_file file_state;
RIG bool file_is_plain;
RIG char looked_at[256], forgotten[256];
RIG unsigned report_count;
RIG size_t report_bytes;

RIG enum machine_file
rig_look(void *arg, const char *path, const struct plates **ret_plates)
{
	(void)arg;
	assert_true(str_copy(looked_at, sizeof looked_at, path));
	*ret_plates = &plates;
	return strcmp(path, file_is_plain ? "/cube.gcode" : FILE_PATH) == 0 ? file_state : MACHINE_FILE_MISSING;
}

RIG void
rig_forget(void *arg, const char *path)
{
	(void)arg;
	assert_true(str_copy(forgotten, sizeof forgotten, path));
}

/* A plate of half an hour, in the first two filaments of a project. */
RIG void
make_plates(void)
{
	struct plate *plate = &plates.plates[0];

	memset(&plates, 0, sizeof plates);
	plates.kind = FILE_KIND_THREE_MF;
	plates.filament_count = 2;
	str_copy(plates.filaments[0].material, sizeof plates.filaments[0].material, "PLA");
	str_copy(plates.filaments[1].material, sizeof plates.filaments[1].material, "PLA");
	plates.plate_count = 1;
	plate->number = 1;
	str_copy(plate->gcode, sizeof plate->gcode, "Metadata/plate_1.gcode");
	plate->seconds = 1800;
	plate->layers = 90;
	plate->grams = 100;
	plate->filament_count = 1;
	plate->filaments[0] = (struct plate_filament){ .index = 0, .grams = 100, .meters = 33, .nozzle = -1 };
}

RIG void
read_said(size_t len)
{
	struct printer_state before = seen;

	assert_true(len > 0 && len == strlen(said) && str_valid_utf8(said, len));
	/* Keys that are there twice our reader lets pass; the first messages of a machine show whether there are any. */
	json_t *json = report_count < 40 ? json_loadb(said, len, JSON_REJECT_DUPLICATES, NULL) : json_null();
	if (json == NULL)
		fail_msg("not JSON, or a key twice: %s", said);
	json_decref(json);
	report_read(reader, said, len, clock_ms, &seen, &summary);
	const char *fault = fault_of_state(&seen);
	if (summary.kind == REPORT_BAD || fault != NULL)
		fail_msg("%s: %s", fault != NULL ? fault : summary.fault, said);
	if (summary.kind == REPORT_REPLY) {
		answered = summary;
		assert_memory_equal(&before, &seen, sizeof seen);
	}
	report_count++;
	report_bytes += len;
}

/* All that it has to say now. */
RIG void
hear(void)
{
	size_t len;

	machine_advance(machine, clock_ms);
	while ((len = machine_report(machine, clock_ms, said)) > 0)
		read_said(len);
}

RIG void
pass_ms(int64_t ms)
{
	int64_t end_ms = clock_ms + ms;

	while (clock_ms < end_ms) {
		int64_t deadline_ms = machine_deadline_ms(machine);
		assert_true(deadline_ms >= clock_ms - 1);
		clock_ms = deadline_ms > clock_ms && deadline_ms < end_ms ? deadline_ms
			   : deadline_ms <= clock_ms			  ? clock_ms + 1
									  : end_ms;
		hear();
	}
}

/* Returns how many answers came. */
RIG size_t
say_bytes(const void *json, size_t len)
{
	char *replies[MACHINE_REPLIES_MAX];
	size_t count = machine_request(machine, json, len, clock_ms, replies);

	for (size_t i = 0; i < count; i++) {
		assert_true(str_copy(said, sizeof said, replies[i]));
		free(replies[i]);
		read_said(strlen(said));
	}
	return count;
}

/* JSON with ' for ". */
RIG size_t
say(const char *json)
{
	char *copy = strdup(json);

	assert_non_null(copy);
	for (char *c = copy; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	size_t count = say_bytes(copy, strlen(copy));
	free(copy);
	return count;
}

RIG size_t
order(const char *fields)
{
	char json[2048];

	assert_true(str_format(json, sizeof json, "{'print':{'sequence_id':'20001',%s}}", fields));
	memset(&answered, 0, sizeof answered);
	size_t count = say(json);
	pass_ms(1000);
	return count;
}

RIG void
ask_all(void)
{
	assert_int_equal(say("{'pushing':{'command':'pushall','sequence_id':'1','version':1,'push_target':1}}"), 1);
	assert_int_equal(summary.kind, REPORT_FULL);
	assert_int_equal(say("{'info':{'command':'get_version','sequence_id':'2'}}"), 1);
	assert_int_equal(summary.kind, REPORT_VERSION);
}

RIG void
switch_off(void)
{
	machine_free(machine);
	report_free(reader);
	machine = NULL;
	reader = NULL;
}

/* A fresh machine of this model with these units, and its first full report. */
RIG void
switch_on_with(const char *key, const enum ams_kind *kinds, uint32_t count)
{
	struct machine_setup setup = { .serial = "01P00A000000001", .name = "Test", .nozzle = "0.4",
				       .model = model_by_key(key), .ams_count = count, .address = 0x0300407f };
	static const struct machine_duties duties = { rig_look, rig_forget, NULL };

	switch_off();
	assert_string_equal(setup.model->key, key);
	for (uint32_t i = 0; i < count; i++)
		setup.ams[i] = kinds[i];
	clock_ms = START_MS;
	report_count = 0;
	sequence = 20001;
	file_state = MACHINE_FILE_READY;
	file_is_plain = false;
	looked_at[0] = forgotten[0] = '\0';
	make_plates();
	machine = machine_new(&setup, &duties, 42, clock_ms);
	reader = report_new();
	assert_non_null(machine);
	assert_non_null(reader);
	printer_state_init(&seen);
	ask_all();
}
#define SWITCH_ON(key, ...)                                                              \
	switch_on_with(key, (const enum ams_kind[]){ __VA_ARGS__ },                      \
		       STR_ARRAY_LEN(((const enum ams_kind[]){ __VA_ARGS__ })))

/* Turn controls: JSON with ' for ". */
RIG void
turn(const char *json)
{
	struct control_change change;
	char sentence[200], *copy = strdup(json);

	assert_non_null(copy);
	for (char *c = copy; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	if (!controls_read(machine_controls(machine), copy, strlen(copy), &change, sentence, sizeof sentence))
		fail_msg("%s: %s", json, sentence);
	free(copy);
	machine_control(machine, &change, clock_ms);
}

/* Our own start of the file. */
RIG size_t
start_print(struct spool_place place, bool use_ams, uint32_t number)
{
	struct print_options options;
	struct spool_place mapping[2] = { place, { -1, -1 } };
	struct command_payload payload;

	print_options_init(&options);
	plates.kind = file_is_plain ? FILE_KIND_GCODE : FILE_KIND_THREE_MF;
	struct project_file start = { .model = model_by_key(seen.product[0] != '\0' ? model_by_modules(&seen)->key : "Other"),
				      .plates = &plates, .plate = &plates.plates[0], .options = &options,
				      .mapping = mapping, .use_ams = use_ams, .number = number,
				      .remote_path = file_is_plain ? "/cube.gcode" : FILE_PATH };
	assert_true(project_file_payload(&start, &sequence, &payload));
	memset(&answered, 0, sizeof answered);
	return say_bytes(payload.json, payload.len);
}

/* Time passes until the state is this one; the real time that it took. */
RIG int64_t
wait_for(enum gcode_state state, int64_t most_ms)
{
	int64_t from_ms = clock_ms;

	while (seen.gcode_state != state) {
		if (clock_ms - from_ms > most_ms)
			fail_msg("%s after %lld ms, stage %d, layer %d", gcode_state_name(&seen),
				 (long long)(clock_ms - from_ms), seen.stage, seen.layer);
		pass_ms(200);
	}
	return clock_ms - from_ms;
}

/* A teardown. */
RIG int
gone(void **state)
{
	(void)state;
	switch_off();
	return 0;
}

#endif
