/*
 * report_derive: where a report tells one thing in several places, which of them counts; and what bits mean
 * (docs/protocol.md, "Reports").
 */
#include <math.h>
#include <string.h>

#include "common/str.h"
#include "printer/hms.h"
#include "printer/report_inner.h"

/* -- job -------------------------------------------------------------------------------------- */

static void
take_first_told(const struct report *report, int32_t *to, enum field first, int32_t first_value, enum field second,
		int32_t second_value)
{
	if (report->told[first])
		*to = first_value;
	else if (report->told[second])
		*to = second_value;
}

/* "…/plate_3.gcode" is plate 3. */
static int32_t
plate_in_name(const char *file)
{
	const char *plate = strstr(file, "plate_");
	char digits[8];
	int64_t number;

	if (plate == NULL)
		return STATE_UNKNOWN;
	plate += strlen("plate_");
	size_t len = strspn(plate, "0123456789");
	if (len == 0 || len >= sizeof digits || strcmp(plate + len, ".gcode") != 0)
		return STATE_UNKNOWN;
	memcpy(digits, plate, len);
	digits[len] = '\0';
	return str_parse_int(digits, 0, 100000, &number) ? (int32_t)number : STATE_UNKNOWN;
}

static void
derive_job(struct report *report)
{
	struct printer_state *state = &report->state;
	const struct report_now *now = &report->now;

	take_first_told(report, &state->progress_percent, FIELD_PRINT_mc_percent, now->mc_percent, FIELD_PRINT_percent,
			now->percent);
	take_first_told(report, &state->remaining_minutes, FIELD_PRINT_mc_remaining_time, now->mc_remaining_time,
			FIELD_PRINT_remain_time, now->remain_time);
	take_first_told(report, &state->download_percent, FIELD_PRINT_gcode_file_prepare_percent,
			now->gcode_file_prepare_percent, FIELD_PRINT_prepare_per, now->prepare_per);
	const char *file = report->told[FIELD_PRINT_gcode_file] ? now->gcode_file : NULL;
	if (report->told[FIELD_PRINT_file] && (file == NULL || file[0] == '\0'))
		file = now->file;
	bool is_another = file != NULL && strcmp(file, state->file) != 0;
	if (is_another)
		memcpy(state->file, file, sizeof state->file);
	if (report->told[FIELD_PRINT_plate_idx] || report->told[FIELD_PRINT_plate_id])
		take_first_told(report, &state->plate, FIELD_PRINT_plate_idx, now->plate_idx, FIELD_PRINT_plate_id,
				now->plate_id);
	else if (is_another)
		state->plate = plate_in_name(state->file);
}

/* -- heat ------------------------------------------------------------------------------------- */

/* 0xF: switching; the one before counts until then. */
static void
take_active_extruder(struct report *report)
{
	uint32_t current = report->now.extruder_state >> 4 & 15;

	if (report->told[FIELD_EXTRUDER_state] && current != 15)
		report->state.active_extruder = (int32_t)current;
}

struct extruder *
report_active_extruder(struct printer_state *state)
{
	for (uint32_t i = 0; i < state->extruder_count; i++) {
		if (state->extruders[i].id == state->active_extruder)
			return &state->extruders[i];
	}
	return state->extruder_count == 1 ? &state->extruders[0] : NULL;
}

static void
take_flat(const struct report *report, struct temperature *to, const struct temperature *flat, enum field actual,
	  enum field target)
{
	if (report->told[actual])
		to->actual_celsius = flat->actual_celsius;
	if (report->told[target])
		to->target_celsius = flat->target_celsius;
}

/* The flat fields follow one nozzle, and not always the one that prints: where there are two they count for
 * nothing. Where there is one they count when `device` is silent. */
static void
derive_nozzle_heat(struct report *report)
{
	struct printer_state *state = &report->state;
	struct extruder *extruder = report_active_extruder(state);
	bool is_told = extruder != NULL && (report->now.extruders_heat_told & 1u << extruder->id) != 0;

	if (state->extruder_count < 2 && !is_told) {
		take_flat(report, &state->nozzle, &report->now.nozzle, FIELD_PRINT_nozzle_temper,
			  FIELD_PRINT_nozzle_target_temper);
		if (extruder != NULL)
			extruder->temperature = state->nozzle;
	} else if (extruder != NULL) {
		state->nozzle = extruder->temperature;
	}
}

static void
derive_heat(struct report *report)
{
	struct printer_state *state = &report->state;
	const struct report_now *now = &report->now;

	take_active_extruder(report);
	derive_nozzle_heat(report);
	if (report->told[FIELD_BED_INFO_temp])
		state->bed = report_unpack(now->bed_info_temp, state->bed);
	else if (report->told[FIELD_DEVICE_bed_temp])
		state->bed = report_unpack(now->bed_temp, state->bed);
	else
		take_flat(report, &state->bed, &now->bed, FIELD_PRINT_bed_temper, FIELD_PRINT_bed_target_temper);
	if (report->told[FIELD_CTC_INFO_temp])
		state->chamber = report_unpack(now->ctc_temp, state->chamber);
	else if (report->told[FIELD_PRINT_INFO_temp])
		state->chamber = report_unpack(now->info_temp, state->chamber);
	else
		take_flat(report, &state->chamber, &now->chamber, FIELD_PRINT_chamber_temper, FIELD_PRINT_ctt);
}

/* -- nozzles ---------------------------------------------------------------------------------- */

/* "0.4": hundredths without their last zeros. Nothing for what is no diameter. */
static void
write_diameter(double millimetres, char ret[8])
{
	long hundredths = lrint(millimetres * 100);

	memset(ret, 0, 8);
	if (hundredths <= 0 || hundredths >= 1000)
		return;
	ret[0] = (char)('0' + hundredths / 100);
	ret[1] = '.';
	ret[2] = (char)('0' + hundredths / 10 % 10);
	if (hundredths % 10 != 0)
		ret[3] = (char)('0' + hundredths % 10);
}

static const struct nozzle *
active_nozzle(struct printer_state *state)
{
	const struct extruder *extruder = report_active_extruder(state);

	for (uint32_t i = 0; extruder != NULL && i < state->nozzle_count; i++) {
		if (state->nozzles[i].id == extruder->nozzle_id)
			return &state->nozzles[i];
	}
	return NULL;
}

static void
derive_nozzles(struct report *report)
{
	struct printer_state *state = &report->state;

	if (report->told[FIELD_NOZZLE_exist])
		state->sources |= STATE_TOLD_NOZZLES;
	for (uint32_t i = 0; i < state->nozzle_count; i++) {
		int32_t id = state->nozzles[i].id;
		if ((state->sources & STATE_TOLD_NOZZLES) != 0 && id < 32)
			state->nozzles[i].present = (state->nozzle_exist_bits >> id & 1) != 0;
	}
	const struct nozzle *nozzle = active_nozzle(state);
	if (nozzle != NULL && !isnan(nozzle->diameter_mm))
		write_diameter(nozzle->diameter_mm, state->nozzle_diameter);
	else if (report->told[FIELD_PRINT_nozzle_diameter])
		write_diameter(report->now.nozzle_diameter_mm, state->nozzle_diameter);
	if (nozzle != NULL && nozzle->type[0] != '\0')
		memcpy(state->nozzle_type, nozzle->type, sizeof state->nozzle_type);
	else if (report->told[FIELD_PRINT_nozzle_type])
		memcpy(state->nozzle_type, report->now.nozzle_type, sizeof state->nozzle_type);
}

/* -- fans ------------------------------------------------------------------------------------- */

/* Speeds 0-15 are tenths of full speed for the maker's own program: 2 is 10 %, 10 is 60 %, 15 is 100 %. */
static int32_t
percent_of_speed(int32_t speed)
{
	return speed * 2 / 3 * 10;
}

static void
derive_flat_fans(struct report *report)
{
	static const enum fan geared[] = { FAN_PART, FAN_AUX, FAN_CHAMBER };
	const struct report_now *now = &report->now;
	int32_t *fan = report->state.fan_percent;

	if (report->told[FIELD_PRINT_fan_gear]) {
		for (unsigned i = 0; i < STR_ARRAY_LEN(geared); i++)
			fan[geared[i]] = (int32_t)(((now->fan_gear >> 8 * i & 255) * 200 + 255) / 510);
		return;
	}
	if (report->told[FIELD_PRINT_cooling_fan_speed])
		fan[FAN_PART] = percent_of_speed(now->cooling_fan_speed);
	if (report->told[FIELD_PRINT_big_fan1_speed])
		fan[FAN_AUX] = percent_of_speed(now->big_fan1_speed);
	if (report->told[FIELD_PRINT_big_fan2_speed])
		fan[FAN_CHAMBER] = percent_of_speed(now->big_fan2_speed);
}

/* A printer that lists its fans has no others, whatever its flat fields say. */
static void
derive_fans(struct report *report)
{
	struct printer_state *state = &report->state;

	if (report->told[FIELD_PRINT_heatbreak_fan_speed])
		state->fan_percent[FAN_HEATBREAK] = percent_of_speed(report->now.heatbreak_fan_speed);
	if (report->now.fans_told != 0 && (state->sources & STATE_TOLD_AIRDUCT) == 0) {
		state->sources |= STATE_TOLD_AIRDUCT;
		for (unsigned i = 0; i < STATE_FAN_KINDS; i++) {
			if (i != FAN_HEATBREAK && (report->now.fans_told & 1u << i) == 0)
				state->fan_percent[i] = STATE_UNKNOWN;
		}
	}
	if ((state->sources & STATE_TOLD_AIRDUCT) == 0)
		derive_flat_fans(report);
}

/* -- bit fields ------------------------------------------------------------------------------- */

static enum tri
bit_of(uint64_t bits, unsigned bit)
{
	return (bits >> bit & 1) != 0 ? TRI_YES : TRI_NO;
}

static enum storage_state
storage_of_bits(uint64_t bits)
{
	static const enum storage_state states[] = { STORAGE_NONE, STORAGE_NORMAL, STORAGE_ABNORMAL,
						     STORAGE_READ_ONLY };

	return states[bits & 3];
}

/* What the bits say, as far as this message has any. Some deltas clear home_flag's although nothing was pulled out, so
 * only a full report can say "none" by them. */
static enum storage_state
storage_by_bits(const struct report *report, bool is_full)
{
	enum storage_state by_bits = STORAGE_UNKNOWN;

	if (report->told[FIELD_PRINT_aux])
		by_bits = storage_of_bits(report->now.aux >> 12);
	else if (report->told[FIELD_PRINT_home_flag])
		by_bits = storage_of_bits(report->state.home_flag >> 8);
	return by_bits == STORAGE_NONE && !is_full ? STORAGE_UNKNOWN : by_bits;
}

/* `sdcard` says whether there is storage; where it is true the bits say in which condition. */
static void
derive_storage(struct report *report, bool is_full)
{
	struct printer_state *state = &report->state;
	enum storage_state by_bits = storage_by_bits(report, is_full);

	if (report->told[FIELD_PRINT_sdcard])
		state->sdcard = report->now.sdcard;
	if (state->sdcard == STORAGE_UNKNOWN || state->sdcard == STORAGE_NORMAL)
		state->storage = by_bits != STORAGE_UNKNOWN ? by_bits : state->storage;
	else
		state->storage = state->sdcard;
	if (state->sdcard == STORAGE_NORMAL && (state->storage == STORAGE_UNKNOWN || state->storage == STORAGE_NONE))
		state->storage = STORAGE_NORMAL;
}

/* For who does not know the model: what both fields say, or the only one that was told. */
static enum tri
door_of(const struct printer_state *state)
{
	if (state->door_by_stat == TRI_UNKNOWN || state->door_by_stat == state->door_by_home_flag)
		return state->door_by_home_flag;
	return state->door_by_home_flag == TRI_UNKNOWN ? state->door_by_stat : TRI_UNKNOWN;
}

/* By bit 29 of `fun`, "signature required"; firmware without it complains of unsigned commands in its health codes. */
static void
derive_developer_mode(struct report *report)
{
	struct printer_state *state = &report->state;

	if (report->told[FIELD_PRINT_fun]) {
		state->fun_told = true;
		state->developer_mode = bit_of(state->fun, 29) == TRI_YES ? TRI_NO : TRI_YES;
	} else if (report->told[FIELD_PRINT_hms] && !state->fun_told) {
		state->developer_mode = TRI_UNKNOWN;
		for (uint32_t i = 0; i < state->hms_count; i++)
			if (hms_means_unsigned(state->hms[i].attr, state->hms[i].code))
				state->developer_mode = TRI_NO;
	}
}

static void
derive_bits(struct report *report, bool is_full)
{
	struct printer_state *state = &report->state;

	if (report->told[FIELD_PRINT_home_flag]) {
		state->home_flag_told = true;
		state->homed_x = bit_of(state->home_flag, 0);
		state->homed_y = bit_of(state->home_flag, 1);
		state->homed_z = bit_of(state->home_flag, 2);
		state->door_by_home_flag = bit_of(state->home_flag, 23);
	}
	if (report->told[FIELD_PRINT_stat]) {
		state->door_by_stat = bit_of(report->now.stat, 23);
		state->lid_open = bit_of(report->now.stat, 24);
	}
	state->door_open = door_of(state);
	derive_developer_mode(report);
	derive_storage(report, is_full);
}

void
report_derive(struct report *report, bool is_full)
{
	derive_job(report);
	derive_heat(report);
	derive_nozzles(report);
	derive_fans(report);
	derive_bits(report, is_full);
}

/* -- get_version ------------------------------------------------------------------------------ */

void
report_modules_settle(struct report *report)
{
	struct printer_state *state = &report->state;

	memcpy(state->modules, report->modules, report->module_count * sizeof state->modules[0]);
	state->module_count = report->module_count;
	for (uint32_t i = 0; i < state->module_count; i++) {
		const struct module *module = &state->modules[i];
		if (strcmp(module->name, "ota") != 0)
			continue;
		memcpy(state->firmware, module->firmware, sizeof state->firmware);
		memcpy(state->product, module->product, sizeof state->product);
		report_serial_take(state->serial, sizeof state->serial, module->serial, strlen(module->serial));
	}
	report_ams_name_kinds(state);
}
