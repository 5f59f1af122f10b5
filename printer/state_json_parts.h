/*
 * state_json_parts: what the files of state_json share. Not for others.
 */
#ifndef FUSE_PRINTER_STATE_JSON_PARTS_H
#define FUSE_PRINTER_STATE_JSON_PARTS_H

#include "printer/hms.h"
#include "printer/jsonout.h"
#include "printer/state_json.h"

/* What one writing goes by; the health codes are put in words once, for two places. */
struct state_view {
	const struct model *model;
	const struct printer_state *state;
	const struct link_view *link;
	bool has_reports;
	struct temperature chamber; /* untold where the model has no sensor */
	enum tri door_open, lid_open; /* from where the model tells them */
	struct hms_text hms[STATE_HMS_MAX];
	bool has_error;
	struct hms_text error; /* of print_error */
};

/* A text of a printer takes at most twice its field when escaped, so that a printer that only sends control
 * characters cannot make the whole too large (STATE_JSON_MAX_BYTES counts on it). */
#define FIELD_TEXT(out, field) jsonout_known_text(out, field, 2 * sizeof(field))

/* Words that the link lends (struct link_view): names and addresses as people type them. */
#define LINK_WORD_BYTES 192

/* A slot or spool that holds nothing that could be used: the short form of `data`. */
bool tray_is_bare(const struct tray *tray);

/* The stage in words; "" where it says nothing: idle, or 0 while nothing is printed. */
const char *stage_in_words(const struct printer_state *state, int32_t stage, char ret[24]);

/* Minutes to the end; STATE_UNKNOWN where the value is left over from an earlier print. */
int32_t remaining_minutes(const struct printer_state *state);

/* The percentage; STATE_UNKNOWN while it means nothing. */
int32_t progress_percent(const struct printer_state *state);

/* The value of `data` (state_json_data.c). */
void state_json_data(struct jsonout *out, const struct state_view *view);

/* "ams", "externalSpools", "activeSlot", "extruders", "nozzles" (state_json_filament.c). */
void state_json_filament(struct jsonout *out, const struct printer_state *state);

/* "temperatures" to "upgrade": heat, air and what the machine is (state_json_machine.c). */
void state_json_machine(struct jsonout *out, const struct state_view *view);

#endif
