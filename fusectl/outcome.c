/*
 * outcome: the rows of outcome.def, and failures put into words.
 */
#include "fusectl/outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "ipc/terms.h"

static const struct outcome_row rows[] = {
#define OUTCOME(name, code, word, doc) { OUTCOME_##name, word, doc },
#define REFUSAL_GIVES(refusal, outcome)
#include "fusectl/outcome.def"
#undef OUTCOME
#undef REFUSAL_GIVES
};

const struct outcome_row *
outcome_rows(size_t *ret_count)
{
	*ret_count = STR_ARRAY_LEN(rows);
	return rows;
}

const char *
outcome_word(enum outcome outcome)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++)
		if (rows[i].outcome == outcome)
			return rows[i].word;
	return "?";
}

/* A switch, so that the compiler misses the row of a refusal that is added to ipc/terms.h. */
static enum outcome
outcome_of_refusal(enum refusal refusal)
{
	switch (refusal) {
#define OUTCOME(name, code, word, doc)
#define REFUSAL_GIVES(refusal, outcome) \
	case REFUSAL_##refusal:         \
		return OUTCOME_##outcome;
#include "fusectl/outcome.def"
#undef OUTCOME
#undef REFUSAL_GIVES
	case REFUSAL_COUNT:
		break;
	}
	return OUTCOME_FAILED;
}

enum outcome
failure_say(struct failure *failure, enum outcome outcome, const char *format, ...)
{
	va_list args;

	failure->reason = outcome_word(outcome);
	failure->remedy[0] = '\0';
	va_start(args, format);
	vsnprintf(failure->sentence, sizeof failure->sentence, format, args);
	va_end(args);
	return outcome;
}

void
failure_remedy(struct failure *failure, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(failure->remedy, sizeof failure->remedy, format, args);
	va_end(args);
}

void
failure_add(struct failure *failure, const char *format, ...)
{
	size_t used = strlen(failure->sentence);
	va_list args;

	va_start(args, format);
	vsnprintf(failure->sentence + used, sizeof failure->sentence - used, format, args);
	va_end(args);
}

enum outcome
failure_refused(struct failure *failure, const struct msg_refused *refused)
{
	enum outcome outcome = outcome_of_refusal((enum refusal)refused->reason);
	const char *sentence = refused->sentence;

	if (sentence[0] == '\0')
		sentence = "Fuse refused this and gave no reason.";
	failure_say(failure, outcome, "%s", sentence);
	failure_remedy(failure, "%s", refused->remedy);
	if (refused->reason < REFUSAL_COUNT)
		failure->reason = refusal_name(refused->reason);
	return outcome;
}
