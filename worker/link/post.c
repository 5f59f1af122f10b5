/*
 * post: PRINTER_LINK and PRINTER_STATE, when something has changed: the link at once, the state ten times a second at
 * most.
 */
#include <string.h>

#include "common/clock.h"
#include "common/str.h"
#include "worker/link/worker.h"

bool
worker_is_stale(const struct worker *worker, int64_t now_ms)
{
	const struct link *link = &worker->link;

	return link->heard_ms != 0 && now_ms - link->heard_ms >= link->model->silence_ms;
}

void
worker_touch(struct worker *worker)
{
	worker->link_dirty = worker->state_dirty = true;
	loop_timer_set(worker->post_timer, 0);
}

void
worker_touch_state(struct worker *worker)
{
	if (worker->state_dirty)
		return; /* the timer runs */
	int64_t wait_ms = worker->posted_ms + POST_GAP_MS - clock_monotonic_ms();
	worker->state_dirty = true;
	if (wait_ms > 0)
		loop_timer_set(worker->post_timer, wait_ms);
	else
		worker_post(worker); /* the usual case: without another turn of the loop */
}

/* -- PRINTER_LINK ------------------------------------------------------------------------------ */

static void
fill_words(const struct worker *worker, int64_t now_ms, int64_t wall_ms, struct msg_printer_link *message)
{
	const struct link *link = &worker->link;
	enum link_fault fault;
	struct fault_facts facts;

	if (link_problems(link, &worker->state, now_ms, wall_ms, &fault, 1) == 1) {
		link_facts(link, fault, &worker->state, now_ms, wall_ms, &facts);
		str_copy(message->fault, sizeof message->fault, fault_id(fault));
		fault_sentence(fault, &facts, message->sentence);
		fault_remedy(fault, &facts, message->remedy);
	} else if (message->online) {
		str_copy(message->sentence, sizeof message->sentence, "The printer is linked and reports.");
	} else {
		str_format(message->sentence, sizeof message->sentence, "Fuse is connecting to %s.", link->settings.address);
	}
}

static void
fill_link(const struct worker *worker, int64_t now_ms, int64_t wall_ms, struct msg_printer_link *message)
{
	const struct link *link = &worker->link;

	memset(message, 0, sizeof *message);
	str_copy(message->serial, sizeof message->serial, child_entry_peek(worker->child));
	str_copy(message->phase, sizeof message->phase, link_phase_name(link_shown_phase(link)));
	message->online = link_is_online(link);
	message->stale = worker_is_stale(worker, now_ms);
	message->since_ms = link->since_wall_ms;
	message->connected_ms = link->connected_wall_ms;
	message->received_ms = link->heard_wall_ms;
	message->next_try_ms = link->next_try_wall_ms;
	message->attempts = link->attempts;
	message->reconnects = link->reconnects;
	if (link->has_seen) {
		str_copy(message->seen_serial, sizeof message->seen_serial, link->seen.serial);
		str_copy(message->seen_sha256, sizeof message->seen_sha256, link->seen.sha256);
		str_copy(message->seen_issuer, sizeof message->seen_issuer, link->seen.issuer);
		message->vouch = link->seen.vouch;
	}
	message->developer_mode = link->developer_mode;
	str_copy(message->firmware, sizeof message->firmware, worker->state.firmware);
	if (link->model != model_other())
		str_copy(message->model, sizeof message->model, link->model->key);
	fill_words(worker, now_ms, wall_ms, message);
}

static void
post_link(struct worker *worker, int64_t now_ms, int64_t wall_ms)
{
	static struct msg_printer_link message;

	fill_link(worker, now_ms, wall_ms, &message);
	worker->link_dirty = false;
	worker->posted_stale = message.stale;
	if (memcmp(&message, &worker->posted_link, sizeof message) == 0)
		return;
	worker->posted_link = message;
	child_send(worker->child, MESSAGE_PRINTER_LINK, ROLE_NONE, SLOT_ALL, 0, 0, &message, -1);
}

/* -- PRINTER_STATE ------------------------------------------------------------------------------- */

struct words {
	char sentence[FAULT_SENTENCE_BYTES], remedy[FAULT_REMEDY_BYTES];
};

static void
fill_problems(const struct worker *worker, int64_t now_ms, int64_t wall_ms, struct words *words, struct link_view *view)
{
	enum link_fault faults[LINK_PROBLEMS_MAX];
	struct fault_facts facts;

	view->problem_count = link_problems(&worker->link, &worker->state, now_ms, wall_ms, faults, LINK_PROBLEMS_MAX);
	for (unsigned i = 0; i < view->problem_count; i++) {
		link_facts(&worker->link, faults[i], &worker->state, now_ms, wall_ms, &facts);
		fault_sentence(faults[i], &facts, words[i].sentence);
		fault_remedy(faults[i], &facts, words[i].remedy);
		view->problems[i] = (struct link_problem){ fault_id(faults[i]), words[i].sentence, words[i].remedy,
							  fault_bars_prints(faults[i]) };
	}
}

static bool
firmware_is_news(const struct link *link, int64_t wall_ms)
{
	return wall_ms - link->settings.firmware_wall_ms < LINK_FIRMWARE_NEWS_MS;
}

static void
post_state(struct worker *worker, int64_t now_ms, int64_t wall_ms)
{
	static char json[STATE_JSON_MAX_BYTES];
	static struct words words[LINK_PROBLEMS_MAX];
	const struct link *link = &worker->link;
	struct link_view view = {
		.serial = child_entry_peek(worker->child),
		.name = link->settings.name,
		.address = link->settings.address,
		.phase = link_phase_name(link_shown_phase(link)),
		.is_online = link_is_online(link),
		.is_stale = worker_is_stale(worker, now_ms),
		.connected_ms = link->connected_wall_ms,
		.next_try_ms = link->next_try_wall_ms,
		.attempts = link->attempts,
		.reconnects = link->reconnects,
		.takeovers = link->takeovers,
		.silence_ms = link->model->silence_ms,
		.report_gap_ms = link->report_gap_ms,
		.developer_mode = link->developer_mode,
		.previous_firmware = firmware_is_news(link, wall_ms) ? link->settings.previous_firmware : "",
	};
	struct msg_printer_state message = { 0 };

	fill_problems(worker, now_ms, wall_ms, words, &view);
	size_t len = state_json_write(link->model, &worker->state, &view, json, sizeof json);
	str_copy(message.serial, sizeof message.serial, view.serial);
	message.json = (struct ipc_bytes){ (const uint8_t *)json, len };
	worker->state_dirty = false;
	worker->posted_ms = now_ms;
	if (len > 0)
		child_send(worker->child, MESSAGE_PRINTER_STATE, ROLE_NONE, SLOT_ALL, 0, 0, &message, -1);
}

void
worker_post(void *arg)
{
	struct worker *worker = arg;
	int64_t now_ms = clock_monotonic_ms(), wall_ms = clock_wall_ms();

	if (!worker->ready)
		return; /* nothing is known yet; what the last incarnation said stays */
	if (worker->link_dirty)
		post_link(worker, now_ms, wall_ms);
	if (worker->state_dirty)
		post_state(worker, now_ms, wall_ms);
}
