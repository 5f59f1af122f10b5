/*
 * Any bytes as a command, to any model in any state: a plan whose payloads are JSON with numbers that move on by one, or
 * a refusal in words that may stand on a screen. Input: model, 16 bytes of state, then the command.
 * Covers: command_plan, command_developer_probe, command_pushall, command_get_version
 */
#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "printer/command.h"
#include "tests/fuzz/fuzz_rig.h"

#define STATE_BYTES 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A state as a printer could tell it; only what commands look at. */
static void
make_state(const uint8_t byte[STATE_BYTES], struct printer_state *state)
{
	static const int units[] = { 0, 1, 2, 3, 16, 128, 135, 5 };

	printer_state_init(state);
	state->gcode_state = (enum gcode_state)(byte[0] % (GCODE_STATE_OTHER + 1));
	state->fun_told = byte[1] & 1;
	state->fun = (uint64_t)byte[2] << 32 | (uint64_t)byte[3] << 36;
	state->nozzle.actual_celsius = byte[1] & 2 ? (byte[4] - 128) * (byte[1] & 4 ? 1e300 : 3.0) : NAN;
	state->homed_x = (enum tri)(byte[5] % 3);
	state->homed_z = (enum tri)(byte[5] / 3 % 3);
	state->extruder_count = byte[6] % 4;
	state->active_extruder = (int8_t)byte[7];
	state->air_mode = (int8_t)byte[8];
	state->fan_percent[FAN_AUX2] = byte[1] & 8 ? 20 : STATE_UNKNOWN;
	state->speed_level = (int8_t)byte[9];
	state->ams_bits_told = byte[1] & 16;
	state->ams_exist_bits = byte[10] & 15;
	state->active_ams = byte[11];
	state->active_slot = byte[12] % 6;
	for (unsigned i = 0; i < 8; i++) {
		if ((byte[13] >> i & 1) == 0)
			continue;
		struct ams_unit *unit = &state->ams[state->ams_count++];
		unit->id = units[i];
		unit->extruder = byte[14] % 5 - 1;
		unit->tray_count = byte[15] % (STATE_TRAYS_MAX + 1);
		for (uint32_t tray = 0; tray < unit->tray_count; tray++) {
			unit->trays[tray].id = (int32_t)tray;
			unit->trays[tray].fill = (enum tray_fill)((byte[14] + tray) % (TRAY_LOADED + 1));
			unit->trays[tray].nozzle_min_celsius = byte[15] * 2;
			unit->trays[tray].nozzle_max_celsius = byte[14] * 3;
		}
	}
}

/* Text for people: well-formed, and nothing in it steers a screen. */
static void
check_text(const char *text, size_t cap)
{
	ENSURE(text[0] != '\0');
	must_be_harmless(text, cap);
}

static void
check_payload(const struct command_payload *payload, uint32_t sequence_id)
{
	json_t *root = json_loadb(payload->json, payload->len, JSON_REJECT_DUPLICATES, NULL);
	char number[16];

	ENSURE(root != NULL && json_object_size(root) == 1 && payload->json[payload->len] == '\0');
	json_t *body = json_object_iter_value(json_object_iter(root));
	str_format(number, sizeof number, "%u", sequence_id);
	ENSURE(strcmp(json_string_value(json_object_get(body, "sequence_id")), number) == 0);
	ENSURE(json_is_string(json_object_get(body, "command")));
	ENSURE(payload->sequence_id == sequence_id && sequence_id <= SEQUENCE_MAX);
	json_decref(root);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct printer_state state;
	static struct command_plan plan;
	static struct command_payload payload;
	struct command_refusal refusal;
	uint32_t sequence_id = 20000;
	size_t count;
	const struct model *models = models_all(&count);

	if (size < 1 + STATE_BYTES)
		return 0;
	make_state(data + 1, &state);
	if (command_plan(&models[data[0] % count], &state, data + 1 + STATE_BYTES, size - 1 - STATE_BYTES, &sequence_id,
			 &plan, &refusal)) {
		ENSURE(plan.payload_count >= 1 && plan.payload_count <= COMMAND_PAYLOADS_MAX);
		ENSURE(sequence_id == 20000 + plan.payload_count);
		for (unsigned i = 0; i < plan.payload_count; i++)
			check_payload(&plan.payloads[i], 20000 + i);
		check_text(plan.sentence, sizeof plan.sentence);
	} else {
		ENSURE(sequence_id == 20000 && plan.payload_count == 0);
		ENSURE(refusal.reason == REFUSAL_INVALID || refusal.reason == REFUSAL_CONFLICT ||
		       refusal.reason == REFUSAL_FORBIDDEN);
		check_text(refusal.sentence, sizeof refusal.sentence);
		check_text(refusal.remedy, sizeof refusal.remedy);
	}
	sequence_id = 20000;
	if (command_developer_probe(&state, &sequence_id, &payload))
		check_payload(&payload, 20000);
	command_pushall(&sequence_id, &payload);
	check_payload(&payload, sequence_id - 1);
	command_get_version(&sequence_id, &payload);
	check_payload(&payload, sequence_id - 1);
	return 0;
}
