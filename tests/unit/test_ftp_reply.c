/*
 * What FTP servers answer: one line or many, in any pieces, and bytes that are no FTP at all; the port of 227, the number of 213.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "worker/upload/ftp_reply.h"

/* Reads `bytes` in pieces of `piece`; returns the last step. */
static enum ftp_step
read_in_pieces(struct ftp_reader *reader, const char *bytes, size_t len, size_t piece, size_t *ret_used)
{
	enum ftp_step step = FTP_MORE;
	size_t used;

	*ret_used = 0;
	while (step == FTP_MORE && *ret_used < len) {
		size_t n = len - *ret_used < piece ? len - *ret_used : piece;
		step = ftp_reply_parse(reader, bytes + *ret_used, n, &used);
		assert_true(used <= n && (step != FTP_MORE || used == n));
		*ret_used += used;
	}
	return step;
}

static void
expect(const char *bytes, unsigned code, const char *text)
{
	for (size_t piece = 1; piece < 5; piece++) {
		struct ftp_reader reader = { 0 };
		size_t used;
		assert_int_equal(read_in_pieces(&reader, bytes, strlen(bytes), piece, &used), FTP_WHOLE);
		assert_int_equal(used, strlen(bytes));
		assert_int_equal(reader.reply.code, code);
		assert_string_equal(reader.reply.text, text);
	}
}

static void
replies_have_a_code_and_a_text(void **state)
{
	(void)state;
	expect("220 vsFTPd 3.0.3\r\n", 220, "vsFTPd 3.0.3");
	expect("226 Transfer complete.\n", 226, "Transfer complete.");
	expect("230\r\n", 230, "");
	expect("230 \r\n", 230, "");
	expect("\r\n150  two blanks\r\n", 150, " two blanks");
	expect("599 x\r\r\n", 599, "x");
	expect("553 Gr\xc3\xb6\xc3\x9f""e\r\n", 553, "Gr\xc3\xb6\xc3\x9f""e");
}

static void
of_many_lines_the_last_counts_or_the_first_when_that_is_bare(void **state)
{
	(void)state;
	expect("220-Welcome\r\n to this\r\n220 printer\r\n", 220, "printer");
	expect("230-Welcome\r\n230-more\r\n230 \r\n", 230, "Welcome");
	expect("211-Features:\r\n SIZE\r\n226 of another number\r\n211x\r\n211 End\r\n", 211, "End");
	expect("220-\r\n\r\n220\r\n", 220, "");
}

static void
replies_follow_each_other(void **state)
{
	const char *bytes = "150 go on\r\n226 done\r\n213 12\r\n21";
	struct ftp_reader reader = { 0 };
	size_t at = 0, used;
	static const unsigned codes[] = { 150, 226, 213 };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(codes); i++) {
		assert_int_equal(ftp_reply_parse(&reader, bytes + at, strlen(bytes + at), &used), FTP_WHOLE);
		assert_int_equal(reader.reply.code, codes[i]);
		at += used;
	}
	assert_int_equal(ftp_reply_parse(&reader, bytes + at, strlen(bytes + at), &used), FTP_MORE);
	assert_int_equal(ftp_reply_parse(&reader, "4 x\n", 4, &used), FTP_WHOLE);
	assert_int_equal(reader.reply.code, 214);
}

static void
what_is_no_ftp_is_seen_at_its_first_line(void **state)
{
	static const char *const cases[] = { "SSH-2.0-x\r\n", "HTTP/1.1 400\r\n", "22 short\r\n", "620 protected\r\n", "099 low\r\n",
					     "2200 long\r\n", "220x\r\n", " 220 blank\r\n", "\xff\xfb\x01\r\n", "-1 x\r\n" };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		struct ftp_reader reader = { 0 };
		size_t used;
		assert_int_equal(ftp_reply_parse(&reader, cases[i], strlen(cases[i]), &used), FTP_BROKEN);
	}
}

static void
foreign_bytes_become_harmless_and_long_lines_are_cut(void **state)
{
	char line[2000];
	struct ftp_reader reader = { 0 };
	size_t used;

	(void)state;
	expect("220 a\x1b[31mb\x07\xe2\x80\xae\xff\r\n", 220, "a?[31mb?????");
	memset(line, 'x', sizeof line);
	memcpy(line, "550 ", 4);
	line[sizeof line - 1] = '\n';
	assert_int_equal(ftp_reply_parse(&reader, line, sizeof line, &used), FTP_WHOLE);
	assert_int_equal(strlen(reader.reply.text), FTP_TEXT_BYTES - 1);
	/* a NUL ends nothing */
	assert_int_equal(ftp_reply_parse(&reader, "550 a\0b\n", 8, &used), FTP_WHOLE);
	assert_string_equal(reader.reply.text, "a?b");
}

static void
a_reply_without_end_is_ended(void **state)
{
	static const char *const drips[] = { "x", "\n", "220-y\r\n" };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(drips); i++) {
		struct ftp_reader reader = { 0 };
		enum ftp_step step = i == 0 ? FTP_MORE : ftp_reply_parse(&reader, "220-\r\n", 6, &(size_t){ 0 });
		size_t sent = 0, used;
		while (step == FTP_MORE && sent < 1 << 20) {
			step = ftp_reply_parse(&reader, drips[i], strlen(drips[i]), &used);
			sent += strlen(drips[i]);
		}
		assert_int_equal(step, FTP_BROKEN);
		assert_in_range(sent, FTP_REPLY_MAX_BYTES - 100, FTP_REPLY_MAX_BYTES + 100);
	}
}

static void
of_227_the_port_counts_and_nothing_else(void **state)
{
	static const struct { const char *text; int port; } cases[] = {
		{ "Entering Passive Mode (192,168,0,7,195,80).", 50000 },
		{ "Entering Passive Mode (0,0,0,0,195,80)", 50000 },
		{ "=127,0,0,1,4,1", 1025 },
		{ "a 3 printer's mode: 10,0,0,1,255,255 ok", 65535 },
		{ "1,2,3 (10,0,0,1,0,21)", 21 },
		{ "Entering Passive Mode (127, 0, 43,  2, 186, 53)", 47669 },
		{ "Passive Mode. 10, 0, 0, 1, 4, 1.", 1025 }, { "(1, 2, 3, 4, 5, )", 0 }, { "(1, 2, 3, 4, 5, -6)", 0 },
		{ "(1,2,3,4,0,0)", 0 }, { "(1,2,3,4,256,0)", 0 }, { "(256,2,3,4,1,1)", 0 }, { "(1,2,3,4,5)", 0 },
		{ "(1,2,3,4,5,)", 0 }, { "(1,2,3,4,5,6666)", 0 }, { "(,1,2,3,4,5,6)", 0 }, { "", 0 }, { "(1 ,2,3,4,5,6)", 0 },
		{ "(-1,2,3,4,5,6)", 1286 }, /* a minus is no part of a number */
		{ "(|||6446|)", 0 },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		uint16_t port = 0;
		bool found = ftp_parse_pasv(cases[i].text, &port);
		assert_int_equal(found ? port : 0, cases[i].port);
	}
}

static void
of_213_a_number_counts(void **state)
{
	static const struct { const char *text; int64_t bytes; } cases[] = {
		{ "0", 0 }, { "1234567890123", INT64_C(1234567890123) }, { " 12 ", 12 }, { "9223372036854775807", INT64_MAX },
		{ "9223372036854775808", -1 }, { "99999999999999999999999", -1 }, { "", -1 }, { " ", -1 }, { "-1", -1 },
		{ "12 bytes", -1 }, { "1.5", -1 }, { "0x10", -1 }, { "+1", -1 },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		int64_t bytes = -1;
		assert_int_equal(ftp_parse_size(cases[i].text, &bytes), cases[i].bytes >= 0);
		if (cases[i].bytes >= 0)
			assert_int_equal(bytes, cases[i].bytes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_have_a_code_and_a_text),
		cmocka_unit_test(of_many_lines_the_last_counts_or_the_first_when_that_is_bare),
		cmocka_unit_test(replies_follow_each_other),
		cmocka_unit_test(what_is_no_ftp_is_seen_at_its_first_line),
		cmocka_unit_test(foreign_bytes_become_harmless_and_long_lines_are_cut),
		cmocka_unit_test(a_reply_without_end_is_ended),
		cmocka_unit_test(of_227_the_port_counts_and_nothing_else),
		cmocka_unit_test(of_213_a_number_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
