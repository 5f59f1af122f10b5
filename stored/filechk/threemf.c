/*
 * threemf: parts are looked for by name; each plate's G-code is unpacked once from end to end, for its digest and the
 * archive's own checksum, and its head is read.
 */
#include "stored/filechk/threemf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "common/tls_digest.h"
#include "stored/filechk/archive.h"
#include "stored/filechk/gcode.h"
#include "stored/filechk/picture.h"
#include "stored/filechk/project.h"
#include "stored/filechk/sliceinfo.h"

#define STEP_BYTES (4 << 20)
#define PIECE_BYTES (256 << 10)
#define GCODE_MAX_BYTES UINT64_C(0xffffffff)   /* what the file systems of printers hold */
#define ALL_GCODE_MAX_BYTES (UINT64_C(8) << 30) /* it is unpacked within the minute that there is for it */
#define SIDE_MAX_BYTES 256

struct sliced {
	uint32_t number;
	struct archive_part part;
};

struct threemf {
	struct archive *archive;
	struct contents *contents;
	bool has_model; /* it is a 3MF, sliced or not */
	uint32_t count, at;
	struct sliced plates[PLATES_MAX]; /* those that have G-code */
	uint64_t gcode_bytes; /* of all plates */
	uint32_t wrong_sums, left_out; /* plates that are not as they were written; all that are not offered */
	/* The one at `at`: */
	struct archive_stream *stream;
	struct tls_md5 *md5;
	size_t head_len;
};

/* Large, and there is one file a process. */
static char head[GCODE_HEAD_BYTES];
static uint8_t piece[PIECE_BYTES];

/* -- the parts -------------------------------------------------------------------------------------------------- */

/* The number in "Metadata/plate_3.gcode"; 0 when it is another name. */
static uint32_t
plate_of(const char *name)
{
	static const char begin[] = "Metadata/plate_", end[] = ".gcode";
	size_t len = strlen(name);
	int64_t number;
	char digits[8];

	if (len <= sizeof begin - 1 + sizeof end - 1 || strncmp(name, begin, sizeof begin - 1) != 0 ||
	    strcmp(name + len - (sizeof end - 1), end) != 0)
		return 0;
	len -= sizeof begin - 1 + sizeof end - 1;
	if (len >= sizeof digits || name[sizeof begin - 1] == '0')
		return 0;
	memcpy(digits, name + sizeof begin - 1, len);
	digits[len] = '\0';
	return str_parse_int(digits, 1, UINT32_MAX, &number) ? (uint32_t)number : 0;
}

static bool
note_plate(struct threemf *threemf, uint32_t number, const struct archive_part *part, struct verdict *ret_verdict)
{
	for (uint32_t i = 0; i < threemf->count; i++)
		if (threemf->plates[i].number == number) {
			verdict_refuse(ret_verdict, UNPRINTABLE_TWICE);
			return false;
		}
	if (threemf->count == PLATES_MAX || number > CONTENTS_PLATE_NUMBER_MAX) {
		verdict_refuse(ret_verdict, UNPRINTABLE_TOO_RICH);
		return false;
	}
	threemf->gcode_bytes += part->bytes;
	if (part->fault != ARCHIVE_FINE || part->bytes > GCODE_MAX_BYTES ||
	    threemf->gcode_bytes > ALL_GCODE_MAX_BYTES) {
		verdict_refuse_archive(ret_verdict, part->fault != ARCHIVE_FINE ? part->fault : ARCHIVE_TOO_LARGE);
		return false;
	}
	threemf->plates[threemf->count++] = (struct sliced){ .number = number, .part = *part };
	return true;
}

static bool
survey(struct threemf *threemf, struct verdict *ret_verdict)
{
	uint64_t count = archive_count(threemf->archive);
	struct archive_part part;

	for (uint64_t i = 0; i < count; i++) {
		if (!archive_part(threemf->archive, i, &part)) {
			verdict_refuse(ret_verdict, UNPRINTABLE_DAMAGED);
			return false;
		}
		threemf->has_model |= strcasecmp(part.name, "3D/3dmodel.model") == 0;
		uint32_t number = plate_of(part.name);
		if (number > 0 && !note_plate(threemf, number, &part, ret_verdict))
			return false;
	}
	if (threemf->count == 0)
		verdict_refuse(ret_verdict, threemf->has_model ? UNPRINTABLE_UNSLICED : UNPRINTABLE_OTHER_ZIP);
	return threemf->count > 0;
}

static bool
find_part(struct archive *archive, const char *name, struct archive_part *ret_part)
{
	uint64_t count = archive_count(archive);

	for (uint64_t i = 0; i < count; i++)
		if (archive_part(archive, i, ret_part) && strcmp(ret_part->name, name) == 0)
			return true;
	return false;
}

/* A part that may be missing: NULL with ARCHIVE_FINE. */
static char *
load_part(struct archive *archive, const char *name, size_t max_bytes, size_t *ret_len, enum archive_fault *ret_fault)
{
	struct archive_part part;

	*ret_fault = ARCHIVE_FINE;
	return find_part(archive, name, &part) ? archive_load(archive, &part, max_bytes, ret_len, ret_fault) : NULL;
}

/* -- what the slicer tells of all plates ----------------------------------------------------------------------- */

typedef bool parse_fn(const void *bytes, size_t len, struct contents *contents, const char **ret_fault);

/* What cannot be read is noted: the G-code tells most of it too. */
static bool
take_config(struct threemf *threemf, const char *name, parse_fn *parse, struct verdict *ret_verdict)
{
	enum archive_fault fault;
	const char *why;
	size_t len;
	char *bytes = load_part(threemf->archive, name, THREEMF_CONFIG_MAX_BYTES, &len, &fault);

	if (fault != ARCHIVE_FINE) {
		verdict_refuse_archive(ret_verdict, fault);
		return false;
	}
	if (bytes != NULL && !parse(bytes, len, threemf->contents, &why))
		contents_note(threemf->contents, "Its part %s %s.", name, why);
	free(bytes);
	return true;
}

struct threemf *
threemf_open(int fd, uint64_t bytes, struct contents *contents, struct verdict *ret_verdict)
{
	enum archive_fault fault;
	struct archive *archive = archive_open(fd, bytes, &fault);

	if (archive == NULL) {
		verdict_refuse_archive(ret_verdict, fault);
		return NULL;
	}
	struct threemf *threemf = calloc(1, sizeof *threemf);
	ENSURE(threemf != NULL);
	threemf->archive = archive;
	threemf->contents = contents;
	bool is_fine = survey(threemf, ret_verdict);
	if (threemf->has_model || threemf->count > 0)
		contents->plates.kind = FILE_KIND_THREE_MF;
	if (is_fine && take_config(threemf, "Metadata/slice_info.config", sliceinfo_parse, ret_verdict) &&
	    take_config(threemf, "Metadata/project_settings.config", project_parse, ret_verdict) &&
	    take_config(threemf, "Metadata/model_settings.config", platenames_parse, ret_verdict))
		return threemf;
	threemf_free(threemf);
	return NULL;
}

/* -- one plate --------------------------------------------------------------------------------------------------- */

static bool
begin_plate(struct threemf *threemf, struct verdict *ret_verdict)
{
	enum archive_fault fault;

	threemf->stream = archive_stream_open(threemf->archive, &threemf->plates[threemf->at].part, &fault);
	if (threemf->stream == NULL) {
		verdict_refuse_archive(ret_verdict, fault);
		return false;
	}
	threemf->md5 = tls_md5_new();
	threemf->head_len = 0;
	return true;
}

/* True when it is read to its end, or cannot be: then `ret_fault` says why. */
static bool
read_piece(struct threemf *threemf, enum archive_fault *ret_fault)
{
	for (size_t read = 0; read < STEP_BYTES;) {
		size_t got = archive_stream_read(threemf->stream, piece, sizeof piece, ret_fault);
		if (got == 0)
			return true;
		tls_md5_add(threemf->md5, piece, got);
		size_t room = sizeof head - threemf->head_len, take = got < room ? got : room;
		memcpy(head + threemf->head_len, piece, take);
		threemf->head_len += take;
		read += got;
	}
	return false;
}

static bool
take_picture(struct threemf *threemf, uint32_t number)
{
	enum archive_fault fault;
	char name[64];
	size_t len;

	str_format(name, sizeof name, "Metadata/plate_%u.png", (unsigned)number);
	char *bytes = load_part(threemf->archive, name, PICTURE_MAX_BYTES, &len, &fault);
	bool is_picture = bytes != NULL && picture_parse((uint8_t *)bytes, len, NULL);
	free(bytes);
	return is_picture;
}

static void
take_plate_json(struct threemf *threemf, struct plate *plate)
{
	enum archive_fault fault;
	const char *why;
	char name[64];
	size_t len;

	str_format(name, sizeof name, "Metadata/plate_%u.json", (unsigned)plate->number);
	char *bytes = load_part(threemf->archive, name, THREEMF_CONFIG_MAX_BYTES, &len, &fault);
	if (bytes != NULL && !platejson_parse(bytes, len, plate, &why))
		contents_note(threemf->contents, "Its part %s %s.", name, why);
	free(bytes);
}

/* Is the G-code what the digest beside it says? Without one it is. */
static bool
is_as_written(struct threemf *threemf, uint32_t number, const char *digest)
{
	enum archive_fault fault;
	char name[64];
	size_t len;

	str_format(name, sizeof name, "Metadata/plate_%u.gcode.md5", (unsigned)number);
	char *told = load_part(threemf->archive, name, SIDE_MAX_BYTES, &len, &fault);
	if (told == NULL)
		return fault == ARCHIVE_FINE;
	told[strcspn(told, " \t\r\n")] = '\0';
	bool is_right = told[0] == '\0' || strcasecmp(told, digest) == 0;
	if (is_right && told[0] != '\0' && strcmp(told, digest) != 0)
		contents_note(threemf->contents,
			      "The checksum of plate %u is written in lower case, which some printers refuse "
			      "(0500-4003).",
			      (unsigned)number);
	free(told);
	return is_right;
}

/* Can the plate be offered? If not, it is noted why. */
static bool
is_fit(struct threemf *threemf, const struct gcode *gcode, const char *digest)
{
	uint32_t number = threemf->plates[threemf->at].number;

	if (!is_as_written(threemf, number, digest)) {
		contents_note(threemf->contents, "Plate %u is left out: its G-code is not what its checksum says.",
			      (unsigned)number);
		threemf->wrong_sums++;
		return false;
	}
	if (gcode->commands == 0)
		contents_note(threemf->contents, "Plate %u is left out: it has no command for a printer.",
			      (unsigned)number);
	return gcode->commands > 0;
}

/* In upper case, as printers compare it. */
static void
end_digest(struct threemf *threemf, char ret_digest[TLS_MD5_HEX_BYTES])
{
	tls_md5_end(threemf->md5, ret_digest);
	threemf->md5 = NULL;
	for (char *at = ret_digest; *at != '\0'; at++)
		*at = (char)toupper((unsigned char)*at);
}

static void
end_plate(struct threemf *threemf)
{
	const struct sliced *sliced = &threemf->plates[threemf->at];
	static struct gcode gcode;
	struct contents_more *more;
	char digest[TLS_MD5_HEX_BYTES];

	end_digest(threemf, digest);
	archive_stream_free(threemf->stream);
	threemf->stream = NULL;
	gcode_init(&gcode);
	gcode_parse(&gcode, head, threemf->head_len, true, threemf->head_len == sliced->part.bytes);
	if (!is_fit(threemf, &gcode, digest)) {
		threemf->left_out++;
		return;
	}
	struct plate *plate = contents_plate(threemf->contents, sliced->number, &more);
	if (plate == NULL)
		return;
	str_copy(plate->gcode, sizeof plate->gcode, sliced->part.name);
	plate->gcode_bytes = sliced->part.bytes;
	plate->has_picture = take_picture(threemf, sliced->number);
	take_plate_json(threemf, plate);
	gcode_apply(&gcode, threemf->contents, plate, more);
}

/* -- at the end -------------------------------------------------------------------------------------------------- */

/* Plates that the slicer tells of, but that are not in this file. */
static void
drop_missing(struct contents *contents)
{
	for (uint32_t i = contents->plates.plate_count; i-- > 0;)
		if (contents->plates.plates[i].gcode[0] == '\0')
			contents_drop(contents, contents->plates.plates[i].number);
}

static void
conclude(struct threemf *threemf, struct verdict *ret_verdict)
{
	struct contents *contents = threemf->contents;

	drop_missing(contents);
	contents_settle(contents);
	if (contents->has_too_many)
		verdict_refuse(ret_verdict, UNPRINTABLE_TOO_RICH);
	else if (contents->plates.plate_count == 0)
		verdict_refuse(ret_verdict, threemf->wrong_sums > 0 ? UNPRINTABLE_CHECKSUM : UNPRINTABLE_NO_COMMANDS);
	else
		verdict_praise(ret_verdict, contents, threemf->left_out);
}

bool
threemf_step(struct threemf *threemf, struct verdict *ret_verdict)
{
	enum archive_fault fault;

	if (threemf->at == threemf->count) {
		conclude(threemf, ret_verdict);
		return true;
	}
	if (threemf->stream == NULL && !begin_plate(threemf, ret_verdict))
		return true;
	if (!read_piece(threemf, &fault))
		return false;
	if (fault != ARCHIVE_FINE) {
		verdict_refuse_archive(ret_verdict, fault);
		return true;
	}
	end_plate(threemf);
	threemf->at++;
	return false;
}

void
threemf_free(struct threemf *threemf)
{
	char digest[TLS_MD5_HEX_BYTES];

	if (threemf == NULL)
		return;
	if (threemf->md5 != NULL)
		tls_md5_end(threemf->md5, digest);
	archive_stream_free(threemf->stream);
	archive_free(threemf->archive);
	free(threemf);
}

uint8_t *
threemf_picture(int fd, uint64_t bytes, uint32_t plate, size_t *ret_len)
{
	enum archive_fault fault;
	struct archive *archive = archive_open(fd, bytes, &fault);
	char name[64];

	if (archive == NULL)
		return NULL;
	str_format(name, sizeof name, "Metadata/plate_%u.png", (unsigned)plate);
	uint8_t *picture = (uint8_t *)load_part(archive, name, PICTURE_MAX_BYTES, ret_len, &fault);
	archive_free(archive);
	if (picture != NULL && picture_parse(picture, *ret_len, NULL))
		return picture;
	free(picture);
	return NULL;
}
