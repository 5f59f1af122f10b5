/*
 * logline: foreign bytes in, one finished log line out. Pure, and the only place that decides what a
 * child's words may look like in the log.
 *
 * A line of ours is `lvl=LEVEL` and then logfmt fields. It is taken apart and put together again, so
 * whatever a child sends, a field ends where it seems to end. A field that bears the name of a stamp
 * (ts, role, entry, pid, lvl) comes out as about_ts, about_role …: the stamp is fused's word, the rest is
 * the child's. Everything else is a library's line: lvl=warn msg="…".
 */
#ifndef FUSE_SUPERVISOR_LOGLINE_H
#define FUSE_SUPERVISOR_LOGLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/log.h"
#include "supervisor/logbook.h"

/*
 * Write the finished line (no newline, terminated) of what `origin` said at `wall_ms` to `ret_line`, whose
 * capacity is LOGBOOK_LINE_BYTES. What is longer than LOG_LINE_BYTES - 1 or does not fit is cut and marked
 * "cut=yes". Returns its length.
 */
size_t logline_format(int64_t wall_ms, const struct logbook_origin *origin, const void *bytes, size_t len,
		      char ret_line[LOGBOOK_LINE_BYTES]);

/* The level and the message of a child's line, the message as harmless text without quotes; false when it
 * carries none. A library's line is all message, of level warn. */
bool logline_message(const void *bytes, size_t len, enum log_level *ret_level, char *ret_text, size_t cap);

/* Foreign bytes as text that may be shown within a sentence: no quotes around it, controls and what turns text
 * escaped. Cut at `cap`; returns `ret_text`. */
const char *logline_plain(const void *bytes, size_t len, char *ret_text, size_t cap);

#endif
