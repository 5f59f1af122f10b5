/*
 * Lines of LIST, in the styles of vsftpd, pyftpdlib, printers and DOS: name and size, or nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "worker/upload/ftp_list.h"

static void
lines_tell_kind_size_and_name(void **state)
{
	static const struct { const char *line; enum ftp_entry_kind kind; const char *name; int64_t bytes; } cases[] = {
		/* vsftpd, pyftpdlib, printers */
		{ "-rw-r--r--    1 64990    64990     3000000 Nov 27 14:31 x.gcode.3mf", FTP_FILE, "x.gcode.3mf", 3000000 },
		{ "-rw-r--r--   1 root     root         1234 Jan  2  2024 a name with blanks", FTP_FILE, "a name with blanks", 1234 },
		{ "drwxr-xr-x    2 1000     1000         4096 Nov 27 09:05 cache", FTP_FOLDER, "cache", 4096 },
		{ "-rwxrwxrwx 1 root root 0 Jan 1 1970 empty", FTP_FILE, "empty", 0 },
		{ "-rw-rw-rw-  1 user 98765432109 Feb 29 23:59 no group", FTP_FILE, "no group", INT64_C(98765432109) },
		{ "-rw-r--r-- 1 a b 7 27 Nov 14:31 day first", FTP_FILE, "day first", 7 },
		{ "-rw-r--r-- 1 a b 7 2026-11-27 14:31 iso", FTP_FILE, "iso", 7 },
		{ "-rw-r--r-- 1 a b 7 Nov 27 14:31:05 2026 with seconds", FTP_FILE, "with seconds", 7 },
		{ "-rw-r--r-- 1 a b 7 Nov 27 14:31 2026", FTP_FILE, "2026", 7 },
		{ "-rw-r--r-- 1 a b 7 Nov 27 14:31:05 20261", FTP_FILE, "20261", 7 },
		{ "-rw-r--r-- 1 the owner b 7 Nov 27 14:31 owner with a blank", FTP_FILE, "owner with a blank", 7 },
		{ "-rw-r--r-- 1 a b 7 Nov 27 14:31 5 Nov 27 14:31", FTP_FILE, "5 Nov 27 14:31", 7 },
		{ "-rw-r--r-- 1 a b 7 Nov 27 14:31  leading", FTP_FILE, " leading", 7 },
		{ "-rw-r--r--+ 1 a b 7 Nov 27 14:31 gr\xc3\xb6\xc3\x9f""e", FTP_FILE, "gr\xc3\xb6\xc3\x9f""e", 7 },
		{ "lrwxrwxrwx 1 a b 7 Nov 27 14:31 link -> target", FTP_FILE, "link", 7 },
		{ "-rw-r--r-- 1 a b 7 Nov 27 14:31 a -> b", FTP_FILE, "a -> b", 7 },
		/* DOS */
		{ "11-27-26  02:31PM                 1234 plate 1.3mf", FTP_FILE, "plate 1.3mf", 1234 },
		{ "11-27-26  02:31PM       <DIR>          cache", FTP_FOLDER, "cache", 0 },
		{ "11-27-2026  14:31  1234 x", FTP_FILE, "x", 1234 },
		{ "11-27-2026  02:31 PM       1,234,567 plate 1.3mf", FTP_FILE, "plate 1.3mf", 1234567 },
		{ "11-27-2026  02:31 am       <DIR>          PM", FTP_FOLDER, "PM", 0 },
		{ "2026-11-27  14:31  1234 x", FTP_FILE, "x", 1234 },
		/* nothing */
		{ "srwxr-xr-x 1 a b 0 Nov 27 09:05 socket", FTP_NO_ENTRY, "", 0 }, { "Total: 3", FTP_NO_ENTRY, "", 0 },
		{ "total 12", FTP_NO_ENTRY, "", 0 }, { "", FTP_NO_ENTRY, "", 0 },
		{ "drwxr-xr-x 2 a b 4096 Nov 27 09:05 .", FTP_NO_ENTRY, "", 0 },
		{ "drwxr-xr-x 2 a b 4096 Nov 27 09:05 ..", FTP_NO_ENTRY, "", 0 },
		{ "crw-r--r-- 1 a b 1, 3 Nov 27 09:05 null", FTP_NO_ENTRY, "", 0 },
		{ "-rw-r--r-- 1 a b 7 Nov 27 14:31 ", FTP_NO_ENTRY, "", 0 },
		{ "-rw-r--r-- 1 a b 7 Nov 27 14:31", FTP_NO_ENTRY, "", 0 },
		/* it cannot be told what it is */
		{ "11-27-26  02:31PM", FTP_STRANGE, "", 0 }, { "11-27-26  02:31PM x y", FTP_STRANGE, "", 0 },
		{ "11-27-26  02:31PM , y", FTP_STRANGE, "", 0 }, { "11-27-26  02:31PM -5 y", FTP_STRANGE, "", 0 },
		{ "- [RWCEAFMS] bblp 7 Jan 1 12:00 netware", FTP_STRANGE, "", 0 },
		{ "+i8388621.29609,m824255902,r,s7,\teplf", FTP_STRANGE, "", 0 },
		{ "name;7", FTP_STRANGE, "", 0 }, { " ", FTP_STRANGE, "", 0 }, { "total", FTP_STRANGE, "", 0 },
		{ "-rw-r--r-- 1 a b 7 Nov 27 14:31 a/b", FTP_NO_ENTRY, "", 0 },
		{ "-rw-r--r-- 1 a b 7 Nov 27 14:31 bell\x07", FTP_NO_ENTRY, "", 0 },
		{ "-rw-r--r-- 1 a b 7 Nov 27 14:31 \xff\xfe", FTP_NO_ENTRY, "", 0 },
		{ "-rw-r--r-- 1 a b 99999999999999999999 Nov 27 14:31 huge", FTP_STRANGE, "", 0 },
		{ "-rw-r--r-- 1 a b -7 Nov 27 14:31 negative", FTP_STRANGE, "", 0 },
		{ "-rw-r--r-- 1 a b 7 Nov 32 14:31 no such day", FTP_STRANGE, "", 0 },
		{ "-rw-r--r-- 1 a b 7 Foo 27 14:31 no such month", FTP_STRANGE, "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		struct ftp_entry entry;
		enum ftp_entry_kind kind = ftp_parse_entry(cases[i].line, strlen(cases[i].line), &entry);
		if (kind != cases[i].kind)
			fail_msg("%s", cases[i].line);
		if (kind == FTP_NO_ENTRY || kind == FTP_STRANGE)
			continue;
		assert_string_equal(entry.name, cases[i].name);
		if (kind == FTP_FILE)
			assert_int_equal(entry.size_bytes, cases[i].bytes);
	}
}

static void
a_name_has_its_bound_and_a_nul_is_no_name(void **state)
{
	static const char head[] = "-rw-r--r-- 1 a b 7 Nov 27 14:31 ";
	char line[400];
	struct ftp_entry entry;
	size_t before = sizeof head - 1;

	(void)state;
	memcpy(line, head, before);
	memset(line + before, 'n', sizeof line - before);
	assert_int_equal(ftp_parse_entry(line, before + FTP_NAME_BYTES - 1, &entry), FTP_FILE);
	assert_int_equal(strlen(entry.name), FTP_NAME_BYTES - 1);
	assert_int_equal(ftp_parse_entry(line, before + FTP_NAME_BYTES, &entry), FTP_NO_ENTRY);
	line[before + 3] = '\0';
	assert_int_equal(ftp_parse_entry(line, before + 10, &entry), FTP_NO_ENTRY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_tell_kind_size_and_name),
		cmocka_unit_test(a_name_has_its_bound_and_a_nul_is_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
