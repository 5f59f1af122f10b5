/*
 * Any bytes as a printer's state that is told to Prometheus, and as a label: nothing is read beyond it, each member that
 * is found lies within, every line is one of the format, and no sample comes twice.
 * Covers: jsonpart_begin, jsonpart_next, metrics_add_state, exposition_add
 */
#include <stdlib.h>
#include <string.h>

#include "httpd/jsonpart.h"
#include "httpd/metrics.h"
#include "tests/fuzz/fuzz_rig.h"

#define TEXT_MAX 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_members(const char *text, size_t len)
{
	struct jsonpart part;

	jsonpart_begin(&part, text, len);
	while (jsonpart_next(&part)) {
		must(part.name >= text && part.name + part.name_len < text + len);
		must(part.value > part.name && part.value_len > 0 && part.value + part.value_len <= text + len);
	}
}

/* "name{labels} value", with quotes closed at its end; the labels are what tells samples apart. */
static size_t
labels_len(const char *line, size_t len)
{
	bool quoted = false;
	size_t at = 0;

	for (; at < len && (quoted || line[at] != ' '); at++) {
		if (quoted && line[at] == '\\')
			at++;
		else if (line[at] == '"')
			quoted = !quoted;
	}
	must(!quoted && at > 0 && at + 1 < len && line[at] == ' ');
	return at;
}

static void
check_lines(const char *text, size_t len)
{
	const char *lines[1024];
	size_t lens[1024], count = 0;

	for (const char *at = text, *end = text + len; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		must(newline != NULL);
		if (*at != '#') {
			must(count < 1024 && (strncmp(at, "fuse_", 5) == 0 || strncmp(at, "bambulab_", 9) == 0));
			lines[count] = at;
			lens[count] = labels_len(at, (size_t)(newline - at));
			for (size_t i = 0; i < count; i++)
				must(lens[i] != lens[count] || memcmp(lines[i], lines[count], lens[i]) != 0);
			count++;
		}
		at = newline + 1;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char nozzle[METRICS_NOZZLE_BYTES];

	if (size < 1 || size > TEXT_MAX - 1)
		return 0;
	/* On the heap and exactly as long, so that a sanitizer sees one byte too many. */
	char *exact = malloc(size), *label = calloc(1, size + 1);
	struct exposition *exposition = exposition_new();
	must(exact != NULL && label != NULL);
	memcpy(exact, data, size);
	memcpy(label, data, size);
	check_members(exact, size);
	metrics_add_state(exposition, "S1", exact, size, true, nozzle);
	must(strlen(nozzle) < sizeof nozzle);
	exposition_add(exposition, METRIC_PRINTER_INFO, 1, "name", label, "nozzle_diameter", nozzle, NULL);
	size_t len;
	char *text = exposition_write(exposition, &len);
	check_lines(text, len);
	free(text);
	exposition_free(exposition);
	free(exact);
	free(label);
	return 0;
}
