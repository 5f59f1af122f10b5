/*
 * filament_fit: is what lies in a slot what a file was sliced for? Pure.
 */
#ifndef FUSE_PRINTER_FILAMENT_FIT_H
#define FUSE_PRINTER_FILAMENT_FIT_H

#include "printer/plates.h"
#include "printer/state.h"

/* UNKNOWN: the slot's material is not told. */
#define FILAMENT_FITS(X)                                                                                             \
	X(SAME, "same") X(COLOR_DIFFERS, "color-differs") X(MATERIAL_DIFFERS, "material-differs")                    \
	X(UNKNOWN, "unknown") X(NONE, "none")
enum filament_fit {
#define X(NAME, id) FIT_##NAME,
	FILAMENT_FITS(X)
#undef X
	FIT_COUNT
};

/* Colours that are at most so far apart pass for the same. */
#define COLOR_SAME_MAX 8.0

/* NULL tray or one without a material: UNKNOWN. Never NONE, which is said where there is no slot. */
enum filament_fit filament_fit(const struct project_filament *wanted, const struct tray *tray);

/* Is it the same material, for slicers and printers that call it by different names ("PLA Silk", "PA-GF")? What
 * supports a material ("PLA-S") is another than that. False when one of them is "". */
bool filament_is_same_material(const char *a, const char *b);

/*
 * How far two colours RRGGBB[AA] are apart for the eye (CIE 1994, over L*a*b* under D65): 0 the same, about 2 can be
 * told apart, 100 black and white. Alpha does not count. NAN when one is not a colour, or is 00000000: not set.
 */
double filament_color_distance(const char *a, const char *b);

const char *filament_fit_name(enum filament_fit fit);

#endif
