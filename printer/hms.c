/*
 * hms: the rows of hms.def, and how a code that is not there is named. Pure.
 */
#include "printer/hms.h"

#include <inttypes.h>
#include <string.h>

#include "common/str.h"

/* Modules, the highest byte of an attr or a print error (docs/protocol.md, "Health codes"). */
#define MODULE_AMS 0x07
#define MODULE_LITE 0x12
#define MODULE_HT 0x18
#define UNIT_EXTERNAL_LEFT 0xfe
#define UNIT_EXTERNAL 0xff
#define DIALOG_MIN 0x4000 /* lower halves below it are progress, not errors */

/* Bits for `modules` of hms.def. */
enum ams_module { AMS = 1, LITE = 2, HT = 4 };

enum row_kind { ROW_EXACT, ROW_UNIT, ROW_SLOT };

struct row {
	enum row_kind kind;
	unsigned modules; /* of ROW_UNIT and ROW_SLOT */
	uint32_t attr;	  /* ROW_EXACT: without its low byte; else the part */
	uint32_t code;
	const char *message, *remedy;
};

static const struct row rows[] = {
#define HMS(attr, code, message, remedy) { ROW_EXACT, 0, attr, code, message, remedy },
#define AMS_UNIT(modules, part, code, message, remedy) { ROW_UNIT, modules, part, code, message, remedy },
#define AMS_SLOT(modules, part, code, message, remedy) { ROW_SLOT, modules, part, code, message, remedy },
#define ERROR(...)
#define AMS_ERROR(...)
#define NOTICE(...)
#include "printer/hms.def"
#undef HMS
#undef AMS_UNIT
#undef AMS_SLOT
#undef ERROR
#undef AMS_ERROR
#undef NOTICE
};

struct error_row {
	unsigned modules; /* 0: `code` is the whole; else its low half */
	uint32_t code;
	enum hms_severity severity;
	const char *message, *remedy; /* a NOTICE has none */
};

static const struct error_row error_rows[] = {
#define HMS(...)
#define AMS_UNIT(...)
#define AMS_SLOT(...)
#define ERROR(code, severity, message, remedy) { 0, code, HMS_##severity, message, remedy },
#define AMS_ERROR(modules, low, message, remedy) { modules, low, HMS_SERIOUS, message, remedy },
#define NOTICE(code) { 0, code, HMS_INFO, NULL, NULL },
#include "printer/hms.def"
#undef HMS
#undef AMS_UNIT
#undef AMS_SLOT
#undef ERROR
#undef AMS_ERROR
#undef NOTICE
};

const char *
hms_severity_name(enum hms_severity severity)
{
	static const char *const names[] = { "unknown", "fatal", "serious", "common", "info" };

	return (unsigned)severity < STR_ARRAY_LEN(names) ? names[severity] : names[0];
}

/* -- names of modules, units and slots ----------------------------------------------------------- */
static unsigned
ams_module_of(uint32_t attr)
{
	switch (attr >> 24) {
	case MODULE_AMS:
		return AMS;
	case MODULE_LITE:
		return LITE;
	case MODULE_HT:
		return HT;
	default:
		return 0;
	}
}

static bool
is_external(uint32_t attr)
{
	uint32_t unit = attr >> 16 & 0xff;

	return ams_module_of(attr) != 0 && (unit == UNIT_EXTERNAL || unit == UNIT_EXTERNAL_LEFT);
}

static void
name_unit(const struct model *model, uint32_t attr, char *to, size_t cap)
{
	uint32_t unit = attr >> 16 & 0xff;

	if (is_external(attr)) {
		str_copy(to, cap, model->extruders < 2	       ? "External spool"
				  : unit == UNIT_EXTERNAL ? "Right external spool"
							  : "Left external spool");
		return;
	}
	/* Some reports give AMS HT units the numbers that they have elsewhere, from 128 on. */
	unit = unit & 0x7f;
	switch (ams_module_of(attr)) {
	case LITE:
		if (unit == 0)
			str_copy(to, cap, "AMS lite");
		else
			str_format(to, cap, "AMS lite %" PRIu32, unit + 1);
		return;
	case HT:
		str_format(to, cap, "AMS HT %" PRIu32, unit + 1);
		return;
	default:
		str_format(to, cap, "AMS %" PRIu32, unit + 1);
	}
}

static void
name_module(const struct model *model, uint32_t attr, char *to, size_t cap)
{
	switch (attr >> 24) {
	case 0x03:
		str_copy(to, cap, "motion controller");
		return;
	case 0x05:
		str_copy(to, cap, "mainboard");
		return;
	case 0x08:
		str_copy(to, cap, "toolhead");
		return;
	case 0x0c:
		str_copy(to, cap, "camera and lidar");
		return;
	default:
		if (ams_module_of(attr) != 0)
			name_unit(model, attr, to, cap);
		else
			str_format(to, cap, "module %02" PRIX32, attr >> 24);
	}
}

/* "AMS 2 slot 3"; units with one slot go by their own name. */
static void
name_slot(const struct model *model, uint32_t attr, char *to, size_t cap)
{
	name_unit(model, attr, to, cap);
	if (!is_external(attr) && ams_module_of(attr) != HT)
		str_format(to + strlen(to), cap - strlen(to), " slot %" PRIu32, (attr >> 8 & 3) + 1);
}

/* -- health codes ---------------------------------------------------------------------------------- */
static bool
row_matches(const struct row *row, uint32_t attr, uint32_t code)
{
	uint32_t part = attr >> 8 & 0xff;

	if (row->code != code)
		return false;
	if (row->kind == ROW_EXACT)
		return row->attr == (attr & 0xffffff00u);
	if ((row->modules & ams_module_of(attr)) == 0)
		return false;
	return row->kind == ROW_UNIT ? row->attr == part : row->attr == (part & ~3u);
}

static const struct row *
find_row(uint32_t attr, uint32_t code)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++)
		if (row_matches(&rows[i], attr, code))
			return &rows[i];
	return NULL;
}

static void
describe_row(const struct model *model, const struct row *row, uint32_t attr, struct hms_text *ret_text)
{
	char name[40];

	ret_text->is_known = true;
	str_copy(ret_text->remedy, sizeof ret_text->remedy, row->remedy);
	if (row->kind == ROW_EXACT) {
		str_copy(ret_text->message, sizeof ret_text->message, row->message);
		return;
	}
	if (row->kind == ROW_SLOT)
		name_slot(model, attr, name, sizeof name);
	else
		name_unit(model, attr, name, sizeof name);
	str_format(ret_text->message, sizeof ret_text->message, "%s: %s", name, row->message);
}

void
hms_describe(const struct model *model, uint32_t attr, uint32_t code, struct hms_text *ret_text)
{
	const struct row *row = find_row(attr, code);
	uint32_t severity = code >> 16;

	memset(ret_text, 0, sizeof *ret_text);
	ret_text->severity = severity >= HMS_FATAL && severity <= HMS_INFO ? (enum hms_severity)severity : HMS_UNKNOWN;
	str_format(ret_text->code, sizeof ret_text->code, "%04" PRIX32 "-%04" PRIX32 "-%04" PRIX32 "-%04" PRIX32,
		   attr >> 16, attr & 0xffff, code >> 16, code & 0xffff);
	name_module(model, attr, ret_text->module, sizeof ret_text->module);
	str_format(ret_text->link, sizeof ret_text->link,
		   "https://wiki.bambulab.com/en/%s/troubleshooting/hmscode/%04" PRIX32 "_%04" PRIX32 "_%04" PRIX32
		   "_%04" PRIX32, model->wiki, attr >> 16, attr & 0xffff, code >> 16, code & 0xffff);
	if (row != NULL)
		describe_row(model, row, attr, ret_text);
	else
		str_format(ret_text->message, sizeof ret_text->message, "The printer reports %s (%s, severity: %s).",
			   ret_text->code, ret_text->module, hms_severity_name(ret_text->severity));
}

bool
hms_means_unsigned(uint32_t attr, uint32_t code)
{
	return (attr & 0xffffff00u) == 0x05000500 && code == 0x00010007;
}

/* -- print errors ------------------------------------------------------------------------------------ */
static const struct error_row *
find_error(uint32_t print_error)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(error_rows); i++) {
		const struct error_row *row = &error_rows[i];
		if (row->modules == 0 && row->code == print_error)
			return row;
	}
	for (size_t i = 0; i < STR_ARRAY_LEN(error_rows); i++) {
		const struct error_row *row = &error_rows[i];
		if ((row->modules & ams_module_of(print_error)) != 0 && row->code == (print_error & 0xffff))
			return row;
	}
	return NULL;
}

static void
describe_error(const struct model *model, const struct error_row *row, uint32_t print_error, struct hms_text *ret_text)
{
	char name[40];

	ret_text->is_known = true;
	ret_text->severity = row->severity;
	str_copy(ret_text->remedy, sizeof ret_text->remedy, row->remedy);
	if (row->modules == 0) {
		str_copy(ret_text->message, sizeof ret_text->message, row->message);
		return;
	}
	name_unit(model, print_error, name, sizeof name);
	str_format(ret_text->message, sizeof ret_text->message, "%s: %s", name, row->message);
}

bool
print_error_describe(const struct model *model, uint32_t print_error, struct hms_text *ret_text)
{
	const struct error_row *row = find_error(print_error);

	memset(ret_text, 0, sizeof *ret_text);
	if ((print_error & 0xffff) < DIALOG_MIN || (row != NULL && row->message == NULL))
		return false;
	str_format(ret_text->code, sizeof ret_text->code, "%04" PRIX32 "-%04" PRIX32, print_error >> 16,
		   print_error & 0xffff);
	name_module(model, print_error, ret_text->module, sizeof ret_text->module);
	str_format(ret_text->link, sizeof ret_text->link, "https://e.bambulab.com/?e=%08" PRIX32, print_error);
	if (row != NULL)
		describe_error(model, row, print_error, ret_text);
	else
		str_format(ret_text->message, sizeof ret_text->message, "The printer reports the error %s (%s).",
			   ret_text->code, ret_text->module);
	return true;
}
