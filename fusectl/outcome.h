/*
 * outcome: how a run of fusectl ends: an exit code, and when it failed one sentence of what
 * happened and one of what to do. The table is outcome.def.
 */
#ifndef FUSE_FUSECTL_OUTCOME_H
#define FUSE_FUSECTL_OUTCOME_H

#include <stddef.h>

#include "ipc/message.h"

enum outcome {
#define OUTCOME(name, code, word, doc) OUTCOME_##name = (code),
#define REFUSAL_GIVES(refusal, outcome)
#include "fusectl/outcome.def"
#undef OUTCOME
#undef REFUSAL_GIVES
};

struct outcome_row {
	enum outcome outcome; /* also the exit code */
	const char *word, *doc;
};

/* All rows, for the help. Static storage. */
const struct outcome_row *outcome_rows(size_t *ret_count);

/* "timed-out"; "?" when unknown. */
const char *outcome_word(enum outcome outcome);

/* What went wrong. The texts may hold foreign bytes: show them through show_safe() or JSON only. */
#define FAILURE_TEXT_BYTES 4608 /* a whole path and a sentence around it */
struct failure {
	const char *reason; /* static; a word for programs: outcome_word() or refusal_name() */
	char sentence[FAILURE_TEXT_BYTES];
	char remedy[FAILURE_TEXT_BYTES]; /* "" = none */
};

/* Fill `failure` (sentence by printf, remedy "", reason by the outcome) and return `outcome`, so that a
 * function can end with `return failure_say(…)`. */
enum outcome failure_say(struct failure *failure, enum outcome outcome, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Say what to do about it. */
void failure_remedy(struct failure *failure, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Add to the sentence. */
void failure_add(struct failure *failure, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Like failure_say(), from a REFUSED of Fuse. */
enum outcome failure_refused(struct failure *failure, const struct msg_refused *refused);

#endif
