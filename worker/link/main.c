/*
 * fuse-worker: one printer: its link, its state, its jobs.
 */
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/clock.h"
#include "common/exits.h"
#include "common/log.h"
#include "worker/link/worker.h"

/* The C library's own to begin with. Unless it is set, it grows with the first larger block that is freed, and the next
 * such block then stays in the heap for good. */
#define MMAP_FROM_BYTES (128 * 1024)

static struct worker worker;

/* -- the link's duties --------------------------------------------------------------------------- */

static void
do_connect(void *arg, const struct mqtt_target *target)
{
	(void)arg;
	mqtt_connect(worker.mqtt, target);
}

static void
do_drop(void *arg)
{
	(void)arg;
	commander_on_lost(&worker, clock_monotonic_ms());
	queue_on_lost(&worker.queue);
	mqtt_drop(worker.mqtt);
}

static void
do_subscribe(void *arg)
{
	(void)arg;
	mqtt_subscribe(worker.mqtt);
}

bool
worker_publish(struct worker *w, const struct command_payload *payload)
{
	if (!mqtt_publish(w->mqtt, payload->json, payload->len, payload->qos, payload->sequence_id))
		return false;
	ring_add(w->ring, RING_SENT, 0, clock_wall_ms(), payload->json, payload->len);
	tails_wake(w->tails);
	return true;
}

static void
do_publish(void *arg, const struct command_payload *payload)
{
	(void)arg;
	worker_publish(&worker, payload);
}

static void
do_changed(void *arg)
{
	(void)arg;
	worker_touch(&worker);
}

static void
do_firmware_seen(void *arg, const char *firmware)
{
	(void)arg;
	desk_say_firmware(&worker, firmware);
}

static void
do_moved(void *arg, const char *from, const char *address)
{
	(void)arg;
	follow_on_moved(&worker, from, address);
}

/* -- what comes from the printer -------------------------------------------------------------------- */

static void
log_event(const struct mqtt_event *event)
{
	const struct link *link = &worker.link;

	if (event->kind == MQTT_CONNECTED)
		log_info("linked", log_str("address", link->settings.address), log_int("attempts", link->attempts));
	else if (event->kind == MQTT_IDENTITY && !TLS_IS_TRUSTED(event->verdict))
		log_warn("refused the certificate", log_str("address", link->settings.address),
			 log_str("verdict", tls_verdict_name(event->verdict)), log_str("serial", event->certificate.serial),
			 log_str("sha256", event->certificate.sha256));
	else if (event->kind == MQTT_ENDED && link->attempts <= 3)
		log_info("the session is over", log_str("phase", link_phase_name(link->phase)), log_str("why", event->text));
	else if (event->kind == MQTT_DROPPED)
		log_warn("passed over reports: too many at once", log_int("count", event->error));
}

static void
on_mqtt_event(void *arg, const struct mqtt_event *event)
{
	int64_t now_ms = clock_monotonic_ms(), wall_ms = clock_wall_ms();

	(void)arg;
	log_event(event);
	link_on_mqtt(&worker.link, event, &worker.state, now_ms, wall_ms);
	if (event->kind == MQTT_ENDED) {
		commander_on_lost(&worker, now_ms);
		queue_on_lost(&worker.queue);
	}
	jobdesk_look(&worker);
	doctor_look(&worker, now_ms, wall_ms);
	worker_rearm(&worker);
}

static void
keep(const struct report_summary *summary, void *payload, size_t len, int64_t received_ms)
{
	ring_redact(payload, len);
	uint64_t number = ring_add(worker.ring, RING_RECEIVED, (uint8_t)summary->kind, received_ms, payload, len);
	rawreport_note(worker.raw, summary->kind, number, payload, len);
	tails_wake(worker.tails);
}

static void
on_mqtt_report(void *arg, void *payload, size_t len, int64_t received_ms)
{
	struct report_summary summary;
	int64_t now_ms = clock_monotonic_ms();

	(void)arg;
	child_doing("reading a report");
	report_read(worker.report, payload, len, received_ms, &worker.state, &summary);
	keep(&summary, payload, len, received_ms);
	link_on_report(&worker.link, &summary, &worker.state, now_ms, received_ms);
	if (summary.kind == REPORT_REPLY)
		commander_on_reply(&worker, &summary, now_ms);
	if (summary.kind == REPORT_FULL || summary.kind == REPORT_DELTA || summary.kind == REPORT_VERSION)
		worker_touch_state(&worker);
	jobdesk_on_report(&worker, &summary);
	doctor_look(&worker, now_ms, received_ms);
	worker_rearm(&worker);
	child_doing(NULL);
}

/* -- time --------------------------------------------------------------------------------------------- */

static void
on_time(void *arg)
{
	int64_t now_ms = clock_monotonic_ms(), wall_ms = clock_wall_ms();

	(void)arg;
	worker.armed_ms = 0;
	link_on_time(&worker.link, &worker.state, now_ms, wall_ms);
	commander_on_time(&worker, now_ms);
	jobdesk_look(&worker);
	doctor_look(&worker, now_ms, wall_ms);
	if (worker_is_stale(&worker, now_ms) != worker.posted_stale)
		worker_touch(&worker);
	worker_rearm(&worker);
}

void
worker_rearm(struct worker *w)
{
	int64_t now_ms = clock_monotonic_ms();

	follow_look(w, now_ms);
	int64_t at_ms = link_deadline_ms(&w->link);
	int64_t others[] = { commander_deadline_ms(&w->commander), doctor_deadline_ms(&w->doctor), follow_deadline_ms(w),
			     queue_deadline_ms(&w->queue),
			     w->link.heard_ms != 0 && !w->posted_stale ? w->link.heard_ms + w->link.model->silence_ms
								       : INT64_MAX };

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (others[i] < at_ms)
			at_ms = others[i];
	/* A deadline that moved away is left to pass: each report moves one, and a timer costs a system call. */
	if (w->armed_ms != 0 && w->armed_ms <= at_ms)
		return;
	w->armed_ms = at_ms != INT64_MAX ? at_ms : 0;
	if (at_ms != INT64_MAX)
		loop_timer_set(w->time, at_ms > now_ms ? at_ms - now_ms : 0);
}

/* -- birth ----------------------------------------------------------------------------------------------- */

static void
set_up(void)
{
	static const struct link_duties link_duties = { do_connect, do_drop,	do_subscribe,	  do_publish,
							do_changed, do_firmware_seen, do_moved, NULL };
	static const struct mqtt_duties mqtt_duties = { on_mqtt_event, on_mqtt_report, NULL };
	const struct ring_heir heir = { rawreport_wants, rawreport_on_forgotten, worker.raw = rawreport_new() };
	uint64_t random = 0;

	if (getrandom(&random, sizeof random, 0) != sizeof random)
		random = (uint64_t)clock_monotonic_us();
	worker.loop = child_loop_peek(worker.child);
	worker.report = report_new();
	worker.ring = ring_new(RING_MAX_BYTES, &heir);
	worker.tails = tails_new(worker.loop, worker.ring, desk_on_tail_end, &worker);
	worker.time = loop_timer_new(worker.loop, on_time, NULL);
	worker.post_timer = loop_timer_new(worker.loop, worker_post, &worker);
	worker.want_timer = loop_timer_new(worker.loop, desk_on_want_timer, &worker);
	worker.mqtt = mqtt_new(worker.loop, &mqtt_duties);
	printer_state_init(&worker.state);
	link_init(&worker.link, &link_duties, random);
	jobdesk_init(&worker);
}

int
main(int argc, char **argv)
{
	static const struct child_duties duties = { desk_on_synced, desk_on_message, desk_on_stop, &worker };

	if (argc != 4 || strcmp(argv[2], "--ca") != 0) { /* argv[1] is the entry, for ps(1) */
		fprintf(stderr, "fuse-worker is a part of Fuse: fused starts it. Start `fused` instead.\n");
		return EXIT_USAGE;
	}
	mallopt(M_MMAP_THRESHOLD, MMAP_FROM_BYTES);
	json_object_seed(0); /* jansson reads /dev/urandom for it, which is out of reach later */
	tls_init();
	tls_load_owner_issuers(argv[3]);
	worker.child = child_new(ROLE_WORKER, SANDBOX_WORKER, NULL, 0, &duties);
	set_up();
	return child_run(worker.child);
}
