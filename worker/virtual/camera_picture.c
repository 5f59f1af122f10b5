/*
 * camera_picture: ITU-T T.81, baseline, one component. Of each square only the mean is coded (the DC coefficient); the one
 * AC code says that nothing follows.
 */
#include "worker/virtual/camera_picture.h"

#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"

#define COLUMNS 160 /* squares */
#define ROWS 90

/* Everything up to the picture's data. The quantizer is 8, so that the coefficient is the grey itself; the DC codes are
 * those of T.81, table K.3; the one AC code is that of the end of a square. */
static const uint8_t head[] = {
	0xff, 0xd8,
	0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0,
	0xff, 0xdb, 0, 67, 0,
	8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8,
	8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8,
	0xff, 0xc0, 0, 11, 8, 720 >> 8, 720 & 0xff, 1280 >> 8, 1280 & 0xff, 1, 1, 0x11, 0,
	0xff, 0xc4, 0, 31, 0x00, 0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	0xff, 0xc4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00,
	0xff, 0xda, 0, 8, 1, 1, 0x00, 0, 63, 0,
};

struct writer {
	uint8_t *to;
	size_t len;
	uint32_t bits; /* that wait, right-aligned */
	unsigned count;
};

static void
put_byte(struct writer *writer, uint8_t byte)
{
	ENSURE(writer->len + 2 <= CAMERA_PICTURE_MAX_BYTES);
	writer->to[writer->len++] = byte;
	if (byte == 0xff)
		writer->to[writer->len++] = 0; /* so that it is no marker */
}

static void
put_bits(struct writer *writer, uint32_t bits, unsigned count)
{
	writer->bits = writer->bits << count | bits;
	writer->count += count;
	while (writer->count >= 8) {
		writer->count -= 8;
		put_byte(writer, (uint8_t)(writer->bits >> writer->count));
	}
	writer->bits &= (1u << writer->count) - 1;
}

/* How a square differs from the one before: how many bits that takes, and these bits. */
static void
put_difference(struct writer *writer, int difference)
{
	static const struct { uint8_t code, len; } codes[] = { { 0, 2 },  { 2, 3 },  { 3, 3 },	{ 4, 3 }, { 5, 3 },
							       { 6, 3 }, { 14, 4 }, { 30, 5 }, { 62, 6 } };
	unsigned size = 0, magnitude = (unsigned)(difference < 0 ? -difference : difference);

	while (magnitude >> size != 0)
		size++;
	ENSURE(size < STR_ARRAY_LEN(codes));
	put_bits(writer, codes[size].code, codes[size].len);
	if (size > 0)
		put_bits(writer, difference > 0 ? magnitude : (1u << size) - 1 - magnitude, size);
	put_bits(writer, 0, 1); /* nothing else in this square */
}

size_t
camera_picture(const struct camera_scene *scene, uint8_t ret_jpeg[CAMERA_PICTURE_MAX_BYTES])
{
	struct writer writer = { .to = ret_jpeg, .len = sizeof head };
	static uint8_t greys[COLUMNS * ROWS];
	int before = 128;

	memcpy(ret_jpeg, head, sizeof head);
	camera_scene_draw(scene, COLUMNS, ROWS, greys);
	for (size_t i = 0; i < sizeof greys; i++) {
		put_difference(&writer, greys[i] - before);
		before = greys[i];
	}
	put_bits(&writer, 0x7f, 7); /* the last byte is filled up with ones */
	ret_jpeg[writer.len++] = 0xff;
	ret_jpeg[writer.len++] = 0xd9;
	return writer.len;
}
