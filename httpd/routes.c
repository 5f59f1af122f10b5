/*
 * routes: the table at work.
 */
#include "httpd/routes.h"

#include <string.h>

#include "common/str.h"
#include "httpd/assets.h"
#include "httpd/body.h"

static const struct route routes[] = {
#define ROUTE(METHOD, pattern, handler, access, body, parameters, doc) \
	{ ROUTE_##METHOD, pattern, rest_##handler, ROUTE_##access, ROUTE_BODY_##body, parameters, doc },
#include "httpd/routes.def"
};

/* What stands in no row may be a file of the web UI. Its pages keep their view in the query: any may come. */
static const struct route asset_route = { ROUTE_GET, "", assets_answer, ROUTE_OPEN, ROUTE_BODY_NONE, NULL, "the web UI" };

static const char *const method_names[] = { "GET", "POST", "PATCH", "DELETE" };

const struct route *
routes_all(size_t *ret_count)
{
	*ret_count = STR_ARRAY_LEN(routes);
	return routes;
}

bool
routes_match(const char *pattern, const struct target *target, char ret_id[ROUTES_ID_BYTES])
{
	ret_id[0] = '\0';
	for (size_t i = 0; i < target->segment_count; i++) {
		const char *segment = target->segments[i];
		if (*pattern++ != '/')
			return false;
		size_t len = strcspn(pattern, "/");
		if (len == 4 && strncmp(pattern, "{id}", 4) == 0) {
			if (!body_is_serial(segment))
				return false;
			str_copy(ret_id, ROUTES_ID_BYTES, segment);
		} else if (strlen(segment) != len || strncmp(pattern, segment, len) != 0) {
			return false;
		}
		pattern += len;
	}
	return target->segment_count > 0 && *pattern == '\0';
}

static void
add_method(char *allow, const char *name)
{
	size_t used = strlen(allow);

	str_format(allow + used, ROUTES_ALLOW_BYTES - used, "%s%s", used > 0 ? ", " : "", name);
}

enum route_outcome
routes_find(const char *method, const struct target *target, const struct route **ret_route, char ret_id[ROUTES_ID_BYTES],
	    char ret_allow[ROUTES_ALLOW_BYTES])
{
	const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
	char id[ROUTES_ID_BYTES];

	*ret_route = NULL;
	ret_allow[0] = ret_id[0] = '\0';
	for (size_t i = 0; i < STR_ARRAY_LEN(routes); i++) {
		const char *name = method_names[routes[i].method];
		if (!routes_match(routes[i].pattern, target, id))
			continue;
		add_method(ret_allow, name);
		if (routes[i].method == ROUTE_GET)
			add_method(ret_allow, "HEAD");
		if (strcmp(wanted, name) == 0) {
			*ret_route = &routes[i];
			str_copy(ret_id, ROUTES_ID_BYTES, id);
		}
	}
	if (ret_allow[0] == '\0' && assets_find(target) != NULL) {
		str_copy(ret_allow, ROUTES_ALLOW_BYTES, "GET, HEAD");
		*ret_route = strcmp(wanted, "GET") == 0 ? &asset_route : NULL;
	}
	if (*ret_route != NULL)
		return ROUTE_FOUND;
	return ret_allow[0] != '\0' ? ROUTE_NO_METHOD : ROUTE_NO_PATH;
}

bool
route_has_parameter(const struct route *route, const char *name)
{
	size_t len = strlen(name);
	const char *at = route->parameters;

	if (at == NULL)
		return true;
	while (*at != '\0') {
		size_t piece = strcspn(at, ",");
		if (piece == len && strncmp(at, name, len) == 0)
			return true;
		at += piece + (at[piece] == ',');
	}
	return false;
}
