/*
 * machine_inner: what the files of the machine share, and nobody else includes.
 *
 *	machine.c		the machine as a whole: making it, time, controls, power
 *	machine_trays.c		spools in slots, changes of filament, tags, drying
 *	machine_heat.c		heaters, fans
 *	machine_start.c		a start that comes in: what is checked, what is refused
 *	machine_print.c		the life of a print or calibration; machine_progress.c how far it is
 *	machine_requests.c	messages that come in; machine_orders.c, machine_orders_ams.c what they do
 *	machine_version.c	the list of modules
 *	machine_report.c	what goes out: members, full and changed; machine_report_parts.c, _device.c, _ams.c the
 *				larger members
 *	machine_keep.c		the JSON that is remembered, written; machine_remember.c the same, read
 *
 * Two clocks: `now_ms` is real; what is physical (heat, stages, layers, drying) passes by the time factor, in seconds of
 * the machine's own time.
 */
#ifndef FUSE_WORKER_VIRTUAL_MACHINE_INNER_H
#define FUSE_WORKER_VIRTUAL_MACHINE_INNER_H

#include <jansson.h>

#include "printer/jsonout.h"
#include "worker/virtual/machine.h"

#define MACHINE_MAGIC 0x6d616368u
#define MACHINE_UNITS_MAX 12 /* four with ids 0-3, eight AMS HT */
#define MACHINE_STEPS_MAX 16
#define MACHINE_MEMBERS_MAX 128
#define MACHINE_REQUEST_MAX_BYTES 16384
#define AMBIENT_CELSIUS 25.0
#define CALIBRATION_FILE "/usr/etc/print/auto_cali_for_user.gcode" /* as reports and starts name it */

enum { EXTERNAL_LEFT = 254, EXTERNAL_RIGHT = 255, NOTHING = -1, HT_FIRST = 128, HT_LAST = 135 };
/* Places of an H2C's rack, and which hotend of it is mounted when new. */
enum { MACHINE_RACK_FIRST = 16, MACHINE_RACK_USUAL = 20, MACHINE_RACK_LAST = 21 };

/* -- members of JSON ------------------------------------------------------------------------------------------------ */
static inline void
put_int(struct jsonout *out, const char *key, int64_t value)
{
	jsonout_key(out, key);
	jsonout_int(out, value);
}

static inline void
put_number(struct jsonout *out, const char *key, double value)
{
	jsonout_key(out, key);
	jsonout_number(out, value);
}

static inline void
put_truth(struct jsonout *out, const char *key, bool truth)
{
	jsonout_key(out, key);
	jsonout_bool(out, truth);
}

static inline void
put_text(struct jsonout *out, const char *key, const char *text)
{
	jsonout_key(out, key);
	jsonout_text(out, text, 1024); /* the longest of ours has 160 bytes, six times as many when all are escaped */
}

/* A whole value of our own making. */
static inline void
put_json(struct jsonout *out, const char *key, const char *json)
{
	jsonout_key(out, key);
	jsonout_json(out, json);
}

/* "" when there is none. */
static inline const char *
text_of(const json_t *from, const char *key)
{
	const char *text = json_string_value(json_object_get(from, key));

	return text != NULL ? text : "";
}

/* -- what differs between models (machine_traits.def) ------------------------------------------------------------- */
enum machine_style { STYLE_P1, STYLE_A1, STYLE_A2L, STYLE_X1, STYLE_P2S, STYLE_X2D, STYLE_H2S, STYLE_H2D, STYLE_H2C };

struct machine_traits {
	enum machine_style style;  /* of its reports: by the model whose sample there is */
	const char *firmware;	   /* when none is wished */
	const char *nozzle_type;   /* of `nozzle_type` */
	const char *nozzle_code;   /* of device.nozzle; NULL: it has no `device` */
	int idle_stage;		   /* stg_cur at rest */
	uint64_t fun, stat, cfg, aux;
	uint32_t home_flag;	   /* what no other field of ours says */
	int flag3;
	const char *ver;
	bool has_vt_tray;	   /* beside vir_slot */
	bool clamps_ids;	   /* cuts the ids of a start at 31 bits */
	bool start_cancels;	   /* a start during a print ends that one */
	bool counts_locally;	   /* tray_now is a slot of some unit as soon as there are several */
	bool hides_external;	   /* tray_now is a slot of the AMS though the external spool feeds */
	bool tells_idle_nozzle;	   /* the flat temperatures are those of the nozzle that does not print */
	bool forgets_layers;	   /* both numbers are 0 when a print has ended */
	bool has_rack;		   /* of hotends */
	bool lingers;		   /* says FINISH of the former print for most of a minute after a start */
	int lite_unit;		   /* the id of an AMS lite; 0 = as any other unit */
};

/* -- filament ----------------------------------------------------------------------------------------------------- */
struct machine_tray {
	bool is_filled;
	int32_t spool; /* row of machine_spools.def; NOTHING: a spool of somebody's own */
	char material[16], brand[40], profile[16], color_name[16], color[9];
	char tag[17], uuid[33]; /* "" without a tag */
	int32_t nozzle_min, nozzle_max, dry_celsius, dry_hours, cali_idx;
	double used_grams;	/* of 1000 */
	double reading_s;	/* its tag is being read for so long yet */
};

struct machine_unit {
	int32_t id;
	enum ams_kind kind;
	int32_t extruder;
	double dry_s; /* left */
	int32_t dry_celsius;
	double celsius;
	uint32_t tray_count;
	struct machine_tray trays[STATE_TRAYS_MAX];
};

/* A slot or external spool; NOTHING, NOTHING is none. */
struct machine_place {
	int32_t ams, slot;
};

/* Filament on its way out of a toolhead or into it. */
enum machine_change_phase { CHANGE_NONE, CHANGE_HEATING, CHANGE_UNLOADING, CHANGE_LOADING };
struct machine_change {
	enum machine_change_phase phase;
	double left_s;
	uint32_t extruder;
	struct machine_place to;
	double celsius, former_target;
};

/* -- heat --------------------------------------------------------------------------------------------------------- */
struct heater {
	double actual, target;
	double rate;  /* °C a second when it heats */
	double cooling_s; /* time constant when it does not */
};

struct machine_extruder {
	struct heater heater;
	struct machine_place feed;
};

/* -- a run: a print or a calibration ------------------------------------------------------------------------------ */
/* Remembered by their numbers: new ones go to the end. */
enum step_kind { STEP_WAIT, STEP_BED, STEP_NOZZLE, STEP_LOAD, STEP_PRINT };
struct machine_step {
	enum step_kind kind;
	int stage;    /* stg_cur meanwhile */
	double seconds; /* of STEP_WAIT and STEP_LOAD */
};

struct machine_use { /* a filament of the plate */
	struct machine_place place;
	double grams;
	double share;	 /* of the whole print, 0 to 1 */
	int32_t extruder;
	char material[24];
};

struct machine_run {
	enum gcode_state state;
	bool is_system; /* a calibration */
	char path[160], gcode_file[160], title[128];
	char project_id[24], profile_id[24], task_id[24], subtask_id[24];
	uint32_t plate, plate_count;
	int32_t layers;
	double seconds; /* of printing, at 100 % */
	double done_s;	/* of it, at 100 % */
	double part_fan; /* as the print has set it; 0 = not yet */
	bool inspects_layer;
	uint32_t mapping_count;
	struct machine_place mapping[PLATES_FILAMENTS_MAX]; /* by index of the project's filaments; NOTHING unused */
	uint32_t use_count;
	struct machine_use uses[PLATES_FILAMENTS_MAX];
	uint32_t step_count, step;
	struct machine_step steps[MACHINE_STEPS_MAX];
	double step_left_s;
	int64_t left_at_failure_ms; /* real time that it would have taken yet */
	double linger_left_ms; /* real time: so long it says yet that the former print has finished */
	double prepare_ms, prepare_left_ms; /* real time: of PREPARE */
	int pause_stage;
	bool reheats; /* after a power cut: not before all is warm again */
	uint32_t skipped_count;
	int32_t skipped[STATE_SKIPPED_MAX];
};

/* A start on its way: what it names is looked into. */
enum start_phase { START_NONE, START_READING, START_PARSING };
struct machine_start {
	enum start_phase phase;
	int64_t until_ms; /* PARSING ends */
	json_t *echo;	  /* owned; while PARSING, what the reply that is to come repeats */
	bool is_gcode;
	uint32_t plate;
	bool levels, calibrates_flow, calibrates_vibration, calibrates_offset, inspects_layer, records, uses_ams;
	uint32_t mapping_count;
	struct machine_place mapping[PLATES_FILAMENTS_MAX]; /* by index of the project's filaments */
	bool flat_is_wrong; /* 254 or 255 where only slots may stand */
	int32_t hotend; /* of the rack; 0: as it is */
	char path[160], file[160], title[128];
	char project_id[24], profile_id[24], task_id[24], subtask_id[24];
};

/* -- the machine -------------------------------------------------------------------------------------------------- */
/* Lights, options and watches are remembered as bits in this order: new ones go to the end. */
#define MACHINE_LIGHTS(X) X(CHAMBER, "chamber_light") X(WORK, "work_light") X(CHAMBER2, "chamber_light2")
enum machine_light {
#define X(NAME, node) MACHINE_LIGHT_##NAME,
	MACHINE_LIGHTS(X)
#undef X
	MACHINE_LIGHT_COUNT
};

/* Options by the name of their command's field and their bit in home_flag: on when new, or not. */
#define MACHINE_OPTIONS(X)                                                                                  \
	X(RECOVERY, "auto_recovery", 4, true) X(REMAIN, "calibrate_remain_flag", 7, true)                   \
	X(REFILL, "auto_switch_filament", 10, true) X(SOUND, "sound_enable", 17, true)                      \
	X(TANGLE, "filament_tangle_detect", 20, true) X(BLOB, "nozzle_blob_detect", 24, false)              \
	X(AIR_PRINT, "air_print_detect", 28, false)
enum machine_option {
#define X(NAME, ...) MACHINE_OPTION_##NAME,
	MACHINE_OPTIONS(X)
#undef X
	MACHINE_OPTION_COUNT
};

/* What the camera looks after, by the name in xcam_control_set and in `xcam`. */
#define MACHINE_WATCHES(X)                                                                                  \
	X(MARKER, "buildplate_marker_detector") X(FIRST_LAYER, "first_layer_inspector")                     \
	X(MONITOR, "printing_monitor") X(SPAGHETTI, "spaghetti_detector") X(SKIP, "allow_skip_parts")
enum machine_watch {
#define X(NAME, name) MACHINE_WATCH_##NAME,
	MACHINE_WATCHES(X)
#undef X
	MACHINE_WATCH_COUNT
};

struct machine_settings {
	int32_t speed_level; /* 1 to 4 */
	bool lights[MACHINE_LIGHT_COUNT];
	bool work_is_steady; /* its work light was switched on; else it flashes */
	bool options[MACHINE_OPTION_COUNT];
	bool watches[MACHINE_WATCH_COUNT];
	bool records, timelapse, is_1080p;
};

/* What changes while it lives and is kept over a power cut. */
struct machine_life {
	struct machine_settings settings;
	struct controls controls;
	uint32_t unit_count;
	struct machine_unit units[MACHINE_UNITS_MAX];
	struct machine_tray external[STATE_EXTRUDERS_MAX]; /* by extruder */
	struct machine_extruder extruders[STATE_EXTRUDERS_MAX];
	uint32_t active_extruder;
	int32_t mounted; /* of a rack: the place whose hotend the right extruder has */
	struct heater bed, chamber;
	struct machine_run run;
	uint32_t print_error, fail_error; /* fail_error: of the last failure, sticky */
};

struct machine {
	unsigned magic;
	struct machine_setup setup;
	const struct machine_traits *traits;
	struct machine_duties duties;
	uint64_t random;
	int64_t now_ms;
	double clock_s; /* of the machine's own time, since it was made */
	enum storage_state storage;
	struct machine_life life;
	/* What a power cut ends: */
	int64_t off_until_ms; /* reboots until then; 0 = on */
	struct machine_change change;
	struct machine_start start;
	bool has_refused; /* a command that was not signed */
	bool homed[3];
	double fans[STATE_FAN_KINDS]; /* percent, by enum fan */
	int air_mode;
	int64_t echo_until_ms; /* print_error is only the echo of a stop until then; 0 = it stays */
	/* What goes out: */
	int64_t next_report_ms;
	bool report_is_due;
	uint32_t sequence;
	uint64_t sent[MACHINE_MEMBERS_MAX]; /* hash of what was said last; 0 = nothing yet */
	char *late; /* a reply that waits; NULL none */
};

/* -- machine.c ---------------------------------------------------------------------------------------------------- */
bool machine_is_busy(const struct machine *machine); /* PREPARE, RUNNING, PAUSE */
bool machine_has(const struct machine *machine, enum control_fault fault);
enum storage_state machine_storage(const struct machine *machine);
void machine_report_soon(struct machine *machine); /* something has changed that a person watches */
/* A number of 0 to 1 that is always the same for this machine and this `salt`. */
double machine_chance(const struct machine *machine, uint64_t salt);
bool machine_is_rich(const struct machine *machine); /* the newer language: device, fun, near-full deltas */

/* -- machine_trays.c ---------------------------------------------------------------------------------------------- */
void machine_trays_fill(struct machine *machine); /* as made */
int machine_spool_rows(void); /* of machine_spools.def */
struct machine_unit *machine_unit_of(struct machine *machine, int32_t id); /* NULL */
/* NULL: no such slot. External spools (254, 255) are there always. */
struct machine_tray *machine_tray_of(struct machine *machine, struct machine_place place);
bool machine_place_is_external(struct machine_place place);
bool machine_place_is_same(struct machine_place a, struct machine_place b);
/* With one extruder there is one external spool, whichever of the two it is called: 255. */
struct machine_place machine_place_settle(const struct machine *machine, struct machine_place place);
/* A flat number as ams_mapping and tray_now have it. NOTHING for -1. */
struct machine_place machine_place_of_flat(const struct machine *machine, int64_t flat);
int machine_flat_of(const struct machine *machine, struct machine_place place); /* 255 none, 254 external */
int machine_slot_bit(const struct machine_unit *unit, uint32_t slot);
uint32_t machine_extruder_of(struct machine *machine, struct machine_place place);
int32_t machine_remain(const struct machine_tray *tray); /* percent; -1 not known */
void machine_tray_read_tag(struct machine *machine, struct machine_tray *tray);
void machine_change_begin(struct machine *machine, uint32_t extruder, struct machine_place to, double celsius);
int machine_change_stage(const struct machine *machine); /* stg_cur; -1: no change is under way */
void machine_trays_pass(struct machine *machine, double seconds);

/* -- machine_heat.c ----------------------------------------------------------------------------------------------- */
void machine_heat_init(struct machine *machine);
void machine_heat_pass(struct machine *machine, double seconds);
double heater_wait_s(const struct heater *heater); /* until it has its target, at most */
bool heater_is_ready(const struct heater *heater);
void machine_set_bed(struct machine *machine, double celsius);	  /* cut at what the model can */
void machine_set_nozzle(struct machine *machine, uint32_t extruder, double celsius);
void machine_set_chamber(struct machine *machine, double celsius);
void machine_set_fan(struct machine *machine, enum fan fan, double percent);
void machine_cool_down(struct machine *machine); /* all heaters and fans off */
/* With the little that a sensor wavers by. */
double machine_sensed(const struct machine *machine, const struct heater *heater, unsigned salt);

/* -- machine_print.c ---------------------------------------------------------------------------------------------- */
struct machine_material { const char *name; int nozzle, bed, fan; };
const struct machine_material *machine_material(const char *name);
/* Only the names of it show, in a state that stays. */
void machine_run_name(struct machine *machine, const struct machine_start *start);
void machine_run_begin_print(struct machine *machine, const struct machine_start *start, const struct plates *plates,
			     const struct plate *plate);
void machine_run_begin_calibration(struct machine *machine, unsigned bits);
void machine_run_pass(struct machine *machine, double seconds, int64_t real_ms);
void machine_run_pause(struct machine *machine, int stage, uint32_t print_error);
void machine_run_resume(struct machine *machine);
void machine_run_fail(struct machine *machine, uint32_t print_error); /* ended before its end */
void machine_run_stop(struct machine *machine); /* by a person: failed, with the echo of that for a while */
void machine_power_is_back(struct machine *machine);
uint32_t machine_error_of_place(struct machine_place place, uint32_t low); /* 07UU-low */

/* -- machine_progress.c ------------------------------------------------------------------------------------------- */
enum gcode_state machine_shown_state(const struct machine *machine); /* as its reports have it */
int machine_stage(const struct machine *machine); /* stg_cur */
int machine_speed_percent(const struct machine *machine);
int32_t machine_percent(const struct machine *machine);
int32_t machine_prepare_percent(const struct machine *machine);
int32_t machine_layers(const struct machine *machine); /* of how many */
int32_t machine_layer(const struct machine *machine);
int64_t machine_left_ms(const struct machine *machine); /* real time until its end, as things go now */

/* -- machine_start.c ---------------------------------------------------------------------------------------------- */
void machine_start_forget(struct machine *machine); /* none is on its way any more */
void machine_start_refused_unsigned(struct machine *machine, const json_t *body); /* its names show, no more */
void machine_start_pass(struct machine *machine);
void machine_start_file_read(struct machine *machine, const char *path, const struct plates *plates);

/* -- machine_requests.c ------------------------------------------------------------------------------------------- */
/* The reply: what was asked, and how it went. Heap; NULL without memory. */
char *machine_reply(const char *section, const json_t *body, const json_t *more, const char *failure);

/* -- machine_orders.c: the requests that a table leads to --------------------------------------------------------- */
struct machine_order {
	json_t *body; /* borrowed: of the request */
	json_t *more; /* what the reply has beside the echo; a new object */
	const char *failure; /* NULL: it goes well; else the reason of the refusal, in the printer's words */
	bool is_silent;	     /* no reply now */
	char *report;	     /* heap: a report that goes out with it; NULL none */
};
#define REQUEST(section, command, need, function) \
	void machine_order_##function(struct machine *machine, struct machine_order *order);
#include "worker/virtual/machine_requests.def"

/* -- machine_version.c -------------------------------------------------------------------------------------------- */
void machine_version_write(const struct machine *machine, struct jsonout *out);

/* -- machine_report.c --------------------------------------------------------------------------------------------- */
const char *machine_state_word(enum gcode_state state); /* of gcode_state */
size_t machine_report_full(struct machine *machine, char ret_json[MACHINE_REPORT_MAX_BYTES]);

/* machine_report_parts.c, machine_report_device.c, machine_report_ams.c: values of larger members */
void machine_write_ipcam(struct jsonout *out, const struct machine *machine);
void machine_write_xcam(struct jsonout *out, const struct machine *machine);
void machine_write_net(struct jsonout *out, const struct machine *machine);
void machine_write_lights(struct jsonout *out, const struct machine *machine);
void machine_write_upgrade(struct jsonout *out, const struct machine *machine);
void machine_write_hms(struct jsonout *out, const struct machine *machine);
void machine_write_stages(struct jsonout *out, const struct machine *machine);
void machine_write_skipped(struct jsonout *out, const struct machine *machine);
void machine_write_mapping(struct jsonout *out, const struct machine *machine);
void machine_write_online(struct jsonout *out, const struct machine *machine);
void machine_write_layers(struct jsonout *out, const struct machine *machine);
void machine_write_job(struct jsonout *out, const struct machine *machine);
void machine_write_hex(struct jsonout *out, uint64_t value);
void machine_write_speed15(struct jsonout *out, double percent);
int64_t machine_home_flag(const struct machine *machine);
void machine_write_celsius(struct jsonout *out, const struct machine *machine, const struct heater *heater, unsigned salt);
void machine_write_device(struct jsonout *out, const struct machine *machine);
uint32_t machine_packed(const struct machine *machine, const struct heater *heater, unsigned salt);
int machine_snow(const struct machine *machine, uint32_t extruder);
void machine_write_ams(struct jsonout *out, const struct machine *machine, bool with_units);
void machine_write_vt_tray(struct jsonout *out, const struct machine *machine);
void machine_write_vir_slot(struct jsonout *out, const struct machine *machine);
int machine_ams_status(const struct machine *machine);

#endif
