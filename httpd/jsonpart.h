/*
 * jsonpart: the members of a JSON object one after the other, each as the bytes that it stands in, so that who needs
 * a few of them need not parse the rest. Pure.
 *
 * Only as much is checked as is needed to find where a member ends; what is wanted is parsed by its reader. A text
 * that is no object, or is cut off, has no (more) members; nothing beyond it is read.
 */
#ifndef FUSE_HTTPD_JSONPART_H
#define FUSE_HTTPD_JSONPART_H

#include <stdbool.h>
#include <stddef.h>

struct jsonpart {
	const char *name, *value; /* of this member; the name as it is written, without its quotes */
	size_t name_len, value_len;
	const char *at, *end;	  /* jsonpart's own */
};

void jsonpart_begin(struct jsonpart *part, const char *text, size_t len);

/* The next member. False: there is none. */
bool jsonpart_next(struct jsonpart *part);

/* Is this its name? (A name that needs an escape is never found.) */
bool jsonpart_is(const struct jsonpart *part, const char *name);

#endif
