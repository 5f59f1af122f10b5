/*
 * channel: one end of a SOCK_SEQPACKET connection: frames in, a bounded queue of frames out.
 * Used by the supervisor (one a child, one a fusectl), by every child and by fusectl.
 *
 * A frame that the kernel does not take at once waits in the queue; the queue is bounded in
 * frames and bytes. A RETAINED frame that waits is overwritten in place by a newer one of the same
 * sender, number and key. At most one descriptor goes with a frame.
 */
#ifndef FUSE_IPC_CHANNEL_H
#define FUSE_IPC_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/loop.h"
#include "ipc/header.h"

struct channel;

/* A frame as bytes, shared by the queues that it waits in. */
struct frame {
	uint32_t refs;
	uint32_t len;
	struct header header; /* as decoded from `bytes` */
	uint8_t bytes[];      /* header and body */
};

/* What a channel tells its owner. Words are static storage. */
struct channel_events {
	/* A frame came: `body` is borrowed, `fd` (or -1) belongs to the callee. The callee may
	 * close the channel with channel_close(), but must not free it. Must not read another channel. */
	void (*on_frame)(void *arg, const struct header *header, const uint8_t *body, size_t body_len, int fd);
	/* The peer ended it (`fault` NULL) or broke the rules (`fault` says how: "sent …"). Nothing more
	 * is read. Last words can still be posted; then the owner closes or frees. Called once, never
	 * from within channel_post(). */
	void (*on_closed)(void *arg, const char *fault);
};

/* The `fault` of a peer whose tables are not ours: compare the pointer. */
extern const char channel_fault_other_build[];

struct channel_limits {
	size_t queue_frames, queue_bytes;
	unsigned frames_per_turn; /* read at most so many before others have their turn */
};

enum channel_result {
	CHANNEL_TAKEN, /* sent, or waits in the queue */
	CHANNEL_FULL,  /* the queue is full: not taken */
	CHANNEL_GONE,  /* closed */
};

/* Take over `fd` (made non-blocking, close-on-exec). NULL with errno when it is no such socket. */
struct channel *channel_new(struct loop *loop, int fd, const struct channel_limits *limits,
			    const struct channel_events *events, void *arg);

/* Close the socket and drop the queue; on_closed is not called. Then free. NULL is fine. */
void channel_free(struct channel *channel);

/* Close without freeing (from within on_frame); on_closed is not called. */
void channel_close(struct channel *channel);

/* Read what a peer that is gone has left in the socket, at most `most_frames`, before freeing. */
void channel_drain(struct channel *channel, unsigned most_frames);

/*
 * Send or queue a frame. `body` is copied when it must wait. With `fd` >= 0 a duplicate of the
 * descriptor goes along (the caller keeps its own). `beyond_limit` lets replies pass a full queue
 * up to twice its bound.
 */
enum channel_result channel_post(struct channel *channel, const struct header *header, const uint8_t *body,
				 size_t body_len, int fd, bool beyond_limit);

/* The same for a frame that is shared by several queues. It may pass the bound: the caller bounds
 * how many retained frames there are. */
enum channel_result channel_post_frame(struct channel *channel, struct frame *frame);

bool channel_is_open(const struct channel *channel);
size_t channel_queued_frames(const struct channel *channel);

/* Send what waits, blocking for at most `budget_ms`; for last words before an exit. */
void channel_flush(struct channel *channel, int64_t budget_ms);

/* A new frame with one reference; aborts when memory is out. */
struct frame *frame_new(const struct header *header, const uint8_t *body, size_t body_len);
struct frame *frame_ref(struct frame *frame);
void frame_unref(struct frame *frame);
static inline const uint8_t *
frame_body_peek(const struct frame *frame, size_t *ret_len)
{
	*ret_len = frame->len - HEADER_BYTES;
	return frame->bytes + HEADER_BYTES;
}

#endif
