/*
 * command_filament: loading, unloading, and what the printer is told of its slots.
 *
 * A slot is named in two ways: by unit and slot, or by one number as in tray_now (docs/protocol.md, "Commands").
 */
#include <string.h>
#include <strings.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "printer/command_parts.h"

#define EXTERNAL_LEFT 254 /* and what a slot is called where only one external spool can be */
#define EXTERNAL_MAIN 255
#define UNLOAD 255
#define LITE_UNIT 16 /* of the A2L; elsewhere the AMS lite is unit 0 */
#define HT_FIRST 128
#define HT_LAST 135
#define USUAL_CELSIUS 220

struct slot {
	int ams, slot;		     /* external: 254 or 255, and 0 */
	bool is_external;
	const struct ams_unit *unit; /* NULL when the printer has not told of it */
	const struct tray *tray;     /* likewise */
	char name[40];		     /* "AMS 2 slot 3" */
};

/* -- which slot ----------------------------------------------------------------------------------- */
static const struct ams_unit *
unit_of(const struct printer_state *state, int ams)
{
	for (uint32_t i = 0; i < state->ams_count && i < STATE_AMS_MAX; i++)
		if (state->ams[i].id == ams)
			return &state->ams[i];
	return NULL;
}

static const struct tray *
tray_of(const struct tray *trays, uint32_t count, uint32_t most, int id)
{
	for (uint32_t i = 0; i < count && i < most; i++)
		if (trays[i].id == id)
			return &trays[i];
	return NULL;
}

static void
name_slot(struct slot *slot, bool is_dual)
{
	if (slot->is_external)
		str_format(slot->name, sizeof slot->name, "the %sexternal spool",
			   !is_dual ? "" : slot->ams == EXTERNAL_LEFT ? "left " : "right ");
	else if (slot->ams >= HT_FIRST)
		str_format(slot->name, sizeof slot->name, "AMS HT %d", slot->ams - HT_FIRST + 1);
	else if (slot->ams == LITE_UNIT)
		str_format(slot->name, sizeof slot->name, "AMS lite slot %d", slot->slot + 1);
	else
		str_format(slot->name, sizeof slot->name, "AMS %d slot %d", slot->ams + 1, slot->slot + 1);
}

static void
external_slot(const struct command_work *work, int ams, struct slot *ret_slot)
{
	const struct printer_state *state = work->state;
	bool is_dual = command_extruders(work) > 1;

	/* With one nozzle 254 and 255 are the same spool: older reports call it 254, newer ones 255. */
	ret_slot->ams = is_dual ? ams : EXTERNAL_MAIN;
	ret_slot->is_external = true;
	ret_slot->tray = is_dual ? tray_of(state->external, state->external_count, STATE_EXTERNAL_MAX, ams)
		       : state->external_count > 0 ? &state->external[0]
						   : NULL;
	name_slot(ret_slot, is_dual);
}

/* A unit that is not there is refused only when the printer has told which ones there are. */
static bool
unit_may_exist(const struct printer_state *state, const struct slot *slot)
{
	/* Bits without units: the printer is reading tags, and the list is empty for a while. */
	bool is_told = state->ams_count > 0 || (state->ams_bits_told && state->ams_exist_bits == 0);

	return slot->unit != NULL || !is_told;
}

static bool
ams_slot(struct command_work *work, int ams, int slot, struct slot *ret_slot)
{
	bool is_unit = (ams >= 0 && ams <= 3) || ams == LITE_UNIT || (ams >= HT_FIRST && ams <= HT_LAST);
	int slots = ams >= HT_FIRST ? 1 : STATE_TRAYS_MAX;

	if (!is_unit)
		return command_refuse(work, REFUSAL_INVALID,
				      "Units are 0 to 3, 16 (AMS lite of the A2L), 128 to 135 (AMS HT), 254 and 255 (external).",
				      "There is no AMS unit with the number %d.", ams);
	if (slot < 0 || slot >= slots)
		return command_refuse(work, REFUSAL_INVALID,
				      slots == 1 ? "An AMS HT has one slot: 0." : "Slots are counted from 0 to 3.",
				      "There is no slot %d in unit %d.", slot, ams);
	ret_slot->ams = ams;
	ret_slot->slot = slot;
	ret_slot->unit = unit_of(work->state, ams);
	if (ret_slot->unit != NULL)
		ret_slot->tray = tray_of(ret_slot->unit->trays, ret_slot->unit->tray_count, STATE_TRAYS_MAX, slot);
	name_slot(ret_slot, false);
	if (!unit_may_exist(work->state, ret_slot))
		return command_refuse(work, REFUSAL_INVALID,
				      "See which units the printer shows, and whether the AMS is connected and has power.",
				      "The printer has no %s.", ret_slot->name);
	return true;
}

/* By unit and slot. For an external spool the slot may be called 0, 254 or 255. */
static bool
slot_by_pair(struct command_work *work, int ams, int slot, struct slot *ret_slot)
{
	memset(ret_slot, 0, sizeof *ret_slot);
	if (ams != EXTERNAL_LEFT && ams != EXTERNAL_MAIN)
		return ams_slot(work, ams, slot, ret_slot);
	if (slot != 0 && slot != EXTERNAL_LEFT && slot != EXTERNAL_MAIN)
		return command_refuse(work, REFUSAL_INVALID, "The slot of an external spool is 0.",
				      "There is no slot %d in unit %d.", slot, ams);
	external_slot(work, ams, ret_slot);
	return true;
}

/* By one number. */
static bool
slot_by_number(struct command_work *work, int number, struct slot *ret_slot)
{
	if (number >= EXTERNAL_LEFT)
		return slot_by_pair(work, number, 0, ret_slot);
	if (number >= HT_FIRST)
		return slot_by_pair(work, number, 0, ret_slot);
	int ams = number / STATE_TRAYS_MAX, slot = number % STATE_TRAYS_MAX;
	/* The A2L counts the slots of its AMS lite from 0, as if it were unit 0. */
	if (ams == 0 && unit_of(work->state, 0) == NULL && unit_of(work->state, LITE_UNIT) != NULL)
		ams = LITE_UNIT;
	return slot_by_pair(work, ams, slot, ret_slot);
}

/* -- load and unload ------------------------------------------------------------------------------ */
/* How the printer calls a slot in ams_change_filament. */
static int
target_of(const struct command_work *work, const struct slot *slot)
{
	if (slot->is_external)
		return work->model->has_airduct || command_extruders(work) > 1 ? slot->ams : EXTERNAL_LEFT;
	if (slot->ams >= HT_FIRST)
		return slot->ams;
	return slot->ams == LITE_UNIT ? slot->slot : slot->ams * STATE_TRAYS_MAX + slot->slot;
}

/* The extruder that a slot feeds; STATE_UNKNOWN where that is no question or not told. */
static int
extruder_of(const struct command_work *work, const struct slot *slot)
{
	if (command_extruders(work) < 2)
		return STATE_UNKNOWN;
	if (slot->is_external)
		return slot->ams == EXTERNAL_LEFT ? 1 : 0;
	return slot->unit != NULL ? slot->unit->extruder : STATE_UNKNOWN;
}

static void
send_change(struct command_work *work, int ams, int slot, int target, int from_celsius, int to_celsius, int extruder)
{
	struct payload payload;

	command_print_open(work, &payload, "ams_change_filament");
	payload_int(&payload, "ams_id", ams);
	payload_int(&payload, "slot_id", slot);
	payload_int(&payload, "target", target);
	payload_int(&payload, "curr_temp", from_celsius);
	payload_int(&payload, "tar_temp", to_celsius);
	if (extruder == 0 || extruder == 1)
		payload_int(&payload, "extruder_id", extruder);
	payload_close(&payload);
}

bool
command_do_load_filament(struct command_work *work)
{
	int number, target_celsius, current_celsius, max = work->model->nozzle_max_celsius;
	struct slot slot;

	if (!command_whole(work, "targetSlotId", 0, EXTERNAL_MAIN, "", &number) ||
	    !command_whole(work, "targetTemp", 0, max, "°C", &target_celsius) ||
	    !command_whole(work, "currentTemp", 0, max, "°C", &current_celsius) ||
	    !slot_by_number(work, number, &slot) || !command_needs_rest(work, true))
		return false;
	if (slot.tray != NULL && !slot.is_external &&
	    (slot.tray->fill == TRAY_EMPTY || slot.tray->fill == TRAY_REMEMBERED))
		return command_refuse(work, REFUSAL_CONFLICT, "Put a spool in, or choose another slot.", "%s is empty.",
				      slot.name);
	int target = target_of(work, &slot);
	send_change(work, slot.ams, slot.is_external && target == EXTERNAL_LEFT && slot.ams == EXTERNAL_MAIN
					    ? EXTERNAL_LEFT : slot.slot,
		    target, current_celsius, target_celsius, extruder_of(work, &slot));
	command_says(work, "loads %s", slot.name);
	return true;
}

/* What feeds the toolhead now; false when it is not told. */
static bool
feeding_slot(struct command_work *work, struct slot *ret_slot)
{
	const struct printer_state *state = work->state;

	memset(ret_slot, 0, sizeof *ret_slot);
	if (state->active_ams == EXTERNAL_LEFT || state->active_ams == EXTERNAL_MAIN) {
		external_slot(work, state->active_ams, ret_slot);
		return true;
	}
	ret_slot->unit = unit_of(state, state->active_ams);
	if (ret_slot->unit == NULL)
		return false;
	ret_slot->ams = state->active_ams;
	ret_slot->slot = state->active_slot;
	ret_slot->tray = tray_of(ret_slot->unit->trays, ret_slot->unit->tray_count, STATE_TRAYS_MAX, state->active_slot);
	return true;
}

/* The middle of what the loaded filament stands, as far as this nozzle goes. */
static int
unload_celsius(const struct command_work *work, const struct tray *tray)
{
	int celsius = USUAL_CELSIUS, max = work->model->nozzle_max_celsius;

	if (tray != NULL && tray->nozzle_min_celsius > 0 && tray->nozzle_max_celsius >= tray->nozzle_min_celsius &&
	    tray->nozzle_max_celsius <= max)
		celsius = (tray->nozzle_min_celsius + tray->nozzle_max_celsius) / 2;
	return celsius;
}

bool
command_do_unload_filament(struct command_work *work)
{
	struct slot slot;

	if (!command_needs_rest(work, true))
		return false;
	bool is_told = feeding_slot(work, &slot);
	command_says(work, "unloads the filament");
	/* Older models without an AMS have a command of their own for it. */
	if (!work->model->has_airduct && work->state->ams_count == 0 && (!is_told || slot.is_external)) {
		command_print_plain(work, "unload_filament");
		return true;
	}
	int celsius = unload_celsius(work, is_told ? slot.tray : NULL);
	send_change(work, is_told ? slot.ams : EXTERNAL_MAIN, UNLOAD, UNLOAD, celsius, celsius,
		    is_told ? extruder_of(work, &slot) : STATE_UNKNOWN);
	return true;
}

/* -- slots ------------------------------------------------------------------------------------------ */
bool
command_do_refresh_slot(struct command_work *work)
{
	struct payload payload;
	struct slot slot;
	int ams, number;

	if (!command_whole(work, "amsId", 0, EXTERNAL_MAIN, "", &ams) ||
	    !command_whole(work, "slotId", 0, EXTERNAL_MAIN, "", &number) ||
	    !slot_by_pair(work, ams, number, &slot))
		return false;
	if (slot.is_external)
		return command_refuse(work, REFUSAL_INVALID, "Tell the printer with set-slot-info which filament it is.",
				      "No tag is read at the external spool.");
	if (!command_needs_rest(work, true))
		return false;
	if (work->state->active_ams == slot.ams && work->state->active_slot == slot.slot)
		return command_refuse(work, REFUSAL_CONFLICT, "Unload the filament first: unload-filament.",
				      "The filament of %s is in the toolhead, so its spool cannot turn.", slot.name);
	command_print_open(work, &payload, "ams_get_rfid");
	payload_int(&payload, "ams_id", slot.ams);
	payload_int(&payload, "slot_id", slot.slot);
	payload_close(&payload);
	command_says(work, "reads the tag in %s", slot.name);
	return true;
}

/* Profiles that every printer knows for a material of no particular maker. */
#define GENERIC_PROFILES(X)                                                                                  \
	X("PLA", "GFL99") X("PLA-CF", "GFL98") X("PETG", "GFG99") X("PETG-CF", "GFG98") X("PCTG", "GFG97")   \
	X("ABS", "GFB99") X("ASA", "GFB98") X("PC", "GFC99") X("PA", "GFN99") X("PA-CF", "GFN98")            \
	X("TPU", "GFU99") X("PVA", "GFS99") X("HIPS", "GFS98") X("PP", "GFP97") X("PE", "GFP99")

static const char *
generic_profile(const char *material)
{
#define X(name, profile)                       \
	if (strcasecmp(material, name) == 0) \
		return profile;
	GENERIC_PROFILES(X)
#undef X
	return "";
}

/* 1 to 15 letters, digits and `others`; what the printer's own reports can carry. */
static bool
is_word(const char *text, const char *others)
{
	size_t len = strlen(text);

	for (const char *p = text; *p != '\0'; p++) {
		bool is_plain = (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9');
		if (!is_plain && strchr(others, *p) == NULL)
			return false;
	}
	return len >= 1 && len <= 15;
}

/* RRGGBB or RRGGBBAA, with or without '#', to RRGGBBAA in upper case. */
static bool
read_color(struct command_work *work, const struct slot *slot, char ret_color[9])
{
	const char *text = command_text(work, "info.color");

	str_copy(ret_color, 9, slot->tray != NULL && slot->tray->color[0] != '\0' ? slot->tray->color : "00000000");
	if (!command_has(work, "info.color"))
		return true;
	text += *text == '#';
	size_t len = strlen(text);
	if ((len != 6 && len != 8) || text[strspn(text, "0123456789abcdefABCDEF")] != '\0')
		return command_refuse(work, REFUSAL_INVALID, "Give it as FF8000 or FF8000FF: red, green, blue, opacity.",
				      "info.color is not a colour in hex.");
	str_format(ret_color, 9, "%s%s", text, len == 6 ? "FF" : "");
	for (char *p = ret_color; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'f')
			*p = (char)(*p - 'a' + 'A');
	return true;
}

static bool
read_slot_of_info(struct command_work *work, struct slot *ret_slot)
{
	int ams, number;

	if (!command_whole(work, "info.slotId", 0, EXTERNAL_MAIN, "", &number))
		return false;
	if (!command_has(work, "info.amsId"))
		return slot_by_number(work, number, ret_slot);
	return command_whole(work, "info.amsId", 0, EXTERNAL_MAIN, "", &ams) &&
	       slot_by_pair(work, ams, number, ret_slot);
}

static bool
read_words(struct command_work *work, const char **ret_material, const char **ret_profile)
{
	*ret_material = command_text(work, "info.trayType");
	*ret_profile = command_text(work, "info.identifier");
	if (!is_word(*ret_material, " -+_."))
		return command_refuse(work, REFUSAL_INVALID, "Give a material such as PLA or PETG-CF.",
				      "info.trayType must be 1 to 15 letters, digits, blanks and - + _ .");
	if (**ret_profile == '\0')
		*ret_profile = generic_profile(*ret_material);
	else if (!is_word(*ret_profile, "-_@."))
		return command_refuse(work, REFUSAL_INVALID, "Give the profile's code, such as GFA00.",
				      "info.identifier must be 1 to 15 letters, digits and - _ @ .");
	return true;
}

bool
command_do_set_slot_info(struct command_work *work)
{
	int min_celsius, max_celsius, most = work->model->nozzle_max_celsius;
	const char *material, *profile;
	struct payload payload;
	struct slot slot;
	char color[9];

	if (!read_slot_of_info(work, &slot) ||
	    !command_whole(work, "info.nozzleTempMin", 0, most, "°C", &min_celsius) ||
	    !command_whole(work, "info.nozzleTempMax", 0, most, "°C", &max_celsius) ||
	    !read_words(work, &material, &profile) || !read_color(work, &slot, color))
		return false;
	if (min_celsius > max_celsius)
		return command_refuse(work, REFUSAL_INVALID, "Swap them.",
				      "info.nozzleTempMin (%d °C) is above info.nozzleTempMax (%d °C).", min_celsius,
				      max_celsius);
	command_print_open(work, &payload, "ams_filament_setting");
	payload_int(&payload, "ams_id", slot.ams);
	payload_int(&payload, "slot_id", slot.slot);
	/* Here the slot within the unit; 254 for every external spool. */
	payload_int(&payload, "tray_id", slot.is_external ? EXTERNAL_LEFT : slot.slot);
	payload_text(&payload, "tray_info_idx", profile);
	payload_text(&payload, "tray_color", color);
	payload_int(&payload, "nozzle_temp_min", min_celsius);
	payload_int(&payload, "nozzle_temp_max", max_celsius);
	payload_text(&payload, "tray_type", material);
	payload_close(&payload);
	command_says(work, "tells the printer that %s holds %s", slot.name, material);
	return true;
}
