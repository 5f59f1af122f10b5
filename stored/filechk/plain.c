/*
 * plain: see plain.h.
 */
#include "stored/filechk/plain.h"

#include <stdlib.h>

#include "common/miniobj.h"
#include "stored/filechk/gcode.h"
#include "stored/filechk/picture.h"
#include "stored/filechk/source.h"

/* What Bambu Studio has begun, it marks the end of. */
static bool
is_cut_off(const struct gcode *gcode)
{
	return gcode->begins_blocks && !gcode->ends_blocks;
}

static void
take_plate(struct contents *contents, const struct gcode *gcode, uint64_t bytes, bool has_picture)
{
	struct contents_more *more;
	struct plate *plate = contents_plate(contents, 1, &more);

	contents->plates.kind = FILE_KIND_GCODE;
	plate->gcode_bytes = bytes;
	plate->has_picture = has_picture;
	gcode_apply(gcode, contents, plate, more);
	contents_settle(contents);
}

/* Pieces from both ends; a file that fits into the first is one piece. */
static bool
read_ends(int fd, uint64_t bytes, char *head, size_t *ret_head_len, struct gcode *ret_gcode)
{
	size_t head_len = bytes < GCODE_HEAD_BYTES ? (size_t)bytes : GCODE_HEAD_BYTES;
	uint64_t left = bytes - head_len;
	size_t tail_len = left < GCODE_TAIL_BYTES ? (size_t)left : GCODE_TAIL_BYTES;

	gcode_init(ret_gcode);
	if (!source_read(fd, 0, head, head_len))
		return false;
	*ret_head_len = head_len;
	gcode_parse(ret_gcode, head, head_len, true, left == 0);
	if (left == 0)
		return true;
	char *tail = malloc(tail_len);
	ENSURE(tail != NULL);
	bool is_read = source_read(fd, bytes - tail_len, tail, tail_len);
	if (is_read)
		gcode_parse(ret_gcode, tail, tail_len, false, true);
	free(tail);
	return is_read;
}

void
plain_examine(int fd, uint64_t bytes, struct contents *contents, struct verdict *ret_verdict)
{
	char *head = malloc(GCODE_HEAD_BYTES);
	uint8_t *picture = malloc(PICTURE_MAX_BYTES);
	static struct gcode gcode;
	size_t head_len;

	ENSURE(head != NULL && picture != NULL);
	if (!read_ends(fd, bytes, head, &head_len, &gcode)) {
		*ret_verdict = (struct verdict){ .is_unreadable = true };
	} else if (gcode.commands == 0 || gcode.has_strange_bytes) {
		verdict_refuse(ret_verdict, UNPRINTABLE_NOTHING);
	} else if (is_cut_off(&gcode)) {
		contents->plates.kind = FILE_KIND_GCODE;
		verdict_refuse(ret_verdict, UNPRINTABLE_CUT_OFF);
	} else {
		take_plate(contents, &gcode, bytes, thumbnail_parse(head, head_len, picture, PICTURE_MAX_BYTES) > 0);
		verdict_praise(ret_verdict, contents, 0);
	}
	free(head);
	free(picture);
}

uint8_t *
plain_picture(int fd, uint64_t bytes, size_t *ret_len)
{
	size_t head_len = bytes < GCODE_HEAD_BYTES ? (size_t)bytes : GCODE_HEAD_BYTES;
	char *head = malloc(GCODE_HEAD_BYTES);
	uint8_t *picture = malloc(PICTURE_MAX_BYTES);

	ENSURE(head != NULL && picture != NULL);
	*ret_len = source_read(fd, 0, head, head_len) ? thumbnail_parse(head, head_len, picture, PICTURE_MAX_BYTES) : 0;
	free(head);
	if (*ret_len > 0)
		return picture;
	free(picture);
	return NULL;
}
