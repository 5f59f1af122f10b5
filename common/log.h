/*
 * log: one logfmt line an event.
 *
 *	log_warn("could not bind", log_str("address", text), log_int("port", port));
 *	→ lvl=warn msg="could not bind" address=127.0.0.1 port=8888
 *
 * A child's lines go to its standard error, a pipe that the supervisor reads: one
 * write(2) of at most LOG_LINE_BYTES, so lines of one process never mix. Values are
 * escaped here, so foreign bytes cannot forge a line or reach a terminal. There is no
 * field for a struct secret, on purpose.
 */
#ifndef FUSE_COMMON_LOG_H
#define FUSE_COMMON_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_LINE_BYTES 1024 /* with its newline; PIPE_BUF is 4096 */

/* The levels and their names, as --log-level and the setting logLevel take them. */
#define LOG_LEVELS(X) X(ERROR, "error") X(WARN, "warn") X(INFO, "info") X(DEBUG, "debug")
enum log_level {
#define X(name, text) LOG_LEVEL_##name,
	LOG_LEVELS(X)
#undef X
	LOG_LEVEL_COUNT
};

enum log_kind { LOG_END, LOG_TEXT, LOG_BYTES, LOG_NUMBER, LOG_TRUTH };

struct log_field {
	enum log_kind kind;
	const char *name;
	const char *text;
	size_t len_bytes; /* of LOG_BYTES */
	int64_t number;
};

static inline struct log_field
log_str(const char *name, const char *text)
{
	return (struct log_field){ .kind = LOG_TEXT, .name = name, .text = text ? text : "-" };
}

/* Foreign bytes that need not be text: escaped, never interpreted. */
static inline struct log_field
log_bytes(const char *name, const void *bytes, size_t len)
{
	return (struct log_field){ .kind = LOG_BYTES, .name = name, .text = bytes, .len_bytes = len };
}

static inline struct log_field
log_int(const char *name, int64_t number)
{
	return (struct log_field){ .kind = LOG_NUMBER, .name = name, .number = number };
}

static inline struct log_field
log_bool(const char *name, bool truth)
{
	return (struct log_field){ .kind = LOG_TRUTH, .name = name, .number = truth };
}

#define LOG_WRITE(level, msg, ...) \
	log_write((level), (msg), (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ) { .kind = LOG_END } })
#define log_error(...) LOG_WRITE(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) LOG_WRITE(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) LOG_WRITE(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) LOG_WRITE(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Write one line; `fields` ends with a LOG_END. Lines above the level are dropped. */
void log_write(enum log_level level, const char *msg, const struct log_field *fields);

/* The level from which on lines are written; starts as LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
enum log_level log_level(void);

/* "warn" → LOG_LEVEL_WARN; false for an unknown word. */
bool log_level_parse(const char *text, enum log_level *ret_level);
const char *log_level_name(enum log_level level);

/* Where lines go instead of standard error (the supervisor's own lines go to its log book).
 * `line` has no newline. NULL restores standard error. */
typedef void log_sink_fn(void *arg, enum log_level level, const char *line, size_t len);
void log_set_sink(log_sink_fn *sink, void *arg);

/* Bytes (1 to 4) of the character at `p` when it may stand on a screen as it is: UTF-8, no control, none
 * that turns the direction of text. 0 = the byte must be escaped. `left` is not 0. */
size_t log_harmless_bytes(const unsigned char *p, size_t left);

/* Copy foreign bytes into `to` (capacity `cap` with the NUL) for showing them as text: what is not harmless becomes
 * '?', what does not fit is cut at a character. Always well-formed UTF-8. */
void log_copy_harmless(char *to, size_t cap, const void *bytes, size_t len);

/* Append `len` foreign bytes to `out` (capacity `cap`, current length *used, kept terminated) as
 * a logfmt value: bare when harmless, else quoted with \" \\ \n \r \t and \xHH. Well-formed UTF-8
 * passes, but for controls (C0, DEL, C1) and the characters that turn the direction of text.
 * False when it was cut. */
bool log_append_value(char *out, size_t cap, size_t *used, const void *bytes, size_t len);

#endif
