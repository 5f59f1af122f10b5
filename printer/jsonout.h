/*
 * jsonout: JSON (RFC 8259) written into a buffer of the caller's, without allocation: for what is written many times
 * a second. Whatever the texts hold, what comes out is well-formed JSON in well-formed UTF-8; what does not fit
 * makes the whole fail, never a part.
 *
 *	struct jsonout out;
 *	jsonout_init(&out, buffer, sizeof buffer);
 *	jsonout_open(&out, '{');
 *	jsonout_key(&out, "name");
 *	jsonout_text(&out, name, 64);
 *	jsonout_close(&out, '}');
 *	size_t len = jsonout_finish(&out); // 0: did not fit
 *
 * Commas come by themselves. That opens and closes match and that keys stand only in objects is the caller's care.
 */
#ifndef FUSE_PRINTER_JSONOUT_H
#define FUSE_PRINTER_JSONOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "printer/state.h"

struct jsonout {
	char *start, *at, *end; /* the last byte is kept for the NUL */
	bool is_full;		/* something did not fit: nothing more is written */
	bool needs_comma;
};

void jsonout_init(struct jsonout *out, char *to, size_t cap);

/* The length without the NUL that it adds; 0 when something did not fit. */
size_t jsonout_finish(struct jsonout *out);

void jsonout_open(struct jsonout *out, char bracket);  /* '{' or '[' */
void jsonout_close(struct jsonout *out, char bracket); /* '}' or ']' */
void jsonout_key_of(struct jsonout *out, const char *name, size_t len);

/* `name` is our own: plain ASCII that needs no escape. Here, so that the length of a literal is known when compiling. */
static inline void
jsonout_key(struct jsonout *out, const char *name)
{
	jsonout_key_of(out, name, strlen(name));
}


/* A text; its escaped form takes at most `max_bytes`, what is longer is cut at a character. Control characters, the
 * quote, the backslash, U+2028 and U+2029 are escaped; what is not UTF-8 becomes U+FFFD. */
void jsonout_text(struct jsonout *out, const char *text, size_t max_bytes);

/* The same, null for NULL and "". */
void jsonout_known_text(struct jsonout *out, const char *text, size_t max_bytes);

/* A word of our own tables: plain ASCII that needs no escape; NULL and "" are null. */
void jsonout_word(struct jsonout *out, const char *word);

void jsonout_int(struct jsonout *out, int64_t value);
void jsonout_known_int(struct jsonout *out, int32_t value); /* null for STATE_UNKNOWN */

/* At most five decimals, none that are zero; null for what is no number or beyond a thousand million. */
void jsonout_number(struct jsonout *out, double value);
bool jsonout_is_number(double value); /* it would not be null */

void jsonout_bool(struct jsonout *out, bool value);
void jsonout_tri(struct jsonout *out, enum tri value); /* null for TRI_UNKNOWN */
void jsonout_null(struct jsonout *out);

/* A whole value as it is written: JSON of our own. */
void jsonout_json(struct jsonout *out, const char *json);

/* Wall clock in ms as "2026-08-10T12:34:56.789Z" (RFC 3339); null for 0, before 1970 and beyond the year 9999. */
void jsonout_time(struct jsonout *out, int64_t ms);

#endif
