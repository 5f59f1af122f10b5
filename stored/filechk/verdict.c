/*
 * verdict: the words.
 */
#include "stored/filechk/verdict.h"

#include <math.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "printer/models.h"
#include "printer/print_amount.h"

#define MATERIALS_MAX 3 /* named in a sentence */

void
verdict_refuse(struct verdict *ret_verdict, enum unprintable why)
{
	static const struct { const char *sentence, *remedy; } words[] = {
#define UNPRINTABLE(NAME, sentence, remedy) { sentence, remedy },
#include "stored/filechk/unprintable.def"
	};
#define UNPRINTABLE(NAME, sentence, remedy)                                                                          \
	_Static_assert(sizeof sentence <= VERDICT_TEXT_BYTES && sizeof remedy <= VERDICT_TEXT_BYTES, #NAME);
#include "stored/filechk/unprintable.def"

	*ret_verdict = (struct verdict){ .printable = false };
	str_copy(ret_verdict->sentence, sizeof ret_verdict->sentence, words[why].sentence);
	str_copy(ret_verdict->remedy, sizeof ret_verdict->remedy, words[why].remedy);
}

void
verdict_refuse_archive(struct verdict *ret_verdict, enum archive_fault fault)
{
	static const enum unprintable why[] = {
		[ARCHIVE_CUT_OFF] = UNPRINTABLE_CUT_OFF,   [ARCHIVE_DAMAGED] = UNPRINTABLE_DAMAGED,
		[ARCHIVE_TOO_MANY] = UNPRINTABLE_TOO_MANY, [ARCHIVE_LOCKED] = UNPRINTABLE_LOCKED,
		[ARCHIVE_STRANGE] = UNPRINTABLE_STRANGE,   [ARCHIVE_BOMB] = UNPRINTABLE_BOMB,
		[ARCHIVE_TOO_LARGE] = UNPRINTABLE_TOO_LARGE,
	};

	ENSURE(fault != ARCHIVE_FINE);
	if (fault == ARCHIVE_UNREADABLE)
		*ret_verdict = (struct verdict){ .is_unreadable = true };
	else
		verdict_refuse(ret_verdict, why[fault]);
}

/* -- praise --------------------------------------------------------------------------------------------------- */

static void
append(char *text, const char *more)
{
	size_t len = strlen(text);

	str_copy(text + len, VERDICT_TEXT_BYTES - len, more);
}

static void
append_model(char *text, struct contents *contents)
{
	const char *told =
		contents->plates.model_code[0] != '\0' ? contents->plates.model_code : contents->printer_name;
	char words[128];

	if (contents->plates.model[0] != '\0') {
		str_format(words, sizeof words, " for the %s", model_by_key(contents->plates.model)->name);
		append(text, words);
	} else if (told[0] != '\0') {
		str_format(words, sizeof words, " for a printer that Fuse does not know (%s)", told);
		append(text, words);
		contents_note(contents, "It was sliced for %s, which is none of the models that Fuse knows.", told);
	} else {
		append(text, " for a printer that it does not name");
		contents_note(contents, "It does not say which model it was sliced for.");
	}
}

static void
append_sum(char *text, const char *between, const char *words)
{
	if (words[0] == '\0')
		return;
	append(text, between);
	append(text, words);
}

/* Of all plates; an unknown of one makes the sum unknown. */
static void
append_sums(char *text, const struct plates *plates)
{
	int64_t seconds = 0;
	double grams = 0;
	char words[PRINT_AMOUNT_BYTES];

	for (uint32_t i = 0; i < plates->plate_count; i++) {
		seconds = seconds < 0 || plates->plates[i].seconds < 0 ? -1 : seconds + plates->plates[i].seconds;
		grams += plates->plates[i].grams;
	}
	print_amount_time(seconds, words);
	append_sum(text, ": ", words);
	bool has_time = words[0] != '\0';
	print_amount_weight(grams, words);
	append_sum(text, has_time ? ", " : ": ", words);
}

/* The materials that a plate uses, each once. */
static size_t
materials_of(const struct plates *plates, const char *ret_materials[PLATES_FILAMENTS_MAX])
{
	bool is_used[PLATES_FILAMENTS_MAX] = { false };
	size_t count = 0;

	for (uint32_t i = 0; i < plates->plate_count; i++)
		for (uint32_t j = 0; j < plates->plates[i].filament_count; j++)
			is_used[plates->plates[i].filaments[j].index] = true;
	for (uint32_t i = 0; i < plates->filament_count; i++) {
		bool is_new = is_used[i] && plates->filaments[i].material[0] != '\0';
		for (size_t j = 0; j < count && is_new; j++)
			is_new = strcmp(ret_materials[j], plates->filaments[i].material) != 0;
		if (is_new)
			ret_materials[count++] = plates->filaments[i].material;
	}
	return count;
}

static void
append_materials(char *text, const struct plates *plates)
{
	const char *materials[PLATES_FILAMENTS_MAX];
	size_t count = materials_of(plates, materials);

	for (size_t i = 0; i < count && i < MATERIALS_MAX; i++) {
		append(text, i == 0 ? " " : i + 1 < count ? ", " : " and ");
		append(text, materials[i]);
	}
	if (count > MATERIALS_MAX)
		append(text, " and more");
}

void
verdict_praise(struct verdict *ret_verdict, struct contents *contents, uint32_t left_out)
{
	const struct plates *plates = &contents->plates;
	char *text = ret_verdict->sentence, words[64];

	*ret_verdict = (struct verdict){ .printable = true };
	if (plates->plate_count == 1)
		append(text, plates->kind == FILE_KIND_GCODE ? "G-code" : "One plate");
	else
		str_format(text, VERDICT_TEXT_BYTES, "%u plates", (unsigned)plates->plate_count);
	append_model(text, contents);
	append_sums(text, plates);
	append_materials(text, plates);
	append(text, ".");
	if (left_out > 0) {
		str_format(words, sizeof words, " %u more %s damaged and left out.", (unsigned)left_out,
			   left_out == 1 ? "is" : "are");
		append(text, words);
	}
}
