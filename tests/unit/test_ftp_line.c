/*
 * The lines of an FTP server: commands out of whatever came, in whatever pieces; replies, lists and dates; and what a session
 * answers to each, as both kinds of printers do.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/str.h"
#include "worker/virtual/ftp_line.h"
#include "worker/virtual/ftp_session.h"

/* -- commands --------------------------------------------------------------------------------------------------- */

static struct ftp_line line;

static void
came(struct ftp_inbox *inbox, const char *bytes, size_t len)
{
	char *to;

	assert_true(ftp_inbox_room(inbox, &to) >= len);
	memcpy(to, bytes, len);
	ftp_inbox_came(inbox, len);
}

static void
is_command(const char *text, enum ftp_command command, const char *argument)
{
	char *copy = malloc(strlen(text) + 1);

	assert_non_null(copy);
	memcpy(copy, text, strlen(text));
	ftp_line_read(copy, strlen(text), &line);
	free(copy);
	assert_int_equal(line.command, command);
	assert_string_equal(line.argument, argument);
}

static void
test_commands(void **state)
{
	(void)state;
	is_command("USER bblp", FTP_USER, "bblp");
	is_command("stor a b.gcode.3mf", FTP_STOR, "a b.gcode.3mf");
	is_command("STOR  leading", FTP_STOR, " leading");
	is_command("NOOP", FTP_NOOP, "");
	is_command("\xff\xf4\xff\xf2" "ABOR", FTP_ABOR, "");
	is_command("STORE x", FTP_COMMAND_COUNT, "x");
	is_command("STOR\tx", FTP_COMMAND_COUNT, "");
	is_command("", FTP_COMMAND_COUNT, "");
	is_command("DELE \xc3\xbc", FTP_DELE, "\xc3\xbc");
	assert_false(line.is_garbled);
	is_command("DELE \xc3", FTP_DELE, "");
	assert_true(line.is_garbled);
	is_command("DELE a\rb", FTP_DELE, "");
	assert_true(line.is_garbled);
}

static void
test_lines_come_in_any_pieces(void **state)
{
	static const char all[] = "USER bblp\r\nPASS 1\nNOOP\r\n";
	static const enum ftp_command expected[] = { FTP_USER, FTP_PASS, FTP_NOOP };

	(void)state;
	for (size_t step = 1; step < sizeof all; step++) {
		struct ftp_inbox inbox = { 0 };
		size_t count = 0;
		for (size_t at = 0; at < sizeof all - 1; at += step) {
			came(&inbox, all + at, at + step < sizeof all - 1 ? step : sizeof all - 1 - at);
			for (; ftp_inbox_take(&inbox, &line); count++)
				assert_int_equal(line.command, expected[count]);
		}
		assert_int_equal(count, 3);
	}
}

static void
test_a_line_that_is_too_long_is_one_fault(void **state)
{
	struct ftp_inbox inbox = { 0 };
	char *to;

	(void)state;
	for (int i = 0; i < 5; i++) {
		size_t room = ftp_inbox_room(&inbox, &to);
		assert_true(room > 0);
		memset(to, 'x', room);
		ftp_inbox_came(&inbox, room);
		assert_false(ftp_inbox_take(&inbox, &line));
	}
	came(&inbox, "yz\r\nNOOP\r\n", 10);
	assert_true(ftp_inbox_take(&inbox, &line));
	assert_true(line.is_too_long);
	assert_true(ftp_inbox_take(&inbox, &line));
	assert_int_equal(line.command, FTP_NOOP);
	assert_false(line.is_too_long);
}

/* -- what goes ---------------------------------------------------------------------------------------------------- */

static void
test_texts(void **state)
{
	const uint32_t loopback = 127 | 64 << 8 | 3u << 24;
	char text[200], date[FTP_DATE_BYTES], place[FTP_PLACE_BYTES];

	(void)state;
	ftp_format_place(loopback, 50000, place);
	assert_string_equal(place, "127,64,0,3,195,80");
	ftp_format_quoted("/a\"b", text, sizeof text);
	assert_string_equal(text, "\"/a\"\"b\"");
	ftp_format_quoted("/aaaaaaaaaa", text, 8);
	assert_string_equal(text, "\"/aa\"");
	ftp_format_date(1786363200, date);
	assert_string_equal(date, "20260810120000");
	assert_true(ftp_format_entry("x.3mf", false, 1234, 1786363200, 1786363200 + 86400, text, sizeof text) > 0);
	assert_string_equal(text, "-rw-r--r--    1 103      107              1234 Aug 10 12:00 x.3mf\r\n");
	assert_true(ftp_format_entry("cache", true, 0, 1786363200, 1786363200 + 200 * 86400, text, sizeof text) > 0);
	assert_string_equal(text, "drwxr-xr-x    2 103      107                 0 Aug 10  2026 cache\r\n");
	assert_int_equal(ftp_format_entry("x.3mf", false, 1234, 0, 0, text, 20), 0);
	ftp_format_date(INT64_MAX, date);
	assert_string_equal(date, "19700101000000");
}

static void
test_replies_are_bounded(void **state)
{
	static struct ftp_outbox outbox;
	unsigned count = 0;

	(void)state;
	for (; ftp_outbox_has_room(&outbox); count++)
		ftp_reply(&outbox, 200, "%s", "all is well");
	assert_in_range(count, 100, 1000);
	for (int i = 0; i < 1000; i++)
		ftp_reply(&outbox, 200, "%s", "all is well");
	assert_in_range(outbox.len, 1, sizeof outbox.bytes);
	assert_memory_equal(outbox.bytes + outbox.len - 2, "\r\n", 2);
	ftp_outbox_went(&outbox, outbox.len);
	assert_true(ftp_outbox_has_room(&outbox));
}

/* -- sessions ----------------------------------------------------------------------------------------------------- */

static char dir[] = "/tmp/test-ftp-XXXXXX";
static struct card *card;
static struct ftp_session session;
static struct ftp_outbox outbox;
static struct ftp_printer printer;

static bool
is_code(void *arg, const char *code, size_t len)
{
	(void)arg;
	return len == 8 && memcmp(code, "12345678", 8) == 0;
}

static void
begin(const char *model)
{
	if (card != NULL)
		card_close(card);
	card = card_open(dir, model_by_key(model));
	assert_non_null(card);
	card_clear(card);
	memset(&outbox, 0, sizeof outbox);
	printer = (struct ftp_printer){ model_by_key(model), card, is_code, NULL };
	ftp_session_begin(&session, &printer, &outbox);
}

static enum ftp_do
says(const char *text)
{
	memset(&outbox, 0, sizeof outbox);
	ftp_line_read(text, strlen(text), &line);
	return ftp_session_take(&session, &line, 1786363200, &outbox);
}

/* Answered by this alone. */
static void
gets(const char *text, unsigned code)
{
	char expected[8];

	enum ftp_do what = says(text);
	str_format(expected, sizeof expected, "%u ", code);
	if (what != FTP_DO_REPLY || strncmp(outbox.bytes, expected, 4) != 0)
		fail_msg("%s: %d '%.*s', not %u", text, (int)what, (int)outbox.len, outbox.bytes, code);
}

static void
log_in(void)
{
	gets("USER bblp", 331);
	gets("PASS 12345678", 230);
	gets("PBSZ 0", 200);
	gets("PROT P", 200);
}

static void
open_port(void)
{
	assert_int_equal(says("PASV"), FTP_DO_PASSIVE);
	ftp_session_is_passive(&session, 127 | 3u << 24, 50000, &outbox);
}

static void
test_login(void **state)
{
	(void)state;
	begin("X1C");
	assert_memory_equal(outbox.bytes, "220 (vsFTPd", 11);
	gets("LIST", 530);
	gets("NONSENSE", 530);
	gets("PASS 12345678", 503);
	gets("USER root", 331);
	gets("PASS 12345678", 530);
	gets("USER bblp", 331);
	gets("PASS 1234567", 530);
	gets("USER bblp", 331);
	gets("PASS 12345678", 230);
	gets("NOOP", 200);
	gets("USER bblp", 331);
	gets("NOOP", 530);
	says("USER bblp");
	assert_int_equal(says("PASS x"), FTP_DO_HANG_UP);
	assert_int_equal(says("QUIT"), FTP_DO_HANG_UP);
}

static void
test_what_there_is_not(void **state)
{
	static const char *const missing[] = { "EPSV", "EPSV ALL", "REST 1", "APPE x", "MLSD", "MLST x", "FEAT", "PORT 1,2,3,4,5,6",
					       "OPTS UTF8 ON", "AUTH TLS", "SITE x", "STOU" };

	(void)state;
	begin("A1");
	for (size_t i = 0; i < STR_ARRAY_LEN(missing); i++)
		gets(missing[i], 502);
	log_in();
	for (size_t i = 0; i < STR_ARRAY_LEN(missing); i++)
		gets(missing[i], 502);
	gets("XYZ", 500);
	gets("STOR", 501);
	gets("PROT X", 536);
}

static void
test_transfers_want_a_port_first_each_time(void **state)
{
	(void)state;
	begin("X1C");
	log_in();
	gets("STOR x", 425);
	open_port();
	assert_memory_equal(outbox.bytes, "227 Entering Passive Mode (127,0,0,3,195,80).", 44);
	assert_int_equal(says("STOR x"), FTP_DO_TRANSFER);
	assert_int_equal(session.transfer.kind, FTP_STORES);
	assert_non_null(session.transfer.upload);
	assert_int_equal(card_upload_end(session.transfer.upload, UINT64_MAX), CARD_FINE);
	gets("LIST", 425);
	open_port();
	gets("PROT C", 200);
	gets("LIST", 522);
	gets("PROT P", 200);
	assert_int_equal(says("LIST -al /"), FTP_DO_TRANSFER);
	assert_non_null(memmem(session.transfer.text, session.transfer.text_len, " x\r\n", 4));
	ftp_transfer_fini(&session.transfer);
	open_port();
	assert_int_equal(says("NLST"), FTP_DO_TRANSFER);
	assert_non_null(memmem(session.transfer.text, session.transfer.text_len, "timelapse\r\nx\r\n", 14));
	ftp_transfer_fini(&session.transfer);
	open_port();
	gets("RETR nothing", 550);
	assert_int_equal(says("RETR x"), FTP_DO_TRANSFER);
	ftp_transfer_fini(&session.transfer);
}

static void
test_models_differ(void **state)
{
	(void)state;
	begin("A1");
	assert_null(memmem(outbox.bytes, outbox.len, "vsFTPd", 6));
	log_in();
	gets("PROT C", 200);
	open_port();
	assert_int_equal(says("NLST"), FTP_DO_TRANSFER);
	ftp_transfer_fini(&session.transfer);
	begin("P2S");
	log_in();
	open_port();
	assert_memory_equal(outbox.bytes, "227 Entering Passive Mode (0,0,0,0,195,80).", 43);
}

static void
test_no_storage_and_no_room(void **state)
{
	static const struct { const char *model; unsigned stores; bool lists; } rows[] = {
		{ "X1C", 553, false }, { "A1", 550, false }, { "P2S", 553, true }, { "H2D", 553, true } };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		begin(rows[i].model);
		card_set_absent(card, true);
		log_in();
		open_port();
		gets("STOR x", rows[i].stores);
		if (!rows[i].lists)
			gets("LIST", 550);
		else
			assert_int_equal(says("LIST"), FTP_DO_TRANSFER);
		assert_int_equal(session.transfer.text_len, 0);
		ftp_transfer_fini(&session.transfer);
		gets("SIZE x", 550);
		gets("MKD y", 550);
	}
	begin("A1");
	log_in();
	card_set_full(card, true);
	open_port();
	gets("STOR x", 552);
	gets("MKD y", 550);
}

static void
test_folders(void **state)
{
	(void)state;
	begin("X1C");
	log_in();
	gets("CWD cache", 250);
	says("PWD");
	assert_memory_equal(outbox.bytes, "257 \"/cache\" is", 15);
	gets("MKD a\"b", 550); /* no such name on a card */
	gets("MKD mine", 257);
	gets("MKD mine", 550);
	gets("CWD mine/../mine", 250);
	gets("CDUP", 250);
	gets("RMD mine", 250);
	gets("CWD mine", 550);
	gets("CDUP", 250);
	gets("CDUP", 250);
	says("PWD");
	assert_memory_equal(outbox.bytes, "257 \"/\" is", 10);
	gets("RMD /", 550);
	gets("DELE cache", 550);
}

static int
prepare(void **state)
{
	(void)state;
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
tidy(void **state)
{
	char command[64];

	(void)state;
	card_close(card);
	str_format(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_lines_come_in_any_pieces),
		cmocka_unit_test(test_a_line_that_is_too_long_is_one_fault),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_replies_are_bounded),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_what_there_is_not),
		cmocka_unit_test(test_transfers_want_a_port_first_each_time),
		cmocka_unit_test(test_models_differ),
		cmocka_unit_test(test_no_storage_and_no_room),
		cmocka_unit_test(test_folders),
	};

	return cmocka_run_group_tests(tests, prepare, tidy);
}
