/*
 * record: the envelope around every value in the database. It proves that the bytes are those that
 * were written, under this key and in this table. Pure; any bytes give a payload or a fault.
 *
 *	 0 "FR"   2 u8 version   3 u8 zero   4 u32 payload length   8 16 bytes BLAKE2b   24 payload
 *
 * Little-endian. The hash goes over the first eight bytes, the table's name, the key and the payload.
 * Version 1 of this envelope stays readable for ever in the table meta: that is how an older Fuse
 * learns which newer one has written a database.
 */
#ifndef FUSE_STORED_RECORD_H
#define FUSE_STORED_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define RECORD_OVERHEAD_BYTES 24
#define RECORD_HASH_BYTES 16
#define RECORD_PAYLOAD_MAX_BYTES (256 * 1024)
#define RECORD_KEY_MAX_BYTES 255

/* Where a record stands. */
struct record_place {
	const char *table;
	const void *key;
	size_t key_len;
};

enum record_fault {
	RECORD_FINE,
	RECORD_SHORT,	 /* cut off */
	RECORD_NOT_OURS, /* no record at all */
	RECORD_NEWER,	 /* of a newer version of this envelope */
	RECORD_LENGTH,	 /* its length does not fit the bytes that are there */
	RECORD_CHECKSUM, /* bytes, key or table are not those that were written */
};

/* "is cut off", …: follows the record's name. Static storage. */
const char *record_fault_text(enum record_fault fault);

/* Write the envelope and `len` bytes of payload to `to`, which holds len + RECORD_OVERHEAD_BYTES.
 * Returns the bytes written. A key or payload beyond its bound is a bug and aborts. */
size_t record_encode(const struct record_place *place, const void *payload, size_t len, uint8_t *to);

/* Open the envelope; on RECORD_FINE the payload (borrowed from `bytes`) and its length are returned. */
enum record_fault record_decode(const struct record_place *place, const uint8_t *bytes, size_t len,
				const uint8_t **ret_payload, size_t *ret_len);

/* The hash of a record that was decoded or encoded; RECORD_HASH_BYTES, borrowed. */
const uint8_t *record_hash_peek(const uint8_t *bytes);

#endif
