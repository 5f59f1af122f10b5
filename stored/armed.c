/*
 * armed: read, append, write anew.
 */
#include "stored/armed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

#define NEW_FILE "armed.log.new"
#define FIRST_ROOM 64

static void
log_path(const struct armed *armed, const char *name, char ret_path[FILES_PATH_BYTES])
{
	files_path(ret_path, armed->dir, name);
}

/* -- reading --------------------------------------------------------------------------------------- */

static void
note_entry(void *arg, const struct armed_entry *entry)
{
	struct armed *armed = arg;

	if (armed->count == armed->room) {
		armed->room = armed->room > 0 ? armed->room * 2 : FIRST_ROOM;
		armed->notes = reallocarray(armed->notes, armed->room, sizeof *armed->notes);
		ENSURE(armed->notes != NULL);
	}
	armed->notes[armed->count++] = (struct armed_note){ .entry = *entry };
}

static void
say_damaged(struct armed *armed)
{
	str_copy(armed->trouble, sizeof armed->trouble,
		 "The list of started prints (armed.log) is damaged and cannot be set aside, so nothing is "
		 "started.");
}

static void
take_bytes(struct armed *armed, const char *bytes, size_t len)
{
	struct armed_reading reading;

	armed_line_read_all(bytes, len, note_entry, armed, &reading);
	armed->damaged = reading.damaged;
	armed->size_bytes = reading.whole_len;
	armed->has_bad_end = reading.is_torn;
	if (reading.damaged > 0)
		say_damaged(armed);
	if (reading.is_torn)
		log_warn("the newest line of armed.log is torn and is dropped: it was not answered yet");
}

/* 0, or errno. */
static int
read_file(struct armed *armed, const char *path)
{
	struct stat st;
	size_t len;

	if (lstat(path, &st) != 0)
		return errno;
	if (st.st_size > ARMED_MAX_BYTES)
		return EFBIG;
	char *bytes = malloc((size_t)st.st_size + 1);
	if (bytes == NULL)
		return ENOMEM;
	int error = files_read(path, bytes, (size_t)st.st_size, &len);
	if (error == 0)
		take_bytes(armed, bytes, len);
	free(bytes);
	return error;
}

static void
be_in_trouble(struct armed *armed, const char *how, int error)
{
	str_format(armed->trouble, sizeof armed->trouble,
		   "The list of started prints (armed.log) %s (%s), so nothing is started.", how,
		   strerror(error));
	log_error(armed->trouble);
}

static void
forget(struct armed *armed)
{
	free(armed->notes);
	armed->notes = NULL;
	armed->count = armed->room = 0;
}

void
armed_open(struct armed *ret_armed, const char *dir)
{
	struct armed *armed = ret_armed;
	char path[FILES_PATH_BYTES];

	memset(armed, 0, sizeof *armed);
	armed->fd = -1;
	ENSURE(str_copy(armed->dir, sizeof armed->dir, dir));
	log_path(armed, ARMED_FILE, path);
	int error = read_file(armed, path);
	if (error == ENOENT) /* it is made when there is something to tell */
		error = 0;
	armed->trim_at_bytes = armed->size_bytes > ARMED_SMALL_BYTES ? armed->size_bytes : ARMED_SMALL_BYTES;
	if (error == 0)
		return;
	forget(armed);
	be_in_trouble(armed, "cannot be read", error);
}

void
armed_close(struct armed *armed)
{
	if (armed->fd >= 0)
		close(armed->fd);
	armed->fd = -1;
	forget(armed);
}

const char *
armed_trouble_peek(const struct armed *armed)
{
	return armed->trouble[0] != '\0' ? armed->trouble : NULL;
}

/* -- finding --------------------------------------------------------------------------------------- */

const struct armed_note *
armed_find_job(const struct armed *armed, const char *id)
{
	for (size_t i = armed->count; i > 0; i--)
		if (strcmp(armed->notes[i - 1].entry.id, id) == 0)
			return &armed->notes[i - 1];
	return NULL;
}

const struct armed_note *
armed_find_number(const struct armed *armed, uint32_t number)
{
	for (size_t i = armed->count; i > 0; i--)
		if (armed->notes[i - 1].entry.number == number)
			return &armed->notes[i - 1];
	return NULL;
}

const struct armed_note *
armed_find_key(const struct armed *armed, const uint8_t key_hash[ARMED_KEY_HASH_BYTES])
{
	for (size_t i = armed->count; i > 0; i--) {
		const struct armed_entry *entry = &armed->notes[i - 1].entry;
		if (entry->has_key && memcmp(entry->key_hash, key_hash, ARMED_KEY_HASH_BYTES) == 0)
			return &armed->notes[i - 1];
	}
	return NULL;
}

static struct armed_note *
find_idle(struct armed *armed, const char *id)
{
	for (size_t i = 0; i < armed->count; i++)
		if (armed->notes[i].is_idle && strcmp(armed->notes[i].entry.id, id) == 0)
			return &armed->notes[i];
	return NULL;
}

/* -- adding ---------------------------------------------------------------------------------------- */

/* 0, or errno. */
static int
write_line(int fd, const char *line, size_t len)
{
	ssize_t n;

	do
		n = write(fd, line, len);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)len)
		return n < 0 ? errno : ENOSPC;
	return fdatasync(fd) == 0 ? 0 : errno;
}

/* 0, or errno. */
static int
open_to_append(struct armed *armed)
{
	char path[FILES_PATH_BYTES];

	log_path(armed, ARMED_FILE, path);
	if (armed->fd >= 0)
		close(armed->fd);
	armed->fd = -1;
	int error = files_exists(path) ? 0 : files_write_new(path, "", 0);
	if (error == 0)
		armed->fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	return error != 0 || armed->fd >= 0 ? error : errno;
}

/* What stands behind the whole lines goes, so that the next one begins on its own. 0, or errno. */
static int
cut_bad_end(struct armed *armed)
{
	if (armed->has_bad_end &&
	    (ftruncate(armed->fd, (off_t)armed->size_bytes) != 0 || fdatasync(armed->fd) != 0))
		return errno;
	armed->has_bad_end = false;
	return 0;
}

static int
append(struct armed *armed, const char *line, size_t len)
{
	int error = armed->fd >= 0 ? 0 : open_to_append(armed);

	if (error == 0)
		error = cut_bad_end(armed);
	if (error == 0)
		error = write_line(armed->fd, line, len);
	if (error != 0 && armed->fd >= 0) {
		armed->has_bad_end = true;
		cut_bad_end(armed); /* else before the next line */
	}
	return error;
}

enum outcome
armed_add(struct armed *armed, const struct armed_entry *entry, struct fault *ret_fault)
{
	char line[ARMED_LINE_MAX_BYTES];
	struct armed_note *idle = find_idle(armed, entry->id);

	if (armed->trouble[0] != '\0')
		return fault_say(ret_fault, OUTCOME_FAILED, armed->trouble);
	if (idle != NULL) {
		idle->is_idle = false;
		return fault_none(ret_fault);
	}
	size_t len = armed_line_write(entry, line);
	int error = append(armed, line, len);
	if (error != 0)
		return fault_from_error(ret_fault, error, "note the start in armed.log", armed->dir);
	armed->size_bytes += len;
	note_entry(armed, entry);
	return fault_none(ret_fault);
}

void
armed_set_idle(struct armed *armed, const char *id)
{
	for (size_t i = 0; i < armed->count; i++)
		if (strcmp(armed->notes[i].entry.id, id) == 0)
			armed->notes[i].is_idle = true;
}

/* -- writing it anew ------------------------------------------------------------------------------- */

/* All notes as lines, in memory of the caller's to be freed. */
static char *
all_lines(const struct armed *armed, size_t *ret_len)
{
	char *lines = malloc(armed->count * ARMED_LINE_MAX_BYTES + 1);

	*ret_len = 0;
	for (size_t i = 0; i < armed->count && lines != NULL; i++)
		*ret_len += armed_line_write(&armed->notes[i].entry, lines + *ret_len);
	return lines;
}

/* Put the notes into the place of the file. 0, or errno: then the old one is there as it was. */
static int
write_anew(struct armed *armed)
{
	char path[FILES_PATH_BYTES], fresh[FILES_PATH_BYTES];
	size_t len;
	char *lines = all_lines(armed, &len);

	if (lines == NULL)
		return ENOMEM;
	log_path(armed, ARMED_FILE, path);
	log_path(armed, NEW_FILE, fresh);
	unlink(fresh);
	int error = files_write_new(fresh, lines, len);
	free(lines);
	if (error == 0 && rename(fresh, path) != 0)
		error = errno;
	if (error != 0)
		return error;
	armed->size_bytes = len;
	armed->has_bad_end = false;
	error = files_sync_folder(armed->dir);
	if (error == 0)
		error = open_to_append(armed);
	/* What is added now may go to a file that is not there after a power failure. */
	if (error != 0)
		be_in_trouble(armed, "cannot be written anew", error);
	return 0;
}

/* When the note `i` was made at the latest: what was noted while the clock was not set came before the next that was
 * noted when it was. Asked for one after the other; `set` is where that next one stands. */
static int64_t
noted_ms(const struct armed *armed, size_t i, size_t *set, int64_t wall_ms)
{
	if (*set < i)
		*set = i;
	while (*set < armed->count && armed->notes[*set].entry.wall_ms < ARMED_CLOCK_SET_MS)
		++*set;
	return *set < armed->count ? armed->notes[*set].entry.wall_ms : wall_ms;
}

void
armed_trim(struct armed *armed, int64_t wall_ms, armed_is_kept_fn *is_kept, void *arg)
{
	size_t left = 0, set = 0, too_many = armed->count > ARMED_MOST ? armed->count - ARMED_MOST : 0;
	struct armed before = *armed;

	if (armed->trouble[0] != '\0' || armed->damaged > 0 || armed->size_bytes < armed->trim_at_bytes)
		return;
	armed->trim_at_bytes = armed->size_bytes + ARMED_SMALL_BYTES;
	armed->notes = calloc(before.count + 1, sizeof *armed->notes);
	ENSURE(armed->notes != NULL);
	for (size_t i = 0; i < before.count; i++) {
		const struct armed_note *note = &before.notes[i];
		bool is_old = i < too_many || wall_ms - noted_ms(&before, i, &set, wall_ms) > ARMED_KEEP_MS;
		if (!is_old || is_kept(arg, note->entry.id))
			armed->notes[left++] = *note;
	}
	armed->count = left;
	armed->room = before.count + 1;
	int error = left < before.count ? write_anew(armed) : 0;
	if (error == 0) {
		free(before.notes);
		armed->trim_at_bytes = armed->size_bytes + ARMED_SMALL_BYTES;
		return;
	}
	log_warn("armed.log could not be written anew without what is old",
		 log_str("error", strerror(error)));
	free(armed->notes);
	armed->notes = before.notes;
	armed->count = before.count;
	armed->room = before.room;
}

enum outcome
armed_set_damage_aside(struct armed *armed, int64_t wall_ms, struct fault *ret_fault)
{
	char path[FILES_PATH_BYTES], aside[FILES_PATH_BYTES], name[64], stamp[FILES_STAMP_BYTES];

	files_stamp(wall_ms, stamp);
	str_format(name, sizeof name, ARMED_DAMAGED_PREFIX "%s", stamp);
	log_path(armed, ARMED_FILE, path);
	log_path(armed, name, aside);
	int error = files_copy(path, aside);
	if (error == EEXIST) /* a start a moment ago came so far */
		error = 0;
	armed->trouble[0] = '\0';
	if (error == 0)
		error = write_anew(armed);
	if (error != 0) {
		say_damaged(armed);
		return fault_from_error(ret_fault, error, "set the damaged armed.log aside", armed->dir);
	}
	armed->damaged = 0;
	return fault_none(ret_fault);
}
