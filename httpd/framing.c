/*
 * framing: counting headers.
 */
#include "httpd/framing.h"

#include <string.h>
#include <strings.h>

#define TOKEN "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

void
framing_add(struct framing *framing, const char *name, const char *value)
{
	size_t len = strlen(name);

	framing->bytes += len + (value != NULL ? strlen(value) : 0) + 4;
	framing->hosts += strcasecmp(name, "Host") == 0;
	framing->lengths += strcasecmp(name, "Content-Length") == 0;
	/* "Content-Length : 5" would be one to some. */
	if (len == 0 || strspn(name, TOKEN) != len)
		framing->strange_name = true;
	if (strcasecmp(name, "Transfer-Encoding") == 0) {
		framing->encodings++;
		if (value == NULL || strcasecmp(value, "chunked") != 0)
			framing->strange_coding = true;
	}
}

const char *
framing_fault(const struct framing *framing)
{
	if (framing->strange_name)
		return "A header's name has characters that no name may have.";
	if (framing->lengths > 1)
		return "There is more than one Content-Length.";
	if (framing->encodings > 1 || framing->strange_coding)
		return "The only Transfer-Encoding that Fuse takes is \"chunked\", once.";
	if (framing->encodings > 0 && framing->lengths > 0)
		return "There are both a Content-Length and a Transfer-Encoding.";
	return NULL;
}
