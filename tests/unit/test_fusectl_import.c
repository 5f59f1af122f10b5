/*
 * What a file of printers, or of their codes, asks for: judged row by row before anything is done, with a reason that
 * a person can act on and that never shows a code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "fusectl/import.h"

static struct farm_printer kept[] = {
	{ .record = { .serial = "01P00A000000001", .name = "Anna", .address = "192.0.2.1" } },
	{ .record = { .serial = "00M00A000000009", .name = "Nat", .address = "192.0.2.9", .mqtt_port = 18883 } },
};
static const struct farm farm = { .rows = kept, .count = STR_ARRAY_LEN(kept) };
static struct import *import;
static const char *fault;

static void
plan(enum import_use use, const char *text)
{
	import_free(import);
	fault = NULL;
	import = import_plan(text, strlen(text), use, &farm, &fault);
}

static int
forget(void **state)
{
	(void)state;
	import_free(import);
	import = NULL;
	return 0;
}

static void
expect(size_t index, enum import_check check, const char *words)
{
	const struct import_row *row = &import->rows[index];

	assert_true(index < import->count);
	assert_int_equal(row->check, check);
	if (strstr(row->reason, words) == NULL)
		fail_msg("'%s' is not in: %s", words, row->reason);
	assert_null(strstr(row->reason, "12345678"));
}

static void
without_a_header_the_order_is_the_known_one(void **state)
{
	(void)state;
	plan(IMPORT_PRINTERS, "Berta,192.0.2.2,01p00a000000002,12345678,x1 carbon\n,fe80::1,03900A000000003\n");
	assert_non_null(import);
	assert_int_equal(import->valid, 2);
	const struct msg_printer_add *berta = &import->rows[0].printer, *second = &import->rows[1].printer;
	assert_string_equal(berta->name, "Berta");
	assert_string_equal(berta->serial, "01P00A000000002");
	assert_string_equal(berta->address, "192.0.2.2");
	assert_string_equal(berta->model, "X1C");
	assert_int_equal(berta->access_code.len_bytes, 8);
	assert_memory_equal(secret_bytes_peek(&berta->access_code), "12345678", 8);
	/* What is left out is found: the model by the serial number, a name by both. */
	assert_string_equal(second->model, "A1");
	assert_string_equal(second->name, "A1 0003");
	assert_int_equal(second->access_code.len_bytes, 0);
}

static void
a_header_gives_the_order(void **state)
{
	(void)state;
	plan(IMPORT_PRINTERS, "Location,Serial Number,IP_Address,Access-Code,NAME\r\n"
			      "left,01P00A000000002,192.0.2.2,12345678,Berta\r\n");
	assert_int_equal(import->count, 1);
	expect(0, IMPORT_VALID, "");
	assert_int_equal(import->rows[0].line, 2);
	assert_string_equal(import->rows[0].printer.name, "Berta");
	assert_string_equal(import->rows[0].printer.model, "P1S");
	assert_int_equal(import->rows[0].printer.access_code.len_bytes, 8);
	/* One known word alone is no header. */
	plan(IMPORT_PRINTERS, "Name,192.0.2.2,01P00A000000002\n");
	assert_int_equal(import->valid, 1);
	assert_string_equal(import->rows[0].printer.name, "Name");
}

static void
each_field_is_checked(void **state)
{
	static const struct { const char *row, *words; } rows[] = {
		{ "A,192.0.2.2,", "no serial number" },
		{ "A,192.0.2.2,01P 1", "other characters" },
		{ "A,192.0.2.2,012345678901234567890123456789012", "longer than 32" },
		{ "A,,01P00A000000002", "no address" },
		{ "A,printer.local,01P00A000000002", "no IP address" },
		{ "A,192.0.2.2:8883,01P00A000000002", "more than an address" },
		{ "A,192.0.2.2,01P00A000000002,,Ender", "none of the models" },
		{ "A,192.0.2.2,01P00A000000002,1234 5678", "access code" },
		{ "A,192.0.2.2,01P00A000000002,1234567\xc3\xa4", "access code" },
		{ "\"two\nlines\",192.0.2.2,01P00A000000002", "control character" },
		{ "a\"b,192.0.2.2,01P00A000000002", "quote amid" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		plan(IMPORT_PRINTERS, rows[i].row);
		expect(0, IMPORT_ERROR, rows[i].words);
		assert_int_equal(import->errors, 1);
		assert_int_equal(import->valid, 0);
	}
}

static void
a_printer_that_is_there_already_is_a_duplicate(void **state)
{
	(void)state;
	plan(IMPORT_PRINTERS, "A,192.0.2.7,01P00A000000001\nB,192.0.2.2,01P00A000000002\nC,192.0.2.3,01p00a000000002\n"
			      "D,192.0.2.2,01P00A000000004\nE,192.0.2.1,01P00A000000005\nF,192.0.2.9,01P00A000000006\n");
	expect(0, IMPORT_DUPLICATE, "added already, as Anna");
	expect(1, IMPORT_VALID, "");
	expect(2, IMPORT_DUPLICATE, "line 2");
	expect(3, IMPORT_ERROR, "address stands already in line 2");
	expect(4, IMPORT_ERROR, "address is that of Anna");
	/* Nat is reached through a forwarded port: its address may be shared. */
	expect(5, IMPORT_VALID, "");
	assert_int_equal(import->valid, 2);
	assert_int_equal(import->duplicates, 2);
	assert_int_equal(import->errors, 2);
	/* A row that cannot be taken is nobody's double. */
	plan(IMPORT_PRINTERS, "A,192.0.2.2,01P00A000000002,,Ender\nA,192.0.2.2,01P00A000000002\n");
	expect(0, IMPORT_ERROR, "none of the models");
	expect(1, IMPORT_VALID, "");
}

static void
codes_are_for_printers_that_are_kept(void **state)
{
	(void)state;
	plan(IMPORT_CODES, "01P00A000000001,12345678\n01P00A000000001,87654321\n00M00A000000009,\n01P00A000000002,1\n");
	expect(0, IMPORT_VALID, "");
	assert_string_equal(import->rows[0].printer.name, "Anna");
	expect(1, IMPORT_DUPLICATE, "line 1");
	expect(2, IMPORT_ERROR, "no code");
	expect(3, IMPORT_ERROR, "no printer with this serial number");
	plan(IMPORT_CODES, "code,serial\n12345678,00m00a000000009\n");
	expect(0, IMPORT_VALID, "");
	assert_int_equal(import->rows[0].printer.access_code.len_bytes, 8);
}

static void
what_is_no_such_file_is_told_as_a_whole(void **state)
{
	static char many[16 * (CSV_ROWS_MAX + 2)];

	(void)state;
	plan(IMPORT_PRINTERS, "");
	assert_string_equal(fault, "has no rows");
	plan(IMPORT_PRINTERS, "name,address,serial,code,model\n\n");
	assert_string_equal(fault, "has no rows");
	plan(IMPORT_PRINTERS, "name,address\nA,192.0.2.2\n");
	assert_string_equal(fault, "has no column for the serial number");
	for (int i = 0; i < CSV_ROWS_MAX + 1; i++)
		strcat(many, "A,192.0.2.2,x\n");
	plan(IMPORT_PRINTERS, many);
	assert_string_equal(fault, "has more than 256 rows");
	assert_null(import);
}

#define PLANNED(test) cmocka_unit_test_teardown(test, forget)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLANNED(without_a_header_the_order_is_the_known_one),
		PLANNED(a_header_gives_the_order),
		PLANNED(each_field_is_checked),
		PLANNED(a_printer_that_is_there_already_is_a_duplicate),
		PLANNED(codes_are_for_printers_that_are_kept),
		PLANNED(what_is_no_such_file_is_told_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
