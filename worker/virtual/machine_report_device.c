/*
 * machine_report_device: `device`, the hardware as the newer models tell it: packed temperatures, extruders with what
 * feeds them, nozzles, the air's ways.
 */
#include <math.h>
#include <stdlib.h>

#include "worker/virtual/machine_inner.h"

#define SNOW_NONE 65535
#define SNOW_NONE_LEFT 65279 /* unit 254, slot 255 */
#define FULL_RANGE 6553600   /* 0 to 100 */
#define RACK_FIRST 16	     /* an H2C's hotends that are not mounted */
#define RACK_LAST 21

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

static void
write_nozzle(struct jsonout *out, const struct machine *machine, unsigned id)
{
	jsonout_open(out, '{');
	jsonout_key(out, "diameter");
	jsonout_number(out, strtod(machine->setup.nozzle, NULL));
	put_int(out, "id", id);
	put_int(out, "tm", 0);
	jsonout_key(out, "type");
	jsonout_word(out, machine->traits->nozzle_code);
	put_int(out, "wear", 0);
	jsonout_close(out, '}');
}

static void
put_nozzles(struct jsonout *out, const struct machine *machine)
{
	bool has_rack = machine->traits->style == STYLE_H2C;
	unsigned count = machine->setup.model->extruders;
	uint32_t exist = (1u << count) - 1;

	jsonout_key(out, "nozzle");
	jsonout_open(out, '{');
	jsonout_key(out, "info");
	jsonout_open(out, '[');
	for (unsigned id = 0; id < count; id++)
		write_nozzle(out, machine, id);
	for (unsigned id = RACK_FIRST; has_rack && id <= RACK_LAST; id++) {
		write_nozzle(out, machine, id);
		exist |= 1u << id;
	}
	jsonout_close(out, ']');
	put_int(out, "exist", exist);
	put_int(out, "state", 0);
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

void
machine_write_device(struct jsonout *out, const struct machine *machine)
{
	const struct machine_life *life = &machine->life;
	uint32_t bed = machine_packed(machine, &life->bed, 1);

	jsonout_open(out, '{');
	if (machine->setup.model->has_airduct)
		put_air(out, machine);
	put_heat(out, "bed", bed, life->bed.target > 0 ? 2 : 0);
	put_int(out, "bed_temp", bed);
	put_json(out, "cam", "{\"laser\":{\"cond\":252,\"state\":0}}");
	put_heat(out, "ctc", machine_packed(machine, &life->chamber, 2), life->chamber.target > 0 ? 1 : 0);
	put_json(out, "ext_tool", "{\"calib\":2,\"low_prec\":true,\"mount\":0,\"th_temp\":0,\"type\":\"\"}");
	put_extruders(out, machine);
	put_json(out, "laser", "{\"power\":0}");
	put_nozzles(out, machine);
	put_json(out, "plate", "{\"base\":1,\"cali2d_id\":\"\",\"cur_id\":\"\",\"mat\":1,\"tar_id\":\"\"}");
	put_int(out, "type", 1);
	jsonout_close(out, '}');
}
