/*
 * gcode: line by line; what a comment tells is found by how it begins.
 */
#include "stored/filechk/gcode.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "stored/filechk/text.h"

#define GRAMS_MAX 20000.0
#define MM_MAX 1e8
#define DIAMETER_MIN_MM 0.01
#define DIAMETER_MAX_MM 5.0
#define LAYERS_MAX 1000000

typedef void take_fn(struct gcode *gcode, const char *value, size_t len);

void
gcode_init(struct gcode *gcode)
{
	memset(gcode, 0, sizeof *gcode);
	gcode->seconds = -1;
	gcode->layers = -1;
	for (size_t i = 0; i < PLATES_FILAMENTS_MAX; i++)
		gcode->groups[i] = CONTENTS_GROUP_NOT_TOLD;
}

/* -- what is told ----------------------------------------------------------------------------------------- */

/* "BambuStudio 02.01.01.52" and "OrcaSlicer 2.3.0 on 2026-08-10 at …": name and version. */
static void
take_slicer(struct gcode *gcode, const char *name, const char *version, size_t len)
{
	char words[32];

	if (gcode->slicer[0] != '\0')
		return;
	size_t word = 0;
	while (word < len && version[word] != ' ')
		word++;
	text_word(words, sizeof words, version, word);
	str_format(gcode->slicer, sizeof gcode->slicer, "%s%s%s", name, words[0] != '\0' ? "-" : "", words);
}

static void
take_bambu(struct gcode *gcode, const char *value, size_t len)
{
	take_slicer(gcode, "BambuStudio", value, len);
}

static void
take_generator(struct gcode *gcode, const char *value, size_t len)
{
	const char *blank = memchr(value, ' ', len);
	char name[32];

	if (blank == NULL)
		return;
	text_word(name, sizeof name, value, (size_t)(blank - value));
	if (name[0] != '\0')
		take_slicer(gcode, name, blank + 1, len - (size_t)(blank + 1 - value));
}

static void
take_printer(struct gcode *gcode, const char *value, size_t len)
{
	if (gcode->printer_name[0] == '\0')
		text_clean(gcode->printer_name, sizeof gcode->printer_name, value, len);
}

static void
take_bed(struct gcode *gcode, const char *value, size_t len)
{
	if (gcode->bed_type[0] == '\0')
		contents_bed_type(gcode->bed_type, value, len);
}

static void
take_duration(struct gcode *gcode, const char *value, size_t len)
{
	if (gcode->seconds < 0)
		gcode->seconds = text_duration(value, len);
}

/* "model printing time: 9m 48s; total estimated time: 18m 1s": the latter is how long it takes. */
static void
take_times(struct gcode *gcode, const char *value, size_t len)
{
	static const char total[] = "total estimated time:";
	const char *at = memmem(value, len, total, sizeof total - 1);

	if (at == NULL)
		return;
	at += sizeof total - 1;
	take_duration(gcode, at, len - (size_t)(at - value));
}

/* Cura's ";TIME:6183". */
static void
take_seconds(struct gcode *gcode, const char *value, size_t len)
{
	double seconds;

	if (gcode->seconds < 0 && text_number(value, len, 365 * 86400.0, &seconds))
		gcode->seconds = (int64_t)seconds;
}

static void
take_layers(struct gcode *gcode, const char *value, size_t len)
{
	uint32_t layers;

	if (gcode->layers < 0 && text_whole(value, len, LAYERS_MAX, &layers))
		gcode->layers = (int32_t)layers;
}

/* Numbers with commas between them; 0 of them when one is none. */
static uint32_t
take_numbers(const char *value, size_t len, double max, double *to, uint32_t cap)
{
	struct text_list list = { .at = value, .end = value + len, .separator = ',' };
	uint32_t count = 0;

	while (text_list_next(&list))
		if (count == cap || !text_number(list.part, list.part_len, max, &to[count++]))
			return 0;
	return count;
}

static void
take_nozzles(struct gcode *gcode, const char *value, size_t len)
{
	double diameters[PLATES_FILAMENTS_MAX];

	if (gcode->nozzle_count > 0)
		return;
	uint32_t count = take_numbers(value, len, DIAMETER_MAX_MM, diameters, PLATES_FILAMENTS_MAX);
	for (uint32_t i = 0; i < count && gcode->nozzle_count < PLATES_NOZZLES_MAX; i++)
		if (diameters[i] >= DIAMETER_MIN_MM)
			gcode->nozzles_mm[gcode->nozzle_count++] = diameters[i];
}

static void
take_grams(struct gcode *gcode, const char *value, size_t len)
{
	if (gcode->grams_count == 0)
		gcode->grams_count = take_numbers(value, len, GRAMS_MAX, gcode->grams, PLATES_FILAMENTS_MAX);
}

static void
take_lengths(struct gcode *gcode, const char *value, size_t len)
{
	if (gcode->meters_count > 0)
		return;
	gcode->meters_count = take_numbers(value, len, MM_MAX, gcode->meters, PLATES_FILAMENTS_MAX);
	for (uint32_t i = 0; i < gcode->meters_count; i++)
		gcode->meters[i] /= 1000;
}

/* Cura's "4.42498m" and "4.42498m, 0m": of each extruder. */
static void
take_cura_lengths(struct gcode *gcode, const char *value, size_t len)
{
	struct text_list list = { .at = value, .end = value + len, .separator = ',' };
	double meters[PLATES_FILAMENTS_MAX];
	uint32_t count = 0;

	if (gcode->meters_count > 0)
		return;
	while (count < PLATES_FILAMENTS_MAX && text_list_next(&list)) {
		bool is_metric = list.part_len > 1 && list.part[list.part_len - 1] == 'm';
		if (!is_metric || !text_number(list.part, list.part_len - 1, MM_MAX / 1000, &meters[count++]))
			return;
	}
	gcode->meters_count = count;
	memcpy(gcode->meters, meters, count * sizeof *meters);
}

/* "1,3": the filaments that are used, from 1. */
static void
take_used(struct gcode *gcode, const char *value, size_t len)
{
	struct text_list list = { .at = value, .end = value + len, .separator = ',' };
	uint32_t number;

	if (gcode->used_count > 0)
		return;
	while (gcode->used_count < PLATES_FILAMENTS_MAX && text_list_next(&list)) {
		if (!text_whole(list.part, list.part_len, PLATES_FILAMENTS_MAX, &number) || number == 0) {
			gcode->used_count = 0;
			return;
		}
		gcode->used[gcode->used_count++] = number - 1;
	}
}

/* "2,1": the slicer's extruder of each filament, from 1. */
static void
take_groups(struct gcode *gcode, const char *value, size_t len)
{
	struct text_list list = { .at = value, .end = value + len, .separator = ',' };
	uint32_t number;

	for (size_t i = 0; i < PLATES_FILAMENTS_MAX && text_list_next(&list); i++)
		if (gcode->groups[i] < 0 &&
		    text_whole(list.part, list.part_len, CONTENTS_EXTRUDERS_MAX, &number) && number > 0)
			gcode->groups[i] = (int32_t)number - 1;
}

/* Lists of the project's filaments, with semicolons between them. */
static struct project_filament *
next_filament(struct gcode *gcode, struct text_list *list, uint32_t *index)
{
	if (*index == PLATES_FILAMENTS_MAX || !text_list_next(list))
		return NULL;
	struct project_filament *filament = &gcode->filaments[(*index)++];
	if (gcode->filament_count < *index)
		gcode->filament_count = *index;
	return filament;
}

static void
take_materials(struct gcode *gcode, const char *value, size_t len)
{
	struct text_list list = { .at = value, .end = value + len, .separator = ';' };
	struct project_filament *filament;

	for (uint32_t i = 0; (filament = next_filament(gcode, &list, &i)) != NULL;)
		if (filament->material[0] == '\0')
			text_clean(filament->material, sizeof filament->material, list.part, list.part_len);
}

static void
take_colors(struct gcode *gcode, const char *value, size_t len)
{
	struct text_list list = { .at = value, .end = value + len, .separator = ';' };
	struct project_filament *filament;

	for (uint32_t i = 0; (filament = next_filament(gcode, &list, &i)) != NULL;)
		if (filament->color[0] == '\0')
			text_color(filament->color, list.part, list.part_len);
}

static void
take_profiles(struct gcode *gcode, const char *value, size_t len)
{
	struct text_list list = { .at = value, .end = value + len, .separator = ';' };
	struct project_filament *filament;

	for (uint32_t i = 0; (filament = next_filament(gcode, &list, &i)) != NULL;)
		if (filament->profile[0] == '\0')
			text_word(filament->profile, sizeof filament->profile, list.part, list.part_len);
}

static void
take_begin(struct gcode *gcode, const char *value, size_t len)
{
	(void)value, (void)len;
	gcode->begins_blocks = true;
}

static void
take_end(struct gcode *gcode, const char *value, size_t len)
{
	(void)value, (void)len;
	gcode->ends_blocks = true;
}

/* -- lines ------------------------------------------------------------------------------------------------ */

/* How a comment begins, without its semicolon and the blanks behind that. */
static const struct comment {
	const char *begin;
	take_fn *take;
} comments[] = {
	{ "BambuStudio ", take_bambu },
	{ "generated by ", take_generator },
	{ "Generated with ", take_generator },
	{ "EXECUTABLE_BLOCK_START", take_begin },
	{ "EXECUTABLE_BLOCK_END", take_end },
	{ "model printing time:", take_times },
	{ "estimated printing time (normal mode) =", take_duration },
	{ "TIME:", take_seconds },
	{ "total layer number:", take_layers },
	{ "total layers count =", take_layers },
	{ "LAYER_COUNT:", take_layers },
	{ "total filament weight [g] :", take_grams },
	{ "filament used [g] =", take_grams },
	{ "total filament length [mm] :", take_lengths },
	{ "filament used [mm] =", take_lengths },
	{ "Filament used:", take_cura_lengths },
	{ "filament:", take_used },
	{ "filament_map =", take_groups },
	{ "filament_type =", take_materials },
	{ "filament_colour =", take_colors },
	{ "filament_ids =", take_profiles },
	{ "nozzle_diameter =", take_nozzles },
	{ "curr_bed_type =", take_bed },
	{ "printer_model =", take_printer },
	{ "TARGET_MACHINE.NAME:", take_printer },
};

static void
take_comment(struct gcode *gcode, const char *line, size_t len)
{
	for (; len > 0 && (*line == ';' || *line == ' '); len--)
		line++;
	for (size_t i = 0; i < STR_ARRAY_LEN(comments); i++) {
		size_t begin_len = strlen(comments[i].begin);
		if (len < begin_len || memcmp(line, comments[i].begin, begin_len) != 0)
			continue;
		line += begin_len;
		for (len -= begin_len; len > 0 && *line == ' '; len--)
			line++;
		comments[i].take(gcode, line, len);
		return;
	}
}

static bool
is_command(const char *line, size_t len)
{
	return len >= 2 && strchr("GMT", line[0]) != NULL && line[0] != '\0' && isdigit((unsigned char)line[1]);
}

static void
take_line(struct gcode *gcode, const char *line, size_t len)
{
	for (; len > 0 && (*line == ' ' || *line == '\t'); len--)
		line++;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len > 0 && *line == ';')
		take_comment(gcode, line, len);
	else if (is_command(line, len))
		gcode->commands++;
}

void
gcode_parse(struct gcode *gcode, const char *bytes, size_t len, bool is_head, bool is_end)
{
	const char *at = bytes, *end = bytes + len;

	if (memchr(bytes, '\0', len) != NULL)
		gcode->has_strange_bytes = true;
	if (is_head && len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		at += 3;
	for (bool is_whole = is_head; at < end; is_whole = true) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		if (is_whole && (stop != NULL || is_end))
			take_line(gcode, at, (size_t)((stop != NULL ? stop : end) - at));
		at = stop != NULL ? stop + 1 : end;
	}
}

/* -- into the contents ------------------------------------------------------------------------------------ */

static void
apply_project(const struct gcode *gcode, struct contents *contents)
{
	if (contents->plates.slicer[0] == '\0')
		str_copy(contents->plates.slicer, sizeof contents->plates.slicer, gcode->slicer);
	if (contents->printer_name[0] == '\0')
		str_copy(contents->printer_name, sizeof contents->printer_name, gcode->printer_name);
	for (uint32_t i = 0; i < gcode->filament_count; i++)
		contents_fill_filament(contents_filament(contents, i), &gcode->filaments[i]);
}

/* Which filament of the project the entry `i` of a list of `count` is for; UINT32_MAX when that cannot be told. */
static uint32_t
filament_of(const struct gcode *gcode, uint32_t i, uint32_t count)
{
	if (gcode->used_count == count)
		return gcode->used[i];
	return count == gcode->filament_count || count == 1 ? i : UINT32_MAX;
}

/* Only when nobody has told what the plate needs. */
static void
apply_uses(const struct gcode *gcode, struct plate *plate)
{
	for (uint32_t i = 0; i < gcode->used_count; i++)
		contents_use(plate, gcode->used[i]);
	for (uint32_t i = 0; i < gcode->grams_count; i++) {
		uint32_t index = filament_of(gcode, i, gcode->grams_count);
		if (index != UINT32_MAX && gcode->grams[i] > 0)
			contents_use(plate, index)->grams = gcode->grams[i];
	}
	for (uint32_t i = 0; i < gcode->meters_count; i++) {
		uint32_t index = filament_of(gcode, i, gcode->meters_count);
		if (index != UINT32_MAX && gcode->meters[i] > 0)
			contents_use(plate, index)->meters = gcode->meters[i];
	}
	if (isnan(plate->grams) && gcode->grams_count > 0) {
		plate->grams = 0;
		for (uint32_t i = 0; i < gcode->grams_count; i++)
			plate->grams += gcode->grams[i];
	}
}

void
gcode_apply(const struct gcode *gcode, struct contents *contents, struct plate *plate, struct contents_more *more)
{
	apply_project(gcode, contents);
	if (plate->seconds < 0)
		plate->seconds = gcode->seconds;
	if (plate->layers < 0)
		plate->layers = gcode->layers;
	if (plate->bed_type[0] == '\0')
		str_copy(plate->bed_type, sizeof plate->bed_type, gcode->bed_type);
	if (plate->nozzle_count == 0) {
		plate->nozzle_count = gcode->nozzle_count;
		memcpy(plate->nozzles_mm, gcode->nozzles_mm, sizeof plate->nozzles_mm);
	}
	if (plate->filament_count == 0)
		apply_uses(gcode, plate);
	for (size_t i = 0; i < PLATES_FILAMENTS_MAX; i++)
		if (more->groups[i] == CONTENTS_GROUP_NOT_TOLD)
			more->groups[i] = gcode->groups[i];
}
