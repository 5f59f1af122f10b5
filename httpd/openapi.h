/*
 * openapi: docs/openapi.json word for word, as it stood when this was built.
 */
#ifndef FUSE_HTTPD_OPENAPI_H
#define FUSE_HTTPD_OPENAPI_H

#include <stddef.h>

const char *openapi_text(size_t *ret_len);

#endif
