/*
 * link_inner: what link.c, link_reports.c and link_words.c share, and nobody else sees.
 */
#ifndef FUSE_WORKER_LINK_LINK_INNER_H
#define FUSE_WORKER_LINK_LINK_INNER_H

#include "worker/link/link.h"

/* A fault of this attempt; its words' reason ("" = none). */
void link_break(struct link *link, enum link_fault fault, const char *reason, int64_t wall_ms);
void link_set_phase(struct link *link, enum link_phase phase, int64_t now_ms, int64_t wall_ms);
void link_start_attempt(struct link *link, int64_t now_ms, int64_t wall_ms);
void link_note_change(struct link *link, int64_t wall_ms);
/* Announce what reports and time have changed, if anything, as often as is permitted. */
void link_tell_news(struct link *link, const struct printer_state *state, int64_t now_ms, int64_t wall_ms);
int64_t link_news_deadline_ms(const struct link *link);

void link_begin_reports(struct link *link, int64_t now_ms);
void link_check_silence(struct link *link, const struct printer_state *state, int64_t now_ms, int64_t wall_ms);
int64_t link_silence_deadline_ms(const struct link *link);

#endif
