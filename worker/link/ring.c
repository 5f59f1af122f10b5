/*
 * ring: a queue of blocks. The first message of a block is compressed alone; each other is kept as what differs from
 * the one before it, or where that is much, compressed against it. Reports repeat themselves: a usual one takes some
 * 100 bytes.
 */
#include "worker/link/ring.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>

#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include "common/miniobj.h"
#include "worker/link/delta.h"

#define RING_MAGIC 0x52696e67u
#define READER_MAGIC 0x52656164u
#define BLOCK_MESSAGES 128 /* few enough to be forgotten together, many enough to share one whole message */
#define CHUNK_BYTES (16 * 1024) /* what some hundred messages take */
#define PAGE_BYTES 4096
#define LEVEL (-3)	  /* fast: what a worker spends on each report */
#define WINDOW_LOG 18	  /* two of the longest payloads */
#define DELTA_MAX_BYTES 384 /* of more, zstd makes less */
#define PACKER_REST 16	  /* messages without need of it, until the compressor's memory is given back */

struct kept {
	int64_t at_ms;
	uint32_t raw_bytes, packed_bytes;
	uint8_t direction, kind;
	bool is_delta;
	uint8_t packed[];
};

/* Kept messages stand in memory of their own: between reports that come and go on the heap, they would keep it from
 * shrinking. What is not used yet of a chunk takes no memory. */
struct chunk {
	struct chunk *next;
	size_t size, used;
};

struct block {
	TAILQ_ENTRY(block) next;
	struct chunk *chunks; /* the newest first */
	uint64_t first;
	unsigned count;
	size_t bytes; /* of all its messages */
	struct kept *messages[BLOCK_MESSAGES];
};

/* A payload that the next one is compressed, or unpacked, against. */
struct memory {
	uint8_t *bytes;
	size_t len, cap;
};

struct ring {
	unsigned magic;
	TAILQ_HEAD(block_list, block) blocks;
	size_t bytes, most_bytes, messages;
	uint64_t next_number;
	ZSTD_CCtx *packer; /* NULL while not needed: it takes more memory than all the rest */
	unsigned packer_idle;
	struct memory newest; /* the payload of the newest message, as long as its block is open */
	uint8_t *scratch;
	size_t scratch_cap;
	struct ring_heir heir;
};

struct ring_reader {
	unsigned magic;
	struct ring *ring;
	uint64_t next, missed;
	uint64_t unpacked; /* number of what `last` holds; 0 = nothing */
	struct memory last, now;
	ZSTD_DCtx *unpacker;
};

static void
memory_reserve(struct memory *memory, size_t len)
{
	if (memory->cap >= len)
		return;
	memory->cap = (len + 4095) & ~(size_t)4095;
	memory->bytes = realloc(memory->bytes, memory->cap);
	ENSURE(memory->bytes != NULL);
}

static void
memory_set(struct memory *memory, const void *bytes, size_t len)
{
	memory_reserve(memory, len + 1);
	memcpy(memory->bytes, bytes, len);
	memory->len = len;
}

static void
memory_swap(struct memory *a, struct memory *b)
{
	struct memory c = *a;

	*a = *b;
	*b = c;
}

/* -- making and forgetting --------------------------------------------------------------- */

struct ring *
ring_new(size_t most_bytes, const struct ring_heir *heir)
{
	struct ring *ring = calloc(1, sizeof *ring);

	ENSURE(ring != NULL);
	ring->magic = RING_MAGIC;
	ring->most_bytes = most_bytes;
	ring->next_number = 1;
	if (heir != NULL)
		ring->heir = *heir;
	TAILQ_INIT(&ring->blocks);
	return ring;
}

static void
free_block(struct ring *ring, struct block *block)
{
	TAILQ_REMOVE(&ring->blocks, block, next);
	ring->bytes -= block->bytes;
	ring->messages -= block->count;
	for (struct chunk *chunk = block->chunks, *next; chunk != NULL; chunk = next) {
		next = chunk->next;
		munmap(chunk, chunk->size);
	}
	free(block);
}

void
ring_clear(struct ring *ring)
{
	ENSURE_OBJ(ring, RING_MAGIC);
	while (!TAILQ_EMPTY(&ring->blocks))
		free_block(ring, TAILQ_FIRST(&ring->blocks));
}

void
ring_free(struct ring *ring)
{
	if (ring == NULL)
		return;
	ring_clear(ring);
	ZSTD_freeCCtx(ring->packer);
	free(ring->newest.bytes);
	free(ring->scratch);
	ring->magic = 0;
	free(ring);
}

static void
bequeath(struct ring *ring, const struct block *block)
{
	uint64_t newest = block->first + block->count - 1;
	struct ring_message message;

	if (ring->heir.wants == NULL || !ring->heir.wants(ring->heir.arg, newest))
		return;
	struct ring_reader *reader = ring_reader_new(ring, block->first);
	while (ring_next(reader, &message)) {
		ring->heir.on_forgotten(ring->heir.arg, &message);
		if (message.number == newest)
			break;
	}
	ring_reader_free(reader);
}

static void
make_room(struct ring *ring)
{
	while (ring->bytes > ring->most_bytes && ring->messages > 1) {
		struct block *oldest = TAILQ_FIRST(&ring->blocks);
		bequeath(ring, oldest);
		free_block(ring, oldest);
	}
}

/* -- adding ------------------------------------------------------------------------------ */

/* The block that the next message goes into. A new one when it is full, or takes a quarter of the ring. */
static struct block *
open_block(struct ring *ring)
{
	struct block *block = TAILQ_LAST(&ring->blocks, block_list);

	if (block != NULL && block->count < BLOCK_MESSAGES && block->bytes < ring->most_bytes / 4)
		return block;
	block = calloc(1, sizeof *block);
	ENSURE(block != NULL);
	block->first = ring->next_number;
	block->bytes = sizeof *block;
	ring->bytes += sizeof *block;
	TAILQ_INSERT_TAIL(&ring->blocks, block, next);
	return block;
}

static size_t
entry_bytes(size_t packed)
{
	size_t align = _Alignof(struct kept);

	return (sizeof(struct kept) + packed + align - 1) / align * align;
}

static struct kept *
new_entry(struct block *block, size_t packed)
{
	struct chunk *chunk = block->chunks;
	size_t need = entry_bytes(packed);

	if (chunk == NULL || chunk->size - chunk->used < need) {
		size_t size = (sizeof *chunk + need + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
		if (size < CHUNK_BYTES)
			size = CHUNK_BYTES;
		chunk = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ENSURE(chunk != MAP_FAILED);
		*chunk = (struct chunk){ block->chunks, size, sizeof *chunk };
		block->chunks = chunk;
	}
	void *entry = (uint8_t *)chunk + chunk->used;
	chunk->used += need;
	return entry;
}

static void
prepare_packer(struct ring *ring)
{
	ring->packer_idle = 0;
	if (ring->packer != NULL)
		return;
	ring->packer = ZSTD_createCCtx();
	ENSURE(ring->packer != NULL);
	ENSURE(!ZSTD_isError(ZSTD_CCtx_setParameter(ring->packer, ZSTD_c_compressionLevel, LEVEL)));
	ENSURE(!ZSTD_isError(ZSTD_CCtx_setParameter(ring->packer, ZSTD_c_windowLog, WINDOW_LOG)));
	ENSURE(!ZSTD_isError(ZSTD_CCtx_setParameter(ring->packer, ZSTD_c_hashLog, 13)));
	ENSURE(!ZSTD_isError(ZSTD_CCtx_setParameter(ring->packer, ZSTD_c_contentSizeFlag, 0)));
	ENSURE(!ZSTD_isError(ZSTD_CCtx_setParameter(ring->packer, ZSTD_c_format, ZSTD_f_zstd1_magicless)));
}

static void
rest_packer(struct ring *ring)
{
	if (ring->packer == NULL || ++ring->packer_idle < PACKER_REST)
		return;
	ZSTD_freeCCtx(ring->packer);
	ring->packer = NULL;
}

static size_t
compress(struct ring *ring, const uint8_t *payload, size_t len, bool alone)
{
	prepare_packer(ring);
	/* A prefix holds for one frame only; without one, the one of before must not stay. */
	ZSTD_CCtx_reset(ring->packer, ZSTD_reset_session_only);
	ZSTD_CCtx_refPrefix(ring->packer, alone ? NULL : ring->newest.bytes, alone ? 0 : ring->newest.len);
	size_t packed = ZSTD_compress2(ring->packer, ring->scratch, ring->scratch_cap, payload, len);
	ENSURE(!ZSTD_isError(packed));
	return packed;
}

/* Into `scratch`. */
static size_t
pack(struct ring *ring, const uint8_t *payload, size_t len, bool alone, bool *ret_is_delta)
{
	size_t bound = ZSTD_compressBound(len), packed = 0;

	if (ring->scratch_cap < bound) {
		ring->scratch = realloc(ring->scratch, bound);
		ENSURE(ring->scratch != NULL);
		ring->scratch_cap = bound;
	}
	if (!alone)
		packed = delta_pack(ring->newest.bytes, ring->newest.len, payload, len, ring->scratch,
				    bound < DELTA_MAX_BYTES ? bound : DELTA_MAX_BYTES);
	*ret_is_delta = packed > 0;
	if (packed == 0)
		return compress(ring, payload, len, alone);
	rest_packer(ring);
	return packed;
}

uint64_t
ring_add(struct ring *ring, enum ring_direction direction, uint8_t kind, int64_t at_ms, const void *payload, size_t len)
{
	ENSURE_OBJ(ring, RING_MAGIC);
	if (len > RING_PAYLOAD_MAX_BYTES)
		len = RING_PAYLOAD_MAX_BYTES;
	struct block *block = open_block(ring);
	bool is_delta;
	size_t packed = pack(ring, payload, len, block->count == 0, &is_delta);
	struct kept *kept = new_entry(block, packed);
	*kept = (struct kept){ .at_ms = at_ms, .raw_bytes = (uint32_t)len, .packed_bytes = (uint32_t)packed,
			       .direction = (uint8_t)direction, .kind = kind, .is_delta = is_delta };
	memcpy(kept->packed, ring->scratch, packed);
	block->messages[block->count++] = kept;
	block->bytes += entry_bytes(packed);
	ring->bytes += entry_bytes(packed);
	ring->messages++;
	memory_set(&ring->newest, payload, len);
	ring->next_number++;
	make_room(ring);
	return ring->next_number - 1;
}

void
ring_figures(const struct ring *ring, struct ring_figures *ret_figures)
{
	const struct block *oldest = TAILQ_FIRST(&ring->blocks);

	*ret_figures = (struct ring_figures){ .messages = ring->messages, .bytes = ring->bytes };
	if (ring->messages > 0) {
		ret_figures->first = oldest->first;
		ret_figures->last = ring->next_number - 1;
	}
}

/* -- reading ----------------------------------------------------------------------------- */

struct ring_reader *
ring_reader_new(struct ring *ring, uint64_t number)
{
	struct ring_reader *reader = calloc(1, sizeof *reader);

	ENSURE(reader != NULL);
	reader->magic = READER_MAGIC;
	reader->ring = ring;
	reader->next = number != 0 ? number : 1;
	return reader;
}

void
ring_reader_free(struct ring_reader *reader)
{
	if (reader == NULL)
		return;
	ZSTD_freeDCtx(reader->unpacker);
	free(reader->last.bytes);
	free(reader->now.bytes);
	reader->magic = 0;
	free(reader);
}

uint64_t
ring_reader_missed(struct ring_reader *reader)
{
	uint64_t missed = reader->missed;

	reader->missed = 0;
	return missed;
}

static const struct block *
find_block(const struct ring *ring, uint64_t number)
{
	const struct block *block;

	TAILQ_FOREACH(block, &ring->blocks, next)
		if (number < block->first + block->count)
			return block;
	return NULL;
}

static size_t
decompress(struct ring_reader *reader, const struct kept *kept, bool alone)
{
	ZSTD_DCtx_reset(reader->unpacker, ZSTD_reset_session_only);
	ZSTD_DCtx_refPrefix(reader->unpacker, alone ? NULL : reader->last.bytes, alone ? 0 : reader->last.len);
	size_t len = ZSTD_decompressDCtx(reader->unpacker, reader->now.bytes, reader->now.cap, kept->packed,
					 kept->packed_bytes);
	ENSURE(!ZSTD_isError(len));
	return len;
}

static void
unpack(struct ring_reader *reader, const struct kept *kept, uint64_t number, bool alone)
{
	memory_swap(&reader->last, &reader->now);
	memory_reserve(&reader->now, kept->raw_bytes + 1);
	size_t len = kept->is_delta ? delta_unpack(reader->last.bytes, reader->last.len, kept->packed, kept->packed_bytes,
						   reader->now.bytes, reader->now.cap)
				    : decompress(reader, kept, alone);
	ENSURE(len == kept->raw_bytes);
	reader->now.len = len;
	reader->unpacked = number;
}

static void
prepare_unpacker(struct ring_reader *reader)
{
	if (reader->unpacker != NULL)
		return;
	reader->unpacker = ZSTD_createDCtx();
	ENSURE(reader->unpacker != NULL);
	ENSURE(!ZSTD_isError(ZSTD_DCtx_setParameter(reader->unpacker, ZSTD_d_format, ZSTD_f_zstd1_magicless)));
	ENSURE(!ZSTD_isError(ZSTD_DCtx_setParameter(reader->unpacker, ZSTD_d_windowLogMax, WINDOW_LOG + 1)));
}

bool
ring_next(struct ring_reader *reader, struct ring_message *ret_message)
{
	ENSURE_OBJ(reader, READER_MAGIC);
	const struct block *block = find_block(reader->ring, reader->next);

	if (block == NULL || reader->next >= reader->ring->next_number)
		return false;
	if (reader->next < block->first) {
		reader->missed += block->first - reader->next;
		reader->next = block->first;
	}
	prepare_unpacker(reader);
	/* Go on from what was unpacked last, or from the block's beginning. */
	uint64_t from = reader->unpacked >= block->first && reader->unpacked < reader->next ? reader->unpacked + 1 : block->first;
	for (uint64_t number = from; number <= reader->next; number++)
		unpack(reader, block->messages[number - block->first], number, number == block->first);
	const struct kept *kept = block->messages[reader->next - block->first];
	*ret_message = (struct ring_message){ .number = reader->next, .at_ms = kept->at_ms, .kind = kept->kind,
					      .direction = kept->direction, .payload = reader->now.bytes,
					      .len = reader->now.len };
	reader->next++;
	return true;
}

/* -- what must not be kept --------------------------------------------------------------- */

static void
blot(uint8_t *from, const uint8_t *end, const char *stop)
{
	for (; from < end && strchr(stop, *from) == NULL; from++)
		*from = '*';
}

/* Behind the next `rest`, from `at` on, that follows a `start` within `bytes`; NULL when there is none. `rest` begins with
 * a byte that is rare: each report is searched, and memchr() does several bytes at once. */
static uint8_t *
find_between(uint8_t *bytes, uint8_t *at, uint8_t *end, const char *start, const char *rest)
{
	size_t start_len = strlen(start), rest_len = strlen(rest);

	for (; (at = memchr(at, rest[0], (size_t)(end - at))) != NULL; at++)
		if ((size_t)(at - bytes) >= start_len && (size_t)(end - at) >= rest_len &&
		    memcmp(at, rest, rest_len) == 0 && memcmp(at - start_len, start, start_len) == 0)
			return at + rest_len;
	return NULL;
}

static void
blot_access_codes(uint8_t *bytes, size_t len)
{
	static const char start[] = "\"access", rest[] = "_code\"";
	uint8_t *at = bytes, *end = bytes + len;

	while ((at = find_between(bytes, at, end, start, rest)) != NULL) {
		while (at < end && strchr(" \t\r\n:", *at) != NULL)
			at++;
		if (at < end && *at == '"')
			blot(at + 1, end, "\"");
		else
			blot(at, end, ",}] \t\r\n");
	}
}

/* What stands between the scheme and the @ of a URL. */
static void
blot_credentials(uint8_t *bytes, size_t len)
{
	uint8_t *at = bytes, *end = bytes + len;

	while ((at = find_between(bytes, at, end, ":", "//")) != NULL) {
		uint8_t *stop = at;
		while (stop < end && strchr("/\"' \\", *stop) == NULL && *stop != '@')
			stop++;
		if (stop < end && *stop == '@')
			blot(at, stop, "");
	}
}

void
ring_redact(void *payload, size_t len)
{
	blot_access_codes(payload, len);
	blot_credentials(payload, len);
}
