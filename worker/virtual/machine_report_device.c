/*
 * machine_report_device: `device`, the hardware as the newer models tell it: packed temperatures, extruders with what
 * feeds them, nozzles, the air's ways.
 */
#include <math.h>
#include <stdlib.h>

#include "common/str.h"
#include "worker/virtual/machine_inner.h"

#define SNOW_NONE 65535
#define SNOW_NONE_LEFT 65279 /* unit 254, slot 255 */
#define FULL_RANGE 6553600   /* 0 to 100 */
#define RACK_CELSIUS 350     /* what the hotends of an H2C's rack bear */

enum { INFO_LOADED = 1 << 1, INFO_BUFFERED = 1 << 2, INFO_NOZZLE = 1 << 3 };

/* Low 16 bits what it is, high 16 what it shall be. */
uint32_t
machine_packed(const struct machine *machine, const struct heater *heater, unsigned salt)
{
	return (uint32_t)lround(machine_sensed(machine, heater, salt)) | (uint32_t)lround(heater->target) << 16;
}

static void
put_heat(struct jsonout *out, const char *key, uint32_t packed, int state)
{
	jsonout_key(out, key);
	jsonout_open(out, '{');
	jsonout_key(out, "info");
	jsonout_open(out, '{');
	put_int(out, "temp", packed);
	jsonout_close(out, '}');
	put_int(out, "state", state);
	jsonout_close(out, '}');
}

/* -- extruders and nozzles ---------------------------------------------------------------------------------------- */
static int
snow_of(struct machine_place place, uint32_t extruder)
{
	if (place.ams == NOTHING)
		return extruder == 0 ? SNOW_NONE : SNOW_NONE_LEFT;
	return place.ams << 8 | place.slot;
}

int
machine_snow(const struct machine *machine, uint32_t extruder)
{
	return snow_of(machine->life.extruders[extruder].feed, extruder);
}

static int
snow_target(const struct machine *machine, uint32_t extruder)
{
	bool changes = machine->change.phase != CHANGE_NONE && machine->change.extruder == extruder;

	return changes ? snow_of(machine->change.to, extruder) : machine_snow(machine, extruder);
}

static void
write_extruder(struct jsonout *out, const struct machine *machine, uint32_t id)
{
	const struct machine_extruder *extruder = &machine->life.extruders[id];
	bool is_loaded = extruder->feed.ams != NOTHING;

	jsonout_open(out, '{');
	put_json(out, "filam_bak", "[]");
	put_int(out, "hnow", id);
	put_int(out, "hpre", id);
	put_int(out, "htar", id);
	put_int(out, "id", id);
	put_int(out, "info", INFO_NOZZLE | (is_loaded ? INFO_LOADED | INFO_BUFFERED : 0));
	put_int(out, "snow", machine_snow(machine, id));
	put_int(out, "spre", machine_snow(machine, id));
	put_int(out, "star", snow_target(machine, id));
	put_int(out, "stat", 0);
	put_int(out, "temp", machine_packed(machine, &extruder->heater, 3 + id));
	jsonout_close(out, '}');
}

/* Bits 0-3 how many there are, 4-7 the one in use, 8-11 the one that shall be. */
static void
put_extruders(struct jsonout *out, const struct machine *machine)
{
	unsigned count = machine->setup.model->extruders, active = machine->life.active_extruder;

	jsonout_key(out, "extruder");
	jsonout_open(out, '{');
	jsonout_key(out, "info");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < count; i++)
		write_extruder(out, machine, i);
	jsonout_close(out, ']');
	put_int(out, "state", count | active << 4 | active << 8);
	jsonout_close(out, '}');
}

/* Some know each nozzle by its number, and with which filament it printed last. */
static bool
knows_nozzles(const struct machine *machine)
{
	enum machine_style style = machine->traits->style;

	return style == STYLE_P2S || style == STYLE_X2D || style == STYLE_H2C;
}

static void
put_nozzle_history(struct jsonout *out, const struct machine *machine, unsigned id)
{
	char number[24];

	/* A nozzle that cannot be taken out has no number of its own. */
	bool is_fixed = !machine->traits->has_rack || id == 1;
	str_format(number, sizeof number, "%.12sN%02u", machine->setup.serial, id);
	put_text(out, "color_m", "00000000");
	put_text(out, "fila_id", "");
	put_text(out, "sn", is_fixed ? "N/A" : number);
	put_int(out, "stat", 0);
}

static void
write_nozzle(struct jsonout *out, const struct machine *machine, unsigned id, const char *diameter, const char *code)
{
	jsonout_open(out, '{');
	if (knows_nozzles(machine))
		put_nozzle_history(out, machine, id);
	jsonout_key(out, "diameter");
	jsonout_number(out, strtod(diameter, NULL));
	put_int(out, "id", id);
	put_int(out, "tm", machine->traits->has_rack && id != 1 ? RACK_CELSIUS : 0);
	jsonout_key(out, "type");
	jsonout_word(out, code);
	put_int(out, "wear", 0);
	jsonout_close(out, '}');
}

/* The hotends of an H2C, by their places in its rack; the one with no diameter is the nozzle that the owner has wished. */
static const struct { const char *diameter, *code; } hotends[MACHINE_RACK_LAST - MACHINE_RACK_FIRST + 1] = {
	{ "0.2", "HS00" }, { "0.4", "HS01" }, { "0.6", "HS01" }, { "0.4", "HH01" },
	[MACHINE_RACK_USUAL - MACHINE_RACK_FIRST] = { NULL, "HS01" }, { "0.4", "HS01" },
};

static void
write_hotend(struct jsonout *out, const struct machine *machine, unsigned id, int32_t place)
{
	const char *diameter = hotends[place - MACHINE_RACK_FIRST].diameter;

	write_nozzle(out, machine, id, diameter != NULL ? diameter : machine->setup.nozzle,
		     hotends[place - MACHINE_RACK_FIRST].code);
}

/* Those that hang in the rack: the place of the one that is mounted is empty. */
static uint32_t
write_rack(struct jsonout *out, const struct machine *machine)
{
	uint32_t exist = 0;

	for (int32_t place = MACHINE_RACK_FIRST; place <= MACHINE_RACK_LAST; place++) {
		if (place == machine->life.mounted)
			continue;
		write_hotend(out, machine, (unsigned)place, place);
		exist |= 1u << place;
	}
	return exist;
}

static void
put_nozzles(struct jsonout *out, const struct machine *machine)
{
	bool has_rack = machine->traits->has_rack;
	int32_t source = has_rack ? machine->life.mounted : 0;
	unsigned count = machine->setup.model->extruders;
	uint32_t exist = (1u << count) - 1;

	jsonout_key(out, "nozzle");
	jsonout_open(out, '{');
	jsonout_key(out, "info");
	jsonout_open(out, '[');
	for (unsigned id = 0; id < count; id++) {
		if (id == 0 && has_rack)
			write_hotend(out, machine, id, machine->life.mounted);
		else
			write_nozzle(out, machine, id, machine->setup.nozzle, machine->traits->nozzle_code);
	}
	exist |= has_rack ? write_rack(out, machine) : 0;
	jsonout_close(out, ']');
	put_int(out, "exist", exist);
	put_int(out, "state", 0);
	if (knows_nozzles(machine)) {
		put_int(out, "src_id", source);
		put_int(out, "tar_id", source);
	}
	jsonout_close(out, '}');
}

/* -- air ---------------------------------------------------------------------------------------------------------- */
static void
write_part(struct jsonout *out, const struct machine *machine, enum fan fan, unsigned number, int function)
{
	jsonout_open(out, '{');
	put_int(out, "func", function);
	put_int(out, "id", number << 4);
	put_int(out, "range", FULL_RANGE);
	put_int(out, "state", lround(machine->fans[fan]));
	jsonout_close(out, '}');
}

static void
put_air(struct jsonout *out, const struct machine *machine)
{
	const struct model *model = machine->setup.model;
	bool has_heater = model->chamber_target_max_celsius > 0;

	jsonout_key(out, "airduct");
	jsonout_open(out, '{');
	put_int(out, "modeCur", machine->air_mode);
	put_json(out, "modeList", has_heater ? "[{\"ctrl\":[16,32,48],\"modeId\":0,\"off\":[96]},"
					       "{\"ctrl\":[16],\"modeId\":1,\"off\":[32,48]},"
					       "{\"ctrl\":[48],\"modeId\":2,\"off\":[]}]"
					     : "[{\"ctrl\":[16,32,160],\"modeId\":0,\"off\":[]},"
					       "{\"ctrl\":[16,32],\"modeId\":1,\"off\":[160]}]");
	jsonout_key(out, "parts");
	jsonout_open(out, '[');
	write_part(out, machine, FAN_PART, 1, 0);
	write_part(out, machine, FAN_AUX, 2, has_heater ? 1 : 6);
	if (has_heater) {
		write_part(out, machine, FAN_CHAMBER, 3, 2);
		write_part(out, machine, FAN_HEATER, 6, 3);
	}
	if (model->has_aux2_fan)
		write_part(out, machine, FAN_AUX2, 10, 1);
	jsonout_close(out, ']');
	jsonout_close(out, '}');
}

/* An A2L's, which has less to tell. */
static void
write_small_device(struct jsonout *out, const struct machine *machine)
{
	const struct heater *bed = &machine->life.bed;

	jsonout_open(out, '{');
	put_heat(out, "bed", machine_packed(machine, bed, 1), bed->target > 0 ? 2 : 0);
	put_extruders(out, machine);
	put_nozzles(out, machine);
	jsonout_key(out, "airduct");
	jsonout_open(out, '{');
	jsonout_key(out, "parts");
	jsonout_open(out, '[');
	write_part(out, machine, FAN_PART, 1, 0);
	jsonout_close(out, ']');
	jsonout_close(out, '}');
	put_int(out, "type", 1);
	jsonout_close(out, '}');
}

void
machine_write_device(struct jsonout *out, const struct machine *machine)
{
	const struct machine_life *life = &machine->life;
	uint32_t bed = machine_packed(machine, &life->bed, 1);

	if (machine->traits->style == STYLE_A2L) {
		write_small_device(out, machine);
		return;
	}
	jsonout_open(out, '{');
	if (machine->setup.model->has_airduct)
		put_air(out, machine);
	put_heat(out, "bed", bed, life->bed.target > 0 ? 2 : 0);
	put_int(out, "bed_temp", bed);
	put_json(out, "cam", "{\"laser\":{\"cond\":252,\"state\":0}}");
	put_heat(out, "ctc", machine_packed(machine, &life->chamber, 2), life->chamber.target > 0 ? 1 : 0);
	put_json(out, "ext_tool", "{\"calib\":2,\"low_prec\":true,\"mount\":0,\"th_temp\":0,\"type\":\"\"}");
	put_extruders(out, machine);
	if (machine->traits->has_rack)
		put_json(out, "holder", "{\"info\":1,\"job\":0,\"pos\":3,\"stat\":0,\"step\":[0]}");
	put_json(out, "laser", "{\"power\":0}");
	put_nozzles(out, machine);
	put_json(out, "plate", "{\"base\":1,\"cali2d_id\":\"\",\"cur_id\":\"\",\"mat\":1,\"tar_id\":\"\"}");
	put_int(out, "type", 1);
	jsonout_close(out, '}');
}
