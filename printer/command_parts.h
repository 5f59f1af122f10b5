/*
 * command_parts: what the files of the command module share, and project_file.c. Nobody else includes this.
 *
 *	command.c		finds the row, checks the fields by it, numbers the payloads
 *	command_fields.c	the JSON that comes in (the only one of them that knows jansson)
 *	command_payload.c	the JSON that goes out
 *	command_print.c, command_heat.c, command_motion.c, command_filament.c	one function for each row
 */
#ifndef FUSE_PRINTER_COMMAND_PARTS_H
#define FUSE_PRINTER_COMMAND_PARTS_H

#include "printer/command.h"

/* Bits of `fun` (docs/protocol.md, "Commands"): the printer has the newer command. */
#define FUN_HOMING 32
#define FUN_AXIS_CONTROL 38
#define FUN_BED_TEMPERATURE 39

/* One command on its way to a plan. */
struct command_work {
	const struct model *model;
	const struct printer_state *state;
	const struct command_spec *spec;
	void *fields;		  /* of command_fields.c */
	uint32_t sequence_id;	  /* the next; kept only when the plan is made */
	struct command_plan *plan;
	struct command_refusal *refusal;
};

/* -- command.c ----------------------------------------------------------------------------- */

/* Fill the refusal in; always false, for `return command_refuse(…)`. A text that is too long is cut. */
bool command_refuse(struct command_work *work, enum refusal reason, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* What the plan does, for people. */
void command_says(struct command_work *work, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Has the model this, or is it one of which nothing is known? */
bool command_model_has(const struct command_work *work, bool has);

/* The printer has told that it has the command of this bit of `fun`. */
bool command_printer_has(const struct command_work *work, unsigned fun_bit);

/* Refuse while the printer is at a print; a paused one is one unless `pause_is_fine`. What is not known is fine. */
bool command_needs_rest(struct command_work *work, bool pause_is_fine);

/* Extruders of the printer: as it says, else as its model has them. */
unsigned command_extruders(const struct command_work *work);
/* The one that is in use; 0 when not told. */
int command_active_extruder(const struct command_work *work);

/* -- command_fields.c ---------------------------------------------------------------------- */

/* Read the command; false with the refusal. Closed by command_fields_close in both cases. */
bool command_fields_open(struct command_work *work, const void *json, size_t len);
void command_fields_close(struct command_work *work);
/* The word of "command"; "" when it has none. */
const char *command_fields_name(const struct command_work *work);
/* Exactly the fields of work->spec, of their types? */
bool command_fields_check(struct command_work *work);
/* `name` as it may stand in a sentence: at most 32 bytes, nothing that steers a screen. */
void command_quote(const char *name, char ret_quoted[40]);

/* The value of a field that the check has let pass. */
bool command_has(const struct command_work *work, const char *name);
const char *command_text(const struct command_work *work, const char *name);
double command_number(const struct command_work *work, const char *name); /* 0 when it is not there */
bool command_truth(const struct command_work *work, const char *name);	 /* false when it is not there */

/* A whole number of `min` to `max` `unit` ("°C", ""); else refused. */
bool command_whole(struct command_work *work, const char *name, int min, int max, const char *unit, int *ret_value);

/* -- command_payload.c --------------------------------------------------------------------- */

/* One payload, written from `payload_open` to `payload_close`. More than COMMAND_PAYLOAD_BYTES is a bug: all
 * that comes from outside is bounded before. */
struct payload {
	struct command_payload *to;
};
void payload_open(struct payload *payload, struct command_payload *to, const char *section, const char *command,
		  int qos, uint32_t *sequence_id);
void payload_text(struct payload *payload, const char *key, const char *text);
void payload_int(struct payload *payload, const char *key, int64_t number);
void payload_bool(struct payload *payload, const char *key, bool truth);
void payload_json(struct payload *payload, const char *key, const char *json); /* of our own making */
void payload_close(struct payload *payload);

/* The next payload of the plan, in section print with QoS 1, which needs Developer Mode. */
void command_print_open(struct command_work *work, struct payload *ret_payload, const char *command);
/* One without fields of its own, and one with G-code: lines that end with a newline. */
void command_print_plain(struct command_work *work, const char *command);
void command_gcode(struct command_work *work, const char *lines);

/* -- the rows ------------------------------------------------------------------------------- */
#define COMMAND(name, ...) bool command_do_##name(struct command_work *work);
#include "printer/commands.def"
#undef COMMAND

#endif
