/*
 * handshake: the rules of RFC 6455, 4.2.
 */
#include "httpd/handshake.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"

#define KEY_LEN 24 /* 16 bytes in Base64 */

/* Is `token` in a comma-separated list? */
static bool
has_token(const char *list, const char *token)
{
	size_t token_len = strlen(token);

	while (*list != '\0') {
		list += strspn(list, ", \t");
		size_t len = strcspn(list, ", \t");
		if (len == token_len && strncasecmp(list, token, len) == 0)
			return true;
		list += len;
	}
	return false;
}

/* The last of 22 digits carries only two bits of the 16 bytes; the rest of it must be zero. */
static bool
is_key(const char *key)
{
	if (strlen(key) != KEY_LEN || strcmp(key + KEY_LEN - 2, "==") != 0 || strchr("AQgw", key[KEY_LEN - 3]) == NULL)
		return false;
	for (size_t i = 0; i < KEY_LEN - 2; i++)
		if (!isalnum((unsigned char)key[i]) && key[i] != '+' && key[i] != '/')
			return false;
	return true;
}

enum handshake_outcome
handshake_check(const struct handshake_offer *offer, char ret_accept[HANDSHAKE_ACCEPT_BYTES])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* the protocol's own */
	char text[KEY_LEN + sizeof guid];

	ret_accept[0] = '\0';
	if (offer->upgrade == NULL || !has_token(offer->upgrade, "websocket"))
		return HANDSHAKE_NOT_ASKED;
	if (offer->connection == NULL || !has_token(offer->connection, "upgrade") || offer->key == NULL ||
	    !is_key(offer->key) || offer->version == NULL)
		return HANDSHAKE_MALFORMED;
	if (strcmp(offer->version, HANDSHAKE_VERSION) != 0)
		return HANDSHAKE_OTHER_VERSION;
	str_format(text, sizeof text, "%s%s", offer->key, guid);
	tls_sha1_base64(text, strlen(text), ret_accept);
	return HANDSHAKE_FINE;
}
