/*
 * Health codes, print errors and stages in words: known ones by hand, unknown ones with their number, and no
 * 32-bit number of any kind that breaks them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "printer/hms.h"
#include "printer/state.h"

static const struct model *x1c, *h2d, *a1;

static int
setup(void **state)
{
	(void)state;
	x1c = model_by_key("X1C");
	h2d = model_by_key("H2D");
	a1 = model_by_key("A1");
	return 0;
}

static struct hms_text
told(const struct model *model, uint32_t attr, uint32_t code)
{
	struct hms_text text;

	memset(&text, 0x55, sizeof text);
	hms_describe(model, attr, code, &text);
	return text;
}

static struct hms_text
error(const struct model *model, uint32_t print_error)
{
	struct hms_text text;

	memset(&text, 0x55, sizeof text);
	assert_true(print_error_describe(model, print_error, &text));
	return text;
}

static void
begins(const char *text, const char *beginning)
{
	if (strncmp(text, beginning, strlen(beginning)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", text, beginning);
}

/* -- the tables ----------------------------------------------------------------------------- */
/* Every sentence of the tables fits its place, even behind the longest name, and ends as one. */
#define LONGEST_NAME "Right external spool: "
enum {
	MESSAGE_BYTES = sizeof(((struct hms_text *)0)->message),
	REMEDY_BYTES = sizeof(((struct hms_text *)0)->remedy),
};
#define FITS(first, second)                                                     \
	_Static_assert(sizeof(LONGEST_NAME first) <= MESSAGE_BYTES, "too long"); \
	_Static_assert(sizeof(second) <= REMEDY_BYTES, "too long");
#define HMS(attr, code, message, remedy) FITS(message, remedy)
#define AMS_UNIT(modules, part, code, message, remedy) FITS(message, remedy)
#define AMS_SLOT(modules, part, code, message, remedy) FITS(message, remedy)
#define ERROR(code, severity, message, remedy) FITS(message, remedy)
#define AMS_ERROR(modules, low, message, remedy) FITS(message, remedy)
#define NOTICE(code)
#include "printer/hms.def"
#undef HMS
#undef AMS_UNIT
#undef AMS_SLOT
#undef ERROR
#undef AMS_ERROR
#undef NOTICE

static const struct {
	int is_error; /* or a health code */
	uint32_t attr, code;
	const char *message, *remedy;
} exact[] = {
#define HMS(attr, code, message, remedy) { 0, attr, code, message, remedy },
#define AMS_UNIT(modules, part, code, message, remedy) { 0, 0x07000000u | (part) << 8, code, message, remedy },
#define AMS_SLOT(modules, part, code, message, remedy) { 0, 0x07000000u | (part) << 8, code, message, remedy },
#define ERROR(code, severity, message, remedy) { 1, code, 0, message, remedy },
#define AMS_ERROR(modules, low, message, remedy) { 1, 0x07000000u | (low), 0, message, remedy },
#define NOTICE(code)
#include "printer/hms.def"
#undef HMS
#undef AMS_UNIT
#undef AMS_SLOT
#undef ERROR
#undef AMS_ERROR
#undef NOTICE
};

static void
every_row_is_a_sentence_and_stands_once(void **state)
{
	(void)state;
	assert_true(STR_ARRAY_LEN(exact) >= 150);
	for (size_t i = 0; i < STR_ARRAY_LEN(exact); i++) {
		const char *message = exact[i].message, *remedy = exact[i].remedy;
		if (message[strlen(message) - 1] != '.' || (*remedy != '\0' && remedy[strlen(remedy) - 1] != '.'))
			fail_msg("no sentence: %s %s", message, remedy);
		assert_true(str_valid_utf8(message, strlen(message)) && str_valid_utf8(remedy, strlen(remedy)));
		if (!exact[i].is_error)
			assert_in_range(exact[i].code >> 16, HMS_FATAL, HMS_INFO);
		for (size_t j = i + 1; j < STR_ARRAY_LEN(exact); j++)
			if (exact[i].is_error == exact[j].is_error && exact[i].attr == exact[j].attr &&
			    exact[i].code == exact[j].code)
				fail_msg("two rows for one code: %s %s", message, exact[j].message);
	}
}

static void
every_row_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(exact); i++) {
		bool is_unit = (exact[i].attr >> 24) == 0x07 && (exact[i].attr >> 16 & 0xff) == 0;
		if (is_unit)
			continue; /* by hand, below */
		struct hms_text text = exact[i].is_error ? error(x1c, exact[i].attr)
							 : told(x1c, exact[i].attr, exact[i].code);
		assert_true(text.is_known);
		assert_string_equal(text.message, exact[i].message);
		assert_string_equal(text.remedy, exact[i].remedy);
	}
}

/* -- health codes --------------------------------------------------------------------------- */
static void
a_known_code_is_told_in_full(void **state)
{
	struct hms_text text = told(x1c, 0x03000100, 0x00010001);

	(void)state;
	assert_string_equal(text.code, "0300-0100-0001-0001");
	assert_int_equal(text.severity, HMS_FATAL);
	assert_string_equal(text.module, "motion controller");
	assert_string_equal(text.message, "The bed's heater seems to have a short circuit.");
	begins(text.remedy, "Switch the printer off");
	assert_string_equal(text.link,
			    "https://wiki.bambulab.com/en/x1/troubleshooting/hmscode/0300_0100_0001_0001");
	assert_true(text.is_known);
}

static void
developer_mode_off_is_told(void **state)
{
	struct hms_text text = told(a1, 0x05000500, 0x00010007);

	(void)state;
	assert_string_equal(text.code, "0500-0500-0001-0007");
	assert_non_null(strstr(text.message, "Developer Mode is off"));
	assert_non_null(strstr(text.remedy, "LAN Only Mode"));
	assert_non_null(strstr(text.remedy, "restart"));
	assert_string_equal(text.module, "mainboard");
	begins(text.link, "https://wiki.bambulab.com/en/a1/");
}

static void
an_unknown_code_keeps_its_number(void **state)
{
	struct hms_text text = told(h2d, 0x0c00abcd, 0x0003beef);

	(void)state;
	assert_false(text.is_known);
	assert_string_equal(text.code, "0C00-ABCD-0003-BEEF");
	assert_string_equal(text.module, "camera and lidar");
	assert_int_equal(text.severity, HMS_COMMON);
	assert_string_equal(text.message, "The printer reports 0C00-ABCD-0003-BEEF (camera and lidar, severity: common).");
	assert_string_equal(text.remedy, "");
	assert_string_equal(text.link,
			    "https://wiki.bambulab.com/en/h2/troubleshooting/hmscode/0C00_ABCD_0003_BEEF");
	text = told(x1c, 0xfa000000, 0xffffffff);
	assert_string_equal(text.module, "module FA");
	assert_int_equal(text.severity, HMS_UNKNOWN);
	text = told(x1c, 0x08000000, 0);
	assert_string_equal(text.module, "toolhead");
	assert_int_equal(text.severity, HMS_UNKNOWN);
}

static void
severity_is_in_the_code_not_in_the_attr(void **state)
{
	(void)state;
	for (uint32_t severity = 0; severity < 8; severity++) {
		struct hms_text text = told(x1c, 0x03000400, severity << 16 | 1);
		assert_int_equal(text.severity, severity <= HMS_INFO ? severity : HMS_UNKNOWN);
	}
	assert_string_equal(hms_severity_name(HMS_FATAL), "fatal");
	assert_string_equal(hms_severity_name(HMS_INFO), "info");
	assert_string_equal(hms_severity_name((enum hms_severity)77), "unknown");
}

static void
units_and_slots_go_by_their_names(void **state)
{
	static const struct {
		uint32_t attr, code;
		const char *module, *beginning;
	} known[] = {
		{ 0x07002000, 0x00020001, "AMS 1", "AMS 1 slot 1: the filament has run out." },
		{ 0x07012200, 0x00020001, "AMS 2", "AMS 2 slot 3: the filament has run out." },
		{ 0x07032300, 0x00020002, "AMS 4", "AMS 4 slot 4: the slot is empty." },
		{ 0x07011300, 0x00020002, "AMS 2", "AMS 2 slot 4: the motor is overloaded" },
		{ 0x07006100, 0x00020001, "AMS 1", "AMS 1 slot 2: it pulls too hard" },
		{ 0x07005000, 0x00020001, "AMS 1", "AMS 1: the connection is lost." },
		{ 0x07020100, 0x00020002, "AMS 3", "AMS 3: the motor that helps to feed is overloaded" },
		{ 0x07004000, 0x00020004, "AMS 1", "AMS 1: the filament buffer does not spring back" },
		{ 0x12002100, 0x00020001, "AMS lite", "AMS lite slot 2: the filament has run out." },
		{ 0x12008200, 0x00020001, "AMS lite", "AMS lite slot 3: the filament does not come freely." },
		{ 0x12012000, 0x00020001, "AMS lite 2", "AMS lite 2 slot 1: the filament has run out." },
		{ 0x18002000, 0x00020001, "AMS HT 1", "AMS HT 1: the filament has run out." },
		{ 0x18032000, 0x00020002, "AMS HT 4", "AMS HT 4: the slot is empty." },
		{ 0x18822000, 0x00020001, "AMS HT 3", "AMS HT 3: the filament has run out." },
		{ 0x07ff2000, 0x00020001, "External spool", "External spool: the filament has run out." },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(known); i++) {
		struct hms_text text = told(x1c, known[i].attr, known[i].code);
		assert_true(text.is_known);
		assert_string_equal(text.module, known[i].module);
		begins(text.message, known[i].beginning);
	}
	begins(told(h2d, 0x07ff2000, 0x00020001).message, "Right external spool: ");
	begins(told(h2d, 0x07fe2000, 0x00020001).message, "Left external spool: ");
}

static void
a_part_of_another_kind_of_unit_is_not_guessed_at(void **state)
{
	(void)state;
	/* 80 is a spool of an AMS lite, but a heater of an AMS 2 Pro. */
	assert_false(told(x1c, 0x07008000, 0x00020001).is_known);
	assert_true(told(x1c, 0x12008000, 0x00020001).is_known);
	/* Slot parts are four: 24 is no slot. */
	assert_false(told(x1c, 0x07002400, 0x00020001).is_known);
	/* Unit parts are one. */
	assert_false(told(x1c, 0x07005300, 0x00020001).is_known);
	assert_false(told(x1c, 0x03002000, 0x00020001).is_known);
}

static void
the_low_byte_of_an_attr_does_not_count(void **state)
{
	(void)state;
	for (uint32_t low = 0; low < 256; low++) {
		assert_true(told(x1c, 0x03000100 | low, 0x00010001).is_known);
		assert_true(told(x1c, 0x07012200 | low, 0x00020001).is_known);
	}
	assert_false(told(x1c, 0x03010100, 0x00010001).is_known);
}

/* -- print errors --------------------------------------------------------------------------- */
static void
a_print_error_is_told_in_full(void **state)
{
	struct hms_text text = error(x1c, 0x05004003);

	(void)state;
	assert_string_equal(text.code, "0500-4003");
	assert_string_equal(text.message, "The printer cannot read the print file.");
	assert_string_equal(text.link, "https://e.bambulab.com/?e=05004003");
	assert_string_equal(text.module, "mainboard");
	assert_int_equal(text.severity, HMS_SERIOUS);
	assert_true(text.is_known);
	assert_int_equal(error(x1c, 0x03008008).severity, HMS_FATAL);
	begins(error(x1c, 0x07008012).message, "AMS 1: the printer has no valid list");
	begins(error(x1c, 0x07ff8012).message, "External spool: the printer has no valid list");
	begins(error(x1c, 0x07018011).message, "AMS 2: the filament has run out.");
	begins(error(a1, 0x12008011).message, "AMS lite: the filament has run out.");
	begins(error(x1c, 0x07ff8006).message, "The printer waits for filament from the external spool.");
	assert_non_null(strstr(error(x1c, 84033543).message, "Developer Mode is off"));
	static const uint32_t of_a_start[] = { 0x05004002, 0x05004003, 0x05004004, 0x05004006, 0x0500c010 };
	for (size_t i = 0; i < STR_ARRAY_LEN(of_a_start); i++)
		assert_true(error(x1c, of_a_start[i]).is_known && error(x1c, of_a_start[i]).remedy[0] != '\0');
}

static void
an_unknown_print_error_keeps_its_number(void **state)
{
	struct hms_text text = error(x1c, 0x0500fffe);

	(void)state;
	assert_false(text.is_known);
	assert_string_equal(text.code, "0500-FFFE");
	assert_string_equal(text.message, "The printer reports the error 0500-FFFE (mainboard).");
	assert_string_equal(text.link, "https://e.bambulab.com/?e=0500FFFE");
	assert_int_equal(text.severity, HMS_UNKNOWN);
}

static void
what_is_no_error_is_not_told_as_one(void **state)
{
	static const uint32_t none[] = { 0,	     0x0300400c, 0x0500400e, 83918896,	 50364434,
					 83935249,   134184967,	 0x03000001, 0x07003fff, 0xffff3fff };
	struct hms_text text;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(none); i++)
		assert_false(print_error_describe(x1c, none[i], &text));
}

/* -- stages --------------------------------------------------------------------------------- */
static void
stages_are_told_in_words(void **state)
{
	char room[24];

	(void)state;
	assert_string_equal(stage_words(0, room), "printing");
	assert_string_equal(stage_words(1, room), "levelling the bed");
	assert_string_equal(stage_words(2, room), "heating the bed");
	assert_string_equal(stage_words(6, room), "paused: filament has run out");
	assert_string_equal(stage_words(14, room), "cleaning the nozzle");
	assert_string_equal(stage_words(26, room), "paused: the AMS is lost");
	assert_string_equal(stage_words(49, room), "heating the chamber");
	assert_string_equal(stage_words(77, room), "preparing the AMS");
	assert_string_equal(stage_words(-1, room), "");
	assert_string_equal(stage_words(255, room), "");
	assert_string_equal(stage_words(STATE_UNKNOWN, room), "");
	assert_string_equal(stage_words(91, room), "stage 91");
	assert_string_equal(stage_words(INT32_MAX, room), "stage 2147483647");
	assert_string_equal(stage_words(INT32_MIN + 1, room), "stage -2147483647");
	for (int32_t stage = 0; stage <= 77; stage++)
		assert_true(strncmp(stage_words(stage, room), "stage ", 6) != 0);
}

/* -- anything ------------------------------------------------------------------------------- */
static void
no_number_breaks_the_words(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15u;
	size_t count;
	const struct model *models = models_all(&count);
	struct hms_text text;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		uint32_t attr = (uint32_t)(seed >> 32), code = (uint32_t)(seed >> 13);
		const struct model *model = &models[i % count];
		if (i % 2 == 0) {
			/* Half of them where the tables are. */
			static const uint32_t tops[] = { 0x03, 0x05, 0x07, 0x0c, 0x12, 0x18 };
			attr = tops[i / 2 % STR_ARRAY_LEN(tops)] << 24 | (attr & 0xffff00);
			code = (code & 0x0003000f);
		}
		hms_describe(model, attr, code, &text);
		assert_true(strlen(text.code) == 19 && text.message[0] != '\0' && text.module[0] != '\0');
		assert_true(text.message[strlen(text.message) - 1] == '.');
		begins(text.link, "https://wiki.bambulab.com/en/");
		if (print_error_describe(model, attr, &text))
			assert_true(strlen(text.code) == 9 && text.message[strlen(text.message) - 1] == '.');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_a_sentence_and_stands_once),
		cmocka_unit_test(every_row_is_found),
		cmocka_unit_test(a_known_code_is_told_in_full),
		cmocka_unit_test(developer_mode_off_is_told),
		cmocka_unit_test(an_unknown_code_keeps_its_number),
		cmocka_unit_test(severity_is_in_the_code_not_in_the_attr),
		cmocka_unit_test(units_and_slots_go_by_their_names),
		cmocka_unit_test(a_part_of_another_kind_of_unit_is_not_guessed_at),
		cmocka_unit_test(the_low_byte_of_an_attr_does_not_count),
		cmocka_unit_test(a_print_error_is_told_in_full),
		cmocka_unit_test(an_unknown_print_error_keeps_its_number),
		cmocka_unit_test(what_is_no_error_is_not_told_as_one),
		cmocka_unit_test(stages_are_told_in_words),
		cmocka_unit_test(no_number_breaks_the_words),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
