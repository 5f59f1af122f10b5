/*
 * tally: what a table holds, in 24 bytes: how many records, and the XOR of their checksums. Kept in
 * meta beside each change. A record's own checksum proves what is there; a damaged inner page can
 * hide records whose checksums nobody then asks for, and the tally notices that. Pure.
 */
#ifndef FUSE_STORED_TALLY_H
#define FUSE_STORED_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored/record.h"

#define TALLY_BYTES (8 + RECORD_HASH_BYTES)

struct tally {
	bool touched; /* for whoever keeps several: this one was read */
	uint64_t records;
	uint8_t hash_xor[RECORD_HASH_BYTES];
};

/* A record with this checksum came (by = 1) or went (by = -1). */
void tally_move(struct tally *tally, int by, const uint8_t hash[RECORD_HASH_BYTES]);

bool tally_equal(const struct tally *a, const struct tally *b);

void tally_encode(const struct tally *tally, uint8_t ret_bytes[TALLY_BYTES]);

/* False when the bytes are no tally. Leaves `touched` alone. */
bool tally_decode(const uint8_t *bytes, size_t len, struct tally *ret_tally);

#endif
