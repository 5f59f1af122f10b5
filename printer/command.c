/*
 * command: from a command in the cloud's words to its row, its fields and its plan; sequence numbers; and what the
 * link says to a printer by itself.
 */
#include "printer/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "printer/command_parts.h"

#define SEQUENCE_FIRST 20000u
#define SEQUENCE_STARTS 10000u

/* -- the rows ------------------------------------------------------------------------------- */
#define FIELD(field, type, need, doc_) { field, COMMAND_##type, COMMAND_##need, doc_ },
#define COMMAND_REQUIRED true
#define COMMAND_OPTIONAL false
#define COMMAND(row, name_, doc_, ...) \
	static const struct command_field fields_of_##row[] = { __VA_ARGS__ { NULL, COMMAND_TEXT, false, NULL } };
#include "printer/commands.def"
#undef COMMAND
#undef FIELD

static const struct command_spec specs[] = {
#define COMMAND(row, name_, doc_, ...) { name_, doc_, fields_of_##row },
#include "printer/commands.def"
#undef COMMAND
};

static bool (*const functions[])(struct command_work *work) = {
#define COMMAND(row, ...) command_do_##row,
#include "printer/commands.def"
#undef COMMAND
};

const struct command_spec *
command_specs(size_t *ret_count)
{
	*ret_count = STR_ARRAY_LEN(specs);
	return specs;
}

/* -- what the rows stand on ------------------------------------------------------------------ */
bool
command_refuse(struct command_work *work, enum refusal reason, const char *remedy, const char *format, ...)
{
	char sentence[400];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	work->refusal->reason = reason;
	str_copy(work->refusal->sentence, sizeof work->refusal->sentence, sentence);
	str_copy(work->refusal->remedy, sizeof work->refusal->remedy, remedy);
	return false;
}

void
command_says(struct command_work *work, const char *format, ...)
{
	char sentence[400];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	str_copy(work->plan->sentence, sizeof work->plan->sentence, sentence);
}

bool
command_model_has(const struct command_work *work, bool has)
{
	return has || work->model == model_other();
}

bool
command_printer_has(const struct command_work *work, unsigned fun_bit)
{
	return work->state->fun_told && (work->state->fun >> fun_bit & 1) != 0;
}

bool
command_needs_rest(struct command_work *work, bool pause_is_fine)
{
	const struct printer_state *state = work->state;

	if (!printer_state_is_busy(state) || (pause_is_fine && state->gcode_state == GCODE_STATE_PAUSE))
		return true;
	return command_refuse(work, REFUSAL_CONFLICT,
			      pause_is_fine ? "Wait for the end of the print, or pause it first."
					    : "Wait for the end of the print, or stop it first.",
			      "The printer is at a print (%s): %s would spoil it.", gcode_state_name(state),
			      work->spec->name);
}

unsigned
command_extruders(const struct command_work *work)
{
	return work->state->extruder_count > 0 ? work->state->extruder_count : work->model->extruders;
}

int
command_active_extruder(const struct command_work *work)
{
	int32_t active = work->state->active_extruder;

	return active >= 0 && active < STATE_EXTRUDERS_MAX ? active : 0;
}

/* -- the plan -------------------------------------------------------------------------------- */
static bool
refuse_name(struct command_work *work)
{
	const char *name = command_fields_name(work);
	size_t nearest = SIZE_MAX;
	char quoted[40], remedy[240] = "";

	for (size_t i = 0; i < STR_ARRAY_LEN(specs); i++) {
		size_t distance = str_distance(name, specs[i].name);
		if (distance < nearest && distance <= 3) {
			nearest = distance;
			str_format(remedy, sizeof remedy, "Did you mean %s?", specs[i].name);
		}
	}
	/* Without a near one the whole list: it fits. */
	for (size_t i = 0; nearest == SIZE_MAX && i < STR_ARRAY_LEN(specs); i++) {
		size_t used = strlen(remedy);
		str_format(remedy + used, sizeof remedy - used, "%s%s", i == 0 ? "There are: " : ", ", specs[i].name);
	}
	command_quote(name, quoted);
	return *name == '\0' ? command_refuse(work, REFUSAL_INVALID, remedy, "The command has no text \"command\".")
			     : command_refuse(work, REFUSAL_INVALID, remedy, "There is no command \"%s\".", quoted);
}

static bool
plan_row(struct command_work *work)
{
	const char *name = command_fields_name(work);

	for (size_t i = 0; i < STR_ARRAY_LEN(specs); i++) {
		if (strcmp(specs[i].name, name) == 0) {
			work->spec = &specs[i];
			work->plan->name = specs[i].name;
			return command_fields_check(work) && functions[i](work);
		}
	}
	return refuse_name(work);
}

bool
command_plan(const struct model *model, const struct printer_state *state, const void *json, size_t len,
	     uint32_t *sequence_id, struct command_plan *ret_plan, struct command_refusal *ret_refusal)
{
	struct command_work work = { .model = model, .state = state, .sequence_id = *sequence_id, .plan = ret_plan,
				     .refusal = ret_refusal };

	memset(ret_plan, 0, sizeof *ret_plan);
	memset(ret_refusal, 0, sizeof *ret_refusal);
	bool planned = command_fields_open(&work, json, len) && plan_row(&work);
	command_fields_close(&work);
	if (planned)
		*sequence_id = work.sequence_id;
	else
		memset(ret_plan, 0, sizeof *ret_plan);
	return planned;
}

/* -- sequence numbers ------------------------------------------------------------------------- */
uint32_t
command_first_sequence(uint32_t random)
{
	return SEQUENCE_FIRST + random % SEQUENCE_STARTS;
}

uint32_t
command_next_sequence(uint32_t *sequence_id)
{
	uint32_t id = *sequence_id <= SEQUENCE_MAX ? *sequence_id : SEQUENCE_FIRST;

	*sequence_id = id < SEQUENCE_MAX ? id + 1 : SEQUENCE_FIRST;
	return id;
}

/* -- what the link says by itself ------------------------------------------------------------- */
void
command_get_version(uint32_t *sequence_id, struct command_payload *ret_payload)
{
	struct payload payload;

	payload_open(&payload, ret_payload, "info", "get_version", 0, sequence_id);
	payload_close(&payload);
}

void
command_pushall(uint32_t *sequence_id, struct command_payload *ret_payload)
{
	struct payload payload;

	payload_open(&payload, ret_payload, "pushing", "pushall", 0, sequence_id);
	payload_int(&payload, "version", 1);
	payload_int(&payload, "push_target", 1);
	payload_close(&payload);
}

bool
command_developer_probe(const struct printer_state *state, uint32_t *sequence_id, struct command_payload *ret_payload)
{
	struct payload payload;
	char level[12];
	bool at_rest = state->gcode_state == GCODE_STATE_IDLE || state->gcode_state == GCODE_STATE_FINISH ||
		       state->gcode_state == GCODE_STATE_FAILED;

	if (!at_rest || state->speed_level < 1 || state->speed_level > 4)
		return false;
	str_format(level, sizeof level, "%d", (int)state->speed_level);
	payload_open(&payload, ret_payload, "print", "print_speed", 1, sequence_id);
	payload_text(&payload, "param", level);
	payload_close(&payload);
	return true;
}
