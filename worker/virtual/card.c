/*
 * card: files and folders.
 */
#include "worker/virtual/card.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "worker/virtual/card_inner.h"

enum card_fault
card_fault_of_errno(const char *what)
{
	switch (errno) {
	case ENOENT:
		return CARD_NOT_THERE;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return CARD_FULL;
	case ENAMETOOLONG:
		return CARD_BAD_NAME;
	case ENOTDIR:
	case EISDIR:
	case ELOOP:
	case EEXIST:
	case ENOTEMPTY:
		return CARD_IN_THE_WAY;
	default:
		log_warn("the folder of a virtual printer cannot be used", log_str("for", what),
			 log_str("error", strerror(errno)));
		return CARD_BROKEN;
	}
}

bool
card_stat(int folder_fd, const char *name, struct stat *ret_stat)
{
	return fstatat(folder_fd, name, ret_stat, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (S_ISREG(ret_stat->st_mode) || S_ISDIR(ret_stat->st_mode));
}

static int
open_folder(int at_fd, const char *name)
{
	return openat(at_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

enum card_fault
card_enter(struct card *card, const char *path, int *ret_fd, const char **ret_name)
{
	char component[CARD_NAME_MAX_BYTES + 1];
	const char *slash;
	int fd;

	ENSURE_OBJ(card, CARD_MAGIC);
	ENSURE(path[0] == '/');
	*ret_fd = -1;
	if (card->is_absent)
		return CARD_ABSENT;
	fd = open_folder(card->root_fd, ".");
	for (path++; fd >= 0 && (slash = strchr(path, '/')) != NULL; path = slash + 1) {
		ENSURE((size_t)(slash - path) < sizeof component);
		memcpy(component, path, (size_t)(slash - path));
		component[slash - path] = '\0';
		int inner_fd = open_folder(fd, component), saved = errno;
		close(fd);
		errno = saved;
		fd = inner_fd;
	}
	if (fd < 0)
		return card_fault_of_errno("a folder");
	*ret_fd = fd;
	*ret_name = *path != '\0' ? path : ".";
	return CARD_FINE;
}

/* -- all of it ------------------------------------------------------------------------------------------------ */

typedef void visit_fn(struct card *card, int folder_fd, const char *name, const struct stat *stat);

/* Everything below a folder, the inner before the outer. Takes `fd`. */
static void
visit_all(struct card *card, int fd, unsigned depth, visit_fn *visit)
{
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	struct stat stat;

	if (folder == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    fstatat(fd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISDIR(stat.st_mode) && depth <= CARD_DEPTH_MAX + 1)
			visit_all(card, open_folder(fd, entry->d_name), depth + 1, visit);
		visit(card, fd, entry->d_name, &stat);
	}
	closedir(folder);
}

static void
count_one(struct card *card, int folder_fd, const char *name, const struct stat *stat)
{
	(void)folder_fd, (void)name;
	card->files += S_ISREG(stat->st_mode);
	card->folders += S_ISDIR(stat->st_mode);
	card->used_bytes += S_ISREG(stat->st_mode) ? (uint64_t)stat->st_size : 0;
}

static void
remove_one(struct card *card, int folder_fd, const char *name, const struct stat *stat)
{
	(void)card;
	unlinkat(folder_fd, name, S_ISDIR(stat->st_mode) ? AT_REMOVEDIR : 0);
}

static void
count_all(struct card *card)
{
	card->files = card->folders = 0;
	card->used_bytes = 0;
	visit_all(card, open_folder(card->root_fd, "."), 0, count_one);
}

static void
make_own_folders(struct card *card)
{
	char name[CARD_NAME_MAX_BYTES + 1];
	const char *at = card->model->storage_folders;

	for (size_t len; at != NULL && *at != '\0'; at += len + (at[len] == ',')) {
		len = strcspn(at, ",");
		ENSURE(len < sizeof name);
		memcpy(name, at, len);
		name[len] = '\0';
		mkdirat(card->root_fd, name, 0700);
	}
}

/* -- life ------------------------------------------------------------------------------------------------------- */

static int
make_folder(int at_fd, const char *name)
{
	if (mkdirat(at_fd, name, 0700) != 0 && errno != EEXIST)
		return -1;
	return open_folder(at_fd, name);
}

struct card *
card_open(const char *dir, const struct model *model)
{
	struct card *card = calloc(1, sizeof *card);
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), saved;

	ENSURE(card != NULL);
	card->magic = CARD_MAGIC;
	card->model = model;
	card->root_fd = dir_fd >= 0 ? make_folder(dir_fd, "card") : -1;
	card->arriving_fd = card->root_fd >= 0 ? make_folder(dir_fd, "arriving") : -1;
	saved = errno;
	if (dir_fd >= 0)
		close(dir_fd);
	if (card->arriving_fd < 0) {
		card_close(card);
		errno = saved;
		return NULL;
	}
	visit_all(card, open_folder(card->arriving_fd, "."), 0, remove_one);
	make_own_folders(card);
	count_all(card);
	return card;
}

void
card_close(struct card *card)
{
	if (card == NULL)
		return;
	ENSURE_OBJ(card, CARD_MAGIC);
	if (card->root_fd >= 0)
		close(card->root_fd);
	if (card->arriving_fd >= 0)
		close(card->arriving_fd);
	card->magic = 0;
	free(card);
}

void
card_set_absent(struct card *card, bool is_absent)
{
	ENSURE_OBJ(card, CARD_MAGIC);
	card->is_absent = is_absent;
}

void
card_set_full(struct card *card, bool is_full)
{
	ENSURE_OBJ(card, CARD_MAGIC);
	card->is_full = is_full;
}

enum storage_state
card_state(const struct card *card)
{
	ENSURE_OBJ(card, CARD_MAGIC);
	return card->is_absent ? STORAGE_NONE : STORAGE_NORMAL;
}

void
card_get_facts(const struct card *card, struct card_facts *ret_facts)
{
	ENSURE_OBJ(card, CARD_MAGIC);
	*ret_facts = (struct card_facts){ 0 };
	if (card->is_absent)
		return;
	*ret_facts = (struct card_facts){ .total_bytes = CARD_SHOWN_BYTES, .files = card->files,
					  .used_bytes = card->is_full ? CARD_SHOWN_BYTES : card->used_bytes };
}

void
card_clear(struct card *card)
{
	ENSURE_OBJ(card, CARD_MAGIC);
	visit_all(card, open_folder(card->root_fd, "."), 0, remove_one);
	make_own_folders(card);
	count_all(card);
}

/* -- what is there ------------------------------------------------------------------------------------------------ */

static void
fill_entry(struct card_entry *ret_entry, const char *name, const struct stat *stat)
{
	*ret_entry = (struct card_entry){ .is_folder = S_ISDIR(stat->st_mode), .size_bytes = (uint64_t)stat->st_size,
					  .seconds = stat->st_mtim.tv_sec, .nanoseconds = stat->st_mtim.tv_nsec };
	str_copy(ret_entry->name, sizeof ret_entry->name, name);
}

enum card_fault
card_look(struct card *card, const char *path, struct card_entry *ret_entry)
{
	enum card_fault fault;
	const char *name;
	struct stat stat;
	int fd;

	fault = card_enter(card, path, &fd, &name);
	if (fault != CARD_FINE)
		return fault;
	bool is_there = card_stat(fd, name, &stat);
	close(fd);
	if (!is_there)
		return CARD_NOT_THERE;
	fill_entry(ret_entry, name, &stat);
	return CARD_FINE;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct card_entry *)a)->name, ((const struct card_entry *)b)->name);
}

/* Takes `fd`. Names that card_path() would not make are somebody else's: passed over. */
static enum card_fault
list_folder(int fd, struct card_entry **ret_entries, size_t *ret_count)
{
	struct card_entry *entries = calloc(CARD_ENTRIES_MAX, sizeof *entries);
	DIR *folder = fdopendir(fd);
	char path[CARD_PATH_BYTES];
	struct dirent *entry;
	struct stat stat;
	size_t count = 0;

	ENSURE(entries != NULL);
	if (folder == NULL) {
		close(fd);
		free(entries);
		return card_fault_of_errno("a list");
	}
	while (count < CARD_ENTRIES_MAX && (entry = readdir(folder)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    card_path("/", entry->d_name, path) && card_stat(fd, entry->d_name, &stat))
			fill_entry(&entries[count++], entry->d_name, &stat);
	closedir(folder);
	qsort(entries, count, sizeof *entries, by_name);
	*ret_entries = entries;
	*ret_count = count;
	return CARD_FINE;
}

enum card_fault
card_list(struct card *card, const char *path, struct card_entry **ret_entries, size_t *ret_count)
{
	struct card_entry entry;
	const char *name;
	int fd;

	*ret_entries = NULL;
	*ret_count = 0;
	enum card_fault fault = card_look(card, path, &entry);
	if (fault != CARD_FINE)
		return fault;
	if (!entry.is_folder) {
		*ret_entries = malloc(sizeof entry);
		ENSURE(*ret_entries != NULL);
		**ret_entries = entry;
		*ret_count = 1;
		return CARD_FINE;
	}
	fault = card_enter(card, path, &fd, &name);
	if (fault != CARD_FINE)
		return fault;
	int folder_fd = open_folder(fd, name);
	close(fd);
	return folder_fd >= 0 ? list_folder(folder_fd, ret_entries, ret_count) : card_fault_of_errno("a list");
}

enum card_fault
card_read(struct card *card, const char *path, int *ret_fd, struct card_entry *ret_entry)
{
	const char *name;
	struct stat stat;
	int folder_fd, fd;

	*ret_fd = -1;
	enum card_fault fault = card_enter(card, path, &folder_fd, &name);
	if (fault != CARD_FINE)
		return fault;
	fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int saved = errno;
	close(folder_fd);
	errno = saved;
	if (fd < 0)
		return card_fault_of_errno("reading");
	if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
		close(fd);
		return CARD_IN_THE_WAY;
	}
	fill_entry(ret_entry, name, &stat);
	*ret_fd = fd;
	return CARD_FINE;
}

/* -- changes ----------------------------------------------------------------------------------------------------- */

static enum card_fault
remove_at(struct card *card, const char *path, bool folder)
{
	const char *name;
	struct stat stat;
	int fd;

	if (strcmp(path, "/") == 0)
		return CARD_IN_THE_WAY;
	enum card_fault fault = card_enter(card, path, &fd, &name);
	if (fault != CARD_FINE)
		return fault;
	if (!card_stat(fd, name, &stat))
		fault = CARD_NOT_THERE;
	else if (folder != S_ISDIR(stat.st_mode))
		fault = CARD_IN_THE_WAY;
	else if (unlinkat(fd, name, folder ? AT_REMOVEDIR : 0) != 0)
		fault = card_fault_of_errno("deleting");
	close(fd);
	if (fault == CARD_FINE)
		count_all(card);
	return fault;
}

enum card_fault
card_remove(struct card *card, const char *path)
{
	return remove_at(card, path, false);
}

enum card_fault
card_remove_folder(struct card *card, const char *path)
{
	return remove_at(card, path, true);
}

enum card_fault
card_make_folder(struct card *card, const char *path)
{
	const char *name;
	int fd;

	enum card_fault fault = card_enter(card, path, &fd, &name);
	if (fault != CARD_FINE)
		return fault;
	if (card->is_full || card->files + card->folders >= CARD_ENTRIES_MAX)
		fault = CARD_FULL;
	else if (mkdirat(fd, name, 0700) != 0)
		fault = card_fault_of_errno("a new folder");
	else
		card->folders++;
	close(fd);
	return fault;
}

enum card_fault
card_rename(struct card *card, const char *from, const char *to)
{
	const char *from_name, *to_name;
	struct stat stat;
	int from_fd, to_fd;

	if (strcmp(from, "/") == 0 || strcmp(to, "/") == 0)
		return CARD_IN_THE_WAY;
	enum card_fault fault = card_enter(card, from, &from_fd, &from_name);
	if (fault != CARD_FINE)
		return fault;
	fault = card_enter(card, to, &to_fd, &to_name);
	if (fault == CARD_FINE) {
		if (!card_stat(from_fd, from_name, &stat))
			fault = CARD_NOT_THERE;
		else if (renameat(from_fd, from_name, to_fd, to_name) != 0)
			fault = errno == EINVAL ? CARD_IN_THE_WAY : card_fault_of_errno("renaming");
		close(to_fd);
	}
	close(from_fd);
	if (fault == CARD_FINE)
		count_all(card);
	return fault;
}
