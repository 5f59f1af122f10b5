/*
 * contents: what is found in a print file, bit by bit: each reader fills in what nobody has told before it, the best
 * source first. At the end it is written as printer/plates.h has it. Pure.
 */
#ifndef FUSE_STORED_FILECHK_CONTENTS_H
#define FUSE_STORED_FILECHK_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/plates.h"

#define CONTENTS_PLATE_NUMBER_MAX 999
#define CONTENTS_OBJECTS_MAX 256 /* of a plate that are listed */
#define CONTENTS_NOTES_MAX 12
#define CONTENTS_NOTE_BYTES 200
#define CONTENTS_EXTRUDERS_MAX 2
#define CONTENTS_GROUP_NOT_TOLD (-1)
#define CONTENTS_GROUP_SEVERAL (-2) /* more than one extruder */

struct contents_object {
	uint32_t id;
	char name[64];
};

/* Of a plate, beside struct plate. */
struct contents_more {
	bool supports_told, has_supports;
	bool is_outside; /* the slicer says that something lies outside of the printable area */
	/* By project filament: the slicer's extruder, from 0, or CONTENTS_GROUP_…. What is in `plans` counts where `groups`
	 * tells nothing: slicing may have decided otherwise. */
	int32_t groups[PLATES_FILAMENTS_MAX], plans[PLATES_FILAMENTS_MAX];
	uint32_t object_count; /* may be more than are listed */
	struct contents_object objects[CONTENTS_OBJECTS_MAX]; /* as many as that are set */
};

struct contents {
	struct plates plates;
	char printer_name[48]; /* "Bambu Lab P1S", as the slicer calls it; "" not told */
	/* For plates that say nothing else: */
	char bed_type[32];
	uint32_t nozzle_count;
	double nozzles_mm[PLATES_NOZZLES_MAX];
	/* The printer's number of each of the slicer's extruders; the slicer counts from the left, the printer from the
	 * right. 0 entries = not told. */
	uint32_t extruder_count;
	int32_t extruders[CONTENTS_EXTRUDERS_MAX];
	bool has_too_many; /* plates or filaments: some are not here */
	uint32_t note_count;
	char notes[CONTENTS_NOTES_MAX][CONTENTS_NOTE_BYTES];
	struct contents_more more[PLATES_MAX]; /* at the same place as in plates.plates; as many as those are set */
};

void contents_init(struct contents *contents);

/* A plate about which nothing is told. */
void contents_blank_plate(struct plate *ret_plate, struct contents_more *ret_more);

/* The plate of this number (from 1) and what goes with it; NULL when there is none. */
struct plate *contents_find(struct contents *contents, uint32_t number, struct contents_more **ret_more);
/* The same; it is made when it is not there. NULL when there are too many, or the number is none. */
struct plate *contents_plate(struct contents *contents, uint32_t number, struct contents_more **ret_more);
void contents_drop(struct contents *contents, uint32_t number);

/* The project's filament of this index; the list grows as needed. NULL when that is too many. */
struct project_filament *contents_filament(struct contents *contents, uint32_t index);

/* What nobody has told of it yet. */
void contents_fill_filament(struct project_filament *kept, const struct project_filament *told);

/* What this plate needs of a filament; made when it is not there. NULL when that is too many. */
struct plate_filament *contents_use(struct plate *plate, uint32_t index);

/* A sentence about the file; more than fit are forgotten. */
void contents_note(struct contents *contents, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Nothing is filled in any more: which model it is for, which nozzle each filament goes to, plates in their order, and
 * what a plate itself does not tell. */
void contents_settle(struct contents *contents);

/* "Textured PEI Plate" of "textured_plate" and of "Textured PEI Plate"; what is in no table as it is, cleaned. */
void contents_bed_type(char ret_words[32], const char *from, size_t len);

/*
 * The JSON form into `to` (at least PLATES_JSON_MAX_BYTES); its length without the NUL. When it would not fit, no plate
 * has its objects; should that not do, the last plates are dropped from `contents`. A note says so.
 */
size_t contents_json(struct contents *contents, char *to, size_t cap);

#endif
