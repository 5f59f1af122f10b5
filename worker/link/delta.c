/*
 * delta: a row of steps. Each is three numbers, seven bits a byte, the lowest first, and a run of bytes: how many bytes
 * are as in the old text, how many of the old one are then passed over, how many new ones follow.
 */
#include "worker/link/delta.h"

#include <stdbool.h>
#include <string.h>

#define WORD sizeof(uint64_t)
#define CHANGE_MAX 32 /* bytes that one change may put in or take out */
#define NUMBER_MAX_BYTES 10

/* What is left of a text. */
struct rest {
	const uint8_t *at, *end;
};

static size_t
left(const struct rest *rest)
{
	return (size_t)(rest->end - rest->at);
}

static uint64_t
word_at(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof word);
	return word;
}

/* -- packing --------------------------------------------------------------------------------- */

static size_t
common_run(const struct rest *a, const struct rest *b)
{
	size_t most = left(a) < left(b) ? left(a) : left(b), run = 0;

	while (run + WORD <= most && word_at(a->at + run) == word_at(b->at + run))
		run += WORD;
	while (run < most && a->at[run] == b->at[run])
		run++;
	return run;
}

/* The nearest place from which on both go on alike. At the end of both nothing need follow. */
static bool
find_resumption(const struct rest *old, const struct rest *now, size_t *ret_skipped, size_t *ret_added)
{
	if (left(old) <= CHANGE_MAX && left(now) <= CHANGE_MAX) {
		*ret_skipped = left(old);
		*ret_added = left(now);
		return true;
	}
	for (size_t both = 1; both <= 2 * CHANGE_MAX; both++)
		for (size_t added = both > CHANGE_MAX ? both - CHANGE_MAX : 0; added <= both && added <= CHANGE_MAX; added++) {
			size_t skipped = both - added;
			if (skipped + WORD > left(old) || added + WORD > left(now) ||
			    word_at(old->at + skipped) != word_at(now->at + added))
				continue;
			*ret_skipped = skipped;
			*ret_added = added;
			return true;
		}
	return false;
}

static uint8_t *
put_number(uint8_t *to, size_t value)
{
	for (; value >= 0x80; value >>= 7)
		*to++ = (uint8_t)(value | 0x80);
	*to++ = (uint8_t)value;
	return to;
}

size_t
delta_pack(const uint8_t *old_bytes, size_t old_len, const uint8_t *now_bytes, size_t now_len, uint8_t *to, size_t cap)
{
	struct rest old = { old_bytes, old_bytes + old_len }, now = { now_bytes, now_bytes + now_len };
	uint8_t *at = to;

	while (left(&now) > 0) {
		size_t run = common_run(&old, &now), skipped = 0, added = 0;
		old.at += run;
		now.at += run;
		if (left(&now) > 0 && !find_resumption(&old, &now, &skipped, &added))
			return 0;
		if ((size_t)(at - to) + 3 * NUMBER_MAX_BYTES + added > cap)
			return 0;
		at = put_number(put_number(put_number(at, run), skipped), added);
		memcpy(at, now.at, added);
		at += added;
		old.at += skipped;
		now.at += added;
	}
	return (size_t)(at - to);
}

/* -- unpacking ------------------------------------------------------------------------------- */

static bool
take_number(struct rest *delta, size_t *ret_value)
{
	*ret_value = 0;
	for (unsigned shift = 0; shift < 63; shift += 7) {
		if (left(delta) == 0)
			return false;
		uint8_t byte = *delta->at++;
		*ret_value |= (size_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return true;
	}
	return false;
}

/* `count` bytes of `from` to the end of what is made. */
static bool
append(uint8_t **to, const uint8_t *end, struct rest *from, size_t count)
{
	if (count > left(from) || count > (size_t)(end - *to))
		return false;
	memcpy(*to, from->at, count);
	*to += count;
	from->at += count;
	return true;
}

size_t
delta_unpack(const uint8_t *old_bytes, size_t old_len, const uint8_t *delta_bytes, size_t delta_len, uint8_t *to, size_t cap)
{
	struct rest old = { old_bytes, old_bytes + old_len }, delta = { delta_bytes, delta_bytes + delta_len };
	uint8_t *at = to;
	size_t run, skipped, added;

	while (left(&delta) > 0) {
		if (!take_number(&delta, &run) || !take_number(&delta, &skipped) || !take_number(&delta, &added) ||
		    !append(&at, to + cap, &old, run) || skipped > left(&old) || !append(&at, to + cap, &delta, added))
			return 0;
		old.at += skipped;
	}
	return (size_t)(at - to);
}
