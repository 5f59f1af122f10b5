/*
 * link_rig: what the tests of a printer's link share: a link whose session, reports and time they play, and a count of
 * what it asks for. Include it last.
 *
 *	begin("P1S");
 *	come_up();                      // its session stands
 *	report(REPORT_FULL);
 *	assert_true(link_is_online(&link_));
 */
#ifndef FUSE_TESTS_LINK_RIG_H
#define FUSE_TESTS_LINK_RIG_H

#include <string.h>

#include "common/str.h"
#include "worker/link/link.h"

#define RIG __attribute__((unused)) static

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

RIG struct link_settings
settings_of(const char *model)
{
	struct link_settings settings = { .port = 8883, .model = model_by_key(model) };

	str_copy(settings.serial, sizeof settings.serial, SERIAL);
	str_copy(settings.address, sizeof settings.address, "192.0.2.7");
	str_copy(settings.client_id, sizeof settings.client_id, "fuse-0badcafe-" SERIAL);
	secret_set(&settings.access_code, "12345678", 8);
	return settings;
}

RIG void
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

RIG void
pass(int64_t ms)
{
	now_ms += ms;
	wall_ms += ms;
}

RIG void
event(enum mqtt_event_kind kind, int error, const char *text)
{
	struct mqtt_event e = { .kind = kind, .error = error };

	str_copy(e.text, sizeof e.text, text);
	link_on_mqtt(&link_, &e, &state, now_ms, wall_ms);
}

RIG void
identity(enum tls_verdict verdict, const char *serial)
{
	struct mqtt_event e = { .kind = MQTT_IDENTITY, .verdict = verdict };

	str_copy(e.certificate.serial, sizeof e.certificate.serial, serial);
	str_copy(e.certificate.sha256, sizeof e.certificate.sha256, "aa");
	link_on_mqtt(&link_, &e, &state, now_ms, wall_ms);
}

RIG void
report(enum report_kind kind)
{
	struct report_summary summary = { .kind = kind, .sequence_id = -1 };

	if (kind == REPORT_FULL)
		state.full_ms = wall_ms;
	link_on_report(&link_, &summary, &state, now_ms, wall_ms);
}

RIG void
come_up(void)
{
	event(MQTT_TCP_OPEN, 0, "");
	identity(TLS_TRUSTED_CHAIN, SERIAL);
	event(MQTT_CONNECTED, 0, "");
	event(MQTT_SUBSCRIBED, 0, "");
}

/* Let time pass up to the link's own deadline. */
RIG void
to_deadline(void)
{
	int64_t at_ms = link_deadline_ms(&link_);

	assert_true(at_ms != INT64_MAX);
	if (at_ms > now_ms)
		pass(at_ms - now_ms);
	link_on_time(&link_, &state, now_ms, wall_ms);
}

RIG const char *
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

#endif
