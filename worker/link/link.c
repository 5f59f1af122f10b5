/*
 * link: attempts, their failures, and when the next one comes. What is heard once a session stands: link_reports.c.
 */
#include "worker/link/link.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/str.h"
#include "worker/link/link_inner.h"

/* -- small things ----------------------------------------------------------------------- */

static uint64_t
next_random(struct link *link)
{
	/* xorshift64: spreads printers in time, nothing more. */
	link->random ^= link->random << 13;
	link->random ^= link->random >> 7;
	link->random ^= link->random << 17;
	return link->random;
}

/* 80 to 120 % of it, so that a farm does not come back in one moment. */
static int64_t
jittered(struct link *link, int64_t ms)
{
	return ms * 4 / 5 + (int64_t)(next_random(link) % (uint64_t)(ms * 2 / 5 + 1));
}

void
link_note_change(struct link *link, int64_t wall_ms)
{
	enum link_phase phase = link_shown_phase(link);

	if (phase != link->since_phase || link->fault != link->since_fault || link->since_wall_ms == 0)
		link->since_wall_ms = wall_ms;
	link->since_phase = phase;
	link->since_fault = link->fault;
	link->duties.changed(link->duties.arg);
}

bool
link_is_listening(const struct link *link)
{
	return link->attempting && link->phase >= LINK_PHASE_REPORTS;
}

bool
link_is_online(const struct link *link)
{
	return link_is_listening(link) && link->heard_this_time && !link->silent;
}

void
link_set_phase(struct link *link, enum link_phase phase, int64_t now_ms, int64_t wall_ms)
{
	for (unsigned i = link->phase + 1; i <= phase; i++)
		link->phase_ms[i] = now_ms;
	link->phase = phase;
	/* Past the point where the last attempt broke: it no longer breaks there. */
	if (link->fault != LINK_FAULT_NONE && phase > fault_phase(link->fault))
		link->fault = LINK_FAULT_NONE;
	link_note_change(link, wall_ms);
}

void
link_break(struct link *link, enum link_fault fault, const char *reason, int64_t wall_ms)
{
	link->fault = fault;
	str_copy(link->facts.reason, sizeof link->facts.reason, reason);
	link_note_change(link, wall_ms);
}

/* -- the next attempt ------------------------------------------------------------------- */

static void
plan_attempt(struct link *link, int64_t after_ms, int64_t now_ms, int64_t wall_ms)
{
	link->next_try_ms = now_ms + after_ms;
	link->next_try_wall_ms = wall_ms + after_ms;
	link->duties.changed(link->duties.arg);
}

static int64_t
doubled(int64_t *wait_ms, int64_t most_ms)
{
	int64_t now = *wait_ms;

	*wait_ms = *wait_ms * 2 < most_ms ? *wait_ms * 2 : most_ms;
	return now;
}

static bool
waits_for_a_person(enum link_fault fault)
{
	return fault_phase(fault) == LINK_PHASE_IDENTITY || fault == LINK_FAULT_TAKEN_OVER;
}

static void
plan_by_fault(struct link *link, int64_t now_ms, int64_t wall_ms)
{
	int64_t wait_ms;

	if (link->fault == LINK_FAULT_CODE_REFUSED)
		wait_ms = doubled(&link->refused_ms, LINK_REFUSED_MAX_MS);
	else if (waits_for_a_person(link->fault))
		wait_ms = LINK_IDENTITY_RETRY_MS;
	else
		wait_ms = doubled(&link->backoff_ms, LINK_RETRY_MAX_MS);
	plan_attempt(link, jittered(link, wait_ms), now_ms, wall_ms);
}

static void
reset_waits(struct link *link)
{
	link->backoff_ms = LINK_RETRY_FIRST_MS;
	link->refused_ms = LINK_REFUSED_FIRST_MS;
}

static void
forget_session(struct link *link)
{
	link->attempting = false;
	link->elsewhere[0] = '\0';
	link->heard_this_time = link->silent = link->asked_developer = link->pushall_wanted = false;
	link->asked_ms = link->connected_ms = link->connected_wall_ms = 0;
	link->phase = LINK_PHASE_SETUP;
}

/* At its address, or `elsewhere`. */
static void
start_attempt_at(struct link *link, const char *elsewhere, int64_t now_ms, int64_t wall_ms)
{
	struct mqtt_target target = { .port = link->settings.port, .keepalive_s = LINK_KEEPALIVE_S,
				      .connect_timeout_s = LINK_CONNECT_TIMEOUT_S };

	forget_session(link);
	str_copy(link->elsewhere, sizeof link->elsewhere, elsewhere);
	memset(link->phase_ms, 0, sizeof link->phase_ms);
	link->attempting = true;
	link->attempts++;
	link->attempt_number++;
	link->next_try_ms = link->next_try_wall_ms = 0;
	str_copy(target.address, sizeof target.address, elsewhere[0] != '\0' ? elsewhere : link->settings.address);
	str_copy(target.client_id, sizeof target.client_id, link->settings.client_id);
	str_copy(target.expectation.serial, sizeof target.expectation.serial, link->settings.serial);
	str_copy(target.expectation.pin_sha256, sizeof target.expectation.pin_sha256, link->settings.pin_sha256);
	target.access_code = link->settings.access_code;
	link->phase_ms[LINK_PHASE_SETUP] = now_ms;
	link_set_phase(link, LINK_PHASE_ROUTE, now_ms, wall_ms);
	link->duties.connect(link->duties.arg, &target);
	secret_wipe(&target.access_code);
}

void
link_start_attempt(struct link *link, int64_t now_ms, int64_t wall_ms)
{
	start_attempt_at(link, "", now_ms, wall_ms);
}

/* -- settings --------------------------------------------------------------------------- */

void
link_init(struct link *link, const struct link_duties *duties, uint64_t random)
{
	memset(link, 0, sizeof *link);
	link->duties = *duties;
	link->random = random | 1;
	link->model = link->settings.model = model_other();
	link->report_gap_ms = STATE_UNKNOWN;
	link->sequence_id = command_first_sequence((uint32_t)(next_random(link) >> 20));
	reset_waits(link);
}

static bool
needs_new_link(const struct link_settings *a, const struct link_settings *b)
{
	return strcmp(a->serial, b->serial) != 0 || strcmp(a->address, b->address) != 0 || a->port != b->port ||
	       strcmp(a->client_id, b->client_id) != 0 || strcmp(a->pin_sha256, b->pin_sha256) != 0 ||
	       !secret_equal(&a->access_code, &b->access_code);
}

void
link_configure(struct link *link, const struct link_settings *settings, int64_t now_ms, int64_t wall_ms)
{
	bool anew = needs_new_link(&link->settings, settings) || link->fault == LINK_FAULT_NO_CODE;
	bool was_attempting = link->attempting;

	/* What the printer has said of itself counts more than what is kept, until a person changes that. */
	if (link->model == model_other() || settings->model != link->settings.model)
		link->model = settings->model;
	/* It changes with each switching of Developer Mode. */
	if (!secret_equal(&link->settings.access_code, &settings->access_code))
		link->developer_mode = TRI_UNKNOWN;
	secret_wipe(&link->settings.access_code);
	link->settings = *settings;
	link->facts.model = link->model;
	if (!anew) {
		link->duties.changed(link->duties.arg);
		return;
	}
	reset_waits(link);
	link->has_seen = false;
	link->silent_from_ms = 0;
	link->fault = LINK_FAULT_NONE;
	if (was_attempting)
		link->duties.drop(link->duties.arg);
	forget_session(link);
	link->next_try_ms = link->next_try_wall_ms = 0;
	if (settings->access_code.len_bytes == 0)
		link_break(link, LINK_FAULT_NO_CODE, "", wall_ms);
	else
		link_start_attempt(link, now_ms, wall_ms);
}

void
link_reconnect(struct link *link, int64_t now_ms, int64_t wall_ms)
{
	if (link->settings.access_code.len_bytes == 0)
		return;
	if (link->attempting)
		link->duties.drop(link->duties.arg);
	if (link->connected_ms != 0)
		link->reconnects++;
	reset_waits(link);
	link_start_attempt(link, now_ms, wall_ms);
}

void
link_try_at(struct link *link, const char *address, int64_t now_ms, int64_t wall_ms)
{
	if (link_is_listening(link) || link->settings.access_code.len_bytes == 0)
		return;
	if (link->attempting)
		link->duties.drop(link->duties.arg);
	start_attempt_at(link, address, now_ms, wall_ms);
}

/* -- what a session says ---------------------------------------------------------------- */

static void
on_tcp_failed(struct link *link, int error, int64_t wall_ms)
{
	if (error == ECONNREFUSED)
		link_break(link, LINK_FAULT_REFUSED, "", wall_ms);
	else if (error == ETIMEDOUT)
		link_break(link, LINK_FAULT_TIMED_OUT, "", wall_ms);
	else if (error == EHOSTUNREACH)
		link_break(link, LINK_FAULT_NO_ROUTE, "no device in this network has the address", wall_ms);
	else if (error == ENETUNREACH)
		link_break(link, LINK_FAULT_NO_ROUTE, "this computer is not connected to that network", wall_ms);
	else
		link_break(link, LINK_FAULT_NO_ROUTE, strerror(error), wall_ms);
}

static enum link_fault
fault_of_verdict(enum tls_verdict verdict)
{
	static const enum link_fault faults[] = {
		[TLS_UNTRUSTED] = LINK_FAULT_UNTRUSTED,	     [TLS_PIN_CHANGED] = LINK_FAULT_FINGERPRINT_CHANGED,
		[TLS_OTHER_SERIAL] = LINK_FAULT_OTHER_PRINTER, [TLS_SERIAL_CASE] = LINK_FAULT_SERIAL_CASE,
		[TLS_NO_SERIAL] = LINK_FAULT_NOT_A_PRINTER,  [TLS_EXPIRED] = LINK_FAULT_CLOCK_WRONG,
		[TLS_NOT_YET_VALID] = LINK_FAULT_CLOCK_WRONG,
	};

	return faults[verdict];
}

static void
take_new_address(struct link *link)
{
	char from[sizeof link->settings.address];

	if (link->elsewhere[0] == '\0')
		return;
	str_copy(from, sizeof from, link->settings.address);
	str_copy(link->settings.address, sizeof link->settings.address, link->elsewhere);
	link->elsewhere[0] = '\0';
	reset_waits(link);
	link->duties.moved(link->duties.arg, from, link->settings.address);
}

static void
on_identity(struct link *link, const struct mqtt_event *event, int64_t now_ms, int64_t wall_ms)
{
	char reason[80] = "", when[CLOCK_UTC_BYTES];

	link->seen = event->certificate;
	link->has_seen = true;
	link_set_phase(link, LINK_PHASE_IDENTITY, now_ms, wall_ms);
	if (TLS_IS_TRUSTED(event->verdict)) {
		take_new_address(link);
		link_set_phase(link, LINK_PHASE_LOGIN, now_ms, wall_ms);
		return;
	}
	if (event->verdict == TLS_EXPIRED || event->verdict == TLS_NOT_YET_VALID) {
		bool over = event->verdict == TLS_EXPIRED;
		clock_format_utc(over ? link->seen.not_after_ms : link->seen.not_before_ms, when);
		str_format(reason, sizeof reason, over ? "out of date since %.10s" : "valid only from %.10s on", when);
	}
	link_break(link, fault_of_verdict(event->verdict), reason, wall_ms);
}

static void
on_login_refused(struct link *link, int code, int64_t wall_ms)
{
	char reason[60];

	if (code == 4 || code == 5) {
		link_break(link, LINK_FAULT_CODE_REFUSED, "", wall_ms);
		return;
	}
	if (code == 3)
		str_copy(reason, sizeof reason, "it says that it is busy");
	else
		str_format(reason, sizeof reason, "it gives reason %d", code);
	link_break(link, LINK_FAULT_LOGIN_REFUSED, reason, wall_ms);
}

/* The printer (or the way to it) ended a session that stood. Counts those that look like another's doing. */
static void
note_cut(struct link *link, int64_t now_ms)
{
	memmove(&link->takeover_ms[1], &link->takeover_ms[0], sizeof link->takeover_ms - sizeof link->takeover_ms[0]);
	link->takeover_ms[0] = now_ms;
	link->takeovers++;
}

static bool
is_taken_over(const struct link *link, int64_t now_ms)
{
	int64_t oldest_ms = link->takeover_ms[LINK_TAKEOVERS_MANY - 1];

	return oldest_ms != 0 && now_ms - oldest_ms <= LINK_TAKEOVER_WINDOW_MS;
}

static void
on_ended_listening(struct link *link, const char *text, int64_t now_ms, int64_t wall_ms)
{
	int64_t lived_ms = now_ms - link->connected_ms;

	link->reconnects++;
	/* Tried again at once, Wi-Fi that flaps is still away, which tells it from another client; the latter is not
	 * fought with for long (LINK_TAKEOVERS_MANY). */
	if (link->heard_this_time || lived_ms >= LINK_STABLE_MS)
		reset_waits(link);
	if (link->heard_this_time && lived_ms < LINK_TAKEOVER_WINDOW_MS)
		note_cut(link, now_ms);
	if (is_taken_over(link, now_ms))
		link_break(link, LINK_FAULT_TAKEN_OVER, "", wall_ms);
	else if (link->silent) /* still what is wrong: that its end was noticed, too, is no news to a person */
		link_break(link, LINK_FAULT_SILENT, "", wall_ms);
	else if (!link->heard_this_time && lived_ms < LINK_SHORT_MS)
		link_break(link, LINK_FAULT_DROPPED, text, wall_ms);
	else
		link_break(link, LINK_FAULT_LOST, text, wall_ms);
}

/* No event has said why: take it from how far it had come. */
static enum link_fault
fault_of_end(enum link_phase phase)
{
	if (phase <= LINK_PHASE_TCP)
		return LINK_FAULT_TIMED_OUT;
	if (phase <= LINK_PHASE_IDENTITY)
		return LINK_FAULT_TLS_FAILED;
	return phase == LINK_PHASE_LOGIN ? LINK_FAULT_LOGIN_REFUSED : LINK_FAULT_DROPPED;
}

static void
on_ended(struct link *link, const struct mqtt_event *event, int64_t now_ms, int64_t wall_ms)
{
	bool stood = link->phase >= LINK_PHASE_REPORTS;

	if (stood)
		on_ended_listening(link, event->text, now_ms, wall_ms);
	else if (link->fault == LINK_FAULT_NONE || fault_phase(link->fault) != link->phase)
		link_break(link, fault_of_end(link->phase),
			   event->text[0] != '\0' ? event->text : "it closes the connection", wall_ms);
	if (!stood) /* the way itself is bad: nobody takes anything over */
		memset(link->takeover_ms, 0, sizeof link->takeover_ms);
	forget_session(link);
	plan_by_fault(link, now_ms, wall_ms);
}

void
link_on_mqtt(struct link *link, const struct mqtt_event *event, const struct printer_state *state, int64_t now_ms,
	     int64_t wall_ms)
{
	switch (event->kind) {
	case MQTT_TCP_FAILED:
		link_set_phase(link, event->error == ECONNREFUSED ? LINK_PHASE_TCP : LINK_PHASE_ROUTE, now_ms, wall_ms);
		on_tcp_failed(link, event->error, wall_ms);
		break;
	case MQTT_TCP_OPEN:
		link_set_phase(link, LINK_PHASE_TLS, now_ms, wall_ms);
		break;
	case MQTT_TLS_FAILED:
		if (event->error == ETIMEDOUT)
			link_break(link, LINK_FAULT_TLS_SILENT, "", wall_ms);
		else if (link->phase != LINK_PHASE_IDENTITY) /* the verdict has said it already */
			link_break(link, LINK_FAULT_TLS_FAILED, event->text, wall_ms);
		break;
	case MQTT_IDENTITY:
		on_identity(link, event, now_ms, wall_ms);
		break;
	case MQTT_REFUSED:
		on_login_refused(link, event->error, wall_ms);
		break;
	case MQTT_NO_ANSWER:
		link_break(link, LINK_FAULT_LOGIN_SILENT, "", wall_ms);
		break;
	case MQTT_CONNECTED:
		link->connected_ms = now_ms;
		link->connected_wall_ms = wall_ms;
		link->refused_ms = LINK_REFUSED_FIRST_MS;
		link_set_phase(link, LINK_PHASE_SUBSCRIBE, now_ms, wall_ms);
		link->duties.subscribe(link->duties.arg);
		break;
	case MQTT_SUBSCRIBED:
		link_set_phase(link, LINK_PHASE_REPORTS, now_ms, wall_ms);
		link_begin_reports(link, now_ms);
		break;
	case MQTT_SUBSCRIBE_FAILED:
		link_break(link, LINK_FAULT_SUBSCRIBE_REFUSED, "", wall_ms);
		link->duties.drop(link->duties.arg);
		forget_session(link);
		plan_by_fault(link, now_ms, wall_ms);
		break;
	case MQTT_PAYLOAD_TOO_BIG:
		link->bad_ms = now_ms;
		str_copy(link->bad_reason, sizeof link->bad_reason, "one was larger than 256 KiB");
		link_tell_news(link, state, now_ms, wall_ms);
		break;
	case MQTT_DROPPED:
		link->flood_ms = now_ms;
		link->passed_over += (uint32_t)event->error;
		link_tell_news(link, state, now_ms, wall_ms);
		break;
	case MQTT_PUBLISHED:
	case MQTT_PUBLISH_FAILED:
		break; /* a printer's state is the only proof */
	case MQTT_ENDED:
		on_ended(link, event, now_ms, wall_ms);
		break;
	}
}

/* -- time ------------------------------------------------------------------------------- */

void
link_on_time(struct link *link, const struct printer_state *state, int64_t now_ms, int64_t wall_ms)
{
	if (!link->attempting && link->next_try_ms != 0 && now_ms >= link->next_try_ms) {
		link_start_attempt(link, now_ms, wall_ms);
		return;
	}
	link_tell_news(link, state, now_ms, wall_ms);
	if (link_is_listening(link))
		link_check_silence(link, state, now_ms, wall_ms);
}

int64_t
link_deadline_ms(const struct link *link)
{
	int64_t at_ms = INT64_MAX, news_ms = link_news_deadline_ms(link);

	if (!link->attempting && link->next_try_ms != 0)
		at_ms = link->next_try_ms;
	else if (link_is_listening(link))
		at_ms = link_silence_deadline_ms(link);
	return news_ms < at_ms ? news_ms : at_ms;
}
