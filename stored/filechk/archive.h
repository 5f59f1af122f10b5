/*
 * archive: a ZIP archive behind a descriptor, read only (libzip). It is hostile until proved otherwise: how many parts
 * there are is known before memory is taken for them; a part is unpacked only as far as its bound and as it says
 * itself, never when it says that it grows out of all proportion; nothing is written anywhere.
 */
#ifndef FUSE_STORED_FILECHK_ARCHIVE_H
#define FUSE_STORED_FILECHK_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARCHIVE_PARTS_MAX 10000
#define ARCHIVE_LIST_MAX_BYTES (4 << 20)
#define ARCHIVE_NAME_MAX_BYTES 127 /* of a part that we look at */

enum archive_fault {
	ARCHIVE_FINE,
	ARCHIVE_CUT_OFF,    /* its end is missing */
	ARCHIVE_DAMAGED,
	ARCHIVE_TOO_MANY,   /* parts */
	ARCHIVE_LOCKED,	    /* it wants a password */
	ARCHIVE_STRANGE,    /* packed in a way that no slicer uses */
	ARCHIVE_BOMB,	    /* unpacks to many times what any slicer makes of so little */
	ARCHIVE_TOO_LARGE,  /* beyond the bound of what was asked for */
	ARCHIVE_UNREADABLE, /* the disk, not the file */
};

struct archive;

/* `fd` (borrowed) has `bytes`. NULL with the reason in `ret_fault`. */
struct archive *archive_open(int fd, uint64_t bytes, enum archive_fault *ret_fault);
void archive_free(struct archive *archive);

struct archive_part {
	uint64_t index;
	char name[ARCHIVE_NAME_MAX_BYTES + 1]; /* "" when it is longer */
	uint64_t bytes, packed_bytes;	       /* as the archive says */
	enum archive_fault fault;	       /* LOCKED, STRANGE, BOMB: it can not be read */
};

uint64_t archive_count(const struct archive *archive);
/* False when the list is damaged there. */
bool archive_part(struct archive *archive, uint64_t index, struct archive_part *ret_part);

/* The whole part into memory (free() it), with a NUL behind. NULL with the reason; beyond `max_bytes`: TOO_LARGE. */
char *archive_load(struct archive *archive, const struct archive_part *part, size_t max_bytes, size_t *ret_len,
		   enum archive_fault *ret_fault);

/* A part piece by piece; one at a time. */
struct archive_stream;
struct archive_stream *archive_stream_open(struct archive *archive, const struct archive_part *part,
					   enum archive_fault *ret_fault);
/* The next bytes; 0 at its end, which is right (length and checksum are as the archive says) or `ret_fault` says what
 * is not. */
size_t archive_stream_read(struct archive_stream *stream, void *to, size_t cap, enum archive_fault *ret_fault);
void archive_stream_free(struct archive_stream *stream);

#endif
