/*
 * mpack: the subset of MessagePack that message bodies use, bounded, with a sticky error:
 * write or read everything, then ask once whether it went well.
 *
 * Subset: arrays of at most 65535 elements, booleans, integers, str and bin. The writer takes the
 * shortest form; the reader takes every form of these types. Format: github.com/msgpack/msgpack spec.md.
 */
#ifndef FUSE_IPC_MPACK_H
#define FUSE_IPC_MPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mpack_writer {
	uint8_t *at, *end;
	bool failed; /* did not fit; sticky */
};

void mpack_writer_init(struct mpack_writer *writer, uint8_t *to, size_t cap);
void mpack_put_array(struct mpack_writer *writer, uint32_t count);
void mpack_put_bool(struct mpack_writer *writer, bool value);
void mpack_put_u64(struct mpack_writer *writer, uint64_t value);
void mpack_put_i64(struct mpack_writer *writer, int64_t value);
void mpack_put_str(struct mpack_writer *writer, const void *bytes, uint32_t len);
void mpack_put_bin(struct mpack_writer *writer, const void *bytes, uint32_t len);
/* A C string, as str. */
void mpack_put_text(struct mpack_writer *writer, const char *text);

struct mpack_reader {
	const uint8_t *at, *end;
	const char *fault; /* the first one, static storage; NULL while all is well */
};

void mpack_reader_init(struct mpack_reader *reader, const uint8_t *from, size_t len);
/* Each returns 0, false or "" after a fault. */
uint32_t mpack_get_array(struct mpack_reader *reader);
bool mpack_get_bool(struct mpack_reader *reader);
uint64_t mpack_get_u64(struct mpack_reader *reader, uint64_t max);
int64_t mpack_get_i64(struct mpack_reader *reader);
/* Borrowed from the input; at most `max` bytes; str must be UTF-8 without NUL. */
const uint8_t *mpack_get_str(struct mpack_reader *reader, uint32_t max, uint32_t *ret_len);
const uint8_t *mpack_get_bin(struct mpack_reader *reader, uint32_t max, uint32_t *ret_len);
/* Str as a C string of at most `cap` bytes with its NUL. */
void mpack_get_text(struct mpack_reader *reader, char *ret_text, size_t cap);
/* Everything was read and nothing is left over. */
bool mpack_reader_finish(struct mpack_reader *reader);
/* Mark the input as faulty, for checks of the caller's own. */
void mpack_fault(struct mpack_reader *reader, const char *fault);

#endif
