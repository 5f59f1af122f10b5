/*
 * framing: where a request's body begins and ends, as its headers say it. What two readers could take differently (a
 * proxy before Fuse, and Fuse) is refused, so that no request can be hidden in another's body (request smuggling;
 * RFC 9112, 5.1, 6.1 and 6.3). Pure.
 */
#ifndef FUSE_HTTPD_FRAMING_H
#define FUSE_HTTPD_FRAMING_H

#include <stdbool.h>
#include <stddef.h>

struct framing {
	size_t bytes;	     /* of all headers */
	unsigned hosts, lengths, encodings; /* how many Host, Content-Length and Transfer-Encoding there were */
	bool strange_name;   /* a header's name is no token */
	bool strange_coding; /* a Transfer-Encoding other than "chunked" */
};

/* Add one header; start with zeros. `value` may be NULL. */
void framing_add(struct framing *framing, const char *name, const char *value);

/* What is wrong, as a sentence; NULL: nothing. After such a request its connection must be closed. */
const char *framing_fault(const struct framing *framing);

#endif
