/*
 * armed_line: write, read, and write again to see that it is the same.
 */
#include "stored/armed_line.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "common/miniobj.h"
#include "common/str.h"

#define CHECKSUM_BYTES 8
#define WORDS 7 /* of a line, with the checksum */
#define WORD_BYTES 80

_Static_assert(CHECKSUM_BYTES < crypto_generichash_BYTES_MIN, "the checksum is cut from a longer hash");

void
armed_line_hash_key(const char *origin, const char *key, uint8_t ret_hash[ARMED_KEY_HASH_BYTES])
{
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const uint8_t *)origin, strlen(origin) + 1);
	crypto_hash_sha256_update(&state, (const uint8_t *)key, strlen(key));
	crypto_hash_sha256_final(&state, ret_hash);
}

static void
checksum_of(const char *text, size_t len, char ret_hex[2 * CHECKSUM_BYTES + 1])
{
	uint8_t hash[crypto_generichash_BYTES_MIN];

	crypto_generichash(hash, sizeof hash, (const uint8_t *)text, len, NULL, 0);
	str_hex(hash, CHECKSUM_BYTES, ret_hex);
}

size_t
armed_line_write(const struct armed_entry *entry, char ret_line[ARMED_LINE_MAX_BYTES])
{
	char key[2 * ARMED_KEY_HASH_BYTES + 1] = "-", checksum[2 * CHECKSUM_BYTES + 1];

	if (entry->has_key)
		str_hex(entry->key_hash, sizeof entry->key_hash, key);
	ENSURE(str_format(ret_line, ARMED_LINE_MAX_BYTES, "v1 %lld %s %u %s %s", (long long)entry->wall_ms,
			  entry->id, entry->number, entry->serial, key));
	size_t len = strlen(ret_line);
	checksum_of(ret_line, len, checksum);
	ENSURE(str_format(ret_line + len, ARMED_LINE_MAX_BYTES - len, " %s\n", checksum));
	return strlen(ret_line);
}

/* -- reading --------------------------------------------------------------------------------------- */

static bool
read_key(const char *word, struct armed_entry *entry)
{
	size_t len;

	entry->has_key = strcmp(word, "-") != 0;
	return !entry->has_key || (strlen(word) == 2 * sizeof entry->key_hash &&
				   sodium_hex2bin(entry->key_hash, sizeof entry->key_hash, word, strlen(word),
						  NULL, &len, NULL) == 0 &&
				   len == sizeof entry->key_hash);
}

static bool
read_words(char words[WORDS][WORD_BYTES], struct armed_entry *entry)
{
	struct complaint complaint;
	int64_t number;

	if (!str_parse_int(words[1], 0, INT64_MAX, &entry->wall_ms) || !job_id_note(NULL, words[2]) ||
	    !str_parse_int(words[3], 1, INT32_MAX, &number) ||
	    !printer_rules_serial(words[4], entry->serial, &complaint))
		return false;
	str_copy(entry->id, sizeof entry->id, words[2]);
	entry->number = (uint32_t)number;
	return read_key(words[5], entry);
}

/* `len` bytes without the newline. */
static bool
read_line(const char *bytes, size_t len, struct armed_entry *ret_entry)
{
	char line[ARMED_LINE_MAX_BYTES], again[ARMED_LINE_MAX_BYTES];
	char words[WORDS][WORD_BYTES];

	memset(ret_entry, 0, sizeof *ret_entry);
	if (len >= sizeof line - 1 || memchr(bytes, '\0', len) != NULL)
		return false;
	memcpy(line, bytes, len);
	line[len] = '\0';
	if (sscanf(line, "%79s %79s %79s %79s %79s %79s %79s", words[0], words[1], words[2], words[3],
		   words[4], words[5], words[6]) != WORDS ||
	    !read_words(words, ret_entry))
		return false;
	return armed_line_write(ret_entry, again) == len + 1 && memcmp(again, line, len) == 0;
}

void
armed_line_read_all(const char *bytes, size_t len, armed_line_fn *fn, void *arg,
		    struct armed_reading *ret_reading)
{
	struct armed_entry entry;
	size_t unread = 0; /* lines that are none, since the last whole one */

	memset(ret_reading, 0, sizeof *ret_reading);
	for (size_t at = 0; at < len;) {
		const char *newline = memchr(bytes + at, '\n', len - at);
		size_t line_len = (newline != NULL ? (size_t)(newline - bytes) : len) - at;
		if (newline != NULL && read_line(bytes + at, line_len, &entry)) {
			ret_reading->damaged += unread;
			unread = 0;
			ret_reading->entries++;
			ret_reading->whole_len = at + line_len + 1;
			fn(arg, &entry);
		} else {
			unread++;
		}
		at += line_len + 1;
	}
	/* One line is written at a time, and each is synced: no more than the last can be torn. */
	ret_reading->is_torn = unread > 0;
	ret_reading->damaged += unread > 0 ? unread - 1 : 0;
}
