/*
 * Any bytes as what a virtual printer remembers: refused, and it is as new; or taken, and it lives on with it: reports that
 * our own reader takes, through a resume and to whatever end.
 * At most 6000 bytes an input.
 * Covers: machine_remember, machine_keep, machine_report
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "printer/report.h"
#include "worker/virtual/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum machine_file
look(void *arg, const char *path, const struct plates **ret_plates)
{
	(void)arg;
	(void)path;
	*ret_plates = NULL;
	return MACHINE_FILE_MISSING;
}

static void
forget(void *arg, const char *path)
{
	(void)arg;
	(void)path;
}

static void
hear(struct machine *machine, struct report *reader, int64_t now_ms)
{
	static char json[MACHINE_REPORT_MAX_BYTES];
	static struct printer_state state;
	struct report_summary summary;
	size_t len;

	while ((len = machine_report(machine, now_ms, json)) > 0) {
		report_read(reader, json, len, now_ms, &state, &summary);
		ENSURE(summary.kind != REPORT_BAD);
	}
}

static void
live_on(struct machine *machine, struct report *reader)
{
	static const char resume[] = "{\"print\":{\"command\":\"resume\",\"sequence_id\":\"1\"}}";
	static char kept[MACHINE_KEPT_MAX_BYTES];
	char *replies[MACHINE_REPLIES_MAX];
	int64_t now_ms = 1000;

	for (unsigned i = 0; i < 8; i++) {
		size_t count = machine_request(machine, resume, sizeof resume - 1, now_ms, replies);
		while (count > 0)
			free(replies[--count]);
		hear(machine, reader, now_ms);
		now_ms += 1000 << i;
		machine_advance(machine, now_ms);
		ENSURE(machine_keep(machine, kept) > 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct machine_duties duties = { look, forget, NULL };
	static char before[MACHINE_KEPT_MAX_BYTES], after[MACHINE_KEPT_MAX_BYTES];
	struct machine_setup setup = { .serial = "09400A000000001", .name = "Fuzz", .nozzle = "0.4",
				       .model = model_by_key("H2D"), .ams_count = 1, .ams = { AMS_KIND_HT } };
	static struct report *reader;

	if (reader == NULL)
		reader = report_new();
	struct machine *machine = machine_new(&setup, &duties, 1, 1000);
	ENSURE(reader != NULL && machine != NULL);
	size_t len = machine_keep(machine, before);
	if (machine_remember(machine, data, size, 1000))
		live_on(machine, reader);
	else
		ENSURE(machine_keep(machine, after) == len && memcmp(before, after, len) == 0);
	machine_free(machine);
	return 0;
}
