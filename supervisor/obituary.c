/*
 * obituary: put a death into words.
 */
#include "supervisor/obituary.h"

#include <signal.h>
#include <string.h>

#include "common/exits.h"
#include "common/str.h"

void
obituary_write_age(int64_t age_ms, char *ret_text, size_t cap)
{
	long long seconds = age_ms / 1000, minutes = seconds / 60, hours = minutes / 60;

	if (age_ms < 1000)
		str_format(ret_text, cap, "%lld ms", (long long)age_ms);
	else if (minutes == 0)
		str_format(ret_text, cap, "%lld s", seconds);
	else if (hours == 0)
		str_format(ret_text, cap, "%lld min %lld s", minutes, seconds % 60);
	else if (hours < 24)
		str_format(ret_text, cap, "%lld h %lld min", hours, minutes % 60);
	else
		str_format(ret_text, cap, "%lld d %lld h", hours / 24, hours % 24);
}

static void
write_cause(const struct death *death, char *ret_text, size_t cap)
{
	const struct exit_meaning *meaning = exit_meaning_peek(death->number);

	if (death->sentence_of_ours != NULL)
		str_copy(ret_text, cap, death->sentence_of_ours);
	else if (death->by_signal && death->number == SIGSYS)
		str_copy(ret_text, cap, "asked the system for something that its confinement forbids, and was killed for it");
	else if (death->by_signal)
		str_format(ret_text, cap, "was killed by signal %d (%s)", death->number, strsignal(death->number));
	else if (death->number == EXIT_DONE)
		str_copy(ret_text, cap, "ended by itself without being asked to");
	else if (meaning != NULL)
		str_format(ret_text, cap, "%s (exit code %d)", meaning->sentence, death->number);
	else
		str_format(ret_text, cap, "ended with exit code %d, which has no meaning in Fuse", death->number);
}

void
obituary_write(const struct death *death, char ret_text[OBITUARY_BYTES])
{
	char cause[240], age[32];
	const char *words = death->last_words;

	write_cause(death, cause, sizeof cause);
	obituary_write_age(death->lived_ms, age, sizeof age);
	if (death->was_stopped)
		words = "none, it had been stopped (SIGSTOP)";
	str_format(ret_text, OBITUARY_BYTES, "%s, %s after its start%s%s%s", cause, age,
		   death->was_ready ? "" : " and before it was ready", words[0] != '\0' ? "; last words: " : "", words);
	/* vsnprintf may have cut a character in two: a shorter copy ends at a whole one. */
	if (!str_valid_utf8(ret_text, strlen(ret_text))) {
		size_t len = strlen(ret_text);
		while (len > 0 && !str_valid_utf8(ret_text, len))
			len--;
		ret_text[len] = '\0';
	}
}
