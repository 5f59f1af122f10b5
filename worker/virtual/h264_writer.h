/*
 * h264_writer: pictures in squares of one grey each as an H.264 stream (ITU-T H.264, Constrained Baseline), without an
 * encoder's cost: a macroblock is what the mean of its neighbours predicts plus four numbers, and between whole pictures
 * only those that have changed are said. What is written comes out of any decoder exactly. Pure.
 */
#ifndef FUSE_WORKER_VIRTUAL_H264_WRITER_H
#define FUSE_WORKER_VIRTUAL_H264_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H264_SQUARE 8 /* pixels, each way */
#define H264_COLUMNS_MAX 240 /* of squares */
#define H264_ROWS_MAX 136
#define H264_FRAMES_A_SECOND 30 /* what the stream says of itself; a frame may come later */
#define H264_HEADER_MAX_BYTES 48
#define H264_FRAME_MAX_BYTES 196608 /* of noise; one of a scene has some KiB */

/* A stream. Zeroed, then h264_init(). */
struct h264 {
	unsigned width, height; /* pixels; multiples of H264_SQUARE */
	unsigned columns, rows; /* of squares, in whole macroblocks: the last row may be out of the picture */
	uint32_t frame_number, idr_number;
	uint8_t shown[H264_COLUMNS_MAX * H264_ROWS_MAX]; /* luma, as a decoder has it now */
};

void h264_init(struct h264 *h264, bool is_1080p);

/* Sequence and picture parameter sets, each a NAL unit without a start code. Return their lengths. */
size_t h264_write_sequence(const struct h264 *h264, uint8_t ret_nal[H264_HEADER_MAX_BYTES]);
size_t h264_write_picture(const struct h264 *h264, uint8_t ret_nal[H264_HEADER_MAX_BYTES]);

/* The next frame, a NAL unit without a start code: `greys` has h264->rows rows of h264->columns; `is_whole`: one from which
 * a decoder can begin, as the first must be. Returns its length. */
size_t h264_write_frame(struct h264 *h264, const uint8_t *greys, bool is_whole, uint8_t ret_nal[H264_FRAME_MAX_BYTES]);

#endif
