/*
 * A stream of h264_writer's, for another program to decode: `h264_frames 720|1080 FRAMES SEED STREAM LUMA`. Every frame has
 * some squares of any grey, the first of a run of ten is a whole one. STREAM is in the byte stream format (annex B), LUMA
 * what a decoder must have from it: 8-bit luma, frame by frame.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/virtual/h264_writer.h"

static uint8_t greys[H264_COLUMNS_MAX * H264_ROWS_MAX];

static void
put_nal(FILE *to, const uint8_t *nal, size_t len)
{
	fwrite("\0\0\0\1", 4, 1, to);
	fwrite(nal, len, 1, to);
}

/* From nothing new to everything new; near to what was and far from it. */
static void
change(const struct h264 *h264, unsigned frame)
{
	size_t count = (size_t)h264->columns * h264->rows;

	for (size_t i = 0; i < count; i++)
		if (rand() % 10 < (int)(frame % 4) * 3)
			greys[i] = (uint8_t)(frame % 3 == 0 ? rand() : 100 + rand() % 4);
}

static void
put_luma(FILE *to, const struct h264 *h264)
{
	for (unsigned y = 0; y < h264->height; y++)
		for (unsigned x = 0; x < h264->width; x++)
			putc(h264->shown[y / H264_SQUARE * h264->columns + x / H264_SQUARE], to);
}

int
main(int argc, char **argv)
{
	static uint8_t nal[H264_FRAME_MAX_BYTES];
	static struct h264 h264;

	if (argc != 6)
		return 2;
	h264_init(&h264, strcmp(argv[1], "1080") == 0);
	srand((unsigned)atoi(argv[3]));
	FILE *stream = fopen(argv[4], "w"), *luma = fopen(argv[5], "w");
	if (stream == NULL || luma == NULL)
		return 1;
	put_nal(stream, nal, h264_write_sequence(&h264, nal));
	put_nal(stream, nal, h264_write_picture(&h264, nal));
	for (unsigned frame = 0; frame < (unsigned)atoi(argv[2]); frame++) {
		change(&h264, frame);
		put_nal(stream, nal, h264_write_frame(&h264, greys, frame % 10 == 0, nal));
		put_luma(luma, &h264);
	}
	return fclose(stream) == 0 && fclose(luma) == 0 ? 0 : 1;
}
