/*
 * lifecycle: what happens when a child starts, dies, hangs, misbehaves or is asked to stop. One
 * state × event table, every cell filled (lifecycle.c). Pure: time, chance and facts are arguments,
 * the outcome is a set of actions that the caller carries out (supervisor/proc.c).
 *
 * The rules (docs/architecture.md):
 *   - a child that had lived 10 s starts again at once; else after 250 ms, doubling, ± 20 %, up to the
 *     role's longest wait;
 *   - a role with hold_deaths that dies so often within 60 s is HELD: a probe every 5 minutes, or at
 *     once when a person asks;
 *   - an exit code whose policy is HOLD holds at the first death.
 */
#ifndef FUSE_SUPERVISOR_LIFECYCLE_H
#define FUSE_SUPERVISOR_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/exits.h"
#include "ipc/terms.h"

#define LIFE_PROVED_MS 10000     /* who lives so long did not die of its start */
#define LIFE_BACKOFF_MIN_MS 250
#define LIFE_DEATH_WINDOW_MS 60000
#define LIFE_PROBE_MS 300000
#define LIFE_ABORT_MS 2000       /* from SIGABRT to SIGKILL: time for last words */
#define LIFE_DEATHS_KEPT 8

enum life_event {
	LIFE_EV_WANT,         /* its entry exists: it shall run */
	LIFE_EV_UNWANT,       /* its entry is gone, or Fuse stops */
	LIFE_EV_READY,        /* it said READY */
	LIFE_EV_DIED,         /* reaped */
	LIFE_EV_SPAWN_FAILED, /* the system refused a new process */
	LIFE_EV_DEADLINE,     /* deadline_ms has come */
	LIFE_EV_HUNG,         /* the watchdog has given it up */
	LIFE_EV_OFFENCE,      /* it broke the rules of the star */
	LIFE_EV_RESTART,      /* a person wants it anew */
	LIFE_EV_RETRY,        /* a person wants no more waiting */
	LIFE_EV_COUNT
};

/* What the caller must do, in this order. */
enum life_action {
	LIFE_DO_NOTHING = 0,
	LIFE_DO_SPAWN = 1,
	LIFE_DO_ASK_STOP = 2,  /* the message STOP */
	LIFE_DO_TERM = 4,      /* SIGTERM */
	LIFE_DO_ABORT = 8,     /* SIGABRT, for last words */
	LIFE_DO_KILL = 16,     /* SIGKILL */
	LIFE_DO_FORGET = 32,   /* DOWN and unwanted: the record may go */
	LIFE_DO_SAY_BUG = 64,  /* this event cannot come in this state: log it */
};

/* The figures of a row of procs.def. */
struct life_rules {
	int64_t start_ms, stop_ms, backoff_max_ms;
	unsigned hold_deaths; /* 0 = not held for its number of deaths; at most LIFE_DEATHS_KEPT */
	bool once;	      /* a helper: whatever its end is, it is not started again */
};

struct life {
	enum life_state state;
	bool wanted;
	bool condemned;      /* STOPPING because it must, not because it was asked */
	bool termed;         /* STOPPING: SIGTERM has been sent */
	bool probing;        /* started from HELD */
	int64_t started_ms;  /* of the newest start */
	int64_t deadline_ms; /* send LIFE_EV_DEADLINE at this time; 0 = none */
	int64_t backoff_ms;  /* the last wait; 0 = none */
	int64_t deaths_ms[LIFE_DEATHS_KEPT]; /* newest first; 0 = none */
};

struct life_facts {
	int64_t now_ms;          /* monotonic */
	uint32_t chance;         /* any random number, for jitter */
	enum exit_policy policy; /* LIFE_EV_DIED: of its exit code; RESTART for signals */
};

/* DOWN, unwanted. */
void life_init(struct life *life);

/* Let `event` happen; returns a set of enum life_action. */
unsigned life_step(struct life *life, const struct life_rules *rules, enum life_event event,
		   const struct life_facts *facts);

const char *life_event_name(enum life_event event);

#endif
