/*
 * target: paths, queries, Host and Origin.
 */
#include "httpd/target.h"

#include <string.h>
#include <strings.h>

#include "common/str.h"

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decode `len` bytes to `*store`, with NUL, and move it on. NULL when they are not well-formed. */
static const char *
decode_piece(const char *from, size_t len, bool plus_is_blank, char **store)
{
	char *start = *store, *to = start;

	for (size_t i = 0; i < len; i++) {
		char c = from[i];
		if (c == '%') {
			int high = i + 2 < len ? hex_value(from[i + 1]) : -1;
			int low = high >= 0 ? hex_value(from[i + 2]) : -1;
			if (low < 0)
				return NULL;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus_is_blank) {
			c = ' ';
		}
		*to++ = c;
	}
	if (!str_valid_utf8(start, (size_t)(to - start)))
		return NULL; /* a NUL is none either */
	*to++ = '\0';
	*store = to;
	return start;
}

static bool
read_path(struct target *target, char **store)
{
	const char *at = target->path;
	bool too_many = false;

	while (*at == '/') {
		size_t len = strcspn(++at, "/");
		const char *piece = decode_piece(at, len, false, store);
		if (piece == NULL)
			return false;
		if (target->segment_count < TARGET_SEGMENTS_MAX)
			target->segments[target->segment_count++] = piece;
		else
			too_many = true;
		at += len;
	}
	if (too_many)
		target->segment_count = 0;
	return true;
}

static bool
read_query(struct target *target, const char *query, char **store)
{
	while (*query != '\0') {
		size_t len = strcspn(query, "&"), name_len = strcspn(query, "=&");
		const char *name = decode_piece(query, name_len, true, store);
		size_t value_at = name_len < len ? name_len + 1 : len;
		const char *value = decode_piece(query + value_at, len - value_at, true, store);
		if (name == NULL || value == NULL || name[0] == '\0' || target->param_count == TARGET_PARAMS_MAX ||
		    target_param_peek(target, name) != NULL)
			return false;
		target->params[target->param_count++] = (struct target_param){ name, value };
		query += len + (query[len] == '&');
	}
	return true;
}

/* How many bytes of a text are "http://" or "https://"; 0: it begins with neither. */
static size_t
scheme_len(const char *text)
{
	return strncasecmp(text, "http://", 7) == 0 ? 7 : strncasecmp(text, "https://", 8) == 0 ? 8 : 0;
}

/* Take the authority of an absolute-form target off it. NULL: it is malformed. */
static const char *
take_authority(const char *raw, struct target *target)
{
	size_t scheme = scheme_len(raw), len = strcspn(raw + scheme, "/?");

	target->authority[0] = '\0';
	if (scheme == 0)
		return raw;
	if (len == 0 || len >= sizeof target->authority)
		return NULL;
	memcpy(target->authority, raw + scheme, len);
	target->authority[len] = '\0';
	raw += scheme + len;
	return raw[0] == '\0' ? "/" : raw;
}

enum target_fault
target_parse(const char *raw, struct target *ret_target)
{
	size_t len = strnlen(raw, TARGET_MAX_BYTES + 1);
	char *store = ret_target->store;

	ret_target->segment_count = ret_target->param_count = 0;
	ret_target->path[0] = ret_target->authority[0] = '\0';
	if (len > TARGET_MAX_BYTES)
		return TARGET_TOO_LONG;
	if (!str_valid_utf8(raw, len))
		return TARGET_MALFORMED;
	raw = take_authority(raw, ret_target);
	if (raw == NULL || raw[0] != '/')
		return TARGET_MALFORMED;
	size_t path_len = strcspn(raw, "?");
	memcpy(ret_target->path, raw, path_len);
	ret_target->path[path_len] = '\0';
	if (!read_path(ret_target, &store) ||
	    (raw[path_len] == '?' && !read_query(ret_target, raw + path_len + 1, &store)))
		return TARGET_MALFORMED;
	return TARGET_FINE;
}

bool
target_is_api(const struct target *target)
{
	return strncmp(target->path, "/api", 4) == 0 && (target->path[4] == '\0' || target->path[4] == '/');
}

const char *
target_param_peek(const struct target *target, const char *name)
{
	for (size_t i = 0; i < target->param_count; i++)
		if (strcmp(target->params[i].name, name) == 0)
			return target->params[i].value;
	return NULL;
}

size_t
target_host_len(const char *authority)
{
	size_t len = authority[0] == '[' ? strcspn(authority, "]") + 1 : strcspn(authority, ":");
	const char *port = authority + len;

	if (len > strlen(authority) || len == 0)
		return 0;
	if (port[0] == '\0')
		return len;
	size_t digits = port[0] == ':' ? strspn(port + 1, "0123456789") : 0;
	return digits >= 1 && digits <= 5 && port[1 + digits] == '\0' ? len : 0;
}

bool
target_host_is_ours(const char *host, const char *bound)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };
	size_t len = target_host_len(host), bound_len = target_host_len(bound);

	if (len == 0)
		return false;
	for (size_t i = 0; i < STR_ARRAY_LEN(names); i++)
		if (strlen(names[i]) == len && strncasecmp(host, names[i], len) == 0)
			return true;
	return len == bound_len && strncasecmp(host, bound, len) == 0;
}

bool
target_origin_is_host(const char *origin, const char *host, bool secure)
{
	const char *scheme = secure ? "https://" : "http://";
	size_t len = strlen(scheme);

	return strncasecmp(origin, scheme, len) == 0 && host[0] != '\0' && strcasecmp(origin + len, host) == 0;
}
