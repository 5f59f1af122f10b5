/*
 * zip_store: PKWARE's APPNOTE.TXT, 4.3.
 */
#include "worker/virtual/zip_store.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"

#define HEAD_BYTES 30
#define ENTRY_BYTES 46
#define END_BYTES 22
#define VERSION 20
#define DOS_DATE ((2026 - 1980) << 9 | 1 << 5 | 1) /* the same for the same content */
#define AT_MAX UINT32_MAX

/* -- sums --------------------------------------------------------------------------------------------------------- */

/* Eight bytes at a time ("slicing"): the file has ten million of them. */
static uint32_t table[8][256];

static void
make_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t sum = i;
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? UINT32_C(0xedb88320) : 0);
		table[0][i] = sum;
	}
	for (uint32_t i = 0; i < 256; i++)
		for (int k = 1; k < 8; k++)
			table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 0xff];
}

uint32_t
zip_store_sum(uint32_t sum, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	if (table[0][1] == 0)
		make_table();
	sum = ~sum;
	for (; len >= 8; len -= 8, at += 8) {
		uint32_t low = sum ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
		sum = table[7][low & 0xff] ^ table[6][low >> 8 & 0xff] ^ table[5][low >> 16 & 0xff] ^ table[4][low >> 24] ^
		      table[3][at[4]] ^ table[2][at[5]] ^ table[1][at[6]] ^ table[0][at[7]];
	}
	for (; len > 0; len--, at++)
		sum = sum >> 8 ^ table[0][(sum ^ *at) & 0xff];
	return ~sum;
}

/* -- writing ------------------------------------------------------------------------------------------------------ */

static void
write_at(struct zip_store *zip, const void *bytes, size_t len, uint64_t at)
{
	const char *from = bytes;

	while (len > 0 && !zip->has_failed) {
		ssize_t n = pwrite(zip->fd, from, len, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			zip->has_failed = true;
			zip->error = n < 0 ? errno : EIO;
			return;
		}
		from += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
}

static void
append(struct zip_store *zip, const void *bytes, size_t len)
{
	ENSURE(zip->at + len <= AT_MAX);
	write_at(zip, bytes, len, zip->at);
	zip->at += len;
}

/* Little end first. */
static uint8_t *
put(uint8_t *to, uint32_t value, size_t bytes)
{
	for (; bytes > 0; bytes--, value >>= 8)
		*to++ = (uint8_t)value;
	return to;
}

/* What head and entry have in common. */
static uint8_t *
put_facts(uint8_t *to, const struct zip_part *part)
{
	to = put(to, VERSION, 2);
	to = put(to, 0, 2); /* flags */
	to = put(to, 0, 2); /* stored */
	to = put(to, 0, 2); /* time */
	to = put(to, DOS_DATE, 2);
	to = put(to, part->sum, 4);
	to = put(to, part->bytes, 4);
	to = put(to, part->bytes, 4);
	to = put(to, (uint32_t)strlen(part->name), 2);
	return put(to, 0, 2); /* more */
}

void
zip_store_init(struct zip_store *zip, int fd)
{
	*zip = (struct zip_store){ .fd = fd };
}

void
zip_store_begin(struct zip_store *zip, const char *name)
{
	uint8_t head[HEAD_BYTES + ZIP_STORE_NAME_BYTES];

	ENSURE(zip->count < ZIP_STORE_PARTS_MAX);
	struct zip_part *part = &zip->parts[zip->count++];
	*part = (struct zip_part){ .at = (uint32_t)zip->at };
	ENSURE(str_copy(part->name, sizeof part->name, name));
	uint8_t *to = put_facts(put(head, UINT32_C(0x04034b50), 4), part);
	memcpy(to, part->name, strlen(part->name));
	append(zip, head, HEAD_BYTES + strlen(part->name));
}

void
zip_store_add(struct zip_store *zip, const void *bytes, size_t len)
{
	struct zip_part *part = &zip->parts[zip->count - 1];

	ENSURE(zip->count > 0);
	part->sum = zip_store_sum(part->sum, bytes, len);
	part->bytes += (uint32_t)len;
	append(zip, bytes, len);
}

void
zip_store_end(struct zip_store *zip)
{
	const struct zip_part *part = &zip->parts[zip->count - 1];
	uint8_t head[HEAD_BYTES];

	ENSURE(zip->count > 0);
	put_facts(put(head, UINT32_C(0x04034b50), 4), part);
	write_at(zip, head, sizeof head, part->at);
}

void
zip_store_put(struct zip_store *zip, const char *name, const void *bytes, size_t len)
{
	zip_store_begin(zip, name);
	zip_store_add(zip, bytes, len);
	zip_store_end(zip);
}

bool
zip_store_finish(struct zip_store *zip)
{
	uint8_t entry[ENTRY_BYTES + ZIP_STORE_NAME_BYTES], end[END_BYTES], *to;
	uint64_t list_at = zip->at;

	for (size_t i = 0; i < zip->count; i++) {
		const struct zip_part *part = &zip->parts[i];
		to = put(entry, UINT32_C(0x02014b50), 4);
		to = put_facts(put(to, VERSION, 2), part);
		to = put(to, 0, 2); /* comment */
		to = put(to, 0, 2); /* volume */
		to = put(to, 0, 2);
		to = put(to, 0, 4); /* attributes */
		to = put(to, part->at, 4);
		memcpy(to, part->name, strlen(part->name));
		append(zip, entry, ENTRY_BYTES + strlen(part->name));
	}
	to = put(end, UINT32_C(0x06054b50), 4);
	to = put(to, 0, 4); /* volumes */
	to = put(to, (uint32_t)zip->count, 2);
	to = put(to, (uint32_t)zip->count, 2);
	to = put(to, (uint32_t)(zip->at - list_at), 4);
	to = put(to, (uint32_t)list_at, 4);
	put(to, 0, 2); /* comment */
	append(zip, end, sizeof end);
	return !zip->has_failed;
}
