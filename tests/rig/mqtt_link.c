/*
 * mqtt_link: worker/link/mqtt in a program of its own, told by lines what to do, telling in lines of JSON what came.
 *
 *	mqtt_link [--sandbox] [--ca FOLDER]
 *
 *	connect ADDRESS PORT CLIENT_ID SERIAL PIN|- CODE KEEPALIVE_S TIMEOUT_S
 *	drop | subscribe | publish QOS TAG PAYLOAD
 *	then EVENT drop|connect    do it from within that event (a kind as printed below)
 *	quiet                      count reports, do not print them
 *	hold MS                    keep the loop busy for so long, as a slow reader
 *	figures                    what was counted, and the heap
 *	forget                     the access code, wherever this program has it
 *	quit
 *
 * Each call is answered by {"did":…,"us":…}, each event by {"event":…}, each report by {"report":…}.
 */
#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/sandbox.h"
#include "common/str.h"
#include "worker/link/mqtt.h"

#define LINE_BYTES (300 * 1024)

static struct loop *loop;
static struct mqtt *mqtt;
static struct mqtt_target target;
static char then_event[32], then_what[16];
static bool quiet;
static uint64_t reports, report_bytes, dropped;
static int64_t connect_us;

/* -- telling ------------------------------------------------------------------------------------------- */

static void
print(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);

	ENSURE(text != NULL);
	size_t len = strlen(text);
	text[len] = '\n'; /* in place of its NUL: stdio would look at the descriptor first, which the sandbox forbids */
	for (size_t at = 0; at <= len;) {
		ssize_t wrote = write(STDOUT_FILENO, text + at, len + 1 - at);
		ENSURE(wrote > 0);
		at += (size_t)wrote;
	}
	free(text);
	json_decref(object);
}

static void
print_did(const char *what, int64_t since_us, bool good)
{
	print(json_pack("{s:s,s:I,s:b}", "did", what, "us", (json_int_t)(clock_monotonic_us() - since_us), "good", good));
}

static const char *
kind_name(enum mqtt_event_kind kind)
{
	static const char *const names[] = {
		[MQTT_TCP_FAILED] = "tcp_failed",     [MQTT_TCP_OPEN] = "tcp_open",
		[MQTT_TLS_FAILED] = "tls_failed",     [MQTT_IDENTITY] = "identity",
		[MQTT_REFUSED] = "refused",	      [MQTT_NO_ANSWER] = "no_answer",
		[MQTT_CONNECTED] = "connected",	      [MQTT_SUBSCRIBED] = "subscribed",
		[MQTT_SUBSCRIBE_FAILED] = "subscribe_failed", [MQTT_PUBLISHED] = "published",
		[MQTT_PUBLISH_FAILED] = "publish_failed", [MQTT_PAYLOAD_TOO_BIG] = "too_big",
		[MQTT_DROPPED] = "dropped",	      [MQTT_ENDED] = "ended",
	};

	return names[kind];
}

static void
do_connect(void)
{
	connect_us = clock_monotonic_us();
	mqtt_connect(mqtt, &target);
	print_did("connect", connect_us, true);
}

static void
do_drop(void)
{
	int64_t from_us = clock_monotonic_us();

	mqtt_drop(mqtt);
	print_did("drop", from_us, true);
}

static void
on_event(void *arg, const struct mqtt_event *event)
{
	const char *name = kind_name(event->kind);
	json_t *object = json_pack("{s:s,s:i,s:i,s:s,s:I}", "event", name, "error", event->error, "tag", (int)event->tag,
				   "text", event->text, "us", (json_int_t)(clock_monotonic_us() - connect_us));

	(void)arg;
	if (event->kind == MQTT_IDENTITY)
		json_object_update_new(object, json_pack("{s:s,s:s,s:s}", "verdict", tls_verdict_name(event->verdict),
							 "serial", event->certificate.serial, "sha256",
							 event->certificate.sha256));
	if (event->kind == MQTT_DROPPED)
		dropped += (uint64_t)event->error;
	print(object);
	if (strcmp(name, then_event) == 0) {
		then_event[0] = '\0';
		strcmp(then_what, "drop") == 0 ? do_drop() : do_connect();
	}
}

static void
on_report(void *arg, void *payload, size_t len, int64_t received_ms)
{
	char *bytes = payload;

	(void)arg;
	ENSURE(bytes[len] == '\0');
	reports++;
	report_bytes += len;
	if (quiet)
		return;
	print(json_pack("{s:I,s:s%,s:I}", "report", (json_int_t)len, "begin", bytes,
			str_valid_utf8(bytes, len < 60 ? len : 60) ? (len < 60 ? len : 60) : 0, "at", (json_int_t)received_ms));
}

/* -- being told ---------------------------------------------------------------------------------------- */

static bool
parse_target(const char *arguments)
{
	char code[128], pin[TLS_SHA256_BYTES + 1], address[64], client_id[48], serial[TLS_SERIAL_BYTES];
	unsigned port;

	target = (struct mqtt_target){ 0 };
	if (sscanf(arguments, "%63s %u %47s %32s %65s %127s %d %d", address, &port, client_id, serial, pin, code,
		   &target.keepalive_s, &target.connect_timeout_s) != 8)
		return false;
	str_copy(target.address, sizeof target.address, address);
	target.port = (uint16_t)port;
	str_copy(target.client_id, sizeof target.client_id, client_id);
	str_copy(target.expectation.serial, sizeof target.expectation.serial, serial);
	if (strcmp(pin, "-") != 0)
		str_copy(target.expectation.pin_sha256, sizeof target.expectation.pin_sha256, pin);
	bool good = secret_set(&target.access_code, code, strlen(code));
	explicit_bzero(code, sizeof code);
	return good;
}

static void
publish(const char *arguments)
{
	int qos, tag, skip = 0;
	int64_t from_us = clock_monotonic_us();

	ENSURE(sscanf(arguments, "%d %d %n", &qos, &tag, &skip) == 2 && skip > 0);
	bool good = mqtt_publish(mqtt, arguments + skip, strlen(arguments + skip), qos, (uint32_t)tag);
	print_did("publish", from_us, good);
}

static void
hold(const char *milliseconds)
{
	struct timespec left = { .tv_sec = atoi(milliseconds) / 1000, .tv_nsec = atoi(milliseconds) % 1000 * 1000000L };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &left, NULL);
	print_did("hold", clock_monotonic_us(), true);
}

static void
print_figures(void)
{
	struct mallinfo2 heap = mallinfo2();

	print(json_pack("{s:I,s:I,s:I,s:I}", "reports", (json_int_t)reports, "bytes", (json_int_t)report_bytes, "dropped",
			(json_int_t)dropped, "heap", (json_int_t)(heap.uordblks + heap.hblkhd)));
}

static void
obey(char *line)
{
	char *rest = strchr(line, ' ');

	if (rest != NULL)
		*rest++ = '\0';
	if (strcmp(line, "connect") == 0 && rest != NULL && parse_target(rest))
		do_connect();
	else if (strcmp(line, "drop") == 0)
		do_drop();
	else if (strcmp(line, "subscribe") == 0)
		mqtt_subscribe(mqtt);
	else if (strcmp(line, "publish") == 0 && rest != NULL)
		publish(rest);
	else if (strcmp(line, "then") == 0 && rest != NULL && sscanf(rest, "%31s %15s", then_event, then_what) == 2)
		print_did("then", clock_monotonic_us(), true);
	else if (strcmp(line, "quiet") == 0)
		quiet = true;
	else if (strcmp(line, "hold") == 0 && rest != NULL)
		hold(rest);
	else if (strcmp(line, "figures") == 0)
		print_figures();
	else if (strcmp(line, "forget") == 0)
		explicit_bzero(&target, sizeof target);
	else if (strcmp(line, "quit") == 0)
		loop_stop(loop);
	else
		print(json_pack("{s:s}", "unknown", line));
}

static void
on_stdin(void *arg, int fd, unsigned ready)
{
	static char buffer[LINE_BYTES];
	static size_t used;
	ssize_t got = read(fd, buffer + used, sizeof buffer - 1 - used);

	(void)arg, (void)ready;
	if (got <= 0) {
		loop_stop(loop);
		return;
	}
	used += (size_t)got;
	buffer[used] = '\0';
	char *line = buffer;
	for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		obey(line);
	}
	used -= (size_t)(line - buffer);
	memmove(buffer, line, used);
	explicit_bzero(buffer + used, sizeof buffer - used);
}

int
main(int argc, char **argv)
{
	const struct mqtt_duties duties = { .on_event = on_event, .on_report = on_report };
	bool sandbox = false;
	char unapplied[160];

	mallopt(M_ARENA_MAX, 1);
	tls_init();
	json_object_seed(0); /* it reads /dev/urandom at its first object else */
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--sandbox") == 0)
			sandbox = true;
		else if (strcmp(argv[i], "--ca") == 0 && i + 1 < argc)
			tls_load_owner_issuers(argv[++i]);
	}
	loop = loop_new();
	ENSURE(loop != NULL);
	struct loop_io *input = loop_io_new(loop, STDIN_FILENO, LOOP_READ, on_stdin, NULL);
	if (sandbox && sandbox_enter(SANDBOX_WORKER, NULL, 0, unapplied, sizeof unapplied) != 0)
		return 1;
	mqtt = mqtt_new(loop, &duties);
	print(json_pack("{s:b,s:i}", "up", true, "pid", (int)getpid()));
	loop_run(loop);
	int64_t from_us = clock_monotonic_us();
	mqtt_free(mqtt);
	print_did("free", from_us, true);
	secret_wipe(&target.access_code);
	loop_io_free(input);
	loop_free(loop);
	return 0;
}
