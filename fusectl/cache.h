/*
 * cache: the print files that Fuse keeps, as fusectl sees them: fetch them, find the one that is meant, put one in.
 */
#ifndef FUSE_FUSECTL_CACHE_H
#define FUSE_FUSECTL_CACHE_H

#include "fusectl/ctl.h"

struct cache_list {
	struct msg_file *rows; /* the one used last first */
	size_t count, cap;
};

/* Connect and fetch. On failure nothing is to be freed. */
enum outcome cache_fetch(struct ctl *ctl, struct cache_list *ret_list);
void cache_free(struct cache_list *list);

/*
 * The file that `word` means: its hash, a beginning of that of at least 6 digits which only one has, or its name.
 * NOT_FOUND, or USAGE with the candidates when several are meant. Pure.
 */
enum outcome cache_find(const struct cache_list *list, const char *word, const struct msg_file **ret_file,
			struct failure *failure);

/* Put the file at `path` into the cache; on a terminal with its progress. Gives its hash. */
enum outcome cache_add(struct ctl *ctl, const char *path, char ret_sha256[65], bool *ret_was_there);

/* Wait until Fuse has looked into it; at most 60 s. What it is then, in `ret_file`. */
enum outcome cache_wait_checked(struct ctl *ctl, const char *sha256, struct msg_file *ret_file);

json_t *cache_json(const struct msg_file *file);

#endif
