/*
 * plates: what is in a print file, as fuse-filechk has found it out and the store keeps it. One JSON object:
 *
 *	{"kind":"3mf","slicer":"BambuStudio-01.10.02.64","model":"X1C","modelCode":"BL-P001",
 *	 "filaments":[{"index":0,"material":"PLA","color":"FF8000FF","profile":"GFL99"},…],     of the whole project
 *	 "plates":[{"plate":1,"name":"","gcode":"Metadata/plate_1.gcode","gcodeBytes":812345,"seconds":5025,
 *	            "grams":31.7,"layers":212,"nozzlesMm":[0.4],"bedType":"Textured PEI Plate","picture":true,
 *	            "supports":false,
 *	            "filaments":[{"index":0,"grams":31.7,"meters":10.6,"nozzle":0,"highFlow":false}],    that this plate uses
 *	            "objects":[{"id":123,"name":"bracket"}]}],
 *	 "notes":["…"]}
 *
 * `index` counts the project's filaments from 0, in the order in which ams_mapping wants them. A plate is listed when
 * its G-code is there. What the file does not tell is left out ("model", "name", "slicer", "profile": ""). A plain
 * G-code file is one plate, number 1, with "gcode":"". Where one extruder changes between nozzles of a rack, a plate has
 * "rackNozzles":3, how many it needs of them. docs/protocol.md, "Print files".
 *
 * Reading is pure and bounded; any bytes give plates or a fault.
 */
#ifndef FUSE_PRINTER_PLATES_H
#define FUSE_PRINTER_PLATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/terms.h"

#define PLATES_JSON_MAX_BYTES 122880
#define PLATES_MAX 64
#define PLATES_FILAMENTS_MAX 32 /* of a project */
#define PLATES_NOZZLES_MAX 2
#define PLATES_RACK_MAX 64

struct plate_filament {
	uint32_t index;		 /* of the project's filaments */
	double grams, meters;	 /* NAN = not told */
	int32_t nozzle;		 /* extruder that it is sliced for: 0 right or only, 1 left; -1 not told */
	int32_t high_flow;	 /* is it sliced for a nozzle of high flow? 0 no, 1 yes; -1 not told */
};

struct plate {
	uint32_t number; /* from 1 */
	char name[64], gcode[64], bed_type[32];
	uint64_t gcode_bytes;
	int64_t seconds; /* -1 = not told */
	double grams;	 /* NAN = not told */
	int32_t layers;	 /* -1 = not told */
	uint32_t nozzle_count;
	double nozzles_mm[PLATES_NOZZLES_MAX];
	uint32_t rack_nozzles; /* that one extruder changes between; 0 = it has one, or it is not told */
	bool has_picture;
	uint32_t filament_count;
	struct plate_filament filaments[PLATES_FILAMENTS_MAX];
};

struct project_filament {
	char material[24], color[9], profile[16]; /* "PLA"; RRGGBBAA upper case or ""; "GFL99" or "" */
};

struct plates {
	enum file_kind kind;
	char slicer[48], model[16], model_code[32]; /* `model`: key of printer/models.def or "" */
	uint32_t filament_count;
	struct project_filament filaments[PLATES_FILAMENTS_MAX]; /* of the project, by index */
	uint32_t plate_count;
	struct plate plates[PLATES_MAX];
};

/* Read the JSON form. False, with the reason in `ret_fault` (static storage), when it is none or beyond the bounds. */
bool plates_read(const void *json, size_t len, struct plates *ret_plates, const char **ret_fault);

/* The plate of this number; NULL when there is none. */
const struct plate *plates_find(const struct plates *plates, uint32_t number);

#endif
