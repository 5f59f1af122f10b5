/*
 * httpd/body and httpd/printer_body: JSON that comes in, and the printers in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "httpd/printer_body.h"
#include "printer/jsonin.h"

#define SHA "ABCDEFabcdef0123456789abcdef0123456789abcdef0123456789abcdef0123"

static json_t *
parse(const char *text)
{
	struct body_fault fault;
	json_t *json = body_parse(text, strlen(text), &fault);

	assert_non_null(json);
	return json;
}

static void
a_body_is_an_object_or_a_list(void **state)
{
	(void)state;
	json_decref(parse("{}"));
	json_decref(parse(" [1, \"[[[[[[[[[[[[[[[[\", \"\\\"{\"] "));
}

static void
what_is_no_json_is_refused_by_its_place(void **state)
{
	struct body_fault fault;

	(void)state;
	assert_null(body_parse("{\n  \"a\": oops}", 13, &fault));
	assert_int_equal(fault.line, 2);
	assert_true(fault.column >= 7 && fault.column <= 11);
	assert_null(strstr(fault.sentence, "oops"));
	assert_null(body_parse("", 0, &fault));
	assert_int_equal(fault.line, 0);
	assert_null(body_parse("\"text\"", 6, &fault));
	assert_null(body_parse("{} x", 4, &fault));
	assert_null(body_parse("{\"a\":\"\\u0000\"}", 14, &fault));
	assert_null(body_parse("[\"\xff\"]", 5, &fault));
}

static void
a_key_that_is_there_twice_is_refused(void **state)
{
	struct body_fault fault;

	(void)state;
	assert_null(body_parse("{\"a\":1,\"a\":2}", 13, &fault));
	assert_non_null(strstr(fault.sentence, "twice"));
}

static void
depth_has_a_bound(void **state)
{
	static char deep[100000];
	struct body_fault fault;

	(void)state;
	json_decref(parse("[[[[[[[[[[[[1]]]]]]]]]]]]"));
	assert_null(body_parse("[[[[[[[[[[[[[1]]]]]]]]]]]]]", 27, &fault));
	assert_non_null(strstr(fault.sentence, "deeper"));
	memset(deep, '[', sizeof deep);
	assert_null(body_parse(deep, sizeof deep, &fault));
	memset(deep, '{', sizeof deep);
	assert_null(body_parse(deep, sizeof deep, &fault));
}

/* -- printers -------------------------------------------------------------------------------------- */

static struct msg_printer_edit edit;
static char fault[BODY_FAULT_BYTES];

static bool
read_as(const char *text, enum printer_body_use use)
{
	json_t *json = parse(text);
	bool fine = printer_body_parse(json, use, &edit, fault);

	json_decref(json);
	return fine;
}

static void
a_whole_printer_is_read(void **state)
{
	struct msg_printer_add add;

	(void)state;
	assert_true(read_as("{\"serial\":\"01s00a\",\"name\":\"Left\",\"address\":\"10.0.0.5\",\"model\":\"x1 carbon\","
			    "\"accessCode\":\"12345678\",\"ports\":{\"mqtt\":1,\"ftps\":65535,\"camera\":null},"
			    "\"certificateSha256\":\"" SHA "\"}", PRINTER_BODY_ADD));
	printer_body_to_add(&edit, &add);
	assert_string_equal(add.serial, "01S00A");
	assert_string_equal(add.name, "Left");
	assert_string_equal(add.address, "10.0.0.5");
	assert_string_equal(add.model, "X1C");
	assert_int_equal(add.mqtt_port, 1);
	assert_int_equal(add.ftps_port, 65535);
	assert_int_equal(add.camera_port, 0);
	assert_int_equal(add.access_code.len_bytes, 8);
	assert_memory_equal(add.access_code.bytes, "12345678", 8);
	assert_string_equal(add.certificate_sha256, "abcdefabcdef0123456789abcdef0123456789abcdef0123456789abcdef0123");
}

static void
an_ipv6_address_is_one(void **state)
{
	(void)state;
	assert_true(read_as("{\"address\":\"fe80::1\"}", PRINTER_BODY_EDIT));
	assert_false(read_as("{\"address\":\"fe80::1%eth0\"}", PRINTER_BODY_EDIT));
	assert_false(read_as("{\"address\":\"10.0.0.05x\"}", PRINTER_BODY_EDIT));
}

static void
a_code_that_was_read_does_not_outlive_a_refusal(void **state)
{
	static const char *const refused[] = {
		"{\"serial\":\"X\",\"accessCode\":\"12345678\"}",
		"{\"serial\":\"X\",\"address\":\"nowhere\",\"accessCode\":\"12345678\"}",
		"{\"serial\":\"X\",\"address\":\"::1\",\"accessCode\":\"12345678\",\"surprise\":1}",
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(refused); i++) {
		assert_false(read_as(refused[i], PRINTER_BODY_ADD));
		assert_int_equal(edit.access_code.len_bytes, 0);
		assert_int_equal(edit.access_code.bytes[0], 0);
	}
}

static void
a_change_has_the_bits_of_what_is_there(void **state)
{
	(void)state;
	assert_true(read_as("{\"accessCode\":null,\"certificateSha256\":null}", PRINTER_BODY_EDIT));
	assert_int_equal(edit.changes, 1u << PRINTER_FIELD_ACCESS_CODE | 1u << PRINTER_FIELD_CERTIFICATE);
	assert_int_equal(edit.access_code.len_bytes, 0);
	assert_string_equal(edit.certificate_sha256, "");
	assert_true(read_as("{\"name\":\"N\",\"address\":\"::1\",\"model\":\"other\",\"ports\":{}}", PRINTER_BODY_EDIT));
	assert_int_equal(edit.changes, 1u << PRINTER_FIELD_NAME | 1u << PRINTER_FIELD_ADDRESS | 1u << PRINTER_FIELD_MODEL |
				       1u << PRINTER_FIELD_PORTS);
	assert_string_equal(edit.model, "Other");
	assert_false(read_as("{}", PRINTER_BODY_EDIT));
	assert_false(read_as("{\"serial\":\"X\"}", PRINTER_BODY_EDIT_ONE_OF_MANY));
	assert_false(read_as("{\"name\":\"N\"}", PRINTER_BODY_EDIT_ONE_OF_MANY));
	assert_true(read_as("{\"serial\":\"X\",\"name\":\"N\"}", PRINTER_BODY_EDIT_ONE_OF_MANY));
}

static void
ports_that_are_not_named_stay(void **state)
{
	const struct msg_printer now = { .mqtt_port = 1, .ftps_port = 2, .camera_port = 3, .detect_port = 4 };
	json_t *json = parse("{\"ports\":{\"mqtt\":null,\"camera\":30}}");

	(void)state;
	assert_true(printer_body_parse(json, PRINTER_BODY_EDIT, &edit, fault));
	printer_body_keep_ports(json, &now, &edit);
	assert_int_equal(edit.mqtt_port, 0);
	assert_int_equal(edit.ftps_port, 2);
	assert_int_equal(edit.camera_port, 30);
	assert_int_equal(edit.detect_port, 4);
	json_decref(json);
}

static void
a_strange_key_is_named_and_cut_at_a_letter(void **state)
{
	char text[400] = "{\"", *at = text + 2;

	(void)state;
	for (int i = 0; i < 90; i++) {
		memcpy(at, "\xc3\xa4", 2);
		at += 2;
	}
	strcpy(at, "\":1}");
	assert_false(read_as(text, PRINTER_BODY_EDIT));
	assert_true(str_valid_utf8(fault, strlen(fault)));
	assert_non_null(strstr(fault, "\xc3\xa4\xc3\xa4"));
}

static int
set_up(void **state)
{
	(void)state;
	jsonin_init();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_is_an_object_or_a_list),
		cmocka_unit_test(what_is_no_json_is_refused_by_its_place),
		cmocka_unit_test(a_key_that_is_there_twice_is_refused),
		cmocka_unit_test(depth_has_a_bound),
		cmocka_unit_test(a_whole_printer_is_read),
		cmocka_unit_test(an_ipv6_address_is_one),
		cmocka_unit_test(a_code_that_was_read_does_not_outlive_a_refusal),
		cmocka_unit_test(a_change_has_the_bits_of_what_is_there),
		cmocka_unit_test(ports_that_are_not_named_stay),
		cmocka_unit_test(a_strange_key_is_named_and_cut_at_a_letter),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
