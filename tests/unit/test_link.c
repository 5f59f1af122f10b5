/*
 * The link of one printer, as stories: what its session says and what time it is go in; attempts and words come out. No
 * network, no clock. Its waits: test_link_waits.c; what its reports tell: test_link_news.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link_rig.h"

/* -- a good start ------------------------------------------------------------------------------ */

static void
a_printer_that_answers_is_live_after_its_first_report(void **unused)
{
	(void)unused;
	begin("P1S");
	assert_int_equal(connects, 1);
	assert_string_equal(last_target.expectation.serial, SERIAL);
	assert_int_equal(last_target.access_code.len_bytes, 8);
	come_up();
	assert_int_equal(subscribes, 1);
	assert_int_equal(versions, 1);
	assert_int_equal(pushalls, 1);
	assert_false(link_is_online(&link_));
	pass(200);
	report(REPORT_FULL);
	assert_true(link_is_online(&link_));
	assert_int_equal(link_.phase, LINK_PHASE_LIVE);
	assert_string_equal(sentence(), "");
}

static void
without_an_access_code_nothing_is_tried(void **unused)
{
	struct link_settings settings;

	(void)unused;
	begin("P1S");
	settings = settings_of("P1S");
	secret_wipe(&settings.access_code);
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_int_equal(drops, 1);
	assert_int_equal(connects, 1);
	assert_true(link_deadline_ms(&link_) == INT64_MAX);
	assert_string_equal(sentence(), "Fuse has no access code for this printer.");
	/* The code is entered: at once. */
	settings = settings_of("P1S");
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_int_equal(connects, 2);
}

/* -- each failure has its phase, its words and its wait ------------------------------------------- */

struct failure {
	enum mqtt_event_kind kind;
	int error;
	enum link_fault fault;
	const char *words;
};

static void
each_failure_has_its_own_words(void **unused)
{
	static const struct failure failures[] = {
		{ MQTT_TCP_FAILED, ECONNREFUSED, LINK_FAULT_REFUSED,
		  "192.0.2.7 is there, but refuses connections at port 8883." },
		{ MQTT_TCP_FAILED, EHOSTUNREACH, LINK_FAULT_NO_ROUTE,
		  "Nothing answers at 192.0.2.7: no device in this network has the address." },
		{ MQTT_TCP_FAILED, ENETUNREACH, LINK_FAULT_NO_ROUTE,
		  "Nothing answers at 192.0.2.7: this computer is not connected to that network." },
		{ MQTT_TCP_FAILED, ETIMEDOUT, LINK_FAULT_TIMED_OUT, "192.0.2.7 does not answer." },
		{ MQTT_TLS_FAILED, 0, LINK_FAULT_TLS_FAILED,
		  "192.0.2.7 answers at port 8883, but a secure connection fails: because." },
		{ MQTT_TLS_FAILED, ETIMEDOUT, LINK_FAULT_TLS_SILENT,
		  "192.0.2.7 takes the connection at port 8883 and then says nothing." },
		{ MQTT_REFUSED, 5, LINK_FAULT_CODE_REFUSED, "The printer refuses the access code." },
		{ MQTT_REFUSED, 4, LINK_FAULT_CODE_REFUSED, "The printer refuses the access code." },
		{ MQTT_REFUSED, 3, LINK_FAULT_LOGIN_REFUSED, "The printer refuses the connection: it says that it is busy." },
		{ MQTT_NO_ANSWER, 0, LINK_FAULT_LOGIN_SILENT,
		  "The printer " SERIAL " takes the connection, but does not answer the login." },
	};

	(void)unused;
	for (size_t i = 0; i < STR_ARRAY_LEN(failures); i++) {
		const struct failure *f = &failures[i];
		begin("P1S");
		if (f->kind != MQTT_TCP_FAILED)
			event(MQTT_TCP_OPEN, 0, "");
		if (f->kind == MQTT_REFUSED || f->kind == MQTT_NO_ANSWER)
			identity(TLS_TRUSTED_PIN, SERIAL);
		event(f->kind, f->error, "because");
		event(MQTT_ENDED, 0, "over");
		assert_int_equal(link_.fault, f->fault);
		assert_string_equal(sentence(), f->words);
		assert_int_equal(link_shown_phase(&link_), fault_phase(f->fault));
		assert_true(link_.next_try_ms > now_ms);
	}
}

static void
each_certificate_that_is_not_right_has_its_own_words(void **unused)
{
	static const struct { enum tls_verdict verdict; const char *seen; enum link_fault fault; const char *words; } rows[] = {
		{ TLS_OTHER_SERIAL, "01P00A999", LINK_FAULT_OTHER_PRINTER,
		  "Another printer answers at 192.0.2.7: 01P00A999 instead of " SERIAL "." },
		{ TLS_SERIAL_CASE, "01p00a123456789", LINK_FAULT_SERIAL_CASE,
		  "The printer at 192.0.2.7 writes its serial number 01p00a123456789; Fuse has it as " SERIAL "." },
		{ TLS_NO_SERIAL, "", LINK_FAULT_NOT_A_PRINTER,
		  "What answers at 192.0.2.7 is not a Bambu Lab printer: its certificate names no serial number." },
		{ TLS_UNTRUSTED, SERIAL, LINK_FAULT_UNTRUSTED,
		  "The printer at 192.0.2.7 says that it is " SERIAL ", but nobody known vouches for its certificate." },
		{ TLS_PIN_CHANGED, SERIAL, LINK_FAULT_FINGERPRINT_CHANGED,
		  "The printer " SERIAL " shows another certificate than the one that you have approved." },
		{ TLS_EXPIRED, SERIAL, LINK_FAULT_CLOCK_WRONG,
		  "The printer's certificate is not valid at 2026-09-21 14:13 UTC, which is the time here." },
		{ TLS_NOT_YET_VALID, SERIAL, LINK_FAULT_CLOCK_WRONG,
		  "The printer's certificate is not valid at 2026-09-21 14:13 UTC, which is the time here." },
	};

	(void)unused;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		begin("X1C");
		event(MQTT_TCP_OPEN, 0, "");
		identity(rows[i].verdict, rows[i].seen);
		event(MQTT_TLS_FAILED, 0, "certificate verify failed");
		event(MQTT_ENDED, 0, "over");
		assert_int_equal(link_.fault, rows[i].fault);
		assert_string_equal(sentence(), rows[i].words);
		/* A person must act: no hammering. */
		assert_in_range(link_.next_try_ms - now_ms, 48000, 72000);
	}
}

static void
a_fault_stands_while_the_next_attempt_runs_and_goes_when_it_is_passed(void **unused)
{
	(void)unused;
	begin("P1S");
	event(MQTT_TCP_FAILED, ECONNREFUSED, "");
	event(MQTT_ENDED, 0, "");
	to_deadline();
	assert_int_equal(connects, 2);
	assert_int_equal(link_.fault, LINK_FAULT_REFUSED);
	event(MQTT_TCP_OPEN, 0, "");
	assert_int_equal(link_.fault, LINK_FAULT_NONE);
}

/* -- others --------------------------------------------------------------------------------------------- */

static void
four_takeovers_in_a_minute_mean_another_holds_the_printer(void **unused)
{
	(void)unused;
	begin("X1C");
	for (int i = 0; i < 4; i++) {
		come_up();
		report(REPORT_DELTA);
		assert_true(i == 3 || link_.fault != LINK_FAULT_TAKEN_OVER);
		event(MQTT_ENDED, 0, "closed");
		if (i < 3)
			to_deadline();
	}
	assert_int_equal(link_.fault, LINK_FAULT_TAKEN_OVER);
	assert_in_range(link_deadline_ms(&link_) - now_ms, 48000, 72000);
	/* It stays said until the link has held for half a minute. */
	to_deadline();
	come_up();
	for (int i = 0; i < 31; i++) {
		report(REPORT_DELTA);
		link_on_time(&link_, &state, now_ms, wall_ms);
		assert_int_equal(link_.fault, i < 30 ? LINK_FAULT_TAKEN_OVER : LINK_FAULT_NONE);
		pass(1000);
	}
}

static void
wifi_that_flaps_is_not_taken_for_another_client(void **unused)
{
	(void)unused;
	begin("X1C");
	for (int i = 0; i < 10; i++) {
		come_up();
		report(REPORT_DELTA);
		pass(3000);
		event(MQTT_ENDED, 0, "reset");
		to_deadline();
		event(MQTT_TCP_FAILED, EHOSTUNREACH, "");
		event(MQTT_ENDED, 0, "");
		assert_int_not_equal(link_.fault, LINK_FAULT_TAKEN_OVER);
		to_deadline();
	}
}

static void
a_fault_says_since_when_it_stands_not_when_it_was_tried_last(void **unused)
{
	(void)unused;
	begin("P1S");
	pass(15000);
	event(MQTT_TCP_FAILED, ETIMEDOUT, "");
	event(MQTT_ENDED, 0, "");
	int64_t began_ms = wall_ms;
	for (int i = 0; i < 5; i++) {
		assert_true(link_.since_wall_ms == began_ms);
		to_deadline();
		pass(15000);
		event(MQTT_TCP_FAILED, ETIMEDOUT, "");
		event(MQTT_ENDED, 0, "");
	}
	to_deadline();
	event(MQTT_TCP_FAILED, ECONNREFUSED, "");
	event(MQTT_ENDED, 0, "");
	assert_true(link_.since_wall_ms == wall_ms);
}

static void
a_drop_right_after_the_subscription_has_its_own_words(void **unused)
{
	(void)unused;
	begin("P1S");
	for (int i = 0; i < 5; i++) {
		come_up();
		pass(50);
		event(MQTT_ENDED, 0, "closed");
		assert_int_equal(link_.fault, LINK_FAULT_DROPPED);
		to_deadline();
	}
}

static void
what_a_dead_session_says_late_changes_nothing(void **unused)
{
	(void)unused;
	begin("P1S");
	event(MQTT_TCP_FAILED, ECONNREFUSED, "");
	event(MQTT_ENDED, 0, "");
	report(REPORT_FULL);
	assert_false(link_is_online(&link_));
	assert_true(link_.heard_ms == 0);
}

static void
every_sentence_and_remedy_is_filled_and_fits(void **unused)
{
	struct fault_facts facts;
	char text[FAULT_REMEDY_BYTES];

	(void)unused;
	begin("H2D");
	for (int fault = 1; fault < LINK_FAULT_COUNT; fault++) {
		link_facts(&link_, (enum link_fault)fault, &state, now_ms, wall_ms, &facts);
		fault_sentence((enum link_fault)fault, &facts, text);
		assert_true(strlen(text) >= 20 && strchr(text, '{') == NULL && strchr(text, '}') == NULL);
		assert_int_equal(text[strlen(text) - 1], '.');
		fault_remedy((enum link_fault)fault, &facts, text);
		assert_true(strlen(text) >= 20 && strchr(text, '{') == NULL && strchr(text, '}') == NULL);
		assert_int_equal(text[strlen(text) - 1], '.');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_printer_that_answers_is_live_after_its_first_report),
		cmocka_unit_test(without_an_access_code_nothing_is_tried),
		cmocka_unit_test(each_failure_has_its_own_words),
		cmocka_unit_test(each_certificate_that_is_not_right_has_its_own_words),
		cmocka_unit_test(a_fault_stands_while_the_next_attempt_runs_and_goes_when_it_is_passed),
		cmocka_unit_test(four_takeovers_in_a_minute_mean_another_holds_the_printer),
		cmocka_unit_test(wifi_that_flaps_is_not_taken_for_another_client),
		cmocka_unit_test(a_fault_says_since_when_it_stands_not_when_it_was_tried_last),
		cmocka_unit_test(a_drop_right_after_the_subscription_has_its_own_words),
		cmocka_unit_test(what_a_dead_session_says_late_changes_nothing),
		cmocka_unit_test(every_sentence_and_remedy_is_filled_and_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
