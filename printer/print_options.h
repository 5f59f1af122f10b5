/*
 * print_options: how a job shall be printed. One JSON object, every member optional:
 *
 *	{"bedType":"auto","bedLeveling":"auto","flowCalibration":"auto","vibrationCalibration":false,
 *	 "layerInspect":false,"timelapse":false,"nozzleOffsetCalibration":"auto","useAms":"auto",
 *	 "amsMapping":[{"amsId":0,"slotId":1},null,{"amsId":255,"slotId":0}],
 *	 "accept":["door-open","material-differs"]}
 *
 * bedLeveling, flowCalibration, nozzleOffsetCalibration: true, false or "auto" (the printer decides).
 * useAms: true, false or "auto": as the mapping needs. amsMapping: by index of the project's filaments (printer/
 * plates.h); amsId 0-3, 16, 128-135 with the slot in it, or 255/254 for an external spool; a flat number (amsId * 4 +
 * slot, 128-135, 254, 255; -1 = unused) is understood, too; null = unused. Not given: as preflight proposes.
 * nozzleMapping: the H2C alone: by index of the project's filaments the place of the hotend, 1 the fixed one on the
 * left, 16 to 21 those of the rack (as the printer numbers them in its reports); null = unused: [1,17,null].
 * accept: the warnings of preflight (printer/preflight.def) that do not stop this job; "all" in it: none does.
 * BambuConfig's names (use_ams, do_bed_leveling, do_flow_cali, bed_type with its own values) are understood as well.
 *
 * Pure; any bytes give options or a fault.
 */
#ifndef FUSE_PRINTER_PRINT_OPTIONS_H
#define FUSE_PRINTER_PRINT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/plates.h"

#define PRINT_OPTIONS_MAX_BYTES 4096

enum choice { CHOICE_OFF, CHOICE_ON, CHOICE_AUTO };

struct spool_place {
	int32_t ams_id, slot_id; /* -1, -1 = unused */
};

struct print_options {
	char bed_type[24]; /* as project_file wants it: "auto", "cool_plate", "textured_plate", … */
	enum choice bed_leveling, flow_calibration, nozzle_offset_calibration, use_ams;
	bool vibration_calibration, layer_inspect, timelapse;
	bool has_mapping;
	uint32_t mapping_count;
	struct spool_place mapping[PLATES_FILAMENTS_MAX];
	bool has_nozzle_mapping;
	uint32_t nozzle_count;
	int32_t nozzles[PLATES_FILAMENTS_MAX]; /* -1 = unused */
	bool accepts_all;
	uint32_t accepts; /* bits 1 << enum preflight_finding (printer/preflight.def) */
};

/* What a job without options has. */
void print_options_init(struct print_options *options);

/* Read the JSON form ("" = none given). False: `ret_sentence` says what is wrong, for a person. */
bool print_options_read(const void *json, size_t len, struct print_options *ret_options, char *ret_sentence, size_t cap);

#endif
