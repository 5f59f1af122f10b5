/*
 * spools: all places that filament can come from on a printer, as it shows them just now: the slots of its units, then
 * its external spools; and what each is called. Pure.
 */
#ifndef FUSE_PRINTER_SPOOLS_H
#define FUSE_PRINTER_SPOOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/models.h"
#include "printer/print_options.h"
#include "printer/state.h"

#define SPOOLS_MAX (STATE_AMS_MAX * STATE_TRAYS_MAX + STATE_EXTERNAL_MAX)
#define SPOOL_LABEL_BYTES 12
#define SPOOL_NAME_BYTES 32

struct spool {
	struct spool_place place; /* an external spool of a printer with one nozzle is 255, whatever that calls it */
	const struct tray *tray;  /* NULL: an external spool of which nothing was told */
	int32_t nozzle;		  /* extruder that it feeds: 0 right or only, 1 left; -1 not known */
};

/* As the printer tells, else as its model has them. */
unsigned spools_nozzles(const struct model *model, const struct printer_state *state);

/* Borrows from `state`. Returns how many; external spools are always among them: one for each nozzle. */
uint32_t spools_list(const struct model *model, const struct printer_state *state, struct spool ret_spools[SPOOLS_MAX]);

/* The place as `spools_list` has it; NULL when it is not there. */
const struct spool *spools_find(const struct spool *spools, uint32_t count, struct spool_place place);

bool spool_place_is_same(struct spool_place a, struct spool_place b);
bool spool_place_is_external(struct spool_place place);
bool spool_place_is_unused(struct spool_place place); /* {-1, -1}: of a filament that is not used */

/* As the printers' screens have it: "A2", "HT A", "Lite 2", "Ext", with two nozzles "Ext L" and "Ext R". */
void spool_label(struct spool_place place, unsigned nozzles, char ret_label[SPOOL_LABEL_BYTES]);

/* In a sentence: "AMS 1 slot 2", "AMS HT 1", "AMS lite slot 2", "the external spool", "the left external spool". */
void spool_name(struct spool_place place, unsigned nozzles, char ret_name[SPOOL_NAME_BYTES]);

/* Of a unit: "AMS 1", "AMS HT 1", "AMS lite"; "AMS" for STATE_UNKNOWN. */
void spool_unit_name(int32_t ams_id, char ret_name[SPOOL_NAME_BYTES]);

#endif
