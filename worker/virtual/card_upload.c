/*
 * card_upload: a file that arrives.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "worker/virtual/card_inner.h"

#define UPLOAD_MAGIC 0x63617270
#define LOOK_EVERY_BYTES (UINT64_C(16) << 20) /* at the disk's free space */

struct card_upload {
	unsigned magic;
	struct card *card;
	int fd;
	uint64_t bytes;
	uint64_t room_until; /* it may grow to so much before the disk is looked at again */
	char arriving[16];   /* its name meanwhile */
	char path[CARD_PATH_BYTES];
};

/* How many more bytes it may take now; with the disk's word at most for LOOK_EVERY_BYTES. */
static uint64_t
room(const struct card *card)
{
	uint64_t used = card->used_bytes + card->arriving_bytes;
	struct statvfs disk;

	if (card->is_full || used >= CARD_REAL_MAX_BYTES || fstatvfs(card->arriving_fd, &disk) != 0)
		return 0;
	uint64_t left = (uint64_t)disk.f_bavail * disk.f_frsize, most = CARD_REAL_MAX_BYTES - used;
	if (left <= CARD_RESERVE_BYTES)
		return 0;
	if (most > left - CARD_RESERVE_BYTES)
		most = left - CARD_RESERVE_BYTES;
	return most < LOOK_EVERY_BYTES ? most : LOOK_EVERY_BYTES;
}

bool
card_is_full(const struct card *card)
{
	ENSURE_OBJ(card, CARD_MAGIC);
	return room(card) == 0;
}

/* Could a file have this name? */
static enum card_fault
check_name(struct card *card, const char *path)
{
	const char *name;
	struct stat stat;
	int fd;

	if (strcmp(path, "/") == 0)
		return CARD_BAD_NAME;
	enum card_fault fault = card_enter(card, path, &fd, &name);
	if (fault != CARD_FINE)
		return fault;
	bool is_there = card_stat(fd, name, &stat);
	close(fd);
	if (is_there && S_ISDIR(stat.st_mode))
		return CARD_IN_THE_WAY;
	return !is_there && card->files + card->folders >= CARD_ENTRIES_MAX ? CARD_FULL : CARD_FINE;
}

enum card_fault
card_upload_begin(struct card *card, const char *path, struct card_upload **ret_upload)
{
	struct card_upload *upload;

	*ret_upload = NULL;
	enum card_fault fault = check_name(card, path);
	if (fault != CARD_FINE)
		return fault;
	upload = calloc(1, sizeof *upload);
	ENSURE(upload != NULL);
	upload->magic = UPLOAD_MAGIC;
	upload->card = card;
	ENSURE(str_copy(upload->path, sizeof upload->path, path));
	str_format(upload->arriving, sizeof upload->arriving, "%u", (unsigned)++card->arrivals);
	upload->fd = openat(card->arriving_fd, upload->arriving, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (upload->fd >= 0) {
		*ret_upload = upload;
		return CARD_FINE;
	}
	fault = card_fault_of_errno("a new file");
	free(upload);
	return fault;
}

enum card_fault
card_upload_write(struct card_upload *upload, const void *bytes, size_t len)
{
	const char *at = bytes;

	ENSURE_OBJ(upload, UPLOAD_MAGIC);
	if (upload->card->is_absent)
		return CARD_ABSENT; /* pulled out */
	if (upload->card->is_full)
		return CARD_FULL;
	if (upload->bytes + len > upload->room_until)
		upload->room_until = upload->bytes + room(upload->card);
	if (upload->bytes + len > upload->room_until)
		return CARD_FULL;
	while (len > 0) {
		ssize_t n = write(upload->fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return card_fault_of_errno("writing");
		at += n;
		len -= (size_t)n;
		upload->bytes += (uint64_t)n;
		upload->card->arriving_bytes += (uint64_t)n;
	}
	return CARD_FINE;
}

uint64_t
card_upload_bytes(const struct card_upload *upload)
{
	ENSURE_OBJ(upload, UPLOAD_MAGIC);
	return upload->bytes;
}

static void
free_upload(struct card_upload *upload)
{
	upload->card->arriving_bytes -= upload->bytes;
	close(upload->fd);
	upload->magic = 0;
	free(upload);
}

/* Give it its name; what had it before is no more. */
static enum card_fault
give_name(struct card *card, const struct card_upload *upload, uint64_t bytes)
{
	enum card_fault fault;
	const char *name;
	struct stat old;
	int fd;

	fault = card_enter(card, upload->path, &fd, &name);
	if (fault != CARD_FINE)
		return fault;
	bool was_there = card_stat(fd, name, &old);
	if (renameat(card->arriving_fd, upload->arriving, fd, name) != 0) {
		fault = card_fault_of_errno("a new file's name");
	} else {
		card->used_bytes += bytes;
		card->used_bytes -= was_there ? (uint64_t)old.st_size : 0;
		card->files += !was_there;
	}
	close(fd);
	return fault;
}

enum card_fault
card_upload_end(struct card_upload *upload, uint64_t keep_bytes)
{
	struct card *card;
	enum card_fault fault;

	ENSURE_OBJ(upload, UPLOAD_MAGIC);
	card = upload->card;
	uint64_t bytes = keep_bytes < upload->bytes ? keep_bytes : upload->bytes;
	if (bytes < upload->bytes && ftruncate(upload->fd, (off_t)bytes) != 0)
		fault = card_fault_of_errno("cutting a file");
	else
		fault = give_name(card, upload, bytes);
	if (fault == CARD_FINE)
		free_upload(upload);
	else
		card_upload_abandon(upload);
	return fault;
}

void
card_upload_abandon(struct card_upload *upload)
{
	ENSURE_OBJ(upload, UPLOAD_MAGIC);
	unlinkat(upload->card->arriving_fd, upload->arriving, 0);
	free_upload(upload);
}
