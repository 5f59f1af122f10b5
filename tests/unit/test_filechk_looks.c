/*
 * What a file is by its bytes, the end of an archive, pictures, and words and numbers.
 */
#include <endian.h>

#include "filechk_rig.h"
#include "stored/filechk/looks.h"
#include "stored/filechk/picture.h"
#include "stored/filechk/text.h"
#include "stored/filechk/zipend.h"

static enum looks
looks_of(const char *text, const char *name)
{
	return looks_parse((const uint8_t *)text, strlen(text), strlen(text), name);
}

static void
a_file_is_what_its_bytes_say(void **state)
{
	uint8_t stl[84 + 50] = "some program made this";
	uint32_t triangles = htole32(1);

	(void)state;
	assert_int_equal(looks_of("", "x.gcode"), LOOKS_EMPTY);
	assert_int_equal(looks_of("PK\3\4....", "x.gcode"), LOOKS_ZIP);
	assert_int_equal(looks_of("GCDE....", "x.bgcode"), LOOKS_BINARY_GCODE);
	assert_int_equal(looks_of("ISO-10303-21;\n", "x"), LOOKS_STEP);
	assert_int_equal(looks_of("solid cube\nfacet", "x"), LOOKS_STL);
	assert_int_equal(looks_of("v 1 2 3\n", "x.OBJ"), LOOKS_OBJ);
	assert_int_equal(looks_of("G28\n", "x"), LOOKS_TEXT);
	assert_int_equal(looks_of("hello", "x.ply"), LOOKS_OTHER_MODEL);
	memcpy(stl + 80, &triangles, 4);
	assert_int_equal(looks_parse(stl, sizeof stl, sizeof stl, "x.bin"), LOOKS_STL);
	assert_int_equal(looks_parse(stl, sizeof stl, sizeof stl + 1, "x.bin"), LOOKS_OTHER);
}

/* -- the end of an archive ---------------------------------------------------------------------------------- */

static struct zipend end;
static uint8_t tail[400];

static void
put(size_t at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		tail[at + i] = (uint8_t)(value >> 8 * i);
}

/* An end record at `at`, whose list of `list_bytes` begins at `list_at`. */
static void
put_end(size_t at, uint64_t parts, uint64_t list_bytes, uint64_t list_at, uint16_t comment)
{
	memcpy(tail + at, "PK\5\6", 4);
	put(at + 8, parts, 2);
	put(at + 10, parts, 2);
	put(at + 12, list_bytes, 4);
	put(at + 16, list_at, 4);
	put(at + 20, comment, 2);
}

static int
clear_tail(void **state)
{
	(void)state;
	memset(tail, 0, sizeof tail);
	return 0;
}

static void
the_end_tells_how_many_parts_there_are(void **state)
{
	(void)state;
	assert_int_equal(zipend_parse(tail, 100, 100, &end), ZIPEND_NONE);
	put_end(50, 3, 40, 10, 0);
	assert_int_equal(zipend_parse(tail, 72, 72, &end), ZIPEND_FINE);
	assert_true(end.parts == 3 && end.list_bytes == 40 && end.list_at == 10);
	/* The bytes of a list that is not before it: */
	put_end(50, 3, 41, 10, 0);
	assert_int_equal(zipend_parse(tail, 72, 72, &end), ZIPEND_BROKEN);
	/* Of a longer file only the end is looked at. */
	put_end(50, 3, 1000, 8970, 0);
	assert_int_equal(zipend_parse(tail, 72, 10000, &end), ZIPEND_FINE);
	/* One of several volumes: */
	put(54, 1, 2);
	assert_int_equal(zipend_parse(tail, 72, 10000, &end), ZIPEND_BROKEN);
	/* A byte is missing, or there is one too many. */
	assert_int_equal(zipend_parse(tail, 71, 10000, &end), ZIPEND_NONE);
	assert_int_equal(zipend_parse(tail, 73, 10000, &end), ZIPEND_NONE);
}

static void
a_comment_may_stand_behind_it_and_look_like_it(void **state)
{
	(void)state;
	put_end(10, 2, 5, 5, 40);
	put_end(40, 9, 1, 1, 77);
	assert_int_equal(zipend_parse(tail, 72, 72, &end), ZIPEND_FINE);
	assert_int_equal(end.parts, 2);
}

static void
large_archives_have_another_end_before_it(void **state)
{
	(void)state;
	memcpy(tail + 100, "PK\6\6", 4);
	put(132, 70000, 8);
	put(140, 90, 8);
	put(148, 5, 8);
	memcpy(tail + 156, "PK\6\7", 4);
	put(164, 100, 8);
	put_end(176, 0xffff, 0xffffffff, 0xffffffff, 0);
	assert_int_equal(zipend_parse(tail, 198, 198, &end), ZIPEND_FINE);
	assert_true(end.parts == 70000 && end.list_bytes == 90 && end.list_at == 5);
	static const uint64_t elsewhere[] = { 101, 0, 157, 198, UINT64_MAX, UINT64_MAX - 50 };
	for (size_t i = 0; i < STR_ARRAY_LEN(elsewhere); i++) {
		put(164, elsewhere[i], 8);
		assert_int_equal(zipend_parse(tail, 198, 198, &end), ZIPEND_BROKEN);
	}
	put(164, 100, 8);
	put(140, UINT64_MAX, 8);
	assert_int_equal(zipend_parse(tail, 198, 198, &end), ZIPEND_BROKEN);
}

/* -- pictures ----------------------------------------------------------------------------------------------- */

/* The head of a PNG of one pixel a side, and of two and three. */
#define PNG_1 "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
#define PNG_2X3 "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAAfFcSJ"

static size_t
thumbnail_of(const char *text, uint64_t *ret_pixels)
{
	static uint8_t picture[1000];
	size_t len = thumbnail_parse(text, strlen(text), picture, sizeof picture);

	*ret_pixels = 0;
	if (len > 0)
		assert_true(picture_parse(picture, len, ret_pixels));
	return len;
}

static void
the_largest_picture_in_gcode_is_taken(void **state)
{
	uint64_t pixels;

	(void)state;
	assert_int_equal(thumbnail_of("G28\n", &pixels), 0);
	assert_int_equal(thumbnail_of("; THUMBNAIL_BLOCK_START\n;\n; thumbnail begin 1x1 44\n; " PNG_1
				      "\n; thumbnail end\n"
				      "; thumbnail begin 2x3 44\r\n; iVBORw0KGgoAAAANSUhEUgAA\r\n; "
				      "AAIAAAADCAYAAAAfFcSJ\r\n; thumbnail end\r\n"
				      ";  thumbnail begin 1x1 44\n; " PNG_1 "\n; thumbnail end\n",
				      &pixels),
			 33);
	assert_int_equal(pixels, 6);
	/* Another format, one that does not end, one that is none, and what stands behind its padding. */
	assert_int_equal(thumbnail_of("; thumbnail_QOI begin 1x1 44\n; " PNG_1 "\n; thumbnail_QOI end\n", &pixels), 0);
	assert_int_equal(thumbnail_of("; thumbnail begin 1x1 44\n; " PNG_1 "\n", &pixels), 0);
	assert_int_equal(thumbnail_of("; thumbnail begin 1x1 44\n; " PNG_1 "!\n; thumbnail end\n", &pixels), 0);
	assert_int_equal(thumbnail_of("; thumbnail begin 1x1 44\n; " PNG_1 "=A\n; thumbnail end\n", &pixels), 0);
}

static void
a_picture_too_large_to_be_shown_is_none(void **state)
{
	uint8_t picture[33] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R' };
	uint64_t pixels;

	(void)state;
	assert_false(picture_parse(picture, sizeof picture, &pixels)); /* no pixel */
	picture[18] = 0x10; /* 4096 */
	picture[23] = 1;
	assert_true(picture_parse(picture, sizeof picture, &pixels));
	assert_int_equal(pixels, 4096);
	assert_false(picture_parse(picture, sizeof picture - 1, &pixels));
	picture[19] = 1;
	assert_false(picture_parse(picture, sizeof picture, &pixels));
}

/* -- words and numbers --------------------------------------------------------------------------------------- */

static void
numbers_are_nothing_else(void **state)
{
	static const char *const no_numbers[] = { "",	 " ",	  "-1",	 "1 2",	  "0x10", "nan",
						  "inf", "1e999", "101", "1.5.2", "+",	  "--2" };
	double number = 7;
	uint32_t whole;

	(void)state;
	assert_true(text_number(" 0.40 ", 6, 100, &number) && number == 0.4);
	for (size_t i = 0; i < STR_ARRAY_LEN(no_numbers); i++)
		assert_false(text_number(no_numbers[i], strlen(no_numbers[i]), 100, &number));
	assert_true(number == 0.4);
	assert_true(text_whole("\t42\n", 4, 99, &whole) && whole == 42);
	assert_false(text_whole("100", 3, 99, &whole));
	assert_false(text_whole("4.0", 3, 99, &whole));
	assert_false(text_whole("99999999999999999999", 20, UINT32_MAX, &whole));
}

static void
durations_have_units(void **state)
{
	static const char *const none[] = { "",	     "5",   "5x",  "5m 1h",
					    "5m 5m", "s",   "-5m", "999999999999h",
					    "400d",  "1h x" };

	(void)state;
	assert_int_equal(text_duration("1d 2h 3m 4s", 11), 93784);
	assert_int_equal(text_duration(" 45s ", 5), 45);
	assert_int_equal(text_duration("1h30m", 5), 5400);
	for (size_t i = 0; i < STR_ARRAY_LEN(none); i++)
		assert_int_equal(text_duration(none[i], strlen(none[i])), -1);
}

static void
texts_come_out_clean(void **state)
{
	static const struct { const char *from, *to;
	} tries[] = {
		{ "plain", "plain" },
		{ "  two  words \n", "two words" },
		{ "a\x1b[31mb", "a [31mb" },
		{ "\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "a\xe2\x80\xae"
		  "b\xc2\x9b"
		  "c",
		  "a b c" },
		{ "\t\n", "" },
		{ "1234567890123456", "123456789012345" },
		{ "12345678901234\xc3\xa4", "12345678901234" },
	};
	char to[16];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(tries); i++) {
		text_clean(to, sizeof to, tries[i].from, strlen(tries[i].from));
		assert_string_equal(to, tries[i].to);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_what_its_bytes_say),
		cmocka_unit_test_setup(the_end_tells_how_many_parts_there_are, clear_tail),
		cmocka_unit_test_setup(a_comment_may_stand_behind_it_and_look_like_it, clear_tail),
		cmocka_unit_test_setup(large_archives_have_another_end_before_it, clear_tail),
		cmocka_unit_test(the_largest_picture_in_gcode_is_taken),
		cmocka_unit_test(a_picture_too_large_to_be_shown_is_none),
		cmocka_unit_test(numbers_are_nothing_else),
		cmocka_unit_test(durations_have_units),
		cmocka_unit_test(texts_come_out_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
