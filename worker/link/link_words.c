/*
 * link_words: what is wrong with a link, when that is news, and the facts that its sentences need.
 */
#include <string.h>

#include "common/str.h"
#include "worker/link/link.h"
#include "worker/link/link_inner.h"

bool
link_is_upgrading(const struct printer_state *state)
{
	return printer_state_is_upgrading(state);
}

static bool
is_recent(int64_t at_ms, int64_t span_ms, int64_t now_ms)
{
	return at_ms != 0 && now_ms - at_ms < span_ms;
}

static bool
has_no_storage(const struct printer_state *state)
{
	return state->storage == STORAGE_NONE || state->storage == STORAGE_ABNORMAL || state->storage == STORAGE_READ_ONLY;
}

static bool
firmware_changed(const struct link *link, int64_t wall_ms)
{
	return link->settings.previous_firmware[0] != '\0' &&
	       is_recent(link->settings.firmware_wall_ms, LINK_FIRMWARE_NEWS_MS, wall_ms);
}

unsigned
link_problems(const struct link *link, const struct printer_state *state, int64_t now_ms, int64_t wall_ms,
	      enum link_fault *ret_faults, unsigned cap)
{
	const struct { bool applies; enum link_fault fault; } rows[] = {
		{ link->fault != LINK_FAULT_NONE, link->fault },
		{ link_is_upgrading(state), LINK_FAULT_UPGRADING },
		{ link->developer_mode == TRI_NO, LINK_FAULT_DEVELOPER_MODE_OFF },
		{ has_no_storage(state), LINK_FAULT_STORAGE_MISSING },
		{ is_recent(link->bad_ms, LINK_WARNING_MS, now_ms), LINK_FAULT_BAD_REPORTS },
		{ is_recent(link->flood_ms, LINK_WARNING_MS, now_ms), LINK_FAULT_FLOODING },
		{ firmware_changed(link, wall_ms), LINK_FAULT_FIRMWARE_CHANGED },
	};
	unsigned count = 0;

	for (size_t i = 0; i < STR_ARRAY_LEN(rows) && count < cap; i++)
		if (rows[i].applies)
			ret_faults[count++] = rows[i].fault;
	return count;
}

/* -- news ------------------------------------------------------------------------------- */

static void
note_firmware(struct link *link, const struct printer_state *state, int64_t now_ms, int64_t wall_ms)
{
	struct link_settings *settings = &link->settings;

	link->firmware_waits = false;
	if (state->firmware[0] == '\0' || strcmp(state->firmware, settings->firmware) == 0)
		return;
	if (link->firmware_told_ms != 0 && now_ms - link->firmware_told_ms < LINK_FIRMWARE_GAP_MS) {
		link->firmware_waits = true;
		return;
	}
	link->firmware_told_ms = now_ms;
	str_copy(settings->previous_firmware, sizeof settings->previous_firmware, settings->firmware);
	str_copy(settings->firmware, sizeof settings->firmware, state->firmware);
	settings->firmware_wall_ms = wall_ms;
	link->duties.firmware_seen(link->duties.arg, state->firmware);
}

static struct link_news
gather_news(const struct link *link, const struct printer_state *state, int64_t now_ms, int64_t wall_ms)
{
	struct link_news news = { .passed_over = link->passed_over, .model = link->model,
				  .developer_mode = link->developer_mode };
	enum link_fault faults[LINK_FAULT_COUNT];
	unsigned count = link_problems(link, state, now_ms, wall_ms, faults, LINK_FAULT_COUNT);

	_Static_assert(LINK_FAULT_COUNT <= 32, "a bit for each");
	for (unsigned i = 0; i < count; i++)
		news.problems |= 1u << faults[i];
	str_copy(news.firmware, sizeof news.firmware, state->firmware);
	return news;
}

static bool
same_news(const struct link_news *a, const struct link_news *b)
{
	return a->problems == b->problems && a->passed_over == b->passed_over && a->model == b->model &&
	       a->developer_mode == b->developer_mode && strcmp(a->firmware, b->firmware) == 0;
}

void
link_tell_news(struct link *link, const struct printer_state *state, int64_t now_ms, int64_t wall_ms)
{
	note_firmware(link, state, now_ms, wall_ms);
	struct link_news news = gather_news(link, state, now_ms, wall_ms);

	link->news_wait = !same_news(&news, &link->told);
	if (!link->news_wait || (link->told_ms != 0 && now_ms - link->told_ms < LINK_NEWS_GAP_MS))
		return;
	link->told = news;
	link->told_ms = now_ms;
	link->news_wait = false;
	link_note_change(link, wall_ms);
}

int64_t
link_news_deadline_ms(const struct link *link)
{
	uint32_t told = link->told.problems;
	const struct { bool applies; int64_t at_ms; } rows[] = {
		{ link->news_wait, link->told_ms + LINK_NEWS_GAP_MS },
		{ link->firmware_waits, link->firmware_told_ms + LINK_FIRMWARE_GAP_MS },
		{ !link->news_wait && (told & 1u << LINK_FAULT_BAD_REPORTS) != 0, link->bad_ms + LINK_WARNING_MS },
		{ !link->news_wait && (told & 1u << LINK_FAULT_FLOODING) != 0, link->flood_ms + LINK_WARNING_MS },
	};
	int64_t at_ms = INT64_MAX;

	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++)
		if (rows[i].applies && rows[i].at_ms < at_ms)
			at_ms = rows[i].at_ms;
	return at_ms;
}

/* -- words ------------------------------------------------------------------------------- */

enum link_phase
link_shown_phase(const struct link *link)
{
	if (link_is_online(link))
		return LINK_PHASE_LIVE;
	return link->fault != LINK_FAULT_NONE ? fault_phase(link->fault) : link->phase;
}

static const char *
storage_words(const struct link *link, const struct printer_state *state)
{
	bool usb = link->model->storage == STORAGE_KIND_USB;

	if (state->storage == STORAGE_READ_ONLY)
		return usb ? "its USB stick is write-protected" : "its card is write-protected";
	if (state->storage == STORAGE_ABNORMAL)
		return usb ? "its USB stick cannot be used; format it in the printer" : "its card cannot be used; format it in the printer";
	if (link->model->storage == STORAGE_KIND_UNKNOWN)
		return "no microSD card or USB stick is in it";
	return usb ? "no USB stick is in it" : "no microSD card is in it";
}

static int64_t
silent_for_ms(const struct link *link, int64_t now_ms)
{
	int64_t from_ms = link->silent_from_ms != 0 ? link->silent_from_ms
			  : link->heard_ms != 0	    ? link->heard_ms
						    : link->connected_ms;

	return from_ms != 0 ? now_ms - from_ms : 0;
}

void
link_facts(const struct link *link, enum link_fault fault, const struct printer_state *state, int64_t now_ms,
	   int64_t wall_ms, struct fault_facts *ret_facts)
{
	struct fault_facts *facts = ret_facts;

	*facts = link->facts;
	facts->model = link->model;
	facts->port = link->settings.port;
	facts->clock_ms = wall_ms;
	facts->since_ms = silent_for_ms(link, now_ms);
	str_copy(facts->address, sizeof facts->address,
		 link->elsewhere[0] != '\0' ? link->elsewhere : link->settings.address);
	str_copy(facts->serial, sizeof facts->serial, link->settings.serial);
	str_copy(facts->seen, sizeof facts->seen, link->seen.serial);
	str_copy(facts->issuer, sizeof facts->issuer, link->seen.issuer);
	str_copy(facts->installed, sizeof facts->installed, link->settings.firmware);
	str_copy(facts->before, sizeof facts->before, link->settings.previous_firmware);
	if (fault == LINK_FAULT_STORAGE_MISSING)
		str_copy(facts->reason, sizeof facts->reason, storage_words(link, state));
	else if (fault == LINK_FAULT_UPGRADING)
		str_copy(facts->reason, sizeof facts->reason, state->upgrade_status);
	else if (fault == LINK_FAULT_BAD_REPORTS)
		str_copy(facts->reason, sizeof facts->reason, link->bad_reason);
	else if (fault == LINK_FAULT_FLOODING)
		str_format(facts->reason, sizeof facts->reason, "%u", link->passed_over);
}
