/*
 * Any bytes as a log value, a number, a log level, a word to compare: nothing reaches a screen raw, and
 * nothing is written beyond its buffer.
 * Covers: log_append_value, str_parse_int, log_level_parse, str_valid_utf8, str_copy, str_distance
 *
 * Input: two bytes that choose the size of the buffer, then the text.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "tests/fuzz/fuzz_rig.h"

#define ROOM_MAX 1500

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_log_value(const uint8_t *text, size_t len, size_t cap)
{
	/* On the heap, so that a sanitizer sees one byte too many. */
	char *out = malloc(cap);
	size_t used = 0;

	must(out != NULL);
	out[0] = '\0';
	bool whole = log_append_value(out, cap, &used, text, len);
	must(used < cap && out[used] == '\0' && strlen(out) == used);
	must(str_valid_utf8(out, used));
	bool quoted = used > 0 && out[0] == '"';
	must(!quoted || (used >= 2 && out[used - 1] == '"'));
	must(!whole || used > 0);
	for (size_t i = 0; i < used; i++) {
		must((unsigned char)out[i] >= 0x20 && out[i] != 0x7f);
		must(quoted || (out[i] != ' ' && out[i] != '=' && out[i] != '"'));
	}
	/* Whatever its bytes: long enough a buffer takes all of it (four for one is the worst). */
	must(whole || cap < 4 * len + 3);
	free(out);
}

static void
check_words(const char *text, size_t cap)
{
	char *out = malloc(cap);
	enum log_level level;
	int64_t number;

	must(out != NULL);
	bool whole = str_copy(out, cap, text);
	must(strlen(out) < cap && (!whole || strcmp(out, text) == 0));
	must(strncmp(out, text, strlen(out)) == 0);
	must(!str_valid_utf8(text, strlen(text)) || str_valid_utf8(out, strlen(out)));
	if (str_parse_int(text, -1000, 1000, &number))
		must(number >= -1000 && number <= 1000);
	else
		must(number == 0);
	if (log_level_parse(text, &level))
		must(strcmp(log_level_name(level), text) == 0);
	size_t distance = str_distance(text, "worker");
	must(distance == SIZE_MAX || (distance == 0) == (strcmp(text, "worker") == 0));
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[ROOM_MAX];

	if (size < 2 || size - 2 >= sizeof text)
		return 0;
	size_t cap = 1 + ((size_t)data[0] << 8 | data[1]) % ROOM_MAX, len = size - 2;
	check_log_value(data + 2, len, cap);
	memcpy(text, data + 2, len);
	text[len] = '\0';
	check_words(text, cap);
	return 0;
}
