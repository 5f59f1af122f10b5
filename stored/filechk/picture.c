/*
 * picture: PNG (RFC 2083, 3.1 and 4.1.1) and Base64 (RFC 4648).
 *
 *	; thumbnail begin 128x128 4372
 *	; iVBORw0KGgo…
 *	; thumbnail end
 */
#include "stored/filechk/picture.h"

#include <endian.h>
#include <string.h>

static const char thumbnail_begin[] = "thumbnail begin ", thumbnail_end[] = "thumbnail end";

static uint32_t
get_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof value);
	return be32toh(value);
}

bool
picture_parse(const uint8_t *bytes, size_t len, uint64_t *ret_pixels)
{
	static const uint8_t begin[16] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n',
					   0,	 0,   0,   13,	'I',  'H',  'D',  'R' };

	if (len < PICTURE_HEAD_BYTES || memcmp(bytes, begin, sizeof begin) != 0)
		return false;
	uint32_t width = get_u32(bytes + 16), height = get_u32(bytes + 20);
	if (width == 0 || width > PICTURE_MAX_PIXELS || height == 0 || height > PICTURE_MAX_PIXELS)
		return false;
	if (ret_pixels != NULL)
		*ret_pixels = (uint64_t)width * height;
	return true;
}

/* -- in G-code ---------------------------------------------------------------------------------------------- */

static int
value_of(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* Base64 over several lines. */
struct decoding {
	uint8_t *to;
	size_t cap, len;
	uint32_t bits;
	unsigned bit_count;
	bool is_broken, is_over; /* padding was met */
};

static void
add_line(struct decoding *decoding, const char *line, size_t len)
{
	for (size_t i = 0; i < len && !decoding->is_broken; i++) {
		int value = value_of(line[i]);
		if (line[i] == ' ' || line[i] == '\r')
			continue;
		if (line[i] == '=') {
			decoding->is_over = true;
			continue;
		}
		if (value < 0 || decoding->is_over) {
			decoding->is_broken = true;
			return;
		}
		decoding->bits = decoding->bits << 6 | (uint32_t)value;
		decoding->bit_count += 6;
		if (decoding->bit_count < 8)
			continue;
		decoding->bit_count -= 8;
		decoding->is_broken = decoding->len == decoding->cap;
		if (!decoding->is_broken)
			decoding->to[decoding->len++] = (uint8_t)(decoding->bits >> decoding->bit_count);
	}
}

/* The line at `*at` without its semicolon and the blanks behind; moves to the next. False at the end. */
static bool
next_line(const char **at, const char *end, const char **ret_line, size_t *ret_len)
{
	if (*at >= end)
		return false;
	const char *stop = memchr(*at, '\n', (size_t)(end - *at)), *line = *at;
	*at = stop != NULL ? stop + 1 : end;
	if (stop == NULL)
		stop = end;
	while (line < stop && (*line == ';' || *line == ' '))
		line++;
	*ret_line = line;
	*ret_len = (size_t)(stop - line);
	return true;
}

static bool
line_begins(const char *line, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

/* What stands between the two lines, the first of which is behind us; 0 when it is none or does not end. */
static size_t
decode_block(const char **at, const char *end, uint8_t *to, size_t cap)
{
	struct decoding decoding = { .to = to, .cap = cap };
	const char *line;
	size_t len;

	while (next_line(at, end, &line, &len)) {
		if (line_begins(line, len, thumbnail_end))
			return decoding.is_broken ? 0 : decoding.len;
		add_line(&decoding, line, len);
	}
	return 0;
}

size_t
thumbnail_parse(const char *head, size_t len, uint8_t *to, size_t cap)
{
	const char *at = head, *end = head + len, *line, *best = NULL;
	uint64_t pixels, most = 0;
	size_t line_len;

	while (next_line(&at, end, &line, &line_len)) {
		if (!line_begins(line, line_len, thumbnail_begin))
			continue;
		const char *from = at;
		size_t picture_len = decode_block(&at, end, to, cap);
		if (picture_parse(to, picture_len, &pixels) && pixels > most) {
			most = pixels;
			best = from;
		}
	}
	return best != NULL ? decode_block(&best, end, to, cap) : 0;
}
