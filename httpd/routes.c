/*
 * routes: the table at work.
 */
#include "httpd/routes.h"

#include <string.h>

#include "common/str.h"
#include "httpd/assets.h"
#include "httpd/body.h"

#define ROUTES_NUMBER_MAX 999
#define SEGMENT_BYTES 80 /* longer than all that braces stand for */

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

/* -- paths ------------------------------------------------------------------------------------------- */

static bool
take_id(const char *text, struct route_names *names)
{
	return body_is_serial(text) && str_copy(names->id, sizeof names->id, text);
}

static bool
take_job(const char *text, struct route_names *names)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

	return len > 0 && text[len] == '\0' && str_copy(names->job, sizeof names->job, text);
}

static bool
take_sha256(const char *text, struct route_names *names)
{
	return str_copy(names->sha256, sizeof names->sha256, text) && body_fold_sha256(names->sha256);
}

static bool
take_number(const char *text, struct route_names *names)
{
	int64_t number;

	/* One way to write each: no "01". */
	if (text[0] == '0' || !str_parse_int(text, 1, ROUTES_NUMBER_MAX, &number))
		return false;
	names->number = (uint32_t)number;
	return true;
}

static const struct { const char *brace; bool (*take)(const char *text, struct route_names *names); } braces[] = {
	{ "{id}", take_id }, { "{job}", take_job }, { "{sha256}", take_sha256 }, { "{n}", take_number },
};

/* One segment against `len` bytes of a pattern: braces stand at its start, an ending may follow them. */
static bool
match_segment(const char *pattern, size_t len, const char *segment, struct route_names *names)
{
	char text[SEGMENT_BYTES];

	for (size_t i = 0; pattern[0] == '{' && i < STR_ARRAY_LEN(braces); i++) {
		size_t brace_len = strlen(braces[i].brace), ending = len - brace_len, segment_len = strlen(segment);
		if (len < brace_len || strncmp(pattern, braces[i].brace, brace_len) != 0)
			continue;
		return segment_len >= ending && memcmp(segment + segment_len - ending, pattern + brace_len, ending) == 0 &&
		       str_format(text, sizeof text, "%.*s", (int)(segment_len - ending), segment) &&
		       braces[i].take(text, names);
	}
	return strlen(segment) == len && strncmp(pattern, segment, len) == 0;
}

bool
routes_match(const char *pattern, const struct target *target, struct route_names *ret_names)
{
	*ret_names = (struct route_names){ 0 };
	for (size_t i = 0; i < target->segment_count; i++) {
		if (*pattern++ != '/')
			return false;
		size_t len = strcspn(pattern, "/");
		if (!match_segment(pattern, len, target->segments[i], ret_names))
			return false;
		pattern += len;
	}
	return target->segment_count > 0 && *pattern == '\0';
}

/* -- rows ---------------------------------------------------------------------------------------------- */

static void
add_method(char *allow, const char *name)
{
	size_t used = strlen(allow);

	str_format(allow + used, ROUTES_ALLOW_BYTES - used, "%s%s", used > 0 ? ", " : "", name);
}

enum route_outcome
routes_find(const char *method, const struct target *target, const struct route **ret_route,
	    struct route_names *ret_names, char ret_allow[ROUTES_ALLOW_BYTES])
{
	const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
	struct route_names names;

	*ret_route = NULL;
	*ret_names = (struct route_names){ 0 };
	ret_allow[0] = '\0';
	for (size_t i = 0; i < STR_ARRAY_LEN(routes); i++) {
		const char *name = method_names[routes[i].method];
		if (!routes_match(routes[i].pattern, target, &names))
			continue;
		add_method(ret_allow, name);
		if (routes[i].method == ROUTE_GET)
			add_method(ret_allow, "HEAD");
		if (strcmp(wanted, name) == 0) {
			*ret_route = &routes[i];
			*ret_names = names;
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
