/*
 * What a print takes, and what colours are called, as people read it.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "printer/filament_color.h"
#include "printer/print_amount.h"

/* The same as of www/js/later/print/amount.js, in tests/web/jobs.test.mjs. */
static void
a_minute_that_has_begun_counts(void **state)
{
	static const struct {
		int64_t seconds;
		const char *words;
	} met[] = {
		{ -1, "" },	  { 0, "0 min" },	  { 1, "1 min" },
		{ 60, "1 min" },  { 61, "2 min" },	  { 3540, "59 min" },
		{ 3541, "1 h" },  { 5025, "1 h 24 min" }, { 86340, "23 h 59 min" },
		{ 86341, "1 d" }, { 120000, "1 d 9 h" },  { INT64_MAX, NULL },
	};
	char words[PRINT_AMOUNT_BYTES];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(met); i++) {
		print_amount_time(met[i].seconds, words);
		if (met[i].words != NULL)
			assert_string_equal(words, met[i].words);
	}
}

static void
below_ten_grams_tenths_count(void **state)
{
	static const struct {
		double grams;
		const char *words;
	} met[] = {
		{ -1, "" },	  { (double)NAN, "" }, { 0, "0.0 g" },	  { 3, "3.0 g" },   { 9.94, "9.9 g" },
		{ 9.95, "10 g" }, { 12.5, "13 g" },    { 24.49, "24 g" }, { 24.5, "25 g" }, { 31.7, "32 g" },
	};
	char words[PRINT_AMOUNT_BYTES];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(met); i++) {
		print_amount_weight(met[i].grams, words);
		assert_string_equal(words, met[i].words);
	}
}

/* Some of them as makers sell them. */
static void
a_colour_has_the_name_that_people_use(void **state)
{
	static const struct {
		const char *color, *name;
	} met[] = {
		{ "000000FF", "black" },
		{ "161616FF", "black" },
		{ "FFFFFFFF", "white" },
		{ "F7F7F7", "white" },
		{ "8E9089FF", "grey" },
		{ "545454FF", "dark grey" },
		{ "D1D3D5FF", "light grey" },
		{ "C12E1FFF", "red" },
		{ "FF0000", "red" },
		{ "F72323FF", "red" },
		{ "9D2235FF", "dark red" },
		{ "FF6A13FF", "orange" },
		{ "FF8000FF", "orange" },
		{ "FEC600FF", "yellow" },
		{ "F4EE2AFF", "yellow" },
		{ "00AE42FF", "green" },
		{ "00FF00FF", "green" },
		{ "BECF00FF", "lime green" },
		{ "004D1AFF", "dark green" },
		{ "0A2989FF", "blue" },
		{ "0086D6FF", "blue" },
		{ "0000FFFF", "blue" },
		{ "56B7E6FF", "light blue" },
		{ "042F56FF", "dark blue" },
		{ "5E43B7FF", "purple" },
		{ "EC008CFF", "magenta" },
		{ "F55A74FF", "pink" },
		{ "9D432CFF", "brown" },
		{ "6F5034FF", "brown" },
		{ "F7E6DEFF", "beige" },
		{ "00B1B7FF", "turquoise" },
		{ "FFFFFF00", "clear" },
		{ "00000000", "" },
		{ "", "" },
		{ "red", "" },
		{ "12345", "" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(met); i++)
		if (strcmp(filament_color_name(met[i].color), met[i].name) != 0)
			fail_msg("%s is called %s, not %s", met[i].color, filament_color_name(met[i].color),
				 met[i].name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_minute_that_has_begun_counts),
		cmocka_unit_test(below_ten_grams_tenths_count),
		cmocka_unit_test(a_colour_has_the_name_that_people_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
