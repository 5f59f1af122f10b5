/*
 * detect_frame: the frames of the detect service as a printer reads and writes them (docs/protocol.md, "Detect
 * service"): A5 A5, the length of the whole frame (16 bits, little endian), JSON, A7 A7. Pure; what a client sends
 * is hostile.
 */
#ifndef FUSE_WORKER_VIRTUAL_DETECT_FRAME_H
#define FUSE_WORKER_VIRTUAL_DETECT_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "worker/virtual/nameplate.h"

#define DETECT_ASK_MAX_BYTES 1024 /* of a whole frame; a client's has about 60 */
#define DETECT_ANSWER_MAX_BYTES 1024

enum detect_ask {
	DETECT_ASK_MORE,    /* not there as a whole yet */
	DETECT_ASK_DETECT,  /* who are you? */
	DETECT_ASK_UNKNOWN, /* anything else: a printer says nothing to it */
};

/* Make sense of what a client has sent so far. */
enum detect_ask detect_frame_read(const uint8_t *bytes, size_t len);

/* Write the answer to DETECT_ASK_DETECT; `number` is its sequence_id. Returns its length. */
size_t detect_frame_answer(const struct nameplate *nameplate, uint32_t number, uint8_t to[DETECT_ANSWER_MAX_BYTES]);

#endif
