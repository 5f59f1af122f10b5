/*
 * routes: from method and path to a handler. The table is routes.def; what is not in it may be a file or a page of
 * the web UI (assets.h).
 */
#ifndef FUSE_HTTPD_ROUTES_H
#define FUSE_HTTPD_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "httpd/access.h"
#include "httpd/target.h"

struct request;

enum route_method { ROUTE_GET, ROUTE_POST, ROUTE_PATCH, ROUTE_DELETE, ROUTE_METHOD_COUNT };
enum route_body { ROUTE_BODY_NONE, ROUTE_BODY_JSON, ROUTE_BODY_FILE, ROUTE_BODY_STREAM };

struct route {
	enum route_method method;
	const char *pattern;
	void (*handle)(struct request *request);
	enum route_access access;
	enum route_body body;
	const char *parameters; /* NULL: any */
	const char *doc;
};

/* All rows, in the table's order. */
const struct route *routes_all(size_t *ret_count);

#define ROUTES_ALLOW_BYTES 40

/* What a path names where its pattern has braces; "" and 0 where it has none. */
struct route_names {
	char id[33];	 /* {id}: could be a serial number */
	char job[17];	 /* {job}: letters and digits */
	char sha256[65]; /* {sha256}: lower case */
	uint32_t number; /* {n}: 1 to 999 */
};

enum route_outcome { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD };

/* Is it the path of a pattern? */
bool routes_match(const char *pattern, const struct target *target, struct route_names *ret_names);

/*
 * Find the row. `ret_allow` gets the methods of the path ("GET, HEAD, PATCH"), whatever the outcome. A path that names
 * what could be no serial number, job, file or plate is no path.
 */
enum route_outcome routes_find(const char *method, const struct target *target, const struct route **ret_route,
			       struct route_names *ret_names, char ret_allow[ROUTES_ALLOW_BYTES]);

/* Is `name` among the row's query parameters? */
bool route_has_parameter(const struct route *route, const char *name);

/* The handlers, one for each name in the table. */
#define ROUTE(METHOD, pattern, handler, ...) void rest_##handler(struct request *request);
#include "httpd/routes.def"

#endif
