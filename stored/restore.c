/*
 * restore: plan and carry out.
 */
#include "stored/restore.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "stored/armed.h"
#include "stored/check.h"
#include "stored/files.h"
#include "stored/store.h"

#define NEW_FOLDER "db.new"
#define NEW_FILE "db.new/data.mdb"
#define DAMAGED_PREFIX "damaged-"

/* -- plan ---------------------------------------------------------------------------------- */

static void
look_for_traces(void *arg, const char *name)
{
	bool *found = arg;

	*found |= strncmp(name, DAMAGED_PREFIX, strlen(DAMAGED_PREFIX)) == 0 || strcmp(name, ARMED_FILE) == 0;
}

/* Was there ever a database? One that is gone without a trace is a first start. */
static bool
has_history(const char *dir, const struct snapshot_list *snapshots)
{
	bool found = snapshots->count > 0;

	files_each(dir, look_for_traces, &found);
	return found;
}

/* Find the newest snapshot that is whole. DONE with the plan complete, or why Fuse must not start. */
static enum outcome
choose_snapshot(const char *dir, const struct snapshot_list *snapshots, int64_t check_timeout_ms,
		struct plan *plan, struct fault *ret_fault)
{
	char folder[FILES_PATH_BYTES], file[FILES_PATH_BYTES];

	files_path(folder, dir, SNAPSHOT_FOLDER);
	for (size_t i = 0; i < snapshots->count; i++) {
		files_path(file, folder, snapshots->newest_first[i].name);
		enum outcome outcome = check_database(file, check_timeout_ms, ret_fault);
		if (outcome == OUTCOME_DONE) {
			plan->kind = PLAN_RESTORE;
			plan->snapshot = snapshots->newest_first[i];
			return OUTCOME_DONE;
		}
		if (outcome != OUTCOME_DAMAGED && outcome != OUTCOME_ABSENT)
			return outcome;
		log_warn("a snapshot is damaged, too", log_str("file", file),
			 log_str("why", ret_fault->sentence));
	}
	plan->kind = PLAN_EMPTY;
	return fault_none(ret_fault);
}

enum outcome
restore_plan(const char *dir, int64_t check_timeout_ms, struct plan *ret_plan, struct fault *ret_fault)
{
	static struct snapshot_list snapshots;
	char file[FILES_PATH_BYTES];

	memset(ret_plan, 0, sizeof *ret_plan);
	files_path(file, dir, RESTORE_DATABASE_FILE);
	enum outcome outcome = check_database(file, check_timeout_ms, ret_fault);
	if (outcome == OUTCOME_DONE) {
		ret_plan->kind = PLAN_SERVE;
		return outcome;
	}
	if (outcome != OUTCOME_DAMAGED && outcome != OUTCOME_ABSENT)
		return outcome;
	ret_plan->damaged = outcome == OUTCOME_DAMAGED;
	snapshot_list(dir, &snapshots);
	if (outcome == OUTCOME_ABSENT && !has_history(dir, &snapshots)) {
		ret_plan->kind = PLAN_FRESH;
		return fault_none(ret_fault);
	}
	str_copy(ret_plan->reason, sizeof ret_plan->reason,
		 ret_plan->damaged ? ret_fault->sentence : "The database is gone, though there was one.");
	return choose_snapshot(dir, &snapshots, check_timeout_ms, ret_plan, ret_fault);
}

/* -- carry out ----------------------------------------------------------------------------- */

/* What is lost, in the words that status pages show. */
static void
describe_loss(const struct plan *plan, const char *damaged_name, char ret_sentence[STORE_META_VALUE_BYTES])
{
	char when[CLOCK_UTC_BYTES];
	const char *what = plan->damaged ? "damaged" : "gone";
	char where[80] = "";

	if (plan->damaged)
		str_format(where, sizeof where, ", it is kept in %s", damaged_name);
	clock_format_utc(plan->snapshot.wall_ms, when);
	if (plan->kind == PLAN_RESTORE)
		str_format(ret_sentence, STORE_META_VALUE_BYTES,
			   "The database was %s%s. It is again as it was at %.19sZ; what was changed after "
			   "that is lost.",
			   what, where, when);
	else
		str_format(ret_sentence, STORE_META_VALUE_BYTES,
			   "The database was %s%s. No snapshot was good: settings and secrets are lost and "
			   "must be set again.",
			   what, where);
}

static enum outcome
write_mark(const char *file, enum store_mode mode, const char *sentence, struct fault *ret_fault)
{
	struct store *store = store_open(file, mode, ret_fault);

	if (store == NULL)
		return ret_fault->outcome;
	struct store_op op = { TABLE_META, STORE_META_RESTORED, strlen(STORE_META_RESTORED), sentence,
			       strlen(sentence) };
	enum outcome outcome = sentence[0] != '\0' ? store_commit(store, &op, 1, ret_fault) : OUTCOME_DONE;
	store_close(store);
	return outcome;
}

/* Put the new database together in db.new, synced. */
static enum outcome
build_new(const char *dir, const struct plan *plan, const char *sentence, struct fault *ret_fault)
{
	char folder[FILES_PATH_BYTES], file[FILES_PATH_BYTES];
	char snapshots[FILES_PATH_BYTES], snapshot[FILES_PATH_BYTES];

	files_path(folder, dir, NEW_FOLDER);
	files_path(file, dir, NEW_FILE);
	int error = files_remove_folder(folder);
	if (error == 0)
		error = files_make_folder(folder);
	if (error == 0 && plan->kind == PLAN_RESTORE) {
		files_path(snapshots, dir, SNAPSHOT_FOLDER);
		files_path(snapshot, snapshots, plan->snapshot.name);
		error = files_copy(snapshot, file);
	}
	if (error != 0)
		return fault_from_error(ret_fault, error, "make the database", dir);
	enum store_mode mode = plan->kind == PLAN_RESTORE ? STORE_MODE_SERVE : STORE_MODE_CREATE;
	if (write_mark(file, mode, sentence, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	error = files_sync_folder(folder);
	return error == 0 ? fault_none(ret_fault)
			  : fault_from_error(ret_fault, error, "make the database", dir);
}

/* Snapshots that did not pass go with the damaged database: they must not count as the newest. */
static int
set_snapshots_aside(const char *dir, const struct plan *plan, const char *damaged)
{
	static struct snapshot_list list;
	char folder[FILES_PATH_BYTES], from[FILES_PATH_BYTES], to[FILES_PATH_BYTES];
	int error = 0;

	files_path(folder, dir, SNAPSHOT_FOLDER);
	snapshot_list(dir, &list);
	for (size_t i = 0; i < list.count && error == 0; i++) {
		if (plan->kind == PLAN_RESTORE && strcmp(list.newest_first[i].name, plan->snapshot.name) == 0)
			break;
		files_path(from, folder, list.newest_first[i].name);
		files_path(to, damaged, list.newest_first[i].name);
		error = files_move(from, to);
	}
	return error;
}

static enum outcome
set_aside(const char *dir, const struct plan *plan, const char *damaged_name, struct fault *ret_fault)
{
	char damaged[FILES_PATH_BYTES], from[FILES_PATH_BYTES], to[FILES_PATH_BYTES];

	files_path(damaged, dir, damaged_name);
	int error = files_make_folder(damaged);
	if (error == 0)
		error = set_snapshots_aside(dir, plan, damaged);
	files_path(from, dir, RESTORE_DATABASE_FOLDER);
	files_path(to, damaged, RESTORE_DATABASE_FOLDER);
	if (error == 0 && files_exists(from))
		error = files_move(from, to);
	rmdir(damaged); /* goes only when there was nothing to set aside */
	return error == 0 ? fault_none(ret_fault)
			  : fault_from_error(ret_fault, error, "set the damaged database aside", dir);
}

/* A name that is not there yet: two starts within a second must not share a folder. */
static void
name_damaged(const char *dir, int64_t wall_ms, char ret_name[40])
{
	char stamp[FILES_STAMP_BYTES], path[FILES_PATH_BYTES];
	unsigned again = 0;

	files_stamp(wall_ms, stamp);
	do {
		if (again == 0)
			str_format(ret_name, 40, DAMAGED_PREFIX "%s", stamp);
		else
			str_format(ret_name, 40, DAMAGED_PREFIX "%s-%u", stamp, again);
		files_path(path, dir, ret_name);
	} while (files_exists(path) && ++again < 1000);
}

enum outcome
restore_carry_out(const char *dir, const struct plan *plan, int64_t wall_ms, struct fault *ret_fault)
{
	char damaged_name[40], sentence[STORE_META_VALUE_BYTES] = "";
	char from[FILES_PATH_BYTES], to[FILES_PATH_BYTES];

	if (plan->kind == PLAN_SERVE)
		return fault_none(ret_fault);
	name_damaged(dir, wall_ms, damaged_name);
	if (plan->kind != PLAN_FRESH) {
		log_error("the database cannot be used", log_str("why", plan->reason));
		describe_loss(plan, damaged_name, sentence);
	}
	files_path(from, dir, NEW_FOLDER);
	files_path(to, dir, RESTORE_DATABASE_FOLDER);
	if (build_new(dir, plan, sentence, ret_fault) != OUTCOME_DONE) {
		files_remove_folder(from);
		return ret_fault->outcome;
	}
	if (plan->kind != PLAN_FRESH && set_aside(dir, plan, damaged_name, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	int error = files_move(from, to);
	if (error != 0)
		return fault_from_error(ret_fault, error, "put the new database into its place", dir);
	if (plan->kind == PLAN_FRESH)
		log_info("made an empty database");
	else
		log_error(sentence);
	return fault_none(ret_fault);
}
