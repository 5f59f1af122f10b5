/*
 * machine_report_parts: the larger members of a report, but for the hardware (machine_report_device.c) and the filament
 * (machine_report_ams.c). Fixed parts are those of the samples.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/str.h"
#include "worker/virtual/machine_inner.h"

#define UNSIGNED_ATTR 0x05000500u /* the health code of commands that are not signed */
#define UNSIGNED_CODE 0x00010007u
#define MASK_24 16777215 /* 255.255.255.0, first octet in the low byte */
#define SNOW_NONE 65535

static const char *
able(bool is_enabled)
{
	return is_enabled ? "enable" : "disable";
}

void
machine_write_hex(struct jsonout *out, uint64_t value)
{
	char text[20];

	str_format(text, sizeof text, "%" PRIX64, value);
	jsonout_word(out, text);
}

/* 0 to 15, as a text. */
void
machine_write_speed15(struct jsonout *out, double percent)
{
	char text[8];

	str_format(text, sizeof text, "%d", (int)ceil(percent * 15 / 100));
	jsonout_word(out, text);
}

/* The newer ones say whole degrees, the older ones what the sensor has: steps of a 32nd. */
void
machine_write_celsius(struct jsonout *out, const struct machine *machine, const struct heater *heater, unsigned salt)
{
	double celsius = machine_sensed(machine, heater, salt);

	jsonout_number(out, machine_is_rich(machine) ? round(celsius) : round(celsius * 32) / 32);
}

/* -- camera ------------------------------------------------------------------------------------------------------- */
static void
put_rtsp_url(struct jsonout *out, const struct machine *machine)
{
	uint32_t ip = machine->setup.address;
	unsigned port = machine->setup.video_port != 0 ? machine->setup.video_port : machine->setup.model->camera_port;
	char url[80] = "disable";

	if (ip != 0 && !machine_has(machine, CONTROL_FAULT_LIVE_VIEW_OFF))
		str_format(url, sizeof url, "rtsps://%u.%u.%u.%u:%u/streaming/live/1", ip & 255, ip >> 8 & 255,
			   ip >> 16 & 255, ip >> 24, port);
	put_text(out, "rtsp_url", url);
}

void
machine_write_ipcam(struct jsonout *out, const struct machine *machine)
{
	const struct machine_settings *settings = &machine->life.settings;
	bool is_rich = machine_is_rich(machine);

	jsonout_open(out, '{');
	if (is_rich) {
		put_text(out, "agora_service", "disable");
		put_text(out, "brtc_service", "enable");
		put_int(out, "bs_state", 0);
	}
	put_text(out, "ipcam_dev", "1");
	put_text(out, "ipcam_record", able(settings->records));
	put_int(out, "mode_bits", is_rich ? 2 : 3);
	put_text(out, "resolution", settings->is_1080p ? "1080p" : "720p");
	if (is_rich) {
		put_int(out, "laser_preview_res", 7);
		put_rtsp_url(out, machine);
		put_int(out, "tl_store_hpd_type", 2);
		put_int(out, "tl_store_path_type", 2);
	}
	put_text(out, "timelapse", able(settings->timelapse));
	put_text(out, "tutk_server", "disable");
	jsonout_close(out, '}');
}

void
machine_write_xcam(struct jsonout *out, const struct machine *machine)
{
	static const char *const names[MACHINE_WATCH_COUNT] = {
#define X(NAME, name) [MACHINE_WATCH_##NAME] = name,
		MACHINE_WATCHES(X)
#undef X
	};
	/* The older ones look for the plate's marker and nothing else. */
	unsigned count = machine_is_rich(machine) ? MACHINE_WATCH_COUNT : MACHINE_WATCH_MARKER + 1;

	jsonout_open(out, '{');
	for (unsigned i = 0; i < count; i++)
		put_truth(out, names[i], machine->life.settings.watches[i]);
	if (machine_is_rich(machine)) {
		put_text(out, "halt_print_sensitivity", "medium");
		put_truth(out, "print_halt", true);
	}
	jsonout_close(out, '}');
}

/* -- the machine -------------------------------------------------------------------------------------------------- */
static void
write_interface(struct jsonout *out, uint32_t ip, uint32_t mask)
{
	jsonout_open(out, '{');
	put_int(out, "ip", ip);
	put_int(out, "mask", mask);
	jsonout_close(out, '}');
}

void
machine_write_net(struct jsonout *out, const struct machine *machine)
{
	bool is_rich = machine_is_rich(machine);

	jsonout_open(out, '{');
	put_int(out, "conf", is_rich ? 16 : 0);
	jsonout_key(out, "info");
	jsonout_open(out, '[');
	write_interface(out, machine->setup.address, MASK_24);
	if (is_rich)
		write_interface(out, 0, 0);
	jsonout_close(out, ']');
	jsonout_close(out, '}');
}

static const char *
light_mode(const struct machine_settings *settings, unsigned light)
{
	if (!settings->lights[light])
		return "off";
	return light == MACHINE_LIGHT_WORK && !settings->work_is_steady ? "flashing" : "on";
}

void
machine_write_lights(struct jsonout *out, const struct machine *machine)
{
	static const char *const nodes[MACHINE_LIGHT_COUNT] = {
#define X(NAME, node) [MACHINE_LIGHT_##NAME] = node,
		MACHINE_LIGHTS(X)
#undef X
	};
	const struct model *model = machine->setup.model;
	const bool has[MACHINE_LIGHT_COUNT] = { [MACHINE_LIGHT_CHAMBER] = true,
						[MACHINE_LIGHT_WORK] = model->has_work_light,
						[MACHINE_LIGHT_CHAMBER2] = model->has_two_chamber_lights };

	jsonout_open(out, '[');
	for (unsigned i = 0; i < MACHINE_LIGHT_COUNT; i++) {
		if (!has[i])
			continue;
		jsonout_open(out, '{');
		put_text(out, "mode", light_mode(&machine->life.settings, i));
		put_text(out, "node", nodes[i]);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
}

void
machine_write_upgrade(struct jsonout *out, const struct machine *machine)
{
	bool is_rich = machine_is_rich(machine);

	jsonout_open(out, '{');
	if (is_rich) {
		put_text(out, "ahb_new_version_number", "");
		put_text(out, "ams_new_version_number", "");
		put_text(out, "ext_new_version_number", "");
		put_text(out, "ota_new_version_number", "");
		put_int(out, "idx", 5);
		put_text(out, "lower_limit", "00.00.00.00");
		put_text(out, "sn", machine->setup.serial);
	} else {
		put_int(out, "cur_state_code", 0);
		put_json(out, "new_ver_list", "[]");
	}
	put_truth(out, "consistency_request", false);
	put_int(out, "dis_state", 0);
	put_int(out, "err_code", 0);
	put_truth(out, "force_upgrade", false);
	put_int(out, "idx2", 1929307258);
	put_text(out, "message", is_rich ? "" : "0%, 0B/s");
	put_text(out, "module", "");
	put_int(out, "new_version_state", 2);
	put_text(out, "progress", is_rich ? "0" : "");
	put_int(out, "sequence_id", 0);
	put_text(out, "status", "IDLE");
	jsonout_close(out, '}');
}

void
machine_write_online(struct jsonout *out, const struct machine *machine)
{
	bool is_rich = machine_is_rich(machine);

	jsonout_open(out, '{');
	put_truth(out, "ahb", is_rich);
	if (!is_rich)
		put_truth(out, "rfid", false);
	else if (machine->traits->style != STYLE_P2S && machine->traits->style != STYLE_H2S)
		put_truth(out, "ext", machine->setup.model->extruders > 1);
	put_int(out, "version", 10);
	jsonout_close(out, '}');
}

/* -- health ------------------------------------------------------------------------------------------------------- */
static void
write_health(struct jsonout *out, uint32_t attr, uint32_t code)
{
	jsonout_open(out, '{');
	put_int(out, "attr", attr);
	put_int(out, "code", code);
	jsonout_close(out, '}');
}

void
machine_write_hms(struct jsonout *out, const struct machine *machine)
{
	const struct controls *controls = &machine->life.controls;
	uint32_t attr, code;

	jsonout_open(out, '[');
	for (uint32_t i = 0; i < controls->error_count; i++) {
		control_error_code(controls->errors[i].error, &attr, &code);
		write_health(out, attr, code);
	}
	if (machine->has_refused)
		write_health(out, UNSIGNED_ATTR, UNSIGNED_CODE);
	jsonout_close(out, ']');
}

/* -- the print ---------------------------------------------------------------------------------------------------- */
/* What is to come; the older ones say nothing. */
void
machine_write_stages(struct jsonout *out, const struct machine *machine)
{
	const struct machine_run *run = &machine->life.run;

	jsonout_open(out, '[');
	for (uint32_t i = 0; i < run->step_count && machine_is_rich(machine); i++)
		if (run->steps[i].stage != 0)
			jsonout_int(out, run->steps[i].stage);
	jsonout_close(out, ']');
}

void
machine_write_skipped(struct jsonout *out, const struct machine *machine)
{
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < machine->life.run.skipped_count; i++)
		jsonout_int(out, machine->life.run.skipped[i]);
	jsonout_close(out, ']');
}

void
machine_write_mapping(struct jsonout *out, const struct machine *machine)
{
	const struct machine_run *run = &machine->life.run;

	jsonout_open(out, '[');
	for (uint32_t i = 0; i < run->mapping_count; i++) {
		struct machine_place place = run->mapping[i];
		jsonout_int(out, place.ams == NOTHING ? SNOW_NONE : place.ams << 8 | place.slot);
	}
	jsonout_close(out, ']');
}

void
machine_write_layers(struct jsonout *out, const struct machine *machine)
{
	jsonout_open(out, '{');
	put_int(out, "layer_num", machine_layer(machine));
	put_int(out, "total_layer_num", machine->life.run.layers);
	jsonout_close(out, '}');
}
