/*
 * watchdog: is a child's main loop alive? Each tick sends a ping; what matters is for how long
 * none has been answered. Time in which the supervisor itself was not awake (the machine slept, it
 * was stopped or starved) does not count. Pure.
 */
#ifndef FUSE_SUPERVISOR_WATCHDOG_H
#define FUSE_SUPERVISOR_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#define WATCHDOG_TICK_MS 1000

struct watchdog {
	uint32_t sequence; /* of the newest ping */
	uint32_t answered; /* newest pong */
	int64_t silent_ms; /* counted time since the last answer */
	bool warned;
	bool heard; /* it has said something of its own since the last tick */
};

enum watchdog_verdict { WATCHDOG_FINE, WATCHDOG_SPEAKS, WATCHDOG_WARN, WATCHDOG_HUNG };

/* For a child that has just become ready. */
void watchdog_init(struct watchdog *watchdog);

/*
 * One tick, `elapsed_ms` after the one before: at most WATCHDOG_TICK_MS of it counts as silence.
 * Returns WARN once when warn_ms of silence are full, HUNG from hang_ms on. Afterwards the caller sends a ping
 * with watchdog->sequence; not after SPEAKS: all pings are answered and it has said something of its own since, which
 * only its main loop can. (Two hundred workers that report each second are not asked besides.)
 */
enum watchdog_verdict watchdog_tick(struct watchdog *watchdog, int64_t elapsed_ms, int64_t warn_ms, int64_t hang_ms);

/* A message came, whatever it says. */
void watchdog_heard(struct watchdog *watchdog);

/* A pong came. A sequence that was never sent is ignored. Returns true when this ended a silence that had
 * been warned of. */
bool watchdog_pong(struct watchdog *watchdog, uint32_t sequence);

#endif
