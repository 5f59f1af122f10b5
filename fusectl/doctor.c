/*
 * doctor: Fuse itself, then each printer, phase by phase. Several printers are walked at once; what they say comes
 * out in their order, of the first that is not done yet at once.
 */
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "fusectl/farm.h"
#include "ipc/terms.h"

#define AT_ONCE 8      /* printers that are walked at a time */
#define DIAGNOSE_S 60  /* from one step to the next */
#define STEPS_MAX 64   /* of one printer; more are not kept */
#define PHASE_COLUMNS 14
#define INDENT 2
#define SIGN_COLUMNS 2
#define WORD_COLUMNS 5

struct step {
	struct msg_diagnosis_step said;
};

/* One printer that is examined. */
struct patient {
	const struct farm_printer *printer;
	struct exam *exam;
	struct msg_diagnose diagnose;
	struct client_question question;
	struct step steps[STEPS_MAX];
	size_t count, shown;
	bool announced, ended;
	enum outcome outcome;   /* of the request */
	struct failure failure; /* when it could not be examined */
};

struct exam {
	struct ctl *ctl;
	struct patient *patients;
	size_t count, next; /* the next to begin */
	size_t current;     /* whose steps are shown as they come */
	size_t tally[STEP_OUTCOME_COUNT];
	size_t ill; /* printers with a failed step, or that could not be examined */
};

/* -- showing -------------------------------------------------------------------------------------------- */

static enum show_tone
tone_of(unsigned outcome)
{
	static const enum show_tone tones[] = { TONE_GOOD, TONE_WARN, TONE_BAD, TONE_FAINT };

	return outcome < STR_ARRAY_LEN(tones) ? tones[outcome] : TONE_PLAIN;
}

static bool
shows_signs(const struct show *show)
{
	return show->width != 0 && !show->ascii;
}

/* A sign for who reads UTF-8 on a terminal, a word for everybody else. */
static const char *
mark_of(const struct show *show, unsigned outcome)
{
	static const char *const signs[] = { "\xe2\x9c\x93", "!", "\xe2\x9c\x97", "-" };
	static const char *const words[] = { "ok", "warn", "FAIL", "-" };

	if (outcome >= STR_ARRAY_LEN(signs))
		return "?";
	return shows_signs(show) ? signs[outcome] : words[outcome];
}

static void
print_step(const struct show *show, unsigned outcome, const char *phase, const char *sentence, const char *remedy,
	   uint32_t took_ms)
{
	const char *mark = mark_of(show, outcome);
	char text[600];
	unsigned mark_columns = shows_signs(show) ? SIGN_COLUMNS : WORD_COLUMNS;
	unsigned indent = INDENT + mark_columns + PHASE_COLUMNS + 2;

	fprintf(show->out, "%*s", INDENT, "");
	show_text(show, tone_of(outcome), mark);
	fprintf(show->out, "%*s", (int)(mark_columns - show_columns(mark)), "");
	str_format(text, sizeof text, "%-*.*s  ", PHASE_COLUMNS, PHASE_COLUMNS, phase);
	show_text(show, outcome == STEP_SKIPPED ? TONE_FAINT : TONE_PLAIN, text);
	if (took_ms > 0)
		str_format(text, sizeof text, "%s (%u ms)", sentence, took_ms);
	else
		str_copy(text, sizeof text, sentence);
	show_wrapped(show, indent, indent, text);
	if (remedy[0] != '\0')
		show_wrapped(show, indent, 0, remedy);
	fflush(show->out);
}

static void
announce(const struct show *show, const struct farm_printer *printer)
{
	char text[300];

	str_format(text, sizeof text, "%s (%s, %s, %s)", printer->record.name, printer->record.model,
		   printer->record.serial, printer->record.address);
	fputc('\n', show->out);
	show_text(show, TONE_STRONG, text);
	fputc('\n', show->out);
	fflush(show->out);
}

static void
show_patient(struct exam *exam, struct patient *patient)
{
	const struct show *show = &exam->ctl->show;

	if (!patient->announced)
		announce(show, patient->printer);
	patient->announced = true;
	for (; patient->shown < patient->count; patient->shown++) {
		const struct msg_diagnosis_step *step = &patient->steps[patient->shown].said;
		print_step(show, step->outcome, step->phase, step->sentence, step->remedy, step->took_ms);
	}
	if (patient->ended && patient->outcome != OUTCOME_DONE)
		print_step(show, STEP_FAILED, "doctor", patient->failure.sentence, patient->failure.remedy, 0);
}

/* Show what there is to show in turn: all of those that are done, and of the first that is not what it has said. */
static void
show_progress(struct exam *exam)
{
	while (!ctl_wants_json(exam->ctl) && exam->current < exam->count) {
		struct patient *patient = &exam->patients[exam->current];
		if (exam->current < exam->next)
			show_patient(exam, patient);
		if (!patient->ended)
			return;
		exam->current++;
	}
}

/* -- examining -------------------------------------------------------------------------------------------- */

static void
take_step(void *arg, const void *message)
{
	struct patient *patient = arg;
	const struct msg_diagnosis_step *step = message;

	if (patient->count == STEPS_MAX)
		return;
	patient->steps[patient->count++].said = *step;
	patient->exam->tally[step->outcome]++;
	show_progress(patient->exam);
}

static void
end_patient(struct exam *exam, struct patient *patient, enum outcome outcome, const struct failure *failure)
{
	bool ill = outcome != OUTCOME_DONE;

	patient->ended = true;
	patient->outcome = outcome;
	if (outcome != OUTCOME_DONE)
		patient->failure = *failure;
	for (size_t i = 0; i < patient->count; i++)
		ill |= patient->steps[i].said.outcome == STEP_FAILED;
	exam->ill += ill;
	show_progress(exam);
}

/* Begin with the next printer; its place in `calls` is free. */
static void
begin_next(struct exam *exam, struct client_call *call, struct patient **ret_patient)
{
	struct patient *patient = &exam->patients[exam->next++];
	struct ctl *ctl = exam->ctl;
	enum outcome outcome = farm_question(patient->printer, MESSAGE_DIAGNOSE, &patient->question, &ctl->failure);

	patient->exam = exam;
	*ret_patient = NULL;
	show_progress(exam);
	if (outcome != OUTCOME_DONE) {
		end_patient(exam, patient, outcome, &ctl->failure);
		return;
	}
	str_copy(patient->diagnose.serial, sizeof patient->diagnose.serial, patient->printer->record.serial);
	patient->question.message = &patient->diagnose;
	patient->question.part_number = MESSAGE_DIAGNOSIS_STEP;
	patient->question.on_part = take_step;
	patient->question.arg = patient;
	patient->question.timeout_ms = ctl_patience_ms(ctl, DIAGNOSE_S);
	patient->question.patient = true;
	client_begin(&ctl->client, &patient->question, call);
	*ret_patient = patient;
}

static void
examine(struct exam *exam)
{
	static struct client_call calls[AT_ONCE];
	struct patient *at[AT_ONCE] = { NULL };
	size_t open = 0;

	do {
		open = 0;
		for (size_t i = 0; i < AT_ONCE; i++) {
			if (at[i] != NULL && !calls[i].open) {
				end_patient(exam, at[i], calls[i].outcome, &calls[i].failure);
				at[i] = NULL;
			}
			while (at[i] == NULL && exam->next < exam->count)
				begin_next(exam, &calls[i], &at[i]);
			open += at[i] != NULL;
		}
		/* One that could not even be asked is buried in the next round. */
		bool all_wait = true;
		for (size_t i = 0; i < AT_ONCE; i++)
			all_wait &= at[i] == NULL || calls[i].open;
		if (open > 0 && all_wait)
			client_turn(&exam->ctl->client, calls, AT_ONCE, NULL, 0);
	} while (open > 0);
}

/* -- Fuse itself ------------------------------------------------------------------------------------------- */

struct house {
	struct step steps[8];
	size_t count;
	bool ill;
};

static void
add_house_step(struct house *house, unsigned outcome, const char *phase, const char *sentence, const char *remedy)
{
	struct msg_diagnosis_step *step = &house->steps[house->count++].said;

	*step = (struct msg_diagnosis_step){ .outcome = outcome };
	str_copy(step->phase, sizeof step->phase, phase);
	str_copy(step->sentence, sizeof step->sentence, sentence);
	str_copy(step->remedy, sizeof step->remedy, remedy);
	house->ill |= outcome == STEP_FAILED;
}

/* Those that serve all printers; a printer's own process is looked at with its printer. */
static enum outcome
look_at_processes(struct ctl *ctl, struct house *house)
{
	struct process_list list;
	char sentence[240] = "", name[PROCESS_NAME_BYTES];
	size_t down = 0;
	enum outcome outcome = ctl_processes(ctl, &list);

	if (outcome != OUTCOME_DONE)
		return outcome;
	for (size_t i = 0; i < list.count; i++) {
		const struct msg_proc_status *proc = &list.rows[i];
		size_t used = strlen(sentence);
		if (proc->state == LIFE_UP)
			continue;
		ctl_process_name(proc, name);
		if (down++ < 3)
			str_format(sentence + used, sizeof sentence - used, "%s%s is %s", used > 0 ? ", " : "", name,
				   life_state_name(proc->state));
	}
	size_t used = strlen(sentence);
	if (down > 3)
		str_format(sentence + used, sizeof sentence - used, ", and %zu more are not up", down - 3);
	used = strlen(sentence);
	if (down > 0)
		str_format(sentence + used, sizeof sentence - used, ".");
	else
		str_format(sentence, sizeof sentence, "All %zu processes are up.", list.count);
	add_house_step(house, down > 0 ? STEP_FAILED : STEP_PASSED, "processes", sentence,
		       down > 0 ? "`fusectl ps` says how they died; `fusectl retry PROCESS` starts one at once." : "");
	free(list.rows);
	return OUTCOME_DONE;
}

static enum outcome
look_at_store(struct ctl *ctl, struct house *house)
{
	struct msg_store_status status;
	bool known;
	enum outcome outcome = ctl_store_status(ctl, &status, &known);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (!known)
		add_house_step(house, STEP_FAILED, "store", "The store has not said yet how it is.",
			       "`fusectl ps` shows how its process, stored, is.");
	else if (status.health != STORE_GOOD && status.health != STORE_RESTORED)
		add_house_step(house, STEP_FAILED, "store", status.sentence, status.remedy);
	else if (status.holds_prints)
		add_house_step(house, STEP_WARNED, "store", status.sentence,
			       "Look at what is there, then: fusectl store confirm");
	else
		add_house_step(house, STEP_PASSED, "store", status.sentence, status.remedy);
	return OUTCOME_DONE;
}

static enum outcome
look_at_house(struct ctl *ctl, struct house *house)
{
	enum outcome outcome = look_at_processes(ctl, house);

	if (outcome == OUTCOME_DONE)
		outcome = look_at_store(ctl, house);
	if (outcome != OUTCOME_DONE || ctl_wants_json(ctl))
		return outcome;
	show_text(&ctl->show, TONE_STRONG, "Fuse");
	fputc('\n', ctl->show.out);
	for (size_t i = 0; i < house->count; i++) {
		const struct msg_diagnosis_step *step = &house->steps[i].said;
		print_step(&ctl->show, step->outcome, step->phase, step->sentence, step->remedy, 0);
	}
	return outcome;
}

/* -- the end ------------------------------------------------------------------------------------------------ */

static json_t *
json_of_steps(const struct step *steps, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct msg_diagnosis_step *step = &steps[i].said;
		json_t *took = step->took_ms != 0 ? json_integer(step->took_ms) : json_null();
		json_t *fault = step->fault[0] != '\0' ? ctl_json_text(step->fault) : json_null();
		json_array_append_new(list, json_pack("{s:o,s:s,s:o,s:o,s:o,s:o}", "phase", ctl_json_text(step->phase),
						      "outcome", step_outcome_name(step->outcome), "fault", fault,
						      "sentence", ctl_json_text(step->sentence), "remedy",
						      ctl_json_text(step->remedy), "tookMs", took));
	}
	return list;
}

static void
print_json(const struct exam *exam, const struct house *house)
{
	json_t *list = json_array(), *summary = json_object();

	for (size_t i = 0; i < exam->count; i++) {
		const struct patient *patient = &exam->patients[i];
		json_t *json = json_pack("{s:o,s:o,s:o}", "serial", ctl_json_text(patient->printer->record.serial), "name",
					 ctl_json_text(patient->printer->record.name), "steps",
					 json_of_steps(patient->steps, patient->count));
		bool ended_well = patient->outcome == OUTCOME_DONE;
		json_object_set_new(json, "error",
				    ended_well ? json_null()
					       : json_pack("{s:s,s:o,s:o}", "reason", patient->failure.reason, "sentence",
							   ctl_json_text(patient->failure.sentence), "remedy",
							   ctl_json_text(patient->failure.remedy)));
		json_array_append_new(list, json);
	}
	for (unsigned i = 0; i < STEP_OUTCOME_COUNT; i++)
		json_object_set_new(summary, step_outcome_name(i), json_integer((json_int_t)exam->tally[i]));
	json_object_set_new(summary, "printers", json_integer((json_int_t)exam->count));
	json_object_set_new(summary, "printersFailed", json_integer((json_int_t)exam->ill));
	ctl_print_json(stdout,
		       json_pack("{s:o,s:o,s:o}", "fuse", json_of_steps(house->steps, house->count), "printers", list,
				 "summary", summary),
		       false);
}

static void
print_summary(const struct exam *exam, const struct house *house)
{
	char text[240];

	fputc('\n', exam->ctl->show.out);
	if (exam->count == 0)
		str_copy(text, sizeof text, "No printer is added yet.");
	else if (exam->ill == 1 && exam->count == 1)
		str_copy(text, sizeof text, "The printer cannot be used as it is: see what to do above.");
	else if (exam->ill == 0)
		str_format(text, sizeof text, "%zu printer%s examined: nothing is broken%s.", exam->count,
			   exam->count == 1 ? "" : "s",
			   exam->tally[STEP_WARNED] > 0 ? ", but look at the warnings" : "");
	else
		str_format(text, sizeof text, "%zu of %zu printers cannot be used as they are: see what to do above.",
			   exam->ill, exam->count);
	show_wrapped(&exam->ctl->show, 0, 0, text);
	if (house->ill)
		show_wrapped(&exam->ctl->show, 0, 0, "Fuse itself is not well: begin with that.");
}

/* The printers that are named, each once, or all. */
static enum outcome
choose(struct ctl *ctl, const struct farm *farm, struct exam *exam)
{
	size_t words = ctl->args.word_count;

	exam->patients = calloc(farm->count + words + 1, sizeof *exam->patients);
	ENSURE(exam->patients != NULL);
	for (size_t i = 0; words == 0 && i < farm->count; i++)
		exam->patients[exam->count++].printer = &farm->rows[i];
	for (size_t i = 0; i < words; i++) {
		struct farm_printer *printer;
		bool twice = false;
		enum outcome outcome = farm_find(farm, ctl->args.words[i], &printer, &ctl->failure);
		if (outcome != OUTCOME_DONE)
			return outcome;
		for (size_t j = 0; j < exam->count; j++)
			twice |= exam->patients[j].printer == printer;
		if (!twice)
			exam->patients[exam->count++].printer = printer;
	}
	return OUTCOME_DONE;
}

enum outcome
command_doctor(struct ctl *ctl)
{
	struct exam exam = { .ctl = ctl };
	struct house house = { .count = 0 };
	struct farm farm;
	enum outcome outcome = farm_fetch(ctl, FARM_WORKERS, &farm);

	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = choose(ctl, &farm, &exam);
	if (outcome == OUTCOME_DONE)
		outcome = look_at_house(ctl, &house);
	if (outcome == OUTCOME_DONE) {
		examine(&exam);
		if (ctl_wants_json(ctl))
			print_json(&exam, &house);
		else
			print_summary(&exam, &house);
		ctl->failure.sentence[0] = '\0'; /* what was shown says it */
		outcome = exam.ill > 0 || house.ill ? OUTCOME_FAILED : OUTCOME_DONE;
	}
	free(exam.patients);
	farm_free(&farm);
	return outcome;
}
