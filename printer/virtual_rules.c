/*
 * virtual_rules: one function a field.
 */
#include "printer/virtual_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/miniobj.h"
#include "common/str.h"

#define USUAL_MODEL "X1C"
#define USUAL_NOZZLE "0.4"
#define SHOWN_BYTES 25 /* of foreign text within a sentence */

static const char blanks[] = " \t\r\n\v\f";

static const struct {
	enum ams_kind kind;
	const char *id, *name;
} kinds[] = {
#define X(NAME, id, name) { AMS_KIND_##NAME, id, name },
	AMS_KINDS(X)
#undef X
};

static const struct {
	unsigned kinds; /* these together … */
	unsigned most;
} rooms[] = {
	{ 1u << AMS_KIND_AMS | 1u << AMS_KIND_PRO2, 4 },
	{ 1u << AMS_KIND_HT, 8 },
	{ 1u << AMS_KIND_LITE, 1 },
};

/* Returns false, so that a rule can refuse in one line. */
static bool __attribute__((format(printf, 3, 4)))
complain(struct complaint *complaint, const char *remedy, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(complaint->sentence, sizeof complaint->sentence, format, args);
	va_end(args);
	str_copy(complaint->remedy, sizeof complaint->remedy, remedy);
	return false;
}

/* A word without the blanks around it, cut to `cap`, with nothing in it that steers a screen; false when it was cut. */
static bool
take_word(const char *at, size_t len, char *ret_word, size_t cap)
{
	while (len > 0 && strchr(blanks, at[len - 1]) != NULL)
		len--;
	while (len > 0 && strchr(blanks, *at) != NULL) {
		at++;
		len--;
	}
	bool fits = str_format(ret_word, cap, "%.*s", (int)len, at);
	for (char *c = ret_word; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?';
	return fits;
}

/* -- model and nozzle -------------------------------------------------------------------------------- */

bool
virtual_rules_model(const char *text, const struct model **ret_model, struct complaint *ret_complaint)
{
	char key[PRINTER_MODEL_BYTES], doubt[120];

	printer_rules_model(text[strspn(text, blanks)] == '\0' ? USUAL_MODEL : text, key, doubt, sizeof doubt);
	*ret_model = model_by_key(key);
	if (doubt[0] == '\0' && strlen(text) < PRINTER_MODEL_BYTES)
		return true;
	char shown[SHOWN_BYTES];
	take_word(text, strlen(text), shown, sizeof shown);
	return complain(ret_complaint, "For example X1C, P1S, A1-mini, H2D; GET /api/v1/models has all of them.",
			"There is no model '%s'.", shown);
}

bool
virtual_rules_nozzle(const char *text, char ret_nozzle[VIRTUAL_NOZZLE_BYTES], struct complaint *ret_complaint)
{
	static const char *const diameters[] = { "0.2", "0.4", "0.6", "0.8" };
	char word[SHOWN_BYTES];

	take_word(text, strlen(text), word, sizeof word);
	if (word[0] == '\0')
		str_copy(word, sizeof word, USUAL_NOZZLE);
	for (size_t i = 0; i < STR_ARRAY_LEN(diameters); i++)
		if (strcmp(word, diameters[i]) == 0)
			return str_copy(ret_nozzle, VIRTUAL_NOZZLE_BYTES, word);
	return complain(ret_complaint, "Nozzles have 0.2, 0.4, 0.6 or 0.8 mm.", "There is no nozzle of '%s'.", word);
}

/* -- AMS units ------------------------------------------------------------------------------------------ */

/* AMS_KIND_UNKNOWN when it is none. */
static enum ams_kind
kind_by_id(const char *id)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(kinds); i++)
		if (strcasecmp(kinds[i].id, id) == 0)
			return kinds[i].kind;
	return AMS_KIND_UNKNOWN;
}

static const char *
kind_name(enum ams_kind kind)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return "AMS";
}

/* "Possible: ams, ams-ht." */
static void
write_possible(const struct model *model, char *ret_text, size_t cap)
{
	size_t used = 0;

	str_copy(ret_text, cap, "It takes none.");
	for (size_t i = 0; i < STR_ARRAY_LEN(kinds); i++) {
		if (kinds[i].kind == AMS_KIND_UNKNOWN || !(model->ams_kinds & 1u << kinds[i].kind))
			continue;
		str_format(ret_text + used, cap - used, "%s%s", used == 0 ? "Possible: " : ", ", kinds[i].id);
		used = strlen(ret_text);
	}
}

static bool
has_room(const struct virtual_ams *ams, const struct model *model, struct complaint *ret_complaint)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(rooms); i++) {
		unsigned count = 0;
		enum ams_kind last = AMS_KIND_UNKNOWN;
		for (uint32_t k = 0; k < ams->count; k++) {
			if (!(rooms[i].kinds & 1u << ams->kinds[k]))
				continue;
			last = ams->kinds[k];
			count++;
		}
		if (count > rooms[i].most)
			return complain(ret_complaint, "Take fewer.", "That are too many units for the model %s: of %s it takes %u.",
					model->name, kind_name(last), rooms[i].most);
	}
	return true;
}

static bool
take_unit(const char *word, const struct model *model, struct virtual_ams *ams, struct complaint *ret_complaint)
{
	char possible[120];
	enum ams_kind kind = kind_by_id(word);

	write_possible(model, possible, sizeof possible);
	if (kind == AMS_KIND_UNKNOWN)
		return complain(ret_complaint, possible, "'%s' is no AMS.", word);
	if (!(model->ams_kinds & 1u << kind))
		return complain(ret_complaint, possible, "The model %s takes no %s.", model->name, kind_name(kind));
	if (ams->count == STATE_AMS_MAX)
		return complain(ret_complaint, "Take fewer.", "That are more than %d units.", STATE_AMS_MAX);
	ams->kinds[ams->count++] = kind;
	return true;
}

bool
virtual_rules_ams(const char *text, const struct model *model, struct virtual_ams *ret_ams,
		  struct complaint *ret_complaint)
{
	char word[SHOWN_BYTES];

	*ret_ams = (struct virtual_ams){ 0 };
	if (text[strspn(text, blanks)] == '\0')
		return true;
	for (const char *at = text; at != NULL;) {
		const char *comma = strchr(at, ',');
		take_word(at, comma != NULL ? (size_t)(comma - at) : strlen(at), word, sizeof word);
		if (!take_unit(word, model, ret_ams, ret_complaint))
			return false;
		at = comma != NULL ? comma + 1 : NULL;
	}
	return has_room(ret_ams, model, ret_complaint);
}

void
virtual_rules_write_ams(const struct virtual_ams *ams, char ret_text[VIRTUAL_AMS_BYTES])
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (uint32_t i = 0; i < ams->count; i++) {
		ENSURE(str_format(ret_text + used, VIRTUAL_AMS_BYTES - used, "%s%s", i > 0 ? "," : "", kinds[ams->kinds[i]].id));
		used = strlen(ret_text);
	}
}
