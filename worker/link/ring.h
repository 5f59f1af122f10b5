/*
 * ring: the recent MQTT messages of one printer in at most 256 KiB: blocks of messages, each packed against the one
 * before it (a delta, or zstd, whose only door this is), the oldest block given up when a new one needs the room. A
 * thousand usual reports of 15 KB fit. Access codes are blotted out before a message is kept (ring_redact).
 */
#ifndef FUSE_WORKER_LINK_RING_H
#define FUSE_WORKER_LINK_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_MAX_BYTES (256 * 1024)
#define RING_PAYLOAD_MAX_BYTES (96 * 1024)

enum ring_direction { RING_RECEIVED, RING_SENT };

struct ring_message {
	uint64_t number;     /* counts from 1 since the worker started; never reused */
	int64_t at_ms;	     /* wall clock */
	enum ring_direction direction;
	uint8_t kind;	     /* enum report_kind of a received one, 0 of a sent one */
	const uint8_t *payload; /* borrowed until the next call */
	size_t len;
};

struct ring;

/* Who wants to see what is about to be forgotten: `wants` is asked with the number of a block's newest message; if it
 * says yes, `on_forgotten` is given each of the block, oldest first. Both may be NULL. */
struct ring_heir {
	bool (*wants)(void *arg, uint64_t newest);
	void (*on_forgotten)(void *arg, const struct ring_message *message);
	void *arg;
};
struct ring *ring_new(size_t most_bytes, const struct ring_heir *heir);
void ring_free(struct ring *ring);

/* Keep a copy; returns its number. Of a payload longer than RING_PAYLOAD_MAX_BYTES the beginning is kept. */
uint64_t ring_add(struct ring *ring, enum ring_direction direction, uint8_t kind, int64_t at_ms, const void *payload,
		  size_t len);
void ring_clear(struct ring *ring);

/* Walk from message `number` on (or the oldest kept after it). ring_next() gives one after the other; a reader stays
 * valid while messages are added: what was forgotten meanwhile is skipped. */
struct ring_reader;
struct ring_reader *ring_reader_new(struct ring *ring, uint64_t number);
/* Messages that were forgotten before this reader came to them, since the last call. */
uint64_t ring_reader_missed(struct ring_reader *reader);
bool ring_next(struct ring_reader *reader, struct ring_message *ret_message);
void ring_reader_free(struct ring_reader *reader);

struct ring_figures {
	uint64_t first, last; /* numbers kept; 0 when empty */
	size_t messages, bytes;	/* bytes: all memory that the kept messages take */
};
void ring_figures(const struct ring *ring, struct ring_figures *ret_figures);

/* Overwrite with '*' the value of every "access_code" and the credentials of every rtsp(s) URL, in place. */
void ring_redact(void *payload, size_t len);

#endif
