/*
 * watchdog: count the silence of a child.
 */
#include "supervisor/watchdog.h"

#include <string.h>

void
watchdog_init(struct watchdog *watchdog)
{
	memset(watchdog, 0, sizeof *watchdog);
}

enum watchdog_verdict
watchdog_tick(struct watchdog *watchdog, int64_t elapsed_ms, int64_t warn_ms, int64_t hang_ms)
{
	enum watchdog_verdict verdict = WATCHDOG_FINE;
	bool heard = watchdog->heard;

	watchdog->heard = false;
	if (heard && watchdog->sequence == watchdog->answered)
		return WATCHDOG_SPEAKS;
	if (watchdog->sequence != watchdog->answered)
		watchdog->silent_ms += elapsed_ms < WATCHDOG_TICK_MS ? elapsed_ms : WATCHDOG_TICK_MS;
	if (watchdog->silent_ms >= hang_ms) {
		verdict = WATCHDOG_HUNG;
	} else if (watchdog->silent_ms >= warn_ms && !watchdog->warned) {
		watchdog->warned = true;
		verdict = WATCHDOG_WARN;
	}
	watchdog->sequence++;
	return verdict;
}

void
watchdog_heard(struct watchdog *watchdog)
{
	watchdog->heard = true;
}

bool
watchdog_pong(struct watchdog *watchdog, uint32_t sequence)
{
	/* Wrapping distance: answers to older pings than the newest answered are late, newer than sent are lies. */
	uint32_t ahead = sequence - watchdog->answered;
	bool had_warned = watchdog->warned;

	if (ahead == 0 || ahead > watchdog->sequence - watchdog->answered)
		return false;
	watchdog->answered = sequence;
	watchdog->silent_ms = 0;
	watchdog->warned = false;
	return had_warned;
}
