/*
 * snapshot: take, list and thin out.
 */
#include "stored/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/str.h"
#include "stored/files.h"

#define TEMP_NAME "new.tmp"

bool
snapshot_parse_name(const char *name, struct snapshot *ret_snapshot)
{
	const size_t stamp_len = FILES_STAMP_BYTES - 1;
	char digits[24];
	int64_t txn;

	memset(ret_snapshot, 0, sizeof *ret_snapshot);
	size_t len = strlen(name);
	if (len >= SNAPSHOT_NAME_BYTES || len < stamp_len + strlen("-0.mdb") || name[stamp_len] != '-' ||
	    strcmp(name + len - 4, ".mdb") != 0 || !files_stamp_parse(name, &ret_snapshot->wall_ms))
		return false;
	size_t digit_count = len - 4 - stamp_len - 1;
	if (digit_count >= sizeof digits)
		return false;
	memcpy(digits, name + stamp_len + 1, digit_count);
	digits[digit_count] = '\0';
	if (!str_parse_int(digits, 0, INT64_MAX, &txn))
		return false;
	ret_snapshot->txn = (uint64_t)txn;
	return str_copy(ret_snapshot->name, sizeof ret_snapshot->name, name);
}

static void
add_to_list(void *arg, const char *name)
{
	struct snapshot_list *list = arg;

	if (list->count < SNAPSHOTS_MOST && snapshot_parse_name(name, &list->newest_first[list->count]))
		list->count++;
}

static int
compare_newest_first(const void *a, const void *b)
{
	const struct snapshot *left = a, *right = b;

	if (left->txn != right->txn)
		return left->txn < right->txn ? 1 : -1;
	return strcmp(right->name, left->name);
}

void
snapshot_list(const char *dir, struct snapshot_list *ret_list)
{
	char folder[FILES_PATH_BYTES];

	ret_list->count = 0;
	files_path(folder, dir, SNAPSHOT_FOLDER);
	int error = files_each(folder, add_to_list, ret_list);
	if (error != 0 && error != ENOENT)
		log_warn("cannot look for snapshots", log_str("folder", folder),
			 log_str("error", strerror(error)));
	qsort(ret_list->newest_first, ret_list->count, sizeof ret_list->newest_first[0],
	      compare_newest_first);
}

/* Copy to the temporary name; whole and synced, or gone. */
static enum outcome
copy_to(struct store *store, const char *path, struct fault *ret_fault)
{
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fault_from_error(ret_fault, errno, "write a snapshot", path);
	if (store_copy(store, fd, ret_fault) == OUTCOME_DONE && fsync(fd) != 0)
		fault_from_error(ret_fault, errno, "write a snapshot", path);
	close(fd);
	if (ret_fault->outcome != OUTCOME_DONE)
		unlink(path);
	return ret_fault->outcome;
}

static enum outcome
write_snapshot(struct store *store, const char *folder, int64_t wall_ms, struct fault *ret_fault)
{
	char stamp[FILES_STAMP_BYTES], name[SNAPSHOT_NAME_BYTES];
	char temp[FILES_PATH_BYTES], path[FILES_PATH_BYTES];

	int error = files_make_folder(folder);
	if (error != 0)
		return fault_from_error(ret_fault, error, "make the folder for snapshots", NULL);
	files_path(temp, folder, TEMP_NAME);
	files_stamp(wall_ms, stamp);
	str_format(name, sizeof name, "%s-%llu.mdb", stamp, (unsigned long long)store_txn(store));
	files_path(path, folder, name);
	if (copy_to(store, temp, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	error = files_move(temp, path);
	if (error == 0)
		return fault_none(ret_fault);
	unlink(temp);
	return fault_from_error(ret_fault, error, "write a snapshot", folder);
}

static void
thin_out(const char *dir, const char *folder, size_t keep)
{
	static struct snapshot_list list;
	char path[FILES_PATH_BYTES];

	snapshot_list(dir, &list);
	for (size_t i = keep; i < list.count; i++) {
		files_path(path, folder, list.newest_first[i].name);
		if (unlink(path) != 0)
			log_warn("cannot remove an old snapshot", log_str("file", path),
				 log_str("error", strerror(errno)));
	}
}

enum outcome
snapshot_take(struct store *store, const char *dir, int64_t wall_ms, size_t keep, bool *ret_taken,
	      struct fault *ret_fault)
{
	static struct snapshot_list list;
	struct store_counts counts;
	char folder[FILES_PATH_BYTES];

	*ret_taken = false;
	snapshot_list(dir, &list);
	if (list.count > 0 && list.newest_first[0].txn == store_txn(store))
		return fault_none(ret_fault);
	if (store_verify(store, &counts, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	files_path(folder, dir, SNAPSHOT_FOLDER);
	if (write_snapshot(store, folder, wall_ms, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	*ret_taken = true;
	thin_out(dir, folder, keep);
	return fault_none(ret_fault);
}
