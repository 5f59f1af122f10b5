/*
 * testfile_inner: what the files of the test print share: what is printed, in figures.
 */
#ifndef FUSE_WORKER_VIRTUAL_TESTFILE_INNER_H
#define FUSE_WORKER_VIRTUAL_TESTFILE_INNER_H

#include "worker/virtual/testfile.h"

#define TESTFILE_LAYERS 150
#define TESTFILE_WALLS 4
#define TESTFILE_POINTS 540 /* around each */
#define TESTFILE_MATERIAL "PLA"
#define TESTFILE_PROFILE "GFL99"
#define TESTFILE_COLOR "#FF8000"
#define TESTFILE_BED "Textured PEI Plate"
#define TESTFILE_PLATE "Metadata/plate_1"

struct testfile_figures {
	const struct model *model;
	char nozzle[8], nozzles[20];  /* "0.4"; "0.4,0.4" with two extruders */
	char code[32], printer[64];   /* "BL-P001", "Bambu Lab X1 Carbon"; "" where the model has none */
	double layer_mm, segment_e_mm; /* filament for one move */
	double meters, grams;
	int64_t print_s, total_s; /* the model alone; with what is before */
};

void testfile_figure(const struct model *model, const char *nozzle, struct testfile_figures *ret_figures);

/* The texts of the small parts; each returns its length. */
#define TESTFILE_TEXT_BYTES 4096
size_t testfile_write_head(const struct testfile_figures *figures, char to[TESTFILE_TEXT_BYTES]); /* of the G-code */
size_t testfile_write_layer(const struct testfile_figures *figures, unsigned layer, char to[TESTFILE_TEXT_BYTES]);
size_t testfile_write_tail(char to[TESTFILE_TEXT_BYTES]);
size_t testfile_write_types(char to[TESTFILE_TEXT_BYTES]);
size_t testfile_write_model(char to[TESTFILE_TEXT_BYTES]);
size_t testfile_write_project(const struct testfile_figures *figures, char to[TESTFILE_TEXT_BYTES]);
size_t testfile_write_slice_info(const struct testfile_figures *figures, char to[TESTFILE_TEXT_BYTES]);
size_t testfile_write_model_settings(char to[TESTFILE_TEXT_BYTES]);
size_t testfile_write_plate(const struct testfile_figures *figures, char to[TESTFILE_TEXT_BYTES]);

/* A picture of the cylinder, PNG. Returns its length; `width` at most TESTFILE_PICTURE_MAX. */
#define TESTFILE_PICTURE_MAX 256
#define TESTFILE_PICTURE_BYTES (TESTFILE_PICTURE_MAX * (TESTFILE_PICTURE_MAX + 1) + 1024)
size_t testfile_draw(unsigned width, uint8_t to[TESTFILE_PICTURE_BYTES]);

#endif
