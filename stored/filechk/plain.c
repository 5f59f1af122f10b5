/*
 * plain: see plain.h.
 */
#include "stored/filechk/plain.h"

#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "stored/filechk/gcode.h"
#include "stored/filechk/picture.h"
#include "stored/filechk/source.h"

/* Large, and there is one file a process. */
static char head[GCODE_HEAD_BYTES];
static char tail[GCODE_TAIL_BYTES];
static uint8_t picture[PICTURE_MAX_BYTES];

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

/* Pieces from both ends; a file that fits into the first is one piece. False when the disk fails. */
static bool
read_ends(int fd, uint64_t bytes, size_t *ret_head_len, struct gcode *ret_gcode)
{
	size_t head_len = bytes < sizeof head ? (size_t)bytes : sizeof head;
	uint64_t left = bytes - head_len;
	size_t tail_len = left < sizeof tail ? (size_t)left : sizeof tail;

	if (!source_read(fd, 0, head, head_len) || !source_read(fd, bytes - tail_len, tail, tail_len))
		return false;
	*ret_head_len = head_len;
	gcode_init(ret_gcode);
	gcode_parse(ret_gcode, head, head_len, true, left == 0);
	gcode_parse(ret_gcode, tail, tail_len, false, true);
	return true;
}

void
plain_examine(int fd, uint64_t bytes, struct contents *contents, struct verdict *ret_verdict)
{
	static struct gcode gcode;
	size_t head_len;

	if (!read_ends(fd, bytes, &head_len, &gcode)) {
		*ret_verdict = (struct verdict){ .is_unreadable = true };
	} else if (gcode.commands == 0 || gcode.has_strange_bytes) {
		verdict_refuse(ret_verdict, UNPRINTABLE_NOTHING);
	} else if (is_cut_off(&gcode)) {
		contents->plates.kind = FILE_KIND_GCODE;
		verdict_refuse(ret_verdict, UNPRINTABLE_CUT_OFF);
	} else {
		take_plate(contents, &gcode, bytes, thumbnail_parse(head, head_len, picture, sizeof picture) > 0);
		verdict_praise(ret_verdict, contents, 0);
	}
}

uint8_t *
plain_picture(int fd, uint64_t bytes, size_t *ret_len)
{
	size_t head_len = bytes < sizeof head ? (size_t)bytes : sizeof head;

	*ret_len = source_read(fd, 0, head, head_len) ? thumbnail_parse(head, head_len, picture, sizeof picture) : 0;
	if (*ret_len == 0)
		return NULL;
	uint8_t *copy = malloc(*ret_len);
	ENSURE(copy != NULL);
	return memcpy(copy, picture, *ret_len);
}
