/*
 * upkeep: three timers.
 */
#include "stored/upkeep.h"

#include <string.h>

#include "common/clock.h"
#include "common/exits.h"
#include "common/log.h"
#include "common/str.h"
#include "stored/files.h"
#include "stored/snapshot.h"

#define FIRST_SNAPSHOT_MS 2000	      /* after a change that no snapshot has yet */
#define SNAPSHOT_RETRY_MS (5 * 60000) /* after one that could not be written */
#define PROBE_EVERY_MS 5000	      /* while the disk takes no changes */
#define STATUS_EVERY_MS 1000

/* -- how it is ------------------------------------------------------------------------------ */

static void
describe(const struct upkeep *upkeep, struct msg_store_status *status)
{
	static const char reads[] = " What is kept can be read; changes are refused.";

	if (upkeep->health != STORE_GOOD) {
		status->health = upkeep->health;
		str_format(status->sentence, sizeof status->sentence, "%.180s%s", upkeep->trouble, reads);
		str_copy(status->remedy, sizeof status->remedy,
			 outcome_remedy(upkeep->health == STORE_FULL ? OUTCOME_NO_SPACE : OUTCOME_READ_ONLY));
	} else if (upkeep->restored[0] != '\0') {
		status->health = STORE_RESTORED;
		str_copy(status->sentence, sizeof status->sentence, upkeep->restored);
		str_copy(status->remedy, sizeof status->remedy,
			 "Look at what is there, and set again what is missing.");
	} else {
		status->health = STORE_GOOD;
		str_copy(status->sentence, sizeof status->sentence, "What was acknowledged is on the disk.");
	}
}

void
upkeep_publish(struct upkeep *upkeep)
{
	struct msg_store_status status = {
		.holds_prints = upkeep->restored[0] != '\0',
		.schema = STORE_SCHEMA,
		.size_bytes = store_size_bytes(upkeep->store),
		.snapshot_ms = upkeep->snapshot_wall_ms,
		.commit_us = store_slowest_commit_us(upkeep->store),
	};

	for (int table = TABLE_META + 1; table < TABLE_COUNT; table++)
		status.records += store_count(upkeep->store, (enum store_table)table);
	describe(upkeep, &status);
	child_send(upkeep->child, MESSAGE_STORE_STATUS, ROLE_NONE, SLOT_ALL, 0, 0, &status, -1);
	upkeep->published = true;
	upkeep->published_mono_ms = clock_monotonic_ms();
}

static void
on_status_timer(void *arg)
{
	struct upkeep *upkeep = arg;

	upkeep->status_armed = false;
	upkeep_publish(upkeep);
}

/* Only after the first one, which the start sends when its time has come. */
static void
publish_soon(struct upkeep *upkeep)
{
	int64_t wait_ms = upkeep->published_mono_ms + STATUS_EVERY_MS - clock_monotonic_ms();

	if (!upkeep->published || upkeep->status_armed)
		return;
	upkeep->status_armed = true;
	loop_timer_set(upkeep->status_timer, wait_ms > 0 ? wait_ms : 0);
}

/* -- health --------------------------------------------------------------------------------- */

static enum store_health
health_after(const struct fault *fault, enum store_health before)
{
	switch (fault->outcome) {
	case OUTCOME_DONE:
		return STORE_GOOD;
	case OUTCOME_NO_SPACE:
		return STORE_FULL;
	case OUTCOME_READ_ONLY:
	case OUTCOME_FAILED:
		return STORE_READ_ONLY;
	case OUTCOME_ABSENT:
	case OUTCOME_TOO_BIG:
	case OUTCOME_DAMAGED:
	case OUTCOME_TOO_NEW:
	case OUTCOME_NO_KEY:
	case OUTCOME_STARVED:
		break;
	}
	return before;
}

static void
note_health(struct upkeep *upkeep, const struct fault *fault)
{
	enum store_health health = health_after(fault, upkeep->health);

	if (health != STORE_GOOD) {
		str_copy(upkeep->trouble, sizeof upkeep->trouble, fault->sentence);
		loop_timer_set(upkeep->probe_timer, PROBE_EVERY_MS);
	}
	if (health == upkeep->health)
		return;
	upkeep->health = health;
	if (health == STORE_GOOD)
		log_info("the disk takes changes again");
	else
		log_error("the disk takes no changes; what is kept can be read",
			  log_str("why", fault->sentence), log_str("fix", outcome_remedy(fault->outcome)));
}

/* Does the disk take changes? Both the database and new files must be possible. */
static enum outcome
probe(struct upkeep *upkeep, struct fault *ret_fault)
{
	child_doing("looking whether the disk takes changes");
	int error = files_probe(upkeep->dir);
	if (error != 0)
		fault_from_error(ret_fault, error, "write to the disk", upkeep->dir);
	else
		store_try_writable(upkeep->store, ret_fault);
	child_doing(NULL);
	return ret_fault->outcome;
}

static void
on_probe_timer(void *arg)
{
	struct upkeep *upkeep = arg;
	struct fault fault;

	probe(upkeep, &fault);
	note_health(upkeep, &fault);
	publish_soon(upkeep);
}

/* A database that turns out to be damaged is no longer served; the next start checks and restores. */
static void
give_up_damaged(struct upkeep *upkeep, const struct fault *fault)
{
	log_error(fault->sentence, log_str("fix", outcome_remedy(OUTCOME_DAMAGED)));
	child_exit(upkeep->child, EXIT_IO);
}

/* -- snapshots ------------------------------------------------------------------------------ */

static int64_t
snapshot_interval_ms(const struct upkeep *upkeep)
{
	return values_number(upkeep->values, "snapshotEveryMinutes") * 60000;
}

static void
arm_snapshot(struct upkeep *upkeep, int64_t least_wait_ms)
{
	int64_t wait_ms = FIRST_SNAPSHOT_MS;

	if (upkeep->has_snapshot)
		wait_ms = upkeep->snapshot_mono_ms + snapshot_interval_ms(upkeep) - clock_monotonic_ms();
	upkeep->snapshot_armed = true;
	loop_timer_set(upkeep->snapshot_timer, wait_ms > least_wait_ms ? wait_ms : least_wait_ms);
}

static void
on_snapshot_timer(void *arg)
{
	struct upkeep *upkeep = arg;
	struct fault fault;
	bool taken;

	upkeep->snapshot_armed = false;
	child_doing("writing a snapshot");
	int64_t now_ms = clock_wall_ms();
	enum outcome outcome =
		snapshot_take(upkeep->store, upkeep->dir, now_ms,
			      (size_t)values_number(upkeep->values, "snapshotKeep"), &taken, &fault);
	child_doing(NULL);
	if (outcome == OUTCOME_DAMAGED) {
		give_up_damaged(upkeep, &fault);
	} else if (outcome != OUTCOME_DONE) {
		log_warn("no snapshot of the database could be written; it is tried again in 5 minutes",
			 log_str("why", fault.sentence), log_str("fix", outcome_remedy(outcome)));
		arm_snapshot(upkeep, SNAPSHOT_RETRY_MS);
	} else if (taken) {
		upkeep->has_snapshot = true;
		upkeep->snapshot_wall_ms = now_ms;
		upkeep->snapshot_mono_ms = clock_monotonic_ms();
		log_debug("wrote a snapshot of the database");
		publish_soon(upkeep);
	}
}

void
upkeep_reschedule(struct upkeep *upkeep)
{
	if (upkeep->snapshot_armed)
		arm_snapshot(upkeep, FIRST_SNAPSHOT_MS);
}

/* When was the newest one taken, on our clock? One from the future (clocks jump) counts as old. */
static void
find_newest(struct upkeep *upkeep)
{
	static struct snapshot_list list;
	int64_t now_ms = clock_wall_ms();

	snapshot_list(upkeep->dir, &list);
	upkeep->has_snapshot = list.count > 0;
	if (list.count > 0) {
		int64_t age_ms = now_ms - list.newest_first[0].wall_ms;
		upkeep->snapshot_wall_ms = list.newest_first[0].wall_ms;
		upkeep->snapshot_mono_ms =
			clock_monotonic_ms() - (age_ms >= 0 ? age_ms : snapshot_interval_ms(upkeep));
	}
	if (list.count == 0 || list.newest_first[0].txn != store_txn(upkeep->store))
		arm_snapshot(upkeep, FIRST_SNAPSHOT_MS);
}

/* -- life ----------------------------------------------------------------------------------- */

enum outcome
upkeep_begin(struct upkeep *upkeep, struct child *child, struct store *store, const struct values *values,
	     const char *dir, struct fault *ret_fault)
{
	struct loop *loop = child_loop_peek(child);
	struct fault fault;

	*upkeep = (struct upkeep){
		.child = child, .store = store, .values = values, .dir = dir, .health = STORE_GOOD
	};
	upkeep->snapshot_timer = loop_timer_new(loop, on_snapshot_timer, upkeep);
	upkeep->probe_timer = loop_timer_new(loop, on_probe_timer, upkeep);
	upkeep->status_timer = loop_timer_new(loop, on_status_timer, upkeep);
	enum outcome outcome = store_get_meta(store, STORE_META_RESTORED, upkeep->restored, ret_fault);
	if (outcome != OUTCOME_DONE && outcome != OUTCOME_ABSENT)
		return outcome;
	probe(upkeep, &fault);
	note_health(upkeep, &fault);
	find_newest(upkeep);
	return fault_none(ret_fault);
}

void
upkeep_note_commit(struct upkeep *upkeep, const struct fault *fault)
{
	note_health(upkeep, fault);
	publish_soon(upkeep);
	if (fault->outcome == OUTCOME_DAMAGED)
		give_up_damaged(upkeep, fault);
	else if (fault->outcome == OUTCOME_DONE && !upkeep->snapshot_armed)
		arm_snapshot(upkeep, FIRST_SNAPSHOT_MS);
}

void
upkeep_note_confirmed(struct upkeep *upkeep)
{
	upkeep->restored[0] = '\0';
	log_info("a person has confirmed the restored state: prints may start again");
	publish_soon(upkeep);
}
