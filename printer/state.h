/*
 * state: what is known of a printer just now, as one flat struct of bounded size. Filled by report.c
 * from what the printer says; read by state_json.c, command.c and the worker.
 *
 * Absent is not zero: whole numbers that the printer has not told are STATE_UNKNOWN, temperatures NAN,
 * texts "", truths TRI_UNKNOWN. All texts are well-formed UTF-8.
 */
#ifndef FUSE_PRINTER_STATE_H
#define FUSE_PRINTER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#define STATE_UNKNOWN INT32_MIN

#define STATE_AMS_MAX 16	/* units: AMS 0-3, lite 16, HT 128-135 */
#define STATE_TRAYS_MAX 4	/* slots of a unit */
#define STATE_EXTERNAL_MAX 2	/* external spools: one for each extruder */
#define STATE_EXTRUDERS_MAX 2
#define STATE_NOZZLES_MAX 8	/* two mounted, six in H2C's rack */
#define STATE_HMS_MAX 32	/* kept; hms_total says how many there were */
#define STATE_STAGES_MAX 32	/* queued stages */
#define STATE_SKIPPED_MAX 64	/* skipped objects */
#define STATE_COLORS_MAX 4	/* of a multi-coloured filament */
#define STATE_LIGHTS_MAX 4
#define STATE_FAN_KINDS 6
#define STATE_MODULES_MAX 24
#define STATE_INTERFACES_MAX 2

enum tri { TRI_UNKNOWN, TRI_NO, TRI_YES };

/* gcode_state. UNKNOWN: not yet told; OTHER: a word that this build does not know. */
#define GCODE_STATES(X)                                                                       \
	X(UNKNOWN, "UNKNOWN") X(IDLE, "IDLE") X(PREPARE, "PREPARE") X(RUNNING, "RUNNING")     \
	X(PAUSE, "PAUSE") X(FINISH, "FINISH") X(FAILED, "FAILED") X(SLICING, "SLICING")       \
	X(INIT, "INIT") X(OFFLINE, "OFFLINE") X(OTHER, "OTHER")
enum gcode_state {
#define X(NAME, text) GCODE_STATE_##NAME,
	GCODE_STATES(X)
#undef X
};

#define AMS_KINDS(X)                                                                          \
	X(UNKNOWN, "unknown", "AMS") X(AMS, "ams", "AMS") X(LITE, "ams-lite", "AMS lite")     \
	X(PRO2, "ams-2-pro", "AMS 2 Pro") X(HT, "ams-ht", "AMS HT")
enum ams_kind {
#define X(NAME, id, name) AMS_KIND_##NAME,
	AMS_KINDS(X)
#undef X
};

/* What is in a slot. EMPTY: nothing. REMEMBERED: nothing now, the printer still names what was there.
 * UNREAD: a spool without data. READING: its tag is being read. LOADED: a spool whose material is known. */
#define TRAY_FILLS(X)                                                                         \
	X(UNKNOWN, "unknown") X(EMPTY, "empty") X(REMEMBERED, "remembered") X(UNREAD, "unread") \
	X(READING, "reading") X(LOADED, "loaded")
enum tray_fill {
#define X(NAME, id) TRAY_##NAME,
	TRAY_FILLS(X)
#undef X
};

#define STORAGE_STATES(X)                                                                     \
	X(UNKNOWN, "unknown") X(NONE, "none") X(NORMAL, "normal") X(ABNORMAL, "abnormal")     \
	X(READ_ONLY, "read-only")
enum storage_state {
#define X(NAME, id) STORAGE_##NAME,
	STORAGE_STATES(X)
#undef X
};

enum fan { FAN_PART, FAN_AUX, FAN_CHAMBER, FAN_HEATBREAK, FAN_AUX2, FAN_HEATER };

struct temperature {
	double actual_celsius, target_celsius; /* NAN = not told */
};

struct tray {
	int32_t id; /* of its slot: 0-3; 254 or 255 of an external spool */
	enum tray_fill fill;
	int32_t raw_state; /* `state` as told */
	char material[24];     /* tray_type: "PLA", "PA-CF" */
	char brand[40];	       /* tray_sub_brands: "PLA Matte" */
	char profile[16];      /* tray_info_idx: "GFA00" */
	char color[9];	       /* RRGGBBAA, upper case; "" unknown */
	char colors[STATE_COLORS_MAX][9];
	uint32_t color_count;
	char tag[17];	       /* tag_uid; "" when all zeros */
	char spool[33];	       /* tray_uuid, the spool's identity; "" when all zeros */
	int32_t remain_percent; /* STATE_UNKNOWN: not known (-1, or a spool without a tag) */
	int32_t nozzle_min_celsius, nozzle_max_celsius;
	int32_t weight_g;
	int32_t dry_celsius, dry_hours;
};

struct ams_unit {
	int32_t id; /* 0-3, 16, 128-135 */
	enum ams_kind kind;
	bool kind_told;		   /* by the unit's own `info`; else concluded from the module list and the id */
	int32_t extruder;	   /* 0 right, 1 left; STATE_UNKNOWN */
	int32_t humidity_index;	   /* 1 wet … 5 dry */
	int32_t humidity_percent;  /* relative; STATE_UNKNOWN without a sensor */
	double temperature_celsius; /* NAN without a sensor */
	int32_t dry_remaining_minutes;
	int32_t dry_state; /* 0 off; as in `info` */
	uint32_t tray_count;
	struct tray trays[STATE_TRAYS_MAX];
};

struct extruder {
	int32_t id; /* 0 right or only, 1 left */
	struct temperature temperature;
	int32_t nozzle_id;	   /* now mounted */
	int32_t snow;		   /* what feeds it, as told: ams id << 8 | slot */
	int32_t ams_id, slot_id;   /* the same, read; STATE_UNKNOWN = nothing or not told; ams 254/255 = external */
	enum tri filament_loaded;
};

struct nozzle {
	int32_t id;
	double diameter_mm;
	char type[32]; /* "stainless_steel", "HS01" */
	bool present;
};

struct hms_entry {
	uint32_t attr, code;
};

struct module {
	char name[16];	       /* "ota", "ams/0" */
	char product[40];
	char firmware[20];     /* sw_ver */
	char hardware[16];     /* hw_ver */
	char project[16];
	char serial[24];
};

/* What the printer has ever told that outweighs another field (docs/protocol.md, "Reports"): report.c's memory. */
enum state_source {
	STATE_TOLD_AIRDUCT = 1 << 0,  /* over fan_gear and the fan speeds 0-15 */
	STATE_TOLD_VIR_SLOT = 1 << 1, /* over vt_tray */
	STATE_TOLD_NOZZLES = 1 << 2,  /* device.nozzle.exist */
};

struct printer_state {
	/* -- when ------------------------------------------------------------------------------ */
	int64_t first_ms, last_ms; /* wall clock of the first and newest merged push_status; 0 = none */
	int64_t full_ms;	   /* of the newest full report; 0 = none */
	uint64_t reports;	   /* push_status merged */
	uint32_t sources;	   /* enum state_source */

	/* -- job ------------------------------------------------------------------------------- */
	enum gcode_state gcode_state;
	char gcode_state_text[24]; /* as told */
	int32_t progress_percent, download_percent;
	int32_t remaining_minutes;
	int32_t layer, layers;
	int32_t stage;		   /* stg_cur as told */
	int32_t queued_stages[STATE_STAGES_MAX];
	uint32_t queued_stage_count;
	char file[128];		   /* gcode_file, else file */
	char subtask_name[128], print_type[16];
	char project_id[24], task_id[24], subtask_id[24], job_id[24];
	int32_t plate;
	uint32_t print_error;	   /* 0 none */
	char fail_reason[16];
	int32_t speed_level, speed_percent;
	int32_t skipped[STATE_SKIPPED_MAX];
	uint32_t skipped_count;

	/* -- heat and air ---------------------------------------------------------------------- */
	struct temperature nozzle, bed, chamber; /* nozzle = of the active extruder */
	int32_t fan_percent[STATE_FAN_KINDS];	 /* by enum fan */
	int32_t air_mode;			 /* 0 cooling, 1 heating, 2 laser */
	uint32_t extruder_count;		 /* 0 = not told */
	int32_t active_extruder;
	struct extruder extruders[STATE_EXTRUDERS_MAX];
	uint32_t nozzle_count;
	struct nozzle nozzles[STATE_NOZZLES_MAX];
	uint32_t nozzle_exist_bits;		 /* bit: nozzle id */
	int32_t nozzle_source;			 /* of a rack: the place that nozzle 0 was taken from */
	char nozzle_diameter[8];		 /* "0.4", of the active extruder */
	char nozzle_type[32];

	/* -- filament -------------------------------------------------------------------------- */
	uint32_t ams_count;
	struct ams_unit ams[STATE_AMS_MAX];
	uint64_t ams_exist_bits, tray_exist_bits, tray_reading_bits, tray_done_bits;
	bool ams_bits_told;
	enum tri ams_power_on;	/* power_on_flag */
	int64_t ams_doubt_ms;	/* since when all bits have been zero without power: held for a while; 0 = not so */
	uint32_t external_count;
	struct tray external[STATE_EXTERNAL_MAX];
	int32_t active_ams, active_slot; /* what feeds now; ams 254/255 = external; STATE_UNKNOWN = none */
	int32_t ams_status;		 /* as told */
	int32_t tray_now, tray_target;	 /* as told, flat or local */

	/* -- health ---------------------------------------------------------------------------- */
	struct hms_entry hms[STATE_HMS_MAX];
	uint32_t hms_count, hms_total;

	/* -- the machine ----------------------------------------------------------------------- */
	uint32_t home_flag;
	bool home_flag_told;
	enum tri homed_x, homed_y, homed_z;
	/* Two bit fields tell of the door, and which one is right depends on the model (models.h, `door`): on an X1
	 * bits 23 and 24 of `stat` are always set. lid_open is of `stat` too. */
	enum tri door_by_home_flag, door_by_stat, lid_open;
	enum tri door_open; /* what both say, or the only one that was told */
	enum storage_state storage;
	enum storage_state sdcard;	 /* as told by `sdcard` alone, which outweighs the bits of home_flag and aux */
	enum tri developer_mode;	 /* from `fun` bit 29, else a health code (docs/protocol.md); the worker adds
					  * what replies prove */
	uint64_t fun;
	bool fun_told;
	int32_t wifi_dbm;
	struct { char node[20]; char mode[12]; } lights[STATE_LIGHTS_MAX];
	uint32_t light_count;
	struct { uint32_t ip, mask; } interfaces[STATE_INTERFACES_MAX]; /* first octet in the low byte */
	uint32_t interface_count;
	char rtsp_url[96];		 /* "" not told, "disable" */
	char upgrade_status[24];
	int32_t upgrade_percent;
	char serial[24];		 /* as the printer names itself (upgrade_state.sn, or module ota) */
	struct module modules[STATE_MODULES_MAX];
	uint32_t module_count;
	char firmware[20];		 /* of module ota */
	char product[40];		 /* "Bambu Lab P2S" */
};

/* Nothing known yet. */
void printer_state_init(struct printer_state *state);

/* The names of the tables above; "?" out of range. gcode_state: the word as told where it is OTHER. */
const char *gcode_state_name(const struct printer_state *state);
const char *ams_kind_id(enum ams_kind kind);
const char *ams_kind_name(enum ams_kind kind);
const char *tray_fill_id(enum tray_fill fill);
const char *storage_state_id(enum storage_state storage);

/* A print is under way: PREPARE, RUNNING, PAUSE or SLICING. */
bool printer_state_is_busy(const struct printer_state *state);

/* It installs a firmware; what it calls that is not known of every model, so all but the words for rest count. */
bool printer_state_is_upgrading(const struct printer_state *state);

/* PREPARE, or RUNNING and told to be before the first layer: heating, levelling, loading. Percentages mean nothing
 * yet. */
bool printer_state_is_preparing(const struct printer_state *state);

#endif
