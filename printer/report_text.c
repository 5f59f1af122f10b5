/*
 * report_text: texts of a printer into ours. Names in reports are not always UTF-8 (docs/protocol.md, "Reports").
 */
#include <string.h>

#include "printer/report_inner.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* What a lead byte promises: length and the range of the second byte (RFC 3629, section 4); length 0: no lead. */
struct lead {
	unsigned char bytes, second_low, second_high;
};

static struct lead
lead_of(unsigned char c)
{
	if (c < 0xc2 || c > 0xf4)
		return (struct lead){ 0, 0, 0 };
	if (c < 0xe0)
		return (struct lead){ 2, 0x80, 0xbf };
	if (c < 0xf0)
		return (struct lead){ 3, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf };
	return (struct lead){ 4, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf };
}

/* The bytes of the character at `from`; *ret_valid false: so many bytes are one U+FFFD. */
static size_t
sequence_bytes(const unsigned char *from, size_t left, bool *ret_valid)
{
	struct lead lead = lead_of(from[0]);
	size_t n = 1;

	*ret_valid = false;
	if (lead.bytes == 0)
		return 1;
	while (n < lead.bytes && n < left && from[n] >= (n == 1 ? lead.second_low : 0x80) &&
	       from[n] <= (n == 1 ? lead.second_high : 0xbf))
		n++;
	*ret_valid = n == lead.bytes;
	return n;
}

/* One character that is not ASCII, or its replacement; 0 when there is no room. C1 controls count as written. */
static size_t
append_character(char *to, size_t room, const unsigned char *from, size_t left, size_t *ret_taken)
{
	bool valid;
	size_t n = sequence_bytes(from, left, &valid);
	const char *bytes = valid ? (const char *)from : REPLACEMENT;
	size_t len = valid ? n : strlen(REPLACEMENT);

	*ret_taken = n;
	if (valid && n == 2 && from[0] == 0xc2 && from[1] < 0xa0)
		return 0;
	if (len > room) {
		*ret_taken = left;
		return 0;
	}
	memcpy(to, bytes, len);
	return len;
}

size_t
report_text_copy(char *to, size_t cap, const char *from, size_t len)
{
	const unsigned char *p = (const unsigned char *)from;
	size_t used = 0, taken;

	for (size_t i = 0; i < len && used + 1 < cap; i += taken) {
		taken = 1;
		if (p[i] >= 0x80)
			used += append_character(to + used, cap - 1 - used, p + i, len - i, &taken);
		else if (p[i] >= 0x20 && p[i] != 0x7f)
			to[used++] = (char)p[i];
	}
	memset(to + used, 0, cap - used);
	return used;
}
