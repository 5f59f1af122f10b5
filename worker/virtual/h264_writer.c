/*
 * h264_writer: numbers in brackets are the standard's clauses.
 *
 * Every macroblock that is said is Intra16x16 with DC prediction: its base is the mean of the 16 pixels above and the 16 to
 * its left, which is known exactly, since all are flat. With the quantizer 16 the scaling (8.5.10) multiplies by 64 and the
 * transform divides by it, so that the four corners of the DC matrix' low frequencies give any four squares exactly. There is
 * no AC, no chroma (it stays 128 by prediction) and no deblocking; every neighbour then counts as one without coefficients,
 * so one table of coeff_token is enough (9.2.1).
 */
#include "worker/virtual/h264_writer.h"

#include <string.h>

#include "common/miniobj.h"

#define NAL_SLICE 0x41	   /* a reference for the next one */
#define NAL_SLICE_IDR 0x65
#define NAL_SEQUENCE 0x67
#define NAL_PICTURE 0x68
#define SLICE_P 5
#define SLICE_I 7
#define QUANTIZER 16
#define INTRA_16X16_DC 3 /* mb_type in an I slice; 5 more in a P slice */
#define FRAME_NUMBERS 16 /* log2_max_frame_num is 4 */
#define LEVEL_720P 31
#define LEVEL_1080P 40

struct writer {
	uint8_t *to;
	size_t len, cap;
	uint32_t bits; /* that wait, right-aligned */
	unsigned count, zeros; /* zeros: bytes of them at the end */
};

/* -- bits (7.2, 9.1) ---------------------------------------------------------------------------------------------- */

static void
put_byte(struct writer *writer, uint8_t byte)
{
	ENSURE(writer->len + 2 <= writer->cap);
	if (writer->zeros == 2 && byte <= 3) {
		writer->to[writer->len++] = 3; /* so that it is no start code */
		writer->zeros = 0;
	}
	writer->to[writer->len++] = byte;
	writer->zeros = byte == 0 ? writer->zeros + 1 : 0;
}

/* At most 16. */
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

/* ue(v), of numbers below 65535. */
static void
put_number(struct writer *writer, uint32_t number)
{
	unsigned len = 0;

	number++;
	while (number >> len > 1)
		len++;
	put_bits(writer, 0, len);
	put_bits(writer, 1, 1);
	if (len > 0)
		put_bits(writer, number & ((1u << len) - 1), len);
}

/* se(v) */
static void
put_signed(struct writer *writer, int number)
{
	put_number(writer, number > 0 ? 2 * (uint32_t)number - 1 : 2 * (uint32_t)-number);
}

static struct writer
begin(uint8_t nal, uint8_t *to, size_t cap)
{
	to[0] = nal;
	return (struct writer){ .to = to, .len = 1, .cap = cap };
}

static size_t
end(struct writer *writer)
{
	put_bits(writer, 1, 1);
	if (writer->count > 0)
		put_bits(writer, 0, 8 - writer->count);
	return writer->len;
}

/* -- parameter sets (7.3.2, E.1) ---------------------------------------------------------------------------------- */

void
h264_init(struct h264 *h264, bool is_1080p)
{
	h264->width = is_1080p ? 1920 : 1280;
	h264->height = is_1080p ? 1080 : 720;
	h264->columns = h264->width / H264_SQUARE;
	h264->rows = (h264->height + 15) / 16 * 2;
	ENSURE(h264->columns <= H264_COLUMNS_MAX && h264->rows <= H264_ROWS_MAX);
}

static void
put_usability(struct writer *writer)
{
	put_bits(writer, 0, 2); /* aspect_ratio_info, overscan_info */
	put_bits(writer, 1, 1); /* video_signal_type */
	put_bits(writer, 5, 3); /* of no format */
	put_bits(writer, 0, 1); /* 16 to 235 */
	put_bits(writer, 1, 1); /* BT.709 in all: */
	for (unsigned i = 0; i < 3; i++)
		put_bits(writer, 1, 8);
	put_bits(writer, 0, 1); /* chroma_loc_info */
	put_bits(writer, 1, 1); /* timing_info: a field is a tick, a frame has two */
	put_bits(writer, 0, 16);
	put_bits(writer, 1, 16);
	put_bits(writer, 0, 16);
	put_bits(writer, 2 * H264_FRAMES_A_SECOND, 16);
	put_bits(writer, 0, 4); /* not fixed_frame_rate; no HRD, no pic_struct */
	put_bits(writer, 1, 1); /* bitstream_restriction: frames can be shown as they come */
	put_bits(writer, 1, 1);
	for (unsigned i = 0; i < 5; i++)
		put_number(writer, 0);
	put_number(writer, 1); /* max_dec_frame_buffering */
}

size_t
h264_write_sequence(const struct h264 *h264, uint8_t ret_nal[H264_HEADER_MAX_BYTES])
{
	struct writer writer = begin(NAL_SEQUENCE, ret_nal, H264_HEADER_MAX_BYTES);
	unsigned beyond = h264->rows * H264_SQUARE - h264->height;

	put_bits(&writer, 66, 8);   /* Baseline … */
	put_bits(&writer, 0xc0, 8); /* … and Main, that is, Constrained Baseline */
	put_bits(&writer, h264->height > 720 ? LEVEL_1080P : LEVEL_720P, 8);
	put_number(&writer, 0); /* its id */
	put_number(&writer, 0); /* log2_max_frame_num - 4 */
	put_number(&writer, 2); /* pic_order_cnt_type: shown as they come */
	put_number(&writer, 1); /* max_num_ref_frames */
	put_bits(&writer, 0, 1);
	put_number(&writer, h264->columns / 2 - 1);
	put_number(&writer, h264->rows / 2 - 1);
	put_bits(&writer, 3, 2); /* frame_mbs_only, direct_8x8_inference */
	put_bits(&writer, beyond > 0, 1);
	if (beyond > 0) {
		for (unsigned i = 0; i < 3; i++)
			put_number(&writer, 0);
		put_number(&writer, beyond / 2);
	}
	put_bits(&writer, 1, 1);
	put_usability(&writer);
	return end(&writer);
}

size_t
h264_write_picture(const struct h264 *h264, uint8_t ret_nal[H264_HEADER_MAX_BYTES])
{
	struct writer writer = begin(NAL_PICTURE, ret_nal, H264_HEADER_MAX_BYTES);

	(void)h264;
	put_number(&writer, 0);	 /* its id, and the sequence's */
	put_number(&writer, 0);
	put_bits(&writer, 0, 2); /* CAVLC; no fields */
	for (unsigned i = 0; i < 3; i++)
		put_number(&writer, 0);
	put_bits(&writer, 0, 3); /* no weights */
	put_signed(&writer, QUANTIZER - 26);
	put_signed(&writer, 0);
	put_signed(&writer, 0);
	put_bits(&writer, 4, 3); /* deblocking_filter_control */
	return end(&writer);
}

/* -- the coefficients of a macroblock (9.2) ----------------------------------------------------------------------- */

/* The low frequencies in the order of the zigzag; the one at LEVELS - 2 is never there. */
#define LEVELS 5

struct code {
	uint8_t bits, len;
};

/* By how many coefficients, and how many at the end of them are 1 or -1. */
static const struct code tokens[LEVELS][4] = {
	{ { 1, 1 } },
	{ { 5, 6 }, { 1, 2 } },
	{ { 7, 8 }, { 4, 6 }, { 1, 3 } },
	{ { 7, 9 }, { 6, 8 }, { 5, 7 }, { 3, 5 } },
	{ { 7, 10 }, { 6, 9 }, { 5, 8 }, { 3, 6 } },
};

/* By how many coefficients, and how many zeros are before the last. */
static const struct code all_zeros[LEVELS][LEVELS] = {
	{ { 0, 0 } },
	{ { 1, 1 }, { 3, 3 }, { 2, 3 }, { 3, 4 }, { 2, 4 } },
	{ { 7, 3 }, { 6, 3 }, { 5, 3 }, { 4, 3 } },
	{ { 5, 4 }, { 7, 3 }, { 6, 3 } },
	{ { 3, 5 }, { 7, 3 } },
};

/* By how many zeros are left, and how many of them are right before. */
static const struct code runs[LEVELS][LEVELS] = {
	{ { 0, 0 } },
	{ { 1, 1 }, { 0, 1 } },
	{ { 1, 1 }, { 1, 2 }, { 0, 2 } },
	{ { 3, 2 }, { 2, 2 }, { 1, 2 }, { 0, 2 } },
	{ { 3, 2 }, { 2, 2 }, { 1, 2 }, { 1, 3 }, { 0, 3 } },
};

static void
put_code(struct writer *writer, struct code code)
{
	put_bits(writer, code.bits, code.len);
}

static bool
is_one(int level)
{
	return level == 1 || level == -1;
}

static void
put_prefix(struct writer *writer, unsigned prefix)
{
	put_bits(writer, 0, prefix);
	put_bits(writer, 1, 1);
}

/* `code`: what is to be said of the level (9.2.2.1), in the context of `suffix_len`. */
static void
put_level(struct writer *writer, unsigned code, unsigned suffix_len)
{
	unsigned escape = suffix_len == 0 ? 30 : 15u << suffix_len;

	if (code >= escape) {
		put_prefix(writer, 15);
		ENSURE(code - escape < 4096);
		put_bits(writer, code - escape, 12);
	} else if (suffix_len > 0) {
		put_prefix(writer, code >> suffix_len);
		put_bits(writer, code & ((1u << suffix_len) - 1), suffix_len);
	} else if (code >= 14) {
		put_prefix(writer, 14);
		put_bits(writer, code - 14, 4);
	} else {
		put_prefix(writer, code);
	}
}

/* Those that are not ones at the end, from the last to the first. */
static void
put_large_levels(struct writer *writer, const int *levels, unsigned count, bool first_may_be_one)
{
	unsigned suffix_len = 0;

	while (count-- > 0) {
		int level = levels[count];
		unsigned magnitude = (unsigned)(level < 0 ? -level : level);
		put_level(writer, 2 * magnitude - (level > 0 ? 2 : 1) - (first_may_be_one ? 0 : 2), suffix_len);
		first_may_be_one = true;
		if (suffix_len == 0)
			suffix_len = 1;
		if (magnitude > 3u << (suffix_len - 1))
			suffix_len++;
	}
}

static void
put_levels(struct writer *writer, const int levels[LEVELS])
{
	int there[LEVELS];
	unsigned at[LEVELS], count = 0, ones = 0;

	for (unsigned i = 0; i < LEVELS; i++)
		if (levels[i] != 0) {
			at[count] = i;
			there[count++] = levels[i];
		}
	while (ones < count && ones < 3 && is_one(there[count - 1 - ones]))
		ones++;
	ENSURE(count < LEVELS);
	put_code(writer, tokens[count][ones]);
	if (count == 0)
		return;
	for (unsigned i = 0; i < ones; i++)
		put_bits(writer, there[count - 1 - i] < 0, 1);
	put_large_levels(writer, there, count - ones, ones == 3);
	unsigned zeros = at[count - 1] + 1 - count;
	put_code(writer, all_zeros[count][zeros]);
	for (unsigned i = count - 1; i > 0 && zeros > 0; i--) {
		unsigned run = at[i] - at[i - 1] - 1;
		put_code(writer, runs[zeros][run]);
		zeros -= run;
	}
}

/* -- macroblocks (7.3.5, 8.3.3) ----------------------------------------------------------------------------------- */

/* The mean of what is above and to the left. */
static int
predicted(const struct h264 *h264, const uint8_t *block, unsigned column, unsigned row)
{
	int sum = 0;

	if (row > 0)
		sum += block[-(int)h264->columns] + block[1 - (int)h264->columns];
	if (column > 0)
		sum += block[-1] + block[(int)h264->columns - 1];
	if (row > 0 && column > 0)
		return (8 * sum + 16) >> 5;
	return row > 0 || column > 0 ? (8 * sum + 8) >> 4 : 128;
}

static void
put_block(struct writer *writer, const struct h264 *h264, unsigned column, unsigned row, bool is_whole)
{
	const uint8_t *block = h264->shown + row * h264->columns + column, *below = block + h264->columns;
	int base = predicted(h264, block, column, row);
	int a = block[0] - base, b = block[1] - base, c = below[0] - base, d = below[1] - base;
	const int levels[LEVELS] = { a + b + c + d, a - b + c - d, a + b - c - d, 0, a - b - c + d };

	put_number(writer, is_whole ? INTRA_16X16_DC : 5 + INTRA_16X16_DC);
	put_number(writer, 0); /* chroma: DC, too */
	put_signed(writer, 0); /* no other quantizer */
	put_levels(writer, levels);
}

static uint8_t
luma(uint8_t grey)
{
	return (uint8_t)(16 + (grey * 219 + 127) / 255);
}

/* Into `shown`. True: this macroblock has changed. */
static bool
take(struct h264 *h264, const uint8_t *greys, unsigned column, unsigned row)
{
	bool changed = false;

	for (unsigned i = 0; i < 4; i++) {
		size_t at = (row + i / 2) * h264->columns + column + i % 2;
		uint8_t to = luma(greys[at]);
		changed |= h264->shown[at] != to;
		h264->shown[at] = to;
	}
	return changed;
}

static void
put_slice_header(struct writer *writer, const struct h264 *h264, bool is_whole)
{
	put_number(writer, 0);
	put_number(writer, is_whole ? SLICE_I : SLICE_P);
	put_number(writer, 0);
	put_bits(writer, h264->frame_number, 4);
	if (is_whole)
		put_number(writer, h264->idr_number);
	put_bits(writer, 0, is_whole ? 2 : 3); /* whole: marks nothing; else no other references, order or marks */
	put_signed(writer, 0);
	put_number(writer, 1); /* no deblocking */
}

size_t
h264_write_frame(struct h264 *h264, const uint8_t *greys, bool is_whole, uint8_t ret_nal[H264_FRAME_MAX_BYTES])
{
	struct writer writer = begin(is_whole ? NAL_SLICE_IDR : NAL_SLICE, ret_nal, H264_FRAME_MAX_BYTES);
	unsigned skipped = 0;

	h264->frame_number = is_whole ? 0 : (h264->frame_number + 1) % FRAME_NUMBERS;
	h264->idr_number ^= is_whole; /* two in a row differ */
	put_slice_header(&writer, h264, is_whole);
	for (unsigned row = 0; row < h264->rows; row += 2)
		for (unsigned column = 0; column < h264->columns; column += 2) {
			if (!take(h264, greys, column, row) && !is_whole) {
				skipped++;
				continue;
			}
			if (!is_whole)
				put_number(&writer, skipped);
			skipped = 0;
			put_block(&writer, h264, column, row, is_whole);
		}
	if (skipped > 0)
		put_number(&writer, skipped);
	return end(&writer);
}
