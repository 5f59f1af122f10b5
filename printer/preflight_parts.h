/*
 * preflight_parts: what the files of preflight share. Nobody else includes this.
 *
 *	preflight.c		file, model, machine; puts findings in order
 *	preflight_map.c		which tray feeds what, and what is wrong with that
 *	preflight_rack.c	which hotend of a rack
 *	preflight_json.c	the JSON form
 *	preflight_finding.c	the rows of preflight.def
 */
#ifndef FUSE_PRINTER_PREFLIGHT_PARTS_H
#define FUSE_PRINTER_PREFLIGHT_PARTS_H

#include "printer/filament_fit.h"
#include "printer/preflight.h"
#include "printer/spools.h"

/* One look on its way to a result. */
struct preflight_work {
	const struct preflight_input *input;
	struct preflight *result;
	const struct plate *plate;
	unsigned nozzles; /* of the printer */
	struct spool spools[SPOOLS_MAX];
	uint32_t spool_count;
};

/* -- preflight.c ------------------------------------------------------------------------------------------ */

/* Add a finding of its own kind, or of another. Texts that are too long are cut. */
void preflight_add(struct preflight_work *work, enum preflight_finding finding, const char *remedy,
		   const char *format, ...) __attribute__((format(printf, 4, 5)));
void preflight_add_as(struct preflight_work *work, enum preflight_finding finding, enum preflight_kind kind,
		      const char *remedy, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* -- preflight_finding.c ---------------------------------------------------------------------------------- */

enum preflight_kind preflight_finding_kind(enum preflight_finding finding);

/* -- preflight_map.c -------------------------------------------------------------------------------------- */

/* What the plate uses of this filament of the project; NULL: nothing. */
const struct plate_filament *preflight_use_of(const struct plate *plate, uint32_t index);

/* Take the mapping of the options and propose what it leaves open; then say what is wrong with the whole. */
void preflight_map(struct preflight_work *work);
void preflight_judge_mapping(struct preflight_work *work);

/* -- preflight_rack.c ------------------------------------------------------------------------------------- */

/* Take the hotends that the options name; of models with a rack say when one is missing. */
void preflight_rack(struct preflight_work *work);

#endif
