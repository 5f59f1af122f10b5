/*
 * filament_type: an exact word of the list, else a synonym, else the polymer that the word begins with.
 */
#include "printer/filament_type.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"

#define WORD_BYTES 24

/* The enum of FilamentInfo.type in the public schema, in its order and spelling, without "". */
static const char *const types[] = {
	"PLA", "PET", "ABS", "ASA", "FLEX", "HIPS", "EDGE", "NGEN", "PA", "NYLON", "PVA", "PC", "PP", "PEI", "PEEK",
	"PEKK", "POM", "PSU", "PVDF", "SCAFF", "PETG", "TPU", "TPU-AMS", "PA-CF", "PA6-CF", "PA6-GF", "PLA-CF",
	"PET-CF", "PETG-CF", "PLA-AERO", "PPS", "PPS-CF", "PPA-CF", "PPA-GF", "PCTG", "ABS-GF", "ASA-Aero", "PE",
	"PE-CF", "PP-GF", "EVA", "PHA", "BVOH", "PP-CF",
};

/* What printers and slicers say, and what comes nearest to it in the list. Fibre counts for more than the grade of
 * the polymer: it decides about the nozzle. */
static const struct {
	const char *material, *type;
} synonyms[] = {
	{ "PA-GF", "PA6-GF" },	 { "PA12-GF", "PA6-GF" }, { "PAHT-GF", "PA6-GF" }, { "PAHT-CF", "PA-CF" },
	{ "PA12-CF", "PA-CF" },	 { "PA612-CF", "PA-CF" }, { "PAHT", "PA" },	   { "PEBA", "FLEX" },
	{ "TPE", "FLEX" },	 { "TPEE", "FLEX" },	  { "TPC", "FLEX" },	   { "CPE", "PETG" },
	{ "PPA", "PA" },
};

static const char *
exact(const char *word)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(types); i++)
		if (strcasecmp(types[i], word) == 0)
			return types[i];
	for (size_t i = 0; i < STR_ARRAY_LEN(synonyms); i++)
		if (strcasecmp(synonyms[i].material, word) == 0)
			return synonyms[i].type;
	return NULL;
}

const char *
filament_type_of(const char *material)
{
	char word[WORD_BYTES];
	size_t letters = 0;

	if (material[0] == '\0')
		return "";
	const char *type = exact(material);
	if (type != NULL)
		return type;
	/* "PLA-S", "PETG HF", "TPU95A", "PA12": the letters that it begins with. */
	while (letters < sizeof word - 1 && isalpha((unsigned char)material[letters]))
		letters++;
	memcpy(word, material, letters);
	word[letters] = '\0';
	type = exact(word);
	return type != NULL ? type : "";
}
