/*
 * What a table of printers, or of their codes, asks for: judged row by row before anything is done, with a reason that
 * a person can act on and that never shows a code.
 */
#include "farmfile_rig.h"

static void
without_a_header_the_order_is_the_known_one(void **state)
{
	(void)state;
	take(FARMFILE_PRINTERS, "Berta,192.0.2.2,01p00a000000002,12345678,x1 carbon\n,fe80::1,03900A000000003\n");
	const struct farmfile_row *berta = expect(0, FARMFILE_VALID, ""), *second = expect(1, FARMFILE_VALID, "");
	assert_int_equal(file->kind, FARMFILE_CSV);
	assert_int_equal(file->tally[FARMFILE_VALID], 2);
	assert_string_equal(berta->name, "Berta");
	assert_string_equal(berta->serial, "01P00A000000002");
	assert_string_equal(berta->address, "192.0.2.2");
	assert_string_equal(berta->model, "X1C");
	expect_code(berta, "12345678");
	/* What is left out is found: the model by the serial number, a name by both. */
	assert_string_equal(second->model, "A1");
	assert_string_equal(second->name, "A1 0003");
	assert_int_equal(second->access_code.len_bytes, 0);
}

static void
a_header_gives_the_order(void **state)
{
	(void)state;
	take(FARMFILE_PRINTERS, "\xef\xbb\xbfLocation;Serial Number;IP_Address;Access-Code;NAME\r\n"
				"left;01P00A000000002;192.0.2.2;12345678;Berta\r\n");
	const struct farmfile_row *row = expect(0, FARMFILE_VALID, "");
	assert_int_equal(file->count, 1);
	assert_int_equal(row->line, 2);
	assert_string_equal(row->name, "Berta");
	assert_string_equal(row->model, "P1S");
	expect_code(row, "12345678");
	take(FARMFILE_PRINTERS, "name,ip,serial,access_code,model\nBerta,192.0.2.2,01P00A000000002,12345678,P1S\n");
	expect_code(expect(0, FARMFILE_VALID, ""), "12345678");
	/* One known word alone is no header. */
	take(FARMFILE_PRINTERS, "Name,192.0.2.2,01P00A000000002\n");
	assert_string_equal(expect(0, FARMFILE_VALID, "")->name, "Name");
}

static void
other_makes_are_left_out(void **state)
{
	(void)state;
	take(FARMFILE_PRINTERS, "name,ip,type,api_key,serial_number,group,model\n"
				"Berta,192.0.2.2,bambu,12345678,01P00A000000002,Shed,P1S\n"
				"Prue,192.0.2.3,prusa,secret,,Shed,MK4\n"
				"Carl,192.0.2.4,Bambu Lab,,03900A000000003,Shed,\n");
	assert_int_equal(file->count, 2);
	assert_int_equal(file->left_out, 1);
	expect_code(expect(0, FARMFILE_VALID, ""), "12345678");
	assert_string_equal(expect(1, FARMFILE_VALID, "")->name, "Carl");
	assert_int_equal(file->rows[1].line, 4);
	expect_fault(FARMFILE_PRINTERS, "name,ip,type,api_key,serial_number,model\nPrue,192.0.2.3,prusa,k,,MK4\n",
		     "only printers of other makes");
	/* Where there is no other column for it, "type" is the model. */
	take(FARMFILE_PRINTERS, "name,ip,type,serial\nBerta,192.0.2.2,A1 mini,01P00A000000002\n");
	assert_string_equal(expect(0, FARMFILE_VALID, "")->model, "A1-mini");
}

static void
a_model_may_be_written_in_many_ways(void **state)
{
	static const struct { const char *written, *key; } rows[] = {
		{ "X1C", "X1C" }, { "x1 carbon", "X1C" }, { "Bambu Lab P1S", "P1S" }, { "bambu lab h2d pro", "H2D-Pro" },
		{ "C11", "P1P" }, { "N2S", "A1" }, { "BL-P001", "X1C" }, { "Other", "Other" }, { "", "P1S" },
	};
	char text[100];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		str_format(text, sizeof text, "A,192.0.2.2,01P00A000000002,,%s", rows[i].written);
		take(FARMFILE_PRINTERS, text);
		assert_string_equal(expect(0, FARMFILE_VALID, "")->model, rows[i].key);
	}
}

static void
each_field_is_checked(void **state)
{
	static const struct { const char *row, *words; } rows[] = {
		{ "A,192.0.2.2,", "no serial number" },
		{ "A,192.0.2.2,01P 1", "serial number is not one" },
		{ "A,192.0.2.2,012345678901234567890123456789012", "serial number is not one" },
		{ "A,,01P00A000000002", "no address" },
		{ "A,12345678,01P00A000000002", "no IP address" }, /* a code in the wrong place is not told */
		{ "A,192.0.2.2:8883,01P00A000000002", "no IP address" },
		{ "A,224.0.0.1,01P00A000000002", "multicast" },
		{ "A,192.0.2.2,01P00A000000002,,Ender", "none that Fuse knows" },
		{ "A,192.0.2.2,01P00A000000002,1234 5678", "access code" },
		{ "A,192.0.2.2,01P00A000000002,1234567\xc3\xa4", "access code" },
		{ "\"two\nlines\",192.0.2.2,01P00A000000002", "control character" },
		{ "\xe2\x80\xae" "drawkcab,192.0.2.2,01P00A000000002", "control character" },
		{ "a\"b,192.0.2.2,01P00A000000002", "quote amid" },
		{ "A,192.0.2.2,01P00A000000002,\"12345678", "quote that never ends" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		take(FARMFILE_PRINTERS, rows[i].row);
		expect(0, FARMFILE_ERROR, rows[i].words);
		assert_int_equal(file->tally[FARMFILE_ERROR], 1);
		assert_int_equal(file->tally[FARMFILE_VALID], 0);
	}
}

static void
a_code_with_blanks_around_it_is_a_code(void **state)
{
	(void)state;
	take(FARMFILE_PRINTERS, "A,192.0.2.2,01P00A000000002,\" 12345678\t\"\nB,192.0.2.3,01P00A000000003,\"  \"\n");
	expect_code(expect(0, FARMFILE_VALID, ""), "12345678");
	assert_int_equal(expect(1, FARMFILE_VALID, "")->access_code.len_bytes, 0);
}

static void
rows_are_held_against_each_other(void **state)
{
	(void)state;
	take(FARMFILE_PRINTERS, "B,192.0.2.2,01P00A000000002\nC,192.0.2.3,01p00a000000002\nD,192.0.2.2,01P00A000000004\n");
	expect(0, FARMFILE_VALID, "");
	expect(1, FARMFILE_DUPLICATE, "line 1");
	expect(2, FARMFILE_ERROR, "address stands already in line 1");
	/* A row that cannot be taken is nobody's double. */
	take(FARMFILE_PRINTERS, "A,192.0.2.2,01P00A000000002,,Ender\nA,192.0.2.2,01P00A000000002\n");
	expect(0, FARMFILE_ERROR, "none that Fuse knows");
	expect(1, FARMFILE_VALID, "");
}

/* -- printers that are kept ------------------------------------------------------------------------------- */

static void
what_is_new_of_a_printer_that_is_kept_is_told(void **state)
{
	const unsigned name = 1u << PRINTER_FIELD_NAME, address = 1u << PRINTER_FIELD_ADDRESS,
		       code = 1u << PRINTER_FIELD_ACCESS_CODE;
	struct msg_printer_edit edit;

	(void)state;
	take(FARMFILE_PRINTERS, "Anne,192.0.2.7,01p00a000000001,12345678,X1C\n");
	const struct farmfile_row *row = expect(0, FARMFILE_CHANGES, "already, as Anna; the file has another name, another address, an access code");
	assert_int_equal(row->changes, name | address | code);
	assert_string_equal(row->model, "P1S"); /* the owner's word stays */
	farmfile_to_edit(row, &edit);
	assert_string_equal(edit.serial, anna.serial);
	assert_string_equal(edit.name, "Anne");
	assert_string_equal(edit.address, "192.0.2.7");
	assert_string_equal(edit.model, "");
	assert_int_equal(edit.changes, row->changes);
	assert_int_equal(edit.access_code.len_bytes, 8);
	/* Also one whose address the file does not have. */
	take(FARMFILE_PRINTERS, ",,01P00A000000001,12345678\n");
	row = expect(0, FARMFILE_CHANGES, "has an access code");
	assert_int_equal(row->changes, code);
	assert_string_equal(row->name, "Anna");
	assert_string_equal(row->address, "192.0.2.1");
	take(FARMFILE_PRINTERS, "Anna,192.0.2.1,01P00A000000001\n");
	expect(0, FARMFILE_UNCHANGED, "already, as Anna");
}

static void
an_address_is_one_printers(void **state)
{
	(void)state;
	take(FARMFILE_PRINTERS, "E,192.0.2.1,01P00A000000005\nF,192.0.2.9,01P00A000000006\n,192.0.2.1,00M00A000000009\n");
	expect(0, FARMFILE_ERROR, "address is that of Anna");
	/* Nat is reached through a forwarded port: its address may be shared, and it may share another's. */
	expect(1, FARMFILE_VALID, "");
	take(FARMFILE_PRINTERS, ",192.0.2.1,00M00A000000009\n");
	expect(0, FARMFILE_CHANGES, "another address");
}

static void
an_address_can_be_found_elsewhere(void **state)
{
	static const char text[] = ",,03900A000000003\n,,03900A000000004\n,192.0.2.2,03900A000000005\n,,03900A000000006\n";

	(void)state;
	farmfile_free(file);
	file = farmfile_parse(text, strlen(text), FARMFILE_PRINTERS, fault);
	assert_non_null(file);
	farmfile_set_address(file, 0, "192.0.2.7");
	farmfile_set_address(file, 1, "192.0.2.2"); /* that of a row behind it */
	farmfile_set_address(file, 2, "192.0.2.8"); /* it has one */
	farmfile_compare(file, kept, STR_ARRAY_LEN(kept));
	assert_string_equal(expect(0, FARMFILE_VALID, "")->address, "192.0.2.7");
	expect(1, FARMFILE_ERROR, "address stands already in line 3");
	assert_string_equal(expect(2, FARMFILE_VALID, "")->address, "192.0.2.2");
	expect(3, FARMFILE_ERROR, "search the network");
}

static void
a_new_printer_becomes_a_request(void **state)
{
	struct msg_printer_add add;

	(void)state;
	take(FARMFILE_PRINTERS, ",192.0.2.2,03900A000000003,12345678\n");
	farmfile_to_add(expect(0, FARMFILE_VALID, ""), &add);
	assert_string_equal(add.serial, "03900A000000003");
	assert_string_equal(add.name, "A1 0003");
	assert_string_equal(add.address, "192.0.2.2");
	assert_string_equal(add.model, "A1");
	assert_int_equal(add.access_code.len_bytes, 8);
	assert_int_equal(add.mqtt_port + add.ftps_port + add.camera_port + add.detect_port, 0);
	assert_string_equal(add.certificate_sha256, "");
}

static void
codes_are_for_printers_that_are_kept(void **state)
{
	(void)state;
	take(FARMFILE_CODES, "01P00A000000001,12345678\n01P00A000000001,87654321\n00M00A000000009,\n01P00A000000002,1\n");
	const struct farmfile_row *row = expect(0, FARMFILE_CHANGES, "an access code");
	assert_string_equal(row->name, "Anna");
	assert_int_equal(row->changes, 1u << PRINTER_FIELD_ACCESS_CODE);
	expect(1, FARMFILE_DUPLICATE, "line 1");
	expect(2, FARMFILE_ERROR, "no access code");
	expect(3, FARMFILE_ERROR, "no printer with this serial number");
	take(FARMFILE_CODES, "code,serial,name,ip\n12345678,00m00a000000009,Another,nowhere\n");
	assert_int_equal(expect(0, FARMFILE_CHANGES, "")->changes, 1u << PRINTER_FIELD_ACCESS_CODE);
}

static void
what_is_no_such_file_is_told_as_a_whole(void **state)
{
	static char many[14 * 10000 + 1];
	char *large = calloc(1, FARMFILE_MAX_BYTES + 1);

	(void)state;
	expect_fault(FARMFILE_PRINTERS, "", "has no rows");
	expect_fault(FARMFILE_PRINTERS, "name,address,serial,code,model\n\n", "has no rows");
	expect_fault(FARMFILE_PRINTERS, "name,address\nA,192.0.2.2\n", "has no column for the serial number");
	take_bytes(FARMFILE_PRINTERS, "A,192.0.2.2,01P\0,1", 18);
	assert_null(file);
	assert_non_null(strstr(fault, "UTF-8"));
	for (size_t i = 0; i < 10000; i++)
		memcpy(many + 14 * i, "A,192.0.2.2,x\n", 14);
	expect_fault(FARMFILE_PRINTERS, many, "more than 512 rows");
	many[14 * FARMFILE_ROWS_MAX] = '\0';
	take(FARMFILE_PRINTERS, many);
	assert_int_equal(file->count, FARMFILE_ROWS_MAX);
	memset(large, '\n', FARMFILE_MAX_BYTES + 1);
	take_bytes(FARMFILE_PRINTERS, large, FARMFILE_MAX_BYTES + 1);
	assert_string_equal(fault, "is larger than 1 MiB");
	free(large);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FARMFILE_TEST(without_a_header_the_order_is_the_known_one),
		FARMFILE_TEST(a_header_gives_the_order),
		FARMFILE_TEST(other_makes_are_left_out),
		FARMFILE_TEST(a_model_may_be_written_in_many_ways),
		FARMFILE_TEST(each_field_is_checked),
		FARMFILE_TEST(a_code_with_blanks_around_it_is_a_code),
		FARMFILE_TEST(rows_are_held_against_each_other),
		FARMFILE_TEST(what_is_new_of_a_printer_that_is_kept_is_told),
		FARMFILE_TEST(an_address_is_one_printers),
		FARMFILE_TEST(an_address_can_be_found_elsewhere),
		FARMFILE_TEST(a_new_printer_becomes_a_request),
		FARMFILE_TEST(codes_are_for_printers_that_are_kept),
		FARMFILE_TEST(what_is_no_such_file_is_told_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
