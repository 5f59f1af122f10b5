/*
 * Any bytes on a virtual printer's request topic: what it says, at once and later, is what our own reader of reports takes,
 * and it can be remembered. Input: a byte for model and faults, one for what is in the file, then requests, each after a
 * NUL and a byte of seconds that pass.
 * Covers: machine_request, machine_report, machine_advance, machine_file_read, machine_keep, machine_remember
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "printer/report.h"
#include "worker/virtual/machine.h"

#define FAULTS 3
#define REQUESTS_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct plates plates;
static enum machine_file file_state;
static struct report *reader;
static struct printer_state state;
static int64_t now_ms;

static enum machine_file
look(void *arg, const char *path, const struct plates **ret_plates)
{
	(void)arg;
	ENSURE(path[0] == '/' && strlen(path) < 200);
	*ret_plates = &plates;
	return file_state;
}

static void
forget(void *arg, const char *path)
{
	(void)arg;
	(void)path;
}

static void
make_plates(uint8_t byte)
{
	memset(&plates, 0, sizeof plates);
	plates.kind = FILE_KIND_THREE_MF;
	plates.filament_count = byte >> 2 & 7;
	plates.plate_count = 1;
	plates.plates[0].number = 1;
	plates.plates[0].seconds = byte & 1 ? 100 : -1;
	plates.plates[0].layers = byte & 2 ? 10 : -1;
	plates.plates[0].filament_count = plates.filament_count;
	for (uint32_t i = 0; i < plates.filament_count; i++)
		plates.plates[0].filaments[i] = (struct plate_filament){ i, byte & 64 ? 10 : 0, 1, (int32_t)(i % 3) - 1, -1 };
	file_state = (enum machine_file)(byte >> 6);
}

static void
check(const char *json)
{
	struct report_summary summary;

	ENSURE(str_valid_utf8(json, strlen(json)));
	report_read(reader, json, strlen(json), now_ms, &state, &summary);
	ENSURE(summary.kind != REPORT_BAD);
}

static void
hear(struct machine *machine)
{
	static char json[MACHINE_REPORT_MAX_BYTES];
	size_t len;

	machine_advance(machine, now_ms);
	while ((len = machine_report(machine, now_ms, json)) > 0) {
		ENSURE(len == strlen(json));
		check(json);
	}
	ENSURE(machine_deadline_ms(machine) >= now_ms - 1);
}

static void
ask(struct machine *machine, const uint8_t *request, size_t len)
{
	char *replies[MACHINE_REPLIES_MAX];
	size_t count = machine_request(machine, request, len, now_ms, replies);

	ENSURE(count <= MACHINE_REPLIES_MAX);
	for (size_t i = 0; i < count; i++) {
		check(replies[i]);
		free(replies[i]);
	}
}

static struct machine *
make(uint8_t byte)
{
	static const struct machine_duties duties = { look, forget, NULL };
	size_t count;
	const struct model *models = models_all(&count);
	struct machine_setup setup = { .serial = "01P00A000000001", .name = "Fuzz", .nozzle = "0.4",
				       .model = &models[byte % count], .ams_count = byte % 4,
				       .ams = { AMS_KIND_AMS, AMS_KIND_HT, AMS_KIND_LITE }, .slow_parse_ms = 3000 };
	struct machine *machine = machine_new(&setup, &duties, byte, now_ms);

	ENSURE(machine != NULL);
	return machine;
}

static void
play(struct machine *machine, const uint8_t *data, size_t size)
{
	static const enum control_fault faults[FAULTS] = { CONTROL_FAULT_DEVELOPER_MODE_OFF, CONTROL_FAULT_SLOW_PARSE,
							   CONTROL_FAULT_LOST_START };
	struct control_change change = { .after = *machine_controls(machine) };

	for (unsigned i = 0; size > 0 && i < REQUESTS_MAX; i++) {
		const uint8_t *end = memchr(data, '\0', size);
		size_t len = end != NULL ? (size_t)(end - data) : size;
		ask(machine, data, len);
		data += len;
		size -= len;
		uint8_t byte = size > 1 ? data[1] : 0;
		change.after.faults[faults[byte % FAULTS]] = byte >= 250;
		machine_control(machine, &change, now_ms);
		now_ms += byte * 1000;
		hear(machine);
		machine_file_read(machine, "/x.3mf", byte & 1 ? &plates : NULL, now_ms);
		data += size > 1 ? 2 : size;
		size -= size > 1 ? 2 : size;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char kept[MACHINE_KEPT_MAX_BYTES], again[MACHINE_KEPT_MAX_BYTES];

	if (size < 2)
		return 0;
	if (reader == NULL)
		reader = report_new();
	ENSURE(reader != NULL);
	printer_state_init(&state);
	now_ms = 1000;
	make_plates(data[1]);
	struct machine *machine = make(data[0]);
	play(machine, data + 2, size - 2);
	size_t len = machine_keep(machine, kept);
	ENSURE(len > 0);
	machine_free(machine);
	/* What one kept, another takes; and then there is no difference any more. */
	machine = make(data[0]);
	ENSURE(machine_remember(machine, kept, len, now_ms));
	len = machine_keep(machine, kept);
	ENSURE(len > 0 && machine_remember(machine, kept, len, now_ms));
	ENSURE(machine_keep(machine, again) == len && memcmp(kept, again, len) == 0);
	hear(machine);
	machine_free(machine);
	return 0;
}
