/*
 * What reading a report costs: nanoseconds of processor time for each of two real reports, the best of many rounds.
 *
 * Prints "name value" lines: report_x1c_ns, report_h2d_ns, their sizes in bytes, and the same for a delta.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "printer/report.h"

#define ROUNDS 40
#define READS 250

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double
ns_of_one(struct report *report, struct printer_state *state, const char *text)
{
	struct report_summary summary;
	size_t len = strlen(text);
	double best = 1e18;

	for (int round = 0; round < ROUNDS; round++) {
		double start = cpu_ns();
		for (int i = 0; i < READS; i++)
			report_read(report, text, len, 1, state, &summary);
		double each = (cpu_ns() - start) / READS;
		best = each < best ? each : best;
	}
	if (summary.kind != REPORT_FULL && summary.kind != REPORT_DELTA) {
		fprintf(stderr, "a sample was read as %s %s\n", report_kind_name(summary.kind), summary.fault);
		exit(1);
	}
	return best;
}

/* The sample's report as it is on the wire. */
static char *
sample(const char *path, const char *key)
{
	json_error_t error;
	json_t *file = json_load_file(path, 0, &error);
	json_t *report = json_object_get(file, key);

	if (report == NULL) {
		fprintf(stderr, "%s: %s\n", path, file == NULL ? error.text : "no report in it");
		exit(1);
	}
	json_t *wire = json_object_get(report, "print") != NULL ? json_incref(report) : json_pack("{sO}", "print",
	report);
	char *text = json_dumps(wire, JSON_COMPACT);
	json_decref(wire);
	json_decref(file);
	return text;
}

static void
measure(struct report *report, const char *name, char *text)
{
	struct printer_state state;

	printer_state_init(&state);
	printf("report_%s_ns %.0f\n", name, ns_of_one(report, &state, text));
	printf("report_%s_bytes %zu\n", name, strlen(text));
	free(text);
}

int
main(void)
{
	struct report *report = report_new();

	if (report == NULL)
		return 1;
	measure(report, "x1c", sample("tests/samples/x1c-1.json", "pushall"));
	measure(report, "h2d", sample("tests/samples/h2d-1.json", "push_all"));
	measure(report, "delta", strdup("{\"print\":{\"nozzle_temper\":219.5,\"bed_temper\":60.1,"
					"\"wifi_signal\":\"-48dBm\","
					"\"command\":\"push_status\",\"msg\":1,\"sequence_id\":\"2021\"}}"));
	report_free(report);
	return 0;
}
