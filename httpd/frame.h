/*
 * frame: the text of one message to WebSocket clients: written once, then shared by all whom it suits and freed with
 * the last of them.
 */
#ifndef FUSE_HTTPD_FRAME_H
#define FUSE_HTTPD_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* What waits for slow clients, all in all. Whoever makes frames looks at frames_bytes() first. */
#define FRAMES_MAX_BYTES ((size_t)64 * 1024 * 1024)

struct frame {
	unsigned magic, references;
	char *text; /* UTF-8, not terminated */
	size_t len, cap;
};

/* Empty, with one reference. */
struct frame *frame_new(size_t expected_bytes);
struct frame *frame_hold(struct frame *frame);
/* NULL is fine. */
void frame_release(struct frame *frame);

void frame_put(struct frame *frame, const void *bytes, size_t len);
/* A text that ends with its NUL. */
void frame_put_text(struct frame *frame, const char *text);
void frame_put_number(struct frame *frame, uint64_t number);

/* Memory of all frames that exist. */
size_t frames_bytes(void);

#endif
