/*
 * archive: libzip over pread().
 */
#include "stored/filechk/archive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "stored/filechk/source.h"
#include "stored/filechk/zipend.h"

/* Deflate makes at most 1032 bytes of one; G-code some five. */
#define BOMB_RATIO 200
#define BOMB_FROM_BYTES (1 << 20)

struct archive {
	zip_t *zip;
	int fd;
	uint64_t bytes, at;
	bool is_unreadable; /* the disk failed */
	zip_error_t error;
};

struct archive_stream {
	struct archive *archive;
	zip_file_t *file;
	uint64_t left;
};

/* -- the descriptor, as libzip wants it ----------------------------------------------------------------------- */

static zip_int64_t
read_on(struct archive *archive, void *to, zip_uint64_t len)
{
	ssize_t got;

	do
		got = pread(archive->fd, to, len, (off_t)archive->at);
	while (got < 0 && errno == EINTR);
	if (got < 0) {
		archive->is_unreadable = true;
		zip_error_set(&archive->error, ZIP_ER_READ, errno);
		return -1;
	}
	archive->at += (uint64_t)got;
	return got;
}

static zip_int64_t
seek(struct archive *archive, void *data, zip_uint64_t len)
{
	zip_int64_t at = zip_source_seek_compute_offset(archive->at, archive->bytes, data, len, &archive->error);

	if (at < 0)
		return -1;
	archive->at = (uint64_t)at;
	return 0;
}

static zip_int64_t
tell_stat(const struct archive *archive, void *to, zip_uint64_t len)
{
	zip_stat_t stat;

	if (len < sizeof stat)
		return -1;
	zip_stat_init(&stat);
	stat.size = archive->bytes;
	stat.valid = ZIP_STAT_SIZE;
	memcpy(to, &stat, sizeof stat);
	return sizeof stat;
}

static zip_int64_t
serve(void *arg, void *data, zip_uint64_t len, zip_source_cmd_t command)
{
	struct archive *archive = arg;

	if (command == ZIP_SOURCE_READ)
		return read_on(archive, data, len);
	if (command == ZIP_SOURCE_SEEK)
		return seek(archive, data, len);
	if (command == ZIP_SOURCE_STAT)
		return tell_stat(archive, data, len);
	if (command == ZIP_SOURCE_TELL)
		return (zip_int64_t)archive->at;
	if (command == ZIP_SOURCE_ERROR)
		return zip_error_to_data(&archive->error, data, len);
	if (command == ZIP_SOURCE_SUPPORTS)
		return zip_source_make_command_bitmap(
			ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
			ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_SUPPORTS, -1);
	if (command == ZIP_SOURCE_OPEN)
		archive->at = 0;
	else if (command != ZIP_SOURCE_CLOSE && command != ZIP_SOURCE_FREE) {
		zip_error_set(&archive->error, ZIP_ER_OPNOTSUPP, 0);
		return -1;
	}
	return 0;
}

/* -- the archive ------------------------------------------------------------------------------------------- */

/* How many parts it says it has, before anything takes memory for them. */
static enum archive_fault
look_at_end(int fd, uint64_t bytes)
{
	static uint8_t tail[ZIPEND_TAIL_BYTES];
	size_t want = bytes < sizeof tail ? (size_t)bytes : sizeof tail;
	struct zipend end;

	if (!source_read(fd, bytes - want, tail, want))
		return ARCHIVE_UNREADABLE;
	switch (zipend_parse(tail, want, bytes, &end)) {
	case ZIPEND_NONE:
		return ARCHIVE_CUT_OFF;
	case ZIPEND_BROKEN:
		return ARCHIVE_DAMAGED;
	case ZIPEND_FINE:
		break;
	}
	return end.parts > ARCHIVE_PARTS_MAX || end.list_bytes > ARCHIVE_LIST_MAX_BYTES ? ARCHIVE_TOO_MANY
											: ARCHIVE_FINE;
}

static enum archive_fault
fault_of(const struct archive *archive)
{
	return archive->is_unreadable ? ARCHIVE_UNREADABLE : ARCHIVE_DAMAGED;
}

static enum archive_fault
open_zip(struct archive *archive)
{
	zip_error_t error;

	zip_error_init(&error);
	zip_source_t *zip_source = zip_source_function_create(serve, archive, &error);
	ENSURE(zip_source != NULL);
	archive->zip = zip_open_from_source(zip_source, ZIP_RDONLY, &error);
	zip_error_fini(&error);
	if (archive->zip == NULL) {
		zip_source_free(zip_source);
		return fault_of(archive);
	}
	/* It chose another of several ends than we did. */
	return archive_count(archive) > ARCHIVE_PARTS_MAX ? ARCHIVE_TOO_MANY : ARCHIVE_FINE;
}

struct archive *
archive_open(int fd, uint64_t bytes, enum archive_fault *ret_fault)
{
	struct archive *archive;

	*ret_fault = look_at_end(fd, bytes);
	if (*ret_fault != ARCHIVE_FINE)
		return NULL;
	archive = calloc(1, sizeof *archive);
	ENSURE(archive != NULL);
	archive->fd = fd;
	archive->bytes = bytes;
	zip_error_init(&archive->error);
	*ret_fault = open_zip(archive);
	if (*ret_fault == ARCHIVE_FINE)
		return archive;
	archive_free(archive);
	return NULL;
}

void
archive_free(struct archive *archive)
{
	if (archive == NULL)
		return;
	if (archive->zip != NULL)
		zip_discard(archive->zip);
	zip_error_fini(&archive->error);
	free(archive);
}

uint64_t
archive_count(const struct archive *archive)
{
	zip_int64_t count = zip_get_num_entries(archive->zip, 0);

	return count > 0 ? (uint64_t)count : 0;
}

static enum archive_fault
judge(const zip_stat_t *stat)
{
	if (stat->encryption_method != ZIP_EM_NONE)
		return ARCHIVE_LOCKED;
	if (stat->comp_method != ZIP_CM_STORE && stat->comp_method != ZIP_CM_DEFLATE)
		return ARCHIVE_STRANGE;
	if (stat->size > BOMB_FROM_BYTES && stat->size / BOMB_RATIO > stat->comp_size)
		return ARCHIVE_BOMB;
	return ARCHIVE_FINE;
}

bool
archive_part(struct archive *archive, uint64_t index, struct archive_part *ret_part)
{
	const zip_uint64_t wanted = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD |
				    ZIP_STAT_ENCRYPTION_METHOD;
	zip_stat_t stat;

	zip_stat_init(&stat);
	if (zip_stat_index(archive->zip, index, 0, &stat) != 0 || (stat.valid & wanted) != wanted)
		return false;
	*ret_part = (struct archive_part){ .index = index, .bytes = stat.size, .packed_bytes = stat.comp_size,
					   .fault = judge(&stat) };
	if (!str_copy(ret_part->name, sizeof ret_part->name, stat.name))
		ret_part->name[0] = '\0';
	return true;
}

/* -- parts ------------------------------------------------------------------------------------------------- */

struct archive_stream *
archive_stream_open(struct archive *archive, const struct archive_part *part, enum archive_fault *ret_fault)
{
	*ret_fault = part->fault;
	if (part->fault != ARCHIVE_FINE)
		return NULL;
	zip_file_t *file = zip_fopen_index(archive->zip, part->index, 0);
	if (file == NULL) {
		*ret_fault = fault_of(archive);
		return NULL;
	}
	struct archive_stream *stream = calloc(1, sizeof *stream);
	ENSURE(stream != NULL);
	*stream = (struct archive_stream){ .archive = archive, .file = file, .left = part->bytes };
	return stream;
}

size_t
archive_stream_read(struct archive_stream *stream, void *to, size_t cap, enum archive_fault *ret_fault)
{
	zip_int64_t got = zip_fread(stream->file, to, cap);

	*ret_fault = ARCHIVE_FINE;
	/* What is longer or shorter than it says is not as it was packed. */
	if (got < 0 || (uint64_t)got > stream->left || (got == 0 && stream->left > 0)) {
		*ret_fault = fault_of(stream->archive);
		return 0;
	}
	stream->left -= (uint64_t)got;
	return (size_t)got;
}

void
archive_stream_free(struct archive_stream *stream)
{
	if (stream == NULL)
		return;
	zip_fclose(stream->file);
	free(stream);
}

char *
archive_load(struct archive *archive, const struct archive_part *part, size_t max_bytes, size_t *ret_len,
	     enum archive_fault *ret_fault)
{
	struct archive_stream *stream = archive_stream_open(archive, part, ret_fault);
	size_t len = 0, got;

	*ret_len = 0;
	if (stream == NULL)
		return NULL;
	if (part->bytes > max_bytes) {
		archive_stream_free(stream);
		*ret_fault = ARCHIVE_TOO_LARGE;
		return NULL;
	}
	/* One byte more than it says, so that the end is met, where its checksum is looked at. */
	char *bytes = malloc((size_t)part->bytes + 1);
	ENSURE(bytes != NULL);
	while ((got = archive_stream_read(stream, bytes + len, (size_t)part->bytes + 1 - len, ret_fault)) > 0)
		len += got;
	archive_stream_free(stream);
	if (*ret_fault != ARCHIVE_FINE) {
		free(bytes);
		return NULL;
	}
	bytes[len] = '\0';
	*ret_len = len;
	return bytes;
}
