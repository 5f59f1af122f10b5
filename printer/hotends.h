/*
 * hotends: those of a rack, as the printer tells of them just now; and which of them a plate was sliced for. Pure.
 */
#ifndef FUSE_PRINTER_HOTENDS_H
#define FUSE_PRINTER_HOTENDS_H

#include <stdbool.h>
#include <stdint.h>

#include "printer/models.h"
#include "printer/plates.h"
#include "printer/state.h"

#define HOTEND_LEFT 1	/* the place of the fixed one, and the printer's number of its extruder */
#define HOTEND_FIRST 16 /* places of the rack */
#define HOTEND_LAST 21
#define HOTENDS_MAX (HOTEND_LAST - HOTEND_FIRST + 1)

struct hotend {
	int32_t place; /* HOTEND_FIRST … HOTEND_LAST; that of the mounted one is where it was taken from */
	const struct nozzle *nozzle; /* what it is */
	bool mounted;
};

/* By place; borrows from `state`. 0 for models without a rack, and while nothing was told. */
uint32_t hotends_list(const struct model *model, const struct printer_state *state,
		      struct hotend ret_hotends[HOTENDS_MAX]);

/* NULL: none that was told of is at this place. */
const struct hotend *hotends_find(const struct hotend *hotends, uint32_t count, int32_t place);

/* Of the code that newer models have for a nozzle, "HS01": 1 high flow, 0 standard; -1 it is none of these. */
int32_t nozzle_flow(const struct nozzle *nozzle);

/* Has it the diameter that the plate wants on the right, and the flow that this filament was sliced for? What is not told
 * is no difference. */
bool hotend_has_diameter(const struct hotend *hotend, const struct plate *plate);
bool hotend_fits(const struct hotend *hotend, const struct plate *plate, const struct plate_filament *use);

#endif
