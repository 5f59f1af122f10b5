/*
 * state_json_machine: our own fields about heat, air, light, and what the machine is made of.
 */
#include <string.h>

#include "common/str.h"
#include "printer/state_json_parts.h"

/* -- heat and air --------------------------------------------------------------------------------------------- */

static void
write_temperature(struct jsonout *out, const struct temperature *temperature)
{
	if (!jsonout_is_number(temperature->actual_celsius) && !jsonout_is_number(temperature->target_celsius)) {
		jsonout_null(out);
		return;
	}
	jsonout_open(out, '{');
	jsonout_key(out, "actualCelsius");
	jsonout_number(out, temperature->actual_celsius);
	jsonout_key(out, "targetCelsius");
	jsonout_number(out, temperature->target_celsius);
	jsonout_close(out, '}');
}

static void
write_heat(struct jsonout *out, const struct state_view *view)
{
	const struct printer_state *state = view->state;

	jsonout_key(out, "temperatures");
	jsonout_open(out, '{');
	jsonout_key(out, "nozzle");
	write_temperature(out, &state->nozzle);
	jsonout_key(out, "nozzles");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < state->extruder_count; i++) {
		jsonout_open(out, '{');
		jsonout_key(out, "extruder");
		jsonout_known_int(out, state->extruders[i].id);
		jsonout_key(out, "actualCelsius");
		jsonout_number(out, state->extruders[i].temperature.actual_celsius);
		jsonout_key(out, "targetCelsius");
		jsonout_number(out, state->extruders[i].temperature.target_celsius);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
	jsonout_key(out, "bed");
	write_temperature(out, &state->bed);
	jsonout_key(out, "chamber");
	write_temperature(out, &view->chamber);
	jsonout_close(out, '}');
}

static void
write_air(struct jsonout *out, const struct printer_state *state)
{
	static const char *const fans[STATE_FAN_KINDS] = {
		[FAN_PART] = "part", [FAN_AUX] = "aux", [FAN_CHAMBER] = "chamber",
		[FAN_HEATBREAK] = "heatbreak", [FAN_AUX2] = "aux2", [FAN_HEATER] = "heater",
	};
	static const char *const modes[] = { "cooling", "heating", "laser" };

	jsonout_key(out, "fans");
	jsonout_open(out, '{');
	for (unsigned i = 0; i < STATE_FAN_KINDS; i++) {
		jsonout_key(out, fans[i]);
		jsonout_known_int(out, state->fan_percent[i]);
	}
	jsonout_close(out, '}');
	jsonout_key(out, "airMode");
	jsonout_word(out, (uint32_t)state->air_mode < STR_ARRAY_LEN(modes) ? modes[state->air_mode] : NULL);
}

/* -- the machine ------------------------------------------------------------------------------------------------ */

static void
write_open_or_closed(struct jsonout *out, enum tri is_open)
{
	jsonout_word(out, is_open == TRI_UNKNOWN ? NULL : is_open == TRI_YES ? "open" : "closed");
}

static void
write_on_or_off(struct jsonout *out, enum tri is_on)
{
	jsonout_word(out, is_on == TRI_UNKNOWN ? NULL : is_on == TRI_YES ? "on" : "off");
}

static void
write_modules(struct jsonout *out, const struct printer_state *state)
{
	jsonout_key(out, "modules");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < state->module_count; i++) {
		const struct module *module = &state->modules[i];
		jsonout_open(out, '{');
		jsonout_key(out, "name");
		FIELD_TEXT(out, module->name);
		jsonout_key(out, "product");
		FIELD_TEXT(out, module->product);
		jsonout_key(out, "firmware");
		FIELD_TEXT(out, module->firmware);
		jsonout_key(out, "hardware");
		FIELD_TEXT(out, module->hardware);
		jsonout_key(out, "project");
		FIELD_TEXT(out, module->project);
		jsonout_key(out, "serial");
		FIELD_TEXT(out, module->serial);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
}

static void
write_firmware(struct jsonout *out, const struct state_view *view)
{
	const struct printer_state *state = view->state;

	jsonout_key(out, "firmware");
	FIELD_TEXT(out, state->firmware);
	jsonout_key(out, "previousFirmware");
	jsonout_known_text(out, view->link->previous_firmware, LINK_WORD_BYTES);
	jsonout_key(out, "product");
	FIELD_TEXT(out, state->product);
	write_modules(out, state);
	jsonout_key(out, "upgrade");
	if (state->upgrade_status[0] == '\0') {
		jsonout_null(out);
	} else {
		jsonout_open(out, '{');
		jsonout_key(out, "status");
		FIELD_TEXT(out, state->upgrade_status);
		jsonout_key(out, "percent");
		jsonout_known_int(out, state->upgrade_percent);
		jsonout_close(out, '}');
	}
}

static void
write_dotted(struct jsonout *out, uint32_t address)
{
	char text[16];

	str_format(text, sizeof text, "%u.%u.%u.%u", address & 255, address >> 8 & 255, address >> 16 & 255,
		   address >> 24);
	jsonout_word(out, text);
}

static void
write_addresses(struct jsonout *out, const struct printer_state *state)
{
	jsonout_key(out, "addresses");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < state->interface_count; i++) {
		if (state->interfaces[i].ip == 0)
			continue; /* a network port without a cable */
		jsonout_open(out, '{');
		jsonout_key(out, "address");
		write_dotted(out, state->interfaces[i].ip);
		jsonout_key(out, "mask");
		write_dotted(out, state->interfaces[i].mask);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
}

static void
write_lights(struct jsonout *out, const struct printer_state *state)
{
	jsonout_key(out, "lights");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < state->light_count; i++) {
		jsonout_open(out, '{');
		jsonout_key(out, "node");
		FIELD_TEXT(out, state->lights[i].node);
		jsonout_key(out, "mode");
		FIELD_TEXT(out, state->lights[i].mode);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
}

static void
write_camera(struct jsonout *out, const struct state_view *view)
{
	enum camera_kind kind = view->model->camera;
	const char *url = view->state->rtsp_url;

	jsonout_key(out, "camera");
	jsonout_open(out, '{');
	jsonout_key(out, "kind");
	jsonout_word(out, kind == CAMERA_JPEG ? "jpeg" : kind == CAMERA_RTSPS ? "rtsps" : NULL);
	jsonout_key(out, "liveView");
	write_on_or_off(out, url[0] == '\0' ? TRI_UNKNOWN : strcmp(url, "disable") == 0 ? TRI_NO : TRI_YES);
	jsonout_close(out, '}');
}

static void
write_machine(struct jsonout *out, const struct state_view *view)
{
	const struct printer_state *state = view->state;
	enum tri told = view->link->developer_mode;

	jsonout_key(out, "wifiDbm");
	jsonout_known_int(out, state->wifi_dbm);
	jsonout_key(out, "storage");
	jsonout_word(out, state->storage == STORAGE_UNKNOWN ? NULL : storage_state_id(state->storage));
	jsonout_key(out, "developerMode");
	write_on_or_off(out, told != TRI_UNKNOWN ? told : state->developer_mode);
	jsonout_key(out, "door");
	write_open_or_closed(out, view->door_open);
	jsonout_key(out, "lid");
	write_open_or_closed(out, view->lid_open);
	jsonout_key(out, "homed");
	jsonout_open(out, '{');
	jsonout_key(out, "x");
	jsonout_tri(out, state->homed_x);
	jsonout_key(out, "y");
	jsonout_tri(out, state->homed_y);
	jsonout_key(out, "z");
	jsonout_tri(out, state->homed_z);
	jsonout_close(out, '}');
	write_camera(out, view);
	write_addresses(out, state);
	write_lights(out, state);
}

void
state_json_machine(struct jsonout *out, const struct state_view *view)
{
	write_heat(out, view);
	write_air(out, view->state);
	write_machine(out, view);
	write_firmware(out, view);
}
