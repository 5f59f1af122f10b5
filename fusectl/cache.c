/*
 * cache: fetch, find, put in.
 */
#include "fusectl/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/terms.h"

#define COPY_BYTES (1024 * 1024)
#define HASH_LEAST_DIGITS 6
#define KEEP_S 600	 /* hashing and syncing of a large file on a slow card */
#define CHECK_MS 60000
#define CHECK_LOOK_MS 100

/* -- fetch and find --------------------------------------------------------------------------------- */

static void
take_file(void *arg, const void *message)
{
	struct cache_list *list = arg;

	if (list->count == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 64;
		list->rows = reallocarray(list->rows, list->cap, sizeof *list->rows);
		ENSURE(list->rows != NULL);
	}
	memcpy(&list->rows[list->count++], message, sizeof *list->rows);
}

static int
by_use(const void *left, const void *right)
{
	const struct msg_file *a = left, *b = right;

	return a->used_ms != b->used_ms ? (a->used_ms < b->used_ms ? 1 : -1) : strcmp(a->sha256, b->sha256);
}

enum outcome
cache_fetch(struct ctl *ctl, struct cache_list *ret_list)
{
	*ret_list = (struct cache_list){ 0 };
	enum outcome outcome = ctl_recall(ctl, MESSAGE_FILE, take_file, ret_list);
	if (outcome == OUTCOME_DONE && ret_list->count > 1)
		qsort(ret_list->rows, ret_list->count, sizeof *ret_list->rows, by_use);
	if (outcome != OUTCOME_DONE)
		cache_free(ret_list);
	return outcome;
}

void
cache_free(struct cache_list *list)
{
	free(list->rows);
	*list = (struct cache_list){ 0 };
}

enum outcome
cache_find(const struct cache_list *list, const char *word, const struct msg_file **ret_file, struct failure *failure)
{
	size_t len = strlen(word), found = 0;
	bool is_hash = len >= HASH_LEAST_DIGITS && strspn(word, "0123456789abcdefABCDEF") == len;

	for (size_t i = 0; i < list->count; i++) {
		const struct msg_file *file = &list->rows[i];
		if (strcmp(file->name, word) != 0 && !(is_hash && strncasecmp(file->sha256, word, len) == 0))
			continue;
		if (found++ == 0)
			*ret_file = file;
	}
	if (found == 1)
		return OUTCOME_DONE;
	if (found == 0) {
		failure_say(failure, OUTCOME_NOT_FOUND, "There is no file %s in the cache.", word);
		failure_remedy(failure, "`fusectl files` lists them.");
		return OUTCOME_NOT_FOUND;
	}
	failure_say(failure, OUTCOME_USAGE, "%zu files in the cache are meant by %s:", found, word);
	for (size_t i = 0; i < list->count && i < 5; i++)
		if (strcmp(list->rows[i].name, word) == 0 || (is_hash && strncasecmp(list->rows[i].sha256, word, len) == 0))
			failure_add(failure, " %.12s", list->rows[i].sha256);
	failure_remedy(failure, "Write more of its hash.");
	return OUTCOME_USAGE;
}

/* -- put in -------------------------------------------------------------------------------------------- */

struct intake {
	struct ctl *ctl;
	const char *path;
	int from_fd, room_fd;
	uint64_t size_bytes, done_bytes;
	struct msg_file_room room;
	struct msg_file_kept kept;
	bool progress_shown;
	int64_t shown_ms;
};

static void
wipe_progress(struct intake *intake)
{
	if (intake->progress_shown)
		fputs("\r\033[K", stderr);
	intake->progress_shown = false;
}

static void
show_progress(struct intake *intake)
{
	int64_t now_ms = clock_monotonic_ms();

	if (ctl_wants_json(intake->ctl) || !isatty(STDERR_FILENO) || now_ms - intake->shown_ms < 200)
		return;
	intake->shown_ms = now_ms;
	wipe_progress(intake);
	fprintf(stderr, "into the cache: %llu %%",
		(unsigned long long)(intake->size_bytes > 0 ? intake->done_bytes * 100 / intake->size_bytes : 0));
	fflush(stderr);
	intake->progress_shown = true;
}

static enum outcome
open_source(struct intake *intake)
{
	struct failure *failure = &intake->ctl->failure;
	struct stat stat;

	intake->from_fd = open(intake->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (intake->from_fd < 0 || fstat(intake->from_fd, &stat) != 0)
		return failure_say(failure, errno == ENOENT ? OUTCOME_NOT_FOUND : OUTCOME_FAILED, "Could not open %s: %s.",
				   intake->path, strerror(errno));
	if (!S_ISREG(stat.st_mode))
		return failure_say(failure, OUTCOME_USAGE, "%s is no file.", intake->path);
	if (stat.st_size == 0)
		return failure_say(failure, OUTCOME_USAGE, "%s is empty.", intake->path);
	intake->size_bytes = (uint64_t)stat.st_size;
	return OUTCOME_DONE;
}

static void
take_room(void *arg, const void *message)
{
	memcpy(&((struct intake *)arg)->room, message, sizeof(struct msg_file_room));
}

static void
take_kept(void *arg, const void *message)
{
	memcpy(&((struct intake *)arg)->kept, message, sizeof(struct msg_file_kept));
}

static enum outcome
ask_room(struct intake *intake)
{
	struct msg_file_new wish = { .size_bytes = intake->size_bytes };
	const char *slash = strrchr(intake->path, '/');
	struct client_question question = { .to = ROLE_STORED, .number = MESSAGE_FILE_NEW, .message = &wish, .fd = -1,
					    .reply_number = MESSAGE_FILE_ROOM, .on_reply = take_room, .arg = intake,
					    .ret_fd = &intake->room_fd, .watch_fd = -1 };

	str_copy(wish.name, sizeof wish.name, slash != NULL ? slash + 1 : intake->path);
	enum outcome outcome = client_ask(&intake->ctl->client, &question, NULL, &intake->ctl->failure);
	if (outcome == OUTCOME_DONE && intake->room_fd < 0)
		return failure_say(&intake->ctl->failure, OUTCOME_FAILED, "Fuse gave no room for the file.");
	return outcome;
}

static enum outcome
copy(struct intake *intake)
{
	struct failure *failure = &intake->ctl->failure;
	char *buffer = malloc(COPY_BYTES);
	enum outcome outcome = OUTCOME_DONE;

	ENSURE(buffer != NULL);
	while (outcome == OUTCOME_DONE && intake->done_bytes < intake->size_bytes) {
		ssize_t got = read(intake->from_fd, buffer, COPY_BYTES);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			outcome = failure_say(failure, OUTCOME_FAILED, "Could not read %s: %s.", intake->path,
					      got < 0 ? strerror(errno) : "it became shorter meanwhile");
		for (ssize_t put = 0, n; outcome == OUTCOME_DONE && put < got; put += n > 0 ? n : 0) {
			n = write(intake->room_fd, buffer + put, (size_t)(got - put));
			if (n < 0 && errno != EINTR)
				outcome = failure_say(failure, OUTCOME_FAILED, errno == ENOSPC
						      ? "The disk of Fuse's state folder is full."
						      : "The file could not be written into the cache.");
		}
		intake->done_bytes += got > 0 ? (uint64_t)got : 0;
		show_progress(intake);
	}
	free(buffer);
	wipe_progress(intake);
	return outcome;
}

static enum outcome
complete(struct intake *intake)
{
	struct msg_file_complete done = { .ticket = intake->room.ticket, .size_bytes = intake->size_bytes };
	const struct client_question question = { .to = ROLE_STORED, .number = MESSAGE_FILE_COMPLETE, .message = &done,
						  .fd = -1, .reply_number = MESSAGE_FILE_KEPT, .on_reply = take_kept,
						  .arg = intake, .watch_fd = -1,
						  .timeout_ms = ctl_patience_ms(intake->ctl, KEEP_S) };

	close(intake->room_fd); /* the store wants to be its only holder */
	intake->room_fd = -1;
	return client_ask(&intake->ctl->client, &question, NULL, &intake->ctl->failure);
}

enum outcome
cache_add(struct ctl *ctl, const char *path, char ret_sha256[65], bool *ret_was_there)
{
	struct intake intake = { .ctl = ctl, .path = path, .from_fd = -1, .room_fd = -1 };
	enum outcome outcome = open_source(&intake);

	if (outcome == OUTCOME_DONE)
		outcome = ctl_connect(ctl);
	if (outcome == OUTCOME_DONE)
		outcome = ask_room(&intake);
	if (outcome == OUTCOME_DONE)
		outcome = copy(&intake);
	if (outcome == OUTCOME_DONE)
		outcome = complete(&intake);
	if (intake.room_fd >= 0)
		close(intake.room_fd);
	if (intake.from_fd >= 0)
		close(intake.from_fd);
	str_copy(ret_sha256, 65, intake.kept.sha256);
	*ret_was_there = intake.kept.was_there;
	return outcome;
}

enum outcome
cache_wait_checked(struct ctl *ctl, const char *sha256, struct msg_file *ret_file)
{
	const struct timespec pause = { .tv_nsec = CHECK_LOOK_MS * 1000000L };
	int64_t until_ms = clock_monotonic_ms() + CHECK_MS;

	for (;;) {
		struct cache_list list;
		const struct msg_file *file = NULL;
		enum outcome outcome = cache_fetch(ctl, &list);
		if (outcome != OUTCOME_DONE)
			return outcome;
		outcome = cache_find(&list, sha256, &file, &ctl->failure);
		if (outcome == OUTCOME_DONE)
			*ret_file = *file;
		cache_free(&list);
		if (outcome != OUTCOME_DONE || ret_file->check != FILE_CHECK_WAITING || clock_monotonic_ms() > until_ms)
			return outcome;
		nanosleep(&pause, NULL);
	}
}

json_t *
cache_json(const struct msg_file *file)
{
	json_t *json = json_pack("{s:s, s:o, s:I, s:s, s:s, s:s, s:i, s:i}", "sha256", file->sha256, "name",
				 ctl_json_text(file->name), "sizeBytes", (json_int_t)file->size_bytes, "check",
				 file_check_name(file->check), "kind", file_kind_name(file->kind), "model", file->model,
				 "plates", (int)file->plates, "openJobs", (int)file->open_jobs);

	ENSURE(json != NULL);
	json_object_set_new(json, "createdAt", ctl_json_time(file->created_ms));
	json_object_set_new(json, "usedAt", ctl_json_time(file->used_ms));
	json_object_set_new(json, "sentence", ctl_json_text(file->sentence));
	json_object_set_new(json, "remedy", ctl_json_text(file->remedy));
	return json;
}
