/*
 * link_reports: a session that stands: what the printer says, what it is asked, and when it is silent.
 */
#include <string.h>

#include "common/str.h"
#include "worker/link/link.h"
#include "worker/link/link_inner.h"

static void
ask_full(struct link *link, int64_t now_ms)
{
	struct command_payload payload;

	link->asked_ms = now_ms;
	link->pushall_wanted = false;
	command_pushall(&link->sequence_id, &payload);
	link->duties.publish(link->duties.arg, &payload);
}

void
link_begin_reports(struct link *link, int64_t now_ms)
{
	struct command_payload payload;

	command_get_version(&link->sequence_id, &payload);
	link->duties.publish(link->duties.arg, &payload);
	ask_full(link, now_ms); /* the first of a session is free */
}

static int64_t
may_ask_at_ms(const struct link *link)
{
	return link->asked_ms == 0 ? 0 : link->asked_ms + link->model->pushall_gap_ms;
}

int64_t
link_ask_full(struct link *link, int64_t now_ms)
{
	int64_t at_ms = may_ask_at_ms(link);

	if (!link_is_listening(link))
		return 0; /* the next session begins with it */
	if (now_ms >= at_ms) {
		ask_full(link, now_ms);
		return 0;
	}
	link->pushall_wanted = true;
	return at_ms - now_ms;
}

/* -- silence ----------------------------------------------------------------------------- */

/* Of this session. */
static int64_t
last_sign_ms(const struct link *link)
{
	return link->heard_ms > link->connected_ms ? link->heard_ms : link->connected_ms;
}

static int64_t
silent_at_ms(const struct link *link)
{
	return last_sign_ms(link) + link->model->silence_ms;
}

static int64_t
give_up_at_ms(const struct link *link)
{
	int64_t at_ms = silent_at_ms(link) + LINK_AFTER_ASKING_MS;
	int64_t gap_over_ms = link->silence_reconnect_ms + LINK_RECONNECT_GAP_MS;

	if (link->silence_reconnect_ms != 0 && gap_over_ms > at_ms)
		at_ms = gap_over_ms;
	return link->hold_until_ms > at_ms ? link->hold_until_ms : at_ms;
}

void
link_hold_reconnect_until(struct link *link, int64_t until_ms)
{
	link->hold_until_ms = until_ms;
}

static bool
is_settled(const struct link *link, int64_t now_ms)
{
	return now_ms - link->connected_ms >= LINK_STABLE_MS;
}

void
link_check_silence(struct link *link, const struct printer_state *state, int64_t now_ms, int64_t wall_ms)
{
	if (!link->silent && now_ms >= silent_at_ms(link)) {
		link->silent = true;
		if (link->silent_from_ms == 0)
			link->silent_from_ms = last_sign_ms(link);
		link_break(link, LINK_FAULT_SILENT, "", wall_ms);
		if (now_ms >= may_ask_at_ms(link) && !link_is_upgrading(state))
			ask_full(link, now_ms);
	}
	if (link->silent && now_ms >= give_up_at_ms(link)) {
		link->silence_reconnect_ms = now_ms;
		link->reconnects++;
		link->duties.drop(link->duties.arg);
		link_start_attempt(link, now_ms, wall_ms);
		return;
	}
	if (link->fault == LINK_FAULT_TAKEN_OVER && link->heard_this_time && is_settled(link, now_ms)) {
		memset(link->takeover_ms, 0, sizeof link->takeover_ms);
		link_break(link, LINK_FAULT_NONE, "", wall_ms);
	}
	if (link->pushall_wanted && now_ms >= may_ask_at_ms(link) && !link_is_upgrading(state))
		ask_full(link, now_ms);
}

int64_t
link_silence_deadline_ms(const struct link *link)
{
	int64_t at_ms = link->silent ? give_up_at_ms(link) : silent_at_ms(link);

	if (link->pushall_wanted && may_ask_at_ms(link) < at_ms)
		at_ms = may_ask_at_ms(link);
	if (link->fault == LINK_FAULT_TAKEN_OVER && link->connected_ms + LINK_STABLE_MS < at_ms)
		at_ms = link->connected_ms + LINK_STABLE_MS;
	return at_ms;
}

/* -- reports ----------------------------------------------------------------------------- */

static void
note_modules(struct link *link, const struct printer_state *state)
{
	const struct model *said = model_by_modules(state);

	if (said != model_other())
		link->model = link->facts.model = said;
}

static enum tri
developer_mode_of(const struct link *link, const struct report_summary *summary, const struct printer_state *state)
{
	if (summary->refused_unsigned)
		return TRI_NO;
	if (state->developer_mode != TRI_UNKNOWN)
		return state->developer_mode;
	if (summary->kind == REPORT_REPLY && summary->result == REPORT_RESULT_SUCCESS && link->probe_sequence != 0 &&
	    summary->sequence_id == link->probe_sequence)
		return TRI_YES;
	return link->developer_mode;
}

/* Older firmware does not tell whether Developer Mode is on: a command without effect does. Where it was off each session
 * asks anew, since a person who switches it on restarts the printer. */
static void
ask_developer_mode(struct link *link, const struct printer_state *state, int64_t now_ms)
{
	struct command_payload payload;

	if (link->developer_mode == TRI_NO && link->asked_developer_ms != 0 &&
	    now_ms - link->asked_developer_ms < LINK_DEVELOPER_GAP_MS)
		return;
	if (link->asked_developer || link->developer_mode == TRI_YES || state->developer_mode != TRI_UNKNOWN ||
	    state->full_ms == 0 ||
	    link->model->first_signed_firmware[0] == '\0' || link_is_upgrading(state) ||
	    !command_developer_probe(state, &link->sequence_id, &payload))
		return;
	link->asked_developer = true;
	link->asked_developer_ms = now_ms;
	link->probe_sequence = payload.sequence_id;
	link->duties.publish(link->duties.arg, &payload);
}

static void
note_heard(struct link *link, int64_t now_ms, int64_t wall_ms)
{
	bool news = !link->heard_this_time || link->silent || link->phase != LINK_PHASE_LIVE;

	if (link->heard_ms != 0 && now_ms - link->heard_ms < INT32_MAX)
		link->report_gap_ms = (int32_t)(now_ms - link->heard_ms);
	link->heard_ms = now_ms;
	link->heard_wall_ms = wall_ms;
	link->heard_this_time = true;
	link->silent = false;
	link->silent_from_ms = 0;
	if (!news)
		return;
	link->attempts = 0;
	if (link->fault != LINK_FAULT_TAKEN_OVER)
		link->fault = LINK_FAULT_NONE;
	for (unsigned i = link->phase + 1; i <= LINK_PHASE_LIVE; i++)
		link->phase_ms[i] = now_ms;
	link->phase = LINK_PHASE_LIVE;
	link_note_change(link, wall_ms);
}

/* A slot was filled or emptied, and this model does not say with what unless it is asked. */
static void
note_trays(struct link *link, const struct report_summary *summary, const struct printer_state *state)
{
	bool changed = state->tray_exist_bits != link->tray_bits;

	if (changed && summary->kind == REPORT_DELTA && !link->model->deltas_carry_trays)
		link->pushall_wanted = true;
	link->tray_bits = state->tray_exist_bits;
}

void
link_on_report(struct link *link, const struct report_summary *summary, const struct printer_state *state,
	       int64_t now_ms, int64_t wall_ms)
{
	if (!link_is_listening(link))
		return;
	link->developer_mode = developer_mode_of(link, summary, state);
	switch (summary->kind) {
	case REPORT_FULL:
	case REPORT_DELTA:
		note_trays(link, summary, state);
		note_heard(link, now_ms, wall_ms);
		ask_developer_mode(link, state, now_ms);
		break;
	case REPORT_VERSION:
		note_modules(link, state);
		break;
	case REPORT_BAD:
		link->bad_ms = now_ms;
		str_copy(link->bad_reason, sizeof link->bad_reason, summary->fault);
		break;
	case REPORT_REPLY:
	case REPORT_OTHER:
		break;
	}
	link_tell_news(link, state, now_ms, wall_ms);
}
