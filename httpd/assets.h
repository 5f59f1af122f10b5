/*
 * assets: the web UI as it stood below www/ when this was built: every file as it is and packed, under its path, and
 * www/index.html under the paths of all pages (pages.def). Nothing is read while Fuse runs, so no path leads to
 * any other file. A browser may keep a copy, and asks each time whether that is still the newest (ETag).
 */
#ifndef FUSE_HTTPD_ASSETS_H
#define FUSE_HTTPD_ASSETS_H

#include <stdbool.h>
#include <stddef.h>

#include "httpd/target.h"

struct request;

struct asset_bytes {
	const char *begin, *end;
};

struct asset {
	const char *path; /* "/js/main.js" */
	const char *hash; /* SHA-256 of the file, in hex */
	struct asset_bytes plain, packed; /* the file, and the same as gzip made it */
};

/* All files, by path. */
const struct asset *assets_all(size_t *ret_count);

/* The file that is served for this target: its own, or index.html when it is a page's. NULL: none. */
const struct asset *assets_find(const struct target *target);
bool assets_is_page(const struct target *target);

/* Content-Type of a file, by the ending of its name; application/octet-stream when that is not known. */
const char *assets_type(const char *path);

/* Does an Accept-Encoding header (or NULL) take gzip? */
bool assets_take_gzip(const char *accept_encoding);

/* Does an If-None-Match header (or NULL) name `etag` (with its quotes)? */
bool assets_match(const char *if_none_match, const char *etag);

/* A route's handler: answer the request with the file that assets_find() finds for it. */
void assets_answer(struct request *request);

/* The same where there is nothing: index.html with 404, whose router says so and leads back. */
void assets_answer_nothing(struct request *request);

#endif
