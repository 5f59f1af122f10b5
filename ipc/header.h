/*
 * header: the 40 bytes before each body. The supervisor reads these and never the body of
 * what it forwards. Little-endian.
 *
 *	 0 u16 magic        4 u8 from_role      8 u16 from_slot     16 u32 to_generation
 *	 2 u8  version      5 u8 to_role       10 u16 to_slot       20 u32 request_id
 *	 3 u8  flags        6 u16 number       12 u32 generation    24 u32 retain_key
 *	                                                            28 u32 zero   32 u64 schema
 *
 * A sender leaves from_role and from_slot zero: the supervisor stamps them. Whoever fills
 * them with another's is forging and loses its life.
 */
#ifndef FUSE_IPC_HEADER_H
#define FUSE_IPC_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/role.h"

#define HEADER_BYTES 40
#define FRAME_MAX_BYTES (128 * 1024) /* header and body */
#define BODY_MAX_BYTES (FRAME_MAX_BYTES - HEADER_BYTES)

#define HEADER_FLAG_CLEAR 1 /* RETAINED: forget the kept message of this key (the body is empty) */

/* to_slot: every slot of the role. to_role 0: every role that the table lets receive it. */
#define SLOT_ALL 0xffff

struct header {
	uint8_t flags;
	uint8_t from_role, to_role; /* enum role */
	uint16_t from_slot, to_slot;
	uint16_t number;        /* enum message */
	uint32_t generation;    /* the sender's incarnation */
	uint32_t to_generation; /* only for this incarnation of the receiver; 0 = any */
	uint32_t request_id;    /* chosen by the requester, not 0; 0 = no request */
	uint32_t retain_key;
	uint64_t schema; /* message_schema_hash() of the sender's build */
};

/* Why bytes are no header. */
enum header_fault { HEADER_FINE, HEADER_SHORT, HEADER_NOT_OURS, HEADER_OTHER_BUILD };

/* Write `header` into HEADER_BYTES at `to`; the schema is this build's. */
void header_encode(const struct header *header, uint8_t *to);

/* Read the header of a frame of `len` bytes. Total: every input gives a header or a fault. */
enum header_fault header_decode(const uint8_t *frame, size_t len, struct header *ret_header);

#endif
