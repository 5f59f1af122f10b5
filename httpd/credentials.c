/*
 * credentials: two small parsers.
 */
#include "httpd/credentials.h"

#include <string.h>
#include <strings.h>

#define ALLOWED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/="

static struct credential
take(const char *text, size_t len)
{
	struct credential none = { NULL, 0 };

	if (len == 0 || len > CREDENTIAL_MAX_BYTES || strspn(text, ALLOWED) < len)
		return none;
	return (struct credential){ text, len };
}

struct credential
credential_of_cookie(const char *header, const char *name)
{
	size_t name_len = strlen(name);
	const char *at = header;

	while (*at != '\0') {
		at += strspn(at, " \t");
		size_t len = strcspn(at, ";");
		if (len > name_len && strncmp(at, name, name_len) == 0 && at[name_len] == '=') {
			size_t value_len = len - name_len - 1;
			const char *value = at + name_len + 1;
			while (value_len > 0 && (value[value_len - 1] == ' ' || value[value_len - 1] == '\t'))
				value_len--;
			return take(value, value_len);
		}
		at += len + (at[len] == ';');
	}
	return (struct credential){ NULL, 0 };
}

struct credential
credential_of_bearer(const char *header)
{
	if (strncasecmp(header, "Bearer", 6) != 0 || header[6] != ' ')
		return (struct credential){ NULL, 0 };
	const char *token = header + 6 + strspn(header + 6, " ");
	return take(token, strlen(token));
}
