/*
 * virtual_rules: of what make a virtual printer may be: its model, its nozzle, its AMS units. As printer_rules: each rule
 * takes what a person wrote and gives the one form that is kept, or says in a sentence what is wrong. Pure.
 */
#ifndef FUSE_PRINTER_VIRTUAL_RULES_H
#define FUSE_PRINTER_VIRTUAL_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "printer/models.h"
#include "printer/printer_rules.h"

#define VIRTUAL_PRINTERS_MAX 20	 /* of one Fuse */
#define VIRTUAL_NOZZLE_BYTES 8	 /* "0.4" and its NUL; as in VIRTUAL_ADD */
#define VIRTUAL_AMS_BYTES 121
#define VIRTUAL_ERROR_MESSAGE_MAX_BYTES 120 /* of an error that is to say something else than usual */

/* Its AMS units, in the order of their ids within each kind. */
struct virtual_ams {
	uint32_t count;
	enum ams_kind kinds[STATE_AMS_MAX];
};

/* The row of a model, by key or name; of an X1 Carbon for an empty text. One that is not known is refused. */
bool virtual_rules_model(const char *text, const struct model **ret_model, struct complaint *ret_complaint);

/* "0.2", "0.4", "0.6" or "0.8"; "0.4" for an empty text. */
bool virtual_rules_nozzle(const char *text, char ret_nozzle[VIRTUAL_NOZZLE_BYTES], struct complaint *ret_complaint);

/* "ams,ams-ht": ids of AMS_KINDS (printer/state.h), comma-separated, blanks around them; empty = none. Only kinds that the
 * model takes, and not more than it has room for: 4 AMS and AMS 2 Pro, 8 AMS HT, 1 AMS lite. */
bool virtual_rules_ams(const char *text, const struct model *model, struct virtual_ams *ret_ams,
		       struct complaint *ret_complaint);

/* The one form that is kept. What came from a text of VIRTUAL_AMS_BYTES fits. */
void virtual_rules_write_ams(const struct virtual_ams *ams, char ret_text[VIRTUAL_AMS_BYTES]);

#endif
