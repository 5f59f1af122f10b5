/*
 * machine_keep: what a machine remembers over a power cut, as JSON. Read again by machine_remember.c, which says what
 * each member may be.
 */
#include "common/miniobj.h"
#include "worker/virtual/machine_inner.h"

static void
put_place(struct jsonout *out, struct machine_place place)
{
	put_int(out, "ams", place.ams);
	put_int(out, "slot", place.slot);
}

/* Truths as bits, the first one the lowest. */
static void
put_bits(struct jsonout *out, const char *key, const bool *truths, unsigned count)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < count; i++)
		bits |= truths[i] ? 1u << i : 0;
	put_int(out, key, bits);
}

static void
put_settings(struct jsonout *out, const struct machine_settings *settings)
{
	jsonout_key(out, "settings");
	jsonout_open(out, '{');
	put_int(out, "speed", settings->speed_level);
	put_bits(out, "lights", settings->lights, MACHINE_LIGHT_COUNT);
	put_bits(out, "options", settings->options, MACHINE_OPTION_COUNT);
	put_bits(out, "watches", settings->watches, MACHINE_WATCH_COUNT);
	put_truth(out, "records", settings->records);
	put_truth(out, "timelapse", settings->timelapse);
	put_truth(out, "is1080p", settings->is_1080p);
	jsonout_close(out, '}');
}

/* -- filament ----------------------------------------------------------------------------------------------------- */
static void
write_tray(struct jsonout *out, const struct machine_tray *tray)
{
	jsonout_open(out, '{');
	put_truth(out, "filled", tray->is_filled);
	put_int(out, "spool", tray->spool);
	put_text(out, "material", tray->material);
	put_text(out, "brand", tray->brand);
	put_text(out, "profile", tray->profile);
	put_text(out, "colorName", tray->color_name);
	put_text(out, "color", tray->color);
	put_text(out, "tag", tray->tag);
	put_text(out, "uuid", tray->uuid);
	put_int(out, "nozzleMin", tray->nozzle_min);
	put_int(out, "nozzleMax", tray->nozzle_max);
	put_int(out, "dryCelsius", tray->dry_celsius);
	put_int(out, "dryHours", tray->dry_hours);
	put_int(out, "calibration", tray->cali_idx);
	put_number(out, "usedGrams", tray->used_grams);
	jsonout_close(out, '}');
}

static void
write_unit(struct jsonout *out, const struct machine_unit *unit)
{
	jsonout_open(out, '{');
	put_int(out, "id", unit->id);
	put_number(out, "drySeconds", unit->dry_s);
	put_int(out, "dryCelsius", unit->dry_celsius);
	put_number(out, "celsius", unit->celsius);
	jsonout_key(out, "trays");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < unit->tray_count; i++)
		write_tray(out, &unit->trays[i]);
	jsonout_close(out, ']');
	jsonout_close(out, '}');
}

static void
put_filament(struct jsonout *out, const struct machine_life *life)
{
	jsonout_key(out, "units");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < life->unit_count; i++)
		write_unit(out, &life->units[i]);
	jsonout_close(out, ']');
	jsonout_key(out, "external");
	jsonout_open(out, '[');
	for (unsigned i = 0; i < STATE_EXTRUDERS_MAX; i++)
		write_tray(out, &life->external[i]);
	jsonout_close(out, ']');
	jsonout_key(out, "extruders");
	jsonout_open(out, '[');
	for (unsigned i = 0; i < STATE_EXTRUDERS_MAX; i++) {
		jsonout_open(out, '{');
		put_number(out, "celsius", life->extruders[i].heater.actual);
		put_place(out, life->extruders[i].feed);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
}

/* -- the run ------------------------------------------------------------------------------------------------------ */
static void
put_steps(struct jsonout *out, const struct machine_run *run)
{
	jsonout_key(out, "steps");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < run->step_count; i++) {
		jsonout_open(out, '{');
		put_int(out, "kind", run->steps[i].kind);
		put_int(out, "stage", run->steps[i].stage);
		put_number(out, "seconds", run->steps[i].seconds);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
}

static void
put_uses(struct jsonout *out, const struct machine_run *run)
{
	jsonout_key(out, "uses");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < run->use_count; i++) {
		jsonout_open(out, '{');
		put_place(out, run->uses[i].place);
		put_number(out, "grams", run->uses[i].grams);
		put_number(out, "share", run->uses[i].share);
		put_int(out, "extruder", run->uses[i].extruder);
		put_text(out, "material", run->uses[i].material);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
	jsonout_key(out, "mapping");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < run->mapping_count; i++) {
		jsonout_open(out, '{');
		put_place(out, run->mapping[i]);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
}

static void
put_names(struct jsonout *out, const struct machine_run *run)
{
	put_text(out, "path", run->path);
	put_text(out, "gcodeFile", run->gcode_file);
	put_text(out, "title", run->title);
	put_text(out, "project", run->project_id);
	put_text(out, "profile", run->profile_id);
	put_text(out, "task", run->task_id);
	put_text(out, "subtask", run->subtask_id);
}

static void
put_run(struct jsonout *out, const struct machine_run *run)
{
	jsonout_key(out, "run");
	jsonout_open(out, '{');
	put_text(out, "state", machine_state_word(run->state));
	put_truth(out, "system", run->is_system);
	put_names(out, run);
	put_int(out, "plate", run->plate);
	put_int(out, "plates", run->plate_count);
	put_int(out, "layers", run->layers);
	put_number(out, "seconds", run->seconds);
	put_number(out, "done", run->done_s);
	put_number(out, "partFan", run->part_fan);
	put_truth(out, "inspects", run->inspects_layer);
	put_truth(out, "reheats", run->reheats);
	put_int(out, "step", run->step);
	put_number(out, "stepLeft", run->step_left_s);
	put_number(out, "prepare", run->prepare_ms);
	put_number(out, "prepareLeft", run->prepare_left_ms);
	put_int(out, "pauseStage", run->pause_stage);
	put_steps(out, run);
	put_uses(out, run);
	jsonout_key(out, "skipped");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < run->skipped_count; i++)
		jsonout_int(out, run->skipped[i]);
	jsonout_close(out, ']');
	jsonout_close(out, '}');
}

size_t
machine_keep(const struct machine *machine, char ret_json[MACHINE_KEPT_MAX_BYTES])
{
	ENSURE_OBJ(machine, MACHINE_MAGIC);
	const struct machine_life *life = &machine->life;
	struct jsonout out;

	jsonout_init(&out, ret_json, MACHINE_KEPT_MAX_BYTES);
	jsonout_open(&out, '{');
	jsonout_key(&out, "controls");
	jsonout_open(&out, '{');
	controls_write(&out, &life->controls);
	jsonout_close(&out, '}');
	put_settings(&out, &life->settings);
	put_filament(&out, life);
	put_int(&out, "activeExtruder", life->active_extruder);
	put_int(&out, "mounted", life->mounted);
	put_number(&out, "bed", life->bed.actual);
	put_number(&out, "chamber", life->chamber.actual);
	put_int(&out, "printError", life->print_error);
	put_int(&out, "failError", life->fail_error);
	put_run(&out, &life->run);
	jsonout_close(&out, '}');
	return jsonout_finish(&out);
}
