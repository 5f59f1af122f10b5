/*
 * report_ams: units, slots and external spools. Merged by id; the presence bits say which units are there and which
 * slots are filled (docs/protocol.md, "Reports", AMS).
 */
#include <math.h>
#include <string.h>

#include "common/str.h"
#include "printer/report_inner.h"

#define TRAY_BIT(key) (1u << (FIELD_TRAY_##key - FIELD_TRAY_id))
#define UNIT_BIT(key) (1u << (FIELD_UNIT_##key - FIELD_UNIT_id))
/* What describes a spool: when all of it is missing, the slot has been emptied. */
#define SPOOL_BITS                                                                                     \
	(TRAY_BIT(tray_type) | TRAY_BIT(tray_sub_brands) | TRAY_BIT(tray_info_idx) | TRAY_BIT(tray_color) | \
	 TRAY_BIT(tag_uid) | TRAY_BIT(tray_uuid) | TRAY_BIT(cols))

enum { RAW_EMPTY = 8, RAW_UNREAD = 9, RAW_REMEMBERED = 10, RAW_LOADED = 11 };
#define DOUBT_MS 60000

/* -- the presence bits ------------------------------------------------------------------------ */

/* Of a unit in ams_exist_bits; -1: none that is known. */
static int
unit_bit(int32_t unit)
{
	if (unit >= 0 && unit <= 3)
		return unit;
	return unit >= HT_FIRST && unit <= HT_LAST ? 4 + (unit - HT_FIRST) : -1;
}

/* Of a slot in tray_exist_bits and its siblings. */
static int
slot_bit(int32_t unit, int32_t slot)
{
	if (slot < 0 || slot > 3)
		return -1;
	if (unit >= 0 && unit <= 3)
		return unit * 4 + slot;
	if (unit == LITE_OF_A2L)
		return 24 + slot;
	return unit >= HT_FIRST && unit <= HT_LAST ? 16 + (unit - HT_FIRST) : -1;
}

enum tri
report_slot_exists(const struct printer_state *state, int32_t unit, int32_t slot)
{
	int bit = slot_bit(unit, slot);

	if (!state->ams_bits_told || bit < 0)
		return TRI_UNKNOWN;
	return (state->tray_exist_bits >> bit & 1) != 0 ? TRI_YES : TRI_NO;
}

/* Nothing anywhere, and the AMS is not powered on: how a printer that starts speaks of units that are there. But it
 * is also what is left when they are unplugged, so it is believed when it lasts. */
static bool
bits_are_trusted(const struct report *report)
{
	const struct printer_state *state = &report->state;

	return state->ams_doubt_ms == 0 || report->now.now_ms - state->ams_doubt_ms >= DOUBT_MS;
}

static void
weigh_bits(struct report *report)
{
	struct printer_state *state = &report->state;
	bool units_told = report->told[FIELD_AMS_ams_exist_bits], slots_told = report->told[FIELD_AMS_tray_exist_bits];
	uint64_t units = units_told ? report->now.ams_exist_bits : state->ams_exist_bits;
	uint64_t slots = slots_told ? report->now.tray_exist_bits : 0;

	if (!units_told && !slots_told)
		return;
	if ((units | slots) != 0 || state->ams_power_on != TRI_NO)
		state->ams_doubt_ms = 0;
	else if (state->ams_doubt_ms == 0 || state->ams_doubt_ms > report->now.now_ms)
		state->ams_doubt_ms = report->now.now_ms > 0 ? report->now.now_ms : 1;
}

static void
take_bits(struct report *report)
{
	struct printer_state *state = &report->state;
	const struct report_now *now = &report->now;

	weigh_bits(report);
	if (report->told[FIELD_AMS_tray_reading_bits])
		state->tray_reading_bits = now->tray_reading_bits;
	if (report->told[FIELD_AMS_tray_read_done_bits])
		state->tray_done_bits = now->tray_done_bits;
	if (!bits_are_trusted(report))
		return;
	if (report->told[FIELD_AMS_ams_exist_bits])
		state->ams_exist_bits = now->ams_exist_bits;
	if (report->told[FIELD_AMS_tray_exist_bits]) {
		state->tray_exist_bits = now->tray_exist_bits;
		state->ams_bits_told = true;
	}
}

/* -- one slot --------------------------------------------------------------------------------- */

static void
clear_spool(struct tray *tray)
{
	int32_t id = tray->id, raw_state = tray->raw_state;

	memset(tray, 0, sizeof *tray);
	tray->id = id;
	tray->raw_state = raw_state;
	tray->remain_percent = tray->weight_g = STATE_UNKNOWN;
	tray->nozzle_min_celsius = tray->nozzle_max_celsius = STATE_UNKNOWN;
	tray->dry_celsius = tray->dry_hours = STATE_UNKNOWN;
}

/* A slot that is told without a spool has none: always so in a full report; a delta may leave out what has not
 * changed, so there it takes a state (or a presence bit) that says so. */
static bool
has_lost_its_spool(const struct staged_tray *staged, bool is_full, bool is_ht, enum tri exists)
{
	if ((staged->told & SPOOL_BITS) != 0)
		return false;
	if (is_full)
		return true;
	if ((staged->told & TRAY_BIT(state)) != 0)
		return staged->tray.raw_state == RAW_EMPTY || (staged->tray.raw_state == RAW_UNREAD && !is_ht);
	return staged->told == TRAY_BIT(id) && exists == TRI_NO;
}

#define TAKE_TRAY(key, member)                                                                 \
	if ((staged->told & TRAY_BIT(key)) != 0)                                               \
		memcpy(&tray->member, &staged->tray.member, sizeof tray->member)

static void
merge_tray(struct tray *tray, const struct staged_tray *staged)
{
	TAKE_TRAY(state, raw_state);
	TAKE_TRAY(remain, remain_percent);
	TAKE_TRAY(nozzle_temp_min, nozzle_min_celsius);
	TAKE_TRAY(nozzle_temp_max, nozzle_max_celsius);
	TAKE_TRAY(tray_weight, weight_g);
	TAKE_TRAY(tray_temp, dry_celsius);
	TAKE_TRAY(tray_time, dry_hours);
	TAKE_TRAY(drying_temp, dry_celsius);
	TAKE_TRAY(drying_time, dry_hours);
	TAKE_TRAY(tray_type, material);
	TAKE_TRAY(tray_sub_brands, brand);
	TAKE_TRAY(tray_info_idx, profile);
	TAKE_TRAY(tray_color, color);
	TAKE_TRAY(tag_uid, tag);
	TAKE_TRAY(tray_uuid, spool);
	TAKE_TRAY(cols, colors);
	TAKE_TRAY(cols, color_count);
	/* Without a tag the printer does not know how much is left, whatever it says. */
	if (tray->tag[0] == '\0' && tray->spool[0] == '\0')
		tray->remain_percent = STATE_UNKNOWN;
}

/* The tray with this id in a list that is sorted by id; a new one when there is room. */
static struct tray *
tray_of(struct tray *trays, uint32_t *count, uint32_t cap, int32_t id)
{
	uint32_t at = 0;

	while (at < *count && trays[at].id < id)
		at++;
	if (at < *count && trays[at].id == id)
		return &trays[at];
	if (*count == cap)
		return NULL;
	memmove(&trays[at + 1], &trays[at], ((*count)++ - at) * sizeof trays[0]);
	trays[at].id = id;
	trays[at].raw_state = STATE_UNKNOWN;
	clear_spool(&trays[at]);
	return &trays[at];
}

/* -- units ------------------------------------------------------------------------------------ */

static struct ams_unit *
unit_of(struct printer_state *state, int32_t id)
{
	uint32_t at = 0;

	while (at < state->ams_count && state->ams[at].id < id)
		at++;
	if (at < state->ams_count && state->ams[at].id == id)
		return &state->ams[at];
	if (state->ams_count == STATE_AMS_MAX)
		return NULL;
	struct ams_unit *unit = &state->ams[at];
	memmove(unit + 1, unit, (state->ams_count++ - at) * sizeof *unit);
	memset(unit, 0, sizeof *unit);
	unit->id = id;
	unit->extruder = unit->dry_state = unit->dry_remaining_minutes = STATE_UNKNOWN;
	unit->humidity_index = unit->humidity_percent = STATE_UNKNOWN;
	unit->temperature_celsius = NAN;
	return unit;
}

/* Bits 0-3 the kind, 4-7 the state of drying, 8-11 the extruder that it feeds. */
static void
take_info(struct ams_unit *unit, uint64_t info)
{
	static const enum ams_kind kinds[] = {
		AMS_KIND_UNKNOWN, AMS_KIND_AMS, AMS_KIND_LITE, AMS_KIND_PRO2, AMS_KIND_HT,
	};
	unsigned kind = info & 15, extruder = info >> 8 & 15;

	if (kind < STR_ARRAY_LEN(kinds) && kinds[kind] != AMS_KIND_UNKNOWN) {
		unit->kind = kinds[kind];
		unit->kind_told = true;
	}
	unit->dry_state = (int32_t)(info >> 4 & 15);
	unit->extruder = extruder <= 1 ? (int32_t)extruder : STATE_UNKNOWN;
}

/* A slot that says that it is empty is newer than the bits of an earlier message. */
static void
doubt_bit(struct printer_state *state, int32_t unit, const struct staged_tray *staged)
{
	int bit = slot_bit(unit, staged->tray.id);
	bool says_empty = (staged->told & TRAY_BIT(state)) != 0 &&
			  (staged->tray.raw_state == RAW_EMPTY || staged->tray.raw_state == RAW_REMEMBERED);

	if (says_empty && bit >= 0)
		state->tray_exist_bits &= ~(UINT64_C(1) << bit);
}

#define TAKE_UNIT(key, member)                                                                 \
	if ((staged->told & UNIT_BIT(key)) != 0)                                               \
		unit->member = staged->unit.member

static void
merge_unit(struct report *report, const struct staged_unit *staged, bool is_full)
{
	struct printer_state *state = &report->state;
	struct ams_unit *unit = unit_of(state, staged->unit.id);

	if (unit == NULL)
		return;
	TAKE_UNIT(humidity, humidity_index);
	TAKE_UNIT(humidity_raw, humidity_percent);
	TAKE_UNIT(temp, temperature_celsius);
	TAKE_UNIT(dry_time, dry_remaining_minutes);
	if ((staged->told & UNIT_BIT(info)) != 0)
		take_info(unit, staged->info);
	for (uint32_t i = 0; i < staged->tray_count; i++) {
		const struct staged_tray *told = &staged->trays[i];
		struct tray *tray = tray_of(unit->trays, &unit->tray_count, STATE_TRAYS_MAX, told->tray.id);
		if (tray == NULL)
			continue;
		if (!report->told[FIELD_AMS_tray_exist_bits])
			doubt_bit(state, unit->id, told);
		bool is_ht = unit->id >= HT_FIRST;
		if (has_lost_its_spool(told, is_full, is_ht, report_slot_exists(state, unit->id, tray->id)))
			clear_spool(tray);
		merge_tray(tray, told);
	}
}

static bool
was_listed(const struct report *report, int32_t unit)
{
	for (uint32_t i = 0; i < report->unit_count; i++) {
		if (report->units[i].unit.id == unit)
			return true;
	}
	return false;
}

/* A unit goes when the presence bits say so, or, where there are none, when a full list lacks it. A list that lacks a
 * unit whose bit is set is a moment of a re-read. */
static bool
is_gone(const struct report *report, int32_t unit, bool is_full)
{
	int bit = unit_bit(unit);

	if (was_listed(report, unit))
		return false;
	if (bit >= 0 && report->told[FIELD_AMS_ams_exist_bits])
		return bits_are_trusted(report) && (report->now.ams_exist_bits >> bit & 1) == 0;
	return is_full && report->unit_count > 0 && (bit < 0 || (report->state.ams_exist_bits >> bit & 1) == 0);
}

static void
remove_units(struct report *report, bool is_full)
{
	struct printer_state *state = &report->state;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < state->ams_count; i++) {
		if (is_gone(report, state->ams[i].id, is_full))
			continue;
		if (kept != i)
			state->ams[kept] = state->ams[i];
		kept++;
	}
	state->ams_count = kept;
}

/* "n3f/2" is unit 2 and an AMS 2 Pro. */
static enum ams_kind
kind_of_module(const struct module *module, int32_t unit)
{
	static const struct { const char *prefix; enum ams_kind kind; } prefixes[] = {
		{ "ams/", AMS_KIND_AMS }, { "ams_f1/", AMS_KIND_LITE }, { "n3f/", AMS_KIND_PRO2 },
		{ "n3s/", AMS_KIND_HT },
	};
	int64_t id;

	for (unsigned i = 0; i < STR_ARRAY_LEN(prefixes); i++) {
		size_t len = strlen(prefixes[i].prefix);
		if (strncmp(module->name, prefixes[i].prefix, len) == 0 &&
		    str_parse_int(module->name + len, 0, 255, &id) && id == unit)
			return prefixes[i].kind;
	}
	return AMS_KIND_UNKNOWN;
}

static enum ams_kind
guess_kind(const struct printer_state *state, int32_t unit)
{
	for (uint32_t i = 0; i < state->module_count; i++) {
		enum ams_kind kind = kind_of_module(&state->modules[i], unit);
		if (kind != AMS_KIND_UNKNOWN)
			return kind;
	}
	return unit >= HT_FIRST ? AMS_KIND_HT : AMS_KIND_AMS;
}

void
report_ams_name_kinds(struct printer_state *state)
{
	for (uint32_t i = 0; i < state->ams_count; i++) {
		if (!state->ams[i].kind_told)
			state->ams[i].kind = guess_kind(state, state->ams[i].id);
	}
}

/* -- what is in the slots --------------------------------------------------------------------- */

static enum tray_fill
fill_without_bits(const struct tray *tray)
{
	bool named = tray->material[0] != '\0';

	if (tray->raw_state == RAW_EMPTY || tray->raw_state == RAW_REMEMBERED)
		return named ? TRAY_REMEMBERED : TRAY_EMPTY;
	if (named)
		return TRAY_LOADED;
	return tray->raw_state == RAW_UNREAD || tray->raw_state == RAW_LOADED ? TRAY_UNREAD : TRAY_UNKNOWN;
}

static enum tray_fill
fill_of(const struct printer_state *state, int32_t unit, const struct tray *tray)
{
	bool named = tray->material[0] != '\0';
	int bit = slot_bit(unit, tray->id);
	enum tri exists = report_slot_exists(state, unit, tray->id);

	if (exists == TRI_UNKNOWN)
		return fill_without_bits(tray);
	if (exists == TRI_NO)
		return named ? TRAY_REMEMBERED : TRAY_EMPTY;
	if ((state->tray_reading_bits >> bit & 1) != 0)
		return TRAY_READING;
	return named ? TRAY_LOADED : TRAY_UNREAD;
}

static void
fill_slots(struct printer_state *state)
{
	for (uint32_t i = 0; i < state->ams_count; i++) {
		struct ams_unit *unit = &state->ams[i];
		for (uint32_t j = 0; j < unit->tray_count; j++)
			unit->trays[j].fill = fill_of(state, unit->id, &unit->trays[j]);
	}
	for (uint32_t i = 0; i < state->external_count; i++) {
		struct tray *tray = &state->external[i];
		tray->fill = tray->material[0] != '\0' ? TRAY_LOADED : TRAY_UNKNOWN;
	}
}

/* -- external spools -------------------------------------------------------------------------- */

static void
merge_external(struct printer_state *state, const struct staged_tray *staged, bool is_full)
{
	if (staged->tray.id != EXTERNAL_LEFT && staged->tray.id != EXTERNAL_RIGHT)
		return;
	struct tray *tray = tray_of(state->external, &state->external_count, STATE_EXTERNAL_MAX, staged->tray.id);
	if (tray == NULL)
		return;
	if (has_lost_its_spool(staged, is_full, false, TRI_UNKNOWN))
		clear_spool(tray);
	merge_tray(tray, staged);
}

/* vir_slot is the newer word; a printer that has it repeats one of its spools in vt_tray. */
static void
merge_externals(struct report *report, bool is_full)
{
	struct printer_state *state = &report->state;

	if (report->external_count > 0 && (state->sources & STATE_TOLD_VIR_SLOT) == 0) {
		state->sources |= STATE_TOLD_VIR_SLOT;
		state->external_count = 0;
	}
	for (uint32_t i = 0; i < report->external_count; i++)
		merge_external(state, &report->external[i], is_full);
	if ((state->sources & STATE_TOLD_VIR_SLOT) == 0 && report->vt_tray.told != 0) {
		/* There is one, whichever id it goes by. Untold: the one that is known, else that of the older form. */
		if (report->vt_tray.tray.id == STATE_UNKNOWN)
			report->vt_tray.tray.id = state->external_count > 0 ? state->external[0].id : EXTERNAL_LEFT;
		if (state->external_count > 0 && state->external[0].id != report->vt_tray.tray.id)
			state->external_count = 0;
		merge_external(state, &report->vt_tray, is_full);
	}
}

void
report_ams_settle(struct report *report, bool is_full)
{
	struct printer_state *state = &report->state;

	take_bits(report);
	for (uint32_t i = 0; i < report->unit_count; i++)
		merge_unit(report, &report->units[i], is_full);
	remove_units(report, is_full);
	merge_externals(report, is_full);
	report_ams_name_kinds(state);
	fill_slots(state);
	report_feed_find(state);
}
