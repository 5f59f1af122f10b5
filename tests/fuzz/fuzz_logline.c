/*
 * Any bytes as what a child says: whatever it is, the log shows whole lines of text that carry the child's
 * stamp and no other, and the last words are harmless. Input: where the pipe cuts it (one byte), then the bytes.
 * At most 1300 bytes an input.
 * Covers: logtap_feed, logtap_finish, logtap_last_words, logbook_add, logline_format, logline_message,
 *         logline_plain
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "supervisor/logbook.h"
#include "supervisor/logline.h"
#include "tests/fuzz/fuzz_rig.h"

#define STAMP "ts=1970-01-01T00:00:00.000Z role=worker entry=A pid=7 "

#define INPUT_MAX_BYTES 1600 /* one line that is too long, and some more */
#define LINES_LOOKED_AT 24   /* of one input */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct logbook_origin worker = { "worker", "A", 7 };

/* Outside of quotes, every word is name=value, and no name is one of the stamp's. */
static void
ensure_fields(const char *rest)
{
	static const char *const stamps[] = { "ts=", "role=", "entry=", "pid=", "lvl=" };
	bool quoted = false;

	ENSURE(strncmp(rest, "lvl=", 4) == 0);
	for (const char *at = rest + 4; *at != '\0'; at++) {
		if (quoted && *at == '\\') {
			at++;
			ENSURE(*at != '\0' && strchr("\"\\nrtx", *at) != NULL);
		} else if (*at == '"') {
			quoted = !quoted;
			ENSURE(quoted ? at[-1] == '=' : at[1] == ' ' || at[1] == '\0');
		} else if (!quoted && *at == ' ') {
			for (size_t i = 0; i < STR_ARRAY_LEN(stamps); i++)
				ENSURE(strncmp(at + 1, stamps[i], strlen(stamps[i])) != 0);
			ENSURE(at[1] != '\0' && strspn(at + 1, "=\" ") == 0);
		}
	}
	ENSURE(!quoted);
}

static void
ensure_line(const char *line, size_t len)
{
	ENSURE(len == strlen(line) && len < LOGBOOK_LINE_BYTES);
	ENSURE(strncmp(line, STAMP, strlen(STAMP)) == 0);
	must_be_harmless_bytes(line, len);
	ensure_fields(line + strlen(STAMP));
}

static void
on_line(void *arg, const char *line, size_t len)
{
	char again[LOGBOOK_LINE_BYTES];
	unsigned *lines = arg;

	if (++*lines > LINES_LOOKED_AT)
		return;
	ensure_line(line, len);
	/* A line of the log is a line of ours: said again, it comes out the same. */
	const char *rest = line + strlen(STAMP);
	if (strlen(rest) < LOG_LINE_BYTES) {
		logline_format(0, &worker, rest, strlen(rest), again);
		ENSURE(strcmp(line, again) == 0);
	}
}

static void
through_the_tap(const uint8_t *data, size_t size, size_t piece)
{
	static struct logbook *book; /* one for all inputs: it is large, and only what it says now counts */
	static struct logtap tap;
	char words[LOGTAP_LAST_BYTES];
	unsigned lines = 0, newlines = 0;

	if (book == NULL)
		book = logbook_new("/nowhere", -1);
	logbook_set_listener(book, on_line, &lines);
	logtap_init(&tap, book, &worker, 0);
	for (size_t at = 0; at < size; at += piece)
		logtap_feed(&tap, data + at, size - at < piece ? size - at : piece, 0, 0);
	logtap_finish(&tap, 0);
	for (size_t i = 0; i < size; i++)
		newlines += data[i] == '\n';
	ENSURE(lines <= newlines + 1 && lines <= LOGTAP_BURST_LINES + 2);
	logtap_last_words(&tap, words, sizeof words);
	ENSURE(strlen(words) < sizeof words);
	must_be_harmless_bytes(words, strlen(words));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[LOGBOOK_LINE_BYTES], text[40];
	enum log_level level;

	if (size < 1 || size > INPUT_MAX_BYTES)
		return 0;
	size_t piece = data[0] + 1u;
	data++;
	size--;
	/* As one line, whatever is in it. */
	size_t len = logline_format(0, &worker, data, size, line);
	ensure_line(line, len);
	ENSURE(size < LOG_LINE_BYTES || strcmp(line + len - strlen(" cut=yes"), " cut=yes") == 0);
	bool found = logline_message(data, size, &level, text, sizeof text);
	ENSURE(level < LOG_LEVEL_COUNT && strlen(text) < sizeof text && (found || text[0] == '\0'));
	must_be_harmless_bytes(text, strlen(text));
	ENSURE(logline_plain(data, size, text, sizeof text) == text);
	must_be_harmless_bytes(text, strlen(text));
	through_the_tap(data, size, piece);
	return 0;
}
