/*
 * What is known of a cached file, as bytes, and what files are called.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ipc/message.h"
#include "ipc/mpack.h"
#include "stored/file_record.h"

#define SHA256 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

_Static_assert(sizeof ((struct msg_file *)0)->name == FILE_NAME_BYTES &&
	       sizeof ((struct msg_file *)0)->sentence == FILE_SENTENCE_BYTES &&
	       sizeof ((struct msg_file *)0)->model == FILE_MODEL_BYTES, "as in the message");

static const struct file_record full = {
	.sha256 = SHA256, .place = FILES_MAX - 1, .name = "bracket.gcode.3mf", .size_bytes = 812345,
	.created_ms = 1795305600123, .used_ms = 1795305600124, .check = FILE_CHECK_PRINTABLE, .examined_by = 7,
	.kind = FILE_KIND_THREE_MF, .model = "A1-mini", .plates = 999, .sentence = "One plate.", .remedy = "None.",
};

static const char *
decode(const uint8_t *bytes, size_t len, struct file_record *ret_record)
{
	const char *why = NULL;
	bool fine = file_record_decode(SHA256, strlen(SHA256), bytes, len, ret_record, &why);

	assert_int_equal(fine, why == NULL);
	return why;
}

static void
a_record_comes_back_as_it_was(void **state)
{
	uint8_t bytes[FILE_RECORD_MAX_BYTES];
	struct file_record back;

	(void)state;
	assert_null(decode(bytes, file_record_encode(&full, bytes), &back));
	assert_memory_equal(&back, &full, sizeof full);
}

static void
the_longest_record_fits(void **state)
{
	uint8_t bytes[FILE_RECORD_MAX_BYTES];
	struct file_record longest = full, back;

	(void)state;
	memset(longest.name, 'n', sizeof longest.name - 1);
	memset(longest.model, 'm', sizeof longest.model - 1);
	memset(longest.sentence, 's', sizeof longest.sentence - 1);
	memset(longest.remedy, 'r', sizeof longest.remedy - 1);
	longest.size_bytes = INT64_MAX;
	longest.created_ms = INT64_MIN;
	longest.used_ms = INT64_MAX;
	longest.examined_by = UINT32_MAX;
	assert_null(decode(bytes, file_record_encode(&longest, bytes), &back));
	assert_memory_equal(&back, &longest, sizeof longest);
}

static void
fields_of_a_later_version_are_passed_over(void **state)
{
	uint8_t bytes[FILE_RECORD_MAX_BYTES + 8];
	struct file_record back;
	struct mpack_writer writer;
	size_t len = file_record_encode(&full, bytes);

	(void)state;
	bytes[0]++; /* a short array has its length in the first byte */
	mpack_writer_init(&writer, bytes + len, 8);
	mpack_put_bool(&writer, true);
	assert_null(decode(bytes, len + 1, &back));
	assert_memory_equal(&back, &full, sizeof full);
}

static void
what_is_no_record_is_not_taken_for_one(void **state)
{
	uint8_t bytes[FILE_RECORD_MAX_BYTES];
	struct file_record back;
	const char *why;
	size_t len = file_record_encode(&full, bytes);

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_non_null(decode(bytes, cut, &back));
	assert_false(file_record_decode(SHA256, strlen(SHA256) - 1, bytes, len, &back, &why));
	assert_false(file_record_decode("0X", 2, bytes, len, &back, &why));
	assert_int_equal(bytes[1], FILE_RECORD_VERSION);
	bytes[1]++;
	assert_string_equal(decode(bytes, len, &back), "is of another version");
}

static void
only_a_sha256_in_lower_case_is_one(void **state)
{
	(void)state;
	assert_true(file_record_is_sha256(SHA256));
	assert_false(file_record_is_sha256(""));
	assert_false(file_record_is_sha256(SHA256 "0"));
	assert_false(file_record_is_sha256(SHA256 "/"));
	assert_false(file_record_is_sha256("../3344556677889900112233445566778899aabbccddeeff00112233445566aa"));
	assert_false(file_record_is_sha256("AA112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"));
}

static void
a_name_is_no_path_and_harmless(void **state)
{
	static const struct { const char *given, *kept; } cases[] = {
		{ "bracket.3mf", "bracket.3mf" },
		{ "/home/me/bracket.3mf", "bracket.3mf" },
		{ "C:\\Users\\me\\bracket.3mf", "bracket.3mf" },
		{ "a/b\\c.gcode", "c.gcode" },
		{ "../..", "file" },
		{ "..", "file" },
		{ "", "file" },
		{ "folder/", "file" },
		{ "  .hidden. ", "hidden" },
		{ "Größe 0,2 ✓.3mf", "Größe 0,2 ✓.3mf" },
		{ "a\nb\x1b[31m.3mf", "a?b?[31m.3mf" },
		{ "gnp.\xe2\x80\xaetxt", "gnp.???txt" }, /* turns the direction of text */
	};
	char name[FILE_NAME_BYTES], longest[FILE_NAME_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		file_record_clean_name(cases[i].given, name);
		assert_string_equal(name, cases[i].kept);
		file_record_clean_name(cases[i].kept, name);
		assert_string_equal(name, cases[i].kept);
	}
	memset(longest, 'n', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	file_record_clean_name(longest, name);
	assert_string_equal(name, longest);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_back_as_it_was),
		cmocka_unit_test(the_longest_record_fits),
		cmocka_unit_test(fields_of_a_later_version_are_passed_over),
		cmocka_unit_test(what_is_no_record_is_not_taken_for_one),
		cmocka_unit_test(only_a_sha256_in_lower_case_is_one),
		cmocka_unit_test(a_name_is_no_path_and_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
