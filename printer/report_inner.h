/*
 * report_inner: what the files of the report parser share, and nobody else.
 *
 * A message is streamed into `state`, a copy of the printer's state, and into `now`, the fields that must be weighed
 * against others before they count. Only when its end shows that it is telemetry is the copy settled (report_derive.c,
 * report_ams.c) and given back.
 *
 * report.c walks the JSON, report_values.c takes a value whatever its type, report_lists.c takes the elements
 * of lists, report_ams.c merges units and trays, report_feed.c finds what feeds, report_derive.c weighs the rest.
 */
#ifndef FUSE_PRINTER_REPORT_INNER_H
#define FUSE_PRINTER_REPORT_INNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/report.h"

/* The places of a message. LISTS(X): place of the list, place of its elements that are objects. */
#define REPORT_PLACES(X)                                                                                       \
	X(NOWHERE) X(ROOT) X(ENVELOPE) X(PRINT) X(INFO) X(SECTION) X(PRINT_INFO) X(HMS_ENTRY) X(LIGHT) X(NET)  \
	X(INTERFACE) X(IPCAM) X(UPGRADE) X(AMS) X(UNIT) X(TRAY) X(DEVICE) X(BED) X(BED_INFO) X(CTC) X(CTC_INFO) \
	X(EXTRUDER) X(EXTRUDER_ENTRY) X(NOZZLE) X(NOZZLE_ENTRY) X(AIRDUCT) X(PART) X(MODULE)
#define REPORT_LISTS(X)                                                                                        \
	X(STAGES, NOWHERE) X(SKIPPED, NOWHERE) X(COLORS, NOWHERE) X(HMS, HMS_ENTRY) X(LIGHTS, LIGHT)           \
	X(INTERFACES, INTERFACE) X(UNITS, UNIT) X(TRAYS, TRAY) X(VIR_SLOTS, TRAY) X(EXTRUDERS, EXTRUDER_ENTRY) \
	X(NOZZLES, NOZZLE_ENTRY) X(PARTS, PART) X(MODULES, MODULE)
enum place {
#define X(NAME, ...) PLACE_##NAME,
	REPORT_PLACES(X) REPORT_LISTS(X)
#undef X
	PLACES
};

enum field {
#define FIELD(place, key, ...) FIELD_##place##_##key,
#include "printer/report_fields.def"
#undef FIELD
	FIELDS,
	FIELD_NONE = FIELDS
};

/* Ids of units: HT, the AMS lite of an A2L, external spools. */
enum { HT_FIRST = 128, HT_LAST = 135, LITE_OF_A2L = 16, EXTERNAL_LEFT = 254, EXTERNAL_RIGHT = 255 };

enum value_kind { VALUE_NULL, VALUE_TRUTH, VALUE_NUMBER, VALUE_TEXT };
/* One JSON value that is no container; the bytes are those of a number's literal or of a text, not terminated. */
struct value {
	enum value_kind kind;
	bool truth;
	const char *bytes;
	size_t len;
};

/* How a field takes its value (report_values.c); MAP and LIST take none. */
#define REPORT_KINDS(X)                                                                                        \
	X(INT) X(INT_OR_NONE) X(INT64) X(U32) X(HEX) X(DOUBLE) X(SENSOR) X(TRI) X(TEXT) X(COMMAND) X(RESULT)  \
	X(GCODE_STATE) X(SDCARD) X(DBM) X(URL) X(SERIAL) X(COLOR) X(TAG)
enum field_kind {
	KIND_MAP,
	KIND_LIST,
#define X(NAME) KIND_##NAME,
	REPORT_KINDS(X)
#undef X
};

struct field_row {
	const char *key;
	uint8_t key_bytes, place, kind;
	uint32_t offset, size; /* in struct report */
	int32_t low, high;
};

#define FIELD_SLOTS 512

/* Fields of this message that are weighed against others before they count. Valid where told. */
struct report_now {
	int64_t sequence_id;
	int32_t msg;
	int32_t mc_percent, percent, mc_remaining_time, remain_time, gcode_file_prepare_percent, prepare_per;
	char gcode_file[128], file[128];
	int32_t plate_idx, plate_id;
	struct temperature nozzle, bed, chamber;
	double nozzle_diameter_mm;
	char nozzle_type[32];
	int32_t cooling_fan_speed, big_fan1_speed, big_fan2_speed, heatbreak_fan_speed;
	uint32_t fan_gear;
	uint32_t info_temp, bed_temp, bed_info_temp, ctc_temp, extruder_state;
	uint64_t stat, aux;
	enum storage_state sdcard;
	uint64_t ams_exist_bits, tray_exist_bits, tray_reading_bits, tray_done_bits;
	/* of the element that is being read */
	uint64_t unit_info;
	uint32_t extruder_temp, extruder_info, part_id, part_state;
	/* of the whole message */
	int64_t now_ms;
	uint32_t fans_told; /* by airduct.parts: bit enum fan */
	uint32_t extruders_heat_told; /* bit: extruder id */
};

/* Units and external spools wait for the end of the message: how an empty slot is told depends on whether the message
 * is a full report, and the bits that say which slots are filled may come last. */
struct staged_tray {
	struct tray tray;
	uint32_t told; /* bit: field - FIELD_TRAY_id */
};
struct staged_unit {
	struct ams_unit unit;
	uint32_t told; /* bit: field - FIELD_UNIT_id */
	uint64_t info;
	uint32_t tray_count;
	struct staged_tray trays[STATE_TRAYS_MAX];
};

struct report {
	/* -- the walk ---- */
	unsigned depth;
	uint8_t stack[REPORT_MAX_DEPTH]; /* enum place */
	enum field field;		 /* whose value comes next */
	enum place section;		 /* of the root's key that was read last */
	uint32_t values;
	uint32_t sections; /* bit: enum place of a section seen */
	const char *fault;
	bool told[FIELDS]; /* elements of lists: of the newest element */

	/* -- what is read ---- */
	struct report_summary summary;
	struct report_now now;
	struct hms_entry hms;
	struct { char node[20]; char mode[12]; } light;
	struct { uint32_t ip, mask; } interface;
	struct ams_unit unit;
	struct tray tray;
	struct extruder extruder;
	struct nozzle nozzle;
	struct module module;
	uint32_t unit_count, external_count, module_count, unit_tray_count;
	struct staged_tray unit_trays[STATE_TRAYS_MAX];
	struct staged_unit units[STATE_AMS_MAX];
	struct staged_tray external[STATE_EXTERNAL_MAX]; /* vir_slot */
	struct staged_tray vt_tray;
	struct module modules[STATE_MODULES_MAX];
	struct printer_state state;

	/* -- the field table ---- */
	uint16_t slots[FIELD_SLOTS]; /* by hash of place and key: field + 1, and above it 8 bits of the hash; 0 free */
};

extern const struct field_row report_fields[FIELDS];

/* report_values.c: take `value` into the field's destination; false (and nothing changed) when it does not fit. */
bool report_value_take(struct report *report, const struct field_row *row, const struct value *value);
bool value_int(const struct value *value, int64_t low, int64_t high, int64_t *ret);
/* Letters and digits, eight at least: a withheld one ("", "N/A") does not replace the true one. */
bool report_serial_take(char *to, size_t cap, const char *bytes, size_t len);
bool value_color(const struct value *value, char ret[9]);

/* report_text.c: a copy that is well-formed UTF-8 without control characters, cut at a character. Invalid
 * bytes become U+FFFD. The rest of `to` is zeroed, so that equal states are equal bytes. Returns the bytes written
 * without the NUL; cap at least 1. */
size_t report_text_copy(char *to, size_t cap, const char *from, size_t len);

/* report_lists.c */
void report_list_begin(struct report *report, enum place list);
void report_list_value(struct report *report, enum place list, const struct value *value);
void report_element_begin(struct report *report, enum place element);
/* `outer`: the place that it stands in, a list or (vt_tray) an object. */
void report_element_end(struct report *report, enum place element, enum place outer);

struct temperature report_unpack(uint32_t packed, struct temperature former);

/* report_ams.c: what was staged into the state, then bits, fills and the active slot. */
void report_ams_settle(struct report *report, bool is_full);
/* The kinds of units that do not tell it themselves, from the module list. */
void report_ams_name_kinds(struct printer_state *state);

/* Is there a spool in a slot, by the presence bits? */
enum tri report_slot_exists(const struct printer_state *state, int32_t unit, int32_t slot);

/* report_feed.c */
void report_feed_find(struct printer_state *state);

/* report_derive.c */
struct extruder *report_active_extruder(struct printer_state *state); /* NULL: none told, or unknown of two */
void report_derive(struct report *report, bool is_full);
void report_modules_settle(struct report *report);

#endif
