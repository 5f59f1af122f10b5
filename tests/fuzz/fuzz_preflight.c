/*
 * Any file and options, on a printer that has said anything: findings in order, a mapping in which every filament of
 * the plate has a tray that is there or a finding says why not, JSON, and a start that is JSON, too.
 * Covers: preflight_look, preflight_json, project_file_payload, remote_name, remote_name_is_ours
 *
 * Input: a model's number and a byte of switches, then a line each: the file, the options, and what the printer says.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <jansson.h>

#include "common/miniobj.h"
#include "printer/preflight.h"
#include "printer/project_file.h"
#include "printer/report.h"
#include "printer/spools.h"
#include "tests/fuzz/fuzz_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct plates plates;
static struct print_options options;
static struct printer_state state;
static struct preflight found;
static struct preflight_input input;
static char json[PREFLIGHT_JSON_MAX_BYTES];

/* The next line; false at the end. */
static bool
take_line(const uint8_t **at, const uint8_t *end, const uint8_t **ret_line, size_t *ret_len)
{
	if (*at >= end)
		return false;
	const uint8_t *newline = memchr(*at, '\n', (size_t)(end - *at));
	*ret_line = *at;
	*ret_len = newline != NULL ? (size_t)(newline - *at) : (size_t)(end - *at);
	*at += *ret_len + 1;
	return true;
}

static bool
read_input(const uint8_t *at, const uint8_t *end)
{
	struct report_summary summary;
	char sentence[240];
	const char *fault;
	const uint8_t *line;
	size_t len;

	if (!take_line(&at, end, &line, &len) || !plates_read(line, len, &plates, &fault))
		return false;
	if (!take_line(&at, end, &line, &len) || !print_options_read(line, len, &options, sentence, sizeof sentence))
		return false;
	printer_state_init(&state);
	struct report *report = report_new();
	ENSURE(report != NULL);
	while (take_line(&at, end, &line, &len))
		report_read(report, line, len, 1785542400000, &state, &summary);
	report_free(report);
	return true;
}

static void
check_findings(void)
{
	bool possible = true, ready = true;

	ENSURE(found.count <= PREFLIGHT_FINDINGS_MAX);
	for (uint32_t i = 0; i < found.count; i++) {
		const struct preflight_entry *entry = &found.entries[i];
		ENSURE(entry->sentence[0] != '\0' && entry->finding < FINDING_COUNT);
		must_be_harmless(entry->sentence, sizeof entry->sentence);
		must_be_harmless(entry->remedy, sizeof entry->remedy);
		ENSURE(i == 0 || entry->kind <= found.entries[i - 1].kind);
		possible = possible && entry->kind != PREFLIGHT_IMPOSSIBLE;
		ready = ready && (entry->kind == PREFLIGHT_NOTE || entry->accepted);
	}
	/* There may have been more than there is room for. */
	ENSURE(found.count == PREFLIGHT_FINDINGS_MAX || (found.possible == possible && found.ready == ready));
	ENSURE(found.possible || !found.ready);
}

/* What may be printed has a tray for every filament of the plate, and AMS or not is as the trays are. */
static void
check_mapping(void)
{
	const struct plate *plate = plates_find(&plates, input.plate);
	struct spool spools[SPOOLS_MAX];
	uint32_t count = spools_list(input.model, &state, spools);
	bool has_slots = false;

	ENSURE(found.mapping_count == plates.filament_count);
	for (uint32_t i = 0; i < found.mapping_count; i++)
		has_slots |= found.mapping[i].ams_id >= 0 && found.mapping[i].ams_id < 254;
	ENSURE(has_slots == found.use_ams);
	if (input.stage_only || plates.kind == FILE_KIND_GCODE || !found.possible)
		return;
	for (uint32_t i = 0; i < plate->filament_count; i++)
		ENSURE(spools_find(spools, count, found.mapping[plate->filaments[i].index]) != NULL);
}

static void
check_json(void)
{
	json_error_t error;
	size_t len = preflight_json(&input, &found, json, sizeof json);
	json_t *read = json_loadb(json, len, JSON_REJECT_DUPLICATES, &error);

	ENSURE(read != NULL);
	json_decref(read);
}

static void
check_start(void)
{
	static struct command_payload payload;
	char name[REMOTE_NAME_BYTES], path[REMOTE_PATH_BYTES], id[17];
	uint32_t sequence_id = 20000;
	json_error_t error;

	remote_name(plates.plates[0].name, "j0123456789abcde", plates.kind, name);
	ENSURE(remote_name_is_ours(name, id) && strcmp(id, "j0123456789abcde") == 0);
	remote_path(input.model, false, name, path);
	const struct project_file start = { .model = input.model, .plates = &plates, .plate = &plates.plates[0],
					    .options = &options, .mapping = found.mapping, .use_ams = found.use_ams,
					    .number = 7, .remote_path = path };
	ENSURE(project_file_payload(&start, &sequence_id, &payload));
	json_t *read = json_loadb(payload.json, payload.len, JSON_REJECT_DUPLICATES, &error);
	ENSURE(read != NULL && json_object_size(read) == 1);
	json_decref(read);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count;
	const struct model *models = models_all(&count);

	if (size < 2 || !read_input(data + 2, data + size))
		return 0;
	input = (struct preflight_input){ .plates = &plates, .plate = data[1] >> 4, .stage_only = data[1] & 1,
					  .model = &models[data[0] % count], .state = &state,
					  .developer_mode = (enum tri)((data[1] >> 1) % 3), .options = &options };
	preflight_look(&input, &found);
	check_findings();
	check_mapping();
	check_json();
	if (plates.plate_count > 0)
		check_start();
	return 0;
}
