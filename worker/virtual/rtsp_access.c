/*
 * rtsp_access: see rtsp_access.h.
 */
#include "worker/virtual/rtsp_access.h"

#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "common/tls_digest.h"

#define SCHEME "Digest "
#define USER "bblp"

static const char *
pass_over(const char *at, const char *which)
{
	return at + strspn(at, which);
}

/* False: it does not fit. A name that is not known goes nowhere. */
static bool
keep(struct rtsp_credentials *credentials, const char *name, size_t name_len, const char *value, size_t len)
{
	const struct { const char *name; char *to; size_t cap; } fields[] = {
		{ "username", credentials->user, sizeof credentials->user },
		{ "realm", credentials->realm, sizeof credentials->realm },
		{ "nonce", credentials->nonce, sizeof credentials->nonce },
		{ "uri", credentials->uri, sizeof credentials->uri },
		{ "response", credentials->response, sizeof credentials->response },
	};

	for (size_t i = 0; i < STR_ARRAY_LEN(fields); i++) {
		if (strlen(fields[i].name) != name_len || strncasecmp(fields[i].name, name, name_len) != 0)
			continue;
		if (len >= fields[i].cap)
			return false;
		memcpy(fields[i].to, value, len);
		fields[i].to[len] = '\0';
	}
	return true;
}

/* name="value", name=value, … */
bool
rtsp_credentials_parse(const char *authorization, struct rtsp_credentials *ret_credentials)
{
	const char *at = authorization;

	memset(ret_credentials, 0, sizeof *ret_credentials);
	if (strncasecmp(at, SCHEME, strlen(SCHEME)) != 0)
		return false;
	at = pass_over(at + strlen(SCHEME), " ,");
	while (*at != '\0') {
		size_t name_len = strcspn(at, "=, \"");
		const char *name = at, *value = at + name_len + 1;
		if (name_len == 0 || at[name_len] != '=')
			return false;
		bool quoted = *value == '"';
		value += quoted;
		size_t len = strcspn(value, quoted ? "\"" : ", \"");
		if ((quoted && value[len] != '"') || !keep(ret_credentials, name, name_len, value, len))
			return false;
		at = pass_over(value + len + quoted, " ,");
	}
	return true;
}

/* The MD5 of parts with colons between them, in hex. */
static void
add(struct tls_md5 *sum, const char *text)
{
	tls_md5_add(sum, ":", 1);
	tls_md5_add(sum, text, strlen(text));
}

static void
sum_up_secret(const struct secret *code, char ret_hex[TLS_MD5_HEX_BYTES])
{
	struct tls_md5 *sum = tls_md5_new();

	tls_md5_add(sum, USER, strlen(USER));
	add(sum, RTSP_REALM);
	add(sum, "");
	tls_md5_add(sum, secret_bytes_peek(code), code->len_bytes);
	tls_md5_end(sum, ret_hex);
}

static void
sum_up_request(const char *method, const char *uri, char ret_hex[TLS_MD5_HEX_BYTES])
{
	struct tls_md5 *sum = tls_md5_new();

	tls_md5_add(sum, method, strlen(method));
	add(sum, uri);
	tls_md5_end(sum, ret_hex);
}

static bool
is_same(const char *a, const char *b, size_t len)
{
	unsigned char differs = 0;

	for (size_t i = 0; i < len; i++)
		differs |= (unsigned char)(a[i] ^ b[i]);
	return differs == 0;
}

bool
rtsp_credentials_are_right(const struct rtsp_credentials *credentials, const char *nonce, enum rtsp_method method,
			   const struct secret *code)
{
	char who[TLS_MD5_HEX_BYTES], what[TLS_MD5_HEX_BYTES], response[TLS_MD5_HEX_BYTES];

	if (strcmp(credentials->user, USER) != 0 || strcmp(credentials->realm, RTSP_REALM) != 0 ||
	    strcmp(credentials->nonce, nonce) != 0 || strlen(credentials->response) != sizeof response - 1)
		return false;
	sum_up_secret(code, who);
	sum_up_request(rtsp_method_name(method), credentials->uri, what);
	struct tls_md5 *sum = tls_md5_new();
	tls_md5_add(sum, who, strlen(who));
	add(sum, nonce);
	add(sum, what);
	tls_md5_end(sum, response);
	explicit_bzero(who, sizeof who);
	return is_same(response, credentials->response, sizeof response - 1);
}
