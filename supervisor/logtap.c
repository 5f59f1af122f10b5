/*
 * logtap: a child's standard error. Cuts it into lines, lets through as many as are fair, and keeps the last
 * words.
 *
 * The limit is a bucket of tokens, one a line. An emptied bucket opens again only when a second's worth is in
 * it: a child that floods without end then costs one report a second and not one for each line.
 */
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "supervisor/logbook.h"
#include "supervisor/logline.h"

#define TOKEN_MILLI 1000
#define FULL_MILLI (LOGTAP_BURST_LINES * TOKEN_MILLI)
#define REOPEN_MILLI (LOGTAP_LINES_PER_S * TOKEN_MILLI)

void
logtap_init(struct logtap *tap, struct logbook *book, const struct logbook_origin *origin, int64_t now_ms)
{
	memset(tap, 0, sizeof *tap);
	tap->book = book;
	tap->origin = *origin;
	tap->tokens_milli = FULL_MILLI;
	tap->refilled_ms = now_ms;
}

static void
refill(struct logtap *tap, int64_t now_ms)
{
	int64_t passed_ms = now_ms - tap->refilled_ms;

	if (passed_ms <= 0)
		return;
	tap->refilled_ms = now_ms;
	/* A pause of hours must not overflow: a full bucket is enough. */
	if (passed_ms > FULL_MILLI)
		passed_ms = FULL_MILLI;
	tap->tokens_milli += passed_ms * LOGTAP_LINES_PER_S;
	if (tap->tokens_milli > FULL_MILLI)
		tap->tokens_milli = FULL_MILLI;
}

static void
say_dropped(struct logtap *tap, int64_t wall_ms)
{
	char line[160];

	str_format(line, sizeof line, "lvl=warn msg=\"said too much: lines were dropped\" dropped=%u", tap->dropped);
	tap->dropped = 0;
	logbook_add(tap->book, wall_ms, &tap->origin, line, strlen(line));
}

/* May it speak (again)? Then what was dropped is said first. */
static bool
is_open(struct logtap *tap, int64_t now_ms, int64_t wall_ms)
{
	refill(tap, now_ms);
	if (tap->dropped == 0)
		return tap->tokens_milli >= TOKEN_MILLI;
	if (tap->tokens_milli < REOPEN_MILLI)
		return false;
	tap->tokens_milli -= TOKEN_MILLI;
	say_dropped(tap, wall_ms);
	return true;
}

static void
remember(struct logtap *tap, const char *line, size_t len)
{
	char text[LOGTAP_LAST_BYTES];
	enum log_level level;

	if (!logline_message(line, len, &level, text, sizeof text))
		return;
	unsigned slot = tap->last_next++ % LOGTAP_LAST_LINES;
	tap->last_level[slot] = level;
	str_copy(tap->last[slot], sizeof tap->last[slot], text);
}

/* An empty line says nothing and is nothing. */
static void
take_line(struct logtap *tap, const char *line, size_t len, int64_t now_ms, int64_t wall_ms)
{
	if (len == 0)
		return;
	remember(tap, line, len);
	if (!is_open(tap, now_ms, wall_ms)) {
		if (tap->dropped < UINT32_MAX)
			tap->dropped++;
		return;
	}
	tap->tokens_milli -= TOKEN_MILLI;
	logbook_add(tap->book, wall_ms, &tap->origin, line, len);
}

void
logtap_feed(struct logtap *tap, const void *bytes, size_t len, int64_t now_ms, int64_t wall_ms)
{
	const char *at = bytes, *end = at + len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t piece = (size_t)((newline != NULL ? newline : end) - at);
		size_t room = sizeof tap->part - tap->used;
		size_t kept = tap->cutting ? 0 : piece < room ? piece : room;

		memcpy(tap->part + tap->used, at, kept);
		tap->used += (uint32_t)kept;
		/* A full buffer is one byte more than a line may have: the book cuts and marks it. */
		if (newline != NULL || tap->used == sizeof tap->part) {
			take_line(tap, tap->part, tap->used, now_ms, wall_ms);
			tap->used = 0;
			tap->cutting = newline == NULL;
		}
		at += piece + (newline != NULL ? 1 : 0);
	}
}

void
logtap_tick(struct logtap *tap, int64_t now_ms, int64_t wall_ms)
{
	if (tap->dropped > 0)
		is_open(tap, now_ms, wall_ms);
}

void
logtap_finish(struct logtap *tap, int64_t wall_ms)
{
	/* What was dropped comes before the words that it ended with; those are always let through. */
	if (tap->dropped > 0)
		say_dropped(tap, wall_ms);
	if (tap->used > 0) {
		remember(tap, tap->part, tap->used);
		logbook_add(tap->book, wall_ms, &tap->origin, tap->part, tap->used);
	}
	tap->used = 0;
	tap->cutting = false;
}

void
logtap_last_words(const struct logtap *tap, char *ret_text, size_t cap)
{
	unsigned kept = tap->last_next < LOGTAP_LAST_LINES ? tap->last_next : LOGTAP_LAST_LINES;
	const char *newest = "", *newest_error = NULL;

	for (unsigned back = kept; back >= 1; back--) {
		unsigned slot = (tap->last_next - back) % LOGTAP_LAST_LINES;
		newest = tap->last[slot];
		if (tap->last_level[slot] == LOG_LEVEL_ERROR)
			newest_error = newest;
	}
	str_copy(ret_text, cap, newest_error != NULL ? newest_error : newest);
}
