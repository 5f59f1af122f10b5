/*
 * gcode: what slicers write into the comments of G-code. Bambu Studio and OrcaSlicer tell all at the head, PrusaSlicer
 * most at the end, Cura little. Pure; what is wanted is a piece from the head and one from the end, whole lines or not.
 */
#ifndef FUSE_STORED_FILECHK_GCODE_H
#define FUSE_STORED_FILECHK_GCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored/filechk/contents.h"

#define GCODE_HEAD_BYTES (1 << 20) /* enough for pictures and settings */
#define GCODE_TAIL_BYTES (1 << 18)

struct gcode {
	char slicer[48];       /* "BambuStudio-02.01.01.52"; "" not told */
	char printer_name[48]; /* "Bambu Lab P1S" */
	char bed_type[32];
	int64_t seconds; /* -1 not told */
	int32_t layers;	 /* -1 not told */
	uint32_t nozzle_count;
	double nozzles_mm[PLATES_NOZZLES_MAX];
	uint32_t filament_count; /* of the project */
	struct project_filament filaments[PLATES_FILAMENTS_MAX];
	int32_t groups[PLATES_FILAMENTS_MAX]; /* the slicer's extruder of each, from 0; -1 not told */
	/* As the lists stand there; they go with `used`, or with all filaments of the project. */
	uint32_t used_count, grams_count, meters_count;
	uint32_t used[PLATES_FILAMENTS_MAX]; /* filaments of the project, from 0 */
	double grams[PLATES_FILAMENTS_MAX], meters[PLATES_FILAMENTS_MAX];
	uint32_t commands;		/* lines that are commands: G, M or T and a number */
	bool has_strange_bytes;		/* it is no text */
	bool begins_blocks, ends_blocks; /* Bambu Studio marks where the commands begin and end */
};

void gcode_init(struct gcode *gcode);

/*
 * Read a piece. The first piece is read with `is_head`; a line that is cut at an end that is not the file's own is left
 * alone (`is_end`: this piece reaches to the file's end). Of what is told twice, the first counts.
 */
void gcode_parse(struct gcode *gcode, const char *bytes, size_t len, bool is_head, bool is_end);

/* Fill in what is not told yet of the project and of this plate of it. */
void gcode_apply(const struct gcode *gcode, struct contents *contents, struct plate *plate, struct contents_more *more);

#endif
