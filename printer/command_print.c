/*
 * command_print: commands about the print as a whole, and the lights.
 */
#include <string.h>

#include "common/str.h"
#include "printer/command_parts.h"

/* Is it told that the printer is in none of the states `1 << enum gcode_state`? */
static bool
is_known_not_in(const struct printer_state *state, unsigned states)
{
	bool is_known = state->gcode_state != GCODE_STATE_UNKNOWN && state->gcode_state != GCODE_STATE_OTHER;

	return is_known && (states & 1u << state->gcode_state) == 0;
}

static bool
refuse_state(struct command_work *work, const char *remedy, const char *what)
{
	return command_refuse(work, REFUSAL_CONFLICT, remedy, "There is %s: the printer is %s.", what,
			      gcode_state_name(work->state));
}

/* pause, resume and stop in the plain form: with more fields some models ignore them silently. */
static bool
send_plain(struct command_work *work, const char *command, const char *says)
{
	struct payload payload;

	command_print_open(work, &payload, command);
	payload_text(&payload, "param", "");
	payload_close(&payload);
	command_says(work, "%s", says);
	return true;
}

bool
command_do_stop(struct command_work *work)
{
	unsigned busy = 1u << GCODE_STATE_PREPARE | 1u << GCODE_STATE_RUNNING | 1u << GCODE_STATE_PAUSE |
			1u << GCODE_STATE_SLICING;

	if (is_known_not_in(work->state, busy))
		return refuse_state(work, "Nothing needs to be stopped.", "no print to stop");
	return send_plain(work, "stop", "stops the print for good");
}

bool
command_do_pause(struct command_work *work)
{
	if (is_known_not_in(work->state, 1u << GCODE_STATE_RUNNING))
		return refuse_state(work, "A print can be paused while it runs.", "no running print to pause");
	return send_plain(work, "pause", "pauses the print");
}

bool
command_do_resume(struct command_work *work)
{
	if (is_known_not_in(work->state, 1u << GCODE_STATE_PAUSE))
		return refuse_state(work, "Only a paused print can go on.", "no paused print to go on with");
	return send_plain(work, "resume", "goes on with the paused print");
}

bool
command_do_resync_data(struct command_work *work)
{
	command_pushall(&work->sequence_id, &work->plan->payloads[work->plan->payload_count++]);
	work->plan->is_pushall = true;
	command_says(work, "asks the printer to tell everything about itself again");
	return true;
}

/* All fields must be there, also those of a flashing light. */
static void
switch_light(struct command_work *work, const char *node, const char *mode)
{
	struct payload payload;

	payload_open(&payload, &work->plan->payloads[work->plan->payload_count++], "system", "ledctrl", 1,
		     &work->sequence_id);
	payload_text(&payload, "led_node", node);
	payload_text(&payload, "led_mode", mode);
	payload_int(&payload, "led_on_time", 500);
	payload_int(&payload, "led_off_time", 500);
	payload_int(&payload, "loop_times", 1);
	payload_int(&payload, "interval_time", 1000);
	payload_close(&payload);
}

bool
command_do_led_control(struct command_work *work)
{
	const char *light = command_text(work, "light"), *mode = command_text(work, "state");
	bool is_chamber = strcmp(light, "chamber_light") == 0;

	if (!is_chamber && strcmp(light, "working_light") != 0)
		return command_refuse(work, REFUSAL_INVALID, "light: chamber_light or working_light.",
				      "There is no light of this name.");
	if (strcmp(mode, "on") != 0 && strcmp(mode, "off") != 0)
		return command_refuse(work, REFUSAL_INVALID, "state: on or off.", "A light can be on or off.");
	if (!is_chamber && !command_model_has(work, work->model->has_work_light))
		return command_refuse(work, REFUSAL_FORBIDDEN, "Use chamber_light.", "The %s has no working light.",
				      work->model->name);
	switch_light(work, is_chamber ? "chamber_light" : "work_light", mode);
	if (is_chamber && work->model->has_two_chamber_lights)
		switch_light(work, "chamber_light2", mode);
	command_says(work, "switches the %s light %s", is_chamber ? "chamber" : "working", mode);
	return true;
}
