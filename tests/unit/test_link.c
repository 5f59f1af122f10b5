/*
 * The link of one printer, as stories: what its session says and what time it is go in; attempts, words and waits
 * come out. No network, no clock.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "worker/link/link.h"

#define SERIAL "01P00A123456789"
#define START_MS 1000000
#define WALL_MS 1790000000000

static struct link link_;
static struct printer_state state;
static int64_t now_ms, wall_ms;
static unsigned connects, drops, subscribes, pushalls, versions, others, changes, firmware_news;
static struct mqtt_target last_target;
static uint32_t last_sequence;

static void
on_connect(void *arg, const struct mqtt_target *target)
{
	(void)arg;
	connects++;
	last_target = *target;
}

static void
on_drop(void *arg)
{
	(void)arg;
	drops++;
}

static void
on_subscribe(void *arg)
{
	(void)arg;
	subscribes++;
}

static void
on_publish(void *arg, const struct command_payload *payload)
{
	(void)arg;
	last_sequence = payload->sequence_id;
	if (strstr(payload->json, "pushall") != NULL)
		pushalls++;
	else if (strstr(payload->json, "get_version") != NULL)
		versions++;
	else
		others++;
}

static void
on_changed(void *arg)
{
	(void)arg;
	changes++;
}

static void
on_firmware(void *arg, const char *firmware)
{
	(void)arg;
	(void)firmware;
	firmware_news++;
}

static char moved_to[65];

static void
on_moved(void *arg, const char *from, const char *address)
{
	(void)arg;
	assert_string_equal(from, "192.0.2.7");
	str_copy(moved_to, sizeof moved_to, address);
}

static struct link_settings
settings_of(const char *model)
{
	struct link_settings settings = { .port = 8883, .model = model_by_key(model) };

	str_copy(settings.serial, sizeof settings.serial, SERIAL);
	str_copy(settings.address, sizeof settings.address, "192.0.2.7");
	str_copy(settings.client_id, sizeof settings.client_id, "fuse-0badcafe-" SERIAL);
	secret_set(&settings.access_code, "12345678", 8);
	return settings;
}

static void
begin(const char *model)
{
	static const struct link_duties duties = { on_connect, on_drop,	  on_subscribe, on_publish,
						   on_changed, on_firmware, on_moved, NULL };
	struct link_settings settings = settings_of(model);

	connects = drops = subscribes = pushalls = versions = others = changes = firmware_news = 0;
	moved_to[0] = '\0';
	now_ms = START_MS;
	wall_ms = WALL_MS;
	printer_state_init(&state);
	link_init(&link_, &duties, 12345);
	link_configure(&link_, &settings, now_ms, wall_ms);
}

static void
pass(int64_t ms)
{
	now_ms += ms;
	wall_ms += ms;
}

static void
event(enum mqtt_event_kind kind, int error, const char *text)
{
	struct mqtt_event e = { .kind = kind, .error = error };

	str_copy(e.text, sizeof e.text, text);
	link_on_mqtt(&link_, &e, &state, now_ms, wall_ms);
}

static void
identity(enum tls_verdict verdict, const char *serial)
{
	struct mqtt_event e = { .kind = MQTT_IDENTITY, .verdict = verdict };

	str_copy(e.certificate.serial, sizeof e.certificate.serial, serial);
	str_copy(e.certificate.sha256, sizeof e.certificate.sha256, "aa");
	link_on_mqtt(&link_, &e, &state, now_ms, wall_ms);
}

static void
report(enum report_kind kind)
{
	struct report_summary summary = { .kind = kind, .sequence_id = -1 };

	if (kind == REPORT_FULL)
		state.full_ms = wall_ms;
	link_on_report(&link_, &summary, &state, now_ms, wall_ms);
}

static void
come_up(void)
{
	event(MQTT_TCP_OPEN, 0, "");
	identity(TLS_TRUSTED_CHAIN, SERIAL);
	event(MQTT_CONNECTED, 0, "");
	event(MQTT_SUBSCRIBED, 0, "");
}

/* Let time pass up to the link's own deadline. */
static void
to_deadline(void)
{
	int64_t at_ms = link_deadline_ms(&link_);

	assert_true(at_ms != INT64_MAX);
	if (at_ms > now_ms)
		pass(at_ms - now_ms);
	link_on_time(&link_, &state, now_ms, wall_ms);
}

static const char *
sentence(void)
{
	static char text[FAULT_SENTENCE_BYTES];
	enum link_fault fault;
	struct fault_facts facts;

	if (link_problems(&link_, &state, now_ms, wall_ms, &fault, 1) == 0)
		return "";
	link_facts(&link_, fault, &state, now_ms, wall_ms, &facts);
	fault_sentence(fault, &facts, text);
	return text;
}

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

/* -- waits ------------------------------------------------------------------------------------------ */

static void
an_hour_off_is_tried_again_ever_more_seldom_and_then_found(void **unused)
{
	int64_t longest_ms = 0, end_ms;
	unsigned tries = 0;

	(void)unused;
	begin("P1S");
	end_ms = now_ms + 3600 * 1000;
	while (now_ms < end_ms) {
		event(MQTT_TCP_FAILED, EHOSTUNREACH, "");
		event(MQTT_ENDED, 0, "");
		int64_t wait_ms = link_deadline_ms(&link_) - now_ms;
		if (tries == 0)
			assert_in_range(wait_ms, 800, 1200);
		if (wait_ms > longest_ms)
			longest_ms = wait_ms;
		tries++;
		to_deadline();
	}
	assert_in_range(longest_ms, 60000, 72000);
	assert_in_range(tries, 50, 90);
	come_up();
	report(REPORT_FULL);
	assert_true(link_is_online(&link_));
	/* After a link that lived, the waits begin anew. */
	for (int i = 0; i < 20; i++) {
		pass(2000);
		report(REPORT_DELTA);
	}
	event(MQTT_ENDED, 0, "reset");
	assert_in_range(link_deadline_ms(&link_) - now_ms, 800, 1200);
}

static void
a_refused_code_is_tried_after_a_minute_then_ever_more_seldom_and_at_once_when_edited(void **unused)
{
	static const int64_t least_ms[] = { 48000, 96000, 192000, 384000, 720000, 720000 };
	struct link_settings settings;

	(void)unused;
	begin("P1S");
	for (size_t i = 0; i < STR_ARRAY_LEN(least_ms); i++) {
		event(MQTT_TCP_OPEN, 0, "");
		identity(TLS_TRUSTED_CHAIN, SERIAL);
		event(MQTT_REFUSED, 5, "");
		event(MQTT_ENDED, 0, "");
		assert_in_range(link_deadline_ms(&link_) - now_ms, least_ms[i], least_ms[i] * 3 / 2);
		to_deadline();
	}
	event(MQTT_TCP_OPEN, 0, "");
	identity(TLS_TRUSTED_CHAIN, SERIAL);
	event(MQTT_REFUSED, 5, "");
	event(MQTT_ENDED, 0, "");
	settings = settings_of("P1S");
	secret_set(&settings.access_code, "87654321", 8);
	connects = 0;
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_int_equal(connects, 1);
	assert_memory_equal(last_target.access_code.bytes, "87654321", 8);
}

static void
a_new_name_does_not_touch_the_link(void **unused)
{
	struct link_settings settings;

	(void)unused;
	begin("P1S");
	come_up();
	report(REPORT_FULL);
	settings = settings_of("P1S");
	str_copy(settings.name, sizeof settings.name, "Shelf 3");
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_int_equal(connects, 1);
	assert_int_equal(drops, 0);
	assert_true(link_is_online(&link_));
	/* A new address does. */
	str_copy(settings.address, sizeof settings.address, "192.0.2.8");
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_int_equal(connects, 2);
	assert_int_equal(drops, 1);
	assert_string_equal(last_target.address, "192.0.2.8");
}

/* -- silence ------------------------------------------------------------------------------------------ */

static void
a_silent_printer_is_asked_and_then_linked_anew(void **unused)
{
	(void)unused;
	begin("X1C");
	come_up();
	report(REPORT_FULL);
	pushalls = 0;
	pass(61000); /* the model's limit for asking has passed as well */
	link_.heard_ms = now_ms - 29000;
	link_on_time(&link_, &state, now_ms, wall_ms);
	assert_true(link_is_online(&link_));
	pass(1000);
	link_on_time(&link_, &state, now_ms, wall_ms);
	assert_false(link_is_online(&link_));
	assert_int_equal(pushalls, 1);
	assert_string_equal(sentence(), "The printer takes the connection, but has said nothing for 30 s.");
	pass(29999);
	link_on_time(&link_, &state, now_ms, wall_ms);
	assert_int_equal(drops, 0);
	pass(1);
	link_on_time(&link_, &state, now_ms, wall_ms);
	assert_int_equal(drops, 1);
	assert_int_equal(connects, 2);
	/* The words stay until it speaks. */
	come_up();
	assert_int_equal(link_.fault, LINK_FAULT_SILENT);
	report(REPORT_DELTA);
	assert_int_equal(link_.fault, LINK_FAULT_NONE);
	assert_true(link_is_online(&link_));
}

static void
a_printer_that_starts_a_print_is_not_left_for_its_silence(void **unused)
{
	(void)unused;
	begin("P1P");
	come_up();
	report(REPORT_FULL);
	link_hold_reconnect_until(&link_, now_ms + 180000); /* it parses a big file and says nothing for 135 s */
	for (unsigned i = 0; i < 179; i++) {
		pass(1000);
		link_on_time(&link_, &state, now_ms, wall_ms);
	}
	assert_int_equal(drops, 0);
	assert_true(link_deadline_ms(&link_) <= now_ms + 1000);
	pass(1000);
	link_on_time(&link_, &state, now_ms, wall_ms);
	assert_int_equal(drops, 1);
}

static void
a_silent_printer_whose_connection_ends_too_is_still_told_as_silent(void **unused)
{
	(void)unused;
	begin("X1C");
	come_up();
	to_deadline();
	assert_int_equal(link_.fault, LINK_FAULT_SILENT);
	event(MQTT_ENDED, 0, "it no longer answers");
	assert_int_equal(link_.fault, LINK_FAULT_SILENT);
	assert_int_equal(link_shown_phase(&link_), LINK_PHASE_REPORTS);
	pass(10000);
	assert_string_equal(sentence(), "The printer takes the connection, but has said nothing for 40 s.");
	/* A session that ends before the limit tells nothing about silence. */
	to_deadline();
	come_up();
	pass(20000);
	event(MQTT_ENDED, 0, "it no longer answers");
	assert_int_equal(link_.fault, LINK_FAULT_LOST);
}

static void
a_printer_that_was_seen_elsewhere_is_tried_there_and_moves_only_when_it_proves_itself(void **unused)
{
	(void)unused;
	begin("X1C");
	event(MQTT_TCP_FAILED, EHOSTUNREACH, "");
	event(MQTT_ENDED, 0, "");
	link_try_at(&link_, "192.0.2.99", now_ms, wall_ms);
	assert_string_equal(last_target.address, "192.0.2.99");
	assert_string_equal(last_target.expectation.serial, SERIAL);
	event(MQTT_TCP_OPEN, 0, "");
	identity(TLS_OTHER_SERIAL, "00M00A000000009");
	event(MQTT_ENDED, 0, "");
	assert_string_equal(moved_to, "");
	to_deadline();
	assert_string_equal(last_target.address, "192.0.2.7"); /* as before */
	link_try_at(&link_, "192.0.2.99", now_ms, wall_ms);
	event(MQTT_TCP_OPEN, 0, "");
	assert_string_equal(moved_to, "");
	identity(TLS_TRUSTED_PIN, SERIAL);
	assert_string_equal(moved_to, "192.0.2.99");
	event(MQTT_CONNECTED, 0, "");
	event(MQTT_SUBSCRIBED, 0, "");
	report(REPORT_FULL);
	assert_true(link_is_online(&link_));
	/* One that is linked is left where it is. */
	link_try_at(&link_, "192.0.2.50", now_ms, wall_ms);
	assert_string_equal(last_target.address, "192.0.2.99");
	/* What the store keeps now is what it has already. */
	struct link_settings settings = settings_of("X1C");
	str_copy(settings.address, sizeof settings.address, "192.0.2.99");
	unsigned before = connects;
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_int_equal(connects, before);
}

static void
a_slow_model_has_more_time_and_is_not_asked_more_than_once_in_five_minutes(void **unused)
{
	(void)unused;
	begin("P1S");
	come_up();
	report(REPORT_FULL);
	pass(74999);
	link_on_time(&link_, &state, now_ms, wall_ms);
	assert_true(link_is_online(&link_));
	pass(1);
	link_on_time(&link_, &state, now_ms, wall_ms);
	assert_false(link_is_online(&link_));
	assert_int_equal(pushalls, 1); /* only the one at the start */
	report(REPORT_DELTA);
	/* A person asks as well: later. */
	assert_in_range(link_ask_full(&link_, now_ms), 220000, 230000);
	for (int i = 0; i < 24; i++) {
		pass(10000);
		report(REPORT_DELTA);
		link_on_time(&link_, &state, now_ms, wall_ms);
	}
	assert_int_equal(pushalls, 2);
}

static void
a_printer_that_never_speaks_is_not_reconnected_more_often_than_every_half_minute(void **unused)
{
	unsigned first;
	int64_t began_ms;

	(void)unused;
	begin("X1C");
	come_up();
	began_ms = now_ms;
	first = connects;
	while (now_ms - began_ms < 600 * 1000) {
		unsigned before = connects;
		to_deadline();
		if (connects != before)
			come_up();
	}
	assert_in_range(connects - first, 5, 10);
	assert_int_equal(link_.fault, LINK_FAULT_SILENT);
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
a_link_that_flaps_for_long_is_back_soon_after_it_is_steady(void **unused)
{
	int64_t longest_ms = 0, cut_ms;

	(void)unused;
	begin("P1S");
	for (int i = 0; i < 50; i++) {
		come_up();
		report(REPORT_FULL);
		pass(3000);
		cut_ms = now_ms;
		event(MQTT_ENDED, 0, "reset");
		to_deadline();
		assert_in_range(now_ms - cut_ms, 800, 1200);
		event(MQTT_TCP_FAILED, EHOSTUNREACH, "");
		event(MQTT_ENDED, 0, "");
		if (link_deadline_ms(&link_) - now_ms > longest_ms)
			longest_ms = link_deadline_ms(&link_) - now_ms;
		to_deadline();
	}
	assert_in_range(longest_ms, 1600, 2400);
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
developer_mode_is_asked_of_older_firmware_once_and_the_answer_counts(void **unused)
{
	struct report_summary reply = { .kind = REPORT_REPLY, .result = REPORT_RESULT_SUCCESS };

	(void)unused;
	begin("P1S");
	come_up();
	state.gcode_state = GCODE_STATE_IDLE;
	state.speed_level = 2;
	report(REPORT_FULL);
	report(REPORT_FULL);
	assert_int_equal(others, 1);
	assert_int_equal(link_.developer_mode, TRI_UNKNOWN);
	reply.sequence_id = last_sequence;
	link_on_report(&link_, &reply, &state, now_ms, wall_ms);
	assert_int_equal(link_.developer_mode, TRI_YES);
	/* It is switched off; a later command is refused. */
	reply.result = REPORT_RESULT_FAIL;
	reply.refused_unsigned = true;
	link_on_report(&link_, &reply, &state, now_ms, wall_ms);
	assert_int_equal(link_.developer_mode, TRI_NO);
	assert_string_equal(sentence(),
			    "Developer Mode is off: the printer shows its state, but refuses commands and prints from Fuse.");
}

static void
answer_to_the_probe(enum report_result result)
{
	struct report_summary reply = { .kind = REPORT_REPLY, .result = result, .sequence_id = last_sequence,
					.refused_unsigned = result == REPORT_RESULT_FAIL };

	link_on_report(&link_, &reply, &state, now_ms, wall_ms);
}

/* As the remedy says: switch it on, restart the printer, enter the new code. */
static void
developer_mode_that_was_off_is_asked_for_again_by_the_next_session(void **unused)
{
	struct link_settings settings;

	(void)unused;
	begin("P1S");
	come_up();
	state.gcode_state = GCODE_STATE_IDLE;
	state.speed_level = 2;
	report(REPORT_FULL);
	answer_to_the_probe(REPORT_RESULT_FAIL);
	assert_int_equal(link_.developer_mode, TRI_NO);
	event(MQTT_ENDED, 0, "closed");
	while (!link_.attempting)
		to_deadline();
	come_up();
	report(REPORT_FULL);
	assert_int_equal(link_.developer_mode, TRI_NO); /* until the contrary is known */
	assert_int_equal(others, 1);
	pass(LINK_DEVELOPER_GAP_MS); /* Wi-Fi that flaps is no reason to ask each time */
	report(REPORT_DELTA);
	assert_int_equal(others, 2);
	answer_to_the_probe(REPORT_RESULT_SUCCESS);
	assert_int_equal(link_.developer_mode, TRI_YES);
	assert_string_equal(sentence(), "");
	answer_to_the_probe(REPORT_RESULT_FAIL);
	assert_int_equal(link_.developer_mode, TRI_NO);
	/* Another code: the mode was switched, to which side is not known. */
	settings = settings_of("P1S");
	secret_set(&settings.access_code, "87654321", 8);
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_int_equal(link_.developer_mode, TRI_UNKNOWN);
}

static void
firmware_that_changed_overnight_is_told_for_a_day(void **unused)
{
	struct link_settings settings;

	(void)unused;
	begin("P1S");
	settings = settings_of("P1S");
	str_copy(settings.firmware, sizeof settings.firmware, "01.08.01.00");
	link_configure(&link_, &settings, now_ms, wall_ms);
	come_up();
	report(REPORT_FULL);
	str_copy(state.firmware, sizeof state.firmware, "01.09.00.00");
	state.last_ms = wall_ms;
	report(REPORT_VERSION);
	assert_int_equal(firmware_news, 1);
	assert_string_equal(sentence(), "The printer's firmware has changed from 01.08.01.00 to 01.09.00.00.");
	report(REPORT_VERSION);
	assert_int_equal(firmware_news, 1);
	wall_ms += LINK_FIRMWARE_NEWS_MS;
	assert_string_equal(sentence(), "");
}

/* The store writes each down: not as often as a printer likes. */
static void
firmware_that_changes_all_the_time_is_told_seldom_and_in_the_end_rightly(void **unused)
{
	(void)unused;
	begin("P1S");
	come_up();
	report(REPORT_FULL);
	for (int i = 0; i < 1000; i++) {
		str_format(state.firmware, sizeof state.firmware, "01.00.00.%02d", i % 100);
		report(REPORT_VERSION);
		pass(20);
	}
	assert_in_range(firmware_news, 2, 3);
	for (int i = 0; i < 3; i++)
		to_deadline();
	assert_string_equal(link_.settings.firmware, "01.00.00.99");
}

static void
what_only_a_report_changes_is_announced_at_once_but_not_without_end(void **unused)
{
	(void)unused;
	begin("P1S");
	come_up();
	report(REPORT_FULL);
	pass(5000);
	changes = 0;
	report(REPORT_DELTA);
	assert_int_equal(changes, 0);
	state.storage = STORAGE_NONE;
	report(REPORT_DELTA);
	assert_int_equal(changes, 1);
	pass(LINK_NEWS_GAP_MS);
	for (int i = 0; i < 1000; i++) {
		state.storage = i % 2 == 0 ? STORAGE_NORMAL : STORAGE_NONE;
		report(REPORT_DELTA);
		pass(1);
	}
	assert_in_range(changes, 2, 6);
	/* What could not be said then is said soon. */
	if (link_.news_wait)
		to_deadline();
	assert_true((link_.told.problems & 1u << LINK_FAULT_STORAGE_MISSING) != 0);
}

static void
an_unreadable_report_is_spoken_of_for_a_minute(void **unused)
{
	struct report_summary bad = { .kind = REPORT_BAD, .fault = "is not JSON" };

	(void)unused;
	begin("P1S");
	come_up();
	report(REPORT_FULL);
	pass(5000);
	changes = 0;
	link_on_report(&link_, &bad, &state, now_ms, wall_ms);
	assert_int_equal(changes, 1);
	assert_string_equal(sentence(), "The printer sends reports that cannot be read: is not JSON.");
	pass(30000);
	report(REPORT_DELTA);
	assert_int_equal(changes, 1);
	to_deadline(); /* nothing comes: it is unsaid all the same */
	assert_int_equal(changes, 2);
	assert_string_equal(sentence(), "");
	assert_true(link_is_online(&link_));
	assert_true(link_deadline_ms(&link_) > now_ms);
}

static void
the_printer_knows_best_which_model_it_is(void **unused)
{
	struct link_settings settings;

	(void)unused;
	begin("X1C");
	come_up();
	state.module_count = 1;
	str_copy(state.modules[0].name, sizeof state.modules[0].name, "ota");
	str_copy(state.modules[0].product, sizeof state.modules[0].product, "Bambu Lab A1 mini");
	report(REPORT_VERSION);
	assert_string_equal(link_.model->key, "A1-mini");
	settings = settings_of("X1C");
	str_copy(settings.name, sizeof settings.name, "Shelf 3");
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_string_equal(link_.model->key, "A1-mini");
	settings = settings_of("P1S");
	link_configure(&link_, &settings, now_ms, wall_ms);
	assert_string_equal(link_.model->key, "P1S");
}

static void
missing_storage_is_named_as_the_model_calls_it(void **unused)
{
	(void)unused;
	begin("P2S");
	come_up();
	state.storage = STORAGE_NONE;
	report(REPORT_FULL);
	assert_string_equal(sentence(), "The printer has no storage: no USB stick is in it.");
	begin("P1S");
	come_up();
	state.storage = STORAGE_NONE;
	report(REPORT_FULL);
	assert_string_equal(sentence(), "The printer has no storage: no microSD card is in it.");
}

static void
a_slot_change_on_a_model_that_does_not_tell_it_is_asked_for(void **unused)
{
	(void)unused;
	begin("A1-mini");
	come_up();
	report(REPORT_FULL);
	state.tray_exist_bits = 3;
	report(REPORT_DELTA);
	assert_true(link_.pushall_wanted);
	begin("X1C");
	come_up();
	report(REPORT_FULL);
	state.tray_exist_bits = 3;
	report(REPORT_DELTA);
	assert_false(link_.pushall_wanted);
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
		cmocka_unit_test(an_hour_off_is_tried_again_ever_more_seldom_and_then_found),
		cmocka_unit_test(a_refused_code_is_tried_after_a_minute_then_ever_more_seldom_and_at_once_when_edited),
		cmocka_unit_test(a_new_name_does_not_touch_the_link),
		cmocka_unit_test(a_printer_that_was_seen_elsewhere_is_tried_there_and_moves_only_when_it_proves_itself),
		cmocka_unit_test(a_silent_printer_is_asked_and_then_linked_anew),
		cmocka_unit_test(a_printer_that_starts_a_print_is_not_left_for_its_silence),
		cmocka_unit_test(a_silent_printer_whose_connection_ends_too_is_still_told_as_silent),
		cmocka_unit_test(a_slow_model_has_more_time_and_is_not_asked_more_than_once_in_five_minutes),
		cmocka_unit_test(a_printer_that_never_speaks_is_not_reconnected_more_often_than_every_half_minute),
		cmocka_unit_test(four_takeovers_in_a_minute_mean_another_holds_the_printer),
		cmocka_unit_test(wifi_that_flaps_is_not_taken_for_another_client),
		cmocka_unit_test(a_link_that_flaps_for_long_is_back_soon_after_it_is_steady),
		cmocka_unit_test(a_fault_says_since_when_it_stands_not_when_it_was_tried_last),
		cmocka_unit_test(a_drop_right_after_the_subscription_has_its_own_words),
		cmocka_unit_test(developer_mode_is_asked_of_older_firmware_once_and_the_answer_counts),
		cmocka_unit_test(developer_mode_that_was_off_is_asked_for_again_by_the_next_session),
		cmocka_unit_test(firmware_that_changed_overnight_is_told_for_a_day),
		cmocka_unit_test(firmware_that_changes_all_the_time_is_told_seldom_and_in_the_end_rightly),
		cmocka_unit_test(what_only_a_report_changes_is_announced_at_once_but_not_without_end),
		cmocka_unit_test(an_unreadable_report_is_spoken_of_for_a_minute),
		cmocka_unit_test(the_printer_knows_best_which_model_it_is),
		cmocka_unit_test(missing_storage_is_named_as_the_model_calls_it),
		cmocka_unit_test(a_slot_change_on_a_model_that_does_not_tell_it_is_asked_for),
		cmocka_unit_test(what_a_dead_session_says_late_changes_nothing),
		cmocka_unit_test(every_sentence_and_remedy_is_filled_and_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
