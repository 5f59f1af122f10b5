/*
 * state_json: a printer's words as a filter, for tests in other languages: reports in, the state's JSON out.
 *
 *	state_json MODEL < payloads
 *
 * MODEL is a key of printer/models.def, or "auto": the model that the printer's own module list names. Each line on
 * standard input is one payload of the report topic; after the last one the state is printed, as of a link that is
 * live. What each payload was goes to standard error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "printer/models.h"
#include "printer/report.h"
#include "printer/state_json.h"

#define FIRST_MS INT64_C(1785542400000) /* 2026-08-01 00:00 UTC; a report a second from then on */
#define LINE_BYTES (REPORT_MAX_BYTES + 4096)

static char line[LINE_BYTES], json[STATE_JSON_MAX_BYTES];
static struct printer_state state;

static void
read_reports(struct report *report)
{
	struct report_summary summary;
	int64_t now_ms = FIRST_MS;

	while (fgets(line, sizeof line, stdin) != NULL) {
		size_t len = strcspn(line, "\n");
		char *exact = malloc(len > 0 ? len : 1); /* so that a sanitizer build sees one byte too many */
		if (exact == NULL)
			exit(1);
		memcpy(exact, line, len);
		report_read(report, exact, len, now_ms, &state, &summary);
		fprintf(stderr, "%s %s\n", report_kind_name(summary.kind), summary.fault);
		free(exact);
		now_ms += 1000;
	}
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: state_json MODEL|auto < payloads\n");
		return 64;
	}
	struct report *report = report_new();
	if (report == NULL)
		return 1;
	printer_state_init(&state);
	read_reports(report);
	report_free(report);
	const struct model *model = strcmp(argv[1], "auto") == 0 ? model_by_modules(&state) : model_by_key(argv[1]);
	struct link_view link = {
		.serial = state.serial[0] != '\0' ? state.serial : "SAMPLE", .name = "Sample", .address = "192.0.2.1",
		.phase = "live", .is_online = true, .connected_ms = FIRST_MS, .silence_ms = model->silence_ms,
		.report_gap_ms = STATE_UNKNOWN, .previous_firmware = "",
	};
	if (state_json_write(model, &state, &link, json, sizeof json) == 0) {
		fprintf(stderr, "does not fit\n");
		return 1;
	}
	puts(json);
	return 0;
}
