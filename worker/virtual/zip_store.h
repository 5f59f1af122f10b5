/*
 * zip_store: writes a ZIP archive without packing anything: parts one after the other, then the list of them. Into a
 * regular file, from its start; a part's head is put in its place when its sum is known.
 */
#ifndef FUSE_WORKER_VIRTUAL_ZIP_STORE_H
#define FUSE_WORKER_VIRTUAL_ZIP_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZIP_STORE_PARTS_MAX 16
#define ZIP_STORE_NAME_BYTES 48

struct zip_part {
	char name[ZIP_STORE_NAME_BYTES];
	uint32_t sum, bytes, at;
};

struct zip_store {
	int fd;		 /* borrowed */
	uint64_t at;	 /* where the next byte goes; an archive stays below 4 GiB */
	bool has_failed; /* sticky: errno of the first failure is in `error` */
	int error;
	size_t count;
	struct zip_part parts[ZIP_STORE_PARTS_MAX];
};

void zip_store_init(struct zip_store *zip, int fd);
void zip_store_begin(struct zip_store *zip, const char *name);
/* More of the part that was begun. */
void zip_store_add(struct zip_store *zip, const void *bytes, size_t len);
void zip_store_end(struct zip_store *zip);
/* A whole part. */
void zip_store_put(struct zip_store *zip, const char *name, const void *bytes, size_t len);
/* The list. False: something could not be written. */
bool zip_store_finish(struct zip_store *zip);

/* CRC-32 of ZIP and PNG; begin with 0. */
uint32_t zip_store_sum(uint32_t sum, const void *bytes, size_t len);

#endif
