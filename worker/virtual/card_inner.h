/*
 * card_inner: what the files of the card share.
 */
#ifndef FUSE_WORKER_VIRTUAL_CARD_INNER_H
#define FUSE_WORKER_VIRTUAL_CARD_INNER_H

#include <sys/stat.h>

#include "worker/virtual/card.h"

#define CARD_MAGIC 0x63617264

struct card {
	unsigned magic;
	const struct model *model;
	int root_fd, arriving_fd;
	bool is_absent, is_full;
	uint64_t used_bytes;	 /* of the files on it */
	uint64_t arriving_bytes; /* beside it */
	uint32_t files, folders;
	uint32_t arrivals; /* names of what arrives */
};

/* The folder that `path` lies in, to be closed, and its last component (within `path`). The root lies in itself as ".". */
enum card_fault card_enter(struct card *card, const char *path, int *ret_fd, const char **ret_name);

/* fstatat() of something that is no link. False when it is not there. */
bool card_stat(int folder_fd, const char *name, struct stat *ret_stat);

/* CARD_NOT_THERE, CARD_FULL …, by errno; the unexpected is logged. */
enum card_fault card_fault_of_errno(const char *what);

#endif
