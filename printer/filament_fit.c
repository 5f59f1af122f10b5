/*
 * filament_fit: materials by the cloud's short list, colours as the eye sees them.
 */
#include "printer/filament_fit.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "printer/filament_type.h"

/* -- materials ------------------------------------------------------------------------------------------ */

/* "PLA-S", "ABS-S", "PA-S": made to be broken off, not to be printed with. */
static bool
is_support(const char *material)
{
	size_t len = strlen(material);

	return len > 2 && strcasecmp(material + len - 2, "-S") == 0;
}

bool
filament_is_same_material(const char *a, const char *b)
{
	if (a[0] == '\0' || b[0] == '\0')
		return false;
	if (strcasecmp(a, b) == 0)
		return true;
	const char *type = filament_type_of(a);
	return type[0] != '\0' && strcmp(type, filament_type_of(b)) == 0 && is_support(a) == is_support(b);
}

/* -- colours -------------------------------------------------------------------------------------------- */

/* IEC 61966-2-1: the two digits at `text`, as linear light. */
static double
light_of(const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *high = memchr(digits, text[0], 16), *low = memchr(digits, text[1], 16);
	double value = (double)((high - digits) * 16 + (low - digits)) / 255;

	return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

/* CIE 15: the cube root, straight near black. */
static double
lightness_of(double light)
{
	return light > 216.0 / 24389 ? cbrt(light) : light * 24389.0 / 27 / 116 + 16.0 / 116;
}

struct lab {
	double l, a, b;
};

static struct lab
lab_of(const char *color)
{
	double red = light_of(color), green = light_of(color + 2), blue = light_of(color + 4);
	double x = lightness_of((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
	double y = lightness_of(0.2126 * red + 0.7152 * green + 0.0722 * blue);
	double z = lightness_of((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);

	return (struct lab){ 116 * y - 16, 500 * (x - y), 200 * (y - z) };
}

static bool
is_color(const char *color)
{
	size_t len = strlen(color);

	return (len == 6 || len == 8) && strspn(color, "0123456789ABCDEF") == len && strcmp(color, "00000000") != 0;
}

/* Where colours are strong, the eye is less strict about how strong they are, and about their hue. */
double
filament_color_distance(const char *a, const char *b)
{
	if (!is_color(a) || !is_color(b))
		return (double)NAN;
	struct lab one = lab_of(a), other = lab_of(b);
	double chroma = sqrt(hypot(one.a, one.b) * hypot(other.a, other.b));
	double lightness = one.l - other.l, strength = hypot(one.a, one.b) - hypot(other.a, other.b);
	double hue_squared = pow(one.a - other.a, 2) + pow(one.b - other.b, 2) - strength * strength;
	return sqrt(lightness * lightness + pow(strength / (1 + 0.045 * chroma), 2) +
		    fmax(hue_squared, 0) / pow(1 + 0.015 * chroma, 2));
}

/* -- the whole ------------------------------------------------------------------------------------------ */

enum filament_fit
filament_fit(const struct project_filament *wanted, const struct tray *tray)
{
	if (tray == NULL || tray->material[0] == '\0')
		return FIT_UNKNOWN;
	if (wanted->material[0] != '\0' && !filament_is_same_material(wanted->material, tray->material))
		return FIT_MATERIAL_DIFFERS;
	/* Not a number when one is not told: that is no difference. */
	return filament_color_distance(wanted->color, tray->color) > COLOR_SAME_MAX ? FIT_COLOR_DIFFERS : FIT_SAME;
}

const char *
filament_fit_name(enum filament_fit fit)
{
	static const char *const names[FIT_COUNT] = {
#define X(NAME, id) [FIT_##NAME] = id,
		FILAMENT_FITS(X)
#undef X
	};

	return (unsigned)fit < FIT_COUNT ? names[fit] : "?";
}
