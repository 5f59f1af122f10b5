/*
 * What a printer's reply, or the end of a connection, means in each phase of an exchange, and the words for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "ipc/message.h"
#include "worker/upload/exchange.h"

#define P(name) UPLOAD_PHASE_##name
#define F(name) UPLOAD_##name

static struct upload_facts
usual_facts(const char *model)
{
	return (struct upload_facts){
		.model = model_by_key(model), .address = "192.0.2.7", .serial = "01P00A123456789", .seen = "01P00A000000001",
		.reason = "connection reset by peer", .path = "/bracket.gcode.3mf", .port = 990, .code = 552, .reply = "Disk is full. ",
		.sent_bytes = 1000, .size_bytes = 1234567, .remote_bytes = 1, .clock_ms = 1790000000000,
	};
}

static void
a_reply_means_what_its_phase_makes_of_it(void **state)
{
	static const struct { enum upload_phase phase; unsigned code; enum upload_fault fault; } cases[] = {
		{ P(LOGIN), 530, F(CODE_REFUSED) }, { P(LOGIN), 430, F(CODE_REFUSED) }, { P(LOGIN), 421, F(BUSY) },
		{ P(LOGIN), 332, F(LOGIN_REFUSED) }, { P(LOGIN), 550, F(LOGIN_REFUSED) },
		{ P(PROTECT), 536, F(NO_PROTECTION) }, { P(PROTECT), 500, F(NO_PROTECTION) }, { P(PROTECT), 421, F(BUSY) },
		{ P(OPEN), 425, F(NO_DATA) }, { P(OPEN), 522, F(SESSION_REFUSED) }, { P(SEND), 522, F(SESSION_REFUSED) },
		{ P(OPEN), 452, F(STORAGE_FULL) }, { P(OPEN), 552, F(STORAGE_FULL) }, { P(SEND), 552, F(STORAGE_FULL) },
		{ P(CONFIRM), 552, F(STORAGE_FULL) }, { P(FOLDER), 552, F(STORAGE_FULL) },
		{ P(OPEN), 553, F(CANNOT_CREATE) }, { P(OPEN), 550, F(CANNOT_CREATE) }, { P(FOLDER), 550, F(CANNOT_CREATE) },
		{ P(OPEN), 450, F(LOCKED) }, { P(CLEAN), 450, F(LOCKED) }, { P(CLEAN), 550, F(NOT_DELETED) },
		{ P(CONFIRM), 451, F(WRITE_FAILED) }, { P(SEND), 426, F(CUT) }, { P(CONFIRM), 426, F(CUT) },
		{ P(LIST), 550, F(NO_FOLDER) }, { P(LIST), 450, F(NO_FOLDER) }, { P(LIST), 502, F(NO_COMMAND) },
		{ P(OPEN), 500, F(NO_COMMAND) }, { P(OPEN), 502, F(NO_COMMAND) }, { P(OPEN), 530, F(CODE_REFUSED) },
		{ P(OPEN), 250, F(UNEXPECTED) }, { P(OPEN), 333, F(UNEXPECTED) }, { P(CONFIRM), 599, F(UNEXPECTED) },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++)
		if (upload_fault_of_reply(cases[i].phase, cases[i].code) != cases[i].fault)
			fail_msg("%s %u: %s", upload_phase_name(cases[i].phase), cases[i].code,
				 upload_fault_id(upload_fault_of_reply(cases[i].phase, cases[i].code)));
}

static void
every_reply_and_every_end_is_some_fault(void **state)
{
	(void)state;
	for (int phase = 0; phase < UPLOAD_PHASE_COUNT; phase++) {
		for (unsigned code = 0; code < 1000; code++)
			assert_int_not_equal(upload_fault_of_reply((enum upload_phase)phase, code), UPLOAD_NONE);
		assert_int_equal(upload_fault_of_end((enum upload_phase)phase, LINE_FINE), UPLOAD_NONE);
		for (int end = LINE_CANCELLED; end <= LINE_BROKEN; end++)
			assert_int_not_equal(upload_fault_of_end((enum upload_phase)phase, (enum line_end)end), UPLOAD_NONE);
		assert_int_equal(upload_fault_of_end((enum upload_phase)phase, LINE_CANCELLED), UPLOAD_CANCELLED);
	}
}

static void
an_end_means_what_its_phase_makes_of_it(void **state)
{
	static const struct { enum upload_phase phase; enum line_end end; enum upload_fault fault; } cases[] = {
		{ P(CONNECT), LINE_REFUSED, F(REFUSED) }, { P(CONNECT), LINE_TIMED_OUT, F(NO_ANSWER) },
		{ P(CONNECT), LINE_UNREACHABLE, F(NO_ROUTE) }, { P(SECURE), LINE_TIMED_OUT, F(TLS_SILENT) },
		{ P(SECURE), LINE_BROKEN, F(TLS_FAILED) }, { P(SECURE), LINE_CLOSED, F(TLS_FAILED) },
		{ P(LOGIN), LINE_TIMED_OUT, F(LOGIN_SILENT) }, { P(LOGIN), LINE_CLOSED, F(LOST) },
		{ P(OPEN), LINE_REFUSED, F(NO_DATA) }, { P(OPEN), LINE_TIMED_OUT, F(NO_DATA) }, { P(OPEN), LINE_CLOSED, F(LOST) },
		{ P(SEND), LINE_CLOSED, F(CUT) }, { P(SEND), LINE_BROKEN, F(CUT) }, { P(SEND), LINE_TIMED_OUT, F(STALLED) },
		{ P(VERIFY), LINE_TIMED_OUT, F(SILENT) }, { P(CONFIRM), LINE_CLOSED, F(LOST) },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++)
		assert_int_equal(upload_fault_of_end(cases[i].phase, cases[i].end), cases[i].fault);
}

static void
an_untrusted_verdict_is_a_fault_and_a_trusted_one_is_none(void **state)
{
	(void)state;
	assert_int_equal(upload_fault_of_verdict(TLS_TRUSTED_CHAIN), UPLOAD_NONE);
	assert_int_equal(upload_fault_of_verdict(TLS_TRUSTED_PIN), UPLOAD_NONE);
	assert_int_equal(upload_fault_of_verdict(TLS_UNTRUSTED), UPLOAD_UNTRUSTED);
	assert_int_equal(upload_fault_of_verdict(TLS_PIN_CHANGED), UPLOAD_FINGERPRINT_CHANGED);
	assert_int_equal(upload_fault_of_verdict(TLS_OTHER_SERIAL), UPLOAD_OTHER_PRINTER);
	assert_int_equal(upload_fault_of_verdict(TLS_SERIAL_CASE), UPLOAD_SERIAL_CASE);
	assert_int_equal(upload_fault_of_verdict(TLS_NO_SERIAL), UPLOAD_NOT_A_PRINTER);
	assert_int_equal(upload_fault_of_verdict(TLS_EXPIRED), UPLOAD_CLOCK_WRONG);
	assert_int_equal(upload_fault_of_verdict(TLS_NOT_YET_VALID), UPLOAD_CLOCK_WRONG);
}

/* Whole sentences that fit their messages, with the longest words that there can be. */
static void
every_fault_has_words_that_fit_on_every_model(void **state)
{
	size_t count;
	const struct model *models = models_all(&count);

	(void)state;
	for (size_t m = 0; m < count; m++) {
		struct upload_facts facts = usual_facts(models[m].key);
		memset(facts.path, 'p', sizeof facts.path - 1);
		facts.path[0] = '/';
		facts.sent_bytes = facts.size_bytes = facts.remote_bytes = INT64_C(1099511627776);
		memset(facts.reply, 'r', sizeof facts.reply - 1);
		for (int i = UPLOAD_NONE + 1; i < UPLOAD_FAULT_COUNT; i++) {
			enum upload_fault fault = (enum upload_fault)i;
			char sentence[UPLOAD_SENTENCE_BYTES], remedy[UPLOAD_REMEDY_BYTES];
			upload_fault_sentence(fault, &facts, sentence);
			upload_fault_remedy(fault, &facts, remedy);
			if (sentence[strlen(sentence) - 1] != '.' || strpbrk(sentence, "{}") || strpbrk(remedy, "{}") ||
			    (fault != UPLOAD_CANCELLED && remedy[strlen(remedy) - 1] != '.'))
				fail_msg("%s on %s: %s | %s", upload_fault_id(fault), models[m].key, sentence, remedy);
			assert_in_range(strlen(upload_fault_id(fault)), 1, sizeof((struct msg_ftp_result *)0)->fault - 1);
		}
	}
}

static void
ids_are_unique(void **state)
{
	(void)state;
	for (int a = 0; a < UPLOAD_FAULT_COUNT; a++)
		for (int b = 0; b < a; b++)
			assert_string_not_equal(upload_fault_id((enum upload_fault)a), upload_fault_id((enum upload_fault)b));
}

static void
words_name_the_storage_that_the_model_has(void **state)
{
	static const struct { const char *model, *sentence, *remedy; } cases[] = {
		{ "P1S", "on its microSD card: 552 Disk is full.", "Put a microSD card into the printer" },
		{ "P2S", "on its USB stick: 552 Disk is full.", "only on a USB stick: plug one in" },
		{ "H2D", "on its USB stick: 552 Disk is full.", "only on a USB stick: plug one in" },
		{ "X2D", "on its USB stick: 552 Disk is full.", "only on a USB stick: plug one in" },
		{ "Other", "on its card or stick: 552 Disk is full.", "a microSD card or a USB stick" },
	};
	char text[UPLOAD_REMEDY_BYTES];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		struct upload_facts facts = usual_facts(cases[i].model);
		upload_fault_sentence(UPLOAD_CANNOT_CREATE, &facts, text);
		assert_non_null(strstr(text, cases[i].sentence));
		upload_fault_remedy(UPLOAD_CANNOT_CREATE, &facts, text);
		assert_non_null(strstr(text, cases[i].remedy));
	}
}

static void
both_sizes_are_said_exactly(void **state)
{
	struct upload_facts facts = usual_facts("X1C");
	char text[UPLOAD_SENTENCE_BYTES], bytes[UPLOAD_BYTES_BYTES];
	static const struct { int64_t bytes; const char *text; } cases[] = {
		{ 0, "0 bytes" }, { 1, "1 byte" }, { 999, "999 bytes" }, { 1000, "1,000 bytes" }, { 100000, "100,000 bytes" },
		{ INT64_MAX, "9,223,372,036,854,775,807 bytes" }, { -1, "0 bytes" },
	};

	(void)state;
	upload_fault_sentence(UPLOAD_SIZE_DIFFERS, &facts, text);
	assert_string_equal(text, "The file did not arrive whole: it has 1,234,567 bytes, the printer has 1 byte of it.");
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		upload_write_bytes(cases[i].bytes, bytes);
		assert_string_equal(bytes, cases[i].text);
	}
}

static void
paths_are_of_harmless_components(void **state)
{
	static const struct { const char *path; bool is_fine; } cases[] = {
		{ "/", true }, { "/a", true }, { "/cache/a_B-9.gcode.3mf", true }, { "/a/b/c", true }, { "/.hidden", true },
		{ "", false }, { "a", false }, { "//", false }, { "/a/", false }, { "/a//b", false }, { "/..", false }, { "/.", false },
		{ "/a/../b", false }, { "/a b", false }, { "/a\r\nDELE b", false }, { "/-rf", false }, { "/gr\xc3\xb6", false },
		{ "/a*", false },
	};
	char longest[200] = "/";

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++)
		assert_int_equal(order_path_is_fine(cases[i].path), cases[i].is_fine);
	memset(longest + 1, 'a', SESSION_PATH_MAX_BYTES - 1);
	assert_true(order_path_is_fine(longest));
	longest[SESSION_PATH_MAX_BYTES] = 'a';
	assert_false(order_path_is_fine(longest));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_means_what_its_phase_makes_of_it),
		cmocka_unit_test(every_reply_and_every_end_is_some_fault),
		cmocka_unit_test(an_end_means_what_its_phase_makes_of_it),
		cmocka_unit_test(an_untrusted_verdict_is_a_fault_and_a_trusted_one_is_none),
		cmocka_unit_test(every_fault_has_words_that_fit_on_every_model),
		cmocka_unit_test(ids_are_unique),
		cmocka_unit_test(words_name_the_storage_that_the_model_has),
		cmocka_unit_test(both_sizes_are_said_exactly),
		cmocka_unit_test(paths_are_of_harmless_components),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
