/*
 * models: what differs between models, one row each (models.def). Nothing else in the tree branches on a
 * model's name: it asks for the property. "Other" is the row for what is not known: nothing is refused.
 */
#ifndef FUSE_PRINTER_MODELS_H
#define FUSE_PRINTER_MODELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/state.h"

#define MODEL_KEY_BYTES 16

enum camera_kind { CAMERA_UNKNOWN, CAMERA_JPEG, CAMERA_RTSPS };		   /* port 6000; port 322 */
enum storage_kind { STORAGE_KIND_UNKNOWN, STORAGE_KIND_MICROSD, STORAGE_KIND_USB };
enum door_source { DOOR_NONE, DOOR_HOME_FLAG, DOOR_STAT };		   /* which bit field tells it */

struct model {
	const char *key;	 /* "X1C", "A1-mini", "H2D-Pro", "Other": stable, in records and REST */
	const char *name;	 /* "X1 Carbon" */
	const char *codes;	 /* SSDP and detect codes, comma-separated: "BL-P001,3DPrinter-X1-Carbon" */
	const char *products;	 /* product_name of get_version, comma-separated: "Bambu Lab X1-Carbon" */
	const char *boards;	 /* hw_ver of module "ap" on firmware that tells nothing better: "AP05"; NULL none */
	const char *serial_prefix; /* "00M"; "" when not known */
	enum camera_kind camera;
	uint16_t camera_port;
	enum storage_kind storage;
	unsigned extruders;
	bool has_chamber_sensor;
	int chamber_target_max_celsius; /* 0 = no chamber heater */
	int nozzle_max_celsius, bed_max_celsius;
	enum door_source door;
	bool has_lidar, has_work_light, has_two_chamber_lights, has_aux_fan, has_aux2_fan, has_chamber_fan, has_airduct;
	bool has_ethernet;
	unsigned ams_kinds;		/* bits 1 << enum ams_kind */
	bool tray_now_is_local;		/* dual nozzle: read the extruder's snow instead */
	bool sends_rich_deltas;		/* X1, P2, H2: near-full reports by themselves; else P1/A1 style */
	bool deltas_carry_trays;	/* false: A1 mini: a pushall is needed after a slot change */
	int32_t silence_ms;		/* no report for so long: ask, then reconnect */
	int32_t pushall_gap_ms;		/* not more often than this, but for the first after CONNECT */
	/* Prints (docs/protocol.md, "Starting a print"): */
	const char *gcode_family;	/* models of one family run each other's G-code; NULL only its own */
	const char *staging_folder;	/* where a file goes that shall not be started: "/cache"; never the root */
	const char *storage_mount;	/* where the printer itself sees what FTPS shows as /: for plain G-code */
	bool uploads_disturb;		/* no file goes to it while it prints, and no camera is read while one goes */
	bool decides_calibration;	/* "auto" for bed levelling and flow calibration; else they are on and off */
	bool never_vibration;		/* vibration calibration must be off in a start */
	bool has_hotend_rack;		/* its right nozzle is one of a rack, and a start names it by its place there */
	bool mixes_external;		/* AMS and external spool in one print */
	bool measures_remain;		/* what it reports to be left on a spool means something */
	/* Its file server, as virtual printers play it (docs/protocol.md, "Files on the printer"): */
	const char *storage_folders;	/* that it makes by itself, comma-separated: "cache,timelapse" */
	bool ftps_is_vsftpd;		/* data connections must resume the control connection's session, and are closed in order */
	bool ftps_hides_address;	/* its answer to PASV says 0.0.0.0 */
	bool ftps_takes_one;		/* a second session waits for the end of the first */
	bool video_takes_one;		/* its camera bears no second viewer, as others do for a while */
	const char *first_signed_firmware; /* from here on Developer Mode is needed; "" none, "0" always */
	const char *developer_mode_menu; /* the path in the printer's own menu, for remedies */
	const char *access_code_menu;	/* where the screen shows the access code */
	const char *wiki;		/* its series in the addresses of the maker's help pages: "x1" */
};

/* All rows; "Other" is the last. */
const struct model *models_all(size_t *ret_count);

/* Never NULL: the row of "Other" when it is not known. */
const struct model *model_by_key(const char *key);	/* also by name, without regard to case, blanks and dashes */
const struct model *model_by_code(const char *code);	/* "N2S", "O1D-V2" (a -V… is cut) */
const struct model *model_by_serial(const char *serial);
/* By the order of trust: product_name, then hw_ver and project_name of old firmware; "Other" otherwise. */
const struct model *model_by_modules(const struct printer_state *state);
const struct model *model_other(void);

/* By the bit field that the model tells it in; of an unknown model both must say the same. */
enum tri model_door_open(const struct model *model, const struct printer_state *state);
/* TRI_UNKNOWN where the model has no such sensor. */
enum tri model_lid_open(const struct model *model, const struct printer_state *state);

#endif
