/*
 * What a person may write into a printer's fields, what becomes of it, and what is said otherwise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "printer/models.h"
#include "printer/printer_rules.h"

static struct complaint complaint;

/* -- serial ------------------------------------------------------------------------------------- */

static void
expect_serial(const char *text, const char *kept)
{
	char serial[PRINTER_SERIAL_BYTES];

	assert_true(printer_rules_serial(text, serial, &complaint));
	assert_string_equal(serial, kept);
}

static void
expect_no_serial(const char *text, const char *sentence)
{
	char serial[PRINTER_SERIAL_BYTES];

	assert_false(printer_rules_serial(text, serial, &complaint));
	assert_string_equal(complaint.sentence, sentence);
	assert_true(complaint.remedy[0] != '\0');
}

static void
a_serial_is_trimmed_and_in_upper_case(void **state)
{
	(void)state;
	expect_serial(" \t01p00a000000001\r\n", "01P00A000000001");
	expect_serial("a", "A");
	expect_serial("-_Z9", "-_Z9");
	expect_serial("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345");
}

static void
what_is_no_serial_is_refused(void **state)
{
	(void)state;
	expect_no_serial("", "The serial number is missing.");
	expect_no_serial(" \n", "The serial number is missing.");
	expect_no_serial("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456", "The serial number is longer than 32 characters.");
	expect_no_serial("01P/../etc", "'01P/../etc' is no serial number: it has other characters than letters, digits, "
				       "'-' and '_'.");
	expect_no_serial(" 01P 00A", "'01P 00A' is no serial number: it has other characters than letters, digits, "
				     "'-' and '_'.");
	expect_no_serial("01P\x1b[2J\xc3\xa4", "'01P?[2J?\?' is no serial number: it has other characters than letters, "
					       "digits, '-' and '_'.");
	expect_no_serial("a.b", "'a.b' is no serial number: it has other characters than letters, digits, '-' and '_'.");
}

static void
an_unusual_serial_is_doubted_not_refused(void **state)
{
	char sentence[120];

	(void)state;
	printer_rules_doubt_serial("01P00A000000001", sentence, sizeof sentence);
	assert_string_equal(sentence, "");
	printer_rules_doubt_serial("01P00A00000001", sentence, sizeof sentence);
	assert_string_equal(sentence,
			    "Its serial number has 14 characters, not 15 as others: compare it with the label.");
	printer_rules_doubt_serial("ZZZ00A000000001", sentence, sizeof sentence);
	assert_string_equal(sentence,
			    "Its serial number begins as that of no known model: compare it with the label.");
}

/* -- name --------------------------------------------------------------------------------------- */

static void
expect_name(const char *text, const char *kept)
{
	char name[PRINTER_NAME_BYTES];

	assert_true(printer_rules_name(text, "P1S", "01P00A000004711", name, &complaint));
	assert_string_equal(name, kept);
}

static void
expect_no_name(const char *text, const char *sentence)
{
	char name[PRINTER_NAME_BYTES];

	assert_false(printer_rules_name(text, "P1S", "01P00A000004711", name, &complaint));
	assert_string_equal(complaint.sentence, sentence);
	assert_true(complaint.remedy[0] != '\0');
}

static void
a_name_is_one_line_of_text(void **state)
{
	char longest[PRINTER_NAME_BYTES + 1];

	(void)state;
	expect_name(" Anna \n", "Anna");
	expect_name("Druckergr\xc3\xbc\xc3\x9f"
		    "e \xf0\x9f\x96\xa8",
		    "Druckergr\xc3\xbc\xc3\x9f"
		    "e \xf0\x9f\x96\xa8");
	expect_name("", "P1S 4711");
	expect_name("  ", "P1S 4711");
	memset(longest, 'n', sizeof longest);
	longest[96] = '\0';
	expect_name(longest, longest);
	longest[96] = 'n';
	longest[97] = '\0';
	expect_no_name(longest, "The name is longer than 96 bytes.");
	expect_no_name("A\tB", "The name has a control character in it.");
	expect_no_name("A\x7f", "The name has a control character in it.");
	expect_no_name("A\xc2\x85"
		       "B",
		       "The name has a control character in it.");
	expect_no_name("A\xe2\x80\xae"
		       "B",
		       "The name has a control character in it.");
	expect_no_name("A\xe2\x81\xa6"
		       "B",
		       "The name has a control character in it.");
	expect_no_name("A\xc3", "The name has a control character in it.");
	expect_name("A\xe2\x82\xac", "A\xe2\x82\xac");
}

static void
a_name_of_an_unknown_model_and_a_short_serial_is_made(void **state)
{
	char name[PRINTER_NAME_BYTES];

	(void)state;
	assert_true(printer_rules_name("", "Other", "AB", name, &complaint));
	assert_string_equal(name, "Other AB");
}

/* -- address ------------------------------------------------------------------------------------ */

static void
expect_address(const char *text, const char *kept)
{
	char address[PRINTER_ADDRESS_BYTES];

	assert_true(printer_rules_address(text, address, &complaint));
	assert_string_equal(address, kept);
}

static void
expect_no_address(const char *text, const char *sentence)
{
	char address[PRINTER_ADDRESS_BYTES];

	assert_false(printer_rules_address(text, address, &complaint));
	assert_string_equal(complaint.sentence, sentence);
	assert_true(complaint.remedy[0] != '\0');
}

static void
an_address_is_numeric_and_of_one_host(void **state)
{
	(void)state;
	expect_address(" 192.168.1.20 ", "192.168.1.20");
	expect_address("127.9.9.9", "127.9.9.9");
	expect_address("2001:DB8:0:0::1", "2001:db8::1");
	expect_address("fe80::1", "fe80::1");
	expect_address("::ffff:10.0.0.7", "10.0.0.7");
	expect_address("::1", "::1");
	expect_no_address("", "The printer's address is missing.");
	expect_no_address("0.0.0.0", "0.0.0.0 is the address of no host.");
	expect_no_address("::", ":: is the address of no host.");
	expect_no_address("::ffff:0.0.0.0", "0.0.0.0 is the address of no host.");
	expect_no_address("255.255.255.255", "255.255.255.255 is for everybody at once, not for one printer.");
	expect_no_address("224.0.0.251", "224.0.0.251 is for groups (multicast), not for one printer.");
	expect_no_address("239.255.255.250", "239.255.255.250 is for groups (multicast), not for one printer.");
	expect_no_address("::ffff:239.1.1.1", "239.1.1.1 is for groups (multicast), not for one printer.");
	expect_no_address("ff02::1", "ff02::1 is for groups (multicast), not for one printer.");
}

static void
what_is_no_address_is_refused(void **state)
{
	(void)state;
	expect_no_address("printer.local", "'printer.local' is no IP address.");
	expect_no_address("192.168.1", "'192.168.1' is no IP address.");
	expect_no_address("192.168.1.256", "'192.168.1.256' is no IP address.");
	expect_no_address("192.168.001.020", "'192.168.001.020' is no IP address.");
	expect_no_address("192.168.1.20:8883", "'192.168.1.20:8883' is more than an address.");
	expect_no_address("https://192.168.1.20", "'https://192.168.1.20' is more than an address.");
	expect_no_address("[::1]", "'[::1]' is no IP address.");
	expect_no_address("1.2.3.4\n5.6.7.8", "'1.2.3.4?5.6.7.8' is no IP address.");
	expect_no_address("0000000000000000000000000000000000000000000000000000000000000000000000001",
			  "'000000000000000000000000000000000000000000000000' is no IP address.");
}

/* -- model and certificate ------------------------------------------------------------------------ */

static void
expect_model(const char *text, const char *kept, const char *said)
{
	char model[PRINTER_MODEL_BYTES], sentence[120];

	printer_rules_model(text, model, sentence, sizeof sentence);
	assert_string_equal(model, kept);
	assert_string_equal(sentence, said);
}

static void
a_model_is_the_key_of_its_row(void **state)
{
	(void)state;
	expect_model("", "Other", "");
	expect_model(" other ", "Other", "");
	expect_model("p1s", "P1S", "");
	expect_model("A1 Mini", "A1-mini", "");
	expect_model("Voron", "Other", "The model 'Voron' is not known, so it counts as Other.");
}

static void
expect_certificate(const char *text, const char *kept)
{
	char certificate[PRINTER_CERTIFICATE_BYTES];

	assert_true(printer_rules_certificate(text, certificate, &complaint));
	assert_string_equal(certificate, kept);
}

static void
expect_no_certificate(const char *text, const char *sentence)
{
	char certificate[PRINTER_CERTIFICATE_BYTES];

	assert_false(printer_rules_certificate(text, certificate, &complaint));
	assert_string_equal(complaint.sentence, sentence);
	assert_true(complaint.remedy[0] != '\0');
}

#define PLAIN "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define COLONS                                                                                        \
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:" \
	"ee:ff"

static void
a_certificate_is_64_hex_digits(void **state)
{
	(void)state;
	expect_certificate("", "");
	expect_certificate("  ", "");
	expect_certificate(PLAIN, PLAIN);
	expect_certificate(" " COLONS "\n", PLAIN);
	expect_no_certificate("0011", "The certificate's fingerprint has 4 digits instead of 64.");
	expect_no_certificate(PLAIN "0", "This is no fingerprint of a certificate.");
	expect_no_certificate("0:011", "This is no fingerprint of a certificate.");
	expect_no_certificate(":0011", "This is no fingerprint of a certificate.");
	expect_no_certificate("sha256", "This is no fingerprint of a certificate.");
	expect_no_certificate("00 11", "This is no fingerprint of a certificate.");
}

/* -- access code and firmware ---------------------------------------------------------------------- */

static bool
take_code(const char *text, size_t len, struct secret *ret_code)
{
	struct secret given;

	assert_true(secret_set(&given, text, len));
	return printer_rules_code(&given, ret_code, &complaint);
}

static void
expect_code(const char *text, const char *kept)
{
	struct secret code;

	assert_true(take_code(text, strlen(text), &code));
	assert_int_equal(code.len_bytes, strlen(kept));
	assert_memory_equal(secret_bytes_peek(&code), kept, strlen(kept));
}

static void
an_access_code_is_kept_as_it_stands_on_the_screen(void **state)
{
	char longest[66];

	(void)state;
	expect_code("12345678", "12345678");
	expect_code(" aBcD12xy\r\n", "aBcD12xy");
	expect_code("", "");
	memset(longest, 'c', sizeof longest);
	longest[64] = '\0';
	expect_code(longest, longest);
}

static void
what_is_no_access_code_is_refused_without_repeating_it(void **state)
{
	static const struct { const char *text; size_t len; } bad[] = {
		{ " \n", 2 }, { "1234\0" "5678", 9 }, { "gr\xc3\xbc\xc3\x9f" "e", 8 }, { "12\n34", 5 }, { "\0", 1 },
		{ "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", 65 },
	};
	struct secret code;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(bad); i++) {
		assert_false(take_code(bad[i].text, bad[i].len, &code));
		assert_int_equal(code.len_bytes, 0);
		assert_true(complaint.sentence[0] != '\0' && complaint.remedy[0] != '\0');
		assert_null(strstr(complaint.sentence, "1234"));
		assert_null(strstr(complaint.sentence, "ccc"));
	}
}

static void
a_firmware_is_a_short_word(void **state)
{
	(void)state;
	assert_true(printer_rules_firmware("01.08.02.00"));
	assert_true(printer_rules_firmware("123456789012345678901234"));
	assert_false(printer_rules_firmware(""));
	assert_false(printer_rules_firmware("1234567890123456789012345"));
	assert_false(printer_rules_firmware("01.08 beta"));
	assert_false(printer_rules_firmware("\x1b[2J"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_serial_is_trimmed_and_in_upper_case),
		cmocka_unit_test(what_is_no_serial_is_refused),
		cmocka_unit_test(an_unusual_serial_is_doubted_not_refused),
		cmocka_unit_test(a_name_is_one_line_of_text),
		cmocka_unit_test(a_name_of_an_unknown_model_and_a_short_serial_is_made),
		cmocka_unit_test(an_address_is_numeric_and_of_one_host),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(a_model_is_the_key_of_its_row),
		cmocka_unit_test(a_certificate_is_64_hex_digits),
		cmocka_unit_test(an_access_code_is_kept_as_it_stands_on_the_screen),
		cmocka_unit_test(what_is_no_access_code_is_refused_without_repeating_it),
		cmocka_unit_test(a_firmware_is_a_short_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
