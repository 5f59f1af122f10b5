/*
 * desk: messages in, answers out.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exits.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "worker/link/worker.h"

#define WANT_AGAIN_MS 500
#define WANT_PATIENCE_MS 3000 /* a store that says nothing (its disk stands still) must not cost the worker its start */

/* -- who the printer is ------------------------------------------------------------------------ */

void
desk_want(void *arg)
{
	struct worker *worker = arg;
	struct msg_printer_want want = {};

	worker->want_request = child_next_request_id(worker->child);
	child_send(worker->child, MESSAGE_PRINTER_WANT, ROLE_STORED, 0, worker->want_request, 0, &want, -1);
	loop_timer_set(worker->want_timer, WANT_PATIENCE_MS);
}

void
desk_on_synced(void *arg)
{
	desk_want(arg);
}

static void
say_ready(struct worker *worker, const char *sentence)
{
	if (worker->ready)
		return;
	worker->ready = true;
	child_ready(worker->child, sentence);
	worker_touch(worker);
}

/* As it is kept; where that is "Other", as its serial number begins, until the printer tells. */
static const struct model *
model_of(const struct msg_printer_mine *mine)
{
	const struct model *kept = model_by_key(mine->model);

	return kept != model_other() ? kept : model_by_serial(mine->serial);
}

/* The time to ask again has come, or the answer to the open question is late. */
void
desk_on_want_timer(void *arg)
{
	struct worker *worker = arg;

	if (worker->want_request == 0)
		desk_want(worker);
	else
		say_ready(worker, "waits for the store");
}

static void
on_mine(struct worker *worker, const struct msg_printer_mine *mine)
{
	struct link_settings settings = { .port = (uint16_t)(mine->mqtt_port != 0 ? mine->mqtt_port : 8883),
					  .model = model_of(mine),
					  .access_code = mine->access_code,
					  .firmware_wall_ms = mine->firmware_ms };
	char sentence[160];

	worker->want_request = 0;
	loop_timer_cancel(worker->want_timer);
	str_copy(settings.serial, sizeof settings.serial, mine->serial);
	str_copy(settings.name, sizeof settings.name, mine->name);
	str_copy(settings.address, sizeof settings.address, mine->address);
	str_copy(settings.pin_sha256, sizeof settings.pin_sha256, mine->certificate_sha256);
	str_format(settings.client_id, sizeof settings.client_id, "fuse-%s-%s", mine->installation, mine->serial);
	str_copy(settings.firmware, sizeof settings.firmware, mine->firmware);
	str_copy(settings.previous_firmware, sizeof settings.previous_firmware, mine->previous_firmware);
	str_format(sentence, sizeof sentence, "links %s at %s", settings.serial, settings.address);
	say_ready(worker, sentence);
	link_configure(&worker->link, &settings, clock_monotonic_ms(), clock_wall_ms());
	secret_wipe(&settings.access_code);
	worker->ftps_port = mine->ftps_port;
	jobdesk_on_printer(worker, mine);
	worker_touch(worker);
}

static void
on_want_refused(struct worker *worker, const struct msg_refused *refused)
{
	worker->want_request = 0;
	loop_timer_cancel(worker->want_timer);
	if (refused->reason == REFUSAL_NOT_FOUND) {
		/* It was removed: the supervisor ends this process in a moment. */
		say_ready(worker, "its printer is not kept any more");
		return;
	}
	log_warn("does not get its printer from the store; tries again", log_str("why", refused->sentence));
	loop_timer_set(worker->want_timer, WANT_AGAIN_MS);
}

void
desk_say_firmware(struct worker *worker, const char *firmware)
{
	struct msg_printer_seen seen = { 0 };

	str_copy(seen.firmware, sizeof seen.firmware, firmware);
	log_info("the printer's firmware", log_str("version", firmware));
	child_send(worker->child, MESSAGE_PRINTER_SEEN, ROLE_STORED, 0, child_next_request_id(worker->child), 0, &seen, -1);
}

/* -- what goes out through a descriptor ------------------------------------------------------------ */

static void
refuse_reader(struct worker *worker, const struct header *request)
{
	child_reply_refused(worker->child, request, REFUSAL_BUSY, "Too many are reading this printer's messages.",
			    "Close one of them, then try again.");
}

static void *
remember(const struct header *request)
{
	struct header *copy = malloc(sizeof *copy);

	ENSURE(copy != NULL);
	*copy = *request;
	return copy;
}

void
desk_on_tail_end(void *arg, void *cookie, bool complete)
{
	struct worker *worker = arg;
	struct header *request = cookie;

	child_reply_done(worker->child, request, complete ? "" : "The reader has gone away.");
	free(request);
}

static void
give_messages(struct worker *worker, const struct header *request, const struct msg_messages_want *want, int fd)
{
	void *cookie = remember(request);

	if (!tails_add(worker->tails, fd, want->follow, want->most, cookie)) {
		refuse_reader(worker, request);
		free(cookie);
	}
}

static void
give_report(struct worker *worker, const struct header *request, int fd)
{
	size_t len;
	char *text = rawreport_text(worker->raw, worker->ring, &len);

	if (text == NULL) {
		close(fd);
		child_reply_refused(worker->child, request, REFUSAL_CONFLICT, "The printer has not reported yet.",
				    "`fusectl doctor` shows why.");
		return;
	}
	void *cookie = remember(request);
	if (!tails_add_text(worker->tails, fd, text, len, cookie)) {
		refuse_reader(worker, request);
		free(cookie);
	}
}

/* -- requests ---------------------------------------------------------------------------------------- */

static bool
is_for_us(struct worker *worker, const struct header *request, const char *serial, int fd)
{
	if (strcmp(serial, child_entry_peek(worker->child)) == 0)
		return true;
	if (fd >= 0)
		close(fd);
	child_reply_refused(worker->child, request, REFUSAL_NOT_FOUND, "This process serves another printer.",
			    "Try again.");
	return false;
}

/* A printer that parses a start says nothing for minutes, and is best left alone. */
static void
reconnect(struct worker *worker, const struct header *header, int64_t now_ms, int64_t wall_ms)
{
	if (queue_start_is_pending(&worker->queue, now_ms)) {
		child_reply_refused(worker->child, header, REFUSAL_CONFLICT, "A print is just being started on this printer.",
				    "Wait until it has begun, 3 minutes at most.");
		return;
	}
	link_reconnect(&worker->link, now_ms, wall_ms);
	child_reply_done(worker->child, header, "The link is made anew.");
}

static void
on_request(struct worker *worker, const struct header *header, const void *message, int fd)
{
	int64_t now_ms = clock_monotonic_ms(), wall_ms = clock_wall_ms();
	/* All requests to a worker begin with the printer's serial number. */
	const char *serial = ((const struct msg_reconnect *)message)->serial;

	if (!is_for_us(worker, header, serial, fd))
		return;
	switch (header->number) {
	case MESSAGE_COMMAND:
		commander_do(worker, header, message, now_ms);
		break;
	case MESSAGE_REPORT_WANT:
		give_report(worker, header, fd);
		break;
	case MESSAGE_MESSAGES_WANT:
		give_messages(worker, header, message, fd);
		break;
	case MESSAGE_MESSAGES_CLEAR:
		ring_clear(worker->ring);
		child_reply_done(worker->child, header, "The kept messages are forgotten.");
		break;
	case MESSAGE_DIAGNOSE:
		doctor_begin(worker, header, now_ms, wall_ms);
		break;
	case MESSAGE_RECONNECT:
		reconnect(worker, header, now_ms, wall_ms);
		break;
	case MESSAGE_PREFLIGHT:
		preview_begin(worker, header, message);
		break;
	case MESSAGE_PRINTER_FILES_WANT:
		storagedesk_list(worker, header);
		break;
	case MESSAGE_PRINTER_FILE_REMOVE:
		storagedesk_remove(worker, header, message);
		break;
	default:
		break;
	}
	worker_rearm(worker);
}

void
desk_on_message(void *arg, const struct header *header, const void *message, int fd)
{
	struct worker *worker = arg;

	if (jobdesk_on_message(worker, header, message, fd) || preview_on_message(worker, header, message)) {
		worker_rearm(worker);
		return;
	}
	switch (header->number) {
	case MESSAGE_PRINTER_MINE:
		on_mine(worker, message);
		worker_rearm(worker);
		break;
	case MESSAGE_PRINTER_CHANGED:
		desk_want(worker);
		break;
	case MESSAGE_REFUSED:
		if (!follow_on_refused(worker, header->request_id) && header->request_id == worker->want_request)
			on_want_refused(worker, message);
		worker_rearm(worker);
		break;
	case MESSAGE_LOCATED:
		follow_on_located(worker, header->request_id, message, clock_monotonic_ms(), clock_wall_ms());
		worker_rearm(worker);
		break;
	case MESSAGE_COMMAND:
	case MESSAGE_REPORT_WANT:
	case MESSAGE_MESSAGES_WANT:
	case MESSAGE_MESSAGES_CLEAR:
	case MESSAGE_DIAGNOSE:
	case MESSAGE_RECONNECT:
	case MESSAGE_PREFLIGHT:
	case MESSAGE_PRINTER_FILES_WANT:
	case MESSAGE_PRINTER_FILE_REMOVE:
		on_request(worker, header, message, fd);
		break;
	default: /* retained messages for all children come here, and answers that nobody waits for any more */
		if (fd >= 0)
			close(fd);
		break;
	}
}

void
desk_on_stop(void *arg, uint32_t deadline_ms)
{
	struct worker *worker = arg;

	(void)deadline_ms;
	tails_free(worker->tails);
	mqtt_drop(worker->mqtt);
	child_exit(worker->child, EXIT_DONE);
}
