/*
 * frame: a growing text with a count of its holders.
 */
#include "httpd/frame.h"

#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"

#define FRAME_MAGIC 0x4652414d

static size_t total_bytes;

struct frame *
frame_new(size_t expected_bytes)
{
	struct frame *frame = calloc(1, sizeof *frame);

	ENSURE(frame != NULL);
	frame->magic = FRAME_MAGIC;
	frame->references = 1;
	frame->cap = expected_bytes < 64 ? 64 : expected_bytes;
	frame->text = malloc(frame->cap);
	ENSURE(frame->text != NULL);
	total_bytes += frame->cap;
	return frame;
}

struct frame *
frame_hold(struct frame *frame)
{
	ENSURE_OBJ(frame, FRAME_MAGIC);
	frame->references++;
	return frame;
}

void
frame_release(struct frame *frame)
{
	if (frame == NULL)
		return;
	ENSURE_OBJ(frame, FRAME_MAGIC);
	if (--frame->references > 0)
		return;
	total_bytes -= frame->cap;
	free(frame->text);
	frame->magic = 0;
	free(frame);
}

void
frame_put(struct frame *frame, const void *bytes, size_t len)
{
	if (frame->len + len > frame->cap) {
		size_t cap = 2 * frame->cap;
		while (cap < frame->len + len)
			cap *= 2;
		frame->text = realloc(frame->text, cap);
		ENSURE(frame->text != NULL);
		total_bytes += cap - frame->cap;
		frame->cap = cap;
	}
	memcpy(frame->text + frame->len, bytes, len);
	frame->len += len;
}

void
frame_put_text(struct frame *frame, const char *text)
{
	frame_put(frame, text, strlen(text));
}

void
frame_put_number(struct frame *frame, uint64_t number)
{
	char digits[24];

	str_format(digits, sizeof digits, "%llu", (unsigned long long)number);
	frame_put_text(frame, digits);
}

size_t
frames_bytes(void)
{
	return total_bytes;
}
