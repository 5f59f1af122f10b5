/*
 * A printer that says anything: a sequence of messages, one a line, read into one state. Whatever they are, the state
 * keeps to its bounds, its texts are UTF-8 and end, and what is no telemetry changes not a byte of it.
 * Covers: report_read, gcode_state_name
 *
 * Input: messages, each ended by a line break. The state of before goes on; the clock runs.
 */
#include <stdlib.h>
#include <string.h>

#include "printer/report.h"
#include "tests/fuzz/fuzz_rig.h"
#include "tests/unit/report_invariants.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_one(struct report *report, const uint8_t *bytes, size_t len, int64_t now_ms, struct printer_state *state)
{
	static struct printer_state before;
	struct report_summary summary;

	memcpy(&before, state, sizeof before);
	report_read(report, bytes, len, now_ms, state, &summary);
	must(fault_of_state(state) == NULL);
	must(fault_of_summary(&summary) == NULL);
	must(gcode_state_name(state)[0] != '\0');
	bool is_status = summary.kind == REPORT_FULL || summary.kind == REPORT_DELTA;
	if (!is_status && summary.kind != REPORT_VERSION)
		must(memcmp(&before, state, sizeof before) == 0);
	must(state->reports == before.reports + is_status);
	must(!is_status || state->last_ms == now_ms);
	/* The same again says the same, and tells nothing new. */
	memcpy(&before, state, sizeof before);
	enum report_kind kind = summary.kind;
	report_read(report, bytes, len, now_ms, state, &summary);
	must(summary.kind == kind);
	before.reports = state->reports;
	must(kind == REPORT_FULL || kind == REPORT_DELTA || memcmp(&before, state, sizeof before) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct report *report;
	static struct printer_state state;
	int64_t now_ms = 1;

	if (report == NULL)
		report = report_new();
	must(report != NULL);
	printer_state_init(&state);
	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end != NULL ? (size_t)(end - data) : size;
		/* Of exactly its size, so that a sanitizer sees a read beyond it. */
		uint8_t *line = malloc(len > 0 ? len : 1);
		must(line != NULL);
		memcpy(line, data, len);
		read_one(report, line, len, now_ms, &state);
		free(line);
		now_ms += 30000;
		data += len + (end != NULL);
		size -= len + (end != NULL);
	}
	return 0;
}
