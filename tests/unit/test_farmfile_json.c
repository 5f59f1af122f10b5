/*
 * The settings of BambuStudio and OrcaSlicer, and the lists of other programs, as files of printers.
 */
#include "farmfile_rig.h"
#include "printer/jsonin.h"

/* As the slicer writes it: many other settings around, a tab a level, a checksum behind. */
static const char conf[] =
	"{\n"
	"\t\"access_code\": {\n"
	"\t\t\"\": \"\",\n"
	"\t\t\"01S00A000000002\": \"aaaa1111\",\n"
	"\t\t\"01P00A000000001\": \"12345678\"\n"
	"\t},\n"
	"\t\"app\": {\n\t\t\"language\": \"de_DE\",\n\t\t\"01P00A000000099\": {}\n\t},\n"
	"\t\"local_machines\": {\n"
	"\t\t\"01S00A000000002\": {\n"
	"\t\t\t\"dev_ip\": \"192.0.2.2\",\n\t\t\t\"dev_name\": \"3DP-01S-002\",\n\t\t\t\"printer_type\": \"C11\"\n\t\t},\n"
	"\t\t\"00M00A000000003\": {\n"
	"\t\t\t\"dev_ip\": \"192.0.2.3\",\n\t\t\t\"dev_name\": \"Berta\",\n\t\t\t\"printer_type\": \"BL-P001\"\n\t\t}\n"
	"\t},\n"
	"\t\"user_access_code\": {\n"
	"\t\t\"01S00A000000002\": \" \",\n"
	"\t\t\"00M00A000000003\": \"bbbb2222\",\n"
	"\t\t\"03900A000000004\": \"cccc3333\"\n"
	"\t},\n"
	"\t\"user_dev_name\": {\n\t\t\"00M00A000000003\": \"Left one\"\n\t}\n"
	"}\n";

static void
expect_conf(unsigned first_line)
{
	const struct farmfile_row *row = expect(0, FARMFILE_VALID, "");

	assert_int_equal(file->kind, FARMFILE_CONF);
	assert_int_equal(file->count, 4);
	assert_string_equal(row->serial, "01S00A000000002");
	assert_int_equal(row->line, first_line + 3);
	assert_string_equal(row->name, "3DP-01S-002");
	assert_string_equal(row->address, "192.0.2.2");
	assert_string_equal(row->model, "P1P"); /* C11 is what a P1P announces, C12 a P1S */
	expect_code(row, "aaaa1111");		/* the person's code is a blank: none */

	row = expect(1, FARMFILE_VALID, "");
	assert_string_equal(row->serial, "00M00A000000003");
	assert_string_equal(row->name, "Left one");
	assert_string_equal(row->model, "X1C");
	assert_int_equal(row->line, first_line + 16);
	expect_code(row, "bbbb2222");

	row = expect(2, FARMFILE_CHANGES, "already, as Anna; the file has an access code");
	assert_int_equal(row->line, first_line + 4);
	row = expect(3, FARMFILE_ERROR, "no address for it; search the network");
	assert_string_equal(row->serial, "03900A000000004");
	assert_string_equal(row->model, "A1");
}

static void
the_settings_of_a_slicer_name_its_printers(void **state)
{
	static char text[sizeof conf + 200];

	(void)state;
	take(FARMFILE_PRINTERS, conf);
	expect_conf(1);
	str_format(text, sizeof text, "\xef\xbb\xbf\r\n%s# MD5 checksum 0123456789ABCDEF0123456789ABCDEF\r\n", conf);
	take(FARMFILE_PRINTERS, text);
	expect_conf(2);
}

static void
the_newest_have_the_code_with_the_machine_and_other_makes_too(void **state)
{
	(void)state;
	take(FARMFILE_PRINTERS,
	     "{\"access_code\":{\"\":\"\",\"01P00A000000002\":\"old\",\"192.0.2.8\":\"key\"},\"local_machines\":{"
	     "\"01P00A000000002\":{\"dev_ip\":\"192.0.2.2\",\"access_code\":\"12345678\",\"printer_agent_id\":\"bbl\"},"
	     "\"192.0.2.8\":{\"dev_ip\":\"192.0.2.8\",\"printer_agent_id\":\"moonraker\"}}}");
	assert_int_equal(file->count, 1);
	assert_int_equal(file->left_out, 1);
	const struct farmfile_row *row = expect(0, FARMFILE_VALID, "");
	expect_code(row, "12345678");
	assert_string_equal(row->model, "P1S");
	assert_string_equal(row->name, "P1S 0002");
}

static void
a_model_code_that_is_not_known_gives_way_to_the_serial_number(void **state)
{
	(void)state;
	take(FARMFILE_PRINTERS, "{\"local_machines\":{\"01P00A000000002\":{\"dev_ip\":\"192.0.2.2\",\"printer_type\":\"Z99\"},"
				"\"ZZZ00A000000003\":{\"dev_ip\":\"192.0.2.3\",\"printer_type\":\"O1D-V2\"},"
				"\"YYY00A000000003\":{\"dev_ip\":\"192.0.2.4\",\"printer_type\":\"P1S\"}}}");
	assert_string_equal(expect(0, FARMFILE_VALID, "")->model, "P1S");
	assert_string_equal(expect(1, FARMFILE_VALID, "")->model, "H2D");
	assert_string_equal(expect(2, FARMFILE_VALID, "")->model, "Other"); /* a name is no code */
}

static void
serial_numbers_in_lower_case_are_the_same_ones(void **state)
{
	(void)state;
	take(FARMFILE_PRINTERS, "{\"local_machines\":{\"01p00a000000002\":{\"dev_ip\":\"192.0.2.2\"}},\n"
				"\"access_code\":{\"01P00A000000002\":\"12345678\"},\n"
				"\"user_dev_name\":{\"01P00a000000002\":\"Left\"}}");
	assert_int_equal(file->count, 1);
	const struct farmfile_row *row = expect(0, FARMFILE_VALID, "");
	assert_string_equal(row->serial, "01P00A000000002");
	assert_string_equal(row->name, "Left");
	expect_code(row, "12345678");
}

static void
new_codes_come_from_settings_too(void **state)
{
	(void)state;
	take(FARMFILE_CODES, conf);
	expect(0, FARMFILE_ERROR, "no printer with this serial number");
	assert_int_equal(expect(2, FARMFILE_CHANGES, "")->changes, 1u << PRINTER_FIELD_ACCESS_CODE);
}

static void
lists_of_other_programs_are_read(void **state)
{
	static const char *const lists[] = {
		"[\n{\"serial\":\"01P00A000000002\",\"ip\":\"192.0.2.2\",\"access_code\":\"12345678\",\"name\":\"Left\"}]",
		"{\"x\":[{}],\n\"printers\":[{\"id\":\"1\",\"name\":\"Left\",\"ip\":\"192.0.2.2\",\"access_code\":\"12345678\","
		"\"serial\":\"01P00A000000002\"}]}",
		"{\"port\":3000,\"printers\":[\n{\"type\":\"bambu\",\"id\":\"a\",\"name\":\"Left\",\"ip\":\"192.0.2.2\",\"serial\":"
		"\"01P00A000000002\",\"accessCode\":\"12345678\",\"model\":\"P1S\"},{\"type\":\"moonraker\",\"ip\":\"192.0.2.3\"}]}",
		"{\"fuseExport\":1,\"exportedAt\":\"2026-11-22T18:30:00Z\",\n\"printers\":[{\"name\":\"Left\",\"ip\":\"192.0.2.2\","
		"\"serial\":\"01P00A000000002\",\"model\":\"P1S\",\"accessCode\":\"12345678\",\"virtual\":{\"printers\":[]}}]}",
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(lists); i++) {
		take(FARMFILE_PRINTERS, lists[i]);
		const struct farmfile_row *row = expect(0, FARMFILE_VALID, "");
		assert_int_equal(file->kind, FARMFILE_LIST);
		assert_int_equal(file->count, 1);
		assert_int_equal(file->left_out, i == 2);
		assert_int_equal(row->line, 2);
		assert_string_equal(row->serial, "01P00A000000002");
		assert_string_equal(row->name, "Left");
		assert_string_equal(row->address, "192.0.2.2");
		assert_string_equal(row->model, "P1S");
		expect_code(row, "12345678");
	}
}

static void
items_and_fields_of_the_wrong_type_are_errors_of_their_row(void **state)
{
	(void)state;
	take(FARMFILE_PRINTERS,
	     "[\n{\"serial\":1},\n[],\n\"x\",{\"serial\":\"01P00A000000002\",\"ip\":\"192.0.2.2\",\"access_code\":12345678},\n"
	     "{\"serial\":\"01P00A000000003\",\"ip\":{\"a\":[]},\"name\":\"\\u001b[2J\"},\n"
	     "{\"serial\":\"01P00A000000004\",\"ip\":\"192.0.2.4\",\"name\":null,\"access_code\":null}]");
	assert_int_equal(file->count, 6);
	expect(0, FARMFILE_ERROR, "serial number is not a text");
	expect(1, FARMFILE_ERROR, "not an object");
	expect(2, FARMFILE_ERROR, "not an object");
	expect(3, FARMFILE_ERROR, "access code is not a text");
	expect(4, FARMFILE_ERROR, "address is not a text");
	expect(5, FARMFILE_VALID, "");
	assert_int_equal(file->rows[1].line, 3);
	assert_int_equal(file->rows[3].line, 4);
	assert_int_equal(file->rows[4].line, 5);
	assert_int_equal(file->rows[5].line, 6);
	take(FARMFILE_PRINTERS, "{\"access_code\":{\"01P00A000000002\":7},\"local_machines\":{\"01P00A000000003\":[],"
				"\"a b\":{}},\"user_dev_name\":[]}");
	expect(0, FARMFILE_ERROR, "not an object");
	expect(1, FARMFILE_ERROR, "serial number is not one");
	expect(2, FARMFILE_ERROR, "access code is not a text");
}

static void
what_is_no_such_json_is_told_as_a_whole(void **state)
{
	static char many[40 * (FARMFILE_ROWS_MAX + 2)];
	size_t used;

	(void)state;
	expect_fault(FARMFILE_PRINTERS, "{\"access_code\":{\"01P00A000000002\":\n\"12345678\"", "not whole JSON: see line 2");
	assert_null(strstr(fault, "12345678"));
	expect_fault(FARMFILE_PRINTERS, "{\"a\":1,\"a\":2}", "has a key twice, at line 1");
	expect_fault(FARMFILE_PRINTERS, "{\"access_code\":{\"A\":\"1\",\"A\":\"2\"}}", "has a key twice");
	expect_fault(FARMFILE_PRINTERS, "{\"a\":1}", "neither");
	expect_fault(FARMFILE_PRINTERS, "{\"local_machines\":[]}", "neither");
	expect_fault(FARMFILE_PRINTERS, "{\"access_code\":{\"\":\"\"}}", "no printers in it");
	expect_fault(FARMFILE_PRINTERS, "[]", "no printers in it");
	expect_fault(FARMFILE_PRINTERS, "{} # MD5 checksum 0", "not whole JSON");
	expect_fault(FARMFILE_PRINTERS, "{\"a\":\"\\u0000\"}", "not whole JSON");
	expect_fault(FARMFILE_PRINTERS, "{\"a\":\"\xff\"}", "not whole JSON");
	expect_fault(FARMFILE_PRINTERS, "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", "deeper than 16 levels");
	memset(many, '[', sizeof many - 1);
	expect_fault(FARMFILE_PRINTERS, many, "deeper than 16 levels");
	used = (size_t)snprintf(many, sizeof many, "{\"access_code\":{");
	for (unsigned i = 0; i <= FARMFILE_ROWS_MAX; i++)
		used += (size_t)snprintf(many + used, sizeof many - used, "%s\"01P%012u\":\"1\"", i > 0 ? "," : "", i);
	snprintf(many + used, sizeof many - used, "}}");
	expect_fault(FARMFILE_PRINTERS, many, "more than 512 printers");
	used = (size_t)snprintf(many, sizeof many, "[");
	for (unsigned i = 0; i <= FARMFILE_ROWS_MAX; i++)
		used += (size_t)snprintf(many + used, sizeof many - used, "%s{}", i > 0 ? "," : "");
	snprintf(many + used, sizeof many - used, "]");
	expect_fault(FARMFILE_PRINTERS, many, "more than 512 printers");
}

/* -- where things stand ----------------------------------------------------------------------------------- */

static void
a_walk_stops_at_brackets_and_texts(void **state)
{
	static const char text[] = "{\"a\\\"{\" :\n[1, \"b\n\"]}";
	struct jsonin_walk walk;

	(void)state;
	jsonin_walk_begin(&walk, text, strlen(text));
	assert_true(jsonin_walk_next(&walk) && walk.mark == JSONIN_OPENS && walk.depth == 1 && walk.mark_line == 1);
	assert_true(jsonin_walk_next(&walk) && walk.mark == JSONIN_TEXT && walk.is_key && walk.text_len == 4);
	assert_true(jsonin_walk_next(&walk) && walk.mark == JSONIN_OPENS && walk.depth == 2 && walk.mark_line == 2);
	assert_true(jsonin_walk_next(&walk) && walk.mark == JSONIN_TEXT && !walk.is_key && walk.mark_line == 2);
	assert_true(jsonin_walk_next(&walk) && walk.mark == JSONIN_CLOSES && walk.depth == 1 && walk.mark_line == 3);
	assert_true(jsonin_walk_next(&walk) && walk.mark == JSONIN_CLOSES && walk.depth == 0);
	assert_false(jsonin_walk_next(&walk));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FARMFILE_TEST(the_settings_of_a_slicer_name_its_printers),
		FARMFILE_TEST(the_newest_have_the_code_with_the_machine_and_other_makes_too),
		FARMFILE_TEST(a_model_code_that_is_not_known_gives_way_to_the_serial_number),
		FARMFILE_TEST(serial_numbers_in_lower_case_are_the_same_ones),
		FARMFILE_TEST(new_codes_come_from_settings_too),
		FARMFILE_TEST(lists_of_other_programs_are_read),
		FARMFILE_TEST(items_and_fields_of_the_wrong_type_are_errors_of_their_row),
		FARMFILE_TEST(what_is_no_such_json_is_told_as_a_whole),
		FARMFILE_TEST(a_walk_stops_at_brackets_and_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
