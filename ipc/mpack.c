/*
 * mpack: write the shortest form, read any form, never past the end.
 */
#include "ipc/mpack.h"

#include <string.h>

#include "common/str.h"

void
mpack_writer_init(struct mpack_writer *writer, uint8_t *to, size_t cap)
{
	*writer = (struct mpack_writer){ .at = to, .end = to + cap };
}

static bool
room(struct mpack_writer *writer, size_t need)
{
	if (writer->failed || (size_t)(writer->end - writer->at) < need) {
		writer->failed = true;
		return false;
	}
	return true;
}

/* A type byte and `width` bytes of `value`, big-endian. */
static void
put_tagged(struct mpack_writer *writer, uint8_t tag, uint64_t value, unsigned width)
{
	if (!room(writer, 1 + width))
		return;
	*writer->at++ = tag;
	for (unsigned i = width; i > 0; i--)
		*writer->at++ = (uint8_t)(value >> (8 * (i - 1)));
}

static void
put_raw(struct mpack_writer *writer, const void *bytes, uint32_t len)
{
	if (len == 0 || !room(writer, len))
		return;
	memcpy(writer->at, bytes, len);
	writer->at += len;
}

void
mpack_put_array(struct mpack_writer *writer, uint32_t count)
{
	if (count < 16)
		put_tagged(writer, (uint8_t)(0x90 | count), 0, 0);
	else if (count <= UINT16_MAX)
		put_tagged(writer, 0xdc, count, 2);
	else
		writer->failed = true;
}

void
mpack_put_bool(struct mpack_writer *writer, bool value)
{
	put_tagged(writer, value ? 0xc3 : 0xc2, 0, 0);
}

void
mpack_put_u64(struct mpack_writer *writer, uint64_t value)
{
	if (value < 128)
		put_tagged(writer, (uint8_t)value, 0, 0);
	else if (value <= UINT8_MAX)
		put_tagged(writer, 0xcc, value, 1);
	else if (value <= UINT16_MAX)
		put_tagged(writer, 0xcd, value, 2);
	else if (value <= UINT32_MAX)
		put_tagged(writer, 0xce, value, 4);
	else
		put_tagged(writer, 0xcf, value, 8);
}

void
mpack_put_i64(struct mpack_writer *writer, int64_t value)
{
	if (value >= 0)
		mpack_put_u64(writer, (uint64_t)value);
	else if (value >= -32)
		put_tagged(writer, (uint8_t)value, 0, 0);
	else if (value >= INT8_MIN)
		put_tagged(writer, 0xd0, (uint64_t)value, 1);
	else if (value >= INT16_MIN)
		put_tagged(writer, 0xd1, (uint64_t)value, 2);
	else if (value >= INT32_MIN)
		put_tagged(writer, 0xd2, (uint64_t)value, 4);
	else
		put_tagged(writer, 0xd3, (uint64_t)value, 8);
}

void
mpack_put_str(struct mpack_writer *writer, const void *bytes, uint32_t len)
{
	if (len < 32)
		put_tagged(writer, (uint8_t)(0xa0 | len), 0, 0);
	else if (len <= UINT8_MAX)
		put_tagged(writer, 0xd9, len, 1);
	else if (len <= UINT16_MAX)
		put_tagged(writer, 0xda, len, 2);
	else
		put_tagged(writer, 0xdb, len, 4);
	put_raw(writer, bytes, len);
}

void
mpack_put_bin(struct mpack_writer *writer, const void *bytes, uint32_t len)
{
	if (len <= UINT8_MAX)
		put_tagged(writer, 0xc4, len, 1);
	else if (len <= UINT16_MAX)
		put_tagged(writer, 0xc5, len, 2);
	else
		put_tagged(writer, 0xc6, len, 4);
	put_raw(writer, bytes, len);
}

void
mpack_put_text(struct mpack_writer *writer, const char *text)
{
	mpack_put_str(writer, text, (uint32_t)strlen(text));
}

void
mpack_reader_init(struct mpack_reader *reader, const uint8_t *from, size_t len)
{
	*reader = (struct mpack_reader){ .at = from, .end = from + len };
}

void
mpack_fault(struct mpack_reader *reader, const char *fault)
{
	if (reader->fault == NULL)
		reader->fault = fault;
}

static uint8_t
get_tag(struct mpack_reader *reader)
{
	if (reader->fault == NULL && reader->at == reader->end)
		mpack_fault(reader, "ends too early");
	return reader->fault == NULL ? *reader->at++ : 0xc1; /* 0xc1 is no type */
}

static uint64_t
get_wide(struct mpack_reader *reader, unsigned width)
{
	uint64_t value = 0;

	if (reader->fault != NULL)
		return 0;
	if ((size_t)(reader->end - reader->at) < width) {
		mpack_fault(reader, "ends too early");
		return 0;
	}
	while (width-- > 0)
		value = value << 8 | *reader->at++;
	return value;
}

uint32_t
mpack_get_array(struct mpack_reader *reader)
{
	uint8_t tag = get_tag(reader);

	if ((tag & 0xf0) == 0x90)
		return tag & 0x0f;
	if (tag == 0xdc)
		return (uint32_t)get_wide(reader, 2);
	mpack_fault(reader, "is no array");
	return 0;
}

bool
mpack_get_bool(struct mpack_reader *reader)
{
	uint8_t tag = get_tag(reader);

	if (tag != 0xc2 && tag != 0xc3)
		mpack_fault(reader, "has something else where a truth value belongs");
	return tag == 0xc3;
}

/* Any integer: the magnitude in two's complement, and whether it is below zero. */
static uint64_t
get_integer(struct mpack_reader *reader, bool *ret_negative)
{
	uint8_t tag = get_tag(reader);
	uint64_t value;

	*ret_negative = false;
	if (tag < 0x80)
		return tag;
	if (tag >= 0xe0) {
		*ret_negative = true;
		return (uint64_t)(int64_t)(int8_t)tag;
	}
	if (tag >= 0xcc && tag <= 0xcf)
		return get_wide(reader, 1u << (tag - 0xcc));
	if (tag < 0xd0 || tag > 0xd3) {
		mpack_fault(reader, "has something else where a number belongs");
		return 0;
	}
	unsigned width = 1u << (tag - 0xd0);
	value = get_wide(reader, width);
	if (width < 8 && value >> (8 * width - 1) != 0)
		value |= ~UINT64_C(0) << (8 * width);
	*ret_negative = value >> 63 != 0;
	return value;
}

uint64_t
mpack_get_u64(struct mpack_reader *reader, uint64_t max)
{
	bool negative;
	uint64_t value = get_integer(reader, &negative);

	if (negative || value > max) {
		mpack_fault(reader, "has a number out of its range");
		return 0;
	}
	return reader->fault == NULL ? value : 0;
}

int64_t
mpack_get_i64(struct mpack_reader *reader)
{
	bool negative;
	uint64_t value = get_integer(reader, &negative);

	if (!negative && value > INT64_MAX) {
		mpack_fault(reader, "has a number out of its range");
		return 0;
	}
	return reader->fault == NULL ? (int64_t)value : 0;
}

static const uint8_t *
get_raw(struct mpack_reader *reader, uint64_t len, uint32_t max, uint32_t *ret_len)
{
	static const uint8_t nothing[1];

	*ret_len = 0;
	if (reader->fault == NULL && len > max)
		mpack_fault(reader, "has a text or bytes longer than their bound");
	if (reader->fault == NULL && len > (size_t)(reader->end - reader->at))
		mpack_fault(reader, "ends too early");
	if (reader->fault != NULL)
		return nothing;
	const uint8_t *bytes = reader->at;
	reader->at += len;
	*ret_len = (uint32_t)len;
	return bytes;
}

const uint8_t *
mpack_get_str(struct mpack_reader *reader, uint32_t max, uint32_t *ret_len)
{
	uint8_t tag = get_tag(reader);
	uint64_t len = 0;

	if ((tag & 0xe0) == 0xa0)
		len = tag & 0x1f;
	else if (tag >= 0xd9 && tag <= 0xdb)
		len = get_wide(reader, 1u << (tag - 0xd9));
	else
		mpack_fault(reader, "has something else where a text belongs");
	const uint8_t *bytes = get_raw(reader, len, max, ret_len);
	if (!str_valid_utf8(bytes, *ret_len)) {
		mpack_fault(reader, "has a text that is not UTF-8");
		*ret_len = 0;
	}
	return bytes;
}

const uint8_t *
mpack_get_bin(struct mpack_reader *reader, uint32_t max, uint32_t *ret_len)
{
	uint8_t tag = get_tag(reader);
	uint64_t len = 0;

	if (tag >= 0xc4 && tag <= 0xc6)
		len = get_wide(reader, 1u << (tag - 0xc4));
	else
		mpack_fault(reader, "has something else where bytes belong");
	return get_raw(reader, len, max, ret_len);
}

void
mpack_get_text(struct mpack_reader *reader, char *ret_text, size_t cap)
{
	uint32_t len;
	const uint8_t *bytes = mpack_get_str(reader, (uint32_t)(cap - 1), &len);

	memcpy(ret_text, bytes, len);
	ret_text[len] = '\0';
}

bool
mpack_reader_finish(struct mpack_reader *reader)
{
	if (reader->fault == NULL && reader->at != reader->end)
		mpack_fault(reader, "has bytes left over");
	return reader->fault == NULL;
}
