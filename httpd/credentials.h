/*
 * credentials: what the headers Cookie and Authorization say. Pure; hostile until it has passed here. What is found is
 * borrowed from the header.
 */
#ifndef FUSE_HTTPD_CREDENTIALS_H
#define FUSE_HTTPD_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>

#define CREDENTIAL_MAX_BYTES 256

struct credential {
	const char *text; /* not terminated; NULL = none */
	size_t len;
};

/* The value of the first cookie `name` ("a=1; name=value"; RFC 6265). None when its value is empty, longer than
 * CREDENTIAL_MAX_BYTES or has anything but letters, digits, '-', '_', '.', '~', '+', '/' and '='. */
struct credential credential_of_cookie(const char *header, const char *name);

/* The token of "Bearer TOKEN" (RFC 6750), the same characters. */
struct credential credential_of_bearer(const char *header);

#endif
