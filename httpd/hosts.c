/*
 * hosts: one header against a few names.
 */
#include "httpd/hosts.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "httpd/target.h"

static bool
is(const char *host, size_t len, const char *name)
{
	return len > 0 && strlen(name) == len && strncasecmp(host, name, len) == 0;
}

/* "<name><end>" */
static bool
is_with(const char *host, size_t len, const char *name, const char *end)
{
	size_t name_len = strlen(name);

	return name_len > 0 && len > name_len && strncasecmp(host, name, name_len) == 0 &&
	       is(host + name_len, len - name_len, end);
}

static bool
is_local_address(const char *host, size_t len, const char *local)
{
	if (strchr(local, ':') == NULL)
		return is(host, len, local);
	return len > 2 && host[0] == '[' && host[len - 1] == ']' && is(host + 1, len - 2, local);
}

static bool
is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static bool
is_allowed(const char *host, size_t len, const char *allowed)
{
	while (*allowed != '\0') {
		allowed += strspn(allowed, ", ");
		size_t piece = strcspn(allowed, ", ");
		if (piece == len && len > 0 && strncasecmp(host, allowed, len) == 0)
			return true;
		allowed += piece;
	}
	return false;
}

enum host_kind
host_judge(const char *host, const struct host_place *place)
{
	size_t len = target_host_len(host);

	if (len == 0)
		return HOST_FOREIGN;
	if (!place->guarded && target_host_is_ours(host, place->bound))
		return HOST_THIS_MACHINE;
	if (is_local_address(host, len, place->local) || is(host, len, place->hostname) ||
	    is_with(host, len, place->hostname, ".local") || is(host, len, "fuse.local") ||
	    (is_loopback(place->local) && is(host, len, "localhost")) || is_allowed(host, len, place->allowed))
		return HOST_OURS;
	return HOST_FOREIGN;
}
