/*
 * machine_report: what goes out. A full report has every member of the model's style; a delta those that are another
 * than was said last, and on models that say nearly all each time these, too. So each member is written, and taken back
 * when its bytes are those of the last time.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "worker/virtual/machine_inner.h"

#define UNITS_MEMBER MEMBER_COUNT /* `ams.ams`, which sparse deltas carry for itself */

enum when { OFTEN, CHANGED };

enum member {
#define MEMBER(key, ...) MEMBER_##key,
#include "worker/virtual/machine_members.def"
	MEMBER_COUNT
};
_Static_assert(MEMBER_COUNT + 1 <= MACHINE_MEMBERS_MAX, "more members than are remembered");

/* -- values ------------------------------------------------------------------------------------------------------- */
static void
write_number_text(struct jsonout *out, uint32_t number)
{
	char text[16];

	str_format(text, sizeof text, "%" PRIu32, number);
	jsonout_word(out, text);
}

static void
write_packed_object(struct jsonout *out, uint32_t packed)
{
	jsonout_open(out, '{');
	jsonout_key(out, "temp");
	jsonout_int(out, packed);
	jsonout_close(out, '}');
}

const char *
machine_state_word(enum gcode_state state)
{
	static const char *const words[] = {
#define X(NAME, text) [GCODE_STATE_##NAME] = text,
		GCODE_STATES(X)
#undef X
	};

	return words[state];
}

static int
state_number(enum gcode_state state)
{
	static const int numbers[] = { [GCODE_STATE_IDLE] = 1,	[GCODE_STATE_PREPARE] = 3, [GCODE_STATE_RUNNING] = 4,
				       [GCODE_STATE_PAUSE] = 5, [GCODE_STATE_FINISH] = 6,  [GCODE_STATE_FAILED] = 7 };

	return (size_t)state < STR_ARRAY_LEN(numbers) ? numbers[state] : 0;
}

/* As in home_flag and aux. */
static unsigned
storage_bits(const struct machine *machine)
{
	switch (machine_storage(machine)) {
	case STORAGE_UNKNOWN: case STORAGE_NONE: return 0;
	case STORAGE_NORMAL: return 1;
	case STORAGE_ABNORMAL: return 2;
	case STORAGE_READ_ONLY: return 3;
	}
	return 0;
}

int64_t
machine_home_flag(const struct machine *machine)
{
	static const unsigned bits[MACHINE_OPTION_COUNT] = {
#define X(NAME, name, bit, is_on) [MACHINE_OPTION_##NAME] = 1u << (bit),
		MACHINE_OPTIONS(X)
#undef X
	};
	uint32_t flag = machine->traits->home_flag;

	for (unsigned i = 0; i < STR_ARRAY_LEN(machine->homed); i++)
		flag |= machine->homed[i] ? 1u << i : 0;
	for (unsigned i = 0; i < MACHINE_OPTION_COUNT; i++)
		flag = machine->life.settings.options[i] ? flag | bits[i] : flag & ~bits[i];
	return (int32_t)(flag | storage_bits(machine) << 8); /* signed, as printers write it */
}

/* Bit 29: commands must be signed. */
static uint64_t
function_bits(const struct machine *machine)
{
	bool must_sign = machine_has(machine, CONTROL_FAULT_DEVELOPER_MODE_OFF);

	return machine->traits->fun | (must_sign ? UINT64_C(1) << 29 : 0);
}

/* Bit 7 the chamber's light, 8-10 the speed. */
static uint64_t
config_bits(const struct machine *machine)
{
	const struct machine_settings *settings = &machine->life.settings;

	return (machine->traits->cfg & ~UINT64_C(0x780)) | (settings->lights[MACHINE_LIGHT_CHAMBER] ? 0x80 : 0) |
	       (uint64_t)settings->speed_level << 8;
}

static uint32_t
fan_gear(const struct machine *machine)
{
	uint32_t part = (uint32_t)lround(machine->fans[FAN_PART] * 2.55);
	uint32_t aux = (uint32_t)lround(machine->fans[FAN_AUX] * 2.55);

	return part | aux << 8 | (uint32_t)lround(machine->fans[FAN_CHAMBER] * 2.55) << 16;
}

/* With two nozzles the fields that are made for one tell either of them. */
static uint32_t
flat_nozzle(const struct machine *machine)
{
	return machine->traits->tells_idle_nozzle ? 1 - machine->life.active_extruder : machine->life.active_extruder;
}

static void
write_nozzle_type(struct jsonout *out, const struct machine *machine)
{
	char text[32];

	/* One whose nozzles change says the size, too. */
	str_format(text, sizeof text, "%s%s%s", machine->traits->nozzle_type, machine->traits->has_rack ? "-" : "",
		   machine->traits->has_rack ? machine->setup.nozzle : "");
	jsonout_word(out, text);
}

static bool
feeds(const struct machine *machine)
{
	return machine->life.extruders[machine->life.active_extruder].feed.ams != NOTHING;
}

/* A P1 leaves standing what was left of a print that failed. */
static int64_t
minutes_left(const struct machine *machine)
{
	const struct machine_run *run = &machine->life.run;
	bool stands = machine->traits->style == STYLE_P1 && run->state == GCODE_STATE_FAILED;

	return ((stands ? run->left_at_failure_ms : machine_left_ms(machine)) + 59999) / 60000;
}

static const char *
print_type(const struct machine *machine)
{
	if (machine_is_busy(machine))
		return machine->life.run.is_system ? "system" : "local";
	return machine_is_rich(machine) ? "" : "idle";
}

static void
write_wifi(struct jsonout *out, const struct machine *machine)
{
	char text[12];

	/* It wavers a little, each quarter of a minute. */
	str_format(text, sizeof text, "-%ddBm", 44 + (int)(machine_chance(machine, (uint64_t)machine->now_ms / 15000) * 6));
	jsonout_word(out, text);
}

/* -- members ------------------------------------------------------------------------------------------------------ */
static const struct { const char *key; enum when when; } members[] = {
#define MEMBER(key, styles, when, how) { #key, when },
#include "worker/virtual/machine_members.def"
};

static void
write_member(struct jsonout *out, const struct machine *m, enum member member)
{
	switch (member) {
#define MEMBER(key, styles, when, how) case MEMBER_##key: how; break;
#include "worker/virtual/machine_members.def"
	case MEMBER_COUNT: break;
	}
}

static unsigned
styles_of(enum member member)
{
	static const unsigned styles[] = {
#define MEMBER(key, styles, when, how) styles,
#include "worker/virtual/machine_members.def"
	};

	return styles[member];
}

/* FNV-1a, eight bytes at once: it only has to tell a change from none. Never 0, which is "nothing said yet". */
static uint64_t
hash_of(const char *bytes, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ len;

	while (len > 0) {
		uint64_t word = 0;
		size_t n = len < sizeof word ? len : sizeof word;
		memcpy(&word, bytes, n);
		hash = (hash ^ word) * UINT64_C(0x100000001b3);
		hash ^= hash >> 29;
		bytes += n;
		len -= n;
	}
	return hash | 1;
}

/* Keep what was written since `before` when it is new or wanted anyway; else take it back. The comma before it does not
 * count. True: it is new. */
static bool
keep_if_new(struct jsonout *out, const struct jsonout *before, uint64_t *sent, bool is_wanted)
{
	const char *start = before->at + before->needs_comma;
	uint64_t hash = out->is_full ? 1 : hash_of(start, (size_t)(out->at - start));
	bool is_new = hash != *sent;

	*sent = hash;
	if (!is_new && !is_wanted)
		*out = *before;
	return is_new;
}

static void
put_member(struct machine *machine, struct jsonout *out, enum member member, bool is_full)
{
	const char *key = members[member].key;
	bool is_wanted = is_full || (machine->setup.model->sends_rich_deltas && members[member].when == OFTEN);
	const struct jsonout before = *out;

	jsonout_key(out, key[0] == '_' ? key + 1 : key);
	write_member(out, machine, member);
	keep_if_new(out, &before, &machine->sent[member], is_wanted);
}

/* Of a model with sparse deltas: those have the units only when these have changed, if they carry them at all. What was
 * sent is remembered apart for the scalars and for the units. */
static void
put_sparse_ams(struct machine *machine, struct jsonout *out, bool is_full)
{
	const struct jsonout before = *out;

	jsonout_key(out, "ams");
	machine_write_ams(out, machine, false);
	keep_if_new(out, &before, &machine->sent[MEMBER_ams], false);
	const struct jsonout with_scalars = *out;
	*out = before;
	jsonout_key(out, "ams");
	machine_write_ams(out, machine, true);
	bool units_are_new = keep_if_new(out, &before, &machine->sent[UNITS_MEMBER], true);
	if (is_full || (units_are_new && machine->setup.model->deltas_carry_trays))
		return;
	*out = before;
	if (with_scalars.at == before.at)
		return;
	jsonout_key(out, "ams");
	machine_write_ams(out, machine, false);
}

static bool
is_sent(const struct machine *machine, enum member member, bool is_full)
{
	if ((styles_of(member) & 1u << machine->traits->style) == 0)
		return false;
	/* Where deltas carry no trays, they carry no external spool either. */
	bool is_spool = member == MEMBER_vt_tray || member == MEMBER_vir_slot;
	return is_full || machine->setup.model->deltas_carry_trays || !is_spool;
}

static void
put_envelope(struct machine *machine, struct jsonout *out, bool is_full)
{
	char number[16];

	jsonout_key(out, "command");
	jsonout_word(out, "push_status");
	/* An H2D's full reports have none. */
	if (!is_full || machine->traits->style != STYLE_H2D) {
		jsonout_key(out, "msg");
		jsonout_int(out, is_full ? 0 : 1);
	}
	str_format(number, sizeof number, "%" PRIu32, machine->sequence++ & INT32_MAX);
	jsonout_key(out, "sequence_id");
	jsonout_word(out, number);
}

/* 0: nothing is new. */
static size_t
write_report(struct machine *machine, bool is_full, char ret_json[MACHINE_REPORT_MAX_BYTES])
{
	bool is_sparse = !machine->setup.model->sends_rich_deltas;
	struct jsonout out;

	jsonout_init(&out, ret_json, MACHINE_REPORT_MAX_BYTES);
	jsonout_open(&out, '{');
	jsonout_key(&out, "print");
	jsonout_open(&out, '{');
	const char *start = out.at;
	for (unsigned i = 0; i < MEMBER_COUNT; i++) {
		if (!is_sent(machine, (enum member)i, is_full))
			continue;
		if (i == MEMBER_ams && is_sparse)
			put_sparse_ams(machine, &out, is_full);
		else
			put_member(machine, &out, (enum member)i, is_full);
	}
	if (out.at == start)
		return 0;
	put_envelope(machine, &out, is_full);
	jsonout_close(&out, '}');
	jsonout_close(&out, '}');
	return jsonout_finish(&out);
}

size_t
machine_report_full(struct machine *machine, char ret_json[MACHINE_REPORT_MAX_BYTES])
{
	return write_report(machine, true, ret_json);
}

static size_t
take_late(struct machine *machine, char ret_json[MACHINE_REPORT_MAX_BYTES])
{
	size_t len = strlen(machine->late);

	len = len < MACHINE_REPORT_MAX_BYTES ? len : 0;
	memcpy(ret_json, machine->late, len);
	ret_json[len] = '\0';
	free(machine->late);
	machine->late = NULL;
	return len;
}

size_t
machine_report(struct machine *machine, int64_t now_ms, char ret_json[MACHINE_REPORT_MAX_BYTES])
{
	ENSURE_OBJ(machine, MACHINE_MAGIC);
	machine_advance(machine, now_ms);
	if (!machine_is_online(machine) || machine_is_silent(machine))
		return 0;
	if (machine->late != NULL)
		return take_late(machine, ret_json);
	if (!machine->report_is_due)
		return 0;
	machine->report_is_due = false;
	return write_report(machine, false, ret_json);
}
