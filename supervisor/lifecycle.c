/*
 * lifecycle: the table of a child's life. Read the table first; each cell names the function
 * above it.
 */
#include "supervisor/lifecycle.h"

#include <string.h>

#include "common/miniobj.h"

typedef unsigned cell_fn(struct life *life, const struct life_rules *rules, const struct life_facts *facts);

static void
enter(struct life *life, enum life_state state, int64_t deadline_ms)
{
	life->state = state;
	life->deadline_ms = deadline_ms;
}

/* It changes nothing, and that is right. */
static unsigned
nop(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	(void)life;
	(void)rules;
	(void)facts;
	return LIFE_DO_NOTHING;
}

/* It cannot happen; if it does, ours is the mistake, and nobody's life depends on it. */
static unsigned
ghost(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	(void)life;
	(void)rules;
	(void)facts;
	return LIFE_DO_SAY_BUG;
}

static unsigned
start(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	life->wanted = true;
	life->condemned = false;
	life->termed = false;
	life->started_ms = facts->now_ms;
	enter(life, LIFE_STARTING, facts->now_ms + rules->start_ms);
	return LIFE_DO_SPAWN;
}

static unsigned
probe(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	life->probing = true;
	return start(life, rules, facts);
}

/* A person asked: the past is forgotten. */
static unsigned
start_afresh(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	life->backoff_ms = 0;
	life->probing = false;
	memset(life->deaths_ms, 0, sizeof life->deaths_ms);
	return start(life, rules, facts);
}

static unsigned
ready(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	(void)rules;
	(void)facts;
	enter(life, LIFE_UP, 0);
	return LIFE_DO_NOTHING;
}

static unsigned
ask_stop(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	life->condemned = false;
	life->termed = false;
	enter(life, LIFE_STOPPING, facts->now_ms + rules->stop_ms / 2);
	return LIFE_DO_ASK_STOP;
}

static unsigned
unwant(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	life->wanted = false;
	return ask_stop(life, rules, facts);
}

static unsigned
unwant_while_stopping(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	(void)rules;
	(void)facts;
	life->wanted = false;
	return LIFE_DO_NOTHING;
}

/* Wanted again while it goes: it is started when it is gone. */
static unsigned
want_while_stopping(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	(void)rules;
	(void)facts;
	life->wanted = true;
	return LIFE_DO_NOTHING;
}

static unsigned
give_up_waiting(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	(void)rules;
	(void)facts;
	life->wanted = false;
	enter(life, LIFE_DOWN, 0);
	return LIFE_DO_FORGET;
}

static unsigned
abort_it(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	(void)rules;
	life->condemned = true;
	enter(life, LIFE_STOPPING, facts->now_ms + LIFE_ABORT_MS);
	return LIFE_DO_ABORT;
}

/* No time for last words: who breaks the rules may not say one more thing. */
static unsigned
kill_it(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	(void)rules;
	life->condemned = true;
	enter(life, LIFE_STOPPING, facts->now_ms + LIFE_ABORT_MS);
	return LIFE_DO_KILL;
}

/* STOPPING takes too long: SIGTERM to who was asked nicely, then SIGKILL, which is repeated, as a
 * process in an uninterruptible call takes it late. */
static unsigned
stop_harder(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	if (!life->condemned && !life->termed) {
		life->termed = true;
		life->deadline_ms = facts->now_ms + rules->stop_ms / 2;
		return LIFE_DO_TERM;
	}
	life->deadline_ms = facts->now_ms + LIFE_ABORT_MS;
	return LIFE_DO_KILL;
}

static unsigned
deaths_in_window(const struct life *life, int64_t now_ms)
{
	unsigned count = 0;

	while (count < LIFE_DEATHS_KEPT && life->deaths_ms[count] != 0 &&
	       now_ms - life->deaths_ms[count] <= LIFE_DEATH_WINDOW_MS)
		count++;
	return count;
}

static unsigned
account_death(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	int64_t lived_ms = facts->now_ms - life->started_ms;
	bool proved = lived_ms >= LIFE_PROVED_MS;

	if (rules->once)
		return give_up_waiting(life, rules, facts);
	memmove(life->deaths_ms + 1, life->deaths_ms, sizeof life->deaths_ms - sizeof life->deaths_ms[0]);
	life->deaths_ms[0] = facts->now_ms;
	bool too_often = rules->hold_deaths > 0 && deaths_in_window(life, facts->now_ms) >= rules->hold_deaths;
	if (facts->policy == EXIT_POLICY_HOLD || too_often || (life->probing && !proved)) {
		enter(life, LIFE_HELD, facts->now_ms + LIFE_PROBE_MS);
		return LIFE_DO_NOTHING;
	}
	life->probing = false;
	if (proved) {
		life->backoff_ms = 0;
		return start(life, rules, facts);
	}
	life->backoff_ms = life->backoff_ms == 0 ? LIFE_BACKOFF_MIN_MS : life->backoff_ms * 2;
	if (life->backoff_ms > rules->backoff_max_ms)
		life->backoff_ms = rules->backoff_max_ms;
	int64_t spread_ms = life->backoff_ms * 2 / 5; /* ± 20 % */
	int64_t wait_ms = life->backoff_ms - spread_ms / 2 + (int64_t)(facts->chance % (uint64_t)(spread_ms + 1));
	enter(life, LIFE_BACKOFF, facts->now_ms + wait_ms);
	return LIFE_DO_NOTHING;
}

/* The end that STOPPING waited for. */
static unsigned
ended(struct life *life, const struct life_rules *rules, const struct life_facts *facts)
{
	if (!life->wanted || rules->once)
		return give_up_waiting(life, rules, facts);
	if (life->condemned)
		return account_death(life, rules, facts);
	return start(life, rules, facts);
}

static const struct {
	cell_fn *on[LIFE_EV_COUNT];
} table[LIFE_STATE_COUNT] = {
	/*                 WANT                 UNWANT                 READY  DIED           SPAWN_FAILED   DEADLINE     HUNG      OFFENCE  RESTART       RETRY */
	[LIFE_DOWN]     = {{ start,               nop,                   ghost, ghost,         ghost,         ghost,       ghost,    ghost,   nop,          nop }},
	[LIFE_STARTING] = {{ nop,                 unwant,                ready, account_death, account_death, abort_it,    abort_it, kill_it, ask_stop,     nop }},
	[LIFE_UP]       = {{ nop,                 unwant,                nop,   account_death, ghost,         ghost,       abort_it, kill_it, ask_stop,     nop }},
	[LIFE_STOPPING] = {{ want_while_stopping, unwant_while_stopping, nop,   ended,         ghost,         stop_harder, nop,      kill_it, nop,          nop }},
	[LIFE_BACKOFF]  = {{ nop,                 give_up_waiting,       ghost, ghost,         ghost,         start,       ghost,    ghost,   start_afresh, start_afresh }},
	[LIFE_HELD]     = {{ nop,                 give_up_waiting,       ghost, ghost,         ghost,         probe,       ghost,    ghost,   start_afresh, start_afresh }},
};

_Static_assert(sizeof table == sizeof(cell_fn *) * LIFE_STATE_COUNT * LIFE_EV_COUNT, "a row a state, a cell an event");

void
life_init(struct life *life)
{
	memset(life, 0, sizeof *life);
	life->state = LIFE_DOWN;
}

unsigned
life_step(struct life *life, const struct life_rules *rules, enum life_event event, const struct life_facts *facts)
{
	ENSURE(life->state < LIFE_STATE_COUNT && event < LIFE_EV_COUNT);
	cell_fn *cell = table[life->state].on[event];
	ENSURE(cell != NULL);
	return cell(life, rules, facts);
}

const char *
life_event_name(enum life_event event)
{
	static const char *const names[] = { "want", "unwant", "ready", "died", "spawn-failed",
					     "deadline", "hung", "offence", "restart", "retry" };

	return event < LIFE_EV_COUNT ? names[event] : "?";
}
