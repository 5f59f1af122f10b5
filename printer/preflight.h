/*
 * preflight: would this plate print on this printer, as it is now? Pure: file, model, state and options in, findings and
 * the proposed mapping of filaments to trays out. The worker asks before it uploads and again before it starts; dialogs
 * and fusectl ask to show it (message PREFLIGHT):
 *
 *	{"plate":1,"ready":false,
 *	 "findings":[{"finding":"door-open","kind":"warning","accepted":false,"sentence":"…","remedy":"…"}],
 *	 "mapping":[{"index":0,"material":"PLA","color":"FF8000FF","grams":31.7,"used":true,"nozzle":0,
 *	             "amsId":0,"slotId":1,"proposed":true,"trayMaterial":"PLA","trayColor":"FF8000FF","fit":"same"}],
 *	 "trays":[{"amsId":0,"slotId":1,"material":"PLA","color":"FF8000FF","remainPercent":80,"label":"A2","nozzle":0}]}
 *
 * Of a model with a rack of hotends beside these "rackNozzles":1,"hotends":[{"place":17,"number":2,"diameterMm":0.4,
 * "highFlow":false,"mounted":false}], and of each filament "hotend":17, which the start names, and "hotends":[17,19], which fit.
 * kind: "impossible" (cannot be overridden), "warning" (stops the job unless accepted), "note" (never stops it).
 * fit: "same" (material and colour), "color-differs", "material-differs", "unknown" (the tray's material is not told),
 * "none" (there is no tray). Rows: printer/preflight.def. What is not known is null; `nozzle` is 0 right or only, 1 left.
 */
#ifndef FUSE_PRINTER_PREFLIGHT_H
#define FUSE_PRINTER_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/models.h"
#include "printer/plates.h"
#include "printer/print_options.h"
#include "printer/state.h"

enum preflight_kind { PREFLIGHT_NOTE, PREFLIGHT_WARNING, PREFLIGHT_IMPOSSIBLE };

/* FINDING(NAME, "name", KIND, doc) of preflight.def. */
enum preflight_finding {
#define FINDING(NAME, ...) FINDING_##NAME,
#include "printer/preflight.def"
#undef FINDING
	FINDING_COUNT
};

#define PREFLIGHT_FINDINGS_MAX 24
#define PREFLIGHT_JSON_MAX_BYTES 65536

struct preflight_input {
	const struct plates *plates;
	uint32_t plate;
	bool stage_only;
	const struct model *model;
	const struct printer_state *state;
	enum tri developer_mode; /* by all that the worker knows */
	bool plate_used;	 /* nobody has said that the plate is clear, and somebody must */
	const struct print_options *options;
};

struct preflight_entry {
	enum preflight_finding finding;
	enum preflight_kind kind;
	bool accepted; /* a warning that the options accept */
	char sentence[240], remedy[400];
};

struct preflight {
	bool possible; /* no entry is IMPOSSIBLE */
	bool ready;    /* … and no WARNING is unaccepted: it may start */
	uint32_t count;
	struct preflight_entry entries[PREFLIGHT_FINDINGS_MAX]; /* the worst first */
	uint32_t mapping_count; /* = the project's filaments */
	struct spool_place mapping[PLATES_FILAMENTS_MAX];
	bool proposed[PLATES_FILAMENTS_MAX]; /* by us, not by the options */
	bool use_ams;
	bool names_nozzles; /* the start names hotends of a rack: */
	int32_t nozzles[PLATES_FILAMENTS_MAX]; /* their places, as nozzleMapping has them; -1 none */
};

void preflight_look(const struct preflight_input *input, struct preflight *ret_preflight);

/* The JSON form. Returns its length; what does not fit in `cap` (at least PREFLIGHT_JSON_MAX_BYTES) cannot be. */
size_t preflight_json(const struct preflight_input *input, const struct preflight *preflight, char *ret_json, size_t cap);

const char *preflight_finding_name(enum preflight_finding finding);
/* FINDING_COUNT when there is none of this name. */
enum preflight_finding preflight_finding_by_name(const char *name);

#endif
