/*
 * testfile_picture: a PNG (RFC 2083) of a few colours, without compression (RFC 1950, RFC 1951 3.2.4).
 */
#include <string.h>

#include "common/miniobj.h"
#include "worker/virtual/testfile_inner.h"
#include "worker/virtual/zip_store.h"

#define BLOCK_MAX_BYTES 65535 /* of deflate */
#define ADLER_MODULUS 65521

enum color { GROUND, SIDE, SHADE, TOP, HOLE, COLORS };

static const uint8_t palette[3 * COLORS] = { 0, 0, 0, 255, 128, 0, 204, 96, 0, 255, 168, 80, 150, 70, 0 };
static const uint8_t opacity[COLORS] = { 0, 255, 255, 255, 255 };

static uint8_t *
put_u32(uint8_t *to, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*to++ = (uint8_t)(value >> shift);
	return to;
}

/* Its length is set, and its sum put behind it, when it is whole. */
static uint8_t *
begin_chunk(uint8_t *to, const char kind[4])
{
	to = put_u32(to, 0);
	memcpy(to, kind, 4);
	return to + 4;
}

static uint8_t *
end_chunk(uint8_t *begin, uint8_t *end)
{
	size_t len = (size_t)(end - begin) - 8;

	put_u32(begin, (uint32_t)len);
	return put_u32(end, zip_store_sum(0, begin + 4, len + 4));
}

static uint8_t *
put_chunk(uint8_t *to, const char kind[4], const void *bytes, size_t len)
{
	uint8_t *at = begin_chunk(to, kind);

	memcpy(at, bytes, len);
	return end_chunk(to, at + len);
}

/* An upright hollow cylinder, in a square of 256. */
static enum color
color_at(int x, int y)
{
	int dx = x - 128;
	int in_top = dx * dx + 4 * (y - 70) * (y - 70), in_foot = dx * dx + 4 * (y - 190) * (y - 190);

	if (in_top < 60 * 60)
		return HOLE;
	if (in_top < 76 * 76)
		return TOP;
	if ((dx > -76 && dx < 76 && y >= 70 && y <= 190) || in_foot < 76 * 76)
		return dx > 24 ? SHADE : SIDE;
	return GROUND;
}

/* A stream of zlib's, of stored blocks: rows, each with its filter, which is none. */
struct stream {
	uint8_t *to;
	size_t left, block_left;
	uint32_t a, b;
};

static void
put_byte(struct stream *stream, uint8_t byte)
{
	if (stream->block_left == 0) {
		stream->block_left = stream->left < BLOCK_MAX_BYTES ? stream->left : BLOCK_MAX_BYTES;
		*stream->to++ = stream->block_left == stream->left; /* the last one */
		*stream->to++ = (uint8_t)stream->block_left;
		*stream->to++ = (uint8_t)(stream->block_left >> 8);
		*stream->to++ = (uint8_t)~stream->block_left;
		*stream->to++ = (uint8_t)(~stream->block_left >> 8);
	}
	stream->block_left--;
	stream->left--;
	*stream->to++ = byte;
	stream->a = (stream->a + byte) % ADLER_MODULUS;
	stream->b = (stream->b + stream->a) % ADLER_MODULUS;
}

static uint8_t *
put_rows(uint8_t *to, unsigned width)
{
	struct stream stream = { .to = to, .left = (size_t)width * (width + 1), .a = 1 };

	*stream.to++ = 0x78;
	*stream.to++ = 0x01;
	for (unsigned y = 0; y < width; y++) {
		put_byte(&stream, 0);
		for (unsigned x = 0; x < width; x++)
			put_byte(&stream, (uint8_t)color_at((int)(x * 256 / width), (int)(y * 256 / width)));
	}
	return put_u32(stream.to, stream.b << 16 | stream.a);
}

size_t
testfile_draw(unsigned width, uint8_t to[TESTFILE_PICTURE_BYTES])
{
	static const uint8_t begin[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	uint8_t head[13], *at = to;

	ENSURE(width > 0 && width <= TESTFILE_PICTURE_MAX);
	memcpy(at, begin, sizeof begin);
	at += sizeof begin;
	memcpy(put_u32(put_u32(head, width), width), (const uint8_t[]){ 8, 3, 0, 0, 0 }, 5); /* a palette of 256 */
	at = put_chunk(at, "IHDR", head, sizeof head);
	at = put_chunk(at, "PLTE", palette, sizeof palette);
	at = put_chunk(at, "tRNS", opacity, sizeof opacity);
	uint8_t *rows = at;
	at = end_chunk(rows, put_rows(begin_chunk(rows, "IDAT"), width));
	at = put_chunk(at, "IEND", "", 0);
	ENSURE((size_t)(at - to) <= TESTFILE_PICTURE_BYTES);
	return (size_t)(at - to);
}
