/*
 * command: one command in the cloud's words (the inner object of SendCommandRequest) to what is published to the
 * printer. Pure. Refuses what the model or the present state cannot do, with the reason and what to do.
 * Bodies: docs/protocol.md, "Commands".
 */
#ifndef FUSE_PRINTER_COMMAND_H
#define FUSE_PRINTER_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/terms.h"
#include "printer/models.h"
#include "printer/state.h"

#define COMMAND_JSON_MAX_BYTES 4096	/* of a command that comes in */
#define COMMAND_PAYLOAD_BYTES 3072	/* of one payload that goes out; a start names 32 filaments twice */
#define COMMAND_PAYLOADS_MAX 4
#define SEQUENCE_MAX 2147483647u	/* AMS units hang above (docs/protocol.md, "Sequence numbers") */

/* Everything that a command can be called: COMMAND(name, "name", doc, fields) of commands.def. */
enum command_type { COMMAND_NUMBER, COMMAND_TEXT, COMMAND_TRUTH };

struct command_field {
	const char *name; /* "targetTemp"; "axes.x": x of the object axes */
	enum command_type type;
	bool is_required;
	const char *doc;
};
struct command_spec {
	const char *name;
	const char *doc;
	const struct command_field *fields; /* ends with a NULL name */
};
const struct command_spec *command_specs(size_t *ret_count);

struct command_payload {
	char json[COMMAND_PAYLOAD_BYTES]; /* {"print":{"sequence_id":"20001",…}} */
	size_t len;
	uint32_t sequence_id;
	int qos; /* 1 for print.* and system.*, 0 for pushing and info */
};

struct command_plan {
	const char *name;		 /* of its row */
	struct command_payload payloads[COMMAND_PAYLOADS_MAX];
	unsigned payload_count;
	bool is_pushall;		 /* resync-data: the link decides when by the model's limit */
	bool needs_developer_mode;
	char sentence[160];		 /* what it does: "sets the bed to 60 °C" */
};

struct command_refusal {
	enum refusal reason; /* INVALID, CONFLICT (not in this state), FORBIDDEN (the model cannot) */
	char sentence[200];
	char remedy[240];
};

/* Make the plan for one command object. `*sequence_id` is the next number to use and is moved on
 * (never above SEQUENCE_MAX). False with the refusal. */
bool command_plan(const struct model *model, const struct printer_state *state, const void *json, size_t len,
		  uint32_t *sequence_id, struct command_plan *ret_plan, struct command_refusal *ret_refusal);

/* The two that the link itself says after CONNECT, and the start value of the numbers (20000-29999 by `random`). */
void command_get_version(uint32_t *sequence_id, struct command_payload *ret_payload);
void command_pushall(uint32_t *sequence_id, struct command_payload *ret_payload);
uint32_t command_first_sequence(uint32_t random);
uint32_t command_next_sequence(uint32_t *sequence_id);

/* A print.* command without effect whose reply tells whether Developer Mode is on (security: the present
 * speed again). False when it cannot be asked harmlessly in this state. */
bool command_developer_probe(const struct printer_state *state, uint32_t *sequence_id,
			     struct command_payload *ret_payload);

#endif
