/*
 * Any text as a log line that fusectl takes apart: it comes to an end, and every field fits.
 * Covers: logfmt_next
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fusectl/logfmt.h"

#define TEXT_MAX 2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct logfmt_field field;
	char text[TEXT_MAX + 1];

	if (size > TEXT_MAX)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	const char *at = text, *end = text + strlen(text);
	memset(&field, 'x', sizeof field);
	while (true) {
		const char *before = at;
		bool more = logfmt_next(&at, &field);
		if (at < before || at > end || (more && at == before))
			abort();
		if (!more)
			break;
		if (memchr(field.name, '\0', sizeof field.name) == NULL ||
		    memchr(field.value, '\0', sizeof field.value) == NULL)
			abort();
	}
	if (*at != '\0')
		abort();
	return 0;
}
