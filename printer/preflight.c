/*
 * preflight: file, model and machine. The trays are in preflight_map.c. Words name what the printer's own screen
 * shows; what the printer has not told is never a finding: it has the last word itself.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "printer/hms.h"
#include "printer/hotends.h"
#include "printer/job_fault.h"
#include "printer/preflight_parts.h"

#define HEALTH_MAX 4
#define DIAMETER_SAME_MM 0.05

/* -- findings --------------------------------------------------------------------------------------------- */

/* Room at the place of this kind, the worst first; when there is none the mildest gives way. NULL: this is it. */
static struct preflight_entry *
make_room(struct preflight *result, enum preflight_kind kind)
{
	uint32_t at = 0;

	while (at < result->count && result->entries[at].kind >= kind)
		at++;
	if (at == PREFLIGHT_FINDINGS_MAX)
		return NULL;
	if (result->count < PREFLIGHT_FINDINGS_MAX)
		result->count++;
	memmove(&result->entries[at + 1], &result->entries[at],
		(result->count - 1 - at) * sizeof result->entries[0]);
	return &result->entries[at];
}

static void add(struct preflight_work *work, enum preflight_finding finding, enum preflight_kind kind,
		const char *remedy, const char *format, va_list args) __attribute__((format(printf, 5, 0)));

static void
add(struct preflight_work *work, enum preflight_finding finding, enum preflight_kind kind, const char *remedy,
    const char *format, va_list args)
{
	const struct print_options *options = work->input->options;
	bool is_accepted = kind == PREFLIGHT_WARNING &&
			   (options->accepts_all || (options->accepts & 1u << finding) != 0);

	/* Also of those for which there is no room. */
	work->result->possible &= kind != PREFLIGHT_IMPOSSIBLE;
	work->result->ready &= kind == PREFLIGHT_NOTE || is_accepted;
	struct preflight_entry *entry = make_room(work->result, kind);
	if (entry == NULL)
		return;
	memset(entry, 0, sizeof *entry);
	entry->finding = finding;
	entry->kind = kind;
	entry->accepted = is_accepted;
	vsnprintf(entry->sentence, sizeof entry->sentence, format, args);
	str_copy(entry->remedy, sizeof entry->remedy, remedy);
}

void
preflight_add(struct preflight_work *work, enum preflight_finding finding, const char *remedy, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(work, finding, preflight_finding_kind(finding), remedy, format, args);
	va_end(args);
}

void
preflight_add_as(struct preflight_work *work, enum preflight_finding finding, enum preflight_kind kind,
		 const char *remedy, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(work, finding, kind, remedy, format, args);
	va_end(args);
}

/* -- the file --------------------------------------------------------------------------------------------- */

static bool
check_file(struct preflight_work *work)
{
	const struct plates *plates = work->input->plates;

	if (plates->kind == FILE_KIND_OTHER || plates->plate_count == 0) {
		preflight_add(work, FINDING_NOT_PRINTABLE,
			      "Slice the plate, export it as a sliced file (.gcode.3mf), and give Fuse that.",
			      "There is no sliced plate in the file.");
		return false;
	}
	work->plate = plates_find(plates, work->input->plate);
	if (work->plate == NULL)
		preflight_add(work, FINDING_NO_SUCH_PLATE, "Choose a plate that the file has.",
			      "The file has no plate %u.", work->input->plate);
	else if (plates->kind == FILE_KIND_GCODE)
		preflight_add(work, FINDING_PLAIN_GCODE, "Export the sliced plate as .gcode.3mf to choose them here.",
			      "Plain G-code starts as it is: plate type, calibrations and trays are those in the file.");
	return work->plate != NULL;
}

static bool
runs_gcode_of(const struct model *model, const struct model *other)
{
	return model->gcode_family != NULL && other->gcode_family != NULL &&
	       strcmp(model->gcode_family, other->gcode_family) == 0;
}

/* Nothing is refused that is only not known. */
static void
doubt_model(struct preflight_work *work, const struct model *sliced_for)
{
	const char *told = work->input->plates->model;

	if (sliced_for != model_other())
		preflight_add(work, FINDING_SIMILAR_MODEL,
			      "Accept this when the file is for this printer, or tell Fuse the printer's model.",
			      "The file was sliced for the %s, and Fuse does not know the model of this printer.",
			      sliced_for->name);
	else if (told[0] != '\0')
		preflight_add(work, FINDING_MODEL_NOT_TOLD, "Accept this when the file is for this printer.",
			      "The file was sliced for a model that Fuse does not know: %s.", told);
	else
		preflight_add(work, FINDING_MODEL_NOT_TOLD, "Accept this when the file is for this printer.",
			      "The file does not say for which model it was sliced.");
}

static void
check_model(struct preflight_work *work)
{
	const struct model *model = work->input->model;
	const struct model *sliced_for = model_by_key(work->input->plates->model);
	char remedy[80];

	if (sliced_for == model_other() || model == model_other()) {
		doubt_model(work, sliced_for);
		return;
	}
	if (sliced_for == model)
		return;
	str_format(remedy, sizeof remedy, "Slice it for the %s.", model->name);
	if (runs_gcode_of(model, sliced_for))
		preflight_add(work, FINDING_SIMILAR_MODEL, "Accept this, or slice it for this model.",
			      "The file was sliced for the %s; the %s has the same build volume and runs its G-code.",
			      sliced_for->name, model->name);
	else
		preflight_add(work, FINDING_OTHER_MODEL, remedy,
			      "The file was sliced for the %s; its G-code does not run on the %s.", sliced_for->name,
			      model->name);
}

/* -- nozzles ---------------------------------------------------------------------------------------------- */

#define MOUNTED_MAX (STATE_NOZZLES_MAX + 1)

/* Diameters of the nozzles that the printer has told of, those in a rack too. */
static uint32_t
list_mounted(const struct printer_state *state, double ret_mm[MOUNTED_MAX])
{
	bool tells_presence = (state->sources & STATE_TOLD_NOZZLES) != 0;
	double mm = strtod(state->nozzle_diameter, NULL);
	uint32_t count = 0;

	for (uint32_t i = 0; i < state->nozzle_count && i < STATE_NOZZLES_MAX; i++) {
		const struct nozzle *nozzle = &state->nozzles[i];
		if ((nozzle->present || !tells_presence) && nozzle->diameter_mm > 0)
			ret_mm[count++] = nozzle->diameter_mm;
	}
	if (count == 0 && mm > 0)
		ret_mm[count++] = mm;
	return count;
}

static void
check_nozzles(struct preflight_work *work)
{
	double mounted[MOUNTED_MAX];
	uint32_t count = list_mounted(work->input->state, mounted);

	for (uint32_t i = 0; i < work->plate->nozzle_count && count > 0; i++) {
		double wanted = work->plate->nozzles_mm[i];
		bool has_it = false;
		for (uint32_t j = 0; j < count; j++)
			has_it |= fabs(mounted[j] - wanted) < DIAMETER_SAME_MM;
		if (has_it)
			continue;
		preflight_add(work, FINDING_NOZZLE_DIFFERS,
			      "Mount that nozzle, or slice the plate for the one that is there. When it is there already, "
			      "set its diameter on the printer's screen.",
			      "The plate was sliced for a nozzle of %.1f mm; the printer has one of %.1f mm.", wanted,
			      mounted[0]);
		return;
	}
}

static const struct nozzle *
nozzle_at(const struct printer_state *state, int32_t id)
{
	for (uint32_t i = 0; i < state->nozzle_count && i < STATE_NOZZLES_MAX; i++)
		if (state->nozzles[i].id == id && state->nozzles[i].present)
			return &state->nozzles[i];
	return NULL;
}

static void
check_flow(struct preflight_work *work)
{
	/* Of a rack the printer takes what fits. */
	for (uint32_t i = 0; i < work->plate->filament_count && work->plate->rack_nozzles == 0; i++) {
		const struct plate_filament *use = &work->plate->filaments[i];
		const struct nozzle *nozzle = nozzle_at(work->input->state, use->nozzle);
		int32_t flow = nozzle != NULL ? nozzle_flow(nozzle) : -1;
		if (use->high_flow < 0 || flow < 0 || use->high_flow == flow)
			continue;
		preflight_add(work, FINDING_FLOW_DIFFERS, "Mount that nozzle, or slice the plate for the one that is there.",
			      "The plate was sliced for a nozzle of %s flow; the printer has one of %s flow.",
			      use->high_flow > 0 ? "high" : "standard", flow > 0 ? "high" : "standard");
		return;
	}
}

/* -- the machine ------------------------------------------------------------------------------------------ */

static const char *
storage_words(const struct model *model)
{
	return model->storage == STORAGE_KIND_USB     ? "USB stick"
	       : model->storage == STORAGE_KIND_MICROSD ? "microSD card"
							: "microSD card or USB stick";
}

/* Printers with internal memory show it beside the stick, but files can only be sent to the stick. */
static void
check_storage(struct preflight_work *work)
{
	const struct model *model = work->input->model;
	enum storage_state storage = work->input->state->storage;
	/* An unknown model may have storage of another kind. */
	enum preflight_kind kind = model == model_other() ? PREFLIGHT_WARNING : PREFLIGHT_IMPOSSIBLE;
	const char *words = storage_words(model);
	char remedy[240];

	if (storage == STORAGE_NONE && model->storage == STORAGE_KIND_USB) {
		preflight_add_as(work, FINDING_NO_STORAGE, kind,
				 "Plug a USB stick into the printer. When one is there, look whether the printer shows "
				 "it, and let it keep print files on external storage (in its settings).",
				 "There is no USB stick in the printer, and its internal memory takes no files over "
				 "the network.");
	} else if (storage == STORAGE_NONE) {
		str_format(remedy, sizeof remedy, "Put a %s into the printer and look whether it shows it.", words);
		preflight_add_as(work, FINDING_NO_STORAGE, kind, remedy, "There is no %s in the printer.", words);
	} else if (storage == STORAGE_READ_ONLY) {
		str_format(remedy, sizeof remedy, "Unlock the %s, or put another one in.", words);
		preflight_add_as(work, FINDING_STORAGE_BAD, kind, remedy, "The printer's %s can only be read.", words);
	} else if (storage == STORAGE_ABNORMAL) {
		str_format(remedy, sizeof remedy,
			   "Take the %s out and put it back in; format or replace it when that does not help.", words);
		preflight_add_as(work, FINDING_STORAGE_BAD, kind, remedy,
				 "The printer reports that something is wrong with its %s.", words);
	}
}

/* A job that waits for this says it in the same words. */
static void
check_developer_mode(struct preflight_work *work)
{
	struct job_fault_words words;

	if (work->input->developer_mode != TRI_NO)
		return;
	job_fault_words(JOB_FAULT_DEVELOPER_MODE_OFF, work->input->model, 0, &words);
	preflight_add(work, FINDING_DEVELOPER_MODE_OFF, words.remedy, "%s", words.sentence);
}

static void
check_door(struct preflight_work *work)
{
	const struct model *model = work->input->model;

	if (model->door == DOOR_NONE)
		return;
	if (model_door_open(model, work->input->state) == TRI_YES)
		preflight_add(work, FINDING_DOOR_OPEN, "Close it, or accept that it is open.",
			      "The printer's door is open.");
	else if (model_lid_open(model, work->input->state) == TRI_YES)
		preflight_add(work, FINDING_DOOR_OPEN, "Close it, or accept that it is open.",
			      "The printer's lid is open.");
}

/* Developer Mode has a finding of its own; what is known of it outweighs a health code that may be left over. */
static bool
is_said_elsewhere(const struct preflight_work *work, const struct hms_entry *entry)
{
	return work->input->developer_mode != TRI_UNKNOWN && hms_means_unsigned(entry->attr, entry->code);
}

static void
check_health(struct preflight_work *work)
{
	const struct printer_state *state = work->input->state;
	unsigned found = 0;

	for (uint32_t i = 0; i < state->hms_count && i < STATE_HMS_MAX && found < HEALTH_MAX; i++) {
		struct hms_text text;
		hms_describe(work->input->model, state->hms[i].attr, state->hms[i].code, &text);
		if ((text.severity != HMS_FATAL && text.severity != HMS_SERIOUS) ||
		    is_said_elsewhere(work, &state->hms[i]))
			continue;
		preflight_add(work, FINDING_HEALTH, text.remedy[0] != '\0' ? text.remedy : "See what the printer shows.",
			      "%s", text.message);
		found++;
	}
}

static void
check_upgrade(struct preflight_work *work)
{
	if (printer_state_is_upgrading(work->input->state))
		preflight_add(work, FINDING_UPGRADING, "Wait until it is done.", "The printer installs a firmware.");
}

/* What every job waits for: it stands in the way of none. */
static void
check_idle(struct preflight_work *work)
{
	const struct printer_state *state = work->input->state;

	if (printer_state_is_busy(state) && state->subtask_name[0] != '\0')
		preflight_add(work, FINDING_BUSY, "The job waits until it has ended.",
			      "The printer is at a print: %.80s.", state->subtask_name);
	else if (printer_state_is_busy(state))
		preflight_add(work, FINDING_BUSY, "The job waits until it has ended.", "The printer is at a print.");
	else if (work->input->plate_used)
		preflight_add(work, FINDING_PLATE_USED,
			      "Take it off and say that the plate is clear; the job waits for that.",
			      "There may still be a print on the plate.");
}

/* -- the whole -------------------------------------------------------------------------------------------- */

static void
check_print(struct preflight_work *work)
{
	if (check_file(work)) {
		check_model(work);
		check_nozzles(work);
		check_flow(work);
		/* Plain G-code is started without a mapping: nothing can be chosen. */
		if (work->input->plates->kind != FILE_KIND_GCODE) {
			preflight_map(work);
			preflight_judge_mapping(work);
			preflight_rack(work);
		}
	}
	check_developer_mode(work);
	check_door(work);
	check_health(work);
	check_upgrade(work);
	check_idle(work);
}

void
preflight_look(const struct preflight_input *input, struct preflight *ret_preflight)
{
	struct preflight_work work = { .input = input, .result = ret_preflight };

	memset(ret_preflight, 0, sizeof *ret_preflight);
	ret_preflight->possible = ret_preflight->ready = true;
	ret_preflight->mapping_count = input->plates->filament_count;
	for (uint32_t i = 0; i < PLATES_FILAMENTS_MAX; i++)
		ret_preflight->mapping[i] = (struct spool_place){ -1, -1 };
	work.nozzles = spools_nozzles(input->model, input->state);
	work.spool_count = spools_list(input->model, input->state, work.spools);
	check_storage(&work);
	if (!input->stage_only)
		check_print(&work);
}
