/*
 * routes: from method and path to a handler. The table is routes.def; what is not in it may be a file or a page of
 * the web UI (assets.h).
 */
#ifndef FUSE_HTTPD_ROUTES_H
#define FUSE_HTTPD_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "httpd/access.h"
#include "httpd/target.h"

struct request;

enum route_method { ROUTE_GET, ROUTE_POST, ROUTE_PATCH, ROUTE_DELETE, ROUTE_METHOD_COUNT };
enum route_body { ROUTE_BODY_NONE, ROUTE_BODY_JSON, ROUTE_BODY_FILE };

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
#define ROUTES_ID_BYTES 33

enum route_outcome { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD };

/* Is it the path of a pattern? `ret_id` gets the {id}, or "". */
bool routes_match(const char *pattern, const struct target *target, char ret_id[ROUTES_ID_BYTES]);

/*
 * Find the row. `ret_allow` gets the methods of the path ("GET, HEAD, PATCH"), whatever the outcome; `ret_id` the
 * {id}, or "". A path whose {id} could be no serial number is no path.
 */
enum route_outcome routes_find(const char *method, const struct target *target, const struct route **ret_route,
			       char ret_id[ROUTES_ID_BYTES], char ret_allow[ROUTES_ALLOW_BYTES]);

/* Is `name` among the row's query parameters? */
bool route_has_parameter(const struct route *route, const char *name);

/* The handlers, one for each name in the table. */
#define ROUTE(METHOD, pattern, handler, ...) void rest_##handler(struct request *request);
#include "httpd/routes.def"

#endif
