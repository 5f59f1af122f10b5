/*
 * filament_color: the name of the nearest row.
 */
#include "printer/filament_color.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "common/str.h"
#include "printer/filament_fit.h"

static const struct {
	const char *color, *name;
} rows[] = {
#define COLOR(color, name) { color, name },
#include "printer/filament_colors.def"
};

const char *
filament_color_name(const char *color)
{
	const char *nearest = "";
	double least = INFINITY;

	if (isnan(filament_color_distance(color, color)))
		return "";
	if (strlen(color) == 8 && strcmp(color + 6, "00") == 0)
		return "clear";
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		double distance = filament_color_distance(rows[i].color, color);
		if (distance < least) {
			least = distance;
			nearest = rows[i].name;
		}
	}
	return nearest;
}
