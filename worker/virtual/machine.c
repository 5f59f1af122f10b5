/*
 * machine: a virtual printer's inside as a whole: made, given time, controlled, switched off and on.
 */
#include "worker/virtual/machine.h"

#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "worker/virtual/machine_inner.h"

#define BOOT_MS 20000 /* at factor 1 */
#define BOOT_LEAST_MS 2000
#define SLOW_PARSE_MS 135000
#define SLICE_S 1.0	 /* of the machine's own time: what happens in one of them happens at once */
#define SLICES_MAX 2000 /* however long nobody has asked */
#define REPORT_BUSY_MS 1000
#define REPORT_IDLE_RICH_MS 2000
#define REPORT_IDLE_SPARSE_MS 5000
#define REPORT_SOON_MS 200

static const struct { const char *key; struct machine_traits traits; } rows[] = {
#define TRAITS(key, ...) { key, { __VA_ARGS__ } },
#include "worker/virtual/machine_traits.def"
#undef TRAITS
};

static const struct machine_traits *
traits_of(const struct model *model)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].key, model->key) == 0)
			return &rows[i].traits;
	return &rows[STR_ARRAY_LEN(rows) - 1].traits;
}

/* splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014) */
static uint64_t
mix(uint64_t value)
{
	value += UINT64_C(0x9e3779b97f4a7c15);
	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

double
machine_chance(const struct machine *machine, uint64_t salt)
{
	return (double)(mix(machine->random ^ mix(salt)) >> 11) / (double)(UINT64_C(1) << 53);
}

/* -- made --------------------------------------------------------------------------------------------------------- */
static void
init_settings(struct machine_settings *settings)
{
	static const bool on[MACHINE_OPTION_COUNT] = {
#define X(NAME, name, bit, is_on) [MACHINE_OPTION_##NAME] = is_on,
		MACHINE_OPTIONS(X)
#undef X
	};

	memset(settings, 0, sizeof *settings);
	settings->speed_level = 2;
	memcpy(settings->options, on, sizeof on);
	memset(settings->watches, true, sizeof settings->watches);
	settings->watches[MACHINE_WATCH_SKIP] = false;
	settings->lights[MACHINE_LIGHT_WORK] = true;
	settings->is_1080p = true;
}

/* As new, but for the controls. */
static void
make_as_new(struct machine *machine)
{
	struct machine_life *life = &machine->life;

	init_settings(&life->settings);
	memset(&life->run, 0, sizeof life->run);
	life->run.state = GCODE_STATE_IDLE;
	life->print_error = life->fail_error = 0;
	life->mounted = MACHINE_RACK_USUAL;
	memset(&machine->change, 0, sizeof machine->change);
	machine_start_forget(machine);
	memset(machine->homed, 0, sizeof machine->homed);
	machine->has_refused = false;
	machine->echo_until_ms = 0;
	machine_heat_init(machine);
	machine_trays_fill(machine);
}

struct machine *
machine_new(const struct machine_setup *setup, const struct machine_duties *duties, uint64_t random, int64_t now_ms)
{
	struct machine *machine = calloc(1, sizeof *machine);

	if (machine == NULL)
		return NULL;
	machine->magic = MACHINE_MAGIC;
	machine->setup = *setup;
	machine->traits = traits_of(setup->model);
	if (machine->setup.firmware[0] == '\0')
		str_copy(machine->setup.firmware, sizeof machine->setup.firmware, machine->traits->firmware);
	if (machine->setup.slow_parse_ms <= 0)
		machine->setup.slow_parse_ms = SLOW_PARSE_MS;
	machine->duties = *duties;
	machine->random = random;
	machine->now_ms = machine->next_report_ms = now_ms;
	machine->storage = STORAGE_NORMAL;
	controls_init(&machine->life.controls);
	make_as_new(machine);
	return machine;
}

void
machine_free(struct machine *machine)
{
	if (machine == NULL)
		return;
	ENSURE_OBJ(machine, MACHINE_MAGIC);
	machine_start_forget(machine);
	free(machine->late);
	machine->magic = 0;
	free(machine);
}

/* -- what it is --------------------------------------------------------------------------------------------------- */
bool
machine_has(const struct machine *machine, enum control_fault fault)
{
	return machine->life.controls.faults[fault];
}

bool
machine_is_rich(const struct machine *machine)
{
	return machine->traits->style >= STYLE_X1;
}

bool
machine_is_busy(const struct machine *machine)
{
	enum gcode_state state = machine->life.run.state;

	return state == GCODE_STATE_PREPARE || state == GCODE_STATE_RUNNING || state == GCODE_STATE_PAUSE;
}

struct machine_view
machine_view(const struct machine *machine)
{
	int percent = machine_percent(machine);

	ENSURE_OBJ(machine, MACHINE_MAGIC);
	return (struct machine_view){ .prints = machine_is_busy(machine), .is_1080p = machine->life.settings.is_1080p,
				      .percent = percent > 0 ? (unsigned)percent : 0 };
}

bool
machine_is_online(const struct machine *machine)
{
	ENSURE_OBJ(machine, MACHINE_MAGIC);
	return machine->life.controls.online && machine->off_until_ms == 0;
}

bool
machine_is_silent(const struct machine *machine)
{
	ENSURE_OBJ(machine, MACHINE_MAGIC);
	return machine_has(machine, CONTROL_FAULT_SILENT);
}

const char *
machine_firmware(const struct machine *machine)
{
	ENSURE_OBJ(machine, MACHINE_MAGIC);
	return machine->setup.firmware;
}

const struct controls *
machine_controls(const struct machine *machine)
{
	ENSURE_OBJ(machine, MACHINE_MAGIC);
	return &machine->life.controls;
}

enum storage_state
machine_storage(const struct machine *machine)
{
	return machine_has(machine, CONTROL_FAULT_NO_STORAGE) ? STORAGE_NONE : machine->storage;
}

void
machine_set_storage(struct machine *machine, enum storage_state storage)
{
	ENSURE_OBJ(machine, MACHINE_MAGIC);
	if (machine->storage != storage)
		machine_report_soon(machine);
	machine->storage = storage;
}

void
machine_set_address(struct machine *machine, uint32_t address, uint16_t video_port)
{
	ENSURE_OBJ(machine, MACHINE_MAGIC);
	machine->setup.address = address;
	machine->setup.video_port = video_port;
	machine_report_soon(machine);
}

/* -- controls ----------------------------------------------------------------------------------------------------- */
static void
power_off(struct machine *machine, int64_t now_ms)
{
	int64_t off_ms = BOOT_MS / machine->life.controls.time_factor;

	machine->off_until_ms = now_ms + (off_ms > BOOT_LEAST_MS ? off_ms : BOOT_LEAST_MS);
	memset(&machine->change, 0, sizeof machine->change);
	machine_start_forget(machine);
	memset(machine->homed, 0, sizeof machine->homed);
	memset(machine->sent, 0, sizeof machine->sent);
	machine->has_refused = false;
	free(machine->late);
	machine->late = NULL;
}

static void
power_on(struct machine *machine)
{
	machine->off_until_ms = 0;
	machine->next_report_ms = machine->now_ms;
	machine_power_is_back(machine);
}

void
machine_control(struct machine *machine, const struct control_change *change, int64_t now_ms)
{
	ENSURE_OBJ(machine, MACHINE_MAGIC);
	/* What was until now passes by the factor that was until now. */
	machine_advance(machine, now_ms);
	machine->life.controls = change->after;
	machine->has_refused = machine->has_refused && machine_has(machine, CONTROL_FAULT_DEVELOPER_MODE_OFF);
	if (change->action == CONTROL_DO_RESET) {
		make_as_new(machine);
		machine->duties.forget(machine->duties.arg, "/");
	} else if (change->action == CONTROL_DO_REBOOT) {
		power_off(machine, now_ms);
	} else if (change->action == CONTROL_DO_CLEAR) {
		machine->life.print_error = 0;
	}
	machine_report_soon(machine);
}

void
machine_file_read(struct machine *machine, const char *path, const struct plates *plates, int64_t now_ms)
{
	ENSURE_OBJ(machine, MACHINE_MAGIC);
	machine_advance(machine, now_ms);
	machine_start_file_read(machine, path, plates);
}

/* -- time --------------------------------------------------------------------------------------------------------- */
static int64_t
report_period_ms(const struct machine *machine)
{
	const struct machine_life *life = &machine->life;

	if (machine_is_busy(machine) || machine->change.phase != CHANGE_NONE || life->bed.target > 0 ||
	    life->extruders[0].heater.target > 0 || life->extruders[1].heater.target > 0)
		return REPORT_BUSY_MS;
	return machine->setup.model->sends_rich_deltas ? REPORT_IDLE_RICH_MS : REPORT_IDLE_SPARSE_MS;
}

void
machine_report_soon(struct machine *machine)
{
	if (machine->next_report_ms > machine->now_ms + REPORT_SOON_MS)
		machine->next_report_ms = machine->now_ms + REPORT_SOON_MS;
}

/* An error that pauses: its stage (0: there is none for it) and what the screen says. Those that are only common are
 * shown and no more. */
static bool
pausing_error(const struct machine *machine, int *ret_stage, uint32_t *ret_print_error)
{
	static const struct { int stage; uint32_t print_error; } pauses[CONTROL_ERROR_COUNT] = {
		[CONTROL_ERROR_NOZZLE_TEMPERATURE] = { 20, 0x03008008 },
		[CONTROL_ERROR_BED_TEMPERATURE] = { 21, 0x03008009 },
		[CONTROL_ERROR_HEATBREAK_FAN] = { 27, 0x03008010 },
		[CONTROL_ERROR_FILAMENT_RUNOUT] = { 6, 0x07008011 },
		[CONTROL_ERROR_AMS_LOST] = { 26, 0x03008000 },
		[CONTROL_ERROR_NOZZLE_CLOG] = { 35, 0x03008016 },
		[CONTROL_ERROR_FIRST_LAYER] = { 0, 0 },
		[CONTROL_ERROR_FILAMENT_TANGLE] = { 0, 0x07008010 },
	};
	const struct controls *controls = &machine->life.controls;

	for (uint32_t i = 0; i < controls->error_count; i++) {
		*ret_stage = pauses[controls->errors[i].error].stage;
		*ret_print_error = pauses[controls->errors[i].error].print_error;
		if (*ret_print_error != 0)
			return true;
	}
	return false;
}

/* In words of the spool that feeds: 07UU, or the external one's own code. */
static uint32_t
error_of_feed(const struct machine *machine, uint32_t print_error)
{
	struct machine_place feed = machine->life.extruders[machine->life.active_extruder].feed;

	if (print_error >> 24 != 7)
		return print_error;
	if (machine_place_is_external(feed) && (print_error & 0xffff) == 0x8011)
		return 0x03008015;
	return machine_error_of_place(feed, print_error & 0xffff);
}

static void
heed_errors(struct machine *machine)
{
	uint32_t print_error;
	int stage;

	if (machine->life.run.state == GCODE_STATE_RUNNING && pausing_error(machine, &stage, &print_error))
		machine_run_pause(machine, stage, error_of_feed(machine, print_error));
}

static void
pass(struct machine *machine, int64_t real_ms)
{
	double seconds = (double)real_ms / 1000 * machine->life.controls.time_factor;
	double slices = seconds / SLICE_S < SLICES_MAX ? seconds / SLICE_S : SLICES_MAX;
	unsigned count = (unsigned)slices + 1;

	for (unsigned i = 0; i < count; i++) {
		int64_t slice_ms = real_ms * (i + 1) / count - real_ms * i / count;
		machine->clock_s += seconds / count;
		machine_heat_pass(machine, seconds / count);
		machine_trays_pass(machine, seconds / count);
		heed_errors(machine);
		machine_run_pass(machine, seconds / count, slice_ms);
	}
}

bool
machine_advance(struct machine *machine, int64_t now_ms)
{
	ENSURE_OBJ(machine, MACHINE_MAGIC);
	int64_t real_ms = now_ms > machine->now_ms ? now_ms - machine->now_ms : 0;

	machine->now_ms += real_ms;
	if (machine->off_until_ms != 0) {
		machine_heat_pass(machine, (double)real_ms / 1000 * machine->life.controls.time_factor);
		if (machine->now_ms < machine->off_until_ms)
			return false;
		power_on(machine);
		real_ms = 0;
	}
	pass(machine, real_ms);
	machine_start_pass(machine);
	if (machine->echo_until_ms != 0 && machine->now_ms >= machine->echo_until_ms) {
		machine->echo_until_ms = 0;
		machine->life.print_error = 0;
	}
	if (machine->now_ms >= machine->next_report_ms) {
		machine->next_report_ms = machine->now_ms + report_period_ms(machine);
		machine->report_is_due = true;
	}
	return machine_is_online(machine) && !machine_is_silent(machine) &&
	       (machine->report_is_due || machine->late != NULL);
}

int64_t
machine_deadline_ms(const struct machine *machine)
{
	ENSURE_OBJ(machine, MACHINE_MAGIC);
	int64_t deadline_ms = machine->next_report_ms;

	if (machine->off_until_ms != 0)
		return machine->off_until_ms;
	if (machine->start.phase == START_PARSING && machine->start.until_ms < deadline_ms)
		deadline_ms = machine->start.until_ms;
	return deadline_ms;
}
