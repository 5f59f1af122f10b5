/*
 * machine_report_ams: units, slots and external spools as reports tell them.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/str.h"
#include "worker/virtual/machine_inner.h"

#define NO_TAG "0000000000000000"
#define NO_UUID "00000000000000000000000000000000"
#define NO_XCAM "000000000000000000000000"
#define SPOOL_MM 330000
#define STATE_LOADED 11 /* of the newer ones */
#define STATE_NO_DATA 9	/* a spool of which nothing is known */
#define STATE_LOADED_OLD 3
#define STATE_EMPTY 8
#define UNIT_INFO 0x1000 /* beside kind, drying and extruder; an AMS HT has the next bit */
#define UNIT_INFO_DRYING 0x142000
#define DRYING 2
#define HT_UNIT_BIT 4
#define LITE_UNIT_BIT 12 /* an A2L's */

static void
put_number_text(struct jsonout *out, const char *key, int64_t number)
{
	char text[24];

	str_format(text, sizeof text, "%" PRId64, number);
	put_text(out, key, text);
}

static void
put_hex(struct jsonout *out, const char *key, uint64_t value)
{
	char text[20];

	str_format(text, sizeof text, "%" PRIx64, value);
	put_text(out, key, text);
}

/* -- a spool ------------------------------------------------------------------------------------------------------ */
/* A spool that has no tag is one of which its weight is not known. */
static void
put_tag(struct jsonout *out, const struct machine_tray *tray)
{
	bool has_tag = tray->tag[0] != '\0';

	put_text(out, "tag_uid", has_tag ? tray->tag : NO_TAG);
	put_text(out, "tray_diameter", has_tag ? "1.75" : "0.00");
	put_text(out, "tray_uuid", has_tag ? tray->uuid : NO_UUID);
	put_text(out, "tray_weight", has_tag ? "1000" : "0");
	put_text(out, "xcam_info", NO_XCAM);
}

static void
put_colors(struct jsonout *out, const struct machine_tray *tray)
{
	jsonout_key(out, "cols");
	jsonout_open(out, '[');
	jsonout_text(out, tray->color, 16);
	jsonout_close(out, ']');
	put_int(out, "ctype", 0);
}

static void
put_spool(struct jsonout *out, const struct machine *machine, const struct machine_tray *tray)
{
	bool is_rich = machine_is_rich(machine);

	put_text(out, "bed_temp", "0");
	put_text(out, "bed_temp_type", "0");
	put_int(out, "cali_idx", tray->cali_idx);
	put_number_text(out, is_rich ? "drying_temp" : "tray_temp", tray->dry_celsius);
	put_number_text(out, is_rich ? "drying_time" : "tray_time", tray->dry_hours);
	if (!is_rich) {
		jsonout_key(out, "k");
		jsonout_number(out, 0.02);
		put_int(out, "n", 1);
	}
	put_number_text(out, "nozzle_temp_max", tray->nozzle_max);
	put_number_text(out, "nozzle_temp_min", tray->nozzle_min);
	put_tag(out, tray);
	put_text(out, "tray_color", tray->color);
	put_text(out, "tray_id_name", tray->color_name);
	put_text(out, "tray_info_idx", tray->profile);
	put_text(out, "tray_sub_brands", tray->brand);
	put_text(out, "tray_type", tray->material);
}

static void
write_tray(struct jsonout *out, const struct machine *machine, const struct machine_tray *tray, uint32_t slot)
{
	bool is_rich = machine_is_rich(machine);

	jsonout_open(out, '{');
	put_number_text(out, "id", slot);
	if (!tray->is_filled) {
		if (is_rich)
			put_int(out, "state", STATE_EMPTY);
		jsonout_close(out, '}');
		return;
	}
	put_colors(out, tray);
	put_int(out, "remain", machine->setup.model->measures_remain ? machine_remain(tray) : 0);
	put_int(out, "state", !is_rich ? STATE_LOADED_OLD : tray->material[0] != '\0' ? STATE_LOADED : STATE_NO_DATA);
	put_int(out, "total_len", SPOOL_MM);
	put_spool(out, machine, tray);
	jsonout_close(out, '}');
}

/* -- a unit ------------------------------------------------------------------------------------------------------- */
/* Bits 0-3 the kind, 4-7 drying, 8-11 the extruder. */
static uint64_t
unit_info(const struct machine_unit *unit)
{
	static const unsigned kinds[] = { [AMS_KIND_UNKNOWN] = 1, [AMS_KIND_AMS] = 1, [AMS_KIND_LITE] = 2,
					  [AMS_KIND_PRO2] = 3, [AMS_KIND_HT] = 4 };
	bool dries = unit->dry_s > 0;
	uint64_t info = dries ? UNIT_INFO_DRYING : unit->kind == AMS_KIND_HT ? UNIT_INFO * 2 : UNIT_INFO;

	return info | kinds[unit->kind] | (dries ? DRYING << 4 : 0) | (uint64_t)unit->extruder << 8;
}

static void
write_unit(struct jsonout *out, const struct machine *machine, const struct machine_unit *unit)
{
	bool has_sensors = unit->kind != AMS_KIND_LITE;
	char celsius[16] = "0.0";
	long tenths = lround(unit->celsius * 10);

	if (has_sensors)
		str_format(celsius, sizeof celsius, "%ld.%ld", tenths / 10, tenths % 10);
	jsonout_open(out, '{');
	put_int(out, "dry_time", (int64_t)ceil(unit->dry_s / 60));
	put_text(out, "humidity", "4");
	put_text(out, "humidity_raw", has_sensors ? "24" : "0");
	put_number_text(out, "id", unit->id);
	put_hex(out, "info", unit_info(unit));
	put_text(out, "temp", celsius);
	jsonout_key(out, "tray");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < unit->tray_count; i++)
		write_tray(out, machine, &unit->trays[i], i);
	jsonout_close(out, ']');
	jsonout_close(out, '}');
}

/* -- all of them -------------------------------------------------------------------------------------------------- */
static uint64_t
unit_bits(const struct machine *machine)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < machine->life.unit_count; i++) {
		int32_t id = machine->life.units[i].id;
		if (id <= 3)
			bits |= UINT64_C(1) << id;
		else if (id == machine->traits->lite_unit)
			bits |= UINT64_C(1) << LITE_UNIT_BIT;
		else if (id >= HT_FIRST)
			bits |= UINT64_C(1) << (HT_UNIT_BIT + (id - HT_FIRST));
	}
	return bits;
}

static uint64_t
slot_bits(const struct machine *machine, bool reading_only)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < machine->life.unit_count; i++) {
		const struct machine_unit *unit = &machine->life.units[i];
		for (uint32_t j = 0; j < unit->tray_count; j++) {
			bool counts = reading_only ? unit->trays[j].reading_s > 0 : unit->trays[j].is_filled;
			bits |= (uint64_t)counts << machine_slot_bit(unit, j);
		}
	}
	return bits;
}

/* An H2S says the slot at which its AMS rests, though the external spool feeds. */
static int
tray_now(const struct machine *machine, struct machine_place feed)
{
	bool hides = machine->traits->hides_external && machine->life.unit_count > 0 && machine_place_is_external(feed);

	return hides ? 0 : machine_flat_of(machine, feed);
}

static void
put_scalars(struct jsonout *out, const struct machine *machine)
{
	struct machine_place feed = machine->life.extruders[machine->life.active_extruder].feed;
	struct machine_place target = machine->change.phase != CHANGE_NONE ? machine->change.to : feed;
	uint64_t filled = slot_bits(machine, false), reading = slot_bits(machine, true);

	put_hex(out, "ams_exist_bits", unit_bits(machine));
	if (machine_is_rich(machine)) {
		put_hex(out, "ams_exist_bits_raw", unit_bits(machine));
		put_int(out, "cali_id", 255);
		put_int(out, "cali_stat", 0);
		put_int(out, "unbind_ams_stat", 0);
	}
	jsonout_key(out, "insert_flag");
	jsonout_bool(out, true);
	jsonout_key(out, "power_on_flag");
	jsonout_bool(out, false);
	put_hex(out, "tray_exist_bits", filled);
	put_hex(out, "tray_is_bbl_bits", filled);
	put_number_text(out, "tray_now", tray_now(machine, feed));
	put_number_text(out, "tray_pre", machine_flat_of(machine, feed));
	put_hex(out, "tray_read_done_bits", filled & ~reading);
	put_hex(out, "tray_reading_bits", reading);
	put_number_text(out, "tray_tar", machine_flat_of(machine, target));
	put_int(out, "version", 3);
}

void
machine_write_ams(struct jsonout *out, const struct machine *machine, bool with_units)
{
	jsonout_open(out, '{');
	if (with_units) {
		jsonout_key(out, "ams");
		jsonout_open(out, '[');
		for (uint32_t i = 0; i < machine->life.unit_count; i++)
			write_unit(out, machine, &machine->life.units[i]);
		jsonout_close(out, ']');
	}
	put_scalars(out, machine);
	jsonout_close(out, '}');
}

/* The high byte says what goes on, the low one how far it is. */
int
machine_ams_status(const struct machine *machine)
{
	if (machine->change.phase != CHANGE_NONE)
		return 0x100 + (int)machine->change.phase;
	if (slot_bits(machine, true) != 0)
		return 0x200;
	return machine->life.run.state == GCODE_STATE_RUNNING ? 0x300 : 0;
}

/* -- external spools ---------------------------------------------------------------------------------------------- */
static void
write_external(struct jsonout *out, const struct machine *machine, const struct machine_tray *tray, int id)
{
	jsonout_open(out, '{');
	if (machine_is_rich(machine)) {
		put_colors(out, tray);
		put_int(out, "total_len", SPOOL_MM);
	}
	put_number_text(out, "id", id);
	put_int(out, "remain", 0);
	put_spool(out, machine, tray);
	jsonout_close(out, '}');
}

void
machine_write_vt_tray(struct jsonout *out, const struct machine *machine)
{
	write_external(out, machine, &machine->life.external[0],
		       machine_is_rich(machine) ? EXTERNAL_RIGHT : EXTERNAL_LEFT);
}

void
machine_write_vir_slot(struct jsonout *out, const struct machine *machine)
{
	jsonout_open(out, '[');
	if (machine->setup.model->extruders > 1)
		write_external(out, machine, &machine->life.external[1], EXTERNAL_LEFT);
	write_external(out, machine, &machine->life.external[0], EXTERNAL_RIGHT);
	jsonout_close(out, ']');
}
